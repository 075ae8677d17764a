/* SPDX-License-Identifier: Apache-2.0
 * What rules are told of a crossing: as the lane asks them, and again from its record, so that another pack can be asked
 * later. Pure. Must never tell from a record what the lane did not tell.
 */
#ifndef POSTERN_CROSSING_FACTS_H
#define POSTERN_CROSSING_FACTS_H
#include "crossing/crossing.h"

/* What the facts point into besides the crossing. */
struct crossing_facts {
	Postern__CrossingFacts facts;
	Postern__Date today;
	struct crossing_chip chip;
};

/* c has a document. Direction, lane and clock are the lane's, and are set by the caller. */
void facts_of_crossing(const struct crossing *c, struct crossing_facts *out);

/* The same from a verdict record; the texts stay the records'. False: the rules were not asked, or the record does not
 * hold all that they were told. */
bool facts_of_record(const Postern__RecordClear *clear, const Postern__CrossingRecord *sealed, Postern__CrossingFacts *out);

/* As rules and record are told: a history that was not asked for, did not come or is not whole vouches for nothing. */
Postern__CheckResult facts_history_result(const struct crossing *c);
struct facts_lookups {
	Postern__CheckResult permits, authorisation, bans;
	Postern__CheckResult expected; /* NOT_PERFORMED: there are no passenger data yet */
};
/* NOT_PERFORMED: nobody was asked, or the centre keeps none. */
void facts_lookups(const struct crossing *c, struct facts_lookups *out);
Postern__CheckResult facts_watchlist_result(const struct crossing *c);
bool facts_list_stale(const struct crossing *c);
#endif
