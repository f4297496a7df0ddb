/* keyfile.h - a person's private key, from its file and the passphrase that the person gives. */
#ifndef ROOTSEAL_PKI_KEYFILE_H
#define ROOTSEAL_PKI_KEYFILE_H

#include <openssl/evp.h>

#include "core/diag.h"

/* Read the passphrase of `whose` key as pin_read() does, from pass_fd or (-1) at the terminal, and open the encrypted PKCS#8
 * file at path with it. At the terminal a person who mistypes is asked again, three times in all; a file has no counter
 * that could lock. E_PASSPHRASE_MISSING, errors of cert_load_private_key(). EVP_PKEY_free() the key. */
ERR_MUST_USE enum err keyfile_open(const char *path, int pass_fd, const char *whose, EVP_PKEY **out, struct diag *d);

#endif
