/* SPDX-License-Identifier: Apache-2.0
 * The watchlist plugin through its ABI: which lists it takes, which it refuses, what it answers
 * then, and that a list once in use is not replaced by an older or a bad one, nor after a restart.
 * Must never answer clear without a list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../sdk/fake_host.h"
#include "base/err.h"
#include "crossing.pb-c.h"
#include "signed/signed.h"
#include <cmocka.h>

enum { SEARCH = 40, SEARCHED = 41, MAX_AGE_S = 3600 };
static const char header[] =
	"entry_id,kind,document_number,issuer,surname,given_names,birth_date,handling_code\n";
static const char entries[] = "A1,document,X1234567,NOR,,,,second-line\nP1,person,,,ERIKSSON,ANNA "
			      "MARIA,1974-08-12,arrest\n";

struct bench {
	char top[64], lists[96], trust[96], state[96], csv[128], sig[136], key[128], other_key[128];
	struct fake_host *host;
	uint64_t id;
};

static void make_key(const char *private_path, const char *public_path)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *f = fopen(private_path, "we");
	assert_non_null(key);
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	if (public_path != NULL) {
		f = fopen(public_path, "we");
		assert_non_null(f);
		assert_int_equal(PEM_write_PUBKEY(f, key), 1);
		fclose(f);
	}
	EVP_PKEY_free(key);
}

static int make(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	char path[160];
	assert_non_null(b);
	snprintf(b->top, sizeof b->top, "/tmp/postern-watchlist-XXXXXX");
	assert_non_null(mkdtemp(b->top));
	snprintf(b->lists, sizeof b->lists, "%s/lists", b->top);
	snprintf(b->trust, sizeof b->trust, "%s/trust", b->top);
	snprintf(b->state, sizeof b->state, "%s/state", b->top);
	snprintf(b->csv, sizeof b->csv, "%s/watchlist.csv", b->lists);
	snprintf(b->sig, sizeof b->sig, "%s.sig", b->csv);
	snprintf(b->key, sizeof b->key, "%s/lists.key", b->top);
	snprintf(b->other_key, sizeof b->other_key, "%s/rules.key", b->top);
	assert_int_equal(mkdir(b->lists, 0700) | mkdir(b->trust, 0700) | mkdir(b->state, 0700), 0);
	snprintf(path, sizeof path, "%s/lists.pub", b->trust);
	make_key(b->key, path);
	snprintf(path, sizeof path, "%s/rules.pub", b->trust);
	make_key(b->other_key, path);
	*state = b;
	return 0;
}

static void start(struct bench *b)
{
	b->host = fake_host_new(&postern_plugin);
	fake_host_option(b->host, "file", "watchlist.csv", 0);
	fake_host_option(b->host, "changes", "watchlist.changes.csv", 0);
	fake_host_option(b->host, "purposes", "border", 0);
	fake_host_option(b->host, "dismissal_days", NULL, 90);
	fake_host_option(b->host, "max_age_s", NULL, MAX_AGE_S);
	fake_host_folder(b->host, "lists", b->lists);
	fake_host_folder(b->host, "trust", b->trust);
	b->host->state_folder = b->state;
	assert_int_equal(fake_host_start(b->host), 0);
}

static void stop(struct bench *b)
{
	fake_host_stop(b->host);
	fake_host_free(b->host);
	b->host = NULL;
}

static int end(void **state)
{
	struct bench *b = *state;
	char command[128];
	if (b->host != NULL)
		stop(b);
	snprintf(command, sizeof command, "rm -r %s", b->top);
	assert_int_equal(system(command), 0);
	free(b);
	return 0;
}

/* issued: seconds from now */
static void write_list(const struct bench *b, const char *version, long issued, const char *lines)
{
	time_t at = time(NULL) + issued;
	char stamp[32];
	struct tm tm;
	FILE *f = fopen(b->csv, "we");
	assert_non_null(f);
	gmtime_r(&at, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(f, "# list=test version=%s issued=%s\n%s%s", version, stamp, header, lines);
	fclose(f);
}

static void sign(const struct bench *b)
{
	assert_int_equal(signed_file_sign(b->csv, b->key), PN_OK);
}

static void tick(struct bench *b)
{
	postern_plugin.tick(b->host->self, 0);
}

struct answer {
	Postern__CheckResult result;
	bool stale;
	uint64_t age_s;
	size_t matches, dismissed;
	char version[32], first[48], code[48];
};

static struct answer ask(
	struct bench *b, const char *number, const char *surname, const char *given)
{
	Postern__SearchWatchlist q = POSTERN__SEARCH_WATCHLIST__INIT;
	Postern__Date birth = POSTERN__DATE__INIT;
	char *numbers[] = {(char *)(uintptr_t)number};
	uint8_t bytes[1024];
	struct answer out = {0};
	birth.year = 1974;
	birth.month = 8;
	birth.day = 12;
	q.document_numbers = numbers;
	q.n_document_numbers = 1;
	q.issuer = (char *)(uintptr_t) "NOR";
	q.surname = (char *)(uintptr_t)surname;
	q.given_names = (char *)(uintptr_t)given;
	q.birth_date = &birth;
	fake_host_send(b->host, SEARCH, ++b->id, bytes, postern__search_watchlist__pack(&q, bytes));
	const struct fake_message *m = fake_host_next(b->host, 0);
	assert_non_null(m);
	assert_int_equal(m->body, SEARCHED);
	assert_int_equal(m->query_id, b->id);
	Postern__WatchlistSearched *a =
		postern__watchlist_searched__unpack(NULL, m->size, m->bytes);
	assert_non_null(a);
	out.result = a->result;
	out.stale = a->list_stale;
	out.age_s = a->list_age_s;
	out.matches = a->n_matches;
	out.dismissed = a->n_dismissed;
	snprintf(out.version, sizeof out.version, "%s", a->list_version);
	if (a->n_matches > 0) {
		snprintf(out.first, sizeof out.first, "%s", a->matches[0]->entry_id);
		snprintf(out.code, sizeof out.code, "%s", a->matches[0]->handling_code);
		assert_string_equal(a->matches[0]->list_id, "test");
		assert_int_equal(a->matches[0]->score_permille, 1000);
	}
	postern__watchlist_searched__free_unpacked(a, NULL);
	return out;
}

/* The list in use is this version, and it works. */
static void uses(struct bench *b, const char *version)
{
	struct answer a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_string_equal(a.version, version);
	assert_int_equal(a.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_false(a.stale);
	assert_int_equal(a.matches, 1);
	assert_string_equal(a.first, "A1");
	assert_string_equal(a.code, "second-line");
	a = ask(b, "OTHER", "ERIKSSON", "ANNA MARIA");
	assert_string_equal(a.first, "P1");
	assert_string_equal(a.code, "arrest");
	a = ask(b, "OTHER", "NOBODY", "AT ALL");
	assert_int_equal(a.matches, 0);
	assert_int_equal(a.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
}

/* There is no list: undetermined and stale, so that the traveller is referred. */
static void has_none(struct bench *b)
{
	struct answer a = ask(b, "X1234567", "ERIKSSON", "ANNA MARIA");
	assert_int_equal(a.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_true(a.stale);
	assert_int_equal(a.matches, 0);
	assert_string_equal(a.version, "");
}

static void good_list(void **state)
{
	struct bench *b = *state;
	write_list(b, "7", -60, entries);
	sign(b);
	start(b);
	uses(b, "7");
	struct answer a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_in_range(a.age_s, 60, 120);
	/* not to be searched: matches are told, but not that it was searched */
	a = ask(b, "X1234567", "", "");
	assert_int_equal(a.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
	assert_int_equal(a.matches, 1);
	assert_false(a.stale);
}

static void never_signed(void **state)
{
	struct bench *b = *state;
	write_list(b, "7", 0, entries);
	start(b);
	has_none(b);
	assert_string_equal(b->host->trouble, "watchlist.bad_list");
	/* the signature arrives after the list has been looked at */
	sign(b);
	tick(b);
	uses(b, "7");
}

static void no_list(void **state)
{
	struct bench *b = *state;
	start(b);
	has_none(b);
	tick(b);
	has_none(b);
	write_list(b, "1", 0, entries);
	sign(b);
	tick(b);
	uses(b, "1");
	assert_int_equal(unlink(b->csv), 0);
	tick(b);
	uses(b, "1");
}

static void wrong_key(void **state)
{
	struct bench *b = *state;
	write_list(b, "7", 0, entries);
	assert_int_equal(signed_file_sign(b->csv, b->other_key), PN_OK);
	start(b);
	has_none(b);
}

static void no_trusted_key(void **state)
{
	struct bench *b = *state;
	char path[128];
	write_list(b, "7", 0, entries);
	sign(b);
	snprintf(path, sizeof path, "%s/lists.pub", b->trust);
	assert_int_equal(unlink(path), 0);
	start(b);
	has_none(b);
}

static void altered(void **state)
{
	struct bench *b = *state;
	write_list(b, "7", 0, entries);
	sign(b);
	FILE *f = fopen(b->csv, "ae");
	assert_non_null(f);
	fputs("A9,document,Z9,NOR,,,,\n", f);
	fclose(f);
	start(b);
	has_none(b);
}

static void truncated(void **state)
{
	struct bench *b = *state;
	struct stat st;
	write_list(b, "7", 0, entries);
	sign(b);
	assert_int_equal(stat(b->csv, &st), 0);
	/* at the end of a line: what is left is a good list, but not the one that was signed */
	assert_int_equal(
		truncate(b->csv, st.st_size - (off_t)strlen(strchr(entries, '\n') + 1)), 0);
	start(b);
	has_none(b);
	sign(b);
	assert_int_equal(truncate(b->sig, 100), 0);
	tick(b);
	has_none(b);
}

static void another_file_s_signature(void **state)
{
	struct bench *b = *state;
	write_list(b, "8", 0, "");
	sign(b);
	write_list(b, "9", 0, entries);
	start(b);
	has_none(b);
}

static void bad_line(void **state)
{
	struct bench *b = *state;
	write_list(b, "7", 0, entries);
	sign(b);
	start(b);
	write_list(b, "8", 0, "A1,document,X1234567,NOR,,,,second-line\nA2,nonsense,,,,,,\n");
	sign(b);
	tick(b);
	assert_string_equal(b->host->trouble, "watchlist.bad_list");
	uses(b, "7");
}

static void rolled_back(void **state)
{
	struct bench *b = *state;
	write_list(b, "9", 0, entries);
	sign(b);
	start(b);
	uses(b, "9");
	write_list(b, "8", 0, "");
	sign(b);
	tick(b);
	uses(b, "9");
	/* nor after a restart: then there is none */
	stop(b);
	start(b);
	has_none(b);
	/* the same version again, and newer ones, are good */
	write_list(b, "9", 0, entries);
	sign(b);
	tick(b);
	uses(b, "9");
	write_list(b, "10", 0, entries);
	sign(b);
	tick(b);
	uses(b, "10");
	write_list(b, "9", 0, entries);
	sign(b);
	tick(b);
	uses(b, "10");
}

static void stale(void **state)
{
	struct bench *b = *state;
	static const struct {
		long issued;
		bool stale;
	} cases[] = {{-MAX_AGE_S + 60, false}, {-MAX_AGE_S - 60, true}, {120, false}, {600, true}};
	start(b);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char version[8];
		snprintf(version, sizeof version, "%zu", i + 1);
		write_list(b, version, cases[i].issued, entries);
		sign(b);
		tick(b);
		struct answer a = ask(b, "X1234567", "NOBODY", "AT ALL");
		assert_string_equal(a.version, version);
		assert_int_equal(a.stale, cases[i].stale);
		assert_int_equal(a.matches, 1); /* a match on a stale list is told */
		assert_int_equal(b->host->trouble != NULL &&
					 strcmp(b->host->trouble, "watchlist.stale") == 0,
			cases[i].stale);
	}
}

static void link_instead_of_a_list(void **state)
{
	struct bench *b = *state;
	char real[160];
	write_list(b, "7", 0, entries);
	sign(b);
	snprintf(real, sizeof real, "%s/real.csv", b->top);
	assert_int_equal(rename(b->csv, real), 0);
	assert_int_equal(symlink(real, b->csv), 0);
	start(b);
	has_none(b);
}

static const char wide[] =
	"entry_id,kind,document_number,issuer,document_status,surname,given_names,aliases,birth_"
	"date,sex,nationality,authority,purpose,handling_code,valid_from,valid_until\n";

/* more: behind `issued` in the head */
static void write_wide(const char *path, const char *head, const char *more, const char *lines)
{
	time_t at = time(NULL);
	char stamp[32];
	struct tm tm;
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	gmtime_r(&at, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(f, "# list=test %s issued=%s%s\n%s%s", head, stamp, more, wide, lines);
	fclose(f);
}

static void write_changes(const struct bench *b, const char *head, const char *lines)
{
	char path[160], base[32], version[32];
	assert_int_equal(sscanf(head, "%31s %31s", version, base), 2);
	snprintf(path, sizeof path, "%s/watchlist.changes.csv", b->lists);
	char more[40];
	snprintf(more, sizeof more, " %s", base);
	write_wide(path, version, more, lines);
	assert_int_equal(signed_file_sign(path, b->key), PN_OK);
}

/* The list's changes count at once, are refused when not made for it, and go with it. */
static void changed(void **state)
{
	struct bench *b = *state;
	write_wide(b->csv, "version=7", "", "A1,document,X1234567,NOR,,,,,,,,,,,,\n");
	sign(b);
	start(b);
	assert_int_equal(ask(b, "X1234567", "NOBODY", "AT ALL").matches, 1);
	write_changes(b, "version=8 base=7", "A1,removed,,,,,,,,,,,,,,\n");
	tick(b);
	struct answer a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_string_equal(a.version, "8");
	assert_int_equal(a.matches, 0);
	assert_false(a.stale);
	/* for another list: what is in use stays, and it is told */
	write_changes(b, "version=10 base=9", "A1,document,X1234567,NOR,,,,,,,,,,,,\n");
	tick(b);
	assert_string_equal(ask(b, "X1234567", "NOBODY", "AT ALL").version, "8");
	/* after a restart without the changes, the list is older than what was in use */
	stop(b);
	start(b);
	has_none(b);
	write_wide(b->csv, "version=9", "", "A9,document,X9,NOR,,,,,,,,,,,,\n");
	sign(b);
	tick(b);
	a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_string_equal(a.version, "10");
	assert_int_equal(a.matches, 1);
	write_wide(b->csv, "version=11", "", "A9,document,X9,NOR,,,,,,,,,,,,\n");
	sign(b);
	tick(b);
	a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_string_equal(a.version, "11");
	assert_int_equal(a.matches, 0);
}

static void expired(void **state)
{
	struct bench *b = *state;
	write_wide(b->csv, "version=7", " expires=2999-01-01T00:00:00Z",
		"A1,document,X1234567,NOR,,,,,,,,,,,,2000-01-01\n");
	sign(b);
	start(b);
	struct answer a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_false(a.stale);
	assert_int_equal(a.matches, 0); /* the entry has expired */
	FILE *f = fopen(b->csv, "we");
	assert_non_null(f);
	fprintf(f, "# list=test version=8 issued=2026-01-01T00:00:00Z "
		   "expires=2026-01-02T00:00:00Z\n%sA1,document,X1234567,NOR,,,,,,,,,,,,\n",
		wide);
	fclose(f);
	sign(b);
	tick(b);
	a = ask(b, "X1234567", "NOBODY", "AT ALL");
	assert_true(a.stale);
	assert_int_equal(a.matches, 1);
}

/* What an officer has dismissed is told apart. */
static void dismissed(void **state)
{
	struct bench *b = *state;
	char lines[512], hash[65] = "036e88b0d58189829c0bedcd96a3a56963468247752197021d963acd300af308";
	time_t now = time(NULL), until = now + 80 * 86400;
	char from_text[16], until_text[16];
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(from_text, sizeof from_text, "%Y-%m-%d", &tm);
	gmtime_r(&until, &tm);
	strftime(until_text, sizeof until_text, "%Y-%m-%d", &tm);
	snprintf(lines, sizeof lines,
		"P1,person,,,,ERIKSSON,ANNA MARIA,,1974-08-12,,,,,,,\n"
		"P1,not_this_person,%s,,,,,,,,,officer-7,,,%s,%s\n",
		hash, from_text, until_text);
	write_wide(b->csv, "version=7", "", lines);
	sign(b);
	start(b);
	struct answer a = ask(b, "X7", "ERIKSSON", "ANNA MARIA");
	assert_int_equal(a.matches, 0);
	assert_int_equal(a.dismissed, 1);
	a = ask(b, "X8", "ERIKSSON", "ANNA MARIA");
	assert_int_equal(a.matches, 1);
	assert_int_equal(a.dismissed, 0);
}

/* A large list is read beside the loop: until it is, the old one answers. */
static void large(void **state)
{
	struct bench *b = *state;
	enum { LINES = 40000, EACH = 48 };
	char *lines = malloc((size_t)LINES * EACH + 256);
	size_t n = 0;
	bool waited = false;
	assert_non_null(lines);
	write_list(b, "7", 0, entries);
	sign(b);
	start(b);
	n += (size_t)snprintf(lines, 256, "%s", entries);
	for (int i = 0; i < LINES; i++)
		n += (size_t)snprintf(
			lines + n, EACH, "D%d,document,D%d,NOR,,,,second-line\n", i, i);
	write_list(b, "8", 0, lines);
	sign(b);
	tick(b);
	for (int i = 0; i < 1000; i++) {
		struct answer a = ask(b, "X1234567", "NOBODY", "AT ALL");
		assert_int_equal(a.matches, 1);
		waited = waited || strcmp(a.version, "7") == 0;
		if (strcmp(a.version, "8") == 0)
			break;
		usleep(10000);
		tick(b);
	}
	assert_true(waited);
	uses(b, "8");
	assert_int_equal(ask(b, "D39999", "NOBODY", "AT ALL").matches, 1);
	/* the plugin ends while another is being read */
	write_list(b, "9", 0, lines);
	sign(b);
	tick(b);
	free(lines);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_list),
		TEST(never_signed),
		TEST(no_list),
		TEST(wrong_key),
		TEST(no_trusted_key),
		TEST(altered),
		TEST(truncated),
		TEST(another_file_s_signature),
		TEST(bad_line),
		TEST(rolled_back),
		TEST(stale),
		TEST(link_instead_of_a_list),
		TEST(changed),
		TEST(expired),
		TEST(dismissed),
		TEST(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
