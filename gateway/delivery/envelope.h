#pragma once

#include "base/error.h"
#include "smtp/envelope.h"
#include "spool/envelope.h"

namespace postern::delivery {

/// The stored envelope's sender as smtp::Client takes it. kCorrupt when the stored address is none.
Result<smtp::Sender> to_sender(const spool::Envelope& envelope);

/// One stored recipient. kCorrupt when the stored address is none; an ORCPT that can't be read is left out, since
/// only reports need it.
Result<smtp::Recipient> to_recipient(const spool::Recipient& recipient);

}  // namespace postern::delivery
