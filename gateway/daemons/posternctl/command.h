#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "daemons/posternctl/arguments.h"
#include "http/message.h"

/// posternctl: a table of commands. Each is a function of its arguments and what it runs in.
namespace postern::control {

namespace json = boost::json;

/// Exit statuses: part of the interface, see the manual page.
enum class Exit : int {
  kOk = 0,
  kFailed = 1,       ///< the answer was no, or a check found something
  kUsage = 2,        ///< the command line is wrong
  kUnavailable = 3,  ///< a daemon isn't there
};

struct Context {
  std::string config_file;
  config::Config config;  ///< the defaults when the file can't be read
  bool json = false;      ///< machine-readable output
};

struct Command {
  std::string_view name;     ///< "people add"
  std::string_view usage;    ///< "NAME [--address=ADDRESS...]"
  std::string_view summary;  ///< one line
  std::string_view details;  ///< paragraphs for --help, may be empty
  Grammar grammar;
  Exit (*run)(const Context&, const Arguments&);
};

std::span<const Command> status_commands();
std::span<const Command> people_commands();
std::span<const Command> device_commands();
std::span<const Command> queue_commands();
std::span<const Command> ledger_commands();
std::span<const Command> config_commands();

// What commands have in common -----------------------------------------------------------------------------------

/// Prints "posternctl: what" on standard error and returns the status that fits.
Exit complain(const Error& error);

/// Asks a daemon's administration socket. An error answer (RFC 9457) becomes an Error with its detail.
Result<json::value> ask(const Context& context, std::string_view daemon, http::Method method, const std::string& target,
                        const json::value& body = nullptr);

/// Prints a document as one line of JSON.
void print_json(const json::value& document);

/// Prints rows under headings, columns aligned; controls in cells are escaped.
void print_table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows);

/// A member as text for people: "-" for null and missing ones, lists joined by commas.
std::string cell(const json::value& object, std::string_view member);

/// Asks for something and prints nothing but "done" facts: JSON when asked for.
Exit ask_and_report(const Context& context, std::string_view daemon, http::Method method, const std::string& target,
                    const json::value& body, std::string_view done);

}  // namespace postern::control
