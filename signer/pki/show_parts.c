#include "pki/show_parts.h"

#include <openssl/objects.h>

#include "core/digest.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/cause.h"

#define LABEL 13 /* columns */

void show_put_label(struct buf *out, const char *label)
{
    buf_append_str(out, "    ");
    screen_put_label(out, _(label), LABEL);
}

void show_put_hex(struct buf *out, struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        char two[3];
        hex_encode(bytes.p + i, 1, two);
        buf_append(out, two, 2);
    }
}

/* The short name that OpenSSL has for it, or NULL; dotted gets the number, or "" when OpenSSL does not write it out. */
const char *show_oid_name(struct buf *out, const struct der *oid, char *dotted, size_t cap)
{
    const uint8_t *p = oid->whole.p;
    ASN1_OBJECT *o = d2i_ASN1_OBJECT(NULL, &p, (long)oid->whole.n);
    int nid = o != NULL ? OBJ_obj2nid(o) : NID_undef;
    int n = o != NULL ? OBJ_obj2txt(dotted, (int)cap, o, 1) : 0;
    if (n <= 0 || (size_t)n >= cap) {
        dotted[0] = '\0';
        out->failed = out->failed || cause_take(E_OK) == E_NO_MEMORY;
    }
    ASN1_OBJECT_free(o);
    return nid != NID_undef ? OBJ_nid2sn(nid) : NULL;
}

/* "2.999.1", or "hex:..." for a number beyond all use. */
void show_put_number(struct buf *out, const struct der *oid, const char *dotted)
{
    if (dotted[0] != '\0') {
        buf_append_str(out, dotted);
        return;
    }
    buf_append_str(out, "hex:");
    show_put_hex(out, oid->whole);
}

/* "serverAuth (1.3.6.1.5.5.7.3.1)", or the number alone. */
void show_put_oid(struct buf *out, const struct der *oid)
{
    char dotted[256];
    const char *name = show_oid_name(out, oid, dotted, sizeof dotted);
    if (name != NULL)
        buf_printf(out, "%s (", name);
    show_put_number(out, oid, dotted);
    if (name != NULL)
        buf_append_byte(out, ')');
}
