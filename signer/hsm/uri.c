#include "hsm/uri.h"

#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define LABEL_CUT_MIN 4 /* what OpenSC leaves of a label, at least */

struct uri {
    P11KitUri *p11;
    char *label; /* NULL: no object */
};

/* Does an attribute name stand twice in the path? p11-kit takes the last one, RFC 7512 2.3 forbids
 * it. */
static bool has_duplicate(const char *path)
{
    for (const char *a = path; a != NULL; a = strchr(a, ';')) {
        a += *a == ';';
        size_t n = strcspn(a, "=;");
        for (const char *b = strchr(a, ';'); b != NULL; b = strchr(b + 1, ';'))
            if (strcspn(b + 1, "=;") == n && strncmp(a, b + 1, n) == 0)
                return true;
    }
    return false;
}

static enum err check_object(struct uri *u, const char *text, struct diag *d)
{
    const CK_ATTRIBUTE *class_ = p11_kit_uri_get_attribute(u->p11, CKA_CLASS);
    if (class_ != NULL && *(const CK_OBJECT_CLASS *)class_->pValue != CKO_PRIVATE_KEY)
        return diag_set(d, E_URI, "%s: type is not private", text);

    const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(u->p11, CKA_ID);
    if (id != NULL && id->ulValueLen == 0)
        return diag_set(d, E_URI, "%s: the id is empty", text);

    const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(u->p11, CKA_LABEL);
    if (label == NULL)
        return id == NULL ? E_OK : diag_set(d, E_URI, "%s: an id without an object", text);
    if (label->ulValueLen == 0 || memchr(label->pValue, 0, label->ulValueLen) != NULL ||
        !text_is_utf8(label->pValue, label->ulValueLen))
        return diag_set(d, E_URI, "%s: the object's label is empty or not UTF-8 text", text);
    u->label = strndup(label->pValue, label->ulValueLen);
    return u->label != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "URI");
}

enum err uri_parse(const char *text, struct uri **out, struct diag *d)
{
    *out = NULL;
    if (strchr(text, '?') != NULL)
        return diag_set(d, E_URI,
                        "a PKCS#11 URI has a query part; PIN and module are never named there");
    if (strstr(text, ":pin") != NULL || strstr(text, ";pin") != NULL)
        return diag_set(d, E_URI, "a PKCS#11 URI names a PIN");

    struct uri *u = calloc(1, sizeof *u);
    if (u == NULL)
        return diag_set(d, E_NO_MEMORY, "URI");
    enum err e;
    u->p11 = p11_kit_uri_new();
    if (u->p11 == NULL) {
        e = diag_set(d, E_NO_MEMORY, "URI");
        goto out;
    }
    int r = p11_kit_uri_parse(text, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, u->p11);
    if (r != P11_KIT_URI_OK) {
        e = diag_set(d, E_URI, "%s: %s", text, p11_kit_uri_message(r));
        goto out;
    }
    if (p11_kit_uri_any_unrecognized(u->p11)) {
        e = diag_set(d, E_URI, "%s: an attribute is unknown or not allowed here", text);
        goto out;
    }
    if (has_duplicate(text + strlen(P11_KIT_URI_SCHEME ":"))) {
        e = diag_set(d, E_URI, "%s: an attribute is named twice", text);
        goto out;
    }
    e = check_object(u, text, d);

out:
    if (e == E_OK)
        *out = u;
    else
        uri_free(u);
    return e;
}

bool uri_names_token(const struct uri *u, const CK_TOKEN_INFO *info)
{
    return p11_kit_uri_match_token_info(u->p11, info) == 1;
}

/* Labels are padded with blanks. */
static size_t label_length(const CK_TOKEN_INFO *info)
{
    size_t n = sizeof info->label;
    while (n > 0 && (info->label[n - 1] == ' ' || info->label[n - 1] == '\0'))
        n--;
    return n;
}

/* Is `is` the label `was` with the name of a PIN behind it? */
static bool is_renamed(const CK_TOKEN_INFO *is, const CK_TOKEN_INFO *was)
{
    size_t n = label_length(is), whole = label_length(was);
    if (whole == 0 || n < sizeof " ()" || is->label[n - 1] != ')')
        return false;
    for (size_t i = 1; i <= whole && i + sizeof " ()" <= n; i++) {
        bool cut = i < whole && i >= LABEL_CUT_MIN && n == sizeof is->label;
        if ((i == whole || cut) && memcmp(is->label, was->label, i) == 0 && is->label[i] == ' ' && is->label[i + 1] == '(')
            return true;
    }
    return false;
}

bool uri_fits_token(const struct uri *u, const CK_TOKEN_INFO *info)
{
    const CK_TOKEN_INFO *named = p11_kit_uri_get_token_info(u->p11);
    if (uri_names_token(u, info))
        return true;
    if (!is_renamed(info, named))
        return false;
    CK_TOKEN_INFO before = *info;
    memcpy(before.label, named->label, sizeof before.label);
    return uri_names_token(u, &before);
}

const char *uri_label(const struct uri *u)
{
    return u->label;
}

void uri_id(const struct uri *u, const unsigned char **id, size_t *n)
{
    const CK_ATTRIBUTE *a = p11_kit_uri_get_attribute(u->p11, CKA_ID);
    *id = a != NULL ? a->pValue : NULL;
    *n = a != NULL ? a->ulValueLen : 0;
}

void uri_free(struct uri *u)
{
    if (u == NULL)
        return;
    p11_kit_uri_free(u->p11);
    free(u->label);
    free(u);
}
