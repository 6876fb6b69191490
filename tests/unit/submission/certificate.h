#pragma once

#include <string>

namespace postern::submission::test {

/// A folder of its own, removed at the end, with certificate.pem and key.pem for `name` (self-signed, P-256).
class Certificate {
 public:
  explicit Certificate(const std::string& name = "gate.test");
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  /// Replaces both files by new ones.
  void renew();
  std::string certificate() const { return folder_ + "/certificate.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }
  const std::string& folder() const { return folder_; }

 private:
  std::string name_;
  std::string folder_;
};

}  // namespace postern::submission::test
