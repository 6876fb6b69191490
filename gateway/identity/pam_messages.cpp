#include "identity/pam_messages.h"

#include "ipc/codec.h"

namespace postern::identity {

std::string encode(const PamRequest& request) {
  std::string bytes;
  bytes.reserve(kMaxPamMessage);  // no reallocation, which would leave copies of the password behind
  ipc::Writer writer(bytes);
  writer.text(request.service);
  writer.text(request.user);
  writer.text(request.password.reveal());
  writer.text(request.host);
  writer.text(request.terminal);
  return bytes;
}

std::string encode(const PamAnswer& answer) {
  std::string bytes;
  ipc::Writer writer(bytes);
  writer.u8(static_cast<std::uint8_t>(answer.outcome));
  writer.text(answer.user);
  writer.u32(answer.code);
  return bytes;
}

Result<PamRequest> decode_request(std::string_view bytes) {
  ipc::Reader reader(bytes);
  PamRequest request;
  request.service = reader.text();
  request.user = reader.text();
  request.password = Secret(reader.text());
  request.host = reader.text();
  request.terminal = reader.text();
  if (!reader.finished()) return fail(ErrorCode::kProtocol, "malformed request to a PAM worker");
  return request;
}

Result<PamAnswer> decode_answer(std::string_view bytes) {
  ipc::Reader reader(bytes);
  PamAnswer answer;
  answer.outcome = ipc::read_enum(reader, PamOutcome::kUnavailable);
  answer.user = reader.text();
  answer.code = reader.u32();
  if (!reader.finished()) return fail(ErrorCode::kProtocol, "malformed answer of a PAM worker");
  return answer;
}

}  // namespace postern::identity
