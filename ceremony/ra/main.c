/* ra - the registration authority's program: makes batches, approves them, and takes in what comes
 * back. */
#include <stddef.h>

#include "commands.h"

struct options options = {.sequence = -1, .valid_for = -1, .pass_fd = -1, .pin_fd = -1};

#define DIR {"dir", "DIR", N_("the batch's folder"), &options.dir, NULL, NULL, true}
#define JSON {"json", NULL, N_("print JSON Lines"), NULL, NULL, &options.json, false}
#define BUNDLE {"bundle", "DIR", N_("the bundle that came back"), &options.bundle, NULL, NULL, true}
#define ANCHORS                                                                                        \
    {"anchors", "DIR", N_("the appliance's own certificates, as the ceremony gave them out"),               \
     &options.anchors, NULL, NULL, true}
#define END {0}

static const struct cli_option *options_new(void)
{
    static const struct cli_option o[] = {
        {"dir", "DIR", N_("the folder to make, missing or empty"), &options.dir, NULL, NULL, true},
        {"authority", "NAME", N_("the authority that is asked, as the policy names it"),
         &options.authority, NULL, NULL, true},
        {"ra", "ID", N_("this registration authority, as the policy names it"), &options.ra, NULL, NULL,
         true},
        {"id", "ID", N_("the batch's id, never used before by this RA"), &options.id, NULL, NULL, true},
        {"sequence", "N", N_("one more than that of this RA's last batch (of --previous); the first is 1"), NULL,
         &options.sequence, NULL, false},
        {"valid-for", "DAYS", N_("how long the batch may wait (7, or less when the policy says so)"), NULL, &options.valid_for, NULL,
         false},
        {"previous", "DIR", N_("the last bundle that came back, or the batch before while there is none"),
         &options.previous, NULL, NULL, false},
        END};
    return o;
}

#define FIELD(field, name, value, help) {name, value, help, &options.draft[field], NULL, NULL, false}
/* The numbers of a holder, as the profiles ask for them. */
#define HOLDER \
    FIELD(DRAFT_RESIDENT_ID + POLICY_RESIDENT_ID, "resident-id", "NUMBER", N_("of the holder, as the profile asks for it")), \
    FIELD(DRAFT_RESIDENT_ID + POLICY_MILITARY_ID, "military-id", "NUMBER", N_("the same")), \
    FIELD(DRAFT_RESIDENT_ID + POLICY_PASSPORT, "passport", "NUMBER", N_("the same")), \
    FIELD(DRAFT_RESIDENT_ID + POLICY_INSURANCE, "insurance", "NUMBER", N_("the same")), \
    FIELD(DRAFT_RESIDENT_ID + POLICY_REGISTRATION, "registration", "NUMBER", N_("the same")), \
    FIELD(DRAFT_RESIDENT_ID + POLICY_ORGANIZATION_CODE, "organization-code", "CODE", N_("the same")), \
    FIELD(DRAFT_RESIDENT_ID + POLICY_TAXATION, "taxation", "NUMBER", N_("the same")), \
    FIELD(DRAFT_OVERRIDE, "override", "TEXT", N_("why a number with a wrong check digit is genuine"))

static const struct cli_option *options_add(void)
{
    static const struct cli_option o[] = {
        DIR,
        FIELD(DRAFT_OP, "op", "SERVICE", N_("what is asked for (issue)")),
        FIELD(DRAFT_PROFILE, "profile", "NAME", N_("the profile of the certificates")),
        FIELD(DRAFT_SERIAL, "serial", "HEX", N_("the certificate or seal that it is about, by its serial number,")),
        FIELD(DRAFT_CERTIFICATE, "certificate", "FILE", N_("or by itself")),
        FIELD(DRAFT_BY, "by", "WHO", N_("whose wish a revocation is: subscriber, ceased, operator")),
        FIELD(DRAFT_REASON, "reason", "NAME", N_("why, as the policy names it")),
        FIELD(DRAFT_KEY, "key", "NAME", N_("the key whose revocation list is asked for")),
        FIELD(DRAFT_NAME, "name", "TEXT", N_("of an electronic seal: its name,")),
        FIELD(DRAFT_PICTURE, "picture", "FILE", N_("its picture, PNG or GIF,")),
        FIELD(DRAFT_WIDTH, "width", "MM", N_("the width,")),
        FIELD(DRAFT_HEIGHT, "height", "MM", N_("the height,")),
        FIELD(DRAFT_HOLDER, "holder", "FILE", N_("and the certificate of who will hold it")),
        HOLDER,
        FIELD(DRAFT_PAIR, "pair", "ID", N_("the request for the signing certificate beside this encrypting one,")),
        FIELD(DRAFT_PAIR_SERIAL, "pair-serial", "HEX", N_("or the serial number of that certificate")),
        FIELD(DRAFT_ENVELOPED_KEY, "enveloped-key", "FILE", N_("what the key-management centre sent with it")),
        FIELD(DRAFT_ID, "id", "ID", N_("the request's id (the name of its file)")),
        FIELD(DRAFT_REQUESTED_AT, "requested-at", "TIME", N_("when it was asked for (now)")),
        FIELD(DRAFT_OPERATOR, "operator", "ID", N_("a pseudonym of who keyed it in")),
        {"evidence", "FILE_OR_DIR", N_("the applicants' files: their SHA-256 goes with the request of the same name"),
         &options.evidence, NULL, NULL, false},
        {"csv", "FILE", N_("a table of requests in place of all these"), &options.csv, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_remove(void)
{
    static const struct cli_option o[] = {DIR, END};
    return o;
}

static const struct cli_option *options_approve(void)
{
    static const struct cli_option o[] = {
        DIR,
        {"person", "ID", N_("who approves, as the policy names them"), &options.person, NULL, NULL,
         true},
        {"key", "FILE_OR_URI", N_("that person's encrypted PKCS#8 key, or the token it is on (pkcs11:)"), &options.key, NULL, NULL, true},
        {"pass-fd", "N", N_("read the passphrase from this file descriptor"), NULL, &options.pass_fd,
         NULL, false},
        {"module", "FILE", N_("the PKCS#11 module of this token"), &options.module, NULL, NULL, false},
        {"module-files", "PATHS", N_("files and folders that this module works with, colons between them"), &options.module_files, NULL, NULL, false},
        {"vendor", "NAME", N_("how it signs SM2, when not as the policy's token"), &options.vendor, NULL, NULL, false},
        {"pin-fd", "N", N_("read the PIN from this file descriptor"), NULL, &options.pin_fd, NULL, false},
        {"digest", "HEX", N_("the digest of batch.jsonl, in place of the question"), &options.digest,
         NULL, NULL, false},
        {"form", "FORM", N_("cms, or gmt0010 with an SM2 key (cms)"), &options.form, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_check(void)
{
    static const struct cli_option o[] = {DIR, JSON, END};
    return o;
}

static const struct cli_option *options_show(void)
{
    static const struct cli_option o[] = {
        DIR,
        {"utf8", NULL, N_("show Chinese and other plain letters as they are"), NULL, NULL, &options.utf8, false},
        END};
    return o;
}

static const struct cli_option *options_import(void)
{
    static const struct cli_option o[] = {
        BUNDLE,
        {"batch", "DIR", N_("the folder of the batch it answers"), &options.batch, NULL, NULL, true},
        ANCHORS,
        {"out", "DIR", N_("where a folder for this batch is made"), &options.out, NULL, NULL, true},
        {"db", "FILE_OR_URL", N_("an SQLite file or a PostgreSQL server that gets it, too"), &options.db, NULL, NULL, false},
        JSON,
        END};
    return o;
}

static const struct cli_option *options_ocsp_tree(void)
{
    static const struct cli_option o[] = {
        BUNDLE, ANCHORS,
        {"to", "DIR", N_("the folder to make for a web server, missing"), &options.to, NULL, NULL, true},
        END};
    return o;
}

static const struct cli_option *options_cmc_in(void)
{
    static const struct cli_option o[] = {
        DIR,
        {"signer", "FILE", N_("the certificate of who signed the request"), &options.signer, NULL, NULL, true},
        {"keep", "DIR", N_("the folder at the desk where the original is kept"), &options.keep, NULL, NULL, true},
        FIELD(DRAFT_ID, "id", "ID", N_("what the requests' ids begin with (the name of the file)")),
        FIELD(DRAFT_OP, "op", "SERVICE", N_("what its PKCS#10 requests are for (issue)")),
        FIELD(DRAFT_PROFILE, "profile", "NAME", N_("the profile of the certificates")),
        FIELD(DRAFT_SERIAL, "serial", "HEX", N_("the certificate that its only PKCS#10 request follows, by its serial number,")),
        FIELD(DRAFT_CERTIFICATE, "certificate", "FILE", N_("or by itself")),
        FIELD(DRAFT_BY, "by", "WHO", N_("whose wish its revocations are: subscriber, ceased, operator")),
        FIELD(DRAFT_REASON, "reason", "NAME", N_("which of the policy's reasons, where its CRLReason does not tell")),
        HOLDER,
        FIELD(DRAFT_REQUESTED_AT, "requested-at", "TIME", N_("when it was asked for (now)")),
        FIELD(DRAFT_OPERATOR, "operator", "ID", N_("a pseudonym of who keyed it in")),
        END};
    return o;
}

static const struct cli_option *options_cmc_out(void)
{
    static const struct cli_option o[] = {
        {"batch", "DIR", N_("the folder of the batch with its requests"), &options.batch, NULL, NULL, true},
        {"bundle", "DIR", N_("the bundle that came back; without it everything is pending"), &options.bundle, NULL, NULL,
         false},
        {"anchors", "DIR", N_("the appliance's own certificates, as the ceremony gave them out"), &options.anchors, NULL,
         NULL, false},
        {"signer", "FILE", N_("the certificate of the RA that answers"), &options.signer, NULL, NULL, true},
        {"key", "FILE", N_("its encrypted PKCS#8 key"), &options.key, NULL, NULL, true},
        {"pass-fd", "N", N_("read the passphrase from this file descriptor"), NULL, &options.pass_fd, NULL, false},
        {"out", "FILE", N_("the response"), &options.out, NULL, NULL, true},
        END};
    return o;
}

static const struct cli_command commands[] = {
    {"new", N_("begin a batch"), options_new, NULL, cmd_new},
    {"add", N_("add requests to a batch"), options_add, "[FILE_OR_FOLDER...]", cmd_add},
    {"remove", N_("take requests out of a batch that nobody approved yet"), options_remove, "ID...", cmd_remove},
    {"approve", N_("show a batch and sign it as a person of the policy"), options_approve, NULL,
     cmd_approve},
    {"check", N_("tell what the appliance would refuse"), options_check, NULL, cmd_check},
    {"show", N_("show what a batch holds"), options_show, NULL, cmd_show},
    {"import", N_("verify a bundle and lay out its certificates"), options_import, NULL, cmd_import},
    {"ocsp-tree", N_("verify a bundle's OCSP responses and lay them out for a web server"), options_ocsp_tree,
     NULL, cmd_ocsp_tree},
    {"cmc-in", N_("add what a CMC Full PKI Request asks for to a batch"), options_cmc_in, "FILE", cmd_cmc_in},
    {"cmc-out", N_("write the CMC Full PKI Response to one"), options_cmc_out, "FILE", cmd_cmc_out},
    {0},
};

int main(int argc, char **argv)
{
    return cli_main("ra", N_("batches for the offline root-signing appliance, and its answers"),
                    commands, argc, argv);
}
