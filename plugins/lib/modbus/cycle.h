/* SPDX-License-Identifier: Apache-2.0
 * When a controller is asked what, and what is known of it: the poll cycle, retries, the loss of the bus, and the test that it must
 * pass before anything moves. Pure: no I/O; nanoseconds of CLOCK_MONOTONIC come in.
 *
 * In service: every block of inputs once in poll_ms, the outputs at once when they change and else every BUS_REFRESH_NS, one request
 * at a time. A request that failed is followed, after time for a late answer to pass, by one of another function: an answer to the
 * first cannot be one to the second. Lost is: lost_after failures in a row, no good reading of a block, or outputs unconfirmed, for
 * (poll_ms + timeout_ms) * lost_after. Then nothing is known and nothing but the test goes out, at growing distance. The test writes
 * the safe outputs with the kick low, reads them back, reads all inputs, and the same with the kick high and low again: an answer
 * that is one round old differs in the kick.
 *
 * Must never: say that inputs are known while a block has no good reading within that time; let outputs that are not safe go out
 * before the whole test was good; ask again without a pause.
 */
#ifndef POSTERN_MODBUS_CYCLE_H
#define POSTERN_MODBUS_CYCLE_H
#include "modbus/plan.h"

#define BUS_REFRESH_NS UINT64_C(100000000)
#define BUS_BACK_OFF_NS UINT64_C(100000000) /* after the first loss; doubled to the most */
#define BUS_BACK_OFF_MOST_NS UINT64_C(1600000000)
enum { BUS_TEST_ROUNDS = 3 };

enum bus_do {
	BUS_DO_WAIT,	 /* until `until_ns`, or until outputs change */
	BUS_DO_ANEW,	 /* connect anew, throw away what has come */
	BUS_DO_EXCHANGE, /* `request` */
};
struct bus_step {
	enum bus_do what;
	uint64_t until_ns;
	struct bus_request request;
};

struct bus_poll {
	const struct bus_plan *plan; /* borrowed */
	uint64_t pause_ns, timeout_ns, period_ns, lost_ns;
	bool in_service, doubtful;
	unsigned failures; /* in a row */
	struct bus_request last;
	bool last_failed;
	uint64_t not_before_ns; /* the next request */
	uint64_t back_off_ns;
	/* the test */
	unsigned round, step;
	/* service */
	unsigned next_block;
	uint64_t cycle_ns;		    /* when the next cycle is due */
	uint64_t read_ns[BUS_BLOCKS_MAX];   /* when the newest good reading was asked for */
	uint64_t write_ns[BUS_BLOCKS_MAX];  /* when the newest good writing was asked for */
	uint64_t written[BUS_BLOCKS_MAX];   /* levels as confirmed */
	uint64_t changed_ns[BUS_BLOCKS_MAX];/* since when other levels are wanted; 0: none are */
	bool wrote_last;
};

/* pause_ns: between two frames. plan must live as long. */
void bus_poll_init(struct bus_poll *p, const struct bus_plan *plan, uint64_t pause_ns, uint64_t now_ns);
/* Are inputs known, and may outputs go out? Also finds out that time has made them unknown. */
bool bus_poll_in_service(struct bus_poll *p, uint64_t now_ns);
/* outputs: levels that are wanted. */
struct bus_step bus_poll_next(struct bus_poll *p, uint64_t outputs, uint64_t now_ns);
/* What came of BUS_DO_ANEW: good or not. */
void bus_poll_anew(struct bus_poll *p, bool good, uint64_t now_ns);
/* What came of the request that bus_poll_next() gave last, sent at asked_ns. levels: of a reading. True when they are good levels of
 * plan->read[block].lines. Those of the test are not told: service begins with a reading. */
bool bus_poll_answered(struct bus_poll *p, enum bus_result result, uint64_t levels, uint64_t asked_ns, uint64_t now_ns);
#endif
