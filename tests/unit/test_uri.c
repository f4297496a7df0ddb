#include <check.h>
#include <string.h>

#include "expect.h"
#include "hsm/uri.h"

static void pad(unsigned char *field, size_t cap, const char *text)
{
    memset(field, ' ', cap);
    memcpy(field, text, strlen(text));
}

static CK_TOKEN_INFO token(const char *label, const char *maker, const char *model,
                           const char *serial)
{
    CK_TOKEN_INFO t = {0};
    pad(t.label, sizeof t.label, label);
    pad(t.manufacturerID, sizeof t.manufacturerID, maker);
    pad(t.model, sizeof t.model, model);
    pad(t.serialNumber, sizeof t.serialNumber, serial);
    return t;
}

static struct uri *parse(const char *text)
{
    struct uri *u;
    struct diag d = {0};
    expect_ok_diag(uri_parse(text, &u, &d), &d);
    return u;
}

START_TEST(fits)
{
    CK_TOKEN_INFO t = token("root ca", "ACME", "M1", "0001");
    static const struct {
        const char *uri;
        bool fits;
    } rows[] = {
        {"pkcs11:", true},
        {"pkcs11:token=root%20ca", true},
        {"pkcs11:token=root", false},
        {"pkcs11:token=root%20ca;serial=0001", true},
        {"pkcs11:token=root%20ca;serial=0002", false},
        {"pkcs11:manufacturer=ACME;model=M1", true},
        {"pkcs11:manufacturer=ACME;model=M2", false},
        {"pkcs11:manufacturer=Acme", false},
        {"pkcs11:object=key;token=root%20ca;type=private", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uri *u = parse(rows[i].uri);
        ck_assert_msg(uri_fits_token(u, &t) == rows[i].fits, "%s", rows[i].uri);
        uri_free(u);
    }
}
END_TEST

/* As OpenSC writes the name of a PIN behind a label, which it cuts where 32 bytes do not suffice. */
START_TEST(renamed)
{
    static const struct {
        const char *uri, *label;
        bool fits;
    } rows[] = {
        {"pkcs11:token=root", "root (UserPIN)", true},
        {"pkcs11:token=root%20ca", "root ca (User PIN (2))", true},
        {"pkcs11:token=r", "r (x)", true},
        {"pkcs11:token=root;serial=0001", "root (UserPIN)", true},
        {"pkcs11:token=root;serial=0002", "root (UserPIN)", false},
        {"pkcs11:token=root", "root (UserPIN", false},
        {"pkcs11:token=root", "root(UserPIN)", false},
        {"pkcs11:token=root", "roots (UserPIN)", false},
        {"pkcs11:token=roots", "root (UserPIN)", false},
        {"pkcs11:token=root", "(UserPIN)", false},
        {"pkcs11:token=root%20%28UserPIN%29", "root", false},
        {"pkcs11:token=the-root-of-two-authorities", "the-root-of-two-aut (A long PIN)", true},
        {"pkcs11:token=the-root-of-two-authorities", "the-root-of-two-au (A long PIN)", false},
        {"pkcs11:token=the-other-of-two-authorities", "the-root-of-two-aut (A long PIN)", false},
        {"pkcs11:token=theroot", "ther (The longest name of a PIN)", true},
        {"pkcs11:token=theroot", "the (An even longer one of PINs)", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CK_TOKEN_INFO t = token(rows[i].label, "ACME", "M1", "0001");
        struct uri *u = parse(rows[i].uri);
        ck_assert_msg(uri_fits_token(u, &t) == rows[i].fits, "%s, %s", rows[i].uri, rows[i].label);
        ck_assert_msg(!uri_names_token(u, &t), "%s, %s", rows[i].uri, rows[i].label);
        uri_free(u);
    }
}
END_TEST

START_TEST(object)
{
    const unsigned char *id;
    size_t n;
    struct uri *u = parse("pkcs11:token=a;object=root%2dsm2;id=%01%ff;type=private");
    ck_assert_str_eq(uri_label(u), "root-sm2");
    uri_id(u, &id, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_mem_eq(id, "\x01\xff", 2);
    uri_free(u);

    u = parse("pkcs11:object=%E6%A0%B9");
    ck_assert_str_eq(uri_label(u), "\xE6\xA0\xB9");
    uri_id(u, &id, &n);
    ck_assert_ptr_null(id);
    ck_assert_uint_eq(n, 0);
    uri_free(u);

    u = parse("pkcs11:token=a");
    ck_assert_ptr_null(uri_label(u));
    uri_free(u);
    uri_free(NULL);
}
END_TEST

START_TEST(refused)
{
    static const char *const texts[] = {
        "",
        "pkcs12:token=a",
        "token=a",
        "pkcs11:token",
        "pkcs11:token=%zz",
        "pkcs11:token=a;colour=red",
        "pkcs11:token=a;x-vendor=1",
        "pkcs11:token=a;slot-id=1",
        "pkcs11:token=a;library-manufacturer=b",
        "pkcs11:token=a;token=b",
        "pkcs11:object=a;token=t;object=b",
        "pkcs11:object=",
        "pkcs11:object=a%00b",
        "pkcs11:object=%ff",
        "pkcs11:id=%01",
        "pkcs11:object=a;id=",
        "pkcs11:object=a;type=cert",
        "pkcs11:object=a;type=public",
        "pkcs11:object=a;type=thing",
        "pkcs11:token=a?module-path=/x.so",
        "pkcs11:token=a?x-vendor=1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct uri *u = (struct uri *)1;
        struct diag d = {0};
        enum err e = uri_parse(texts[i], &u, &d);
        ck_assert_msg(e == E_URI, "%s: %s", texts[i], err_name(e));
        ck_assert_ptr_null(u);
        ck_assert_int_ne(d.text[0], 0);
    }
    expect_seen(E_URI);
}
END_TEST

/* A PIN in a URI is refused without being repeated. */
START_TEST(pin)
{
    static const char *const texts[] = {
        "pkcs11:token=a?pin-value=271828", "pkcs11:token=a?pin-source=file:271828",
        "pkcs11:token=a;pin-value=271828", "pkcs11:pin-value=271828",
        "pkcs11:token=a;pin=271828",       "pkcs11:token=a;pinfile=271828",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct uri *u;
        struct diag d = {0};
        expect_err(uri_parse(texts[i], &u, &d), E_URI);
        ck_assert_ptr_null(strstr(d.text, "271828"));
    }
}
END_TEST

Suite *suite_uri(void);
Suite *suite_uri(void)
{
    Suite *s = suite_create("uri");
    TCase *t = tcase_create("parse");
    tcase_add_test(t, fits);
    tcase_add_test(t, renamed);
    tcase_add_test(t, object);
    tcase_add_test(t, refused);
    tcase_add_test(t, pin);
    suite_add_tcase(s, t);
    return s;
}
