/* SPDX-License-Identifier: Apache-2.0
 * See trust_store.h.
 */
#include "trust_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/folder.h"

enum { DAY_S = 86400 };

void trust_store_init(struct trust_store *s, const char *folder, const char *keys_folder)
{
	memset(s, 0, sizeof *s);
	s->folder = folder;
	if (keys_folder != NULL && signed_keys_load(&s->keys, keys_folder, "lists") != PN_OK)
		s->keys.count = 0; /* told by the first load */
}

static void drop(struct trust *t)
{
	if (t == NULL)
		return;
	trust_free(t);
	free(t);
}

void trust_store_free(struct trust_store *s)
{
	drop(s->trust);
	s->trust = NULL;
}

static struct trust_seen look(const char *folder, const char *name)
{
	struct trust_seen seen;
	struct stat st;
	char path[1024];
	memset(&seen, 0, sizeof seen);
	if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && stat(path, &st) == 0) {
		seen.inode = st.st_ino;
		seen.changed = st.st_ctim;
	}
	return seen;
}

bool trust_store_changed(struct trust_store *s)
{
	if (s->folder == NULL)
		return false;
	struct trust_seen seen[2] = {look(s->folder, "pack.sums"), look(s->folder, "pack.sig")};
	bool same = true;
	for (int i = 0; i < 2; i++)
		same = same && seen[i].inode == s->seen[i].inode && seen[i].changed.tv_sec == s->seen[i].changed.tv_sec &&
		       seen[i].changed.tv_nsec == s->seen[i].changed.tv_nsec;
	memcpy(s->seen, seen, sizeof seen);
	return !same;
}

static void name_version(struct trust_store *s, const char *digest)
{
	time_t t = (time_t)s->trust->newest_s;
	char date[16] = "undated";
	struct tm tm;
	if (t != 0 && gmtime_r(&t, &tm) != NULL && strftime(date, sizeof date, "%Y%m%d", &tm) == 0)
		snprintf(date, sizeof date, "undated");
	snprintf(s->version, sizeof s->version, "%s-%.16s", date, digest);
}

int trust_store_load(struct trust_store *s)
{
	struct signed_folder *f = NULL;
	struct trust *fresh = NULL;
	struct text why;
	text_init(&why, s->why, sizeof s->why);
	s->why[0] = '\0';
	if (s->folder == NULL || s->keys.count == 0)
		return PN_ENOTFOUND;
	int r = signed_folder_load(&s->keys, s->folder, &f);
	if (r != PN_OK)
		return r;
	fresh = malloc(sizeof *fresh);
	if (fresh == NULL) {
		r = PN_ENOMEM;
		goto out;
	}
	trust_init(fresh);
	r = trust_folder_take(f, fresh, &why);
	if (r == PN_OK && s->trust != NULL && fresh->newest_s < s->trust->newest_s)
		r = PN_EDENIED;
	if (r != PN_OK)
		goto out;
	drop(s->trust);
	s->trust = fresh;
	fresh = NULL;
	name_version(s, f->digest);
out:
	drop(fresh);
	signed_folder_free(f);
	return r;
}

bool trust_store_old(const struct trust_store *s, int64_t now_s, uint32_t max_days)
{
	return s->trust != NULL && s->trust->newest_s != 0 && max_days != 0 &&
	       now_s - s->trust->newest_s > (int64_t)max_days * DAY_S;
}
