#pragma once

#include <string>

#include "daemons/vault/hot_server.h"
#include "daemons/vault/service.h"
#include "http/router.h"

namespace postern::vault {

/// The vault's administration: HTTP+JSON on the socket "vault/admin".
///
///   GET  /v1/status                        the store: messages, what is refused and why, flushes, disk
///   GET  /v1/queue?after=ID&limit=N        messages, oldest first; "next" is there when more follow
///   GET  /v1/queue/{id}                    one message with each recipient's state
///   POST /v1/queue/{id}/hold, .../release, .../retry, .../cancel
///   GET  /v1/ledger?from=SEQ&limit=N       entries
///   POST /v1/ledger/verify                 proves the chain on this box
///
/// All that changes something is in the ledger with who asked for it. The arguments must outlive the router.
void add_routes(http::Router& router, Service& service, const HotServer& server, std::string ledger_folder);

}  // namespace postern::vault
