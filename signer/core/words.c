#include "core/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/words_list.h"

const char *words_word(size_t at, uint8_t b)
{
    return at % 2 == 0 ? words_even[b] : words_odd[b];
}

/* Append s to the text of length len in out if it fits whole; false when it does not. */
static bool append(char *out, size_t cap, size_t *len, const char *s)
{
    size_t n = strlen(s);
    if (n >= cap - *len)
        return false;
    memcpy(out + *len, s, n + 1);
    *len += n;
    return true;
}

void words_format(const uint8_t *p, size_t n, size_t per_line, const char *indent, char *out,
                  size_t cap)
{
    if (cap == 0)
        return;
    out[0] = '\0';
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        bool new_line = per_line > 0 && i % per_line == 0;
        char number[24] = "";
        if (new_line)
            snprintf(number, sizeof number, "%zu  ", i / per_line + 1);
        if (i > 0 && !append(out, cap, &len, new_line ? "\n" : " "))
            return;
        if (i > 0 && new_line && !append(out, cap, &len, indent))
            return;
        if (!append(out, cap, &len, number) || !append(out, cap, &len, words_word(i, p[i])))
            return;
    }
}

bool words_find(size_t at, const char *s, size_t n, uint8_t *b)
{
    for (unsigned i = 0; i < 256; i++) {
        const char *word = words_word(at, (uint8_t)i);
        if (strlen(word) == n && strncasecmp(word, s, n) == 0) {
            *b = (uint8_t)i;
            return true;
        }
    }
    return false;
}

bool words_parse(const char *s, uint8_t *out, size_t n)
{
    static const char separators[] = " \t\r\n-";
    size_t found = 0;
    for (s += strspn(s, separators); *s != '\0'; s += strspn(s, separators)) {
        size_t letters = strcspn(s, separators);
        if (strspn(s, "0123456789") == letters) { /* a line's number */
            s += letters;
            continue;
        }
        if (found == n || !words_find(found, s, letters, &out[found]))
            break;
        found++;
        s += letters;
    }
    bool whole = found == n && *s == '\0';
    if (!whole)
        memset(out, 0, n);
    return whole;
}
