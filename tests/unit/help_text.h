/* help_text.h - characters to show, and what was shown read back. */
#ifndef ROOTSEAL_TESTS_HELP_TEXT_H
#define ROOTSEAL_TESTS_HELP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* UTF-8 without the checks of the code under test: surrogates too come out, as three bytes. */
size_t help_utf8(uint32_t cp, uint8_t out[4]);

/* Undo text_escape(). Fails the running test when it is no such text. */
size_t help_unescape(const char *s, uint8_t *out);

#endif
