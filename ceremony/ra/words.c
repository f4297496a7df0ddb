#include "ra/words.h"

#include <stdio.h>
#include <string.h>

#include "batch/approval.h"
#include "core/i18n.h"

static const struct {
    const char *kind;   /* one of many */
    const char *asked;  /* in front of the serial number or key, when there is one */
    const char *behind; /* it */
} ops[OP_UNKNOWN] = {
    [OP_ISSUE] = {N_("a new certificate"), N_("a new certificate"), ""},
    [OP_RENEW] = {N_("a renewal"), N_("a certificate that renews "), ""},
    [OP_CHANGE] = {N_("a change of data"), N_("a certificate with other data in place of "), ""},
    [OP_ADD_APPLICATION] = {N_("another application"), N_("a certificate for another application in place of "), ""},
    [OP_SUSPEND] = {N_("a suspension"), N_("suspend "), ""},
    [OP_RESUME] = {N_("an end of suspension"), N_("resume "), ""},
    [OP_REVOKE] = {N_("a revocation"), N_("revoke "), ""},
    [OP_ACCEPT] = {N_("an acceptance"), "", N_(" was handed over, and not objected to")},
    [OP_CRL] = {N_("a revocation list"), N_("the revocation list of "), ""},
    [OP_DELTA_CRL] = {N_("a delta revocation list"), N_("the delta revocation list of "), ""},
    [OP_OCSP] = {N_("OCSP responses"), N_("OCSP responses about the certificates of "), ""},
    [OP_SEAL_ISSUE] = {N_("a new electronic seal"), N_("a new electronic seal"), ""},
    [OP_SEAL_RENEW] = {N_("a renewal of an electronic seal"), N_("an electronic seal that renews "), ""},
    [OP_SEAL_REVOKE] = {N_("a revocation of an electronic seal"), N_("revoke the electronic seal "), ""},
};

static const char *words_of_by(const char *by)
{
    return strcmp(by, "subscriber") == 0 ? _("asked by the subscriber")
           : strcmp(by, "ceased") == 0   ? _("because the subject ceased to be")
           : strcmp(by, "operator") == 0 ? _("by the operator")
                                         : by;
}

void words_of_request(const struct request *r, char *out, size_t cap)
{
    char serial[2 * SERIAL_LEN + 1] = "";
    if (r->has_serial)
        hex_encode(r->serial, SERIAL_LEN, serial);
    if (r->op == OP_UNKNOWN)
        snprintf(out, cap, _("%s: no service that is known"), r->op_text);
    else
        snprintf(out, cap, "%s%s%s%s%s%s%s", _(ops[r->op].asked), r->has_serial ? serial : r->key, _(ops[r->op].behind),
                 r->by[0] != '\0' ? ", " : "", words_of_by(r->by), r->reason[0] != '\0' ? ": " : "", r->reason);
}

void words_of_kind(const struct request *r, char *out, size_t cap)
{
    const char *kind = r->op < OP_UNKNOWN ? _(ops[r->op].kind) : r->op_text;
    snprintf(out, cap, "%s%s%s", kind, r->profile[0] != '\0' ? ", " : "", r->profile);
}

void words_of_approvals(const struct desk *k, int64_t now, char *out, size_t cap)
{
    struct approvals all;
    struct diag why = {0};
    const struct policy_authority *a = policy_authority_find(&policy_table, k->header.authority);
    enum err e = a != NULL ? approval_check(k->fd, &policy_table, a, &k->header, now, &all, &why)
                           : diag_set(&why, E_AUTHORITY, "%s", k->header.authority);
    if (e == E_OK)
        snprintf(out, cap, "%s", _("the batch has all its approvals"));
    else
        snprintf(out, cap, _("not yet: %s: %s: %s"), err_name(e), _(err_sentence(e)), why.said);
}
