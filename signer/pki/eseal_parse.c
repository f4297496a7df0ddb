#include "pki/eseal.h"

#include <openssl/asn1.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/text.h"
#include "pki/alg.h"
#include "pki/der.h"

/* Each of these takes one part off the front of in and returns what is wrong with it, or NULL. */

static const char *take_number(struct span *in, int64_t min, int64_t max, int64_t *out, const char *what)
{
    struct der e;
    if (!der_take(in, DER_INTEGER, &e) || e.body.n > 4 || (e.body.p[0] & 0x80) != 0)
        return what;
    *out = 0;
    for (size_t i = 0; i < e.body.n; i++)
        *out = *out << 8 | e.body.p[i];
    return *out >= min && *out <= max ? NULL : what;
}

static const char *take_ascii(struct span *in, uint8_t tag, struct span *out, const char *what)
{
    struct der e;
    if (!der_take(in, tag, &e) || e.body.n == 0 || e.body.n > LIMIT_ESEAL_TEXT)
        return what;
    for (size_t i = 0; i < e.body.n; i++)
        if (e.body.p[i] >= 0x80)
            return what;
    *out = e.body;
    return NULL;
}

static const char *take_octets(struct span *in, struct span *out, const char *what)
{
    struct der e;
    if (!der_take(in, DER_OCTET_STRING, &e) || e.body.n == 0)
        return what;
    *out = e.body;
    return NULL;
}

/* YYYYMMDDHHMMSSZ: DER writes no fraction that is 0, and nobody makes seals between two seconds. */
static const char *take_time(struct span *in, int64_t *out, const char *what)
{
    struct der e;
    char iso[CLOCK_TEXT];
    if (!der_take(in, V_ASN1_GENERALIZEDTIME, &e) || e.body.n != 15)
        return what;
    const char *t = (const char *)e.body.p;
    snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%.1s", t, t + 4, t + 6, t + 8, t + 10, t + 12, t + 14);
    return clock_parse(iso, out) ? NULL : what;
}

static const char *take_header(struct span *in, struct eseal_info *x)
{
    struct der header;
    struct span word = {0};
    if (!der_take(in, DER_SEQUENCE, &header))
        return "the header";
    struct span h = header.body;
    const char *wrong = take_ascii(&h, V_ASN1_IA5STRING, &word, "the header's identifier");
    if (wrong == NULL && (word.n != 2 || memcmp(word.p, "ES", 2) != 0))
        wrong = "the header's identifier is not ES";
    if (wrong == NULL)
        wrong = take_number(&h, 4, 5, &x->version, "the version is neither 4 nor 5");
    if (wrong == NULL)
        wrong = take_ascii(&h, V_ASN1_IA5STRING, &x->vendor, "the vendor's name");
    return wrong == NULL && h.n != 0 ? "the header" : wrong;
}

static const char *take_signer(struct span *in, enum eseal_list list, struct eseal_signer *out)
{
    struct der pair;
    *out = (struct eseal_signer){0};
    if (list == ESEAL_CERTIFICATES)
        return take_octets(in, &out->value, "a holder's certificate");
    if (!der_take(in, DER_SEQUENCE, &pair))
        return "the digest of a holder's certificate";
    const char *wrong = take_ascii(&pair.body, V_ASN1_PRINTABLESTRING, &out->type, "the kind of a digest");
    if (wrong == NULL)
        wrong = take_octets(&pair.body, &out->value, "a digest");
    return wrong == NULL && pair.body.n != 0 ? "the digest of a holder's certificate" : wrong;
}

static const char *take_signers(struct span *in, struct eseal_info *x)
{
    int64_t type = 0;
    struct der list;
    const char *wrong = take_number(in, ESEAL_CERTIFICATES, ESEAL_DIGESTS, &type, "the kind of the list of holders");
    if (wrong != NULL || !der_take(in, DER_SEQUENCE, &list))
        return "the list of holders";
    x->list = (enum eseal_list)type;
    while (list.body.n > 0 && wrong == NULL) {
        if (x->signers_n == ESEAL_SIGNERS)
            return "too many holders";
        wrong = take_signer(&list.body, x->list, &x->signers[x->signers_n++]);
    }
    return wrong == NULL && x->signers_n == 0 ? "there is no holder" : wrong;
}

static const char *take_name(struct span *in, struct span *out)
{
    struct der e;
    if (!der_take(in, V_ASN1_UTF8STRING, &e) || e.body.n == 0 || e.body.n > LIMIT_ESEAL_TEXT ||
        !text_is_utf8(e.body.p, e.body.n))
        return "the name";
    *out = e.body;
    return NULL;
}

static const char *take_property(struct span *in, struct eseal_info *x)
{
    struct der property;
    if (!der_take(in, DER_SEQUENCE, &property))
        return "the properties";
    struct span p = property.body;
    const char *wrong = take_number(&p, 0, INT32_MAX, &x->type, "the type");
    if (wrong == NULL)
        wrong = take_name(&p, &x->name);
    if (wrong == NULL)
        wrong = take_signers(&p, x);
    if (wrong == NULL)
        wrong = take_time(&p, &x->created, "the time of making");
    if (wrong == NULL)
        wrong = take_time(&p, &x->from, "the beginning of the validity");
    if (wrong == NULL)
        wrong = take_time(&p, &x->until, "the end of the validity");
    if (wrong == NULL && x->from > x->until)
        wrong = "the validity ends before it begins";
    return wrong == NULL && p.n != 0 ? "the properties" : wrong;
}

static const char *take_picture(struct span *in, struct eseal_info *x)
{
    struct der picture;
    if (!der_take(in, DER_SEQUENCE, &picture))
        return "the picture";
    struct span p = picture.body;
    const char *wrong = take_ascii(&p, V_ASN1_IA5STRING, &x->picture_type, "the picture's type");
    if (wrong == NULL)
        wrong = take_octets(&p, &x->picture, "the picture's bytes");
    if (wrong == NULL)
        wrong = take_number(&p, 1, LIMIT_ESEAL_SIDE, &x->width, "the width");
    if (wrong == NULL)
        wrong = take_number(&p, 1, LIMIT_ESEAL_SIDE, &x->height, "the height");
    return wrong == NULL && p.n != 0 ? "the picture" : wrong;
}

/* ExtData ::= SEQUENCE { OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, OCTET STRING }. None is known here, so none may be
 * critical; and DER does not write FALSE. */
static const char *check_extensions(const struct der *list)
{
    struct span in = list->body;
    struct der one, oid, critical, value;
    while (in.n > 0) {
        if (!der_take(&in, DER_SEQUENCE, &one) || !der_take(&one.body, DER_OID, &oid))
            return "an extension";
        if (der_take(&one.body, DER_BOOLEAN, &critical))
            return "an extension is critical";
        if (!der_take(&one.body, DER_OCTET_STRING, &value) || one.body.n != 0)
            return "an extension";
    }
    return NULL;
}

static const char *take_info(struct span *in, struct eseal_info *x)
{
    struct der info, list;
    if (!der_take(in, DER_SEQUENCE, &info))
        return "it is no seal";
    struct span i = info.body;
    const char *wrong = take_header(&i, x);
    if (wrong == NULL)
        wrong = take_ascii(&i, V_ASN1_IA5STRING, &x->id, "the seal's number");
    if (wrong == NULL)
        wrong = take_property(&i, x);
    if (wrong == NULL)
        wrong = take_picture(&i, x);
    if (wrong != NULL || i.n == 0)
        return wrong;
    if (!der_take(&i, DER_SEQUENCE, &list) || i.n != 0)
        return "what follows the picture";
    x->extensions = list.whole;
    return check_extensions(&list);
}

/* cert, algorithm and signature, with which both structures end. The time stamp's [0] is
 * EXPLICIT with some makers and IMPLICIT with others. */
static const char *take_proof(struct span *in, bool may_be_stamped, struct eseal_proof *x)
{
    const struct span sm2 = alg_identifier(SIG_SM2_SM3, false);
    struct der oid, bits, stamp;
    const char *wrong = take_octets(in, &x->cert, "the signer's certificate");
    if (wrong != NULL)
        return wrong;
    /* the identifier's own OBJECT IDENTIFIER, without the SEQUENCE around it */
    if (!der_take(in, DER_OID, &oid) || !der_same(oid.whole, (struct span){sm2.p + 2, sm2.n - 2}))
        return "the algorithm is not SM2 with SM3";
    if (!der_take(in, DER_BIT_STRING, &bits) || !der_bits(&bits, &x->signature))
        return "the signature";
    if (may_be_stamped && (der_take(in, DER_CONSTRUCTED + 0, &stamp) || der_take(in, DER_CONTEXT + 0, &stamp)))
        x->stamped = true;
    return in->n != 0 ? "what follows the signature" : NULL;
}

static const char *take_seal(struct span *in, struct eseal *x)
{
    struct der seal;
    if (!der_take(in, DER_SEQUENCE, &seal))
        return "it is no seal";
    struct span s = seal.body, before = s;
    x->whole = seal.whole;
    const char *wrong = take_info(&s, &x->info);
    if (wrong != NULL)
        return wrong;
    x->signed_part = (struct span){before.p, before.n - s.n};
    return take_proof(&s, x->info.version >= 5, &x->maker);
}

/* TBS_Sign: version, seal, time, digest, property, extensions [0] OPTIONAL. */
static const char *take_signing(struct span *in, int64_t *version, struct eseal_value *x)
{
    struct der signing, digest, tagged, list;
    if (!der_take(in, DER_SEQUENCE, &signing))
        return "it is no value signed with a seal";
    struct span s = signing.body;
    x->signed_part = signing.whole;
    const char *wrong = take_number(&s, 4, 5, version, "the version is neither 4 nor 5");
    if (wrong == NULL)
        wrong = take_seal(&s, &x->seal);
    if (wrong == NULL)
        wrong = take_time(&s, &x->time, "the time of signing");
    if (wrong == NULL && (!der_take(&s, DER_BIT_STRING, &digest) || !der_bits(&digest, &x->digest) || x->digest.n != 32))
        wrong = "the document's digest";
    if (wrong == NULL)
        wrong = take_ascii(&s, V_ASN1_IA5STRING, &x->property, "the property");
    if (wrong != NULL || s.n == 0)
        return wrong;
    if (!der_take(&s, DER_CONSTRUCTED + 0, &tagged) || s.n != 0 || !der_take(&tagged.body, DER_SEQUENCE, &list) ||
        tagged.body.n != 0)
        return "what follows the property";
    return check_extensions(&list);
}

static enum err not_der(struct diag *d)
{
    return diag_set(d, E_ESEAL_FORMAT, "it is not one element in DER");
}

enum err eseal_info_parse(struct span der, struct eseal_info *out, struct diag *d)
{
    *out = (struct eseal_info){0};
    struct eseal_info x = {0};
    struct span in = der;
    if (!der_check(der))
        return not_der(d);
    const char *wrong = take_info(&in, &x);
    if (wrong != NULL)
        return diag_set(d, E_ESEAL_FORMAT, "%s", wrong);
    *out = x;
    return E_OK;
}

enum err eseal_parse(struct span der, struct eseal *out, struct diag *d)
{
    *out = (struct eseal){0};
    struct eseal x = {0};
    struct span in = der;
    if (!der_check(der))
        return not_der(d);
    const char *wrong = take_seal(&in, &x);
    if (wrong != NULL)
        return diag_set(d, E_ESEAL_FORMAT, "%s", wrong);
    *out = x;
    return E_OK;
}

enum err eseal_value_parse(struct span der, struct eseal_value *out, struct diag *d)
{
    *out = (struct eseal_value){0};
    struct eseal_value x = {0};
    struct span in = der;
    struct der whole;
    int64_t version = 0;
    if (!der_check(der) || !der_take(&in, DER_SEQUENCE, &whole))
        return not_der(d);
    const char *wrong = take_signing(&whole.body, &version, &x);
    if (wrong == NULL)
        wrong = take_proof(&whole.body, true, &x.holder);
    if (wrong != NULL)
        return diag_set(d, E_ESEAL_FORMAT, "%s", wrong);
    *out = x;
    return E_OK;
}
