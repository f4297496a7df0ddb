#include <stdio.h>
#include <string.h>

#include "ceremony/commands.h"
#include "core/file.h"
#include "core/words.h"
#include "room/steps.h"

/* A stick is known by what is on it, whatever is written on its label. */
enum err step_medium(struct room *r, const struct script_step *s, struct diag *d)
{
    struct buf bytes = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    enum err e = file_read_path(s->from, LIMIT_BATCH_BYTES, E_MEDIUM_LIMIT, &bytes, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        words_format(digest, DIGEST_LEN, 4, "               ", words, sizeof words);
        printf("    file       %s, %zu bytes\n    SHA-256    %s\n    words      %s\n", s->from, bytes.len, hex, words);
        e = step_expect(r, s, "digest", s->digest, hex, d);
    }
    if (e == E_OK && s->digest == NULL)
        e = confirm_digest(digest, "file", d);
    buf_free(&bytes);
    return e;
}
