#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "room/anchor_tbs.h"
#include "commands.h"
#include "core/i18n.h"
#include "core/text.h"
#include "core/words.h"
#include "hsm/login.h"
#include "hsm/reach.h"
#include "hsm/sign.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/tbs.h"

#define RSA_BITS 3072
#define URI_MAX 1024

/* The row of a key that no policy names yet, and what it points at. */
struct enrolment {
    char uri[URI_MAX];
    struct policy_attribute name;
    struct policy_key row;
};

static enum err describe(struct enrolment *n, struct diag *d)
{
    const char *token = options.officer_token;
    enum sig_alg alg = SIG_SM2_SM3;
    if (!text_is_token(options.officer, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_USAGE, "--officer wants letters, digits and . _ -");
    if (options.algorithm != NULL && (!alg_sig_by_name(options.algorithm, &alg) || (alg != SIG_SM2_SM3 && alg != SIG_RSA_SHA256)))
        return diag_set(d, E_USAGE, "--algorithm is %s or %s", alg_sig_name(SIG_SM2_SM3), alg_sig_name(SIG_RSA_SHA256));
    if (options.years < 1 || options.years > 30)
        return diag_set(d, E_USAGE, "--years is 1 to 30");
    if (strstr(token, "object=") != NULL)
        return diag_set(d, E_USAGE, "--officer-token names a token; the key is called after the officer");
    int len = snprintf(n->uri, sizeof n->uri, "%s%sobject=%s", token, token[0] != '\0' && token[strlen(token) - 1] == ':' ? "" : ";",
                       options.officer);
    if (len < 0 || (size_t)len >= sizeof n->uri)
        return diag_set(d, E_USAGE, "--officer-token is too long");
    n->name = (struct policy_attribute){.type = "CN", .value = options.officer, .required = true, .max = LIMIT_TOKEN_TEXT,
                                        .string = POLICY_UTF8, .clause = ""};
    n->row = (struct policy_key){.name = options.officer,
                                 .uri = n->uri,
                                 .kind = alg == SIG_SM2_SM3 ? KEY_SM2 : KEY_RSA,
                                 .bits = alg == SIG_SM2_SM3 ? 256 : RSA_BITS,
                                 .alg = alg,
                                 .sm2_null = alg == SIG_SM2_SM3,
                                 .subject = &n->name,
                                 .subjects = 1,
                                 .validity = {.years = options.years},
                                 .clause = ""};
    return E_OK;
}

/* Self-signed: the policy pins it as it is. */
static enum err build(const struct policy_key *row, const struct key *public, struct buf *tbs, struct diag *d)
{
    struct tbs_spec spec;
    struct buf name = {0};
    uint8_t serial[SERIAL_LEN];
    enum err e = anchor_self(row, public, &name, serial, &spec, d);
    spec.key_usage = KU_DIGITAL_SIGNATURE;
    if (e == E_OK)
        e = tbs_build(&spec, tbs, d);
    if (e == E_OK)
        e = lint_self_signed(buf_span(tbs), row, false, public->pkey, d);
    buf_free(&name);
    return e;
}

static enum err print_certificate(struct span der, struct diag *d)
{
    X509 *x = NULL;
    struct buf pem = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    enum err e = cert_parse(der, &x, d);
    if (e == E_OK)
        e = cert_write_pem(x, &pem);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK) {
        fwrite(pem.data, 1, pem.len, stdout);
        hex_encode(digest, DIGEST_LEN, hex);
        words_format(digest, DIGEST_LEN, 4, "         ", words, sizeof words);
        fprintf(stderr, _("officer  %s\nSHA-256  %s\nwords    %s\n"), options.officer, hex, words);
    }
    buf_free(&pem);
    X509_free(x);
    return e;
}

static enum err make(struct hsm *h, const struct policy_key *row, struct diag *d)
{
    struct hsm_key *k = NULL;
    struct key public = {0};
    struct buf tbs = {0}, signature = {0}, cert = {0};
    enum err e = hsm_key_generate(h, row, &k, d);
    if (e == E_KEY_EXISTS && options.adopt) /* its making was interrupted, or its certificate got lost */
        e = hsm_key_find(h, row, NULL, &k, d);
    if (e == E_OK)
        e = hsm_self_test(k, d);
    if (e == E_OK)
        e = key_from_pkey(hsm_key_public(k), &public, d);
    if (e == E_OK)
        e = build(row, &public, &tbs, d);
    if (e == E_OK)
        e = hsm_sign(k, buf_span(&tbs), &signature, d);
    if (e == E_OK)
        e = cert_complete(buf_span(&tbs), buf_span(&signature), &cert, d);
    if (e == E_OK)
        e = print_certificate(buf_span(&cert), d);
    key_free(&public);
    buf_free(&tbs);
    buf_free(&signature);
    buf_free(&cert);
    return e;
}

enum err cmd_enrol(int n, char **operands, struct diag *d)
{
    const struct hsm_patience patience = {"ceremony", policy_table.limits.token_timeout, NULL};
    enum policy_vendor vendor = policy_table.vendor;
    struct enrolment it = {0};
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    enum err e = describe(&it, d);
    if (e == E_OK)
        e = officer_vendor(&vendor, d);
    if (e == E_OK)
        e = reach_shut_in(-1, options.officer_module, options.officer_module_files, d);
    if (e == E_OK)
        e = hsm_open(options.officer_module, options.officer_token, vendor, &patience, &h, d);
    if (e == E_OK)
        e = login_run(h, options.officer_pin_fd, 1, d);
    if (e == E_OK)
        e = make(h, &it.row, d);
    hsm_close(h);
    return e;
}
