/* medium: a stick is plugged in, and known by what is on it. */
#include "core/i18n.h"
#include "core/screen.h"
#include "room/people.h"
#include "room/steps.h"
#include "room/stick.h"

/* Which stick, before anybody confirms that it is in, whatever is written on its label. */
enum err step_medium_ask(struct room *r, const struct script_step *s, struct diag *d)
{
    (void)r;
    return stick_name(s, s->digest, d);
}

enum err step_medium(struct room *r, const struct script_step *s, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = stick_digest(r, s, hex, d);
    if (e != E_OK)
        return e;
    screen_item(_("file"), "%s", s->from);
    if (s->digest != NULL)
        return step_expect(r, s, "digest", s->digest, hex, d);
    screen_item("SHA-256", "%s", hex);
    if (!hex_decode(hex, digest, DIGEST_LEN))
        return diag_set(d, E_CRYPTO, "step %d: the digest", s->n);
    screen_item_words(_("words"), digest);
    e = people_words(digest, N_("file"), d);
    return e == E_OK ? step_expect(r, s, "digest", hex, hex, d) : e; /* they expected what they typed the words of */
}
