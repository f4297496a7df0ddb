# Rootseal. `make` builds the programs into build/; `make demo` and `make check` also install what they need.
#
#   POLICY=DIR   the folder of policy files that is compiled in       (policy)
#   BIN=DIR      where programs and the compiled policy go            (build)
#   SAN=1        a build with address and undefined-behaviour sanitizers, in build/san
#   V=1          show the commands
#   DESTDIR, PREFIX   for make install                                 (/usr/local)

SAN ?=
Q := $(if $(V),,@)
CC = gcc
B := build$(if $(SAN),/san)
BIN ?= $(B)
POLICY ?= policy
PREFIX ?= /usr/local
DESTDIR ?=

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -fno-common
comma := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
FORTIFY := $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CFLAGS = -std=c17 -D_GNU_SOURCE -O2 -g $(FORTIFY) -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) $(HARDENING) $(SANITIZE)
CPPFLAGS = -Isigner -I. -Iceremony -isystem /usr/include/p11-kit-1
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SANITIZE)

CORE := $(addprefix signer/core/,err.c diag.c text.c buf.c digest.c base64.c clock.c json.c file.c map.c set.c words.c \
    cli.c)
PKI := $(addprefix signer/pki/,alg.c sm2.c key.c key_weak.c csr.c cms.c cms_ids.c cms_sign.c pem.c cert.c der.c der_write.c \
    name.c san.c tbs.c lint.c lint_extensions.c show.c p7b.c)
LOG := $(addprefix signer/log/,merkle.c record.c position.c reader.c append.c seal.c index.c index_rows.c query.c)
HSM := $(addprefix signer/hsm/,pin.c uri.c vendor.c ckr.c hsm.c login.c lookup.c object.c data.c keygen.c sign.c pool.c)
BATCH := $(addprefix signer/batch/,header.c request.c intake.c approval.c decide.c plan_write.c plan_read.c)
STATE := $(addprefix signer/batch/,state.c archive.c history.c certify.c planner.c authorise.c witness.c sealing.c outcomes.c \
    signing.c results.c bundle.c export.c)
POLICY_LIB := policy/policy.c policy/print.c
POLICYC := $(addprefix policy/,policyc.c schema.c build.c build_authority.c build_key.c build_people.c emit.c scalar.c \
    where.c)
SIGNER := $(addprefix signer/,main.c cmd_plan.c cmd_sign.c cmd_export.c cmd_run.c cmd_policy.c cmd_status.c)
CEREMONY := $(addprefix ceremony/,main.c cmd_init.c cmd_keygen.c cmd_root.c cmd_authorise.c cmd_show.c summary.c)
AUDIT := $(addprefix ceremony/audit/,main.c)
RA := $(addprefix ceremony/ra/,main.c)

# What needs no token, and what does. The auditor's and the RA's programs are linked without the second.
COMMON := $(CORE) $(PKI) $(LOG) $(BATCH) $(POLICY_LIB)
TOKEN := $(HSM) $(STATE)

objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
PROGRAMS := $(addprefix $(BIN)/,signer ceremony audit ra)
MAN := signer/signer.1 ceremony/ceremony.1 ceremony/audit/audit.1 ceremony/ra/ra.1 policy/policyc.1 \
    policy/rootseal-policy.5 signer/rootseal-formats.5

all: $(PROGRAMS) $(B)/policyc modules

include images/softhsm-sm2/softhsm-sm2.mk
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
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcyaml -lyaml -ljansson -lcrypto

$(BIN)/policy_table.c: $(B)/policyc $(wildcard $(POLICY)/*.yaml) $(wildcard $(POLICY)/people/*)
	@mkdir -p $(@D)
	$(Q)$(B)/policyc -o $@ $(POLICY)

$(BIN)/policy_table.o: $(BIN)/policy_table.c policy/policy.h
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BIN)/signer: $(call objects,$(SIGNER)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lp11 -lp11-kit -lsqlite3 -ljansson -lcrypto -lpthread
$(BIN)/ceremony: $(call objects,$(CEREMONY)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lp11 -lp11-kit -lsqlite3 -ljansson -lcrypto -lpthread
$(BIN)/audit: $(call objects,$(AUDIT)) $(BIN)/policy_table.o $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lsqlite3 -ljansson -lcrypto
$(BIN)/ra: $(call objects,$(RA)) $(BIN)/policy_table.o $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lsqlite3 -ljansson -lcrypto

-include $(patsubst %.o,%.d,$(call objects,$(COMMON) $(TOKEN) $(POLICYC) $(SIGNER) $(CEREMONY) $(AUDIT) $(RA)))

clean:
	rm -rf build

.PHONY: all modules clean
.DELETE_ON_ERROR:
