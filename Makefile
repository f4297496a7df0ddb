# Rootseal. `make` builds the programs into build/; `make demo` and `make check` also install what they need.
#
#   POLICY=DIR   the folder of policy files that is compiled in       (policy)
#   BIN=DIR      where programs and the compiled policy go            (build)
#   SAN=1        a build with address and undefined-behaviour sanitizers, in build/san
#   DEVELOPMENT=1  a build that also runs where the kernel cannot shut it in, and is named so, in build/development
#   TRAINING=1   a build for training, in build/training: its policy, and the version in the log, say so
#   COVER=1      a build that counts what is reached, in build/cover (make cover)
#   V=1          show the commands
#   ONLY=WORD    only the tests whose names contain this word
#   JOBS=N       how many cases and scripts are tested at once       (one more than there are cores)
#   PATIENCE=N   cases and scripts may take N times as long, on a machine that is slow or does much else  (1)
#   VECTORS=DIR  public test vectors; tests that lack theirs say so          (../shared/vectors)
#   DESTDIR, PREFIX   for make install                                 (/usr/local)

SAN ?=
# A development build may run where the kernel has no Landlock or seccomp, and says so wherever its version stands.
DEVELOPMENT ?= $(SAN)
Q := $(if $(V),,@)
CC = gcc
B := build$(if $(SAN),/san,$(if $(DEVELOPMENT),/development,$(if $(COVER),/cover,$(if $(TRAINING),/training))))
BIN ?= $(B)
POLICY ?= policy
PREFIX ?= /usr/local
DESTDIR ?=

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -fno-common
comma := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
FORTIFY := $(if $(SAN),,-D_FORTIFY_SOURCE=2)
DEFINES := $(if $(DEVELOPMENT),-DROOTSEAL_DEVELOPMENT) $(if $(TRAINING),-DROOTSEAL_TRAINING)
CFLAGS = -std=c17 -D_GNU_SOURCE $(DEFINES) -O2 -g $(FORTIFY) -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) $(HARDENING) $(SANITIZE)
CPPFLAGS = -Isigner -I. -Iceremony -isystem /usr/include/p11-kit-1
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SANITIZE)

CORE := $(addprefix signer/core/,err.c diag.c text.c buf.c digest.c base64.c clock.c json.c json_quick.c starved.c file.c map.c set.c \
    words.c letters.c i18n.c screen.c pager.c signals.c terminal.c pin.c guard.c filter.c sandbox.c step.c threads.c turns.c cli.c)
PKI := $(addprefix signer/pki/,cause.c alg.c sm2.c key.c key_weak.c csr.c cms.c cms_ids.c cms_sign.c pem.c cert.c keyfile.c der.c \
    der_write.c name.c san.c tbs.c tbs_view.c lint.c lint_extensions.c show.c show_parts.c \
    show_extensions.c p7b.c prehash.c crl.c crl_view.c crl_extensions.c crl_lint.c \
    show_identity.c idcode.c identity.c lint_identity.c enveloped.c \
    der_read.c ocsp.c ocsp_view.c ocsp_check.c ocsp_file.c)
# electronic seals
PKI += $(addprefix signer/pki/,picture.c eseal.c eseal_parse.c show_eseal.c lint_eseal.c)
LOG := $(addprefix signer/log/,merkle.c merkle_lines.c proof.c record.c record_types.c transferred.c position.c reader.c append.c seal.c index.c index_rows.c index_certs.c query.c vouched.c)
HSM := $(addprefix signer/hsm/,uri.c vendor.c ckr.c watch.c module.c hsm.c login.c lookup.c lookup_public.c object.c data.c keygen.c sign.c pool.c reach.c)
HSM += $(addprefix signer/hsm/,token_init.c inventory.c destroy.c transfer.c)
BATCH := $(addprefix signer/batch/,header.c op.c request.c request_identity.c pair.c reading.c intake.c approval.c decide.c decide_certificate.c \
    decide_identity.c decide_status.c lateness.c plan_write.c plan_parse.c plan_read.c announce.c effects.c lists.c responses.c authorise.c certify.c \
    replay.c)
BATCH += $(addprefix signer/batch/,decide_eseal.c certify_eseal.c)
STATE := $(addprefix signer/batch/,state.c archive.c history.c issuers.c certifier.c recheck.c standing.c own_batch.c planner.c plan_requests.c \
    witness.c vouching.c untold.c sealed.c own_key.c sealing.c outcomes.c lint_plan.c signing.c results.c list_file.c responses_sign.c \
    bundle.c export.c)
LOG += signer/log/course.c
LOG += signer/log/head_text.c
LOG += signer/log/missing.c
STATE += signer/batch/untold_ceremonies.c
STATE += signer/batch/untold_keys.c
STATE += signer/batch/kept_policy.c
POLICY_LIB := policy/policy.c policy/print.c
POLICYC := $(addprefix policy/,policyc.c folder.c yaml.c schema.c build.c build_authority.c build_key.c build_issuer.c build_services.c build_terms.c \
    build_identity.c build_people.c emit.c scalar.c where.c)
SIGNER := $(addprefix signer/,main.c banner.c steps.c cmd_plan.c cmd_crl.c cmd_ocsp.c cmd_sign.c cmd_export.c cmd_run.c cmd_policy.c \
    cmd_status.c)
# a ceremony by its file; the script is read by what policyc reads policies with
ROOM_PARTS := $(addprefix policy/,yaml.c where.c scalar.c) $(addprefix ceremony/room/,script_yaml.c script.c script_people.c \
    script_media.c script_steps.c transcript.c tee.c people.c past.c log_lines.c)
ROOM_PARTS += ceremony/officer/typed.c ceremony/room/certify_spec.c
ROOM_PARTS += ceremony/room/request.c
ROOM := $(addprefix ceremony/room/,run.c enter.c walk.c steps.c step_time.c step_chain.c step_init.c step_keys.c step_medium.c stick.c)
ROOM += ceremony/room/over.c
ROOM += $(addprefix ceremony/room/,anchor_tbs.c anchor_file.c certify.c certify_file.c certify_tbs.c \
    officers.c brought.c step_root.c step_cross.c step_subca.c step_batch.c) signer/steps.c
# what an officer is shown, types and signs, by commands and in ceremonies
OFFICER := $(addprefix ceremony/officer/,officer.c summary.c summary_item.c summary_table.c own_letters.c)
# a signature in a process of its own, by a key on a person's own token
OWN_TOKEN := $(addprefix ceremony/officer/,apart.c own_token.c)
OFFICER += $(OWN_TOKEN)
CEREMONY := signer/banner.c $(ROOM_PARTS) $(ROOM) $(OFFICER) $(addprefix ceremony/,main.c cmd_init.c cmd_keygen.c cmd_root.c cmd_run.c cmd_rehearse.c rehearsal.c \
    cmd_authorise.c cmd_show.c cmd_policy.c cmd_enrol.c confirm.c keys.c)
CEREMONY += $(addprefix ceremony/,cmd_keys.c cmd_destroy.c cmd_transfer.c cmd_replace.c token_begin.c) \
    $(addprefix ceremony/room/,make_key.c end_intent.c end_key.c move_key.c replace_token.c known_token.c inventory.c inventory_rows.c step_tokens.c)
AUDIT_PARTS := $(addprefix ceremony/audit/,verify.c audit.c finding.c head.c keys.c seals.c folder.c batches.c approvals.c \
    officers.c carried.c answers.c statuses.c responses.c bundles.c bundle_lists.c ceremonies.c certifies.c sweep.c report.c standing_list.c)
# policies that the programs were built with once are read as policyc reads them
AUDIT_PARTS += ceremony/audit/witnesses.c ceremony/audit/policies.c $(filter-out policy/policyc.c policy/emit.c,$(POLICYC))
AUDIT_PARTS += ceremony/audit/tokens.c ceremony/audit/consistency.c
AUDIT_PARTS += ceremony/audit/transcripts.c
AUDIT_PARTS += ceremony/audit/transcript_ends.c
AUDIT_PARTS += ceremony/audit/minutes_again.c
AUDIT_PARTS += ceremony/audit/signatures.c
AUDIT_PARTS += ceremony/audit/issued.c ceremony/audit/workers.c ceremony/audit/log_alone.c
AUDIT_PARTS += ceremony/audit/records.c
AUDIT_PARTS += $(addprefix ceremony/audit/,evidence.c evidence_collect.c evidence_archive.c evidence_file.c evidence_check.c)
AUDIT_PARTS += ceremony/audit/evidence_decide.c
AUDIT_PARTS += $(addprefix ceremony/audit/,note.c checkpoint.c tiles.c shelf.c shown.c publish.c published.c)
AUDIT := $(AUDIT_PARTS) ceremony/audit/cmd_tiles.c ceremony/audit/cmd_check_tiles.c $(addprefix ceremony/audit/,main.c cmd_verify.c cmd_replay.c cmd_status.c cmd_eseal.c cmd_consistency.c cmd_evidence.c cmd_check_evidence.c eseal_list.c)
RA_PARTS := $(addprefix ceremony/ra/,desk.c own.c foresee.c lines.c ident.c csv.c form.c manifest.c result.c anchors.c bundle_read.c \
    chain.c answers.c answer_issued.c answer_seal.c answer_status.c answer_list.c copies.c changes.c certificate.c import.c ocsp_tree.c \
    results_csv.c layout.c spool.c group.c addition.c draft.c draft_files.c table.c words.c)
RA_PARTS += ceremony/ra/running.c
RA_PARTS += ceremony/ra/seen_effects.c ceremony/ra/known_seals.c
RA_PARTS += $(addprefix ceremony/ra/,cmc_parse.c cmc_draft.c cmc_match.c cmc_status.c cmc_answer.c cmc_write.c)
RA_PARTS += ceremony/ra/cmc_keep.c ceremony/ra/cmc_repeat.c
include ceremony/ra/db.mk
RA := $(RA_PARTS) $(RA_DB) $(addprefix ceremony/ra/,main.c cmd_new.c cmd_add.c cmd_approve.c cmd_check.c cmd_show.c cmd_import.c cmd_ocsp_tree.c)
RA += $(addprefix ceremony/ra/,cmd_cmc_in.c cmd_cmc_out.c)
RA += ceremony/ra/cmd_remove.c
RA += ceremony/ra/person.c $(OWN_TOKEN)

# What needs no token, and what does. The auditor's program is linked without the second; of the RA's, approving uses it.
COMMON := $(CORE) $(PKI) $(LOG) $(BATCH) $(POLICY_LIB)
TOKEN := $(HSM) $(STATE)

objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
PROGRAMS := $(addprefix $(BIN)/,signer ceremony audit ra)
LIBS_COMMON := -lsqlite3 -ljansson -lseccomp -lcrypto
LIBS_TOKEN := -lp11 -lp11-kit $(LIBS_COMMON) -lpthread
VECTORS ?= $(abspath ../shared/vectors)

all: $(PROGRAMS) $(B)/policyc modules

include images/softhsm-sm2/softhsm-sm2.mk
include ceremony/audit/page.mk
include ceremony/room/minutes.mk
include ceremony/audit/evidence.mk
include ceremony/po/po.mk
include images/image.mk
include images/init/init.mk
include tests/hsm/hsm.mk
include tests/crash/crash.mk
include tests/defects/defects.mk
include tests/pty/pty.mk
modules: $(SOFTHSM_SM2)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libcommon.a: $(call objects,$(COMMON))
$(B)/libtoken.a: $(call objects,$(TOKEN))
%.a:
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(B)/policyc: $(call objects,$(POLICYC)) $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcyaml -lyaml $(LIBS_COMMON)

# Compiled anew each time and kept when it is the same: another POLICY, or a new certificate in it, must never be missed.
$(BIN)/policy_table.c: $(B)/policyc policy/training.pl FORCE
	@mkdir -p $(@D)
	$(Q)$(if $(TRAINING),policy/training.pl $(POLICY) $(BIN)/policy && )$(B)/policyc -o $@.new $(if $(TRAINING),$(BIN)/policy,$(POLICY))
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
FORCE:

$(BIN)/policy_table.o: $(BIN)/policy_table.c policy/policy.h
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BIN)/signer: $(call objects,$(SIGNER)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TOKEN)
$(BIN)/ceremony: $(call objects,$(CEREMONY)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcyaml -lyaml $(LIBS_MINUTES) $(LIBS_TOKEN)
$(BIN)/audit: $(call objects,$(AUDIT)) $(BIN)/policy_table.o $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcyaml -lyaml $(LIBS_MINUTES) $(LIBS_COMMON)
$(BIN)/ra: $(call objects,$(RA)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_DB) $(LIBS_TOKEN)

# -- tests --

# tests/unit/suites.h lists them once, for the compiler and for us.
SUITES := $(shell sed -n 's/^ *X(\([a-z0-9_]*\)).*/\1/p' tests/unit/suites.h)
CHECK := tests/check.c tests/jobs.c $(addprefix tests/unit/,expect.c help_pki.c help_crl.c help_ocsp.c help_text.c \
    help_bundle.c help_bundle_policy.c help_bundle_log.c help_batch.c help_lint.c help_audit.c help_index.c help_log.c help_minutes.c help_report.c sample_records.c help_eseal.c sample_policy.c memory.c memory_sweep.c \
    mutants.c token.c $(SUITES:%=test_%.c))
CHECK += tests/unit/help_cmc.c
CHECK += tests/unit/help_evidence.c
CHECK += tests/unit/help_change.c

# tests/unit/test_request_take_in.c stands in front of this one.
WRAP_STEP := -Wl$(comma)--wrap=step_run

# tests/unit/memory.c stands in front of these.
WRAP_MEMORY := $(foreach f,malloc calloc realloc reallocarray strdup EVP_DigestSign EVP_DigestVerify EVP_DigestVerifyUpdate \
    EVP_DigestVerifyFinal EVP_PKEY_verify CMS_SignerInfo_verify,-Wl$(comma)--wrap=$(f))

$(B)/test/check: $(call objects,$(CHECK) $(INIT_PARTS) $(ROOM_PARTS) $(RA_PARTS) $(RA_DB) $(AUDIT_PARTS)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP_MEMORY) $(WRAP_STEP) -o $@ $^ -lcyaml -lyaml -lcheck -lsubunit -lm -lrt -lutil $(LIBS_MINUTES) $(LIBS_DB) $(LIBS_TOKEN)

-include $(patsubst %.o,%.d,$(call objects,$(COMMON) $(TOKEN) $(POLICYC) $(SIGNER) $(CEREMONY) $(AUDIT) $(RA) $(CHECK)))

include tests/bad/bad.mk
include tests/status/status.mk
include tests/fraud/fraud.mk

include tests/fuzz/fuzz.mk
include tests/import/import.mk
include tests/bench/bench.mk
include tests/cover/cover.mk
include tests/valgrind/valgrind.mk

# These install what is missing first, and so begin anew with a make that sees the compiler. All cores build.
ON_ALL_CORES = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc))
demo: packages
	$(Q)$(ON_ALL_CORES) run-demo
check: packages test-packages
	$(Q)$(ON_ALL_CORES) run-check

run-demo: all
	$(Q)ROOTSEAL_BUILD=$(B) bash tests/demo.sh
# RTLD_DEEPBIND and AddressSanitizer refuse each other: see images/softhsm-sm2/README.md.
PRELOAD := $(if $(SAN),LD_PRELOAD="$(shell $(CC) -print-file-name=libasan.so) $(CURDIR)/$(B)/softhsm-sm2-inner.so")
run-check: all $(B)/test/check $(SOFTHSM_SM2_PROBE) $(FAULTY) $(FUZZ_IN_CHECK)
	$(Q)ROOTSEAL_BUILD=$(B) ROOTSEAL_MODULE=$(CURDIR)/$(B)/softhsm-sm2.so ROOTSEAL_VECTORS=$(VECTORS) \
	    $(PRELOAD) $(B)/test/check $(ONLY)

# -- packages: everything a fresh Debian 12 lacks --

PACKAGES := gcc make libc6-dev pkgconf libssl-dev libp11-dev libp11-kit-dev libjansson-dev libcyaml-dev libyaml-dev \
    libsqlite3-dev libseccomp-dev libqrencode-dev gettext softhsm2 libsofthsm2 openssl opensc $(DB_PACKAGES)
TEST_PACKAGES := check xz-utils python3-pyasn1-modules libsubunit-dev faketime strace valgrind gnutls-bin libengine-pkcs11-openssl mandoc xxd procps git jq \
    mount shellcheck sqlite3 perl patch libxml2-utils $(FUZZ_PACKAGES) $(STATUS_PACKAGES) $(DB_TEST_PACKAGES)
install_missing = missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q '^install ok' \
    || echo $$p; done); [ -z "$$missing" ] || { sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
    $$sudo apt-get -qq update && DEBIAN_FRONTEND=noninteractive $$sudo apt-get -qq install -y --no-install-recommends \
    $$missing >/dev/null; }
packages:
	@$(call install_missing,$(PACKAGES))
test-packages: packages # one apt-get at a time, under make -j too
	@$(call install_missing,$(TEST_PACKAGES))

# -- lint: cppcheck, clang-tidy with .clang-tidy, shellcheck; every finding is shown, any of them fails --

LINT_PACKAGES := cppcheck clang-tidy shellcheck
LINT_DIRS := signer ceremony policy images tests
LINT_SCRIPT := ^\#!.*/(env )?(ba)?sh( |$$)|^\# shellcheck shell=

lint: packages test-packages
	@$(call install_missing,$(LINT_PACKAGES))
	$(Q)$(MAKE) --no-print-directory run-lint

# One file to a clang-tidy: version 14 given several finds faults in va_list that are not there.
run-lint:
	$(Q)bad=0; \
	cppcheck -q --std=c11 --enable=warning,performance,portability --error-exitcode=1 -Isigner -I. -Iceremony \
	    -Itests/unit -Itests --suppress=missingIncludeSystem --inline-suppr $(LINT_DIRS) || bad=1; \
	find $(LINT_DIRS) -name '*.c' -print0 | xargs -0 -n1 -P2 sh -c 'out=$$(clang-tidy --quiet "$$1" -- \
	    -std=c17 -D_GNU_SOURCE $(CPPFLAGS) -Itests/unit -Itests 2>&1) || { printf "%s\n" "$$out"; exit 1; }' sh || bad=1; \
	grep -rIlEZ '$(LINT_SCRIPT)' $(LINT_DIRS) | xargs -0 -n4 -P2 shellcheck -x -P SCRIPTDIR || bad=1; \
	exit $$bad

# -- installing --

MAN1 := signer/signer.1 ceremony/ceremony.1 ceremony/audit/audit.1 ceremony/ra/ra.1 policy/policyc.1
MAN5 := ceremony/rootseal-ceremony.5 $(MAN_DB) policy/rootseal-policy.5 signer/rootseal-formats.5
MAN7 := signer/rootseal-errors.7
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(addprefix $(DESTDIR)$(PREFIX)/share/man/man,1 5 7)
	for p in signer ceremony audit ra; do install -m755 $(BIN)/$$p $(DESTDIR)$(PREFIX)/bin/rootseal-$$p; done
	install -m755 $(B)/policyc $(DESTDIR)$(PREFIX)/bin/rootseal-policyc
	for m in $(MAN1); do install -m644 $$m $(DESTDIR)$(PREFIX)/share/man/man1/rootseal-$${m##*/}; done
	install -m644 $(MAN5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m644 $(MAN7) $(DESTDIR)$(PREFIX)/share/man/man7

clean:
	rm -rf build


.PHONY: FORCE all modules demo check run-demo run-check packages test-packages lint run-lint install clean
.DELETE_ON_ERROR:
