/* signer - the appliance's program: takes batches in, plans them, signs what was authorised, hands bundles out. */
#include <unistd.h>

#include "commands.h"

struct options options = {.pin_fd = -1, .pin_parts = 1, .sessions = 2};

struct step_place options_place(void)
{
    return (struct step_place){.state = options.state,
                               .from = options.from,
                               .to = options.to,
                               .batch = options.batch,
                               .authority = options.authority,
                               .key = options.key,
                               .module = options.module,
                               .module_files = options.module_files,
                               .pin_fd = options.pin_fd,
                               .pin_parts = options.pin_parts,
                               .sessions = options.sessions};
}

#define STATE {"state", "DIR", N_("the appliance's state"), &options.state, NULL, NULL, true}
#define FROM {"from", "DIR", N_("the batch's folder on the medium"), &options.from, NULL, NULL, true}
#define TO {"to", "DIR", N_("the folder on the medium that takes the bundle"), &options.to, NULL, NULL, true}
#define BATCH {"batch", "HEX", N_("the intake, as signer plan printed it"), &options.batch, NULL, NULL, true}
#define TOKEN                                                                                      \
    {"module", "FILE", N_("the PKCS#11 module of the token"), &options.module, NULL, NULL, true},      \
    {"module-files", "PATHS", N_("files and folders that the module works with, colons between them"), \
     &options.module_files, NULL, NULL, false}, \
    {"pin-fd", "N", N_("read the PIN from this file descriptor"), NULL, &options.pin_fd, NULL, false}, \
    {"pin-parts", "N", N_("the PIN is in so many parts, which so many persons type (1)"), NULL, &options.pin_parts, NULL, false}, \
    {"sessions", "N", N_("parallel sessions on the token (2)"), NULL, &options.sessions, NULL, false}
#define END {0}

static const struct cli_option *options_run(void)
{
    static const struct cli_option o[] = {STATE, FROM, TO, TOKEN, END};
    return o;
}

static const struct cli_option *options_plan(void)
{
    static const struct cli_option o[] = {STATE, FROM, END};
    return o;
}

static const struct cli_option *options_crl(void)
{
    static const struct cli_option o[] = {
        STATE,
        {"authority", "NAME", N_("whose lists"), &options.authority, NULL, NULL, true},
        {"key", "NAME", N_("the list of this key only"), &options.key, NULL, NULL, false},
        {"delta", NULL, N_("what changed since the last full list"), NULL, NULL, &options.delta, false},
        END};
    return o;
}

static const struct cli_option *options_ocsp(void)
{
    static const struct cli_option o[] = {
        STATE, {"authority", "NAME", N_("whose certificates"), &options.authority, NULL, NULL, true}, END};
    return o;
}

static const struct cli_option *options_sign(void)
{
    static const struct cli_option o[] = {STATE, BATCH, TOKEN, END};
    return o;
}

static const struct cli_option *options_export(void)
{
    static const struct cli_option o[] = {STATE, BATCH, TO, END};
    return o;
}

static const struct cli_option *options_status(void)
{
    static const struct cli_option o[] = {
        STATE, {"json", NULL, N_("print one JSON object"), NULL, NULL, &options.json, false}, END};
    return o;
}

static const struct cli_command commands[] = {
    {"run", N_("take a batch in, plan it and, when it is authorised, sign and export it"), options_run, NULL, cmd_run},
    {"plan", N_("take a batch in and plan it"), options_plan, NULL, cmd_plan},
    {"crl", N_("plan the revocation lists of an authority"), options_crl, NULL, cmd_crl},
    {"ocsp", N_("plan OCSP responses about every certificate of an authority"), options_ocsp, NULL, cmd_ocsp},
    {"sign", N_("sign an authorised plan, seal the log and build the bundle"), options_sign, NULL, cmd_sign},
    {"export", N_("write a finished bundle to the medium"), options_export, NULL, cmd_export},
    {"policy", N_("print the policy compiled into this program"), NULL, NULL, cmd_policy},
    {"status", N_("tell what the state holds"), options_status, NULL, cmd_status},
    {0},
};

int main(int argc, char **argv)
{
    return cli_main("signer", N_("the offline root-signing appliance"), commands, argc, argv);
}
