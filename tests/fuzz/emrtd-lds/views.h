/* SPDX-License-Identifier: Apache-2.0
 * What must hold of everything that the parsers of hw/emrtd/lds give, whatever they were given: views lie inside the file,
 * notes name bytes of it. Must never accept a result for being plausible.
 */
#ifndef POSTERN_FUZZ_LDS_VIEWS_H
#define POSTERN_FUZZ_LDS_VIEWS_H
#include <stdlib.h>
#include <string.h>

#include "emrtd/lds/lds.h"

static inline void view(struct emrtd_bytes file, struct emrtd_bytes v)
{
	volatile uint8_t sum = 0;
	if (v.bytes == NULL) {
		if (v.size != 0)
			abort();
		return;
	}
	if (v.bytes < file.bytes || v.size > file.size || (size_t)(v.bytes - file.bytes) > file.size - v.size)
		abort();
	for (size_t i = 0; i < v.size; i++)
		sum = (uint8_t)(sum + v.bytes[i]);
}

static inline void view_text(struct emrtd_bytes file, const struct lds_text *t)
{
	view(file, t->bytes);
}

static inline void view_picture(struct emrtd_bytes file, const struct lds_picture *p)
{
	view(file, p->bytes);
	view(file, (struct emrtd_bytes){p->bytes.bytes, p->bytes.size + p->tail});
	if ((p->whole || p->width != 0 || p->height != 0) && p->kind == LDS_IMAGE_UNKNOWN)
		abort();
	if (lds_image_name(p->kind)[0] == '\0')
		abort();
}

static inline void view_date(const struct lds_date *d)
{
	if (d->month > 12 || d->day > 31 || d->hour > 23 || d->minute > 59 || d->second > 59 ||
		(!d->there && (d->year != 0 || d->bcd)))
		abort();
}

/* A parser that refuses says why. */
static inline void view_notes(struct emrtd_bytes file, const struct lds_notes *n, int rc)
{
	if (rc != 0 && n->count == 0)
		abort();
	for (size_t i = 0; i < n->count && i < LDS_NOTES_MAX; i++)
		if (n->note[i].at > file.size || lds_problem_name(n->note[i].what)[0] == '\0')
			abort();
}
#endif
