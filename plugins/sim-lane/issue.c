/* SPDX-License-Identifier: Apache-2.0
 * See passport.h: offices of the States that the travellers come from, a passport for each traveller, and what the States
 * publish of their signers.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "carried.h"
#include "mrz/mrz.h"
#include "page.h"
#include "passport.h"
#include "sim/chip/pack.h"
#include "sim/page.h"

enum { STATES_MAX = 32, SAY_EVERY = 50, FACES_MAX = 32, FACE_BYTES_MAX = 30000 /* what a chip takes */ };

struct issue {
	char passports[CARRIED_PATH_MAX / 2], trust[CARRIED_PATH_MAX / 2], pages[CARRIED_PATH_MAX / 2];
	int64_t now_s;
	struct {
		char issuer[4], alpha_2[3];
		struct sim_office *office;
		int digest;
	} state[STATES_MAX]; /* the first is the lane's own */
	size_t states;
	struct passport_pool pool;
	uint8_t (*face)[FACE_BYTES_MAX + 1]; /* FACES_MAX of them, the first "faces" read */
	size_t face_size[FACES_MAX];
	size_t faces;
	uint8_t bomb[FACE_BYTES_MAX + 1]; /* the portrait of one whose chip has a decompression bomb */
	char *error;
	size_t error_size;
};

static int wrong(struct issue *is, const char *what, const char *why)
{
	snprintf(is->error, is->error_size, "%s: %s", what, why);
	return -1;
}

/* Signers of several kinds, as States have them; the digest fits the key. */
static int open_office(struct issue *is, const char *issuer)
{
	static const struct {
		enum sim_key csca, ds;
		int digest;
	} kinds[] = {
		{SIM_EC_BRAINPOOL_256, SIM_EC_P256, NID_sha256},
		{SIM_EC_P384, SIM_EC_P384, NID_sha384},
		{SIM_EC_EXPLICIT, SIM_EC_EXPLICIT, NID_sha256},
		{SIM_EC_P256, SIM_RSA_2048, NID_sha256},
		{SIM_EC_P384, SIM_EC_BRAINPOOL_256, NID_sha256},
		{SIM_EC_P256, SIM_EC_P256, NID_sha256},
	};
	const struct mrz_country *c = mrz_country(issuer);
	size_t n = is->states, kind = n < sizeof kinds / sizeof kinds[0] ? n : n % 3;
	if (c == NULL || c->alpha_2[0] == '\0' || n == STATES_MAX)
		return wrong(is, issuer, "no State with a code of two letters, or too many States");
	const struct sim_office_config config = {c->alpha_2, kinds[kind].csca, kinds[kind].ds, is->now_s};
	is->state[n].office = sim_office_new(&config);
	if (is->state[n].office == NULL)
		return wrong(is, issuer, "its office cannot be opened");
	snprintf(is->state[n].issuer, sizeof is->state[n].issuer, "%s", issuer);
	snprintf(is->state[n].alpha_2, sizeof is->state[n].alpha_2, "%s", c->alpha_2);
	is->state[n].digest = kinds[kind].digest;
	is->states++;
	return 0;
}

static int state_of(struct issue *is, const char *issuer)
{
	for (size_t i = 0; i < is->states; i++)
		if (strcmp(is->state[i].issuer, issuer) == 0)
			return (int)i;
	return open_office(is, issuer) == 0 ? (int)is->states - 1 : -1;
}

static int write_file(struct issue *is, const char *path, const uint8_t *bytes, size_t size)
{
	FILE *f = bytes != NULL ? fopen(path, "wbe") : NULL;
	bool ok = f != NULL && fwrite(bytes, 1, size, f) == size;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	return ok ? 0 : wrong(is, path, "cannot be made or written");
}

/* Of one who has put another's portrait over the holder's it is that of who is before the camera. */
static int print_page(struct issue *is, const struct traveller *t)
{
	const size_t who = (t->index + (traveller_shows_another(t->kind) ? 1 : 0)) % is->faces;
	const char *lines[] = {t->mrz[0], t->mrz[1], t->mrz[2]};
	const size_t count = t->lines < PN_COUNT(lines) ? t->lines : PN_COUNT(lines);
	char path[SIM_PAGE_PATH_MAX];
	uint8_t *jpeg = NULL;
	size_t size = 0;
	if (!sim_page_path(path, is->pages, lines, count))
		return wrong(is, is->pages, "the path is too long");
	const int err = page_print(is->face[who], is->face_size[who], t->index, &jpeg, &size);
	if (err != PN_OK)
		return wrong(is, path, pn_err_name(err));
	const int rc = write_file(is, path, jpeg, size);
	free(jpeg);
	return rc;
}

/* The frame header (ITU-T T.81, B.2.2) of a JPEG says so many lines of so many pixels, whatever there are. */
static bool swell(uint8_t *jpeg, size_t size)
{
	enum { SOF0 = 0xC0, SOF2 = 0xC2, SOS = 0xDA, BOMB_SIDE = 20000 };
	size_t at = 2;
	while (at + 9 <= size && jpeg[at] == 0xFF && jpeg[at + 1] != SOS) {
		if (jpeg[at + 1] == SOF0 || jpeg[at + 1] == SOF2) {
			for (size_t i = 5; i < 9; i += 2) {
				jpeg[at + i] = BOMB_SIDE >> 8;
				jpeg[at + i + 1] = BOMB_SIDE & 0xFF;
			}
			return true;
		}
		at += 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3]);
	}
	return false;
}

static int choose_face(struct issue *is, const struct traveller *t, struct sim_passport_config *config)
{
	const size_t who = t->index % is->faces;
	config->face = is->face[who];
	config->face_size = is->face_size[who];
	config->face_kind = SIM_FACE_JPEG;
	if (t->kind != TRAVELLER_PORTRAIT_BOMB)
		return 0;
	memcpy(is->bomb, config->face, config->face_size);
	config->face = is->bomb;
	return swell(is->bomb, config->face_size) ? 0 : wrong(is, "the portrait", "has no frame header");
}

static int issue_one(struct issue *is, const struct traveller *t)
{
	struct sim_passport_config config;
	struct passport_text text;
	struct sim_passport *p = NULL;
	char path[CARRIED_PATH_MAX];
	int n = state_of(is, t->issuer);
	if (n < 0)
		return -1;
	if (passport_describe(t, &is->pool, &text, &config) != 0)
		return wrong(is, t->number, "no key for its chip");
	if (is->faces > 0 && choose_face(is, t, &config) != 0)
		return -1;
	config.digest = config.signature_digest = is->state[n].digest;
	if (!carried_path(path, is->passports, t->index))
		return wrong(is, is->passports, "the path is too long");
	int err = sim_passport_issue(is->state[n].office, &config, &p);
	if (err == PN_OK)
		err = sim_pack_save(path, sim_passport_chip(p));
	sim_passport_free(p);
	if (err != PN_OK)
		return wrong(is, path, pn_err_name(err));
	return is->faces > 0 ? print_page(is, t) : 0;
}

/* Bytes read, at most one more than a chip takes; 0: there is no such file, or nothing in it. */
static size_t read_face(const char *path, uint8_t bytes[FACE_BYTES_MAX + 1])
{
	FILE *f = fopen(path, "rbe");
	const size_t size = f != NULL ? fread(bytes, 1, FACE_BYTES_MAX + 1, f) : 0;
	if (f != NULL)
		fclose(f);
	return size;
}

/* Portraits by number, until there is none of the next. */
static int load_faces(struct issue *is, const char *folder)
{
	char path[CARRIED_PATH_MAX];
	for (; is->faces < FACES_MAX; is->faces++) {
		snprintf(path, sizeof path, "%s/%zu.jpg", folder, is->faces);
		const size_t size = read_face(path, is->face[is->faces]);
		if (size == 0)
			break;
		if (size > FACE_BYTES_MAX)
			return wrong(is, path, "is too large for a chip");
		is->face_size[is->faces] = size;
	}
	return is->faces > 0 ? 0 : wrong(is, folder, "no portraits 0.jpg, 1.jpg, ...");
}

/* Takes the bytes. */
static int publish_one(struct issue *is, const char *name, uint8_t *bytes, size_t size)
{
	char path[CARRIED_PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", is->trust, name);
	const int rc = write_file(is, path, bytes, size);
	OPENSSL_free(bytes);
	return rc;
}

static int publish(struct issue *is)
{
	const struct sim_office *all[STATES_MAX] = {NULL};
	size_t size = 0;
	char name[16];
	for (size_t i = 0; i < is->states; i++)
		all[i] = is->state[i].office;
	uint8_t *der = sim_office_csca(all[0], &size);
	int rc = publish_one(is, "root.cer", der, size);
	if (rc == 0) {
		der = sim_office_list_of(all[0], all, is->states, &size);
		rc = publish_one(is, "list.ml", der, size);
	}
	for (size_t i = 0; i < is->states && rc == 0; i++) {
		snprintf(name, sizeof name, "crl-%s.crl", is->state[i].alpha_2);
		der = sim_office_crl(all[i], &size);
		rc = publish_one(is, name, der, size);
	}
	return rc;
}

static int make_folders(struct issue *is, const char *folder, bool pages)
{
	int n = snprintf(is->passports, sizeof is->passports, "%s/passports", folder);
	if (n < 0 || (size_t)n >= sizeof is->passports)
		return wrong(is, "folder", "the path is too long");
	snprintf(is->trust, sizeof is->trust, "%s/trust", folder);
	snprintf(is->pages, sizeof is->pages, "%s/pages", folder);
	const char *const paths[] = {folder, is->passports, is->trust, is->pages};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0] - (pages ? 0 : 1); i++)
		if (mkdir(paths[i], 0755) != 0 && errno != EEXIST)
			return wrong(is, paths[i], strerror(errno));
	return 0;
}

int passports_issue(const struct scenario *s, struct traveller_date today, int64_t now_s, uint32_t first, uint32_t count,
	bool by_hand, const char *folder, const char *faces, FILE *say, char *error, size_t size)
{
	struct issue is = {.now_s = now_s, .error = error, .error_size = size};
	struct traveller t;
	int rc = make_folders(&is, folder, faces != NULL);
	if (rc == 0 && faces != NULL) {
		is.face = calloc(FACES_MAX, sizeof *is.face);
		rc = is.face != NULL ? load_faces(&is, faces) : wrong(&is, faces, "no memory");
	}
	if (rc == 0)
		rc = open_office(&is, s->own_state);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		traveller_make(&t, s->seed, first + i, &s->mix, s->own_state, today);
		rc = issue_one(&is, &t);
		if (say != NULL && rc == 0 && ((i + 1) % SAY_EVERY == 0 || i + 1 == count))
			fprintf(say, "passports  %u of %u, by %zu States\n", i + 1, count, is.states);
	}
	for (int kind = 0; by_hand && kind < TRAVELLER_KINDS && rc == 0; kind++) {
		traveller_by_hand(&t, s->seed, (enum traveller_kind)kind, s->own_state, today);
		rc = issue_one(&is, &t);
	}
	if (rc == 0)
		rc = publish(&is);
	for (size_t i = 0; i < is.states; i++)
		sim_office_free(is.state[i].office);
	free(is.face);
	passport_pool_free(&is.pool);
	return rc;
}
