#include "policy/where.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/text.h"

#define DEPTH 12 /* the language needs six */

struct where {
    const char *file;
    yaml_document_t document;
    bool loaded;
};

/* A walk over the tree: what it has seen, and where it is. */
struct walk {
    const struct where *where;
    struct diag *diag;
    bool *seen; /* by node, from 1 */
};

static size_t line_of(yaml_mark_t mark)
{
    return mark.line + 1;
}

static yaml_node_t *node_at(const struct where *w, int index)
{
    /* libyaml's getter takes a pointer to non-const but only reads. */
    return yaml_document_get_node((yaml_document_t *)&w->document, index);
}

static enum err walk_error(const struct walk *k, const yaml_node_t *node, const char *message,
                           const char *detail)
{
    return diag_set(k->diag, E_POLICY, "%s:%zu: %s%s", k->where->file, line_of(node->start_mark),
                    message, detail);
}

static enum err walk_scalar(const struct walk *k, const yaml_node_t *node)
{
    const uint8_t *p = node->data.scalar.value;
    size_t n = node->data.scalar.length;
    while (n > 0) {
        uint32_t cp = 0;
        size_t len = text_utf8_next(p, n, &cp);
        if (len == 0 || !text_is_plain(cp))
            return walk_error(
                k, node, "the text holds a line break, or a control or invisible character", "");
        p += len;
        n -= len;
    }
    return E_OK;
}

static bool same_scalar(const yaml_node_t *a, const yaml_node_t *b)
{
    return a->data.scalar.length == b->data.scalar.length &&
           memcmp(a->data.scalar.value, b->data.scalar.value, a->data.scalar.length) == 0;
}

static enum err walk_keys(const struct walk *k, const yaml_node_t *mapping)
{
    const yaml_node_pair_t *first = mapping->data.mapping.pairs.start;
    const yaml_node_pair_t *top = mapping->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = first; pair < top; pair++) {
        const yaml_node_t *key = node_at(k->where, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            return walk_error(k, key, "a key must be plain text", "");
        for (const yaml_node_pair_t *earlier = first; earlier < pair; earlier++)
            if (same_scalar(node_at(k->where, earlier->key), key))
                return walk_error(k, key,
                                  "this key stands twice: ", (const char *)key->data.scalar.value);
    }
    return E_OK;
}

static enum err walk_node(const struct walk *k, int index, int depth)
{
    const yaml_node_t *node = node_at(k->where, index);
    if (k->seen[index])
        return walk_error(k, node, "an alias stands for this; write the text out where it is meant",
                          "");
    k->seen[index] = true;
    if (depth > DEPTH)
        return walk_error(k, node, "this is nested too deeply", "");
    enum err e = E_OK;
    if (node->type == YAML_SCALAR_NODE)
        return walk_scalar(k, node);
    if (node->type == YAML_SEQUENCE_NODE) {
        const yaml_node_item_t *top = node->data.sequence.items.top;
        for (const yaml_node_item_t *i = node->data.sequence.items.start; i < top && e == E_OK; i++)
            e = walk_node(k, *i, depth + 1);
        return e;
    }
    const yaml_node_pair_t *top = node->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < top && e == E_OK;
         pair++) {
        e = walk_node(k, pair->key, depth + 1);
        if (e == E_OK)
            e = walk_node(k, pair->value, depth + 1);
    }
    return e != E_OK ? e : walk_keys(k, node);
}

static enum err parser_error(const struct where *w, const yaml_parser_t *parser, struct diag *d)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return diag_set(d, E_NO_MEMORY, "%s", w->file);
    size_t line = line_of(parser->problem_mark);
    /* A reader error has no mark, only an offset. */
    if (parser->error == YAML_READER_ERROR)
        line = line_of(parser->mark);
    return diag_set(d, E_POLICY, "%s:%zu: not YAML: %s", w->file, line,
                    parser->problem != NULL ? parser->problem : "no reason given");
}

/* Load the one document and see that none follows. */
static enum err load_document(struct where *w, yaml_parser_t *parser, struct diag *d)
{
    if (!yaml_parser_load(parser, &w->document))
        return parser_error(w, parser, d);
    w->loaded = true;
    const yaml_node_t *root = yaml_document_get_root_node(&w->document);
    if (root == NULL)
        return diag_set(d, E_POLICY, "%s:1: the file is empty", w->file);
    if (root->type != YAML_MAPPING_NODE)
        return diag_set(d, E_POLICY, "%s:%zu: the file must be a mapping (key: value)", w->file,
                        line_of(root->start_mark));
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return parser_error(w, parser, d);
    const yaml_node_t *other = yaml_document_get_root_node(&second);
    size_t line = other == NULL ? 0 : line_of(other->start_mark);
    yaml_document_delete(&second);
    if (line != 0)
        return diag_set(d, E_POLICY, "%s:%zu: a second document begins here; one file holds one",
                        w->file, line);
    return E_OK;
}

static enum err check_tree(const struct where *w, struct diag *d)
{
    size_t nodes = (size_t)(w->document.nodes.top - w->document.nodes.start);
    struct walk walk = {w, d, calloc(nodes + 1, sizeof(bool))};
    if (walk.seen == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", w->file);
    enum err e = walk_node(&walk, 1, 0);
    free(walk.seen);
    return e;
}

enum err where_load(const char *file, struct span text, struct where **out, struct diag *d)
{
    *out = NULL;
    yaml_parser_t parser;
    struct where *w = calloc(1, sizeof *w);
    if (w == NULL || !yaml_parser_initialize(&parser)) {
        free(w);
        return diag_set(d, E_NO_MEMORY, "%s", file);
    }
    w->file = file;
    /* Without this libyaml would guess UTF-16 from a byte order mark. */
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.n > 0 ? text.p : (const uint8_t *)"", text.n);
    enum err e = load_document(w, &parser, d);
    if (e == E_OK)
        e = check_tree(w, d);
    yaml_parser_delete(&parser);
    if (e == E_OK)
        *out = w;
    else
        where_free(w);
    return e;
}

/* The child of `node` that the path names next, with the line of its key or entry; *path moves on.
 * NULL when the path ends or names nothing that is there. */
static const yaml_node_t *step(const struct where *w, const yaml_node_t *node, const char **path,
                               size_t *line)
{
    const char *s = *path;
    if (*s == '[') {
        char *end = NULL;
        size_t index = strtoul(s + 1, &end, 10);
        if (*end != ']' || node->type != YAML_SEQUENCE_NODE ||
            index >= (size_t)(node->data.sequence.items.top - node->data.sequence.items.start))
            return NULL;
        *path = end + 1;
        const yaml_node_t *child = node_at(w, node->data.sequence.items.start[index]);
        *line = line_of(child->start_mark);
        return child;
    }
    s += *s == '.';
    size_t n = strcspn(s, ".[");
    if (n == 0 || node->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *top = node->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < top; pair++) {
        const yaml_node_t *key = node_at(w, pair->key);
        if (key->data.scalar.length == n && memcmp(key->data.scalar.value, s, n) == 0) {
            *path = s + n;
            *line = line_of(key->start_mark);
            return node_at(w, pair->value);
        }
    }
    return NULL;
}

size_t where_line(const struct where *w, const char *path)
{
    const yaml_node_t *node = node_at(w, 1);
    size_t line = line_of(node->start_mark);
    while (*path != '\0') {
        node = step(w, node, &path, &line);
        if (node == NULL)
            break;
    }
    return line;
}

const char *where_file(const struct where *w)
{
    return w->file;
}

enum err where_verror(const struct where *w, struct diag *d, const char *path, const char *format,
                      va_list ap)
{
    struct diag message = {0};
    diag_vset(&message, E_POLICY, format, ap);
    return path[0] == '\0' ? diag_wrap(d, E_POLICY, &message, "%s:%zu", w->file, where_line(w, path))
                           : diag_wrap(d, E_POLICY, &message, "%s:%zu: %s", w->file, where_line(w, path), path);
}

enum err where_error(const struct where *w, struct diag *d, const char *path, const char *format,
                     ...)
{
    va_list ap;
    va_start(ap, format);
    enum err e = where_verror(w, d, path, format, ap);
    va_end(ap);
    return e;
}

void where_free(struct where *w)
{
    if (w == NULL)
        return;
    if (w->loaded)
        yaml_document_delete(&w->document);
    free(w);
}
