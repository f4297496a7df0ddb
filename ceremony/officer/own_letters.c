#include "officer/own_letters.h"

#include <stdio.h>
#include <string.h>

#include "core/letters.h"
#include "core/screen.h"

void own_letters_put(const struct buf *text, size_t column, struct buf *out)
{
    const char *from = (const char *)text->data, *end = from + text->len;
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        size_t n = newline != NULL ? (size_t)(newline - from) : (size_t)(end - from);
        char line[4096];
        snprintf(line, sizeof line, "%.*s", (int)n, from);
        buf_append(out, from, n);
        buf_append_byte(out, '\n');
        size_t deep = strspn(line, " "), columns = deep > OWN_LETTERS_DETAIL ? deep : column;
        if (n < sizeof line && strstr(line, "\\u{") != NULL) {
            size_t at = screen_bytes(line, columns);
            buf_printf(out, "%*s", (int)columns, "");
            letters_show((struct span){(const uint8_t *)line + at, strlen(line + at)}, out);
            buf_append_byte(out, '\n');
        }
        from += n + 1;
    }
}
