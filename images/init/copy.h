/* copy.h - folders copied to a stick, and read back. */
#ifndef ROOTSEAL_INIT_COPY_H
#define ROOTSEAL_INIT_COPY_H

#include "core/diag.h"

/* Copy the folder `from` with all that is below it to `to`, which must not be there; its parent must. Plain files and
 * folders only; others, and names that `pass_over` says, are left out (NULL: none). Each file is synced, read back and
 * compared. E_FOLDER_OCCUPIED when `to` is there, E_READ_BACK, E_DISK_FULL, E_READ_ONLY, E_IO. */
ERR_MUST_USE enum err copy_folder(const char *from, const char *to, bool (*pass_over)(const char *name),
                                  struct diag *d);

#endif
