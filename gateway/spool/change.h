#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The operations that records of the log carry behind their ledger events. Each sets things to a value, none adds to
/// one: replaying an operation that has already taken effect changes nothing, which recovery relies on.
namespace postern::spool {

using MessageId = std::uint64_t;

/// kMessage and kMoved: a message, its content in the record's body or in a file of its own.
struct MessageChange {
  MessageId id = 0;
  bool in_file = false;
  std::uint64_t size = 0;         ///< of the content, in bytes
  std::uint32_t content_crc = 0;  ///< CRC-32C of the content
  std::string_view envelope;      ///< encode(Envelope)
};

/// Where a recipient stands. All but kPending are final.
enum class RecipientState : std::uint8_t { kPending = 0, kDelivered, kFailed, kCancelled };
inline constexpr auto kLastRecipientState = RecipientState::kCancelled;

struct RecipientChange {
  std::uint16_t index = 0;
  RecipientState state = RecipientState::kPending;
  std::string reply;  ///< the last thing that was said of it
};

/// kState: new values for some of what is known of a message's delivery.
struct StateChange {
  MessageId id = 0;
  std::optional<bool> held;          ///< an administrator's hold
  std::optional<bool> damaged;       ///< content or envelope can't be read
  std::optional<std::uint64_t> due;  ///< next attempt, in running time
  std::optional<std::uint32_t> attempts;
  std::vector<RecipientChange> recipients;
};

void encode(std::string& out, const MessageChange& change);
void encode(std::string& out, const StateChange& change);

/// Both return nullopt for what encode() can't have made. The views point into the bytes.
std::optional<MessageChange> decode_message_change(std::string_view bytes);
std::optional<StateChange> decode_state_change(std::string_view bytes);

}  // namespace postern::spool
