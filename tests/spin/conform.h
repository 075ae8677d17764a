/* SPDX-License-Identifier: Apache-2.0
 * The shipped step() beside its Promela translation. Included by the verifier that spin makes.
 */
#ifndef POSTERN_SPIN_CONFORM_H
#define POSTERN_SPIN_CONFORM_H
/* Event, snapshot, policy and memory of the next step, a byte each, as conform.pml.in reads them.
 */
const unsigned char *conform_next(void);
/* Does the shipped step() leave the same memory (struct gate), row, actions and clock? Says on
 * stderr what differs. */
int conform_same(const unsigned char *memory, int row, const unsigned char *out, int outs,
	int restarts, int clock);
/* Has every row been taken? Says on stderr which has not. */
int conform_covered(void);
#endif
