/* SPDX-License-Identifier: Apache-2.0
 * See options.h.
 */
#include "sim/chip/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "mrz/mrz.h"

/* Utopia's specimen traveller (Doc 9303-4 appendix A), with a later date of expiry. */
static const char specimen[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
			       "L898902C36UTO7408122F3508127ZE184226B<<<<<16";

enum {
	O_CONNECT = 256,
	O_LISTEN,
	O_MRZ,
	O_CAN,
	O_ACCESS,
	O_PACE,
	O_CA,
	O_AA,
	O_FACE,
	O_FACE_SIZE,
	O_FACE_KIND,
	O_DETAILS,
	O_NO_EXTENDED,
	O_MOST,
	O_FAULT,
	O_FAULTS,
	O_MS,
	O_US,
	O_AIR,
	O_FRAME,
	O_CSCA,
	O_DS,
	O_SOD,
	O_COUNTRY,
	O_LOAD,
	O_SAVE,
	O_ONCE,
	O_AGAIN,
	O_TRACE,
	O_HELP
};

static const struct {
	struct option o;
	const char *argument, *about;
} table[] = {
	{{"connect", 1, NULL, O_CONNECT}, "HOST:PORT",
		"be laid on a reader that waits there, as vpcd's cards are (127.0.0.1:35963)"},
	{{"listen", 1, NULL, O_LISTEN}, "PORT",
		"wait on loopback for readers; 0 takes a free port and prints it"},
	{{"once", 0, NULL, O_ONCE}, NULL, "end when the first reader has gone"},
	{{"again", 1, NULL, O_AGAIN}, "MS",
		"lay a torn document down again after so many milliseconds"},
	{{"mrz", 1, NULL, O_MRZ}, "TEXT",
		"all lines of the machine readable zone without separators; a specimen of Utopia"},
	{{"can", 1, NULL, O_CAN}, "DIGITS", "card access number"},
	{{"access", 1, NULL, O_ACCESS}, "KIND", "open, bac, pace (needs --pace) or both; else bac"},
	{{"pace", 1, NULL, O_PACE}, "MAPPING:CIPHER:ID",
		"gm, im, cam; 3des, aes128, aes192, aes256; parameter id. May be repeated"},
	{{"ca", 1, NULL, O_CA}, "CIPHER:ID[:KEY]",
		"Chip Authentication with this cipher, parameter id, key id. May be repeated"},
	{{"aa", 1, NULL, O_AA}, "KIND", "rsa[:BITS[:TRAILER]] or ec[:ID[:DIGEST[:der]]]"},
	{{"face", 1, NULL, O_FACE}, "FILE", "the image of DG2"},
	{{"face-size", 1, NULL, O_FACE_SIZE}, "BYTES",
		"a filler of this size in its place; else 15000"},
	{{"face-kind", 1, NULL, O_FACE_KIND}, "KIND", "jpeg or jpeg2000"},
	{{"details", 0, NULL, O_DETAILS}, NULL, "DG11 and DG12"},
	{{"no-extended", 0, NULL, O_NO_EXTENDED}, NULL, "short commands only"},
	{{"response-most", 1, NULL, O_MOST}, "BYTES", "most data of a response"},
	{{"ms", 1, NULL, O_MS}, "INS=MS", "time of an instruction (hexadecimal). May be repeated"},
	{{"us-per-byte", 1, NULL, O_US}, "US", "time of each byte inside the chip"},
	{{"air", 1, NULL, O_AIR}, "KBIT", "106, 212, 424 or 848 kbit/s"},
	{{"frame-ms", 1, NULL, O_FRAME}, "MS", "turn-around of a frame; else 0.3"},
	{{"fault", 1, NULL, O_FAULT}, "NAME[=VALUE][@N[+]]",
		"do wrong, at command N only, or from N on. May be repeated"},
	{{"faults", 0, NULL, O_FAULTS}, NULL, "print every fault"},
	{{"csca-key", 1, NULL, O_CSCA}, "KIND", "p256, p384, brainpool, explicit, rsa or pss"},
	{{"ds-key", 1, NULL, O_DS}, "KIND", "the same for the document signer"},
	{{"sod-form", 1, NULL, O_SOD}, "BITS", "sum of the forms in sim/state/state.h"},
	{{"country", 1, NULL, O_COUNTRY}, "CC", "two letters; else the issuing State's"},
	{{"load", 1, NULL, O_LOAD}, "FOLDER|FILE", "files and keys from there rather than issued"},
	{{"save", 1, NULL, O_SAVE}, "FOLDER",
		"write files, keys, certificate, revocation and master list there"},
	{{"trace", 0, NULL, O_TRACE}, NULL, "every command and response on standard error"},
	{{"help", 0, NULL, O_HELP}, NULL, "this"},
};

void options_help(void)
{
	printf("usage: postern-sim-chip --listen PORT | --connect HOST:PORT | --save FOLDER "
	       "[option]...\n"
	       "A virtual passport that speaks the protocol of vsmartcard's vpcd. For tests and "
	       "demonstrations only.\n");
	for (size_t i = 0; i < PN_COUNT(table); i++) {
		char left[48];
		snprintf(left, sizeof left, "--%s%s%s", table[i].o.name,
			table[i].argument != NULL ? " " : "",
			table[i].argument != NULL ? table[i].argument : "");
		printf("  %-30s %s\n", left, table[i].about);
	}
}

static bool to_number(const char *text, int base, unsigned long most, unsigned long *out)
{
	char *end = NULL;
	if (*text < '0' || (*text > '9' && base == 10))
		return false;
	*out = strtoul(text, &end, base);
	return *end == '\0' && *out <= most;
}

static bool to_double(const char *text, double *out)
{
	char *end = NULL;
	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= 0 && *out < 1e6;
}

/* The place of word among count names, or -1. */
static int among(const char *word, const char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		if (strcasecmp(word, names[i]) == 0)
			return i;
	}
	return -1;
}

/* Splits at ':' in place. */
static size_t split(char *text, char *parts[4])
{
	size_t n = 0;
	char *rest = text;
	while (rest != NULL && n < 4)
		parts[n++] = strsep(&rest, ":");
	return rest == NULL ? n : 0;
}

static bool to_cipher(const char *word, enum sim_cipher *out)
{
	static const char *const names[] = {"3des", "aes128", "aes192", "aes256"};
	int n = among(word, names, 4);
	*out = (enum sim_cipher)(n + 1);
	return n >= 0;
}

static bool to_pace(char *text, struct sim_passport_config *p)
{
	static const char *const names[] = {"gm", "im", "cam"};
	char *part[4];
	unsigned long id = 0;
	if (p->pace_count == SIM_CHIP_PACE_MAX || split(text, part) != 3)
		return false;
	struct sim_chip_pace *out = &p->pace[p->pace_count++];
	int mapping = among(part[0], names, 3);
	if (mapping < 0 || !to_cipher(part[1], &out->cipher) || !to_number(part[2], 10, 18, &id))
		return false;
	out->mapping = (enum sim_mapping)mapping;
	out->parameter = (unsigned)id;
	return true;
}

static bool to_ca(char *text, struct sim_passport_config *p)
{
	char *part[4];
	unsigned long id = 0, key = 0;
	size_t n = 0;
	if (p->ca_count == SIM_CHIP_KEYS_MAX || (n = split(text, part)) < 2 || n > 3)
		return false;
	struct sim_passport_ca *out = &p->ca[p->ca_count++];
	if (!to_cipher(part[0], &out->cipher) || !to_number(part[1], 10, 18, &id) ||
		(n == 3 && !to_number(part[2], 10, 255, &key)))
		return false;
	out->parameter = (unsigned)id;
	out->id = n == 3 ? (int)key : -1;
	return true;
}

static bool to_aa(char *text, struct sim_passport_config *p)
{
	static const char *const digests[] = {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
	char *part[4];
	unsigned long x = 0;
	size_t n = split(text, part);
	if (n >= 1 && n <= 3 && strcmp(part[0], "rsa") == 0) {
		p->aa = SIM_AA_RSA;
		if (n > 1 && (!to_number(part[1], 10, 4096, &x) || x < 1024 || x % 8 != 0))
			return false;
		p->aa_bits = (unsigned)x;
		if (n > 2 && (x = strtoul(part[2], NULL, 16)) > 0xffff)
			return false;
		p->aa_trailer = n > 2 ? (unsigned)x : 0;
		return true;
	}
	if (n < 1 || strcmp(part[0], "ec") != 0)
		return false;
	p->aa = SIM_AA_EC;
	if (n > 1 && (!to_number(part[1], 10, 18, &x) || x < 8))
		return false;
	p->aa_parameter = (unsigned)x;
	int d = n > 2 ? among(part[2], digests, 5) : 2;
	p->aa_digest = d >= 0 ? digests[d] : NULL;
	p->aa_der = n > 3 && strcmp(part[3], "der") == 0;
	return d >= 0 && (n < 4 || p->aa_der);
}

static bool to_access(const char *word, struct sim_passport_config *p)
{
	static const char *const names[] = {"open", "bac", "pace", "both"};
	int n = among(word, names, 4);
	p->open = n == 0;
	p->bac = n == 1 || n == 3;
	return n >= 0;
}

static bool to_key(const char *word, enum sim_key *out)
{
	static const char *const names[] = {"p256", "p384", "brainpool", "explicit", "rsa", "pss"};
	int n = among(word, names, 6);
	*out = (enum sim_key)n;
	return n >= 0;
}

static bool to_place(const char *text, struct options *o)
{
	const char *colon = strrchr(text, ':');
	unsigned long port = 0;
	if (colon == NULL || (size_t)(colon - text) >= sizeof o->host ||
		!to_number(colon + 1, 10, 65535, &port) || port == 0)
		return false;
	memcpy(o->host, text, (size_t)(colon - text));
	o->port = (uint16_t)port;
	o->connect = true;
	return true;
}

static bool to_time(char *text, struct sim_chip_timing *t)
{
	char *value = strchr(text, '=');
	unsigned long ins = 0;
	if (value == NULL)
		return false;
	*value++ = '\0';
	ins = strtoul(text, NULL, 16);
	return ins <= 255 && to_double(value, &t->ms[ins]);
}

static bool take_text(struct options *o, int which, char *text)
{
	struct sim_passport_config *p = &o->passport;
	switch (which) {
	case O_CONNECT:
		return to_place(text, o);
	case O_MRZ:
		p->mrz = text;
		return true;
	case O_CAN:
		p->can = text;
		return strlen(text) < 16;
	case O_ACCESS:
		return to_access(text, p);
	case O_PACE:
		return to_pace(text, p);
	case O_CA:
		return to_ca(text, p);
	case O_AA:
		return to_aa(text, p);
	case O_FACE:
		o->face_file = text;
		return true;
	case O_FACE_KIND:
		p->face_kind = strcmp(text, "jpeg2000") == 0 ? SIM_FACE_JPEG_2000 : SIM_FACE_JPEG;
		return p->face_kind == SIM_FACE_JPEG_2000 || strcmp(text, "jpeg") == 0;
	case O_FAULT:
		return sim_chip_fault_parse(text, p->faults) == PN_OK;
	case O_MS:
		return to_time(text, &p->timing);
	case O_US:
		return to_double(text, &p->timing.us_per_byte);
	case O_AIR:
		return to_double(text, &p->timing.air_kbit);
	case O_FRAME:
		return to_double(text, &p->timing.frame_ms);
	case O_CSCA:
		return to_key(text, &o->office.csca_key);
	case O_DS:
		return to_key(text, &o->office.ds_key);
	case O_COUNTRY:
		memcpy(o->country, text, strlen(text) == 2 ? 3 : 0);
		return o->country[0] != '\0';
	case O_LOAD:
		o->load = text;
		return true;
	case O_SAVE:
		o->save = text;
		return true;
	default:
		return false;
	}
}

/* True when which is an option with a number. */
static bool take_number(struct options *o, int which, const char *text, bool *good)
{
	unsigned long n = 0;
	*good = text != NULL && to_number(text, 10, which == O_LISTEN ? 65535 : 900000, &n);
	switch (which) {
	case O_LISTEN:
		o->listen = true;
		o->port = (uint16_t)n;
		return true;
	case O_FACE_SIZE:
		o->passport.face_size = n;
		*good = *good && n >= 64;
		return true;
	case O_MOST:
		o->passport.response_most = n;
		*good = *good && n >= 64;
		return true;
	case O_SOD:
		o->passport.sod_form = (unsigned)n;
		return true;
	case O_AGAIN:
		o->again_ms = (int)n;
		return true;
	default:
		return false;
	}
}

static bool take_flag(struct options *o, int which)
{
	struct sim_passport_config *p = &o->passport;
	switch (which) {
	case O_ONCE:
		o->once = true;
		return true;
	case O_DETAILS:
		p->full_name = "ERIKSSON<<ANNA<MARIA";
		p->place_of_birth = "ZENITH<UTOPIA";
		p->profession = "TEST<TRAVELLER";
		p->authority = "PASSPORT OFFICE OF UTOPIA";
		p->issued = "20250813";
		return true;
	case O_NO_EXTENDED:
		p->no_extended = true;
		return true;
	case O_FAULTS:
		o->list_faults = true;
		return true;
	case O_TRACE:
		o->trace = true;
		return true;
	case O_HELP:
		o->help = true;
		return true;
	default:
		return false;
	}
}

/* Issuing State in the zone to the code of its certificates. */
static bool find_country(struct options *o)
{
	char code[4] = {0};
	if (o->country[0] != '\0')
		return true;
	for (size_t i = 0; i < 3 && o->passport.mrz[2 + i] != '<'; i++)
		code[i] = o->passport.mrz[2 + i];
	const struct mrz_country *c = mrz_country(code);
	if (c == NULL || c->alpha_2[0] == '\0')
		return false;
	memcpy(o->country, c->alpha_2, sizeof o->country);
	return true;
}

static bool all_good(struct options *o, int argc, char **argv, const struct option *known,
	char *why, size_t room)
{
	bool placed = false;
	int c = 0, at = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", known, &at)) != -1) {
		bool good = false;
		if (c == '?') {
			snprintf(
				why, room, "%s is no option, or lacks its value", argv[optind - 1]);
			return false;
		}
		placed = placed || c == O_CONNECT || c == O_LISTEN || c == O_SAVE || c == O_HELP ||
			 c == O_FAULTS;
		if (!take_flag(o, c) && !take_number(o, c, optarg, &good) &&
			!(good = take_text(o, c, optarg))) {
			snprintf(why, room, "--%s: %s", known[at].name,
				optarg != NULL ? optarg : "");
			return false;
		}
		if (!good && optarg != NULL) {
			snprintf(why, room, "--%s: %s", known[at].name, optarg);
			return false;
		}
	}
	if (optind != argc || !placed) {
		snprintf(why, room, "%s",
			placed ? "an argument too many"
			       : "one of --listen, --connect and --save is needed");
		return false;
	}
	return true;
}

int options_parse(int argc, char **argv, struct options *out, char *why, size_t room)
{
	struct option known[PN_COUNT(table) + 1];
	memset(out, 0, sizeof *out);
	memset(known, 0, sizeof known);
	for (size_t i = 0; i < PN_COUNT(table); i++)
		known[i] = table[i].o;
	out->again_ms = -1;
	out->passport.mrz = specimen;
	out->passport.bac = true;
	out->passport.timing.frame_ms = 0.3;
	out->office.csca_key = SIM_EC_BRAINPOOL_256;
	out->office.ds_key = SIM_EC_P256;
	if (!all_good(out, argc, argv, known, why, room))
		return PN_EINVAL;
	char information[64];
	if (!sim_passport_mrz_information(out->passport.mrz, information, sizeof information)) {
		snprintf(why, room, "--mrz: 88, 72 or 90 characters");
		return PN_EINVAL;
	}
	if (!out->passport.open && !out->passport.bac && out->passport.pace_count == 0) {
		snprintf(why, room, "--access: pace needs --pace");
		return PN_EINVAL;
	}
	if (!find_country(out)) {
		snprintf(why, room, "--country: the issuing State has no code of two letters");
		return PN_EINVAL;
	}
	out->office.country = out->country;
	const struct sim_chip_timing *t = &out->passport.timing;
	out->in_time =
		t->air_kbit > 0 || t->us_per_byte > 0 || out->passport.faults[SIM_FAULT_SLOW].on;
	for (size_t i = 0; i < 256; i++)
		out->in_time = out->in_time || t->ms[i] > 0;
	return PN_OK;
}
