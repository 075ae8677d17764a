/* SPDX-License-Identifier: Apache-2.0
 * The commands of Doc 9303-10 section 3.6: SELECT and READ BINARY. Must never take more bytes from
 * a response than the command asked for.
 */
#include "emrtd/session.h"

enum { OFFSET_MAX = 32767, DO_OFFSET = 0x54, DO_DATA = 0x53, END_OF_FILE = 0x6282 };

int emrtd_select_application(struct emrtd_session *s)
{
	static const uint8_t aid[] = {0xa0, 0, 0, 0x02, 0x47, 0x10, 0x01};
	const struct emrtd_command c = {0, 0xa4, 0x04, 0x0c, {aid, sizeof(aid)}, 0};
	struct emrtd_bytes none;
	return emrtd_send(s, EMRTD_STEP_SELECT, &c, &none);
}

int emrtd_select_master(struct emrtd_session *s)
{
	const struct emrtd_command c = {0, 0xa4, 0x00, 0x0c, {NULL, 0}, 0};
	struct emrtd_bytes none;
	return emrtd_send(s, EMRTD_STEP_SELECT, &c, &none);
}

int emrtd_select_file(struct emrtd_session *s, uint16_t file)
{
	const uint8_t id[] = {(uint8_t)(file >> 8), (uint8_t)file};
	const struct emrtd_command c = {0, 0xa4, 0x02, 0x0c, {id, sizeof(id)}, 0};
	struct emrtd_bytes none;
	return emrtd_send(s, EMRTD_STEP_SELECT, &c, &none);
}

size_t emrtd_read_max(const struct emrtd_session *s)
{
	bool extended = s->channel.command_max > EMRTD_SHORT_COMMAND_MAX;
	size_t room = extended ? s->channel.response_max : EMRTD_SHORT_RESPONSE_MAX;
	size_t size = room - 2;
	while (s->sm.live && size > 1 && emrtd_sm_response_size(s->sm.cipher, size) > room)
		size--;
	return size;
}

/* 0 with 9000, and with 6282 when data came with it. */
static int read_bytes(
	struct emrtd_session *s, const struct emrtd_command *c, struct emrtd_bytes *out)
{
	int err = emrtd_send(s, EMRTD_STEP_READ, c, out);
	if (err == PN_EDENIED && s->failure.sw == END_OF_FILE && out->size > 0) {
		s->failure = (struct emrtd_failure){0};
		err = 0;
	}
	if (err == 0 && out->size > c->le)
		err = emrtd_fail(s, EMRTD_STEP_READ, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	if (err != 0)
		*out = (struct emrtd_bytes){NULL, 0};
	return err;
}

static int read_far(struct emrtd_session *s, size_t offset, size_t size, struct emrtd_bytes *out)
{
	uint8_t data[6];
	const uint8_t at[] = {(uint8_t)(offset >> 16), (uint8_t)(offset >> 8), (uint8_t)offset};
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	size_t skip = at[0] == 0 ? 1 : 0, head = emrtd_tlv_size(DO_DATA, size) - size;
	struct emrtd_bytes answer;
	emrtd_put_tlv(&w, DO_OFFSET, at + skip, sizeof(at) - skip);
	/* Le counts the data object's header too. */
	if (size + head > emrtd_read_max(s))
		size -= head;
	const struct emrtd_command c = {0, 0xb1, 0, 0, {data, w.size}, size + head};
	int err = read_bytes(s, &c, &answer);
	if (err != 0 || answer.size == 0) /* no bytes, as a short READ BINARY may give none */
		return err;
	if (emrtd_tlv_only(answer, DO_DATA, out) != 0)
		return emrtd_fail(s, EMRTD_STEP_READ, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	if (out->size > size) /* a shorter header than was left room for */
		out->size = size;
	return 0;
}

int emrtd_read(
	struct emrtd_session *s, uint8_t sfi, size_t offset, size_t size, struct emrtd_bytes *out)
{
	size_t max = emrtd_read_max(s);
	*out = (struct emrtd_bytes){NULL, 0};
	if (size < 1 || sfi > 30 || (sfi > 0 && offset > 255) || offset > 0xffffff)
		return emrtd_fail(s, EMRTD_STEP_READ, EMRTD_CAUSE_ARGUMENT, PN_EINVAL);
	if (size > max)
		size = max;
	if (offset > OFFSET_MAX)
		return read_far(s, offset, size, out);
	uint8_t p1 = sfi > 0 ? (uint8_t)(0x80 | sfi) : (uint8_t)(offset >> 8);
	const struct emrtd_command c = {0, 0xb0, p1, (uint8_t)offset, {NULL, 0}, size};
	return read_bytes(s, &c, out);
}
