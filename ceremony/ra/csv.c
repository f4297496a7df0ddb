#include "ra/csv.h"

#include <string.h>

static void put_field(struct buf *out, const char *field)
{
    buf_append_byte(out, '"');
    if (field[0] != '\0' && ((unsigned char)field[0] < 0x20 || strchr("=+-@", field[0]) != NULL))
        buf_append_byte(out, '\'');
    for (const char *c = field; *c != '\0'; c++) {
        if (*c == '"')
            buf_append_byte(out, '"');
        buf_append_byte(out, (uint8_t)*c);
    }
    buf_append_byte(out, '"');
}

void csv_row(struct buf *out, const char *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        put_field(out, fields[i]);
    }
    buf_append_str(out, "\r\n");
}
