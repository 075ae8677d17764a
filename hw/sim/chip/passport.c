/* SPDX-License-Identifier: Apache-2.0
 * See passport.h: keys first, then files, then the signature over them, then what a forger or a
 * broken printer does.
 */
#include "sim/chip/passport.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chip/internal.h"
#include "sim/chip/lds.h"
#include "sim/chip/portrait.h"

/* Slots: 1 to 16 the data groups, then the others. */
enum { COM = 17, SOD, CARD_ACCESS, CARD_SECURITY, ATR_INFO, SLOTS };

struct sim_passport {
	struct sim_passport_config config;
	struct sim_chip_config chip;
	struct sim_chip_file list[SLOTS];
	struct sim_der file[SLOTS];
	EVP_PKEY *ca[SIM_CHIP_KEYS_MAX], *cam, *aa, *forged_ca, *forged_aa;
	char mrz_information[64], can[16];
};

/* Since the document was signed. */
static const int64_t month_s = 2592000;

static bool on(const struct sim_passport *p, enum sim_chip_fault fault)
{
	return p->config.faults[fault].on;
}

bool sim_passport_mrz_information(const char *mrz, char *out, size_t room)
{
	size_t size = strlen(mrz), n = 0;
	const char *number = mrz, *dates = mrz, *optional = NULL;
	size_t birth = 13, expiry = 21, optional_size = 0;
	switch (size) {
	case 88:
		number = dates = mrz + 44;
		break;
	case 72:
		number = dates = mrz + 36;
		optional = mrz + 36 + 28;
		optional_size = 7;
		break;
	case 90:
		number = mrz + 5;
		dates = mrz + 30;
		birth = 0;
		expiry = 8;
		optional = mrz + 15;
		optional_size = 15;
		break;
	default:
		return false;
	}
	if (room < 40)
		return false;
	memcpy(out, number, 9);
	n = 9;
	if (number[9] == '<' &&
		optional != NULL) { /* the rest and the check digit stand in the optional data */
		size_t more = 0;
		while (more < optional_size && optional[more] != '<')
			more++;
		memcpy(out + n, optional, more);
		n += more;
	} else {
		out[n++] = number[9];
	}
	memcpy(out + n, dates + birth, 7);
	memcpy(out + n + 7, dates + expiry, 7);
	out[n + 14] = '\0';
	return true;
}

static EVP_PKEY *make_key(const char *type, const char *group)
{
	char name[24] = {0};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (strlen(group) < sizeof name)
		memcpy(name, group, strlen(group) + 1);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
		OSSL_PARAM_construct_end()};
	if (c == NULL || EVP_PKEY_keygen_init(c) != 1 || EVP_PKEY_CTX_set_params(c, params) != 1 ||
		EVP_PKEY_keygen(c, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	return key;
}

static EVP_PKEY *parameter_key(unsigned parameter)
{
	if (sc_dh_name(parameter) != NULL)
		return make_key("DHX", sc_dh_name(parameter));
	if (sc_curve_name(parameter) == NULL)
		return NULL;
	EVP_PKEY *key = make_key("EC", sc_curve_name(parameter));
	/* Doc 9303-11 9.4.2: parameters in full. */
	if (key != NULL)
		EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit");
	return key;
}

static EVP_PKEY *make_aa_key(const struct sim_passport_config *c)
{
	if (c->aa == SIM_AA_RSA)
		return EVP_RSA_gen(c->aa_bits != 0 ? c->aa_bits : 2048U);
	return parameter_key(c->aa_parameter != 0 ? c->aa_parameter : 12);
}

static int make_keys(struct sim_passport *p)
{
	const struct sim_passport_config *c = &p->config;
	const struct sim_chip_pace *cam = NULL;
	for (size_t i = 0; i < c->pace_count; i++) {
		if (c->pace[i].mapping == SIM_CAM)
			cam = &c->pace[i];
	}
	for (size_t i = 0; i < c->ca_count; i++) {
		p->ca[i] = parameter_key(c->ca[i].parameter);
		if (p->ca[i] == NULL)
			return PN_EINVAL;
		if (cam != NULL && p->cam == NULL && c->ca[i].parameter == cam->parameter) {
			p->cam = p->ca[i];
			EVP_PKEY_up_ref(p->cam);
		}
	}
	if (cam != NULL && p->cam == NULL && (p->cam = parameter_key(cam->parameter)) == NULL)
		return PN_EINVAL;
	if (c->aa != SIM_AA_NONE && c->aa_key != NULL) {
		p->aa = c->aa_key;
		EVP_PKEY_up_ref(p->aa);
	} else if (c->aa != SIM_AA_NONE && (p->aa = make_aa_key(c)) == NULL) {
		return PN_EINVAL;
	}
	if (c->ca_count > 0 && on(p, SIM_FAULT_CA_KEY_UNSIGNED) &&
		(p->forged_ca = parameter_key(c->ca[0].parameter)) == NULL)
		return PN_ECRYPTO;
	if (p->aa != NULL && on(p, SIM_FAULT_AA_KEY_UNSIGNED) && (p->forged_aa = make_aa_key(c)) == NULL)
		return PN_ECRYPTO;
	return PN_OK;
}

static bool put_dg14(const struct sim_passport *p, EVP_PKEY *const *keys, struct sim_der *out)
{
	const struct sim_passport_config *c = &p->config;
	if (on(p, SIM_FAULT_RECURSION)) {
		/* each level states what the levels inside it take */
		size_t size[4001] = {0};
		for (size_t i = 1; i <= 4000; i++)
			size[i] = size[i - 1] + (size[i - 1] < 0x80           ? 2
							: size[i - 1] < 0x100 ? 3
									      : 4);
		for (size_t i = 4000; i-- > 0;)
			sim_der_header(out, i == 3999 ? 0x31 : 0x30, size[i]);
	} else {
		for (size_t i = 0; i < c->ca_count; i++) {
			if (!c->ca[i].no_info)
				sim_lds_ca_info(out, &c->ca[i]);
			if (!sim_lds_ca_key_info(out, &c->ca[i], keys[i], false))
				return false;
		}
		if (c->aa == SIM_AA_EC)
			sim_lds_aa_info(out, c->aa_digest != NULL ? c->aa_digest : "SHA256");
		for (size_t i = 0; i < c->pace_count; i++)
			sim_lds_pace_info(out, &c->pace[i]);
		sim_der_wrap(out, 0, 0x31);
	}
	sim_der_wrap(out, 0, 0x6e);
	return !out->failed;
}

static bool put_groups(struct sim_passport *p)
{
	const struct sim_passport_config *c = &p->config;
	struct sim_der image = {0};
	sim_lds_dg1(&p->file[1], c->mrz);
	bool drawn = c->face == NULL && c->portrait && !on(p, SIM_FAULT_DG2_HUGE);
	if (drawn)
		(void)sim_portrait(&image, c->face_kind, c->portrait_seed, c->face_size); /* no bytes: too small */
	else if (c->face != NULL)
		sim_der_put(&image, c->face, c->face_size);
	else
		sim_lds_filler(&image,
			on(p, SIM_FAULT_DG2_HUGE) ? 200000
			: c->face_size >= 64      ? c->face_size
						  : 15000,
			c->face_kind);
	sim_lds_dg2(&p->file[2], image.bytes, image.size, c->face_kind,
		on(p, SIM_FAULT_DG2_COUNT) ? 255 : 1);
	bool ok = !image.failed && image.size > 0;
	sim_der_free(&image);
	if (c->full_name != NULL || c->personal_number != NULL || c->place_of_birth != NULL ||
		c->address != NULL || c->telephone != NULL || c->profession != NULL ||
		on(p, SIM_FAULT_DG11_COUNT))
		sim_lds_dg11(&p->file[11], c, on(p, SIM_FAULT_DG11_COUNT) ? 255 : 0);
	if (c->authority != NULL || c->issued != NULL)
		sim_lds_dg12(&p->file[12], c);
	if (c->ca_count > 0 || c->aa == SIM_AA_EC || on(p, SIM_FAULT_RECURSION))
		ok = ok && put_dg14(p, p->ca, &p->file[14]);
	if (p->aa != NULL)
		ok = ok && sim_lds_dg15(&p->file[15], p->aa);
	return ok;
}

static const char extra_group[] = {0x6d, 0x04, 'n', 'o', 't', 'e'};

static bool put_sod(struct sim_passport *p, const struct sim_office *office)
{
	struct sim_group groups[17];
	size_t count = 0, size = 0;
	uint32_t listed = 0;
	for (unsigned i = 1; i <= 16; i++) {
		bool extra = i == 13 && on(p, SIM_FAULT_DG_MISSING);
		if (p->file[i].size == 0 && !extra)
			continue;
		groups[count++] = extra ? (struct sim_group){i, (const uint8_t *)extra_group,
						  sizeof extra_group}
					: (struct sim_group){i, p->file[i].bytes, p->file[i].size};
		listed |= 1U << i;
	}
	uint8_t *sod = sim_sod(sim_office_signer(office, p->config.faults),
		p->config.digest != 0 ? p->config.digest : NID_sha256,
		p->config.signature_digest != 0 ? p->config.signature_digest : NID_sha256, groups,
		count, p->config.sod_form, sim_office_now(office) - month_s, &size);
	if (sod != NULL && on(p, SIM_FAULT_SOD_BROKEN))
		sod[size - 1] ^= 1;
	if (sod != NULL && !on(p, SIM_FAULT_SOD_ABSENT))
		sim_der_put(&p->file[SOD], sod, size);
	OPENSSL_free(sod);
	if (on(p, SIM_FAULT_DG_EXTRA)) {
		sim_der_put(&p->file[13], extra_group, sizeof extra_group);
		listed |= 1U << 13;
	}
	if (on(p, SIM_FAULT_COM_DIFFERS))
		listed |= 1U << 16;
	sim_lds_com(&p->file[COM], listed);
	return sod != NULL;
}

static bool put_card_files(struct sim_passport *p, const struct sim_office *office)
{
	const struct sim_passport_config *c = &p->config;
	size_t size = 0;
	sim_lds_atr_info(&p->file[ATR_INFO], !c->no_extended, 65535,
		c->response_most != 0 && c->response_most < 65533 ? c->response_most + 2 : 65535);
	if (c->pace_count == 0)
		return true;
	for (size_t i = 0; i < c->pace_count; i++)
		sim_lds_pace_info(&p->file[CARD_ACCESS], &c->pace[i]);
	sim_der_wrap(&p->file[CARD_ACCESS], 0, 0x31);
	if (p->cam == NULL)
		return true;
	struct sim_der infos = {0};
	struct sim_passport_ca key = {.id = -1};
	for (size_t i = 0; i < c->pace_count; i++) {
		sim_lds_pace_info(&infos, &c->pace[i]);
		if (c->pace[i].mapping == SIM_CAM)
			key.parameter = c->pace[i].parameter;
	}
	bool ok = sim_lds_ca_key_info(&infos, &key, p->cam, true);
	sim_der_wrap(&infos, 0, 0x31);
	uint8_t *signed_infos = NULL;
	if (ok && !infos.failed)
		signed_infos = sim_signed(sim_office_signer(office, c->faults),
			"0.4.0.127.0.7.3.2.1", infos.bytes, infos.size, NID_sha256,
			sim_office_now(office) - month_s, &size);
	sim_der_free(&infos);
	if (signed_infos == NULL)
		return false;
	sim_der_put(&p->file[CARD_SECURITY], signed_infos, size);
	OPENSSL_free(signed_infos);
	return !p->file[CARD_SECURITY].failed;
}

/* Another key in the signed EF.CardSecurity: the point's bytes are exchanged where they stand. */
static bool forge_card_security(struct sim_passport *p)
{
	struct sim_der *f = &p->file[CARD_SECURITY];
	uint8_t old[200], new[200];
	size_t n = 0, m = 0;
	char group[40];
	EVP_PKEY *key = NULL;
	if (EVP_PKEY_get_utf8_string_param(
		    p->cam, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1)
		key = make_key("EC", group);
	bool ok = key != NULL &&
		  EVP_PKEY_get_octet_string_param(
			  p->cam, OSSL_PKEY_PARAM_PUB_KEY, old, sizeof old, &n) == 1 &&
		  EVP_PKEY_get_octet_string_param(
			  key, OSSL_PKEY_PARAM_PUB_KEY, new, sizeof new, &m) == 1 &&
		  n == m;
	uint8_t *at = ok ? memmem(f->bytes, f->size, old, n) : NULL;
	if (at == NULL) {
		EVP_PKEY_free(key);
		return false;
	}
	memcpy(at, new, n);
	EVP_PKEY_free(p->cam);
	p->cam = key;
	return true;
}

static void set_header(struct sim_der *file, const uint8_t *header, size_t size, size_t old)
{
	struct sim_der out = {0};
	sim_der_put(&out, header, size);
	sim_der_put(&out, file->bytes + old, file->size - old);
	sim_der_free(file);
	*file = out;
}

/* What happens to the files after they were signed. */
static bool forge(struct sim_passport *p)
{
	bool ok = true;
	if (on(p, SIM_FAULT_FORGED_DG1)) {
		size_t lead = p->file[1].size - strlen(p->config.mrz);
		size_t name = strlen(p->config.mrz) == 90 ? 60 : 5;
		uint8_t *letter = &p->file[1].bytes[lead + name];
		*letter = *letter == 'Z' ? 'A' : (uint8_t)(*letter + 1);
	}
	if (on(p, SIM_FAULT_FORGED_DG2))
		p->file[2].bytes[p->file[2].size - 10] ^= 1;
	if (p->forged_ca != NULL) {
		EVP_PKEY *keys[SIM_CHIP_KEYS_MAX];
		memcpy(keys, p->ca, sizeof keys);
		keys[0] = p->forged_ca;
		sim_der_free(&p->file[14]);
		ok = put_dg14(p, keys, &p->file[14]);
	}
	if (p->forged_aa != NULL) {
		sim_der_free(&p->file[15]);
		ok = ok && sim_lds_dg15(&p->file[15], p->forged_aa);
	}
	if (p->cam != NULL && on(p, SIM_FAULT_CAM_KEY_UNSIGNED))
		ok = ok && forge_card_security(p);
	size_t header = p->file[2].bytes[1] < 0x80 ? 2 : 2U + (p->file[2].bytes[1] & 0x7fU);
	if (on(p, SIM_FAULT_LENGTH_BOMB)) {
		set_header(&p->file[2], (const uint8_t[]){0x75, 0x84, 0x7f, 0xff, 0xff, 0xff}, 6,
			header);
	} else if (on(p, SIM_FAULT_LENGTH_BEYOND)) {
		size_t n = p->file[2].size - header + 1000;
		const uint8_t more[] = {
			0x75, 0x83, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
		set_header(&p->file[2], more, sizeof more, header);
	}
	if (on(p, SIM_FAULT_LENGTH_INDEFINITE)) {
		set_header(&p->file[1], (const uint8_t[]){0x61, 0x80}, 2, 2);
		sim_der_put(&p->file[1], "\0\0", 2);
	}
	return ok;
}

static void describe_chip(struct sim_passport *p)
{
	const struct sim_passport_config *c = &p->config;
	struct sim_chip_config *chip = &p->chip;
	static const unsigned ids[] = {[COM] = 0x011e,
		[SOD] = 0x011d,
		[CARD_ACCESS] = SIM_MF | 0x011c,
		[CARD_SECURITY] = SIM_MF | 0x011d,
		[ATR_INFO] = SIM_MF | 0x2f01};
	chip->files = p->list;
	for (unsigned i = 1; i < SLOTS; i++) {
		if (p->file[i].size > 0)
			p->list[chip->file_count++] = (struct sim_chip_file){
				i <= 16 ? 0x0100 | i : ids[i], p->file[i].bytes, p->file[i].size};
	}
	chip->open = c->open;
	chip->bac = c->bac;
	memcpy(chip->pace, c->pace, sizeof chip->pace);
	chip->pace_count = c->pace_count;
	chip->mrz_information = p->mrz_information;
	chip->can = p->can[0] != '\0' ? p->can : NULL;
	chip->ca_count = c->ca_count;
	for (size_t i = 0; i < c->ca_count; i++)
		chip->ca[i] = (struct sim_chip_key){
			i == 0 && p->forged_ca != NULL ? p->forged_ca : p->ca[i], c->ca[i].cipher,
			c->ca[i].id};
	chip->cam = p->cam;
	chip->aa = (struct sim_chip_aa){p->forged_aa != NULL ? p->forged_aa : p->aa,
		c->aa_trailer != 0 ? c->aa_trailer : 0x34cc, c->aa_digest, c->aa_der};
	chip->no_extended = c->no_extended;
	chip->response_most = c->response_most;
	chip->timing = c->timing;
	memcpy(chip->faults, c->faults, sizeof chip->faults);
}

int sim_passport_issue(const struct sim_office *office, const struct sim_passport_config *config,
	struct sim_passport **out)
{
	*out = NULL;
	if (config->pace_count > SIM_CHIP_PACE_MAX || config->ca_count > SIM_CHIP_KEYS_MAX ||
		(config->can != NULL &&
			strlen(config->can) >= sizeof((struct sim_passport *)0)->can))
		return PN_EINVAL;
	struct sim_passport *p = calloc(1, sizeof *p);
	if (p == NULL)
		return PN_ENOMEM;
	p->config = *config;
	int err = sim_passport_mrz_information(
			  config->mrz, p->mrz_information, sizeof p->mrz_information)
			  ? make_keys(p)
			  : PN_EINVAL;
	if (err == PN_OK &&
		!(put_groups(p) && put_sod(p, office) && put_card_files(p, office) && forge(p)))
		err = PN_ECRYPTO;
	for (size_t i = 0; i < SLOTS && err == PN_OK; i++)
		err = p->file[i].failed ? PN_ENOMEM : PN_OK;
	if (err != PN_OK) {
		sim_passport_free(p);
		return err;
	}
	if (config->can != NULL)
		memcpy(p->can, config->can, strlen(config->can));
	describe_chip(p);
	*out = p;
	return PN_OK;
}

void sim_passport_free(struct sim_passport *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		sim_der_free(&p->file[i]);
	for (size_t i = 0; i < SIM_CHIP_KEYS_MAX; i++)
		EVP_PKEY_free(p->ca[i]);
	EVP_PKEY_free(p->cam);
	EVP_PKEY_free(p->aa);
	EVP_PKEY_free(p->forged_ca);
	EVP_PKEY_free(p->forged_aa);
	free(p);
}

const struct sim_chip_config *sim_passport_chip(const struct sim_passport *p)
{
	return &p->chip;
}
