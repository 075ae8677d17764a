/* SPDX-License-Identifier: Apache-2.0
 * What reading and judging a passport costs, with the reader's library and the virtual passport in one process. Goals stand
 * beside the figures; nothing passes or fails. Must never be read across machines where it speaks of processor time.
 *
 *   bench-chip [MASTER-LIST]
 *
 * Time at the reader is the chip's own model (sim/chip/chip.h): 4 ms a command, 4 us a byte, ISO 14443-4 frames of 256 bytes
 * at 9 bits a byte, 0.3 ms a frame; cryptography on the chip takes no time, so that nothing hides what the reader does. DG2 holds
 * 15 kB, PACE is ECDH-GM with AES-128, chip authentication ECDH with AES-128.
 *
 * The floor beside it is what no reader can go below in this model: the commands of PACE and chip authentication as they are,
 * SELECT of the application, and for each file that has to be read (EF.CardAccess, EF.SOD, DG14, DG1, DG2) one READ BINARY of
 * 7 bytes answered by the file itself and a status word: no secure messaging on files, no second read, no other command.
 * In short length no reader comes near that floor at the higher rates, since each command takes the chip 4 ms: "least in short
 * length" is the floor with the files read as secure messaging with AES allows in that length, 223 bytes at a time, which
 * leaves only the reader's own part.
 *
 * Processor time of the host is that of the process without what the chip used, which is measured by the thread's own clock
 * inside the channel. Allocations are those of the reader's library and of OpenSSL for it, not the chip's.
 */
#include <malloc.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emrtd/document.h"
#include "emrtd/inspect/passive.h"
#include "sim/chip/passport.h"

enum { COMMANDS_MAX = 256, ROUNDS = 40, INSPECTIONS = 200, RSA_COUNT = 430, EC_COUNT = 10, EXPLICIT_COUNT = 160 };
#define NOW INT64_C(1790000000)

static const char zone[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

/* --- memory --------------------------------------------------------------------------------------------------------- */

static struct {
	bool on;
	size_t count, now, peak;
} heap;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static void *taken(void *p)
{
	if (heap.on && p != NULL) {
		heap.count++;
		heap.now += malloc_usable_size(p);
		if (heap.now > heap.peak)
			heap.peak = heap.now;
	}
	return p;
}

static void given(void *p)
{
	size_t size = heap.on && p != NULL ? malloc_usable_size(p) : 0;
	heap.now -= size < heap.now ? size : heap.now;
}

void *__wrap_malloc(size_t size)
{
	return taken(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return taken(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	given(p);
	return taken(__real_realloc(p, size));
}

void __wrap_free(void *p)
{
	given(p);
	__real_free(p);
}

static void *ssl_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return __wrap_malloc(size);
}

static void *ssl_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return __wrap_realloc(p, size);
}

static void ssl_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	__wrap_free(p);
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

struct command {
	uint8_t ins;
	size_t in, out;
};

struct reading {
	struct sim_chip *chip;
	double chip_cpu_s;
	struct command command[COMMANDS_MAX];
	size_t count;
	struct emrtd_document document;
};

static double clock_s(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct reading *r = self;
	bool counted = heap.on;
	heap.on = false;
	double begun = clock_s(CLOCK_THREAD_CPUTIME_ID);
	int err = sim_chip_apdu(r->chip, command, size, response, response_size);
	r->chip_cpu_s += clock_s(CLOCK_THREAD_CPUTIME_ID) - begun;
	heap.on = counted;
	if (r->count < COMMANDS_MAX)
		r->command[r->count++] = (struct command){command[1], size, *response_size};
	return err;
}

static void fail(const char *what)
{
	fprintf(stderr, "bench-chip: %s\n", what);
	exit(1);
}

static struct sim_passport *issue(const struct sim_office *office, double air_kbit)
{
	struct sim_passport *p = NULL;
	struct sim_passport_config c = {.mrz = zone, .face_size = 15000, .ca_count = 1, .pace_count = 1};
	c.pace[0] = (struct sim_chip_pace){SIM_GM, SIM_AES_128, 13};
	c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, -1, false};
	c.timing = (struct sim_chip_timing){.us_per_byte = 4, .air_kbit = air_kbit, .frame_ms = 0.3};
	for (size_t i = 0; i < 256; i++)
		c.timing.ms[i] = 4;
	if (sim_passport_issue(office, &c, &p) != 0)
		fail("the passport could not be issued");
	return p;
}

static void read_whole(struct reading *r, const struct sim_passport *p, size_t apdu_max, struct emrtd_limits limits)
{
	const struct emrtd_policy policy = {.without_cam = false};
	struct emrtd_password password;
	memset(r, 0, sizeof *r);
	if (sim_chip_new(sim_passport_chip(p), &r->chip) != 0 || emrtd_password_from_zone(&password, zone) != 0)
		fail("the chip could not be made");
	sim_chip_power(r->chip, true);
	const struct emrtd_channel channel = {r, transmit, apdu_max, apdu_max, NULL, false};
	const struct emrtd_wish wish = {.password = &password, .policy = &policy, .groups = 1U << 2};
	r->document.limits = limits;
	struct emrtd_session *s = emrtd_open(&channel);
	if (s == NULL || emrtd_document_read(s, &wish, &r->document) != 0 || r->document.chip != EMRTD_PROVEN)
		fail("the document could not be read");
	emrtd_close(s);
}

static void end(struct reading *r)
{
	emrtd_document_free(&r->document);
	sim_chip_free(r->chip);
}

static double command_ms(double air_kbit, size_t in, size_t out)
{
	size_t frames = (in + 252) / 253 + (out + 252) / 253;
	return 4 + 0.004 * (double)(in + out) + 9.0 * (double)(in + out + 3 * frames) / air_kbit + 0.3 * (double)frames;
}

enum { SHORT_READ = 223, SM_COMMAND = 19 };

/* One READ BINARY of the file as it is; or in short length, protected by AES but for EF.CardAccess: DO87 with whole blocks of
 * 16, DO99 and DO8E (Doc 9303-11 9.8). */
static double file_ms(double air_kbit, size_t size, bool in_short, bool clear, unsigned *commands)
{
	double ms = 0;
	if (!in_short || clear) {
		++*commands;
		return command_ms(air_kbit, in_short ? 5 : 7, size + 2);
	}
	for (size_t done = 0; done < size; done += SHORT_READ) {
		size_t n = size - done < SHORT_READ ? size - done : SHORT_READ, padded = (n / 16 + 1) * 16;
		ms += command_ms(air_kbit, SM_COMMAND, (padded + 1 < 0x80 ? 2 : 3) + 1 + padded + 4 + 10 + 2);
		++*commands;
	}
	return ms;
}

/* See the head of this file. */
static double floor_ms(
	const struct reading *r, const struct sim_passport *p, double air_kbit, bool in_short, unsigned *commands)
{
	static const unsigned files[] = {SIM_MF | 0x011c, 0x011d, 0x010e, 0x0101, 0x0102};
	const struct sim_chip_config *c = sim_passport_chip(p);
	double ms = 0;
	bool selected = false;
	*commands = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct command *one = &r->command[i];
		bool application = one->ins == 0xa4 && !selected;
		if (one->ins != 0x22 && one->ins != 0x86 && !application)
			continue;
		selected = selected || application;
		ms += command_ms(air_kbit, one->in, one->out);
		++*commands;
	}
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		for (size_t k = 0; k < c->file_count; k++)
			if (c->files[k].id == files[i])
				ms += file_ms(air_kbit, c->files[k].size, in_short, files[i] & SIM_MF, commands);
	return ms;
}

static void at_the_reader(const struct sim_office *office)
{
	static const double rates[] = {106, 424, 848};
	static const struct {
		const char *name;
		size_t apdu_max;
		double goal;
	} lengths[] = {{"extended", EMRTD_RESPONSE_MAX, 1.25}, {"short", 0, 1.8}};
	for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
		for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
			struct sim_passport *p = issue(office, rates[i]);
			struct reading r;
			unsigned least = 0;
			read_whole(&r, p, lengths[l].apdu_max, (struct emrtd_limits){0});
			double floor = floor_ms(&r, p, rates[i], false, &least), ms = sim_chip_total_ms(r.chip);
			printf("%-8s %3.0f kbit/s: %3zu commands, %6.0f ms; floor %2u commands, %6.0f ms: %.2f times (goal %.2f)\n",
				lengths[l].name, rates[i], r.count, ms, least, floor, ms / floor, lengths[l].goal);
			if (lengths[l].apdu_max == 0) {
				double in_short = floor_ms(&r, p, rates[i], true, &least);
				printf("%23s least in short length %u commands, %.0f ms, %.2f times the floor; the reader %.2f times that\n", "",
					least, in_short, in_short / floor, ms / in_short);
			}
			end(&r);
			sim_passport_free(p);
		}
}

/* --- host ----------------------------------------------------------------------------------------------------------- */

static void on_the_host(const struct sim_office *office)
{
	static const size_t lengths[] = {EMRTD_RESPONSE_MAX, 4096, 0};
	static const char *const names[] = {"extended", "4 kB", "short"};
	struct sim_passport *p = issue(office, 0);
	for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
		double cpu = 0, chip = 0;
		struct reading r;
		for (int i = 0; i < ROUNDS; i++) {
			/* The chip is made outside; its cost inside is taken out. */
			double begun = clock_s(CLOCK_PROCESS_CPUTIME_ID);
			read_whole(&r, p, lengths[l], (struct emrtd_limits){0});
			cpu += clock_s(CLOCK_PROCESS_CPUTIME_ID) - begun;
			chip += r.chip_cpu_s;
			end(&r);
		}
		memset(&heap, 0, sizeof heap);
		heap.on = true;
		read_whole(&r, p, lengths[l], (struct emrtd_limits){0});
		heap.on = false;
		printf("%-8s host %.2f ms a passport (goal 10), the virtual chip's own %.2f ms beside; %zu allocations, %zu kB at most\n",
			names[l], 1000 * (cpu - chip) / ROUNDS, 1000 * chip / ROUNDS, heap.count, heap.peak / 1024);
		end(&r);
	}
	sim_passport_free(p);
}

/* --- inspection ----------------------------------------------------------------------------------------------------- */

static struct trust trust_of(const struct sim_office *office)
{
	struct trust t;
	size_t size = 0, crl_size = 0;
	uint8_t *der = sim_office_csca(office, &size), *crl = sim_office_crl(office, &crl_size);
	trust_init(&t);
	if (trust_add_certificate(&t, der, size, true) != TRUST_USABLE || trust_add_crl(&t, crl, crl_size) != TRUST_OK)
		fail("the office's certificate was not taken");
	OPENSSL_free(der);
	OPENSSL_free(crl);
	return t;
}

static void judged(const char *name, enum sim_key csca, enum sim_key ds)
{
	const struct sim_office_config c = {"UT", csca, ds, NOW};
	struct sim_office *office = sim_office_new(&c);
	if (office == NULL)
		fail("no office");
	struct trust t = trust_of(office);
	struct sim_passport *p = issue(office, 0);
	struct reading r;
	struct inspection out;
	read_whole(&r, p, EMRTD_RESPONSE_MAX, (struct emrtd_limits){0});
	struct inspect_input in = {.sod = {r.document.sod.bytes, r.document.sod.size},
		.access = &r.document.access,
		.issuer = "UTO",
		.document_code = "P",
		.dg1_mrz = zone,
		.optical_mrz = zone,
		.at_s = NOW,
		.trust = &t};
	for (unsigned n = 1; n < EMRTD_GROUPS; n++)
		if (r.document.group[n].whole)
			in.group[n] = (struct inspect_file){r.document.group[n].bytes, r.document.group[n].size};
	double begun = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < INSPECTIONS; i++) {
		inspect(&in, &out);
		if (out.overall != INSPECT_SUCCESSFUL)
			fail("a sound document was not found so");
	}
	printf("judged   %-38s %.2f ms (goal 3)\n", name, 1000 * (clock_s(CLOCK_PROCESS_CPUTIME_ID) - begun) / INSPECTIONS);
	end(&r);
	sim_passport_free(p);
	trust_free(&t);
	sim_office_free(office);
}

/* --- trust store ---------------------------------------------------------------------------------------------------- */

/* More certificates of the same form: another serial number and key identifier would do for a real one too. Their own
 * signature is not looked at when a list is loaded. */
static size_t copies(X509 **out, size_t count, size_t room, X509 *of, EVP_PKEY *by)
{
	for (size_t i = 0; i < count && i < room; i++) {
		out[i] = X509_dup(of);
		if (out[i] == NULL || ASN1_INTEGER_set(X509_get_serialNumber(out[i]), (long)(1000 + i)) != 1 ||
			X509_sign(out[i], by, EVP_sha256()) <= 0)
			fail("no certificate");
	}
	return count;
}

static void load(const char *name, const uint8_t *list, size_t size, const uint8_t *roots[], const size_t root_size[], size_t count)
{
	double least = 1e9;
	struct trust_report report = {0};
	for (int round = 0; round < 5; round++) {
		struct trust t;
		trust_init(&t);
		for (size_t i = 0; i < count; i++)
			if (trust_add_certificate(&t, roots[i], root_size[i], true) != TRUST_USABLE)
				fail("a root was not taken");
		double begun = clock_s(CLOCK_PROCESS_CPUTIME_ID);
		if (trust_add_master_list(&t, list, size, false, &report) != TRUST_OK)
			fail("the list was not taken");
		double s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - begun;
		least = s < least ? s : least;
		trust_free(&t);
	}
	printf("trust    %s: %zu certificates (%zu RSA, %zu EC, %zu of them explicit) loaded in %.0f ms (goal 250)\n", name, report.total,
		report.rsa, report.ec, report.explicit_parameters, least * 1000);
}

static void made_list(void)
{
	static X509 *all[RSA_COUNT + EC_COUNT + EXPLICIT_COUNT];
	static const struct {
		enum sim_key key;
		size_t count;
	} kinds[] = {{SIM_RSA_2048, RSA_COUNT - 125}, {SIM_RSA_PSS, 125}, {SIM_EC_P384, EC_COUNT}, {SIM_EC_EXPLICIT, EXPLICIT_COUNT}};
	const struct sim_state_config own = {"UT", SIM_EC_P256, NOW - 1000000, NOW + 100000000};
	struct sim_state *state = sim_state_new(&own);
	EVP_PKEY *by = EVP_EC_gen("P-256");
	size_t count = 0, size = 0, root_size = 0;
	if (state == NULL || by == NULL)
		fail("no State");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct sim_state_config c = {"XZ", kinds[i].key, NOW - 1000000, NOW + 100000000};
		struct sim_state *s = sim_state_new(&c);
		if (s == NULL)
			fail("no State");
		count += copies(all + count, kinds[i].count, sizeof all / sizeof all[0] - count, sim_state_csca(s), by);
		sim_state_free(s);
	}
	uint8_t *list = sim_master_list(state, all, count, NOW, SIM_LIST_PLAIN, &size);
	uint8_t *root = sim_der(sim_state_csca(state), &root_size);
	const uint8_t *roots[] = {root};
	load("made here", list, size, roots, &root_size, 1);
	OPENSSL_free(list);
	OPENSSL_free(root);
	EVP_PKEY_free(by);
	sim_state_free(state);
	for (size_t i = 0; i < count; i++)
		X509_free(all[i]);
}

/* A State's list, vouched for by the certificates that it brings: for its cost, not for its word. */
static void given_list(const char *path)
{
	static uint8_t list[16 * 1024 * 1024];
	const uint8_t *roots[16];
	size_t root_size[16], count = 0;
	FILE *f = fopen(path, "rbe");
	size_t size = f != NULL ? fread(list, 1, sizeof list, f) : 0;
	const unsigned char *p = list;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)size);
	STACK_OF(X509) *beside = cms != NULL ? CMS_get1_certs(cms) : NULL;
	if (f != NULL)
		fclose(f);
	for (int i = 0; i < sk_X509_num(beside) && count < 16; i++) {
		X509 *x = sk_X509_value(beside, i);
		if (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) {
			roots[count] = sim_der(x, &root_size[count]);
			count++;
		}
	}
	load(path, list, size, roots, root_size, count);
	for (size_t i = 0; i < count; i++)
		OPENSSL_free((void *)roots[i]);
	sk_X509_pop_free(beside, X509_free);
	CMS_ContentInfo_free(cms);
}

int main(int argc, char **argv)
{
	const struct sim_office_config c = {"UT", SIM_EC_P256, SIM_EC_P256, NOW};
	if (argc > 2) {
		fprintf(stderr, "usage: %s [MASTER-LIST]\n", argv[0]);
		return 2;
	}
	if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1)
		fail("OpenSSL has allocated before");
	struct sim_office *office = sim_office_new(&c);
	if (office == NULL)
		fail("no office");
	at_the_reader(office);
	on_the_host(office);
	sim_office_free(office);
	judged("RSA-2048 under RSA-2048", SIM_RSA_2048, SIM_RSA_2048);
	judged("RSA-PSS under RSA-PSS", SIM_RSA_PSS, SIM_RSA_PSS);
	judged("P-256 under P-384", SIM_EC_P384, SIM_EC_P256);
	judged("brainpoolP256r1 under brainpoolP256r1", SIM_EC_BRAINPOOL_256, SIM_EC_BRAINPOOL_256);
	judged("explicit parameters under explicit", SIM_EC_EXPLICIT, SIM_EC_EXPLICIT);
	made_list();
	if (argc == 2)
		given_list(argv[1]);
	return 0;
}
