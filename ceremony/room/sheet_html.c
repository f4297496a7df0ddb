#include <string.h>

#include "core/words.h"
#include "room/sheet.h"

#define LONG_WORD 24 /* bytes of it that a column is made wide enough for */

/* Everything is in the one file: nothing is fetched, nothing runs. On a narrow screen each row of a table stands by itself, a line a
 * cell, with the headings before them. Browsers that know the boxes of CSS Paged Media in a
 * page's margin (Chromium from 131) print the foot; others leave it out. */
static const char style[] =
    "body{font:10.5pt/1.4 \"Noto Serif\",\"Noto Serif CJK SC\",\"Source Han Serif SC\",SimSun,serif;color:#000;background:#fff;"
    "max-width:170mm;margin:8mm auto;padding:0 4mm}\n"
    "h1{font-size:20pt;line-height:1.2;margin:0}\n"
    ".sub{font-size:12pt;margin:1mm 0 5mm;padding-bottom:3mm;border-bottom:1.2pt solid #000}\n"
    "h2{font-size:13pt;margin:7mm 0 2mm;border-bottom:.5pt solid #000;break-after:avoid}\n"
    "h3{font-size:11pt;margin:4mm 0 1mm;break-after:avoid}\n"
    "p{margin:1.5mm 0;orphans:3;widows:3}\n"
    ".piece{break-inside:avoid}\n"
    ".alarm{border:2.5pt solid #000;padding:1mm 3mm 2mm;margin:3mm 0}\n"
    "p.alarm{font-weight:bold;padding:2mm 3mm}\n"
    ".pair{display:grid;grid-template-columns:42mm 1fr;column-gap:3mm;align-items:baseline;break-inside:avoid;margin:.6mm 0}\n"
    ".label{color:#333}\n"
    ".value{overflow-wrap:anywhere}\n"
    ".hex,.words,pre,.text{font-family:\"DejaVu Sans Mono\",\"Noto Sans Mono\",\"Noto Sans Mono CJK SC\",monospace}\n"
    ".hex{font-size:8pt;overflow-wrap:anywhere}\n"
    ".words{border-collapse:collapse;font-size:9pt;margin:1mm 0}\n"
    ".words td{padding:.3mm 5mm .3mm 0}\n"
    ".words td.nr{color:#555;text-align:right;padding-right:3mm}\n"
    ".code{display:flex;align-items:center;gap:5mm;break-inside:avoid;margin:2mm 0}\n"
    ".qr{width:38mm;height:38mm;flex:none}\n"
    ".text{font-size:7.5pt;overflow-wrap:anywhere}\n"
    "table.rows{border-collapse:collapse;width:100%;margin:2mm 0;font-size:9.5pt}\n"
    ".rows th{text-align:left;border-bottom:.8pt solid #000}\n"
    ".rows th,.rows td{padding:.8mm 3mm .8mm 0;vertical-align:top;overflow-wrap:break-word}\n"
    ".rows td.long{overflow-wrap:anywhere}\n"
    ".rows .nr,.rows td.short{white-space:nowrap}\n"
    ".rows td{border-bottom:.3pt solid #999}\n"
    ".rows tr{break-inside:avoid}\n"
    ".rows th.nr{text-align:right;white-space:normal}\n"
    ".rows td.nr{text-align:right;font-variant-numeric:tabular-nums}\n"
    "pre{font-size:7.5pt;line-height:1.35;white-space:pre-wrap;line-break:anywhere;border-left:1.5pt solid #777;"
    "padding-left:2.5mm;margin:2mm 0;orphans:4;widows:4}\n"
    ".sign{display:grid;grid-template-columns:55mm 1fr 32mm;column-gap:5mm;align-items:end;height:21mm;break-inside:avoid}\n"
    ".sign span{border-top:.6pt solid #000;font-size:8pt;padding-top:.5mm}\n"
    ".sign b{font-weight:normal;padding-bottom:4.6mm}\n"
    "@media screen and (max-width:560px){body{margin:4mm auto;padding:0 3mm}h1{font-size:16pt}.pair{grid-template-columns:1fr}.label{font-size:9pt}"
    ".sign{grid-template-columns:1fr 1fr;height:auto}.sign b{grid-column:1/3;padding-top:10mm}.code{flex-wrap:wrap}"
    ".words td{padding-right:2mm}.rows,.rows tbody,.rows tr{display:block}.rows thead{display:none}.rows tr{padding:1.5mm 0;"
    "border-bottom:.5pt solid #777}.rows td{display:grid;grid-template-columns:30% 1fr;column-gap:3mm;border:0;padding:.3mm 0;"
    "white-space:normal}.rows td:empty{display:none}.rows td::before{content:attr(data-label);color:#555}.rows td.nr{display:inline-block;"
    "margin-right:4mm}.rows td.nr::before{margin-right:1.5mm}}\n"
    "@media print{body{max-width:none;margin:0;padding:0}.new{break-before:page}.new h2{margin-top:0}}\n";

/* Append plain text as HTML. */
static void put_n(struct buf *out, const char *text, size_t n, bool escaped)
{
    struct buf plain = {0};
    sheet_plain(&plain, text, n, escaped);
    for (size_t i = 0; i < plain.len; i++) {
        uint8_t c = plain.data[i];
        const char *reference = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : c == '\'' ? "&#39;" : NULL;
        if (reference != NULL)
            buf_append_str(out, reference);
        else
            buf_append_byte(out, c);
    }
    out->failed = out->failed || plain.failed;
    buf_free(&plain);
}

static void put(struct buf *out, const char *text)
{
    put_n(out, text, strlen(text), false);
}

static void element(struct buf *out, const char *open, const char *text, const char *close)
{
    buf_append_str(out, open);
    put(out, text);
    buf_append_str(out, close);
}

/* A string of CSS (CSS Syntax 4.3.7): what could end it, or the style element, is written by its number. */
static void css_string(struct buf *out, const char *text)
{
    struct buf plain = {0};
    sheet_plain(&plain, text, strlen(text), false);
    buf_append_byte(out, '"');
    for (size_t i = 0; i < plain.len; i++)
        if (strchr("\"\\<>&'", plain.data[i]) != NULL)
            buf_printf(out, "\\%x ", plain.data[i]);
        else
            buf_append_byte(out, plain.data[i]);
    buf_append_byte(out, '"');
    out->failed = out->failed || plain.failed;
    buf_free(&plain);
}

static void page_style(struct buf *out, const struct sheet_head *h)
{
    buf_append_str(out, "@page{size:A4;margin:18mm 18mm 26mm 22mm;\n@bottom-left{font-size:7.5pt;vertical-align:top;padding-top:3mm;content:");
    css_string(out, h->furniture);
    if (h->initials != NULL) {
        buf_append_str(out, "}\n@bottom-center{font-size:7.5pt;vertical-align:top;padding-top:3mm;content:");
        css_string(out, h->initials);
        buf_append_str(out, " \" ________________________________________\"");
    }
    buf_append_str(out, "}\n@bottom-right{font-size:7.5pt;vertical-align:top;padding-top:3mm;content:");
    css_string(out, h->page);
    buf_append_str(out, " \" \" counter(page) \" / \" counter(pages)}}\n");
}

static void html_begin(struct buf *out, const struct sheet_head *h)
{
    element(out, "<!DOCTYPE html>\n<html lang=\"", h->language, "\">\n<head>\n<meta charset=\"utf-8\"/>\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    put(out, h->title);
    buf_append_str(out, "</title>\n<style>\n");
    buf_append_str(out, style);
    page_style(out, h);
    element(out, "</style>\n</head>\n<body>\n<h1>", h->title, "</h1>\n");
    element(out, "<p class=\"sub\">", h->subtitle, "</p>\n");
}

static void html_end(struct buf *out)
{
    buf_append_str(out, "</body>\n</html>\n");
}

static void html_part(struct buf *out, const char *heading, bool new_page)
{
    element(out, new_page ? "<section class=\"new\">\n<h2>" : "<section>\n<h2>", heading, "</h2>\n");
}

static void html_part_end(struct buf *out)
{
    buf_append_str(out, "</section>\n");
}

static void html_piece(struct buf *out, const char *heading, enum sheet_tone tone)
{
    element(out, tone == SHEET_ALARM ? "<div class=\"piece alarm\">\n<h3>" : "<div class=\"piece\">\n<h3>", heading, "</h3>\n");
}

static void html_piece_end(struct buf *out, enum sheet_tone tone)
{
    (void)tone;
    buf_append_str(out, "</div>\n");
}

static void html_say(struct buf *out, const char *text, enum sheet_tone tone)
{
    element(out, tone == SHEET_ALARM ? "<p class=\"alarm\">" : "<p>", text, "</p>\n");
}

static void html_pair(struct buf *out, const char *label, const char *value)
{
    element(out, "<div class=\"pair\"><span class=\"label\">", label, "</span><span class=\"value");
    element(out, strlen(value) >= 40 && strspn(value, "0123456789abcdef") == strlen(value) ? " hex\">" : "\">", value, "</span></div>\n");
}

static void html_digest(struct buf *out, const char *label, const uint8_t digest[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    buf_append_str(out, "<div class=\"piece\">\n");
    html_pair(out, label, hex);
    buf_append_str(out, "<table class=\"words\">\n");
    for (size_t i = 0; i < DIGEST_LEN; i++)
        if (i % 4 == 0)
            buf_printf(out, "%s<tr><td class=\"nr\">%zu</td><td>%s</td>", i > 0 ? "</tr>\n" : "", i + 1, words_word(i, digest[i]));
        else
            buf_printf(out, "<td>%s</td>", words_word(i, digest[i]));
    buf_append_str(out, "</tr>\n</table>\n</div>\n");
}

static void html_code(struct buf *out, const char *text, struct span svg)
{
    buf_append_str(out, "<div class=\"code\">\n");
    buf_append(out, svg.p, svg.n);
    element(out, "<span class=\"text\">", text, "</span>\n</div>\n");
}

static void html_table(struct buf *out, const struct sheet_column *columns)
{
    buf_append_str(out, "<table class=\"rows\">\n<thead><tr>");
    for (size_t i = 0; columns[i].heading != NULL; i++)
        element(out, columns[i].number ? "<th class=\"nr\">" : "<th>", columns[i].heading, "</th>");
    buf_append_str(out, "</tr></thead>\n<tbody>\n");
}

/* How a cell may be broken: a date or a number not at all, and within a word only where one is very long. */
static const char *cell_class(const struct sheet_column *column, const char *cell)
{
    size_t word = 0;
    if (column->number)
        return "nr";
    if (cell[0] != '\0' && strlen(cell) < 30 && strspn(cell, "0123456789 .:–-") == strlen(cell))
        return "short";
    for (const char *p = cell; *p != '\0' && word <= LONG_WORD; p++)
        word = *p == ' ' || *p == '-' ? 0 : word + 1;
    return word > LONG_WORD ? "long" : "plain";
}

static void html_row(struct buf *out, const struct sheet_column *columns, const char *const *cells)
{
    buf_append_str(out, "<tr>");
    for (size_t i = 0; columns[i].heading != NULL; i++) {
        buf_printf(out, "<td class=\"%s\" data-label=\"", cell_class(&columns[i], cells[i]));
        put(out, columns[i].heading);
        element(out, "\">", cells[i], "</td>");
    }
    buf_append_str(out, "</tr>\n");
}

static void html_table_end(struct buf *out)
{
    buf_append_str(out, "</tbody>\n</table>\n");
}

static void html_screen(struct buf *out, struct span lines)
{
    const char *p = (const char *)lines.p;
    buf_append_str(out, "<pre>");
    for (size_t at = 0; at < lines.n;) {
        const char *end = memchr(p + at, '\n', lines.n - at);
        size_t n = end != NULL ? (size_t)(end - (p + at)) : lines.n - at;
        put_n(out, p + at, n, true);
        buf_append_byte(out, '\n');
        at += n + 1;
    }
    buf_append_str(out, "</pre>\n");
}

static void html_sign(struct buf *out, const char *who, const char *signature, const char *date)
{
    element(out, "<div class=\"sign\"><b>", who, "</b>");
    element(out, "<span>", signature, "</span>");
    element(out, "<span>", date, "</span></div>\n");
}

const struct sheet sheet_html = {
    html_begin, html_end,  html_part, html_part_end, html_piece, html_piece_end, html_say,    html_pair,
    html_digest, html_code, html_table, html_row, html_table_end, html_screen, html_sign,
};
