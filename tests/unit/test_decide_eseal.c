/* Requests for electronic seals against their policy row. */
#include <stdlib.h>
#include <string.h>

#include "batch/decide.h"
#include "core/base64.h"
#include "expect.h"
#include "help_eseal.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/tbs.h"

Suite *suite_decide_eseal(void);

#define NOW HELP_ESEAL_TIME
#define NUMBER "00112233445566778899aabbccddeeff"
#define DAY 86400

static const struct policy_service services[] = {
    {.op = "seal-issue", .clause = "c issue"},
    {.op = "seal-renew", .clause = "c renew"},
    {.op = "revoke", .clause = "c revoke", .by = {[POLICY_BY_OPERATOR] = true}, .by_clause = {[POLICY_BY_OPERATOR] = "c op"}},
    {.op = "seal-revoke", .clause = "c seal", .by = {[POLICY_BY_OPERATOR] = true}, .by_clause = {[POLICY_BY_OPERATOR] = "c op"}},
};
static const struct policy_reason reasons[] = {{"fee", POLICY_BY_OPERATOR, 9, "c fee"}};
static struct policy_authority authority;
static struct policy policy;
static struct batch_header header;
static struct help_eseal h;
static struct buf ca;
static struct diag d;

/* The history. */
static struct index_cert existing;
static bool own, found;
static uint8_t owner[DIGEST_LEN];

static enum err is_own(void *arg, const uint8_t spki[DIGEST_LEN], bool *out, struct diag *why)
{
    (void)arg, (void)spki, (void)why;
    *out = own;
    return E_OK;
}
static enum err owner_of(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *out, struct diag *why)
{
    (void)arg, (void)spki, (void)why;
    memcpy(subject, owner, DIGEST_LEN);
    *out = found;
    return E_OK;
}
static enum err certificate(void *arg, const char *name, const uint8_t serial[SERIAL_LEN], struct index_cert *out, bool *there,
                            struct diag *why)
{
    (void)arg, (void)serial, (void)why;
    ck_assert_str_eq(name, "maker");
    *out = existing;
    *there = existing.log_seq > 0;
    return E_OK;
}
static const struct decide_history history = {NULL, is_own, owner_of, certificate};

static void set_up(void)
{
    d = (struct diag){0};
    help_eseal_make(&h);
    expect_ok(cert_write_der(h.ca, &ca));
    authority = (struct policy_authority){.name = "maker", .services = services, .services_n = 4, .services_clause = "c all",
                                          .reasons = reasons, .reasons_n = 1, .renewal = {{0, 1, 0}, false, "c window", NULL},
                                          .seals = {.key = "k", .validity = {1, 0, 0}, .validity_clause = "c year",
                                                    .holder_issuer = buf_span(&ca), .holder_clause = "c holder", .clause = "c k"}};
    policy = (struct policy){.limits = {.batch_age = 7 * DAY}, .authorities = &authority, .authorities_n = 1};
    header = (struct batch_header){.authority = "maker", .ra = "ra", .id = "b", .created = NOW, .count = 1};
    existing = (struct index_cert){.profile = POLICY_SEAL, .key = "k", .not_after = NOW + 10 * DAY, .log_seq = 7};
    own = found = false;
}

static void tear_down(void)
{
    help_eseal_free(&h);
    buf_free(&ca);
}

/* The fields of a seal; holder DER and picture in base64, the name as JSON writes it. */
static void put_seal(struct buf *line, const char *name, struct span picture)
{
    char *p = base64_string(picture.p, picture.n), *c = base64_string(h.holder_der.data, h.holder_der.len);
    buf_printf(line, ",\"name\":\"%s\",\"picture\":\"%s\",\"width\":40,\"height\":40,\"holder\":\"%s\"", name, p, c);
    free(p);
    free(c);
}

static const struct decide_history *past = &history;

static enum err decide(const char *op, const char *fields, const char *name, struct span picture, struct decision *o)
{
    struct buf line = {0};
    struct decider c = {.policy = &policy, .authority = &authority, .header = &header, .now = NOW, .history = past};
    buf_printf(&line, "{\"id\":\"s-1\",\"op\":\"%s\"%s", op, fields);
    if (name != NULL)
        put_seal(&line, name, picture);
    buf_append_str(&line, ",\"requested-at\":\"2025-10-09T08:00:00Z\"}");
    expect_ok_diag(decide_request(&c, buf_span(&line), E_OK, 2, o, &d), &d);
    buf_free(&line);
    decider_free(&c);
    expect_seen(o->code);
    return o->code;
}

static enum err outcome(const char *op, const char *fields, const char *name, const char *clause)
{
    struct decision o;
    enum err e = decide(op, fields, name, help_png, &o);
    if (clause != NULL)
        ck_assert_str_eq(o.clause, clause);
    decision_free(&o);
    return e;
}

START_TEST(a_good_one)
{
    struct decision o;
    expect_err(decide("seal-issue", "", "Works", help_gif, &o), E_OK);
    ck_assert(o.act == PLAN_ISSUE && o.seals == &authority.seals && o.profile == NULL && !o.existing_found);
    ck_assert_str_eq(o.clause, "c issue");
    ck_assert_int_eq(EVP_PKEY_eq(o.csr.key.pkey, h.holder_key), 1);
    /* another seal for the same holder, whose key it is by the history */
    memcpy(owner, o.subject_digest, DIGEST_LEN);
    found = true;
    expect_err(outcome("seal-issue", "", "Works", "c issue"), E_OK);
    memcpy(existing.subject, o.subject_digest, DIGEST_LEN);
    expect_err(outcome("seal-renew", ",\"serial\":\"" NUMBER "\"", "Works", "c renew"), E_OK);
    decision_free(&o);
}
END_TEST

START_TEST(keys_of_others)
{
    own = true;
    expect_err(outcome("seal-issue", "", "Works", NULL), E_KEY_OF_CA);
    own = false;
    found = true;
    memset(owner, 1, DIGEST_LEN);
    expect_err(outcome("seal-issue", "", "Works", "c holder"), E_KEY_OTHER_SUBJECT);
}
END_TEST

START_TEST(names)
{
    static const char *const bad[] = {"", " Works", "Works ", "Wor\\u200bks", "Wor\\nks", "\\u202eWorks", "\\ue000"};
    char name[LIMIT_ESEAL_TEXT + 2] = "";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_err(outcome("seal-issue", "", bad[i], "c issue"), E_ESEAL_NAME);
    expect_err(outcome("seal-issue", "", "\\u6CB3\\u5357 Works", "c issue"), E_OK);
    memset(name, 'x', LIMIT_ESEAL_TEXT + 1);
    expect_err(outcome("seal-issue", "", name, "c issue"), E_ESEAL_NAME);
    name[LIMIT_ESEAL_TEXT] = '\0';
    expect_err(outcome("seal-issue", "", name, "c issue"), E_OK);
}
END_TEST

START_TEST(pictures_and_holders)
{
    struct decision o;
    expect_err(decide("seal-issue", "", "Works", (struct span){(const uint8_t *)"BM", 2}, &o), E_PICTURE);
    ck_assert_str_eq(o.clause, "c issue");
    decision_free(&o);
    h.holder_der.data[h.holder_der.len - 1] ^= 1; /* in its signature */
    expect_err(outcome("seal-issue", "", "Works", "c holder"), E_HOLDER);
    authority.seals.holder_issuer = (struct span){NULL, 0};
    expect_err(outcome("seal-issue", "", "Works", NULL), E_HOLDER);
}
END_TEST

#define RENEW outcome("seal-renew", ",\"serial\":\"" NUMBER "\"", "Works", NULL)

START_TEST(renewals)
{
    const struct policy_period month = {0, 1, 0};
    expect_err(RENEW, E_SUBJECT_OTHER);
    existing.status = INDEX_REVOKED;
    expect_err(RENEW, E_CERT_REVOKED);
    existing.status = INDEX_HELD;
    expect_err(RENEW, E_CERT_HELD);
    existing.status = INDEX_GOOD;
    existing.not_after = NOW - 1;
    expect_err(RENEW, E_CERT_EXPIRED);
    existing.not_after = NOW;
    expect_err(RENEW, E_SUBJECT_OTHER);
    existing.not_after = tbs_add_period(NOW, &month) - 1; /* the first second of the window */
    expect_err(RENEW, E_SUBJECT_OTHER);
    existing.not_after += DAY;
    expect_err(RENEW, E_RENEWAL_TOO_EARLY);
    existing.log_seq = 0;
    expect_err(RENEW, E_CERT_UNKNOWN);
    past = NULL; /* at a desk nothing is known of it */
    expect_err(RENEW, E_OK);
    past = &history;
}
END_TEST

#define WHY ",\"serial\":\"" NUMBER "\",\"by\":\"operator\",\"reason\":\"fee\""

START_TEST(seals_and_certificates_are_told_apart)
{
    expect_err(outcome("seal-revoke", WHY, NULL, "c fee"), E_OK);
    expect_err(outcome("revoke", WHY, NULL, NULL), E_NOT_A_SEAL);
    snprintf(existing.profile, sizeof existing.profile, "person");
    expect_err(outcome("seal-revoke", WHY, NULL, NULL), E_NOT_A_SEAL);
    expect_err(outcome("revoke", WHY, NULL, "c fee"), E_OK);
    expect_err(RENEW, E_NOT_A_SEAL);
}
END_TEST

static void use_holder(EVP_PKEY *key)
{
    X509 *holder = help_issued(key, "Holder", false, "20240101000000Z", "20340101000000Z", h.ca, h.ca_key);
    buf_reset(&h.holder_der);
    expect_ok(cert_write_der(holder, &h.holder_der));
    X509_free(holder);
}

/* The same with the curve as the algorithm of the public key too, as some write it. */
static void respell_key(EVP_PKEY *key)
{
    static const uint8_t usual[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06},
                         other[] = {0x30, 0x14, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x06};
    struct buf tbs = {0};
    struct span in = buf_span(&h.holder_der);
    struct der cert, inner;
    use_holder(key);
    in = buf_span(&h.holder_der);
    ck_assert(der_take(&in, DER_SEQUENCE, &cert) && der_take(&cert.body, DER_SEQUENCE, &inner));
    const uint8_t *at = memmem(inner.whole.p, inner.whole.n, usual, sizeof usual);
    ck_assert_ptr_nonnull(at);
    size_t before = (size_t)(at - inner.whole.p);
    buf_append(&tbs, inner.whole.p, before);
    buf_append(&tbs, other, sizeof other);
    buf_append(&tbs, at + sizeof usual, inner.whole.n - before - sizeof usual);
    ck_assert(tbs.data[1] == 0x81 && tbs.data[2] < 0xff && tbs.data[before - 2] == 0x30); /* two lengths grow by one */
    tbs.data[2]++;
    tbs.data[before - 1]++;
    buf_reset(&h.holder_der);
    help_assemble(&tbs, SIG_SM2_SM3, h.ca_key, &h.holder_der);
    buf_free(&tbs);
}

START_TEST(keys_of_holders)
{
    EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    use_holder(h.holder_key);
    expect_err(outcome("seal-issue", "", "Works", "c issue"), E_OK);
    use_holder(ed);
    expect_err(outcome("seal-issue", "", "Works", NULL), E_KEY_TYPE);
    respell_key(h.holder_key); /* one key has one digest */
    expect_err(outcome("seal-issue", "", "Works", "c holder"), E_HOLDER);
    EVP_PKEY_free(ed);
}
END_TEST

Suite *suite_decide_eseal(void)
{
    Suite *s = suite_create("decide_eseal");
    TCase *t = tcase_create("decide_eseal");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_good_one);
    tcase_add_test(t, keys_of_others);
    tcase_add_test(t, names);
    tcase_add_test(t, pictures_and_holders);
    tcase_add_test(t, renewals);
    tcase_add_test(t, keys_of_holders);
    tcase_add_test(t, seals_and_certificates_are_told_apart);
    suite_add_tcase(s, t);
    return s;
}
