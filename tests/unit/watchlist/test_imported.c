/* SPDX-License-Identifier: Apache-2.0
 * A list's whole way: a file of the United Nations' form is imported, signed and activated by the command-line tool while the
 * watchlist plugin runs, and the plugin finds an alias of it; then its changes, and an officer's dismissal. Must never use
 * another list than the tool has made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../sdk/fake_host.h"
#include "base/err.h"
#include "crossing.pb-c.h"
#include <cmocka.h>

enum { SEARCH = 40, SEARCHED = 41, PEOPLE = 40 };

static const char *tool;

struct bench {
	char top[64], lists[96], trust[96], state[96];
	struct fake_host *host;
	uint64_t id;
};

static void run(const struct bench *b, const char *format, ...)
{
	char command[2048];
	va_list ap;
	int n = snprintf(command, sizeof command, "cd %s && %s lists ", b->top, tool);
	va_start(ap, format);
	n += vsnprintf(command + n, sizeof command - (size_t)n, format, ap);
	va_end(ap);
	snprintf(command + n, sizeof command - (size_t)n, " >out 2>&1 || { cat out >&2; exit 1; }");
	assert_int_equal(system(command), 0);
}

static void make_key(const struct bench *b)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char path[128];
	FILE *f;
	assert_non_null(key);
	snprintf(path, sizeof path, "%s/lists.key", b->top);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	snprintf(path, sizeof path, "%s/trust/lists.pub", b->top);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
	EVP_PKEY_free(key);
}

/* People of whom one has an alias, in letters that a machine readable zone transliterates. */
static void write_xml(const struct bench *b, const char *name, const char *alias)
{
	char path[128];
	FILE *f;
	snprintf(path, sizeof path, "%s/%s", b->top, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CONSOLIDATED_LIST>\n<INDIVIDUALS>\n");
	for (int i = 0; i < PEOPLE; i++)
		fprintf(f,
			"<INDIVIDUAL><FIRST_NAME>PERSON%c%c</FIRST_NAME><SECOND_NAME>NUMBER%c%c</SECOND_NAME>"
			"<REFERENCE_NUMBER>TSi.%03d</REFERENCE_NUMBER>"
			"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>%s</ALIAS_NAME></INDIVIDUAL_ALIAS>"
			"<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>19%02d-03-04</DATE></INDIVIDUAL_DATE_OF_BIRTH>"
			"</INDIVIDUAL>\n",
			'A' + i % 26, 'A' + i / 26, 'A' + i / 26, 'A' + i % 26, i, i == 17 ? alias : "", 40 + i);
	fprintf(f, "</INDIVIDUALS>\n</CONSOLIDATED_LIST>\n");
	fclose(f);
}

static int make(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	char path[96];
	static const char *const folders[] = {"lists", "trust", "state"};
	assert_non_null(b);
	snprintf(b->top, sizeof b->top, "/tmp/postern-imported-XXXXXX");
	assert_non_null(mkdtemp(b->top));
	for (size_t i = 0; i < PN_COUNT(folders); i++) {
		snprintf(path, sizeof path, "%s/%s", b->top, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	make_key(b);
	b->host = fake_host_new(&postern_plugin);
	fake_host_option(b->host, "file", "watchlist.csv", 0);
	fake_host_option(b->host, "changes", "watchlist.changes.csv", 0);
	fake_host_option(b->host, "purposes", "border", 0);
	fake_host_option(b->host, "dismissal_days", NULL, 365);
	fake_host_option(b->host, "max_age_s", NULL, 86400);
	snprintf(b->lists, sizeof b->lists, "%s/lists", b->top);
	fake_host_folder(b->host, "lists", b->lists);
	snprintf(b->trust, sizeof b->trust, "%s/trust", b->top);
	fake_host_folder(b->host, "trust", b->trust);
	snprintf(b->state, sizeof b->state, "%s/state", b->top);
	b->host->state_folder = b->state;
	assert_int_equal(fake_host_start(b->host), 0);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;
	char command[128];
	fake_host_stop(b->host);
	fake_host_free(b->host);
	snprintf(command, sizeof command, "rm -r %s", b->top);
	assert_int_equal(system(command), 0);
	free(b);
	return 0;
}

struct answer {
	Postern__CheckResult result;
	bool stale;
	size_t matches, dismissed;
	char entry[64], version[32];
};

/* A traveller born on 4 March 1957, as the alias, with a passport of Norway. */
static struct answer ask(struct bench *b)
{
	Postern__SearchWatchlist q = POSTERN__SEARCH_WATCHLIST__INIT;
	Postern__Date birth = POSTERN__DATE__INIT;
	char *numbers[] = {(char *)(uintptr_t)"X1234567"};
	uint8_t bytes[1024];
	struct answer out = {0};
	postern_plugin.tick(b->host->self, 0);
	birth.year = 1957;
	birth.month = 3;
	birth.day = 4;
	q.birth_date = &birth;
	q.document_numbers = numbers;
	q.n_document_numbers = 1;
	q.issuer = (char *)(uintptr_t)"NOR";
	q.surname = (char *)(uintptr_t)"KAKWAVU";
	q.given_names = (char *)(uintptr_t)"JEROME";
	fake_host_send(b->host, SEARCH, ++b->id, bytes, postern__search_watchlist__pack(&q, bytes));
	const struct fake_message *m = fake_host_next(b->host, 0);
	assert_non_null(m);
	assert_int_equal(m->body, SEARCHED);
	Postern__WatchlistSearched *r = postern__watchlist_searched__unpack(NULL, m->size, m->bytes);
	assert_non_null(r);
	out.result = r->result;
	out.stale = r->list_stale;
	out.matches = r->n_matches;
	out.dismissed = r->n_dismissed;
	if (r->n_matches > 0)
		snprintf(out.entry, sizeof out.entry, "%s", r->matches[0]->entry_id);
	snprintf(out.version, sizeof out.version, "%s", r->list_version);
	postern__watchlist_searched__free_unpacked(r, NULL);
	return out;
}

static void test_way_of_a_list(void **state)
{
	struct bench *b = *state;
	struct answer a = ask(b);
	assert_int_equal(a.matches, 0);
	assert_true(a.stale); /* no list yet */

	write_xml(b, "one.xml", "");
	run(b, "import --format un --issuer un --purpose border --version 5 --out one.csv one.xml");
	run(b, "sign one.csv --key lists.key");
	run(b, "activate one.csv --folder lists --trust trust");
	a = ask(b);
	assert_int_equal(a.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_false(a.stale);
	assert_int_equal(a.matches, 0);
	assert_string_equal(a.version, "5");

	/* the next edition has the alias, in Latin letters with accents */
	write_xml(b, "two.xml", "J\xC3\xA9r\xC3\xB4me Kakwavu");
	run(b, "import --format un --issuer un --purpose border --version 6 --out two.csv two.xml");
	run(b, "diff one.csv two.csv --out changes.csv --key lists.key");
	run(b, "activate changes.csv --folder lists --trust trust");
	a = ask(b);
	assert_int_equal(a.matches, 1);
	assert_string_equal(a.entry, "un:TSi.017");
	assert_string_equal(a.version, "6");

	run(b, "dismiss --folder lists --trust trust --key lists.key --entry un:TSi.017 --document-issuer NOR --number X1234567 "
	       "--officer berg --until $(date -u -d '+30 days' +%%F)");
	a = ask(b);
	assert_int_equal(a.matches, 0);
	assert_int_equal(a.dismissed, 1);

	/* the whole list again: with the dismissal kept, then without */
	run(b, "import --format un --issuer un --purpose border --version 8 --dismissals lists/watchlist.changes.csv --trust trust "
	       "--out three.csv two.xml");
	run(b, "sign three.csv --key lists.key");
	run(b, "activate three.csv --folder lists --trust trust");
	a = ask(b);
	assert_int_equal(a.dismissed, 1);
	assert_string_equal(a.version, "8");
	run(b, "import --format un --issuer un --purpose border --version 9 --out four.csv two.xml");
	run(b, "sign four.csv --key lists.key");
	run(b, "activate four.csv --folder lists --trust trust");
	a = ask(b);
	assert_int_equal(a.matches, 1);
	assert_int_equal(a.dismissed, 0);
	run(b, "status --folder lists --trust trust");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_way_of_a_list, make, end)};
	char path[4096];
	if (argc != 2 || realpath(argv[1], path) == NULL)
		return 2;
	tool = path;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
