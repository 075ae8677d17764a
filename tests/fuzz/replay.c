/* SPDX-License-Identifier: Apache-2.0
 * Feeds every file of the files and folders given as arguments to LLVMFuzzerTestOneInput, so that a
 * fuzz target is an ordinary test without libFuzzer. A file NAME.hex holds hexadecimal text (blanks
 * and # comments to the end of the line are skipped) and is decoded first, so that corpora stay
 * readable. Every input is also fed cut short at each length up to 256 bytes. Must never pass
 * without having fed at least one file.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4 * 1024 * 1024 };

static unsigned long fed;

/* A copy of its own size, so that a sanitizer sees a read past the end. */
static void feed(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		exit(2);
	if (size > 0)
		memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* In place; returns the number of bytes, or -1 when the text is not hexadecimal. */
static long from_hex(uint8_t *text, size_t size)
{
	size_t out = 0, digits = 0;
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '#') {
			while (i < size && text[i] != '\n')
				i++;
			continue;
		}
		if (isspace(text[i]))
			continue;
		if (!isxdigit(text[i]))
			return -1;
		unsigned v =
			(unsigned)(isdigit(text[i]) ? text[i] - '0' : tolower(text[i]) - 'a' + 10);
		if (digits++ % 2 == 0)
			text[out] = (uint8_t)(v << 4);
		else
			text[out++] |= (uint8_t)v;
	}
	return digits % 2 == 0 ? (long)out : -1;
}

static int replay_file(const char *path)
{
	uint8_t *bytes = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");
	if (bytes == NULL || f == NULL) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(bytes);
		if (f != NULL)
			fclose(f);
		return 1;
	}
	size_t size = fread(bytes, 1, INPUT_MAX, f), n = strlen(path);
	int failed = ferror(f) != 0 || size == INPUT_MAX;
	fclose(f);
	if (!failed && n > 4 && strcmp(path + n - 4, ".hex") == 0) {
		long decoded = from_hex(bytes, size);
		failed = decoded < 0;
		size = failed ? 0 : (size_t)decoded;
	}
	if (failed) {
		fprintf(stderr, "%s: too large, or not hexadecimal\n", path);
	} else {
		feed(bytes, size);
		for (size_t cut = 0; cut < size && cut < 256; cut++)
			feed(bytes, cut);
		fed++;
	}
	free(bytes);
	return failed;
}

static int replay(const char *path)
{
	struct stat st;
	int failed = 0;
	if (stat(path, &st) != 0) {
		fprintf(stderr, "%s: no such file or folder\n", path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	DIR *d = opendir(path);
	if (d == NULL)
		return 1;
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		char inside[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
		if (stat(inside, &st) == 0 && S_ISDIR(st.st_mode))
			continue;
		failed |= replay_file(inside);
	}
	closedir(d);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%lu inputs\n", fed);
	return failed != 0 || fed == 0;
}
