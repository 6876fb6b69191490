#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/secret.h"
#include "ipc/codec.h"

/// The exchange with postern-auth on its "hot" socket: one LoginRequest, one LoginReply, any number of times.
namespace postern::ipc {

/// What kind of network a client came in by.
enum class NetworkKind : std::uint8_t { kTunnel = 0, kLan = 1 };
/// "tunnel", "lan": as the ledger writes it.
std::string_view to_string(NetworkKind kind);

/// A login to check. Only postern-submit (service kSubmission) and postern-panel (kPanel) may ask.
struct LoginRequest {
  static constexpr std::uint16_t kType = 0x0101;
  enum class Service : std::uint8_t { kSubmission = 0, kPanel = 1 };

  Service service = Service::kSubmission;
  std::uint64_t session = 0;  ///< the caller's session id, for the log
  std::string user;           ///< as the client gave it: not trusted
  Secret password;
  IpAddress client;  ///< source address of the connection
  std::string link;  ///< name of the interface it arrived on
  NetworkKind network = NetworkKind::kTunnel;

  void encode(Writer& writer) const;
  static LoginRequest decode(Reader& reader);
};

/// The answer. Everything but `granted` is for the ledger only: the client gets one and the same reply for every
/// refusal that is final, after the same delay.
struct LoginReply {
  static constexpr std::uint16_t kType = 0x0102;
  enum class Reason : std::uint8_t {
    kOk = 0,
    kUnknownPerson,
    kBadPassword,
    kWrongDevice,     ///< right or wrong password: the address belongs to nobody's or another person's device
    kDeviceInactive,  ///< the person's own device, but suspended, expired or revoked
    kLocked,          ///< the person is suspended, or PAM's account phase says locked
    kExpired,         ///< the account or its password has expired
    kThrottled,       ///< too many failures from there or for that account; PAM was not asked
    kMalformed,       ///< a user name that no account can have
    kUnavailable,     ///< PAM failed or timed out: a temporary failure, tell the client 454
  };

  bool granted = false;
  Reason reason = Reason::kUnavailable;
  std::string person;                  ///< canonical name, where it is known
  std::string device;                  ///< the device that the address belongs to, empty for the LAN
  std::vector<std::string> addresses;  ///< when granted: reverse-paths and From addresses that the person may use
  std::uint32_t retry_after = 0;       ///< seconds, with kThrottled

  void encode(Writer& writer) const;
  static LoginReply decode(Reader& reader);
};

/// "bad-password", "wrong-device" ...: as the ledger writes it.
std::string_view to_string(LoginReply::Reason reason);

/// Shared by the messages: addresses as 16 bytes, lists of texts.
void write_address(Writer& writer, const IpAddress& address);
IpAddress read_address(Reader& reader);
void write_texts(Writer& writer, const std::vector<std::string>& texts);
std::vector<std::string> read_texts(Reader& reader);

}  // namespace postern::ipc
