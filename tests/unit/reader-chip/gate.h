/* SPDX-License-Identifier: Apache-2.0
 * A chip reader's plugin before a host of the test's: questions, answers, the files beside them, progress and the reader's state.
 * Must never take an answer that has files and no success, or success and none.
 */
#ifndef POSTERN_TEST_GATE_H
#define POSTERN_TEST_GATE_H
#include "../sdk/fake_host.h"
#include "document.pb-c.h"
#include "emrtd/bundle.h"
#include "lay.h"

enum { READER_STATUS = 20, READ_CHIP = 24, CHIP_READ = 25, CHIP_PROGRESS = 26, LONG_MS = 20000 };

struct gate {
	struct fake_host *host;
	uint16_t port;
	Postern__ChipRead *read; /* the last answer */
	struct emrtd_bundle files;
	unsigned progress, waiting; /* reports before it */
	uint32_t permille;
	bool ready; /* the last state that was told */
};

/* Options as in the manifests, but for port (one that is free) and apdu_limit_ms (3000). */
void gate_new(struct gate *g);
/* Starts and waits for the first state. */
void gate_start(struct gate *g);
void gate_stop(struct gate *g);
void gate_ask(struct gate *g, uint64_t id, const char *zone);
/* Waits for the answer to id. */
void gate_expect(struct gate *g, uint64_t id, Postern__ChipResult result);
/* Waits until the reader says so. */
void gate_expect_ready(struct gate *g, bool ready);
/* The files that were wished for are this passport's; those that it does not have are absent. */
void gate_expect_files(const struct gate *g, const struct sim_passport *p);
void gate_expect_file(const struct emrtd_bundle_file *f, const struct sim_passport *p, unsigned id);
void gate_expect_proofs(
	const struct gate *g, Postern__CheckResult chip, Postern__CheckResult active, Postern__CheckResult mapping);
#endif
