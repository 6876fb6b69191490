#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ipc/codec.h"

namespace postern::ipc {

/// The wire format: 8 bytes of header, then the payload.
///   0  u32  payload length in bytes, little-endian
///   4  u16  type of message
///   6  u8   version of the protocol, kProtocolVersion
///   7  u8   0
/// Both ends come from one build, so a version mismatch is an error and ends the connection.
inline constexpr std::size_t kHeaderSize = 8;
inline constexpr std::uint8_t kProtocolVersion = 1;
/// Payloads over this end the connection. Message content travels in chunks well below it.
inline constexpr std::size_t kMaxPayload = 4 << 20;
/// How much message content one frame carries at most.
inline constexpr std::size_t kChunkSize = 256 << 10;

/// One received frame. The payload points into the channel's buffer and is valid until the next receive.
struct Frame {
  std::uint16_t type = 0;
  std::string_view payload;
};

/// What travels: a struct with its type number and both directions of its encoding.
template <class M>
concept Message = requires(const M& message, Writer& writer, Reader& reader) {
  { M::kType } -> std::convertible_to<std::uint16_t>;
  { message.encode(writer) } -> std::same_as<void>;
  { M::decode(reader) } -> std::same_as<M>;
};

/// The error for a frame that is not what was expected.
std::unexpected<Error> unexpected_frame(std::uint16_t type, std::uint16_t expected);

/// Decodes a frame as M; kProtocol when it is of another type or malformed.
template <Message M>
Result<M> parse(const Frame& frame) {
  if (frame.type != M::kType) return unexpected_frame(frame.type, M::kType);
  Reader reader(frame.payload);
  M message = M::decode(reader);
  if (!reader.finished()) return fail(ErrorCode::kProtocol, "malformed message of type " + std::to_string(M::kType));
  return message;
}

/// Appends a whole frame, header included.
template <Message M>
void append_frame(std::string& out, const M& message) {
  const std::size_t start = out.size();
  Writer writer(out);
  writer.u32(0);
  writer.u16(M::kType);
  writer.u8(kProtocolVersion);
  writer.u8(0);
  message.encode(writer);
  const std::size_t length = out.size() - start - kHeaderSize;
  for (std::size_t i = 0; i < 4; ++i) out[start + i] = static_cast<char>(length >> (8 * i) & 0xFFU);
}

}  // namespace postern::ipc
