/* token_init.h - a throw-away SoftHSM token for a rehearsal, made through PKCS#11 itself: no other program is started.
 *
 * What a rehearsal does to its token it must never do to another. So SoftHSM is first pointed at a folder that is new
 * (token_init_folder()), and then a token is made only by a module that says it is SoftHSM and shows no other
 * (token_init()). /
 */
#ifndef ROOTSEAL_HSM_TOKEN_INIT_H
#define ROOTSEAL_HSM_TOKEN_INIT_H

#include "hsm/hsm.h"

#define TOKEN_INIT_CONF "softhsm2.conf"

/* Make the folder `tokens` (one name) and the file softhsm2.conf(5) that names it in this folder, and point SoftHSM there
 * (SOFTHSM2_CONF) in this process and those that follow from it. Both may be there from before. The path of the folder
 * becomes an absolute one. E_MEDIUM when the folder is not there; E_USAGE when its path cannot stand in that file (a
 * newline, or too long); errors of file_write(). */
ERR_MUST_USE enum err token_init_folder(const char *folder, const char *tokens, struct diag *d);

/* Make one token with this label (at most 32 bytes) and user PIN. One whose making was cut off cannot be told from a whole
 * one with certainty, nor be made again, so the caller makes it in a folder of its own and moves it when it is done. Its security officer's PIN is made of random numbers
 * and forgotten. Before this the process was shut in: the module is loaded, and let go again, so a token can be opened
 * afterwards. E_TOKEN_OTHER when the module is not SoftHSM, E_TOKEN_USED when it shows a token that was made before,
 * E_TOKEN_MISSING when it has no place for one; E_PIN_WRONG when the PIN is one that the token does not take; E_URI
 * when the label is too long; E_MODULE, E_MODULE_INIT, E_TOKEN, E_CRYPTO. */
ERR_MUST_USE enum err token_init(const char *module, const char *label, const struct pin *pin,
                                 const struct hsm_patience *patience, struct diag *d);

#endif
