/* SPDX-License-Identifier: Apache-2.0
 * Fields of a line and what they may hold. Must never read the locale.
 */
#include "csv.h"

#include <string.h>

#include "mrz/mrz.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool csv_split(char *line, char **fields, size_t count)
{
	line[strcspn(line, "\r\n")] = '\0';
	for (size_t i = 0; i < count; i++) {
		fields[i] = line;
		line = strchr(line, ',');
		if ((line == NULL) != (i == count - 1))
			return false;
		if (line != NULL)
			*line++ = '\0';
	}
	return true;
}

bool csv_date(const char *s, uint32_t *out)
{
	static const char form[] = "dddd-dd-dd";
	*out = 0;
	if (strlen(s) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == '-' ? s[i] != '-' : !is_digit(s[i]))
			return false;
		if (form[i] == 'd')
			*out = *out * 10 + (uint32_t)(s[i] - '0');
	}
	return *out / 100 % 100 <= 12 && *out % 100 <= 31;
}

bool csv_day(const char *s, uint32_t *out)
{
	if (!csv_date(s, out))
		return false;
	const struct mrz_date d = {(int)(*out / 10000), (int)(*out / 100 % 100), (int)(*out % 100)};
	return mrz_date_valid(&d);
}

bool csv_number(const char *s, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;
	if (s[0] == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (!is_digit(*s))
			return false;
		n = n * 10 + (uint64_t)(*s - '0');
		if (n > max)
			return false;
	}
	*out = (uint32_t)n;
	return true;
}

bool csv_state(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return n >= 1 && n <= 3 && s[n] == '\0';
}
