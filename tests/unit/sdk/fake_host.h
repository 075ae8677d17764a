/* SPDX-License-Identifier: Apache-2.0
 * A postern_host for tests of one plugin in its test's own process: options, devices and folders
 * are set by the test, what the plugin reports, answers, counts and fails with is kept to be looked
 * at. The loop is poll() on the plugin's watches and its one timer, with the real monotonic clock.
 * Must never be more lenient than the real host: it asserts the rules of plugin.h (one answer per
 * query, one watch per descriptor).
 */
#ifndef POSTERN_TEST_FAKE_HOST_H
#define POSTERN_TEST_FAKE_HOST_H
#include "postern/plugin.h"
#include <stdbool.h>

#define FAKE_ENTRIES 32
#define FAKE_MESSAGES 256
#define FAKE_BYTES 16384
#define FAKE_WATCHES 8

struct fake_entry {
	const char *name, *text;
	int64_t number;
};

struct fake_message {
	uint32_t body;
	uint64_t query_id; /* answers; 0 for reports */
	uint8_t bytes[FAKE_BYTES];
	size_t size;
	uint8_t *blob; /* of answer_blob(); NULL: none. Freed with the host */
	size_t blob_size;
};

struct fake_watch {
	int fd;
	uint32_t events;
	void (*handler)(void *self, int fd, uint32_t events);
	void *self;
};

struct fake_host {
	struct postern_host table; /* give this to the plugin */
	const struct postern_plugin *plugin;
	void *self;
	struct fake_entry options[FAKE_ENTRIES], devices[FAKE_ENTRIES], folders[FAKE_ENTRIES],
		counts[FAKE_ENTRIES];
	const char *state_folder;
	const char *crossing_id; /* of the messages that are sent; NULL: outside a crossing */
	struct fake_message messages[FAKE_MESSAGES]; /* in the order in which they came */
	size_t count, taken;
	struct fake_watch watches[FAKE_WATCHES];
	uint64_t wake_ms;    /* 0 none */
	const char *failed;  /* reason given to fail(), or NULL */
	const char *trouble; /* active trouble, or NULL */
	uint64_t open_queries[FAKE_ENTRIES];
};

/* Allocates; free with fake_host_free(). */
struct fake_host *fake_host_new(const struct postern_plugin *plugin);
void fake_host_free(struct fake_host *h);
/* number is used by option_int() and option_bool(), text by option(). */
void fake_host_option(struct fake_host *h, const char *name, const char *text, int64_t number);
void fake_host_device(struct fake_host *h, const char *name, int fd);
void fake_host_folder(struct fake_host *h, const char *name, const char *path);
/* init() and start(); the plugin's error, if any. */
int fake_host_start(struct fake_host *h);
void fake_host_stop(struct fake_host *h);
/* Delivers a message of the core's; query_id 0 for a report. */
void fake_host_send(
	struct fake_host *h, uint32_t body, uint64_t query_id, const uint8_t *bytes, size_t size);
/* The same with a blob beside it. */
void fake_host_send_blob(struct fake_host *h, uint32_t body, uint64_t query_id, const uint8_t *bytes,
	size_t size, const uint8_t *blob, size_t blob_size);
/* Turns the loop until a message has come that was not yet taken, or until ms have passed. NULL
 * when none came. */
const struct fake_message *fake_host_next(struct fake_host *h, int ms);
/* Turns the loop for ms, whatever comes. */
void fake_host_run(struct fake_host *h, int ms);
uint64_t fake_host_count(const struct fake_host *h, const char *metric);
#endif
