/* SPDX-License-Identifier: Apache-2.0
 * What the plugins of kind chip-reader share: the questions of the core, their answers, progress and the state of the reader.
 * Where chips lie is the only thing that differs; a plugin gives it as a source. Must never log or keep what a document says.
 */
#ifndef POSTERN_CHIP_PLUGIN_H
#define POSTERN_CHIP_PLUGIN_H
#include "chip/slot.h"
#include "postern/plugin.h"

struct chip_source {
	void *self;
	/* Narrow layer: opens, starts threads of its own. slots is filled in. 0 or PN_E*. */
	int (*start)(void *self, struct chip_slot slots[CHIP_SLOTS_MAX], size_t *count);
	/* Whether a chip could be read. *reason: a catalogue key when not. */
	bool (*ready)(void *self, const char **reason);
	/* Readable when ready() may say something else; reading from it is the plugin's. -1: it never does. Known after start(). */
	int (*status_fd)(void *self);
	/* hung: a slot's thread could not be ended; nothing that it uses may be freed. */
	void (*stop)(void *self, bool hung);
};

/* Options read in init(): groups, apdu_limit_ms, read_limit_ms, wait_chip_ms, resume_ms, bac_after_pace. source is copied, and
 * stopped when this or a later step fails. */
int chip_plugin_init(const struct postern_host *host, const struct chip_source *source, void **self);
int chip_plugin_start(void *self);
void chip_plugin_message(void *self, const struct postern_message *message);
void chip_plugin_tick(void *self, uint64_t now_ms);
void chip_plugin_core_started(void *self, uint64_t core_epoch);
void chip_plugin_stop(void *self);
#endif
