/* SPDX-License-Identifier: Apache-2.0
 * See chip.h: one command at a time, from the bytes on the air to the bytes on the air.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chip/internal.h"

static bool pace_possible(const struct sim_chip_pace *p)
{
	bool curve = p->parameter >= 8 && p->parameter <= 18;
	if (p->cipher < SIM_3DES || p->cipher > SIM_AES_256 || (!curve && p->parameter > 2))
		return false;
	if (p->mapping == SIM_CAM)
		return curve && p->cipher != SIM_3DES;
	return p->mapping == SIM_GM || (p->mapping == SIM_IM && p->parameter != 10);
}

static bool possible(const struct sim_chip_config *c)
{
	if (c->pace_count > SIM_CHIP_PACE_MAX || c->ca_count > SIM_CHIP_KEYS_MAX)
		return false;
	if (c->mrz_information == NULL ? c->bac
				       : strlen(c->mrz_information) >=
						 sizeof((struct sim_chip *)0)->mrz_information)
		return false;
	if (c->can != NULL && strlen(c->can) >= sizeof((struct sim_chip *)0)->can)
		return false;
	if (c->aa.digest != NULL && strlen(c->aa.digest) >= sizeof((struct sim_chip *)0)->aa_digest)
		return false;
	if (c->pace_count > 0 && c->can == NULL && c->mrz_information == NULL)
		return false;
	for (size_t i = 0; i < c->pace_count; i++) {
		if (!pace_possible(&c->pace[i]))
			return false;
		if (c->pace[i].mapping == SIM_CAM && c->cam == NULL && c->ca_count == 0)
			return false;
	}
	for (size_t i = 0; i < c->ca_count; i++) {
		if (c->ca[i].key == NULL)
			return false;
	}
	return true;
}

static int copy_files(struct sim_chip *chip, const struct sim_chip_config *c)
{
	chip->files = calloc(c->file_count + 1, sizeof *chip->files);
	if (chip->files == NULL)
		return PN_ENOMEM;
	for (size_t i = 0; i < c->file_count; i++) {
		const struct sim_chip_file *f = &c->files[i];
		if (f->size > SC_FILE_MAX)
			return PN_EINVAL;
		chip->files[i].id = f->id;
		chip->files[i].bytes = malloc(f->size + 1);
		if (chip->files[i].bytes == NULL)
			return PN_ENOMEM;
		if (f->size > 0)
			memcpy(chip->files[i].bytes, f->bytes, f->size);
		chip->files[i].size = f->size;
		chip->file_count++;
	}
	return PN_OK;
}

static void share(EVP_PKEY *key)
{
	if (key != NULL)
		EVP_PKEY_up_ref(key);
}

int sim_chip_new(const struct sim_chip_config *config, struct sim_chip **out)
{
	*out = NULL;
	if (!possible(config))
		return PN_EINVAL;
	struct sim_chip *chip = calloc(1, sizeof *chip);
	if (chip == NULL)
		return PN_ENOMEM;
	struct sim_chip_config *c = &chip->config;
	*c = *config;
	c->files = NULL;
	c->file_count = 0;
	if (config->mrz_information != NULL) {
		memcpy(chip->mrz_information, config->mrz_information,
			strlen(config->mrz_information));
		c->mrz_information = chip->mrz_information;
	}
	if (config->can != NULL) {
		memcpy(chip->can, config->can, strlen(config->can));
		c->can = chip->can;
	}
	if (config->aa.digest != NULL)
		memcpy(chip->aa_digest, config->aa.digest, strlen(config->aa.digest));
	c->aa.digest = NULL;
	if (c->response_most == 0 || c->response_most > SIM_CHIP_RESPONSE_MAX - 2)
		c->response_most = SIM_CHIP_RESPONSE_MAX - 2;
	if (c->cam == NULL && c->ca_count > 0)
		c->cam = c->ca[0].key;
	for (size_t i = 0; i < c->ca_count; i++)
		share(c->ca[i].key);
	share(c->cam);
	share(c->aa.key);
	int err = copy_files(chip, config);
	if (err != PN_OK) {
		sim_chip_free(chip);
		return err;
	}
	sim_chip_power(chip, true);
	*out = chip;
	return PN_OK;
}

static void forget(struct sim_chip *chip)
{
	OPENSSL_clear_free(chip->rest, chip->rest_size);
	OPENSSL_clear_free(chip->last, chip->last_size);
	chip->rest = chip->last = NULL;
	chip->rest_size = chip->last_size = 0;
	sc_pace_end(chip);
	sim_der_free(&chip->chain.data);
	chip->chain.open = false;
	OPENSSL_cleanse(&chip->session, sizeof chip->session);
	OPENSSL_cleanse(&chip->next_session, sizeof chip->next_session);
	chip->in_application = chip->access = chip->by_pace = chip->has_challenge = false;
	chip->current = NULL;
	chip->ca_chosen = -1;
}

void sim_chip_free(struct sim_chip *chip)
{
	if (chip == NULL)
		return;
	forget(chip);
	for (size_t i = 0; i < chip->file_count; i++)
		free(chip->files[i].bytes);
	free(chip->files);
	for (size_t i = 0; i < chip->config.ca_count; i++)
		EVP_PKEY_free(chip->config.ca[i].key);
	EVP_PKEY_free(chip->config.cam);
	EVP_PKEY_free(chip->config.aa.key);
	EVP_PKEY_free(chip->stranger);
	OPENSSL_cleanse(chip, sizeof *chip);
	free(chip);
}

void sim_chip_power(struct sim_chip *chip, bool on)
{
	forget(chip);
	chip->powered = on;
	chip->commands = 0;
}

void sim_chip_reset(struct sim_chip *chip)
{
	sim_chip_power(chip, true);
}

size_t sim_chip_atr(const struct sim_chip *chip, uint8_t out[33])
{
	/* What a PC/SC reader makes of a type A card (PC/SC part 3, 3.1.3.2.3.1): historical bytes
	 * 77 compact-TLV, card capabilities in their third byte: extended length (40) or not. */
	uint8_t atr[13] = {0x3b, 0x88, 0x80, 0x01, 0x80, 0x73, 0xc0, 0x21, 0xc0, 0x57, 0x75, 0x90};
	if (chip->config.no_extended)
		atr[8] = 0x80;
	for (size_t i = 1; i < 12; i++)
		atr[12] ^= atr[i];
	memcpy(out, atr, sizeof atr);
	return sizeof atr;
}

size_t sc_draw(
	struct sim_chip *chip, enum sim_chip_draw what, uint8_t *out, size_t size, size_t room)
{
	if (chip->config.draw != NULL)
		return chip->config.draw(chip->config.draw_context, what, out, size, room);
	return size <= room && RAND_bytes(out, (int)size) == 1 ? size : 0;
}

static unsigned manage(struct sim_chip *chip, const struct sc_apdu *apdu)
{
	unsigned p = (unsigned)apdu->p1 << 8 | apdu->p2;
	switch (p) {
	case 0xc1a4:
		return sc_pace_set(chip, apdu);
	case 0x41a4:
		return sc_ca_set(chip, apdu);
	case 0x41a6:
		return sc_ca_key_agreement(chip, apdu);
	default:
		return 0x6A86;
	}
}

static unsigned give_rest(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	size_t n = apdu->expected < chip->rest_size ? apdu->expected : chip->rest_size;
	if (chip->rest == NULL)
		return 0x6985;
	sim_der_put(out, chip->rest, n);
	memmove(chip->rest, chip->rest + n, chip->rest_size - n);
	chip->rest_size -= n;
	if (chip->rest_size > 0)
		return 0x6100 | (chip->rest_size > 255 ? 0 : (unsigned)chip->rest_size);
	OPENSSL_free(chip->rest);
	chip->rest = NULL;
	return 0x9000;
}

static unsigned serve(
	struct sim_chip *chip, const struct sc_apdu *given, size_t most, struct sim_der *out)
{
	struct sc_apdu whole = *given;
	const struct sc_apdu *apdu = &whole;
	if ((apdu->cla & 0xef) != 0)
		return 0x6E00;
	unsigned part = sc_chain(chip, &whole);
	if (part != 0)
		return part;
	if (apdu->expected > 0 && (apdu->ins == 0xa4 || apdu->ins == 0x22) &&
		sc_fault(chip, SIM_FAULT_LE_6700))
		return 0x6700;
	switch (apdu->ins) {
	case 0xa4:
		return sc_select(chip, apdu);
	case 0xb0:
	case 0xb1:
		return sc_read(chip, apdu, most, out);
	case 0x84:
		return sc_get_challenge(chip, apdu, out);
	case 0x82:
		return sc_external_authenticate(chip, apdu, out);
	case 0x22:
		return manage(chip, apdu);
	case 0x86:
		return chip->ca_chosen >= 0 ? sc_ca_step(chip, apdu, out)
					    : sc_pace_step(chip, apdu, out);
	case 0x88:
		return sc_internal_authenticate(chip, apdu, out);
	case 0xc0:
		return give_rest(chip, apdu, out);
	default:
		return 0x6D00;
	}
}

static void drop_session(struct sim_chip *chip)
{
	OPENSSL_cleanse(&chip->session, sizeof chip->session);
	chip->access = chip->by_pace = false;
	chip->ca_chosen = -1;
	chip->chain.open = false;
}

static void put_status(struct sim_der *out, unsigned status)
{
	sim_der_byte(out, status >> 8);
	sim_der_byte(out, status & 0xff);
}

/* A response to a command inside the session, and what a dishonest chip makes of it. */
static bool answer_protected(struct sim_chip *chip, const struct sim_der *plain, unsigned status,
	bool odd, struct sim_der *out)
{
	struct sim_der right = {0};
	bool ok = sc_protect(chip, plain, status, odd, &right);
	put_status(&right, status);
	if (sc_fault(chip, SIM_FAULT_SM_PLAIN_9000)) {
		put_status(out, 0x9000);
	} else if (sc_fault(chip, SIM_FAULT_SM_PLAIN_DATA)) {
		sim_der_put(out, plain->bytes, plain->size);
		put_status(out, 0x9000);
	} else if (sc_fault(chip, SIM_FAULT_SM_PLAIN_ERROR)) {
		put_status(out,
			(unsigned)sc_fault_value(chip, SIM_FAULT_SM_PLAIN_ERROR, 0x6982) & 0xffff);
	} else if (sc_fault(chip, SIM_FAULT_SM_REPLAY) && chip->last != NULL) {
		sim_der_put(out, chip->last, chip->last_size);
	} else {
		sim_der_put(out, right.bytes, right.size);
	}
	OPENSSL_clear_free(chip->last, chip->last_size);
	chip->last = OPENSSL_memdup(right.bytes, right.size);
	chip->last_size = chip->last != NULL ? right.size : 0;
	ok = ok && !right.failed && !out->failed;
	sim_der_free(&right);
	return ok;
}

/* What is too long for the response is not cut but refused; a read has cut itself. */
static unsigned fitting(
	const struct sc_apdu *apdu, size_t most, unsigned status, struct sim_der *out)
{
	bool read = apdu->ins == 0xb0 || apdu->ins == 0xb1;
	if (read || (out->size <= most && out->size <= apdu->expected))
		return status;
	out->size = 0;
	return 0x6700;
}

static bool in_session(struct sim_chip *chip, const struct sc_apdu *outer, struct sim_der *out)
{
	struct sc_apdu apdu;
	struct sim_der data = {0}, plain = {0};
	unsigned status = sc_fault(chip, SIM_FAULT_SM_DROP)
				  ? 0x6988
				  : sc_unprotect(chip, outer, &apdu, &data);
	bool ok = true;
	if (status != 0) {
		drop_session(chip);
		put_status(out, status);
	} else {
		size_t room = outer->expected == 0 ? 256 : outer->expected;
		if (room > chip->config.response_most)
			room = chip->config.response_most;
		room = sc_protected_room(chip, room);
		status = serve(chip, &apdu, room, &plain);
		status = fitting(&apdu, room, status, &plain);
		ok = answer_protected(chip, &plain, status, (outer->ins & 1) != 0, out) &&
		     !plain.failed;
	}
	sim_der_free(&data);
	sim_der_free(&plain);
	return ok;
}

/* The answer of GENERAL AUTHENTICATE with a large key: what a short response holds, the rest by GET RESPONSE. */
static unsigned in_pieces(struct sim_chip *chip, size_t most, struct sim_der *out)
{
	OPENSSL_clear_free(chip->rest, chip->rest_size);
	chip->rest_size = out->size - most;
	chip->rest = OPENSSL_memdup(out->bytes + most, chip->rest_size);
	if (chip->rest == NULL) {
		out->failed = true;
		return 0x6F00;
	}
	out->size = most;
	return 0x6100 | (chip->rest_size > 255 ? 0 : (unsigned)chip->rest_size);
}

static bool outside(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	/* GET RESPONSE belongs to the command whose data wait: the one that began the session, for one. */
	if (chip->session.on && (apdu->ins != 0xc0 || chip->rest == NULL))
		drop_session(chip);
	size_t most = apdu->expected < chip->config.response_most ? apdu->expected
								  : chip->config.response_most;
	unsigned status = serve(chip, apdu, most, out);
	if (status == 0x9000 && apdu->ins == 0x86 && !apdu->extended && apdu->expected == 256 && out->size > most)
		status = in_pieces(chip, most, out);
	else
		status = fitting(apdu, most, status, out);
	if (sc_fault(chip, SIM_FAULT_READ_61) && apdu->ins != 0xc0 && out->size > 0 &&
		status == 0x9000) {
		OPENSSL_free(chip->rest);
		chip->rest = OPENSSL_memdup(out->bytes, out->size);
		chip->rest_size = chip->rest != NULL ? out->size : 0;
		status = 0x6100 | (out->size > 255 ? 0 : (unsigned)out->size);
		out->size = 0;
	}
	put_status(out, status);
	return !out->failed;
}

static double duration(const struct sim_chip *chip, uint8_t ins, size_t in, size_t out)
{
	const struct sim_chip_timing *t = &chip->config.timing;
	double ms = t->ms[ins] + t->us_per_byte * (double)(in + out) / 1000;
	if (sc_fault(chip, SIM_FAULT_SLOW))
		ms += sc_fault_value(chip, SIM_FAULT_SLOW, 1000);
	if (t->air_kbit > 0) {
		size_t frames = (in + 252) / 253 + (out + 252) / 253;
		ms += 9.0 * (double)(in + out + 3 * frames) / t->air_kbit +
		      t->frame_ms * (double)frames;
	}
	return ms;
}

/* A document that was torn away at one command is laid down again whole. */
static void leave(struct sim_chip *chip, enum sim_chip_fault why)
{
	struct sim_chip_when *w = &chip->config.faults[why];
	if (w->at != 0 && !w->and_after)
		w->on = false;
	sim_chip_power(chip, false);
}

/* What a broken link leaves of the response. */
static int on_the_link(struct sim_chip *chip, struct sim_der *out)
{
	chip->announced = out->size;
	if (sc_fault(chip, SIM_FAULT_REPLY_0))
		chip->announced = out->size = 0;
	if (sc_fault(chip, SIM_FAULT_REPLY_1))
		chip->announced = out->size = 1;
	if (sc_fault(chip, SIM_FAULT_TEAR_LATE)) {
		chip->announced = out->size = 0;
		leave(chip, SIM_FAULT_TEAR_LATE);
		return PN_ECLOSED;
	}
	if (sc_fault(chip, SIM_FAULT_TEAR_HALF)) {
		out->size = 0;
		put_status(out, 0x9000);
		chip->announced = 10;
		leave(chip, SIM_FAULT_TEAR_HALF);
		return PN_ECLOSED;
	}
	return PN_OK;
}

int sim_chip_apdu(struct sim_chip *chip, const uint8_t *command, size_t command_size,
	uint8_t *response, size_t *size)
{
	struct sc_apdu apdu;
	struct sim_der out = {0};
	size_t room = *size;
	int err = PN_OK;
	*size = chip->announced = 0;
	chip->last_ms = 0;
	if (!chip->powered)
		return PN_ECLOSED;
	chip->commands++;
	if (sc_fault(chip, SIM_FAULT_TEAR)) {
		leave(chip, SIM_FAULT_TEAR);
		return PN_ECLOSED;
	}
	bool known = sc_apdu_parse(command, command_size, &apdu) == PN_OK;
	bool ok = true;
	if (!known || (apdu.extended && (chip->config.no_extended ||
						sc_fault(chip, SIM_FAULT_READ_NO_EXTENDED))))
		put_status(&out, 0x6700);
	else if ((apdu.cla & 0x0c) != 0x0c)
		ok = outside(chip, &apdu, &out);
	else if (chip->session.on)
		ok = in_session(chip, &apdu, &out);
	else
		put_status(&out, 0x6882);
	if (!ok) {
		out.size = 0;
		put_status(&out, 0x6F00);
		drop_session(chip);
	}
	if (chip->next_session.on) {
		chip->session = chip->next_session;
		OPENSSL_cleanse(&chip->next_session, sizeof chip->next_session);
	}
	chip->last_ms = duration(chip, command_size > 1 ? command[1] : 0, command_size, out.size);
	chip->total_ms += chip->last_ms;
	err = on_the_link(chip, &out);
	if (out.size > room || out.failed)
		err = PN_EINVAL;
	else if (out.size > 0)
		memcpy(response, out.bytes, out.size);
	if (err != PN_EINVAL)
		*size = out.size;
	sim_der_free(&out);
	return err;
}

size_t sim_chip_announced(const struct sim_chip *chip)
{
	return chip->announced;
}

double sim_chip_last_ms(const struct sim_chip *chip)
{
	return chip->last_ms;
}

double sim_chip_total_ms(const struct sim_chip *chip)
{
	return chip->total_ms;
}

uint32_t sim_chip_commands(const struct sim_chip *chip)
{
	return chip->commands;
}

void sim_chip_set_fault(
	struct sim_chip *chip, enum sim_chip_fault fault, const struct sim_chip_when *when)
{
	chip->config.faults[fault] = *when;
}
