/* SPDX-License-Identifier: Apache-2.0
 * Codes of what a gate is told. Must never return NULL.
 */
#include "kiosk/results.h"

const char *kiosk_answer_code(enum kiosk_answer answer)
{
	static const char *const codes[] = {
#define KIOSK_ANSWER(name, code, about) code,
#include "kiosk/answers.def"
#undef KIOSK_ANSWER
	};
	return (unsigned)answer < PN_COUNT(codes) ? codes[answer] : codes[KIOSK_UNKNOWN];
}

bool kiosk_answer_spends(enum kiosk_answer answer)
{
	return answer == KIOSK_CLEAR || answer == KIOSK_REFER || answer == KIOSK_STOP;
}
