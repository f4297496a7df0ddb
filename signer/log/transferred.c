#include "log/transferred.h"

enum err transferred_text(const uint8_t challenge[DIGEST_LEN], const char *key, const char *serial, struct buf *out)
{
    char hex[DIGEST_HEX];
    hex_encode(challenge, DIGEST_LEN, hex);
    buf_printf(out, "rootseal-transfer-1\nkey %s\ntoken %s\nchallenge %s\n", key, serial, hex);
    return buf_err(out);
}
