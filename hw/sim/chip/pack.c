/* SPDX-License-Identifier: Apache-2.0
 * See pack.h.
 */
#include "sim/chip/pack.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sim/chip/der.h"
#include "sim/chip/store.h"

enum { P_FORM = 0x80, P_WAYS, P_PACE, P_ZONE, P_CAN, P_FILE, P_CA, P_CAM, P_AA, P_FAULT };
enum { FILES = 24, TEXT = 64 };

static const char form[] = "postern-sim-passport 1";

struct sim_pack {
	struct sim_chip_file files[FILES];
	uint8_t *bytes;
	size_t size;
	char zone[TEXT], can[TEXT], digest[TEXT];
	EVP_PKEY *ca[SIM_CHIP_KEYS_MAX], *cam, *aa;
};

static void put_number(struct sim_der *out, uint32_t value, unsigned size)
{
	while (size-- > 0)
		sim_der_byte(out, value >> (8 * size) & 0xff);
}

static uint32_t number(const uint8_t *at, unsigned size)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static bool put_key(struct sim_der *out, EVP_PKEY *key)
{
	uint8_t *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	PKCS8_PRIV_KEY_INFO_free(info);
	if (n > 0) {
		sim_der_put(out, der, (size_t)n);
		OPENSSL_clear_free(der, (size_t)n);
	}
	return n > 0;
}

static bool put_keys(struct sim_der *out, const struct sim_chip_config *c)
{
	bool ok = true;
	size_t at = out->size;
	for (size_t i = 0; i < c->ca_count && ok; i++) {
		put_number(out, (uint32_t)c->ca[i].cipher, 1);
		put_number(out, (uint32_t)c->ca[i].id, 4);
		ok = put_key(out, c->ca[i].key);
		sim_der_wrap(out, at, P_CA);
		at = out->size;
	}
	if (c->cam != NULL && ok) {
		ok = put_key(out, c->cam);
		sim_der_wrap(out, at, P_CAM);
		at = out->size;
	}
	if (c->aa.key != NULL && ok) {
		const char *digest = c->aa.digest != NULL ? c->aa.digest : "";
		put_number(out, c->aa.trailer, 2);
		put_number(out, c->aa.der, 1);
		put_number(out, (uint32_t)strlen(digest), 1);
		sim_der_put(out, digest, strlen(digest));
		ok = put_key(out, c->aa.key);
		sim_der_wrap(out, at, P_AA);
	}
	return ok;
}

static void put_faults(struct sim_der *out, const struct sim_chip_config *c)
{
	for (int i = 0; i < SIM_FAULTS; i++) {
		const struct sim_chip_when *w = &c->faults[i];
		const char *name = sim_chip_fault_name((enum sim_chip_fault)i);
		size_t at = out->size;
		if (!w->on)
			continue;
		put_number(out, w->has_value, 1);
		put_number(out, (uint32_t)w->value, 4);
		put_number(out, w->at, 4);
		put_number(out, w->and_after, 1);
		sim_der_put(out, name, strlen(name));
		sim_der_wrap(out, at, P_FAULT);
	}
}

static void put_ways(struct sim_der *out, const struct sim_chip_config *c)
{
	size_t at = out->size;
	put_number(out, c->open, 1);
	put_number(out, c->bac, 1);
	put_number(out, c->no_extended, 1);
	put_number(out, (uint32_t)c->response_most, 4);
	sim_der_wrap(out, at, P_WAYS);
	for (size_t i = 0; i < c->pace_count; i++) {
		const uint8_t pace[] = {(uint8_t)c->pace[i].mapping, (uint8_t)c->pace[i].cipher,
			(uint8_t)c->pace[i].parameter};
		sim_der_tlv(out, P_PACE, pace, sizeof pace);
	}
	if (c->mrz_information != NULL)
		sim_der_tlv(out, P_ZONE, c->mrz_information, strlen(c->mrz_information));
	if (c->can != NULL)
		sim_der_tlv(out, P_CAN, c->can, strlen(c->can));
}

int sim_pack_save(const char *path, const struct sim_chip_config *config)
{
	struct sim_der out = {0};
	sim_der_tlv(&out, P_FORM, form, strlen(form));
	put_ways(&out, config);
	for (size_t i = 0; i < config->file_count; i++) {
		size_t at = out.size;
		put_number(&out, config->files[i].id, 4);
		sim_der_put(&out, config->files[i].bytes, config->files[i].size);
		sim_der_wrap(&out, at, P_FILE);
	}
	int err = put_keys(&out, config) ? PN_OK : PN_ECRYPTO;
	put_faults(&out, config);
	if (out.failed)
		err = PN_ENOMEM;
	FILE *f = err == PN_OK ? fopen(path, "wbe") : NULL;
	bool ok = f != NULL && fwrite(out.bytes, 1, out.size, f) == out.size;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	sim_der_free(&out);
	return err != PN_OK ? err : ok ? PN_OK : PN_EIO;
}

static EVP_PKEY *key_of(const uint8_t *bytes, size_t size)
{
	const uint8_t *p = bytes;
	return d2i_AutoPrivateKey(NULL, &p, (long)size);
}

static bool text_of(const uint8_t *bytes, size_t size, char out[TEXT])
{
	if (size >= TEXT || memchr(bytes, 0, size) != NULL)
		return false;
	memcpy(out, bytes, size);
	out[size] = '\0';
	return true;
}

static bool take_fault(const uint8_t *v, size_t size, struct sim_chip_config *c)
{
	char name[TEXT];
	if (size < 10 || !text_of(v + 10, size - 10, name))
		return false;
	for (int i = 0; i < SIM_FAULTS; i++)
		if (strcmp(name, sim_chip_fault_name((enum sim_chip_fault)i)) == 0) {
			c->faults[i] = (struct sim_chip_when){true, v[0] != 0,
				(int32_t)number(v + 1, 4), number(v + 5, 4), v[9] != 0};
			return true;
		}
	return false;
}

static bool take_aa(
	const uint8_t *v, size_t size, struct sim_pack *p, struct sim_chip_config *c)
{
	if (p->aa != NULL || size < 4 || size < 4U + v[3] || !text_of(v + 4, v[3], p->digest))
		return false;
	p->aa = key_of(v + 4 + v[3], size - 4 - v[3]);
	c->aa = (struct sim_chip_aa){
		p->aa, number(v, 2), p->digest[0] != '\0' ? p->digest : NULL, v[2] != 0};
	return p->aa != NULL;
}

static bool take_ca(const uint8_t *v, size_t size, struct sim_pack *p, struct sim_chip_config *c)
{
	if (size < 5 || v[0] > SIM_AES_256 || c->ca_count == SIM_CHIP_KEYS_MAX)
		return false;
	EVP_PKEY *key = key_of(v + 5, size - 5);
	p->ca[c->ca_count] = key;
	c->ca[c->ca_count++] =
		(struct sim_chip_key){key, (enum sim_cipher)v[0], (int32_t)number(v + 1, 4)};
	return key != NULL;
}

static bool take(unsigned tag, const uint8_t *v, size_t size, struct sim_pack *p,
	struct sim_chip_config *c)
{
	switch (tag) {
	case P_WAYS:
		if (size != 7)
			return false;
		c->open = v[0] != 0;
		c->bac = v[1] != 0;
		c->no_extended = v[2] != 0;
		c->response_most = number(v + 3, 4);
		return true;
	case P_PACE:
		if (size != 3 || v[0] > SIM_CAM || v[1] > SIM_AES_256 ||
			c->pace_count == SIM_CHIP_PACE_MAX)
			return false;
		c->pace[c->pace_count++] = (struct sim_chip_pace){
			(enum sim_mapping)v[0], (enum sim_cipher)v[1], v[2]};
		return true;
	case P_ZONE:
		c->mrz_information = p->zone;
		return text_of(v, size, p->zone);
	case P_CAN:
		c->can = p->can;
		return text_of(v, size, p->can);
	case P_FILE:
		if (size < 4 || c->file_count == FILES)
			return false;
		p->files[c->file_count++] = (struct sim_chip_file){number(v, 4), v + 4, size - 4};
		return true;
	case P_CA:
		return take_ca(v, size, p, c);
	case P_CAM:
		if (p->cam != NULL)
			return false;
		c->cam = p->cam = key_of(v, size);
		return p->cam != NULL;
	case P_AA:
		return take_aa(v, size, p, c);
	case P_FAULT:
		return take_fault(v, size, c);
	default:
		return false;
	}
}

int sim_pack_load(const char *path, struct sim_chip_config *config, struct sim_pack **pack)
{
	struct sim_chip_config c = {.timing = config->timing,
		.draw = config->draw,
		.draw_context = config->draw_context};
	struct sim_pack *p = calloc(1, sizeof *p);
	*pack = NULL;
	if (p == NULL)
		return PN_ENOMEM;
	int err = sim_store_read(path, &p->bytes, &p->size);
	const uint8_t *at = p->bytes, *v = NULL;
	size_t left = p->size, size = 0;
	unsigned tag = 0;
	if (err == PN_OK && !(sim_der_next(&at, &left, &tag, &v, &size) && tag == P_FORM &&
				    size == strlen(form) && memcmp(v, form, size) == 0))
		err = PN_EFORMAT;
	while (err == PN_OK && left > 0)
		if (!sim_der_next(&at, &left, &tag, &v, &size) || !take(tag, v, size, p, &c))
			err = PN_EFORMAT;
	if (err != PN_OK) {
		sim_pack_free(p);
		return err;
	}
	c.files = p->files;
	*config = c;
	*pack = p;
	return PN_OK;
}

void sim_pack_free(struct sim_pack *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < SIM_CHIP_KEYS_MAX; i++)
		EVP_PKEY_free(p->ca[i]);
	EVP_PKEY_free(p->cam);
	EVP_PKEY_free(p->aa);
	if (p->bytes != NULL)
		OPENSSL_cleanse(p->bytes, p->size);
	free(p->bytes);
	OPENSSL_cleanse(p, sizeof *p);
	free(p);
}
