/* transferred.h - what two tokens sign to show that they hold one key (RECORD_TRANSFERRED). */
#ifndef ROOTSEAL_LOG_TRANSFERRED_H
#define ROOTSEAL_LOG_TRANSFERRED_H

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"

/* Append the text:
 *
 *   rootseal-transfer-1
 *   key NAME
 *   token SERIAL
 *   challenge HEX
 *
 * with the key's name in the policy, the serial number of the second token as the log writes it, and random numbers that are made
 * for this alone. It is no DER, so it is no certificate. E_NO_MEMORY. */
ERR_MUST_USE enum err transferred_text(const uint8_t challenge[DIGEST_LEN], const char *key, const char *serial, struct buf *out);

#endif
