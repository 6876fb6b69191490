#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "identity/people.h"

/// people.json: the one file that holds people and devices. postern-system writes it, postern-auth reads it.
namespace postern::identity {

/// Reads a document. Strict: unknown and missing keys, wrong types and every broken rule of validate() are kInvalid,
/// with the path of the value ("people[3].expires") or the name of the entry.
Result<Document> parse_document(std::string_view json);

/// The file's text: one entry a line, so that versions can be compared by eye.
std::string print_document(const Document& document);

/// kNotFound when there is no such file.
Result<Document> load_document(const std::string& path);

/// Validates, then replaces the file atomically: mode 0640, of the group that may read it (postern-auth's).
Result<void> save_document(const std::string& path, const Document& document, gid_t readers);

}  // namespace postern::identity
