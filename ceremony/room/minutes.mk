# The minutes of a ceremony, and how they look printed. The including Makefile sets CC, CFLAGS, B and Q.
#
#   make check-minutes   minutes printed to PDF by a browser and looked at by programs; KEEP=DIR leaves the pages there as pictures

MINUTES := $(addprefix ceremony/room/,qr.c sheet.c sheet_html.c sheet_text.c minutes.c minutes_telling.c minutes_front.c minutes_steps.c \
    minutes_log.c minutes_facts.c minutes_archive.c minutes_sign.c)
CEREMONY += $(MINUTES)
LIBS_MINUTES := -lqrencode
