#include "room/qr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

#define SIDE_MAX 65
static const char head[] = "rootseal-head 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 1234567 "
                           "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";
static struct diag d;

/* The dark modules of an SVG as qr_svg() writes it; its side. */
static int read_svg(const struct buf *svg, bool dark[SIDE_MAX][SIDE_MAX])
{
    char *text = strndup((const char *)svg->data, svg->len);
    int side = atoi(strstr(text, "viewBox=\"0 0 ") + 13);
    memset(dark, 0, SIDE_MAX * SIDE_MAX * sizeof dark[0][0]);
    ck_assert_int_le(side, SIDE_MAX);
    const char *at = strstr(strstr(text, "<path d=\""), "\"") + 1;
    while (*at == 'M') {
        int x, y, run, back, used;
        ck_assert_int_eq(sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &used), 4);
        ck_assert(run == back && x >= 0 && y >= 0 && x + run <= side && y < side);
        while (run-- > 0)
            dark[y][x + run] = true;
        at += used;
    }
    ck_assert_int_eq(strncmp(at, "\"/></svg>\n", 11), 0);
    free(text);
    return side;
}

/* ISO/IEC 18004 6.3.3.1: three nested squares, 7, 5 and 3 modules, and a light border. */
static void expect_finder(bool dark[SIDE_MAX][SIDE_MAX], int x, int y)
{
    for (int i = -1; i <= 7; i++)
        for (int k = -1; k <= 7; k++) {
            int ring = abs(i - 3) > abs(k - 3) ? abs(i - 3) : abs(k - 3);
            ck_assert_msg(dark[y + i][x + k] == (ring != 2 && ring != 4), "%d %d", i, k);
        }
}

START_TEST(svg_is_a_code)
{
    static const char *const texts[] = {"a", "rootseal-transcript 00", head};
    for (size_t t = 0; t < 3; t++) {
        struct buf svg = {0}, again = {0};
        static bool dark[SIDE_MAX][SIDE_MAX];
        expect_ok(qr_svg(texts[t], &svg, &d));
        int side = read_svg(&svg, dark);
        ck_assert_int_eq((side - 8 - 21) % 4, 0); /* 21 modules, or 4, 8, ... more */
        expect_finder(dark, 4, 4);
        expect_finder(dark, side - 11, 4);
        expect_finder(dark, 4, side - 11);
        for (int i = 0; i < side; i++)
            for (int k = 0; k < 4; k++)
                ck_assert(!dark[i][k] && !dark[k][i] && !dark[i][side - 1 - k] && !dark[side - 1 - k][i]);
        expect_ok(qr_svg(texts[t], &again, &d));
        ck_assert_uint_eq(again.len, svg.len);
        ck_assert_mem_eq(again.data, svg.data, svg.len);
        buf_free(&svg);
        buf_free(&again);
    }
}
END_TEST

/* Is the module at (x, y) of the screen's half blocks light? */
static bool is_light(const struct buf *screen, int columns, int x, int y)
{
    const char *row = (const char *)screen->data;
    for (int i = 0; i < y / 2; i++)
        row = strchr(row, '\n') + 1;
    for (int i = 0; i < x; i++)
        row += *row == ' ' ? 1 : 3;
    ck_assert_int_lt(x, columns);
    const char *halves = y % 2 == 0 ? "\u2588\u2580" : "\u2588\u2584";
    return strncmp(row, halves, 3) == 0 || strncmp(row, halves + 3, 3) == 0;
}

START_TEST(screen_is_the_same_code)
{
    struct buf svg = {0}, screen = {0};
    static bool dark[SIDE_MAX][SIDE_MAX];
    static const char minutes[] = "rootseal-minutes 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    expect_ok(qr_svg(minutes, &svg, &d));
    expect_ok(qr_screen(minutes, &screen, &d));
    buf_append_byte(&screen, '\0');
    int side = read_svg(&svg, dark) - 4, rows = 0;
    for (const char *p = (const char *)screen.data; (p = strchr(p, '\n')) != NULL; p++)
        rows++;
    ck_assert_int_eq(rows, (side + 1) / 2);
    ck_assert_int_le(rows, 21);
    ck_assert_int_le(side, 41);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            ck_assert_msg(is_light(&screen, side, x, y) == !dark[y + 2][x + 2], "%d %d", x, y);
    buf_free(&svg);
    buf_free(&screen);
}
END_TEST

START_TEST(what_fits)
{
    char text[LIMIT_QR_TEXT + 2];
    struct buf out = {0};
    memset(text, 'x', sizeof text);
    text[LIMIT_QR_TEXT + 1] = '\0';
    expect_err(qr_svg(text, &out, &d), E_FIELD_VALUE);
    expect_err(qr_screen(text, &out, &d), E_FIELD_VALUE);
    expect_err(qr_svg("", &out, &d), E_FIELD_VALUE);
    expect_err(qr_svg("a\nb", &out, &d), E_FIELD_VALUE);
    expect_err(qr_svg("\xe6\xa0\xb9", &out, &d), E_FIELD_VALUE);
    ck_assert_uint_eq(out.len, 0);
    text[LIMIT_QR_TEXT] = '\0';
    expect_ok(qr_svg(text, &out, &d));
    ck_assert_ptr_nonnull(strstr((const char *)out.data, "viewBox=\"0 0 65 65\""));
    buf_free(&out);
}
END_TEST

Suite *suite_qr(void);
Suite *suite_qr(void)
{
    Suite *s = suite_create("qr");
    TCase *t = tcase_create("qr");
    tcase_add_test(t, svg_is_a_code);
    tcase_add_test(t, screen_is_the_same_code);
    tcase_add_test(t, what_fits);
    suite_add_tcase(s, t);
    return s;
}
