#include "pki/picture.h"

#include <string.h>

#include "core/limits.h"

static bool take(struct span *in, size_t n, struct span *out)
{
    if (in->n < n)
        return false;
    *out = (struct span){in->p, n};
    in->p += n;
    in->n -= n;
    return true;
}

const char *picture_name(enum picture_kind kind)
{
    return kind == PICTURE_PNG ? "PNG" : "GIF";
}

/* -- PNG: each chunk is length, name, data, CRC -- */

static const uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

struct png {
    struct picture *picture;
    uint8_t depth, colour;
    bool header, palette, data, data_over, end;
};

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* CRC-32 as ISO/IEC 15948 annex D has it. */
static uint32_t crc32_of(struct span bytes)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= bytes.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

/* The depths in bits that each colour type allows, one bit for each of them (table 11.1). */
static bool depth_fits(uint8_t colour, uint8_t depth)
{
    static const uint32_t allowed[] = {1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16, 0, 1 << 8 | 1 << 16,
                                       1 << 1 | 1 << 2 | 1 << 4 | 1 << 8, 1 << 8 | 1 << 16, 0, 1 << 8 | 1 << 16};
    return colour < sizeof allowed / sizeof allowed[0] && depth <= 16 && (allowed[colour] >> depth & 1) != 0;
}

static bool png_header(struct png *png, struct span data)
{
    if (png->header || data.n != 13)
        return false;
    png->picture->width = big_endian(data.p);
    png->picture->height = big_endian(data.p + 4);
    png->depth = data.p[8];
    png->colour = data.p[9];
    png->header = true;
    /* one method of compression, one of filtering, two of interlacing */
    return depth_fits(png->colour, png->depth) && data.p[10] == 0 && data.p[11] == 0 && data.p[12] <= 1;
}

static bool png_palette(struct png *png, struct span data)
{
    bool allowed = png->colour == 2 || png->colour == 3 || png->colour == 6;
    size_t most = png->colour == 3 ? (size_t)1 << png->depth : 256;
    if (png->palette || png->data || !allowed || data.n == 0 || data.n % 3 != 0 || data.n / 3 > most)
        return false;
    png->palette = true;
    return true;
}

static bool png_data(struct png *png)
{
    if (png->data_over || (png->colour == 3 && !png->palette))
        return false;
    png->data = true;
    return true;
}

static bool is_chunk(struct span name, const char *text)
{
    return memcmp(name.p, text, 4) == 0;
}

/* Letters, the third one a capital; a small first one means that who does not know it may pass it over (5.4). */
static bool may_pass_over(struct span name)
{
    for (size_t i = 0; i < 4; i++)
        if ((name.p[i] | 0x20) < 'a' || (name.p[i] | 0x20) > 'z')
            return false;
    return (name.p[0] & 0x20) != 0 && (name.p[2] & 0x20) == 0;
}

/* The chunks that make a PNG move. */
static bool is_animation(struct span name)
{
    return is_chunk(name, "acTL") || is_chunk(name, "fcTL") || is_chunk(name, "fdAT");
}

static bool png_chunk(struct png *png, struct span name, struct span data)
{
    if (is_chunk(name, "IHDR"))
        return png_header(png, data);
    if (!png->header)
        return false;
    if (is_chunk(name, "IDAT"))
        return png_data(png);
    png->data_over = png->data; /* those with data follow each other */
    if (is_chunk(name, "PLTE"))
        return png_palette(png, data);
    if (is_chunk(name, "IEND")) {
        png->end = true;
        return png->data && data.n == 0;
    }
    return may_pass_over(name) && !is_animation(name);
}

static bool png_read(struct span in, struct picture *out)
{
    struct png png = {.picture = out};
    while (!png.end) {
        struct span length, name, data, crc;
        if (!take(&in, 4, &length))
            return false;
        struct span named = in;
        if (!take(&in, 4, &name) || !take(&in, big_endian(length.p), &data) || !take(&in, 4, &crc))
            return false;
        named.n = 4 + data.n;
        if (crc32_of(named) != big_endian(crc.p) || !png_chunk(&png, name, data))
            return false;
    }
    return in.n == 0;
}

/* -- GIF: a screen, then blocks -- */

#define GIF_EXTENSION 0x21
#define GIF_IMAGE 0x2c
#define GIF_TRAILER 0x3b
#define GIF_CONTROL 0xf9
#define GIF_COMMENT 0xfe
#define GIF_APPLICATION 0xff

static uint32_t little_endian(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

/* A colour table where the flags say that there is one. */
static bool gif_colours(struct span *in, uint8_t flags)
{
    struct span table;
    return (flags & 0x80) == 0 || take(in, (size_t)3 << ((flags & 7) + 1), &table);
}

/* Blocks of 1 to 255 bytes up to the empty one; their number is told. */
static bool gif_blocks(struct span *in, size_t *blocks)
{
    struct span size, data;
    for (*blocks = 0; take(in, 1, &size); ++*blocks) {
        if (size.p[0] == 0)
            return true;
        if (!take(in, size.p[0], &data))
            return false;
    }
    return false;
}

static bool gif_extension(struct span *in, bool *control, bool image)
{
    struct span label;
    size_t blocks;
    if (!take(in, 1, &label))
        return false;
    struct span first = *in;
    if (!gif_blocks(in, &blocks))
        return false;
    switch (label.p[0]) {
    case GIF_CONTROL:
        if (*control || image || blocks != 1 || first.p[0] != 4)
            return false;
        *control = true;
        return true;
    case GIF_APPLICATION:
        return blocks > 0 && first.p[0] == 11;
    default:
        return label.p[0] == GIF_COMMENT;
    }
}

static bool gif_image(struct span *in, const struct picture *screen)
{
    struct span at, code;
    size_t blocks;
    if (!take(in, 9, &at))
        return false;
    uint32_t width = little_endian(at.p + 4), height = little_endian(at.p + 6);
    return width > 0 && height > 0 && little_endian(at.p) + width <= screen->width &&
           little_endian(at.p + 2) + height <= screen->height && gif_colours(in, at.p[8]) && take(in, 1, &code) &&
           code.p[0] >= 2 && code.p[0] <= 8 && gif_blocks(in, &blocks) && blocks > 0;
}

static bool gif_read(struct span in, struct picture *out)
{
    struct span screen, kind;
    bool control = false, image = false;
    if (!take(&in, 7, &screen))
        return false;
    out->width = little_endian(screen.p);
    out->height = little_endian(screen.p + 2);
    if (!gif_colours(&in, screen.p[4]))
        return false;
    while (take(&in, 1, &kind)) {
        if (kind.p[0] == GIF_TRAILER)
            return image && in.n == 0;
        if (kind.p[0] == GIF_EXTENSION) {
            if (!gif_extension(&in, &control, image))
                return false;
        } else if (kind.p[0] != GIF_IMAGE || image || !gif_image(&in, out)) {
            return false; /* a second image would move */
        } else {
            image = true;
        }
    }
    return false;
}

/* -- either -- */

static bool side_fits(uint32_t n)
{
    return n > 0 && n <= LIMIT_PICTURE_PIXELS;
}

enum err picture_read(struct span bytes, struct picture *out, struct diag *d)
{
    struct span in = bytes, head;
    struct picture p = {PICTURE_PNG, 0, 0};
    bool whole;
    *out = p;
    if (bytes.n >= sizeof png_signature && memcmp(bytes.p, png_signature, sizeof png_signature) == 0) {
        whole = take(&in, sizeof png_signature, &head) && png_read(in, &p);
    } else if (bytes.n >= 6 && (memcmp(bytes.p, "GIF87a", 6) == 0 || memcmp(bytes.p, "GIF89a", 6) == 0)) {
        p.kind = PICTURE_GIF;
        whole = take(&in, 6, &head) && gif_read(in, &p);
    } else {
        return diag_set(d, E_PICTURE, "%zu bytes that begin neither as a PNG nor as a GIF", bytes.n);
    }
    if (!whole)
        return diag_set(d, E_PICTURE, "the %s is damaged, or is not one still picture", picture_name(p.kind));
    if (!side_fits(p.width) || !side_fits(p.height))
        return diag_set(d, E_PICTURE, "a picture of %u x %u pixels", p.width, p.height);
    *out = p;
    return E_OK;
}
