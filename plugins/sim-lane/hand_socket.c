/* SPDX-License-Identifier: Apache-2.0
 * See hand_socket.h.
 */
#include "hand_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum { VALUE_MAX = 48, SAY_MAX = 128 };

struct client {
	int fd; /* -1: none */
	uint64_t since_ms;
	bool spoke;
	size_t size;
	char line[HAND_LINE_MAX];
};

struct hand_socket {
	int fd;
	uint64_t acted_ms;
	unsigned next; /* whose act comes first at the next turn */
	struct client clients[HAND_CLIENTS];
	char told[HAND_VALUES][VALUE_MAX];
};

static const char *const keys[HAND_VALUES] = {[HAND_WHO] = "who", [HAND_SHOWN] = "shown", [HAND_ENTRY] = "entry",
	[HAND_EXIT] = "exit", [HAND_PLACE] = "place", [HAND_DOCUMENT] = "document", [HAND_BAG] = "bag"};

int hand_socket_open(uint16_t port, struct hand_socket **out)
{
	const int one = 1;
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct hand_socket *s = calloc(1, sizeof *s);
	*out = NULL;
	if (s == NULL)
		return PN_ENOMEM;
	for (size_t i = 0; i < HAND_CLIENTS; i++)
		s->clients[i].fd = -1;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd >= 0 && setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
		bind(s->fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(s->fd, HAND_CLIENTS) == 0) {
		*out = s;
		return PN_OK;
	}
	hand_socket_close(s);
	return PN_EIO;
}

static void drop(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct client){.fd = -1};
}

void hand_socket_close(struct hand_socket *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < HAND_CLIENTS; i++)
		drop(&s->clients[i]);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

/* Whoever does not read is dropped. */
static void say(struct client *c, const char *first, const char *second, const char *third)
{
	char line[SAY_MAX];
	int n = snprintf(line, sizeof line, "%s%s%s%s%s\n", first, second != NULL ? " " : "", second != NULL ? second : "",
		third != NULL ? " " : "", third != NULL ? third : "");
	if (c->fd < 0)
		return;
	if (n < 0 || (size_t)n >= sizeof line || send(c->fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n)
		drop(c);
}

static void say_kinds(struct client *c)
{
#define KIND(id, name, about) say(c, "kind", name, about);
#include "traveller_kinds.def"
#undef KIND
	say(c, "ok", NULL, NULL);
}

static void welcome(struct hand_socket *s, uint64_t now_ms)
{
	const int one = 1;
	struct client extra = {.fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)}, *c = NULL;
	if (extra.fd < 0)
		return;
	/* a line must not wait for the one before it to be acknowledged */
	setsockopt(extra.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	for (size_t i = 0; i < HAND_CLIENTS && c == NULL; i++)
		if (s->clients[i].fd < 0)
			c = &s->clients[i];
	if (c == NULL) {
		say(&extra, "no", "room", NULL);
		drop(&extra);
		return;
	}
	*c = extra;
	c->since_ms = now_ms;
}

static void tell(struct hand_socket *s, const char *const values[HAND_VALUES])
{
	for (size_t v = 0; v < HAND_VALUES; v++) {
		if (strcmp(s->told[v], values[v]) == 0)
			continue;
		snprintf(s->told[v], sizeof s->told[v], "%s", values[v]);
		for (size_t i = 0; i < HAND_CLIENTS; i++)
			if (s->clients[i].spoke)
				say(&s->clients[i], keys[v], s->told[v], NULL);
	}
}

/* Fills the line from the socket. The end of the line's text, or NULL: not yet, or dropped. */
static char *line_end(struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->size, sizeof c->line - c->size, MSG_DONTWAIT);
	if (n == 0) {
		drop(c);
		return NULL;
	}
	if (n > 0)
		c->size += (size_t)n;
	char *end = memchr(c->line, '\n', c->size);
	size_t text = end != NULL ? (size_t)(end - c->line) : c->size;
	for (size_t i = 0; i < text; i++)
		if (c->line[i] < 0x20 || c->line[i] > 0x7e) {
			drop(c);
			return NULL;
		}
	if (end == NULL && c->size == sizeof c->line)
		drop(c);
	return end;
}

/* True when the client had a line. */
static bool serve(const struct hand_socket *s, struct client *c, enum hand_answer (*act)(void *, const char *), void *self)
{
	char *end = line_end(c);
	enum hand_answer answer = HAND_OK;
	if (end == NULL)
		return false;
	*end = '\0';
	c->spoke = true;
	if (strcmp(c->line, "look") == 0) {
		for (size_t i = 0; i < HAND_VALUES; i++)
			say(c, keys[i], s->told[i], NULL);
		say(c, "ok", NULL, NULL);
	} else if (strcmp(c->line, "kinds") == 0) {
		say_kinds(c);
	} else {
		answer = act(self, c->line);
		say(c, hand_answer_text(answer), NULL, NULL);
	}
	if (answer == HAND_NO_WORD)
		drop(c);
	if (c->fd >= 0) {
		c->size -= (size_t)(end + 1 - c->line);
		memmove(c->line, end + 1, c->size);
	}
	return true;
}

void hand_socket_turn(struct hand_socket *s, uint64_t now_ms, const char *const values[HAND_VALUES],
	enum hand_answer (*act)(void *self, const char *line), void *self)
{
	tell(s, values);
	welcome(s, now_ms);
	bool may_act = now_ms - s->acted_ms >= HAND_GAP_MS;
	unsigned first = s->next;
	for (unsigned n = 0; n < HAND_CLIENTS; n++) {
		unsigned i = (first + n) % HAND_CLIENTS;
		struct client *c = &s->clients[i];
		if (c->fd >= 0 && !c->spoke && now_ms - c->since_ms >= HAND_FIRST_LINE_MS)
			drop(c);
		if (c->fd < 0 || !may_act || !serve(s, c, act, self))
			continue;
		may_act = false;
		s->acted_ms = now_ms;
		s->next = i + 1;
	}
}
