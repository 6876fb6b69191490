#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/load.h"

namespace postern::config {

/// One earlier (or the present) text of the configuration.
struct Version {
  std::uint64_t number = 0;  ///< goes up by one with each save; never used twice while its file stands
  std::string time;          ///< when it was saved, RFC 3339, by the clock of that moment
  std::string path;
};

/// The configuration file and the versions before it. Files: `path` itself, and in the folder "history" beside it one
/// copy of each version, "NNNNNNNN_TIME.yaml", the present one included.
///
/// One process writes (postern-system); any may load. Not thread-safe.
class Store {
 public:
  /// `keep` versions remain after a save.
  explicit Store(std::string path, const Clock& clock = Clock::system(), std::size_t keep = 20);

  /// Reads and checks the file.
  Loaded load() const { return load_file(path_); }

  /// Puts `text` in place of the file, if nothing is wrong with it (else kInvalid with all problems as context, and
  /// nothing changes). After a power cut the old or the new file stands. A file that a person has changed since the
  /// last save gets a version of its own first, whatever is in it.
  Result<Version> save(std::string_view text);

  /// Oldest first.
  Result<std::vector<Version>> history() const;
  /// A version's text. kNotFound when it is gone.
  Result<std::string> text_of(std::uint64_t number) const;

 private:
  Result<Version> record(std::string_view text);
  Result<void> keep_hand_edit();
  Result<void> prune();

  std::string path_;
  std::string folder_;
  const Clock& clock_;
  std::size_t keep_;
};

}  // namespace postern::config
