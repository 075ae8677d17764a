/* SPDX-License-Identifier: Apache-2.0
 * Taking over the registers' files, a slice a turn. Every generation's entries stand beside those of the others until the
 * table register says which one is in force; several registries before one store take over the same file together, since
 * the generation is its content's. Must never drop a generation that is in force, or that any registry is loading.
 */
#include "registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "registers_internal.h"
#include "schema.h"

enum { LOOK_EVERY_MS = 2000, BLOCK_BYTES = 1 << 20, ROWS = 256 };

static const enum db_type entry_types[] = {DB_TEXT, DB_INT, DB_INT, DB_BLOB, DB_INT, DB_TEXT, DB_INT, DB_INT, DB_INT, DB_INT,
	DB_INT, DB_INT};
enum { COLUMNS = sizeof entry_types / sizeof entry_types[0] };

int registers_new(const struct registers_config *c, struct registers **out)
{
	struct registers *r = calloc(1, sizeof *r);
	*out = r;
	if (r == NULL)
		return PN_ENOMEM;
	r->tenant = strdup(c->tenant);
	r->block = malloc(BLOCK_BYTES);
	bool good = r->tenant != NULL && r->block != NULL;
	for (int k = 1; k < REGISTER_KINDS_; k++) {
		if (c->path[k] == NULL)
			continue;
		r->file[k].path = r->paths[k] = strdup(c->path[k]);
		good = good && r->paths[k] != NULL;
	}
	r->key = c->history_key;
	r->stale_s = INT64_C(3600) * c->stale_hours;
	r->tell = c->tell;
	r->self = c->self;
	if (good)
		return 0;
	registers_free(r);
	*out = NULL;
	return PN_ENOMEM;
}

static void let_go(struct register_file *f)
{
	if (f->f != NULL)
		fclose(f->f);
	EVP_MD_CTX_free(f->hash);
	f->f = NULL;
	f->hash = NULL;
	f->step = REGISTER_WATCHING;
}

void registers_free(struct registers *r)
{
	if (r == NULL)
		return;
	for (int k = 1; k < REGISTER_KINDS_; k++) {
		let_go(&r->file[k]);
		free(r->paths[k]);
	}
	if (r->block != NULL)
		explicit_bzero(r->block, BLOCK_BYTES);
	free(r->block);
	free(r->tenant);
	free(r);
}

uint64_t registers_loaded(struct registers *r)
{
	uint64_t n = r->loaded;
	r->loaded = 0;
	return n;
}

/* What is wrong with a file is told once; what was in force before stays. */
static int wrong(struct registers *r, enum register_kind k, const char *what, size_t line)
{
	struct register_file *f = &r->file[k];
	char where[64];
	if (line > 0)
		snprintf(where, sizeof where, "%s.%s.%zu", register_name(k), what, line);
	else
		snprintf(where, sizeof where, "%s.%s", register_name(k), what);
	let_go(f);
	if (!f->wrong)
		r->wrong++;
	f->wrong = true;
	r->tell(r->self, true, where);
	return 0;
}

static void well(struct registers *r, enum register_kind k)
{
	struct register_file *f = &r->file[k];
	if (f->wrong && --r->wrong == 0)
		r->tell(r->self, false, register_name(k));
	f->wrong = false;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int watch(struct registers *r, enum register_kind k, uint64_t now_ms)
{
	struct register_file *f = &r->file[k];
	struct stat st;
	if (now_ms < f->next_ms)
		return 0;
	f->next_ms = now_ms + LOOK_EVERY_MS;
	if (stat(f->path, &st) != 0 || !S_ISREG(st.st_mode)) {
		f->has_seen = false;
		return f->wrong ? 0 : wrong(r, k, "no.file", 0);
	}
	if (f->has_seen && same_file(&st, &f->seen))
		return 0;
	f->f = fopen(f->path, "re");
	if (f->f == NULL || fstat(fileno(f->f), &f->seen) != 0)
		return wrong(r, k, "no.file", 0);
	f->has_seen = true;
	f->hash = EVP_MD_CTX_new();
	if (f->hash == NULL || EVP_DigestInit_ex(f->hash, EVP_sha256(), NULL) != 1)
		return wrong(r, k, "memory", 0);
	f->step = REGISTER_HASHING;
	return 0;
}

static int64_t generation_of(EVP_MD_CTX *hash)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	uint64_t n = 0;
	if (EVP_DigestFinal_ex(hash, bytes, NULL) != 1)
		return 0;
	for (int i = 0; i < 8; i++)
		n = n << 8 | bytes[i];
	return (int64_t)(n >> 2) + 1;
}

struct in_force {
	int64_t generation, loading;
};

static int in_force_row(void *self, const struct db_value *c, size_t count)
{
	struct in_force *now = self;
	if (count != 2)
		return PN_EFORMAT;
	now->generation = c[0].number;
	now->loading = c[1].number;
	return 0;
}

static int in_force(struct registers *r, struct db *db, enum register_kind k, struct in_force *now)
{
	struct db_value binds[] = {db_text(r->tenant), db_int(k)};
	memset(now, 0, sizeof *now);
	return db_exec(db, REGISTER_GET, binds, PN_COUNT(binds), in_force_row, now);
}

/* The generation of the file in hand is in force, from the store's next commit on. */
static int switch_to(struct registers *r, struct db *db, enum register_kind k)
{
	const struct register_file *f = &r->file[k];
	struct db_value binds[] = {db_text(r->tenant), db_int(k), db_int(f->generation), db_int(f->seen.st_mtim.tv_sec)};
	return db_exec(db, REGISTER_SWITCH, binds, PN_COUNT(binds), NULL, NULL);
}

static int start_loading(struct registers *r, struct db *db, enum register_kind k)
{
	struct register_file *f = &r->file[k];
	struct in_force now;
	int err = in_force(r, db, k, &now);
	if (err == 0 && now.generation == f->generation) {
		err = switch_to(r, db, k); /* the same content, which is newer now */
		if (err == 0) {
			well(r, k);
			f->step = REGISTER_DROPPING;
		}
		return err;
	}
	struct db_value binds[] = {db_text(r->tenant), db_int(k), db_int(f->generation)};
	if (err == 0)
		err = db_exec(db, REGISTER_START, binds, PN_COUNT(binds), NULL, NULL);
	if (err == 0)
		f->step = REGISTER_LOADING;
	return err;
}

static int hash_on(struct registers *r, struct db *db, enum register_kind k)
{
	struct register_file *f = &r->file[k];
	size_t n = fread(r->block, 1, BLOCK_BYTES, f->f);
	if (ferror(f->f) || EVP_DigestUpdate(f->hash, r->block, n) != 1)
		return wrong(r, k, "unreadable", 0);
	if (!feof(f->f))
		return 0;
	f->generation = generation_of(f->hash);
	if (fseek(f->f, 0, SEEK_SET) != 0)
		return wrong(r, k, "unreadable", 0);
	f->line = 0;
	if (f->generation == 0 || EVP_DigestInit_ex(f->hash, EVP_sha256(), NULL) != 1)
		return wrong(r, k, "memory", 0);
	return start_loading(r, db, k);
}

/* 1: a line is there; 0: the file is at its end; -1: no line of ours. */
static int next_line(struct register_file *f, char line[CSV_LINE_MAX])
{
	if (fgets(line, CSV_LINE_MAX, f->f) == NULL)
		return ferror(f->f) ? -1 : 0;
	size_t n = strlen(line);
	f->line++;
	if (EVP_DigestUpdate(f->hash, line, n) != 1 || (line[n - 1] != '\n' && !feof(f->f)))
		return -1;
	return 1;
}

static void bind(const struct registers *r, enum register_kind k, const struct register_row *row, struct db_value v[COLUMNS])
{
	const struct register_file *f = &r->file[k];
	const struct db_value values[COLUMNS] = {db_text(r->tenant), db_int(k), db_int(f->generation),
		db_blob(row->person, sizeof row->person), db_int((int64_t)f->line), db_text(row->issuer), db_int(row->what),
		db_int(row->valid_from), db_int(row->valid_until), db_int(row->entries_allowed), db_int(row->entries_used),
		db_int(row->stay_days)};
	memcpy(v, values, sizeof values);
}

struct slice {
	struct register_row row[ROWS];
	struct db_value value[ROWS * COLUMNS];
};

/* Reads up to ROWS lines. PN_EFORMAT: f->line is wrong. */
static int read_slice(struct registers *r, enum register_kind k, struct slice *s, size_t *rows, bool *end)
{
	struct register_file *f = &r->file[k];
	char line[CSV_LINE_MAX];
	int err = 0, got = 1;
	*rows = 0;
	while (err == 0 && *rows < ROWS && (got = next_line(f, line)) == 1) {
		if (f->line == 1) {
			line[strcspn(line, "\r\n")] = '\0';
			err = strcmp(line, register_header(k)) == 0 ? 0 : PN_EFORMAT;
			continue;
		}
		if (line[0] == '\n' || line[0] == '\r')
			continue;
		err = register_read(k, r->key, line, &s->row[*rows]);
		if (err == 0)
			bind(r, k, &s->row[*rows], &s->value[*rows * COLUMNS]);
		*rows += err == 0;
	}
	explicit_bzero(line, sizeof line);
	*end = got == 0;
	if (err == 0 && (got < 0 || (*end && f->line == 0)))
		err = PN_EFORMAT;
	return err;
}

/* The last slice: in force with it, when the file was all the time what it was at first, and no other registry has begun with
 * another one meanwhile, which is then the one that counts. */
static int finish(struct registers *r, struct db *db, enum register_kind k, bool *stands)
{
	struct register_file *f = &r->file[k];
	struct in_force now;
	*stands = generation_of(f->hash) == f->generation;
	if (!*stands) {
		f->has_seen = false;
		return 0;
	}
	int err = in_force(r, db, k, &now);
	*stands = now.loading == f->generation || now.generation == f->generation;
	return err == 0 && *stands ? switch_to(r, db, k) : err;
}

static int store(struct registers *r, struct db *db, enum register_kind k, const struct slice *s, size_t rows, bool end)
{
	struct register_file *f = &r->file[k];
	bool stands = true;
	int err = db_begin(db);
	if (err == 0 && rows > 0)
		err = db_batch(db, ENTRY_ADD, entry_types, COLUMNS, s->value, rows, NULL, NULL);
	if (err == 0 && end)
		err = finish(r, db, k, &stands);
	if (err == 0)
		err = db_commit(db);
	if (err != 0) {
		db_rollback(db);
		return err;
	}
	if (!end)
		return 0;
	if (!stands) { /* what was in force stays, until the file changes again */
		let_go(f);
		return 0;
	}
	r->loaded += f->line > 0 ? f->line - 1 : 0;
	well(r, k);
	f->step = REGISTER_DROPPING;
	return 0;
}

static int load_on(struct registers *r, struct db *db, enum register_kind k)
{
	size_t rows;
	bool end;
	struct slice *s = calloc(1, sizeof *s);
	if (s == NULL)
		return wrong(r, k, "memory", 0);
	int err = read_slice(r, k, s, &rows, &end);
	err = err != 0 ? wrong(r, k, "line", r->file[k].line) : store(r, db, k, s, rows, end);
	explicit_bzero(s, sizeof *s);
	free(s);
	return err;
}

static int number_row(void *self, const struct db_value *c, size_t count)
{
	if (count == 1 && c[0].type == DB_INT)
		*(int64_t *)self = c[0].number;
	return count == 1 ? 0 : PN_EFORMAT;
}

static int count_row(void *self, const struct db_value *c, size_t count)
{
	(void)c;
	(void)count;
	++*(size_t *)self;
	return 0;
}

/* The first generation with entries that nobody needs; 0: there is none. */
static int needless(struct registers *r, struct db *db, enum register_kind k, int64_t *out)
{
	struct in_force now;
	int err = in_force(r, db, k, &now);
	*out = 0;
	while (err == 0) {
		struct db_value binds[] = {db_text(r->tenant), db_int(k), db_int(*out)};
		*out = 0;
		err = db_exec(db, ENTRY_NEXT, binds, PN_COUNT(binds), number_row, out);
		if (*out == 0 || (*out != now.generation && *out != now.loading))
			break;
	}
	return err;
}

/* In one transaction with the look at what is needed, which holds the lock that a registry waits for before it loads. */
static int drop_on(struct registers *r, struct db *db, enum register_kind k)
{
	int64_t generation;
	size_t n = 0;
	int err = db_begin(db);
	if (err == 0)
		err = needless(r, db, k, &generation);
	if (err == 0 && generation != 0) {
		struct db_value binds[] = {db_text(r->tenant), db_int(k), db_int(generation)};
		err = db_exec(db, ENTRY_DROP, binds, PN_COUNT(binds), count_row, &n);
	}
	if (err == 0)
		err = db_commit(db);
	if (err != 0)
		db_rollback(db);
	else if (n == 0)
		let_go(&r->file[k]);
	return err;
}

static int step(struct registers *r, struct db *db, enum register_kind k, uint64_t now_ms)
{
	switch (r->file[k].step) {
	case REGISTER_WATCHING:
		return watch(r, k, now_ms);
	case REGISTER_HASHING:
		return hash_on(r, db, k);
	case REGISTER_LOADING:
		return load_on(r, db, k);
	case REGISTER_DROPPING:
		return drop_on(r, db, k);
	}
	return 0;
}

int registers_turn(struct registers *r, struct db *db, uint64_t mono_ms, bool *more)
{
	int err = 0;
	*more = false;
	for (int k = 1; err == 0 && k < REGISTER_KINDS_; k++) {
		struct register_file *f = &r->file[k];
		if (f->path == NULL)
			continue;
		err = step(r, db, (enum register_kind)k, mono_ms);
		if (err != 0) { /* the store's: begun again when it is back */
			f->has_seen = false;
			f->next_ms = mono_ms + LOOK_EVERY_MS;
			let_go(f);
		}
		*more = *more || f->step != REGISTER_WATCHING;
	}
	return err;
}
