/* audit - the auditor's program: checks a state without the token and without trusting it. */
#include <stddef.h>

#include "audit/commands.h"

struct options options = {.pass_fd = -1};

#define STATE {"state", "DIR", N_("the appliance's state, or a copy"), &options.state, NULL, NULL, true}, COMPARED
#define COMPARED                                                                                                           \
    {"anchors", "DIR", N_("the keys' certificates from the ceremony"), &options.anchors, NULL, NULL, false},                   \
    {"head", "DIGEST", N_("the log must hold the line with this digest: hex or words"), &options.head, NULL, NULL, false},     \
    {"size", "N", N_("which must be line N"), &options.size, NULL, NULL, false},                                               \
    {"seal", "FILE", N_("the log must be the one of this seal.json of a bundle"), &options.seal, NULL, NULL, false},          \
    {"token-head", "FILE", N_("and that of the head that was read out of the token"), &options.token_head, NULL, NULL, false}, \
    {"min-size", "N", N_("the log must have at least N lines"), &options.min_size, NULL, NULL, false}

static const struct cli_option *options_verify(void)
{
    static const struct cli_option o[] = {
        {"state", "DIR", N_("the appliance's state, or a copy"), &options.state, NULL, NULL, false},
        {"log", "FILE", N_("or the log alone, without what its lines name"), &options.log, NULL, NULL, false},
        COMPARED,
        {"json", NULL, N_("print one JSON object"), NULL, NULL, &options.json, false},
        {0}};
    return o;
}

static const struct cli_option *options_replay(void)
{
    static const struct cli_option o[] = {
        STATE,
        {"policies", "DIR", N_("folder with the policies that the log names, by digest"), &options.policies, NULL, NULL, false},
        {"json", NULL, N_("print one JSON object"), NULL, NULL, &options.json, false},
        {0}};
    return o;
}

static const struct cli_option *options_status(void)
{
    static const struct cli_option o[] = {
        STATE, {"json", NULL, N_("print one JSON object a certificate"), NULL, NULL, &options.json, false}, {0}};
    return o;
}

static const struct cli_option *options_report(void)
{
    static const struct cli_option o[] = {
        STATE,
        {"policies", "DIR", N_("folder with the policies that the log names, by digest"), &options.policies, NULL, NULL, false},
        {"from", "DATE", N_("count from this day on, in UTC: 2026-01-31"), &options.from, NULL, NULL, false},
        {"to", "DATE", N_("count up to this day and with it"), &options.to, NULL, NULL, false},
        {0},
    };
    return o;
}

static const struct cli_option *options_eseal(void)
{
    static const struct cli_option o[] = {
        {"signed-value", "FILE", N_("what was signed with the seal"), &options.signed_value, NULL, NULL, false},
        {"list", "FILE", N_("the maker's list of revoked seals"), &options.list, NULL, NULL, false},
        {"anchor", "CERT", N_("the certificate of the maker, or of the CA above it"), &options.anchor, NULL, NULL, false},
        {"json", NULL, N_("print one JSON object"), NULL, NULL, &options.json, false},
        {0},
    };
    return o;
}

static const struct cli_option *options_consistency(void)
{
    static const struct cli_option o[] = {
        {"state", "DIR", N_("the log that both seals are over: print the proof"), &options.state, NULL, NULL, false},
        {"proof", "FILE", N_("check this proof instead, without the log"), &options.proof, NULL, NULL, false},
        {"anchors", "DIR", N_("the keys' certificates from the ceremony"), &options.anchors, NULL, NULL, false},
        {0},
    };
    return o;
}

static const struct cli_option *options_evidence(void)
{
    static const struct cli_option o[] = {
        {"state", "DIR", N_("the appliance's state, or a copy"), &options.state, NULL, NULL, true},
        {"serial", "HEX", N_("the certificate's serial number"), &options.serial, NULL, NULL, true},
        {"anchors", "DIR", N_("the keys' certificates from the ceremony"), &options.anchors, NULL, NULL, false},
        {0},
    };
    return o;
}

static const struct cli_option *options_check_evidence(void)
{
    static const struct cli_option o[] = {
        {"anchors", "DIR", N_("the keys' certificates from the ceremony"), &options.anchors, NULL, NULL, false},
        {"policies", "DIR", N_("folder with the policy that the plan names, by digest"), &options.policies, NULL, NULL, false},
        {"json", NULL, N_("print one JSON object"), NULL, NULL, &options.json, false},
        {0},
    };
    return o;
}

static const struct cli_option *options_tiles(void)
{
    static const struct cli_option o[] = {
        {"state", "DIR", N_("the appliance's state, or a copy"), &options.state, NULL, NULL, true},
        {"anchors", "DIR", N_("the keys' certificates from the ceremony"), &options.anchors, NULL, NULL, true},
        {"to", "DIR", N_("the folder that is served"), &options.to, NULL, NULL, true},
        {"origin", "NAME", N_("the log's name, its address without the scheme"), &options.origin, NULL, NULL, true},
        {"key", "FILE", N_("the key that signs checkpoints: Ed25519, encrypted PKCS#8"), &options.key, NULL, NULL, true},
        {"record", "FILE", N_("where the checkpoint signed last is kept: KEY.published if not given"), &options.record, NULL, NULL, false},
        {"pass-fd", "N", N_("read the passphrase from this file descriptor"), NULL, &options.pass_fd, NULL, false},
        {0},
    };
    return o;
}

static const struct cli_option *options_check_tiles(void)
{
    static const struct cli_option o[] = {
        {"vkey", "TEXT", N_("the key that signs checkpoints, as audit tiles prints it"), &options.vkey, NULL, NULL, true},
        {"anchors", "DIR", N_("the keys' certificates from the ceremony"), &options.anchors, NULL, NULL, false},
        {"state", "DIR", N_("the state whose log it must be"), &options.state, NULL, NULL, false},
        {0},
    };
    return o;
}

static const struct cli_command commands[] = {
    {"verify", N_("check log, seals, batches, certificates and bundles"), options_verify, NULL,
     cmd_verify},
    {"replay", N_("the same, and decide under every policy that was ever used"), options_replay, NULL, cmd_replay},
    {"status", N_("list how every certificate stands, after the same checks"), options_status, NULL, cmd_status},
    {"report", N_("print a page for reading: what is open, what was done, and by whom"), options_report, NULL, cmd_report},
    {"consistency", N_("prove that one seal's log continues another's"), options_consistency, "SEAL1 SEAL2", cmd_consistency},
    {"evidence", N_("print what proves how one certificate came about"), options_evidence, NULL, cmd_evidence},
    {"check-evidence", N_("check such a proof, without the log"), options_check_evidence, "FILE", cmd_check_evidence},
    {"tiles", N_("publish the log's tree as files, with a signed checkpoint"), options_tiles, NULL, cmd_tiles},
    {"check-tiles", N_("work out the tree of a published log again"), options_check_tiles, "DIR", cmd_check_tiles},
    {"seal", N_("say what an electronic seal is, and whether it verifies"), options_eseal, "FILE", cmd_eseal},
    {0},
};

int main(int argc, char **argv)
{
    return cli_main("audit", N_("the auditor's program"), commands, argc, argv);
}
