#include "log/vouched.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

#define PAGE 4096                    /* bytes: SQLite's own choice, and what is read at once */
#define A_BLOCK (PAGE / DIGEST_LEN)  /* hashes */
#define ROOT_OF "rootseal-index-1\n" /* what is hashed begins so: no page does */

struct vouched {
    sqlite3_vfs vfs;
    char name[32];
    int pages_fd, hashes_fd;
    uint64_t pages;                /* of the database: so many hashes */
    uint8_t (*blocks)[DIGEST_LEN]; /* one a block of hashes, the last one may be shorter */
    size_t room;                   /* for so many blocks */
};

/* SQLite's own view of the file. */
struct opened {
    sqlite3_file base;
    struct vouched *v;
};

static struct vouched *of(sqlite3_file *f)
{
    return ((struct opened *)f)->v;
}

/* -- the tree -- */

static size_t block_count(uint64_t pages)
{
    return (size_t)((pages + A_BLOCK - 1) / A_BLOCK);
}

/* The bytes of a block, of a content that has so many pages. */
static size_t block_bytes(uint64_t pages, size_t block)
{
    uint64_t rest = pages - (uint64_t)block * A_BLOCK;
    return (size_t)(rest < A_BLOCK ? rest : A_BLOCK) * DIGEST_LEN;
}

static bool read_exactly(int fd, uint64_t at, uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got = pread(fd, out, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}

static int write_exactly(int fd, uint64_t at, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t put = pwrite(fd, p, n, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == ENOSPC || errno == EDQUOT ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        p += put;
        at += (uint64_t)put;
        n -= (size_t)put;
    }
    return SQLITE_OK;
}

/* A block of hashes, if it is what its own hash says. */
static int read_block(const struct vouched *v, size_t block, uint8_t out[PAGE])
{
    uint8_t hash[DIGEST_LEN];
    size_t n = block_bytes(v->pages, block);
    if (!read_exactly(v->hashes_fd, (uint64_t)block * PAGE, out, n))
        return SQLITE_CORRUPT;
    if (digest_bytes(DIGEST_SHA256, out, n, hash) != E_OK)
        return SQLITE_NOMEM;
    return memcmp(hash, v->blocks[block], DIGEST_LEN) == 0 ? SQLITE_OK : SQLITE_CORRUPT;
}

static int read_page(const struct vouched *v, uint64_t page, uint8_t out[PAGE])
{
    uint8_t hashes[PAGE], hash[DIGEST_LEN];
    int rc = read_block(v, (size_t)(page / A_BLOCK), hashes);
    if (rc != SQLITE_OK)
        return rc;
    if (!read_exactly(v->pages_fd, page * PAGE, out, PAGE))
        return SQLITE_CORRUPT;
    if (digest_bytes(DIGEST_SHA256, out, PAGE, hash) != E_OK)
        return SQLITE_NOMEM;
    return memcmp(hash, hashes + page % A_BLOCK * DIGEST_LEN, DIGEST_LEN) == 0 ? SQLITE_OK : SQLITE_CORRUPT;
}

static bool make_room(struct vouched *v, size_t blocks)
{
    if (blocks <= v->room)
        return true;
    size_t room = v->room < 64 ? 64 : 2 * v->room;
    if (room < blocks)
        room = blocks;
    void *more = reallocarray(v->blocks, room, DIGEST_LEN);
    if (more == NULL)
        return false;
    v->blocks = more;
    v->room = room;
    return true;
}

/* Let the content have so many pages. Those that it did not have yet are no page's hash until they are written. */
static int resize(struct vouched *v, uint64_t pages)
{
    static const uint8_t nothing[DIGEST_LEN];
    uint8_t hashes[PAGE];
    size_t last = block_count(pages) - 1; /* looked at only if there is one */
    if (pages < v->pages && pages > 0) {
        int rc = read_block(v, last, hashes);
        if (rc != SQLITE_OK)
            return rc;
        if (digest_bytes(DIGEST_SHA256, hashes, block_bytes(pages, last), v->blocks[last]) != E_OK)
            return SQLITE_NOMEM;
    }
    if (pages <= v->pages) {
        v->pages = pages;
        return ftruncate(v->hashes_fd, (off_t)(pages * DIGEST_LEN)) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
    }
    while (v->pages < pages) {
        size_t block = (size_t)(v->pages / A_BLOCK), used = (size_t)(v->pages % A_BLOCK) * DIGEST_LEN;
        if (!make_room(v, block + 1))
            return SQLITE_NOMEM;
        int rc = used > 0 ? read_block(v, block, hashes) : SQLITE_OK;
        if (rc == SQLITE_OK)
            rc = write_exactly(v->hashes_fd, v->pages * DIGEST_LEN, nothing, DIGEST_LEN);
        if (rc != SQLITE_OK)
            return rc;
        memset(hashes + used, 0, DIGEST_LEN);
        if (digest_bytes(DIGEST_SHA256, hashes, used + DIGEST_LEN, v->blocks[block]) != E_OK)
            return SQLITE_NOMEM;
        v->pages++;
    }
    return SQLITE_OK;
}

static int write_page(struct vouched *v, uint64_t page, const uint8_t *bytes)
{
    uint8_t hashes[PAGE], hash[DIGEST_LEN];
    size_t block = (size_t)(page / A_BLOCK);
    int rc = page < v->pages ? SQLITE_OK : resize(v, page + 1);
    if (rc == SQLITE_OK)
        rc = read_block(v, block, hashes);
    if (rc == SQLITE_OK && digest_bytes(DIGEST_SHA256, bytes, PAGE, hash) != E_OK)
        rc = SQLITE_NOMEM;
    if (rc == SQLITE_OK)
        rc = write_exactly(v->pages_fd, page * PAGE, bytes, PAGE);
    if (rc == SQLITE_OK)
        rc = write_exactly(v->hashes_fd, page * DIGEST_LEN, hash, DIGEST_LEN);
    if (rc != SQLITE_OK)
        return rc;
    memcpy(hashes + page % A_BLOCK * DIGEST_LEN, hash, DIGEST_LEN);
    return digest_bytes(DIGEST_SHA256, hashes, block_bytes(v->pages, block), v->blocks[block]) == E_OK ? SQLITE_OK
                                                                                                    : SQLITE_NOMEM;
}

enum err vouched_root(const struct vouched *v, uint8_t out[DIGEST_LEN])
{
    struct digest *dg = NULL;
    char head[sizeof ROOT_OF + 24];
    int n = snprintf(head, sizeof head, "%s%llu\n", ROOT_OF, (unsigned long long)v->pages);
    enum err e = digest_new(DIGEST_SHA256, &dg);
    if (e == E_OK)
        e = digest_update(dg, head, (size_t)n);
    if (e == E_OK && v->pages > 0)
        e = digest_update(dg, v->blocks, block_count(v->pages) * DIGEST_LEN);
    if (e == E_OK)
        e = digest_final(dg, out);
    digest_free(dg);
    return e;
}

/* -- the file, as SQLite asks for it -- */

static int file_close_(sqlite3_file *f)
{
    (void)f; /* it stays open until vouched_close() */
    return SQLITE_OK;
}

static int file_read_(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    const struct vouched *v = of(f);
    uint8_t page[PAGE], *to = out;
    while (n > 0) {
        uint64_t number = (uint64_t)at / PAGE;
        size_t from = (size_t)(at % PAGE), part = PAGE - from;
        if (part > (size_t)n)
            part = (size_t)n;
        if (number >= v->pages) {
            memset(to, 0, (size_t)n);
            return SQLITE_IOERR_SHORT_READ;
        }
        int rc = read_page(v, number, page);
        if (rc != SQLITE_OK)
            return rc;
        memcpy(to, page + from, part);
        to += part;
        at += (sqlite3_int64)part;
        n -= (int)part;
    }
    return SQLITE_OK;
}

/* SQLite writes whole pages into a database. */
static int file_write_(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return n == PAGE && at % PAGE == 0 ? write_page(of(f), (uint64_t)at / PAGE, p) : SQLITE_IOERR_WRITE;
}

static int file_truncate_(sqlite3_file *f, sqlite3_int64 n)
{
    struct vouched *v = of(f);
    int rc = resize(v, ((uint64_t)n + PAGE - 1) / PAGE);
    if (rc == SQLITE_OK && ftruncate(v->pages_fd, (off_t)(v->pages * PAGE)) != 0)
        rc = SQLITE_IOERR_TRUNCATE;
    return rc;
}

static int file_sync_(sqlite3_file *f, int flags)
{
    (void)f; /* vouched_sync(), when it matters */
    (void)flags;
    return SQLITE_OK;
}

static int file_size_(sqlite3_file *f, sqlite3_int64 *n)
{
    *n = (sqlite3_int64)(of(f)->pages * PAGE);
    return SQLITE_OK;
}

/* The state's lock is held. */
static int file_lock_(sqlite3_file *f, int level)
{
    (void)f;
    (void)level;
    return SQLITE_OK;
}

static int file_is_reserved_(sqlite3_file *f, int *yes)
{
    (void)f;
    *yes = 0;
    return SQLITE_OK;
}

static int file_control_(sqlite3_file *f, int what, void *arg)
{
    (void)f;
    (void)what;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_(sqlite3_file *f)
{
    (void)f;
    return PAGE;
}

static int file_traits_(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close_,
    .xRead = file_read_,
    .xWrite = file_write_,
    .xTruncate = file_truncate_,
    .xSync = file_sync_,
    .xFileSize = file_size_,
    .xLock = file_lock_,
    .xUnlock = file_lock_,
    .xCheckReservedLock = file_is_reserved_,
    .xFileControl = file_control_,
    .xSectorSize = file_sector_,
    .xDeviceCharacteristics = file_traits_,
};

/* -- the file system: one file; and a journal without a name, since one that anybody can put there would bring back what
 * was never proven -- */

/* The system's own, which removes the name as soon as it is open. */
static int open_journal(const char *name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (unlink(name) != 0 && errno != ENOENT)
        return SQLITE_CANTOPEN;
    return system->xOpen(system, name, f, flags | SQLITE_OPEN_DELETEONCLOSE | SQLITE_OPEN_EXCLUSIVE, out);
}

static int fs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct opened *o = (struct opened *)f;
    *o = (struct opened){.v = vfs->pAppData};
    if (flags & SQLITE_OPEN_MAIN_JOURNAL)
        return open_journal(name, f, flags, out);
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
        return SQLITE_CANTOPEN;
    o->base.pMethods = &methods;
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

static int fs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    (void)name;
    (void)sync;
    return SQLITE_IOERR_DELETE_NOENT;
}

static int fs_access(sqlite3_vfs *vfs, const char *name, int flags, int *there)
{
    (void)vfs;
    (void)name;
    (void)flags;
    *there = 0;
    return SQLITE_OK;
}

static int fs_path(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)cap, "%s", name) < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int fs_last_error(sqlite3_vfs *vfs, int cap, char *out)
{
    (void)vfs;
    (void)cap;
    (void)out;
    return 0;
}

static bool enter(struct vouched *v)
{
    const sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (system == NULL)
        return false;
    const int larger = system->szOsFile > (int)sizeof(struct opened) ? system->szOsFile : (int)sizeof(struct opened);
    snprintf(v->name, sizeof v->name, "rootseal-%p", (void *)v);
    v->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = larger,
        .mxPathname = system->mxPathname,
        .zName = v->name,
        .pAppData = v,
        .xOpen = fs_open,
        .xDelete = fs_delete,
        .xAccess = fs_access,
        .xFullPathname = fs_path,
        .xRandomness = system->xRandomness, /* of this and the next two the system's own need nothing but themselves */
        .xSleep = system->xSleep,
        .xCurrentTime = system->xCurrentTime,
        .xGetLastError = fs_last_error,
    };
    return sqlite3_vfs_register(&v->vfs, 0) == SQLITE_OK;
}

/* -- opening -- */

static enum err open_one(const char *path, const char *ending, int *fd, uint64_t *bytes, struct diag *d)
{
    char *name;
    struct stat st;
    enum err e = E_OK;
    if (asprintf(&name, "%s%s", path, ending) < 0)
        return diag_set(d, E_NO_MEMORY, "%s", path);
    *fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (*fd < 0 || fstat(*fd, &st) != 0)
        e = diag_errno(d, errno, "%s", name);
    else if (!S_ISREG(st.st_mode))
        e = diag_set(d, E_IO, "%s is not a regular file", name);
    else
        *bytes = (uint64_t)st.st_size;
    free(name);
    return e;
}

/* What does not come out even has no root that anybody knows. */
static enum err read_hashes(struct vouched *v, uint64_t bytes, struct diag *d)
{
    uint8_t hashes[PAGE];
    const uint64_t pages = bytes / DIGEST_LEN;
    enum err e = E_OK;
    if (!make_room(v, block_count(pages)))
        return diag_set(d, E_NO_MEMORY, "the index");
    for (size_t i = 0; i < block_count(pages) && e == E_OK; i++) {
        size_t n = block_bytes(pages, i);
        if (!read_exactly(v->hashes_fd, (uint64_t)i * PAGE, hashes, n))
            return diag_set(d, E_IO, "the index");
        e = digest_bytes(DIGEST_SHA256, hashes, n, v->blocks[i]);
    }
    v->pages = pages;
    return e == E_OK ? E_OK : diag_set(d, e, "the index");
}

enum err vouched_open(const char *path, struct vouched **out, struct diag *d)
{
    uint64_t unused, bytes = 0;
    struct vouched *v = *out = calloc(1, sizeof *v);
    if (v == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", path);
    v->pages_fd = v->hashes_fd = -1;
    enum err e = open_one(path, "", &v->pages_fd, &unused, d);
    if (e == E_OK)
        e = open_one(path, "-pages", &v->hashes_fd, &bytes, d);
    if (e == E_OK)
        e = read_hashes(v, bytes, d);
    if (e == E_OK && !enter(v))
        e = diag_set(d, E_INDEX, "%s", path);
    if (e != E_OK) {
        vouched_close(v);
        *out = NULL;
    }
    return e;
}

void vouched_close(struct vouched *v)
{
    if (v == NULL)
        return;
    if (v->name[0] != '\0')
        sqlite3_vfs_unregister(&v->vfs);
    if (v->pages_fd >= 0)
        close(v->pages_fd);
    if (v->hashes_fd >= 0)
        close(v->hashes_fd);
    free(v->blocks);
    free(v);
}

const char *vouched_name(const struct vouched *v)
{
    return v->name;
}

bool vouched_is_empty(const struct vouched *v)
{
    return v->pages == 0;
}

enum err vouched_sync(struct vouched *v, struct diag *d)
{
    enum err e = file_sync(v->pages_fd, "the index", d);
    return e == E_OK ? file_sync(v->hashes_fd, "the index", d) : e;
}
