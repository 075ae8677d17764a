/* SPDX-License-Identifier: Apache-2.0
 * A gate controller as Modbus server, by hand from the specification (MODBUS Application Protocol V1.1b3; over Serial Line V1.02; on
 * TCP/IP V1.0b), so that neither libmodbus nor the plugin is its own oracle. It can fail in every way that a bus can. Inputs are
 * discrete inputs 0 on, and the bits of input registers 100 on; outputs are coils 0 on, and the bits of holding registers 200 on.
 * Must never share code with plugins/gate-modbus, or answer a request that is not for its unit.
 */
#ifndef POSTERN_TEST_MODBUS_SERVER_H
#define POSTERN_TEST_MODBUS_SERVER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum server_fault {
	FAULT_NONE,
	FAULT_EXCEPTION,
	FAULT_SILENCE,
	FAULT_GARBAGE,	  /* bytes of the right number */
	FAULT_CHECKSUM,	  /* RTU: one bit turned; TCP: another transaction */
	FAULT_HALF,	  /* half an answer */
	FAULT_OTHER_UNIT, /* whole and well, of the next unit */
	FAULT_LATE,	  /* every answer comes after 320 ms */
	FAULT_HANGUP,	  /* TCP: closes at every request; RTU: silence */
	FAULT_CUT,	  /* hears nothing, takes no connection */
	SERVER_FAULTS
};

enum { SERVER_FRAME = 300, SERVER_LATE = 16 };
struct server_late {
	uint64_t due_us;
	uint8_t bytes[SERVER_FRAME];
	size_t size;
};

struct server {
	bool tcp;
	int listener, fd; /* RTU: fd is the line */
	uint8_t unit;
	uint64_t inputs, outputs; /* bit n: input or output n */
	enum server_fault fault;
	uint8_t buffer[SERVER_FRAME];
	size_t have;
	uint64_t heard_us;
	uint64_t written_us; /* the newest good writing */
	unsigned reads, writes, others, connections;
	uint64_t first_read_us, last_read_us;
	struct server_late late[SERVER_LATE];
};

/* After inputs were set: hears and answers whatever has come, without waiting. */
void server_turn(struct server *s, uint64_t now_us);
/* FAULT_*, or SERVER_FAULTS. */
enum server_fault server_fault_find(const char *name);
#endif
