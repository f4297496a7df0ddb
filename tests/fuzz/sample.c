/* sample DIR - make the fixed things that targets read (DIR/sample) and the seeds that each must accept
 * (DIR/corpus/TARGET/good-*), with fresh keys, by the product's own writers.
 */
#include <errno.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/checkpoint.h"
#include "batch/certify.h"
#include "batch/intake.h"
#include "core/clock.h"
#include "expect.h"
#include "fuzz.h"
#include "help_bundle.h"
#include "help_cmc.h"
#include "help_crl.h"
#include "help_eseal.h"
#include "help_evidence.h"
#include "help_ocsp.h"
#include "help_pki.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/name.h"
#include "pki/tbs.h"
#include "sample_records.h"

static const char *root;
static struct diag d;

/* Write a file, its folders made. */
__attribute__((format(printf, 2, 3))) static void put(struct span bytes, const char *format, ...)
{
    char path[512], folder[512];
    va_list ap;
    va_start(ap, format);
    int n = snprintf(path, sizeof path, "%s/", root);
    vsnprintf(path + n, sizeof path - (size_t)n, format, ap);
    va_end(ap);
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        ck_assert(mkdir(folder, 0755) == 0 || errno == EEXIST);
    }
    FILE *f = fopen(path, "wb");
    ck_assert(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0);
}

/* -- an issuer for each key of the shipped policy -- */

struct own {
    struct issuer issuer;
    EVP_PKEY *key;
};

static void make_issuer(const struct policy_key *row, struct own *out)
{
    static const uint8_t serial[16] = {0x40};
    struct key public;
    struct buf tbs = {0}, cert = {0};
    *out = (struct own){.issuer.row = row, .key = help_key(row->kind)};
    expect_ok(name_from_rules(row->subject, row->subjects, &out->issuer.subject, &d));
    expect_ok(key_from_pkey(out->key, &public, &d));
    const struct tbs_spec spec = {.serial = {serial, sizeof serial},
                                  .alg = row->alg,
                                  .sm2_null = row->sm2_null,
                                  .issuer = buf_span(&out->issuer.subject),
                                  .subject = buf_span(&out->issuer.subject),
                                  .not_before = FUZZ_NOW,
                                  .not_after = tbs_add_period(FUZZ_NOW, &row->validity) - 1,
                                  .spki = buf_span(&public.spki),
                                  .ski = {public.ski, sizeof public.ski},
                                  .ca = true,
                                  .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN};
    expect_ok_diag(tbs_build(&spec, &tbs, &d), &d);
    help_assemble(&tbs, row->alg, out->key, &cert);
    put(buf_span(&cert), "sample/issuer/%s.der", row->name);
    expect_ok(cert_parse(buf_span(&cert), &out->issuer.cert, &d));
    key_free(&public);
    buf_free(&tbs);
    buf_free(&cert);
}

/* -- a request under each profile, its batch line, certificate and plan item -- */

struct desk {
    const struct policy_authority *authority;
    struct decider decider;
    struct buf plan;
    struct own issuers[4];
    int64_t n;
};

static void make_request(const struct policy_profile *p, int64_t n, struct buf *der, struct buf *envelope)
{
    static const enum sig_alg algs[] = {
        [KEY_SM2] = SIG_SM2_SM3, [KEY_P256] = SIG_ECDSA_SHA256, [KEY_P384] = SIG_ECDSA_SHA384, [KEY_RSA] = SIG_RSA_SHA256};
    enum key_kind kind = p->keys[(size_t)n % p->keys_n].kind;
    EVP_PKEY *key = help_key(kind);
    X509_REQ *req = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *ext = NULL;
    for (size_t i = 0; i < p->subject_n; i++) {
        const struct policy_attribute *a = &p->subject[i];
        const char *value = a->value != NULL ? a->value : a->string == POLICY_UTF8 ? "\xe6\xb1\x9f X" : "X 1";
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), a->type, MBSTRING_UTF8,
                                                    (const uint8_t *)value, -1, -1, 0),
                         1);
    }
    ck_assert_int_eq(X509_REQ_set_pubkey(req, key), 1);
    if (p->copy_san)
        help_extension(&ext, NID_subject_alt_name, "DNS:a.example.com,IP:192.0.2.1,IP:2001:db8::1");
    help_extension(&ext, NID_key_usage, "critical,digitalSignature");
    ck_assert_int_eq(X509_REQ_add_extensions(req, ext), 1);
    uint8_t *bytes = NULL;
    struct buf tbs = {0};
    int len = i2d_re_X509_REQ_tbs(req, &bytes);
    ck_assert_int_gt(len, 0);
    buf_append(&tbs, bytes, (size_t)len);
    help_assemble(&tbs, algs[kind], key, der);
    if (p->pair != NULL)
        help_envelope(key, envelope);
    buf_free(&tbs);
    OPENSSL_free(bytes);
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    X509_REQ_free(req);
    EVP_PKEY_free(key);
}

static const struct own *issuer_of(const struct desk *k, const char *key)
{
    for (size_t i = 0; i < k->authority->keys_n; i++)
        if (strcmp(k->issuers[i].issuer.row->name, key) == 0)
            return &k->issuers[i];
    ck_abort_msg("no key %s", key);
}

static void answer(struct desk *k, const struct policy_profile *p, const struct decision *o)
{
    const struct own *own = issuer_of(k, p->key);
    struct plan_item item = {.n = k->n, .act = PLAN_ISSUE, .serial = {0x40, [15] = (uint8_t)k->n}};
    struct buf cert = {0};
    snprintf(item.id, sizeof item.id, "%s", o->request.id);
    snprintf(item.clause, sizeof item.clause, "%s", o->clause);
    expect_ok_diag(certify_build(&own->issuer, o, FUZZ_NOW, &item, &d), &d);
    help_assemble(&item.tbs, own->issuer.row->alg, own->key, &cert);
    put(buf_span(&cert), "corpus/cert/good-%s-%s", k->authority->name, p->name);
    expect_ok(plan_write_item(&item, &k->plan));
    plan_item_free(&item);
    buf_free(&cert);
}

/* One number of IdentifyCode and one other, as far as the profile has rows for them; one of them overridden. */
static void make_identity(const struct policy_profile *p, struct request *r)
{
    static const char *const numbers[] = {
        [POLICY_RESIDENT_ID] = "11010519491231002X", [POLICY_ORGANIZATION_CODE] = "91350100M000100Y4A"};
    static const enum policy_identity fields[] = {POLICY_RESIDENT_ID, POLICY_ORGANIZATION_CODE};
    for (size_t i = 0; i < 2; i++)
        if (policy_identity_find(p, fields[i]) != NULL)
            snprintf(r->identity.value[fields[i]], sizeof r->identity.value[0], "%s", numbers[fields[i]]);
    if (r->identity.value[POLICY_ORGANIZATION_CODE][0] != '\0')
        snprintf(r->override_, sizeof r->override_, "seen \xe8\xaf\x81");
}

static void ask(struct desk *k, const struct policy_profile *p)
{
    struct request r = {.requested_at = FUZZ_NOW, .op_text = "issue", .operator_ = "clerk-1", .has_evidence = k->n % 2 == 0};
    struct buf line = {0};
    struct decision o;
    k->n++;
    snprintf(r.id, sizeof r.id, "r-%d", (int)k->n);
    snprintf(r.profile, sizeof r.profile, "%s", p->name);
    make_request(p, k->n, &r.csr, &r.pair.enveloped_key);
    make_identity(p, &r);
    r.pair.has_serial = p->pair != NULL;
    put(buf_span(&r.csr), "corpus/csr/good-%s-%s", k->authority->name, p->name);
    expect_ok(request_write(&r, &line));
    expect_ok(decide_request(&k->decider, buf_span(&line), E_OK, (uint64_t)k->n + 1, &o, &d));
    ck_assert_msg(o.code == E_OK, "%s: %s: %s", p->name, err_name(o.code), o.detail);
    answer(k, p, &o);
    struct buf batch = {0};
    expect_ok(header_write(k->decider.header, &batch));
    buf_printf(&batch, "\n%.*s\n", (int)line.len, (const char *)line.data);
    put(buf_span(&batch), "corpus/batch/good-%s-%s", k->authority->name, p->name);
    buf_free(&batch);
    decision_free(&o);
    request_free(&r);
    buf_free(&line);
}

static void make_authority(const struct policy_authority *a, const char *ra)
{
    struct batch_header h = {.sequence = 1, .created = FUZZ_NOW, .valid_until = FUZZ_NOW + 86400,
                             .count = 1, .id = "b-1"};
    struct plan_header p = {.id = "b-1", .sequence = 1, .created = FUZZ_NOW, .expires = FUZZ_NOW + 86400, .log_size = 9,
                            .log_bytes = 4321, .approvals_n = 2, .approvals = {[1].role = POLICY_REVIEW}};
    struct desk k = {.authority = a};
    struct plan_item refused = {.code = E_KEY_SIZE, .clause = "c 1", .detail = "1024 bits"};
    k.decider = (struct decider){.policy = &policy_table, .authority = a, .header = &h, .now = FUZZ_NOW};
    snprintf(h.authority, sizeof h.authority, "%s", a->name);
    snprintf(h.ra, sizeof h.ra, "%s", ra);
    snprintf(p.authority, sizeof p.authority, "%s", a->name);
    snprintf(p.ra, sizeof p.ra, "%s", ra);
    expect_ok(plan_write_header(&p, &k.plan));
    for (size_t i = 0; i < a->keys_n; i++)
        make_issuer(&a->keys[i], &k.issuers[i]);
    /* The encrypting half of a pair comes with a key under wraps, from elsewhere. */
    for (size_t i = 0; i < a->profiles_n; i++)
        if (a->profiles[i].pair == NULL)
            ask(&k, &a->profiles[i]);
    refused.n = k.n + 1;
    expect_ok(plan_write_item(&refused, &k.plan));
    expect_ok(plan_write_end(&(struct plan_counts){.issue = k.n, .refuse = 1}, &k.plan));
    put(buf_span(&k.plan), "corpus/plan/good-%s", a->name);
    for (size_t i = 0; i < a->keys_n; i++) {
        buf_free(&k.issuers[i].issuer.subject);
        X509_free(k.issuers[i].issuer.cert);
        EVP_PKEY_free(k.issuers[i].key);
    }
    decider_free(&k.decider);
    buf_free(&k.plan);
}

/* -- a bundle, and the persons who approved its batch -- */

static void copy(const char *from, const char *to)
{
    struct buf bytes = {0};
    help_read(from, &bytes);
    put(buf_span(&bytes), "%s", to);
    buf_free(&bytes);
}

static void copy_bundle_file(const char *name, int number)
{
    struct buf bytes = {0}, seed = {0};
    char from[64];
    snprintf(from, sizeof from, "bundle/%s", name);
    help_read(from, &bytes);
    put(buf_span(&bytes), "sample/%s", from);
    buf_append_byte(&seed, (uint8_t)number);
    buf_append(&seed, bytes.data, bytes.len);
    put(buf_span(&seed), "corpus/bundle/good-%s", name);
    if (number == MANIFEST_SEAL)
        put(buf_span(&bytes), "corpus/seal/good-sm3");
    buf_free(&bytes);
    buf_free(&seed);
}

static void make_approval(enum key_kind kind, enum sig_alg alg, const char *name, const struct buf *batch)
{
    EVP_PKEY *key = help_key(kind);
    X509 *cert = help_cert(key, alg, name);
    struct buf text = {0}, der = {0}, cms = {0}, wrapped = {0}, signature = {0};
    expect_ok(cert_write_der(cert, &der));
    put(buf_span(&der), "sample/person-%s.der", name);
    help_approval(buf_span(batch), &text);
    expect_ok(cms_sign(cert, key, buf_span(&text), FUZZ_NOW, &cms, &d));
    put(buf_span(&cms), "corpus/approval/good-%s", name);
    expect_ok(alg_sign(alg, key, buf_span(&text), &signature));
    expect_ok(cms_wrap(cert, alg, buf_span(&signature), &wrapped, &d));
    put(buf_span(&wrapped), "corpus/approval/good-%s-plain", name);
    if (kind == KEY_SM2) {
        const struct cms_signer signer = cms_signer_in_memory(key, CMS_GMT0010);
        buf_reset(&cms);
        expect_ok(cms_sign_with(cert, &signer, buf_span(&text), FUZZ_NOW, &cms, &d));
        put(buf_span(&cms), "corpus/approval/good-%s-gmt0010", name);
    }
    buf_free(&text);
    buf_free(&der);
    buf_free(&cms);
    buf_free(&wrapped);
    buf_free(&signature);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void make_bundle(void)
{
    struct help_bundle b;
    help_bundle_make(&b);
    help_bundle_write(&b);
    copy("batch/" BATCH_FILE, "sample/batch/" BATCH_FILE);
    copy("anchors/ca-root.pem", "sample/anchors/ca-root.pem");
    copy("anchors/the-bundle.pem", "sample/anchors/the-bundle.pem");
    copy("anchors/the-log.pem", "sample/anchors/the-log.pem");
    for (int f = 0; f < MANIFEST_FILES; f++)
        copy_bundle_file(manifest_file_name((enum manifest_file)f), f);
    copy_bundle_file("bundle.json", MANIFEST_FILES);
    copy_bundle_file("bundle.p7s", MANIFEST_FILES + 1);
    copy_bundle_file(HELP_BUNDLE_LIST, MANIFEST_FILES + 2);
    make_approval(KEY_SM2, SIG_SM2_SM3, "sm2", &b.batch);
    make_approval(KEY_RSA, SIG_RSA_SHA256, "rsa", &b.batch);
    help_bundle_free(&b);
    ck_assert(help_run("rm -r batch bundle anchors"));
    help_clean();
}

/* -- lists of revoked certificates and responses about one -- */

static void make_lists(const struct help_ocsp *h, const char *name)
{
    struct crl_head head = help_crl_head(h->ca, h->ca_row.alg);
    for (int delta = 0; delta < 2; delta++)
        for (size_t n = 0; n <= 4; n += 4) {
            struct buf tbs = {0}, crl = {0};
            head.base = delta ? 3 : 0;
            head.freshest_url = n > 0 ? "http://crl.example/delta.crl" : NULL;
            help_crl_tbs(&head, help_crl_entries, n, &tbs);
            help_crl(&head, help_crl_entries, n, h->ca_key, &crl);
            put(buf_span(&tbs), "corpus/crl/good-%s-%s-%zu-tbs", name, delta ? "delta" : "full", n);
            put(buf_span(&crl), "corpus/crl/good-%s-%s-%zu", name, delta ? "delta" : "full", n);
            buf_free(&tbs);
            buf_free(&crl);
        }
}

static void make_status(enum sig_alg alg, const char *name)
{
    struct help_ocsp h;
    help_ocsp_make(&h, alg);
    make_lists(&h, name);
    struct ocsp_status s = help_ocsp_status(&h);
    for (int i = 0; i < 3; i++) {
        struct buf der = {0};
        s.revoked = i > 0;
        s.revoked_at = i > 0 ? HELP_OCSP_NOW : 0;
        s.reason = i > 1 ? 6 : 0;
        help_ocsp_response(&h, &s, &der);
        put(buf_span(&der), "corpus/ocsp/good-%s-%d", name, i);
        buf_free(&der);
    }
    help_ocsp_free(&h);
}

/* -- logs that have a line of every type between them, each short so that it is read fast -- */

static json_t *fields_of(enum record_type type, const char *hash, const struct log_position *at)
{
    struct seal s;
    if (type != RECORD_SEAL)
        return sample_fields(type, hash);
    expect_ok(seal_of(at, "log.sm2", &s));
    buf_append(&s.signature, "signed", 6);
    json_t *fields = seal_fields(&s);
    seal_free(&s);
    return fields;
}

static void log_line(enum record_type type, const char *hash, struct log_position *at, struct buf *log)
{
    struct buf line = {0};
    at->size++;
    at->time = FUZZ_NOW + (int64_t)at->size;
    struct log_position before = *at;
    before.size--;
    expect_ok_diag(record_write(at->size, at->time, type, at->head, fields_of(type, hash, &before), &line, &d), &d);
    buf_append(log, line.data, line.len);
    buf_append_byte(log, '\n');
    expect_ok(digest_bytes(at->hash, line.data, line.len, at->head));
    if (type == RECORD_GENESIS)
        memcpy(at->id, at->head, DIGEST_LEN);
    expect_ok(merkle_append(&at->merkle, buf_span(&line)));
    buf_free(&line);
}

static void make_logs(const char *hash, enum digest_alg alg)
{
    for (int first = RECORD_GENESIS + 1; first < RECORD_TYPE_COUNT; first += 3) {
        struct buf log = {0};
        struct log_position at = {.hash = alg};
        log_line(RECORD_GENESIS, hash, &at, &log);
        for (int type = first; type < first + 3 && type < RECORD_TYPE_COUNT; type++)
            log_line((enum record_type)type, hash, &at, &log);
        put(buf_span(&log), "corpus/log/good-%s-%s", hash, record_type_name((enum record_type)first));
        buf_free(&log);
    }
}

/* -- a small policy with everything that a policy can say -- */

static const char small_policy[] =
    "name: n\ntoken: 'pkcs11:token=t'\nsm2-vendor: softhsm-sm2\nlog:\n  hash: sm3\n  key: {name: l, uri: 'pkcs11:token=t;"
    "object=l', "
    "kind: sm2, alg: sm2-sm3, validity: 20y, clause: c, subject: [{type: CN, value: l, clause: c}]}\nbundle:\n"
    "  key: {name: b, uri: 'pkcs11:token=t;object=b', kind: rsa, bits: 3072, alg: rsa-pss-sha256, validity: 240m, clause: c, "
    "subject: [{type: CN, value: b, clause: c}]}\nlimits: {batch-bytes: 65536, "
    "token-timeout: 30s, clock-jump: 99d, batch-requests: 10, batch-age: 7d, "
    "plan-lifetime: 24h, clause: c}\nquorum: {officers: 2, clause: c}\n%c"
    "ras:\n  - {id: r, authority: ca}\npersons:\n  - {id: p, ra: r, role: entry, certificate: person-sm2.der}\n"
    "officers:\n  - {id: o, certificate: person-rsa.der}\n  - {id: q, certificate: issuer/netca-root-rsa.der}\n%c"
    "authority: ca\ntitle: \xe6\xb1\x9f\nagreement: a.txt\nkeys:\n  - {name: k, uri: 'pkcs11:token=t;object=k', kind: sm2, "
    "alg: sm2-sm3, sm2-null: true, validity: 20y, crl: {period: 7d, delta: 1d, url: 'http://c.example.com/', clause: c}, "
    "clause: c, subject: [{type: CN, value: k, clause: c}]}\n"
    "  - {name: o, uri: 'pkcs11:object=o', kind: sm2, alg: sm2-sm3, validity: 2y, clause: c, subject: [{type: CN, value: o, "
    "clause: c}]}\n"
    "  - {name: s, uri: 'pkcs11:object=s', kind: sm2, alg: sm2-sm3, validity: 9y, crl: {period: 7d, clause: c}, clause: c, "
    "subject: [{type: CN, value: s, clause: c}]}\n"
    "services:\n  clause: c\n  offered: [{op: issue, clause: c}, {op: renew, clause: c}, {op: suspend, clause: c}, "
    "{op: resume, clause: c}, {op: revoke, by: subscriber, clause: c}, {op: revoke, by: operator, clause: c}, "
    "{op: seal-issue, clause: c}, {op: seal-revoke, by: ceased, clause: c}]\n"
    "reasons: [{by: subscriber, name: k, code: keyCompromise, clause: c}, {by: operator, name: f, code: unspecified, "
    "clause: c}, {by: ceased, name: d, code: cessationOfOperation, clause: c}]\n"
    "renewal: {window: 30d, new-key: true, clause: c, key-clause: c}\nrevoke-within: {duration: 24h, clause: c}\n"
    "ocsp: {key: o, period: 3d, clause: c}\nseals: {key: s, validity: {period: 1y, clause: c}, clause: c}\napprovals: [{role: entry, count: 1, clause: c}, "
    "{role: review, count: 1, clause: c}]\n"
    "profiles:\n  - name: d\n    kind: device\n    key: k\n    clause: c\n    subject-keys: {clause: c, allowed: [{kind: sm2}, "
    "{kind: rsa, min-bits: 2048, max-bits: 4096}]}\n    subject:\n      - {type: O, value: v, clause: c}\n"
    "      - {type: CN, required: true, max: 20, clause: c}\n    validity: {period: 1y, clause: c}\n"
    "    key-usage: {bits: [digitalSignature, keyEncipherment], clause: c}\n    extensions: {extended-key-usage: "
    "[1.3.6.1.5.5.7.3.1], policies: [2.999.1], crl: ['http://c.example.com/'], ocsp: ['http://o.example.com/'], issuers: "
    "['http://i.example.com/'], copy-extensions: [subjectAltName], clause: c}\n";

static void make_policy(void)
{
    struct buf text = {0};
    buf_printf(&text, small_policy, 0, 0);
    put(buf_span(&text), "corpus/policy/good-small");
    buf_free(&text);
}

/* -- electronic seals, and what is signed with them; pictures -- */

static void make_eseals(void)
{
    struct help_eseal h;
    struct buf der = {0};
    help_eseal_make(&h);
    expect_ok(cert_write_der(h.ca, &der));
    put(buf_span(&der), "sample/eseal-ca.der");
    put(buf_span(&h.seal), "corpus/eseal/good-certificate");
    put(buf_span(&h.value), "corpus/eseal/good-value");
    put(help_png, "corpus/eseal/good-png");
    put(help_gif, "corpus/eseal/good-gif");
    uint8_t digest[DIGEST_LEN];
    expect_ok(digest_bytes(DIGEST_SM3, h.holder_der.data, h.holder_der.len, digest));
    h.info.version = 5;
    h.info.list = ESEAL_DIGESTS;
    h.info.signers[0] = (struct eseal_signer){{(const uint8_t *)"SM3", 3}, {digest, sizeof digest}};
    h.info.extensions = (struct span){(const uint8_t *)"\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x02hi", 13};
    help_eseal_sign(&h);
    put(buf_span(&h.value), "corpus/eseal/good-digest");
    help_eseal_free(&h);
    buf_free(&der);
}

/* -- CMC requests -- */

static void make_cmc(enum sig_alg alg, const char *name)
{
    EVP_PKEY *key = help_key(alg_sig_key(alg));
    X509 *cert = help_cert(key, alg, "another RA");
    struct buf csr = {0}, request = {0};
    help_csr(key, alg, NULL, &csr);
    help_cmc_good(buf_span(&csr), cert, key, &request);
    put(buf_span(&request), "corpus/cmc/good-%s", name);
    buf_free(&csr);
    buf_free(&request);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* -- the head of a published log, and the evidence of one certificate -- */

static void make_checkpoints(void)
{
    static const uint8_t seed[32] = {FUZZ_CHECKPOINT_SEED};
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    struct note_key key;
    struct buf note = {0};
    expect_ok(note_key_of("log.example.com/rootseal", pkey, &key, &d));
    expect_ok(checkpoint_write(&key, &(struct checkpoint){.size = 70000, .root = {1, 2, 3}}, &note));
    put(buf_span(&note), "corpus/checkpoint/good-one");
    buf_append_str(&note, "\xe2\x80\x94 witness.example/w1 AAAABAAAAABnAAAA\n");
    put(buf_span(&note), "corpus/checkpoint/good-witnessed");
    buf_free(&note);
    EVP_PKEY_free(pkey);
}

/* Each with the byte before it that evidence.c of the targets knows it by. */
static void seed_part(unsigned *n, const struct buf *part, const char *name, size_t i)
{
    struct buf seed = {0};
    buf_append_byte(&seed, (uint8_t)(*n)++);
    buf_append(&seed, part->data, part->len);
    put(buf_span(&seed), "corpus/evidence/good-%s-%zu", name, i);
    buf_free(&seed);
}

static void make_evidence(void)
{
    struct help_evidence h;
    struct buf seal = {0};
    unsigned n = 0;
    help_evidence_make(&h);
    const struct evidence *e = &h.evidence;
    put(buf_span(&h.text), "sample/evidence.txt");
    expect_ok(seal_write(&e->seal, &seal));
    seed_part(&n, &h.text, "text", 0);
    seed_part(&n, &seal, "seal", 0);
    seed_part(&n, &e->certificate, "certificate", 0);
    for (size_t i = 0; i < e->log.n; i++)
        seed_part(&n, &e->log.v[i].bytes, "log", i);
    for (size_t i = 0; i < 2; i++)
        seed_part(&n, &e->batch.v[i].bytes, "batch", i);
    for (size_t i = 0; i < 2; i++)
        seed_part(&n, &e->plan.v[i].bytes, "plan", i);
    const struct evidence_signatures *const all[] = {&e->approvals, &e->authorisations};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < all[k]->n; i++) {
            seed_part(&n, &all[k]->v[i].cms, k == 0 ? "approval" : "authorisation", i);
            seed_part(&n, &all[k]->v[i].certificate, k == 0 ? "person" : "officer", i);
        }
    buf_free(&seal);
    help_evidence_free(&h);
}

START_TEST(sample)
{
    make_checkpoints();
    make_evidence();
    make_bundle();
    make_status(SIG_SM2_SM3, "sm2");
    make_status(SIG_RSA_SHA256, "rsa");
    for (size_t i = 0; i < policy_table.ras_n; i++)
        make_authority(policy_authority_find(&policy_table, policy_table.ras[i].authority), policy_table.ras[i].id);
    put(alg_identifier(SIG_PSS_SHA256, false), "corpus/der/good-algorithm");
    make_policy();
    make_eseals();
    make_cmc(SIG_RSA_SHA256, "rsa");
    make_cmc(SIG_ECDSA_SHA256, "p256");
    make_cmc(SIG_SM2_SM3, "sm2");
    make_logs("sm3", DIGEST_SM3);
    make_logs("sha256", DIGEST_SHA256);
}
END_TEST

/* The helpers of the unit tests want to run inside a test. */
int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    root = argv[1];
    Suite *s = suite_create("sample");
    TCase *t = tcase_create("sample");
    tcase_add_test(t, sample);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
