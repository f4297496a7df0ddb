#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "batch/decide.h"
#include "batch/announce.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"

Suite *suite_decide(void);

static struct world w;
static struct state state;
static struct batch_header header;
static struct decider decider;
static struct decide_history past;
static struct diag d;

static void set_up(void)
{
    tree_make();
    world_make(&w);
    world_state(&w, &state);
    header = world_header(10);
    past = announce_history(state.index);
    decider = (struct decider){.policy = &w.policy, .authority = &w.authorities[0],
                               .header = &header, .now = WORLD_NOW, .history = &past};
}

static void tear_down(void)
{
    decider_free(&decider);
    state_close(&state);
    world_free(&w);
    tree_remove();
}

static uint64_t number = 1;

/* Decide a line; the outcome's code, and the whole of it when `out` is given. */
static enum err decide_line(const struct buf *line, struct decision *out)
{
    struct decision o;
    d = (struct diag){0};
    ck_assert_msg(decide_request(&decider, buf_span(line), E_OK, ++number, &o, &d) == E_OK, "%s",
                  d.text);
    enum err e = o.code;
    ck_assert_ptr_nonnull(o.clause);
    ck_assert_int_eq(o.detail[0] == '\0', e == E_OK);
    expect_seen(e);
    if (out != NULL)
        *out = o;
    else
        decision_free(&o);
    return e;
}

/* One request with a fresh id. */
struct wish {
    const char *id, *op, *profile;
    int64_t at;
    EVP_PKEY *key;
    enum sig_alg alg;
    const char *cn;
    STACK_OF(X509_EXTENSION) * extensions;
};

static enum err decide_wish(const struct wish *wish, struct decision *out)
{
    static int ids;
    char id[20];
    struct buf csr = {0}, line = {0};
    X509_NAME *name = name_make("CN", wish->cn, NULL);
    snprintf(id, sizeof id, "fresh-%d", ++ids);
    csr_make(wish->key, wish->alg, name, wish->extensions, &csr);
    line_make(wish->id != NULL ? wish->id : id, wish->op, wish->profile, wish->at, &csr, &line);
    enum err e = decide_line(&line, out);
    X509_NAME_free(name);
    buf_free(&csr);
    buf_free(&line);
    return e;
}

static struct wish wish(EVP_PKEY *key)
{
    return (struct wish){.op = "issue", .profile = "person", .at = WORLD_NOW, .key = key,
                         .alg = SIG_SM2_SM3, .cn = "Wang Wu"};
}

START_TEST(one_that_is_issued)
{
    struct decision o;
    EVP_PKEY *key = help_key(KEY_SM2);
    struct wish i = wish(key);
    i.id = "r-1";
    expect_ok(decide_wish(&i, &o));
    ck_assert_str_eq(o.request.id, "r-1");
    ck_assert_ptr_eq(o.profile, &w.profiles[0]);
    ck_assert_str_eq(o.clause, "rule person");
    ck_assert_str_eq(o.ignored, "");
    ck_assert_uint_eq(o.san.len, 0);
    uint8_t digest[DIGEST_LEN];
    expect_ok(digest_bytes(DIGEST_SHA256, o.subject.data, o.subject.len, digest));
    ck_assert_mem_eq(digest, o.subject_digest, DIGEST_LEN);
    ck_assert_int_eq(EVP_PKEY_eq(o.csr.key.pkey, key), 1);
    decision_free(&o);
    EVP_PKEY_free(key);
}
END_TEST

static enum err is_own_fails(void *arg, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *why)
{
    (void)arg, (void)spki, (void)own;
    return diag_set(why, E_IO, "our own keys");
}

static enum err owner_fails(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *found,
                            struct diag *why)
{
    (void)arg, (void)spki, (void)subject, (void)found;
    return diag_set(why, E_IO, "owners");
}

/* Then nothing is decided: it is no fault of the request. */
START_TEST(a_history_that_cannot_be_read)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    struct buf csr = {0}, line = {0};
    struct decision o;
    X509_NAME *name = name_make("CN", "Wang Wu", NULL);
    csr_make(key, SIG_SM2_SM3, name, NULL, &csr);
    line_make("r-1", "issue", "person", WORLD_NOW, &csr, &line);
    if (_i == 0)
        past.is_own = is_own_fails;
    else
        past.owner = owner_fails;
    expect_err(decide_request(&decider, buf_span(&line), E_OK, 2, &o, &d), E_IO);
    ck_assert_str_eq(d.text, _i == 0 ? "our own keys" : "owners");
    decision_free(&o);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    buf_free(&csr);
    buf_free(&line);
}
END_TEST

/* The table: service, profile, date, key and its owner, subject. What comes first in the line of
 * checks decides, whatever else is wrong. */
enum owner { NOBODY, SAME, ANOTHER, OURS };

static void issue_before(const struct wish *i, const char *cn)
{
    struct decision o;
    struct wish earlier = *i;
    struct log_position at = *log_position(state.log);
    struct index_cert c = {.authority = "ca", .serial_n = 16, .n = (int64_t)++number};
    struct decider none = decider;
    decider = (struct decider){.policy = &w.policy, .authority = &w.authorities[0],
                               .header = &header};
    earlier.cn = cn;
    earlier.op = "issue";
    earlier.profile = "person";
    earlier.at = WORLD_NOW;
    ck_assert_int_eq(decide_wish(&earlier, &o), E_OK);
    memcpy(c.serial, &number, sizeof number);
    memcpy(c.spki, o.csr.key.digest, DIGEST_LEN);
    memcpy(c.subject, o.subject_digest, DIGEST_LEN);
    decision_free(&o);
    decider_free(&decider);
    decider = none;
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_cert(state.index, &c, &d), &d);
    expect_ok_diag(index_commit(state.index, &at, &d), &d);
}

static enum err table(bool service, bool profile, int date, int key, enum owner owner, bool subject)
{
    if (!service)
        return E_OP_NOT_OFFERED;
    if (date != 0)
        return E_REQUEST_DATE;
    if (!profile)
        return E_PROFILE;
    if (key == 1 && owner != OURS)
        return E_KEY_TYPE;
    if (!subject)
        return E_SUBJECT_VALUE;
    if (owner == OURS)
        return E_KEY_OF_CA;
    return owner == ANOTHER ? E_KEY_OTHER_SUBJECT : E_OK;
}

START_TEST(the_decision_table)
{
    int cases = 0;
    for (unsigned i = 0; i < 2 * 2 * 3 * 2 * 4 * 2; i++) {
        bool service = i & 1, profile = i >> 1 & 1, subject = i >> 2 & 1;
        int key = i >> 3 & 1, date = (int)(i >> 4) / 4;
        enum owner owner = (i >> 4) % 4;
        if (owner == OURS && key == 1)
            continue; /* our key is of a kind the profile takes */
        static const int64_t dates[] = {WORLD_NOW, WORLD_NOW + LIMIT_CLOCK_SKEW + 1,
                                        WORLD_NOW - 7 * 86400 - 1};
        EVP_PKEY *k = owner == OURS ? w.root_keys[0] : help_key(key == 1 ? KEY_P384 : KEY_SM2);
        struct wish x = {.op = service ? "issue" : "replace",
                         .profile = profile ? "person" : "nobody",
                         .at = dates[date], .key = k,
                         .alg = key == 1 ? SIG_ECDSA_SHA384 : SIG_SM2_SM3,
                         .cn = subject ? "Wang Wu" : "a name that is too long"};
        if ((owner == SAME || owner == ANOTHER) && key == 0)
            issue_before(&x, owner == SAME ? "Wang Wu" : "Li Si");
        enum err want = table(service, profile, date, key, owner, subject);
        enum err got = decide_wish(&x, NULL);
        ck_assert_msg(got == want,
                      "service %d profile %d date %d key %d owner %d subject %d: %s, want %s",
                      service, profile, date, key, owner, subject, err_name(got), err_name(want));
        cases++;
        /* at the RA's desk the history is not asked */
        decider.history = NULL;
        want = table(service, profile, date, key, NOBODY, subject);
        got = decide_wish(&x, NULL);
        ck_assert_msg(got == want, "at the desk: %s, want %s", err_name(got), err_name(want));
        decider.history = &past;
        decider_free(&decider);
        decider.ids = decider.keys = (struct set){0};
        if (owner != OURS)
            EVP_PKEY_free(k);
    }
    ck_assert_int_eq(cases, 168);
}
END_TEST

START_TEST(dates_at_their_bounds)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    struct wish i = wish(key);
    i.at = WORLD_NOW + LIMIT_CLOCK_SKEW;
    expect_ok(decide_wish(&i, NULL));
    i.at = WORLD_NOW - 7 * 86400;
    expect_ok(decide_wish(&i, NULL));
    EVP_PKEY_free(key);
}
END_TEST

/* The clause of a refusal is the row's where it has one. */
START_TEST(clauses)
{
    struct decision o;
    EVP_PKEY *key = help_key(KEY_SM2), *p384 = help_key(KEY_P384);
    struct wish i = wish(key);
    i.op = "replace";
    expect_err(decide_wish(&i, &o), E_OP_NOT_OFFERED);
    ck_assert_str_eq(o.clause, "rule services");
    ck_assert_ptr_null(o.profile);
    decision_free(&o);
    i = wish(key);
    i.at = 0;
    expect_err(decide_wish(&i, &o), E_REQUEST_DATE);
    ck_assert_str_eq(o.clause, "rule limits");
    decision_free(&o);
    i = wish(p384);
    i.alg = SIG_ECDSA_SHA384;
    expect_err(decide_wish(&i, &o), E_KEY_TYPE);
    ck_assert_str_eq(o.clause, "rule person keys");
    decision_free(&o);
    i = wish(key);
    i.cn = "a  b";
    expect_err(decide_wish(&i, &o), E_SUBJECT_CHARACTER);
    ck_assert_str_eq(o.clause, "rule CN");
    decision_free(&o);
    EVP_PKEY_free(key);
    EVP_PKEY_free(p384);
}
END_TEST

START_TEST(sizes_of_keys)
{
    static const size_t bits[] = {1024, 2048, 3072, 4096};
    static const enum err person[] = {E_KEY_SIZE, E_OK, E_OK, E_KEY_SIZE};
    static const enum err server[] = {E_KEY_SIZE, E_OK, E_KEY_SIZE, E_KEY_SIZE};
    for (int k = 0; k < 4; k++) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits[k]);
        struct wish i = wish(key);
        i.alg = SIG_RSA_SHA256;
        expect_err(decide_wish(&i, NULL), person[k]);
        i.profile = "server";
        decider_free(&decider); /* the key may have been given to the person */
        expect_err(decide_wish(&i, NULL), server[k]);
        i.profile = "device";
        decider_free(&decider);
        expect_err(decide_wish(&i, NULL), E_KEY_TYPE);
        decider_free(&decider);
        EVP_PKEY_free(key);
    }
}
END_TEST

/* Weakness is refused whatever the profile says of size. */
START_TEST(weak_keys)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *three = BN_new();
    BN_set_word(three, 3);
    EVP_PKEY_keygen_init(ctx);
    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048);
    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three);
    ck_assert_int_eq(EVP_PKEY_keygen(ctx, &key), 1);
    struct wish i = wish(key);
    i.alg = SIG_RSA_SHA256;
    expect_err(decide_wish(&i, NULL), E_KEY_EXPONENT);
    BN_free(three);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(keys_within_one_batch)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    struct wish i = wish(key);
    expect_ok(decide_wish(&i, NULL));
    expect_ok(decide_wish(&i, NULL)); /* the same subject again */
    i.cn = "Li Si";
    expect_err(decide_wish(&i, NULL), E_KEY_OTHER_SUBJECT);
    i.profile = "device"; /* the same common name, another subject */
    i.cn = "Wang Wu";
    expect_err(decide_wish(&i, NULL), E_KEY_OTHER_SUBJECT);
    EVP_PKEY_free(key);
}
END_TEST

/* A request that was refused has taken no key. */
START_TEST(a_refused_request_takes_no_key)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    struct wish i = wish(key);
    i.cn = "a name that is too long";
    expect_err(decide_wish(&i, NULL), E_SUBJECT_VALUE);
    i.cn = "Wang Wu";
    expect_ok(decide_wish(&i, NULL));
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(ids)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    struct wish i = wish(key);
    i.id = "same";
    expect_ok(decide_wish(&i, NULL));
    expect_err(decide_wish(&i, NULL), E_REQUEST_ID);
    i.id = "refused"; /* an id is used up by a refusal too */
    i.op = "replace";
    expect_err(decide_wish(&i, NULL), E_OP_NOT_OFFERED);
    i.op = "issue";
    expect_err(decide_wish(&i, NULL), E_REQUEST_ID);
    i.id = "Same";
    expect_ok(decide_wish(&i, NULL));
    EVP_PKEY_free(key);
}
END_TEST

static enum err decide_list(const char *id, enum op op, const char *key)
{
    struct request r = {.op = op, .requested_at = WORLD_NOW};
    struct buf line = {0};
    snprintf(r.id, sizeof r.id, "%s", id);
    snprintf(r.op_text, sizeof r.op_text, "%s", op_name(op));
    snprintf(r.key, sizeof r.key, "%s", key);
    expect_ok(request_write(&r, &line));
    enum err e = decide_line(&line, NULL);
    buf_free(&line);
    return e;
}

START_TEST(each_list_once)
{
    for (int i = 0; i < 2; i++) {
        w.keys[i].crl_period = 7 * 86400;
        w.keys[i].crl_delta_period = 86400;
        w.keys[i].crl_clause = "rule crl";
    }
    expect_ok(decide_list("list-1", OP_CRL, "ca-root"));
    expect_err(decide_list("list-2", OP_CRL, "ca-root"), E_LIST_KEY);
    expect_ok(decide_list("list-3", OP_DELTA_CRL, "ca-root"));
    expect_ok(decide_list("list-4", OP_CRL, "ca-rsa"));
    expect_err(decide_list("list-5", OP_DELTA_CRL, "ca-root"), E_LIST_KEY);
}
END_TEST

/* A line that is answered under its id has used the id, whatever is wrong with the rest of it:
 * otherwise one id gets two answers in one bundle. */
START_TEST(the_id_of_a_broken_line)
{
    struct decision o;
    struct buf line = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    struct wish i = wish(key);
    buf_append_str(&line, "{\"id\":\"r-1\",\"op\":\"issue\"}");
    expect_err(decide_line(&line, &o), E_FIELD_MISSING);
    ck_assert_str_eq(o.request.id, "r-1");
    decision_free(&o);
    i.id = "r-1";
    expect_err(decide_wish(&i, NULL), E_REQUEST_ID);
    buf_free(&line);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(broken_lines)
{
    static const struct {
        const char *line;
        enum err want;
    } bad[] = {{"", E_JSON},
               {"nonsense", E_JSON},
               {"{\"id\":\"\xff\"}", E_UTF8},
               {"{\"id\":\"a\\u0000\"}", E_NUL},
               {"{}", E_FIELD_MISSING},
               {"{\"id\":\"a b\"}", E_FIELD_VALUE},
               {"{\"id\":\"a\",\"x\":1}", E_FIELD_UNKNOWN},
               {"{\"id\":\"b\",\"op\":\"issue\",\"profile\":\"person\",\"requested-at\":"
                "\"2026-03-01T00:00:00Z\",\"csr\":\"*\"}",
                E_BASE64},
               {"{\"id\":\"c\",\"op\":\"issue\",\"profile\":\"person\",\"requested-at\":"
                "\"2026-03-01T00:00:00Z\",\"csr\":\"MAA=\"}",
                E_CSR_FORMAT}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf line = {0};
        buf_append_str(&line, bad[i].line);
        expect_err(decide_line(&line, NULL), bad[i].want);
        buf_free(&line);
    }
    struct decision o;
    expect_ok(decide_request(&decider, (struct span){0}, E_LINE_TOO_LONG, 7, &o, &d));
    expect_err(o.code, E_LINE_TOO_LONG);
    ck_assert_str_eq(o.detail, "batch.jsonl line 7");
    ck_assert_str_eq(o.request.id, "");
    decision_free(&o);
    /* trouble of ours is no refusal */
    d = (struct diag){0};
    expect_err(decide_request(&decider, (struct span){0}, E_IO, 8, &o, &d), E_IO);
    ck_assert_int_eq(d.code, E_IO);
    decision_free(&o);
}
END_TEST

/* A CSR's own faults come through, behind the cheaper checks. */
START_TEST(faults_of_the_csr)
{
    EVP_PKEY *key = help_key(KEY_SM2), *other = help_key(KEY_SM2);
    STACK_OF(X509_EXTENSION) *ca = NULL;
    struct buf csr = {0}, line = {0};
    X509_NAME *name = name_make("CN", "a", NULL);
    help_extension(&ca, NID_basic_constraints, "CA:TRUE");
    struct wish i = wish(key);
    i.extensions = ca;
    expect_err(decide_wish(&i, NULL), E_CSR_ASKS_CA);
    csr_make(key, SIG_SM2_SM3, name, NULL, &csr);
    buf_append_byte(&csr, 0);
    line_make("t", "issue", "person", WORLD_NOW, &csr, &line);
    expect_err(decide_line(&line, NULL), E_CSR_TRAILING);
    buf_reset(&line);
    csr.len--;
    csr.data[csr.len - 1] ^= 1;
    line_make("s", "issue", "person", WORLD_NOW, &csr, &line);
    expect_err(decide_line(&line, NULL), E_CSR_SIGNATURE);
    sk_X509_EXTENSION_pop_free(ca, X509_EXTENSION_free);
    X509_NAME_free(name);
    buf_free(&csr);
    buf_free(&line);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

START_TEST(extensions_asked_for)
{
    struct decision o;
    EVP_PKEY *key = help_key(KEY_SM2);
    STACK_OF(X509_EXTENSION) *list = NULL, *mail = NULL;
    help_extension(&list, NID_key_usage, "critical,keyCertSign");
    help_extension(&list, NID_subject_alt_name, "DNS:www.example.org,IP:192.0.2.1");
    help_extension(&list, NID_ext_key_usage, "serverAuth");
    struct wish i = wish(key);
    i.extensions = list;
    expect_ok(decide_wish(&i, &o)); /* a person's names are not taken */
    ck_assert_uint_eq(o.san.len, 0);
    ck_assert_str_eq(o.ignored, "keyUsage,subjectAltName,extendedKeyUsage");
    decision_free(&o);
    EVP_PKEY_free(key);
    i.key = key = help_key(KEY_SM2);
    i.profile = "device";
    expect_ok(decide_wish(&i, &o));
    ck_assert_uint_eq(o.san.len, 2 + 2 + 15 + 2 + 4);
    ck_assert_str_eq(o.ignored, "keyUsage,extendedKeyUsage");
    decision_free(&o);
    help_extension(&mail, NID_subject_alt_name, "email:a@b.example");
    i.extensions = mail;
    expect_err(decide_wish(&i, &o), E_CSR_EXTENSION);
    ck_assert_str_eq(o.clause, "rule extensions");
    decision_free(&o);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    sk_X509_EXTENSION_pop_free(mail, X509_EXTENSION_free);
    EVP_PKEY_free(key);
}
END_TEST

/* As many as there is room for, and the array holds. */
START_TEST(many_ignored_extensions)
{
    struct decision o;
    EVP_PKEY *key = help_key(KEY_SM2);
    STACK_OF(X509_EXTENSION) *list = NULL;
    ASN1_OCTET_STRING *null = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(null, (const uint8_t *)"\x05\x00", 2);
    for (int k = 0; k < 40; k++) {
        char oid[40];
        snprintf(oid, sizeof oid, "2.999.123456789.%d", k);
        ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
        X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, object, k % 2, null);
        ck_assert_ptr_nonnull(X509v3_add_ext(&list, ext, -1));
        X509_EXTENSION_free(ext);
        ASN1_OBJECT_free(object);
    }
    struct wish i = wish(key);
    i.extensions = list;
    expect_ok(decide_wish(&i, &o));
    ck_assert_uint_le(strlen(o.ignored), sizeof o.ignored - 1);
    ck_assert_ptr_nonnull(strstr(o.ignored, "2.999.123456789.0,2.999.123456789.1,"));
    decision_free(&o);
    ASN1_OCTET_STRING_free(null);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    EVP_PKEY_free(key);
}
END_TEST

Suite *suite_decide(void)
{
    Suite *s = suite_create("decide");
    TCase *t = tcase_create("decide");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, one_that_is_issued);
    tcase_add_loop_test(t, a_history_that_cannot_be_read, 0, 2);
    tcase_add_test(t, the_decision_table);
    tcase_add_test(t, dates_at_their_bounds);
    tcase_add_test(t, clauses);
    tcase_add_test(t, sizes_of_keys);
    tcase_add_test(t, weak_keys);
    tcase_add_test(t, keys_within_one_batch);
    tcase_add_test(t, a_refused_request_takes_no_key);
    tcase_add_test(t, ids);
    tcase_add_test(t, each_list_once);
    tcase_add_test(t, the_id_of_a_broken_line);
    tcase_add_test(t, broken_lines);
    tcase_add_test(t, faults_of_the_csr);
    tcase_add_test(t, extensions_asked_for);
    tcase_add_test(t, many_ignored_extensions);
    suite_add_tcase(s, t);
    return s;
}
