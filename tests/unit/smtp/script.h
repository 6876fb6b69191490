#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What the files of dialogues/ and client_dialogues/ have in common: lines, includes and escapes.
namespace postern::smtp::test {

struct ScriptLine {
  std::string keyword;  ///< up to the first blank
  std::string text;     ///< behind it, not yet unescaped
  std::string where;    ///< "file:line"
};

/// Reads a file; blank lines and those that begin with "#" are left out, "include NAME" is replaced by
/// include/NAME.smtp beside the file. Throws std::runtime_error.
std::vector<ScriptLine> read_script(const std::string& path);

/// \r \n \0 \t \\ \xHH; \[COUNT*TEXT] repeats; \b{TEXT} is base64 of the text. Throws std::runtime_error.
std::string unescape(std::string_view text);
/// The reverse, for messages to people: one line comes out.
std::string escape(std::string_view bytes);

/// Equal, or, where the pattern ends in "...", beginning with what stands before that.
bool matches(std::string_view pattern, std::string_view text);

/// The *.smtp files of a folder of tests/unit/smtp, sorted.
std::vector<std::string> script_files(std::string_view folder);

}  // namespace postern::smtp::test
