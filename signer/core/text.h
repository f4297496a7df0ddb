/* text.h - untrusted text made safe to look at. */
#ifndef ROOTSEAL_CORE_TEXT_H
#define ROOTSEAL_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write n bytes of in to out as printable ASCII (0x20..0x7e) and a final NUL. A well-formed
 * UTF-8 character outside that range becomes \u{HEX} (code point, upper-case hexadecimal without
 * leading zeros), any other byte \x{HH}, a backslash \\: so the escape of a text that was not
 * cut can be undone. When out is too small the text is cut at a whole escape and ends in "...".
 * cap is at least 4. Returns the length written, without the NUL. */
size_t text_escape(char *out, size_t cap, const void *in, size_t n);

/* The same, but Chinese characters and their punctuation stay as they are: for a text whose words are the catalogue's
 * (core/i18n.h). */
size_t text_escape_chinese(char *out, size_t cap, const void *in, size_t n);

/* True when s ends within cap bytes and has no other characters than text_escape_chinese() leaves. */
bool text_is_escaped_chinese(const char *s, size_t cap);

/* Decode one UTF-8 character (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 * Returns its length in bytes and sets *cp, or 0 when the bytes are not well-formed or n is 0. */
size_t text_utf8_next(const uint8_t *in, size_t n, uint32_t *cp);

/* True when all n bytes are well-formed UTF-8. */
bool text_is_utf8(const void *in, size_t n);

/* True for a code point that may stand in a name. Not so: control characters, bidirectional and
 * other format characters, separators other than U+0020, surrogates, private use, noncharacters,
 * and all that is drawn as nothing (fillers, variation selectors, tags). */
bool text_is_plain(uint32_t cp);

/* True when s is 1..max characters of A-Z a-z 0-9 . _ - and does not begin with a dot: fit for a
 * file name, a batch id, a request id. */
bool text_is_token(const char *s, size_t max);

/* True when names, a list with commas between them or NULL, has this name. */
bool text_lists(const char *names, const char *name);

#endif
