#include "audit/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "core/base64.h"

#define SIZE_DIGITS 18 /* more lines than any log will have, and no number that would not fit */

enum err checkpoint_text(const char *origin, const struct checkpoint *c, struct buf *out)
{
    buf_printf(out, "%s\n%" PRIu64 "\n", origin, c->size);
    enum err e = base64_encode(c->root, DIGEST_LEN, out);
    buf_append_byte(out, '\n');
    return e == E_OK ? buf_err(out) : e;
}

enum err checkpoint_write(const struct note_key *k, const struct checkpoint *c, struct buf *out)
{
    struct buf text = {0};
    enum err e = checkpoint_text(k->name, c, &text);
    if (e == E_OK)
        e = note_sign(k, buf_span(&text), out);
    buf_free(&text);
    return e;
}

/* The bytes up to the next newline, which is passed. */
static struct span next_line(struct span *rest)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    struct span line = {rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n};
    size_t n = line.n + (end != NULL);
    *rest = (struct span){rest->p + n, rest->n - n};
    return line;
}

/* What can be read at all; whether it is in the one form is seen when it is written again. */
static enum err read_text(struct span text, struct checkpoint *out)
{
    struct buf root = {0};
    (void)next_line(&text);
    struct span size = next_line(&text), last = next_line(&text);
    enum err e = size.n > 0 && size.n <= SIZE_DIGITS ? E_OK : E_CHECKPOINT;
    for (size_t i = 0; i < size.n && e == E_OK; i++)
        if (size.p[i] >= '0' && size.p[i] <= '9')
            out->size = out->size * 10 + (uint64_t)(size.p[i] - '0');
        else
            e = E_CHECKPOINT;
    if (e == E_OK && (e = base64_decode((const char *)last.p, last.n, &root)) == E_BASE64)
        e = E_CHECKPOINT;
    if (e == E_OK && root.len != DIGEST_LEN)
        e = E_CHECKPOINT;
    if (e == E_OK)
        memcpy(out->root, root.data, DIGEST_LEN);
    buf_free(&root);
    return e;
}

static enum err read_exactly(const char *origin, struct span text, struct checkpoint *out)
{
    struct buf again = {0};
    enum err e = read_text(text, out);
    if (e == E_OK)
        e = checkpoint_text(origin, out, &again);
    if (e == E_OK && (again.len != text.n || memcmp(again.data, text.p, text.n) != 0))
        e = E_CHECKPOINT;
    buf_free(&again);
    return e;
}

enum err checkpoint_read(const struct note_key *k, struct span note, struct checkpoint *out, struct diag *d)
{
    struct span text;
    *out = (struct checkpoint){0};
    enum err e = note_open(k, note, &text, d);
    if (e == E_OK && (e = read_exactly(k->name, text, out)) != E_OK)
        diag_set(d, e, "its text is not an origin, a size and a root");
    if (e != E_OK)
        *out = (struct checkpoint){0};
    return e;
}
