/* version.h - the version of all programs, as it stands in the log and in --version. */
#ifndef ROOTSEAL_CORE_VERSION_H
#define ROOTSEAL_CORE_VERSION_H

/* A development build works where the kernel cannot shut it in (core/sandbox.h), and with sanitizers; it must not sign for
 * anybody, and so its name says what it is wherever the version stands: banner, log, --version. */
#ifdef ROOTSEAL_DEVELOPMENT
#define ROOTSEAL_VERSION "0.1.0-development"
#elif defined(ROOTSEAL_TRAINING) /* what it signs is for nobody, either: policy/training.pl */
#define ROOTSEAL_VERSION "0.1.0-training"
#else
#define ROOTSEAL_VERSION "0.1.0"
#endif

/* As the log names the program. */
#define PROGRAM_NAME "rootseal " ROOTSEAL_VERSION

#endif
