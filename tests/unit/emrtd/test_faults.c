/* SPDX-License-Identifier: Apache-2.0
 * Everything that the virtual passport can do wrong (hw/sim/chip/faults.def), and what a reading of the whole document and its
 * inspection must make of it: the error and its cause, or the check that fails, what each proof is worth, and the whole. One
 * table; a fault without a row fails. Expected values come from what ICAO Doc 9303-10 and -11 ask of an inspection system, each
 * with its reason, never from what was seen. Must never let a faulty document pass with every proof, unless the row says why
 * the fault is one that a conformant reader has to bear; then every byte is compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "whole.h"

/* All with chip authentication (AES-128) and active authentication (ECDSA), DG1, 2, 11, 12, 14, 15; SHORT and LONG are lengths. */
enum base {
	BY_BAC,
	BY_GM,
	BY_CAM,
	ONLY_AA, /* PACE, active authentication by RSA-1024, no chip authentication */
	BASE = 3,
	SHORT = 0,
	LONG = 4,
	LARGE = 8, /* DG2 of 70000 bytes */
	WIDE = 16  /* chip authentication with a key of 2048 bits, DH */
};

/* Of the reading. */
#define READ 0, EMRTD_STEP_NONE, EMRTD_CAUSE_NONE
#define STOPS(err, step, cause) PN_##err, EMRTD_STEP_##step, EMRTD_CAUSE_##cause
/* Proofs, as inspect_proof() counts them: mapping, chip, active. */
#define NO EMRTD_NOT_PERFORMED
#define YES EMRTD_PROVEN
#define BAD EMRTD_REFUTED
/* Of the inspection: the whole, and one check. */
#define SOUND INSPECT_SUCCESSFUL, INSPECT_SIGNATURE, 0, INSPECT_SUCCESSFUL, INSPECT_WHY_NONE
#define NOTHING INSPECT_UNDETERMINED, INSPECT_SOD, 0, INSPECT_NOT_PERFORMED, INSPECT_WHY_NOT_READ
#define FAILS(check, group, why) INSPECT_FAILED, INSPECT_##check, group, INSPECT_FAILED, INSPECT_WHY_##why
#define OPEN(check, group, result, why) \
	INSPECT_UNDETERMINED, INSPECT_##check, group, INSPECT_##result, INSPECT_WHY_##why

struct row {
	const char *fault; /* as in sim_chip_fault_parse() */
	unsigned base;
	int err;
	enum emrtd_step step;
	enum emrtd_cause cause;
	enum emrtd_proof mapping, chip, active;
	enum inspect_result overall;
	enum inspect_check_id check;
	unsigned group;
	enum inspect_result result;
	enum inspect_reason reason;
	/* After a reset of chip and session, the fault still there, the same reading: true, it comes to its end. */
	bool again;
	const char *why;
};

/* clang-format off */
static const struct row table[] = {
/* LINK. A response of less than two bytes is none (ISO/IEC 7816-4 5.1); an empty or early 9000 proves nothing. */
{"tear", BY_GM, STOPS(ECLOSED, CARD_ACCESS, CHANNEL), NO, NO, NO, NOTHING, false, "gone at the first command"},
{"tear@19", BY_GM, STOPS(ECLOSED, READ, CHANNEL), NO, YES, NO, SOUND, true, "gone while reading; laid down again"},
{"tear-late@19", BY_GM, STOPS(ECLOSED, READ, CHANNEL), NO, YES, NO, SOUND, true, "the same, the chip's counter one ahead"},
{"tear-half", BY_GM, STOPS(EFORMAT, CARD_ACCESS, FORMAT), NO, NO, NO, NOTHING, false, "9000 without the bytes asked for"},
{"tear-half@9", BY_GM, STOPS(EFORMAT, READ, SM_BARE), NO, NO, NO, NOTHING, true, "a bare 9000 inside secure messaging (9.8)"},
{"reply-0", BY_GM, STOPS(EIO, CARD_ACCESS, TORN), NO, NO, NO, NOTHING, false, "no status word"},
{"reply-1", BY_GM, STOPS(EIO, CARD_ACCESS, TORN), NO, NO, NO, NOTHING, false, "half a status word"},
{"slow=100000", BY_GM, STOPS(ETIMEOUT, CARD_ACCESS, CHANNEL), NO, NO, NO, NOTHING, false, "the channel's deadline ends it"},

/* MESSAGE. 9303-11 9.8.4, 9.8.6: any fault in a protected response ends the session. SELECT of the application is the first. */
{"sm-mac", BY_GM, STOPS(ECRYPTO, SELECT, SM_MAC), NO, NO, NO, NOTHING, false, "wrong checksum"},
{"sm-no-mac", BY_GM, STOPS(EFORMAT, SELECT, SM_FORMAT), NO, NO, NO, NOTHING, false, "DO8E is mandatory"},
{"sm-ssc", BY_GM, STOPS(ECRYPTO, SELECT, SM_MAC), NO, NO, NO, NOTHING, false, "the counter is in the checksum"},
{"sm-replay", BY_GM, STOPS(ECRYPTO, READ, SM_MAC), NO, NO, NO, NOTHING, false, "an old answer has an old counter"},
{"sm-padding", BY_GM, STOPS(EFORMAT, READ, SM_PADDING), NO, NO, NO, NOTHING, false, "padding is 80 00 ... (ISO/IEC 9797-1 method 2)"},
{"sm-indicator", BY_GM, STOPS(EFORMAT, READ, SM_FORMAT), NO, NO, NO, NOTHING, false, "DO87 begins with 01"},
{"sm-cryptogram", BY_GM, STOPS(EFORMAT, READ, SM_FORMAT), NO, NO, NO, NOTHING, false, "whole blocks only"},
{"sm-status", BY_GM, STOPS(ECRYPTO, SELECT, SM_STATUS), NO, NO, NO, NOTHING, false, "the trailer is not protected, DO99 is"},
{"sm-no-status", BY_GM, STOPS(EFORMAT, SELECT, SM_FORMAT), NO, NO, NO, NOTHING, false, "DO99 is mandatory"},
{"sm-plain-9000", BY_GM, STOPS(EFORMAT, SELECT, SM_BARE), NO, NO, NO, NOTHING, false, "never a bare 9000"},
{"sm-plain-data", BY_GM, STOPS(EFORMAT, SELECT, SM_BARE), NO, NO, NO, NOTHING, false, "nor bare data"},
{"sm-plain-data@8", BY_GM, STOPS(EFORMAT, READ, SM_FORMAT), NO, NO, NO, NOTHING, false, "a file in clear is not taken"},
{"sm-plain-error", BY_GM, STOPS(EFORMAT, SELECT, SM_BARE), NO, NO, NO, NOTHING, false, "an unprotected error ends the session"},
{"sm-drop", BY_GM, STOPS(EFORMAT, SELECT, SM_BARE), NO, NO, NO, NOTHING, false, "6988: the chip has ended it"},

/* READ. 9303-10 3.6.3 lets a chip give fewer bytes than asked for; chips in the field refuse lengths in many ways. Borne, as
 * long as every byte is that of the file. */
{"read-short", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: read on from where it ended"},
{"read-none", BY_GM, STOPS(ELIMIT, READ, FORMAT), NO, NO, NO, NOTHING, false, "no byte of any file, for ever"},
{"read-none", BY_BAC, STOPS(ELIMIT, READ, FORMAT), NO, NO, NO, NOTHING, false, "the same where there is no EF.CardAccess"},
{"read-long", BY_GM, STOPS(EINVAL, READ, CHANNEL), NO, NO, NO, NOTHING, false,
	"more bytes than Le (ISO/IEC 7816-4 5.1), and than a short response holds: the channel refuses"},
{"read-long", BY_GM | LONG, READ, NO, YES, YES, SOUND, true, "borne: padding behind the file, within Le, is not taken"},
{"read-6282", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: 6282 with data is end of file or a cut"},
{"read-6282", BY_GM | LONG, READ, NO, YES, YES, SOUND, true, "borne: the same of an extended read"},
{"read-6c", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: 6Cxx names what goes"},
{"read-6c", BY_GM | LONG, READ, NO, YES, YES, SOUND, true, "borne"},
{"read-no-256", BY_GM | LONG, READ, NO, YES, YES, SOUND, true, "borne: halved until it goes"},
{"read-no-extended", BY_GM | LONG, STOPS(EFORMAT, READ, SM_BARE), NO, NO, NO, NOTHING, true,
	"the refusal comes in clear and ends the session; the next one reads in short length"},
{"read-no-extended", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: nothing extended is sent"},
{"read-6b00", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: the length is read first"},
{"read-6b00", BY_GM | LONG, READ, NO, YES, YES, SOUND, true, "borne"},
{"read-61", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: GET RESPONSE in clear"},
{"read-absent", BY_GM, READ, NO, NO, YES, FAILS(DG_SET, 0, GROUP_MISSING), true, "EF.SOD lists DG14"},
{"read-absent=0x011d", BY_GM, READ, NO, NO, NO, NOTHING, true, "nothing signed: nothing counts"},
{"read-absent=0x010f", BY_GM, READ, NO, YES, NO, FAILS(DG_SET, 0, GROUP_MISSING), true, "EF.SOD lists DG15"},
{"read-absent=0x011c", BY_GM, READ, NO, YES, YES, FAILS(ACCESS, 0, ACCESS_DIFFERS), true,
	"EF.CardAccess hidden, so that BAC opens it; DG14 lists PACE (9303-11 9.2.11)"},
{"read-absent=0x011c", BY_CAM, STOPS(EDENIED, BAC_AUTHENTICATE, PASSWORD), NO, NO, NO, NOTHING, false,
	"the same of a chip without BAC, which answers 6982"},
{"read-no-sfi", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: SELECT (9303-10 3.6.2)"},
{"read-no-odd", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: B1 is not needed below 32 kB"},
{"read-no-odd", BY_GM | LARGE, STOPS(EDENIED, READ, STATUS), NO, YES, YES, SOUND, false, "bytes above 32767 cannot be had: no face"},
{"read-no-aid", BY_GM, STOPS(EDENIED, SELECT, STATUS), NO, NO, NO, NOTHING, false, "not a travel document"},
{"le-6700", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: no Le where no data come back"},
{"read-error", BY_GM, STOPS(EDENIED, READ, STATUS), NO, NO, NO, NOTHING, false, "nothing can be read"},

/* ACCESS. No BAC after a PACE that was offered and failed (the policy here): it would be a silent downgrade. */
{"bac-6300", BY_BAC, STOPS(EDENIED, BAC_AUTHENTICATE, PASSWORD), NO, NO, NO, NOTHING, false, "6300: wrong password"},
{"bac-rnd", BY_BAC, STOPS(ECRYPTO, BAC_AUTHENTICATE, BAC_NONCE), NO, NO, NO, NOTHING, false, "not an answer to our challenge (D.3)"},
{"pace-6300", BY_GM, STOPS(EDENIED, PACE_TOKEN, PASSWORD), NO, NO, NO, NOTHING, false, "wrong password"},
{"pace-63c=2", BY_GM, STOPS(EDENIED, PACE_TOKEN, PASSWORD), NO, NO, NO, NOTHING, false, "wrong password, two tries left"},
{"mse-6a80", BY_GM, STOPS(EDENIED, PACE_SELECT, PACE_REFUSED), NO, NO, NO, NOTHING, false, "refuses the PACE that it offers"},
{"mse-6a87", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: asked once more with DO84 (4.4.4.1)"},
{"mse-6a88", BY_GM, STOPS(EDENIED, PACE_SELECT, PACE_REFUSED), NO, NO, NO, NOTHING, false, "refuses the PACE that it offers"},
{"pace-nonce", BY_GM, STOPS(EFORMAT, PACE_NONCE, FORMAT), NO, NO, NO, NOTHING, false, "a nonce is whole blocks"},
{"pace-off-curve", BY_GM, STOPS(EFORMAT, PACE_MAP, PACE_KEY), NO, NO, NO, NOTHING, false, "keys are validated (4.4.1)"},
{"pace-off-curve-2", BY_GM, STOPS(EFORMAT, PACE_AGREE, PACE_KEY), NO, NO, NO, NOTHING, false, "keys are validated (4.4.1)"},
{"pace-same-map", BY_GM, STOPS(EFORMAT, PACE_MAP, PACE_OWN_KEY), NO, NO, NO, NOTHING, false, "our own key came back"},
{"pace-same-key", BY_GM, STOPS(EFORMAT, PACE_AGREE, PACE_OWN_KEY), NO, NO, NO, NOTHING, false, "the keys must differ (4.4.1 step 3d)"},
{"pace-token", BY_GM, STOPS(ECRYPTO, PACE_TOKEN, PACE_TOKEN), NO, NO, NO, NOTHING, false, "the chip's token is verified (4.4.1)"},
{"pace-no-token", BY_GM, STOPS(EFORMAT, PACE_TOKEN, FORMAT), NO, NO, NO, NOTHING, false, "DO86 is mandatory"},
{"cam-wrong", BY_CAM, READ, BAD, YES, YES, SOUND, true, "CA_IC * PK_IC must be the mapping key (4.4.3.3.3)"},
{"cam-absent", BY_CAM, READ, BAD, YES, YES, SOUND, true, "DO8A is mandatory with this mapping (4.4.3.5.2)"},

/* CHIP. A signed key that the chip does not show to have is not its own. */
{"ca-6a80", BY_GM, READ, NO, BAD, YES, SOUND, true, "refuses the protocol that the State signed it has"},
{"chain-6884", BY_GM | WIDE, READ, NO, NO, YES, SOUND, true, "cannot be asked in short length: no proof, none refuted"},
{"chain-6884", BY_GM | WIDE | LONG, READ, NO, YES, YES, SOUND, true, "borne: extended length needs no chaining"},
{"clone", BY_GM | WIDE, STOPS(ECRYPTO, CA_CONFIRM, CA_WRONG), NO, BAD, NO, SOUND, false, "the same, asked in two commands"},
{"clone", BY_GM, STOPS(ECRYPTO, CA_CONFIRM, CA_WRONG), NO, BAD, NO, SOUND, false, "no response under the keys agreed on (6.2.1)"},
{"clone", BY_CAM, STOPS(ECRYPTO, CA_CONFIRM, CA_WRONG), BAD, BAD, NO, SOUND, false, "nor the mapping's data"},
{"clone", ONLY_AA, READ, NO, NO, BAD, SOUND, true, "a signature by another key than DG15's"},
{"aa-cut", ONLY_AA, READ, NO, NO, BAD, SOUND, true, "half a signature"},
{"aa-cut", BY_GM, READ, NO, YES, BAD, SOUND, true, "half a signature"},
{"aa-none", BY_GM, READ, NO, YES, BAD, SOUND, true, "no signature"},
{"aa-old", BY_GM, READ, NO, YES, BAD, SOUND, true, "of another challenge (6.1)"},
{"aa-old", ONLY_AA, READ, NO, NO, BAD, SOUND, true, "of another challenge (6.1)"},

/* DATA. 9303-11 5.1: what the State did not sign does not count, and a proof by such a key counts for nothing. */
{"forged-dg1", BY_GM, READ, NO, YES, YES, FAILS(DG_HASH, 1, HASH), true, "not what was signed"},
{"forged-dg1", BY_BAC, READ, NO, YES, YES, FAILS(DG1_MRZ, 0, MRZ_DIFFERS), true, "nor what is printed"},
{"forged-dg2", BY_GM, READ, NO, YES, YES, FAILS(DG_HASH, 2, HASH), true, "not what was signed"},
{"ca-key-unsigned", BY_GM, READ, NO, NO, YES, FAILS(DG_HASH, 14, HASH), true, "proves a key that the State never saw"},
{"aa-key-unsigned", BY_GM, READ, NO, YES, NO, FAILS(DG_HASH, 15, HASH), true, "proves a key that the State never saw"},
{"cam-key-unsigned", BY_CAM, READ, NO, YES, YES, FAILS(CARD_SECURITY, 0, SIGNATURE), true, "EF.CardSecurity's signature is wrong"},
{"dg-extra", BY_GM, READ, NO, YES, YES, FAILS(DG_SET, 0, GROUP_EXTRA), true, "a group that EF.SOD does not list"},
{"dg-missing", BY_GM, READ, NO, YES, YES, FAILS(DG_SET, 0, GROUP_MISSING), true, "a group that EF.SOD lists is not there"},
{"com-differs", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: nobody signs EF.COM; EF.SOD says what there is (9303-10 4.6.1)"},
{"sod-absent", BY_GM, READ, NO, NO, NO, NOTHING, true, "nothing signed: nothing counts"},
{"sod-broken", BY_GM, READ, NO, NO, NO, FAILS(SIGNATURE, 0, SIGNATURE), true, "the signature is wrong"},
{"ds-revoked", BY_GM, READ, NO, NO, NO, FAILS(SIGNER_REVOCATION, 0, REVOKED), true, "on the State's list (9303-12)"},
{"ds-revoked", BY_CAM, READ, NO, NO, NO, FAILS(CARD_SECURITY, 0, REVOKED), true, "the same of EF.CardSecurity's signer"},
{"ds-expired", BY_GM, READ, NO, YES, YES, FAILS(SIGNER_VALIDITY, 0, EXPIRED), true, "signed after its signer's time"},
{"ds-stranger", BY_GM, READ, NO, NO, NO, FAILS(SIGNER_CHAIN, 0, CSCA_SIGNATURE), true, "names the CSCA's key, which did not sign it"},
{"ds-stranger", BY_CAM, READ, NO, NO, NO, FAILS(CARD_SECURITY, 0, CSCA_SIGNATURE), true, "the same of EF.CardSecurity"},
{"ds-country", BY_GM, READ, NO, YES, YES, FAILS(SIGNER_COUNTRY, 0, COUNTRY), true, "another State's signer (9303-11 5.1)"},
{"csca-unknown", BY_GM, READ, NO, NO, NO, OPEN(SIGNER_CHAIN, 0, UNDETERMINED, NO_CSCA), true,
	"names a CSCA key that no list has: it may be a new one"},
{"length-beyond", BY_GM, STOPS(EDENIED, READ, STATUS), NO, YES, YES, SOUND, false, "6B00 where the file says that it goes on"},
{"length-beyond", BY_GM | LONG, STOPS(EDENIED, READ, STATUS), NO, YES, YES, SOUND, false, "the same in extended length"},
{"length-bomb", BY_GM, STOPS(ELIMIT, READ, FORMAT), NO, YES, YES, SOUND, false, "no memory is given for what a length says"},
{"length-indefinite", BY_GM, STOPS(EFORMAT, READ, FORMAT), NO, YES, NO, SOUND, false, "DER (9303-10 3.4) has no such length"},
{"recursion", BY_GM, READ, NO, NO, YES, SOUND, true, "not SecurityInfos: no key, no proof; signed, so that it is the State's error"},
{"dg2-huge", BY_GM, READ, NO, YES, YES, SOUND, true, "borne: large files are allowed"},
{"dg2-huge", BY_GM | LONG, READ, NO, YES, YES, SOUND, true, "borne"},
{"dg2-count", BY_GM, READ, NO, YES, YES, SOUND, true, "borne here: signed; what it holds is for who reads the contents"},
{"dg11-count", BY_GM, READ, NO, YES, YES, SOUND, true, "borne here, the same"},
};
/* clang-format on */

static struct whole_world world;

static struct sim_passport_config config_of(const struct row *r)
{
	struct sim_passport_config c = whole_usual();
	unsigned base = r->base & BASE;
	c.bac = base != BY_CAM;
	if (base != BY_BAC) {
		c.pace[0] = (struct sim_chip_pace){base == BY_CAM ? SIM_CAM : SIM_GM, SIM_AES_128, 13};
		c.pace_count = 1;
	}
	c.aa = base == ONLY_AA ? SIM_AA_RSA : SIM_AA_EC;
	c.aa_bits = 1024;
	if (base != ONLY_AA) {
		c.ca[0] = (struct sim_passport_ca){SIM_AES_128, r->base & WIDE ? 2 : 13, -1, false};
		c.ca_count = 1;
	}
	c.face_size = r->base & LARGE ? 70000 : 2000;
	assert_int_equal(sim_chip_fault_parse(r->fault, c.faults), 0);
	return c;
}

static const char *const proofs[] = {"not performed", "pending", "proven", "refuted"};

static bool reading_differs(const struct row *r, const struct whole *w)
{
	bool differs = w->err != r->err || (r->err != 0 && (w->failure.step != r->step || w->failure.cause != r->cause));
	if (differs)
		print_error("  read: %d, %s at %s, %04X; expected %d, %s at %s\n", w->err, emrtd_cause_key(w->failure.cause),
			emrtd_step_key(w->failure.step), w->failure.sw, r->err, emrtd_cause_key(r->cause), emrtd_step_key(r->step));
	return differs;
}

struct counted {
	enum emrtd_proof mapping, chip, active;
};

static struct counted counted(const struct whole *w)
{
	return (struct counted){inspect_proof(w->document.mapping, w->found.card_security_proven),
		inspect_proof(w->document.chip, w->found.proven & 1U << 14),
		inspect_proof(w->document.active, w->found.proven & 1U << 15)};
}

static bool proofs_differ(const struct row *r, const struct whole *w)
{
	const struct counted c = counted(w);
	bool differs = c.mapping != r->mapping || c.chip != r->chip || c.active != r->active;
	if (differs)
		print_error("  proofs: %s, %s, %s; expected %s, %s, %s\n", proofs[c.mapping], proofs[c.chip], proofs[c.active],
			proofs[r->mapping], proofs[r->chip], proofs[r->active]);
	return differs;
}

static bool inspection_differs(const struct row *r, const struct whole *w)
{
	const struct inspect_check *c = whole_check(&w->found, r->check, r->group);
	/* Without EF.SOD there is no signature to speak of. */
	bool as_expected = c != NULL && c->result == r->result && c->reason == r->reason;
	if (w->found.overall == r->overall && as_expected)
		return false;
	print_error("  inspection: %d, expected %d; %s: %d %s, expected %d %s\n", (int)w->found.overall, (int)r->overall,
		inspect_check_name(r->check), c != NULL ? (int)c->result : 0, c != NULL ? inspect_reason_key(c->reason) : "none",
		(int)r->result, inspect_reason_key(r->reason));
	return true;
}

/* Whatever happened: a file that counts as whole is the chip's, byte for byte. */
static bool bytes_differ(const struct whole *w)
{
	bool differs = false;
	for (unsigned n = 0; n < EMRTD_GROUPS; n++) {
		const struct emrtd_read_file *f = n == 0 ? &w->document.sod : &w->document.group[n];
		const struct sim_chip_file *issued = whole_issued(w, n == 0 ? 0x011dU : 0x0100U | n);
		if (f->whole && (issued == NULL || issued->size != f->size || memcmp(issued->bytes, f->bytes, f->size) != 0)) {
			print_error("  DG%u is not what the chip has\n", n);
			differs = true;
		}
	}
	return differs;
}

/* Nothing at all is wrong with it, as a gate would see it. */
static bool passes(const struct row *r, const struct whole *w)
{
	const struct counted c = counted(w);
	return w->err == 0 && w->found.overall == INSPECT_SUCCESSFUL && c.active == EMRTD_PROVEN &&
	       ((r->base & BASE) == ONLY_AA || c.chip == EMRTD_PROVEN) &&
	       ((r->base & BASE) != BY_CAM || c.mapping == EMRTD_PROVEN);
}

static bool one(const struct row *r)
{
	const struct sim_passport_config config = config_of(r);
	struct whole w;
	whole_issue(&w, &world, &config);
	whole_lay(&w, r->base & LONG);
	whole_read(&w);
	whole_judge(&w, &world);
	bool differs = reading_differs(r, &w);
	differs |= proofs_differ(r, &w);
	differs |= inspection_differs(r, &w);
	differs |= bytes_differ(&w);
	bool borne = strncmp(r->why, "borne", 5) == 0;
	if (passes(r, &w) != borne || (borne && whole_differs(&w) != NULL)) {
		print_error("  passes: %d; %s differs\n", passes(r, &w), borne ? whole_differs(&w) : "-");
		differs = true;
	}
	if (emrtd_state(w.session).exchanges > 2000) {
		print_error("  %u exchanges\n", emrtd_state(w.session).exchanges);
		differs = true;
	}
	/* The fault is still there where it is one of every command. */
	whole_lay_again(&w);
	whole_read(&w);
	if ((w.err == 0) != r->again) {
		print_error("  again: %d, %s at %s\n", w.err, emrtd_cause_key(w.failure.cause), emrtd_step_key(w.failure.step));
		differs = true;
	}
	differs |= bytes_differ(&w);
	whole_free(&w);
	if (differs)
		print_error("%s on %u: %s\n", r->fault, r->base, r->why);
	return differs;
}

static void each_fault_comes_to_what_it_must(void **state)
{
	unsigned wrong = 0;
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		wrong += one(&table[i]);
	print_message("%zu rows\n", sizeof table / sizeof table[0]);
	assert_int_equal(wrong, 0);
}

static void each_fault_has_a_row(void **state)
{
	unsigned missing = 0;
	(void)state;
	for (int f = 0; f < SIM_FAULTS; f++) {
		bool has = false;
		for (size_t i = 0; i < sizeof table / sizeof table[0] && !has; i++) {
			struct sim_chip_when faults[SIM_FAULTS] = {{false, false, 0, 0, false}};
			assert_int_equal(sim_chip_fault_parse(table[i].fault, faults), 0);
			has = faults[f].on;
		}
		if (!has) {
			print_error("no row for %s\n", sim_chip_fault_name((enum sim_chip_fault)f));
			missing++;
		}
	}
	print_message("%d faults\n", SIM_FAULTS);
	assert_int_equal(missing, 0);
}

/* Without a fault each of the documents passes: the table's faults are what stops them. */
static void without_a_fault_each_passes(void **state)
{
	(void)state;
	for (unsigned base = 0; base <= (ONLY_AA | LONG | LARGE | WIDE); base++) {
		const struct row r = {.fault = "slow=0", .base = base};
		const struct sim_passport_config config = config_of(&r);
		struct whole w;
		whole_issue(&w, &world, &config);
		whole_lay(&w, base & LONG);
		assert_int_equal(whole_read(&w), 0);
		whole_judge(&w, &world);
		assert_true(passes(&r, &w));
		assert_null(whole_differs(&w));
		whole_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_fault_each_passes),
		cmocka_unit_test(each_fault_has_a_row),
		cmocka_unit_test(each_fault_comes_to_what_it_must),
	};
	whole_world_begin(&world);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	whole_world_end(&world);
	return failed;
}
