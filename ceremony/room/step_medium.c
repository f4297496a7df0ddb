#include <string.h>

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/people.h"
#include "room/steps.h"

/* A stick is known by what is on it, whatever is written on its label. */
enum err step_medium(struct room *r, const struct script_step *s, struct diag *d)
{
    struct buf bytes = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = file_read_path(s->from, LIMIT_BATCH_BYTES, E_MEDIUM_LIMIT, &bytes, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        screen_item(_("file"), _("%s, %zu bytes"), s->from, bytes.len);
        screen_item("SHA-256", "%s", hex);
        screen_item_words(_("words"), digest);
        e = step_expect(r, s, "digest", s->digest, hex, d);
    }
    if (e == E_OK && s->digest == NULL)
        e = people_words(digest, N_("file"), d);
    buf_free(&bytes);
    return e;
}
