/* An approval: a detached CMS signature beside a batch, as the appliance checks it. */
#include "batch/approval.h"

#include "batch/intake.h"
#include "fuzz.h"
#include "pki/cms.h"

#define FILE_NAME "a.p7s"

static struct policy policy;
static struct policy_person persons[] = {{.id = "sm2", .ra = "town", .role = POLICY_ENTRY},
                                         {.id = "rsa", .ra = "town", .role = POLICY_ENTRY}};
static const struct policy_approval roles[] = {{POLICY_ENTRY, 1, "c 1"}};
static const struct policy_authority authority = {.name = "ca", .approvals = roles, .approvals_n = 1};
static const struct batch_header header = {.authority = "ca", .ra = "town"};

void fuzz_start(void)
{
    static struct buf certs[2], batch;
    fuzz_sample("person-sm2.der", &certs[0]);
    fuzz_sample("person-rsa.der", &certs[1]);
    fuzz_sample("batch/" BATCH_FILE, &batch);
    for (int i = 0; i < 2; i++)
        persons[i].certificate = buf_span(&certs[i]);
    policy.persons = persons;
    policy.persons_n = 2;
    fuzz_put(BATCH_FILE, buf_span(&batch));
}

/* As it lies on a medium, beside the batch. */
static enum err check_file(struct span in, struct approvals *out)
{
    struct diag d = {0};
    fuzz_put(FILE_NAME, in);
    enum err e = approval_check(fuzz_folder(), &policy, &authority, &header, FUZZ_NOW, out, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_APPROVAL_FORMAT || e == E_APPROVAL_PERSON || e == E_APPROVAL_SIGNATURE || e == E_MEDIUM_LIMIT,
              "an approval that is refused for what it cannot be");
    return e;
}

bool fuzz_one(struct span in)
{
    struct approvals out;
    struct cms *cms;
    struct diag why = {0};
    enum err parsed = cms_parse_person(in, &cms, &why);
    fuzz_check_diag(parsed, &why);
    fuzz_hold(parsed == E_OK || parsed == E_APPROVAL_FORMAT, "a signature that is refused for what it cannot be");
    cms_free(cms);
    if (parsed != E_OK && !fuzz_turn(0, 16))
        return false;
    enum err e = check_file(in, &out);
    fuzz_hold(e != E_OK || (out.n == 1 && parsed == E_OK), "an approval that nobody gave");
    fuzz_hold((e == E_APPROVAL_FORMAT || e == E_MEDIUM_LIMIT) == (parsed == E_APPROVAL_FORMAT),
              "an approval that has no form, or has one");
    return e == E_OK;
}
