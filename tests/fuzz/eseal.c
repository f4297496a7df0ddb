/* An electronic seal, or a value signed with one: read, verified, shown, its picture looked at. Also a picture alone. */
#include "pki/eseal.h"

#include <string.h>

#include "core/limits.h"
#include "fuzz.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/show_eseal.h"

static X509 *anchor;

void fuzz_start(void)
{
    struct buf der = {0};
    struct diag d = {0};
    fuzz_sample("eseal-ca.der", &der);
    fuzz_hold(cert_parse(buf_span(&der), &anchor, &d) == E_OK, "the sample's CA is no certificate");
    buf_free(&der);
}

/* What is read is what would be built of it; what is shown is printable. */
static void check_info(const struct eseal_info *x, struct span der)
{
    struct buf again = {0}, shown = {0};
    struct diag d = {0};
    fuzz_hold(eseal_build(x, &again, &d) == E_OK && fuzz_same(buf_span(&again), der), "a seal that is built otherwise");
    fuzz_hold(show_eseal(x, &shown, &d) == E_OK, "a seal that cannot be shown");
    fuzz_check_shown(buf_span(&shown), true);
    buf_free(&again);
    buf_free(&shown);
}

static bool check_picture(struct span in)
{
    struct picture p;
    struct diag d = {0};
    enum err e = picture_read(in, &p, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold((e == E_OK) == (p.width > 0 && p.height > 0), "a picture without sides");
    fuzz_hold(p.width <= LIMIT_PICTURE_PIXELS && p.height <= LIMIT_PICTURE_PIXELS, "a picture that is too large");
    return e == E_OK;
}

static bool check_seal(const struct eseal *s)
{
    struct diag d = {0}, other = {0};
    struct picture p;
    bool known;
    check_info(&s->info, s->signed_part);
    enum err e = eseal_verify(s, &d);
    fuzz_check_diag(e, &d);
    enum err trusted = eseal_check_maker(s, anchor, &other);
    fuzz_check_diag(trusted, &other);
    (void)!eseal_picture(&s->info, &known, &p, &d);
    (void)check_picture(s->info.picture);
    return e == E_OK && trusted == E_OK;
}

bool fuzz_one(struct span in)
{
    struct eseal s;
    struct eseal_value v;
    struct diag d = {0}, other = {0};
    enum err e = eseal_parse(in, &s, &d), value = eseal_value_parse(in, &v, &other);
    fuzz_check_diag(e, &d);
    fuzz_check_diag(value, &other);
    fuzz_hold(e != E_OK || value != E_OK, "a seal that is a signed value too");
    fuzz_hold((e != E_OK && value != E_OK) || der_check(in), "a seal that is not DER");
    if (e == E_OK)
        return check_seal(&s);
    if (value != E_OK)
        return check_picture(in);
    struct diag why = {0};
    value = eseal_value_verify(&v, &why);
    fuzz_check_diag(value, &why);
    return check_seal(&v.seal) && value == E_OK;
}
