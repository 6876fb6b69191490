#include "ipc/auth_messages.h"

#include <algorithm>
#include <array>

namespace postern::ipc {

std::string_view to_string(NetworkKind kind) { return kind == NetworkKind::kTunnel ? "tunnel" : "lan"; }

std::string_view to_string(LoginReply::Reason reason) {
  using enum LoginReply::Reason;
  switch (reason) {
    case kOk: return "ok";
    case kUnknownPerson: return "unknown-person";
    case kBadPassword: return "bad-password";
    case kWrongDevice: return "wrong-device";
    case kDeviceInactive: return "device-inactive";
    case kLocked: return "locked";
    case kExpired: return "expired";
    case kThrottled: return "throttled";
    case kMalformed: return "malformed";
    case kUnavailable: return "unavailable";
  }
  return "unknown";
}

void write_address(Writer& writer, const IpAddress& address) {
  for (const std::uint8_t byte : address.bytes()) writer.u8(byte);
}

IpAddress read_address(Reader& reader) {
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::generate(bytes, [&] { return reader.u8(); });
  return IpAddress::from_bytes(bytes);
}

void write_texts(Writer& writer, const std::vector<std::string>& texts) {
  writer.count(texts.size());
  for (const auto& text : texts) writer.text(text);
}

std::vector<std::string> read_texts(Reader& reader) {
  constexpr std::size_t kSmallest = 4;
  std::vector<std::string> texts(reader.count(kSmallest));
  for (auto& text : texts) text = reader.text();
  return texts;
}

void LoginRequest::encode(Writer& writer) const {
  writer.u8(static_cast<std::uint8_t>(service));
  writer.u64(session);
  writer.text(user);
  writer.text(password.reveal());
  write_address(writer, client);
  writer.text(link);
  writer.u8(static_cast<std::uint8_t>(network));
}

LoginRequest LoginRequest::decode(Reader& reader) {
  LoginRequest request;
  request.service = read_enum(reader, Service::kPanel);
  request.session = reader.u64();
  request.user = reader.text();
  request.password = Secret(reader.text());
  request.client = read_address(reader);
  request.link = reader.text();
  request.network = read_enum(reader, NetworkKind::kLan);
  return request;
}

void LoginReply::encode(Writer& writer) const {
  writer.boolean(granted);
  writer.u8(static_cast<std::uint8_t>(reason));
  writer.text(person);
  writer.text(device);
  write_texts(writer, addresses);
  writer.u32(retry_after);
}

LoginReply LoginReply::decode(Reader& reader) {
  LoginReply reply;
  reply.granted = reader.boolean();
  reply.reason = read_enum(reader, Reason::kUnavailable);
  reply.person = reader.text();
  reply.device = reader.text();
  reply.addresses = read_texts(reader);
  reply.retry_after = reader.u32();
  if (reply.granted != (reply.reason == Reason::kOk)) reader.reject();
  return reply;
}

}  // namespace postern::ipc
