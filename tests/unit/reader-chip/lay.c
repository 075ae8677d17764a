/* SPDX-License-Identifier: Apache-2.0
 * See lay.h. Must never wait longer for a reader than a test may take.
 */
#include "lay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "sim/chip/vpcd.h"

/* Utopia's specimen of Doc 9303-4, and a zone of the same form for another document. */
const char lay_zone[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
const char lay_other_zone[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204160ZE184226B<<<<<14";

enum { TRIES = 200, TRY_MS = 25 };

static struct sim_office *office(void)
{
	static struct sim_office *one;
	if (one == NULL) {
		const struct sim_office_config c = {"UT", SIM_EC_P256, SIM_EC_P256, 1790000000};
		one = sim_office_new(&c);
		assert_non_null(one);
	}
	return one;
}

struct sim_passport_config lay_usual(void)
{
	return (struct sim_passport_config){.mrz = lay_zone,
		.face_size = 3000,
		.full_name = "ERIKSSON<<ANNA<MARIA",
		.pace = {{SIM_GM, SIM_AES_128, 12}},
		.pace_count = 1,
		.ca = {{SIM_AES_128, 12, -1, false}},
		.ca_count = 1,
		.aa = SIM_AA_EC};
}

struct sim_passport *lay_issue(const struct sim_passport_config *config)
{
	struct sim_passport *p = NULL;
	assert_int_equal(sim_passport_issue(office(), config, &p), 0);
	return p;
}

const struct sim_chip_file *lay_issued(const struct sim_passport *p, unsigned id)
{
	const struct sim_chip_config *c = sim_passport_chip(p);
	for (size_t i = 0; i < c->file_count; i++)
		if (c->files[i].id == id)
			return &c->files[i];
	return NULL;
}

static bool pause_ms(const struct lay *l, int ms)
{
	struct pollfd p = {l->stop[0], POLLIN, 0};
	return poll(&p, 1, ms) == 0;
}

struct start {
	struct lay *lay;
	struct sim_chip *chip, *then;
};

static void play(struct lay *l, struct sim_chip *chip)
{
	int fd = -1, tries = 0;
	while (sim_vpcd_connect("127.0.0.1", l->port, &fd) != PN_OK)
		if (++tries > TRIES || !pause_ms(l, TRY_MS))
			return;
	l->times++;
	l->result = sim_vpcd_serve(chip, fd, l->stop[0], l->in_time, NULL);
	close(fd);
}

static void *lie(void *self)
{
	struct start *s = self;
	struct lay *l = s->lay;
	play(l, s->chip);
	for (unsigned i = 0; i < l->again && pause_ms(l, (int)l->away_ms); i++)
		play(l, s->then != NULL ? s->then : s->chip);
	sim_chip_free(s->then);
	sim_chip_free(s->chip);
	free(s);
	return NULL;
}

void lay_down(struct lay *l, const char *fault)
{
	struct start *s = calloc(1, sizeof *s);
	struct sim_chip_config c = *sim_passport_chip(l->passport);
	assert_non_null(s);
	if (fault != NULL)
		assert_int_equal(sim_chip_fault_parse(fault, c.faults), PN_OK);
	s->lay = l;
	assert_int_equal(sim_chip_new(&c, &s->chip), PN_OK);
	if (l->then != NULL)
		assert_int_equal(sim_chip_new(sim_passport_chip(l->then), &s->then), PN_OK);
	l->times = 0;
	assert_int_equal(pipe(l->stop), 0);
	assert_int_equal(pthread_create(&l->thread, NULL, lie, s), 0);
}

void lay_up(struct lay *l)
{
	assert_int_equal(write(l->stop[1], "x", 1), 1);
	pthread_join(l->thread, NULL);
	close(l->stop[0]);
	close(l->stop[1]);
}

uint16_t lay_free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	return ntohs(a.sin_port);
}
