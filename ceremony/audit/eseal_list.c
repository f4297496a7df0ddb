#include "audit/eseal_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pki/cert.h"
#include "pki/crl_view.h"
#include "pki/der.h"

/* Our numbers are serial numbers in hexadecimal. */
static bool is_it(const struct eseal *s, const struct crl_entry *e)
{
    char hex[2 * sizeof e->serial + 1];
    hex_encode(e->serial, e->serial_n, hex);
    return s->info.id.n == 2 * e->serial_n && memcmp(s->info.id.p, hex, s->info.id.n) == 0;
}

static enum err look(struct crl_view *v, const struct eseal *s, X509 *maker, struct eseal_list_answer *out, struct diag *d)
{
    const struct crl_facts *f = crl_view_facts(v);
    struct crl_entry entry;
    const unsigned char *name = NULL;
    size_t n = 0;
    bool more = true;
    *out = (struct eseal_list_answer){(int64_t)f->number, f->this_update, f->next_update, false, 0};
    if (X509_NAME_get0_der(X509_get_subject_name(maker), &name, &n) != 1)
        return diag_set(d, E_CRYPTO, "the maker's name");
    if (!der_same(f->issuer, (struct span){name, n}))
        return diag_set(d, E_ANCHOR, "the list is another issuer's than the seal's maker");
    if (f->base != 0)
        return diag_set(d, E_CRL_FORMAT, "it says only what changed since list %llu", (unsigned long long)f->base);
    enum err e = crl_verify(v, X509_get0_pubkey(maker), d);
    crl_view_rewind(v);
    while (e == E_OK) {
        e = crl_view_next(v, &entry, &more, d);
        if (e != E_OK || !more)
            break;
        if (is_it(s, &entry)) {
            out->revoked = true;
            out->at = entry.revoked;
        }
    }
    return e;
}

enum err eseal_list_look(const char *path, const struct eseal *s, struct eseal_list_answer *out, struct diag *d)
{
    struct crl_view *v = NULL;
    X509 *maker = NULL;
    struct diag why = {0};
    *out = (struct eseal_list_answer){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return diag_set(d, E_IO, "%s: %s", path, strerror(errno));
    enum err e = cert_parse(s->maker.cert, &maker, &why);
    if (e == E_OK)
        e = crl_view_open(fd, false, &v, &why);
    if (e == E_OK)
        e = look(v, s, maker, out, &why);
    if (e != E_OK)
        diag_wrap(d, e, &why, "%s", path);
    crl_view_close(v);
    X509_free(maker);
    close(fd);
    return e;
}
