/* Identity and pairs, decided: a signing and an encrypting certificate of one holder. */
#include <check.h>
#include <openssl/asn1.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "batch/announce.h"
#include "batch/certifier.h"
#include "batch/decide.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/enveloped.h"
#include "pki/lint.h"

Suite *suite_pair(void);

static struct world w;
static struct state state;
static struct batch_header header;
static struct decide_history past;
static struct decider decider;
static struct certifier certifier;
#define PUT(field, text) snprintf(field, sizeof(field), "%s", text)

static struct diag d;

static const struct policy_identity_rule rules[] = {
    {POLICY_RESIDENT_ID, false, POLICY_CHECK_RESIDENT, "rule resident"},
    {POLICY_ORGANIZATION_CODE, false, POLICY_CHECK_USCC, "rule code"},
};
static const struct policy_subject_key sm2_only[] = {{KEY_SM2, 256, 256}};

/* Profile 0 signs, profile 2 encrypts. */
static void set_up(void)
{
    tree_make();
    world_make(&w);
    world_state(&w, &state);
    w.profiles[0].identity = rules;
    w.profiles[0].identity_n = 2;
    w.profiles[2] = w.profiles[0];
    w.profiles[2].name = "person-encrypt";
    w.profiles[2].clause = "rule encrypt";
    w.profiles[2].keys = sm2_only;
    w.profiles[2].keys_n = 1;
    w.profiles[2].key_usage = KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT;
    w.profiles[2].pair = "person";
    header = world_header(10);
    past = announce_history(state.index);
    decider = (struct decider){.policy = &w.policy, .authority = &w.authorities[0], .header = &header,
                               .now = WORLD_NOW, .history = &past};
    certifier = (struct certifier){.state = &state, .authority = &w.authorities[0]};
}

static void tear_down(void)
{
    certifier_free(&certifier);
    decider_free(&decider);
    state_close(&state);
    world_free(&w);
    tree_remove();
}

/* A request for Wang Wu. */
static struct request ask(const char *id, const char *profile, EVP_PKEY *key, const char *cn)
{
    struct request r = {.op = OP_ISSUE, .op_text = "issue", .requested_at = WORLD_NOW};
    X509_NAME *name = name_make("CN", cn, NULL);
    PUT(r.id, id);
    PUT(r.profile, profile);
    csr_make(key, SIG_SM2_SM3, name, NULL, &r.csr);
    X509_NAME_free(name);
    return r;
}

static struct request ask_pair(const char *id, EVP_PKEY *key, const char *of)
{
    struct request r = ask(id, "person-encrypt", key, "Wang Wu");
    PUT(r.pair.request, of);
    help_envelope(key, &r.pair.enveloped_key);
    return r;
}

static struct plan_item last; /* what became of the last one */

/* Decide it, and issue it when that is the decision. The request is freed. */
static enum err decide(struct request *r)
{
    static uint64_t number = 1;
    struct buf line = {0};
    struct decision o;
    struct diag why = {0};
    expect_ok(request_write(r, &line));
    request_free(r);
    expect_ok_diag(decide_request(&decider, buf_span(&line), E_OK, ++number, &o, &why), &why);
    buf_free(&line);
    plan_item_free(&last);
    last = (struct plan_item){.n = (int64_t)number};
    certify_begin(&o, &last);
    struct issuer issuer;
    if (o.code == E_OK) {
        expect_ok_diag(certifier_begin(&certifier, &o, &last, &issuer, &why), &why);
        expect_ok_diag(certify_build(&issuer, &o, WORLD_NOW, &last, &why), &why);
    }
    expect_ok_diag(pair_note_issued(&decider, &o, &last, &why), &why);
    enum err e = o.code;
    expect_seen(e);
    decision_free(&o);
    return e;
}

START_TEST(one_pair)
{
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2);
    struct request r = ask("r-1", "person", a, "Wang Wu");
    uint8_t signing[SERIAL_LEN];
    struct buf envelope_of_b = {0};
    help_envelope(b, &envelope_of_b);
    expect_ok(decide(&r));
    ck_assert(!last.has_pair && last.enveloped_key.len == 0);
    memcpy(signing, last.serial, SERIAL_LEN);
    r = ask_pair("r-2", b, "r-1");
    expect_ok(decide(&r));
    ck_assert(last.has_pair);
    ck_assert_mem_eq(last.pair, signing, SERIAL_LEN);
    ck_assert_uint_eq(last.enveloped_key.len, envelope_of_b.len);
    ck_assert_mem_eq(last.enveloped_key.data, envelope_of_b.data, envelope_of_b.len);
    /* what the plan says of it is read again */
    struct buf line = {0};
    struct plan_item again = {0};
    expect_ok(plan_write_item(&last, &line));
    ck_assert_ptr_nonnull(memmem(line.data, line.len, "\"pair\":\"", 8));
    expect_ok_diag(plan_take_apart((struct span){line.data, line.len - 1}, last.n, &again, &d), &d);
    ck_assert(again.has_pair);
    ck_assert_mem_eq(again.pair, signing, SERIAL_LEN);
    ck_assert_mem_eq(again.enveloped_key.data, envelope_of_b.data, envelope_of_b.len);
    plan_item_free(&again);
    buf_free(&line);
    buf_free(&envelope_of_b);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}
END_TEST

START_TEST(fields_of_a_pair)
{
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2);
    struct request r = ask("r-1", "person", a, "Wang Wu");
    snprintf(r.pair.request, sizeof r.pair.request, "r-0");
    expect_err(decide(&r), E_PAIR_FIELD);
    r = ask("r-2", "person", a, "Wang Wu");
    r.pair.has_serial = true;
    expect_err(decide(&r), E_PAIR_FIELD);
    r = ask("r-3", "person", a, "Wang Wu");
    help_envelope(a, &r.pair.enveloped_key);
    expect_err(decide(&r), E_PAIR_FIELD);
    ck_assert_str_eq(last.clause, "rule person");
    r = ask("r-4", "person", a, "Wang Wu");
    expect_ok(decide(&r));
    r = ask_pair("r-5", b, "");
    expect_err(decide(&r), E_PAIR_FIELD);
    ck_assert_str_eq(last.clause, "rule encrypt");
    r = ask_pair("r-6", b, "r-4");
    r.pair.has_serial = true;
    expect_err(decide(&r), E_PAIR_FIELD);
    r = ask_pair("r-7", b, "r-4");
    buf_reset(&r.pair.enveloped_key);
    expect_err(decide(&r), E_PAIR_FIELD);
    r = ask_pair("r-8", b, "r-4");
    expect_ok(decide(&r));
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}
END_TEST

START_TEST(a_pair_that_is_not_there)
{
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2);
    struct request r = ask_pair("r-1", b, "r-2");
    expect_err(decide(&r), E_PAIR_UNKNOWN); /* it comes later */
    r = ask("r-2", "person", a, "Wang Wu (too long a name)");
    expect_err(decide(&r), E_SUBJECT_VALUE);
    r = ask_pair("r-3", b, "r-2");
    expect_err(decide(&r), E_PAIR_UNKNOWN); /* it was refused */
    r = ask("r-4", "device", a, "Wang Wu");
    expect_ok(decide(&r));
    r = ask_pair("r-5", b, "r-4");
    expect_err(decide(&r), E_PAIR_UNKNOWN); /* it is of another profile */
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}
END_TEST

/* A name is not enough: many have it. */
START_TEST(another_holder)
{
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2), *c = help_key(KEY_SM2);
    struct request r = ask("r-1", "person", a, "Zhang San");
    expect_ok(decide(&r));
    r = ask_pair("r-2", b, "r-1");
    expect_err(decide(&r), E_PAIR_SUBJECT);
    r = ask("r-3", "person", c, "Wang Wu");
    PUT(r.identity.value[POLICY_RESIDENT_ID], "11010519491231002X");
    expect_ok(decide(&r));
    r = ask_pair("r-4", b, "r-3");
    expect_err(decide(&r), E_PAIR_SUBJECT);
    r = ask_pair("r-5", b, "r-3");
    PUT(r.identity.value[POLICY_RESIDENT_ID], "11010519491231002X");
    expect_ok(decide(&r));
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    EVP_PKEY_free(c);
}
END_TEST

/* The certificate of the last item, as the history has it. */
static void remember(enum index_status status, uint8_t serial[SERIAL_LEN])
{
    struct index_cert cert;
    struct log_position at = *log_position(state.log);
    struct plan_header h = {.authority = "ca"};
    struct plan_item change = {.n = last.n + 100, .act = status == INDEX_HELD ? PLAN_HOLD : PLAN_REVOKE, .reason_code = 6};
    struct index_change c;
    h.batch[0] = (uint8_t)last.n;
    memcpy(serial, last.serial, SERIAL_LEN);
    memcpy(change.serial, serial, SERIAL_LEN);
    expect_ok_diag(announce_cert(&h, &last, &cert, &d), &d);
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_cert(state.index, &cert, &d), &d);
    expect_ok_diag(index_set_issued(state.index, h.batch, last.n, 1, &d), &d);
    if (status != INDEX_GOOD) {
        ck_assert(announce_change(&h, &change, &c));
        expect_ok_diag(index_add_change(state.index, &c, &d), &d);
        expect_ok_diag(index_apply_change(state.index, h.batch, change.n, 1, &d), &d);
    }
    expect_ok_diag(index_commit(state.index, &at, &d), &d);
}

static enum err decide_serial(const char *id, EVP_PKEY *key, const uint8_t serial[SERIAL_LEN], const char *resident)
{
    struct request r = ask_pair(id, key, "");
    r.pair.has_serial = true;
    memcpy(r.pair.serial, serial, SERIAL_LEN);
    PUT(r.identity.value[POLICY_RESIDENT_ID], resident);
    return decide(&r);
}

START_TEST(a_pair_issued_before)
{
    static const char resident[] = "11010519491231002X";
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2);
    uint8_t good[SERIAL_LEN] = {0}, held[SERIAL_LEN] = {0}, revoked[SERIAL_LEN] = {0}, device[SERIAL_LEN], none[SERIAL_LEN] = {1};
    struct request r;
    for (int i = 0; i < 3; i++) {
        char id[8];
        snprintf(id, sizeof id, "r-%d", i);
        r = ask(id, "person", a, "Wang Wu");
        PUT(r.identity.value[POLICY_RESIDENT_ID], resident);
        expect_ok(decide(&r));
        remember(i == 0 ? INDEX_GOOD : i == 1 ? INDEX_HELD : INDEX_REVOKED, i == 0 ? good : i == 1 ? held : revoked);
    }
    EVP_PKEY *c = help_key(KEY_SM2);
    r = ask("r-3", "device", c, "Wang Wu");
    expect_ok(decide(&r));
    remember(INDEX_GOOD, device);
    ck_assert_int_eq(decide_serial("e-1", b, none, resident), E_PAIR_UNKNOWN);
    ck_assert_int_eq(decide_serial("e-2", b, device, resident), E_PAIR_UNKNOWN);
    ck_assert_int_eq(decide_serial("e-3", b, held, resident), E_PAIR_UNKNOWN);
    ck_assert_int_eq(decide_serial("e-4", b, revoked, resident), E_PAIR_UNKNOWN);
    ck_assert_int_eq(decide_serial("e-5", b, good, ""), E_PAIR_SUBJECT);
    ck_assert_int_eq(decide_serial("e-6", b, good, resident), E_OK);
    ck_assert_mem_eq(last.pair, good, SERIAL_LEN);
    decider.now += 366 * 86400;
    header.created = decider.now; /* its year is over */
    r = ask_pair("e-7", b, "");
    r.pair.has_serial = true;
    r.requested_at = decider.now;
    memcpy(r.pair.serial, good, SERIAL_LEN);
    PUT(r.identity.value[POLICY_RESIDENT_ID], resident);
    expect_err(decide(&r), E_PAIR_UNKNOWN);
    decider.history = NULL; /* at the RA's desk nothing is known of it */
    ck_assert_int_eq(decide_serial("e-8", b, none, resident), E_REQUEST_DATE);
    decider.now = header.created = WORLD_NOW;
    ck_assert_int_eq(decide_serial("e-9", b, none, resident), E_OK);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    EVP_PKEY_free(c);
}
END_TEST

/* One key, one holder: the number counts as the name does. */
START_TEST(a_key_of_a_namesake)
{
    EVP_PKEY *a = help_key(KEY_SM2);
    uint8_t serial[SERIAL_LEN];
    struct request r = ask("r-1", "person", a, "Wang Wu");
    PUT(r.identity.value[POLICY_RESIDENT_ID], "11010519491231002X");
    expect_ok(decide(&r));
    r = ask("r-2", "person", a, "Wang Wu");
    expect_err(decide(&r), E_KEY_OTHER_SUBJECT);
    r = ask("r-3", "person", a, "Wang Wu");
    PUT(r.identity.value[POLICY_RESIDENT_ID], "11010519491231002X");
    expect_ok(decide(&r));
    remember(INDEX_GOOD, serial);
    set_free(&decider.keys);
    decider.keys = (struct set){0};
    r = ask("r-4", "person", a, "Wang Wu");
    expect_err(decide(&r), E_KEY_OTHER_SUBJECT); /* the history knows it too */
    EVP_PKEY_free(a);
}
END_TEST

START_TEST(overrides)
{
    EVP_PKEY *a = help_key(KEY_SM2);
    struct request r = ask("r-1", "person", a, "Wang Wu");
    PUT(r.identity.value[POLICY_ORGANIZATION_CODE], "91350100M000100Y4A");
    expect_err(decide(&r), E_IDENTITY_CHECK);
    ck_assert_str_eq(last.clause, "rule code");
    r = ask("r-2", "person", a, "Wang Wu");
    PUT(r.identity.value[POLICY_ORGANIZATION_CODE], "91350100M000100Y4A");
    PUT(r.override_, "\xe8\xaf\x81 seen");
    expect_ok(decide(&r));
    ck_assert_str_eq(last.override_, "organization-code: \\u{8BC1} seen");
    struct buf line = {0};
    struct plan_item again = {0};
    expect_ok(plan_write_item(&last, &line));
    expect_ok_diag(plan_take_apart((struct span){line.data, line.len - 1}, last.n, &again, &d), &d);
    ck_assert_str_eq(again.override_, last.override_);
    plan_item_free(&again);
    buf_free(&line);
    r = ask("r-3", "person", a, "Wang Wu");
    PUT(r.identity.value[POLICY_ORGANIZATION_CODE], "91350100M000100Y4A");
    PUT(r.identity.value[POLICY_RESIDENT_ID], "110105194912310021");
    for (int i = 0; i < LIMIT_OVERRIDE_TEXT; i++) /* the longest that there can be is shown whole */
        snprintf(r.override_ + strlen(r.override_), sizeof r.override_ - strlen(r.override_), "%s", "\xf0\xa0\x80\x80");
    expect_err(decide(&r), E_KEY_OTHER_SUBJECT);
    EVP_PKEY *b = help_key(KEY_SM2);
    r = ask("r-4", "person", b, "Wang Wu");
    PUT(r.identity.value[POLICY_ORGANIZATION_CODE], "91350100M000100Y4A");
    PUT(r.identity.value[POLICY_RESIDENT_ID], "110105194912310021");
    for (int i = 0; i < LIMIT_OVERRIDE_TEXT; i++)
        snprintf(r.override_ + strlen(r.override_), sizeof r.override_ - strlen(r.override_), "%s", "\xf0\xa0\x80\x80");
    expect_ok(decide(&r));
    ck_assert_uint_eq(strlen(last.override_), strlen("resident-id,organization-code: ") + 9 * LIMIT_OVERRIDE_TEXT);
    ck_assert_int_eq(strncmp(last.override_, "resident-id,organization-code: \\u{20000}", 40), 0);
    r = ask("r-5", "person", a, "Wang Wu");
    PUT(r.override_, "just in case");
    expect_err(decide(&r), E_OVERRIDE);
    r = ask("r-6", "person", a, "Wang Wu");
    PUT(r.identity.value[POLICY_PASSPORT], "E1");
    expect_err(decide(&r), E_IDENTITY_FIELD);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}
END_TEST

/* The profile decides over the key's word, and the certificate has it inside and outside alike. */
START_TEST(null_parameters)
{
    static const uint8_t sm2_sm3[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75};
    for (int absent = 0; absent < 2; absent++) {
        EVP_PKEY *a = help_key(KEY_SM2);
        struct request r = ask(absent ? "r-1" : "r-2", "person", a, "Wang Wu");
        struct buf cert = {0};
        int n = 0, with_null = 0;
        w.profiles[0].sm2_null = absent ? POLICY_NULL_ABSENT : POLICY_NULL_AS_KEY;
        expect_ok(decide(&r));
        expect_ok_diag(cert_complete(buf_span(&last.tbs), (struct span){sm2_sm3, 4}, &cert, &d), &d);
        for (size_t i = 0; i + sizeof sm2_sm3 + 2 <= cert.len; i++)
            if (memcmp(cert.data + i, sm2_sm3, sizeof sm2_sm3) == 0) {
                n++;
                with_null += memcmp(cert.data + i + sizeof sm2_sm3, "\x05\x00", 2) == 0;
            }
        ck_assert_int_eq(n, 2);
        ck_assert_int_eq(with_null, absent ? 0 : 2);
        /* the other form is found by the lint */
        w.profiles[0].sm2_null = absent ? POLICY_NULL_WRITTEN : POLICY_NULL_ABSENT;
        expect_err(lint_end_entity(buf_span(&last.tbs), (struct span){0}, &w.profiles[0], &w.keys[0], w.root_certs[0], &d),
                   E_LINT);
        buf_free(&cert);
        EVP_PKEY_free(a);
    }
    struct buf out = {0};
    expect_err(cert_complete((struct span){sm2_sm3, sizeof sm2_sm3}, (struct span){sm2_sm3, 4}, &out, &d), E_LINT);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(enveloped_keys)
{
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2), *rsa = help_key(KEY_RSA);
    struct key key = {0}, other = {0}, large = {0};
    struct buf good = {0};
    help_envelope(a, &good);
    expect_ok(key_from_pkey(a, &key, &d));
    expect_ok(key_from_pkey(b, &other, &d));
    expect_ok(key_from_pkey(rsa, &large, &d));
    expect_ok_diag(enveloped_check(buf_span(&good), &key, &d), &d);
    expect_err(enveloped_check(buf_span(&good), &other, &d), E_ENVELOPED_KEY);
    expect_err(enveloped_check(buf_span(&good), &large, &d), E_ENVELOPED_KEY);
    for (size_t n = 0; n < good.len; n++)
        expect_err(enveloped_check((struct span){good.data, n}, &key, &d), E_ENVELOPED_KEY);
    /* a changed tag, length or public key is found everywhere; what is encrypted cannot be looked into */
    for (size_t i = 0; i < good.len; i++) {
        good.data[i] ^= 0x40;
        enum err e = enveloped_check(buf_span(&good), &key, &d);
        ck_assert(e == E_OK || e == E_ENVELOPED_KEY);
        good.data[i] ^= 0x40;
    }
    buf_append_byte(&good, 0);
    expect_err(enveloped_check(buf_span(&good), &key, &d), E_ENVELOPED_KEY);
    buf_free(&good);
    key_free(&key);
    key_free(&other);
    key_free(&large);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    EVP_PKEY_free(rsa);
}
END_TEST

/* A seal has no profile, and is nobody's pair. */
START_TEST(a_seal)
{
    const struct plan_item item = {.n = 1, .act = PLAN_ISSUE, .profile = POLICY_SEAL};
    const struct decision o = {.act = PLAN_ISSUE, .seals = &w.authorities[0].seals};
    expect_ok_diag(pair_note_issued(&decider, &o, &item, &d), &d);
    ck_assert_uint_eq(decider.pairs.holders.n, 0);
}
END_TEST

START_TEST(keys_that_do_not_fit)
{
    EVP_PKEY *a = help_key(KEY_SM2), *b = help_key(KEY_SM2);
    struct request r = ask_pair("r-1", a, "r-0");
    buf_reset(&r.pair.enveloped_key);
    help_envelope(b, &r.pair.enveloped_key);
    expect_err(decide(&r), E_ENVELOPED_KEY);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}
END_TEST

Suite *suite_pair(void)
{
    Suite *s = suite_create("pair");
    TCase *t = tcase_create("pair");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, one_pair);
    tcase_add_test(t, fields_of_a_pair);
    tcase_add_test(t, a_pair_that_is_not_there);
    tcase_add_test(t, another_holder);
    tcase_add_test(t, a_pair_issued_before);
    tcase_add_test(t, a_key_of_a_namesake);
    tcase_add_test(t, overrides);
    tcase_add_test(t, null_parameters);
    tcase_add_test(t, enveloped_keys);
    tcase_add_test(t, keys_that_do_not_fit);
    tcase_add_test(t, a_seal);
    suite_add_tcase(s, t);
    return s;
}
