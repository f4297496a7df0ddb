/* vendor.h - a vendor's PKCS#11 module, which is no part of the image and comes on a stick, signed by whom the image
 * names.
 *
 * On the stick is a folder rootseal-module with the module's files and SHA256SUMS a line for each of them, as
 * sha256sum writes it SHA256SUMS.p7s a detached CMS signature over that (pki/cms.h), with the key of VENDOR_SIGNER
 * module.txt one of the files: the line "module NAME", and where the module needs files or devices besides its own,
 * "files PATHS", with colons between them, as --module-files of the programs takes them
 */
#ifndef ROOTSEAL_INIT_VENDOR_H
#define ROOTSEAL_INIT_VENDOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/diag.h"
#include "machine.h"

#define VENDOR_SIGNER "/etc/rootseal/module.pem" /* one certificate, put into the image when it was built */
#define VENDOR_FOLDER "rootseal-module"
#define VENDOR_ROOT MACHINE_RUN "/module" /* in memory, until power-off; read-only when all is there */

/* One line of SHA256SUMS: 64 lower-case digits, two blanks (or a blank and an asterisk), and a name fit for a file
 * (text_is_token()), n bytes without the newline. False for anything else. */
bool vendor_line(const char *line, size_t n, uint8_t digest[32], char name[256]);

/* What module.txt of n bytes says; `files` is "" when it names none. False when it says anything else, or a name
 * twice. */
struct vendor_module {
    char name[256], files[512];
};
bool vendor_parse(const char *text, size_t n, struct vendor_module *out);

/* Copy the module from the folder at this path, of a stick that is mounted, to VENDOR_ROOT, file by file and each only
 * when it is what was signed. E_CERTIFICATE when the image names nobody, E_APPROVAL_SIGNATURE or E_APPROVAL_PERSON
 * when somebody else or nobody signed it, E_READ_BACK when a file is another one, E_MEDIUM when one is missing or
 * module.txt is wrong. After an error nothing of it stays. */
ERR_MUST_USE enum err vendor_take(const char *folder, struct diag *d);

/* Is there one? Then what it is: the paths are below VENDOR_ROOT. */
bool vendor_taken(struct vendor_module *out);

#endif
