#include <inttypes.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "batch/request.h"
#include "commands.h"
#include "core/clock.h"
#include "core/letters.h"
#include "core/screen.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "pki/name.h"
#include "pki/san.h"
#include "ra/desk.h"
#include "ra/words.h"

#define LABEL 11 /* columns */

static void print_header(const struct desk *k)
{
    char created[CLOCK_TEXT], until[CLOCK_TEXT], hex[DIGEST_HEX];
    const struct batch_header *h = &k->header;
    clock_format(h->created, created);
    clock_format(h->valid_until, until);
    screen_field(_("authority"), LABEL, "%s", h->authority);
    screen_field(_("ra"), LABEL, "%s", h->ra);
    screen_field(_("batch"), LABEL, _("%s, sequence %" PRId64), h->id, h->sequence);
    screen_field(_("created"), LABEL, "%s", created);
    screen_field(_("valid to"), LABEL, "%s", until);
    screen_field(_("requests"), LABEL, "%" PRId64, h->count);
    hex_encode(h->policy, DIGEST_LEN, hex);
    screen_field(_("policy"), LABEL, "%s", h->has_policy ? hex : _("(not named)"));
    hex_encode(h->previous, DIGEST_LEN, hex);
    screen_field(_("previous"), LABEL, "%s", h->has_previous ? hex : _("(not named)"));
    hex_encode(k->digest, DIGEST_LEN, hex);
    screen_field(_("digest"), LABEL, "%s", hex);
}

static enum err print_approvals(const struct desk *k, struct diag *d)
{
    struct file_list list;
    enum err e = desk_approvals(k->fd, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        struct buf name = {0};
        name_display_text((struct span){(const uint8_t *)list.names[i], strlen(list.names[i])}, &name);
        e = buf_err(&name) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "an approval's name");
        if (e == E_OK)
            screen_field(_("approval"), LABEL, "%.*s", (int)name.len, (const char *)name.data);
        buf_free(&name);
    }
    file_list_free(&list);
    return e;
}

/* A subject or a name, after these words: in ASCII, or with the letters that --utf8 asks for. */
static enum err print_text(const char *before, const struct buf *text)
{
    struct buf letters = {0};
    if (options.utf8)
        letters_show(buf_span(text), &letters);
    const struct buf *shown = options.utf8 ? &letters : text;
    enum err e = buf_err(text) == E_OK ? buf_err(shown) : buf_err(text);
    if (e == E_OK)
        printf("%s%.*s\n", before, (int)shown->len, shown->len > 0 ? (const char *)shown->data : "");
    buf_free(&letters);
    return e;
}

/* The alternative names the request asks for, one a line: what a reviewer must read as carefully as the subject. */
static enum err print_names(const struct csr *csr)
{
    int at = X509v3_get_ext_by_NID(csr->extensions, NID_subject_alt_name, -1);
    GENERAL_NAMES *names = at >= 0 ? X509V3_EXT_d2i(X509v3_get_ext(csr->extensions, at)) : NULL;
    enum err e = E_OK;
    for (int i = 0; e == E_OK && i < sk_GENERAL_NAME_num(names); i++) {
        struct buf line = {0};
        uint8_t *der = NULL;
        int n = i2d_GENERAL_NAME(sk_GENERAL_NAME_value(names, i), &der);
        struct der one;
        struct span in = {der, n > 0 ? (size_t)n : 0};
        if (der_next(&in, &one))
            san_display(&one, &line);
        e = n > 0 ? print_text(_("        also named "), &line) : E_NO_MEMORY;
        OPENSSL_free(der);
        buf_free(&line);
    }
    GENERAL_NAMES_free(names);
    return e;
}

/* Kind of key, subject and alternative names of a certificate that is asked for. */
static enum err print_csr(const struct request *r)
{
    char kind[32];
    struct buf name = {0};
    struct csr csr;
    struct diag why = {0};
    enum err e = csr_parse(buf_span(&r->csr), &csr, &why);
    if (e != E_OK) {
        printf("%-18s %s: %s\n", r->profile, err_name(e), why.said);
        return e == E_NO_MEMORY ? e : E_OK;
    }
    name_display(csr_subject(&csr), &name);
    if (csr.key.kind == KEY_RSA)
        snprintf(kind, sizeof kind, "rsa-%d", csr.key.bits);
    else
        snprintf(kind, sizeof kind, "%s", alg_key_name(csr.key.kind));
    printf("%-18s %-9s ", r->profile, kind);
    e = print_text("", &name);
    if (e == E_OK)
        e = print_names(&csr);
    buf_free(&name);
    csr_free(&csr);
    return e;
}

static enum err print_shown(const char *before, const void *text, size_t n)
{
    struct buf shown = {0};
    name_display_text((struct span){text, n}, &shown);
    enum err e = print_text(before, &shown);
    buf_free(&shown);
    return e;
}

/* The numbers of the holder, and why one that looks wrong is not. */
static enum err print_identity(const struct request *r)
{
    enum err e = E_OK;
    for (int f = 0; f < POLICY_IDENTITY_COUNT && e == E_OK; f++) {
        char before[64];
        const char *value = r->identity.value[f];
        snprintf(before, sizeof before, "        %s ", policy_identity_name((enum policy_identity)f));
        if (value[0] != '\0')
            e = print_shown(before, value, strlen(value));
    }
    if (e == E_OK && r->override_[0] != '\0')
        e = print_shown(_("        genuine although a check digit is wrong: "), r->override_, strlen(r->override_));
    return e;
}

static void print_pair(const struct request *r)
{
    char serial[2 * SERIAL_LEN + 1];
    hex_encode(r->pair.serial, SERIAL_LEN, serial);
    if (r->pair.request[0] != '\0' || r->pair.has_serial)
        printf(r->pair.has_serial ? _("        for encryption, beside the signing certificate %s\n")
                                  : _("        for encryption, beside the signing certificate of request %s\n"),
               r->pair.has_serial ? serial : r->pair.request);
}

/* The name of an electronic seal, its size, and who will hold it. */
static enum err print_seal(const struct request *r)
{
    X509 *holder = NULL;
    struct buf name = {0};
    enum err e = print_shown("", r->seal.name.data, r->seal.name.len);
    printf(_("        picture of %zu bytes, %" PRId64 " x %" PRId64 " mm\n"), r->seal.picture.len, r->seal.width,
           r->seal.height);
    if (e == E_OK && cert_parse(buf_span(&r->seal.holder), &holder, NULL) == E_OK) {
        name_display(X509_get_subject_name(holder), &name);
        e = print_text(_("        holder "), &name);
    } else if (e == E_OK) {
        puts(_("        holder (not readable)"));
    }
    X509_free(holder);
    buf_free(&name);
    return e;
}

/* Late requests are told by the appliance: the time that the policy promises runs from here. */
static void print_asked(const struct request *r)
{
    char when[CLOCK_TEXT];
    clock_format(r->requested_at, when);
    if (r->op == OP_REVOKE || r->op == OP_SEAL_REVOKE)
        printf(_("        asked for at %s\n"), when);
}

static enum err print_request(const struct request *r, int64_t n)
{
    char words[400];
    words_of_request(r, words, sizeof words);
    printf("%6" PRId64 "  %-20s ", n, r->id);
    enum err e = E_OK;
    if (op_certifies(r->op))
        e = print_csr(r);
    else if ((op_fields(r->op) & OP_SEAL) != 0)
        e = print_seal(r);
    else
        puts(words);
    if (e == E_OK && r->has_serial && (op_fields(r->op) & (OP_CSR | OP_SEAL)) != 0)
        printf("        %s\n", words);
    if (e == E_OK)
        e = print_identity(r);
    print_pair(r);
    print_asked(r);
    return e;
}

/* What the RA itself keeps of it. */
static void print_origin(const struct request *r)
{
    char hex[DIGEST_HEX];
    if (r->operator_[0] != '\0')
        printf(_("        keyed in by %s\n"), r->operator_);
    hex_encode(r->evidence, DIGEST_LEN, hex);
    if (r->has_evidence)
        printf(_("        evidence %s\n"), hex);
}

static enum err print_requests(const struct desk *k, struct diag *d)
{
    struct lines requests = k->requests;
    struct span line;
    enum err line_error;
    while (desk_next(&requests, &line, &line_error)) {
        struct request r;
        struct diag why = {0};
        int64_t n = (int64_t)requests.number - 1;
        enum err e = line_error;
        if (e == E_OK)
            e = request_parse(line, requests.number, &r, &why);
        else
            r = (struct request){0};
        if (e == E_OK)
            e = print_request(&r, n);
        else
            printf("%6" PRId64 "  %-20s %-18s %s: %s\n", n, r.id, "", err_name(e), why.said);
        print_origin(&r);
        request_free(&r);
        if (e == E_NO_MEMORY)
            return diag_set(d, e, BATCH_FILE);
    }
    return E_OK;
}

enum err cmd_show(int n, char **operands, struct diag *d)
{
    struct desk k;
    char approvals[WORDS_APPROVALS];
    (void)n;
    (void)operands;
    enum err e = desk_open(options.dir, &k, d);
    if (e == E_OK) {
        print_header(&k);
        e = print_approvals(&k, d);
    }
    if (e == E_OK) {
        words_of_approvals(&k, clock_now(), approvals, sizeof approvals);
        screen_field(_("approved"), LABEL, "%s", approvals);
        e = print_requests(&k, d);
    }
    desk_close(&k);
    return e;
}
