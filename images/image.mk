# The appliance's image. The including Makefile sets B and BIN (the build folders), CC, WARNINGS, MAKE's helpers and
# PACKAGES.
#
#   make image          the production image: build/image/production/rootseal.iso
#   make image MODE=training        the one for training: build/image/training/rootseal.iso
#   make image MODULE_CERT=CERT     takes vendors' PKCS#11 modules from sticks that this certificate's key has signed
#   make image SB_KEY=KEY SB_CERT=CERT      signed for Secure Boot, too: rootseal-signed.efi and rootseal-signed.iso
#   make image-lock     which packages it is made of, anew
#   make image-sums     builds both, and writes images/SHA256SUMS and images/WORDS
#   make image-verify   builds both, and compares them with images/SHA256SUMS
#   make check-image    tests both under qemu (ONLY=WORD, PATIENCE=N as for make check)

MODE ?= production
MODULE_CERT ?=
export MODULE_CERT
SB_KEY ?=
SB_CERT ?=

IMAGE := $(B)/image
IMAGE_BUILD := images/build
IMAGE_PACKAGES := binutils cpio cryptsetup-bin dosfstools grub-common grub-pc-bin kmod mtools perl \
    sbsigntool squashfs-tools systemd-boot-efi xorriso zstd
IMAGE_TEST_PACKAGES := openssl ovmf qemu-system-x86 seabios util-linux

OPENER := $(addprefix images/opener/,main.c say.c modules.c medium.c verity.c root.c)

# Static and on its own: in the initrd is nothing else that it could be linked to.
$(IMAGE)/opener: $(OPENER) images/opener/opener.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O2 -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) \
	    $(HARDENING) -static-pie -Wl,-z,relro,-z,now,-z,noexecstack -o $@ $(OPENER)

$(IMAGE)/words: $(IMAGE_BUILD)/words.c $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_COMMON)

$(IMAGE)/packages.done: images/image.lock $(addprefix $(IMAGE_BUILD)/,environment.sh fetch.sh unpack.sh)
	@mkdir -p $(@D)
	$(Q)$(IMAGE_BUILD)/fetch.sh $(IMAGE)/debs
	$(Q)$(IMAGE_BUILD)/unpack.sh $(IMAGE)/debs $(IMAGE)/packages
	@touch $@

image_parts = $(IMAGE)/packages.done $(IMAGE_BUILD)/environment.sh images/image.lock

# The programs of a training say of themselves that they are, and so they are built apart, from the same sources.
TRAINING_BIN := $(IMAGE)/training/bin
image_bin = $(if $(filter training,$(1)),$(TRAINING_BIN),$(BIN))
$(IMAGE)/training/programs: FORCE
	@mkdir -p $(@D)
	$(Q)$(MAKE) --no-print-directory TRAINING=1 BIN=$(TRAINING_BIN) $(addprefix $(TRAINING_BIN)/,signer ceremony audit)
	@cd $(TRAINING_BIN) && sha256sum signer ceremony audit > ../programs.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(IMAGE)/training/root.img: $(IMAGE)/training/programs

# What differs between the modes is in a folder of its own.
$(IMAGE)/%/root.img: $(PROGRAMS) $(SOFTHSM_SM2) $(IMAGE)/init images/root.txt $(MODULE_CERT) \
    $(addprefix $(IMAGE_BUILD)/,root.sh libraries.sh squashfs.sh) $(image_parts)
	@mkdir -p $(@D)
	$(Q)$(IMAGE_BUILD)/root.sh $(IMAGE)/packages $(call image_bin,$*) $(IMAGE)/init $* $(@D)/root $(B)
	$(Q)$(IMAGE_BUILD)/squashfs.sh $(@D)/root $@ $(@D)/verity
$(IMAGE)/%/initrd.img: $(IMAGE)/%/root.img $(IMAGE)/opener images/modules.txt $(IMAGE_BUILD)/initrd.sh
	$(Q)$(IMAGE_BUILD)/initrd.sh $(IMAGE)/packages $(IMAGE)/opener $(@D)/verity $@
$(IMAGE)/%/cmdline: images/cmdline.txt $(IMAGE_BUILD)/cmdline.sh
	@mkdir -p $(@D)
	$(Q)$(IMAGE_BUILD)/cmdline.sh $* > $@
$(IMAGE)/%/rootseal.efi: $(IMAGE)/%/initrd.img $(IMAGE)/%/cmdline $(addprefix $(IMAGE_BUILD)/,uki.sh pe_stamp.pl)
	$(Q)$(IMAGE_BUILD)/uki.sh $(IMAGE)/packages $(@D) $@
$(IMAGE)/%/grub.bios: $(IMAGE)/%/rootseal.efi $(IMAGE_BUILD)/grub.sh
	$(Q)$(IMAGE_BUILD)/grub.sh $< $@
$(IMAGE)/%/rootseal-signed.efi: $(IMAGE)/%/rootseal.efi $(SB_KEY) $(SB_CERT) $(IMAGE_BUILD)/sign.sh
	$(Q)$(IMAGE_BUILD)/sign.sh "$(SB_KEY)" "$(SB_CERT)" $< $@

# Where things lie in the UKI does not change when it is signed: the signature stands behind them.
iso = $(IMAGE_BUILD)/iso.sh $(1) $(@D)/grub.bios $(@D)/root.img $@
$(IMAGE)/%/rootseal.iso: $(IMAGE)/%/rootseal.efi $(IMAGE)/%/grub.bios $(IMAGE_BUILD)/iso.sh
	$(Q)$(call iso,$<)
$(IMAGE)/%/rootseal-signed.iso: $(IMAGE)/%/rootseal-signed.efi $(IMAGE)/%/grub.bios $(IMAGE_BUILD)/iso.sh
	$(Q)$(call iso,$<)
# The page that officers compare its words with.
$(IMAGE)/%/rootseal.html: $(IMAGE)/%/rootseal.iso $(IMAGE)/words $(IMAGE_BUILD)/page.sh
	$(Q)$(IMAGE_BUILD)/page.sh $(IMAGE)/words $< $* > $@
# What lies between is kept. Named one by one: without names this would hold for every file of every rule.
.SECONDARY: $(foreach m,production training,$(addprefix $(IMAGE)/$(m)/,root.img initrd.img cmdline grub.bios rootseal.efi \
    rootseal-signed.efi))

image_files = $(addprefix $(IMAGE)/$(1)/,rootseal.iso rootseal.efi)
IMAGE_SIGNED := $(if $(SB_KEY),$(IMAGE)/$(MODE)/rootseal-signed.iso)

# Which of the packages that build it and start it under qemu are not installed.
image-missing:
	@for p in $(IMAGE_PACKAGES) $(IMAGE_TEST_PACKAGES); do \
	    dpkg-query -W -f '$${Status}' $$p 2> /dev/null | grep -q '^install ok' || echo $$p; done
image-fetch:
	@mkdir -p $(IMAGE)
	$(Q)$(IMAGE_BUILD)/fetch.sh $(IMAGE)/debs
image-packages: packages
	@$(call install_missing,$(IMAGE_PACKAGES))
image: image-packages
	$(Q)$(ON_ALL_CORES) run-image
run-image: all $(IMAGE)/words $(call image_files,$(MODE)) $(IMAGE_SIGNED) $(IMAGE)/$(MODE)/rootseal.html
	$(Q)$(IMAGE_BUILD)/told.sh $(IMAGE)/words $(IMAGE)/$(MODE)

image-lock: image-packages
	$(Q)$(IMAGE_BUILD)/lock.sh gcc-12 $(PACKAGES) $(IMAGE_PACKAGES)

image-sums image-verify: image-packages
	$(Q)$(ON_ALL_CORES) run-$@
run-image-sums run-image-verify: all $(IMAGE)/words $(foreach m,production training,$(call image_files,$(m)))
	$(Q)$(IMAGE_BUILD)/$(@:run-image-%=%).sh $(IMAGE)

check-image: image-packages test-packages
	@$(call install_missing,$(IMAGE_TEST_PACKAGES))
	$(Q)$(ON_ALL_CORES) run-check-image
run-check-image: all $(foreach m,production training,$(call image_files,$(m)))
	$(Q)ROOTSEAL_BUILD=$(B) tests/image/run.pl $(ONLY)

.PHONY: image image-missing image-fetch image-packages run-image image-lock image-sums image-verify run-image-sums run-image-verify check-image \
    run-check-image
