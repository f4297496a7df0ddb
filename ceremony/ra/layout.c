#include "ra/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "batch/lists.h"
#include "core/i18n.h"
#include "core/json.h"
#include "pki/cert.h"
#include "ra/group.h"
#include "ra/results_csv.h"

#define ADVICE N_("move it away, and import again: then it is made anew")
#define LISTS_DIR "crls"
#define LISTS_MAX 1000000 /* files in it */

/* Folders, each made when its first file comes. */
enum folder { CERTS, ENVELOPED, SEALS, CHAIN, LISTS, FOLDERS };
static const char *const folder_names[FOLDERS] = {
    [CERTS] = "certs", [ENVELOPED] = "enveloped", [SEALS] = "seals", [CHAIN] = "chain", [LISTS] = LISTS_DIR};

struct layout {
    const struct bundle *bundle;
    const struct answers *answers;
    const struct seal *seal;
    const struct progress *progress;
    const char *out, *name; /* OUT, and the folder of this bundle in it */
    int out_fd, fd;         /* both */
    int dirs[FOLDERS]; /* -1: not there yet */
    bool write; /* else only compare with what is there */
    bool news;  /* something was written */
    bool known; /* this very bundle was imported before */
    struct group group;
};

/* The path of the folder that fd is. */
static void path_of(const struct layout *l, int fd, char path[PATH_MAX])
{
    int f = 0;
    while (f < FOLDERS && l->dirs[f] != fd)
        f++;
    if (fd == l->out_fd)
        snprintf(path, PATH_MAX, "%s", l->out);
    else
        snprintf(path, PATH_MAX, "%s/%s%s%s", l->out, f == LISTS ? folder_names[LISTS] : l->name, f < LISTS ? "/" : "",
                 f < LISTS ? folder_names[f] : "");
}

/* What is there was right once, when this bundle's mark says so; else the appliance may have said two things. */
static enum err other(const struct layout *l, int fd, const char *name, struct diag *d)
{
    char path[PATH_MAX];
    path_of(l, fd, path);
    if (!l->known)
        return diag_set(d, E_BUNDLE_OTHER, "%s/%s is there with other content", path, name);
    diag_set(d, E_BUNDLE_OTHER, "%s/%s was changed after it was imported", path, name);
    diag_advise(d, ADVICE);
    return E_BUNDLE_OTHER;
}

static enum err in_folder(const struct layout *l, int fd, enum err e, const struct diag *why, struct diag *d)
{
    char path[PATH_MAX];
    if (e == E_OK)
        return e;
    path_of(l, fd, path);
    diag_wrap_clause(d, e, why->clause, why, "%s", path);
    if (e == E_MEDIUM || e == E_MEDIUM_FILE) /* something else has the name */
        diag_advise(d, ADVICE);
    return e;
}

/* One file: what is there must be the same; what is missing is written. */
static enum err settle(struct layout *l, int fd, const char *name, struct span content, struct diag *d)
{
    struct buf old = {0};
    struct diag why = {0};
    bool found, same = true;
    enum err e = file_read(fd, name, LIMIT_BATCH_BYTES, &old, &found, &why);
    if (e == E_OK && found)
        same = old.len == content.n && memcmp(old.data, content.p, old.len) == 0;
    if (e == E_OK && !found && l->write) {
        l->news = true;
        e = group_put(&l->group, fd, name, content, NULL, &why);
    }
    buf_free(&old);
    return same ? in_folder(l, fd, e, &why, d) : other(l, fd, name, d);
}

/* What of the spool is still to be found in the file. */
struct comparing {
    const struct spool *spool;
    size_t at;
    bool same;
};

static enum err compare(void *arg, struct span piece)
{
    struct comparing *c = arg;
    const struct span *all = &c->spool->content;
    c->same = c->same && piece.n <= all->n - c->at && memcmp(all->p + c->at, piece.p, piece.n) == 0;
    c->at += c->same ? piece.n : 0;
    if (c->at % SPOOL_STRIDE < piece.n)
        spool_let_go(c->spool);
    return E_OK;
}

/* The same for what is too large for memory. */
static enum err settle_spool(struct layout *l, int fd, const char *name, const struct spool *content, struct diag *d)
{
    struct comparing c = {content, 0, true};
    struct diag why = {0};
    enum err e = E_OK;
    if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        e = file_take_all(fd, name, LIMIT_ARCHIVE_BYTES, compare, &c, &why);
        if (e == E_OK && (!c.same || c.at != content->content.n))
            return other(l, fd, name, d);
    } else if (l->write) {
        l->news = true;
        e = group_put(&l->group, fd, name, content->content, content, &why);
    }
    return in_folder(l, fd, e, &why, d);
}

/* The folder is made when its first file comes. */
static enum err need_folder(struct layout *l, enum folder f, struct diag *d)
{
    struct diag why = {0};
    int in = f == LISTS ? l->out_fd : l->fd;
    return l->dirs[f] >= 0 ? E_OK : in_folder(l, in, file_make_dir(in, folder_names[f], &l->dirs[f], &why), &why, d);
}

static enum err settle_in(struct layout *l, enum folder f, const char *name, const char *ending, struct span content,
                          struct diag *d)
{
    char file[MANIFEST_LIST_NAME + 8];
    snprintf(file, sizeof file, "%s%s", name, ending);
    enum err e = need_folder(l, f, d);
    return e == E_OK ? settle(l, l->dirs[f], file, content, d) : e;
}

static enum err settle_pem(struct layout *l, enum folder f, const char *name, X509 *cert, struct diag *d)
{
    struct buf pem = {0};
    enum err e = cert_write_pem(cert, &pem);
    e = e != E_OK ? diag_set(d, e, "%s.pem", name) : settle_in(l, f, name, ".pem", buf_span(&pem), d);
    buf_free(&pem);
    return e;
}

static enum err settle_issued(struct layout *l, const struct answer *a, struct diag *d)
{
    X509 *cert = NULL;
    if (a->seal.n > 0)
        return settle_in(l, SEALS, a->id, ".esl", a->seal, d);
    enum err e = cert_parse(a->cert, &cert, d);
    if (e == E_OK)
        e = settle_pem(l, CERTS, a->id, cert, d);
    if (e == E_OK)
        e = settle_in(l, CERTS, a->id, ".der", a->cert, d);
    if (e == E_OK && a->enveloped_key.n > 0)
        e = settle_in(l, ENVELOPED, a->id, ".der", a->enveloped_key, d);
    X509_free(cert);
    return e;
}

static enum err settle_list(struct layout *l, const struct answer *a, struct diag *d)
{
    char name[LISTS_NAME];
    lists_name(a->key, a->number, name);
    enum err e = need_folder(l, LISTS, d);
    return e == E_OK ? settle_spool(l, l->dirs[LISTS], name, a->list, d) : e;
}

static enum err settle_answers(struct layout *l, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < l->answers->n && e == E_OK; i++) {
        const struct answer *a = answers_at(l->answers, i);
        if (a->act == PLAN_ISSUE)
            e = settle_issued(l, a, d);
        else if (a->act == PLAN_CRL)
            e = settle_list(l, a, d);
        if (l->write && l->progress != NULL)
            l->progress->step(l->progress->arg, i + 1, l->answers->n);
    }
    for (size_t i = 0; i < l->answers->issuers_n && e == E_OK; i++)
        e = settle_pem(l, CHAIN, l->answers->issuers[i]->row->name,
                       l->answers->issuers[i]->cert, d);
    return e;
}

/* What tells of all: the table, and the certificates in one file. */
static enum err settle_whole(struct layout *l, struct diag *d)
{
    struct spool csv = {0};
    enum err e = results_csv(l->answers, l->bundle->folder, &csv, d);
    if (e == E_OK)
        e = settle_spool(l, l->fd, "results.csv", &csv, d);
    spool_free(&csv);
    return e == E_OK ? settle_spool(l, l->fd, "certs.p7b", &l->bundle->files[MANIFEST_CERTS], d) : e;
}

static enum err settle_mark(struct layout *l, struct diag *d)
{
    char batch[DIGEST_HEX], bundle[DIGEST_HEX], log[DIGEST_HEX], head[DIGEST_HEX];
    const struct manifest *m = &l->bundle->manifest;
    struct buf out = {0};
    hex_encode(m->batch, DIGEST_LEN, batch);
    hex_encode(l->bundle->digest, DIGEST_LEN, bundle);
    hex_encode(l->seal->log, DIGEST_LEN, log);
    hex_encode(l->seal->head, DIGEST_LEN, head);
    json_t *obj =
        json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:s,s:I,s:s}", "format",
                  "rootseal-import-1", "authority", m->authority, "ra", m->ra, "id", m->id,
                  "sequence", (json_int_t)m->sequence, "batch", batch, "bundle", bundle, "issued",
                  (json_int_t)m->issued, "refused", (json_int_t)m->refused, "status", (json_int_t)m->status,
                  "lists", (json_int_t)m->lists, "log", log, "log-size",
                  (json_int_t)l->seal->size, "log-head", head);
    enum err e = json_line_write(obj, &out);
    buf_append_byte(&out, '\n');
    e = e != E_OK ? diag_set(d, e, LAYOUT_MARK) : settle(l, l->fd, LAYOUT_MARK, buf_span(&out), d);
    json_decref(obj);
    buf_free(&out);
    return e;
}

/* Whatever was written, or found and may be from a run that was killed before it synced the names, is there for good. */
static enum err sync_all(struct layout *l, const char *name, struct diag *d)
{
    enum err e = group_end(&l->group, d);
    for (int f = 0; f < FOLDERS && e == E_OK; f++)
        if (l->dirs[f] >= 0)
            e = file_sync(l->dirs[f], folder_names[f], d);
    if (e == E_OK)
        e = file_sync(l->fd, name, d);
    return e == E_OK ? file_sync(l->bundle->folder, name, d) : e; /* the names of spools were taken off there */
}

/* For comparing the mark comes first, because it tells most. */
static enum err compare_all(struct layout *l, struct diag *d)
{
    enum err e = settle_mark(l, d);
    if (e == E_BUNDLE_OTHER)
        diag_set(d, e, "%s/%s is of another bundle than this one, as its %s says", l->out, l->name, LAYOUT_MARK);
    l->known = e == E_OK && faccessat(l->fd, LAYOUT_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (e == E_OK)
        e = settle_answers(l, d);
    return e == E_OK ? settle_whole(l, d) : e;
}

/* It is written last, when all else is durable. */
static enum err write_all(struct layout *l, const char *name, struct diag *d)
{
    l->write = true;
    enum err e = settle_answers(l, d);
    if (e == E_OK)
        e = settle_whole(l, d);
    if (e == E_OK)
        e = sync_all(l, name, d);
    if (e == E_OK)
        e = settle_mark(l, d);
    return e == E_OK ? sync_all(l, name, d) : e;
}

enum err layout_write(const char *path, const struct bundle *bundle, const struct answers *answers,
                      const struct seal *seal, const struct progress *progress,
                      char name[LAYOUT_NAME], bool *news, struct diag *d)
{
    struct layout l = {.bundle = bundle,
                       .answers = answers,
                       .seal = seal,
                       .progress = progress,
                       .out = path,
                       .name = name,
                       .out_fd = -1,
                       .fd = -1,
                       .dirs = {-1, -1, -1, -1, -1}};
    snprintf(name, LAYOUT_NAME, "%s-%" PRId64, bundle->manifest.ra, bundle->manifest.sequence);
    enum err e = file_make_path(path, &l.out_fd, d);
    l.group.top = l.out_fd;
    if (e == E_OK)
        e = file_make_dir(l.out_fd, name, &l.fd, d);
    if (e == E_OK)
        e = compare_all(&l, d);
    if (e == E_OK)
        e = write_all(&l, name, d);
    group_drop(&l.group);
    *news = l.news;
    for (int f = 0; f < FOLDERS; f++)
        if (l.dirs[f] >= 0)
            close(l.dirs[f]);
    if (l.fd >= 0)
        close(l.fd);
    if (l.out_fd >= 0)
        close(l.out_fd);
    return e;
}

/* -- the lists of earlier imports -- */

/* The folder, or -1 where there is none yet. */
static enum err open_lists(const char *path, int *fd, struct diag *d)
{
    int out_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *fd = out_fd >= 0 ? file_open_beneath(out_fd, LISTS_DIR, O_RDONLY | O_DIRECTORY, 0) : -1;
    enum err e = *fd >= 0 || errno == ENOENT ? E_OK : diag_errno(d, errno, "%s/%s", path, LISTS_DIR);
    if (out_fd >= 0)
        close(out_fd);
    return e;
}

enum err layout_last_list(const char *path, const char *key, int64_t *number, struct diag *d)
{
    struct file_list names = {0};
    int fd;
    *number = 0;
    enum err e = open_lists(path, &fd, d);
    if (e != E_OK || fd < 0)
        return e;
    e = file_list(fd, LISTS_MAX, &names, d);
    for (size_t i = 0; i < names.n; i++) {
        char of[LIMIT_TOKEN_TEXT + 1];
        int64_t n;
        if (manifest_list_parse(names.names[i], of, &n) && strcmp(of, key) == 0 && n > *number)
            *number = n;
    }
    file_list_free(&names);
    close(fd);
    return e;
}
