/* room.h - what a ceremony works on while it is under way. */
#ifndef ROOTSEAL_ROOM_ROOM_H
#define ROOTSEAL_ROOM_ROOM_H

#include "batch/state.h"
#include "hsm/hsm.h"
#include "officer/officer.h"
#include "room/request.h"
#include "room/script.h"
#include "room/transcript.h"

/* In a rehearsal: have those of its tokens at hand that this step needs. */
typedef enum err room_plug(const struct script_step *s, struct diag *d);

/* Where things are; from the command line. */
struct room_place {
    const char *state;
    const char *module, *module_files;
    const char *media; /* the folder where sticks are plugged in; NULL: the file says where */
    int pin_fd, pin_parts;
    bool utf8; /* names in their own characters, too, where a certificate is shown */
    struct officer_key officer; /* what all officers' keys have in common: their tokens' module, where passphrases come from */
    room_plug *plug; /* of a rehearsal; what it follows was one, too, so its minutes have another digest than the file says. NULL on the day */
};

struct room {
    const struct room_place *place;
    const struct script *script;
    struct transcript *transcript;
    int dir_fd;         /* the record: STATE/ceremonies/NAME/ */
    const char *path;   /* of the state's folder */
    int state_fd;       /* the state's folder, which may not be a state yet */
    bool rehearsal;
    bool has_state;     /* state is open */
    struct state state;
    /* So many lines the token had heard of when it was opened, and so many there were: who wrote those between the two, nobody knows. */
    uint64_t known, found;
    struct log_position heard; /* what the log's token, or the last seal when that is lost, vouches for; before any was asked: nothing */
    int done;           /* so many steps are over: those that the log tells of, and what was done since */
    int pin_fd;         /* where PINs come from, a line each; -1: the terminal */
    int pin_parts;      /* and in how many parts it is */
    struct request request;     /* of the sub-CA that the present step is about, once it was taken in */
    uint8_t head[DIGEST_LEN];   /* of the log, as it was compared for the present step, which replaces the token that could vouch for it */
    uint8_t intake[DIGEST_LEN]; /* of the batch that the present step is about, once it was taken in */
    struct hsm *hsm;    /* logged in; NULL outside of the steps that need the token */
};

#endif
