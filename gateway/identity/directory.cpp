#include "identity/directory.h"

#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "identity/names.h"
#include "identity/store.h"

namespace postern::identity {

Directory::Directory(Document document) : document_(std::move(document)) {
  for (const auto& person : document_.people) {
    for (const auto& address : person.addresses) {
      if (is_wildcard(address)) continue;
      const auto [entry, fresh] = by_mail_.emplace(to_lower(address), &person);
      if (!fresh && entry->second != &person) entry->second = nullptr;
    }
  }
  for (const auto& device : document_.devices) {
    for (const auto& address : device.addresses) {
      const auto [entry, fresh] = by_address_.emplace(address, &device);
      if (!fresh && entry->second->state == DeviceState::kRevoked) entry->second = &device;
    }
  }
}

const Person* Directory::resolve(std::string_view login) const {
  const std::string lower = to_lower(login);
  if (is_person_name(lower)) return person(lower);
  const auto found = by_mail_.find(lower);
  return found == by_mail_.end() ? nullptr : found->second;
}

const Device* Directory::device_at(const IpAddress& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

FileIdentity FileIdentity::of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

const std::shared_ptr<const Directory>& DirectoryFile::current() {
  const auto now = FileIdentity::of(path_);
  if (seen_ == now && directory_) return directory_;
  seen_ = now;
  auto document = load_document(path_);
  if (!document && document.error().code == ErrorCode::kNotFound) document = Document{};
  if (document) {
    directory_ = std::make_shared<const Directory>(std::move(*document));
    ++generation_;
    error_.reset();
    return directory_;
  }
  error_ = document.error();
  log::error("people can't be loaded; the last good list stays in force", {{"reason", document.error().context}});
  if (!directory_) directory_ = std::make_shared<const Directory>(Document{});
  return directory_;
}

}  // namespace postern::identity
