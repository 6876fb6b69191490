#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "submission/records.h"
#include "submission/tls_context.h"
#include "submission/wire.h"

namespace postern::submission {

/// What a handshake came to; for the ledger and for Received.
struct TlsFacts {
  std::string version;      ///< "TLSv1.3"
  std::string cipher;       ///< "TLS_AES_256_GCM_SHA384"
  std::string group;        ///< "X25519MLKEM768"; empty where the key exchange has none
  std::string server_name;  ///< SNI as the client sent it: not trusted; empty when it sent none
  bool resumed = false;
};

/// The server side of one TLS connection over a non-blocking wire. Never waits: each call does what can be done now and
/// says what to wait for.
///
/// The handshake is OpenSSL's. After it a TLS 1.3 connection goes on with Records and OpenSSL's connection object is
/// freed; any other one stays with OpenSSL, and all do where the configuration says so (tls.own_records). Not
/// thread-safe; not movable (OpenSSL points to it).
class Tls {
 public:
  /// `wire` and `scratch` must outlive it; `scratch` is shared by the connections of a thread.
  Tls(std::shared_ptr<const TlsContext> context, Wire& wire, TlsScratch& scratch);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  /// kOk: done, facts() are there. kFailed: an alert was sent if one was due; failure() tells more.
  IoStatus handshake();
  /// Reads all that is there, as far as it fits; `into` needs Records::kMinRoom. kOk: at least one byte.
  Wire::Count read(std::span<char> into);
  /// kOk: all is with the kernel. `rest` shrinks by what need not be given again.
  IoStatus write(std::string_view& rest);
  /// Sends close_notify if the wire takes it now; nothing may be written afterwards.
  void close();
  /// Whether read() has something to give without the wire.
  bool pending() const;

  /// After the handshake.
  const TlsFacts& facts() const { return facts_; }
  /// What was wrong, after kFailed.
  std::string failure() const;
  /// Whether OpenSSL's connection object was given back.
  bool slim() const { return records_ != nullptr; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  /// What Records needs and OpenSSL only tells while it shakes hands.
  struct Secrets;

  static void on_secret(const SSL* ssl, const char* line);
  static void on_record(int write, int version, int type, const void* bytes, std::size_t size, SSL* ssl, void* self);
  void take_facts();
  void hand_over();
  IoStatus status_of(int result);

  std::shared_ptr<const TlsContext> context_;
  Wire& wire_;
  TlsScratch& scratch_;
  std::unique_ptr<SSL, Free> ssl_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<Records> records_;
  TlsFacts facts_;
  std::string failure_;

  friend class TlsContext;  // installs on_secret
};

}  // namespace postern::submission
