/* SPDX-License-Identifier: Apache-2.0
 * A hostile card before the reader's side: its bytes are vpcd frames, cut wherever the input says, and what they hold are ATR and
 * answers of a whole reading. Input: one byte of room for the first frame, then pieces: a length and so many bytes of the
 * stream. Must not crash, write outside its room, take a byte of the next frame, hang, or call a reading successful whose files
 * are not whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chip/capacity.h"
#include "chip/reading.h"
#include "chip/vpcd_frame.h"
#include "emrtd/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEARS_MAX = 6, GUARD = 0xa5 };

struct card {
	const uint8_t *at;
	size_t left, piece; /* piece: bytes until the stream is cut again */
	unsigned powered;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The next bytes of the stream: at least one, no more than want and no more than the piece holds. 0: it is over. */
static size_t come(struct card *c, const uint8_t **at, size_t want)
{
	while (c->piece == 0 && c->left > 0) {
		c->piece = *c->at++;
		c->left--;
	}
	size_t n = want < c->piece ? want : c->piece;
	if (n > c->left)
		n = c->left;
	*at = c->at;
	c->at += n;
	c->left -= n;
	c->piece -= n;
	return n;
}

static int frame(struct card *c, uint8_t *out, size_t *size)
{
	struct vpcd_frame f;
	uint8_t *at = NULL;
	const uint8_t *bytes = NULL;
	vpcd_frame_begin(&f, out, *size);
	for (size_t n, want; (want = vpcd_frame_next(&f, &at)) > 0;) {
		n = come(c, &bytes, want);
		if (n == 0)
			return PN_EIO;
		memcpy(at, bytes, n);
		require(vpcd_frame_took(&f, want + 1) == PN_EINVAL);
		if (vpcd_frame_took(&f, n) != PN_OK)
			return PN_EIO;
	}
	if (!vpcd_frame_whole(&f))
		return PN_EIO;
	require(f.size <= *size);
	*size = f.size;
	return PN_OK;
}

static int power(void *self, uint32_t wait_ms, struct chip_card *card)
{
	struct card *c = self;
	(void)wait_ms;
	memset(card, 0, sizeof *card);
	card->atr_size = sizeof card->atr;
	card->command_max = card->response_max = VPCD_PAYLOAD_MAX;
	if (c->powered++ > TEARS_MAX || c->left == 0)
		return PN_ENOTFOUND;
	return frame(c, card->atr, &card->atr_size) == PN_OK ? PN_OK : PN_ENOTFOUND;
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size, uint32_t limit_ms)
{
	(void)limit_ms;
	require(size >= 4 && command != NULL);
	return frame(self, response, response_size);
}

static void release(void *self)
{
	(void)self;
}

static void cancel(void *self, bool on)
{
	(void)self;
	(void)on;
}

static void one_frame(const uint8_t *data, size_t size, size_t room)
{
	struct card c = {.at = data, .left = size};
	size_t n = room;
	uint8_t *out = malloc(room + 1);
	require(out != NULL);
	out[room] = GUARD;
	(void)frame(&c, out, &n);
	require(out[room] == GUARD);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct card c = {.at = data, .left = size};
	struct emrtd_password password;
	struct chip_outcome out;
	size_t command = 0, response = 0;
	uint8_t *bundle = NULL;
	size_t bundle_size = 0;
	if (size < 1)
		return 0;
	c.at++;
	c.left--;
	one_frame(c.at, c.left, data[0]);
	(void)chip_extended(c.at, c.left);
	(void)chip_info_sizes((struct emrtd_bytes){c.at, c.left}, &command, &response);
	(void)chip_reader_size(c.at, c.left);
	(void)chip_feature(c.at, c.left, CHIP_FEATURE_TLV_PROPERTIES);
	require(emrtd_password_from_can(&password, "123456") == 0);
	const struct chip_slot slot = {&c, power, transmit, release, cancel};
	const struct chip_reading reading = {
		.password = &password, .groups = 0x1884, .apdu_limit_ms = 1000, .deadline_ms = clock_mono_ms() + 60000};
	chip_read(&slot, &reading, &out);
	require((out.result == POSTERN__CHIP_RESULT__CHIP_READ) == (out.err == PN_OK));
	if (out.result == POSTERN__CHIP_RESULT__CHIP_READ)
		require(out.document.sod.whole && out.document.group[1].whole);
	if (chip_bundle(&out.document, &bundle, &bundle_size) == PN_OK) {
		struct emrtd_bundle b;
		require(emrtd_bundle_read(bundle, bundle_size, &b) == PN_OK);
		chip_bundle_free(bundle, bundle_size);
	}
	chip_outcome_free(&out);
	return 0;
}
