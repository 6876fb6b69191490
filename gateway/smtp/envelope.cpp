#include "smtp/envelope.h"

namespace postern::smtp {

std::string to_string(const ReversePath& path) { return path ? "<" + path->text() + ">" : "<>"; }

std::string to_string(const Notify& notify) {
  std::string out;
  const auto add = [&out](bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!out.empty()) out += ',';
    out += word;
  };
  add(notify.never, "NEVER");
  add(notify.success, "SUCCESS");
  add(notify.failure, "FAILURE");
  add(notify.delay, "DELAY");
  return out;
}

}  // namespace postern::smtp
