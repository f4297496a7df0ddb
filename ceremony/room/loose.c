#include "room/loose.h"

#include <string.h>

static const char *text(const json_t *events, size_t i, const char *key)
{
    const char *s = json_string_value(json_object_get(json_array_get(events, i), key));
    return s != NULL ? s : "";
}

static bool is(const json_t *events, size_t i, const char *event)
{
    return strcmp(text(events, i, "event"), event) == 0;
}

static json_int_t step_of(const json_t *events, size_t i)
{
    return json_integer_value(json_object_get(json_array_get(events, i), "n"));
}

static bool says_end(const json_t *events, size_t i)
{
    return is(events, i, "done") || (is(events, i, "exception") && text(events, i, "about")[0] == '\0');
}

static bool is_end(const json_t *events, size_t i)
{
    if (!says_end(events, i))
        return false;
    for (size_t k = i; k > 0; k--) {
        if (step_of(events, k - 1) != step_of(events, i))
            continue;
        if (is(events, k - 1, "undone"))
            return true;
        if (says_end(events, k - 1))
            return false;
    }
    return true;
}

bool loose_is(const json_t *events, size_t n, size_t i)
{
    size_t k = i;
    if (i < n && is(events, i, "open"))
        return false;
    while (k < n && !is(events, k, "open") && !is_end(events, k))
        k++;
    return k < n && is(events, k, "open");
}
