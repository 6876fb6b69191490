#include "client_dialogue.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>

#include "script.h"

// Plays each file of client_dialogues/ against the client machine; see client_dialogues/README.md.
namespace postern::smtp::test {

TEST_CASE("each client dialogue goes as its file says, however the server's bytes arrive") {
  for (const std::string& file : script_files("client_dialogues")) {
    DYNAMIC_SECTION(std::filesystem::path(file).stem().string()) {
      const ClientDialogue dialogue = load_client_dialogue(file);
      const Played whole = play(dialogue);
      if (whole.failure) FAIL(*whole.failure);
      if (dialogue.timing) continue;
      std::size_t bytes = 0;
      for (const ClientStep& step : dialogue.steps) bytes += step.bytes.size();
      const Played pieces = play(dialogue, {Cut::kPieces, 1});
      if (pieces.failure) FAIL("byte by byte: " + *pieces.failure);
      if (pieces.trace != whole.trace) FAIL("byte by byte it goes another way:\n" + escape(pieces.trace));
      for (std::size_t at = 1; at < bytes; ++at) {
        const Played cut = play(dialogue, {Cut::kOnce, at});
        if (cut.failure) FAIL("cut at " + std::to_string(at) + ": " + *cut.failure);
        if (cut.trace != whole.trace) FAIL("cut at " + std::to_string(at) + " goes another way");
      }
    }
  }
}

}  // namespace postern::smtp::test
