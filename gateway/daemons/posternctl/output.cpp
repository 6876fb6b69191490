#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <format>

#include "base/text.h"
#include "daemons/posternctl/command.h"
#include "http/client.h"
#include "ipc/peer.h"

namespace postern::control {

namespace {

constexpr auto kPatience = std::chrono::seconds(60);

void write(std::FILE* file, const std::string& text) { std::fwrite(text.data(), 1, text.size(), file); }

Error error_of(const http::Response& response) {
  ErrorCode code = ErrorCode::kInternal;
  switch (response.status) {
    case 403: code = ErrorCode::kPermission; break;
    case 404: code = ErrorCode::kNotFound; break;
    case 409: code = ErrorCode::kExists; break;
    case 422: code = ErrorCode::kInvalid; break;
    case 503: code = ErrorCode::kUnavailable; break;
    default: break;
  }
  boost::system::error_code broken;
  const auto document = json::parse(response.body, broken);
  if (!broken && document.is_object()) {
    if (const auto* detail = document.as_object().if_contains("detail"); detail && detail->is_string()) {
      return {code, std::string(detail->get_string())};
    }
  }
  return {code, std::format("the daemon answered with status {}", response.status)};
}

std::string plain(const json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get_string().empty() ? "-" : std::string(value.get_string());
  if (!value.is_array()) return json::serialize(value);
  std::string joined;
  for (const auto& element : value.get_array()) joined += (joined.empty() ? "" : ", ") + plain(element);
  return joined.empty() ? "-" : joined;
}

/// Columns as a person counts them: bytes that continue a UTF-8 character take none.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

}  // namespace

Exit complain(const Error& error) {
  write(stderr, std::format("posternctl: {}\n", error.context));
  if (error.code == ErrorCode::kUnavailable) return Exit::kUnavailable;
  return Exit::kFailed;
}

Result<json::value> ask(const Context& context, std::string_view daemon, http::Method method, const std::string& target,
                        const json::value& body) {
  const auto socket = ipc::socket_path(context.config.gateway.run, daemon, "admin");
  const auto response = http::fetch_now(socket, method, target, body, kPatience);
  if (!response) return fail(response.error().within(std::format("postern-{}", daemon)));
  if (response->status >= 400) return fail(error_of(*response));
  if (response->body.empty()) return json::value(nullptr);
  boost::system::error_code broken;
  auto document = json::parse(response->body, broken);
  if (broken) return fail(ErrorCode::kProtocol, std::format("postern-{} did not answer in JSON", daemon));
  return document;
}

void print_json(const json::value& document) { write(stdout, json::serialize(document) + "\n"); }

void print_table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings) widths.push_back(width(heading));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(printable(row[i])));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string safe = printable(cells[i]);
      text += safe;
      if (i + 1 < cells.size()) text.append(widths[i] - width(safe) + 2, ' ');
    }
    write(stdout, text + "\n");
  };
  line(headings);
  for (const auto& row : rows) line(row);
}

std::string cell(const json::value& object, std::string_view member) {
  const auto* value = object.is_object() ? object.get_object().if_contains(member) : nullptr;
  return value == nullptr ? "-" : plain(*value);
}

Exit ask_and_report(const Context& context, std::string_view daemon, http::Method method, const std::string& target,
                    const json::value& body, std::string_view done) {
  const auto answer = ask(context, daemon, method, target, body);
  if (!answer) return complain(answer.error());
  if (context.json) {
    print_json(*answer);
  } else {
    write(stdout, std::format("{}\n", done));
  }
  return Exit::kOk;
}

}  // namespace postern::control
