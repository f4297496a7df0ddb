#include "ra/ocsp_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "log/record.h"
#include "pki/cert.h"
#include "pki/ocsp_check.h"
#include "pki/ocsp_file.h"
#include "ra/lines.h"
#include "ra/result.h"

#define TREE_MODE 0755 /* a web server reads it */

struct tree {
    struct import *import;
    int from_fd, to_fd;
    const struct progress *progress;
    struct ocsp_tree *out;
    /* of the file at hand */
    const struct anchor *issuer;
    struct buf responder;               /* DER certificate */
    const struct result *result;
    int64_t period;                     /* seconds */
    uint8_t serial[OCSP_SERIAL_MAX];    /* of the response before, */
    size_t serial_n;                    /* 0 for none */
};

static enum err differs(const struct result *s, const char *what, struct diag *d)
{
    return diag_set(d, E_BUNDLE_ANSWER, "result %" PRId64 ": %s", s->n, what);
}

/* -- the tree -- */

/* Make the folders of the path, whose slashes become NULs, below to_fd; *name is the last component, *fd its folder. */
static enum err make_folders(int to_fd, char *path, const char **name, int *fd, struct diag *d)
{
    enum err e = E_OK;
    *name = path;
    *fd = dup(to_fd);
    if (*fd < 0)
        return diag_errno(d, errno, "the tree");
    for (char *slash; e == E_OK && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        *slash = '\0';
        if (mkdirat(*fd, path, TREE_MODE) != 0 && errno != EEXIST)
            e = diag_errno(d, errno, "%s", path);
        int next = e == E_OK ? file_open_beneath(*fd, path, O_RDONLY | O_DIRECTORY, 0) : -1;
        if (e == E_OK && next < 0)
            e = diag_errno(d, errno, "%s", path);
        close(*fd);
        *fd = next;
    }
    *name = path;
    return e;
}

static enum err put(int to_fd, const struct ocsp_id *id, struct span response, struct diag *d)
{
    char path[OCSP_PATH_MAX];
    const char *name = "";
    int fd = -1;
    enum err e = ocsp_path(id, path);
    if (e != E_OK)
        return diag_set(d, e, "the tree");
    e = make_folders(to_fd, path, &name, &fd, d);
    int file = e == E_OK ? openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644) : -1;
    if (e == E_OK && file < 0)
        e = diag_errno(d, errno, "%s", name);
    if (e == E_OK)
        e = file_write_all(file, response.p, response.n, name, d);
    if (file >= 0)
        close(file);
    if (fd >= 0)
        close(fd);
    return e;
}

/* -- one file of responses -- */

static bool is_next(struct tree *t, const struct ocsp_id *id)
{
    bool next = t->serial_n == 0 || (id->serial_n == t->serial_n && memcmp(t->serial, id->serial, id->serial_n) < 0);
    memcpy(t->serial, id->serial, id->serial_n);
    t->serial_n = id->serial_n;
    return next;
}

static enum err check(struct tree *t, const struct ocsp_view *v, struct diag *d)
{
    const struct ocsp_status *s = &v->status;
    const struct span responder = buf_span(&t->responder);
    if (v->responder.n != responder.n || memcmp(v->responder.p, responder.p, responder.n) != 0)
        return diag_set(d, E_ANCHOR, "it does not carry the anchor of %s", t->result->responder);
    if (s->next_update != t->result->next_update || s->next_update - s->this_update != t->period)
        return differs(t->result, "a response is of another time", d);
    if (!is_next(t, &s->id))
        return differs(t->result, "a response is out of the order of serial numbers", d);
    t->out->revoked += s->revoked;
    t->out->this_update = s->this_update;
    t->out->next_update = s->next_update;
    return ocsp_verify(v, t->issuer->cert, d);
}

static enum err put_all(struct tree *t, struct ocsp_file *file, struct diag *d)
{
    struct ocsp_view view;
    struct span response;
    bool more = true;
    int64_t n = 0;
    enum err e = E_OK;
    while (e == E_OK) {
        e = ocsp_file_next(file, &response, &more, d);
        if (e != E_OK || !more)
            break;
        e = ocsp_view_response(response, &view, d);
        if (e == E_OK)
            e = check(t, &view, d);
        if (e == E_OK)
            e = put(t->to_fd, &view.status.id, response, d);
        n++;
        t->progress->step(t->progress->arg, (uint64_t)n, (uint64_t)t->result->entries);
    }
    t->out->responses += n;
    return e == E_OK && n != t->result->entries ? differs(t->result, "there are more or fewer responses", d) : e;
}

/* Its digest was compared when the bundle was read; it is compared again, with what was used. */
static enum err put_file(struct tree *t, const struct manifest_list *l, struct diag *d)
{
    struct ocsp_file *file = NULL;
    struct stat st;
    char name[MANIFEST_LIST_NAME];
    uint8_t got[DIGEST_LEN];
    int fd = -1;
    manifest_entry_name(l, name);
    enum err e = file_open_regular(t->from_fd, name, &fd, &st, d);
    if (e == E_OK && fd < 0)
        e = diag_set(d, E_BUNDLE_DIGEST, "there is no %s", name);
    if (e == E_OK)
        e = ocsp_file_open(fd, &file, d);
    if (e == E_OK)
        e = put_all(t, file, d);
    if (e == E_OK && (e = ocsp_file_digest(file, got)) != E_OK)
        diag_set(d, e, "%s", name);
    if (e == E_OK && memcmp(got, l->digest, DIGEST_LEN) != 0)
        e = diag_set(d, E_BUNDLE_DIGEST, "%s was changed meanwhile", name);
    ocsp_file_close(file);
    if (fd >= 0)
        close(fd);
    return e;
}

/* -- its result and its log line -- */

static enum err find_record(const struct tree *t, const struct result *s, struct record *out, struct diag *d)
{
    struct lines log = lines_of(&t->import->bundle.files[MANIFEST_LOG]);
    struct span line;
    *out = (struct record){0};
    while (lines_next(&log, &line, NULL)) {
        enum err e = record_parse(line, out, d);
        if (e != E_OK || out->seq == (uint64_t)s->log)
            return e;
        record_free(out);
    }
    return differs(s, "it names a log line that is not there", d);
}

static enum err check_record(const struct result *s, const struct manifest_list *l, const struct record *r, struct diag *d)
{
    char name[MANIFEST_LIST_NAME], digest[DIGEST_HEX];
    hex_encode(l->digest, DIGEST_LEN, digest);
    manifest_entry_name(l, name);
    if (!l->responses || strcmp(name, s->file) != 0 || strcmp(l->key, s->key) != 0 || l->number != s->n)
        return differs(s, "its file is not the one in its place of bundle.json", d);
    if (r->type != RECORD_OCSP || record_number(r, "n") != s->n || strcmp(record_text(r, "key"), s->key) != 0 ||
        strcmp(record_text(r, "responder"), s->responder) != 0 || record_number(r, "responses") != s->entries ||
        strcmp(record_text(r, "digest"), digest) != 0)
        return differs(s, "its log line says something else", d);
    return E_OK;
}

/* Who may sign, and for how long, is what the policy says. */
static enum err find_keys(struct tree *t, const struct result *s, struct diag *d)
{
    const struct policy *p = t->import->anchors.policy;
    const struct policy_key *row = policy_key_find(p, s->responder);
    const struct policy_key *ca = row != NULL ? policy_key_issuer(p, row) : NULL;
    const struct anchor *responder = NULL;
    if (ca == NULL || strcmp(ca->name, s->key) != 0)
        return differs(s, "the policy has another responder", d);
    t->period = policy_key_authority(p, row)->ocsp_period;
    enum err e = anchors_find(&t->import->anchors, s->key, &t->issuer, d);
    if (e == E_OK)
        e = anchors_find(&t->import->anchors, s->responder, &responder, d);
    buf_reset(&t->responder);
    return e == E_OK ? cert_write_der(responder->cert, &t->responder) : e;
}

static enum err take_result(struct tree *t, const struct result *s, const struct manifest_list *l, struct diag *d)
{
    struct record r;
    t->result = s;
    t->serial_n = 0;
    enum err e = find_record(t, s, &r, d);
    if (e != E_OK)
        return e;
    e = check_record(s, l, &r, d);
    record_free(&r);
    if (e == E_OK)
        e = find_keys(t, s, d);
    return e == E_OK ? put_file(t, l, d) : e;
}

/* Lists and responses stand in bundle.json in the order of their results. */
static enum err take_results(struct tree *t, struct diag *d)
{
    const struct manifest *m = &t->import->bundle.manifest;
    struct lines results = lines_of(&t->import->bundle.files[MANIFEST_RESULTS]);
    struct span line;
    int64_t lists = 0, files = 0;
    enum err e = E_OK;
    while (e == E_OK && lines_next(&results, &line, NULL)) {
        struct result s;
        e = result_parse(line, results.number, &s, d);
        if (e != E_OK)
            return e;
        bool list = s.act == PLAN_CRL || s.act == PLAN_OCSP;
        if (list && lists == m->lists)
            e = differs(&s, "there are more lists than the bundle announces", d);
        else if (s.act == PLAN_OCSP)
            e = take_result(t, &s, &m->list[lists], d);
        lists += list;
        files += s.act == PLAN_OCSP;
        t->result = NULL;
        result_free(&s);
    }
    if (e != E_OK || files > 0)
        return e;
    diag_set(d, E_BUNDLE_ANSWER, "it holds no OCSP responses");
    diag_advise(d, N_("name a bundle that rootseal-signer ocsp led to; for this one there is import"));
    return E_BUNDLE_ANSWER;
}

static enum err occupied(const char *name, const char *advice, struct diag *d)
{
    diag_set(d, E_FOLDER_OCCUPIED, "%s is there already", name);
    diag_advise(d, advice);
    return E_FOLDER_OCCUPIED;
}

/* The parent folder of a path, and the name in it. */
static enum err open_parent(const char *path, char name[NAME_MAX + 1], int *fd, struct diag *d)
{
    char parent[PATH_MAX];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n == 0 || n >= sizeof parent)
        return diag_set(d, E_USAGE, "--to names no folder");
    memcpy(parent, path, n);
    parent[n] = '\0';
    char *slash = strrchr(parent, '/');
    const char *last = slash != NULL ? slash + 1 : parent;
    if (last[0] == '\0' || strlen(last) > NAME_MAX - sizeof ".tmp")
        return diag_set(d, E_USAGE, "--to names no folder");
    snprintf(name, NAME_MAX + 1, "%s", last);
    if (slash == parent)
        return file_open_dir("/", fd, d);
    if (slash != NULL)
        *slash = '\0';
    return file_open_dir(slash != NULL ? parent : ".", fd, d);
}

static enum err make_tree(struct tree *t, int parent, const char *name, struct diag *d)
{
    char tmp[NAME_MAX + 8];
    snprintf(tmp, sizeof tmp, "%s.tmp", name);
    if (faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return occupied(name, N_("name a new folder, and let the web server change over to it"), d);
    if (mkdirat(parent, tmp, TREE_MODE) != 0)
        return errno != EEXIST
                   ? diag_errno(d, errno, "%s", tmp)
                   : occupied(tmp, N_("an interrupted run left it: when no other one is at work, remove it"), d);
    t->to_fd = file_open_beneath(parent, tmp, O_RDONLY | O_DIRECTORY, 0);
    if (t->to_fd < 0)
        return diag_errno(d, errno, "%s", tmp);
    enum err e = take_results(t, d);
    if (e == E_OK && syncfs(t->to_fd) != 0)
        e = diag_errno(d, errno, "%s", tmp);
    if (e != E_OK)
        unlinkat(parent, tmp, AT_REMOVEDIR); /* where nothing was written, nothing is to be removed by hand */
    return e == E_OK ? file_rename(parent, tmp, name, d) : e;
}

enum err ocsp_tree_write(struct import *i, const char *from, const char *to, const struct progress *progress,
                         struct ocsp_tree *out, struct diag *d)
{
    struct tree t = {.import = i, .from_fd = -1, .to_fd = -1, .progress = progress, .out = out};
    char name[NAME_MAX + 1];
    int parent = -1;
    *out = (struct ocsp_tree){0};
    mode_t before = umask(022); /* the modes above are meant */
    enum err e = open_parent(to, name, &parent, d);
    if (e == E_OK)
        e = file_open_dir(from, &t.from_fd, d);
    if (e == E_OK)
        e = make_tree(&t, parent, name, d);
    umask(before);
    buf_free(&t.responder);
    int *const fds[] = {&parent, &t.from_fd, &t.to_fd};
    for (size_t k = 0; k < sizeof fds / sizeof fds[0]; k++)
        if (*fds[k] >= 0)
            close(*fds[k]);
    return e;
}
