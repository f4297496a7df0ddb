#include "batch/vouching.h"

#include <string.h>

#define LINE "rootseal-index-1 "
#define LINE_LEN (sizeof LINE - 1 + 2 * DIGEST_LEN)

static void write_line(const uint8_t root[DIGEST_LEN], char out[LINE_LEN + 1])
{
    memcpy(out, LINE, sizeof LINE);
    hex_encode(root, DIGEST_LEN, out + sizeof LINE - 1);
}

enum err vouching_check(struct hsm *h, const uint8_t root[DIGEST_LEN], bool *any, bool *known, struct diag *d)
{
    char want[LINE_LEN + 1], got[LINE_LEN + 64];
    size_t n = 0;
    *known = false;
    write_line(root, want);
    enum err e = hsm_data_read(h, VOUCHING_LABEL, got, sizeof got, &n, d);
    *any = e == E_OK && n > 0;
    if (e == E_OK)
        *known = n == LINE_LEN && memcmp(got, want, LINE_LEN) == 0;
    return e;
}

enum err vouching_write(struct state *s, struct hsm *h, struct diag *d)
{
    uint8_t root[DIGEST_LEN];
    char line[LINE_LEN + 1];
    if (!index_is_vouched(s->index))
        return E_OK;
    enum err e = index_root(s->index, root, d);
    if (e != E_OK)
        return e;
    write_line(root, line);
    return hsm_data_write(h, VOUCHING_LABEL, line, LINE_LEN, d);
}
