#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/fd.h"
#include "submission/records.h"

/// TLS 1.3 records from a client that has the right keys and may send whatever it likes, and from somebody on the way
/// who hasn't. The input is a list of steps: an opcode, two bytes of length, that many bytes.
///   0 to 3: a record of that inner type (application data, alert, handshake, any: the first byte) sealed by the client
///   4: bytes onto the wire as they are
///   5: a KeyUpdate, well-formed
///   6: the server reads with this room; 7: the server writes the bytes
/// However it goes, what is read is what was sent as application data, from the start and without a gap.
using namespace postern;
using namespace postern::submission;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

TrafficKeys keys(char seed) { return TrafficKeys::derive(Suite::kAes128GcmSha256, std::string(32, seed), 0).value(); }

struct World {
  World() {
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  void raw(std::string_view bytes) { std::ignore = ::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void seal(std::string inner, unsigned char type) {
    inner += static_cast<char>(type);
    const std::size_t length = inner.size() + kTagSize;
    std::vector<unsigned char> record(Records::kHeader + length);
    const std::array<unsigned char, Records::kHeader> header{23, 3, 3, static_cast<unsigned char>(length >> 8),
                                                             static_cast<unsigned char>(length & 0xFFU)};
    std::copy(header.begin(), header.end(), record.begin());
    const auto* text = static_cast<const unsigned char*>(static_cast<const void*>(inner.data()));
    check(sealer.seal(client, header, {text, inner.size()}, record.data() + Records::kHeader));
    raw({static_cast<const char*>(static_cast<const void*>(record.data())), record.size()});
  }
  void read(std::size_t room) {
    std::vector<char> into(Records::kMinRoom + room % (64 << 10));
    Wire wire(ours.get());
    const auto got = records.read(wire, scratch, into);
    check(got.bytes <= into.size() && (got.bytes > 0) == (got.status == IoStatus::kOk));
    read_bytes.append(into.data(), got.bytes);
    check(std::string_view(sent_bytes).starts_with(read_bytes));
    check(records.memory() < 256 << 10);
  }

  UniqueFd ours;
  UniqueFd theirs;
  TrafficKeys client = keys('c');
  Records records{keys('c'), keys('s')};
  TlsScratch scratch;
  Aead sealer{Aead::Direction::kSeal};
  std::string sent_bytes;
  std::string read_bytes;
};

void step(World& world, unsigned char code, const std::string& bytes) {
  switch (code % 8) {
    case 0: world.sent_bytes += bytes; return world.seal(bytes, 23);
    case 1: return world.seal(bytes, 21);
    case 2: return world.seal(bytes, 22);
    case 3: {
      const auto type = bytes.empty() ? static_cast<unsigned char>(0) : static_cast<unsigned char>(bytes[0]);
      if (type == 23 || type == 0) return;  // padding would make it something else
      return world.seal(bytes, type);
    }
    case 4: return world.raw(bytes);
    case 5: {
      world.seal(std::string("\x18\x00\x00\x01", 4) + static_cast<char>(bytes.size() % 2), 22);
      world.client = world.client.next().value();
      return;
    }
    case 6: return world.read(bytes.size() * 997);
    default: {
      Wire wire(world.ours.get());
      std::string_view rest = bytes;
      std::ignore = world.records.write(wire, world.scratch, rest);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 48 << 10) return 0;
  World world;
  std::size_t at = 0;
  while (at + 3 <= size) {
    const std::size_t wanted = static_cast<std::size_t>(data[at + 1]) << 8 | data[at + 2];
    const std::size_t have = std::min({wanted, size - at - 3, Records::kMaxPlain});
    const auto* bytes = static_cast<const char*>(static_cast<const void*>(data + at + 3));
    step(world, data[at], std::string(bytes, have));
    at += 3 + have;
  }
  for (int i = 0; i < 8; ++i) world.read(0);
  return 0;
}
