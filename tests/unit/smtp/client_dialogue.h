#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dialogue.h"
#include "smtp/client.h"

/// Client dialogues: plain-text files played against smtp::Client. The format is in client_dialogues/README.md.
namespace postern::smtp::test {

struct ClientMessage {
  Envelope envelope;
  std::uint64_t size = 0;
};

struct ClientStep {
  std::string bytes;    ///< what the server says
  std::string command;  ///< or what the driver does: "send", "content TEXT", "end", "quit", "lost REASON"
  std::vector<Expectation> expectations;
};

struct ClientDialogue {
  std::string name;
  bool timing = false;
  TlsUse tls = TlsUse::kNever;
  bool verified = true;
  bool auth_unverified = false;
  std::optional<std::pair<std::string, std::string>> login;
  std::size_t max_line = 2048;
  std::size_t max_lines = 100;
  std::vector<ClientMessage> messages;
  std::vector<ClientStep> steps;
};

/// Throws std::runtime_error.
ClientDialogue load_client_dialogue(const std::string& path);

Played play(const ClientDialogue& dialogue, Cut cut = {});

}  // namespace postern::smtp::test
