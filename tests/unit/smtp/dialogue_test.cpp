#include "dialogue.h"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "script.h"

// Plays each file of dialogues/ against the server machine; see dialogues/README.md.
namespace postern::smtp::test {

namespace {

std::vector<Dialogue> load_all() {
  std::vector<Dialogue> dialogues;
  for (const std::string& file : script_files("dialogues")) dialogues.push_back(load_dialogue(file));
  return dialogues;
}

/// Dialogues about size limits are long: those are cut at some boundaries instead of at each, and handed over in
/// small pieces instead of single bytes, so that each costs about the same.
constexpr std::size_t kBytesPerDialogue = 400'000;
constexpr std::size_t kLong = 6000;
constexpr std::size_t kPieceOfLong = 61;

using CellName = std::pair<State, Verb>;

/// The real table; notes the cells asked for.
class Recorder final : public Transitions {
 public:
  explicit Recorder(std::set<CellName>& reached) : reached_(reached) {}
  Cell at(State state, Verb verb) const override {
    reached_.emplace(state, verb);
    return standard().at(state, verb);
  }

 private:
  std::set<CellName>& reached_;
};

/// The real table but for one cell.
class Mutant final : public Transitions {
 public:
  Mutant(CellName cell, Cell instead) : cell_(cell), instead_(instead) {}
  Cell at(State state, Verb verb) const override {
    return CellName(state, verb) == cell_ ? instead_ : standard().at(state, verb);
  }

 private:
  CellName cell_;
  Cell instead_;
};

std::vector<CellName> all_cells() {
  std::vector<CellName> cells;
  for (std::size_t state = 0; state < kStates; ++state) {
    for (std::size_t verb = 0; verb < kVerbs; ++verb) cells.emplace_back(State(state), Verb(verb));
  }
  return cells;
}

std::string name_of(const CellName& cell) {
  return std::string(to_string(cell.first)) + " x " + std::string(to_string(cell.second));
}

bool is_refusal(Handling handling) { return handling >= Handling::kNeedHello; }

/// The handling that does what the verb says: what must never stand in the place of a refusal.
Handling doing(Verb verb) { return verb <= Verb::kQuit ? Handling(std::to_underlying(verb)) : Handling::kNoop; }

/// Each way in which a cell can be wrong: done instead of refused or the other way round, refused for another
/// reason, leading to another state.
std::vector<Cell> wrong_cells(const CellName& cell) {
  const Cell right = Transitions::standard().at(cell.first, cell.second);
  std::vector<Cell> wrong;
  for (auto handling = std::to_underlying(Handling::kNeedHello); handling <= std::to_underlying(Handling::kUnknown);
       ++handling) {
    if (Handling(handling) != right.handling) wrong.push_back({Handling(handling), right.next});
  }
  if (is_refusal(right.handling)) {
    wrong.push_back({doing(cell.second), right.next});
    return wrong;  // a refusal leaves the state alone, so its next state means nothing
  }
  if (right.handling == Handling::kQuit) return wrong;  // nothing follows
  for (std::size_t next = 0; next < kStates; ++next) {
    if (State(next) != right.next) wrong.push_back({right.handling, State(next)});
  }
  return wrong;
}

}  // namespace

TEST_CASE("each dialogue goes as its file says, however its bytes arrive") {
  for (const std::string& file : script_files("dialogues")) {
    DYNAMIC_SECTION(std::filesystem::path(file).stem().string()) {
      const Dialogue dialogue = load_dialogue(file);
      const Played whole = play(dialogue, Transitions::standard());
      if (whole.failure) FAIL(*whole.failure);
      if (dialogue.timing) continue;

      const std::size_t size = dialogue.bytes();
      const Cut pieces{Cut::kPieces, size > kLong ? kPieceOfLong : 1};
      const Played bytes = play(dialogue, Transitions::standard(), pieces);
      if (bytes.failure) FAIL("byte by byte: " + *bytes.failure);
      if (bytes.trace != whole.trace) FAIL("byte by byte it goes another way:\n" + escape(bytes.trace));
      const std::size_t step = 1 + size * size / kBytesPerDialogue;
      for (std::size_t at = 1; at < size; at += step) {
        const Played cut = play(dialogue, Transitions::standard(), {Cut::kOnce, at});
        if (cut.failure) FAIL("cut at " + std::to_string(at) + ": " + *cut.failure);
        if (cut.trace != whole.trace) FAIL("cut at " + std::to_string(at) + " goes another way:\n" + escape(cut.trace));
      }
    }
  }
}

TEST_CASE("the dialogues reach each cell of the table, and notice when it is wrong") {
  const std::vector<Dialogue> dialogues = load_all();
  std::vector<std::set<CellName>> reached(dialogues.size());
  for (std::size_t i = 0; i < dialogues.size(); ++i) play(dialogues[i], Recorder(reached[i]));

  std::string uncovered;
  std::string unnoticed;
  std::size_t mutants = 0;
  for (const CellName& cell : all_cells()) {
    const auto reaches = [&](std::size_t i) { return reached[i].contains(cell); };
    bool covered = false;
    for (std::size_t i = 0; i < dialogues.size(); ++i) covered = covered || reaches(i);
    if (!covered) uncovered += name_of(cell) + "\n";
    for (const Cell& wrong : wrong_cells(cell)) {
      ++mutants;
      const Mutant mutant(cell, wrong);
      bool noticed = false;
      for (std::size_t i = 0; i < dialogues.size() && !noticed; ++i) {
        noticed = reaches(i) && play(dialogues[i], mutant).failure.has_value();
      }
      if (!noticed) {
        unnoticed += name_of(cell) + ": handling " + std::to_string(std::to_underlying(wrong.handling)) + ", next " +
                     std::string(to_string(wrong.next)) + "\n";
      }
    }
  }
  INFO("cells that no dialogue reaches:\n" << uncovered << "wrong cells that no dialogue notices:\n" << unnoticed);
  CHECK(uncovered.empty());
  CHECK(unnoticed.empty());
  CHECK(mutants > kStates * kVerbs * 8);
}

}  // namespace postern::smtp::test
