# make fuzz: libFuzzer over everything that reads what strangers write. The product is built once more by clang, with
# coverage for the fuzzer and both sanitizers, into build/fuzz.
#
#   make fuzz                          the corpus again, then 100,000 new inputs for each target
#   make fuzz RUNS=N TARGET=WORD       N inputs for each target whose name contains the word
#   make fuzz LIMIT=S                  at most S seconds for a target (300)
#   make fuzz-sample                   make sample/ and the seeds (corpus/*/good-*) anew, after a change of a format

FUZZ_PACKAGES := clang libclang-rt-14-dev
FUZZ_TARGETS := der csv seal eseal batch log plan csr cert approval bundle policy script crl ocsp
FUZZ_TARGETS += cmc
FUZZ_TARGETS += checkpoint
FUZZ_TARGETS += evidence
FUZZ_B := build/fuzz
RUNS ?= 100000
LIMIT ?= 300
TARGET ?=

FUZZ_SANITIZE := address$(comma)undefined
FUZZ_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -fno-common \
    $(WARNINGS) -Wno-missing-field-initializers

FUZZ_PARTS := $(COMMON) $(filter-out policy/policyc.c,$(POLICYC)) $(filter ceremony/room/script%,$(ROOM_PARTS)) $(RA_PARTS)
FUZZ_PARTS += $(addprefix ceremony/audit/,note.c checkpoint.c evidence.c evidence_file.c evidence_check.c) $(B)/evidence_script.c
FUZZ_PARTS += ceremony/audit/evidence_decide.c ceremony/audit/issued.c
FUZZ_HELP := $(addprefix tests/unit/,help_bundle.c help_bundle_policy.c help_bundle_log.c help_crl.c help_ocsp.c help_pki.c help_eseal.c sample_records.c expect.c)
FUZZ_HELP += tests/unit/help_cmc.c
FUZZ_HELP += tests/unit/help_evidence.c
fuzz_objects = $(patsubst %.c,$(FUZZ_B)/obj/%.o,$(1))

$(FUZZ_B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) -Itests/unit $(FUZZ_CFLAGS) $(FUZZ_WATCH) -MMD -MP -c -o $@ $<
FUZZ_WATCH = -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE)
# These look at each byte, or at a key's remainders: the fuzzer learns nothing from the comparisons, which cost the most.
FUZZ_LOOPS := $(addprefix signer/,$(addprefix core/,text.c json.c json_quick.c buf.c base64.c) pki/key_weak.c)
$(call fuzz_objects,$(FUZZ_LOOPS)): FUZZ_WATCH += -fno-sanitize-coverage=trace-cmp
# The fuzzer shall find its way in the product alone; and the pool touches what nobody else may.
$(addprefix $(FUZZ_B)/obj/tests/fuzz/,fuzz.o known_keys.o): FUZZ_WATCH = -fsanitize=$(FUZZ_SANITIZE)
$(FUZZ_B)/obj/tests/fuzz/pool.o: FUZZ_WATCH =
# The seeds are for the shipped policy, whatever POLICY is.
$(FUZZ_B)/policy_table.c: $(B)/policyc $(wildcard policy/*.yaml)
	@mkdir -p $(@D)
	$(Q)$< -o $@ policy
$(FUZZ_B)/obj/policy_table.o: $(FUZZ_B)/policy_table.c policy/policy.h
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=$(FUZZ_SANITIZE) -c -o $@ $<
$(FUZZ_B)/lib.a: $(call fuzz_objects,$(FUZZ_PARTS) $(FUZZ_HELP)) $(FUZZ_B)/obj/policy_table.o
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

# Archives where there are any: the linker can put nothing in front of what a shared library calls.
FUZZ_LIBS := -lsqlite3 -lseccomp -l:libcyaml.a -l:libyaml.a -l:libjansson.a -l:libcrypto.a -lcheck -lsubunit -lm -lrt -lpthread -ldl
FUZZ_OWN := $(addprefix tests/fuzz/,fuzz.c pool.c known_keys.c)
FUZZ_WRAP := $(addprefix -Wl$(comma)--wrap=,alg_verify OSSL_DECODER_CTX_new_for_pkey OSSL_DECODER_from_data \
    OSSL_DECODER_CTX_free malloc calloc realloc reallocarray strdup strndup free)
$(addprefix $(FUZZ_B)/,$(FUZZ_TARGETS) faulty): $(FUZZ_B)/%: $(FUZZ_B)/obj/tests/fuzz/%.o $(call fuzz_objects,$(FUZZ_OWN)) $(FUZZ_B)/lib.a
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer,$(FUZZ_SANITIZE) $(FUZZ_WRAP) -o $@ $^ $(FUZZ_LIBS)
$(FUZZ_B)/sample: $(FUZZ_B)/obj/tests/fuzz/sample.o $(FUZZ_B)/lib.a
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=$(FUZZ_SANITIZE) -o $@ $^ $(FUZZ_LIBS)

-include $(patsubst %.o,%.d,$(call fuzz_objects,$(FUZZ_PARTS) $(FUZZ_HELP) $(FUZZ_OWN) $(addprefix tests/fuzz/,sample.c faulty.c $(FUZZ_TARGETS:%=%.c))))

# Nobody who asks for other tests waits for the build.
FUZZ_IN_CHECK := $(if $(or $(if $(ONLY),,all),$(findstring fuzz,$(ONLY))),$(addprefix $(FUZZ_B)/,$(FUZZ_TARGETS) faulty))

fuzz-packages: test-packages
	@$(call install_missing,$(FUZZ_PACKAGES))
fuzz: packages test-packages fuzz-packages
	$(Q)$(MAKE) --no-print-directory run-fuzz
fuzz-targets: $(addprefix $(FUZZ_B)/,$(FUZZ_TARGETS) faulty)
run-fuzz: fuzz-targets
	$(Q)ROOTSEAL_VECTORS=$(VECTORS) bash tests/fuzz/run.sh $(FUZZ_B) $(RUNS) $(LIMIT) $(TARGET)
fuzz-sample: packages test-packages fuzz-packages
	$(Q)$(MAKE) --no-print-directory $(FUZZ_B)/sample
	$(Q)$(FUZZ_B)/sample tests/fuzz

.PHONY: fuzz-packages fuzz fuzz-targets run-fuzz fuzz-sample
