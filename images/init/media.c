#include "media.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"

#define BLOCK "/sys/class/block"
#define SECTOR 512 /* bytes: sysfs counts in these, whatever the disk does */

/* One line of a file of sysfs, without blanks at its end. */
static bool read_line(const char *name, const char *file, char *out, size_t cap)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, BLOCK "/%s/%s", name, file);
    out[0] = '\0';
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    const bool read = fgets(out, (int)cap, f) != NULL;
    fclose(f);
    for (size_t n = strlen(out); n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '); n--)
        out[n - 1] = '\0';
    return read;
}

static void read_model(struct medium *m)
{
    char vendor[32], model[64], both[sizeof vendor + sizeof model];
    read_line(m->disk, "device/vendor", vendor, sizeof vendor);
    read_line(m->disk, "device/model", model, sizeof model);
    const int n =
        snprintf(both, sizeof both, "%s%s%s", vendor, vendor[0] != '\0' && model[0] != '\0' ? " " : "", model);
    text_escape(m->model, sizeof m->model, both, (size_t)n);
}

/* The path in sysfs says what it hangs on, and of a partition on which disk: .../usb1/.../block/sdb/sdb1. */
static bool read_place(struct medium *m)
{
    char link[PATH_MAX], path[PATH_MAX], line[8];
    snprintf(link, sizeof link, BLOCK "/%s", m->name);
    if (realpath(link, path) == NULL)
        return false;
    m->usb = strstr(path, "/usb") != NULL;
    m->whole = !read_line(m->name, "partition", line, sizeof line);
    snprintf(m->disk, sizeof m->disk, "%s", m->name);
    if (!m->whole) {
        *strrchr(path, '/') = '\0';
        const char *disk = strrchr(path, '/') + 1;
        if (strlen(disk) >= sizeof m->disk)
            return false;
        memcpy(m->disk, disk, strlen(disk) + 1);
    }
    return true;
}

static void read_content(struct medium *m)
{
    char path[MEDIA_DEVICE];
    uint8_t *head = malloc(CONTENT_HEAD);
    media_device(m, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t n = 0;
    if (head != NULL && fd >= 0)
        for (ssize_t r; n < CONTENT_HEAD && (r = pread(fd, head + n, CONTENT_HEAD - n, (off_t)n)) > 0;)
            n += (size_t)r;
    if (head != NULL)
        content_of(head, n, &m->content);
    if (fd >= 0)
        close(fd);
    free(head);
}

static bool is_virtual(const char *name)
{
    static const char *const kinds[] = {"loop", "ram", "dm-", "zram", "md", "nbd"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

/* False when it is none that counts. */
static bool read_medium(const char *name, struct medium *m)
{
    char size[24];
    *m = (struct medium){0};
    if (name[0] == '.' || is_virtual(name) || strlen(name) >= sizeof m->name)
        return false;
    memcpy(m->name, name, strlen(name) + 1);
    if (!read_line(name, "size", size, sizeof size) || !read_place(m))
        return false;
    m->bytes = strtoull(size, NULL, 10) * SECTOR;
    if (m->bytes == 0)
        return false;
    read_model(m);
    read_content(m);
    return true;
}

static bool is_image(const struct medium *m)
{
    return m->content.kind == CONTENT_ISO &&
           strncmp(m->content.label, MEDIA_IMAGE_LABEL, strlen(MEDIA_IMAGE_LABEL)) == 0;
}

/* What is said of a disk holds for its partitions, and the other way round. */
static void relate(struct media *all)
{
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < all->n; k++)
            if (strcmp(all->m[i].disk, all->m[k].disk) == 0) {
                all->m[i].image = all->m[i].image || is_image(&all->m[k]);
                all->m[i].partitioned = all->m[i].partitioned || (all->m[i].whole && !all->m[k].whole);
            }
}

enum err media_list(struct media *out, struct diag *d)
{
    struct dirent **list = NULL;
    struct medium m;
    *out = (struct media){0};
    const int n = scandir(BLOCK, &list, NULL, alphasort);
    enum err e = n >= 0 ? E_OK : diag_set(d, E_IO, BLOCK);
    for (int i = 0; i < n; i++) {
        if (e == E_OK && read_medium(list[i]->d_name, &m)) {
            if (out->n < MEDIA_MOST)
                out->m[out->n++] = m;
            else
                e = diag_set(d, E_MEDIUM_LIMIT, "more than %d disks and partitions", MEDIA_MOST);
        }
        free(list[i]);
    }
    free(list);
    relate(out);
    return e;
}

bool media_is_stick(const struct medium *m)
{
    const enum content_kind k = m->content.kind;
    return m->usb && !m->image && !m->partitioned && (k == CONTENT_FAT || k == CONTENT_EXT || k == CONTENT_ISO);
}

bool media_find(media_is *is, const void *arg, struct medium *out)
{
    static const struct timespec pause = {0, 200000000};
    static struct media all;
    for (int tries = 0; tries < 25; tries++) {
        if (media_list(&all, NULL) == E_OK)
            for (size_t i = 0; i < all.n; i++)
                if (is(&all.m[i], arg)) {
                    *out = all.m[i];
                    return true;
                }
        nanosleep(&pause, NULL);
    }
    return false;
}

void media_device(const struct medium *m, char out[MEDIA_DEVICE])
{
    snprintf(out, MEDIA_DEVICE, "/dev/%s", m->name);
}

void media_describe(const struct medium *m, char *out, size_t cap)
{
    const uint64_t mb = m->bytes / 1000000;
    if (mb < 10000)
        snprintf(out, cap, "%s, %llu MB", m->model, (unsigned long long)mb);
    else
        snprintf(out, cap, "%s, %llu GB", m->model, (unsigned long long)(mb / 1000));
}
