/* SPDX-License-Identifier: Apache-2.0
 * See lds.h.
 */
#include "sim/chip/lds.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static void put_text(struct sim_der *out, unsigned tag, const char *text)
{
	if (text != NULL)
		sim_der_tlv(out, tag, text, strlen(text));
}

static void put_number(struct sim_der *out, size_t value, size_t size)
{
	while (size-- > 0)
		sim_der_byte(out, size < sizeof value ? (unsigned)(value >> (8 * size)) & 0xff : 0);
}

void sim_lds_dg1(struct sim_der *out, const char *mrz)
{
	size_t start = out->size;
	put_text(out, 0x5f1f, mrz);
	sim_der_wrap(out, start, 0x61);
}

void sim_lds_filler(struct sim_der *out, size_t size, enum sim_face kind)
{
	static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 'J', 'F', 'I', 'F', 0, 1,
		1, 0, 0, 1, 0, 1, 0, 0};
	static const uint8_t jp2[] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', 0x0d, 0x0a, 0x87, 0x0a, 0, 0,
		0, 20, 'f', 't', 'y', 'p', 'j', 'p', '2', ' ', 0, 0, 0, 0, 'j', 'p', '2', ' ', 0, 0,
		0, 0, 'j', 'p', '2', 'c', 0xff, 0x4f, 0xff, 0x51};
	size_t start = out->size;
	uint32_t x = 2463534242;
	if (kind == SIM_FACE_JPEG)
		sim_der_put(out, jpeg, sizeof jpeg);
	else
		sim_der_put(out, jp2, sizeof jp2);
	while (out->size - start + 2 < size && !out->failed) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		sim_der_byte(out, x % 255); /* never FF, which begins a marker */
	}
	sim_der_put(out, "\xff\xd9", 2);
}

/* ISO/IEC 19794-5:2005 section 5: one full frontal face, no feature points, 413 x 531. */
static void put_face_record(
	struct sim_der *out, const uint8_t *image, size_t size, enum sim_face kind)
{
	size_t information = 20 + 12 + size;
	sim_der_put(out,
		"FAC\0"
		"010\0",
		8);
	put_number(out, 14 + information, 4);
	put_number(out, 1, 2);
	put_number(out, information, 4);
	put_number(out, 0,
		16); /* points, gender, eyes, hair, properties, expression, pose: not said */
	put_number(out, 1, 1);
	put_number(out, kind == SIM_FACE_JPEG ? 0 : 1, 1);
	put_number(out, 413, 2);
	put_number(out, 531, 2);
	put_number(out, 1, 1); /* 24 bit RGB */
	put_number(out, 2, 1); /* static photograph, digital still camera */
	put_number(out, 0, 2);
	put_number(out, 0, 2);
	sim_der_put(out, image, size);
}

void sim_lds_dg2(
	struct sim_der *out, const uint8_t *image, size_t size, enum sim_face kind, unsigned count)
{
	static const uint8_t header[] = {0xa1, 0x0e, 0x81, 0x01, 0x02, 0x82, 0x01, 0x00, 0x87, 0x02,
		0x01, 0x01, 0x88, 0x02, 0x00, 0x08};
	size_t start = out->size;
	sim_der_put(out, "\x02\x01", 2);
	sim_der_byte(out, count);
	size_t template = out->size;
	sim_der_put(out, header, sizeof header);
	size_t block = out->size;
	put_face_record(out, image, size, kind);
	sim_der_wrap(out, block, 0x5f2e);
	sim_der_wrap(out, template, 0x7f60);
	sim_der_wrap(out, start, 0x7f61);
	sim_der_wrap(out, start, 0x75);
}

/* Tag list and elements of DG11 and DG12. */
struct element {
	unsigned tag;
	const char *text;
};

static void put_elements(struct sim_der *out, const struct element *e, size_t count, unsigned more)
{
	size_t start = out->size;
	for (size_t i = 0; i < count; i++) {
		if (e[i].text != NULL)
			put_number(out, e[i].tag, 2);
	}
	if (more != 0)
		put_number(out, 0x5f0f, 2);
	sim_der_wrap(out, start, 0x5c);
	for (size_t i = 0; i < count; i++)
		put_text(out, e[i].tag, e[i].text);
}

void sim_lds_dg11(struct sim_der *out, const struct sim_passport_config *c, unsigned others)
{
	const struct element all[] = {{0x5f0e, c->full_name}, {0x5f10, c->personal_number},
		{0x5f11, c->place_of_birth}, {0x5f42, c->address}, {0x5f12, c->telephone},
		{0x5f13, c->profession}};
	size_t start = out->size;
	put_elements(out, all, sizeof all / sizeof all[0], others);
	if (others != 0) {
		const uint8_t count[] = {0x02, 0x01, (uint8_t)others};
		sim_der_tlv(out, 0xa0, count, sizeof count);
	}
	sim_der_wrap(out, start, 0x6b);
}

void sim_lds_dg12(struct sim_der *out, const struct sim_passport_config *c)
{
	const struct element all[] = {{0x5f19, c->authority}, {0x5f26, c->issued}};
	size_t start = out->size;
	put_elements(out, all, sizeof all / sizeof all[0], 0);
	sim_der_wrap(out, start, 0x6c);
}

/* arc . m . n */
static void put_protocol(
	struct sim_der *out, const char *arc, const unsigned *numbers, size_t count)
{
	char text[64];
	size_t n = strlen(arc);
	memcpy(text, arc, n);
	for (size_t i = 0; i < count; i++) {
		text[n++] = '.';
		text[n++] = (char)('0' + numbers[i]);
	}
	text[n] = '\0';
	sim_der_oid(out, text);
}

static void put_integer(struct sim_der *out, unsigned value)
{
	size_t start = out->size;
	put_number(out, value, value > 0x7fff ? 3 : value > 0x7f ? 2 : 1);
	sim_der_wrap(out, start, 0x02);
}

void sim_lds_pace_info(struct sim_der *out, const struct sim_chip_pace *p)
{
	unsigned mapping = p->mapping == SIM_CAM ? 6
						 : (p->mapping == SIM_IM ? 3U : 1U) +
							   (p->parameter >= 8 ? 1U : 0U);
	size_t start = out->size;
	put_protocol(
		out, "0.4.0.127.0.7.2.2.4", (const unsigned[]){mapping, (unsigned)p->cipher}, 2);
	put_integer(out, 2);
	put_integer(out, p->parameter);
	sim_der_wrap(out, start, 0x30);
}

void sim_lds_ca_info(struct sim_der *out, const struct sim_passport_ca *c)
{
	size_t start = out->size;
	put_protocol(out, "0.4.0.127.0.7.2.2.3",
		(const unsigned[]){c->parameter >= 8 ? 2 : 1, (unsigned)c->cipher}, 2);
	put_integer(out, 1);
	if (c->id >= 0)
		put_integer(out, (unsigned)c->id);
	sim_der_wrap(out, start, 0x30);
}

/* SEQUENCE { SEQUENCE { standardizedDomainParameters, INTEGER }, BIT STRING } (9303-11 9.5.1). */
static bool put_standard_key(struct sim_der *out, const EVP_PKEY *key, unsigned parameter)
{
	uint8_t point[200] = {0};
	size_t n = 0, start = out->size;
	if (EVP_PKEY_get_octet_string_param(
		    key, OSSL_PKEY_PARAM_PUB_KEY, point + 1, sizeof point - 1, &n) != 1)
		return false;
	sim_der_oid(out, "0.4.0.127.0.7.1.2");
	put_integer(out, parameter);
	sim_der_wrap(out, start, 0x30);
	sim_der_tlv(out, 0x03, point, n + 1);
	sim_der_wrap(out, start, 0x30);
	return true;
}

static bool put_key(struct sim_der *out, const EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	if (n > 0)
		sim_der_put(out, der, (size_t)n);
	OPENSSL_free(der);
	return n > 0;
}

bool sim_lds_ca_key_info(
	struct sim_der *out, const struct sim_passport_ca *c, const EVP_PKEY *key, bool standard)
{
	size_t start = out->size;
	put_protocol(out, "0.4.0.127.0.7.2.2.1", (const unsigned[]){c->parameter >= 8 ? 2 : 1}, 1);
	if (!(standard ? put_standard_key(out, key, c->parameter) : put_key(out, key)))
		return false;
	if (c->id >= 0)
		put_integer(out, (unsigned)c->id);
	sim_der_wrap(out, start, 0x30);
	return true;
}

void sim_lds_aa_info(struct sim_der *out, const char *digest)
{
	/* ecdsa-plain-SHA1 ... SHA512 of BSI TR-03111 5.2.1.1 */
	static const char *const names[] = {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
	unsigned n = 3;
	for (unsigned i = 0; i < 5; i++) {
		if (strcmp(names[i], digest) == 0)
			n = i + 1;
	}
	size_t start = out->size;
	sim_der_oid(out, "2.23.136.1.1.5");
	put_integer(out, 1);
	put_protocol(out, "0.4.0.127.0.7.1.1.4.1", &n, 1);
	sim_der_wrap(out, start, 0x30);
}

bool sim_lds_dg15(struct sim_der *out, const EVP_PKEY *key)
{
	size_t start = out->size;
	if (!put_key(out, key))
		return false;
	sim_der_wrap(out, start, 0x6f);
	return true;
}

void sim_lds_com(struct sim_der *out, uint32_t numbers)
{
	static const uint8_t tags[] = {0, 0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69,
		0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70};
	size_t start = out->size;
	put_text(out, 0x5f01, "0107");
	put_text(out, 0x5f36, "040000");
	size_t list = out->size;
	for (unsigned i = 1; i <= 16; i++) {
		if ((numbers >> i & 1) != 0)
			sim_der_byte(out, tags[i]);
	}
	sim_der_wrap(out, list, 0x5c);
	sim_der_wrap(out, start, 0x60);
}

/* 9303-10 3.11.3: card capabilities and, with extended length, how much. */
void sim_lds_atr_info(struct sim_der *out, bool extended, size_t command_most, size_t response_most)
{
	const uint8_t capabilities[] = {0x80, 0x01, extended ? 0xc0 : 0x80};
	sim_der_tlv(out, 0x47, capabilities, sizeof capabilities);
	if (!extended)
		return;
	size_t start = out->size;
	put_integer(out, (unsigned)command_most);
	put_integer(out, (unsigned)response_most);
	sim_der_wrap(out, start, 0x7f66);
}
