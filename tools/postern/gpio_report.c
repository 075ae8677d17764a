/* SPDX-License-Identifier: Apache-2.0
 * The commissioning report: what was tested, what was not. Must never call a line good that was not seen to be.
 */
#include "gpio.h"

#include <time.h>

#include "json/json.h"

static const char *const words[] = {[GPIO_UNTESTED] = "untested", [GPIO_GOOD] = "good", [GPIO_BAD] = "bad",
	[GPIO_TO_BE_SEEN] = "to be seen"};

static enum gpio_test verdict(const struct gpio_check *c, unsigned line)
{
	const struct gpio_line_test *t = &c->line[line];
	if (lane_hw_line_info((enum lane_hw_line)line)->output)
		return t->driven;
	return t->seen[0] && t->seen[1] ? GPIO_GOOD : GPIO_UNTESTED;
}

bool gpio_complete(const struct gpio_check *c)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if (!c->lane.line[i].present)
			continue;
		enum gpio_test v = verdict(c, i);
		if (v == GPIO_BAD || v == GPIO_UNTESTED)
			return false;
	}
	return c->relay == GPIO_GOOD;
}

static const char *detail(const struct gpio_check *c, unsigned line)
{
	const struct gpio_line_test *t = &c->line[line];
	if (lane_hw_line_info((enum lane_hw_line)line)->output)
		return t->what != NULL ? t->what : "not driven";
	return t->seen[0] && t->seen[1] ? "seen in both states"
	       : t->seen[1]             ? "only seen asserted"
	       : t->seen[0]             ? "only seen not asserted"
					: "not read";
}

static void when(char out[32])
{
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void text(const struct gpio_check *c, FILE *out)
{
	char place[96], at[32];
	when(at);
	fprintf(out, "Commissioning report, %s\nlane %s, board %s\n\n", at, c->lane.name, c->board.name);
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if (!c->lane.line[i].present)
			continue;
		gpio_lines_place(c->lines, (enum lane_hw_line)i, place, sizeof place);
		fprintf(out, "%-18s %-30s %-10s %s", lane_hw_line_info((enum lane_hw_line)i)->name, place, words[verdict(c, i)], detail(c, i));
		if (c->line[i].answer_ms > 0)
			fprintf(out, ", after %u ms", c->line[i].answer_ms);
		fputc('\n', out);
	}
	fprintf(out, "\nkick relay: %s%s%s\n", words[c->relay], c->relay_what != NULL ? ": " : "", c->relay_what != NULL ? c->relay_what : "");
	fprintf(out, "%s\n", gpio_complete(c) ? "Everything was tested; what is to be seen, a person must have seen."
					      : "NOT COMPLETE: what is untested or bad above.");
	fprintf(out, "Outside this report: emergency release, force limits and the interlock of the door controller.\n");
}

static void json(const struct gpio_check *c, FILE *out)
{
	struct json j;
	char place[96], at[32];
	when(at);
	json_begin(&j, out, true);
	json_object(&j, NULL);
	json_string(&j, "at", at);
	json_string(&j, "lane", c->lane.name);
	json_string(&j, "board", c->board.name);
	json_bool(&j, "complete", gpio_complete(c));
	json_array(&j, "lines");
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		const struct gpio_line_test *t = &c->line[i];
		if (!c->lane.line[i].present)
			continue;
		gpio_lines_place(c->lines, (enum lane_hw_line)i, place, sizeof place);
		json_object(&j, NULL);
		json_string(&j, "line", lane_hw_line_info((enum lane_hw_line)i)->name);
		json_string(&j, "place", place);
		json_string(&j, "result", words[verdict(c, i)]);
		json_string(&j, "detail", detail(c, i));
		json_bool(&j, "seen_asserted", t->seen[1]);
		json_bool(&j, "seen_not_asserted", t->seen[0]);
		if (t->answer_ms > 0)
			json_unsigned(&j, "answer_ms", t->answer_ms);
		else
			json_null(&j, "answer_ms");
		json_end_object(&j);
	}
	json_end_array(&j);
	json_object(&j, "kick_relay");
	json_string(&j, "result", words[c->relay]);
	json_string(&j, "detail", c->relay_what);
	json_end_object(&j);
	json_end_object(&j);
	json_finish(&j);
}

void gpio_report(const struct gpio_check *c, FILE *out, bool as_json)
{
	if (as_json)
		json(c, out);
	else
		text(c, out);
}
