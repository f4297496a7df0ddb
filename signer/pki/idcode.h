/* idcode.h - the check characters of the numbers that Chinese certificates carry. */
#ifndef ROOTSEAL_PKI_IDCODE_H
#define ROOTSEAL_PKI_IDCODE_H

#include <stdint.h>

enum idcode {
    IDCODE_GOOD,
    IDCODE_CHECK, /* of the right form, but the last character is not the one that the others give */
    IDCODE_FORM   /* wrong length or characters, or a birth date that cannot be */
};

/* Unified social credit code, GB 32100-2015: 18 of the digits and capital letters without I, O, S, V, Z; the last one is
 * the check character (ISO 7064 does not have this scheme: modulus 31, weights 3^i). */
enum idcode idcode_uscc(const char *s);

/* Resident identity number, GB 11643-1999: 17 digits, the first not 0, the seventh to fourteenth a birth date from 1900
 * to the day of `now` (seconds since 1970; in Beijing's time), and a check character 0-9 or X (ISO 7064, MOD 11-2). */
enum idcode idcode_resident(const char *s, int64_t now);

#endif
