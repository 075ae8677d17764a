/* SPDX-License-Identifier: Apache-2.0
 * A growing text of tag, length, value and a reader for it. Must never be used by what inspects
 * documents: its writer can be told to lie.
 */
#ifndef POSTERN_SIM_CHIP_DER_H
#define POSTERN_SIM_CHIP_DER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_der {
	uint8_t *bytes;
	size_t size, room;
	bool failed; /* memory; size stays */
};

void sim_der_put(struct sim_der *d, const void *bytes, size_t size);
void sim_der_byte(struct sim_der *d, unsigned byte);
void sim_der_header(struct sim_der *d, unsigned tag, size_t size);
void sim_der_tlv(struct sim_der *d, unsigned tag, const void *bytes, size_t size);
/* Wraps the bytes from start on in a header. */
void sim_der_wrap(struct sim_der *d, size_t start, unsigned tag);
void sim_der_oid(struct sim_der *d, const char *dotted);
/* Wipes. */
void sim_der_free(struct sim_der *d);

/* The next object of *bytes, which moves on. False at the end and where the form is broken. */
bool sim_der_next(const uint8_t **bytes, size_t *size, unsigned *tag, const uint8_t **value,
	size_t *value_size);
/* The first object of this tag. */
bool sim_der_find(
	const uint8_t *bytes, size_t size, unsigned tag, const uint8_t **value, size_t *value_size);
#endif
