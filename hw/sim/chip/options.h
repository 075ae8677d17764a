/* SPDX-License-Identifier: Apache-2.0
 * The command line of postern-sim-chip as a passport to issue and a place to lay it. Must never be
 * linked into the library.
 */
#ifndef POSTERN_SIM_CHIP_OPTIONS_H
#define POSTERN_SIM_CHIP_OPTIONS_H
#include "sim/chip/passport.h"

struct options {
	struct sim_passport_config passport;
	struct sim_office_config office;
	char country[3];
	bool connect, listen, help, list_faults, once, in_time, trace;
	char host[64];
	uint16_t port;
	int again_ms; /* a document that was torn away comes back after this; below 0: it does not
		       */
	const char *load, *save, *face_file;
};

/* PN_OK; PN_EINVAL with what is wrong in why. */
int options_parse(int argc, char **argv, struct options *out, char *why, size_t room);
void options_help(void);
#endif
