#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"

namespace postern::system {

/// The numbers of the accounts that postern-system has to do with.
struct Accounts {
  uid_t submit = 0;          ///< takes the listening sockets over
  gid_t submit_group = 0;    ///< reads the TLS key
  gid_t auth = 0;            ///< reads people and password hashes
  gid_t postern = 0;         ///< all daemons: may reach one another's sockets
  gid_t administrators = 0;  ///< postern-admin; 0 (root) when there is no such group

  /// kNotFound names the account that is missing.
  static Result<Accounts> find();
};

/// Makes the folders that this installation needs, each with exactly its owner and mode, or puts that right:
///   <run> and <run>/<daemon> for the sockets, each daemon's own; <run>/system open for administrators;
///   below <data>: spool, ledger (vault), people (read by auth), tls (readable), vpn (root), secrets (deliver);
///   /run/wireguard, for wireguard-go's own socket.
Result<void> prepare_folders(const config::Config& config, const Accounts& accounts);

}  // namespace postern::system
