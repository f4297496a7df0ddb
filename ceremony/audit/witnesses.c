#include "audit/witnesses.h"

#include <string.h>

#include "audit/audit.h"
#include "audit/consistency.h"
#include "core/file.h"
#include "log/head_text.h"

enum err witnesses_read_seal(struct witnesses *w, const char *path, struct diag *d)
{
    struct witness *one = &w->of[WITNESS_SEAL];
    enum err e = consistency_read_seal(path, &w->seal, d);
    if (e != E_OK)
        return e;
    *one = (struct witness){.given = true, .line = w->seal.size, .names_log = true};
    memcpy(one->head, w->seal.head, DIGEST_LEN);
    memcpy(one->log, w->seal.log, DIGEST_LEN);
    return E_OK;
}

enum err witnesses_read_token(struct witnesses *w, const char *path, struct diag *d)
{
    struct witness *one = &w->of[WITNESS_TOKEN];
    struct head_text head;
    struct buf text = {0};
    enum err e = file_read_path(path, HEAD_TEXT_MAX, E_WITNESS, &text, d);
    if (e == E_OK && text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    buf_append_byte(&text, '\0');
    if (e == E_OK)
        e = buf_err(&text);
    const char *line = (const char *)text.data;
    const size_t digits = e == E_OK ? strspn(line, "0123456789") : 0; /* the number of the write: hsm/hsm.h */
    if (e == E_OK && digits > 0 && line[digits] == ' ')
        line += digits + 1;
    if (e == E_OK && (strlen((const char *)text.data) + 1 != text.len || !head_text_parse(line, &head) || head.size == 0))
        e = diag_set(d, E_WITNESS, "%s", path);
    if (e == E_OK) {
        *one = (struct witness){.given = true, .line = head.size, .names_log = true};
        memcpy(one->head, head.head, DIGEST_LEN);
        memcpy(one->log, head.log, DIGEST_LEN);
    }
    buf_free(&text);
    return e;
}

bool witnesses_given(const struct witnesses *w)
{
    bool given = w->min_lines > 0;
    for (int k = 0; k < WITNESS_KINDS; k++)
        given = given || w->of[k].given;
    return given;
}

/* The line of a seal and that of its bundle, with a self-test between, follow every seal in a bundle: no witness but the token's head can
 * know them, and nothing is done by them. */
static bool ends_a_run(const struct record *r)
{
    return r->type == RECORD_SEAL || r->type == RECORD_SELF_TEST || r->type == RECORD_BUNDLE;
}

void witnesses_take(const struct witnesses *w, struct audit *a, const struct record *r)
{
    const struct log_position *at = &a->end;
    if (a->unknown == 0 && !ends_a_run(r))
        a->unknown = at->size;
    for (int k = 0; k < WITNESS_KINDS; k++) {
        const struct witness *one = &w->of[k];
        if (!one->given || (one->line != 0 && one->line != at->size) || memcmp(one->head, at->head, DIGEST_LEN) != 0 ||
            (one->names_log && memcmp(one->log, at->id, DIGEST_LEN) != 0))
            continue;
        a->met[k] = at->size;
        a->witness = at->size; /* lines only grow */
        a->unknown = 0;
    }
}

/* The signature is looked at last, when every key is known: who changed a log may have sealed it anew, with another key. */
static enum err check_seal(const struct witnesses *w, const struct audit *a, struct diag *d)
{
    const struct keys_entry *key = keys_find(&a->keys, w->seal.key);
    if (key == NULL)
        return diag_set(d, E_LOG_SEAL, "it names the key %s, which no line made", w->seal.key);
    return seal_verify(&w->seal, key->alg, key->public, d);
}

static void tell_missed(struct audit *a, enum witness_kind kind, uint64_t line)
{
    if (line == 0)
        audit_error(a, E_LOG_ROLLED_BACK, "no line has the digest of the witness");
    else if (kind == WITNESS_SEAL)
        audit_error(a, E_LOG_ROLLED_BACK, "line %llu is not there with the digest of the seal", (unsigned long long)line);
    else if (kind == WITNESS_TOKEN)
        audit_error(a, E_LOG_ROLLED_BACK, "line %llu is not there with the digest of the token's head", (unsigned long long)line);
    else
        audit_error(a, E_LOG_ROLLED_BACK, "line %llu is not there with the digest of the witness", (unsigned long long)line);
}

/* An old witness says nothing of what came after it. */
static void tell_unknown(const struct witnesses *w, struct audit *a)
{
    const uint64_t from = a->unknown > w->min_lines ? a->unknown : w->min_lines + 1;
    if (witnesses_given(w) && a->unknown > 0 && from <= a->end.size)
        audit_open(a, "no witness knows lines %llu to %llu: there may once have been others in their place, or more", (unsigned long long)from,
                   (unsigned long long)a->end.size);
}

enum err witnesses_finish(const struct witnesses *w, struct audit *a)
{
    struct diag why = {0};
    if (!a->log_ended) {
        if (witnesses_given(w))
            audit_open(a, "the witness was not compared with the lines after the break");
        return E_OK;
    }
    if (a->end.size < w->min_lines)
        audit_error(a, E_LOG_ROLLED_BACK, "it has %llu lines and must have %llu", (unsigned long long)a->end.size,
                    (unsigned long long)w->min_lines);
    for (int k = 0; k < WITNESS_KINDS; k++) {
        const struct witness *one = &w->of[k];
        if (one->given && a->met[k] == 0)
            tell_missed(a, (enum witness_kind)k, one->line);
    }
    tell_unknown(w, a);
    return w->of[WITNESS_SEAL].given ? audit_take(a, check_seal(w, a, &why), &why) : E_OK;
}

void witnesses_free(struct witnesses *w)
{
    seal_free(&w->seal);
    *w = (struct witnesses){0};
}
