/* suites.h - the unit suites: X(NAME) for suite_NAME() of tests/unit/test_NAME.c. The Makefile reads this list too, and the
 * last test tells when a file is missing from it. */
#ifndef ROOTSEAL_TESTS_SUITES_H
#define ROOTSEAL_TESTS_SUITES_H

#include <check.h>

#define SUITES(X) \
    X(alg) \
    X(answers) \
    X(approval) \
    X(archive) \
    X(audit) \
    X(authorise) \
    X(base64) \
    X(buf) \
    X(cert) \
    X(certify) \
    X(ckr) \
    X(cli) \
    X(clock) \
    X(cms) \
    X(cms_layout) \
    X(crl) \
    X(crl_view) \
    X(csr) \
    X(data) \
    X(decide) \
    X(decide_eseal) \
    X(decide_status) \
    X(der) \
    X(der_write) \
    X(desk) \
    X(diag) \
    X(destroy) \
    X(digest) \
    X(display) \
    X(draft) \
    X(effects) \
    X(err) \
    X(eseal) \
    X(eseal_value) \
    X(export) \
    X(file) \
    X(header) \
    X(hsm) \
    X(idcode) \
    X(identity) \
    X(import) \
    X(index) \
    X(index_lists) \
    X(intake) \
    X(json) \
    X(key) \
    X(keygen) \
    X(lint) \
    X(lint_eseal) \
    X(lint_extensions) \
    X(lint_frame) \
    X(lint_self) \
    X(log) \
    X(log_changes) \
    X(man) \
    X(map) \
    X(memory) \
    X(memory_status) \
    X(merkle) \
    X(minutes) \
    X(mutants) \
    X(name) \
    X(p7b) \
    X(ocsp) \
    X(pair) \
    X(picture) \
    X(pin) \
    X(plan) \
    X(policy) \
    X(policy_identity) \
    X(policy_text) \
    X(pool) \
    X(qr) \
    X(reach) \
    X(record) \
    X(request) \
    X(request_eseal) \
    X(request_identity) \
    X(responses) \
    X(san) \
    X(sandbox) \
    X(screen) \
    X(script) \
    X(seal) \
    X(set) \
    X(sheet) \
    X(show) \
    X(sign) \
    X(sm2) \
    X(step) \
    X(tbs) \
    X(text) \
    X(token_init) \
    X(transcript) \
    X(transfer) \
    X(typed) \
    X(uri) \
    X(vendor) \
    X(watch) \
    X(witness) \
    X(words)

#define X(name) Suite *suite_##name(void);
SUITES(X)
#undef X

#endif
