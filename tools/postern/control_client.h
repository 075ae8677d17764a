/* SPDX-License-Identifier: Apache-2.0
 * Talking to running cores over their control sockets (RUN_FOLDER/UNIT.control, SOCK_SEQPACKET,
 * core/schema/control.proto). Must never wait without a limit, except when told to follow.
 */
#ifndef POSTERN_TOOL_CONTROL_CLIENT_H
#define POSTERN_TOOL_CONTROL_CLIENT_H
#include "cli.h"
#include "control.pb-c.h"

enum { CONTROL_UNITS_MAX = 64, CONTROL_WAIT_MS = 3000 };

struct control_unit {
	char name[64];
	int fd; /* -1: not connected */
};

struct control_units {
	struct control_unit unit[CONTROL_UNITS_MAX];
	size_t count;
};

/* Connects to every unit found in the run folder (--run-folder, $POSTERN_RUN, /run/postern), or to
 * the one named. Tells what is wrong on cli->err. PN_ENOTFOUND: no such unit or no daemon. */
int control_connect(
	const struct cli *cli, const char *unit, struct control_units *units) PN_MUST_CHECK;
void control_close(struct control_units *units);

int control_ask(int fd, const Postern__ControlRequest *request) PN_MUST_CHECK;
/* One reply; freed with postern__control_reply__free_unpacked. timeout_ms -1: for ever.
 * PN_ETIMEOUT, PN_ECLOSED. */
int control_reply(int fd, int timeout_ms, Postern__ControlReply **out) PN_MUST_CHECK;
/* Both, for a request with one reply. */
int control_call(
	int fd, const Postern__ControlRequest *request, Postern__ControlReply **out) PN_MUST_CHECK;
/* The unit's status; the caller frees the reply. */
int control_status(int fd, Postern__ControlReply **out) PN_MUST_CHECK;

/* "OUTCOME_PASSED" -> "passed": the value's name without its type's prefix, lower case. Static
 * storage per call site. */
const char *control_word(const ProtobufCEnumDescriptor *type, int value, char out[48]);

/* " (eligibility.chip_failed: pa.signer.revocation)", with what there is of it; "" when there is no reason. */
const char *control_reason(const char *reason, const char *argument, char out[144]);
#endif
