/* SPDX-License-Identifier: Apache-2.0
 * Answers in JSON: see state.h. Must never leave what was answered in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "state.h"

void answer_code(struct web_request *r, int status, const char *code)
{
	struct reply p;
	struct web_answer a = {.status = status};
	if (!reply_begin(&p)) {
		web_answer(r, &a);
		return;
	}
	json_string(&p.json, "code", code);
	json_end_object(&p.json);
	a.type = "application/json";
	if (fclose(p.json.out) == 0) {
		a.body = p.text;
		a.size = p.size;
	}
	web_answer(r, &a);
	free(p.text);
}

bool reply_begin(struct reply *p)
{
	memset(p, 0, sizeof *p);
	FILE *f = open_memstream(&p->text, &p->size);
	if (f == NULL)
		return false;
	json_begin(&p->json, f, false);
	json_object(&p->json, NULL);
	return true;
}

void reply_end(struct reply *p, struct web_request *r, const char *set_cookie)
{
	struct web_answer a = {.status = 200, .type = "application/json", .set_cookie = set_cookie};
	json_end_object(&p->json);
	if (fclose(p->json.out) == 0 && p->size <= WEB_BODY_MAX) {
		a.body = p->text;
		a.size = p->size;
	} else {
		a = (struct web_answer){.status = 503};
	}
	web_answer(r, &a);
	if (p->text != NULL)
		explicit_bzero(p->text, p->size);
	free(p->text);
}
