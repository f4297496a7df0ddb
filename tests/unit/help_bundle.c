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
#include "log/merkle_lines.h"
#include "log/record.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/der.h"
#include "pki/name.h"
#include "pki/tbs.h"
#include "ra/lines.h"

#define FIRST_LINE 40
#define BEFORE 1700000000 /* when the keys were certified */
#define NOW HELP_BUNDLE_NOW
#define OLD HELP_BUNDLE_OLD

enum { ROOT = HELP_BUNDLE_ROOT, BUNDLE, LOG = HELP_BUNDLE_LOG };

static const struct policy_key *row_of(int which)
{
    const struct policy *p = help_bundle_policy();
    return which == ROOT ? &p->authorities[0].keys[0] : which == BUNDLE ? &p->bundle_key : &p->log_key;
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

static void put_request(struct help_bundle *b, struct request *r)
{
    expect_ok(request_write(r, &b->batch));
    buf_append_byte(&b->batch, '\n');
    request_free(r);
}

/* op "change" is about the certificate with the serial number OLD + 4. */
static void add_request(struct help_bundle *b, const char *id, const char *op, bool spoil)
{
    struct request r = {.requested_at = NOW, .has_serial = strcmp(op, "change") == 0, .serial = {OLD, [15] = 4}};
    EVP_PKEY *key = help_key(strcmp(id, "one") == 0 ? KEY_SM2 : KEY_P256);
    STACK_OF(X509_EXTENSION) *ext = NULL;
    help_extension(&ext, NID_subject_alt_name, "DNS:a.example.com");
    help_csr(key, strcmp(id, "one") == 0 ? SIG_SM2_SM3 : SIG_ECDSA_SHA256, ext, &r.csr);
    if (spoil)
        r.csr.data[r.csr.len - 1] ^= 1;
    snprintf(r.id, sizeof r.id, "%s", id);
    snprintf(r.op_text, sizeof r.op_text, "%s", op);
    r.op = op_by_name(op);
    snprintf(r.profile, sizeof r.profile, "person");
    put_request(b, &r);
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    EVP_PKEY_free(key);
}

/* About the certificate with the serial number OLD + n. */
static void add_status(struct help_bundle *b, const char *id, const char *op, const char *issuer, uint8_t n)
{
    struct request r = {.requested_at = NOW, .has_serial = true, .serial = {OLD, [15] = n}};
    bool revoke = strcmp(op, "revoke") == 0;
    snprintf(r.id, sizeof r.id, "%s", id);
    snprintf(r.op_text, sizeof r.op_text, "%s", op);
    r.op = op_by_name(op);
    snprintf(r.by, sizeof r.by, "%s", revoke ? "subscriber" : "");
    snprintf(r.reason, sizeof r.reason, "%s", revoke ? "lost" : "");
    snprintf(r.issuer, sizeof r.issuer, "%s", issuer);
    put_request(b, &r);
}

static void make_batch(struct help_bundle *b, const char *issuer, struct batch_header *h)
{
    *h = (struct batch_header){
        .sequence = 7, .created = NOW, .valid_until = NOW + 86400, .count = 8};
    snprintf(h->authority, sizeof h->authority, "ca");
    snprintf(h->ra, sizeof h->ra, "town");
    snprintf(h->id, sizeof h->id, "b7");
    expect_ok(header_write(h, &b->batch));
    buf_append_byte(&b->batch, '\n');
    add_request(b, "one", "issue", false);
    add_request(b, "two", "issue", true);
    add_request(b, "three", "issue", false);
    add_status(b, "four", "revoke", issuer, 1);
    add_status(b, "five", "suspend", "", 2);
    add_status(b, "six", "resume", "", 3);
    add_request(b, "seven", "change", false);
    add_status(b, "eight", "accept", "", 5);
}

/* -- the answer -- */

struct answerer {
    struct help_bundle *b;
    char batch[DIGEST_HEX];
    uint64_t seq;
    struct buf certificates;
};

/* Not chained yet. */
static void log_line(struct answerer *a, enum record_type type, json_t *fields)
{
    static const uint8_t zeros[DIGEST_LEN];
    struct buf *log = &a->b->files[MANIFEST_LOG];
    struct diag d = {0};
    expect_ok_diag(record_write(a->seq, HELP_BUNDLE_NOW, type, zeros, fields, log, &d), &d);
    buf_append_byte(log, '\n');
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
    char hex[DIGEST_HEX], serial[33], supersedes[33] = "";
    certify(a, o, n, &cert, &signature);
    expect_ok(digest_bytes(DIGEST_SHA256, cert.data, cert.len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(serial, sizeof serial, "400000000000000000000000000000%02x", (unsigned)n);
    if (o->request.has_serial)
        hex_encode(o->request.serial, SERIAL_LEN, supersedes);
    char *text = base64_string(cert.data, cert.len);
    char *signed_text = base64_string(signature.data, signature.len);
    result_line(a, json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "n", (json_int_t)n, "id",
                             o->request.id, "decision", "issued", "clause", o->clause, "profile",
                             o->profile->name, "serial", serial, "supersedes", supersedes, "ignored", "", "log",
                             (json_int_t)a->seq, "certificate", text));
    log_line(a, RECORD_ISSUED,
             json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", a->batch, "n", (json_int_t)n,
                       "authority", "ca", "profile", "person", "key", "ca-root", "serial", serial,
                       "certificate", hex, "signature", signed_text, "supersedes", supersedes));
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

static void answer_accepted(struct answerer *a, const struct decision *o, int64_t n, const char *serial)
{
    result_line(a, json_pack("{s:I,s:s,s:s,s:s,s:s,s:I}", "n", (json_int_t)n, "id", o->request.id, "decision", "accepted",
                             "clause", o->clause, "serial", serial, "log", (json_int_t)a->seq));
    log_line(a, RECORD_ACCEPTED,
             json_pack("{s:s,s:I,s:s,s:s,s:s}", "batch", a->batch, "n", (json_int_t)n, "authority", "ca", "key", "ca-root",
                       "serial", serial));
}

static void answer_status(struct answerer *a, const struct decision *o, int64_t n)
{
    static const char *const status[PLAN_ACTS] = {
        [PLAN_REVOKE] = "revoked", [PLAN_HOLD] = "held", [PLAN_RELEASE] = "released"};
    int code = o->act == PLAN_REVOKE ? o->reason->code : o->act == PLAN_HOLD ? CRL_REASON_HOLD : CRL_REASON_REMOVE;
    const char *reason = o->act == PLAN_REVOKE ? o->reason->name : "";
    char serial[33], asked[CLOCK_TEXT];
    hex_encode(o->request.serial, SERIAL_LEN, serial);
    clock_format(o->request.requested_at, asked);
    a->b->status++;
    if (o->act == PLAN_ACCEPT) {
        answer_accepted(a, o, n, serial);
        return;
    }
    result_line(a, json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I,s:b,s:I}", "n", (json_int_t)n, "id", o->request.id, "decision",
                             status[o->act], "clause", o->clause, "serial", serial, "reason", reason, "reason-code",
                             (json_int_t)code, "late", 0, "log", (json_int_t)a->seq));
    log_line(a, RECORD_REVOKED,
             json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:b}", "batch", a->batch, "n", (json_int_t)n, "authority",
                       "ca", "key", "ca-root", "serial", serial, "status", status[o->act], "reason", reason,
                       "reason-code", (json_int_t)code, "asked", asked, "late", 0));
}

/* What the list says comes later. */
static void answer_list(struct answerer *a, int64_t n)
{
    static const uint8_t zeros[DIGEST_LEN];
    char hex[DIGEST_HEX], next[CLOCK_TEXT];
    hex_encode(zeros, DIGEST_LEN, hex);
    clock_format(NOW + row_of(ROOT)->crl_period, next);
    result_line(a, json_pack("{s:I,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:I,s:s,s:I}", "n", (json_int_t)n, "id", "", "decision",
                             "crl", "clause", "c 15", "key", "ca-root", "number", (json_int_t)5, "base", (json_int_t)0,
                             "next-update", next, "entries", (json_int_t)4, "file", HELP_BUNDLE_LIST, "log",
                             (json_int_t)a->seq));
    log_line(a, RECORD_CRL,
             json_pack("{s:s,s:I,s:s,s:I,s:I,s:I,s:s,s:s}", "batch", a->batch, "n", (json_int_t)n, "key", "ca-root",
                       "number", (json_int_t)5, "base", (json_int_t)0, "entries", (json_int_t)4, "tbs", hex, "signature",
                       "AA=="));
    a->b->lists++;
}

static void answer_one(struct answerer *a, const struct decision *o, int64_t n)
{
    if (o->code != E_OK)
        answer_refused(a, o, n);
    else if (o->act == PLAN_ISSUE)
        answer_issued(a, o, n);
    else
        answer_status(a, o, n);
}

static void answer_all(struct answerer *a, const struct batch_header *h)
{
    const struct policy *p = help_bundle_policy();
    struct decider decider = {.policy = p, .authority = &p->authorities[0], .header = h, .now = NOW};
    struct lines lines = {.rest = buf_span(&a->b->batch)};
    struct span line;
    ck_assert(lines_next(&lines, &line, NULL));
    for (int64_t n = 1; lines_next(&lines, &line, NULL); n++) {
        struct decision o;
        struct diag d = {0};
        expect_ok_diag(decide_request(&decider, line, E_OK, lines.number, &o, &d), &d);
        answer_one(a, &o, n);
        decision_free(&o);
    }
    answer_list(a, h->count + 1);
    decider_free(&decider);
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
    help_bundle_make_naming(b, "ca-root");
}

void help_bundle_make_naming(struct help_bundle *b, const char *issuer)
{
    struct batch_header h;
    uint8_t digest[DIGEST_LEN];
    char plan[DIGEST_HEX], hex[DIGEST_HEX];
    *b = (struct help_bundle){.log_first = FIRST_LINE};
    struct answerer a = {.b = b, .seq = FIRST_LINE};
    for (int i = ROOT; i <= LOG; i++)
        make_anchor(b, i);
    make_batch(b, issuer, &h);
    expect_ok(merkle_lines_root(buf_span(&b->batch), digest));
    hex_encode(digest, DIGEST_LEN, a.batch);
    memset(digest, 0x5a, DIGEST_LEN);
    hex_encode(digest, DIGEST_LEN, plan);
    expect_ok(policy_digest(help_bundle_policy(), b->policy));
    hex_encode(b->policy, DIGEST_LEN, hex);
    log_line(&a, RECORD_PLAN,
             json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", a.batch, "intake", a.batch,
                       "plan", plan, "policy", hex, "authority", "ca", "ra", "town", "sequence",
                       (json_int_t)7, "issue", (json_int_t)3, "refuse", (json_int_t)1, "status",
                       (json_int_t)4, "lists", (json_int_t)1, "program", "rootseal 0"));
    log_line(&a, RECORD_SELF_TEST, json_pack("{s:s}", "key", "ca-root"));
    answer_all(&a, &h);
    b->log_last = (int64_t)a.seq;
    help_bundle_list(b, NULL);
    help_bundle_seal(b);
    make_p7b(&a);
    make_chain(b);
    buf_free(&a.certificates);
}

/* -- onto disk -- */

static void pack_file(json_t *files, const char *name, const struct buf *bytes)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    expect_ok(digest_bytes(DIGEST_SHA256, bytes->data, bytes->len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    json_array_append_new(files, json_pack("{s:s,s:s}", "name", name, "sha256", hex));
}

static void make_manifest(const struct help_bundle *b, struct buf *out)
{
    uint8_t digest[DIGEST_LEN];
    char batch[DIGEST_HEX], plan[DIGEST_HEX], hex[DIGEST_HEX];
    json_t *files = json_array();
    expect_ok(merkle_lines_root(buf_span(&b->batch), digest));
    hex_encode(digest, DIGEST_LEN, batch);
    memset(digest, 0x5a, DIGEST_LEN);
    hex_encode(digest, DIGEST_LEN, plan);
    hex_encode(b->policy, DIGEST_LEN, hex);
    for (int f = 0; f < MANIFEST_FILES; f++)
        pack_file(files, manifest_file_name((enum manifest_file)f), &b->files[f]);
    for (int64_t i = 0; i < b->lists; i++)
        pack_file(files, HELP_BUNDLE_LIST, &b->list);
    json_t *obj =
        json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "format",
                  "rootseal-bundle-1", "authority", "ca", "ra", "town", "id", "b7", "sequence",
                  (json_int_t)7, "batch", batch, "plan", plan, "policy", hex, "issued",
                  (json_int_t)b->issued, "refused", (json_int_t)b->refused, "status", (json_int_t)b->status,
                  "lists", (json_int_t)b->lists, "log-first",
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
    help_write("bundle/" HELP_BUNDLE_LIST, buf_span(&b->list));
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
    buf_free(&b->list);
    buf_free(&b->batch);
}
