/* SPDX-License-Identifier: Apache-2.0
 * The table of faults by name, and when each acts.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/chip/internal.h"

static const struct {
	const char *name, *layer, *about;
} table[] = {
#define FAULT(symbol, name, layer, about) {name, #layer, about},
#include "sim/chip/faults.def"
#undef FAULT
};

const char *sim_chip_fault_name(enum sim_chip_fault fault)
{
	return (size_t)fault < PN_COUNT(table) ? table[fault].name : NULL;
}

const char *sim_chip_fault_layer(enum sim_chip_fault fault)
{
	return (size_t)fault < PN_COUNT(table) ? table[fault].layer : NULL;
}

const char *sim_chip_fault_about(enum sim_chip_fault fault)
{
	return (size_t)fault < PN_COUNT(table) ? table[fault].about : NULL;
}

bool sc_fault(const struct sim_chip *chip, enum sim_chip_fault fault)
{
	const struct sim_chip_when *w = &chip->config.faults[fault];
	return w->on &&
	       (w->at == 0 || chip->commands == w->at || (w->and_after && chip->commands > w->at));
}

int32_t sc_fault_value(const struct sim_chip *chip, enum sim_chip_fault fault, int32_t usual)
{
	const struct sim_chip_when *w = &chip->config.faults[fault];
	return w->has_value ? w->value : usual;
}

/* Moves on. */
static bool number(const char **text, uint32_t *out)
{
	const char *s = *text;
	if (*s < '0' || *s > '9')
		return false;
	char *end = NULL;
	unsigned long n = strtoul(s, &end, s[0] == '0' && s[1] == 'x' ? 16 : 10);
	if (n > INT32_MAX)
		return false;
	*text = end;
	*out = (uint32_t)n;
	return true;
}

int sim_chip_fault_parse(const char *text, struct sim_chip_when faults[SIM_FAULTS])
{
	size_t size = strcspn(text, "=@");
	struct sim_chip_when when = {.on = true};
	const char *p = text + size;
	uint32_t n = 0;
	if (*p == '=') {
		p++;
		if (!number(&p, &n))
			return PN_EFORMAT;
		when.has_value = true;
		when.value = (int32_t)n;
	}
	if (*p == '@') {
		p++;
		if (!number(&p, &when.at) || when.at == 0)
			return PN_EFORMAT;
		if (*p == '+') {
			when.and_after = true;
			p++;
		}
	}
	if (*p != '\0')
		return PN_EFORMAT;
	for (size_t i = 0; i < PN_COUNT(table); i++) {
		if (strlen(table[i].name) == size && memcmp(table[i].name, text, size) == 0) {
			faults[i] = when;
			return PN_OK;
		}
	}
	return PN_ENOTFOUND;
}
