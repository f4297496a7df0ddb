# The person at a terminal, whom cases and scripts let type. The including Makefile sets CC, CFLAGS, LDFLAGS, B and Q.

PTY := $(B)/test/pty
pty_dir := $(dir $(lastword $(MAKEFILE_LIST)))

$(PTY): $(addprefix $(pty_dir),pty.c screen.c screen.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) -lutil

# Whoever runs a case has built the runner of all tests, and this with it.
$(B)/test/check: | $(PTY)
