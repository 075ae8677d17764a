/* SPDX-License-Identifier: Apache-2.0
 * match-face and sim-camera as the real loader starts them in their sandboxes, from a place of their own with models and portraits. Must never
 * take an answer by default for one of the plugin's.
 */
#ifndef POSTERN_TEST_IN_SANDBOX_H
#define POSTERN_TEST_IN_SANDBOX_H
#include "core_side.h"

extern const char in_sandbox_crossing[];
/* Below /tmp: what is below /root cannot be reached by the plugins' user. There between lay and clear, which are set-up and tear-down of a
 * group: models, and portraits/1.jpg and 2.jpg, each a photograph of a group. */
extern char in_sandbox_place[];
int in_sandbox_lay(void **state);
int in_sandbox_clear(void **state);
/* For main(), with the folder of models first in argv; exit status 77 where the build could not have them. */
int in_sandbox_main(int argc, char **argv, int (*all)(void));
bool in_sandbox_has(const char *name);

/* A plugin with that folder of the place; it has said hello. */
struct core_side *in_sandbox_begin(const char *name, const char *folder, struct manifest **manifest);
/* As bus_send() says. blob NULL: none. */
int in_sandbox_send(struct core_side *c, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size);
/* Until the answer; the question has its body's number. */
void in_sandbox_ask(struct core_side *c, uint32_t body, const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size, uint32_t answer);
/* What the last message's memfd holds, as the core hands it on; the caller frees it. */
uint8_t *in_sandbox_blob(const struct core_side *c, size_t *size);
/* A file of the place; the caller frees it. */
uint8_t *in_sandbox_file(const char *name, size_t *size);
#endif
