#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "smtp/server.h"

/// Server dialogues: plain-text files played against smtp::Server. The format is in dialogues/README.md.
namespace postern::smtp::test {

/// One line that says what must be seen.
struct Expectation {
  std::string kind;  ///< "S:", "S~", "A:", "A!", "D:", "D#", "="
  std::string text;
  std::string where;
};

/// What the driver answers to a decision.
struct Rule {
  std::string kind;  ///< "mail", "rcpt", "begin", "end"
  std::string key;   ///< a path; empty: all
  Reply reply;
};

/// Bytes of the client (or something that happens to the driver) and all that must follow from them.
struct Step {
  std::string bytes;
  std::string event;  ///< "end-of-stream", "end-session", or none
  std::vector<Expectation> expectations;
};

struct Dialogue {
  std::string name;
  ServerConfig config;
  bool tls = true;
  bool timing = false;  ///< the outcome depends on what arrives together
  std::map<std::string, std::string> logins;
  std::vector<Rule> rules;
  std::vector<Step> steps;  ///< the first has no bytes: the greeting
  std::size_t bytes() const;
};

/// Throws std::runtime_error.
Dialogue load_dialogue(const std::string& path);

/// How a dialogue's bytes are cut into reads.
struct Cut {
  enum Kind { kWhole, kPieces, kOnce } kind = kWhole;
  std::size_t at = 0;  ///< kPieces: how long each is; kOnce: after so many bytes of the whole dialogue
};

struct Played {
  std::optional<std::string> failure;  ///< "file:line: what was expected and what came"
  std::string trace;                   ///< all replies, actions, contents and states; the same for each cut
};

Played play(const Dialogue& dialogue, const Transitions& transitions, Cut cut = {});

}  // namespace postern::smtp::test
