/* Pictures: what is one whole, still PNG or GIF, and what is not. */
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_eseal.h"
#include "help_pki.h"
#include "pki/picture.h"

Suite *suite_picture(void);

static struct diag d;

static enum err reads(struct span bytes, struct picture *out)
{
    d = (struct diag){0};
    enum err e = picture_read(bytes, out, &d);
    ck_assert_int_eq(d.code, e);
    if (e != E_OK)
        ck_assert(out->width == 0 && out->height == 0);
    return e;
}

/* -- PNG -- */

static void put32(struct buf *b, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_append_byte(b, (uint8_t)(n >> shift));
}

/* By the table of the standard's annex D, as the code under test does it bit by bit. */
static uint32_t crc(const uint8_t *p, size_t n)
{
    static uint32_t table[256];
    uint32_t c = 0xffffffff;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int k = 0; k < 8; k++)
            table[i] = table[i] & 1 ? 0xedb88320 ^ (table[i] >> 1) : table[i] >> 1;
    }
    for (size_t i = 0; i < n; i++)
        c = table[(c ^ p[i]) & 0xff] ^ (c >> 8);
    return c ^ 0xffffffff;
}

static void put_chunk(struct buf *b, const char *name, const void *p, size_t n)
{
    put32(b, (uint32_t)n);
    size_t from = b->len;
    buf_append(b, name, 4);
    if (n > 0)
        buf_append(b, p, n);
    put32(b, crc(b->data + from, b->len - from));
}

struct png {
    uint32_t width, height;
    uint8_t depth, colour, method, filter, interlace;
    size_t palette; /* bytes */
};
static const struct png plain = {3, 2, 8, 6, 0, 0, 0, 6};

/* The chunks in this order; a name may be any four letters. */
static void make_png(const struct png *x, const char *chunks, struct buf *out)
{
    static const uint8_t zeros[1024];
    buf_append(out, "\x89PNG\r\n\x1a\n", 8);
    for (const char *c = chunks; *c != '\0'; c += c[4] == ' ' ? 5 : 4) {
        if (strncmp(c, "IHDR", 4) == 0) {
            struct buf h = {0};
            put32(&h, x->width);
            put32(&h, x->height);
            const uint8_t rest[] = {x->depth, x->colour, x->method, x->filter, x->interlace};
            buf_append(&h, rest, sizeof rest);
            put_chunk(out, "IHDR", h.data, h.len);
            buf_free(&h);
        } else if (strncmp(c, "PLTE", 4) == 0) {
            put_chunk(out, "PLTE", zeros, x->palette);
        } else {
            put_chunk(out, c, zeros, strncmp(c, "IEND", 4) == 0 ? 0 : 5);
        }
    }
}

static enum err png(const struct png *x, const char *chunks)
{
    struct buf b = {0};
    struct picture p;
    make_png(x, chunks, &b);
    enum err e = reads(buf_span(&b), &p);
    if (e == E_OK)
        ck_assert(p.kind == PICTURE_PNG && p.width == x->width && p.height == x->height);
    buf_free(&b);
    return e;
}

START_TEST(chunks_have_an_order)
{
    static const char *const good[] = {"IHDR IDAT IEND", "IHDR IDAT IDAT IEND", "IHDR PLTE IDAT IEND",
                                       "IHDR tEXt IDAT tIME IEND", "IHDR gAMA PLTE tRNS IDAT IDAT tEXt IEND",
                                       "IHDR zzZz IDAT IEND"};
    static const char *const bad[] = {"", "IHDR", "IDAT", "IEND", "IHDR IEND", "IHDR IDAT", "IDAT IEND",
                                      "IHDR IHDR IDAT IEND", "tEXt IHDR IDAT IEND", "IHDR IDAT tEXt IDAT IEND",
                                      "IHDR IDAT PLTE IEND", "IHDR PLTE PLTE IDAT IEND", "IHDR IDAT IEND tEXt",
                                      "IHDR IDAT IEND IEND", "IHDR ABCD IDAT IEND", "IHDR abcd IDAT IEND",
                                      "IHDR te1t IDAT IEND", "IHDR te[t IDAT IEND", "IHDR acTL IDAT IEND",
                                      "IHDR fcTL IDAT IEND", "IHDR IDAT fdAT IEND"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(png(&plain, good[i]) == E_OK, "%s: %s", good[i], d.text);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(png(&plain, bad[i]) == E_PICTURE, "%s", bad[i]);
    expect_seen(E_PICTURE);
}
END_TEST

/* Every colour type and depth against table 11.1. */
START_TEST(depths_fit_their_colours)
{
    for (unsigned colour = 0; colour < 256; colour++)
        for (unsigned depth = 0; depth < 256; depth++) {
            struct png x = plain;
            bool small = depth == 1 || depth == 2 || depth == 4;
            bool fits = (colour == 0 && (small || depth == 8 || depth == 16)) || (colour == 3 && (small || depth == 8)) ||
                        ((colour == 2 || colour == 4 || colour == 6) && (depth == 8 || depth == 16));
            x.colour = (uint8_t)colour;
            x.depth = (uint8_t)depth;
            ck_assert_msg((png(&x, colour == 3 ? "IHDR PLTE IDAT IEND" : "IHDR IDAT IEND") == E_OK) == fits, "%u %u", colour,
                          depth);
        }
}
END_TEST

START_TEST(palettes)
{
    for (uint8_t colour = 0; colour <= 6; colour++) {
        struct png x = plain;
        x.colour = colour;
        if (colour == 1 || colour == 5)
            continue;
        ck_assert_int_eq(png(&x, "IHDR PLTE IDAT IEND"), colour == 0 || colour == 4 ? E_PICTURE : E_OK);
        ck_assert_int_eq(png(&x, "IHDR IDAT IEND"), colour == 3 ? E_PICTURE : E_OK);
    }
    for (uint8_t depth = 1; depth <= 8; depth = (uint8_t)(2 * depth))
        for (size_t n = 0; n <= 260 * 3; n++) {
            struct png x = plain;
            x.colour = 3;
            x.depth = depth;
            x.palette = n;
            ck_assert_int_eq(png(&x, "IHDR PLTE IDAT IEND"),
                             n > 0 && n % 3 == 0 && n / 3 <= (size_t)1 << depth ? E_OK : E_PICTURE);
        }
}
END_TEST

START_TEST(methods_and_sides)
{
    static const uint32_t sides[] = {0, 1, LIMIT_PICTURE_PIXELS, LIMIT_PICTURE_PIXELS + 1, 0xffffffff};
    for (unsigned n = 0; n < 256; n++) {
        struct png x = plain, y = plain, z = plain;
        x.method = y.filter = z.interlace = (uint8_t)n;
        ck_assert_int_eq(png(&x, "IHDR IDAT IEND"), n == 0 ? E_OK : E_PICTURE);
        ck_assert_int_eq(png(&y, "IHDR IDAT IEND"), n == 0 ? E_OK : E_PICTURE);
        ck_assert_int_eq(png(&z, "IHDR IDAT IEND"), n <= 1 ? E_OK : E_PICTURE);
    }
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++) {
            struct png x = plain;
            x.width = sides[i];
            x.height = sides[j];
            ck_assert_int_eq(png(&x, "IHDR IDAT IEND"), i % 4 != 0 && i != 3 && j % 4 != 0 && j != 3 ? E_OK : E_PICTURE);
        }
}
END_TEST

/* Each chunk has its CRC, so that not one bit can be another; and every byte belongs to the picture. */
START_TEST(no_bit_of_a_png_can_change)
{
    struct picture p;
    struct buf b = {0};
    expect_ok(reads(help_png, &p));
    ck_assert(p.kind == PICTURE_PNG && p.width == 1 && p.height == 1);
    for (size_t bit = 0; bit < 8 * help_png.n; bit++) {
        buf_reset(&b);
        buf_append(&b, help_png.p, help_png.n);
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(reads(buf_span(&b), &p) == E_PICTURE, "bit %zu", bit);
    }
    for (size_t n = 0; n < help_png.n; n++)
        ck_assert_int_eq(reads((struct span){help_png.p, n}, &p), E_PICTURE);
    buf_reset(&b);
    buf_append(&b, help_png.p, help_png.n);
    buf_append_byte(&b, 0);
    ck_assert_int_eq(reads(buf_span(&b), &p), E_PICTURE);
    buf_free(&b);
}
END_TEST

/* -- GIF -- */

#define CONTROL "21f9040100000000"
#define IMAGE "2c0000000003000200000203440a1b00"

/* A screen of 3 x 2 with two colours, and this after it. */
static enum err gif(const char *blocks)
{
    struct buf b = {0};
    struct picture p;
    buf_append_str(&b, "GIF89a");
    help_hex("03000200800000000000ffffff", &b);
    help_hex(blocks, &b);
    enum err e = reads(buf_span(&b), &p);
    if (e == E_OK)
        ck_assert(p.kind == PICTURE_GIF && p.width == 3 && p.height == 2);
    buf_free(&b);
    return e;
}

START_TEST(blocks_of_a_gif)
{
    static const char *const good[] = {
        IMAGE "3b", CONTROL IMAGE "3b", CONTROL "21fe016100" IMAGE "21fe00" "3b",
        "21ff0b4e45545343415045322e300301000000" IMAGE "3b",
        "2c010001000200010080000000000000" "0203440a1b00" "3b", /* its own colours */
        "2c0000000003000200000801440144003b"};
    static const char *const bad[] = {
        "", "3b", IMAGE, IMAGE IMAGE "3b", IMAGE "3b00", IMAGE "3b3b", CONTROL CONTROL IMAGE "3b", IMAGE CONTROL "3b",
        "21f905010000000000" IMAGE "3b",        /* a control of five bytes */
        "21f90401000000" "0401000000" "00" IMAGE "3b", /* of two blocks */
        "21f900" IMAGE "3b",
        "21ff0a4e45545343415045322e00" IMAGE "3b",   /* an application's name of ten bytes */
        "21ff00" IMAGE "3b",
        "21010c000000000000000000000000" "0161" "00" IMAGE "3b", /* text draws */
        "21020000" IMAGE "3b", "21", "21fe", "21fe05", "21fe0161", "2c", "2c00000000030002", "22" IMAGE "3b",
        "2c0000000000000200000203440a1b003b",        /* no width */
        "2c0000000003000000000203440a1b003b",        /* no height */
        "2c0000000004000200000203440a1b003b",        /* wider than the screen */
        "2c0000000003000300000203440a1b003b",        /* higher */
        "2c0100000003000200000203440a1b003b",        /* beyond its right */
        "2c0000010003000200000203440a1b003b",        /* beyond its foot */
        "2c0000000003000200000103440a1b003b",        /* codes of one bit */
        "2c0000000003000200000903440a1b003b",        /* of nine */
        "2c00000000030002000002003b",                /* no data */
        "2c0000000003000200000203440a1b",            /* data without an end */
        "2c00000000030002008000000000"};             /* half a colour table */
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(gif(good[i]) == E_OK, "%s: %s", good[i], d.text);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(gif(bad[i]) == E_PICTURE, "%s", bad[i]);
}
END_TEST

START_TEST(whole_gifs)
{
    struct picture p;
    struct buf b = {0};
    expect_ok(reads(help_gif, &p));
    ck_assert(p.kind == PICTURE_GIF && p.width == 1 && p.height == 1);
    for (size_t n = 0; n < help_gif.n; n++)
        ck_assert_int_eq(reads((struct span){help_gif.p, n}, &p), E_PICTURE);
    buf_append(&b, help_gif.p, help_gif.n);
    b.data[4] = '7';
    expect_ok(reads(buf_span(&b), &p));
    b.data[4] = '8';
    expect_err(reads(buf_span(&b), &p), E_PICTURE);
    buf_reset(&b);
    help_hex("474946383961ffff01000000002c00000000010001000002014400" "3b", &b);
    expect_err(reads(buf_span(&b), &p), E_PICTURE); /* 65,535 pixels wide */
    buf_free(&b);
}
END_TEST

START_TEST(other_files)
{
    static const char *const others[] = {"", "\x89PNG", "GIF", "GIF89", "GIF90a", "\xff\xd8\xff\xe0", "BM", "<svg/>"};
    struct picture p;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        expect_err(reads((struct span){(const uint8_t *)others[i], strlen(others[i])}, &p), E_PICTURE);
    ck_assert_str_eq(picture_name(PICTURE_PNG), "PNG");
    ck_assert_str_eq(picture_name(PICTURE_GIF), "GIF");
}
END_TEST

START_TEST(lengths_of_chunks)
{
    static const uint8_t header[] = {0, 0, 0, 3, 0, 0, 0, 2, 8, 6, 0, 0, 0, 0};
    for (size_t n = 12; n <= 14; n++)
        for (size_t end = 0; end <= 1; end++) {
            struct buf b = {0};
            struct picture p;
            buf_append(&b, "\x89PNG\r\n\x1a\n", 8);
            put_chunk(&b, "IHDR", header, n);
            put_chunk(&b, "IDAT", header, 5);
            put_chunk(&b, "IEND", header, end);
            ck_assert_int_eq(reads(buf_span(&b), &p), n == 13 && end == 0 ? E_OK : E_PICTURE);
            buf_free(&b);
        }
}
END_TEST

Suite *suite_picture(void)
{
    Suite *s = suite_create("picture");
    TCase *t = tcase_create("picture");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, chunks_have_an_order);
    tcase_add_test(t, lengths_of_chunks);
    tcase_add_test(t, depths_fit_their_colours);
    tcase_add_test(t, palettes);
    tcase_add_test(t, methods_and_sides);
    tcase_add_test(t, no_bit_of_a_png_can_change);
    tcase_add_test(t, blocks_of_a_gif);
    tcase_add_test(t, whole_gifs);
    tcase_add_test(t, other_files);
    suite_add_tcase(s, t);
    return s;
}
