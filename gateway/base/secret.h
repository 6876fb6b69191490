#pragma once

#include <string>
#include <string_view>

namespace postern {

/// A password or key. Wipes its memory when it goes, can't be copied by accident, and has no way to be printed.
class Secret {
 public:
  Secret() = default;
  /// Copies the bytes; the caller still owns (and should wipe) its own.
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  /// Takes over a string; what the string kept inline is wiped too.
  static Secret take(std::string& bytes);

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The only way to the bytes; named so that a review finds each use.
  std::string_view reveal() const { return bytes_; }
  /// A second owner of the same bytes, made on purpose.
  Secret clone() const { return Secret(bytes_); }
  bool empty() const { return bytes_.empty(); }
  /// Overwrites and forgets the bytes.
  void wipe();

 private:
  std::string bytes_;
};

/// Overwrites a string's whole allocation, then empties it; the compiler can't optimise it away.
void wipe(std::string& text);

/// Compares without telling by its timing where two texts differ. Their lengths are not secret.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace postern
