/* SPDX-License-Identifier: Apache-2.0
 * postern-sim-chip: a virtual passport for a reader of vsmartcard's vpcd protocol. Built and never
 * installed. See docs/man/postern-sim-chip.1.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "sim/chip/options.h"
#include "sim/chip/pack.h"
#include "sim/chip/portrait.h"
#include "sim/chip/store.h"
#include "sim/chip/vpcd.h"

enum { FACE_SIZE = 15000 };

static void print_line(
	void *context, bool from_reader, const uint8_t *bytes, size_t size, double ms)
{
	(void)context;
	fprintf(stderr, from_reader ? "> " : "< ");
	for (size_t i = 0; i < size && i < 64; i++)
		fprintf(stderr, "%02X", bytes[i]);
	fprintf(stderr, size > 64 ? "... (%zu bytes)" : "", size);
	fprintf(stderr, from_reader ? "\n" : " %.1f ms\n", ms);
}

/* Presences of the document until the reader is gone for good. */
static int present(struct sim_chip *chip, const struct options *o, int stop)
{
	const struct sim_vpcd_trace trace = {print_line, NULL};
	int listener = -1, err = PN_OK;
	uint16_t port = o->port;
	if (!o->connect) {
		err = sim_vpcd_listen(o->port, &listener, &port);
		if (err != PN_OK) {
			fprintf(stderr, "postern-sim-chip: port %u cannot be had\n", o->port);
			return 1;
		}
		printf("vpcd:127.0.0.1:%u\n", port);
		fflush(stdout);
	}
	for (;;) {
		int fd = -1;
		err = o->connect ? sim_vpcd_connect(o->host, o->port, &fd)
				 : sim_vpcd_accept(listener, stop, &fd);
		if (err != PN_OK)
			break;
		err = sim_vpcd_serve(chip, fd, stop, o->in_time, o->trace ? &trace : NULL);
		close(fd);
		bool torn = err == PN_ECLOSED;
		if (err == PN_ETIMEOUT || (torn && o->again_ms < 0 && o->connect) ||
			(!torn && (o->once || o->connect)))
			break;
		if (torn && o->again_ms > 0) {
			struct timespec t = {o->again_ms / 1000, o->again_ms % 1000 * 1000000L};
			nanosleep(&t, NULL);
		}
	}
	if (listener >= 0)
		close(listener);
	bool gone = err == PN_EIO && o->connect;
	if (gone)
		fprintf(stderr, "postern-sim-chip: no reader at %s:%u\n", o->host, o->port);
	return gone || err == PN_EFORMAT || err == PN_ENOMEM;
}

static int run(const struct options *o, const struct sim_chip_config *config)
{
	struct sim_chip *chip = NULL;
	if (!o->connect && !o->listen)
		return 0;
	int err = sim_chip_new(config, &chip);
	if (err != PN_OK) {
		fprintf(stderr, "postern-sim-chip: no such chip: %s\n", pn_err_name(err));
		return 1;
	}
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int stop = signalfd(-1, &signals, SFD_CLOEXEC);
	int status = present(chip, o, stop);
	if (stop >= 0)
		close(stop);
	sim_chip_free(chip);
	return status;
}

static int issue_and_run(struct options *o)
{
	struct sim_passport *passport = NULL;
	uint8_t *face = NULL;
	int status = 1;
	struct sim_office *office = sim_office_new(&o->office);
	int err = office != NULL ? PN_OK : PN_ECRYPTO;
	if (err == PN_OK && o->face_file != NULL) {
		err = sim_store_read(o->face_file, &face, &o->passport.face_size);
		o->passport.face = face;
	}
	if (o->passport.face_size == 0)
		o->passport.face_size = FACE_SIZE;
	/* Too small for a picture: filler. The seed of one document is as good as another's. */
	o->passport.portrait = o->passport.face_size >= SIM_PORTRAIT_LEAST;
	if (err == PN_OK)
		err = sim_passport_issue(office, &o->passport, &passport);
	if (err == PN_OK && o->save != NULL)
		err = sim_store_save(o->save, sim_passport_chip(passport), office);
	if (err != PN_OK)
		fprintf(stderr, "postern-sim-chip: cannot issue: %s\n", pn_err_name(err));
	else
		status = run(o, sim_passport_chip(passport));
	sim_passport_free(passport);
	sim_office_free(office);
	free(face);
	return status;
}

static int load_and_run(const struct options *o)
{
	struct sim_chip_config config;
	struct sim_store *store = NULL;
	char information[64];
	int status = 1;
	memset(&config, 0, sizeof config);
	config.open = o->passport.open;
	config.bac = o->passport.bac;
	memcpy(config.pace, o->passport.pace, sizeof config.pace);
	config.pace_count = o->passport.pace_count;
	config.can = o->passport.can;
	config.no_extended = o->passport.no_extended;
	config.response_most = o->passport.response_most;
	config.timing = o->passport.timing;
	memcpy(config.faults, o->passport.faults, sizeof config.faults);
	config.aa.trailer = o->passport.aa_trailer;
	config.aa.digest = o->passport.aa_digest;
	config.aa.der = o->passport.aa_der;
	if (sim_passport_mrz_information(o->passport.mrz, information, sizeof information))
		config.mrz_information = information;
	int err = sim_store_load(o->load, &config, &store);
	if (err == PN_OK)
		status = run(o, &config);
	else
		fprintf(stderr, "postern-sim-chip: %s: %s\n", o->load, pn_err_name(err));
	sim_store_free(store);
	return status;
}

static int load_one_file(const struct options *o)
{
	struct sim_chip_config config = {.timing = o->passport.timing};
	struct sim_pack *pack = NULL;
	int status = 1, err = sim_pack_load(o->load, &config, &pack);
	if (err == PN_OK)
		status = run(o, &config);
	else
		fprintf(stderr, "postern-sim-chip: %s: %s\n", o->load, pn_err_name(err));
	sim_pack_free(pack);
	return status;
}

static bool is_file(const char *path)
{
	struct stat s;
	return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

int main(int argc, char **argv)
{
	struct options o;
	char why[160] = "";
	if (options_parse(argc, argv, &o, why, sizeof why) != PN_OK) {
		fprintf(stderr, "postern-sim-chip: %s (see --help)\n", why);
		return 2;
	}
	if (o.help)
		options_help();
	for (int i = 0; o.list_faults && i < SIM_FAULTS; i++)
		printf("%-18s %-8s %s\n", sim_chip_fault_name((enum sim_chip_fault)i),
			sim_chip_fault_layer((enum sim_chip_fault)i),
			sim_chip_fault_about((enum sim_chip_fault)i));
	if (o.help || o.list_faults)
		return 0;
	o.office.now_s = (int64_t)time(NULL);
	if (o.load == NULL)
		return issue_and_run(&o);
	return is_file(o.load) ? load_one_file(&o) : load_and_run(&o);
}
