/* No memory, where it would be a good request refused for good, a good approval called false, a good log called broken: see
 * memory_sweep.h. */
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/approval.h"
#include "batch/authorise.h"
#include "batch/decide.h"
#include "core/base64.h"
#include "expect.h"
#include "help_batch.h"
#include "help_eseal.h"
#include "help_pki.h"
#include "log/log.h"
#include "log/merkle_lines.h"
#include "log/position.h"
#include "log/seal.h"
#include "memory_sweep.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/csr.h"
#include "pki/identity.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/p7b.h"
#include "pki/san.h"
#include "pki/show_eseal.h"
#include "pki/tbs_view.h"
#include "sample_records.h"

Suite *suite_memory(void);

static struct diag d;
static bool differs; /* a call succeeded with another result than the first; told later, for Check allocates too */

#define SWEEP(f) memory_sweep(#f, f, &d, &differs)

/* What succeeds without some memory must be what comes with all of it. */
static enum err same_as_before(enum err e, struct span now, struct buf *before)
{
    if (e == E_OK && before->len == 0)
        buf_append(before, now.p, now.n);
    differs = differs || (e == E_OK && (before->len != now.n || memcmp(before->data, now.p, now.n) != 0));
    return e;
}

/* -- what they are called with -- */

static struct world w;
static const enum sig_alg algs[] = {SIG_SM2_SM3, SIG_PSS_SHA256, SIG_ECDSA_SHA256};
#define ALGS (sizeof algs / sizeof algs[0])
static struct buf csrs[ALGS], cert_der, cert_pem, cms[2], content, line, header_line, log_line, seal_file;
static STACK_OF(X509_EXTENSION) * san;
static X509_NAME *name;
static X509 *cert;
static struct csr csr;
static struct seal seal;
static struct log_position position;
static json_t *genesis;
static int dir = -1;

static void make_requests(void)
{
    name = name_make("C", "CN", "O", "The Operator", "CN", "a.example.com");
    help_extension(&san, NID_subject_alt_name, "DNS:a.example.com,IP:192.0.2.1");
    for (size_t i = 0; i < ALGS; i++) {
        EVP_PKEY *key = help_key(alg_sig_key(algs[i]));
        csr_make(key, algs[i], name, san, &csrs[i]);
        EVP_PKEY_free(key);
    }
    line_make("r-1", "issue", "device", WORLD_NOW, &csrs[0], &line);
    expect_ok(csr_parse(buf_span(&csrs[0]), &csr, &d));
}

static void make_signatures(void)
{
    struct batch_header h = world_header(1);
    uint8_t plan[DIGEST_LEN] = {1};
    expect_ok(header_write(&h, &header_line));
    tree_write(BATCH_FILE, header_line.data, header_line.len);
    help_approval(buf_span(&header_line), &content);
    expect_ok(cms_sign(w.person_certs[ENTRY_1], w.person_keys[ENTRY_1], buf_span(&content), WORLD_NOW, &cms[0], &d));
    expect_ok(cms_sign(w.person_certs[REVIEW_1], w.person_keys[REVIEW_1], buf_span(&content), WORLD_NOW, &cms[1], &d));
    tree_write("a.p7s", cms[0].data, cms[0].len);
    tree_write("b.p7s", cms[1].data, cms[1].len);
    for (int i = 0; i < 2; i++)
        expect_ok_diag(world_authorise(dir, &w.officers[i], w.officer_certs[i], w.officer_keys[i], plan, WORLD_NOW, &d),
                       &d);
}

static void make_log(void)
{
    static const uint8_t zeros[DIGEST_LEN];
    struct buf text = {0};
    genesis = sample_fields(RECORD_GENESIS, "sm3");
    expect_ok(record_write(1, WORLD_NOW, RECORD_GENESIS, zeros, json_incref(genesis), &log_line, &d));
    position = (struct log_position){.hash = DIGEST_SM3};
    expect_ok(position_advance(&position, buf_span(&log_line), WORLD_NOW));
    buf_append(&text, log_line.data, log_line.len);
    buf_append_byte(&text, '\n');
    tree_write(LOG_FILE, text.data, text.len);
    expect_ok(seal_of(&position, "log", &seal));
    buf_reset(&text);
    expect_ok(seal_text(&seal, &text));
    expect_ok(alg_sign(SIG_SM2_SM3, w.root_keys[0], buf_span(&text), &seal.signature));
    expect_ok(seal_write(&seal, &seal_file));
    buf_free(&text);
}

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
    world_make(&w);
    cert = w.root_certs[0];
    expect_ok(cert_write_der(cert, &cert_der));
    expect_ok(cert_write_pem(cert, &cert_pem));
    make_requests();
    make_signatures();
    make_log();
}

static void tear_down(void)
{
    for (size_t i = 0; i < ALGS; i++)
        buf_free(&csrs[i]);
    for (int i = 0; i < 2; i++)
        buf_free(&cms[i]);
    struct buf *all[] = {&cert_der, &cert_pem, &content, &line, &header_line, &log_line, &seal_file};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_free(all[i]);
    sk_X509_EXTENSION_pop_free(san, X509_EXTENSION_free);
    X509_NAME_free(name);
    csr_free(&csr);
    seal_free(&seal);
    json_decref(genesis);
    world_free(&w);
    close(dir);
    tree_remove();
}

/* -- requests -- */

static size_t which;
static enum err parse_csr(void)
{
    struct csr c;
    enum err e = csr_parse(buf_span(&csrs[which]), &c, &d);
    csr_free(&c);
    return e;
}
static enum err build_name(void)
{
    static struct buf whole;
    struct buf out = {0};
    enum err e = name_from_request(name, w.profiles[1].subject, w.profiles[1].subject_n, "c", &out, &d);
    e = same_as_before(e, buf_span(&out), &whole);
    buf_free(&out);
    return e;
}
static enum err build_own_name(void)
{
    static struct buf whole;
    struct buf out = {0};
    enum err e = name_from_rules(w.keys[0].subject, w.keys[0].subjects, &out, &d);
    e = same_as_before(e, buf_span(&out), &whole);
    buf_free(&out);
    return e;
}
static enum err show_name(void)
{
    static struct buf whole;
    struct buf out = {0};
    name_display(name, &out);
    enum err e = buf_err(&out);
    e = same_as_before(e, buf_span(&out), &whole);
    buf_free(&out);
    return e;
}
static enum err build_san(void)
{
    static struct buf whole;
    struct buf out = {0};
    enum err e = san_from_request(sk_X509_EXTENSION_value(san, 0), "c", &out, &d);
    e = same_as_before(e, buf_span(&out), &whole);
    buf_free(&out);
    return e;
}
static enum err build_identity(void)
{
    static const struct policy_identity_rule rules[] = {
        {POLICY_RESIDENT_ID, true, POLICY_CHECK_RESIDENT, "c"}, {POLICY_TAXATION, false, POLICY_CHECK_NONE, "c"}};
    static const struct policy_profile profile = {.name = "p", .clause = "c", .identity = rules, .identity_n = 2};
    static const struct identity asked = {.value = {[POLICY_RESIDENT_ID] = "11010519491231002X", [POLICY_TAXATION] = "1"}};
    static struct buf whole;
    struct buf out = {0};
    unsigned wrong;
    enum err e = identity_from_request(&asked, &profile, WORLD_NOW, false, &out, &wrong, &d);
    e = same_as_before(e, buf_span(&out), &whole);
    buf_free(&out);
    return e;
}
static enum err read_request(void)
{
    struct request r;
    struct buf out = {0};
    enum err e = request_parse(buf_span(&line), 2, &r, &d);
    if (e == E_OK) {
        (void)same_as_before(e, buf_span(&r.csr), &csrs[0]);
        differs = differs || strcmp(r.id, "r-1") != 0;
        snprintf(r.operator_, sizeof r.operator_, "op");
        r.has_evidence = true;
        e = request_write(&r, &out);
    }
    request_free(&r);
    buf_free(&out);
    return e;
}
static enum err nobody(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *found, struct diag *why)
{
    (void)arg, (void)spki, (void)subject, (void)why;
    *found = false;
    return E_OK;
}
static enum err not_own(void *arg, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *why)
{
    (void)arg, (void)spki, (void)why;
    *own = false;
    return E_OK;
}
/* No refusal may come of it. */
static enum err decide(void)
{
    static const struct decide_history history = {.is_own = not_own, .owner = nobody};
    static struct buf whole;
    struct batch_header h = world_header(1);
    struct decider c = {.policy = &w.policy, .authority = &w.authorities[0], .header = &h, .now = WORLD_NOW, .history = &history};
    struct decision o;
    enum err e = decide_request(&c, buf_span(&line), E_OK, 2, &o, &d);
    if (e == E_OK)
        e = same_as_before(o.code, (struct span){o.subject_digest, DIGEST_LEN}, &whole);
    decision_free(&o);
    decider_free(&c);
    return e;
}

START_TEST(requests)
{
    for (which = 0; which < ALGS; which++)
        SWEEP(parse_csr);
    SWEEP(build_name);
    SWEEP(build_own_name);
    SWEEP(show_name);
    SWEEP(build_san);
    SWEEP(build_identity);
    SWEEP(read_request);
    SWEEP(decide);
}
END_TEST

/* -- certificates -- */

static struct span to_read;
static enum err read_cert(void)
{
    X509 *x;
    uint8_t digest[DIGEST_LEN];
    struct buf out = {0};
    enum err e = cert_parse(to_read, &x, &d);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK)
        e = cert_write_der(x, &out);
    if (e == E_OK)
        e = cert_write_pem(x, &out);
    if (e == E_OK)
        e = cert_check_time(x, WORLD_NOW, &d);
    if (e == E_OK)
        e = cert_verify(x, w.root_keys[0], &d);
    X509_free(x);
    buf_free(&out);
    return e;
}
static enum err assemble(void)
{
    struct buf out = {0};
    enum err e = cert_assemble(buf_span(&cert_der), SIG_SM2_SM3, true, buf_span(&line), &out);
    buf_free(&out);
    return e;
}
static enum err write_p7b(void)
{
    int fd = openat(dir, "certs.der", O_RDONLY);
    unlinkat(dir, "certs.p7b", 0);
    enum err e = p7b_write(dir, "certs.p7b", fd, cert_der.len, &d);
    close(fd);
    return e;
}

START_TEST(certificates)
{
    to_read = buf_span(&cert_der);
    SWEEP(read_cert);
    to_read = buf_span(&cert_pem);
    SWEEP(read_cert);
    SWEEP(assemble);
    tree_write("certs.der", cert_der.data, cert_der.len);
    SWEEP(write_p7b);
}
END_TEST

/* -- electronic seals -- */

static struct help_eseal eseal;
static struct buf eseal_shown;
static enum err use_eseal(void)
{
    struct eseal_value v;
    struct buf out = {0};
    enum err e = eseal_value_parse(buf_span(&eseal.value), &v, &d);
    if (e == E_OK)
        e = eseal_value_verify(&v, &d);
    if (e == E_OK)
        e = eseal_check_maker(&v.seal, eseal.ca, &d);
    if (e == E_OK)
        e = eseal_build(&v.seal.info, &out, &d);
    if (e == E_OK)
        e = eseal_assemble(buf_span(&eseal.tbs), buf_span(&eseal.maker_der), buf_span(&eseal.holder_der), &out);
    if (e == E_OK)
        e = show_eseal(&v.seal.info, &out, &d);
    e = same_as_before(e, buf_span(&out), &eseal_shown);
    buf_free(&out);
    return e;
}

START_TEST(electronic_seals)
{
    help_eseal_make(&eseal);
    SWEEP(use_eseal);
    help_eseal_free(&eseal);
    buf_free(&eseal_shown);
}
END_TEST

/* -- approvals and authorisations -- */

static enum err verify_approval(void)
{
    struct cms *c;
    enum err e = cms_parse(buf_span(&cms[0]), &c, &d);
    if (e == E_OK)
        e = cms_verify(c, w.person_certs[ENTRY_1], buf_span(&content), &d);
    cms_free(c);
    return e;
}
static enum err sign_approval(void)
{
    struct buf out = {0};
    enum err e = cms_sign(w.person_certs[ENTRY_1], w.person_keys[ENTRY_1], buf_span(&content), WORLD_NOW, &out, &d);
    if (e == E_OK)
        e = cms_wrap(w.person_certs[ENTRY_1], SIG_SM2_SM3, buf_span(&line), &out, &d);
    buf_free(&out);
    return e;
}
static enum err check_approvals(void)
{
    struct batch_header h = world_header(1);
    struct approvals out;
    struct policy p = w.policy;
    p.persons_n = 2; /* each costs a certificate's allocations again and again */
    return approval_check(dir, &p, &w.authorities[0], &h, WORLD_NOW, &out, &d);
}
static enum err root_of_lines(void)
{
    uint8_t root[DIGEST_LEN];
    enum err e = merkle_lines_root((struct span){(const uint8_t *)"one\ntwo\nthree", 13}, root);
    return e == E_OK ? merkle_lines_root_file(dir, BATCH_FILE, LIMIT_BATCH_BYTES, root, &d) : e;
}
static enum err check_officers(void)
{
    struct authorisations out;
    uint8_t plan[DIGEST_LEN] = {1};
    struct policy p = w.policy;
    p.officers_n = 1;
    p.quorum = 1;
    return authorise_check(dir, &p, &(struct authorise_what){.digest = plan}, WORLD_NOW, &out, &d);
}
static enum err read_header(void)
{
    struct batch_header h;
    const struct policy_authority *a;
    struct buf out = {0};
    enum err e = header_parse(buf_span(&header_line), &h, &d);
    h.has_policy = h.has_previous = true;
    if (e == E_OK)
        e = header_write(&h, &out);
    if (e == E_OK)
        e = policy_digest(&w.policy, h.policy);
    if (e == E_OK)
        e = header_check(&h, &w.policy, WORLD_NOW, &a, &d);
    buf_free(&out);
    return e;
}

START_TEST(signatures_of_persons)
{
    SWEEP(verify_approval);
    SWEEP(sign_approval);
    SWEEP(read_header);
    SWEEP(root_of_lines);
    SWEEP(check_approvals);
    SWEEP(check_officers);
}
END_TEST

/* -- the log -- */

static enum err read_record(void)
{
    struct record r;
    struct buf out = {0};
    enum err e = record_parse(buf_span(&log_line), &r, &d);
    if (e == E_OK) {
        e = record_write(1, r.time, r.type, r.prev, json_incref(genesis), &out, &d);
    }
    record_free(&r);
    buf_free(&out);
    return e;
}
static enum err read_log(void)
{
    struct log_reader *r;
    struct span text;
    struct record rec;
    bool more = true, holds = false;
    enum err e = log_reader_open(dir, LOG_FILE, NULL, &r, &d);
    while (e == E_OK && more) {
        e = log_reader_next(r, &text, &rec, &more, &d);
        if (e == E_OK && more)
            record_free(&rec);
    }
    if (e == E_OK)
        e = log_position_holds(dir, log_reader_position(r), &holds, &d);
    log_reader_close(r);
    return e;
}
static enum err keep_position(void)
{
    struct buf saved = {0};
    enum err e = position_save(&position, &saved);
    struct log_position p = position;
    if (e == E_OK)
        e = position_advance(&p, buf_span(&log_line), WORLD_NOW);
    buf_free(&saved);
    return e;
}
static enum err read_seal(void)
{
    struct seal s;
    struct buf out = {0};
    json_t *fields = NULL;
    enum err e = seal_parse(buf_span(&seal_file), &s, &d);
    if (e == E_OK)
        e = seal_text(&s, &out);
    if (e == E_OK)
        e = seal_verify(&s, SIG_SM2_SM3, w.root_keys[0], &d);
    if (e == E_OK)
        e = seal_check_position(&s, &position, &d);
    if (e == E_OK && (fields = seal_fields(&s)) == NULL)
        e = E_NO_MEMORY;
    json_decref(fields);
    seal_free(&s);
    buf_free(&out);
    return e;
}

START_TEST(the_log)
{
    SWEEP(read_record);
    SWEEP(read_log);
    SWEEP(keep_position);
    SWEEP(read_seal);
}
END_TEST

Suite *suite_memory(void)
{
    Suite *s = suite_create("memory");
    TCase *t = tcase_create("none left");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, requests);
    tcase_add_test(t, certificates);
    tcase_add_test(t, electronic_seals);
    tcase_add_test(t, signatures_of_persons);
    tcase_add_test(t, the_log);
    suite_add_tcase(s, t);
    return s;
}
