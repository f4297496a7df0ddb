/* ra - the registration authority's program: makes batches, approves them, and takes in what comes
 * back. */
#include <stddef.h>

#include "commands.h"

struct options options = {.sequence = -1, .valid_for = -1, .pass_fd = -1};

#define DIR {"dir", "DIR", "the batch's folder", &options.dir, NULL, NULL, true}
#define JSON {"json", NULL, "print JSON Lines", NULL, NULL, &options.json, false}
#define END {0}

static const struct cli_option *options_new(void)
{
    static const struct cli_option o[] = {
        {"dir", "DIR", "the folder to make, missing or empty", &options.dir, NULL, NULL, true},
        {"authority", "NAME", "the authority that is asked, as the policy names it",
         &options.authority, NULL, NULL, true},
        {"ra", "ID", "this registration authority, as the policy names it", &options.ra, NULL, NULL,
         true},
        {"id", "ID", "the batch's id, never used before by this RA", &options.id, NULL, NULL, true},
        {"sequence", "N", "one more than that of this RA's last batch; the first is 1", NULL,
         &options.sequence, NULL, true},
        {"valid-for", "DAYS", "how long the batch may wait (7, or less when the policy says so)", NULL, &options.valid_for, NULL,
         false},
        {"previous", "DIR", "the last bundle that came back, to be named in the header",
         &options.previous, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_add(void)
{
    static const struct cli_option o[] = {
        DIR,
        {"profile", "NAME", "the profile of all these requests", &options.profile, NULL, NULL,
         true},
        {"operator", "ID", "a pseudonym of who keyed them in", &options.operator_, NULL, NULL,
         false},
        {"evidence", "DIR",
         "the applicants' files: their SHA-256 goes with the request of the same name",
         &options.evidence, NULL, NULL, false},
        END};
    return o;
}

static const struct cli_option *options_approve(void)
{
    static const struct cli_option o[] = {
        DIR,
        {"person", "ID", "who approves, as the policy names them", &options.person, NULL, NULL,
         true},
        {"key", "FILE", "that person's encrypted PKCS#8 key", &options.key, NULL, NULL, true},
        {"pass-fd", "N", "read the passphrase from this file descriptor", NULL, &options.pass_fd,
         NULL, false},
        {"digest", "HEX", "the SHA-256 of batch.jsonl, in place of the question", &options.digest,
         NULL, NULL, false},
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
        {"utf8", NULL, "show Chinese and other plain letters as they are", NULL, NULL, &options.utf8, false},
        END};
    return o;
}

static const struct cli_option *options_import(void)
{
    static const struct cli_option o[] = {
        {"bundle", "DIR", "the bundle that came back", &options.bundle, NULL, NULL, true},
        {"batch", "DIR", "the folder of the batch it answers", &options.batch, NULL, NULL, true},
        {"anchors", "DIR", "the appliance's own certificates, as the ceremony gave them out",
         &options.anchors, NULL, NULL, true},
        {"out", "DIR", "where a folder for this batch is made", &options.out, NULL, NULL, true},
        JSON,
        END};
    return o;
}

static const struct cli_command commands[] = {
    {"new", "begin a batch", options_new, NULL, cmd_new},
    {"add", "add certificate requests to a batch", options_add, "FILE_OR_FOLDER...", cmd_add},
    {"approve", "show a batch and sign it as a person of the policy", options_approve, NULL,
     cmd_approve},
    {"check", "tell what the appliance would refuse", options_check, NULL, cmd_check},
    {"show", "show what a batch holds", options_show, NULL, cmd_show},
    {"import", "verify a bundle and lay out its certificates", options_import, NULL, cmd_import},
    {0},
};

int main(int argc, char **argv)
{
    return cli_main("ra", "batches for the offline root-signing appliance, and its answers",
                    commands, argc, argv);
}
