#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "message/header.h"

/// Submission's work on a header (RFC 6409 section 8, RFC 5321 section 4.4): a Received field in front, Date and
/// Message-ID where they are missing, Bcc, Resent-Bcc and Return-Path out. No other byte changes, and the body is not
/// touched at all. No I/O, any thread.
namespace postern::message {

/// What Received says. Texts may come from a client: whatever can't stand in a header is left out or escaped.
struct Trace {
  std::string_view gateway;           ///< config: gateway.name
  std::string_view id;                ///< the message's id as printed
  std::string_view network;           ///< "tunnel" or "lan": how the client came in
  bool utf8 = false;                  ///< MAIL had SMTPUTF8: UTF8SMTPSA instead of ESMTPSA (RFC 6531 section 4.3)
  std::string_view tls_version = {};  ///< "TLSv1.3"
  std::string_view tls_cipher = {};   ///< "TLS_AES_256_GCM_SHA384"
  std::string_view tls_group = {};    ///< "X25519MLKEM768"
  std::string_view recipient = {};    ///< without brackets; only when the message has exactly one
  WallTime time{};

  /// config: submission.hide_client_address. When true none of those below is shown. Even when false an address
  /// literal in `helo` is not: it would be the worker's address at home.
  bool hide_client = true;
  std::string_view helo = {};
  std::string_view client = {};  ///< the address inside the tunnel or LAN, as text
  std::string_view person = {};
  std::string_view device = {};
};

struct Completed {
  std::string header;  ///< what goes in front of the body, its empty line included
  std::string
      message_id;  ///< without angle brackets, for the ledger: the client's (its first 512 bytes), or the new one
  bool date_added = false;
  bool message_id_added = false;
  unsigned fields_removed = 0;
};

/// One pass over the block, one allocation for the result. kInvalid when the header has more than one Date or
/// Message-ID (RFC 5322 section 3.6): programs differ in which of them they show.
Result<Completed> complete(const HeaderBlock& header, const Trace& trace);

}  // namespace postern::message
