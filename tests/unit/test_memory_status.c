/* No memory, where it would be a CRL or an OCSP response called broken, or signed when it is: see memory_sweep.h. */
#include <string.h>
#include <unistd.h>

#include "batch/responses.h"
#include "expect.h"
#include "help_crl.h"
#include "help_ocsp.h"
#include "memory_sweep.h"
#include "pki/crl_lint.h"
#include "pki/ocsp_check.h"

Suite *suite_memory_status(void);

static struct diag d;
static bool differs;
#define SWEEP(f) memory_sweep(#f, f, &d, &differs)

static struct help_ocsp responder;
static struct crl_head list;
static struct buf list_signature, response_signature, response_tbs;
static int list_tbs = -1, list_crl = -1;

static enum err write_list(void)
{
    struct help_entries entries = {help_crl_entries, 4, 0};
    struct crl_source source = help_crl_source(&entries);
    struct crl_written written;
    struct prehash *p;
    struct prehash_value v;
    uint8_t sha256[DIGEST_LEN];
    if (ftruncate(list_tbs, 0) != 0 || lseek(list_tbs, 0, SEEK_SET) != 0 || ftruncate(list_crl, 0) != 0 ||
        lseek(list_crl, 0, SEEK_SET) != 0)
        return E_IO;
    enum err e = prehash_new(list.alg, responder.ca_key, &p);
    if (e == E_OK)
        e = crl_write_tbs(&list, &source, list_tbs, p, &written, &d);
    if (e == E_OK)
        e = prehash_final(p, &v);
    if (e == E_OK && list_signature.len > 0)
        e = alg_verify_digest(list.alg, responder.ca_key, (struct span){v.bytes, v.n}, buf_span(&list_signature));
    if (e == E_OK)
        e = crl_assemble(list_tbs, written.bytes, list.alg, true, buf_span(&list_signature), list_crl, sha256, &d);
    prehash_free(p);
    return e;
}
static enum err read_list(void)
{
    struct crl_view *v;
    uint8_t sha256[DIGEST_LEN];
    enum err e = crl_view_open(list_crl, false, &v, &d);
    if (e == E_OK)
        e = crl_lint(v, &list, 4, responder.ca, sha256, &d);
    if (e == E_OK)
        e = crl_verify(v, responder.ca_key, &d);
    crl_view_close(v);
    return e;
}
static enum err write_response(void)
{
    static struct buf whole;
    struct ocsp_status s = {0};
    struct buf tbs = {0}, out = {0};
    char path[OCSP_PATH_MAX];
    enum err e = ocsp_id_of(responder.ca, &s.id);
    if (e == E_OK)
        e = ocsp_responder_of(responder.responder, s.responder);
    s.id.serial_n = s.id.serial[0] = 1;
    s.produced_at = s.this_update = HELP_OCSP_NOW;
    s.next_update = HELP_OCSP_NOW + 1;
    if (e == E_OK)
        e = ocsp_path(&s.id, path);
    if (e == E_OK)
        e = ocsp_write_tbs(&s, &tbs, &d);
    if (e == E_OK)
        e = ocsp_lint(buf_span(&tbs), &s, responder.ca, responder.responder, &d);
    if (e == E_OK)
        e = ocsp_assemble(buf_span(&tbs), responder.row.alg, true, buf_span(&response_signature),
                          buf_span(&responder.responder_der), &out);
    if (e == E_OK && whole.len == 0)
        buf_append(&whole, out.data, out.len);
    differs = differs || (e == E_OK && (whole.len != out.len || memcmp(whole.data, out.data, out.len) != 0));
    buf_free(&tbs);
    buf_free(&out);
    return e;
}
static struct buf response;
static enum err read_response(void)
{
    struct ocsp_view v;
    enum err e = ocsp_view_response(buf_span(&response), &v, &d);
    return e == E_OK ? ocsp_verify(&v, responder.ca, &d) : e;
}

/* The response twice, in a file. */
static int response_file = -1;
static enum err read_file(void)
{
    struct ocsp_file *f;
    struct span one;
    uint8_t digest[DIGEST_LEN];
    bool more = true;
    if (lseek(response_file, 0, SEEK_SET) != 0)
        return E_IO;
    enum err e = ocsp_file_open(response_file, &f, &d);
    while (e == E_OK && more) {
        e = ocsp_file_next(f, &one, &more, &d);
        differs = differs || (e == E_OK && more && one.n != response.len);
    }
    if (e == E_OK)
        e = ocsp_file_digest(f, digest);
    ocsp_file_close(f);
    return e;
}

/* The digest over the responses about one certificate. */
static struct index *certs;
static enum err plan_responses(void)
{
    static struct plan_item first;
    const struct plan_header h = {.authority = "a", .created = HELP_OCSP_NOW};
    const struct responses_source source = {certs, 9, &h, {.row = &responder.ca_row, .cert = responder.ca},
                                            {.row = &responder.row, .cert = responder.responder}};
    struct plan_item item = {.ocsp = {.next_update = HELP_OCSP_NOW + 1}};
    enum err e = responses_plan(&source, &item, &d);
    if (e == E_OK && first.ocsp.count == 0)
        first = item;
    differs = differs || (e == E_OK && memcmp(&first.ocsp, &item.ocsp, sizeof item.ocsp) != 0);
    return e;
}
static void make_certs(void)
{
    struct index_cert c = {.authority = "a", .serial = {1}, .serial_n = SERIAL_LEN, .n = 1, .profile = "p", .key = "ca",
                           .not_after = HELP_OCSP_NOW};
    expect_ok(index_private(&certs, &d));
    expect_ok(index_begin(certs, &d));
    expect_ok(index_add_cert(certs, &c, &d));
    expect_ok(index_set_issued(certs, c.batch, c.n, 8, &d));
}

static void make_response_tbs(void)
{
    struct ocsp_status s = help_ocsp_status(&responder);
    s.id.serial[0] = 1;
    s.next_update = HELP_OCSP_NOW + 1;
    expect_ok(ocsp_write_tbs(&s, &response_tbs, &d));
}

START_TEST(status)
{
    struct buf tbs = {0}, twice = {0};
    help_ocsp_make(&responder, SIG_SM2_SM3);
    list = help_crl_head(responder.ca, SIG_SM2_SM3);
    list_tbs = help_crl_file((struct span){0});
    list_crl = help_crl_file((struct span){0});
    help_crl_tbs(&list, help_crl_entries, 4, &tbs);
    expect_ok(alg_sign(SIG_SM2_SM3, responder.ca_key, buf_span(&tbs), &list_signature));
    SWEEP(write_list);
    expect_ok(write_list());
    SWEEP(read_list);
    response_signature = (struct buf){0};
    make_response_tbs();
    expect_ok(alg_sign(SIG_SM2_SM3, responder.key, buf_span(&response_tbs), &response_signature));
    expect_ok(ocsp_assemble(buf_span(&response_tbs), SIG_SM2_SM3, true, buf_span(&response_signature),
                            buf_span(&responder.responder_der), &response));
    SWEEP(write_response);
    SWEEP(read_response);
    buf_append(&twice, response.data, response.len);
    buf_append(&twice, response.data, response.len);
    response_file = help_crl_file(buf_span(&twice));
    SWEEP(read_file);
    make_certs();
    SWEEP(plan_responses);
    index_close(certs);
    struct buf *all[] = {&tbs, &twice, &list_signature, &response_tbs, &response_signature, &response};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_free(all[i]);
    close(list_tbs);
    close(list_crl);
    close(response_file);
    help_ocsp_free(&responder);
}
END_TEST

Suite *suite_memory_status(void)
{
    Suite *s = suite_create("memory_status");
    TCase *t = tcase_create("none left");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, status);
    suite_add_tcase(s, t);
    return s;
}
