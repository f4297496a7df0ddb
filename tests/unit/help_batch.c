#include "help_batch.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/authorise.h"
#include "core/json.h"
#include "expect.h"
#include "help_pki.h"
#include "hsm/hsm.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/key.h"

/* -- the folder -- */

static char folder[64];

void tree_make(void)
{
    strcpy(folder, "/tmp/rootseal-tree-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

void tree_remove(void)
{
    ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *tree_path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    ck_assert_int_lt(snprintf(path, sizeof paths[0], "%s/%s", folder, name), 512);
    return path;
}

int tree_open(const char *name)
{
    int fd = open(tree_path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

void tree_mkdir(const char *name)
{
    ck_assert_int_eq(mkdir(tree_path(name), 0700), 0);
}

void tree_write(const char *name, const void *p, size_t n)
{
    FILE *f = fopen(tree_path(name), "wb");
    ck_assert_ptr_nonnull(f);
    if (n > 0)
        ck_assert_uint_eq(fwrite(p, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

void tree_write_str(const char *name, const char *text)
{
    tree_write(name, text, strlen(text));
}

void tree_read(const char *name, struct buf *out)
{
    uint8_t chunk[4096];
    size_t n;
    FILE *f = fopen(tree_path(name), "rb");
    ck_assert_ptr_nonnull(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_append(out, chunk, n);
    fclose(f);
    expect_ok(buf_err(out));
}

bool tree_has(const char *name)
{
    return faccessat(AT_FDCWD, tree_path(name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* -- the policy -- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct policy_attribute person_subject[] = {
    {"C", "CN", false, 2, POLICY_PRINTABLE, "rule C"},
    {"ST", NULL, false, 16, POLICY_UTF8, "rule ST"},
    {"OU", NULL, false, 16, POLICY_PRINTABLE, ""},
    {"CN", NULL, true, 12, POLICY_UTF8, "rule CN"},
    {"serialNumber", NULL, false, 20, POLICY_PRINTABLE, "rule serialNumber"},
};
static const struct policy_attribute device_subject[] = {
    {"C", "CN", false, 2, POLICY_PRINTABLE, "rule C"},
    {"O", "The Operator", false, 20, POLICY_UTF8, "rule O"},
    {"CN", NULL, true, 64, POLICY_UTF8, "rule CN"},
};
static const struct policy_attribute root_subject[] = {
    {"C", "CN", false, 2, POLICY_PRINTABLE, "rule C"},
    {"CN", "Test Root", false, 20, POLICY_UTF8, "rule CN"},
};
static const struct policy_subject_key person_keys[] = {
    {KEY_SM2, 256, 256}, {KEY_RSA, 2048, 3072}, {KEY_P256, 256, 256}};
static const struct policy_subject_key device_keys[] = {{KEY_SM2, 256, 256}};
static const struct policy_subject_key server_keys[] = {{KEY_RSA, 2048, 2048},
                                                        {KEY_P384, 384, 384}};
static const char *const person_policies[] = {"2.999.1.1"};
static const char *const two_policies[] = {"2.999.1.2", "2.999.1.3"};
static const char *const device_eku[] = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"};
static const char *const crl[] = {"http://crl.example.com/a.crl", "http://crl.example.org/a.crl"};
static const char *const ocsp[] = {"http://ocsp.example.com/"};
static const char *const issuers[] = {"http://aia.example.com/a.crt"};
static const struct policy_service services[] = {{.op = "issue", .clause = "rule issue"}};
static const struct policy_ra ras[] = {{"ra-1", "ca"}, {"ra-2", "ca"}, {"ra-b", "cb"}};

static struct policy_key own_key(const char *name, const char *uri, bool rsa)
{
    return (struct policy_key){.name = name,
                               .uri = uri,
                               .kind = rsa ? KEY_RSA : KEY_SM2,
                               .bits = rsa ? 2048 : 256,
                               .alg = rsa ? SIG_RSA_SHA256 : SIG_SM2_SM3,
                               .sm2_null = true,
                               .subject = root_subject,
                               .subjects = COUNT(root_subject),
                               .validity = {10, 0, 0},
                               .clause = "rule key"};
}

static void make_profiles(struct world *w)
{
    w->profiles[0] = (struct policy_profile){
        .name = "person", .kind = POLICY_PERSON, .key = "ca-root", .clause = "rule person",
        .keys = person_keys, .keys_n = COUNT(person_keys), .keys_clause = "rule person keys",
        .subject = person_subject, .subject_n = COUNT(person_subject),
        .validity = {1, 0, 0}, .validity_clause = "rule validity",
        .key_usage = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION, .key_usage_clause = "rule usage",
        .policies = {person_policies, 1}, .crl = {crl, 1}, .issuers = {issuers, 1},
        .extensions_clause = "rule extensions"};
    w->profiles[1] = (struct policy_profile){
        .name = "device", .kind = POLICY_DEVICE, .key = "ca-root", .clause = "rule device",
        .keys = device_keys, .keys_n = COUNT(device_keys), .keys_clause = "rule device keys",
        .subject = device_subject, .subject_n = COUNT(device_subject),
        .validity = {0, 18, 10}, .validity_clause = "rule validity",
        .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT, .key_usage_clause = "rule usage",
        .extended_key_usage = {device_eku, 2}, .policies = {two_policies, 2}, .crl = {crl, 2},
        .ocsp = {ocsp, 1}, .issuers = {issuers, 1}, .extensions_clause = "rule extensions",
        .copy_san = true};
    w->profiles[2] = (struct policy_profile){
        .name = "server", .kind = POLICY_DEVICE, .key = "ca-rsa", .clause = "rule server",
        .keys = server_keys, .keys_n = COUNT(server_keys), .keys_clause = "rule server keys",
        .subject = device_subject, .subject_n = COUNT(device_subject),
        .validity = {0, 0, 90}, .validity_clause = "rule validity",
        .key_usage = KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT,
        .key_usage_clause = "rule usage", .extensions_clause = "rule extensions"};
}

void world_policy(struct world *w)
{
    *w = (struct world){0};
    w->keys[0] = own_key("ca-root", "pkcs11:token=rootseal-test;object=ca-root", false);
    w->keys[1] = own_key("ca-rsa", "pkcs11:token=rootseal-test;object=ca-rsa", true);
    make_profiles(w);
    w->approvals[0] = (struct policy_approval){POLICY_ENTRY, 1, "rule entry"};
    w->approvals[1] = (struct policy_approval){POLICY_REVIEW, 1, "rule review"};
    for (int i = 0; i < 2; i++)
        w->authorities[i] = (struct policy_authority){
            .name = i == 0 ? "ca" : "cb", .title = "An authority", .agreement = "agreement.txt",
            .keys = w->keys, .keys_n = i == 0 ? 2 : 0,
            .services = services, .services_n = i == 0 ? 1 : 0, .services_clause = "rule services",
            .approvals = w->approvals, .approvals_n = 2,
            .profiles = w->profiles, .profiles_n = i == 0 ? 3 : 0};
    w->policy = (struct policy){
        .name = "by hand", .token = "pkcs11:token=rootseal-test",
        .vendor = POLICY_VENDOR_SOFTHSM_SM2, .log_hash = DIGEST_SM3,
        .log_key = own_key("log", "pkcs11:token=rootseal-test;object=log", false),
        .bundle_key = own_key("bundle", "pkcs11:token=rootseal-test;object=bundle", false),
        .limits = {1 << 20, 50, 7 * 86400, 86400, 60, 400 * 86400, "rule limits"},
        .quorum = 2, .quorum_clause = "rule quorum",
        .authorities = w->authorities, .authorities_n = 2, .ras = ras, .ras_n = COUNT(ras)};
}

static void make_people(struct world *w)
{
    static const struct policy_person persons[PERSONS] = {{"entry-1", "ra-1", POLICY_ENTRY, {0}},
                                                          {"review-1", "ra-1", POLICY_REVIEW, {0}},
                                                          {"review-1b", "ra-1", POLICY_REVIEW, {0}},
                                                          {"entry-2", "ra-2", POLICY_ENTRY, {0}}};
    static const char *const officers[OFFICERS] = {"officer-1", "officer-2", "officer-3"};
    for (int i = 0; i < PERSONS + OFFICERS; i++) {
        bool officer = i >= PERSONS;
        int k = officer ? i - PERSONS : i;
        EVP_PKEY *key = help_key(KEY_SM2);
        X509 *cert = help_cert(key, SIG_SM2_SM3, officer ? officers[k] : persons[k].id);
        expect_ok(cert_write_der(cert, &w->der[i]));
        if (officer) {
            w->officer_keys[k] = key;
            w->officer_certs[k] = cert;
            w->officers[k] = (struct policy_officer){officers[k], buf_span(&w->der[i])};
        } else {
            w->person_keys[k] = key;
            w->person_certs[k] = cert;
            w->persons[k] = persons[k];
            w->persons[k].certificate = buf_span(&w->der[i]);
        }
    }
    w->policy.persons = w->persons;
    w->policy.persons_n = PERSONS;
    w->policy.officers = w->officers;
    w->policy.officers_n = OFFICERS;
}

void world_make(struct world *w)
{
    world_policy(w);
    make_people(w);
    for (int i = 0; i < 2; i++) {
        w->root_keys[i] = help_key(w->keys[i].kind);
        w->root_certs[i] = help_cert(w->root_keys[i], w->keys[i].alg, "Test Root");
    }
}

struct hand {
    X509 *cert;
    EVP_PKEY *key;
};

static enum err sign_by_hand(void *arg, const struct policy_officer *officer, struct span text, int64_t now, struct buf *out,
                             struct diag *d)
{
    const struct hand *h = arg;
    (void)officer;
    return cms_sign(h->cert, h->key, text, now, out, d);
}

enum err world_authorise_what(int dir_fd, const struct policy_officer *officer, X509 *cert, EVP_PKEY *key,
                              const struct authorise_what *what, int64_t now, struct diag *d)
{
    struct hand h = {cert, key};
    const struct authorise_hand hand = {sign_by_hand, &h};
    return authorise_sign(dir_fd, officer, &hand, what, now, d);
}

enum err world_authorise(int dir_fd, const struct policy_officer *officer, X509 *cert, EVP_PKEY *key,
                         const uint8_t plan[DIGEST_LEN], int64_t now, struct diag *d)
{
    return world_authorise_what(dir_fd, officer, cert, key, &(struct authorise_what){.digest = plan}, now, d);
}

void world_free(struct world *w)
{
    for (int i = 0; i < PERSONS; i++) {
        EVP_PKEY_free(w->person_keys[i]);
        X509_free(w->person_certs[i]);
    }
    for (int i = 0; i < OFFICERS; i++) {
        EVP_PKEY_free(w->officer_keys[i]);
        X509_free(w->officer_certs[i]);
    }
    for (int i = 0; i < 2; i++) {
        EVP_PKEY_free(w->root_keys[i]);
        X509_free(w->root_certs[i]);
    }
    for (int i = 0; i < PERSONS + OFFICERS; i++)
        buf_free(&w->der[i]);
}

static void base64(const struct buf *b, char *out, size_t cap)
{
    ck_assert_uint_gt(cap, 4 * (b->len + 2) / 3 + 1);
    EVP_EncodeBlock((unsigned char *)out, b->data, (int)b->len);
}

void world_state(struct world *w, struct state *s)
{
    static const struct hsm_identity token = {.manufacturer = "nobody", .model = "SoftHSM v2",
                                              .serial = "0123456789abcdef", .label = "test"};
    struct diag d = {0};
    char text[4096];
    expect_ok_diag(state_create(tree_path("state"), &w->policy, &token, s, &d), &d);
    for (int i = 0; i < 2; i++) {
        struct key key = {0};
        struct buf der = {0};
        expect_ok(key_from_pkey(w->root_keys[i], &key, &d));
        base64(&key.spki, text, sizeof text);
        expect_ok_diag(log_append(s->log, RECORD_KEYGEN,
                                  json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "key", w->keys[i].name,
                                            "algorithm", alg_sig_name(w->keys[i].alg),
                                            "public-key", text, "sensitive", 1, "always-sensitive",
                                            1, "never-extractable", 1, "local", 1),
                                  &d),
                       &d);
        expect_ok(cert_write_der(w->root_certs[i], &der));
        base64(&der, text, sizeof text);
        expect_ok_diag(log_append(s->log, RECORD_ANCHOR,
                                  json_pack("{s:s,s:s}", "key", w->keys[i].name, "certificate",
                                            text),
                                  &d),
                       &d);
        key_free(&key);
        buf_free(&der);
    }
    expect_ok_diag(log_sync(s->log, &d), &d);
    expect_ok_diag(state_refresh(s, &d), &d);
}

struct batch_header world_header(int64_t count)
{
    return (struct batch_header){.authority = "ca", .ra = "ra-1", .id = "batch-1", .sequence = 1,
                                 .created = WORLD_NOW, .valid_until = WORLD_NOW + 86400,
                                 .count = count};
}

/* -- requests -- */

X509_NAME *name_of_pairs(const char *const *pairs)
{
    X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; pairs[i] != NULL; i += 2)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, pairs[i], MBSTRING_UTF8,
                                                    (const uint8_t *)pairs[i + 1], -1, -1, 0),
                         1);
    return name;
}

void csr_make(EVP_PKEY *key, enum sig_alg alg, const X509_NAME *name,
              STACK_OF(X509_EXTENSION) * extensions, struct buf *der)
{
    X509_REQ *req = X509_REQ_new();
    uint8_t *bytes = NULL;
    struct buf tbs = {0};
    ck_assert_int_eq(X509_REQ_set_subject_name(req, name), 1);
    ck_assert_int_eq(X509_REQ_set_pubkey(req, key), 1);
    if (extensions != NULL)
        ck_assert_int_eq(X509_REQ_add_extensions(req, extensions), 1);
    int n = i2d_re_X509_REQ_tbs(req, &bytes);
    ck_assert_int_gt(n, 0);
    buf_append(&tbs, bytes, (size_t)n);
    help_assemble(&tbs, alg, key, der);
    buf_free(&tbs);
    OPENSSL_free(bytes);
    X509_REQ_free(req);
}

void line_make(const char *id, const char *op, const char *profile, int64_t requested_at,
               const struct buf *csr, struct buf *out)
{
    struct request r = {.requested_at = requested_at, .csr = *csr};
    snprintf(r.id, sizeof r.id, "%s", id);
    snprintf(r.op_text, sizeof r.op_text, "%s", op);
    r.op = op_by_name(op);
    snprintf(r.profile, sizeof r.profile, "%s", profile);
    expect_ok(request_write(&r, out));
}
