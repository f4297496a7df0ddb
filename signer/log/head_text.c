#include "log/head_text.h"

#include <inttypes.h>
#include <stdio.h>

#define FORMAT "rootseal-head-1"

size_t head_text_write(const struct head_text *h, char out[HEAD_TEXT_MAX])
{
    char log[DIGEST_HEX], head[DIGEST_HEX];
    hex_encode(h->log, DIGEST_LEN, log);
    hex_encode(h->head, DIGEST_LEN, head);
    return (size_t)snprintf(out, HEAD_TEXT_MAX, FORMAT " %s %" PRIu64 " %" PRIu64 " %s", log, h->size, h->bytes, head);
}

bool head_text_parse(const char *text, struct head_text *out)
{
    char log[DIGEST_HEX], head[DIGEST_HEX];
    int used = 0;
    *out = (struct head_text){0};
    return sscanf(text, FORMAT " %64[0-9a-f] %" SCNu64 " %" SCNu64 " %64[0-9a-f]%n", log, &out->size, &out->bytes, head, &used) == 4 &&
           text[used] == '\0' && hex_decode(log, out->log, DIGEST_LEN) && hex_decode(head, out->head, DIGEST_LEN);
}
