/* SPDX-License-Identifier: Apache-2.0
 * Judging header fields. Must never read behind the terminator.
 */
#include "web/headers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

bool web_host_known(const char *host, const char *const *names, unsigned count, uint16_t port, bool tls)
{
	char suffix[8];
	snprintf(suffix, sizeof suffix, ":%u", port);
	for (unsigned i = 0; i < count; i++) {
		/* an IPv6 address stands in brackets (RFC 3986 section 3.2.2) */
		bool six = strchr(names[i], ':') != NULL;
		size_t n = strlen(names[i]);
		const char *at = host;
		if (six && *at++ != '[')
			continue;
		if (strncasecmp(at, names[i], n) != 0)
			continue;
		at += n;
		if (six && *at++ != ']')
			continue;
		if (strcmp(at, suffix) == 0 || (*at == '\0' && port == (tls ? 443 : 80)))
			return true;
	}
	return false;
}

bool web_origin_same(const char *origin, const char *host, bool tls)
{
	const char *scheme = tls ? "https://" : "http://";
	size_t n = strlen(scheme);
	return *host != '\0' && strncmp(origin, scheme, n) == 0 && strcasecmp(origin + n, host) == 0;
}

/* "q=0", "q=0.0", "q=0.000" */
static bool weight_is_zero(const char *p, size_t n)
{
	if (n < 3 || (p[0] != 'q' && p[0] != 'Q') || p[1] != '=' || p[2] != '0')
		return false;
	for (size_t i = 3; i < n; i++)
		if (p[i] != '0' && p[i] != '.')
			return false;
	return true;
}

static size_t trimmed(const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return n;
}

bool web_accepts_gzip(const char *p)
{
	bool any = false, named = false, named_yes = false;
	while (*p != '\0') {
		p = skip_space(p);
		size_t all = strcspn(p, ","), name = strcspn(p, ",;");
		const char *rest = p + name;
		bool zero = false;
		if (*rest == ';') {
			rest = skip_space(rest + 1);
			zero = weight_is_zero(rest, trimmed(rest, (size_t)(p + all - rest)));
		}
		name = trimmed(p, name);
		if (name == 4 && strncasecmp(p, "gzip", 4) == 0) {
			named = true;
			named_yes = !zero;
		} else if (name == 1 && *p == '*') {
			any = !zero;
		}
		p += all;
		if (*p == ',')
			p++;
	}
	return named ? named_yes : any;
}

bool web_etag_listed(const char *p, const char *etag)
{
	size_t n = strlen(etag);
	p = skip_space(p);
	if (strcmp(p, "*") == 0)
		return true;
	while (*p != '\0') {
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (*p != '"')
			return false;
		const char *end = strchr(p + 1, '"');
		if (end == NULL)
			return false;
		if ((size_t)(end + 1 - p) == n && memcmp(p, etag, n) == 0)
			return true;
		p = skip_space(end + 1);
		if (*p == ',')
			p = skip_space(p + 1);
		else if (*p != '\0')
			return false;
	}
	return false;
}

long web_content_length(const char *p)
{
	long value = 0;
	size_t n = strlen(p);
	if (n == 0 || n > 9)
		return -1;
	for (; *p != '\0'; p++) {
		if (!isdigit((unsigned char)*p))
			return -1;
		value = value * 10 + (*p - '0');
	}
	return value;
}
