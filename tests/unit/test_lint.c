#include <string.h>

#include "expect.h"
#include "help_lint.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/lint.h"
#include "pki/tbs_view.h"
#include "suites.h"

START_TEST(good_ones_pass)
{
    struct buf tbs = {0};
    lint_build(_i, &tbs);
    expect_ok_diag(lint_run(_i, buf_span(&tbs)), &lint_diag);
    buf_free(&tbs);
}
END_TEST

/* The short way to the index's parts gives what the view gives, and no part of a TBS that is cut. */
START_TEST(an_outline_agrees_with_the_view)
{
    struct buf tbs = {0};
    struct tbs_outline outline;
    TBS_VIEW *v;
    const unsigned char *name;
    size_t n;
    lint_build(_i, &tbs);
    expect_ok_diag(tbs_view_parse(buf_span(&tbs), &v, &lint_diag), &lint_diag);
    expect_ok_diag(tbs_outline(buf_span(&tbs), &outline, &lint_diag), &lint_diag);
    ck_assert_int_eq(X509_NAME_get0_der(v->subject, &name, &n), 1);
    ck_assert(der_same(outline.subject, (struct span){name, n}));
    ck_assert(der_same(outline.spki, tbs_view_spki(v)));
    ck_assert_int_eq(ASN1_TIME_cmp_time_t(v->validity->notAfter, outline.not_after), 0);
    tbs_view_free(v);
    for (size_t cut = 0; cut < tbs.len; cut++)
        expect_err(tbs_outline((struct span){tbs.data, cut}, &outline, &lint_diag), E_LINT);
    buf_append_byte(&tbs, 0);
    expect_err(tbs_outline(buf_span(&tbs), &outline, &lint_diag), E_LINT);
    buf_free(&tbs);
}
END_TEST

/* Under another profile, another key's row or another issuer it is wrong. */
START_TEST(rows_are_not_interchangeable)
{
    struct buf tbs = {0};
    lint_build(_i, &tbs);
    for (int p = 0; p < 3; p++) {
        if (p != _i)
            expect_err(lint_run(p, buf_span(&tbs)), E_LINT);
    }
    int root = _i == 2;
    expect_err(lint_end_entity(buf_span(&tbs), (struct span){0}, &lint_world.profiles[_i], &lint_world.keys[1 - root],
                               lint_world.root_certs[root], &lint_diag),
               E_LINT);
    X509 *other = help_cert(lint_world.root_keys[root], lint_world.keys[root].alg, "Other Root");
    expect_err(lint_end_entity(buf_span(&tbs), (struct span){0}, &lint_world.profiles[_i], &lint_world.keys[root], other,
                               &lint_diag),
               E_LINT);
    X509_free(other);
    buf_free(&tbs);
}
END_TEST

/* The serial number is the one the plan names, when it names one. */
START_TEST(the_planned_serial)
{
    static const struct {
        const char *serial;
        size_t n;
        enum err want;
    } cases[] = {{LINT_SERIAL, 15, E_OK},      {LINT_SERIAL, 14, E_LINT},         {"\0" LINT_SERIAL, 16, E_LINT},
                 {LINT_SERIAL "\0", 16, E_LINT}, {"\x12" LINT_SERIAL, 15, E_LINT}, {LINT_SERIAL, 0, E_OK}};
    struct buf tbs = {0};
    lint_build(0, &tbs);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_err(lint_end_entity(buf_span(&tbs),
                                   (struct span){(const uint8_t *)cases[i].serial, cases[i].n},
                                   &lint_world.profiles[0], &lint_world.keys[0], lint_world.root_certs[0], &lint_diag),
                   cases[i].want);
    buf_free(&tbs);
}
END_TEST

/* -- bit flips -- */

struct field {
    const char *name;
    struct span at;
};

/* The only bytes of which a change alone cannot be told from another good certificate: the
 * serial number's and the free values' of the subject. */
static size_t free_fields(struct span tbs, const struct policy_profile *p, struct field out[16])
{
    size_t n = 0;
    struct der e;
    struct span in = lint_take(&tbs, DER_SEQUENCE);
    lint_take(&in, DER_CONSTRUCTED + 0);
    out[n++] = (struct field){"serial", lint_take(&in, DER_INTEGER)};
    lint_take(&in, DER_SEQUENCE);
    lint_take(&in, DER_SEQUENCE);
    lint_take(&in, DER_SEQUENCE);
    struct span subject = lint_take(&in, DER_SEQUENCE);
    for (size_t i = 0; i < p->subject_n; i++) {
        struct span set = lint_take(&subject, DER_SET);
        struct span seq = lint_take(&set, DER_SEQUENCE);
        lint_take(&seq, DER_OID);
        ck_assert(der_next(&seq, &e));
        if (p->subject[i].value == NULL)
            out[n++] = (struct field){p->subject[i].type, e.body};
    }
    ck_assert_uint_eq(subject.n, 0);
    if (p->copy_san) { /* the names' own bytes, not their tags and lengths */
        const uint8_t *san = NULL;
        for (size_t i = 0; i + sizeof LINT_SAN - 1 <= in.n; i++)
            if (memcmp(in.p + i, LINT_SAN, sizeof LINT_SAN - 1) == 0)
                san = in.p + i;
        ck_assert_ptr_nonnull(san);
        out[n++] = (struct field){"dns", {san + 4, 11}};
        out[n++] = (struct field){"ip", {san + 17, 4}};
    }
    return n;
}

/* Each passing flip must lie in a free field; the message tells all that do not. */
START_TEST(every_flip_is_seen)
{
    struct buf tbs = {0};
    struct field fields[16];
    char strays[2000] = "";
    size_t passed[16] = {0}, stray = 0;
    lint_build(_i, &tbs);
    size_t n = free_fields(buf_span(&tbs), &lint_world.profiles[_i], fields);
    for (size_t bit = 0; bit < 8 * tbs.len; bit++) {
        uint8_t *byte = tbs.data + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        enum err e = lint_run(_i, buf_span(&tbs));
        ck_assert(e == E_OK || e == E_LINT);
        *byte ^= (uint8_t)(1u << bit % 8);
        size_t f = 0;
        while (f < n && !(byte >= fields[f].at.p && byte < fields[f].at.p + fields[f].at.n))
            f++;
        if (e == E_OK && f < n)
            passed[f]++;
        else if (e == E_OK && ++stray < 40)
            snprintf(strays + strlen(strays), sizeof strays - strlen(strays),
                     " %zu (%02x to %02x)", bit / 8, *byte,
                     (unsigned)(uint8_t)(*byte ^ (1u << bit % 8)));
    }
    expect_seen(E_LINT);
    ck_assert_msg(stray == 0, "profile %s: %zu flips outside the free fields pass, at bytes%s",
                  lint_world.profiles[_i].name, stray, strays);
    for (size_t f = 0; f < n; f++) /* and they are free */
        ck_assert_msg(passed[f] > 0, "no flip of %s passes", fields[f].name);
    buf_free(&tbs);
}
END_TEST

START_TEST(every_truncation_is_seen)
{
    struct buf tbs = {0};
    lint_build(_i, &tbs);
    for (size_t n = 0; n < tbs.len; n++)
        ck_assert_int_eq(lint_run(_i, (struct span){tbs.data, n}), E_LINT);
    buf_append_byte(&tbs, 0);
    ck_assert_int_eq(lint_run(_i, buf_span(&tbs)), E_LINT);
    buf_append_byte(&tbs, 0);
    ck_assert_int_eq(lint_run(_i, buf_span(&tbs)), E_LINT);
    buf_free(&tbs);
}
END_TEST

START_TEST(what_is_no_tbs)
{
    static uint8_t big[70000];
    expect_err(lint_run(0, (struct span){big, 0}), E_LINT);
    expect_err(lint_run(0, (struct span){big, sizeof big}), E_LINT);
    expect_err(lint_run(0, (struct span){(const uint8_t *)"\x30\x00", 2}), E_LINT);
}
END_TEST

/* -- encodings that OpenSSL keeps as they came -- */

/* Replace the first occurrence of the bytes `from` by `to`, correcting the TBS's own length. */
static void splice(const struct buf *tbs, const uint8_t *from, size_t from_n, struct span to,
                   struct buf *out)
{
    struct span in = buf_span(tbs);
    struct der whole;
    ck_assert(der_take(&in, DER_SEQUENCE, &whole));
    size_t at = (size_t)(from - whole.body.p);
    der_put_header(out, DER_SEQUENCE, whole.body.n - from_n + to.n);
    buf_append(out, whole.body.p, at);
    buf_append(out, to.p, to.n);
    buf_append(out, from + from_n, whole.body.n - at - from_n);
    expect_ok(buf_err(out));
}

/* The n-th element of the TBS with its length in the long form. */
static enum err ber_element(int n)
{
    struct buf tbs = {0}, ber = {0}, out = {0};
    struct der e = {0};
    lint_build(0, &tbs);
    struct span in = buf_span(&tbs);
    in = lint_take(&in, DER_SEQUENCE);
    for (int i = 0; i <= n; i++)
        ck_assert(der_next(&in, &e));
    buf_append_byte(&ber, e.tag);
    buf_append_byte(&ber, 0x82);
    buf_append_byte(&ber, (uint8_t)(e.body.n >> 8));
    buf_append_byte(&ber, (uint8_t)e.body.n);
    buf_append(&ber, e.body.p, e.body.n);
    splice(&tbs, e.whole.p, e.whole.n, buf_span(&ber), &out);
    enum err got = e.body.n > 255 ? E_LINT : lint_run(0, buf_span(&out));
    buf_free(&tbs);
    buf_free(&ber);
    buf_free(&out);
    return got;
}

/* RFC 5280 4.1.2.8: unique identifiers, which stand before the extensions, must not be there. */
START_TEST(unique_identifiers)
{
    static const char *const ids[] = {"\x81\x02\x00\x01", "\x82\x02\x00\x01"};
    struct buf tbs = {0}, out = {0};
    struct der e = {0};
    lint_build(0, &tbs);
    struct span in = buf_span(&tbs);
    in = lint_take(&in, DER_SEQUENCE);
    while (e.tag != DER_CONSTRUCTED + 3)
        ck_assert(der_next(&in, &e));
    splice(&tbs, e.whole.p, 0, (struct span){(const uint8_t *)ids[_i], 4}, &out);
    expect_err(lint_run(0, buf_span(&out)), E_LINT);
    ck_assert_str_eq(lint_diag.clause, "RFC 5280 4.1.2.8");
    buf_free(&tbs);
    buf_free(&out);
}
END_TEST

/* The older form of an SM2 key, with the curve as the algorithm: taken in requests (key.h), never
 * written in a certificate. */
START_TEST(the_older_form_of_a_key)
{
    struct buf tbs = {0}, spki = {0}, out = {0};
    struct der e, part;
    lint_build(0, &tbs);
    struct span in = buf_span(&tbs);
    in = lint_take(&in, DER_SEQUENCE);
    for (int i = 0; i <= 6; i++)
        ck_assert(der_next(&in, &e));
    struct span body = e.body;
    lint_take(&body, DER_SEQUENCE);
    ck_assert(der_take(&body, DER_BIT_STRING, &part));
    der_put_header(&spki, DER_SEQUENCE, 12 + part.whole.n);
    buf_append(&spki, "\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d", 12);
    buf_append(&spki, part.whole.p, part.whole.n);
    splice(&tbs, e.whole.p, e.whole.n, buf_span(&spki), &out);
    expect_err(lint_run(0, buf_span(&out)), E_LINT);
    buf_free(&tbs);
    buf_free(&spki);
    buf_free(&out);
}
END_TEST

/* version, serial, algorithm, issuer, validity, subject, key, extensions */
START_TEST(ber_lengths_are_seen)
{
    ck_assert_msg(ber_element(_i) == E_LINT, "element %d may have a BER length", _i);
}
END_TEST

Suite *suite_lint(void)
{
    Suite *s = suite_create("lint");
    TCase *t = tcase_create("lint");
    tcase_add_unchecked_fixture(t, lint_set_up, lint_tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, good_ones_pass, 0, 3);
    tcase_add_loop_test(t, an_outline_agrees_with_the_view, 0, 3);
    tcase_add_loop_test(t, rows_are_not_interchangeable, 0, 3);
    tcase_add_test(t, the_planned_serial);
    tcase_add_loop_test(t, every_flip_is_seen, 0, 3);
    tcase_add_loop_test(t, every_truncation_is_seen, 0, 3);
    tcase_add_test(t, what_is_no_tbs);
    tcase_add_loop_test(t, ber_lengths_are_seen, 0, 8);
    tcase_add_loop_test(t, unique_identifiers, 0, 2);
    tcase_add_test(t, the_older_form_of_a_key);
    suite_add_tcase(s, t);
    return s;
}
