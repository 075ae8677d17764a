/* SPDX-License-Identifier: Apache-2.0
 * Passwords of Doc 9303-11 sections 4.3.2 and 9.7.3: the MRZ information from the zone's characters
 * as they were read, and the card access number. Must never interpret a date or repair a character:
 * the chip's key was made of the characters that are printed.
 */
#include <string.h>

#include "emrtd/emrtd.h"
#include "mrz/mrz.h"

enum { NUMBER = 9, DATE = 6, TD1_SIZE = 90, TD2_SIZE = 72, TD3_SIZE = 88, INFORMATION_MAX = 64 };

static bool zone_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '<';
}

/* Every character one of the zone's. */
static bool zone_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!zone_character(text[i]))
			return false;
	}
	return true;
}

static int from_information(struct emrtd_password *p, char *information, size_t size)
{
	uint8_t digest[EMRTD_HASH_MAX];
	const struct emrtd_bytes part = {(const uint8_t *)information, size};
	int err = emrtd_hash(EMRTD_SHA1, &part, 1, digest);
	p->kind = EMRTD_PASSWORD_MRZ;
	p->size = sizeof(p->secret);
	memcpy(p->secret, digest, sizeof(p->secret));
	emrtd_wipe(digest, sizeof(digest));
	emrtd_wipe(information, INFORMATION_MAX);
	return err;
}

int emrtd_password_from_zone(struct emrtd_password *p, const char *zone)
{
	/* Where things stand, from 0 (Doc 9303-5, -6 and -4, section 4.2.2). */
	static const struct layout {
		size_t size, number, optional, optional_size, birth, expiry;
	} layouts[] = {{TD1_SIZE, 5, 15, 15, 30, 38}, {TD2_SIZE, 36, 64, 7, 49, 57},
		{TD3_SIZE, 44, 72, 0, 57, 65}};
	char information[INFORMATION_MAX];
	struct emrtd_writer w = {(uint8_t *)information, 0, sizeof(information), false};
	const struct layout *l = NULL;
	size_t size = strnlen(zone, TD1_SIZE + 1);
	for (size_t i = 0; i < PN_COUNT(layouts); i++) {
		if (layouts[i].size == size)
			l = &layouts[i];
	}
	if (l == NULL || !zone_text(zone, size))
		return PN_EFORMAT;
	emrtd_put(&w, zone + l->number, NUMBER);
	size_t more = 0;
	/* A filler in the place of the check digit: the number goes on in the optional data up to
	 * the next filler, its check digit last. */
	while (zone[l->number + NUMBER] == '<' && more < l->optional_size &&
		zone[l->optional + more] != '<')
		more++;
	if (more > 0)
		emrtd_put(&w, zone + l->optional, more);
	else if (zone[l->number + NUMBER] == '<')
		emrtd_put_byte(&w, (uint8_t)mrz_check_digit(zone + l->number, NUMBER));
	else
		emrtd_put(&w, zone + l->number + NUMBER, 1);
	emrtd_put(&w, zone + l->birth, DATE + 1);
	emrtd_put(&w, zone + l->expiry, DATE + 1);
	return from_information(p, information, w.size);
}

int emrtd_password_from_fields(
	struct emrtd_password *p, const char *number, const char *birth, const char *expiry)
{
	static const char fillers[NUMBER + 1] = "<<<<<<<<<";
	char information[INFORMATION_MAX];
	struct emrtd_writer w = {(uint8_t *)information, 0, sizeof(information), false};
	size_t size = strnlen(number, INFORMATION_MAX);
	if (size == 0 || size > 22 || !zone_text(number, size) || strnlen(birth, 7) != DATE ||
		strnlen(expiry, 7) != DATE || !zone_text(birth, DATE) || !zone_text(expiry, DATE))
		return PN_EFORMAT;
	emrtd_put(&w, number, size);
	emrtd_put(&w, fillers, size < NUMBER ? NUMBER - size : 0);
	emrtd_put_byte(&w, (uint8_t)mrz_check_digit(information, w.size));
	emrtd_put(&w, birth, DATE);
	emrtd_put_byte(&w, (uint8_t)mrz_check_digit(birth, DATE));
	emrtd_put(&w, expiry, DATE);
	emrtd_put_byte(&w, (uint8_t)mrz_check_digit(expiry, DATE));
	return from_information(p, information, w.size);
}

int emrtd_password_from_can(struct emrtd_password *p, const char *can)
{
	size_t size = strnlen(can, 17);
	if (size < 6 || size > 16)
		return PN_EFORMAT;
	for (size_t i = 0; i < size; i++) {
		if (can[i] < '0' || can[i] > '9')
			return PN_EFORMAT;
	}
	p->kind = EMRTD_PASSWORD_CAN;
	p->size = size;
	memcpy(p->secret, can, size);
	return 0;
}
