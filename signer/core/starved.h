/* starved.h - did an allocation fail? OpenSSL and jansson do not always say so: one calls a point off its curve, the other
 * loses a byte of a text. Their memory comes through here, and what failed is remembered.
 */
#ifndef ROOTSEAL_CORE_STARVED_H
#define ROOTSEAL_CORE_STARVED_H

#include <stdbool.h>

/* True when OpenSSL, jansson or a buf got no memory in this thread since the last call. Ask after something was found bad: good
 * input must not be refused for good because the machine was short of memory. One that they came through without is
 * told too; that ends a run which can be repeated. */
bool starved_take(void);

/* The same of an allocation of our own whose failure a caller may only see as "no". */
void starved_note(void);

#endif
