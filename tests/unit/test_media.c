/* What the appliance makes of media by their content: images/init/content.c, partition.c, image.c, mode.c, store.c,
 * copy.c, machine.c. */
#include "images/init/content.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "images/init/copy.h"
#include "images/init/image.h"
#include "images/init/machine.h"
#include "images/init/mode.h"
#include "images/init/partition.h"
#include "images/init/process.h"
#include "images/init/store.h"
#include "images/init/vendor.h"

static uint8_t head[CONTENT_HEAD];

static void put(size_t at, const char *bytes, size_t n)
{
    memcpy(head + at, bytes, n);
}

static enum content_kind kind(size_t n)
{
    struct content c;
    content_of(head, n, &c);
    return c.kind;
}

static void put_fat(void)
{
    put(11, "\0\2\10\1\0\2", 6); /* 512 bytes a sector, 8 sectors a cluster, 1 reserved, 2 tables */
    put(82, "FAT32   ", 8);
    put(510, "\x55\xaa", 2);
}

START_TEST(contents)
{
    memset(head, 0, sizeof head);
    ck_assert_int_eq(kind(sizeof head), CONTENT_BLANK);
    ck_assert_int_eq(kind(0), CONTENT_UNKNOWN);
    head[sizeof head - 1] = 1;
    ck_assert_int_eq(kind(sizeof head), CONTENT_UNKNOWN);

    put(510, "\x55\xaa", 2);
    ck_assert_int_eq(kind(sizeof head), CONTENT_PARTITIONS);
    put_fat();
    ck_assert_int_eq(kind(sizeof head), CONTENT_FAT);
    head[13] = 3; /* no power of two */
    ck_assert_int_eq(kind(sizeof head), CONTENT_PARTITIONS);

    put(1024 + 56, "\x53\xef", 2);
    ck_assert_int_eq(kind(sizeof head), CONTENT_EXT);
    put(32768, "\1CD001", 6);
    ck_assert_int_eq(kind(sizeof head), CONTENT_ISO); /* a hybrid has a table of partitions, too */
    put(0, "LUKS\xba\xbe\0\1", 8);
    ck_assert_int_eq(kind(sizeof head), CONTENT_ISO); /* LUKS1 */
    head[7] = 2;
    ck_assert_int_eq(kind(sizeof head), CONTENT_LUKS);
    for (size_t n = 0; n < 40000; n += 7) /* no read behind the end */
        kind(n);
}
END_TEST

START_TEST(labels_are_escaped)
{
    struct content c;
    memset(head, 0, sizeof head);
    put(0, "LUKS\xba\xbe\0\2", 8);
    put(24, "rootseal-state", 14);
    put(208, "train\x1b[2Jing", 12);
    content_of(head, sizeof head, &c);
    ck_assert_str_eq(c.label, "rootseal-state");
    ck_assert_str_eq(c.subsystem, "train\\u{1B}[2Jing");
    memset(head, 0, sizeof head);
    put(32768, "\1CD001", 6);
    put(32768 + 40, "ROOTSEAL                        ", 32);
    content_of(head, sizeof head, &c);
    ck_assert_str_eq(c.label, "ROOTSEAL");
    ck_assert_str_eq(c.subsystem, "");
}
END_TEST

static uint64_t get32(const uint8_t *p)
{
    return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

START_TEST(partitions)
{
    uint8_t table[PARTITION_TABLE], none[PARTITION_TABLE] = {0};
    ck_assert(!partition_table(0, table));
    ck_assert(!partition_table(4096 + PARTITION_LEAST - 1, table));
    ck_assert_mem_eq(table, none, sizeof table);
    static const uint64_t sizes[] = {4096 + PARTITION_LEAST, 1000000, 4096 + PARTITION_MOST, 4097 + PARTITION_MOST,
                                     1ULL << 40};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ck_assert(partition_table(sizes[i], table));
        const uint64_t from = get32(table + 446 + 8), length = get32(table + 446 + 12);
        ck_assert_uint_eq(from, 2048);
        ck_assert_uint_le(from + length + 2048, sizes[i]);
        ck_assert_uint_eq(length, sizes[i] - 4096 < PARTITION_MOST ? sizes[i] - 4096 : PARTITION_MOST);
        ck_assert_uint_eq(table[446 + 4], 0x83);
        ck_assert_mem_eq(table + 462, none, 48); /* the only one */
        ck_assert_mem_eq(table + 510, "\x55\xaa", 2);
    }
}
END_TEST

START_TEST(length_of_an_image)
{
    memset(head, 0, sizeof head);
    ck_assert_uint_eq(image_bytes(head, sizeof head), 0);
    put(32768, "\1CD001", 6);
    put(32768 + 80, "\x10\x27\0\0", 4); /* 10000 blocks */
    ck_assert_uint_eq(image_bytes(head, sizeof head), 20480000);
    put(512, "EFI PART", 8);
    put(512 + 32, "\x9f\x9c\0\0\0\0\0\0", 8); /* its second copy in sector 40095 */
    ck_assert_uint_eq(image_bytes(head, sizeof head), 40096 * 512);
    ck_assert_uint_eq(image_bytes(head, 700), 0);
}
END_TEST

START_TEST(modes)
{
    enum mode m = MODE_TRAINING;
    ck_assert(mode_parse("production\n", 11, &m) && m == MODE_PRODUCTION);
    ck_assert(mode_parse("training", 8, &m) && m == MODE_TRAINING);
    static const char *const bad[] = {"",       "\n", "Training", "training ", "training\n\n", "production-training",
                                      "trainin"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!mode_parse(bad[i], strlen(bad[i]), &m) && m == MODE_PRODUCTION, "%s", bad[i]);
    ck_assert_int_eq(mode_read("/nonexistent", &m, NULL), E_IO);
    ck_assert_int_eq(mode_read("/dev/null", &m, NULL), E_MEDIUM);
}
END_TEST

static struct medium *disk(struct media *all, const char *name, const char *of, enum content_kind content)
{
    struct medium *m = &all->m[all->n++];
    *m = (struct medium){.bytes = 1 << 30, .whole = strcmp(name, of) == 0, .content.kind = content};
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->disk, sizeof m->disk, "%s", of);
    return m;
}

START_TEST(what_may_become_a_state_medium)
{
    static struct media all;
    all.n = 0;
    struct medium *blank = disk(&all, "sda", "sda", CONTENT_BLANK), *fat = disk(&all, "sdb", "sdb", CONTENT_FAT),
                  *one = disk(&all, "sdc", "sdc", CONTENT_PARTITIONS), *part = disk(&all, "sdc1", "sdc", CONTENT_FAT),
                  *unknown = disk(&all, "sdd", "sdd", CONTENT_UNKNOWN),
                  *two = disk(&all, "sde", "sde", CONTENT_PARTITIONS), *boot = disk(&all, "sdf", "sdf", CONTENT_ISO),
                  *state = disk(&all, "sdg", "sdg", CONTENT_PARTITIONS),
                  *inside = disk(&all, "sdg1", "sdg", CONTENT_LUKS);
    disk(&all, "sde1", "sde", CONTENT_FAT);
    disk(&all, "sde2", "sde", CONTENT_EXT);
    boot->image = true;
    snprintf(inside->content.label, sizeof inside->content.label, STORE_LABEL);
    ck_assert(store_may_become(blank, &all) && store_may_become(fat, &all) && store_may_become(one, &all));
    blank->bytes = 90 << 20;
    ck_assert(!store_may_become(blank, &all));   /* too small */
    ck_assert(!store_may_become(part, &all));    /* no disk */
    ck_assert(!store_may_become(unknown, &all)); /* who knows what it is */
    ck_assert(!store_may_become(two, &all));
    ck_assert(!store_may_become(boot, &all));
    ck_assert(!store_may_become(state, &all));
    ck_assert(store_is(inside) && !store_is(state));
}
END_TEST

START_TEST(what_is_a_stick)
{
    struct medium m = {.usb = true, .content.kind = CONTENT_FAT};
    ck_assert(media_is_stick(&m));
    m.usb = false;
    ck_assert(!media_is_stick(&m));
    m = (struct medium){.usb = true, .content.kind = CONTENT_FAT, .image = true};
    ck_assert(!media_is_stick(&m));
    m = (struct medium){.usb = true, .content.kind = CONTENT_FAT, .partitioned = true};
    ck_assert(!media_is_stick(&m));
    m = (struct medium){.usb = true, .content.kind = CONTENT_LUKS};
    ck_assert(!media_is_stick(&m));
}
END_TEST

/* -- with files -- */

static char dir[] = "/tmp/rootseal-media-XXXXXX";

static void path_of(const char *name, char out[256])
{
    snprintf(out, 256, "%s/%s", dir, name);
}

static void make_file(const char *name, const char *text)
{
    char path[256];
    path_of(name, path);
    FILE *f = fopen(path, "we");
    ck_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void make_folder(const char *name)
{
    char path[256];
    path_of(name, path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static bool same(const char *a, const char *b)
{
    char x[256], y[256];
    struct process p = {.argv = (const char *const[]){"/usr/bin/cmp", "-s", x, y, NULL}};
    int status;
    path_of(a, x);
    path_of(b, y);
    return process_run(&p, &status, NULL) == E_OK && status == 0;
}

static bool is_left_out(const char *name)
{
    return strcmp(name, "lock") == 0;
}

static void begin_folder(void)
{
    strcpy(dir, "/tmp/rootseal-media-XXXXXX");
    ck_assert(mkdtemp(dir) != NULL);
}

static void end_folder(void)
{
    const struct process p = {.argv = (const char *const[]){"/bin/rm", "-rf", dir, NULL}};
    ck_assert_int_eq(process_must(&p, NULL), E_OK);
}

START_TEST(folders_are_copied_whole)
{
    char from[256], to[256], odd[256], other[256];
    begin_folder();
    make_folder("from");
    make_folder("from/below");
    make_folder("from/below/empty");
    make_file("from/a", "content of a\n");
    make_file("from/below/b", "");
    make_file("from/lock", "nobody's");
    path_of("from", from);
    path_of("to", to);
    path_of("from/link", odd);
    ck_assert_int_eq(symlink("/etc/passwd", odd), 0);
    path_of("from/pipe", odd);
    ck_assert_int_eq(mkfifo(odd, 0600), 0);

    ck_assert_int_eq(copy_folder(from, to, is_left_out, NULL), E_OK);
    ck_assert(same("from/a", "to/a") && same("from/below/b", "to/below/b"));
    path_of("to/below/empty", other);
    ck_assert_int_eq(access(other, F_OK), 0);
    static const char *const left_out[] = {"to/lock", "to/link", "to/pipe"};
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        struct stat st;
        path_of(left_out[i], other);
        ck_assert_int_ne(lstat(other, &st), 0);
    }
    ck_assert_int_eq(copy_folder(from, to, NULL, NULL), E_FOLDER_OCCUPIED);
    path_of("missing", from);
    path_of("to2", to);
    ck_assert_int_eq(copy_folder(from, to, NULL, NULL), E_MEDIUM);
    end_folder();
}
END_TEST

START_TEST(interfaces)
{
    char path[256], names[MACHINE_NAMES];
    begin_folder();
    make_folder("net");
    path_of("net", path);
    ck_assert_int_eq(machine_network(path, names, NULL), E_OK);
    make_folder("net/lo");
    ck_assert_int_eq(machine_network(path, names, NULL), E_OK);
    ck_assert_str_eq(names, "lo");
    make_folder("net/eth0");
    ck_assert_int_eq(machine_network(path, names, NULL), E_SANDBOX);
    ck_assert_str_eq(names, "eth0 lo");
    for (int i = 0; i < 40; i++) {
        char name[24];
        snprintf(name, sizeof name, "net/wlan-%d", i);
        make_folder(name);
    }
    ck_assert_int_eq(machine_network(path, names, NULL), E_SANDBOX); /* no place for all of them */
    end_folder();
}
END_TEST

/* -- programs -- */

START_TEST(programs_are_heard)
{
    struct buf said = {0};
    struct process p = {.argv = (const char *const[]){"/usr/bin/env", "-i", "cat", NULL},
                        .input = {(const uint8_t *)"a secret", 8},
                        .output = &said};
    int status = -1;
    ck_assert_int_eq(process_run(&p, &status, NULL), E_OK);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(said.len, 8);
    ck_assert_mem_eq(said.data, "a secret", 8);
    buf_free(&said);

    struct diag d = {0};
    p = (struct process){.argv = (const char *const[]){"/bin/ls", "/nonexistent/folder", NULL}};
    ck_assert_int_eq(process_must(&p, &d), E_STEP);
    ck_assert_msg(strstr(d.text, "/nonexistent/folder") != NULL, "%s", d.text);

    p = (struct process){.argv = (const char *const[]){"/nonexistent", NULL}};
    ck_assert_int_eq(process_run(&p, &status, NULL), E_IO);
    p = (struct process){.argv = (const char *const[]){"/bin/sh", "-c", "kill -9 $$", NULL}};
    ck_assert_int_eq(process_run(&p, &status, NULL), E_OK);
    ck_assert_int_eq(status, 128 + 9);
    p = (struct process){
        .argv = (const char *const[]){"/bin/sh", "-c", "pwd", NULL}, .folder = "/usr", .output = &said};
    ck_assert_int_eq(process_must(&p, NULL), E_OK);
    ck_assert_mem_eq(said.data, "/usr\n", 5);
    buf_free(&said);
}
END_TEST

START_TEST(too_much_output_is_cut)
{
    struct buf said = {0};
    const struct process p = {.argv = (const char *const[]){"/usr/bin/head", "-c", "1000000", "/dev/zero", NULL},
                              .output = &said};
    ck_assert_int_eq(process_must(&p, NULL), E_OK);
    ck_assert_uint_eq(said.len, PROCESS_OUTPUT);
    buf_free(&said);
}
END_TEST

/* -- a vendor's module -- */

#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

START_TEST(lines_of_files)
{
    uint8_t digest[32];
    char name[256];
    static const char *const good[] = {DIGITS "  module.txt", DIGITS " *libvendor.so.2"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(vendor_line(good[i], strlen(good[i]), digest, name), "%s", good[i]);
        ck_assert_uint_eq(digest[31], 0xff);
        ck_assert_str_eq(name, good[i] + 66);
    }
    static const char *const bad[] = {"", DIGITS, DIGITS "  ", DIGITS " module.txt", DIGITS "\t module.txt",
                                      DIGITS "  ../module.txt", DIGITS "  .hidden", DIGITS "  a/b", DIGITS "  a b",
                                      "x" DIGITS "  a",
                                      "g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff  a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!vendor_line(bad[i], strlen(bad[i]), digest, name), "%s", bad[i]);
    char far[66 + 257] = DIGITS "  ";
    memset(far + 66, 'a', sizeof far - 67);
    ck_assert(!vendor_line(far, 66 + 256, digest, name));
    ck_assert(vendor_line(far, 66 + 255, digest, name));
    ck_assert(!vendor_line(DIGITS "  a\0b", 69, digest, name));
}
END_TEST

START_TEST(what_a_module_says)
{
    struct vendor_module m;
    static const char both[] = "module libvendor.so\nfiles /dev/bus/usb:/etc/vendor.conf\n";
    static const char one[] = "module a.so";
    ck_assert(vendor_parse(both, sizeof both - 1, &m));
    ck_assert_str_eq(m.name, "libvendor.so");
    ck_assert_str_eq(m.files, "/dev/bus/usb:/etc/vendor.conf");
    ck_assert(vendor_parse(one, sizeof one - 1, &m));
    ck_assert_str_eq(m.files, "");
    static const char *const bad[] = {"", "files /dev\n", "module a\nmodule b\n", "module ../a\n", "module a\n\n",
                                      "module a\nmore b\n", "module \n", "modulea\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!vendor_parse(bad[i], strlen(bad[i]), &m), "%s", bad[i]);
        ck_assert_str_eq(m.name, "");
    }
    ck_assert(!vendor_parse("module a\0b", 10, &m));
}
END_TEST

Suite *suite_media(void);
Suite *suite_media(void)
{
    Suite *s = suite_create("media");
    TCase *t = tcase_create("content");
    tcase_add_test(t, contents);
    tcase_add_test(t, labels_are_escaped);
    tcase_add_test(t, partitions);
    tcase_add_test(t, length_of_an_image);
    tcase_add_test(t, modes);
    tcase_add_test(t, what_may_become_a_state_medium);
    tcase_add_test(t, what_is_a_stick);
    suite_add_tcase(s, t);
    t = tcase_create("machine");
    tcase_add_test(t, folders_are_copied_whole);
    tcase_add_test(t, interfaces);
    tcase_add_test(t, programs_are_heard);
    tcase_add_test(t, too_much_output_is_cut);
    tcase_add_test(t, lines_of_files);
    tcase_add_test(t, what_a_module_says);
    suite_add_tcase(s, t);
    return s;
}
