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
#include "policy/emit.h"
#include "policy/folder.h"

struct options {
    const char *dir;
    const char *out; /* NULL: write no C file */
    bool print;
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
    struct policy_folder *f = NULL;
    int fd = -1;
    enum err e = policy_folder_open(o->dir, &fd, d);
    if (e == E_OK)
        e = policy_folder_read(fd, o->dir, &f, d);
    if (e == E_OK)
        e = write_policy(o, policy_folder_result(f), d);
    policy_folder_free(f);
    if (fd >= 0)
        close(fd);
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
