/* SPDX-License-Identifier: Apache-2.0
 * The confined process and its pipe. Frames have a fixed head; what follows is the text of a line, or the counts at the
 * end. Must never end without having waited for the process.
 */
#include "lists_read.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "watchlist/list.h"

enum frame_kind { FRAME_LINE = 1, FRAME_TOLD, FRAME_PROGRESS, FRAME_END };

struct frame {
	uint32_t kind, file, size; /* size: of what follows; of FRAME_TOLD: the reason */
	int32_t result;
	uint64_t number;
};

/* --- the process --- */

struct child {
	int out;
	char buffer[65536];
	size_t have;
	bool failed;
};

static void flush(struct child *c)
{
	for (size_t at = 0; at < c->have && !c->failed;) {
		ssize_t n = write(c->out, c->buffer + at, c->have - at);
		if (n > 0)
			at += (size_t)n;
		else if (errno != EINTR)
			c->failed = true;
	}
	c->have = 0;
}

static void send(struct child *c, const struct frame *f, const void *more, size_t size)
{
	if (sizeof *f + size > sizeof c->buffer - c->have)
		flush(c);
	memcpy(c->buffer + c->have, f, sizeof *f);
	c->have += sizeof *f;
	if (size > 0)
		memcpy(c->buffer + c->have, more, size);
	c->have += size;
}

static int child_line(void *ctx, const char *line)
{
	struct child *c = ctx;
	struct frame f = {.kind = FRAME_LINE, .size = (uint32_t)strlen(line)};
	send(c, &f, line, f.size);
	return c->failed ? PN_ECLOSED : PN_OK;
}

static void child_told(void *ctx, unsigned file, uint64_t line, enum lists_reason reason)
{
	struct frame f = {.kind = FRAME_TOLD, .file = file, .size = reason, .number = line};
	send(ctx, &f, NULL, 0);
}

static void child_progress(void *ctx, unsigned file, uint64_t bytes)
{
	struct frame f = {.kind = FRAME_PROGRESS, .file = file, .number = bytes};
	send(ctx, &f, NULL, 0);
	flush(ctx);
}

static ssize_t child_read(void *ctx, char *to, size_t size)
{
	ssize_t n;
	do {
		n = read(*(const int *)ctx, to, size);
	} while (n < 0 && errno == EINTR);
	return n;
}

static void work(enum lists_format format, const struct lists_options *options, const int *files, size_t count, int out)
{
	static const struct confine_limits limits = {LISTS_MEMORY_MIB, LISTS_CPU_S};
	struct child c = {.out = out};
	struct lists_sink sink = {&c, child_line, child_told, child_progress};
	struct lists_source source[LISTS_FILES_MAX];
	struct lists_counts counts = {0};
	struct frame f = {.kind = FRAME_END, .size = sizeof counts};
	for (size_t i = 0; i < count; i++)
		source[i] = (struct lists_source){child_read, (void *)(uintptr_t)&files[i]};
	lists_prepare();
	f.result = confine(&limits);
	if (f.result == PN_OK)
		f.result = lists_import(format, options, source, count, &sink, &counts);
	send(&c, &f, &counts, sizeof counts);
	flush(&c);
}

/* --- this side --- */

/* Is it a line that the watchlist's reader takes, of a publisher's kinds? */
static bool is_good(const char *line)
{
	char copy[LISTS_LINE_MAX], *columns[LIST_COLUMNS], *at = copy;
	struct list_entry e;
	size_t n = 0;
	bool good;
	memcpy(copy, line, strlen(line) + 1);
	if (strpbrk(copy, "\n\r\"") != NULL)
		return false;
	for (; n < LIST_COLUMNS && at != NULL; n++)
		columns[n] = strsep(&at, ",");
	good = n == LIST_COLUMNS && at == NULL && list_entry_read(columns, false, &e) && e.kind <= LIST_PERSON;
	explicit_bzero(copy, sizeof copy);
	return good;
}

static int line_frame(FILE *in, const struct frame *f, const struct lists_sink *sink)
{
	char line[LISTS_LINE_MAX];
	if (f->size >= sizeof line || fread(line, 1, f->size, in) != f->size)
		return PN_ECLOSED;
	line[f->size] = '\0';
	if (strlen(line) != f->size || !is_good(line))
		return PN_EFORMAT;
	int r = sink->line(sink->ctx, line);
	explicit_bzero(line, sizeof line);
	return r;
}

static int frames(FILE *in, size_t count, const struct lists_sink *sink, struct lists_counts *counts, bool *ended)
{
	struct frame f;
	int r = PN_OK;
	while (r == PN_OK) {
		if (fread(&f, sizeof f, 1, in) != 1 || f.file >= count)
			return PN_ECLOSED;
		switch (f.kind) {
		case FRAME_LINE:
			r = line_frame(in, &f, sink);
			break;
		case FRAME_TOLD:
			if (f.size >= LISTS_REASONS)
				return PN_ECLOSED;
			sink->told(sink->ctx, f.file, f.number, (enum lists_reason)f.size);
			break;
		case FRAME_PROGRESS:
			sink->progress(sink->ctx, f.file, f.number);
			break;
		case FRAME_END:
			if (f.size != sizeof *counts || fread(counts, sizeof *counts, 1, in) != 1)
				return PN_ECLOSED;
			*ended = true;
			return f.result <= PN_OK && f.result >= PN_EUNSUPPORTED ? f.result : PN_ECLOSED;
		default:
			return PN_ECLOSED;
		}
	}
	return r;
}

int lists_read(enum lists_format format, const struct lists_options *options, const int *files, size_t count,
	const struct lists_sink *sink, struct lists_counts *counts)
{
	int ends[2], status = 0, r;
	bool ended = false;
	FILE *in;
	pid_t pid;
	memset(counts, 0, sizeof *counts);
	if (count > LISTS_FILES_MAX || pipe(ends) != 0)
		return PN_EIO;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		work(format, options, files, count, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	in = pid > 0 ? fdopen(ends[0], "r") : NULL;
	r = in != NULL ? frames(in, count, sink, counts, &ended) : PN_EIO;
	if (in != NULL)
		fclose(in);
	else
		close(ends[0]);
	if (pid > 0) {
		if (!ended)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	return r == PN_OK && !(WIFEXITED(status) && WEXITSTATUS(status) == 0) ? PN_ECLOSED : r;
}
