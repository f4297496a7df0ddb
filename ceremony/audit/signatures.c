#include "audit/signatures.h"

#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/carried.h"
#include "audit/records.h"
#include "batch/state.h"
#include "core/text.h"
#include "room/minutes_sign.h"
#include "room/record_files.h"

/* Somebody who was there with a certificate and has not signed. */
static enum err keep_missing(struct audit *a, const char *ceremony, const char *id)
{
    json_t *ids;
    if (a->unsigned_by == NULL && (a->unsigned_by = json_object()) == NULL)
        return E_NO_MEMORY;
    if ((ids = json_object_get(a->unsigned_by, ceremony)) == NULL) {
        ids = json_array();
        if (json_object_set_new(a->unsigned_by, ceremony, ids) != 0)
            return E_NO_MEMORY;
    }
    return json_array_append_new(ids, json_string(id)) == 0 ? E_OK : E_NO_MEMORY;
}

/* What is looked at. */
struct minutes_of {
    struct audit *a;
    int dir_fd;
    const struct record *line;
    const json_t *events;
    size_t n;
    struct span text; /* that is signed */
};

static const char *text_of(const json_t *event, const char *key)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL ? s : "";
}

/* By their ids, how they were there first. */
static json_t *who_was_there(const struct minutes_of *m)
{
    json_t *all = json_object();
    for (size_t i = 0; i < m->n && all != NULL; i++) {
        json_t *event = json_array_get(m->events, i);
        const char *id = text_of(event, "person");
        if (strcmp(text_of(event, "event"), "present") != 0 || json_object_get(all, id) != NULL)
            continue;
        if (json_object_set(all, id, event) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    return all;
}

static enum err name_file(const struct minutes_of *m, const char *id)
{
    char name[sizeof MINUTES_SIGNATURE_PREFIX + LIMIT_TOKEN_TEXT + sizeof ".p7s"];
    snprintf(name, sizeof name, MINUTES_SIGNATURE_PREFIX "%s.p7s", id);
    return records_name(m->a, record_text(m->line, "ceremony"), name);
}

/* An officer of this program's policy, with the certificate that this policy pins. */
static enum err check_officer(const struct minutes_of *m, const struct policy_officer *who, bool *found, struct diag *d)
{
    enum err e = name_file(m, who->id);
    *found = false;
    if (e == E_OK)
        e = minutes_sign_check(m->dir_fd, who, m->text, m->line->time, found, d);
    if (e == E_OK && *found)
        audit_note(m->a, "the minutes of the ceremony %s are signed by %s", record_text(m->line, "ceremony"), who->id);
    return e;
}

/* Somebody whom this program's policy does not pin. */
static enum err check_named(const struct minutes_of *m, const char *id, const uint8_t certificate[DIGEST_LEN], bool *found, struct diag *d)
{
    struct buf cms = {0};
    struct diag why = {0};
    bool carried = false;
    enum err e = name_file(m, id);
    *found = false;
    if (e == E_OK)
        e = minutes_sign_read(m->dir_fd, id, &cms, found, d);
    if (e == E_OK && *found)
        e = carried_verify(buf_span(&cms), certificate, m->text, &carried, &why);
    if (e == E_OK && *found && !carried)
        e = diag_set(&why, E_MINUTES_SIGNATURE, "it carries another certificate");
    if (e == E_OK && *found)
        audit_note(m->a, "the minutes of the ceremony %s are signed by %s", record_text(m->line, "ceremony"), id);
    else if (e != E_OK && *found && e != E_NO_MEMORY)
        e = diag_wrap(d, E_MINUTES_SIGNATURE, &why, "%s%s.p7s", MINUTES_SIGNATURE_PREFIX, id);
    buf_free(&cms);
    return e;
}

static enum err check_present(const struct minutes_of *m, const json_t *event, struct diag *d)
{
    const char *id = text_of(event, "person");
    uint8_t certificate[DIGEST_LEN], pinned[DIGEST_LEN] = {0};
    const struct policy_officer *officer = m->a->policy_known ? policy_officer_find(m->a->policy, id) : NULL;
    bool found = false;
    enum err e = E_OK;
    if (!text_is_token(id, LIMIT_TOKEN_TEXT) || !hex_decode(text_of(event, "certificate"), certificate, DIGEST_LEN)) {
        audit_note(m->a, "%s, who was there, signs the minutes of the ceremony %s on paper", id, record_text(m->line, "ceremony"));
        return E_OK;
    }
    if (officer != NULL)
        e = digest_bytes(DIGEST_SHA256, officer->certificate.p, officer->certificate.n, pinned);
    if (e == E_OK)
        e = officer != NULL && memcmp(certificate, pinned, DIGEST_LEN) == 0 ? check_officer(m, officer, &found, d)
                                                                            : check_named(m, id, certificate, &found, d);
    if (e == E_OK && !found) {
        e = keep_missing(m->a, record_text(m->line, "ceremony"), id);
        audit_note(m->a, "%s, who was there, has not signed the minutes of the ceremony %s with a key", id, record_text(m->line, "ceremony"));
    }
    return e;
}

static enum err check_all(const struct minutes_of *m, struct diag *d)
{
    json_t *there = who_was_there(m), *event;
    const char *id;
    enum err e = there != NULL ? E_OK : E_NO_MEMORY;
    json_object_foreach(there, id, event)
        if (e == E_OK)
            e = check_present(m, event, d);
    for (size_t i = 0; m->a->policy_known && i < m->a->policy->officers_n && e == E_OK; i++) {
        const struct policy_officer *who = &m->a->policy->officers[i];
        bool found;
        if (text_of(json_object_get(there, who->id), "certificate")[0] == '\0')
            e = check_officer(m, who, &found, d);
    }
    json_decref(there);
    return e;
}

enum err signatures_check(struct audit *a, int dir_fd, const struct record *r, const json_t *events, size_t n, struct diag *d)
{
    struct buf text = {0};
    enum err e = minutes_sign_text(r, &text);
    const struct minutes_of m = {a, dir_fd, r, events, n, buf_span(&text)};
    if (e == E_OK)
        e = check_all(&m, d);
    buf_free(&text);
    return e;
}

/* The last event before `end` that tells of this person's signature, made or not needed; as many as there are events when none does. */
static size_t told_last(const struct transcripts_entry *t, const char *id, size_t end)
{
    for (size_t i = end; i > 0; i--) {
        const json_t *event = json_array_get(t->events, i - 1);
        const bool excepted = strcmp(text_of(event, "event"), "exception") == 0 && strcmp(text_of(event, "about"), id) == 0 &&
                              strcmp(text_of(event, "code"), err_name(E_UNSIGNED)) == 0;
        if (excepted || (strcmp(text_of(event, "event"), "signed") == 0 && strcmp(text_of(event, "person"), id) == 0))
            return i - 1;
    }
    return json_array_size(t->events);
}

static void settle(struct audit *a, const struct transcripts_entry *t, const char *id)
{
    const size_t n = json_array_size(t->events);
    size_t i = told_last(t, id, t->at);
    if (i == n)
        i = told_last(t, id, n);
    const bool signed_ = i < n && strcmp(text_of(json_array_get(t->events, i), "event"), "signed") == 0;
    if (signed_)
        audit_error(a, E_ARCHIVE, "%s/%s: the signature of the minutes by %s is missing, and the transcript has it", CEREMONIES_DIR,
                    t->name, id);
    else if (i == n)
        audit_error(a, E_ARCHIVE, "%s/%s: the signature of the minutes by %s is missing, and nobody said why", CEREMONIES_DIR, t->name, id);
    else if (i >= t->at)
        audit_open(a, "the ceremony %s: that its minutes need no signature by %s stands under no line of the log, and anybody could have "
                      "written it", t->name, id);
}

static bool has_key(const struct transcripts_entry *t, const char *id)
{
    size_t i;
    json_t *event;
    json_array_foreach(t->events, i, event)
        if (strcmp(text_of(event, "event"), "present") == 0 && strcmp(text_of(event, "person"), id) == 0 &&
            text_of(event, "certificate")[0] != '\0')
            return true;
    return false;
}

/* Whoever could write to the transcript between two runs may have put a signature on anybody's name. */
static void check_told(struct audit *a, const struct transcripts_entry *t)
{
    size_t i;
    json_t *event;
    json_array_foreach(t->events, i, event)
        if (strcmp(text_of(event, "event"), "signed") == 0 && !has_key(t, text_of(event, "person")))
            audit_error(a, E_TRANSCRIPT, "%s/%s/%s:%zu: whoever signed the minutes here was there without a key", CEREMONIES_DIR, t->name, TRANSCRIPT_FILE, i + 1);
}

void signatures_finish(struct audit *a)
{
    const char *ceremony;
    json_t *ids, *id;
    size_t i;
    for (size_t k = 0; k < a->transcripts.n; k++)
        check_told(a, a->transcripts.v[k]);
    json_object_foreach(a->unsigned_by, ceremony, ids) {
        json_array_foreach(ids, i, id)
            for (size_t k = 0; k < a->transcripts.n; k++)
                if (strcmp(a->transcripts.v[k]->name, ceremony) == 0 && a->transcripts.v[k]->events != NULL)
                    settle(a, a->transcripts.v[k], json_string_value(id));
    }
}
