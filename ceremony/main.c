/* ceremony - the officers' program: the state, the keys, their certificates, and the word of k of n. */
#include "commands.h"

#include <string.h>

struct options options = {.pin_fd = -1, .pin_parts = 1, .pass_fd = -1, .to_pin_fd = -1,
                          .officer_pin_fd = -1, .years = 10};

#define STATE {"state", "DIR", N_("the appliance's state"), &options.state, NULL, NULL, true}
#define BATCH {"batch", "HEX", N_("the intake, as signer plan printed it"), &options.batch, NULL, NULL, true}
#define TOKEN                                                                                 \
    {"module", "FILE", N_("the PKCS#11 module of the token"), &options.module, NULL, NULL, true}, \
    {"module-files", "PATHS", N_("files and folders that the module works with, colons between them"), \
     &options.module_files, NULL, NULL, false}, \
    {"pin-fd", "N", N_("read the PIN from this file descriptor"), NULL, &options.pin_fd, NULL, false}, \
    {"pin-parts", "N", N_("the PIN is in so many parts, which so many persons type (1)"), NULL, &options.pin_parts, NULL, false}
#define OFFICER_TOKEN                                                                                                  \
    {"officer-module-files", "PATHS", N_("files and folders that this module works with, colons between them"),        \
     &options.officer_module_files, NULL, NULL, false},                                                                \
    {"officer-vendor", "NAME", N_("how it signs SM2, when not as the policy's token"), &options.officer_vendor, NULL,  \
     NULL, false},                                                                                                     \
    {"officer-pin-fd", "N", N_("read its PIN from this file descriptor"), NULL, &options.officer_pin_fd, NULL, false}
#define KEY {"key", "NAME", N_("only this key of the policy"), &options.key, NULL, NULL, false}
#define UTF8 {"utf8", NULL, N_("names in their own characters, too"), NULL, NULL, &options.utf8, false}
#define OFFICER_MODULE \
    {"officer-module", "FILE", N_("the PKCS#11 module of officers' own tokens"), &options.officer_module, NULL, NULL, false}
#define PASSES \
    {"pass-fd", "N", N_("read the officers' passphrases from this file descriptor, a line each"), NULL, &options.pass_fd, NULL, false}
#define MEDIA {"media", "DIR", N_("the folder where sticks are plugged in, below which the file names theirs"), &options.media, NULL, NULL, false}
#define END {0}

static const struct cli_option *options_init(void)
{
    static const struct cli_option o[] = {STATE, TOKEN, END};
    return o;
}

static const struct cli_option *options_keygen(void)
{
    static const struct cli_option o[] = {
        STATE,
        TOKEN,
        KEY,
        {"adopt", NULL, N_("record a key that an interrupted keygen left on the token"), NULL, NULL, &options.adopt, false},
        {"renew", NULL, N_("destroy what it left under --key's label, and make the key anew"), NULL, NULL, &options.renew, false},
        END};
    return o;
}

static const struct cli_option *options_keys(void)
{
    static const struct cli_option o[] = {
        STATE, TOKEN, {"json", NULL, N_("as one line of JSON"), NULL, NULL, &options.json, false}, END};
    return o;
}

static const struct cli_option *options_destroy(void)
{
    static const struct cli_option o[] = {
        STATE,
        TOKEN,
        {"key", "NAME", N_("the key of the policy that is destroyed"), &options.key, NULL, NULL, true},
        {"digest", "HEX", N_("the public key's digest, in place of typing its words"), &options.digest, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_transfer(void)
{
    static const struct cli_option o[] = {
        STATE,
        TOKEN,
        {"key", "NAME", N_("the key of the policy that is copied, and closed"), &options.key, NULL, NULL, true},
        {"to", "SERIAL", N_("the second token; without it the key is only closed"), &options.to, NULL, NULL, false},
        {"to-pin-fd", "N", N_("read the second token's PIN from this file descriptor"), NULL, &options.to_pin_fd, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_replace(void)
{
    static const struct cli_option o[] = {
        STATE, TOKEN, {"digest", "HEX", N_("the log's head, in place of typing its words"), &options.digest, NULL, NULL, false},
        {"without", "NAMES", N_("keys that are not on the token and need not be, with commas between them"), &options.without, NULL, NULL,
         false},
        END};
    return o;
}

static const struct cli_option *options_root(void)
{
    static const struct cli_option o[] = {STATE, TOKEN, KEY, END};
    return o;
}

static const struct cli_option *options_run(void)
{
    static const struct cli_option o[] = {
        STATE, TOKEN, PASSES, OFFICER_MODULE, OFFICER_TOKEN, MEDIA, UTF8, END};
    return o;
}

static const struct cli_option *options_rehearse(void)
{
    static const struct cli_option o[] = {
        {"dir", "DIR", N_("the rehearsal's folder: its token and its state"), &options.dir, NULL, NULL, true}, TOKEN, PASSES,
        OFFICER_MODULE, OFFICER_TOKEN, MEDIA, UTF8, END};
    return o;
}

static const struct cli_option *options_policy(void)
{
    static const struct cli_option o[] = {
        STATE, TOKEN,
        {"digest", "HEX", N_("this program's policy, in place of typing its words"), &options.digest, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_enrol(void)
{
    static const struct cli_option o[] = {
        {"officer", "ID", N_("the officer, as the policy will name them"), &options.officer, NULL, NULL, true},
        {"officer-token", "URI", N_("the officer's own token"), &options.officer_token, NULL, NULL, true},
        {"officer-module", "FILE", N_("its PKCS#11 module"), &options.officer_module, NULL, NULL, true},
        OFFICER_TOKEN,
        {"algorithm", "NAME", N_("sm2-sm3 (the default) or rsa-sha256"), &options.algorithm, NULL, NULL, false},
        {"years", "N", N_("the certificate's life (10)"), NULL, &options.years, NULL, false},
        {"adopt", NULL, N_("make the certificate of a key that is there"), NULL, NULL, &options.adopt, false},
        END};
    return o;
}

static const struct cli_option *options_show(void)
{
    static const struct cli_option o[] = {STATE, BATCH, UTF8, END};
    return o;
}

static const struct cli_option *options_authorise(void)
{
    static const struct cli_option o[] = {
        STATE,
        BATCH,
        {"officer", "ID", N_("the officer, as the policy names them"), &options.officer, NULL, NULL, true},
        {"key-file", "FILE", N_("the officer's encrypted PKCS#8 key"), &options.key_file, NULL, NULL, false},
        {"pass-fd", "N", N_("read the passphrase from this file descriptor"), NULL, &options.pass_fd, NULL, false},
        {"officer-token", "URI", N_("the officer's own token, in place of a file"), &options.officer_token, NULL, NULL, false},
        {"officer-module", "FILE", N_("its PKCS#11 module"), &options.officer_module, NULL, NULL, false},
        OFFICER_TOKEN,
        {"digest", "HEX", N_("the plan's digest, in place of typing its words"), &options.digest, NULL, NULL, false},
        UTF8,
        END};
    return o;
}

static const struct cli_option *options_minutes(void)
{
    static const struct cli_option o[] = {
        STATE,
        {"ceremony", "NAME", N_("whose minutes"), &options.ceremony, NULL, NULL, true},
        {"officer", "ID", N_("sign them as this officer of the policy"), &options.officer, NULL, NULL, false},
        {"key-file", "FILE", N_("the officer's encrypted PKCS#8 key"), &options.key_file, NULL, NULL, false},
        {"pass-fd", "N", N_("read the passphrase from this file descriptor"), NULL, &options.pass_fd, NULL, false},
        {"officer-token", "URI", N_("the officer's own token, in place of a file"), &options.officer_token, NULL, NULL, false},
        {"officer-module", "FILE", N_("its PKCS#11 module"), &options.officer_module, NULL, NULL, false},
        OFFICER_TOKEN,
        {"digest", "HEX", N_("the minutes' digest, in place of typing its words"), &options.digest, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_command commands[] = {
    {"init", N_("make a new state and begin its log"), options_init, NULL, cmd_init},
    {"keygen", N_("make the policy's keys inside the token"), options_keygen, NULL, cmd_keygen},
    {"root", N_("make the keys' self-signed certificates and seal the log"), options_root, NULL, cmd_root},
    {"run", N_("walk through a ceremony, as its file says"), options_run, "FILE", cmd_run},
    {"rehearse", N_("the same on a throw-away SoftHSM token"), options_rehearse, "FILE", cmd_rehearse},
    {"minutes", N_("compare a ceremony's minutes with its record, and sign them"), options_minutes, NULL, cmd_minutes},
    {"keys", N_("list the keys on the token and those of the log"), options_keys, NULL, cmd_keys},
    {"transfer", N_("copy a key to a second token, and close it"), options_transfer, NULL, cmd_transfer},
    {"replace", N_("put a token with the same keys in the place of a lost one"), options_replace, NULL, cmd_replace},
    {"destroy", N_("destroy a key, and prove that it signs no more"), options_destroy, NULL, cmd_destroy},
    {"policy", N_("put the state under this program's policy"), options_policy, NULL, cmd_policy},
    {"enrol", N_("make an officer's key in the officer's own token"), options_enrol, NULL, cmd_enrol},
    {"show", N_("show what a plan would sign"), options_show, NULL, cmd_show},
    {"authorise", N_("show a plan and sign its digest as an officer"), options_authorise, NULL, cmd_authorise},
    {0},
};

int main(int argc, char **argv)
{
    return cli_main("ceremony", N_("the officers' program"), commands, argc, argv);
}
