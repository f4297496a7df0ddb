#include "help_bundle.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/decide.h"
#include "core/base64.h"
#include "core/clock.h"
#include "expect.h"
#include "help_pki.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/der.h"
#include "pki/name.h"
#include "pki/tbs.h"
#include "ra/lines.h"

#define FIRST_LINE 40
#define BEFORE 1700000000 /* when the keys were certified */
#define NOW 1760000000

enum { ROOT, BUNDLE, LOG };

static const struct policy_attribute root_name[] = {
    {.type = "CN", .value = "ca root", .max = 64, .clause = "c 1"}};
static const struct policy_attribute bundle_name[] = {
    {.type = "CN", .value = "bundles", .max = 64, .clause = "c 1"}};
static const struct policy_attribute log_name[] = {
    {.type = "CN", .value = "log", .max = 64, .clause = "c 1"}};
static const struct policy_key keys[] = {{.name = "ca-root",
                                          .uri = "pkcs11:object=ca-root",
                                          .kind = KEY_SM2,
                                          .bits = 256,
                                          .alg = SIG_SM2_SM3,
                                          .sm2_null = true,
                                          .subject = root_name,
                                          .subjects = 1,
                                          .validity = {.years = 20},
                                          .clause = "c 2"}};
static const struct policy_attribute subject[] = {
    {.type = "C", .value = "CN", .max = 2, .clause = "c 3"},
    {.type = "CN", .required = true, .max = 64, .clause = "c 3"}};
static const struct policy_subject_key subject_keys[] = {{KEY_SM2, 256, 256}, {KEY_P256, 256, 256}};
static const struct policy_profile profiles[] = {{.name = "person",
                                                  .key = "ca-root",
                                                  .clause = "c 4",
                                                  .keys = subject_keys,
                                                  .keys_n = 2,
                                                  .keys_clause = "c 5",
                                                  .subject = subject,
                                                  .subject_n = 2,
                                                  .validity = {.years = 1},
                                                  .validity_clause = "c 6",
                                                  .key_usage = KU_DIGITAL_SIGNATURE,
                                                  .key_usage_clause = "c 7",
                                                  .extensions_clause = "c 8",
                                                  .copy_san = true}};
static const struct policy_service services[] = {{.op = "issue", .clause = "c 9"}};
static const struct policy_approval approvals[] = {{POLICY_ENTRY, 1, "c 10"}};
static const struct policy_authority authorities[] = {{.name = "ca",
                                                       .title = "ca",
                                                       .agreement = "a.txt",
                                                       .keys = keys,
                                                       .keys_n = 1,
                                                       .services = services,
                                                       .services_n = 1,
                                                       .services_clause = "c 9",
                                                       .approvals = approvals,
                                                       .approvals_n = 1,
                                                       .profiles = profiles,
                                                       .profiles_n = 1}};
static const struct policy_ra ras[] = {{"town", "ca"}};
static const struct policy policy = {
    .name = "test",
    .token = "pkcs11:token=test",
    .log_hash = DIGEST_SM3,
    .log_key = {.name = "the-log",
                .uri = "pkcs11:object=the-log",
                .kind = KEY_SM2,
                .bits = 256,
                .alg = SIG_SM2_SM3,
                .sm2_null = true,
                .subject = log_name,
                .subjects = 1,
                .validity = {.years = 20},
                .clause = "c 11"},
    .bundle_key = {.name = "the-bundle",
                   .uri = "pkcs11:object=the-bundle",
                   .kind = KEY_RSA,
                   .bits = 2048,
                   .alg = SIG_RSA_SHA256,
                   .subject = bundle_name,
                   .subjects = 1,
                   .validity = {.years = 20},
                   .clause = "c 12"},
    .limits = {1 << 20, 100, 7 * 86400, 86400, 60, "c 13"},
    .quorum = 2,
    .quorum_clause = "c 14",
    .authorities = authorities,
    .authorities_n = 1,
    .ras = ras,
    .ras_n = 1,
};

const struct policy *help_bundle_policy(void)
{
    return &policy;
}

static const struct policy_key *row_of(int which)
{
    return which == ROOT ? &keys[0] : which == BUNDLE ? &policy.bundle_key : &policy.log_key;
}

static void make_anchor(struct help_bundle *b, int which)
{
    const struct policy_key *row = row_of(which);
    static const uint8_t serial[16] = {0x40};
    struct buf name = {0}, tbs = {0};
    struct key public;
    struct diag d = {0};
    b->keys[which] = help_key(row->kind);
    expect_ok(key_from_pkey(b->keys[which], &public, &d));
    expect_ok(name_from_rules(row->subject, row->subjects, &name, &d));
    const struct tbs_spec spec = {
        .serial = {serial, sizeof serial},
        .alg = row->alg,
        .sm2_null = true,
        .issuer = buf_span(&name),
        .subject = buf_span(&name),
        .not_before = BEFORE,
        .not_after = tbs_add_period(BEFORE, &row->validity) - 1,
        .spki = buf_span(&public.spki),
        .ski = {public.ski, sizeof public.ski},
        .ca = which == ROOT,
        .key_usage = which == ROOT ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE,
    };
    expect_ok_diag(tbs_build(&spec, &tbs, &d), &d);
    help_assemble(&tbs, row->alg, b->keys[which], &b->certs[which]);
    key_free(&public);
    buf_free(&name);
    buf_free(&tbs);
}

/* -- the batch -- */

static void add_request(struct help_bundle *b, const char *id, bool spoil)
{
    struct request r = {.requested_at = NOW};
    EVP_PKEY *key = help_key(strcmp(id, "one") == 0 ? KEY_SM2 : KEY_P256);
    STACK_OF(X509_EXTENSION) *ext = NULL;
    help_extension(&ext, NID_subject_alt_name, "DNS:a.example.com");
    help_csr(key, strcmp(id, "one") == 0 ? SIG_SM2_SM3 : SIG_ECDSA_SHA256, ext, &r.csr);
    if (spoil)
        r.csr.data[r.csr.len - 1] ^= 1;
    snprintf(r.id, sizeof r.id, "%s", id);
    strcpy(r.op_text, "issue");
    strcpy(r.profile, "person");
    expect_ok(request_write(&r, &b->batch));
    buf_append_byte(&b->batch, '\n');
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    EVP_PKEY_free(key);
    request_free(&r);
}

static void make_batch(struct help_bundle *b, struct batch_header *h)
{
    *h = (struct batch_header){
        .sequence = 7, .created = NOW, .valid_until = NOW + 86400, .count = 3};
    strcpy(h->authority, "ca");
    strcpy(h->ra, "town");
    strcpy(h->id, "b7");
    expect_ok(header_write(h, &b->batch));
    buf_append_byte(&b->batch, '\n');
    add_request(b, "one", false);
    add_request(b, "two", true);
    add_request(b, "three", false);
}

/* -- the answer -- */

struct answerer {
    struct help_bundle *b;
    char batch[DIGEST_HEX];
    uint8_t head[DIGEST_LEN];
    uint64_t seq;
    struct merkle merkle;
    struct buf certificates;
};

static void log_line(struct answerer *a, enum record_type type, json_t *fields)
{
    struct buf line = {0}, *log = &a->b->files[MANIFEST_LOG];
    struct diag d = {0};
    expect_ok_diag(record_write(a->seq, NOW, type, a->head, fields, &line, &d), &d);
    expect_ok(digest_bytes(DIGEST_SM3, line.data, line.len, a->head));
    expect_ok(merkle_append(&a->merkle, buf_span(&line)));
    buf_append(log, line.data, line.len);
    buf_append_byte(log, '\n');
    buf_free(&line);
    a->seq++;
}

static void result_line(struct answerer *a, json_t *obj)
{
    expect_ok(json_line_write(obj, &a->b->files[MANIFEST_RESULTS]));
    buf_append_byte(&a->b->files[MANIFEST_RESULTS], '\n');
    json_decref(obj);
}

static void certify(struct answerer *a, const struct decision *o, int64_t n, struct buf *cert,
                    struct buf *signature)
{
    uint8_t serial[16] = {0x40, [15] = (uint8_t)n};
    struct buf name = {0}, tbs = {0};
    struct diag d = {0};
    X509 *root;
    const struct policy_key *row = row_of(ROOT);
    expect_ok(cert_parse(buf_span(&a->b->certs[ROOT]), &root, &d));
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(root);
    expect_ok(name_from_rules(row->subject, row->subjects, &name, &d));
    const struct tbs_spec spec = {
        .serial = {serial, sizeof serial},
        .alg = row->alg,
        .sm2_null = true,
        .issuer = buf_span(&name),
        .subject = buf_span(&o->subject),
        .not_before = NOW,
        .not_after = tbs_add_period(NOW, &o->profile->validity) - 1,
        .spki = buf_span(&o->csr.key.spki),
        .aki = {ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)},
        .ski = {o->csr.key.ski, sizeof o->csr.key.ski},
        .key_usage = o->profile->key_usage,
        .san = buf_span(&o->san),
    };
    expect_ok_diag(tbs_build(&spec, &tbs, &d), &d);
    expect_ok(alg_sign(row->alg, a->b->keys[ROOT], buf_span(&tbs), signature));
    expect_ok(cert_assemble(buf_span(&tbs), row->alg, true, buf_span(signature), cert));
    X509_free(root);
    buf_free(&name);
    buf_free(&tbs);
}

static void answer_issued(struct answerer *a, const struct decision *o, int64_t n)
{
    struct buf cert = {0}, signature = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX], serial[33];
    certify(a, o, n, &cert, &signature);
    expect_ok(digest_bytes(DIGEST_SHA256, cert.data, cert.len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(serial, sizeof serial, "400000000000000000000000000000%02x", (unsigned)n);
    char *text = base64_string(cert.data, cert.len);
    char *signed_text = base64_string(signature.data, signature.len);
    result_line(a, json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "n", (json_int_t)n, "id",
                             o->request.id, "decision", "issued", "clause", o->clause, "profile",
                             o->profile->name, "serial", serial, "supersedes", "", "ignored", "", "log",
                             (json_int_t)a->seq, "certificate", text));
    log_line(a, RECORD_ISSUED,
             json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", a->batch, "n", (json_int_t)n,
                       "authority", "ca", "profile", "person", "key", "ca-root", "serial", serial,
                       "certificate", hex, "signature", signed_text, "supersedes", ""));
    buf_append(&a->certificates, cert.data, cert.len);
    a->b->issued++;
    free(text);
    free(signed_text);
    buf_free(&cert);
    buf_free(&signature);
}

static void answer_refused(struct answerer *a, const struct decision *o, int64_t n)
{
    result_line(a, json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "n", (json_int_t)n, "id",
                             o->request.id, "decision", "refused", "code", err_name(o->code),
                             "clause", o->clause, "detail", o->detail, "log", (json_int_t)a->seq));
    log_line(a, RECORD_REFUSED,
             json_pack("{s:s,s:s,s:I,s:s,s:s}", "batch", a->batch, "intake", a->batch, "n",
                       (json_int_t)n, "code", err_name(o->code), "clause", o->clause));
    a->b->refused++;
}

static void answer_all(struct answerer *a, const struct batch_header *h)
{
    struct decider decider = {.policy = &policy, .authority = &authorities[0], .header = h};
    struct lines lines = {.rest = buf_span(&a->b->batch)};
    struct span line;
    ck_assert(lines_next(&lines, &line, NULL));
    for (int64_t n = 1; lines_next(&lines, &line, NULL); n++) {
        struct decision o;
        struct diag d = {0};
        expect_ok_diag(decide_request(&decider, line, E_OK, lines.number, &o, &d), &d);
        if (o.code == E_OK)
            answer_issued(a, &o, n);
        else
            answer_refused(a, &o, n);
        decision_free(&o);
    }
    decider_free(&decider);
}

static void make_seal(struct answerer *a)
{
    struct log_position at = {.size = a->seq - 1, .hash = DIGEST_SM3, .merkle = a->merkle};
    struct seal s;
    struct buf text = {0};
    memcpy(at.head, a->head, DIGEST_LEN);
    expect_ok(seal_of(&at, "the-log", &s));
    expect_ok(seal_text(&s, &text));
    expect_ok(alg_sign(SIG_SM2_SM3, a->b->keys[LOG], buf_span(&text), &s.signature));
    expect_ok(seal_write(&s, &a->b->files[MANIFEST_SEAL]));
    a->b->log_last = (int64_t)a->seq;
    log_line(a, RECORD_SEAL, seal_fields(&s));
    buf_free(&text);
    seal_free(&s);
}

static void make_p7b(struct answerer *a)
{
    static const uint8_t type[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t frame[] = {0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0b, 0x06, 0x09,
                                    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    struct buf data = {0}, sequence = {0}, info = {0};
    buf_append(&a->certificates, a->b->certs[ROOT].data, a->b->certs[ROOT].len);
    buf_append(&data, frame, sizeof frame);
    der_put(&data, DER_CONSTRUCTED + 0, buf_span(&a->certificates));
    der_put(&data, DER_SET, (struct span){NULL, 0});
    der_put(&sequence, DER_SEQUENCE, buf_span(&data));
    der_put(&info, DER_OID, (struct span){type, sizeof type});
    der_put(&info, DER_CONSTRUCTED + 0, buf_span(&sequence));
    der_put(&a->b->files[MANIFEST_CERTS], DER_SEQUENCE, buf_span(&info));
    buf_free(&data);
    buf_free(&sequence);
    buf_free(&info);
}

static void make_chain(struct help_bundle *b)
{
    X509 *root;
    expect_ok(cert_parse(buf_span(&b->certs[ROOT]), &root, NULL));
    expect_ok(cert_write_pem(root, &b->files[MANIFEST_CHAIN]));
    X509_free(root);
}

void help_bundle_make(struct help_bundle *b)
{
    struct batch_header h;
    uint8_t digest[DIGEST_LEN];
    char plan[DIGEST_HEX], hex[DIGEST_HEX];
    *b = (struct help_bundle){.log_first = FIRST_LINE};
    struct answerer a = {.b = b, .seq = FIRST_LINE};
    for (int i = ROOT; i <= LOG; i++)
        make_anchor(b, i);
    make_batch(b, &h);
    expect_ok(digest_bytes(DIGEST_SHA256, b->batch.data, b->batch.len, digest));
    hex_encode(digest, DIGEST_LEN, a.batch);
    memset(digest, 0x5a, DIGEST_LEN);
    hex_encode(digest, DIGEST_LEN, plan);
    expect_ok(policy_digest(&policy, b->policy));
    hex_encode(b->policy, DIGEST_LEN, hex);
    log_line(&a, RECORD_PLAN,
             json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", a.batch, "intake", a.batch,
                       "plan", plan, "policy", hex, "authority", "ca", "ra", "town", "sequence",
                       (json_int_t)7, "issue", (json_int_t)2, "refuse", (json_int_t)1, "status",
                       (json_int_t)0, "lists", (json_int_t)0, "program", "rootseal 0"));
    log_line(&a, RECORD_SELF_TEST, json_pack("{s:s}", "key", "ca-root"));
    answer_all(&a, &h);
    make_seal(&a);
    make_p7b(&a);
    make_chain(b);
    buf_free(&a.certificates);
}

/* -- onto disk -- */

static void make_manifest(const struct help_bundle *b, struct buf *out)
{
    uint8_t digest[DIGEST_LEN];
    char batch[DIGEST_HEX], plan[DIGEST_HEX], hex[DIGEST_HEX], file[DIGEST_HEX];
    json_t *files = json_array();
    expect_ok(digest_bytes(DIGEST_SHA256, b->batch.data, b->batch.len, digest));
    hex_encode(digest, DIGEST_LEN, batch);
    memset(digest, 0x5a, DIGEST_LEN);
    hex_encode(digest, DIGEST_LEN, plan);
    hex_encode(b->policy, DIGEST_LEN, hex);
    for (int f = 0; f < MANIFEST_FILES; f++) {
        expect_ok(digest_bytes(DIGEST_SHA256, b->files[f].data, b->files[f].len, digest));
        hex_encode(digest, DIGEST_LEN, file);
        json_array_append_new(files,
                              json_pack("{s:s,s:s}", "name",
                                        manifest_file_name((enum manifest_file)f), "sha256", file));
    }
    json_t *obj =
        json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "format",
                  "rootseal-bundle-1", "authority", "ca", "ra", "town", "id", "b7", "sequence",
                  (json_int_t)7, "batch", batch, "plan", plan, "policy", hex, "issued",
                  (json_int_t)b->issued, "refused", (json_int_t)b->refused, "status", (json_int_t)0,
                  "lists", (json_int_t)0, "log-first",
                  (json_int_t)b->log_first, "log-last", (json_int_t)b->log_last, "files", files);
    expect_ok(json_line_write(obj, out));
    buf_append_byte(out, '\n');
    json_decref(obj);
}

static void write_anchors(const struct help_bundle *b)
{
    for (int i = ROOT; i <= LOG; i++) {
        char name[64];
        X509 *cert;
        snprintf(name, sizeof name, "anchors/%s.pem", row_of(i)->name);
        expect_ok(cert_parse(buf_span(&b->certs[i]), &cert, NULL));
        help_write_cert(name, cert);
        X509_free(cert);
    }
}

static void write_bundle(const struct help_bundle *b)
{
    struct buf manifest = {0}, signature = {0};
    struct diag d = {0};
    X509 *cert;
    make_manifest(b, &manifest);
    expect_ok(cert_parse(buf_span(&b->certs[BUNDLE]), &cert, &d));
    expect_ok(cms_sign(cert, b->keys[BUNDLE], buf_span(&manifest), NOW, &signature, &d));
    for (int f = 0; f < MANIFEST_FILES; f++) {
        char name[64];
        snprintf(name, sizeof name, "bundle/%s", manifest_file_name((enum manifest_file)f));
        help_write(name, buf_span(&b->files[f]));
    }
    help_write("bundle/bundle.json", buf_span(&manifest));
    help_write("bundle/bundle.p7s", buf_span(&signature));
    X509_free(cert);
    buf_free(&manifest);
    buf_free(&signature);
}

void help_bundle_write(const struct help_bundle *b)
{
    static const char *const names[] = {"batch", "bundle", "anchors"};
    for (int i = 0; i < 3; i++)
        ck_assert(mkdir(help_path(names[i]), 0700) == 0 || errno == EEXIST);
    help_write("batch/" BATCH_FILE, buf_span(&b->batch));
    write_bundle(b);
    write_anchors(b);
}

void help_bundle_free(struct help_bundle *b)
{
    for (int i = ROOT; i <= LOG; i++) {
        EVP_PKEY_free(b->keys[i]);
        buf_free(&b->certs[i]);
    }
    for (int f = 0; f < MANIFEST_FILES; f++)
        buf_free(&b->files[f]);
    buf_free(&b->batch);
}
