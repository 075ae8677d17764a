/* SPDX-License-Identifier: Apache-2.0
 * See file.h.
 */
#include "emrtd/file.h"

#include <string.h>

#include "emrtd/session.h"
#include "emrtd/tlv.h"

enum { BEYOND_END = 0x6b00, SHORT_MAX = 223 };

const struct emrtd_file emrtd_file_com = {0x011e, 0x1e, 0x60}, emrtd_file_sod = {0x011d, 0x1d, 0x77},
			emrtd_file_card_access = {0x011c, 0x1c, 0x31}, emrtd_file_card_security = {0x011d, 0x1d, 0x30};

bool emrtd_file_group(unsigned number, struct emrtd_file *out)
{
	static const uint8_t tags[] = {
		0, 0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70};
	if (number < 1 || number > 16)
		return false;
	*out = (struct emrtd_file){(uint16_t)(0x0100 + number), (uint8_t)number, tags[number]};
	return true;
}

/* Status words that say "not so large", as chips in the field give them. 6CXX names what would go. */
static bool too_large(uint16_t sw)
{
	return sw == 0x6700 || sw >> 8 == 0x6c || sw == 0x6b00 || sw == 0x6f00 || sw == 0x6282 || sw == 0x6a86;
}

static bool no_sfi(uint16_t sw)
{
	return sw == 0x6981 || sw == 0x6986 || sw == 0x6d00 || sw == 0x6a86 || sw == 0x6b00;
}

static bool absent(uint16_t sw)
{
	return sw == 0x6a82 || sw == 0x6a83;
}

static size_t chunk_of(const struct emrtd_session *s, const struct emrtd_limits *l)
{
	size_t max = emrtd_read_max(s);
	return l->chunk != 0 && l->chunk < max ? l->chunk : max;
}

/* The chip refused size bytes: half of it, or what a 6CXX offers. False at the end of what can be tried. */
static bool smaller(struct emrtd_limits *l, size_t size, uint16_t sw)
{
	size_t offered = sw >> 8 == 0x6c && (sw & 0xff) != 0 ? (size_t)(sw & 0xff) : size / 2;
	if (offered >= size)
		offered = size / 2;
	if (size <= EMRTD_CHUNK_MIN)
		return false;
	l->chunk = offered < EMRTD_CHUNK_MIN ? EMRTD_CHUNK_MIN : offered;
	l->refused++;
	return true;
}

/* An extended command was refused in clear, which ended the session: the next one must not try that again. */
static void learn_of_the_end(const struct emrtd_session *s, struct emrtd_limits *l, size_t size)
{
	struct emrtd_failure f = emrtd_failure(s);
	if (emrtd_state(s).dead && f.cause == EMRTD_CAUSE_SM_BARE && size > EMRTD_SHORT_DATA_MAX && too_large(f.sw)) {
		l->chunk = SHORT_MAX;
		l->refused++;
	}
}

/* One read; tries smaller ones until one goes. sfi 0: the current file. Nothing is learned of a read that no size makes good. */
static int read_some(struct emrtd_session *s, uint8_t sfi, size_t offset, size_t left, struct emrtd_limits *l,
	struct emrtd_bytes *out)
{
	const struct emrtd_limits before = *l;
	for (;;) {
		size_t size = chunk_of(s, l);
		if (size > left)
			size = left;
		int err = emrtd_read(s, sfi, offset, size, out);
		if (err == 0 && out->size > 0)
			return 0;
		struct emrtd_failure f = emrtd_failure(s);
		learn_of_the_end(s, l, size);
		if (emrtd_state(s).dead || (err != 0 && err != PN_EDENIED))
			return err != 0 ? err : PN_ECLOSED;
		if (err == PN_EDENIED && !too_large(f.sw))
			return absent(f.sw) ? PN_ENOTFOUND : PN_EDENIED;
		if (!smaller(l, size, f.sw)) {
			*l = before;
			return err == 0 ? PN_ELIMIT : PN_EDENIED;
		}
	}
}

static int select_file(struct emrtd_session *s, const struct emrtd_file *file)
{
	int err = emrtd_select_file(s, file->id);
	return err == PN_EDENIED && absent(emrtd_failure(s).sw) ? PN_ENOTFOUND : err;
}

/* The first read of a file: a full chunk, or, of a chip that refuses to read beyond the end, no more than the header. */
static int read_first(struct emrtd_session *s, uint8_t sfi, size_t *size, struct emrtd_limits *l, struct emrtd_bytes *out)
{
	if (l->exact)
		*size = EMRTD_TLV_HEADER_MAX;
	int err = emrtd_read(s, sfi, 0, *size, out);
	if (err == PN_EDENIED && emrtd_failure(s).sw == BEYOND_END && !l->exact) {
		err = emrtd_read(s, sfi, 0, EMRTD_TLV_HEADER_MAX, out);
		l->exact = err == 0 && out->size > 0;
	}
	learn_of_the_end(s, l, *size);
	return err;
}

/* The first bytes; the file is current afterwards. */
static int begin(struct emrtd_session *s, const struct emrtd_file *file, struct emrtd_limits *l, size_t max,
	struct emrtd_bytes *out)
{
	int err = PN_EDENIED;
	if (!l->without_sfi) {
		size_t size = chunk_of(s, l);
		if (size > max)
			size = max;
		err = read_first(s, file->sfi, &size, l, out);
		if (err == 0 && out->size > 0)
			return 0;
		uint16_t sw = emrtd_failure(s).sw;
		if (emrtd_state(s).dead || (err != 0 && err != PN_EDENIED))
			return err != 0 ? err : PN_ECLOSED;
		if (err == PN_EDENIED && absent(sw))
			return PN_ENOTFOUND;
		if (err == 0 || (too_large(sw) && !no_sfi(sw)))
			return smaller(l, size, sw) ? read_some(s, file->sfi, 0, max, l, out) : PN_ELIMIT;
		if (!no_sfi(sw))
			return PN_EDENIED;
	}
	err = select_file(s, file);
	if (err != 0)
		return err;
	l->without_sfi = true;
	size_t size = chunk_of(s, l);
	if (size > max)
		size = max;
	err = read_first(s, 0, &size, l, out);
	if ((err == 0 && out->size > 0) || emrtd_state(s).dead || (err != 0 && err != PN_EDENIED))
		return err;
	if (err == PN_EDENIED && !too_large(emrtd_failure(s).sw))
		return absent(emrtd_failure(s).sw) ? PN_ENOTFOUND : PN_EDENIED;
	return smaller(l, size, emrtd_failure(s).sw) ? read_some(s, 0, 0, max, l, out) : PN_ELIMIT;
}

static int hand_out(struct emrtd_progress *p, struct emrtd_bytes got,
	int (*take)(void *self, const uint8_t *bytes, size_t size), void *self)
{
	if (got.size > p->total - p->done)
		got.size = p->total - p->done; /* padding behind the object */
	int err = take(self, got.bytes, got.size);
	if (err == 0)
		p->done += got.size;
	return err;
}

/* The length from the file's own tag. A chunk is never less than the header. */
static int know_total(
	const struct emrtd_file *file, struct emrtd_progress *p, struct emrtd_bytes got, size_t max)
{
	uint32_t tag;
	size_t header, value;
	if (emrtd_tlv_header(got, &tag, &header, &value) != 0 || tag != file->tag)
		return PN_EFORMAT;
	if (value > max || header > max - value)
		return PN_ELIMIT;
	p->total = header + value;
	p->head_size = got.size < sizeof p->head ? got.size : sizeof p->head;
	memcpy(p->head, got.bytes, p->head_size);
	return 0;
}

static int read_file(struct emrtd_session *s, const struct emrtd_file *file, struct emrtd_limits *limits,
	struct emrtd_progress *progress, size_t max, int (*take)(void *self, const uint8_t *bytes, size_t size), void *self)
{
	struct emrtd_bytes got;
	if (max > EMRTD_FILE_MAX)
		max = EMRTD_FILE_MAX;
	int err = begin(s, file, limits, max, &got);
	if (err != 0)
		return err;
	if (progress->total == 0) {
		err = know_total(file, progress, got, max);
		if (err == 0)
			err = hand_out(progress, got, take, self);
	} else if (memcmp(got.bytes, progress->head, got.size < progress->head_size ? got.size : progress->head_size) != 0) {
		return PN_EFORMAT; /* another file than the one begun */
	}
	while (err == 0 && progress->done < progress->total) {
		err = read_some(s, 0, progress->done, progress->total - progress->done, limits, &got);
		if (err == PN_ENOTFOUND)
			err = PN_EFORMAT;
		if (err == 0)
			err = hand_out(progress, got, take, self);
	}
	return err;
}

int emrtd_file_read(struct emrtd_session *s, const struct emrtd_file *file, struct emrtd_limits *limits,
	struct emrtd_progress *progress, size_t max, int (*take)(void *self, const uint8_t *bytes, size_t size), void *self)
{
	int err = read_file(s, file, limits, progress, max, take, self);
	/* The responses were in order, what they hold is not. */
	if ((err == PN_EFORMAT || err == PN_ELIMIT) && emrtd_failure(s).err == 0)
		emrtd_fail(s, EMRTD_STEP_READ, EMRTD_CAUSE_FORMAT, err);
	return err;
}
