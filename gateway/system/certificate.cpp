#include "system/certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <format>
#include <memory>

#include "base/encoding.h"
#include "base/random.h"

namespace postern::system {

namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using OwnedKey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using OwnedCertificate = std::unique_ptr<X509, Deleter<X509_free>>;
using OwnedBio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using OwnedExtension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using OwnedNames = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;

constexpr std::size_t kSerialBytes = 16;
constexpr std::size_t kLongestCommonName = 64;  // RFC 5280, appendix A: ub-common-name
constexpr auto kClockSlack = std::chrono::days(1);

std::unexpected<Error> openssl_failed(std::string_view what) {
  return fail(ErrorCode::kInternal, std::format("OpenSSL: {} failed", what));
}

OwnedBio reader(std::string_view text) { return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

OwnedCertificate parse_certificate(const std::string& text) {
  const OwnedBio bio = reader(text);
  return OwnedCertificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

/// Never asks for a passphrase: an encrypted key is no key for us.
int no_passphrase(char*, int, int, void*) { return -1; }

OwnedKey parse_key(const Secret& text) {
  const OwnedBio bio = reader(text.reveal());
  return OwnedKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const OwnedExtension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_common_name(X509_NAME* name, const std::string& text) {
  const std::string cut = text.substr(0, kLongestCommonName);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(cut.c_str()), -1,
                                    -1, 0) == 1;
}

bool set_times(X509* certificate, WallTime from, WallTime until) {
  const auto seconds = [](WallTime time) {
    return static_cast<time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(until)) != nullptr;
}

bool set_serial(X509* certificate) {
  // RFC 5280 section 4.1.2.2: positive, at most 20 bytes.
  std::string bytes = random_bytes(kSerialBytes);
  bytes.front() = static_cast<char>((static_cast<unsigned char>(bytes.front()) & 0x3FU) | 0x40U);
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

/// Everything that both kinds have in common; extensions and signature are still missing.
OwnedCertificate start_certificate(EVP_PKEY* key, const std::string& subject, WallTime now,
                                   std::chrono::days lifetime) {
  OwnedCertificate certificate(X509_new());
  if (certificate == nullptr) return nullptr;
  X509* raw = certificate.get();
  const bool good = X509_set_version(raw, X509_VERSION_3) == 1 && set_serial(raw) && X509_set_pubkey(raw, key) == 1 &&
                    add_common_name(X509_get_subject_name(raw), subject) &&
                    set_times(raw, now - kClockSlack, now + lifetime);
  return good ? std::move(certificate) : nullptr;
}

Result<std::string> sign(X509* certificate, EVP_PKEY* key) {
  if (X509_sign(certificate, key, EVP_sha256()) == 0) return openssl_failed("signing a certificate");
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) return openssl_failed("writing a certificate");
  return content_of(bio.get());
}

/// "DNS:mail.example.org,IP:10.9.0.1": names come from the configuration, which allows neither comma nor blank.
std::string alternative_names(const ServerNames& names) {
  std::string text;
  for (const auto& name : names.dns) text += std::format("{}DNS:{}", text.empty() ? "" : ",", name);
  for (const auto& address : names.addresses) {
    text += std::format("{}IP:{}", text.empty() ? "" : ",", address.to_string());
  }
  return text;
}

std::string one_line(const X509_NAME* name) {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return content_of(bio.get());
}

WallTime to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

void take_names(X509* certificate, CertificateFacts& facts) {
  const OwnedNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const unsigned char* data = ASN1_STRING_get0_data(value);
    const auto length = static_cast<std::size_t>(ASN1_STRING_length(value));
    if (type == GEN_DNS) {
      facts.dns.emplace_back(reinterpret_cast<const char*>(data), length);
    } else if (length == 4 || length == 16) {
      std::array<std::uint8_t, 16> bytes{};
      if (length == 4) bytes[10] = bytes[11] = 0xFF;
      std::copy_n(data, length, bytes.end() - static_cast<std::ptrdiff_t>(length));
      facts.addresses.push_back(IpAddress::from_bytes(bytes));
    }
  }
}

}  // namespace

Result<Secret> make_key() {
  const OwnedKey key(EVP_EC_gen("P-256"));
  const OwnedBio bio(BIO_new(BIO_s_secmem()));
  if (key == nullptr || bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_failed("making a key");
  }
  std::string text = content_of(bio.get());
  return Secret::take(text);
}

Result<std::string> make_authority(const Secret& key, const std::string& name, WallTime now) {
  const OwnedKey parsed = parse_key(key);
  if (parsed == nullptr) return fail(ErrorCode::kInvalid, "the authority's key can't be read");
  const OwnedCertificate made = start_certificate(parsed.get(), "Postern CA of " + name, now, kAuthorityLifetime);
  if (made == nullptr || X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) != 1) {
    return openssl_failed("making an authority");
  }
  X509* raw = made.get();
  const bool good = add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(raw, raw, NID_subject_key_identifier, "hash");
  if (!good) return openssl_failed("describing an authority");
  return sign(raw, parsed.get());
}

Result<std::string> make_server_certificate(const Secret& key, const ServerNames& names, const std::string& authority,
                                            const Secret& authority_key, WallTime now) {
  const OwnedKey parsed = parse_key(key);
  const OwnedKey signer = parse_key(authority_key);
  const OwnedCertificate issuer = parse_certificate(authority);
  if (parsed == nullptr || signer == nullptr || issuer == nullptr) {
    return fail(ErrorCode::kInvalid, "a key or the authority can't be read");
  }
  if (names.dns.empty()) return fail(ErrorCode::kInvalid, "a server certificate needs a name");
  const OwnedCertificate made = start_certificate(parsed.get(), names.dns.front(), now, kServerLifetime);
  if (made == nullptr || X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get())) != 1) {
    return openssl_failed("making a server certificate");
  }
  X509* raw = made.get();
  const bool good = add_extension(raw, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(raw, issuer.get(), NID_key_usage, "critical,digitalSignature") &&
                    add_extension(raw, issuer.get(), NID_ext_key_usage, "serverAuth") &&
                    add_extension(raw, issuer.get(), NID_subject_alt_name, alternative_names(names)) &&
                    add_extension(raw, issuer.get(), NID_subject_key_identifier, "hash") &&
                    add_extension(raw, issuer.get(), NID_authority_key_identifier, "keyid:always");
  if (!good) return openssl_failed("describing a server certificate");
  return sign(raw, signer.get());
}

bool CertificateFacts::covers(const ServerNames& names) const {
  return std::ranges::all_of(names.dns, [&](const auto& name) { return std::ranges::contains(dns, name); }) &&
         std::ranges::all_of(names.addresses, [&](const auto& one) { return std::ranges::contains(addresses, one); });
}

Result<CertificateFacts> facts_of(const std::string& certificate) {
  const OwnedCertificate parsed = parse_certificate(certificate);
  if (parsed == nullptr) return fail(ErrorCode::kInvalid, "no certificate in PEM form");
  CertificateFacts facts;
  facts.subject = one_line(X509_get_subject_name(parsed.get()));
  facts.issuer = one_line(X509_get_issuer_name(parsed.get()));
  facts.not_before = to_time(X509_get0_notBefore(parsed.get()));
  facts.not_after = to_time(X509_get0_notAfter(parsed.get()));
  take_names(parsed.get(), facts);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(parsed.get(), EVP_sha256(), digest.data(), &length) != 1) return openssl_failed("fingerprint");
  facts.fingerprint = hex_encode({reinterpret_cast<const char*>(digest.data()), length});
  return facts;
}

bool is_signed_by(const std::string& certificate, const std::string& authority) {
  const OwnedCertificate parsed = parse_certificate(certificate);
  const OwnedCertificate issuer = parse_certificate(authority);
  return parsed != nullptr && issuer != nullptr && X509_verify(parsed.get(), X509_get0_pubkey(issuer.get())) == 1;
}

bool belongs_to(const Secret& key, const std::string& certificate) {
  const OwnedKey parsed = parse_key(key);
  const OwnedCertificate holder = parse_certificate(certificate);
  return parsed != nullptr && holder != nullptr && X509_check_private_key(holder.get(), parsed.get()) == 1;
}

}  // namespace postern::system
