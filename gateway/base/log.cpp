#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <format>

#include "base/text.h"

namespace postern::log {

namespace {
std::atomic<Level> threshold = Level::kInfo;
}

void set_level(Level level) { threshold = level; }

void write(Level level, std::string_view message, Fields fields) {
  if (level > threshold.load(std::memory_order_relaxed)) return;
  std::string line = std::format("<{}>{}", static_cast<int>(level), printable(message));
  for (const auto& [key, value] : fields) {
    line += std::format(" {}=\"", key);
    for (const char c : printable(value)) {
      if (c == '"') line += '\\';
      line += c;
    }
    line += '"';
  }
  line += '\n';
  // One write per line keeps lines of several threads whole. There is nowhere to report a failure to.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace postern::log
