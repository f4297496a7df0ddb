#include "batch/authorise.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/intake.h"
#include "core/file.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/cms.h"

#define STEP_MAX 12 /* "-" and the digits of a number */

enum err authorise_text(const struct authorise_what *what, struct buf *out)
{
    char hex[DIGEST_HEX], file[DIGEST_HEX];
    hex_encode(what->digest, DIGEST_LEN, hex);
    if (what->ceremony == NULL) {
        buf_printf(out, "rootseal-authorise-1\nplan %s\n", hex);
        return buf_err(out);
    }
    hex_encode(what->file, DIGEST_LEN, file);
    buf_printf(out, "rootseal-certify-1\nceremony %s\nfile %s\nstep %d\ntbs %s\n", what->ceremony, file, what->step, hex);
    return buf_err(out);
}

void authorise_name(const struct policy_officer *officer, const struct authorise_what *what, char out[AUTHORISE_NAME])
{
    char hex[DIGEST_HEX], step[STEP_MAX + 1] = "";
    hex_encode(what->digest, DIGEST_LEN, hex);
    if (what->ceremony != NULL)
        snprintf(step, sizeof step, "%d-", what->step);
    snprintf(out, AUTHORISE_NAME, AUTHORISATION_PREFIX "%s%.16s-%s.p7s", step, hex, officer->id);
}

enum err authorise_verify(const struct policy_officer *officer, const char *name, struct span bytes,
                          struct span text, int64_t now, struct diag *d)
{
    struct cms *cms = NULL;
    X509 *cert = NULL;
    struct diag why = {0};
    enum err e = cert_parse(officer->certificate, &cert, &why);
    if (e == E_OK)
        e = cms_parse_person(bytes, &cms, &why);
    if (e == E_OK && !cms_is_by(cms, cert))
        e = diag_set(&why, cause_take(E_OFFICER), "it is not by %s", officer->id);
    if (e == E_OK)
        e = cms_verify(cms, cert, text, &why);
    if (e == E_OK)
        e = cert_check_time(cert, now, &why);
    if (e == E_APPROVAL_FORMAT || e == E_APPROVAL_SIGNATURE)
        e = E_OFFICER_SIGNATURE;
    if (e == E_APPROVAL_EXPIRED)
        e = E_OFFICER;
    if (e != E_OK)
        diag_wrap(d, e, &why, "%s", name);
    cms_free(cms);
    X509_free(cert);
    return e;
}

static enum err collect_one(int dir_fd, const struct policy_officer *officer, const struct authorise_what *what,
                            struct span text, int64_t now, struct authorisations *out, struct diag *d)
{
    char name[AUTHORISE_NAME];
    struct buf bytes = {0};
    bool found = false;
    authorise_name(officer, what, name);
    enum err e = file_read(dir_fd, name, LIMIT_APPROVAL_BYTES, &bytes, &found, d);
    if (e == E_OK && found) {
        struct authorisation *a = &out->by[out->n];
        e = authorise_verify(officer, name, buf_span(&bytes), text, now, d);
        if (e == E_OK)
            e = digest_bytes(DIGEST_SHA256, officer->certificate.p, officer->certificate.n, a->certificate);
        if (e == E_OK)
            e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, a->signature);
        a->officer = officer;
        out->n += e == E_OK;
    }
    buf_free(&bytes);
    return e;
}

enum err authorise_collect(int dir_fd, const struct policy *p, const struct authorise_what *what, int64_t now,
                           struct authorisations *out, struct diag *d)
{
    struct buf text = {0};
    *out = (struct authorisations){0};
    enum err e = authorise_text(what, &text);
    for (size_t i = 0; i < p->officers_n && i < LIMIT_OFFICERS && e == E_OK; i++)
        e = collect_one(dir_fd, &p->officers[i], what, buf_span(&text), now, out, d);
    buf_free(&text);
    return e;
}

enum err authorise_check(int dir_fd, const struct policy *p, const struct authorise_what *what, int64_t now,
                         struct authorisations *out, struct diag *d)
{
    enum err e = authorise_collect(dir_fd, p, what, now, out, d);
    if (e == E_OK && (p->quorum < 1 || out->n < (size_t)p->quorum))
        e = diag_set_clause(d, E_QUORUM, p->quorum_clause, "%zu of %d officers", out->n, p->quorum);
    return e;
}

/* May this officer sign this now? */
static enum err check_turn(int dir_fd, const struct policy_officer *officer, const char *name,
                           const struct authorise_what *what, struct span text, X509 *cert, int64_t now, struct diag *d)
{
    struct authorisations before = {0};
    struct diag why = {0};
    enum err e = collect_one(dir_fd, officer, what, text, now, &before, &why);
    if (e == E_OK && before.n > 0) { /* said to be there, so it must be: also when its writer was killed before its sync */
        e = file_sync(dir_fd, name, d);
        return e == E_OK ? diag_set(d, E_OFFICER_TWICE, "%s", officer->id) : e;
    }
    bool damaged = e == E_OFFICER_SIGNATURE || e == E_OFFICER || e == E_MEDIUM_LIMIT || e == E_MEDIUM_FILE;
    if (e != E_OK && !damaged) /* what is damaged is replaced */
        return diag_again(d, e, &why);
    if (cert_check_time(cert, now, NULL) == E_APPROVAL_EXPIRED)
        return diag_set_clause(d, E_OFFICER, "RFC 5280 4.1.2.5", "the certificate of %s is not valid now", officer->id);
    return E_OK;
}

enum err authorise_sign(int dir_fd, const struct policy_officer *officer, const struct authorise_hand *hand,
                        const struct authorise_what *what, int64_t now, struct diag *d)
{
    char name[AUTHORISE_NAME];
    X509 *cert = NULL;
    struct buf text = {0}, out = {0};
    authorise_name(officer, what, name);
    enum err e = authorise_text(what, &text);
    if (e == E_OK)
        e = cert_parse(officer->certificate, &cert, d);
    if (e == E_OK)
        e = check_turn(dir_fd, officer, name, what, buf_span(&text), cert, now, d);
    if (e == E_OK)
        e = hand->sign(hand->arg, officer, buf_span(&text), now, &out, d);
    if (e == E_OK)
        e = authorise_verify(officer, name, buf_span(&out), buf_span(&text), now, d);
    if (e == E_OK)
        e = file_write(dir_fd, name, out.data, out.len, d);
    buf_free(&text);
    buf_free(&out);
    X509_free(cert);
    return e;
}
