/* policyc - turn a folder of policy files into one C file of constant tables. See policyc(1). */
#include <getopt.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "policy/build.h"
#include "policy/emit.h"

#define FILE_BYTES (1024 * 1024) /* in one policy file */
#define FOLDER_ENTRIES 4096      /* policy files and certificates */

static const char appliance_file[] = "appliance.yaml";
static const char people_file[] = "people.yaml";

struct options {
    const char *dir;
    const char *out; /* NULL: write no C file */
    bool print;
};

/* The folder as it was read. Files of authorities come in the order of their names. */
struct folder {
    int fd;
    struct file_list names;
    struct build_file appliance, people;
    struct build_file *authorities;
    size_t authorities_n;
};

static void usage(FILE *to)
{
    fputs(_("usage: policyc -o OUT.c DIR     compile the policy in DIR into OUT.c\n"
          "       policyc -p [-o OUT.c] DIR  print its canonical text\n"
          "       policyc -h | --help\n"
          "DIR holds appliance.yaml, people.yaml and one other .yaml file for each authority;\n"
          "see policyc(1) and rootseal-policy(5).\n"),
          to);
}

/* What is wrong with a policy folder is wrong with the policy, not with a removable medium. */
static enum err as_policy(enum err e, struct diag *d)
{
    if (e != E_MEDIUM && e != E_MEDIUM_FILE && e != E_MEDIUM_LIMIT)
        return e;
    char text[DIAG_TEXT_MAX];
    snprintf(text, sizeof text, "%s", d->text);
    return diag_set(d, E_POLICY, "%s: %s", text, err_sentence(e));
}

static enum err read_policy_file(const struct folder *f, const char *name, enum schema_kind kind,
                                 struct build_file *out, struct diag *d)
{
    struct buf text = {0};
    bool found = false;
    enum err e = as_policy(file_read(f->fd, name, FILE_BYTES, &text, &found, d), d);
    if (e == E_OK && !found)
        e = diag_set(d, E_POLICY, "%s: the file is missing", name);
    if (e == E_OK)
        e = where_load(name, buf_span(&text), &out->where, d);
    if (e == E_OK)
        e = schema_load(kind, buf_span(&text), out->where, &out->data, d);
    buf_free(&text);
    return e;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

static enum err read_authorities(struct folder *f, struct diag *d)
{
    enum err e = E_OK;
    f->authorities = calloc(f->names.n + 1, sizeof *f->authorities);
    if (f->authorities == NULL)
        return diag_set(d, E_NO_MEMORY, "policy folder");
    for (size_t i = 0; i < f->names.n && e == E_OK; i++) {
        const char *name = f->names.names[i];
        /* Passing over a file that somebody meant to be policy would be worse than asking for its
         * name. */
        if (ends_with(name, ".yml"))
            return diag_set(d, E_POLICY, "%s: policy files are named *.yaml", name);
        if (name[0] == '.' || !ends_with(name, ".yaml") || strcmp(name, appliance_file) == 0 ||
            strcmp(name, people_file) == 0)
            continue;
        e = read_policy_file(f, name, SCHEMA_AUTHORITY, &f->authorities[f->authorities_n++], d);
    }
    return e;
}

static enum err read_folder(const char *dir, struct folder *f, struct diag *d)
{
    enum err e = as_policy(file_open_dir(dir, &f->fd, d), d);
    if (e == E_OK)
        e = as_policy(file_list(f->fd, FOLDER_ENTRIES, &f->names, d), d);
    if (e == E_OK)
        e = read_policy_file(f, appliance_file, SCHEMA_APPLIANCE, &f->appliance, d);
    if (e == E_OK)
        e = read_policy_file(f, people_file, SCHEMA_PEOPLE, &f->people, d);
    return e != E_OK ? e : read_authorities(f, d);
}

static void free_folder(struct folder *f)
{
    schema_free(SCHEMA_APPLIANCE, f->appliance.data);
    where_free(f->appliance.where);
    schema_free(SCHEMA_PEOPLE, f->people.data);
    where_free(f->people.where);
    for (size_t i = 0; i < f->authorities_n; i++) {
        schema_free(SCHEMA_AUTHORITY, f->authorities[i].data);
        where_free(f->authorities[i].where);
    }
    free(f->authorities);
    file_list_free(&f->names);
    if (f->fd >= 0)
        close(f->fd);
}

/* Put the text into place in one step. */
static enum err write_out(const char *path, const struct buf *text, struct diag *d)
{
    int fd = -1;
    enum err e = E_NO_MEMORY;
    char *dir = strdup(path), *base = strdup(path);
    if (dir != NULL && base != NULL)
        e = file_open_dir(dirname(dir), &fd, d);
    if (e == E_OK)
        e = file_write(fd, basename(base), text->data, text->len, d);
    if (fd >= 0)
        close(fd);
    free(dir);
    free(base);
    return e == E_MEDIUM ? diag_set(d, E_IO, "%s: its folder is not there", path) : e;
}

static enum err write_policy(const struct options *o, const struct policy *p, struct diag *d)
{
    struct buf text = {0};
    enum err e = E_OK;
    if (o->out != NULL) {
        e = emit_policy(p, &text);
        if (e == E_OK)
            e = write_out(o->out, &text, d);
    }
    buf_reset(&text);
    if (e == E_OK && o->print) {
        e = policy_print(p, &text);
        if (e == E_OK)
            e = file_write_all(STDOUT_FILENO, text.data, text.len, "standard output", d);
    }
    buf_free(&text);
    return e;
}

static enum err run(const struct options *o, struct diag *d)
{
    struct folder f = {.fd = -1};
    struct build *b = NULL;
    enum err e = read_folder(o->dir, &f, d);
    if (e == E_OK) {
        const struct build_input in = {o->dir, f.appliance, f.people, f.authorities,
                                       f.authorities_n};
        e = build_policy(&in, &b, d);
        if (e == E_OK)
            e = write_policy(o, build_result(b), d);
        build_free(b);
    }
    free_folder(&f);
    return e;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {0}};
    struct options o = {0};
    struct diag d = {0};
    int c;
    i18n_start();
    while ((c = getopt_long(argc, argv, "ho:p", names, NULL)) != -1) {
        switch (c) {
        case 'h':
            usage(stdout);
            return CLASS_DONE;
        case 'o':
            o.out = optarg;
            break;
        case 'p':
            o.print = true;
            break;
        default:
            usage(stderr);
            return CLASS_USAGE;
        }
    }
    if (optind + 1 != argc || (o.out == NULL && !o.print)) {
        usage(stderr);
        return CLASS_USAGE;
    }
    o.dir = argv[optind];
    enum err e = run(&o, &d);
    if (e != E_OK)
        diag_print("policyc", e, &d);
    return (int)err_class(e);
}
