/* version.h - the version of all programs, as it stands in the log and in --version. */
#ifndef ROOTSEAL_CORE_VERSION_H
#define ROOTSEAL_CORE_VERSION_H

#define ROOTSEAL_VERSION "0.1.0"

#endif
