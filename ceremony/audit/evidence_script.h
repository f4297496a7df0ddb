/* evidence_script.h - evidence.sh, as evidence.mk makes it a text: the commands with which an evidence is checked by hand. */
#ifndef ROOTSEAL_AUDIT_EVIDENCE_SCRIPT_H
#define ROOTSEAL_AUDIT_EVIDENCE_SCRIPT_H

extern const char evidence_script[];

#endif
