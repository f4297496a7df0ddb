#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "partition.h"
#include "process.h"

#define CRYPTSETUP "/sbin/cryptsetup"
#define MKFS "/sbin/mkfs.ext4"
#define FSCK "/sbin/e2fsck"
#define MAPPED "/dev/mapper/" STORE_LABEL
#define MODE_NAME "mode"

bool store_is(const struct medium *m)
{
    return m->content.kind == CONTENT_LUKS && strcmp(m->content.label, STORE_LABEL) == 0;
}

static bool holds_state(const struct medium *disk, const struct media *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (store_is(&all->m[i]) && strcmp(all->m[i].disk, disk->disk) == 0)
            return true;
    return false;
}

static size_t partitions_of(const struct medium *disk, const struct media *all, const struct medium **last)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (!all->m[i].whole && strcmp(all->m[i].disk, disk->disk) == 0) {
            *last = &all->m[i];
            n++;
        }
    return n;
}

bool store_may_become(const struct medium *m, const struct media *all)
{
    const struct medium *holder = m;
    uint8_t table[PARTITION_TABLE];
    if (!m->whole || m->image || !partition_table(m->bytes / PARTITION_SECTOR, table) || holds_state(m, all) ||
        partitions_of(m, all, &holder) > 1)
        return false;
    const enum content_kind k = holder->content.kind;
    return k == CONTENT_BLANK || k == CONTENT_FAT || k == CONTENT_EXT;
}

/* -- the programs that do it -- */

/* Both parts with a newline between, which neither can hold, so that no two pairs are the same. On standard input, to
 * its end. */
static enum err with_key(const char *const *argv, const struct store_parts *parts, struct diag *d)
{
    uint8_t key[2 * LIMIT_PIN_BYTES + 1];
    size_t n = parts->part[0].n;
    memcpy(key, parts->part[0].text, n);
    key[n++] = '\n';
    memcpy(key + n, parts->part[1].text, parts->part[1].n);
    n += parts->part[1].n;
    const struct process p = {.argv = argv, .input = {key, n}};
    enum err e = process_must(&p, d);
    OPENSSL_cleanse(key, sizeof key);
    return e;
}

static enum err format(const char *device, enum mode mode, const struct store_parts *parts, struct diag *d)
{
    const char *const argv[] = {
        CRYPTSETUP, "luksFormat", "--batch-mode", "--type", "luks2", "--label", STORE_LABEL,
        "--subsystem", mode_name(mode),
        "--cipher", "aes-xts-plain64", "--key-size", "512",
        "--integrity", "hmac-sha256", "--sector-size", "4096",
        "--pbkdf", "argon2id", "--pbkdf-memory", "65536", "--pbkdf-parallel", "1", "--pbkdf-force-iterations", "8",
        "--key-file", "-", device, NULL};
    return with_key(argv, parts, d);
}

static enum err unlock(const char *device, const struct store_parts *parts, struct diag *d)
{
    const char *const argv[] = {CRYPTSETUP, "open", "--type", "luks2", "--disable-external-tokens", "--key-file", "-",
                                device, STORE_LABEL, NULL};
    return with_key(argv, parts, d);
}

static enum err lock(struct diag *d)
{
    const char *const argv[] = {CRYPTSETUP, "close", STORE_LABEL, NULL};
    const struct process p = {.argv = argv};
    return access(MAPPED, F_OK) == 0 ? process_must(&p, d) : E_OK;
}

static enum err make_file_system(struct diag *d)
{
    const char *const argv[] = {MKFS, "-q", "-F", "-L", STORE_LABEL, "-m", "0", "-E",
                                "nodiscard,lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0", MAPPED, NULL};
    const struct process p = {.argv = argv};
    return process_must(&p, d);
}

/* e2fsck(8): 1 is a file system that was put right. */
static enum err check_file_system(struct diag *d)
{
    const char *const argv[] = {FSCK, "-p", MAPPED, NULL};
    struct buf said = {0};
    const struct process p = {.argv = argv, .output = &said};
    int status;
    enum err e = process_run(&p, &status, d);
    if (e == E_OK && status > 1)
        e = diag_set(d, E_STEP, "%s, with status %d: %.*s", FSCK, status, (int)(said.len < 200 ? said.len : 200),
                     said.len > 0 ? (const char *)said.data : "");
    buf_free(&said);
    return e;
}

/* -- mounting -- */

static enum err mount_it(struct diag *d)
{
    if (mkdir(STORE_ROOT, 0700) != 0 && errno != EEXIST)
        return diag_errno(d, errno, STORE_ROOT);
    if (mount(MAPPED, STORE_ROOT, "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, "errors=remount-ro") != 0)
        return diag_errno(d, errno, STORE_ROOT);
    return E_OK;
}

bool store_is_open(void)
{
    struct stat here, above;
    return stat(STORE_ROOT, &here) == 0 && stat(MACHINE_RUN, &above) == 0 && here.st_dev != above.st_dev;
}

enum err store_close(struct diag *d)
{
    enum err e = E_OK;
    if (store_is_open()) {
        int fd = -1;
        e = file_open_dir(STORE_ROOT, &fd, d);
        if (e == E_OK && syncfs(fd) != 0)
            e = diag_errno(d, errno, STORE_ROOT);
        if (fd >= 0)
            close(fd);
        if (umount2(STORE_ROOT, UMOUNT_NOFOLLOW) != 0 && e == E_OK)
            e = diag_errno(d, errno, STORE_ROOT);
    }
    enum err locked = store_is_open() ? E_OK : lock(e == E_OK ? d : NULL);
    return e == E_OK ? locked : e;
}

/* After a fault, of which more is told than of this. */
static void close_quietly(void)
{
    enum err e = store_close(NULL);
    (void)e;
}

/* -- making one -- */

static enum err write_table(const struct medium *m, struct diag *d)
{
    uint8_t table[PARTITION_TABLE];
    char device[MEDIA_DEVICE];
    static const uint8_t nothing[CONTENT_HEAD];
    if (!partition_table(m->bytes / PARTITION_SECTOR, table))
        return diag_set(d, E_MEDIUM, "%s is too small: a state medium has 100 MB at least", m->model);
    media_device(m, device);
    int fd = open(device, O_WRONLY | O_CLOEXEC | O_EXCL);
    if (fd < 0)
        return diag_errno(d, errno, "%s", m->model);
    enum err e = file_write_all(fd, nothing, sizeof nothing, m->model, d);
    if (e == E_OK && pwrite(fd, nothing, sizeof nothing, (off_t)(m->bytes - sizeof nothing)) != (ssize_t)sizeof nothing)
        e = diag_errno(d, errno, "%s", m->model);
    if (e == E_OK && pwrite(fd, table, sizeof table, 0) != (ssize_t)sizeof table)
        e = diag_errno(d, errno, "%s", m->model);
    if (e == E_OK)
        e = file_sync(fd, m->model, d);
    if (e == E_OK && ioctl(fd, BLKRRPART) != 0)
        e = diag_errno(d, errno, "%s", m->model);
    close(fd);
    return e;
}

static bool is_partition_of(const struct medium *m, const void *disk)
{
    return !m->whole && strcmp(m->disk, disk) == 0;
}

static enum err find_partition(const struct medium *disk, char device[MEDIA_DEVICE], struct diag *d)
{
    struct medium part;
    if (!media_find(is_partition_of, disk->name, &part))
        return diag_set(d, E_MEDIUM, "%s: no partition appears on it", disk->model);
    media_device(&part, device);
    return E_OK;
}

/* The mode stands in the header, where it can be read before anything is typed, and once more where nobody can change
 * it. */
static enum err furnish(enum mode mode, struct diag *d)
{
    int fd = -1, tokens = -1;
    enum err e = file_open_dir(STORE_ROOT, &fd, d);
    if (e == E_OK)
        e = file_write(fd, MODE_NAME, mode_name(mode), strlen(mode_name(mode)), d);
    if (e == E_OK)
        e = file_make_dir(fd, strrchr(STORE_TOKENS, '/') + 1, &tokens, d);
    if (tokens >= 0)
        close(tokens);
    if (fd >= 0)
        close(fd);
    return e;
}

enum err store_make(const struct medium *m, enum mode mode, const struct store_parts *parts, struct diag *d)
{
    char device[MEDIA_DEVICE];
    enum err e = write_table(m, d);
    if (e == E_OK)
        e = find_partition(m, device, d);
    if (e == E_OK)
        e = format(device, mode, parts, d);
    if (e == E_OK)
        e = unlock(device, parts, d);
    if (e == E_OK)
        e = make_file_system(d);
    if (e == E_OK)
        e = mount_it(d);
    if (e == E_OK)
        e = furnish(mode, d);
    if (e != E_OK)
        close_quietly();
    return e;
}

static enum err check_mode(const char *of_state, enum mode of_image, struct diag *d)
{
    if (strcmp(of_state, mode_name(of_image)) == 0)
        return E_OK;
    enum err e = diag_set(d, E_MEDIUM, "this state is for %s, and this image for %s", of_state, mode_name(of_image));
    diag_advise(d, N_("boot the image that the state was made with"));
    return e;
}

enum err store_open(const struct medium *m, enum mode mode, const struct store_parts *parts, struct diag *d)
{
    char device[MEDIA_DEVICE];
    enum mode inside = mode;
    enum err e = check_mode(m->content.subsystem, mode, d);
    media_device(m, device);
    if (e == E_OK)
        e = unlock(device, parts, d);
    if (e == E_OK)
        e = check_file_system(d);
    if (e == E_OK)
        e = mount_it(d);
    if (e == E_OK)
        e = mode_read(STORE_ROOT "/" MODE_NAME, &inside, d);
    if (e == E_OK)
        e = check_mode(mode_name(inside), mode, d);
    if (e != E_OK)
        close_quietly();
    return e;
}
