/* der_read.h - what some values mean, read in the one form that PKIX leaves them. */
#ifndef ROOTSEAL_PKI_DER_READ_H
#define ROOTSEAL_PKI_DER_READ_H

#include <stdint.h>

#include "pki/der.h"

#define DER_SERIAL_MAX 20

/* A Time in the form for its year (RFC 5280 4.1.2.5): UTCTime through 2049, GeneralizedTime from 2050 on, both with
 * seconds and Z. False, and *t zero, otherwise. */
bool der_read_time(struct der time, int64_t *t);

/* A GeneralizedTime with seconds and Z, whatever the year (RFC 5019 2.2.4, RFC 6960 4.2.2.1). */
bool der_read_generalized(struct der time, int64_t *t);

/* A serial number (RFC 5280 4.1.2.2): a positive, minimal INTEGER of at most 20 bytes, without the zero in front. */
bool der_read_serial(struct der integer, uint8_t out[DER_SERIAL_MAX], size_t *n);

#endif
