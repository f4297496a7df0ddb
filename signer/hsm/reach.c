#include "hsm/reach.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/filter.h"

#define FILES_MAX 4096 /* beside a module */

#define SOFTHSM_CONF "/etc/softhsm/softhsm2.conf"

static const char *const to_read[] = {"/usr",          "/lib",          "/lib64",    "/opt",       "/etc/ld.so.cache",
                                      "/etc/localtime", "/etc/pkcs11", "/proc/self", "/proc/stat", "/proc/cpuinfo", "/sys"};
static const char *const to_write[] = {"/dev/tty",     "/dev/pts", "/dev/null",   "/dev/random",
                                       "/dev/urandom", "/dev/shm", "/dev/bus/usb"};

static enum err allow_list(struct sandbox *s, const char *const *paths, size_t n, bool write, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < n && e == E_OK; i++)
        e = sandbox_allow(s, paths[i], write, d);
    return e;
}

static enum err allow_files(struct sandbox *s, int dirfd, struct diag *d)
{
    struct file_list list = {0};
    enum err e = file_list(dirfd, FILES_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        struct stat st;
        int fd = openat(dirfd, list.names[i], O_PATH | O_NOFOLLOW | O_CLOEXEC); /* what a link names has its own place */
        if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
            e = sandbox_allow_fd(s, fd, false, d);
        if (fd >= 0)
            close(fd);
    }
    file_list_free(&list);
    return e;
}

static bool is_below(const char *path, const char *const *folders, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(folders[i]);
        if (strncmp(path, folders[i], len) == 0 && path[len] == '/')
            return true;
    }
    return false;
}

/* A name without a folder is searched for where the system keeps libraries, and these are allowed; if the module is not
 * there, loading it says so. Not the whole folder: who knows what lies below it. Nor its files when they are so many that
 * they are hardly the module's: what it needs of them is for --module-files. */
static enum err allow_beside(struct sandbox *s, const char *module, struct diag *d)
{
    char path[PATH_MAX];
    if (strchr(module, '/') == NULL || realpath(module, path) == NULL)
        return E_OK;
    if (is_below(path, to_read, sizeof to_read / sizeof to_read[0]))
        return E_OK;
    enum err e = sandbox_allow(s, path, false, d);
    if (e != E_OK)
        return e;
    strrchr(path, '/')[1] = '\0';
    int dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dirfd < 0)
        return E_OK;
    struct diag why = {0};
    e = allow_files(s, dirfd, &why);
    close(dirfd);
    if (e == E_MEDIUM_LIMIT)
        return E_OK;
    if (e != E_OK && d != NULL)
        *d = why;
    return e;
}

static enum err allow_more(struct sandbox *s, const char *more, bool *sockets, struct diag *d)
{
    char path[PATH_MAX];
    struct stat st;
    enum err e = E_OK;
    *sockets = false;
    while (more != NULL && *more != '\0' && e == E_OK) {
        size_t n = strcspn(more, ":");
        if (n >= sizeof path)
            return diag_set(d, E_USAGE, "--module-files: a name is too long");
        memcpy(path, more, n);
        path[n] = '\0';
        if (n > 0)
            e = sandbox_allow(s, path, true, d);
        *sockets = *sockets || (stat(path, &st) == 0 && S_ISSOCK(st.st_mode));
        more += n + (more[n] == ':');
    }
    return e;
}

/* The value of directories.tokendir in a line of softhsm2.conf(5), which is cut to end with it; NULL when it is not there.
 * Blanks around name and value are none of theirs. */
static const char *token_folder(char *line)
{
    static const char name[] = "directories.tokendir";
    static const char blanks[] = " \t\r\n";
    for (size_t n = strlen(line); n > 0 && strchr(blanks, line[n - 1]) != NULL; n--)
        line[n - 1] = '\0';
    line += strspn(line, blanks);
    if (strncmp(line, name, sizeof name - 1) != 0)
        return NULL;
    line += sizeof name - 1;
    line += strspn(line, blanks);
    return *line == '=' ? line + 1 + strspn(line + 1, blanks) : NULL;
}

static enum err allow_softhsm(struct sandbox *s, struct diag *d)
{
    char line[PATH_MAX + 64], path[PATH_MAX];
    const char *conf = getenv("SOFTHSM2_CONF"), *home = getenv("HOME");
    if (conf == NULL && home != NULL) {
        snprintf(path, sizeof path, "%s/.config/softhsm2/softhsm2.conf", home);
        conf = faccessat(AT_FDCWD, path, R_OK, 0) == 0 ? path : NULL;
    }
    if (conf == NULL)
        conf = SOFTHSM_CONF;
    FILE *f = fopen(conf, "re");
    if (f == NULL)
        return E_OK; /* it is another module, or its loading says so */
    enum err e = sandbox_allow(s, conf, false, d);
    while (e == E_OK && fgets(line, sizeof line, f) != NULL) {
        const char *folder = token_folder(line);
        if (folder != NULL)
            e = sandbox_allow(s, folder, true, d);
    }
    fclose(f);
    return e;
}

enum err reach_shut_in(int state_fd, const char *module, const char *more, struct diag *d)
{
    struct sandbox *s;
    bool sockets = false;
    enum err e = sandbox_new(&s, d);
    if (e == E_OK && state_fd >= 0)
        e = sandbox_allow_fd(s, state_fd, true, d);
    if (e == E_OK)
        e = allow_list(s, to_read, sizeof to_read / sizeof to_read[0], false, d);
    if (e == E_OK)
        e = allow_list(s, to_write, sizeof to_write / sizeof to_write[0], true, d);
    if (e == E_OK)
        e = allow_beside(s, module, d);
    if (e == E_OK)
        e = allow_softhsm(s, d);
    if (e == E_OK)
        e = allow_more(s, more, &sockets, d);
    if (e == E_OK)
        e = sandbox_enter(s, d);
    sandbox_free(s);
    return e == E_OK ? filter_module(sockets, d) : e;
}
