/* Which USB devices may work on the appliance: images/init/usb.c. */
#include "images/init/usb.h"

#include <string.h>

#include "expect.h"

struct bytes {
    uint8_t p[512];
    size_t n;
};

/* A device of one configuration without interfaces yet. */
static void begin(struct bytes *b)
{
    static const uint8_t head[] = {
        18, 1, 0, 2, 0, 0, 0,    64, 0x34, 0x12, 1, 0, 0, 1, 1, 2, 0, 1, /* configuration */ 9,
        2,  9, 0, 1, 1, 0, 0x80, 50};
    memcpy(b->p, head, sizeof head);
    b->n = sizeof head;
}

static void add(struct bytes *b, uint8_t number, uint8_t class, uint8_t subclass, uint8_t protocol)
{
    const uint8_t interface[] = {9, 4,    number, 0,  1, class, subclass, protocol, 0, /* endpoint */ 7,
                                 5, 0x81, 2,      64, 0, 0};
    memcpy(b->p + b->n, interface, sizeof interface);
    b->n += sizeof interface;
}

static struct usb_decision decide(const struct bytes *b, enum usb_kind kind, unsigned working)
{
    unsigned all[USB_KINDS] = {0};
    struct usb_decision out;
    all[kind] = working;
    usb_decide(b->p, b->n, all, &out);
    return out;
}

#define STICK 8, 6, 0x50
#define STICK_UAS 8, 6, 0x62
#define KEYBOARD 3, 1, 1
#define MOUSE 3, 1, 2
#define READER 0x0b, 0, 0
#define HUB 9, 0, 0
#define NETWORK 2, 6, 0

START_TEST(what_is_needed_works)
{
    static const struct {
        uint8_t class[3];
        enum usb_kind kind;
    } rows[] = {{{STICK}, USB_STORAGE},
                {{STICK_UAS}, USB_STORAGE},
                {{KEYBOARD}, USB_KEYBOARD},
                {{READER}, USB_READER},
                {{HUB}, USB_HUB}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes b;
        begin(&b);
        add(&b, 0, rows[i].class[0], rows[i].class[1], rows[i].class[2]);
        struct usb_decision out = decide(&b, USB_OTHER, 0);
        ck_assert_int_eq(out.verdict, USB_ALLOWED);
        ck_assert_int_eq(out.kind, rows[i].kind);
        ck_assert_uint_eq(out.interfaces, 1);
    }
}
END_TEST

START_TEST(nothing_else_does)
{
    static const uint8_t rows[][3] = {{MOUSE},      {NETWORK},    {0xff, 0, 0}, {0xe0, 1, 1}, {3, 0, 0},
                                      {8, 6, 0x01}, {8, 4, 0x50}, {0x0e, 1, 0}, {1, 1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes b;
        begin(&b);
        add(&b, 0, rows[i][0], rows[i][1], rows[i][2]);
        struct usb_decision out = decide(&b, USB_OTHER, 0);
        ck_assert_int_eq(out.verdict, USB_REFUSED_CLASS);
        ck_assert_uint_eq(out.interfaces, 0);
    }
    struct bytes none;
    begin(&none);
    ck_assert_int_eq(decide(&none, USB_OTHER, 0).verdict, USB_REFUSED_CLASS);
}
END_TEST

START_TEST(only_the_needed_interfaces_work)
{
    struct bytes b;
    begin(&b);
    add(&b, 0, KEYBOARD);
    add(&b, 1, 3, 0, 0); /* the keys for loudness */
    struct usb_decision out = decide(&b, USB_OTHER, 0);
    ck_assert_int_eq(out.verdict, USB_ALLOWED);
    ck_assert_uint_eq(out.interfaces, 1);
    begin(&b);
    add(&b, 3, READER);
    add(&b, 7, READER);
    add(&b, 4, NETWORK);
    ck_assert_uint_eq(decide(&b, USB_OTHER, 0).interfaces, 1u << 3 | 1u << 7);
}
END_TEST

START_TEST(two_things_at_once_are_refused)
{
    struct bytes b;
    begin(&b);
    add(&b, 0, STICK);
    add(&b, 1, KEYBOARD);
    ck_assert_int_eq(decide(&b, USB_OTHER, 0).verdict, USB_REFUSED_MIXED);
    begin(&b); /* one number, a stick in one setting and who knows what in the other */
    add(&b, 0, STICK);
    add(&b, 0, NETWORK);
    ck_assert_int_eq(decide(&b, USB_OTHER, 0).verdict, USB_REFUSED_MIXED);
    begin(&b); /* two ways of one stick to be read are none */
    add(&b, 0, STICK);
    add(&b, 0, STICK_UAS);
    ck_assert_int_eq(decide(&b, USB_OTHER, 0).verdict, USB_ALLOWED);
    const size_t n = b.n; /* a second configuration counts, too */
    memcpy(b.p + n, b.p + 18, 9);
    b.n += 9;
    add(&b, 0, KEYBOARD);
    ck_assert_int_eq(decide(&b, USB_OTHER, 0).verdict, USB_REFUSED_MIXED);
}
END_TEST

START_TEST(as_many_as_may_be)
{
    static const unsigned most[USB_KINDS] = USB_MOST;
    static const uint8_t classes[USB_KINDS][3] = {
        [USB_HUB] = {HUB}, [USB_STORAGE] = {STICK}, [USB_READER] = {READER}, [USB_KEYBOARD] = {KEYBOARD}};
    ck_assert_uint_eq(most[USB_KEYBOARD], 1);
    for (int k = USB_HUB; k < USB_KINDS; k++) {
        struct bytes b;
        begin(&b);
        add(&b, 0, classes[k][0], classes[k][1], classes[k][2]);
        ck_assert_int_eq(decide(&b, (enum usb_kind)k, most[k] - 1).verdict, USB_ALLOWED);
        ck_assert_int_eq(decide(&b, (enum usb_kind)k, most[k]).verdict, USB_REFUSED_COUNT);
    }
}
END_TEST

/* Each cut, and each length that a descriptor might claim: never allowed where it does not end with a descriptor. */
START_TEST(what_is_not_in_form_is_refused)
{
    struct bytes b;
    begin(&b);
    add(&b, 0, STICK);
    for (size_t n = 0; n < b.n; n++) {
        struct bytes cut = b;
        cut.n = n;
        struct usb_decision out = decide(&cut, USB_OTHER, 0);
        ck_assert_int_eq(out.verdict, n == 18 || n == 27 ? USB_REFUSED_CLASS
                                      : n == 36          ? USB_ALLOWED
                                                         : USB_REFUSED_FORM);
    }
    for (size_t at = 0; at < b.n; at++)
        for (unsigned v = 0; v < 256; v++) {
            struct bytes changed = b;
            changed.p[at] = (uint8_t)v;
            struct usb_decision out = decide(&changed, USB_OTHER, 0);
            ck_assert(out.verdict == USB_ALLOWED || out.interfaces == 0);
        }
    struct bytes far;
    begin(&far);
    add(&far, 32, STICK); /* a number that no set of 32 has */
    ck_assert_int_eq(decide(&far, USB_OTHER, 0).verdict, USB_REFUSED_FORM);
}
END_TEST

START_TEST(every_verdict_is_told)
{
    for (int v = USB_ALLOWED; v <= USB_REFUSED_FORM; v++)
        ck_assert_uint_gt(strlen(usb_verdict_text((enum usb_verdict)v)), 5);
    for (int k = 0; k < USB_KINDS; k++)
        ck_assert_uint_gt(strlen(usb_kind_text((enum usb_kind)k)), 4);
}
END_TEST

Suite *suite_usb(void);
Suite *suite_usb(void)
{
    Suite *s = suite_create("usb");
    TCase *t = tcase_create("decide");
    tcase_add_test(t, what_is_needed_works);
    tcase_add_test(t, nothing_else_does);
    tcase_add_test(t, only_the_needed_interfaces_work);
    tcase_add_test(t, two_things_at_once_are_refused);
    tcase_add_test(t, as_many_as_may_be);
    tcase_add_test(t, what_is_not_in_form_is_refused);
    tcase_add_test(t, every_verdict_is_told);
    suite_add_tcase(s, t);
    return s;
}
