#include "room/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#define PAPER_QUIET 4
#define SCREEN_QUIET 2

static enum err encode(const char *text, QRcode **out, struct diag *d)
{
    *out = NULL;
    size_t n = strnlen(text, LIMIT_QR_TEXT + 1);
    if (n == 0 || n > LIMIT_QR_TEXT)
        return diag_set(d, E_FIELD_VALUE, "%zu bytes for a QR code", n);
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            return diag_set(d, E_FIELD_VALUE, "a QR code holds printable ASCII only");
    *out = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (*out == NULL)
        return diag_set(d, errno == ENOMEM ? E_NO_MEMORY : E_CRYPTO, "the QR code of %s: %s", text, strerror(errno));
    return E_OK;
}

/* Outside of the code all is light. */
static bool is_dark(const QRcode *q, int x, int y)
{
    return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1) != 0;
}

/* The dark modules of a row are drawn by the run. */
static void draw_row(const QRcode *q, int y, struct buf *out)
{
    for (int x = 0; x < q->width; x++) {
        int run = 0;
        while (is_dark(q, x + run, y))
            run++;
        if (run > 0)
            buf_printf(out, "M%d %dh%dv1h-%dz", x + PAPER_QUIET, y + PAPER_QUIET, run, run);
        x += run;
    }
}

enum err qr_svg(const char *text, struct buf *out, struct diag *d)
{
    QRcode *q;
    enum err e = encode(text, &q, d);
    if (q == NULL)
        return e;
    int side = q->width + 2 * PAPER_QUIET;
    buf_printf(out, "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                    "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
               side, side, side, side);
    for (int y = 0; y < q->width; y++)
        draw_row(q, y, out);
    buf_append_str(out, "\"/></svg>\n");
    QRcode_free(q);
    return buf_err(out);
}

enum err qr_screen(const char *text, struct buf *out, struct diag *d)
{
    static const char *const halves[2][2] = {{"\u2588", "\u2580"}, {"\u2584", " "}}; /* [upper dark][lower dark] */
    QRcode *q;
    enum err e = encode(text, &q, d);
    if (q == NULL)
        return e;
    int end = q->width + SCREEN_QUIET;
    for (int y = -SCREEN_QUIET; y < end; y += 2) {
        for (int x = -SCREEN_QUIET; x < end; x++)
            buf_append_str(out, halves[is_dark(q, x, y)][y + 1 >= end || is_dark(q, x, y + 1)]);
        buf_append_byte(out, '\n');
    }
    QRcode_free(q);
    return buf_err(out);
}
