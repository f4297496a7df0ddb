/* Requests about a certificate that was issued before: every state it can be in, against a table written from the agreements'
 * words and not from the code. */
#include <string.h>

#include "batch/decide.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"

Suite *suite_decide_status(void);

#define DAY INT64_C(86400)
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct policy_service services[] = {
    {.op = "issue", .clause = "c issue"},
    {.op = "renew", .clause = "c renew"},
    {.op = "change", .clause = "c change"},
    {.op = "add-application", .clause = "c add"},
    {.op = "suspend", .clause = "c suspend"},
    {.op = "resume", .clause = "c resume"},
    {.op = "accept", .clause = "c accept"},
    {.op = "revoke", .clause = "c revoke", .by = {true, false, true}, .by_clause = {"c by subscriber", NULL, "c by operator"}},
    {.op = "seal-revoke", .clause = "c seal", .by = {true, false, false}, .by_clause = {"c by subscriber", NULL, NULL}},
};
static const struct policy_reason reasons[] = {{"lost", POLICY_BY_SUBSCRIBER, 1, "c lost"},
                                               {"fee", POLICY_BY_OPERATOR, 9, "c fee"}};
static struct world w;
static struct batch_header header;
static struct diag d;

/* The history: one certificate, or none. */
static struct index_cert existing;
static bool there;

static enum err is_own(void *arg, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *why)
{
    (void)arg, (void)spki, (void)why;
    *own = false;
    return E_OK;
}

static enum err owner(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *found, struct diag *why)
{
    (void)arg, (void)spki, (void)subject, (void)why;
    *found = false;
    return E_OK;
}

static enum err certificate(void *arg, const char *authority, const uint8_t serial[SERIAL_LEN], struct index_cert *out,
                            bool *found, struct diag *why)
{
    (void)arg, (void)why;
    ck_assert_str_eq(authority, "ca");
    ck_assert_int_eq(serial[0], 7);
    *out = there ? existing : (struct index_cert){0};
    *found = there;
    return E_OK;
}
static const struct decide_history history = {NULL, is_own, owner, certificate};

static void set_up(void)
{
    d = (struct diag){0};
    world_policy(&w);
    w.authorities[0].services = services;
    w.authorities[0].services_n = COUNT(services);
    w.authorities[0].reasons = reasons;
    w.authorities[0].reasons_n = COUNT(reasons);
    w.authorities[0].renewal = (struct policy_renewal){{0, 1, 0}, true, "c window", "c new key"};
    w.keys[0].crl_period = DAY;
    w.keys[0].crl_clause = "c list";
    w.profiles[1] = w.profiles[0];
    w.profiles[1].name = "other";
    header = world_header(1);
    there = true;
    existing = (struct index_cert){.profile = "person", .key = "ca-root", .not_after = WORLD_NOW + 10 * DAY, .log_seq = 5};
}

static struct request ask(const char *op)
{
    struct request r = {.id = "r-1", .op = op_by_name(op), .requested_at = WORLD_NOW, .serial = {7}};
    snprintf(r.op_text, sizeof r.op_text, "%s", op);
    r.has_serial = (op_fields(r.op) & OP_SERIAL) != 0;
    return r;
}

/* The outcome; free it. */
static void decide(const struct request *r, const struct decide_history *past, struct decision *o)
{
    struct buf line = {0};
    struct decider c = {.policy = &w.policy, .authority = &w.authorities[0], .header = &header, .now = WORLD_NOW, .history = past};
    expect_ok(request_write(r, &line));
    expect_ok_diag(decide_request(&c, buf_span(&line), E_OK, 2, o, &d), &d);
    ck_assert_int_eq(o->detail[0] == '\0', o->code == E_OK);
    expect_seen(o->code);
    buf_free(&line);
    decider_free(&c);
}

static void expect_outcome(const struct request *r, enum err want, enum plan_act act, const char *clause)
{
    struct decision o;
    decide(r, &history, &o);
    ck_assert_msg(o.code == want, "%s of one %s, %d, until %+lld, accepted %d: %s and not %s", r->op_text, existing.profile,
                  (int)existing.status, (long long)(existing.not_after - WORLD_NOW), existing.accepted, err_name(o.code),
                  err_name(want));
    if (want == E_OK)
        ck_assert_int_eq(o.act, act);
    if (want == E_OK && clause != NULL)
        ck_assert_str_eq(o.clause, clause);
    decision_free(&o);
}

/* Set the certificate to the state number s; false when there are no more. */
static bool state_number(int s)
{
    static const int64_t ends[] = {-1, 0, 10 * DAY};
    static const char *const profiles[] = {"person", POLICY_SEAL};
    there = s % 2 == 0;
    s /= 2;
    existing.status = (enum index_status)(s % 3);
    s /= 3;
    existing.not_after = WORLD_NOW + ends[s % 3];
    s /= 3;
    existing.accepted = s % 2 == 1;
    s /= 2;
    snprintf(existing.profile, sizeof existing.profile, "%s", profiles[s % 2]);
    return s / 2 == 0;
}

/* What the state alone forbids, whatever is asked. */
static enum err dead(void)
{
    if (existing.not_after < WORLD_NOW)
        return E_CERT_EXPIRED;
    return existing.status == INDEX_REVOKED ? E_CERT_REVOKED : E_OK;
}

static enum err kind(bool of_seals)
{
    if (!there)
        return E_CERT_UNKNOWN;
    return (strcmp(existing.profile, POLICY_SEAL) == 0) != of_seals ? E_NOT_A_SEAL : E_OK;
}

static enum err first(enum err a, enum err b, enum err c)
{
    return a != E_OK ? a : b != E_OK ? b : c;
}

START_TEST(holds_and_hand_overs_in_every_state)
{
    struct request suspend = ask("suspend"), resume = ask("resume"), accept = ask("accept");
    for (int s = 0; state_number(s); s++) {
        bool held = existing.status == INDEX_HELD;
        expect_outcome(&suspend, first(kind(false), dead(), held ? E_CERT_HELD : E_OK), PLAN_HOLD, "c suspend");
        expect_outcome(&resume, first(kind(false), dead(), held ? E_OK : E_CERT_NOT_HELD), PLAN_RELEASE, "c resume");
        expect_outcome(&accept, first(kind(false), dead(), existing.accepted ? E_CERT_ACCEPTED : E_OK), PLAN_ACCEPT, "c accept");
    }
}
END_TEST

/* Two roots may have given one number; the request says whose is meant. */
START_TEST(an_issuer_that_is_named_is_the_issuer)
{
    struct request r = ask("suspend");
    snprintf(r.issuer, sizeof r.issuer, "ca-root");
    expect_outcome(&r, E_OK, PLAN_HOLD, "c suspend");
    snprintf(r.issuer, sizeof r.issuer, "ca-other");
    expect_outcome(&r, E_CERT_UNKNOWN, PLAN_HOLD, NULL);
}
END_TEST

START_TEST(revocations_in_every_state)
{
    static const struct {
        const char *by, *reason, *clause;
        enum err offered, reasoned;
    } whys[] = {{"subscriber", "lost", "c lost", E_OK, E_OK},
                {"subscriber", "fee", NULL, E_OK, E_REASON},
                {"subscriber", "nothing", NULL, E_OK, E_REASON},
                {"operator", "fee", "c fee", E_OK, E_OK},
                {"operator", "lost", NULL, E_OK, E_REASON},
                {"ceased", "lost", NULL, E_OP_NOT_OFFERED, E_OK},
                {"nobody", "lost", NULL, E_FIELD_VALUE, E_OK}};
    for (int s = 0; state_number(s); s++)
        for (size_t i = 0; i < COUNT(whys); i++)
            for (int seal = 0; seal < 2; seal++) {
                struct request r = ask(seal ? "seal-revoke" : "revoke");
                snprintf(r.by, sizeof r.by, "%s", whys[i].by);
                snprintf(r.reason, sizeof r.reason, "%s", whys[i].reason);
                enum err offered = seal && strcmp(r.by, "operator") == 0 ? E_OP_NOT_OFFERED : whys[i].offered;
                expect_outcome(&r, first(offered, kind(seal), first(whys[i].reasoned, dead(), E_OK)), PLAN_REVOKE,
                               whys[i].clause);
            }
}
END_TEST

START_TEST(at_a_desk_the_state_is_not_asked)
{
    static const char *const ops[] = {"suspend", "resume", "accept"};
    struct decision o;
    for (size_t i = 0; i < COUNT(ops); i++) {
        struct request r = ask(ops[i]);
        decide(&r, NULL, &o);
        expect_ok(o.code);
        ck_assert(!o.existing_found);
        decision_free(&o);
    }
}
END_TEST

START_TEST(lists_of_every_kind_of_key)
{
    static const struct {
        const char *key;
        int64_t period;
        enum err want;
        bool delta;
    } rows[] = {{"ca-root", 0, E_OK, false},      {"ca-root", 0, E_LIST_KEY, true}, {"ca-root", 60, E_OK, true},
                {"ca-rsa", 0, E_LIST_KEY, false}, {"ca-rsa", 60, E_LIST_KEY, true}, {"nobody", 0, E_LIST_KEY, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request r = ask(rows[i].delta ? "delta-crl" : "crl");
        snprintf(r.key, sizeof r.key, "%s", rows[i].key);
        w.keys[0].crl_delta_period = rows[i].period;
        expect_outcome(&r, rows[i].want, PLAN_CRL, "c list");
    }
}
END_TEST

/* -- certificates that follow another -- */

/* What of the request is the certificate's own. */
struct same {
    bool subject, key;
    const char *profile; /* of the request */
};

/* A kind of certificate that the request's profile is not for, one of a profile that is there no more, and so on. */
static enum err follows(enum op op, const struct same *s, bool early)
{
    bool same_profile = strcmp(existing.profile, s->profile) == 0;
    if (op == OP_RENEW)
        return early ? E_RENEWAL_TOO_EARLY
               : !same_profile ? E_PROFILE_OTHER
               : !s->subject   ? E_SUBJECT_OTHER
               : s->key        ? E_RENEWAL_SAME_KEY
                               : E_OK;
    if (op == OP_CHANGE)
        return !same_profile ? E_PROFILE_OTHER : s->subject ? E_SUBJECT_SAME : E_OK;
    bool of_kind = strcmp(existing.profile, "server") != 0;
    return same_profile || !of_kind ? E_PROFILE_OTHER : !s->subject ? E_SUBJECT_OTHER : E_OK;
}

/* Every op, profile, subject and key, for a certificate in this state. */
static void follow_all(struct request *r, const struct decision *issued, bool early)
{
    static const enum op ops[] = {OP_RENEW, OP_CHANGE, OP_ADD_APPLICATION};
    static const char *const clauses[] = {"c renew", "c change", "c add"};
    static const char *const wanted[] = {"person", "other"};
    for (unsigned i = 0; i < 3 * 2 * 2 * 2; i++) {
        size_t k = i % 3;
        struct same s = {.profile = wanted[i / 3 % 2], .subject = i / 6 % 2 == 1, .key = i / 12 == 1};
        r->op = ops[k];
        snprintf(r->op_text, sizeof r->op_text, "%s", op_name(ops[k]));
        snprintf(r->profile, sizeof r->profile, "%s", s.profile);
        memset(existing.subject, 1, DIGEST_LEN);
        memset(existing.spki, 1, DIGEST_LEN);
        if (s.subject)
            memcpy(existing.subject, issued->subject_digest, DIGEST_LEN);
        if (s.key)
            memcpy(existing.spki, issued->csr.key.digest, DIGEST_LEN);
        enum err held = existing.status == INDEX_HELD ? E_CERT_HELD : E_OK;
        expect_outcome(r, first(kind(false), dead(), held != E_OK ? held : follows(ops[k], &s, early)), PLAN_ISSUE, clauses[k]);
    }
}

START_TEST(certificates_that_follow_another_in_every_state)
{
    static const char *const profiles[] = {"person", "other", "server", "of-old"};
    struct decision issued;
    struct request r = ask("issue");
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "Wang Wu", NULL);
    csr_make(key, SIG_SM2_SM3, name, NULL, &r.csr);
    snprintf(r.profile, sizeof r.profile, "person");
    decide(&r, &history, &issued);
    expect_ok(issued.code);
    r.has_serial = true;
    for (int s = 0; state_number(s); s++)
        follow_all(&r, &issued, false);
    (void)state_number(0);
    for (size_t i = 0; i < COUNT(profiles); i++) {
        snprintf(existing.profile, sizeof existing.profile, "%s", profiles[i]);
        existing.not_after = WORLD_NOW + 31 * DAY - 1; /* the first second of the month before the end */
        follow_all(&r, &issued, false);
        existing.not_after = WORLD_NOW + 31 * DAY;
        follow_all(&r, &issued, true);
    }
    decision_free(&issued);
    request_free(&r);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* The batch with these requests, in their order. */
static enum err last_of(const struct request *r, size_t n)
{
    struct decider c = {.policy = &w.policy, .authority = &w.authorities[0], .header = &header, .now = WORLD_NOW, .history = &history};
    enum err e = E_OK;
    for (size_t i = 0; i < n; i++) {
        struct buf line = {0};
        struct decision o;
        expect_ok(request_write(&r[i], &line));
        expect_ok_diag(decide_request(&c, buf_span(&line), E_OK, 2 + i, &o, &d), &d);
        e = o.code;
        decision_free(&o);
        buf_free(&line);
    }
    decider_free(&c);
    return e;
}

START_TEST(what_is_not_offered)
{
    struct request r = ask("suspend"), list = ask("crl");
    expect_outcome(&r, E_OK, PLAN_HOLD, "c suspend");
    w.authorities[0].services_n = 4;
    expect_outcome(&r, E_OP_NOT_OFFERED, 0, NULL);
    w.authorities[0].services_n = COUNT(services);
    snprintf(header.ra, sizeof header.ra, HEADER_OWN_RA); /* the appliance asks for lists only */
    expect_outcome(&r, E_OP_NOT_OFFERED, 0, NULL);
    snprintf(list.key, sizeof list.key, "ca-root");
    expect_outcome(&list, E_OK, PLAN_CRL, "c list");
}
END_TEST

START_TEST(lists_come_last)
{
    struct request r[] = {ask("suspend"), ask("crl"), ask("resume")};
    snprintf(r[1].key, sizeof r[1].key, "ca-root");
    snprintf(r[1].id, sizeof r[1].id, "r-2");
    snprintf(r[2].id, sizeof r[2].id, "r-3");
    expect_err(last_of(r, 2), E_OK);
    expect_err(last_of(r, 3), E_LIST_NOT_LAST);
}
END_TEST

static enum err no_certificate(void *arg, const char *authority, const uint8_t serial[SERIAL_LEN], struct index_cert *out,
                               bool *found, struct diag *why)
{
    (void)arg, (void)authority, (void)serial;
    *out = (struct index_cert){0};
    *found = false;
    return diag_set(why, E_INDEX, "gone");
}

/* What cannot be looked up is no reason for a refusal. */
START_TEST(a_history_that_fails)
{
    static const struct decide_history failing = {NULL, is_own, owner, no_certificate};
    struct request r = ask("suspend");
    struct buf line = {0};
    struct decider c = {.policy = &w.policy, .authority = &w.authorities[0], .header = &header, .now = WORLD_NOW, .history = &failing};
    struct decision o;
    expect_ok(request_write(&r, &line));
    expect_err(decide_request(&c, buf_span(&line), E_OK, 2, &o, &d), E_INDEX);
    ck_assert_str_eq(d.text, "gone");
    decision_free(&o);
    decider_free(&c);
    buf_free(&line);
}
END_TEST

/* A window in years, in days, and none; a key that may stay. */
START_TEST(windows_of_every_kind)
{
    static const struct policy_period windows[] = {{1, 0, 0}, {0, 0, 30}, {0, 0, 0}};
    static const bool open[][2] = {{true, false}, {false, false}, {true, true}}; /* 100 and 400 days before the end */
    struct decision issued;
    struct request r = ask("issue");
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "Wang Wu", NULL);
    csr_make(key, SIG_SM2_SM3, name, NULL, &r.csr);
    snprintf(r.profile, sizeof r.profile, "person");
    decide(&r, &history, &issued);
    r.op = OP_RENEW;
    r.has_serial = true;
    snprintf(r.op_text, sizeof r.op_text, "renew");
    memcpy(existing.subject, issued.subject_digest, DIGEST_LEN);
    memcpy(existing.spki, issued.csr.key.digest, DIGEST_LEN);
    w.authorities[0].renewal.new_key = false;
    for (size_t i = 0; i < COUNT(windows); i++)
        for (size_t k = 0; k < 2; k++) {
            w.authorities[0].renewal.window = windows[i];
            existing.not_after = WORLD_NOW + (k == 0 ? 100 : 400) * DAY;
            expect_outcome(&r, open[i][k] ? E_OK : E_RENEWAL_TOO_EARLY, PLAN_ISSUE, "c renew");
        }
    decision_free(&issued);
    request_free(&r);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

Suite *suite_decide_status(void)
{
    Suite *s = suite_create("decide_status");
    TCase *t = tcase_create("decide_status");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, holds_and_hand_overs_in_every_state);
    tcase_add_test(t, an_issuer_that_is_named_is_the_issuer);
    tcase_add_test(t, revocations_in_every_state);
    tcase_add_test(t, at_a_desk_the_state_is_not_asked);
    tcase_add_test(t, lists_of_every_kind_of_key);
    tcase_add_test(t, certificates_that_follow_another_in_every_state);
    tcase_add_test(t, windows_of_every_kind);
    tcase_add_test(t, what_is_not_offered);
    tcase_add_test(t, lists_come_last);
    tcase_add_test(t, a_history_that_fails);
    suite_add_tcase(s, t);
    return s;
}
