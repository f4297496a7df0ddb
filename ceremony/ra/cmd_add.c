#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "ra/running.h"
#include "ra/table.h"

/* -- what may stand together on the command line -- */

static bool is_given(enum draft_field f)
{
    return options.draft[f] != NULL;
}

/* An option that is about one request, when there is one. */
static enum draft_field of_one(void)
{
    for (int i = 0; i < DRAFT_FIELDS; i++) {
        enum draft_field f = (enum draft_field)i;
        if (f != DRAFT_OP && f != DRAFT_PROFILE && f != DRAFT_OPERATOR && f != DRAFT_REQUESTED_AT && is_given(f))
            return f;
    }
    return DRAFT_FIELDS;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum err check_table(int n, struct diag *d)
{
    for (int i = 0; i < DRAFT_FIELDS; i++)
        if (i != DRAFT_OPERATOR && is_given((enum draft_field)i))
            return diag_set(d, E_USAGE, "--%s beside --csv: it is a column of the table", draft_name((enum draft_field)i));
    return n == 0 ? E_OK : diag_set(d, E_USAGE, n == 1 ? N_("%d file beside --csv: the table names them")
                                                       : N_("%d files beside --csv: the table names them"), n);
}

static enum err check_options(int n, char **operands, bool *files, struct diag *d)
{
    const char *op = is_given(DRAFT_OP) ? options.draft[DRAFT_OP] : op_name(OP_ISSUE);
    enum draft_field one = of_one();
    *files = op_certifies(op_by_name(op));
    if (options.csv != NULL)
        return check_table(n, d);
    if (op_by_name(op) == OP_UNKNOWN)
        return diag_set(d, E_USAGE, "--op %s is no service", op);
    if (!*files && n > 0)
        return diag_set(d, E_USAGE, "--op %s takes no file of a request", op);
    if (*files && n == 0)
        return diag_set(d, E_USAGE, "name a file or a folder");
    if (*files && !is_given(DRAFT_PROFILE))
        return diag_set(d, E_USAGE, "--profile NAME is missing");
    if (*files && one != DRAFT_FIELDS && (n != 1 || is_folder(operands[0])))
        return diag_set(d, E_USAGE, "--%s is about one request: name one file", draft_name(one));
    return E_OK;
}

/* -- requests -- */

/* What is wrong with an option is told by its name, what is wrong with a file by the file's. */
static enum err put_draft(struct addition *a, const struct draft *draft, const char *name, struct diag *d)
{
    struct request r;
    enum draft_field wrong;
    struct diag why = {0};
    enum err e = draft_request(draft, a->authority, a->now, &r, &wrong, &why);
    if (e == E_FIELD_MISSING && wrong != DRAFT_FIELDS)
        diag_advise(&why, N_("give the option of this name"));
    if (e != E_OK && wrong != DRAFT_FIELDS && is_given(wrong))
        diag_wrap_clause(d, e, why.clause, &why, "--%s", draft_name(wrong));
    else if (e != E_OK && d != NULL)
        *d = why;
    if (e == E_OK)
        e = addition_put(a, &r, name, d);
    request_free(&r);
    return e;
}

static enum err add_options(struct addition *a, const char *csr, struct diag *d)
{
    struct draft draft = {.folder = NULL};
    memcpy(draft.text, options.draft, sizeof draft.text);
    draft.text[DRAFT_CSR] = csr;
    return put_draft(a, &draft, csr != NULL ? csr : draft.text[DRAFT_OP], d);
}

static enum err add_operand(struct addition *a, const char *path, struct running *running, struct diag *d)
{
    struct draft as = {.folder = NULL};
    memcpy(as.text, options.draft, sizeof as.text);
    return is_folder(path) ? running_add(a, &as, path, running, d) : add_options(a, path, d);
}

enum err cmd_add(int n, char **operands, struct diag *d)
{
    struct addition a = {.desk = {.fd = -1}, .evidence_fd = -1};
    struct running running = {0};
    bool files, folder = options.evidence != NULL && (options.csv != NULL || is_folder(options.evidence));
    /* a folder has the evidence of each request under its id, a file is that of the only one */
    options.draft[DRAFT_EVIDENCE] = folder ? NULL : options.evidence;
    enum err e = check_options(n, operands, &files, d);
    if (e == E_OK)
        e = n > 0 && is_folder(operands[0]) ? addition_open(options.dir, &a, d) : addition_begin(options.dir, &a, d);
    if (e == E_OK && folder)
        e = addition_evidence(&a, options.evidence, d);
    if (e == E_OK && options.csv != NULL)
        e = table_add(&a, options.csv, options.draft[DRAFT_OPERATOR], d);
    else if (e == E_OK && !files)
        e = add_options(&a, NULL, d);
    for (int i = 0; options.csv == NULL && i < n && e == E_OK; i++)
        e = add_operand(&a, operands[i], &running, d);
    if (e == E_OK)
        e = addition_finish(&a, d);
    if (e == E_OK)
        e = running_finish(&running, d);
    addition_free(&a);
    return e;
}
