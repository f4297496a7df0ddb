#include "audit/note.h"

#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/digest.h"
#include "core/text.h"
#include "pki/cause.h"

#define ED25519 0x01 /* the type of signature, in key and ID */
#define SIGNATURE_LEN 64
#define DASH "\xe2\x80\x94 "

/* -- the key -- */

enum err note_check_name(const char *name, struct diag *d)
{
    size_t n = strlen(name);
    bool good = n >= 1 && n <= NOTE_NAME_MAX;
    for (size_t i = 0; i < n && good; i++)
        good = name[i] > ' ' && name[i] <= '~' && name[i] != '+';
    return good ? E_OK : diag_set(d, E_USAGE, "the origin wants 1 to %d printable ASCII characters, no blank and no plus", NOTE_NAME_MAX);
}

static enum err work_out_id(struct note_key *k)
{
    uint8_t digest[DIGEST_LEN];
    struct buf b = {0};
    buf_printf(&b, "%s\n", k->name);
    buf_append_byte(&b, ED25519);
    buf_append(&b, k->public, sizeof k->public);
    enum err e = buf_err(&b);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, b.data, b.len, digest);
    if (e == E_OK)
        memcpy(k->id, digest, sizeof k->id);
    buf_free(&b);
    return e;
}

enum err note_key_of(const char *name, EVP_PKEY *pkey, struct note_key *out, struct diag *d)
{
    size_t n = NOTE_PUBLIC_LEN;
    *out = (struct note_key){.name = name, .pkey = pkey};
    if (!EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_get_raw_public_key(pkey, out->public, &n) != 1 || n != NOTE_PUBLIC_LEN) {
        enum err e = cause_take(E_PRIVATE_KEY);
        return diag_set(d, e, "a checkpoint is signed with an Ed25519 key");
    }
    enum err e = work_out_id(out);
    return e == E_OK ? E_OK : diag_set(d, e, "the key's ID");
}

enum err note_key_write(const struct note_key *k, struct buf *out)
{
    char hex[2 * NOTE_ID_LEN + 1];
    uint8_t typed[1 + NOTE_PUBLIC_LEN] = {ED25519};
    memcpy(typed + 1, k->public, NOTE_PUBLIC_LEN);
    hex_encode(k->id, NOTE_ID_LEN, hex);
    buf_printf(out, "%s+%s+", k->name, hex);
    enum err e = base64_encode(typed, sizeof typed, out);
    return e == E_OK ? buf_err(out) : e;
}

/* The name up to the first plus, and behind the ID what the base64 gives. */
static enum err take_apart(const char *vkey, char name[NOTE_NAME_MAX + 1], EVP_PKEY **pkey)
{
    const char *plus = strchr(vkey, '+'), *text = plus != NULL ? strchr(plus + 1, '+') : NULL;
    struct buf typed = {0};
    if (text == NULL || (size_t)(plus - vkey) > NOTE_NAME_MAX)
        return E_USAGE;
    snprintf(name, NOTE_NAME_MAX + 1, "%.*s", (int)(plus - vkey), vkey);
    enum err e = base64_decode(text + 1, strlen(text + 1), &typed);
    if (e == E_OK && typed.len != 1 + NOTE_PUBLIC_LEN)
        e = E_USAGE;
    if (e == E_OK && (*pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, typed.data + 1, NOTE_PUBLIC_LEN)) == NULL)
        e = cause_take(E_USAGE);
    buf_free(&typed);
    return e;
}

enum err note_key_read(const char *vkey, char name[NOTE_NAME_MAX + 1], struct note_key *out, struct diag *d)
{
    struct buf again = {0};
    EVP_PKEY *pkey = NULL;
    *out = (struct note_key){0};
    enum err e = take_apart(vkey, name, &pkey);
    if (e == E_OK)
        e = note_check_name(name, NULL);
    if (e == E_OK)
        e = note_key_of(name, pkey, out, NULL);
    if (e == E_OK)
        e = note_key_write(out, &again);
    const bool same = e == E_OK && again.len == strlen(vkey) && memcmp(again.data, vkey, again.len) == 0;
    buf_free(&again);
    if (same)
        return E_OK;
    EVP_PKEY_free(pkey);
    *out = (struct note_key){0};
    return diag_set(d, e == E_NO_MEMORY || e == E_CRYPTO ? e : E_USAGE, "--vkey wants NAME+ID+KEY, as audit tiles prints it");
}

/* -- signing and verifying -- */

static enum err sign(EVP_PKEY *pkey, struct span text, uint8_t out[SIGNATURE_LEN])
{
    size_t n = SIGNATURE_LEN;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    enum err e = E_OK;
    if (c == NULL || EVP_DigestSignInit(c, NULL, NULL, NULL, pkey) != 1 ||
        EVP_DigestSign(c, out, &n, text.p, text.n) != 1 || n != SIGNATURE_LEN)
        e = cause_take(E_CRYPTO);
    EVP_MD_CTX_free(c);
    return e;
}

static enum err verify(EVP_PKEY *pkey, struct span text, const uint8_t signature[SIGNATURE_LEN])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    enum err e = E_OK;
    if (c == NULL || EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) != 1)
        e = cause_take(E_CRYPTO);
    else if (EVP_DigestVerify(c, signature, SIGNATURE_LEN, text.p, text.n) != 1)
        e = cause_take(E_CHECKPOINT);
    EVP_MD_CTX_free(c);
    return e;
}

enum err note_sign(const struct note_key *k, struct span text, struct buf *out)
{
    uint8_t marked[NOTE_ID_LEN + SIGNATURE_LEN];
    memcpy(marked, k->id, NOTE_ID_LEN);
    enum err e = sign(k->pkey, text, marked + NOTE_ID_LEN);
    if (e == E_OK && (e = verify(k->pkey, text, marked + NOTE_ID_LEN)) == E_CHECKPOINT)
        e = E_CRYPTO;
    if (e != E_OK)
        return e;
    buf_append(out, text.p, text.n);
    buf_printf(out, "\n" DASH "%s ", k->name);
    e = base64_encode(marked, sizeof marked, out);
    buf_append_byte(out, '\n');
    return e == E_OK ? buf_err(out) : e;
}

/* -- reading -- */

static enum err out_of_form(struct diag *d, const char *what)
{
    return diag_set(d, E_CHECKPOINT, "it is no signed note: %s", what);
}

/* The text ends before the last empty line. */
static enum err split(struct span note, struct span *text, struct span *signatures, struct diag *d)
{
    if (note.n > NOTE_BYTES_MAX)
        return out_of_form(d, "it is too long");
    if (note.n == 0 || note.p[note.n - 1] != '\n' || !text_is_utf8(note.p, note.n))
        return out_of_form(d, "it is no UTF-8 that ends with a newline");
    for (size_t i = 0; i < note.n; i++)
        if (note.p[i] < ' ' && note.p[i] != '\n')
            return out_of_form(d, "it has a control character");
    for (size_t at = note.n - 1; at > 0; at--)
        if (note.p[at] == '\n' && note.p[at - 1] == '\n') {
            *text = (struct span){note.p, at};
            *signatures = (struct span){note.p + at + 1, note.n - at - 1};
            return signatures->n > 0 ? E_OK : out_of_form(d, "nobody signed it");
        }
    return out_of_form(d, "it has no empty line");
}

/* One line without its newline: whose it is, and what is behind the name. */
static enum err read_line(struct span line, struct span *name, struct buf *marked, struct diag *d)
{
    const size_t dash = strlen(DASH);
    const uint8_t *blank = line.n > dash ? memchr(line.p + dash, ' ', line.n - dash) : NULL;
    *name = (struct span){0};
    buf_reset(marked);
    if (blank == NULL || blank == line.p + dash || memcmp(line.p, DASH, dash) != 0)
        return out_of_form(d, "a line is no signature");
    *name = (struct span){line.p + dash, (size_t)(blank - line.p) - dash};
    enum err e = base64_decode((const char *)blank + 1, line.n - name->n - dash - 1, marked);
    if (e == E_NO_MEMORY)
        return diag_set(d, e, "a signature");
    return e == E_OK && marked->len > NOTE_ID_LEN ? E_OK : out_of_form(d, "a signature is not in base64");
}

static bool is_by(const struct note_key *k, struct span name, const struct buf *marked)
{
    return name.p != NULL && name.n == strlen(k->name) && memcmp(name.p, k->name, name.n) == 0 && memcmp(marked->data, k->id, NOTE_ID_LEN) == 0;
}

static enum err check(const struct note_key *k, struct span text, const struct buf *marked, struct diag *d)
{
    enum err e = marked->len == NOTE_ID_LEN + SIGNATURE_LEN ? verify(k->pkey, text, marked->data + NOTE_ID_LEN) : E_CHECKPOINT;
    return e == E_OK ? E_OK : diag_set(d, e, "the signature by %s does not verify", k->name);
}

enum err note_open(const struct note_key *k, struct span note, struct span *text, struct diag *d)
{
    struct span body = {0}, rest = {0}, name;
    struct buf marked = {0};
    bool by = false;
    *text = (struct span){0};
    enum err e = split(note, &body, &rest, d);
    while (e == E_OK && rest.n > 0) {
        size_t n = (size_t)((const uint8_t *)memchr(rest.p, '\n', rest.n) - rest.p);
        e = read_line((struct span){rest.p, n}, &name, &marked, d);
        if (e == E_OK && is_by(k, name, &marked)) {
            e = check(k, body, &marked, d);
            by = true;
        }
        rest = (struct span){rest.p + n + 1, rest.n - n - 1};
    }
    buf_free(&marked);
    if (e == E_OK && !by)
        e = diag_set(d, E_CHECKPOINT, "it has no signature by this key under the name %s", k->name);
    if (e == E_OK)
        *text = body;
    return e;
}
