/* SPDX-License-Identifier: Apache-2.0
 * Writes small networks as plugins/lib/face/net.h tells their file, by hand. Must never include
 * net.c's own.
 */
#ifndef POSTERN_TEST_FACE_NET_FILE_H
#define POSTERN_TEST_FACE_NET_FILE_H
#include <stdint.h>
#include <string.h>

struct net_file {
	uint8_t bytes[65536];
	size_t size;
};

static inline void put_int(struct net_file *f, int32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		f->bytes[f->size++] = (uint8_t)((uint32_t)v >> (8 * i));
}

static inline void put_floats(struct net_file *f, const float *v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int32_t bits;
		memcpy(&bits, v + i, sizeof bits);
		put_int(f, bits);
	}
}

/* One output: the last operation's. */
static inline void put_net(struct net_file *f, const int32_t shape[3],
	const int32_t (*operations)[12], int32_t count, const float *floats, int32_t float_count)
{
	memcpy(f->bytes, "PNFACE1\n", 8);
	f->size = 8;
	for (unsigned i = 0; i < 3; i++)
		put_int(f, shape[i]);
	put_int(f, count);
	put_int(f, 1);
	put_int(f, float_count);
	put_int(f, count);
	for (int32_t i = 0; i < count; i++)
		for (unsigned k = 0; k < 12; k++)
			put_int(f, operations[i][k]);
	put_floats(f, floats, (size_t)float_count);
}
#endif
