#include <boost/json/array.hpp>
#include <format>

#include "daemons/posternctl/command.h"
#include "http/client.h"

namespace postern::control {

namespace {

using http::Method;

Exit list(const Context& context, const Arguments& arguments) {
  std::string target = "/v1/queue?limit=" + http::encode(arguments.value("limit").value_or("100"));
  if (const auto after = arguments.value("after")) target += "&after=" + http::encode(*after);
  const auto answer = ask(context, "vault", Method::kGet, target);
  if (!answer) return complain(answer.error());
  if (context.json) return print_json(*answer), Exit::kOk;
  std::vector<std::vector<std::string>> rows;
  for (const auto& message : answer->at("messages").as_array()) {
    rows.push_back({cell(message, "id"), cell(message, "state"), cell(message, "size"), cell(message, "attempts"),
                    cell(message, "next_attempt"), cell(message, "sender"), cell(message, "recipients")});
  }
  print_table({"ID", "STATE", "SIZE", "ATTEMPTS", "NEXT ATTEMPT", "SENDER", "RECIPIENTS"}, rows);
  return Exit::kOk;
}

Exit show(const Context& context, const Arguments& arguments) {
  const auto answer = ask(context, "vault", Method::kGet, "/v1/queue/" + http::encode(arguments.words()[0]));
  if (!answer) return complain(answer.error());
  return print_json(*answer), Exit::kOk;
}

Exit act(const Context& context, const Arguments& arguments, std::string_view action, std::string_view done) {
  return ask_and_report(context, "vault", Method::kPost,
                        std::format("/v1/queue/{}/{}", http::encode(arguments.words()[0]), action), nullptr, done);
}

Exit hold(const Context& context, const Arguments& arguments) { return act(context, arguments, "hold", "held"); }
Exit release(const Context& context, const Arguments& arguments) {
  return act(context, arguments, "release", "released");
}
Exit retry(const Context& context, const Arguments& arguments) { return act(context, arguments, "retry", "due now"); }
Exit cancel(const Context& context, const Arguments& arguments) {
  return act(context, arguments, "cancel", "cancelled");
}

const Command kCommands[] = {
    {"queue list",
     "[--limit=N] [--after=ID]",
     "messages that are on their way",
     "",
     {{}, {"limit", "after"}, 0, 0},
     list},
    {"queue show", "ID", "one message, with what became of each recipient", "", {{}, {}, 1, 1}, show},
    {"queue hold", "ID", "keep a message back", "", {{}, {}, 1, 1}, hold},
    {"queue release", "ID", "let a held message go", "", {{}, {}, 1, 1}, release},
    {"queue retry", "ID", "try again now", "", {{}, {}, 1, 1}, retry},
    {"queue cancel",
     "ID",
     "give a message up; its remaining recipients are recorded as cancelled",
     "",
     {{}, {}, 1, 1},
     cancel},
};

}  // namespace

std::span<const Command> queue_commands() { return kCommands; }

}  // namespace postern::control
