#include "ledger/chain.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/check.h"

namespace postern::ledger {

namespace {

constexpr std::string_view kSeq = "{\"seq\":";
constexpr std::string_view kTime = ",\"time\":\"";
constexpr std::string_view kEvent = ",\"event\":\"";
constexpr std::string_view kPrev = ",\"prev\":\"";
constexpr std::string_view kHash = ",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr std::size_t kHexLength = 64;
constexpr std::size_t kTimeLength = 27;
constexpr std::size_t kHashMember = kHash.size() + kHexLength + kEnd.size();
constexpr std::size_t kPrevMember = kPrev.size() + kHexLength + 1;

static_assert(kHashMember == 75);  // what chain.h promises

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "malformed entry: " + std::string(what));
}

// "2026-11-24T02:47:06.123456Z": digits where digits belong.
bool is_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
  }
  return true;
}

bool take(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

// Lower case only, so that an entry has one form.
bool read_hash(std::string_view hex, Hash& hash) {
  for (const char c : hex) {
    if (!is_digit(c) && (c < 'a' || c > 'f')) return false;
  }
  const auto bytes = hex_decode(hex);
  if (!bytes || bytes->size() != hash.size()) return false;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return true;
}

}  // namespace

struct Hasher::State {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  if (state_->algorithm == nullptr || state_->context == nullptr) std::abort();  // no memory, or a crippled OpenSSL
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(state_->context);
  EVP_MD_free(state_->algorithm);
}

Hash Hasher::operator()(std::string_view bytes) {
  std::array<unsigned char, 32> digest;
  if (EVP_DigestInit_ex2(state_->context, state_->algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) != 1) {
    std::abort();  // a ledger without hashes must not go on
  }
  Hash hash;
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<char>(digest[i]);
  return hash;
}

Hash append_entry(std::string& out, Hasher& hasher, std::uint64_t seq, WallTime time, std::string_view event,
                  const Hash& prev) {
  const std::size_t start = out.size();
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, seq).ptr;
  out += kSeq;
  out.append(digits, end);
  out += kTime;
  out += format_rfc3339(time);
  out += "\",";
  out += event.substr(1, event.size() - 2);
  out += kPrev;
  out += hex_encode({prev.data(), prev.size()});
  out += '"';
  const Hash hash = hasher(std::string_view(out).substr(start));
  out += kHash;
  out += hex_encode({hash.data(), hash.size()});
  out += "\"}\n";
  return hash;
}

Result<EntryView> parse_entry(std::string_view line) {
  EntryView entry;
  if (line.size() > kMaxLine) return malformed("too long");
  if (line.size() < kHashMember + kPrevMember) return malformed("too short");
  std::string_view tail = line.substr(line.size() - kHashMember);
  entry.hashed = line.substr(0, line.size() - kHashMember);
  if (!take(tail, kHash) || !read_hash(tail.substr(0, kHexLength), entry.hash) || tail.substr(kHexLength) != kEnd) {
    return malformed("no hash at its end");
  }
  tail = entry.hashed.substr(entry.hashed.size() - kPrevMember);
  if (!take(tail, kPrev) || !read_hash(tail.substr(0, kHexLength), entry.prev) || tail.substr(kHexLength) != "\"") {
    return malformed("no prev before its hash");
  }
  std::string_view rest = entry.hashed.substr(0, entry.hashed.size() - kPrevMember);
  if (!take(rest, kSeq)) return malformed("does not begin with seq");
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const auto seq = parse_decimal<std::uint64_t>(rest.substr(0, comma));
  if (!seq || *seq == 0 || rest.starts_with('0')) return malformed("bad seq");
  entry.seq = *seq;
  rest.remove_prefix(comma);
  if (!take(rest, kTime) || !is_time(rest.substr(0, kTimeLength))) return malformed("bad time");
  entry.time = rest.substr(0, kTimeLength);
  rest.remove_prefix(kTimeLength);
  if (!take(rest, "\"")) return malformed("bad time");
  const std::string event = '{' + std::string(rest.substr(std::min<std::size_t>(1, rest.size()))) + '}';
  if (!rest.starts_with(kEvent) || !check_event(event)) return malformed("what it says is not an event");
  rest.remove_prefix(kEvent.size());
  entry.event = rest.substr(0, rest.find('"'));
  return entry;
}

}  // namespace postern::ledger
