/* csv.c - tables of requests that `ra add --csv` reads, spoilt. A table is nobody's word until its batch is approved: what
 * is asked is that each of its values becomes the request's, as a second and simpler reader finds it, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "ra/table.h"

#define CSR_FILE "a.csr"
#define COLUMNS 11

static const char good[] =
    "id,op,profile,csr,serial,by,reason,resident-id,override,requested-at,operator\r\n"
    "r-1,,device," CSR_FILE ",,,,11010519491231002X,\"He said \"\"yes, it is\"\", and \xe5\xad\x97\",,op-1\r\n"
    "v-1,revoke,,,31000000000000000000000000000001,subscriber,key-leaked,,,2026-11-20T19:36:17Z,\n"
    ",\"suspend\",,,\"31:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0A\",,,,, 2026-11-20T19:36:17Z ,\"op-1\"\r\n";

static void prepare(struct inputs *in)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_fragments, &mutate_lines};
    people_get();
    for (size_t m = 0; m < sizeof ways / sizeof ways[0]; m++)
        inputs_add(in, "table", (struct span){(const uint8_t *)good, sizeof good - 1}, ways[m]);
}

/* -- the second reader -- */

/* The next value, with what ends it: ',', '\n', or 0 for the end of the table. What is not RFC 4180 the product refused. */
static char next_value(const char **at, const char *end, char *out, size_t room)
{
    const char *p = *at;
    size_t n = 0, last = 0;
    bool quoted = p < end && *p == '"';
    for (p += quoted; p < end; p++) {
        if (quoted ? *p == '"' && (p + 1 == end || p[1] != '"') : *p == ',' || *p == '\n')
            break;
        p += quoted && *p == '"';
        if (!quoted && n == 0 && *p == ' ')
            continue;
        bad_must(n + 1 < room, "a long value");
        out[n++] = *p;
        last = quoted || (*p != ' ' && *p != '\r') ? n : last;
    }
    out[last] = '\0';
    p += quoted && p < end;
    p += p < end && *p == '\r';
    char stop = p < end ? *p : '\0';
    *at = p + (p < end);
    return stop;
}

struct row {
    char value[COLUMNS][512];
    size_t n;
    bool blank;
};

static bool next_row(const char **at, const char *end, struct row *r)
{
    char stop = ',';
    *r = (struct row){.blank = true};
    if (*at == end)
        return false;
    while (stop == ',') {
        bad_must(r->n < COLUMNS, "a table of more columns was taken");
        stop = next_value(at, end, r->value[r->n], sizeof r->value[0]);
        r->blank = r->blank && r->value[r->n][0] == '\0';
        r->n++;
    }
    return true;
}

/* -- a request against its row -- */

static void plain_serial(const char *in, char *out)
{
    for (; *in != '\0'; in++)
        if (*in != ':' && *in != ' ')
            *out++ = *in >= 'A' && *in <= 'F' ? (char)(*in | 0x20) : *in;
    *out = '\0';
}

static bool same_value(const json_t *line, const char *column, const char *value)
{
    char serial[512];
    const json_t *of = strcmp(column, "resident-id") == 0 ? json_object_get(line, "identity") : line;
    const char *got = json_string_value(json_object_get(of, column));
    if (strcmp(column, "csr") == 0) /* there is one file, whatever its path */
        return got != NULL;
    plain_serial(value, serial);
    return got != NULL && strcmp(got, strcmp(column, "serial") == 0 ? serial : value) == 0;
}

/* Every value is there, and of what is there nothing that has neither a value nor a rule that fills it. */
static bool same_request(struct span bytes, const struct row *head, const struct row *row)
{
    json_t *line = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
    bool same = line != NULL && row->n == head->n;
    size_t values = 0;
    static const char *const filled[] = {"id", "op", "requested-at"};
    for (size_t i = 0; same && i < row->n; i++) {
        values += row->value[i][0] != '\0';
        same = row->value[i][0] == '\0' || same_value(line, head->value[i], row->value[i]);
    }
    for (size_t f = 0; f < 3; f++) {
        size_t i = 0;
        while (i < head->n && strcmp(head->value[i], filled[f]) != 0)
            i++;
        values += i == head->n || row->value[i][0] == '\0';
    }
    same = same && json_object_size(line) == values;
    json_decref(line);
    return same;
}

static bool says_the_same(struct span table, struct span lines)
{
    const char *at = (const char *)table.p, *end = at + table.n;
    struct row head, row;
    size_t n = 0;
    bool same = next_row(&at, end, &head);
    while (same && next_row(&at, end, &row))
        if (!row.blank) {
            same = n < lines_count(lines) && same_request(lines_at(lines, n), &head, &row);
            n++;
        }
    return same && n == lines_count(lines);
}

/* -- the judge -- */

/* The product tells of every slip on stderr. */
static enum err add_quietly(struct addition *a, const char *path)
{
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    bad_must(kept >= 0 && nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0, "stderr");
    enum err e = table_add(a, path, NULL, NULL);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(nowhere);
    return e;
}

/* A folder of its own: an approval that another kind left would be one of this batch. */
static const char *folder(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/csv", bad_folder());
    bad_must(mkdir(path, 0700) == 0 || errno == EEXIST, "%s", path);
    return path;
}

/* A batch without requests, and the request file that the table names. */
static void lay_out(void)
{
    struct batch_header h = world_header(0);
    struct buf header = {0};
    bad_must(header_write(&h, &header) == E_OK, "a header");
    buf_append_byte(&header, '\n');
    bad_write("csv/" BATCH_FILE, buf_span(&header));
    bad_write("csv/" CSR_FILE, buf_span(&people_get()->csr[1]));
    buf_free(&header);
}

/* The same: the requests say what the second reader finds in the table, in its order. */
static enum err judge(const char *what, struct span bytes, bool *same)
{
    struct addition a;
    char path[256];
    (void)what;
    (void)folder();
    lay_out();
    bad_write("csv/table.csv", bytes);
    snprintf(path, sizeof path, "%s/table.csv", folder());
    enum err e = addition_begin(folder(), &a, NULL);
    bad_must(e == E_OK, "the batch: %s", err_name(e));
    e = add_quietly(&a, path);
    *same = e == E_OK && says_the_same(bytes, buf_span(&a.lines));
    addition_free(&a);
    return e;
}

/* A table may name a file that is not there. */
static bool may(enum err e)
{
    return err_is_refusal(e) || e == E_IO;
}

const struct kind kind_csv = {"csv", prepare, judge, may};
