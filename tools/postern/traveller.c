/* SPDX-License-Identifier: Apache-2.0
 * `postern traveller`: whoever sits at the keyboard is the traveller at a simulated lane. Acts go to the lane, what a person would see
 * comes back (plugins/sim-lane/hand_socket.h). Must never print a byte of the lane's that is not printable.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "commands.h"
#include "json/json.h"
#include "sim-lane/hand_socket.h"

enum { DEMO_PORT = 18483, ANSWER_MS = 5000, WAIT_S = 30, VALUE_MAX = 48, LINE_MAX_BYTES = 256 };

/* What the lane last said of each; in the order of what a person looks at. */
static const struct {
	const char *key, *label;
} seen[] = {{"shown", "the display says"}, {"entry", "entry leaf"}, {"exit", "exit leaf"}, {"place", "you are"},
	{"document", "your document"}, {"bag", "your bag"}, {"who", "you are a traveller of the kind"}};

struct buffer {
	char bytes[LINE_MAX_BYTES];
	size_t size;
};

struct visit {
	struct cli *cli;
	int fd;
	bool typed; /* a person types */
	struct buffer from_lane, from_person;
	char values[PN_COUNT(seen)][VALUE_MAX];
	int answer; /* 1: the last act was done, 0: it was not, -1: no answer yet */
	int status;
};

static int gone(struct visit *v, const char *why)
{
	v->status = CLI_UNAVAILABLE;
	return cli_fail(v->cli, PN_ECLOSED, "%s", why);
}

/* Takes one line out of the buffer, or NULL. Valid until the next call. */
static char *take_line(struct buffer *b, char out[LINE_MAX_BYTES])
{
	char *end = memchr(b->bytes, '\n', b->size);
	if (end == NULL)
		return NULL;
	size_t n = (size_t)(end - b->bytes);
	memcpy(out, b->bytes, n);
	out[n] = '\0';
	b->size -= n + 1;
	memmove(b->bytes, end + 1, b->size);
	return out;
}

/* PN_ECLOSED: the end, or a line without an end. */
static int fill(struct buffer *b, int fd)
{
	if (b->size == sizeof b->bytes)
		return PN_ECLOSED;
	ssize_t n = read(fd, b->bytes + b->size, sizeof b->bytes - b->size);
	if (n < 0 && errno == EINTR)
		return PN_OK;
	if (n <= 0)
		return PN_ECLOSED;
	b->size += (size_t)n;
	return PN_OK;
}

static void show(struct visit *v, const char *key, const char *label, const char *value)
{
	struct json j;
	if (!v->cli->json) {
		fprintf(v->cli->out, "  %-22s %s\n", label, value);
		return;
	}
	json_begin(&j, v->cli->out, false);
	json_object(&j, NULL);
	json_string(&j, "event", key);
	json_string(&j, "value", value);
	json_end_object(&j);
	json_finish(&j);
}

static const char *sentence(const char *word)
{
	static const struct {
		const char *word, *text;
	} all[] = {
#define ANSWER(id, word, text) {word, text},
#include "sim-lane/hand_answers.def"
#undef ANSWER
		{"room", "four others are at this lane already"},
	};
	for (size_t i = 0; i < PN_COUNT(all); i++)
		if (strcmp(all[i].word, word) == 0)
			return all[i].text;
	return word;
}

static void heard(struct visit *v, char *line)
{
	for (char *p = line; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	char *value = strchr(line, ' ');
	if (value != NULL)
		*value++ = '\0';
	if (strcmp(line, "ok") == 0) {
		v->answer = 1;
	} else if (strcmp(line, "no") == 0 && value != NULL) {
		v->answer = 0;
		show(v, "refused", "you cannot:", sentence(value));
	} else if (strcmp(line, "kind") == 0 && value != NULL) {
		show(v, "kind", "", value);
	}
	for (size_t i = 0; i < PN_COUNT(seen) && value != NULL; i++)
		if (strcmp(seen[i].key, line) == 0) {
			text_copy(v->values[i], sizeof v->values[i], value);
			show(v, line, seen[i].label, value);
		}
}

/* What the lane says within ms. PN_ETIMEOUT: nothing. */
static int listen_to_lane(struct visit *v, int ms)
{
	struct pollfd p = {.fd = v->fd, .events = POLLIN};
	char line[LINE_MAX_BYTES];
	int n = poll(&p, 1, ms);
	if (n == 0 || (n < 0 && errno == EINTR))
		return PN_ETIMEOUT;
	if (n < 0 || fill(&v->from_lane, v->fd) != PN_OK)
		return gone(v, "the lane has closed the connection");
	while (take_line(&v->from_lane, line) != NULL)
		heard(v, line);
	fflush(v->cli->out);
	return PN_OK;
}

static int refused(struct visit *v)
{
	if (!v->typed)
		v->status = CLI_FINDING;
	return v->typed ? PN_OK : PN_EINVAL;
}

static bool act(const char *line)
{
	static const char *const acts[] = {"put", "take", "in", "back", "out", "stand", "hold", "bag", "left", "right", "ahead", "press", "reset", "look", "kinds"};
	for (size_t i = 0; i < PN_COUNT(acts); i++)
		if (strcmp(acts[i], line) == 0)
			return true;
	return strncmp(line, "be ", 3) == 0 || strncmp(line, "mrz ", 4) == 0;
}

/* An act of the lane's: sent, and its answer awaited. */
static int perform(struct visit *v, const char *line)
{
	char text[HAND_LINE_MAX];
	uint64_t until = clock_mono_ms() + ANSWER_MS;
	int n = act(line) ? snprintf(text, sizeof text, "%s\n", line) : 0;
	if (n <= 0 || (size_t)n >= sizeof text) {
		show(v, "refused", "you cannot:", sentence("word"));
		return refused(v);
	}
	if (send(v->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		return gone(v, "the lane has closed the connection");
	v->answer = -1;
	while (v->answer < 0) {
		uint64_t now = clock_mono_ms();
		if (now >= until)
			return gone(v, "the lane does not answer");
		int rc = listen_to_lane(v, (int)(until - now));
		if (rc != PN_OK && rc != PN_ETIMEOUT)
			return rc;
	}
	return v->answer == 1 ? PN_OK : refused(v);
}

/* "wait KEY VALUE [SECONDS]" */
static int wait_for(struct visit *v, char *text)
{
	char *save = NULL;
	const char *key = strtok_r(text, " ", &save), *value = strtok_r(NULL, " ", &save), *number = strtok_r(NULL, " ", &save);
	uint64_t seconds = WAIT_S;
	size_t i = 0;
	bool is_number = number == NULL || (text_number(&number, &seconds) && *number == '\0');
	while (key != NULL && i < PN_COUNT(seen) && strcmp(seen[i].key, key) != 0)
		i++;
	if (value == NULL || i == PN_COUNT(seen) || !is_number || seconds > 3600 || strtok_r(NULL, " ", &save) != NULL) {
		show(v, "refused", "you cannot:", "wait for what? KEY VALUE [SECONDS]; KEY: shown, entry, exit, place, document, bag");
		return refused(v);
	}
	uint64_t until = clock_mono_ms() + seconds * 1000;
	while (strcmp(v->values[i], value) != 0) {
		uint64_t now = clock_mono_ms();
		if (now >= until) {
			show(v, "refused", "you cannot:", "that has not come");
			return refused(v);
		}
		int rc = listen_to_lane(v, (int)(until - now));
		if (rc != PN_OK && rc != PN_ETIMEOUT)
			return rc;
	}
	return PN_OK;
}

static void help(const struct visit *v)
{
	fputs("  be KIND      be one of the kinds of travellers that simulations know; kinds lists them\n"
	      "  mrz L1 L2    have a document with this machine readable zone, and no chip\n"
	      "  put, take    lay your document on the reader, take it back\n"
	      "  in, back     walk in, walk back out by the entry     out   leave by the exit\n"
	      "  hold, stand  stand in the entry leaf's way, and no longer     bag   put a bag down\n"
	      "  left, right, ahead   turn your head, and back\n"
	      "  press, reset the emergency button that frees both leaves, and the key that ends it\n"
	      "  wait KEY VALUE [SECONDS]   until the display or a leaf says so, as in: wait shown walk-in\n"
	      "  look, help, quit\n",
		v->cli->out);
}

/* PN_OK: go on. */
static int obey(struct visit *v, char *line)
{
	line[strcspn(line, "\r")] = '\0';
	char *text = line + strspn(line, " ");
	if (*text == '\0' || *text == '#')
		return PN_OK;
	if (strcmp(text, "quit") == 0)
		return PN_ENOTFOUND;
	if (strcmp(text, "help") == 0) {
		help(v);
		return PN_OK;
	}
	return strncmp(text, "wait ", 5) == 0 ? wait_for(v, text + 5) : perform(v, text);
}

static void prompt(const struct visit *v)
{
	if (v->typed && !v->cli->json)
		fputs("> ", v->cli->out);
	fflush(v->cli->out);
}

static void obey_person(struct visit *v)
{
	char line[LINE_MAX_BYTES];
	bool more = true;
	prompt(v);
	while (more) {
		struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = v->fd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0) {
			more = errno == EINTR;
			continue;
		}
		if (p[1].revents != 0)
			more = listen_to_lane(v, 0) != PN_ECLOSED;
		if (!more || p[0].revents == 0)
			continue;
		bool end = fill(&v->from_person, STDIN_FILENO) != PN_OK;
		while (more && take_line(&v->from_person, line) != NULL) {
			more = obey(v, line) == PN_OK;
			prompt(v);
		}
		more = more && !end;
	}
}

static int connect_lane(const struct cli *cli, long port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	cli_fail(cli, CLI_UNAVAILABLE, "no simulated lane waits at 127.0.0.1:%ld: does ./demo run, with which --port?", port);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int traveller(struct cli *cli)
{
	struct visit v = {.cli = cli, .answer = 1, .typed = cli->argument_count == 0 && isatty(STDIN_FILENO) == 1};
	char line[LINE_MAX_BYTES];
	long port;
	int rc = PN_OK;
	if (cli_number(cli, "port", 1, 65535, DEMO_PORT, &port) != 0)
		return CLI_USAGE;
	v.fd = connect_lane(cli, port);
	if (v.fd < 0)
		return CLI_UNAVAILABLE;
	rc = perform(&v, "look");
	if (rc == PN_OK && v.values[0][0] == '\0')
		rc = gone(&v, "what listens there is no simulated lane");
	if (v.typed && !cli->json && rc == PN_OK)
		help(&v);
	for (unsigned i = 0; i < cli->argument_count && rc == PN_OK; i++) {
		if (strlen(cli->arguments[i]) >= sizeof line) {
			rc = perform(&v, "");
			continue;
		}
		text_copy(line, sizeof line, cli->arguments[i]);
		rc = obey(&v, line);
	}
	if (rc == PN_OK && cli->argument_count == 0)
		obey_person(&v);
	close(v.fd);
	return v.status;
}

const struct cli_command traveller_commands[] = {
	{"traveller", NULL, "[ACT...]", 0, 64, "Be the traveller at a simulated lane",
		"Acts are given as arguments, each in one word or in quotes, or typed, a line each; `help` among them lists\n"
		"them. Where you were left, you stand when you come again. Exit 1: an act was not possible, a wait in vain.",
		{{"port", "N", "where the lane listens on 127.0.0.1 (default: that of ./demo, 18483)", false}}, traveller},
	{0},
};
