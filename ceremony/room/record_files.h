/* record_files.h - where the record of a ceremony lies: STATE/ceremonies/NAME/ (batch/state.h), and the names of its files. */
#ifndef ROOTSEAL_ROOM_RECORD_FILES_H
#define ROOTSEAL_ROOM_RECORD_FILES_H

#define SCRIPT_FILE "ceremony.yaml"         /* the file that says what is done, as it was reviewed */
#define TRANSCRIPT_FILE "transcript.jsonl"  /* what was done */
#define MINUTES_HTML "minutes.html"
#define MINUTES_TEXT "minutes.txt"
#define CROSSES_DIR "crosses" /* in the state: certificates by our keys for other CAs and for one another */
#define CERTIFY_MAX 128       /* certificates in one step */
#define RECORD_FILE_MAX (16u << 20) /* bytes in any of them */

#endif
