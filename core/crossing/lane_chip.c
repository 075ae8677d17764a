/* SPDX-License-Identifier: Apache-2.0
 * The chip of the document in hand: its reader is asked with the zone as soon as the document lies there, and what it read
 * goes to the check of documents, unopened. Lists and history are asked meanwhile, since the zone says enough for them; the
 * rules wait for all. Must never look into the chip's files, nor count a chip that could not be read as one that is well.
 */
#include <string.h>

#include "crossing/lane_run.h"

void chip_ask(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ReadChip q = POSTERN__READ_CHIP__INIT;
	c->chip = NULL;
	c->inspected = NULL;
	c->chip_size = 0;
	c->portrait_size = 0; /* of another document, it would be another's face */
	c->reference_asked = false;
	c->chip_asked = lane->config.has[POSTERN__PLUGIN_KIND__KIND_CHIP_READER];
	c->chip_done = !c->chip_asked;
	if (!c->chip_asked)
		return;
	crossing_step_start(c, STEP_CHIP, run->in->mono_ms);
	q.mrz_lines = c->presented->mrz_lines;
	q.n_mrz_lines = c->presented->n_mrz_lines;
	e.body_case = POSTERN__ENVELOPE__BODY_READ_CHIP;
	e.read_chip = &q;
	ask_send(run, &e);
}

static void done(struct lane_run *run)
{
	crossing_step_end(&run->lane->crossing, STEP_CHIP, run->in->mono_ms);
	run->lane->crossing.chip_done = true;
	ask_joined(run);
}

static void ask_inspection(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__InspectChip q = POSTERN__INSPECT_CHIP__INIT;
	Postern__Date today;
	ask_date(&today, run->in);
	q.read = (Postern__ChipRead *)(uintptr_t)c->chip;
	q.mrz_lines = c->presented->mrz_lines;
	q.n_mrz_lines = c->presented->n_mrz_lines;
	q.reference_date = &today;
	q.wall_ms = run->in->wall_ms;
	e.blob_sha256.data = c->chip_sha256;
	e.blob_sha256.len = sizeof c->chip_sha256;
	e.blob_size = c->chip_size;
	e.body_case = POSTERN__ENVELOPE__BODY_INSPECT_CHIP;
	e.inspect_chip = &q;
	ask_send(run, &e);
}

/* m NULL: the query took its default. */
void chip_read(struct lane_run *run, const struct bus_message *m)
{
	struct crossing *c = &run->lane->crossing;
	if (m != NULL)
		c->chip = crossing_keep(c, &postern__chip_read__descriptor, m->body_bytes, m->body_size);
	if (m == NULL || c->chip == NULL || c->chip->result != POSTERN__CHIP_RESULT__CHIP_READ || !m->has_blob) {
		done(run);
		return;
	}
	memcpy(c->chip_sha256, m->envelope->blob_sha256.data, sizeof c->chip_sha256);
	c->chip_size = m->envelope->blob_size;
	ask_inspection(run);
}

void chip_inspected(struct lane_run *run, const struct bus_message *m)
{
	struct crossing *c = &run->lane->crossing;
	if (m != NULL)
		c->inspected = crossing_keep(c, &postern__chip_inspected__descriptor, m->body_bytes, m->body_size);
	if (m != NULL && c->inspected != NULL && m->has_blob && c->inspected->portrait_type[0] != '\0') {
		memcpy(c->portrait_sha256, m->envelope->blob_sha256.data, sizeof c->portrait_sha256);
		c->portrait_size = m->envelope->blob_size;
		face_take_reference(run);
	}
	done(run);
}

/* Only shown: nothing waits for it, and nothing follows from it. */
void chip_progress(struct lane_run *run, const Postern__ChipProgress *p)
{
	struct lane *lane = run->lane;
	const struct crossing *c = &lane->crossing;
	if (!c->active || c->chip_done || lane->guidance != POSTERN__GUIDANCE__GUIDANCE_KEEP_DOCUMENT)
		return;
	lane->chip_permille = p->permille < 1000 ? p->permille : 1000;
	lane->chip_remaining_ms = p->remaining_ms;
	act_show(run);
}
