/* SPDX-License-Identifier: Apache-2.0
 * sim-reader over a pseudo terminal, with pages in a folder: what it says of itself, the picture of the document whose zone is named, and that
 * there is none. Must never depend on how fast the machine is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
#include "../sdk/fake_host.h"
#include "bus.pb-c.h"
#include "sim/page.h"
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#define T(text) ((char *)(uintptr_t)(text))

enum { WAIT_MS = 5000, ANSWER_MOST = 128 * 1024 };

static char *one[] = {T("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"), T("L898902C36UTO7408122F1204159ZE184226B<<<<<10")};
static char *two[] = {T("P<UTOSMITH<<JOHN<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"), T("L898902C36UTO7408122F1204159ZE184226B<<<<<10")};

/* A frame of 16 x 8 and a scan, after ITU-T T.81, annex B. */
static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0x34, 0xff, 0xd9};

struct rig {
	struct fake_host *host;
	int far, near;
	char pages[32], path[SIM_PAGE_PATH_MAX], line[64];
};

static void begin(struct rig *r)
{
	memset(r, 0, sizeof *r);
	snprintf(r->pages, sizeof r->pages, "sim-reader-XXXXXX");
	assert_non_null(mkdtemp(r->pages));
	assert_true(sim_page_path(r->path, r->pages, (const char *const *)one, 2));
	r->far = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(r->far >= 0);
	assert_int_equal(grantpt(r->far), 0);
	assert_int_equal(unlockpt(r->far), 0);
	assert_int_equal(ptsname_r(r->far, r->line, sizeof r->line), 0);
	r->near = open(r->line, O_RDWR | O_NOCTTY);
	assert_true(r->near >= 0);
	r->host = fake_host_new(&postern_plugin);
	fake_host_option(r->host, "framing", "stx-etx", 0);
	fake_host_option(r->host, "parity", "none", 0);
	fake_host_option(r->host, "removed_frame", "--", 0);
	fake_host_option(r->host, "baud", NULL, 9600);
	fake_host_option(r->host, "data_bits", NULL, 8);
	fake_host_option(r->host, "timeout_ms", NULL, 200);
	fake_host_option(r->host, "lost_after_ms", NULL, 400);
	fake_host_device(r->host, "line", r->near);
	fake_host_folder(r->host, "pages", r->pages);
	assert_int_equal(fake_host_start(r->host), 0);
	const struct fake_message *m = fake_host_next(r->host, WAIT_MS);
	assert_non_null(m);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_READER_STATUS);
	Postern__ReaderStatus *s = postern__reader_status__unpack(NULL, m->size, m->bytes);
	assert_true(s->ready && s->portraits);
	postern__reader_status__free_unpacked(s, NULL);
}

static void end(struct rig *r)
{
	fake_host_stop(r->host);
	fake_host_free(r->host);
	close(r->near);
	close(r->far);
	unlink(r->path);
	assert_int_equal(rmdir(r->pages), 0);
}

static void lay(const struct rig *r, const uint8_t *bytes, size_t size)
{
	FILE *f = fopen(r->path, "wbe");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* size 0: it says that there is no picture. */
static void asked(struct rig *r, uint64_t query, char **lines, const uint8_t *bytes, size_t size)
{
	Postern__CutPortrait q = POSTERN__CUT_PORTRAIT__INIT;
	uint8_t packed[256];
	q.mrz_lines = lines;
	q.n_mrz_lines = 2;
	fake_host_send(r->host, POSTERN__ENVELOPE__BODY_CUT_PORTRAIT, query, packed, postern__cut_portrait__pack(&q, packed));
	const struct fake_message *m = fake_host_next(r->host, WAIT_MS);
	assert_non_null(m);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_PORTRAIT_CUT);
	assert_int_equal(m->query_id, query);
	Postern__PortraitCut *a = postern__portrait_cut__unpack(NULL, m->size, m->bytes);
	assert_int_equal(a->result, size > 0 ? POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL : POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_string_equal(a->cause, size > 0 ? "" : "page.no_picture");
	assert_int_equal(m->blob_size, size);
	if (size > 0)
		assert_memory_equal(m->blob, bytes, size);
	postern__portrait_cut__free_unpacked(a, NULL);
}

static void the_page_of_that_zone(void **state)
{
	struct rig r;
	(void)state;
	begin(&r);
	lay(&r, jpeg, sizeof jpeg);
	asked(&r, 1, one, jpeg, sizeof jpeg);
	asked(&r, 2, two, NULL, 0);
	asked(&r, 3, one, jpeg, sizeof jpeg);
	assert_int_equal(fake_host_count(r.host, "pages_total"), 3);
	end(&r);
}

/* Never more than a reader may give, nor a part of it. */
static void at_the_bound(void **state)
{
	static uint8_t large[ANSWER_MOST + 1];
	struct rig r;
	(void)state;
	memcpy(large, jpeg, sizeof jpeg);
	begin(&r);
	lay(&r, large, ANSWER_MOST);
	asked(&r, 1, one, large, ANSWER_MOST);
	lay(&r, large, ANSWER_MOST + 1);
	asked(&r, 2, one, NULL, 0);
	lay(&r, large, 0);
	asked(&r, 3, one, NULL, 0);
	end(&r);
}

/* The rest of it is reader-serial's. */
static void zones_as_ever(void **state)
{
	struct rig r;
	char frames[128];
	(void)state;
	begin(&r);
	const int n = snprintf(frames, sizeof frames, "\x02%s\x03\x02%s\x03", one[0], one[1]);
	assert_int_equal(write(r.far, frames, (size_t)n), n);
	const struct fake_message *m = fake_host_next(r.host, WAIT_MS);
	assert_non_null(m);
	assert_int_equal(m->body, POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED);
	Postern__DocumentPresented *p = postern__document_presented__unpack(NULL, m->size, m->bytes);
	assert_int_equal(p->n_mrz_lines, 2);
	assert_string_equal(p->mrz_lines[0], one[0]);
	postern__document_presented__free_unpacked(p, NULL);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_of_that_zone),
		cmocka_unit_test(at_the_bound),
		cmocka_unit_test(zones_as_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
