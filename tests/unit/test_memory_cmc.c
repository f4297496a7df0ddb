/* No memory, where it would be a CMC request that is called forged, or an answer that is missing from a response: see
 * memory_sweep.h. */
#include <check.h>
#include <string.h>

#include "audit/carried.h"
#include "batch/request.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_cmc.h"
#include "help_pki.h"
#include "memory_sweep.h"
#include "pki/cert.h"
#include "ra/cmc_answer.h"
#include "ra/cmc_draft.h"

Suite *suite_memory_cmc(void);

#define NOW HELP_BUNDLE_NOW

static struct diag d;
static bool differs; /* told later, for Check allocates too */
static EVP_PKEY *key;
static X509 *cert;
static struct buf csr, file, unknown, lines[3], first;
static struct cmc cmc;
static struct cmc_additions with;
static struct desk desk;
static struct answers answers;
static struct buf issued;

#define SWEEP(f) memory_sweep(#f, f, &d, &differs)

static enum err read_request(void)
{
    struct cmc c;
    enum err e = cmc_parse(buf_span(&file), &c, &d);
    if (e == E_OK)
        e = cmc_verify(&c, cert, NOW, &d);
    differs = differs || (e == E_OK && (c.n != 3 || c.parts[1].id != 9));
    cmc_free(&c);
    return e;
}

/* A control that has no name is refused, and not for want of memory: E_OK when it is. */
static enum err refuse_control(void)
{
    struct cmc c;
    enum err e = cmc_parse(buf_span(&unknown), &c, &d);
    cmc_free(&c);
    return e == E_CMC_UNSUPPORTED && strstr(d.text, "7.7.99") != NULL ? E_OK : e;
}

static enum err draft_requests(void)
{
    enum err e = E_OK;
    for (size_t i = 0; i < 3 && e == E_OK; i++) {
        struct request r;
        struct buf line = {0};
        e = cmc_draft(&cmc, &cmc.parts[i], &with, &r, &d);
        if (e == E_OK)
            e = request_write(&r, &line);
        if (e == E_OK && lines[i].len == 0)
            buf_append(&lines[i], line.data, line.len);
        differs = differs || (e == E_OK && (lines[i].len != line.len || memcmp(lines[i].data, line.data, line.len) != 0));
        request_free(&r);
        buf_free(&line);
    }
    return e;
}

static enum err write_response(void)
{
    struct cmc_response r;
    struct buf out = {0};
    enum err e = cmc_answer(&cmc, &desk, &answers, &r, &d);
    memset(r.nonce, 0, sizeof r.nonce);
    if (e == E_OK)
        e = cmc_write(&r, cert, key, NOW, &out, &d);
    if (e == E_OK && first.len == 0)
        buf_append(&first, out.data, out.len);
    differs = differs || (e == E_OK && (first.len != out.len || memcmp(first.data, out.data, out.len) != 0));
    cmc_answer_free(&r);
    buf_free(&out);
    return e;
}

static void make_requests(void)
{
    struct help_cmc h = {0};
    struct buf data = {0};
    help_csr(key, SIG_RSA_SHA256, NULL, &csr);
    help_cmc_good(buf_span(&csr), cert, key, &file);
    help_cmc_control(&h, 1, 99, (struct span){(const uint8_t *)"\5", 2});
    help_cmc_data(&h, &data);
    help_cmc_sign(buf_span(&data), cert, key, &unknown);
    help_cmc_free(&h);
    buf_free(&data);
    expect_ok_diag(cmc_parse(buf_span(&file), &cmc, &d), &d);
    with = help_cmc_additions(NOW);
}

/* Each issued: whether that can be is not looked at here. */
static void make_answers(void)
{
    static struct anchor anchor;
    static const struct anchor *issuers[] = {&anchor};
    static struct answer v[3];
    static char note[1];
    anchor.cert = help_cert(key, SIG_RSA_SHA256, "issuer");
    expect_ok(cert_write_der(cert, &issued));
    for (size_t i = 0; i < 3; i++) {
        v[i] = (struct answer){.act = PLAN_ISSUE, .note = note};
        v[i].cert = buf_span(&issued);
    }
    answers = (struct answers){.rows = {.content = {(const uint8_t *)v, sizeof v}}, .n = 3, .issuers = issuers, .issuers_n = 1};
}

static void make_desk(void)
{
    struct batch_header h = {.authority = "ca", .ra = "town", .id = "b-1", .sequence = 1, .created = NOW, .valid_until = NOW + 1,
                             .count = 3};
    struct buf all = {0};
    char dir[256];
    expect_ok(header_write(&h, &all));
    for (size_t i = 0; i < 3; i++) {
        buf_append_byte(&all, '\n');
        buf_append(&all, lines[i].data, lines[i].len);
    }
    buf_append_byte(&all, '\n');
    help_run("mkdir -p batch");
    help_write("batch/batch.jsonl", buf_span(&all));
    snprintf(dir, sizeof dir, "%s", help_path("batch"));
    expect_ok_diag(desk_open(dir, &desk, &d), &d);
    buf_free(&all);
}

/* -- a person's signature in the form of GM/T 0010 -- */

static const struct span text = {(const uint8_t *)"a text", 6};

static enum err sign_gm(void)
{
    const struct cms_signer signer = cms_signer_in_memory(key, CMS_GMT0010);
    buf_free(&file);
    return cms_sign_with(cert, &signer, text, NOW, &file, &d);
}

static enum err verify_gm(void)
{
    uint8_t digest[DIGEST_LEN];
    struct cms *c;
    struct buf der = {0};
    bool carried = false;
    enum err e = cms_parse_person(buf_span(&file), &c, &d);
    if (e == E_OK)
        e = cms_verify(c, cert, text, &d);
    cms_free(c);
    if (e == E_OK)
        e = cert_digest(cert, digest);
    if (e == E_OK)
        e = carried_verify(buf_span(&file), digest, text, &carried, &d);
    if (e == E_OK)
        e = carried_certificate(buf_span(&file), digest, &der, &carried, &d);
    differs = differs || (e == E_OK && (!carried || der.len == 0));
    buf_free(&der);
    return e;
}

START_TEST(gmt0010_without_memory)
{
    key = help_key(KEY_SM2);
    cert = help_cert(key, SIG_SM2_SM3, "person");
    SWEEP(sign_gm);
    SWEEP(verify_gm);
    buf_free(&file);
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(cmc_without_memory)
{
    key = help_key(KEY_RSA);
    cert = help_cert(key, SIG_RSA_SHA256, "another RA");
    make_requests();
    SWEEP(read_request);
    SWEEP(refuse_control);
    SWEEP(draft_requests);
    make_answers();
    make_desk();
    SWEEP(write_response);
    for (size_t i = 0; i < 3; i++)
        buf_free(&lines[i]);
    buf_free(&issued);
    X509_free(answers.issuers[0]->cert);
    desk_close(&desk);
    cmc_free(&cmc);
    buf_free(&csr);
    buf_free(&file);
    buf_free(&unknown);
    buf_free(&first);
    X509_free(cert);
    EVP_PKEY_free(key);
    help_clean();
}
END_TEST

Suite *suite_memory_cmc(void)
{
    Suite *s = suite_create("memory_cmc");
    TCase *t = tcase_create("none left");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, cmc_without_memory);
    tcase_add_test(t, gmt0010_without_memory);
    suite_add_tcase(s, t);
    return s;
}
