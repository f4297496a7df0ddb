#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/people.h"
#include "room/steps.h"

/* Which stick, before anybody confirms that it is in: it is known by what is on it, whatever is written on its label. */
enum err step_medium_ask(struct room *r, const struct script_step *s, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    (void)r;
    printf("%s", _("Plug in the stick with this file, and take out any other:\n"));
    screen_item(_("file"), "%s", s->from);
    if (s->digest == NULL)
        return E_OK;
    if (!hex_decode(s->digest, digest, DIGEST_LEN))
        return diag_set(d, E_SCRIPT, "step %d: the digest", s->n);
    screen_item("SHA-256", "%s", s->digest);
    screen_item_words(_("words"), digest);
    return E_OK;
}

static enum err look(const struct script_step *s, uint8_t digest[DIGEST_LEN], size_t *size, struct diag *d)
{
    struct buf bytes = {0};
    enum err e = file_read_path(s->from, LIMIT_BATCH_BYTES, E_MEDIUM_LIMIT, &bytes, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, digest);
    *size = bytes.len;
    buf_free(&bytes);
    return e;
}

enum err step_medium(struct room *r, const struct script_step *s, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    size_t size;
    enum err e = look(s, digest, &size, d);
    if (e != E_OK)
        return e;
    hex_encode(digest, DIGEST_LEN, hex);
    screen_item(_("file"), _("%s, %zu bytes"), s->from, size);
    if (s->digest != NULL)
        return step_expect(r, s, "digest", s->digest, hex, d);
    screen_item("SHA-256", "%s", hex);
    screen_item_words(_("words"), digest);
    return people_words(digest, N_("file"), d);
}

/* The stick that the next steps need, when it was plugged in before an interruption; NULL when they need none of those. */
static const struct script_step *in_use(const struct room *r)
{
    const struct script_step *stick = NULL;
    for (int i = 0; i < r->done; i++)
        if (r->script->steps[i].kind == STEP_MEDIUM)
            stick = &r->script->steps[i];
    for (size_t i = (size_t)r->done; i < r->script->steps_n && r->script->steps[i].kind != STEP_MEDIUM; i++)
        if (r->script->steps[i].from != NULL || r->script->steps[i].to != NULL)
            return stick;
    return NULL;
}

enum err step_medium_again(struct room *r, struct diag *d)
{
    const struct script_step *s = in_use(r);
    uint8_t digest[DIGEST_LEN] = {0};
    char hex[DIGEST_HEX], line[8];
    size_t size;
    enum err e = s != NULL ? step_medium_ask(r, s, d) : E_OK;
    if (e != E_OK || s == NULL)
        return e;
    printf("%s", _("Press Enter when it is in: "));
    e = people_read(line, sizeof line, d);
    if (e == E_OK)
        e = look(s, digest, &size, d);
    hex_encode(digest, DIGEST_LEN, hex);
    return e == E_OK && s->digest != NULL && strcmp(hex, s->digest) != 0
               ? diag_set(d, E_EXPECTATION, "step %d: digest: %s was expected, %s was found", s->n, s->digest, hex)
               : e;
}
