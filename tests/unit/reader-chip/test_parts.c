/* SPDX-License-Identifier: Apache-2.0
 * The pure parts of a chip reader: vpcd's frames from a hostile card, what chips and readers say of sizes, results by cause,
 * progress, bundles and lists of groups. Must never wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "chip/capacity.h"
#include "chip/groups.h"
#include "chip/outcome.h"
#include "chip/vpcd_frame.h"
#include "emrtd/bundle.h"

enum { ROOM = 300, GUARD = 0x5a };

/* Every announced length from 0 to beyond the room, in pieces of every size up to five bytes. */
static void frames_of_every_length(void **state)
{
	(void)state;
	static uint8_t stream[2 + 70000], out[ROOM + 1];
	for (size_t i = 2; i < sizeof stream; i++)
		stream[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= VPCD_PAYLOAD_MAX; n += n < ROOM + 20 ? 1 : 997)
		for (size_t piece = 1; piece <= 5; piece++) {
			struct vpcd_frame f;
			uint8_t *at = NULL;
			size_t used = 0, want;
			int err = PN_OK;
			vpcd_frame_head(stream, n);
			memset(out, GUARD, sizeof out);
			vpcd_frame_begin(&f, out, ROOM);
			while (err == PN_OK && (want = vpcd_frame_next(&f, &at)) > 0) {
				size_t take = want < piece ? want : piece;
				memcpy(at, stream + used, take);
				used += take;
				err = vpcd_frame_took(&f, take);
			}
			assert_int_equal(err, n > ROOM ? PN_ELIMIT : PN_OK);
			assert_int_equal(vpcd_frame_whole(&f), n <= ROOM);
			assert_int_equal(used, n > ROOM ? VPCD_HEAD : VPCD_HEAD + n);
			assert_int_equal(out[ROOM], GUARD);
			if (n <= ROOM)
				assert_memory_equal(out, stream + VPCD_HEAD, n);
			assert_int_equal(vpcd_frame_next(&f, &at), 0);
		}
}

/* A frame that ends early is not whole, wherever it ends; and it takes no byte that it did not ask for. */
static void frames_cut_everywhere(void **state)
{
	(void)state;
	static const uint8_t stream[] = {0, 6, 1, 2, 3, 4, 0x90, 0};
	for (size_t cut = 0; cut <= sizeof stream; cut++) {
		struct vpcd_frame f;
		uint8_t out[ROOM], *at = NULL;
		vpcd_frame_begin(&f, out, sizeof out);
		for (size_t used = 0; used < cut; used++) {
			assert_true(vpcd_frame_next(&f, &at) > 0);
			*at = stream[used];
			assert_int_equal(vpcd_frame_took(&f, 1), PN_OK);
		}
		assert_int_equal(vpcd_frame_whole(&f), cut == sizeof stream);
		assert_int_equal(vpcd_frame_took(&f, sizeof stream - cut + 1), PN_EINVAL);
	}
}

static void orders_are_vpcds(void **state)
{
	(void)state;
	uint8_t head[VPCD_HEAD];
	/* vsmartcard's vpcd.h: VPCD_CTRL_OFF 0, ON 1, RESET 2, ATR 4 */
	assert_int_equal(VPCD_POWER_OFF, 0);
	assert_int_equal(VPCD_POWER_ON, 1);
	assert_int_equal(VPCD_RESET, 2);
	assert_int_equal(VPCD_ATR, 4);
	vpcd_frame_head(head, 0x1234);
	assert_memory_equal(head, "\x12\x34", 2);
}

static void historical_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *atr;
		size_t size;
		enum chip_extended said;
		bool chaining; /* bit 8 of the same byte */
	} cases[] = {
		/* PC/SC part 3, 3.1.3.2.3: ATS of a contactless card; capabilities 73 C0 21 C0 and 80 */
		{"\x3b\x88\x80\x01\x80\x73\xc0\x21\xc0\x57\x75\x90\x44", 13, CHIP_EXTENDED_YES, true},
		{"\x3b\x88\x80\x01\x80\x73\xc0\x21\x80\x57\x75\x90\x04", 13, CHIP_EXTENDED_NO, true},
		/* the ATR of vicc: category E1, not the standard's form */
		{"\x3b\x88\x80\x01\xe1\xf3\x5e\x11\x77\x83\xd7\x00\x77", 13, CHIP_EXTENDED_UNSAID, false},
		/* category 00: three bytes of status at the end */
		{"\x3b\x08\x00\x73\x00\x00\x40\x05\x90\x00", 10, CHIP_EXTENDED_YES, false},
		{"\x3b\x07\x00\x73\x00\x00\x40\x05\x90", 9, CHIP_EXTENDED_UNSAID, false},
		{"\x3b\x04\x80\x73\x00\x00\x3f", 7, CHIP_EXTENDED_UNSAID, false}, /* one byte less is stated */
		{"\x3b\x05\x80\x73\x00\x00\x3f", 7, CHIP_EXTENDED_NO, false},
		/* two bytes of capabilities say nothing of length */
		{"\x3b\x04\x80\x72\xff\xff", 6, CHIP_EXTENDED_UNSAID, false},
		{"\x3b\x00", 2, CHIP_EXTENDED_UNSAID, false},
		{"\x3b", 1, CHIP_EXTENDED_UNSAID, false},
		{"", 0, CHIP_EXTENDED_UNSAID, false},
		/* interface bytes, or historical ones, that are not there */
		{"\x3b\xf8\x80", 3, CHIP_EXTENDED_UNSAID, false},
		{"\x3b\x88\x80\x01\x80\x73\xc0", 7, CHIP_EXTENDED_UNSAID, false},
		/* a length beyond the end */
		{"\x3b\x03\x80\x7f\xff", 5, CHIP_EXTENDED_UNSAID, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(chip_extended((const uint8_t *)cases[i].atr, cases[i].size), cases[i].said);
		assert_int_equal(chip_chaining((const uint8_t *)cases[i].atr, cases[i].size), cases[i].chaining);
	}
}

static void sizes_of_info(void **state)
{
	(void)state;
	static const uint8_t info[] = {0x43, 1, 0xb8, 0x47, 3, 0x94, 1, 0x80, 0x7f, 0x66, 8, 2, 2, 0x05, 0xf6, 2, 2, 0x08, 0, 0, 0};
	size_t command = 0, response = 0;
	assert_true(chip_info_sizes((struct emrtd_bytes){info, sizeof info}, &command, &response));
	assert_int_equal(command, 0x5f6);
	assert_int_equal(response, 0x800);
	assert_true(chip_info_chaining((struct emrtd_bytes){info, sizeof info}));
	assert_false(chip_info_chaining((struct emrtd_bytes){info, 7})); /* cut */
	assert_false(chip_info_chaining((struct emrtd_bytes){(const uint8_t *)"\x47\x03\x94\x01\x7f", 5}));
	for (size_t cut = 0; cut < 19; cut++)
		assert_false(chip_info_sizes((struct emrtd_bytes){info, cut}, &command, &response));
	assert_false(chip_info_sizes((struct emrtd_bytes){(const uint8_t *)"\x7f\x66\x04\x02\x00\x02\x00", 7}, &command, &response));
}

/* PC/SC part 10, 2.2 and 2.6.14: codes big endian, properties little endian. */
static void sizes_of_readers(void **state)
{
	(void)state;
	static const uint8_t features[] = {0x06, 4, 0x42, 0x33, 0, 1, 0x12, 4, 0x42, 0x33, 0, 0x12};
	static const uint8_t properties[] = {0x01, 2, 0, 0, 0x0a, 4, 0, 0, 1, 0, 0x0b, 2, 0x2b, 0x07};
	assert_int_equal(chip_feature(features, sizeof features, CHIP_FEATURE_TLV_PROPERTIES), 0x42330012);
	assert_int_equal(chip_feature(features, sizeof features, 0x13), 0);
	assert_int_equal(chip_reader_size(properties, sizeof properties), 65536);
	for (size_t cut = 0; cut < 10; cut++)
		assert_int_equal(chip_reader_size(properties, cut), 0);
	assert_int_equal(chip_reader_size((const uint8_t *)"\x0a\x02\x00\x01", 4), 0);
}

#define IS(id, what) [EMRTD_CAUSE_##id] = POSTERN__CHIP_RESULT__CHIP_##what

/* One row for each cause that there is: a new one without a row is 0 and fails. */
static void results_by_cause(void **state)
{
	(void)state;
	static const Postern__ChipResult expected[] = {IS(NONE, ERROR), IS(ARGUMENT, ERROR), IS(CHANNEL, TORN), IS(TORN, TORN),
		IS(CHANNEL_SMALL, ERROR), IS(CHAINING, ERROR), IS(CRYPTO, ERROR), IS(STATUS, ERROR), IS(FORMAT, ERROR), IS(SM_DEAD, ERROR),
		IS(SM_BARE, ERROR), IS(SM_FORMAT, ERROR), IS(SM_MAC, ERROR), IS(SM_STATUS, ERROR), IS(SM_PADDING, ERROR),
		IS(SM_COUNTER, ERROR), IS(PASSWORD, REFUSED), IS(BAC_MAC, ERROR), IS(BAC_NONCE, ERROR), IS(PACE_ABSENT, ERROR),
		IS(PACE_UNSUPPORTED, ERROR), IS(PACE_REFUSED, ERROR), IS(PACE_KEY, ERROR), IS(PACE_OWN_KEY, ERROR),
		IS(PACE_TOKEN, ERROR), IS(CAM_DATA, ERROR), IS(CAM_WRONG, ERROR), IS(CA_KEY, ERROR), IS(CA_UNSUPPORTED, ERROR),
		IS(CA_WRONG, ERROR), IS(AA_KEY, ERROR), IS(AA_UNSUPPORTED, ERROR), IS(AA_SIGNATURE, ERROR)};
	assert_int_equal(sizeof expected / sizeof expected[0], EMRTD_CAUSES_);
	for (unsigned cause = 0; cause < EMRTD_CAUSES_; cause++) {
		const struct emrtd_failure f = {PN_EIO, EMRTD_STEP_READ, (enum emrtd_cause)cause, 0x6982};
		if (chip_result(PN_EIO, &f) != expected[cause])
			fail_msg("%s: %d", emrtd_cause_key(f.cause), chip_result(PN_EIO, &f));
		/* a deadline is one whatever it was in, and so is another chip */
		assert_int_equal(chip_result(PN_ETIMEOUT, &f), POSTERN__CHIP_RESULT__CHIP_LATE);
		assert_int_equal(chip_result(PN_ECONFLICT, &f), POSTERN__CHIP_RESULT__CHIP_TORN);
		assert_int_equal(chip_result(PN_OK, &f), POSTERN__CHIP_RESULT__CHIP_READ);
		/* a password is never tried again by itself, nor is a checksum that is wrong */
		bool torn = cause == EMRTD_CAUSE_CHANNEL || cause == EMRTD_CAUSE_TORN || cause == EMRTD_CAUSE_SM_BARE ||
			    cause == EMRTD_CAUSE_SM_DEAD;
		assert_int_equal(chip_maybe_torn(&f), torn);
	}
}

static void a_bare_9000(void **state)
{
	(void)state;
	const struct emrtd_failure map = {PN_EFORMAT, EMRTD_STEP_PACE_MAP, EMRTD_CAUSE_FORMAT, 0x9000},
				   file = {PN_EFORMAT, EMRTD_STEP_READ, EMRTD_CAUSE_FORMAT, 0x9000},
				   ca = {PN_ECRYPTO, EMRTD_STEP_CA_CONFIRM, EMRTD_CAUSE_CA_WRONG, 0x9000};
	assert_true(chip_maybe_torn(&map));
	assert_true(chip_maybe_torn(&ca));
	assert_false(chip_maybe_torn(&file));
}

static void ways_of_opening(void **state)
{
	(void)state;
	struct emrtd_access_report r = {.access = EMRTD_ACCESS_NONE};
	assert_int_equal(chip_access(&r), POSTERN__CHIP_ACCESS__CHIP_ACCESS_UNSPECIFIED);
	r.access = EMRTD_ACCESS_PACE;
	assert_int_equal(chip_access(&r), POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE);
	r.access = EMRTD_ACCESS_BAC;
	assert_int_equal(chip_access(&r), POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC);
	r.fell_back = true;
	assert_int_equal(chip_access(&r), POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC_AFTER_PACE);
}

static void proofs(void **state)
{
	(void)state;
	static const struct {
		enum emrtd_proof proof;
		bool tried;
		Postern__CheckResult result;
	} cases[] = {{EMRTD_PROVEN, false, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL},
		{EMRTD_REFUTED, true, POSTERN__CHECK_RESULT__CHECK_FAILED},
		{EMRTD_PENDING, false, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED},
		{EMRTD_NOT_PERFORMED, false, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED},
		{EMRTD_NOT_PERFORMED, true, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct emrtd_failure none = {0}, failed = {PN_ECRYPTO, EMRTD_STEP_AA_VERIFY, EMRTD_CAUSE_AA_SIGNATURE, 0};
		Postern__ChipProof p = POSTERN__CHIP_PROOF__INIT;
		chip_proof(cases[i].proof, cases[i].tried ? &failed : &none, &p);
		assert_int_equal(p.result, cases[i].result);
		assert_string_equal(p.cause, cases[i].tried ? "aa-signature" : "");
	}
}

static void how_far_and_how_long(void **state)
{
	(void)state;
	/* 4000 of 10000 bytes in 2 s: 3 s more */
	struct chip_progress p = chip_progress(EMRTD_STAGE_FACE, 4000, 6000, 2000);
	assert_int_equal(p.stage, POSTERN__CHIP_STAGE__CHIP_STAGE_FACE);
	assert_int_equal(p.permille, 400);
	assert_int_equal(p.remaining_ms, 3000);
	/* too little to tell a pace by, no time, or far too much */
	assert_int_equal(chip_progress(EMRTD_STAGE_OPENING, 0, 20000, 500).remaining_ms, 0);
	assert_int_equal(chip_progress(EMRTD_STAGE_SIGNED, 4000, 6000, 0).remaining_ms, 0);
	assert_int_equal(chip_progress(EMRTD_STAGE_SIGNED, 2000, SIZE_MAX / 4, 100000).remaining_ms, 60000);
	assert_int_equal(chip_progress(EMRTD_STAGE_OPENING, 0, 0, 0).permille, 0);
	assert_int_equal(chip_progress(EMRTD_STAGE_FACE, 5000, 0, 10).permille, 999);
	p = chip_progress(EMRTD_STAGE_DONE, 5000, 0, 10);
	assert_int_equal(p.permille, 1000);
	assert_int_equal(p.remaining_ms, 0);
}

static void bytes_to_come(void **state)
{
	(void)state;
	struct emrtd_document d = {.access = {.access = EMRTD_ACCESS_BAC}};
	size_t done, left, before;
	chip_bytes(&d, 1u << 2, &done, &before);
	assert_true(done > 0 && before > 15000);
	/* a length that has become known, half read; a group that is not there */
	d.group[2].size = 5000;
	d.group[2].progress.total = 10000;
	d.group[14].absent = d.group[15].absent = true;
	d.sod.size = 2000;
	d.sod.whole = true;
	d.group[1].size = 93;
	d.group[1].whole = true;
	size_t had = done;
	chip_bytes(&d, 1u << 2, &done, &left);
	assert_int_equal(left, 5000);
	assert_int_equal(done, had + 5000 + 2000 + 93);
}

static void a_bundle(void **state)
{
	(void)state;
	static uint8_t sod[] = {0x77, 1, 2}, dg1[] = {0x61, 1, 3}, security[] = {0x30, 0};
	struct emrtd_document d = {.access = {.card_access_size = 2, .card_access = {0x31, 0}},
		.sod = {.bytes = sod, .size = 3, .whole = true},
		.card_security = {.bytes = security, .size = 2, .whole = true}};
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct emrtd_bundle b;
	d.group[1] = (struct emrtd_read_file){.bytes = dg1, .size = 3, .whole = true};
	d.group[2] = (struct emrtd_read_file){.bytes = dg1, .size = 2}; /* torn off: not in it */
	d.group[11].absent = true;
	assert_int_equal(chip_bundle(&d, &bytes, &size), PN_OK);
	assert_int_equal(emrtd_bundle_read(bytes, size, &b), PN_OK);
	assert_int_equal(b.card_access.size, 2);
	assert_int_equal(b.card_security.size, 2);
	assert_memory_equal(b.sod.bytes, sod, 3);
	assert_memory_equal(b.group[1].bytes, dg1, 3);
	assert_int_equal(b.group[2].state, EMRTD_BUNDLE_NOT_READ);
	assert_int_equal(b.group[11].state, EMRTD_BUNDLE_ABSENT);
	assert_int_equal(b.group[12].state, EMRTD_BUNDLE_NOT_READ);
	chip_bundle_free(bytes, size);
	/* EF.CardAccess: absent when the chip said so, else only not read */
	d.access.card_access_size = 0;
	d.access.pace.cause = EMRTD_CAUSE_PACE_ABSENT;
	assert_int_equal(chip_bundle(&d, &bytes, &size), PN_OK);
	assert_int_equal(emrtd_bundle_read(bytes, size, &b), PN_OK);
	assert_int_equal(b.card_access.state, EMRTD_BUNDLE_ABSENT);
	chip_bundle_free(bytes, size);
	d.group[3].size = EMRTD_BUNDLE_MAX;
	assert_int_equal(chip_bundle(&d, &bytes, &size), PN_ELIMIT);
}

static void lists_of_groups(void **state)
{
	(void)state;
	static const char *const wrong[] = {"0", "17", "2,", ",2", "2 11", "x", "-1", "2,,3", "99999999999999999999"};
	uint32_t groups = 0;
	assert_int_equal(chip_groups("2,11,16", &groups), PN_OK);
	assert_int_equal(groups, 1u << 2 | 1u << 11 | 1u << 16);
	assert_int_equal(chip_groups("", &groups), PN_OK);
	assert_int_equal(groups, 0);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(chip_groups(wrong[i], &groups), PN_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_length),
		cmocka_unit_test(frames_cut_everywhere),
		cmocka_unit_test(orders_are_vpcds),
		cmocka_unit_test(historical_bytes),
		cmocka_unit_test(sizes_of_info),
		cmocka_unit_test(sizes_of_readers),
		cmocka_unit_test(results_by_cause),
		cmocka_unit_test(a_bare_9000),
		cmocka_unit_test(ways_of_opening),
		cmocka_unit_test(proofs),
		cmocka_unit_test(how_far_and_how_long),
		cmocka_unit_test(bytes_to_come),
		cmocka_unit_test(a_bundle),
		cmocka_unit_test(lists_of_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
