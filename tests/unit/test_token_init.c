/* A rehearsal's own token. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "expect.h"
#include "hsm/sign.h"
#include "hsm/token_init.h"
#include "token.h"

static char folder[] = "/tmp/rootseal-rehearsal-XXXXXX";
static struct diag d;
static const struct pin pin = {.text = "rehearsal", .n = 9};

static void setup(void)
{
    memset(&d, 0, sizeof d);
    memcpy(strrchr(folder, '-'), "-XXXXXX", 7);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "env -u LD_PRELOAD rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static enum err init(const char *label, const struct pin *p)
{
    memset(&d, 0, sizeof d);
    return token_init(token_module(), label, p, &token_patience, &d);
}

static struct hsm *open_made(const char *uri)
{
    struct hsm *h = NULL;
    expect_ok_diag(hsm_open(token_module(), uri, POLICY_VENDOR_SOFTHSM_SM2, &token_patience, &h, &d), &d);
    return h;
}

/* From a folder to a key that signs, within one process. */
START_TEST(made_and_used)
{
    const struct policy_key row = {
        .name = "k", .uri = "pkcs11:token=rehearsal;object=k", .kind = KEY_SM2, .bits = 256, .alg = SIG_SM2_SM3};
    struct hsm_key *k;
    expect_ok_diag(token_init_folder(folder, "tokens", &d), &d);
    expect_ok_diag(init("rehearsal", &pin), &d);
    struct hsm *h = open_made("pkcs11:token=rehearsal");
    expect_err(hsm_login(h, &(struct pin){.text = "rehearsax", .n = 9}, &d), E_PIN_WRONG);
    expect_ok_diag(hsm_login(h, &pin, &d), &d);
    expect_ok_diag(hsm_key_generate(h, &row, &k, &d), &d);
    expect_ok_diag(hsm_self_test(k, &d), &d);
    hsm_close(h);
}
END_TEST

/* A second one is not made beside it, and what is there stays as it is. */
START_TEST(never_beside_another)
{
    expect_ok_diag(token_init_folder(folder, "tokens", &d), &d);
    expect_ok_diag(init("rehearsal", &pin), &d);
    expect_err(init("again", &pin), E_TOKEN_USED);
    struct hsm *h = open_made("pkcs11:token=rehearsal");
    expect_ok_diag(hsm_login(h, &pin, &d), &d);
    hsm_close(h);
}
END_TEST

START_TEST(refused)
{
    char line[128];
    expect_err(token_init_folder("/nowhere/at/all", "tokens", &d), E_MEDIUM);
    snprintf(line, sizeof line, "%s/two\nlines", folder);
    ck_assert_int_eq(mkdir(line, 0700), 0);
    expect_err(token_init_folder(line, "tokens", &d), E_USAGE);
    expect_ok_diag(token_init_folder(folder, "tokens", &d), &d);
    expect_err(init("", &pin), E_URI);
    expect_err(init("123456789012345678901234567890123", &pin), E_URI);
    expect_err(init("rehearsal", &(struct pin){.text = "123", .n = 3}), E_PIN_WRONG);
    ck_assert_ptr_nonnull(strstr(d.text, "PINs of 4 to 255 bytes"));
}
END_TEST

/* A module that is not SoftHSM may hold anything. */
START_TEST(another_module)
{
    expect_ok_diag(token_init_folder(folder, "tokens", &d), &d);
    enum err e = token_init("opensc-pkcs11.so", "rehearsal", &pin, &token_patience, &d);
    /* without its service for smart cards it does not even start */
    ck_assert_msg(e == E_TOKEN_OTHER || e == E_MODULE_INIT, "%s", err_name(e));
}
END_TEST

Suite *suite_token_init(void);
Suite *suite_token_init(void)
{
    Suite *s = suite_create("token_init");
    if (token_module() == NULL) {
        printf("token_init: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("token_init");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, made_and_used);
    tcase_add_test(t, never_beside_another);
    tcase_add_test(t, refused);
    tcase_add_test(t, another_module);
    suite_add_tcase(s, t);
    return s;
}
