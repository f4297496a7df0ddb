/* sub-ca: a certificate for a CA whose key is on another machine, from its PKCS#10 request. */
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "room/certify_spec.h"
#include "room/request.h"
#include "room/stick.h"

#define LABEL 8 /* columns */

/* Read again at each start; what the token signs later is compared with it. */
static enum err take_in(struct room *r, const struct script_step *s, struct diag *d)
{
    static const uint8_t none[DIGEST_LEN];
    char hex[DIGEST_HEX];
    struct diag why = {0};
    enum err e = request_take_in(r->dir_fd, s, &r->request, &why);
    if (memcmp(r->request.digest, none, DIGEST_LEN) != 0) {
        hex_encode(r->request.digest, DIGEST_LEN, hex);
        screen_field(_("request"), LABEL, "%s", s->from);
        screen_field("sha256", LABEL, "%s", hex);
        enum err kept = step_expect(r, s, "request", s->digest, hex, d);
        if (kept != E_OK)
            return kept;
    }
    if (e != E_OK)
        *d = why;
    return e;
}

/* Nobody else's key. */
static enum err check_key(struct room *r, const struct key *key, struct diag *d)
{
    bool own = false, taken = false;
    uint8_t subject[DIGEST_LEN];
    enum err e = index_is_own_key(r->state.index, key->digest, &own, d);
    if (e == E_OK && own)
        e = diag_set(d, E_KEY_OF_CA, "it is one of the policy's keys: a cross step certifies it");
    if (e == E_OK)
        e = index_key_subject(r->state.index, key->digest, subject, &taken, d);
    return e == E_OK && taken ? diag_set(d, E_KEY_OTHER_SUBJECT, "a certificate was issued for it") : e;
}

typedef enum err certify_function(struct room *, const struct script_step *, const struct certify_spec *, struct diag *);

static enum err with_request(struct room *r, const struct script_step *s, certify_function *certify, struct diag *d)
{
    struct certify_spec spec;
    struct request_subject subject = {0};
    enum err e = request_subject(&r->request, &subject, d);
    if (e == E_OK)
        e = check_key(r, &subject.key, d);
    if (e == E_OK)
        e = certify_spec_sub_ca(s, &subject, &spec, d);
    if (e == E_OK)
        e = certify(r, s, &spec, d);
    request_subject_free(&subject);
    return e;
}

static enum err agree(struct room *r, const struct script_step *s, struct diag *d)
{
    return with_request(r, s, certify_agree, d);
}

enum err step_sub_ca_agree(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = stick_at_hand(r, s, d);
    if (e == E_OK)
        e = take_in(r, s, d); /* with no state open */
    return e == E_OK ? step_with_state(r, s, agree, d) : e;
}

enum err step_sub_ca(struct room *r, const struct script_step *s, struct diag *d)
{
    return with_request(r, s, certify_sign, d);
}
