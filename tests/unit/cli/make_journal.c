/* SPDX-License-Identifier: Apache-2.0
 * Writes a journal for tests of the command-line tool: make_journal FOLDER COUNT TRUST. COUNT
 * records of made-up crossings, every third with a sealed payload, into FOLDER/journal.db, and faces of
 * two that are none. Must
 * never be linked into anything but tests.
 */
#undef NDEBUG
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crossing.pb-c.h"
#include "face.pb-c.h"
#include "journal/journal.h"

static void append(struct journal *j, uint64_t i)
{
	static const Postern__RecordKind kinds[] = {POSTERN__RECORD_KIND__RECORD_VERDICT,
		POSTERN__RECORD_KIND__RECORD_DECISION, POSTERN__RECORD_KIND__RECORD_OUTCOME};
	Postern__RecordClear c = POSTERN__RECORD_CLEAR__INIT;
	struct journal_append a = {.tag = i};
	struct journal_completion done;
	struct pollfd p = {.fd = journal_completion_fd(j), .events = POLLIN};
	uint8_t clear[512];
	char id[27], officer[] = "berg", reason[] = "identity.confirmed", nationality[] = "UTO",
		     code[] = "P";

	snprintf(id, sizeof id, "01JD3Z7A00000000000000%04u", (unsigned)(i / 3 + 1) % 10000);
	c.kind = kinds[i % 3];
	c.crossing_id = id;
	c.wall_ms = 1767225600000 + (int64_t)i * 1000; /* 2026-01-01T00:00:00Z and on */
	c.clock_quality = POSTERN__CLOCK_QUALITY__CLOCK_SYNCHRONISED;
	if (i % 3 == 0) {
		c.verdict = POSTERN__VERDICT__VERDICT_REFER;
		c.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_MINOR;
		c.nationality = nationality;
		c.document_code = code;
		a.personal = (const uint8_t *)"\x0a\x00";
		a.personal_size = 2;
	} else if (i % 3 == 1) {
		c.decision = POSTERN__OFFICER_DECISION__DECISION_ADMIT;
		c.officer = officer;
		c.reason_code = reason;
	} else {
		c.outcome = POSTERN__OUTCOME__OUTCOME_PASSED;
	}
	a.clear = clear;
	a.clear_size = postern__record_clear__pack(&c, clear);
	assert(journal_submit(j, &a) == 0);
	assert(poll(&p, 1, 10000) == 1);
	assert(journal_next_completion(j, &done) == 0 && done.result == 0);
}

static void keep(struct journal *j, char *crossing_id, char *name)
{
	Postern__KeptFaces k = POSTERN__KEPT_FACES__INIT;
	Postern__KeptFace live = POSTERN__KEPT_FACE__INIT, chip = POSTERN__KEPT_FACE__INIT, printed = POSTERN__KEPT_FACE__INIT,
			  *list[] = {&live, &chip, &printed};
	char jpeg[] = "image/jpeg", jp2[] = "image/jp2", of_chip[] = "chip", of_page[] = "printed";
	uint8_t bytes[] = "a live face", other[] = "a chip's face", third[] = "a printed face", packed[256];
	struct pollfd p = {.fd = journal_completion_fd(j), .events = POLLIN};
	struct journal_completion done;
	k.crossing_id = crossing_id;
	k.faces = list;
	k.n_faces = 3;
	live.name = name;
	live.media_type = jpeg;
	live.picture = (ProtobufCBinaryData){sizeof bytes - 1, bytes};
	chip.name = of_chip;
	chip.media_type = jp2;
	chip.picture = (ProtobufCBinaryData){sizeof other - 1, other};
	printed.name = of_page;
	printed.media_type = jpeg;
	printed.picture = (ProtobufCBinaryData){sizeof third - 1, third};
	const size_t size = postern__kept_faces__pack(&k, packed);
	assert(journal_keep_faces(j, 0, crossing_id, 1767225600000, packed, size) == 0);
	assert(poll(&p, 1, 10000) == 1);
	assert(journal_next_completion(j, &done) == 0 && done.result == 0);
}

int main(int argc, char **argv)
{
	char path[512], key[512], centre[512], escrow[512];
	struct journal_config config = {.tenant = "NOR", .gate = "lane-1"};
	struct journal *j;

	assert(argc == 4);
	snprintf(path, sizeof path, "%s/journal.db", argv[1]);
	snprintf(key, sizeof key, "%s/checkpoint.key", argv[1]);
	snprintf(centre, sizeof centre, "%s/centre-seal.pem", argv[3]);
	snprintf(escrow, sizeof escrow, "%s/escrow-seal.pem", argv[3]);
	config.path = path;
	config.checkpoint_key_path = key;
	config.seal_centre.path = centre;
	config.seal_escrow.path = escrow;
	assert(journal_open(&j, &config) == 0);
	for (uint64_t i = 0; i < strtoull(argv[2], NULL, 10); i++)
		append(j, i);
	char first[] = "01JD3Z7A000000000000000001", second[] = "01JD3Z7A000000000000000002", live[] = "live", hostile[] = "../live";
	keep(j, first, live);
	keep(j, second, hostile);
	journal_close(j);
	return 0;
}
