/* SPDX-License-Identifier: Apache-2.0
 * The page's two messages. Names are the schema's: there is no second list of them here.
 */
#include "shown.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "bus.pb-c.h"

#define PREFIX "GUIDANCE_"
#define ADVICE "FACE_ADVICE_"

int shown_take(struct shown *s, const uint8_t *bytes, size_t size, uint64_t now_ms)
{
	Postern__ShowGuidance *g = postern__show_guidance__unpack(NULL, size, bytes);
	if (g == NULL)
		return PN_EFORMAT;
	s->guidance = (uint32_t)g->guidance;
	s->permille = g->permille < 1000 ? g->permille : 1000;
	s->remaining_ms = g->remaining_ms;
	s->advice = (uint32_t)g->advice;
	s->walk_in = g->then == POSTERN__GUIDANCE__GUIDANCE_WALK_IN;
	s->told_ms = now_ms;
	s->told = true;
	postern__show_guidance__free_unpacked(g, NULL);
	return 0;
}

const char *shown_name(const struct shown *s, uint64_t heard_ms, uint64_t now_ms, uint32_t stale_ms)
{
	if (!s->told || s->silent || heard_ms == 0 || (now_ms > heard_ms && now_ms - heard_ms > stale_ms))
		return "WAIT";
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(&postern__guidance__descriptor, (int)s->guidance);
	/* zero is the most careful value, and so is one that is not known */
	if (v == NULL || s->guidance == POSTERN__GUIDANCE__GUIDANCE_UNSPECIFIED)
		return "CLOSED";
	return strncmp(v->name, PREFIX, strlen(PREFIX)) == 0 ? v->name + strlen(PREFIX) : v->name;
}

/* The name in the schema without its prefix; NULL: there is none, or LOOK_HERE, which is shown anyway. */
static const char *advice_name(const struct shown *s)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(&postern__face_advice__descriptor, (int)s->advice);
	if (v == NULL || s->advice == POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED || s->advice == POSTERN__FACE_ADVICE__FACE_ADVICE_LOOK_HERE ||
		strncmp(v->name, ADVICE, strlen(ADVICE)) != 0)
		return NULL;
	return v->name + strlen(ADVICE);
}

size_t shown_text(const struct shown *s, uint64_t heard_ms, uint64_t now_ms, uint32_t stale_ms, char out[SHOWN_TEXT_MAX])
{
	struct text t;
	uint64_t passed = now_ms > s->told_ms ? now_ms - s->told_ms : 0;
	const char *name = shown_name(s, heard_ms, now_ms, stale_ms);
	text_init(&t, out, SHOWN_TEXT_MAX);
	text_add(&t, "{\"type\":\"state\",\"show\":\"%s\"", name);
	if (strcmp(name, "KEEP_DOCUMENT") == 0)
		text_add(&t, ",\"permille\":%u,\"remaining_ms\":%u", s->permille,
			s->remaining_ms > passed ? (unsigned)((s->remaining_ms - passed + 99) / 100 * 100) : 0);
	if (strcmp(name, "LOOK_HERE") == 0 && advice_name(s) != NULL)
		text_add(&t, ",\"advice\":\"%s\"", advice_name(s));
	if (strcmp(name, "TAKE_DOCUMENT") == 0 && s->walk_in)
		text_add(&t, ",\"then\":\"WALK_IN\"");
	text_add(&t, "}");
	return t.len;
}

static bool is_plain(const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != ' ')
			return false;
	return n <= SHOWN_NAME_MAX;
}

static int add_languages(struct text *t, const char *at)
{
	static const char known[] = "en fr es ar ru zh";
	const char *comma = "";
	while (*at != '\0') {
		char word[3] = "";
		size_t n = strcspn(at, ",");
		if (n == 2)
			memcpy(word, at, 2);
		if (word[0] == '\0' || word[0] == ' ' || word[1] == ' ' || strstr(known, word) == NULL)
			return PN_EINVAL;
		text_add(t, "%s\"%s\"", comma, word);
		comma = ",";
		at += n;
		if (*at == ',')
			at++;
	}
	return *comma != '\0' ? 0 : PN_EINVAL;
}

int shown_lane_text(const struct shown_lane *lane, char out[SHOWN_TEXT_MAX])
{
	struct text t;
	bool exit = strcmp(lane->exit, "ahead") == 0 || strcmp(lane->exit, "left") == 0 || strcmp(lane->exit, "right") == 0;
	if (!exit || !is_plain(lane->name))
		return PN_EINVAL;
	text_init(&t, out, SHOWN_TEXT_MAX);
	text_add(&t, "{\"type\":\"lane\",\"name\":\"%s\",\"exit\":\"%s\",\"languages\":[", lane->name, lane->exit);
	int err = add_languages(&t, lane->languages);
	text_add(&t, "]}");
	return err != 0 ? err : t.truncated ? PN_ELIMIT : 0;
}
