/* SPDX-License-Identifier: Apache-2.0
 * Any text as each header field that the web server judges. Input: lines; each is judged as all of them, and the line before stands for what
 * it is compared with. Must not read behind the text, and must keep the promises of headers.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void judge(const char *line, const char *before)
{
	static const char *const names[] = {"127.0.0.1", "::1", "post"};
	if (web_host_known(line, names, 3, 8470, false)) {
		require(strstr(line, ":8470") != NULL && strpbrk(line, "@/ \t,") == NULL);
		require(strlen(line) <= strlen("127.0.0.1:8470"));
	}
	if (web_origin_same(line, before, true))
		require(strncmp(line, "https://", 8) == 0 && strlen(line) == strlen(before) + 8);
	if (web_etag_listed(line, "\"0123\""))
		require(strstr(line, "\"0123\"") != NULL || strchr(line, '*') != NULL);
	if (web_accepts_gzip(line))
		require(strcasestr(line, "gzip") != NULL || strchr(line, '*') != NULL);
	long n = web_content_length(line);
	require(n >= -1 && (n == -1 || strlen(line) <= 9));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *before = strdup("");
	if (text == NULL || before == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *line = text, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		/* a block of its own, so that one byte too many is seen */
		char *copy = strdup(line);
		if (copy == NULL)
			abort();
		judge(copy, before);
		free(before);
		before = copy;
	}
	free(before);
	free(text);
	return 0;
}
