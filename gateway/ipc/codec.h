#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::ipc {

/// Appends values to a frame's payload. Integers are little-endian and of fixed width; texts carry their length in
/// 32 bits before them.
class Writer {
 public:
  /// `out` must outlive the writer; nothing in it is changed.
  explicit Writer(std::string& out) : out_(out) {}
  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void boolean(bool value) { u8(value ? 1 : 0); }
  void text(std::string_view value);
  /// A list's length; the elements follow.
  void count(std::size_t elements) { u32(static_cast<std::uint32_t>(elements)); }

 private:
  std::string& out_;
};

/// Takes values from a payload. After the first value that is missing or malformed every further one is empty and
/// ok() is false: decode everything, then ask once.
class Reader {
 public:
  /// `payload` must outlive the reader and the views it returns.
  explicit Reader(std::string_view payload) : rest_(payload) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  /// Only 0 and 1 are booleans.
  bool boolean();
  std::string_view text();
  /// A list's length; fails unless at least `smallest` bytes an element are left, so that a hostile count can't make
  /// anybody reserve memory that the payload doesn't back.
  std::size_t count(std::size_t smallest);
  /// Marks the payload as malformed: for values that are out of range.
  void reject() { ok_ = false; }
  bool ok() const { return ok_; }
  /// Whether all was well-formed and nothing is left over.
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::uint64_t integer(std::size_t width);
  std::string_view rest_;
  bool ok_ = true;
};

/// Reads an enumeration that is stored in 8 bits; values above `last` are malformed.
template <class Enum>
Enum read_enum(Reader& reader, Enum last) {
  const std::uint8_t value = reader.u8();
  if (value > static_cast<std::uint8_t>(last)) {
    reader.reject();
    return Enum{};
  }
  return static_cast<Enum>(value);
}

}  // namespace postern::ipc
