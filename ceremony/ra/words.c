#include "ra/words.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *kind;   /* one of many */
    const char *asked;  /* in front of the serial number or key, when there is one */
    const char *behind; /* it */
} ops[OP_UNKNOWN] = {
    [OP_ISSUE] = {"a new certificate", "a new certificate", ""},
    [OP_RENEW] = {"a renewal", "a certificate that renews ", ""},
    [OP_CHANGE] = {"a change of data", "a certificate with other data in place of ", ""},
    [OP_ADD_APPLICATION] = {"another application", "a certificate for another application in place of ", ""},
    [OP_SUSPEND] = {"a suspension", "suspend ", ""},
    [OP_RESUME] = {"an end of suspension", "resume ", ""},
    [OP_REVOKE] = {"a revocation", "revoke ", ""},
    [OP_ACCEPT] = {"an acceptance", "", " was handed over, and not objected to"},
    [OP_CRL] = {"a revocation list", "the revocation list of ", ""},
    [OP_DELTA_CRL] = {"a delta revocation list", "the delta revocation list of ", ""},
    [OP_OCSP] = {"OCSP responses", "OCSP responses about the certificates of ", ""},
    [OP_SEAL_ISSUE] = {"a new electronic seal", "a new electronic seal", ""},
    [OP_SEAL_RENEW] = {"a renewal of an electronic seal", "an electronic seal that renews ", ""},
    [OP_SEAL_REVOKE] = {"a revocation of an electronic seal", "revoke the electronic seal ", ""},
};

static const char *words_of_by(const char *by)
{
    return strcmp(by, "subscriber") == 0 ? "asked by the subscriber"
           : strcmp(by, "ceased") == 0   ? "because the subject ceased to be"
           : strcmp(by, "operator") == 0 ? "by the operator"
                                         : by;
}

void words_of_request(const struct request *r, char *out, size_t cap)
{
    char serial[2 * SERIAL_LEN + 1] = "";
    if (r->has_serial)
        hex_encode(r->serial, SERIAL_LEN, serial);
    if (r->op == OP_UNKNOWN)
        snprintf(out, cap, "%s: no service that is known", r->op_text);
    else
        snprintf(out, cap, "%s%s%s%s%s%s%s", ops[r->op].asked, r->has_serial ? serial : r->key, ops[r->op].behind,
                 r->by[0] != '\0' ? ", " : "", words_of_by(r->by), r->reason[0] != '\0' ? ": " : "", r->reason);
}

void words_of_kind(const struct request *r, char *out, size_t cap)
{
    const char *kind = r->op < OP_UNKNOWN ? ops[r->op].kind : r->op_text;
    snprintf(out, cap, "%s%s%s", kind, r->profile[0] != '\0' ? ", " : "", r->profile);
}
