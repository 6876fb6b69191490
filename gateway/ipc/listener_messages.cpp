#include "ipc/listener_messages.h"

namespace postern::ipc {

namespace {

constexpr std::size_t kAddressSize = 16;

void write_addresses(Writer& writer, const std::vector<IpAddress>& addresses) {
  writer.count(addresses.size());
  for (const auto& address : addresses) write_address(writer, address);
}

std::vector<IpAddress> read_addresses(Reader& reader) {
  std::vector<IpAddress> addresses(reader.count(kAddressSize));
  for (auto& address : addresses) address = read_address(reader);
  return addresses;
}

}  // namespace

void ListenerAdd::encode(Writer& writer) const {
  writer.text(key);
  writer.text(link);
  writer.u32(ifindex);
  writer.u8(static_cast<std::uint8_t>(network));
  writer.u8(static_cast<std::uint8_t>(mode));
  write_address(writer, local.address);
  writer.u16(local.port);
  writer.count(sources.size());
  for (const auto& source : sources) {
    write_address(writer, source.base());
    writer.u8(static_cast<std::uint8_t>(source.prefix()));
  }
  write_addresses(writer, refused);
}

ListenerAdd ListenerAdd::decode(Reader& reader) {
  ListenerAdd add;
  add.key = reader.text();
  add.link = reader.text();
  add.ifindex = reader.u32();
  add.network = read_enum(reader, NetworkKind::kLan);
  add.mode = read_enum(reader, Mode::kSubmission);
  add.local.address = read_address(reader);
  add.local.port = reader.u16();
  add.sources.resize(reader.count(kAddressSize + 1));
  for (auto& source : add.sources) {
    const IpAddress base = read_address(reader);
    const unsigned prefix = reader.u8();
    if (prefix > base.bits()) {
      reader.reject();
      break;
    }
    source = IpNetwork::containing(base, prefix);
  }
  add.refused = read_addresses(reader);
  return add;
}

void EndSessions::encode(Writer& writer) const {
  writer.text(person);
  write_addresses(writer, sources);
  writer.text(reason);
}

EndSessions EndSessions::decode(Reader& reader) {
  EndSessions end;
  end.person = reader.text();
  end.sources = read_addresses(reader);
  end.reason = reader.text();
  return end;
}

}  // namespace postern::ipc
