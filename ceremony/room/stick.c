#include "room/stick.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/people.h"
#include "room/steps.h"

/* -- names on a stick -- */

/* The folder that the first n characters of this name lead to. */
static enum err open_folder(const struct room *r, const char *name, size_t n, int *fd, struct diag *d)
{
    const char *media = r->place->media;
    const size_t skip = media != NULL ? strlen(media) + 1 : 0; /* room/script_media.h put it there */
    char path[PATH_MAX];
    int base = -1;
    *fd = -1;
    if (n >= sizeof path)
        return diag_set(d, E_MEDIUM, "%s: the name is too long", name);
    snprintf(path, sizeof path, "%.*s", n > skip ? (int)(n - skip) : 1, n > skip ? name + skip : ".");
    if (media == NULL)
        return file_open_dir(path, fd, d);
    enum err e = file_open_dir(media, &base, d);
    if (e == E_OK)
        e = file_open_dir_beneath(base, path, fd, d);
    if (base >= 0)
        close(base);
    return e;
}

/* The folder that holds it; *last is its name in there. */
static enum err open_holder(const struct room *r, const char *name, int *fd, const char **last, struct diag *d)
{
    const char *slash = strrchr(name, '/');
    *last = slash != NULL ? slash + 1 : name;
    return open_folder(r, name, slash == name ? 1 : slash != NULL ? (size_t)(slash - name) : 0, fd, d);
}

static enum err check_folder(const struct room *r, const char *name, struct diag *d)
{
    int fd;
    enum err e = open_folder(r, name, strlen(name), &fd, d);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err check_file(const struct room *r, const char *name, struct diag *d)
{
    const char *last;
    struct stat st;
    int dir, fd = -1;
    enum err e = open_holder(r, name, &dir, &last, d);
    if (e == E_OK)
        e = file_open_regular(dir, last, &fd, &st, d);
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return e;
}

/* What opens them later goes by their paths, from a process that is shut in. */
static enum err check_names(const struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = E_OK;
    if (r->place->media == NULL)
        return E_OK;
    if (s->from != NULL)
        e = s->kind == STEP_BATCH ? check_folder(r, s->from, d) : check_file(r, s->from, d);
    return e == E_OK && s->to != NULL ? check_folder(r, s->to, d) : e;
}

/* -- which stick it is -- */

enum err stick_name(const struct script_step *medium, const char *digest, struct diag *d)
{
    uint8_t bytes[DIGEST_LEN];
    printf("%s", _("Plug in the stick with this file, and take out any other:\n"));
    screen_item(_("file"), "%s", medium->from);
    if (digest == NULL)
        return E_OK;
    if (!hex_decode(digest, bytes, DIGEST_LEN))
        return diag_set(d, E_SCRIPT, "step %d: the digest", medium->n);
    screen_item("SHA-256", "%s", digest);
    screen_item_words(_("words"), bytes);
    return E_OK;
}

enum err stick_digest(const struct room *r, const struct script_step *medium, char hex[DIGEST_HEX], struct diag *d)
{
    uint8_t digest[DIGEST_LEN] = {0};
    const char *last;
    int dir;
    enum err e = open_holder(r, medium->from, &dir, &last, d);
    if (e == E_OK)
        e = file_digest(dir, last, LIMIT_BATCH_BYTES, digest, d);
    if (dir >= 0)
        close(dir);
    hex_encode(digest, DIGEST_LEN, hex);
    return e;
}

static const struct script_step *stick_of(const struct script *script, const struct script_step *s)
{
    for (int i = s->n - 1; i > 0; i--)
        if (script->steps[i - 1].kind == STEP_MEDIUM)
            return &script->steps[i - 1];
    return NULL;
}

/* What was found on it last, before its step was over: what is written behind that is no word of those present. False when it was
 * never there. */
static bool was_found(const struct transcript *t, int n, char hex[DIGEST_HEX])
{
    bool over = false;
    hex[0] = '\0';
    for (size_t i = 0; i < transcript_count(t); i++) {
        enum event kind;
        const json_t *event = transcript_event(t, i, &kind);
        const char *found = json_string_value(json_object_get(event, "found"));
        if (json_integer_value(json_object_get(event, "n")) != n)
            continue;
        if (kind == EVENT_CHECKED && !over && found != NULL)
            snprintf(hex, DIGEST_HEX, "%s", found);
        over = kind == EVENT_DONE || kind == EVENT_EXCEPTION || (over && kind != EVENT_UNDONE);
    }
    return hex[0] != '\0';
}

static enum err ask(struct room *r, const struct script_step *s, const struct script_step *medium, const char *known,
                    struct diag *d)
{
    char line[8], hex[DIGEST_HEX];
    enum err e = stick_name(medium, known, d);
    if (e != E_OK)
        return e;
    printf("%s", _("Press Enter when it is in: "));
    e = people_read(line, sizeof line, d);
    if (e == E_OK)
        e = stick_digest(r, medium, hex, d);
    return e == E_OK ? step_expect(r, s, "digest", known, hex, d) : e;
}

enum err stick_at_hand(struct room *r, const struct script_step *s, struct diag *d)
{
    const struct script_step *medium = stick_of(r->script, s);
    char known[DIGEST_HEX], hex[DIGEST_HEX];
    enum err e = E_OK;
    if (medium != NULL && was_found(r->transcript, medium->n, known) &&
        (stick_digest(r, medium, hex, NULL) != E_OK || strcmp(hex, known) != 0))
        e = ask(r, s, medium, known, d);
    return e == E_OK ? check_names(r, s, d) : e;
}
