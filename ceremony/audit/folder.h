/* folder.h - one batch's folder in the archive: is it what came? */
#ifndef ROOTSEAL_AUDIT_FOLDER_H
#define ROOTSEAL_AUDIT_FOLDER_H

#include "batch/header.h"
#include "log/record.h"

struct audit;

/* Open archive/<intake>/ and check that its files give this intake digest and batch.jsonl this
 * batch digest. E_ARCHIVE. *fd is -1 on failure. */
ERR_MUST_USE enum err folder_open(struct audit *a, const char *intake, const char *batch, int *fd,
                                  struct diag *d);

/* Open it only: for a folder that was checked at an earlier line. */
ERR_MUST_USE enum err folder_open_only(const struct audit *a, const char *intake, int *fd,
                                       struct diag *d);

/* Compare the refused-.../refusal.json that answers this refused line with it. E_ARCHIVE when they
 * differ; *found says whether it is there at all. */
ERR_MUST_USE enum err folder_refusal(int fd, const struct record *r, bool *found, struct diag *d);

#endif
