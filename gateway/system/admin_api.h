#pragma once

#include <sys/types.h>

#include "http/router.h"
#include "system/agent.h"

namespace postern::system {

/// The administration of people, devices and the tunnel: HTTP+JSON on the socket "system/admin".
///
///   GET    /v1/status                     how everything stands
///   GET    /v1/people                     POST: name, full_name, role, addresses, wildcards, recipients, expires,
///                                         limits, password
///   GET    /v1/people/{name}              PATCH: the same and state, but no password and no name; DELETE
///   POST   /v1/people/{name}/password     password
///   GET    /v1/devices                    POST: name, person, network, public_key, addresses, expires; the answer
///                                         holds the device's configuration, which can't be had again
///   GET    /v1/devices/{name}             PATCH: state; DELETE revokes for good
///   GET    /v1/vpn                        the tunnel as it is now
///   GET    /v1/certificate                the server's certificate and the box's own authority
///
/// Errors are RFC 9457 problem details that name each wrong member. Every change is in the ledger with who made it.
/// `agent` must outlive the router.
void add_routes(http::Router& router, Agent& agent);

/// Root may do everything; members of the group postern-admin everything but destructive things.
http::Policy admin_policy(gid_t administrators);

}  // namespace postern::system
