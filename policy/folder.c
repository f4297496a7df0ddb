#include "policy/folder.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "policy/build.h"

#define FILE_BYTES (1024 * 1024) /* in one policy file */
#define FOLDER_ENTRIES 4096      /* policy files and certificates */

static const char appliance_file[] = "appliance.yaml";
static const char people_file[] = "people.yaml";

/* Files of authorities come in the order of their names. */
struct policy_folder {
    int fd;
    struct file_list names;
    struct build_file appliance, people;
    struct build_file *authorities;
    size_t authorities_n;
    struct build_input input; /* the table points into it */
    struct build *build;
};

/* What is wrong with a policy folder is wrong with the policy, not with a removable medium. */
static enum err as_policy(enum err e, struct diag *d)
{
    if (e != E_MEDIUM && e != E_MEDIUM_FILE && e != E_MEDIUM_LIMIT)
        return e;
    char text[DIAG_TEXT_MAX];
    snprintf(text, sizeof text, "%s", d->text);
    return diag_set(d, E_POLICY, "%s: %s", text, err_sentence(e));
}

static enum err read_policy_file(const struct policy_folder *f, const char *name, enum schema_kind kind,
                                 struct build_file *out, struct diag *d)
{
    bool found = false;
    enum err e = as_policy(file_read(f->fd, name, FILE_BYTES, &out->text, &found, d), d);
    if (e == E_OK && !found)
        e = diag_set(d, E_POLICY, "%s: the file is missing", name);
    if (e == E_OK)
        e = where_load(name, buf_span(&out->text), &out->where, d);
    if (e == E_OK)
        e = schema_load(kind, buf_span(&out->text), out->where, &out->data, d);
    return e;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

static enum err read_authorities(struct policy_folder *f, struct diag *d)
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

static enum err read_files(struct policy_folder *f, struct diag *d)
{
    enum err e = as_policy(file_list(f->fd, FOLDER_ENTRIES, &f->names, d), d);
    if (e == E_OK)
        e = read_policy_file(f, appliance_file, SCHEMA_APPLIANCE, &f->appliance, d);
    if (e == E_OK)
        e = read_policy_file(f, people_file, SCHEMA_PEOPLE, &f->people, d);
    return e != E_OK ? e : read_authorities(f, d);
}

enum err policy_folder_open(const char *dir, int *fd, struct diag *d)
{
    return as_policy(file_open_dir(dir, fd, d), d);
}

enum err policy_folder_read(int fd, const char *dir, struct policy_folder **out, struct diag *d)
{
    struct policy_folder *f = calloc(1, sizeof *f);
    *out = NULL;
    if (f == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", dir);
    f->fd = fd;
    enum err e = read_files(f, d);
    f->input = (struct build_input){dir, fd, f->appliance, f->people, f->authorities, f->authorities_n};
    if (e == E_OK)
        e = build_policy(&f->input, &f->build, d);
    if (e == E_OK)
        *out = f;
    else
        policy_folder_free(f);
    return e;
}

const struct policy *policy_folder_result(const struct policy_folder *f)
{
    return build_result(f->build);
}

static void free_file(enum schema_kind kind, struct build_file *file)
{
    schema_free(kind, file->data);
    where_free(file->where);
    buf_free(&file->text);
}

void policy_folder_free(struct policy_folder *f)
{
    if (f == NULL)
        return;
    build_free(f->build);
    free_file(SCHEMA_APPLIANCE, &f->appliance);
    free_file(SCHEMA_PEOPLE, &f->people);
    for (size_t i = 0; i < f->authorities_n; i++)
        free_file(SCHEMA_AUTHORITY, &f->authorities[i]);
    free(f->authorities);
    file_list_free(&f->names);
    free(f);
}
