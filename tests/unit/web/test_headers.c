/* SPDX-License-Identifier: Apache-2.0
 * The header fields that the web server judges, by the examples and the grammar of RFC 9110 (sections 7.2, 8.6, 8.8.3, 12.5.3, 13.1.2) and RFC 6454.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/headers.h"

static void hosts(void **state)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "::1", "post.osl.example"};
	(void)state;
	assert_true(web_host_known("127.0.0.1:8470", names, 4, 8470, false));
	assert_true(web_host_known("LOCALHOST:8470", names, 4, 8470, false));
	assert_true(web_host_known("[::1]:8470", names, 4, 8470, false));
	assert_true(web_host_known("post.osl.example", names, 4, 443, true));
	assert_true(web_host_known("post.osl.example:443", names, 4, 443, true));
	assert_false(web_host_known("post.osl.example", names, 4, 443, false));
	assert_false(web_host_known("post.osl.example", names, 4, 8443, true));
	static const char *const wrong[] = {"", ":8470", "127.0.0.1", "127.0.0.1:84700", "127.0.0.1:847", "127.0.0.1:8470 ", "127.0.0.1.:8470",
		"127.0.0.1.evil.example:8470", "evil.example:8470", "::1:8470", "[::1:8470", "[::1]8470", "[127.0.0.1]:8470", "localhost@evil.example:8470"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(web_host_known(wrong[i], names, 4, 8470, false));
}

static void origins(void **state)
{
	(void)state;
	assert_true(web_origin_same("http://127.0.0.1:8470", "127.0.0.1:8470", false));
	assert_true(web_origin_same("https://post.example", "Post.example", true));
	static const char *const wrong[] = {"", "null", "https://127.0.0.1:8470", "http://127.0.0.1:8471", "http://127.0.0.1:8470/", "http://127.0.0.1",
		"http://127.0.0.1:8470 http://evil.example", "HTTP://127.0.0.1:8470", "127.0.0.1:8470", "http://evil.example"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(web_origin_same(wrong[i], "127.0.0.1:8470", false));
	assert_false(web_origin_same("http://", "", false));
}

static void encodings(void **state)
{
	(void)state;
	/* the examples of RFC 9110 section 12.5.3 */
	assert_true(web_accepts_gzip("compress, gzip"));
	assert_false(web_accepts_gzip(""));
	assert_true(web_accepts_gzip("*"));
	assert_true(web_accepts_gzip("compress;q=0.5, gzip;q=1.0"));
	assert_true(web_accepts_gzip("gzip;q=1.0, identity; q=0.5, *;q=0"));
	assert_false(web_accepts_gzip("gzip;q=0"));
	assert_false(web_accepts_gzip("gzip; q=0.000, *"));
	assert_true(web_accepts_gzip("GZIP ;q=0.001"));
	assert_false(web_accepts_gzip("xgzip, gzipx, br"));
	assert_false(web_accepts_gzip("identity;q=1, *;q=0"));
}

static void tags(void **state)
{
	(void)state;
	/* the examples of RFC 9110 section 13.1.2 */
	assert_true(web_etag_listed("\"xyzzy\"", "\"xyzzy\""));
	assert_true(web_etag_listed("W/\"xyzzy\"", "\"xyzzy\""));
	assert_true(web_etag_listed("\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\"", "\"c3piozzzz\""));
	assert_true(web_etag_listed("W/\"xyzzy\", W/\"r2d2xxxx\", W/\"c3piozzzz\"", "\"r2d2xxxx\""));
	assert_true(web_etag_listed("*", "\"a\""));
	assert_true(web_etag_listed("\"a,b\", \"c\"", "\"c\""));
	static const char *const wrong[] = {"", "xyzzy", "\"xyzzy", "\"xyzz\"", "\"xyzzyy\"", "\"a\" \"xyzzy\"", "W/xyzzy", "*\"xyzzy\""};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(web_etag_listed(wrong[i], "\"xyzzy\""));
}

static void lengths(void **state)
{
	(void)state;
	assert_int_equal(web_content_length("0"), 0);
	assert_int_equal(web_content_length("3495"), 3495);
	assert_int_equal(web_content_length("999999999"), 999999999);
	static const char *const wrong[] = {"", " 1", "1 ", "+1", "-1", "0x10", "1,1", "1, 1", "1e3", "9999999999", "18446744073709551617"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(web_content_length(wrong[i]), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hosts), cmocka_unit_test(origins), cmocka_unit_test(encodings), cmocka_unit_test(tags),
		cmocka_unit_test(lengths)};
	return cmocka_run_group_tests_name("web-headers", tests, NULL, NULL);
}
