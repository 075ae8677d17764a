/* SPDX-License-Identifier: Apache-2.0
 * Every sensible combination of what a document may be, read whole from the virtual passport, compared byte for byte with
 * what was issued, proven and judged:
 *
 *   access   BAC; PACE with ECDH domain parameters 8 to 18 and DH 0 to 2 (Doc 9303-11 9.5.1), generic, integrated and chip
 *            authentication mapping where they are defined, 3DES and AES-128 to 256
 *   chip     no chip authentication; ECDH and DH over the same domain parameters with 3DES and AES-128 to 256
 *   others   DG2 small, of 15 kB and above 64 KiB; TD1, TD2, TD3; active authentication none, RSA, ECDSA; short and extended
 *            length
 *
 * Without an argument: as many as it takes for each pair of values that can occur together to occur, chosen by a fixed seed.
 * With "whole" (about ten minutes on one core): each access with each chip authentication, DG2 and length; the format and
 * active authentication are drawn by the seed. "whole PART PARTS" reads one part of them. Public values of 2048 bits, which no short
 * command holds, go by command chaining there. Must never leave out a combination that the documents define.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whole.h"

enum factor { MAPPING, DOMAIN, CIPHER, CA_DOMAIN, CA_CIPHER, FACE, FORMAT, AA, LENGTH, FACTORS };
enum { SEED = 20260101, BAC = 3, NONE = 14, LEVELS_MAX = 15, PAIRS = FACTORS * FACTORS * LEVELS_MAX * LEVELS_MAX };

/* Levels of each factor; what a level means is in config_of(). MAPPING 3 is BAC; DOMAIN and CA_DOMAIN 14 none. */
static const uint8_t levels[FACTORS] = {4, 15, 4, 15, 5, 3, 3, 3, 2};
static const uint8_t domains[] = {0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
static const size_t faces[] = {200, 15000, 70000};

struct row {
	uint8_t level[FACTORS];
};

static struct {
	struct whole_world world;
	long parts, part;
} test;

/* Whether the documents define it. */
static bool possible(const struct row *r)
{
	const uint8_t *l = r->level;
	bool pace = l[MAPPING] != BAC, ca = l[CA_CIPHER] != 0;
	/* BAC is 3DES without domain parameters; a chip without chip authentication has none for it. */
	if (pace ? l[DOMAIN] == NONE : l[DOMAIN] != NONE || l[CIPHER] != 0)
		return false;
	if (ca ? l[CA_DOMAIN] == NONE : l[CA_DOMAIN] != NONE)
		return false;
	unsigned id = pace ? domains[l[DOMAIN]] : 0;
	/* The integrated mapping asks for p = 3 modulo 4, which P-224's is not (Doc 9303-11 B.1); CAM is for ECDH and AES. */
	return !(l[MAPPING] == SIM_IM && id == 10) && !(l[MAPPING] == SIM_CAM && (id < 8 || l[CIPHER] == 0));
}

static struct sim_passport_config config_of(const struct row *r)
{
	static const char *const formats[] = {whole_td3, whole_td2, whole_td1};
	const uint8_t *l = r->level;
	struct sim_passport_config c = whole_usual();
	c.mrz = formats[l[FORMAT]];
	c.face_size = faces[l[FACE]];
	c.face_kind = l[FORMAT] == 0 ? SIM_FACE_JPEG : SIM_FACE_JPEG_2000;
	c.bac = l[MAPPING] == BAC;
	if (!c.bac) {
		c.pace[0] = (struct sim_chip_pace){
			(enum sim_mapping)l[MAPPING], (enum sim_cipher)(SIM_3DES + l[CIPHER]), domains[l[DOMAIN]]};
		c.pace_count = 1;
	}
	if (l[CA_CIPHER] != 0) {
		/* With and without a key reference; 3DES also as older chips have it, without ChipAuthenticationInfo. */
		c.ca[0] = (struct sim_passport_ca){(enum sim_cipher)l[CA_CIPHER], domains[l[CA_DOMAIN]],
			l[FORMAT] == 1 ? 5 : -1, l[CA_CIPHER] == SIM_3DES && l[FORMAT] == 2};
		c.ca_count = 1;
	}
	c.aa = (enum sim_aa)l[AA];
	c.aa_bits = 1024;
	return c;
}

static void wrong(const struct row *r, const char *what)
{
	const uint8_t *l = r->level;
	fail_msg("mapping %u domain %u cipher %u, chip %u/%u, face %u, format %u, AA %u, length %u: %s", l[MAPPING], l[DOMAIN],
		l[CIPHER], l[CA_DOMAIN], l[CA_CIPHER], l[FACE], l[FORMAT], l[AA], l[LENGTH], what);
}

static void expect_access(const struct row *r, const struct whole *w)
{
	static const enum emrtd_mapping mappings[] = {EMRTD_GENERIC, EMRTD_INTEGRATED, EMRTD_CHIP_AUTHENTICATION};
	const struct emrtd_access_report *a = &w->document.access;
	const uint8_t *l = r->level;
	/* EMRTD_3DES to EMRTD_AES_256 are numbered as the object identifiers' last numbers (Doc 9303-11 9.2.1): 1 to 4. */
	unsigned last = l[CA_CIPHER] != 0 ? l[CA_CIPHER] : 1U + l[CIPHER];
	if ((unsigned)emrtd_state(w->session).cipher != last)
		wrong(r, "the cipher at the end");
	if (l[MAPPING] == BAC ? a->access != EMRTD_ACCESS_BAC || a->fell_back :
				a->access != EMRTD_ACCESS_PACE || a->mapping != mappings[l[MAPPING]] ||
					(unsigned)a->cipher != 1U + l[CIPHER] || a->domain != domains[l[DOMAIN]])
		wrong(r, "the access protocol");
}

static void expect_proofs(const struct row *r, struct whole *w)
{
	const struct emrtd_document *d = &w->document;
	const uint8_t *l = r->level;
	bool cam = l[MAPPING] == SIM_CAM, ca = l[CA_CIPHER] != 0, aa = l[AA] != SIM_AA_NONE;
	const struct inspect_check *access = whole_check(&w->found, INSPECT_ACCESS, 0);
	/* DG14 is issued for chip authentication and for the digest of ECDSA, and then lists PACE; EF.CardSecurity does. */
	bool listed = l[MAPPING] != BAC && (cam || ca || l[AA] == SIM_AA_EC);
	uint32_t groups = 1U << 1 | 1U << 2 | 1U << 11 | 1U << 12;
	if (ca || l[AA] == SIM_AA_EC)
		groups |= 1U << 14;
	if (aa)
		groups |= 1U << 15;
	if (w->found.overall != INSPECT_SUCCESSFUL || w->found.proven != groups)
		wrong(r, "passive authentication");
	if (w->found.card_security_proven != cam)
		wrong(r, "EF.CardSecurity");
	if (access == NULL || access->result != (listed ? INSPECT_SUCCESSFUL : INSPECT_NOT_PERFORMED))
		wrong(r, "the check of the access protocol");
	if (inspect_proof(d->mapping, w->found.card_security_proven) != (cam ? EMRTD_PROVEN : EMRTD_NOT_PERFORMED))
		wrong(r, "chip authentication mapping");
	if (inspect_proof(d->chip, w->found.proven & 1U << 14) != (ca ? EMRTD_PROVEN : EMRTD_NOT_PERFORMED))
		wrong(r, "chip authentication");
	if (inspect_proof(d->active, w->found.proven & 1U << 15) != (aa ? EMRTD_PROVEN : EMRTD_NOT_PERFORMED))
		wrong(r, "active authentication");
}

static void read_and_compare(const struct row *r, struct whole *w)
{
	/* The MRZ and the card access number, each with PACE; BAC takes the MRZ only. */
	w->by_can = r->level[MAPPING] != BAC && r->level[FORMAT] == 2;
	whole_lay(w, r->level[LENGTH] == 1);
	if (whole_read(w) != 0) {
		print_error("%s at %s, %04X\n", emrtd_cause_key(w->failure.cause), emrtd_step_key(w->failure.step), w->failure.sw);
		wrong(r, "not read");
	}
	const char *name = whole_differs(w);
	if (name != NULL)
		wrong(r, name);
	expect_access(r, w);
	whole_judge(w, &test.world);
	expect_proofs(r, w);
	whole_lift(w);
}

static void read_row(const struct row *r)
{
	struct whole w;
	const struct sim_passport_config c = config_of(r);
	whole_issue(&w, &test.world, &c);
	read_and_compare(r, &w);
	whole_free(&w);
}

static bool next_row(struct row *r)
{
	for (size_t f = FACTORS; f-- > 0;) {
		if (++r->level[f] < levels[f])
			return true;
		r->level[f] = 0;
	}
	return false;
}

static size_t pair_of(const struct row *r, size_t a, size_t b)
{
	return ((a * FACTORS + b) * LEVELS_MAX + r->level[a]) * LEVELS_MAX + r->level[b];
}

/* Pairs of this row that are not yet marked. */
static unsigned count_new(const struct row *r, const uint8_t *seen)
{
	unsigned n = 0;
	for (size_t a = 0; a < FACTORS; a++)
		for (size_t b = a + 1; b < FACTORS; b++)
			n += !seen[pair_of(r, a, b)];
	return n;
}

static unsigned mark(const struct row *r, uint8_t *seen)
{
	unsigned n = count_new(r, seen);
	for (size_t a = 0; a < FACTORS; a++)
		for (size_t b = a + 1; b < FACTORS; b++)
			seen[pair_of(r, a, b)] = 1;
	return n;
}

static size_t draw(uint64_t *x)
{
	*x = *x * 6364136223846793005U + 1442695040888963407U;
	return (size_t)(*x >> 33);
}

/* All possible rows in an order by a fixed seed. */
static struct row *shuffled(size_t *count, size_t *all)
{
	struct row r = {{0}}, *rows;
	uint64_t x = SEED;
	size_t n = 0;
	*all = 0;
	do {
		n += possible(&r);
		++*all;
	} while (next_row(&r));
	rows = malloc(n * sizeof *rows);
	assert_non_null(rows);
	*count = n;
	n = 0;
	do {
		if (possible(&r))
			rows[n++] = r;
	} while (next_row(&r));
	for (size_t i = n; i-- > 1;) {
		size_t j = draw(&x) % (i + 1);
		struct row swap = rows[i];
		rows[i] = rows[j];
		rows[j] = swap;
	}
	return rows;
}

/* Rows that bring many new pairs first, so that few do. */
static void every_pair(void **state)
{
	static uint8_t seen[PAIRS], all_pairs[PAIRS];
	size_t count, all, read = 0;
	unsigned pairs = 0, covered = 0;
	(void)state;
	struct row *rows = shuffled(&count, &all);
	for (size_t i = 0; i < count; i++)
		pairs += mark(&rows[i], all_pairs);
	for (unsigned least = 36; least > 0; least = least > 4 ? least - 4 : least - 1)
		for (size_t i = 0; i < count; i++)
			if (count_new(&rows[i], seen) >= least) {
				covered += mark(&rows[i], seen);
				read_row(&rows[i]);
				read++;
			}
	free(rows);
	assert_int_equal(covered, pairs);
	print_message("%zu of %zu possible combinations read, with all %u pairs of values that can occur together\n", read, count,
		pairs);
}

/* The same document in each length. */
static unsigned both_lengths(struct row *r)
{
	struct whole w;
	const struct sim_passport_config c = config_of(r);
	unsigned n = 0;
	whole_issue(&w, &test.world, &c);
	for (r->level[LENGTH] = 0; r->level[LENGTH] < 2; r->level[LENGTH]++) {
		read_and_compare(r, &w);
		n++;
	}
	r->level[LENGTH] = 0;
	whole_free(&w);
	return n;
}

static void the_whole(void **state)
{
	struct row r = {{0}};
	unsigned read = 0, round = 0;
	long index = 0;
	uint64_t x = SEED;
	(void)state;
	do {
		/* FORMAT and AA are drawn, both lengths are read inside. */
		if (r.level[FORMAT] != 0 || r.level[AA] != 0 || r.level[LENGTH] != 0)
			continue;
		if (!possible(&r) || index++ % test.parts != test.part)
			continue;
		struct row one = r;
		one.level[FORMAT] = (uint8_t)(draw(&x) % 3);
		one.level[AA] = (uint8_t)(draw(&x) % 3);
		round++;
		read += both_lengths(&one);
		if (round % 1000 == 0)
			print_message("%u read\n", read);
	} while (next_row(&r));
	assert_true(read > 0);
	print_message("%u combinations read, part %ld of %ld\n", read, test.part + 1, test.parts);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest slice[] = {cmocka_unit_test(every_pair)}, all[] = {cmocka_unit_test(the_whole)};
	bool whole = argc > 1 && strcmp(argv[1], "whole") == 0;
	if ((argc > 1 && !whole) || (argc != 1 && argc != 2 && argc != 4)) {
		fprintf(stderr, "usage: %s [whole [PART PARTS]]\n", argv[0]);
		return 2;
	}
	test.parts = argc == 4 ? strtol(argv[3], NULL, 10) : 1;
	test.part = argc == 4 ? strtol(argv[2], NULL, 10) - 1 : 0;
	if (test.parts < 1 || test.part < 0 || test.part >= test.parts)
		return 2;
	whole_world_begin(&test.world);
	int failed = whole ? cmocka_run_group_tests(all, NULL, NULL) : cmocka_run_group_tests(slice, NULL, NULL);
	whole_world_end(&test.world);
	return failed;
}
