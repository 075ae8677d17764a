/* SPDX-License-Identifier: Apache-2.0
 * Drawing simulated travellers from a seed. Must never use any other source of chance, or a real person's data.
 */
#include "traveller.h"

#include <stdio.h>
#include <string.h>

#include "mrz/mrz.h"

static const char *const surnames[] = { "HANSEN", "OKAFOR", "LINDQVIST", "MORALES", "TANAKA", "NOVAK", "ABDI", "SINGH",
	"FERREIRA", "KOWALSKA", "AL RASHID", "DUBOIS", "PETROV", "NGUYEN", "ACHIENG", "SILVA", "VAN DER BERG", "YILMAZ" };
static const char *const given[] = { "INGRID", "EMEKA", "ASTRID MARIE", "LUCIA", "KENJI", "PETR", "HODAN", "ARJUN", "JOAO",
	"ANNA", "OMAR", "CLAIRE", "IVAN", "MINH ANH", "GRACE", "PEDRO", "WILLEM", "ELIF" };
static const char *const foreign[] = { "USA", "BRA", "JPN", "KEN", "IND", "TUR", "NGA", "VNM", "GBR", "CAN" };

static const char *const kind_names[TRAVELLER_KINDS] = {
#define KIND(id, name, about) name,
#include "traveller_kinds.def"
#undef KIND
};

bool traveller_shows_another(enum traveller_kind kind)
{
	return kind == TRAVELLER_PHOTO_SUBSTITUTED;
}

const char *traveller_kind_name(enum traveller_kind kind)
{
	return kind < TRAVELLER_KINDS ? kind_names[kind] : "unknown";
}

int traveller_kind_find(const char *name)
{
	for (int i = 0; i < TRAVELLER_KINDS; i++)
		if (strcmp(kind_names[i], name) == 0)
			return i;
	return -1;
}

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)(draw(state) % bound);
}

static enum traveller_kind draw_kind(uint64_t *state, const struct traveller_mix *mix)
{
	uint32_t total = 0, at;
	for (int i = 0; i < TRAVELLER_KINDS; i++)
		total += mix->weight[i];
	if (total == 0)
		return TRAVELLER_CITIZEN;
	at = below(state, total);
	for (int i = 0; i < TRAVELLER_KINDS; i++) {
		if (at < mix->weight[i])
			return (enum traveller_kind)i;
		at -= mix->weight[i];
	}
	return TRAVELLER_CITIZEN;
}

/* Days since 1970-01-01 and back; Howard Hinnant, "chrono-compatible low-level date algorithms". */
static int64_t days_of(struct traveller_date d)
{
	int64_t y = d.year - (d.month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static struct traveller_date date_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	struct traveller_date d = { 0 };
	d.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	d.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	d.year = (int)(yoe + era * 400 + (d.month <= 2));
	return d;
}

/* NULL: any of the visa-free. What is asked of these nationals is set in rules/eligibility/constants.lua. */
static const char *foreign_of(enum traveller_kind kind)
{
	if (kind == TRAVELLER_VISA || kind == TRAVELLER_NO_VISA || kind == TRAVELLER_VISA_USED_UP)
		return "RKS";
	return kind == TRAVELLER_AUTHORISED || kind == TRAVELLER_UNAUTHORISED ? "MEX" : NULL;
}

static bool is_third_country(enum traveller_kind kind)
{
	return kind == TRAVELLER_WITHIN_90 || kind == TRAVELLER_BEYOND_90 || kind == TRAVELLER_BANNED || foreign_of(kind) != NULL;
}

static void draw_stay(struct traveller *t, struct traveller_date today)
{
	int64_t now = days_of(today);
	if (t->kind == TRAVELLER_WITHIN_90) {
		t->stay_entry = date_of(now - 60);
		t->stay_exit = date_of(now - 41); /* 20 days used */
	} else if (t->kind == TRAVELLER_BEYOND_90) {
		t->stay_entry = date_of(now - 110);
		t->stay_exit = date_of(now - 16); /* 95 days used */
	}
}

static void put(char *dst, size_t size, const char *s)
{
	snprintf(dst, size, "%s", s);
}

static void compose(struct traveller *t)
{
	const struct mrz_fields f = {
		.format = MRZ_TD3,
		.document_code = "P",
		.issuer = t->issuer,
		.number = t->number,
		.surname = t->surname,
		.given_names = t->given_names,
		.nationality = t->nationality,
		.birth = { t->birth.year, t->birth.month, t->birth.day },
		.sex = t->sex,
		.expiry = { t->expiry.year, t->expiry.month, t->expiry.day },
	};
	struct mrz_text text;
	if (mrz_compose(&f, &text) != 0)
		return; /* no lines: the reader will see nothing */
	t->lines = (uint32_t)text.count;
	for (size_t i = 0; i < text.count; i++)
		put(t->mrz[i], sizeof t->mrz[i], text.lines[i]);
	snprintf(t->zone, sizeof t->zone, "%s%s", t->mrz[0], t->mrz[1]);
}

void traveller_make(struct traveller *t, uint64_t seed, uint32_t index, const struct traveller_mix *mix,
	const char *own_state, struct traveller_date today)
{
	uint64_t state = seed ^ (UINT64_C(0x5851f42d4c957f2d) * (index + 1));
	int64_t age_days;
	memset(t, 0, sizeof *t);
	t->index = index;
	t->kind = draw_kind(&state, mix);
	put(t->issuer, sizeof t->issuer,
		is_third_country(t->kind) ? foreign[below(&state, sizeof foreign / sizeof foreign[0])] : own_state);
	if (foreign_of(t->kind) != NULL)
		put(t->issuer, sizeof t->issuer, foreign_of(t->kind));
	put(t->nationality, sizeof t->nationality, t->issuer);
	put(t->surname, sizeof t->surname, surnames[below(&state, sizeof surnames / sizeof surnames[0])]);
	put(t->given_names, sizeof t->given_names, given[below(&state, sizeof given / sizeof given[0])]);
	snprintf(t->number, sizeof t->number, "%c%c%07u", t->kind == TRAVELLER_LISTED ? 'Z' : 'A' + (char)below(&state, 20),
		'A' + (char)below(&state, 26), below(&state, 10000000));
	t->sex = below(&state, 2) ? 'F' : 'M';
	age_days = t->kind == TRAVELLER_MINOR ? 3000 + below(&state, 2500) : 7400 + below(&state, 18000);
	t->birth = date_of(days_of(today) - age_days);
	t->expiry = date_of(days_of(today) + (t->kind == TRAVELLER_EXPIRED ? -400 : 400 + (int64_t)below(&state, 2500)));
	draw_stay(t, today);
	compose(t);
	if (t->kind == TRAVELLER_WRONG_DIGIT) {
		char *digit = &t->mrz[1][9]; /* TD3 line 2, position 10: check digit of the document number */
		*digit = *digit == '9' ? '0' : (char)(*digit + 1);
	}
}

void traveller_by_hand(struct traveller *t, uint64_t seed, enum traveller_kind kind, const char *own_state,
	struct traveller_date today)
{
	struct traveller_mix mix = { { 0 } };
	mix.weight[kind] = 1;
	traveller_make(t, seed, TRAVELLER_BY_HAND + (uint32_t)kind, &mix, own_state, today);
}

/* The registry's files: docs/central.md, "Registers". */
static void date_text(char out[11], int64_t days)
{
	const struct traveller_date d = date_of(days);
	snprintf(out, 11, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100, (unsigned)d.day % 100);
}

bool traveller_register_line(const struct traveller *t, enum traveller_register of, struct traveller_date today, char *line, size_t size)
{
	char from[11], until[11], birth[11];
	const int64_t now = days_of(today);
	date_text(from, now - 30);
	date_text(until, now + 330);
	date_text(birth, days_of(t->birth));
	line[0] = '\0';
	if (of == TRAVELLER_PERMITS && (t->kind == TRAVELLER_VISA || t->kind == TRAVELLER_VISA_USED_UP))
		snprintf(line, size, "%s,%s,%s,short_stay_visa,NOR,%s,%s,2,%d,90", t->number, t->issuer, birth, from, until,
			t->kind == TRAVELLER_VISA ? 1 : 2);
	else if (of == TRAVELLER_AUTHORISATIONS && (t->kind == TRAVELLER_AUTHORISED || t->kind == TRAVELLER_UNAUTHORISED))
		snprintf(line, size, "%s,%s,%s,%s,%s,%s", t->number, t->issuer, birth,
			t->kind == TRAVELLER_AUTHORISED ? "granted" : "revoked", from, until);
	else if (of == TRAVELLER_BANS && t->kind == TRAVELLER_BANNED)
		snprintf(line, size, "%s,%s,%s,NOR,", t->number, t->issuer, birth);
	return line[0] != '\0';
}
