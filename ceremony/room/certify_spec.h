/* certify_spec.h - what the steps root, cross and sub-ca of a ceremony sign, from their words in its file. */
#ifndef ROOTSEAL_ROOM_CERTIFY_SPEC_H
#define ROOTSEAL_ROOM_CERTIFY_SPEC_H

#include "room/certify.h"

/* root: the certificates of the keys that the step names, or of all; those that certify others come before them. */
ERR_MUST_USE enum err certify_spec_root(const struct script_step *s, struct certify_spec *out, struct diag *d);

/* cross: a certificate by the key `by` for each of the keys that the step names. All of them are CAs that no other key of the
 * policy certifies; two may have one name: a root and the one that follows it. E_SCRIPT. */
ERR_MUST_USE enum err certify_spec_cross(const struct script_step *s, struct certify_spec *out, struct diag *d);

/* sub-ca: a certificate by the key `by` for this request, until the day that the step expects. E_SCRIPT. */
ERR_MUST_USE enum err certify_spec_sub_ca(const struct script_step *s, const struct request_subject *request,
                                          struct certify_spec *out, struct diag *d);

#endif
