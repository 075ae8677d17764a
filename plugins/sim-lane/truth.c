/* SPDX-License-Identifier: Apache-2.0
 * See truth.h.
 */
#include "truth.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

int truth_open(struct truth *t, const struct postern_host *host)
{
	char path[512];
	snprintf(path, sizeof path, "%s/truth.jsonl", host->state_folder(host->ctx));
	*t = (struct truth){ host, open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640), false };
	if (t->fd >= 0)
		return PN_OK;
	host->log(host->ctx, POSTERN_ERROR, "sim.no_truth_log", path);
	return PN_EIO;
}

void truth_close(struct truth *t)
{
	close(t->fd);
}

static void failed(const struct truth *t)
{
	t->host->log(t->host->ctx, POSTERN_ERROR, "sim.truth_log_failed", "");
}

/* It outlives this process at once, and a power cut when it has been synced. */
void truth_seen(struct truth *t, const char *crossing, const char *event, const char *detail)
{
	struct timespec now;
	char line[256];
	clock_gettime(CLOCK_REALTIME, &now);
	int n = snprintf(line, sizeof line, "{\"wall_ms\":%lld,\"event\":\"%s\",\"crossing\":\"%s\",\"detail\":\"%s\"}\n",
		(long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, event, crossing, detail);
	if (n < 0 || n >= (int)sizeof line || write(t->fd, line, (size_t)n) != n)
		failed(t);
	t->unsynced = true;
}

void truth_sync(struct truth *t)
{
	if (t->unsynced && fdatasync(t->fd) != 0)
		failed(t);
	t->unsynced = false;
}

void truth_done(struct truth *t, const char *crossing, const char *event, const char *detail)
{
	truth_seen(t, crossing, event, detail);
	truth_sync(t);
}
