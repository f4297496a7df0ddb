/* transplant.c - names and extensions that nobody should ask for, put into requests that are signed with our own key: the
 * proof of possession is good, so only the readers of names and extensions stand in between. */
#include <stdio.h>
#include <string.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "core/text.h"
#include "pki/der.h"
#include "pki/der_write.h"
#include "unit/help_pki.h"

/* -- what requests are made of -- */

static const char good_cn[] = "gate.example.com";
static const char good_san[] = "\x30\x18\x82\x10gate.example.com\x87\x04\xc0\x00\x02\x07";

static void put_attribute(struct buf *out, const char *oid, int tag, const void *p, size_t n)
{
    size_t at = der_open(out, DER_SEQUENCE);
    bad_must(der_oid(out, oid) == E_OK, "%s", oid);
    der_value(out, tag, p, n);
    der_close(out, at);
}

/* One RDN with one attribute. */
static void put_rdn(struct buf *out, const char *oid, int tag, const void *p, size_t n)
{
    size_t at = der_open(out, DER_SET);
    put_attribute(out, oid, tag, p, n);
    der_close(out, at);
}

#define OID_CN "2.5.4.3"
#define OID_C "2.5.4.6"
#define OID_O "2.5.4.10"
#define TAG_UTF8 0x0c
#define TAG_PRINTABLE 0x13
#define TAG_TELETEX 0x14
#define TAG_UNIVERSAL 0x1c
#define TAG_BMP 0x1e

static void put_c(struct buf *out)
{
    put_rdn(out, OID_C, TAG_PRINTABLE, "CN", 2);
}

static void put_cn(struct buf *out)
{
    put_rdn(out, OID_CN, TAG_UTF8, good_cn, strlen(good_cn));
}

static void put_extension(struct buf *out, const char *oid, int critical, const void *p, size_t n)
{
    size_t at = der_open(out, DER_SEQUENCE);
    bad_must(der_oid(out, oid) == E_OK, "%s", oid);
    if (critical >= 0)
        der_value(out, DER_BOOLEAN, &(uint8_t){(uint8_t)critical}, 1);
    der_value(out, DER_OCTET_STRING, p, n);
    der_close(out, at);
}

static void put_good_san(struct buf *out)
{
    put_extension(out, "2.5.29.17", -1, good_san, sizeof good_san - 1);
}

/* The RSA request with these RDNs and extensions: of the four, only its signature is the same each time. */
static void put_request(struct span rdns, struct span extensions, struct buf *out)
{
    struct people *p = people_get();
    struct buf info = {0};
    uint8_t *spki = NULL;
    int n = i2d_PUBKEY(p->keys[0], &spki);
    bad_must(n > 0, "a key");
    size_t all = der_open(&info, DER_SEQUENCE);
    der_value(&info, DER_INTEGER, "\0", 1);
    der_value(&info, DER_SEQUENCE, rdns.p, rdns.n);
    buf_append(&info, spki, (size_t)n);
    size_t attributes = der_open(&info, DER_CONSTRUCTED + 0), attribute = der_open(&info, DER_SEQUENCE);
    bad_must(der_oid(&info, "1.2.840.113549.1.9.14") == E_OK, "extensionRequest");
    size_t set = der_open(&info, DER_SET);
    der_value(&info, DER_SEQUENCE, extensions.p, extensions.n);
    der_close(&info, set);
    der_close(&info, attribute);
    der_close(&info, attributes);
    der_close(&info, all);
    help_assemble(&info, people_algs[0], p->keys[0], out);
    OPENSSL_free(spki);
    buf_free(&info);
}

/* -- names: a value in a string type in an attribute -- */

static const char *const attributes[] = {OID_CN, OID_C, OID_O, "2.5.4.11", "2.5.4.5", "1.2.840.113549.1.9.1",
                                         "0.9.2342.19200300.100.1.25", "2.999.3"};
static const uint8_t strings[] = {TAG_UTF8, TAG_PRINTABLE, 0x16, TAG_TELETEX, TAG_BMP, TAG_UNIVERSAL, 0x12, 0x1a, 0x1b,
                                  0x17, 0x04, 0x03, 0x05, 0x02, 0x30};

/* Put before, into and behind the good name. */
static const struct {
    const char *p;
    size_t n;
} values[] = {
#define V(text) {text, sizeof text - 1}
    V("\0"), V("\1"), V("\b"), V("\t"), V("\n"), V("\r"), V("\x1b[2J"), V("\x1f"), V("\x7f"), V("\xc2\x80"), V("\xc2\x85"),
    V("\xc2\x9b"), V("\xc2\xa0"), V("\xc2\xad"), V("\xcd\x8f"), V("\xd8\x9c"), V("\xe1\x85\x9f"), V("\xe1\x9a\x80"),
    V("\xe1\xa0\x8e"), V("\xe2\x80\x82"), V("\xe2\x80\x8b"), V("\xe2\x80\x8c"), V("\xe2\x80\x8d"), V("\xe2\x80\x8e"),
    V("\xe2\x80\x8f"), V("\xe2\x80\xa8"), V("\xe2\x80\xa9"), V("\xe2\x80\xaa"), V("\xe2\x80\xab"), V("\xe2\x80\xac"),
    V("\xe2\x80\xad"), V("\xe2\x80\xae"), V("\xe2\x80\xaf"), V("\xe2\x81\x9f"), V("\xe2\x81\xa0"), V("\xe2\x81\xa6"),
    V("\xe2\x81\xa9"), V("\xe2\xa0\x80"), V("\xe3\x80\x80"), V("\xe3\x85\xa4"), V("\xee\x80\x80"), V("\xef\xb7\x90"),
    V("\xef\xb8\x8f"), V("\xef\xbb\xbf"), V("\xef\xbf\xb9"), V("\xef\xbf\xbe"), V("\xf0\x9d\x85\xb3"), V("\xf3\xa0\x80\x81"),
    V("\xf3\xb0\x80\x80"), V("\xf4\x8f\xbf\xbf"), V("\xc0\x80"), V("\xc1\xbf"), V("\xe0\x80\x80"), V("\xed\xa0\x80"),
    V("\xed\xbf\xbf"), V("\xf0\x80\x80\x80"), V("\xf4\x90\x80\x80"), V("\xf8\x88\x80\x80\x80"), V("\xff"), V("\xe2\x80"),
    V("  "), V("\0.example.net\0")
#undef V
};
#define ATTRIBUTES (sizeof attributes / sizeof attributes[0])
#define STRINGS sizeof strings
#define VALUES (sizeof values / sizeof values[0])
#define PLACES 3 /* before, in the middle of, behind the good name */
#define LENGTHS 5

static const size_t lengths[LENGTHS] = {0, 65, 257, 5000, 30000};

static size_t count_names(struct span good)
{
    (void)good;
    return ATTRIBUTES * STRINGS * (VALUES * PLACES + LENGTHS);
}

/* In the encoding of the string type. What is no character, or has no place in the type, becomes what the type has of
 * that sort: a lone surrogate, a code point beyond the last one, a control character. */
static void put_encoded(struct buf *out, uint8_t tag, struct span text)
{
    for (size_t at = 0; at < text.n;) {
        uint32_t cp;
        size_t step = text_utf8_next(text.p + at, text.n - at, &cp);
        if (tag == TAG_BMP && (step == 0 || cp > 0xffff))
            cp = 0xdc00;
        else if (tag == TAG_UNIVERSAL && step == 0)
            cp = 0x110000;
        else if (tag == TAG_TELETEX && (step == 0 || cp > 0xff))
            cp = 0x85;
        step = step > 0 ? step : 1;
        for (int shift = tag == TAG_UNIVERSAL ? 24 : tag == TAG_BMP ? 8 : 0; shift >= 0; shift -= 8)
            buf_append_byte(out, (uint8_t)(cp >> shift));
        at += step;
    }
}

static void put_value(struct buf *out, size_t i)
{
    if (i >= VALUES * PLACES) {
        for (size_t n = lengths[i - VALUES * PLACES]; n > 0; n--)
            buf_append_byte(out, 'x');
        return;
    }
    size_t at = i % PLACES * (strlen(good_cn) / 2);
    buf_append(out, good_cn, at);
    buf_append(out, values[i / PLACES].p, values[i / PLACES].n);
    buf_append(out, good_cn + at, strlen(good_cn) - at);
}

/* In place of the good attribute of its type, else behind the good ones. */
static void make_name(struct span good, size_t i, struct buf *out)
{
    size_t per = VALUES * PLACES + LENGTHS, string = i / per % STRINGS, attribute = i / per / STRINGS;
    struct buf rdns = {0}, extensions = {0}, value = {0}, encoded = {0};
    uint8_t tag = strings[string];
    (void)good;
    put_value(&value, i % per);
    if (tag == TAG_BMP || tag == TAG_UNIVERSAL || tag == TAG_TELETEX)
        put_encoded(&encoded, tag, buf_span(&value));
    else
        buf_append(&encoded, value.data, value.len);
    if (attribute != 1)
        put_c(&rdns);
    if (attribute != 0)
        put_cn(&rdns);
    put_rdn(&rdns, attributes[attribute], tag, encoded.data, encoded.len);
    put_good_san(&extensions);
    put_request(buf_span(&rdns), buf_span(&extensions), out);
    buf_free(&rdns);
    buf_free(&extensions);
    buf_free(&value);
    buf_free(&encoded);
}

static const struct mutator mutate_names = {"name", count_names, make_name};

/* -- names of another build -- */

enum { MULTI_FIRST, MULTI_LAST, MULTI_SAME, TWICE, TWICE_OTHER, EMPTY_SET, EMPTY_NAME, MANY, NO_SET, NO_OID, SURPLUS, SHAPES };

static size_t count_shapes(struct span good)
{
    (void)good;
    return SHAPES;
}

static void put_multi(struct buf *out, const char *oid, int tag, const char *text)
{
    size_t at = der_open(out, DER_SET);
    put_attribute(out, OID_CN, TAG_UTF8, good_cn, strlen(good_cn));
    put_attribute(out, oid, tag, text, strlen(text));
    der_close(out, at);
}

static void put_shape(struct buf *out, size_t shape)
{
    if (shape != EMPTY_NAME && shape != MULTI_FIRST)
        put_c(out);
    if (shape == EMPTY_SET || shape == TWICE || shape == TWICE_OTHER || shape == MANY || shape == SURPLUS)
        put_cn(out);
    switch (shape) {
    case MULTI_FIRST:
        put_multi(out, OID_C, TAG_PRINTABLE, "CN");
        break;
    case MULTI_LAST:
        put_multi(out, OID_O, TAG_UTF8, "The Operator");
        break;
    case MULTI_SAME:
        put_multi(out, OID_CN, TAG_UTF8, "gate.example.net");
        break;
    case TWICE:
        put_cn(out);
        break;
    case TWICE_OTHER:
        put_rdn(out, OID_CN, TAG_UTF8, "gate.example.net", 16);
        break;
    case EMPTY_SET:
        der_value(out, DER_SET, NULL, 0);
        break;
    case MANY:
        for (int i = 0; i < 1000; i++)
            put_rdn(out, OID_O, TAG_UTF8, "The Operator", 12);
        break;
    case NO_SET:
        put_attribute(out, OID_CN, TAG_UTF8, good_cn, strlen(good_cn));
        break;
    case NO_OID: {
        size_t set = der_open(out, DER_SET), at = der_open(out, DER_SEQUENCE);
        der_value(out, TAG_UTF8, good_cn, strlen(good_cn));
        der_close(out, at);
        der_close(out, set);
        break;
    }
    case SURPLUS: {
        size_t set = der_open(out, DER_SET), at = der_open(out, DER_SEQUENCE);
        bad_must(der_oid(out, OID_O) == E_OK, "O");
        der_value(out, TAG_UTF8, "The Operator", 12);
        der_value(out, TAG_UTF8, "Another", 7);
        der_close(out, at);
        der_close(out, set);
        break;
    }
    default:
        break;
    }
}

static void make_shape(struct span good, size_t i, struct buf *out)
{
    struct buf rdns = {0}, extensions = {0};
    (void)good;
    put_shape(&rdns, i);
    put_good_san(&extensions);
    put_request(buf_span(&rdns), buf_span(&extensions), out);
    buf_free(&rdns);
    buf_free(&extensions);
}

static const struct mutator mutate_shapes = {"shape", count_shapes, make_shape};

/* -- extensions: a value under an identifier, critical or not, once or twice -- */

static const char *const extension_oids[] = {
    "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17", "2.5.29.18", "2.5.29.14", "2.5.29.35", "2.5.29.30", "2.5.29.36",
    "2.5.29.32", "2.5.29.33", "2.5.29.31", "2.5.29.46", "2.5.29.54", "2.5.29.9", "2.5.29.16", "1.3.6.1.5.5.7.1.1",
    "1.3.6.1.5.5.7.1.11", "1.3.6.1.5.5.7.1.24", "1.3.6.1.4.1.11129.2.4.3", "2.16.840.1.113730.1.1", "1.2.156.10260.4.1.1",
    "2.999.5"};
static const int criticals[] = {-1, 0x00, 0x01, 0xff};
static const struct {
    const char *p;
    size_t n;
} contents[] = {
#define V(text) {text, sizeof text - 1}
    V("\x30\x03\x01\x01\xff"),                 /* CA:TRUE */
    V("\x30\x06\x01\x01\xff\x02\x01\x00"),     /* and a path length */
    V("\x30\x03\x01\x01\x01"), V("\x30\x03\x01\x01\x00"), V("\x30\x00"), V("\x30\x03\x02\x01\x00"),
    V("\x05\x00"), V(""), V("\x00"), V("\x30"), V("\x30\x80\x00\x00"), V("\x30\x81\x00"), V("\x30\x00\x00"), V("\x30\x02\x05"),
    V("\x03\x02\x05\xa0"), V("\x03\x02\x02\x04"),      /* keyUsage: two, keyCertSign */
    V("\x03\x02\x01\x06"), V("\x03\x02\x00\xa0"), V("\x03\x01\x00"), V("\x03\x03\x07\xff\x80"), V("\x03\x02\x09\x80"),
    V("\x03\x00"), V("\x04\x02\x01\x02"), V("\x04\x00"), V("\x0c\x01\x61"), V("\x02\x01\x00"), V("\x02\x01\x7f"),
    V("\x06\x03\x55\x1d\x25"), V("\x30\x06\x06\x04\x55\x1d\x25\x00"),       /* anyExtendedKeyUsage */
    V("\x30\x08\x06\x06\x67\x81\x0c\x01\x02\x01"),
    V("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x09"),                  /* OCSPSigning */
    V("\x30\x02\x06\x00"), V("\x30\x03\x06\x01\x80"),
    V("\x30\x03\x82\x01\x2a"), V("\x30\x07\x82\x05*.a.b"),                  /* wildcards */
    V("\x30\x02\x82\x00"), V("\x30\x05\x82\x03" "a b"), V("\x30\x05\x82\x03" "a\0b"), V("\x30\x05\x82\x03" "a_b"),
    V("\x30\x05\x82\x03" "-ab"), V("\x30\x05\x82\x03" "ab-"), V("\x30\x05\x82\x03" "a.."), V("\x30\x05\x82\x03.ab"),
    V("\x30\x05\x82\x03" "ab."), V("\x30\x05\x82\x03\xe2\x80\xae"), V("\x30\x05\x82\x03" "a\n0"), V("\x30\x03\x82\x01\xff"),
    V("\x30\x07\x87\x05\xc0\x00\x02\x07\x00"), V("\x30\x02\x87\x00"), V("\x30\x05\x87\x03\x7f\x00\x00"),
    V("\x30\x0a\x87\x08\xc0\x00\x02\x00\xff\xff\xff\x00"),
    V("\x30\x07\x81\x05" "a@b.c"), V("\x30\x05\x86\x03" "a:b"), V("\x30\x07\x88\x05\x2a\x03\x04\x05\x06"),
    V("\x30\x04\xa4\x02\x30\x00"), V("\x30\x0b\xa0\x09\x06\x03\x55\x1d\x25\xa0\x02\x05\x00"), V("\x30\x02\x89\x00"),
    V("\x30\x06\x82\x01" "a\x82\x01" "a"), V("\x30\x02\xa2\x00"), V("\x30\x05\xa2\x03\x82\x01" "a"), V("\x31\x03\x82\x01" "a"),
    V("\x30\x84\x00\x00\x00\x00"), V("\xa0\x00"), V("\x1f\x81\x01\x00"), V("\xff\xff\xff\xff")
#undef V
};
#define OIDS (sizeof extension_oids / sizeof extension_oids[0])
#define CRITICALS (sizeof criticals / sizeof criticals[0])
#define CONTENTS (sizeof contents / sizeof contents[0])
#define TIMES 2

static size_t count_extensions(struct span good)
{
    (void)good;
    return OIDS * CRITICALS * CONTENTS * TIMES;
}

/* In place of the good subjectAltName, else behind it. */
static void make_extension(struct span good, size_t i, struct buf *out)
{
    struct buf rdns = {0}, extensions = {0};
    size_t times = 1 + i % TIMES, content = i / TIMES % CONTENTS, critical = i / TIMES / CONTENTS % CRITICALS;
    const char *oid = extension_oids[i / TIMES / CONTENTS / CRITICALS];
    (void)good;
    put_c(&rdns);
    put_cn(&rdns);
    if (strcmp(oid, "2.5.29.17") != 0)
        put_good_san(&extensions);
    for (size_t n = 0; n < times; n++)
        put_extension(&extensions, oid, criticals[critical], contents[content].p, contents[content].n);
    put_request(buf_span(&rdns), buf_span(&extensions), out);
    buf_free(&rdns);
    buf_free(&extensions);
}

static const struct mutator mutate_extensions = {"extension", count_extensions, make_extension};

/* -- the kind -- */

static void prepare(struct inputs *in)
{
    static struct buf good;
    struct buf rdns = {0}, extensions = {0};
    put_c(&rdns);
    put_cn(&rdns);
    put_good_san(&extensions);
    put_request(buf_span(&rdns), buf_span(&extensions), &good);
    inputs_add(in, people_key_names[0], buf_span(&good), &mutate_names);
    inputs_add(in, people_key_names[0], buf_span(&good), &mutate_shapes);
    inputs_add(in, people_key_names[0], buf_span(&good), &mutate_extensions);
    buf_free(&rdns);
    buf_free(&extensions);
}

const struct kind kind_transplant = {"transplant", prepare, people_judge, NULL};
