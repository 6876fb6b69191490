#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

/// The daemons' own diagnostics: one line each on standard error, for the journal. What happened to mail is not
/// logged here but in the ledger. Values are escaped (base/text.h: printable), so no input can forge a line.
namespace postern::log {

struct Field {
  std::string_view key;
  std::string value;
};

using Fields = std::initializer_list<Field>;

enum class Level { kDebug = 7, kInfo = 6, kNotice = 5, kWarning = 4, kError = 3 };

/// Lines less urgent than this are dropped; kInfo at start.
void set_level(Level level);

/// Writes `<priority>message key="value" ...`; the prefix is what systemd turns into the journal's priority.
void write(Level level, std::string_view message, Fields fields = {});

inline void debug(std::string_view message, Fields fields = {}) { write(Level::kDebug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::kInfo, message, fields); }
inline void notice(std::string_view message, Fields fields = {}) { write(Level::kNotice, message, fields); }
inline void warning(std::string_view message, Fields fields = {}) { write(Level::kWarning, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::kError, message, fields); }

}  // namespace postern::log
