/* SPDX-License-Identifier: Apache-2.0
 * Url to address. See address.h. Must never accept a url with anything but scheme, host and port.
 */
#include "address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <string.h>

#include "base/text.h"

static bool part(CURLU *u, CURLUPart what, char *out, size_t size)
{
	char *s = NULL;
	bool ok = curl_url_get(u, what, &s, 0) == CURLUE_OK && text_copy(out, size, s);

	curl_free(s);
	return ok;
}

static bool absent(CURLU *u, CURLUPart what)
{
	char *s = NULL;
	bool gone = curl_url_get(u, what, &s, 0) != CURLUE_OK;

	curl_free(s);
	return gone;
}

static bool is_numeric(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1;
}

int address_parse(struct address *a, const char *url)
{
	CURLU *u = curl_url();
	char scheme[8], path[4];
	size_t n;
	bool ok = u != NULL && strlen(url) < 256 &&
		  curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
		  part(u, CURLUPART_SCHEME, scheme, sizeof scheme) &&
		  strcmp(scheme, "https") == 0 && part(u, CURLUPART_PATH, path, sizeof path) &&
		  strcmp(path, "/") == 0 && absent(u, CURLUPART_QUERY) &&
		  absent(u, CURLUPART_FRAGMENT) && absent(u, CURLUPART_ZONEID) &&
		  absent(u, CURLUPART_USER) && absent(u, CURLUPART_PASSWORD) &&
		  part(u, CURLUPART_HOST, a->host, sizeof a->host);

	if (ok && !part(u, CURLUPART_PORT, a->port, sizeof a->port))
		text_copy(a->port, sizeof a->port, "443");
	curl_url_cleanup(u);
	if (!ok)
		return PN_EINVAL;
	n = strlen(a->host);
	if (n > 2 && a->host[0] == '[' && a->host[n - 1] == ']') {
		memmove(a->host, a->host + 1, n - 2);
		a->host[n - 2] = '\0';
	}
	a->numeric = is_numeric(a->host);
	a->pin[0] = '\0';
	return 0;
}

int address_resolve(struct address *a)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	struct text t;
	bool any = false;

	if (a->numeric)
		return 0;
	if (getaddrinfo(a->host, NULL, &hints, &found) != 0)
		return PN_ENOTFOUND;
	text_init(&t, a->pin, sizeof a->pin);
	text_add(&t, "%s:%s:", a->host, a->port);
	for (const struct addrinfo *i = found; i != NULL && t.len + 64 < sizeof a->pin;
		i = i->ai_next) {
		char number[NI_MAXHOST];
		if (getnameinfo(i->ai_addr, i->ai_addrlen, number, sizeof number, NULL, 0,
			    NI_NUMERICHOST) != 0)
			continue;
		text_add(&t, i->ai_family == AF_INET6 ? "%s[%s]" : "%s%s", any ? "," : "", number);
		any = true;
	}
	freeaddrinfo(found);
	return any ? 0 : PN_ENOTFOUND;
}
