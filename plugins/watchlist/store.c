/* SPDX-License-Identifier: Apache-2.0
 * Replacing lists. The thread has a job of its own, which nobody else touches until it says done.
 * Must never block the plugin's loop for as long as a large list takes to read.
 */
#include "store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	CHANGES_BYTES_MAX = 16 * 1024 * 1024,
	AT_ONCE_BYTES = 1024 * 1024 /* read within some 20 ms */
};

struct seen {
	ino_t inode;
	struct timespec changed;
	off_t size;
};

/* One file to read: what is asked, and what came of it. */
struct job {
	const struct signed_keys *keys;
	const char *path;
	size_t limit;
	struct list *list;
	const char *failed; /* event; NULL: read */
	char detail[32];
	atomic_bool done;
};

struct signed_path {
	char file[600], signature[608];
	struct seen seen[2]; /* the file and its signature as last looked at */
};

struct store {
	const struct postern_host *host;
	struct signed_keys keys;
	struct signed_path whole, part;
	char version_path[600], version_text[32];
	uint64_t highest_version;
	struct list *list, *changes;
	struct job job;
	pthread_t thread;
	bool loading;
};

static void log_event(
	struct store *s, enum postern_log_level level, const char *event, const char *detail)
{
	s->host->log(s->host->ctx, level, event, detail);
}

static uint64_t read_version(const char *path)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	uint64_t v = 0;
	if (signed_read(path, 64, &bytes, &size) == PN_OK)
		v = strtoull((const char *)bytes, NULL, 10);
	free(bytes);
	return v;
}

static void write_version(struct store *s)
{
	char path[608];
	snprintf(path, sizeof path, "%s.new", s->version_path);
	FILE *f = fopen(path, "we");
	if (f == NULL) {
		log_event(s, POSTERN_WARNING, "watchlist.version_not_kept", "");
		return;
	}
	int good = fprintf(f, "%" PRIu64 "\n", s->highest_version) > 0 && fflush(f) == 0;
	fclose(f);
	if (!good || rename(path, s->version_path) != 0)
		log_event(s, POSTERN_WARNING, "watchlist.version_not_kept", "");
}

static void work(struct job *job)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	unsigned line = 0;
	int r = signed_file_verify(job->keys, job->path, job->limit, &bytes, &size);
	if (r != PN_OK) {
		job->failed = "watchlist.not_verified";
		snprintf(job->detail, sizeof job->detail, "%s", pn_err_name(r));
		free(bytes);
	} else if ((r = list_take((char *)bytes, size, &job->list, &line)) != PN_OK) {
		job->failed = r == PN_EFORMAT ? "watchlist.bad_line" : "watchlist.not_read";
		snprintf(job->detail, sizeof job->detail, "line %u", line);
	}
	atomic_store(&job->done, true);
}

static void *work_in_thread(void *job)
{
	work(job);
	return NULL;
}

static void prepare(struct store *s, struct job *job, const struct signed_path *path, size_t limit)
{
	memset(job, 0, sizeof *job);
	atomic_init(&job->done, false);
	job->keys = &s->keys;
	job->path = path->file;
	job->limit = limit;
}

/* The changes count while they are newer than the list and made for it. */
static bool fits(const struct list *list, const struct list *changes)
{
	return list != NULL && changes != NULL && changes->base == list->version &&
	       strcmp(changes->id, list->id) == 0;
}

static uint64_t version_of(const struct list *list, const struct list *changes)
{
	return changes != NULL ? changes->version : list->version;
}

/* Takes both; false: older than what was in use once, and both are given back. */
static bool use(struct store *s, struct list *list, struct list *changes)
{
	uint64_t version = version_of(list, changes);
	if (version < s->highest_version)
		return false;
	if (list != s->list)
		list_free(s->list);
	if (changes != s->changes)
		list_free(s->changes);
	s->list = list;
	s->changes = changes;
	snprintf(s->version_text, sizeof s->version_text, "%" PRIu64, version);
	if (version > s->highest_version) {
		s->highest_version = version;
		write_version(s);
	}
	log_event(s, POSTERN_INFO, "watchlist.loaded", s->version_text);
	return true;
}

/* *out: the changes in the folder, when they are for that list; those in use where the folder has
 * no newer. */
static const char *read_changes(
	struct store *s, const struct list *list, struct list **out, char detail[32])
{
	struct job job;
	struct stat st;
	const char *failed = NULL;
	*out = fits(list, s->changes) ? s->changes : NULL;
	if (stat(s->part.file, &st) != 0)
		return NULL;
	prepare(s, &job, &s->part, CHANGES_BYTES_MAX);
	work(&job);
	memcpy(detail, job.detail, sizeof job.detail);
	if (job.failed != NULL)
		failed = job.failed;
	else if (job.list->base == 0)
		failed = "watchlist.not_changes";
	else if (fits(list, job.list) && (*out == NULL || job.list->version >= (*out)->version)) {
		*out = job.list;
		job.list = NULL;
	} else if (job.list->version > list->version)
		failed = "watchlist.other_base";
	list_free(job.list);
	return failed;
}

/* The list in use stays when a new one is bad. list: a new one, or that in use. */
static void take(struct store *s, struct list *list, const char *failed, const char *detail)
{
	struct list *changes = NULL;
	const char *part_failed = NULL;
	char part_detail[32] = "";
	if (list != NULL) {
		part_failed = read_changes(s, list, &changes, part_detail);
		if (!use(s, list, changes)) {
			failed = "watchlist.older_version";
			detail = "";
			if (list != s->list)
				list_free(list);
			if (changes != s->changes)
				list_free(changes);
		}
	}
	if (failed != NULL)
		log_event(s, POSTERN_ERROR, failed, detail);
	if (part_failed != NULL)
		log_event(s, POSTERN_ERROR, part_failed, part_detail);
	s->host->trouble(s->host->ctx, "watchlist.bad_list", failed != NULL);
	s->host->trouble(s->host->ctx, "watchlist.bad_changes", part_failed != NULL);
}

static void take_whole(struct store *s)
{
	struct list *list = s->job.list;
	const char *failed = s->job.failed;
	s->loading = false;
	s->job.list = NULL;
	if (list != NULL && list->base != 0) {
		list_free(list);
		list = NULL;
		failed = "watchlist.not_whole";
	}
	take(s, list, failed, s->job.detail);
}

static struct seen look(const char *path)
{
	struct seen seen;
	struct stat st;
	memset(&seen, 0, sizeof seen);
	if (stat(path, &st) == 0) {
		seen.inode = st.st_ino;
		seen.changed = st.st_ctim;
		seen.size = st.st_size;
	}
	return seen;
}

static bool same(const struct seen *a, const struct seen *b)
{
	return a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* A list and its signature arrive one after the other: either is a reason to look again. */
static bool has_changed(struct signed_path *p)
{
	struct seen seen[2] = {look(p->file), look(p->signature)};
	if (same(&seen[0], &p->seen[0]) && same(&seen[1], &p->seen[1]))
		return false;
	memcpy(p->seen, seen, sizeof seen);
	return true;
}

void store_look(struct store *s)
{
	if (s->loading) {
		if (!atomic_load(&s->job.done))
			return;
		pthread_join(s->thread, NULL);
		take_whole(s);
	}
	if (has_changed(&s->whole)) {
		prepare(s, &s->job, &s->whole, LIST_BYTES_MAX);
		s->loading = s->whole.seen[0].size > AT_ONCE_BYTES &&
			     pthread_create(&s->thread, NULL, work_in_thread, &s->job) == 0;
		if (s->loading)
			return;
		work(&s->job);
		(void)has_changed(&s->part);
		take_whole(s);
	} else if (has_changed(&s->part) && s->list != NULL) {
		take(s, s->list, NULL, "");
	}
}

static void path_of(struct signed_path *p, const char *folder, const char *name)
{
	snprintf(p->file, sizeof p->file, "%s/%s", folder, name);
	snprintf(p->signature, sizeof p->signature, "%s.sig", p->file);
}

int store_new(const struct store_options *o, const struct signed_keys *keys, struct store **out)
{
	struct store *s = calloc(1, sizeof *s);
	*out = s;
	if (s == NULL)
		return PN_ENOMEM;
	s->host = o->host;
	s->keys = *keys;
	path_of(&s->whole, o->folder, o->file);
	path_of(&s->part, o->folder, o->changes);
	snprintf(s->version_path, sizeof s->version_path, "%s/version", o->state_folder);
	s->highest_version = read_version(s->version_path);
	store_look(s);
	return PN_OK;
}

void store_free(struct store *s)
{
	if (s == NULL)
		return;
	if (s->loading) {
		pthread_join(s->thread, NULL);
		list_free(s->job.list);
	}
	list_free(s->list);
	list_free(s->changes);
	free(s);
}

const struct list *store_list(const struct store *s)
{
	return s->list;
}

const struct list *store_changes(const struct store *s)
{
	return s->changes;
}

const char *store_version(const struct store *s)
{
	return s->version_text;
}

static const struct list *newest(const struct store *s)
{
	return s->changes != NULL ? s->changes : s->list;
}

int64_t store_issued_s(const struct store *s)
{
	return s->list != NULL ? newest(s)->issued_s : 0;
}

int64_t store_expires_s(const struct store *s)
{
	return s->list != NULL ? newest(s)->expires_s : 0;
}

bool store_is_loading(const struct store *s)
{
	return s->loading;
}
