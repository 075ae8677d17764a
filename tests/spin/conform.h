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
/* Two snapshots, the last and the new one, a byte for each fact, as conform.pml.in reads them; the new
 * one without an emergency stop, which is the fire alarm's in the world. */
const unsigned char *conform_snapshots(void);
/* Does gate_derive() find the same events in the same order, and is the last snapshot now the new
 * one? Says on stderr what differs. */
int conform_derived(const unsigned char *events, int count, const unsigned char *last);
/* Has every row been taken, and every event of a snapshot been found? Says on stderr which has not. */
int conform_covered(void);
#endif
