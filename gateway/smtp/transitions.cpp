#include "smtp/transitions.h"

#include <utility>

namespace postern::smtp {

namespace {

constexpr std::array<std::string_view, kVerbs> kVerbNames{"EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT",
                                                          "DATA", "BDAT", "RSET",     "NOOP", "VRFY", "HELP",
                                                          "QUIT", "EXPN", "ETRN",     "TURN", "?"};
constexpr std::array<std::string_view, kStates> kStateNames{"start", "clear", "tls-start", "tls-basic", "tls",
                                                            "idle",  "mail",  "rcpt",      "chunking"};

using Row = std::array<Cell, kStates>;

constexpr std::array<State, kStates> kAllStates{State::kStart,    State::kClear, State::kTlsStart,
                                                State::kTlsBasic, State::kTls,   State::kIdle,
                                                State::kMail,     State::kRcpt,  State::kChunking};

/// The same handling in each state, which it leaves as it is.
constexpr Row everywhere(Handling handling) {
  Row row{};
  for (std::size_t i = 0; i < kStates; ++i) row[i] = {handling, kAllStates[i]};
  return row;
}

/// One handling per state, in the order of State; states are left as they are.
constexpr Row in_each(std::array<Handling, kStates> handlings) {
  Row row{};
  for (std::size_t i = 0; i < kStates; ++i) row[i] = {handlings[i], kAllStates[i]};
  return row;
}

/// The state that handling it in `from` leads to.
constexpr Row leading(Row row, State from, State to) {
  row[static_cast<std::size_t>(from)].next = to;
  return row;
}

/// What ends a transaction ends it in each of its states.
constexpr Row ending_transaction(Row row) {
  for (const State state : {State::kMail, State::kRcpt, State::kChunking}) row = leading(row, state, State::kIdle);
  return row;
}

// Each row: start, clear | tls-start, tls-basic, tls | idle, mail, rcpt, chunking.
constexpr Row ehlo() {
  Row row = ending_transaction(everywhere(Handling::kEhlo));
  row = leading(row, State::kStart, State::kClear);
  row = leading(row, State::kTlsStart, State::kTls);
  return leading(row, State::kTlsBasic, State::kTls);
}

constexpr Row helo() {
  Row row = ending_transaction(everywhere(Handling::kHelo));
  row = leading(row, State::kStart, State::kClear);
  row = leading(row, State::kTlsStart, State::kTlsBasic);
  return leading(row, State::kTls, State::kTlsBasic);
}

constexpr Row starttls() {
  using enum Handling;
  return leading(in_each({kNeedHello, kStartTls, kBadSequence, kBadSequence, kBadSequence, kBadSequence, kBadSequence,
                          kBadSequence, kBadSequence}),
                 State::kClear, State::kTlsStart);
}

constexpr Row auth() {
  using enum Handling;
  return leading(in_each({kNeedTlsForAuth, kNeedTlsForAuth, kNeedHello, kNeedHello, kAuth, kBadSequence, kBadSequence,
                          kBadSequence, kBadSequence}),
                 State::kTls, State::kIdle);
}

constexpr Row mail() {
  using enum Handling;
  return leading(
      in_each({kNeedTls, kNeedTls, kNeedHello, kNeedAuth, kNeedAuth, kMail, kBadSequence, kBadSequence, kBadSequence}),
      State::kIdle, State::kMail);
}

constexpr Row rcpt() {
  using enum Handling;
  return leading(in_each({kNeedTls, kNeedTls, kNeedHello, kNeedAuth, kNeedAuth, kNeedMail, kRcpt, kRcpt, kBadSequence}),
                 State::kMail, State::kRcpt);
}

constexpr Row data() {
  using enum Handling;
  return leading(
      in_each({kNeedTls, kNeedTls, kNeedHello, kNeedAuth, kNeedAuth, kNeedMail, kNeedRcpt, kData, kBadSequence}),
      State::kRcpt, State::kIdle);
}

/// The next state is that of a chunk which isn't the last; behind the last one stands kIdle.
constexpr Row bdat() {
  using enum Handling;
  return leading(in_each({kNeedTls, kNeedTls, kNeedHello, kNeedAuth, kNeedAuth, kNeedMail, kNeedRcpt, kBdat, kBdat}),
                 State::kRcpt, State::kChunking);
}

constexpr Row vrfy() {
  using enum Handling;
  return in_each({kNeedTls, kNeedTls, kNeedHello, kNeedAuth, kNeedAuth, kVrfy, kVrfy, kVrfy, kVrfy});
}

/// In the order of Verb.
constexpr std::array<Row, kVerbs> kTable{
    ehlo(),
    helo(),
    starttls(),
    auth(),
    mail(),
    rcpt(),
    data(),
    bdat(),
    ending_transaction(everywhere(Handling::kRset)),
    everywhere(Handling::kNoop),
    vrfy(),
    everywhere(Handling::kHelp),
    everywhere(Handling::kQuit),
    everywhere(Handling::kNotImplemented),
    everywhere(Handling::kNotImplemented),
    everywhere(Handling::kNotImplemented),
    everywhere(Handling::kUnknown),
};

class Standard final : public Transitions {
 public:
  Cell at(State state, Verb verb) const override { return kTable[std::to_underlying(verb)][std::to_underlying(state)]; }
};

}  // namespace

const Transitions& Transitions::standard() {
  static const Standard standard;
  return standard;
}

std::string_view to_string(Verb verb) { return kVerbNames[std::to_underlying(verb)]; }
std::string_view to_string(State state) { return kStateNames[std::to_underlying(state)]; }

}  // namespace postern::smtp
