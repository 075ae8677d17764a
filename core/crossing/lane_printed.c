/* SPDX-License-Identifier: Apache-2.0
 * The portrait printed on the data page: a reader that gives one is asked for it while the document lies there, for an officer who may have to
 * look. Nothing waits for it and no verdict rests on it. Must never open the picture, nor take that of another document for this one's.
 */
#include <string.h>

#include "crossing/lane_run.h"

/* Only who can be shown it may have it: an officer at a control post. A kiosk refers nobody by itself. */
static bool wanted(const struct lane *lane)
{
	return lane->reader_portraits && lane->config.has[POSTERN__PLUGIN_KIND__KIND_POST_LINK] && lane->config.topology != GATE_KIOSK;
}

void printed_ask(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__CutPortrait q = POSTERN__CUT_PORTRAIT__INIT;
	c->printed_size = 0;
	c->printed_query = 0;
	if (!wanted(run->lane))
		return;
	q.mrz_lines = c->presented->mrz_lines;
	q.n_mrz_lines = c->presented->n_mrz_lines;
	e.body_case = POSTERN__ENVELOPE__BODY_CUT_PORTRAIT;
	e.cut_portrait = &q;
	c->printed_query = run->lane->next_query_id;
	ask_send(run, &e);
}

void printed_answered(struct lane_run *run, uint64_t id, const struct bus_message *m)
{
	struct crossing *c = &run->lane->crossing;
	if (id != c->printed_query)
		return; /* of the document that lay there before */
	c->printed_query = 0;
	if (m == NULL || !m->has_blob || m->envelope->portrait_cut->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		return;
	memcpy(c->printed_sha256, m->envelope->blob_sha256.data, sizeof c->printed_sha256);
	c->printed_size = m->envelope->blob_size;
}
