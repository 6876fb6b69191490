#pragma once

#include "smtp/reply.h"

/// The server machine's own replies, in one place: what a client can read, and nothing that tells more than it must.
namespace postern::smtp::replies {

inline constexpr ReplyView kOk{250, {2, 0, 0}, "OK"};
inline constexpr ReplyView kReadyForTls{220, {2, 0, 0}, "Ready to start TLS"};
inline constexpr ReplyView kLoggedIn{235, {2, 7, 0}, "Authentication successful"};
inline constexpr ReplyView kSenderOk{250, {2, 1, 0}, "Sender OK"};
inline constexpr ReplyView kRecipientOk{250, {2, 1, 5}, "Recipient OK"};
inline constexpr ReplyView kChunkOk{250, {2, 0, 0}, "Chunk received"};
inline constexpr ReplyView kMessageOk{250, {2, 0, 0}, "Message accepted"};
inline constexpr ReplyView kNotVerified{252, {2, 0, 0}, "Cannot verify, but will take the message and try"};
inline constexpr ReplyView kHelp{
    214, {2, 0, 0}, "Submission per RFC 6409: EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET QUIT"};
inline constexpr ReplyView kBye{221, {2, 0, 0}, "Bye"};

inline constexpr ReplyView kUnknownCommand{500, {5, 5, 1}, "Command not known"};
inline constexpr ReplyView kNotImplemented{502, {5, 5, 1}, "Command not implemented"};
inline constexpr ReplyView kNeedHello{503, {5, 5, 1}, "Say EHLO first"};
inline constexpr ReplyView kNeedTls{530, {5, 7, 0}, "Must issue a STARTTLS command first"};
inline constexpr ReplyView kNeedTlsForAuth{
    538, {5, 7, 11}, "Encryption required for requested authentication mechanism"};
inline constexpr ReplyView kNeedAuth{530, {5, 7, 0}, "Authentication required"};
inline constexpr ReplyView kNeedMail{503, {5, 5, 1}, "Need MAIL first"};
inline constexpr ReplyView kNeedRcpt{554, {5, 5, 1}, "No valid recipients"};
inline constexpr ReplyView kBadSequence{503, {5, 5, 1}, "Bad sequence of commands"};

inline constexpr ReplyView kSyntax{501, {5, 5, 2}, "Syntax error in arguments"};
inline constexpr ReplyView kNoArgumentAllowed{501, {5, 5, 4}, "No argument allowed"};
inline constexpr ReplyView kArgumentNeeded{501, {5, 5, 4}, "Argument required"};
inline constexpr ReplyView kMailSyntax{501, {5, 5, 2}, "Syntax: MAIL FROM:<address> [parameters]"};
inline constexpr ReplyView kRcptSyntax{501, {5, 5, 2}, "Syntax: RCPT TO:<address> [parameters]"};
inline constexpr ReplyView kBadSender{553, {5, 1, 7}, "Malformed sender address"};
inline constexpr ReplyView kBadRecipient{553, {5, 1, 3}, "Malformed recipient address"};
inline constexpr ReplyView kSourceRoute{553, {5, 1, 3}, "Source routes are not supported"};
inline constexpr ReplyView kSenderNeedsUtf8{553, {5, 6, 7}, "Non-ASCII sender address needs SMTPUTF8"};
inline constexpr ReplyView kRecipientNeedsUtf8{553, {5, 6, 7}, "Non-ASCII recipient address needs SMTPUTF8"};
inline constexpr ReplyView kUnknownParameter{555, {5, 5, 4}, "Parameter not recognized or not implemented"};
inline constexpr ReplyView kBadParameter{501, {5, 5, 4}, "Malformed or repeated parameter"};
inline constexpr ReplyView kTooLarge{552, {5, 3, 4}, "Message exceeds the maximum size"};
inline constexpr ReplyView kTooManyRecipients{452, {4, 5, 3}, "Too many recipients"};
inline constexpr ReplyView kTextLine{554, {5, 6, 0}, "Message has a line that is too long"};

inline constexpr ReplyView kAuthMechanism{504, {5, 5, 4}, "Authentication mechanism not supported"};
inline constexpr ReplyView kAuthSyntax{501, {5, 5, 2}, "Malformed authentication exchange"};
inline constexpr ReplyView kAuthCancelled{501, {5, 7, 0}, "Authentication cancelled"};
inline constexpr ReplyView kAuthLine{500, {5, 5, 6}, "Authentication exchange line is too long"};

inline constexpr ReplyView kCommandLine{500, {5, 5, 2}, "Command line too long"};
inline constexpr ReplyView kBareLineEnd{500, {5, 5, 2}, "Lines end in CR LF, nothing else does; closing"};
inline constexpr ReplyView kBareLineEndInContent{
    554, {5, 6, 0}, "Message lines end in CR LF, nothing else does; closing"};
inline constexpr ReplyView kNul{500, {5, 5, 2}, "NUL is not allowed; closing"};
inline constexpr ReplyView kNulInContent{554, {5, 6, 0}, "NUL is not allowed in a message; closing"};
inline constexpr ReplyView kPipelining{554, {5, 5, 0}, "Wait for the reply before sending on (RFC 2920); closing"};
inline constexpr ReplyView kStartTlsInjection{
    554, {5, 7, 0}, "Nothing may follow STARTTLS before the handshake; closing"};
inline constexpr ReplyView kChunkSize{501, {5, 5, 4}, "BDAT needs a size and at most LAST; closing"};
inline constexpr ReplyView kTooManyErrors{421, {4, 7, 0}, "Too many errors; closing"};
inline constexpr ReplyView kTooManyLogins{421, {4, 7, 0}, "Too many failed logins; closing"};
inline constexpr ReplyView kTooManyRefused{421, {4, 7, 0}, "Too many refused recipients; closing"};
inline constexpr ReplyView kTooIdle{421, {4, 7, 0}, "Too many commands without a message; closing"};
inline constexpr ReplyView kTooManyMessages{421, {4, 7, 0}, "Enough messages for one session; closing"};

}  // namespace postern::smtp::replies
