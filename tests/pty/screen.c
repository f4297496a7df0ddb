#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* How many bytes the character takes that begins with this one; a byte that begins none stands alone. */
static size_t length_of(unsigned char first)
{
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/* The character under the cursor gives way; at the end of the line there is none. */
static bool put(struct screen *s, const char *p, size_t n)
{
    char *more = realloc(s->text, s->n + n + 1);
    if (more == NULL)
        return false;
    s->text = more;
    size_t old = s->at < s->n ? length_of((unsigned char)s->text[s->at]) : 0;
    if (old > s->n - s->at)
        old = s->n - s->at;
    memmove(s->text + s->at + n, s->text + s->at + old, s->n - s->at - old);
    memcpy(s->text + s->at, p, n);
    s->n = s->n + n - old;
    s->at += n;
    s->text[s->n] = '\0';
    return true;
}

static bool end_line(struct screen *s)
{
    s->at = s->n;
    bool done = put(s, "\n", 1);
    s->line = s->at;
    return done;
}

static void step_back(struct screen *s)
{
    while (s->at > s->line && ((unsigned char)s->text[--s->at] & 0xc0) == 0x80)
        ;
}

static bool put_control(struct screen *s, char c)
{
    const char shown[2] = {'^', (char)(c ^ 0x40)};
    return put(s, shown, 1) && put(s, shown + 1, 1);
}

/* A sequence is held until it is ESC [ K, or can become that no more. */
static bool take_sequence(struct screen *s, char c)
{
    static const char erase[] = "\x1b[K";
    s->held[s->held_n++] = c;
    if (memcmp(s->held, erase, s->held_n) == 0) {
        if (s->held_n == sizeof erase - 1) {
            s->held_n = 0;
            s->n = s->at;
            if (s->text != NULL)
                s->text[s->n] = '\0';
        }
        return true;
    }
    bool done = put_control(s, s->held[0]);
    for (size_t i = 1; i < s->held_n && done; i++)
        done = put(s, s->held + i, 1);
    s->held_n = 0;
    return done;
}

static bool take_part(struct screen *s, char c)
{
    s->held[s->held_n++] = c;
    if (s->held_n < length_of((unsigned char)s->held[0]))
        return true;
    bool done = put(s, s->held, s->held_n);
    s->held_n = 0;
    return done;
}

static bool take(struct screen *s, char c)
{
    if (s->held_n > 0)
        return s->held[0] == '\x1b' ? take_sequence(s, c) : take_part(s, c);
    switch (c) {
    case '\n':
        return end_line(s);
    case '\r':
        s->at = s->line;
        return true;
    case '\b':
        step_back(s);
        return true;
    case '\x1b':
        return take_sequence(s, c);
    default:
        if ((unsigned char)c < ' ' || c == 0x7f)
            return put_control(s, c);
        return take_part(s, c);
    }
}

bool screen_write(struct screen *s, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!take(s, p[i]))
            return false;
    return true;
}

size_t screen_width(const char *p, size_t n)
{
    mbstate_t state = {0};
    size_t columns = 0;
    for (size_t i = 0; i < n;) {
        wchar_t c;
        size_t used = mbrtowc(&c, p + i, n - i, &state);
        bool valid = used != 0 && used < (size_t)-2;
        columns += valid && wcwidth(c) == 2 ? 2 : 1;
        i += valid ? used : 1;
    }
    return columns;
}

/* How many rows the line takes that ends at `end`, and where it begins. */
static size_t rows_of(const struct screen *s, size_t end, size_t *begin)
{
    mbstate_t state = {0};
    size_t rows = 1, column = 0;
    *begin = end;
    while (*begin > 0 && s->text[*begin - 1] != '\n')
        --*begin;
    for (size_t i = *begin; i < end;) {
        wchar_t c;
        size_t n = mbrtowc(&c, s->text + i, end - i, &state);
        bool valid = n != 0 && n < (size_t)-2;
        size_t width = valid && wcwidth(c) == 2 ? 2 : 1;
        if (column + width > SCREEN_COLUMNS) {
            rows++;
            column = 0;
        }
        column += width;
        i += valid ? n : 1;
    }
    return rows;
}

size_t screen_top(const struct screen *s)
{
    size_t rows = 0, end = s->n, begin, top = end;
    while (s->text != NULL) {
        rows += rows_of(s, end, &begin);
        if (rows > SCREEN_ROWS)
            break;
        top = begin;
        if (begin == 0)
            break;
        end = begin - 1;
    }
    return top;
}

void screen_free(struct screen *s)
{
    free(s->text);
    *s = (struct screen){0};
}
