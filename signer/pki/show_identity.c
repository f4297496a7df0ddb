/* show_identity.c - what the identity extensions of GM/T 0015-2012 say; identity.h names them. */
#include <openssl/asn1.h>

#include "pki/name.h"
#include "pki/show_parts.h"

bool show_put_printable(struct buf *out, struct span value)
{
    struct der text;
    if (!der_check(value) || !der_take(&value, V_ASN1_PRINTABLESTRING, &text))
        return false;
    buf_append_str(out, SHOW_DEEPER);
    name_display_text(text.body, out);
    buf_append_byte(out, '\n');
    return true;
}

/* EXPLICIT is the usual form; what is tagged IMPLICIT says so, for the bytes differ. */
bool show_put_identify_code(struct buf *out, struct span value)
{
    static const char *const names[] = {"resident identity card", "military officer card", "passport"};
    static const uint8_t types[] = {V_ASN1_PRINTABLESTRING, V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING};
    struct der code, text;
    if (!der_check(value) || !der_next(&value, &code))
        return false;
    unsigned choice = code.tag & 0x1fu;
    bool is_explicit = code.tag == DER_CONSTRUCTED + choice;
    if (choice >= sizeof types || (!is_explicit && code.tag != DER_CONTEXT + choice))
        return false;
    struct span in = code.body;
    if (is_explicit && (!der_take(&in, types[choice], &text) || in.n != 0))
        return false;
    buf_printf(out, SHOW_DEEPER "%s%s: ", names[choice], is_explicit ? "" : ", IMPLICIT");
    name_display_text(is_explicit ? text.body : code.body, out);
    buf_append_byte(out, '\n');
    return true;
}
