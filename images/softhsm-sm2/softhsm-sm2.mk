# The software token that signs SM2: two libraries and the client that tests them.
# The including Makefile sets CC, CFLAGS (with warnings) and B (the build folder).

softhsm_sm2_dir := $(dir $(lastword $(MAKEFILE_LIST)))
softhsm_sm2_arch := $(shell $(CC) -print-multiarch 2>/dev/null)
softhsm_sm2_tests := $(softhsm_sm2_dir)../../tests/hsm/

# Where Debian puts libsofthsm2.so: the multiarch folder, and the older one that links to it.
softhsm_sm2_where := $(if $(softhsm_sm2_arch),/usr/lib/$(softhsm_sm2_arch)/softhsm) /usr/lib/softhsm

# Stock clients load these libraries, and they have no sanitizer runtime: build without, always.
softhsm_sm2_cflags = $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS)) -fPIC -fvisibility=hidden
softhsm_sm2_ldflags := -shared -Wl,-z,relro,-z,now,-z,defs

SOFTHSM_SM2 := $(B)/softhsm-sm2.so $(B)/softhsm-sm2-inner.so
SOFTHSM_SM2_PROBE := $(B)/test/sm2probe

# --no-as-needed: the inner calls nothing in libsofthsm2.so, it only has to bring it in.
$(B)/softhsm-sm2-inner.so: $(softhsm_sm2_dir)inner.c $(softhsm_sm2_dir)inner.h
	@mkdir -p $(@D)
	$(CC) $(softhsm_sm2_cflags) $(softhsm_sm2_ldflags) -Wl,-soname,softhsm-sm2-inner.so -o $@ $< \
	    $(foreach d,$(softhsm_sm2_where),-L$(d) -Wl,-rpath,$(d)) \
	    -Wl,--no-as-needed -l:libsofthsm2.so -lcrypto

$(B)/softhsm-sm2.so: $(softhsm_sm2_dir)module.c $(softhsm_sm2_dir)inner.h $(B)/softhsm-sm2-inner.so
	@mkdir -p $(@D)
	$(CC) $(softhsm_sm2_cflags) $(softhsm_sm2_ldflags) -Wl,-soname,softhsm-sm2.so \
	    -isystem /usr/include/p11-kit-1 -o $@ $<

$(B)/test/sm2probe: $(addprefix $(softhsm_sm2_tests),sm2probe.c sm2refuse.c sm2probe.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -isystem /usr/include/p11-kit-1 -pie -o $@ $(filter %.c,$^) -lcrypto
