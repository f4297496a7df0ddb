#include "mode.h"

#include <string.h>

#include "core/buf.h"
#include "core/file.h"

#define FILE_MAX 64 /* bytes */

static const char *const names[] = {[MODE_PRODUCTION] = "production", [MODE_TRAINING] = "training"};

const char *mode_name(enum mode mode)
{
    return names[mode];
}

bool mode_parse(const char *text, size_t n, enum mode *out)
{
    *out = MODE_PRODUCTION;
    if (n > 0 && text[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (n == strlen(names[i]) && memcmp(text, names[i], n) == 0) {
            *out = (enum mode)i;
            return true;
        }
    return false;
}

enum err mode_read(const char *path, enum mode *out, struct diag *d)
{
    struct buf text = {0};
    *out = MODE_PRODUCTION;
    enum err e = file_read_path(path, FILE_MAX, E_MEDIUM_LIMIT, &text, d);
    if (e == E_OK && !mode_parse((const char *)text.data, text.len, out))
        e = diag_set(d, E_MEDIUM, "%s names neither production nor training", path);
    buf_free(&text);
    return e;
}
