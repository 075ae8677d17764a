/* SPDX-License-Identifier: Apache-2.0
 * What a pack costs a crossing with the bus around it: the facts encoded, sent to another process, checked, decoded, evaluated,
 * and the answer back, as the core and the plugin do it. Must never be read across machines.
 *
 *   bench-rules-bus PACK [ROUNDS]
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "engine.h"

enum { DEFAULT_ROUNDS = 20000, ROUNDS_MAX = 1000000, CHECKS = 20 };

struct side {
	int fd;
	struct arena arena;
	uint8_t packet[BUS_MESSAGE_MAX];
};

static bool side_init(struct side *s, int fd)
{
	void *memory = malloc(BUS_ARENA_SIZE);

	s->fd = fd;
	if (memory != NULL)
		arena_init(&s->arena, memory, BUS_ARENA_SIZE);
	return memory != NULL;
}

/* The next message; it lives until the arena is wiped. */
static bool take(struct side *s, struct bus_message *m)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	size_t size = 0;
	int blob = -1;

	return poll(&p, 1, 5000) == 1 && bus_receive(s->fd, s->packet, sizeof s->packet, &size, &blob) == PN_OK &&
	       bus_decode(s->packet, size, &s->arena, m) == PN_OK;
}

static bool give(struct side *s, const Postern__Envelope *e)
{
	size_t size = 0;

	return bus_encode(e, s->packet, sizeof s->packet, &size) == PN_OK &&
	       bus_send(s->fd, s->packet, size, -1) == PN_OK;
}

/* The plugin's part. */
static int serve(int fd, const char *folder)
{
	static struct engine_result result;
	struct side s;
	struct pack *pack = NULL;
	struct engine *engine = NULL;
	struct bus_message m;
	char message[512];
	struct text error;

	text_init(&error, message, sizeof message);
	if (!side_init(&s, fd) || pack_load(folder, NULL, &pack, &error) != PN_OK ||
		engine_open(pack, &engine, &error) != PN_OK) {
		fprintf(stderr, "bench-rules-bus: %s\n", message);
		return 1;
	}
	while (take(&s, &m)) {
		Postern__Envelope e = POSTERN__ENVELOPE__INIT;
		Postern__RulesEvaluated a = POSTERN__RULES_EVALUATED__INIT;

		engine_evaluate(engine, m.envelope->evaluate_rules->facts, &result);
		a.verdict = result.verdict;
		a.fields_read = (char **)(uintptr_t)result.fields_read;
		a.n_fields_read = result.field_count;
		a.pack = pack->manifest->name;
		a.pack_version = pack->manifest->version;
		e.id = m.envelope->id;
		e.crossing_id = m.envelope->crossing_id;
		e.body_case = POSTERN__ENVELOPE__BODY_RULES_EVALUATED;
		e.rules_evaluated = &a;
		if (result.errors > 0 || !give(&s, &e))
			return 1;
		arena_wipe(&s.arena);
	}
	return 0;
}

#define TEXT(s) ((char *)(uintptr_t)(s))

struct asked {
	Postern__CrossingFacts facts;
	Postern__Document document;
	Postern__Date birth, expiry, today;
	Postern__Check check[CHECKS], *checks[CHECKS];
};

/* A traveller with every field set that a border pack can read of a document and its checks. */
static void ask(struct asked *a)
{
	postern__crossing_facts__init(&a->facts);
	postern__document__init(&a->document);
	postern__date__init(&a->birth);
	postern__date__init(&a->expiry);
	postern__date__init(&a->today);
	a->birth.year = 1986, a->birth.month = 1, a->birth.day = 2;
	a->expiry.year = 2029, a->expiry.month = 3, a->expiry.day = 4;
	a->today.year = 2026, a->today.month = 6, a->today.day = 30;
	a->document.format = POSTERN__DOCUMENT_FORMAT__FORMAT_TD3;
	a->document.document_code = TEXT("P");
	a->document.issuer = a->document.nationality = TEXT("NOR");
	a->document.number = TEXT("LO0000001");
	a->document.surname = TEXT("NORDMANN");
	a->document.given_names = TEXT("KARI");
	a->document.birth_date = &a->birth;
	a->document.expiry_date = &a->expiry;
	a->document.age_years = 40;
	a->document.days_to_expiry = 1000;
	for (size_t i = 0; i < CHECKS; i++) {
		postern__check__init(&a->check[i]);
		a->check[i].name = TEXT("mrz.check_digit.document_number");
		a->check[i].field = TEXT("number");
		a->check[i].result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		a->checks[i] = &a->check[i];
	}
	a->facts.crossing_id = TEXT("01JD3Z7A0000000000000000XY");
	a->facts.direction = POSTERN__DIRECTION__DIRECTION_ENTRY;
	a->facts.document = &a->document;
	a->facts.checks = a->checks;
	a->facts.n_checks = CHECKS;
	a->facts.watchlist_result = a->facts.history_result = a->facts.chip_result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	a->facts.reference_date = &a->today;
	a->facts.clock_quality = POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
	a->facts.lane = TEXT("lane-1");
}

/* One crossing; nanoseconds from the facts at hand to the answer decoded, 0: it went wrong. */
static uint64_t once(struct side *s, struct asked *a, uint64_t id)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__EvaluateRules q = POSTERN__EVALUATE_RULES__INIT;
	struct bus_message m;
	uint64_t begun = clock_mono_ns();

	q.facts = &a->facts;
	e.id = id;
	e.crossing_id = a->facts.crossing_id;
	e.body_case = POSTERN__ENVELOPE__BODY_EVALUATE_RULES;
	e.evaluate_rules = &q;
	if (!give(s, &e) || !take(s, &m) || m.envelope->id != id ||
		m.envelope->rules_evaluated->verdict != POSTERN__VERDICT__VERDICT_CLEAR)
		return 0;
	arena_wipe(&s->arena);
	return clock_mono_ns() - begun;
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* As much fixed work as an evaluation is: how far its times lie apart is the machine's doing. */
static uint64_t yardstick(void)
{
	uint64_t begun = clock_mono_ns(), h = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < 100000; i++)
		h = (h ^ i) * UINT64_C(0x100000001b3);
	return h != 0 ? clock_mono_ns() - begun : 1;
}

static void tell(const char *what, uint64_t *ns, unsigned rounds)
{
	qsort(ns, rounds, sizeof *ns, by_time);
	printf("\"%sp50_ns\": %llu, \"%sp99_ns\": %llu, \"%smax_ns\": %llu", what, (unsigned long long)ns[rounds / 2],
		what, (unsigned long long)ns[rounds - 1 - rounds / 100], what, (unsigned long long)ns[rounds - 1]);
}

static int measure(int fd, unsigned rounds)
{
	static struct side s;
	static struct asked a;
	uint64_t *ns = calloc(rounds, sizeof *ns), *fixed = calloc(rounds, sizeof *fixed);

	ask(&a);
	if (ns == NULL || fixed == NULL || !side_init(&s, fd))
		return 1;
	for (unsigned i = 0; i < rounds; i++)
		fixed[i] = yardstick();
	for (unsigned i = 0; i < rounds; i++)
		if ((ns[i] = once(&s, &a, i + 1)) == 0) {
			fprintf(stderr, "bench-rules-bus: crossing %u was not answered with clear\n", i);
			return 1;
		}
	printf("{");
	tell("", ns, rounds);
	printf(", ");
	tell("fixed_", fixed, rounds);
	printf("}\n");
	free(ns);
	free(fixed);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : DEFAULT_ROUNDS;
	int pair[2], status;
	pid_t pid;

	if (argc < 2 || rounds < 100 || rounds > ROUNDS_MAX || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		fprintf(stderr, "usage: bench-rules-bus PACK [ROUNDS]\n");
		return 2;
	}
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		close(pair[0]);
		_exit(serve(pair[1], argv[1]));
	}
	close(pair[1]);
	status = measure(pair[0], (unsigned)rounds);
	close(pair[0]);
	waitpid(pid, NULL, 0);
	return status;
}
