/* SPDX-License-Identifier: Apache-2.0
 * Writing, reading and endorsing an order of activation. Must never overwrite a file.
 */
#include "rules_order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"

#define HEAD "postern-activation-order 1 "

enum { PACKED_MAX = ACTIVATION_BYTES_MAX + 512, TEXT_MAX = 2 * PACKED_MAX + 64 };

int rules_order_begin(struct rules_order *o, const Postern__Activation *a)
{
	memset(o, 0, sizeof *o);
	o->size = postern__activation__get_packed_size(a);
	if (o->size > sizeof o->bytes)
		return PN_ELIMIT;
	postern__activation__pack(a, o->bytes);
	return PN_OK;
}

int rules_order_endorse(struct rules_order *o, const char *officer, EVP_PKEY *key)
{
	uint8_t said[ACTIVATION_BYTES_MAX + 128];
	struct text head;

	if (o->count == PN_COUNT(o->by) ||
		!text_copy(o->by[o->count].officer, sizeof o->by[0].officer, officer))
		return PN_ELIMIT;
	text_init(&head, (char *)said, 128);
	text_add(&head, ACTIVATION_STATEMENT, officer);
	memcpy(said + head.len, o->bytes, o->size);
	if (officer_key_sign(key, said, head.len + o->size, o->by[o->count].signature,
		    o->by[o->count].key_id) != PN_OK)
		return PN_ECRYPTO;
	o->count++;
	return PN_OK;
}

void rules_order_message(struct rules_order *o, struct rules_order_message *m)
{
	postern__signed_activation__init(&m->order);
	m->order.activation = (ProtobufCBinaryData){o->size, o->bytes};
	for (size_t i = 0; i < o->count; i++) {
		postern__endorsement__init(&m->endorsement[i]);
		m->endorsement[i].officer = o->by[i].officer;
		m->endorsement[i].key_id = o->by[i].key_id;
		m->endorsement[i].signature =
			(ProtobufCBinaryData){sizeof o->by[i].signature, o->by[i].signature};
		m->list[i] = &m->endorsement[i];
	}
	m->order.endorsements = m->list;
	m->order.n_endorsements = o->count;
}

int rules_order_write(const struct rules_order *o, const char *path)
{
	struct rules_order copy = *o;
	struct rules_order_message m;
	uint8_t bytes[PACKED_MAX];
	char text[TEXT_MAX] = HEAD;
	size_t head = strlen(HEAD), size;
	int fd, r = PN_OK;

	rules_order_message(&copy, &m);
	size = postern__signed_activation__get_packed_size(&m.order);
	if (size > sizeof bytes)
		return PN_ELIMIT;
	postern__signed_activation__pack(&m.order, bytes);
	hex_encode(text + head, bytes, size);
	size = head + 2 * size;
	text[size++] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return errno == EEXIST ? PN_ECONFLICT : PN_EIO;
	if (write(fd, text, size) != (ssize_t)size || fsync(fd) != 0)
		r = PN_EIO;
	if (close(fd) != 0)
		r = PN_EIO;
	return r;
}

static int take(struct rules_order *o, const Postern__SignedActivation *s, Postern__Activation **a)
{
	memset(o, 0, sizeof *o);
	if (s->n_endorsements > PN_COUNT(o->by) || s->activation.len > sizeof o->bytes)
		return PN_EFORMAT;
	for (size_t i = 0; i < s->n_endorsements; i++) {
		const Postern__Endorsement *e = s->endorsements[i];

		if (!text_copy(o->by[i].officer, sizeof o->by[i].officer, e->officer) ||
			!text_copy(o->by[i].key_id, sizeof o->by[i].key_id, e->key_id) ||
			e->signature.len != sizeof o->by[i].signature)
			return PN_EFORMAT;
		memcpy(o->by[i].signature, e->signature.data, e->signature.len);
		o->count++;
	}
	memcpy(o->bytes, s->activation.data, s->activation.len);
	o->size = s->activation.len;
	*a = postern__activation__unpack(NULL, o->size, o->bytes);
	return *a != NULL ? PN_OK : PN_EFORMAT;
}

int rules_order_read(struct rules_order *o, const char *path, Postern__Activation **a)
{
	uint8_t *text = NULL, bytes[PACKED_MAX];
	Postern__SignedActivation *s = NULL;
	size_t size = 0, head = strlen(HEAD), digits;
	char hex[TEXT_MAX];
	int r = cli_read_file(path, TEXT_MAX - 1, &text, &size);

	if (r != PN_OK)
		return r == PN_ELIMIT ? PN_EFORMAT : PN_EIO;
	memcpy(hex, text, size);
	free(text);
	while (size > 0 && (hex[size - 1] == '\n' || hex[size - 1] == '\r'))
		size--;
	hex[size] = '\0';
	if (size < head || strncmp(hex, HEAD, head) != 0)
		return PN_EFORMAT;
	digits = size - head;
	if (digits / 2 > sizeof bytes || hex_decode(bytes, digits / 2, hex + head) != PN_OK)
		return PN_EFORMAT;
	s = postern__signed_activation__unpack(NULL, digits / 2, bytes);
	if (s == NULL)
		return PN_EFORMAT;
	r = take(o, s, a);
	postern__signed_activation__free_unpacked(s, NULL);
	return r;
}
