/* SPDX-License-Identifier: Apache-2.0
 * What is issued: files whose form is worked out by hand here, the SOD and EF.CardSecurity verified
 * by OpenSSL's CMS, and each DATA fault seen in the bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/err.h"
#include "script.h"
#include "sim/chip/passport.h"

static const char td3[] =
	"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
static const char td2[] =
	"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6";

static struct sim_office *office;

static int open_office(void **state)
{
	(void)state;
	const struct sim_office_config c = {"UT", SIM_EC_BRAINPOOL_256, SIM_EC_P256, 1790000000};
	office = sim_office_new(&c);
	return office == NULL;
}

static int close_office(void **state)
{
	(void)state;
	sim_office_free(office);
	return 0;
}

static struct sim_passport *issue(const struct sim_passport_config *c)
{
	struct sim_passport *p = NULL;
	assert_int_equal(sim_passport_issue(office, c, &p), 0);
	return p;
}

static const struct sim_chip_file *file(const struct sim_passport *p, unsigned id)
{
	const struct sim_chip_config *c = sim_passport_chip(p);
	for (size_t i = 0; i < c->file_count; i++) {
		if (c->files[i].id == id)
			return &c->files[i];
	}
	return NULL;
}

static void is(const struct sim_chip_file *f, const char *text)
{
	struct bytes b = hex(text);
	assert_non_null(f);
	assert_int_equal(f->size, b.size);
	assert_memory_equal(f->bytes, b.at, b.size);
}

static void files(void **state)
{
	(void)state;
	struct sim_passport_config c = {
		.mrz = td2, .bac = true, .face_size = 100, .authority = "A", .issued = "20250813"};
	c.full_name = "B<<C";
	c.profession = "D";
	c.pace[0] = (struct sim_chip_pace){SIM_GM, SIM_AES_128, 13};
	c.pace_count = 1;
	struct sim_passport *p = issue(&c);
	/* Doc 9303-10 appendix A: DG1 of a TD2 document */
	is(file(p, 0x0101), "614B5F1F48493C55544F4552494B53534F4E3C3C414E4E413C4D415249413C3C3C3C3C"
			    "3C3C3C3C3C3C4432333134353839303755"
			    "544F3734303831323246313230343135393C3C3C3C3C3C3C36");
	is(file(p, 0x010b), "6B11 5C04 5F0E5F13 5F0E04423C3C43 5F130144");
	is(file(p, 0x010c), "6C15 5C04 5F195F26 5F190141 5F26083230323530383133");
	/* Doc 9303-11 appendix G.1 */
	is(file(p, SIM_MF | 0x011c), "31143012060A04007F0007020204020202010202010D");
	is(file(p, 0x011e), "6016 5F0104 30313037 5F3606 303430303030 5C04 61756B6C");
	is(file(p, SIM_MF | 0x2f01), "4703 8001C0 7F660A 0203 00FFFF 0203 00FFFF");
	/* The image of 100 bytes; 46 bytes of ISO 19794-5 before it. */
	const struct sim_chip_file *dg2 = file(p, 0x0102);
	struct bytes head = hex("7581B1 7F6181AD 020101 7F6081A6 A10E 810102 820100 87020101 "
				"88020008 5F2E8192 46414300 30313000"
				"00000092 0001 00000084 0000");
	assert_int_equal(dg2->size, 0xb1 + 3);
	assert_memory_equal(dg2->bytes, head.at, head.size);
	assert_memory_equal(dg2->bytes + dg2->size - 100, "\xff\xd8\xff\xe0", 4);
	sim_passport_free(p);
	c.face_kind = SIM_FACE_JPEG_2000;
	p = issue(&c);
	dg2 = file(p, 0x0102);
	assert_memory_equal(dg2->bytes + dg2->size - 100, "\0\0\0\x0cjP  \r\n\x87\n", 12);
	assert_int_equal(dg2->bytes[dg2->size - 100 - 11], 1);
	sim_passport_free(p);
}

static void information(void **state)
{
	(void)state;
	char out[64];
	/* Doc 9303-11 appendix D.2: TD3, TD1 with a number of more than nine, TD1, TD2 */
	assert_true(sim_passport_mrz_information("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
						 "L898902C<3UTO6908061F9406236ZE184226B<<<<<14",
		out, sizeof out));
	assert_string_equal(out, "L898902C<369080619406236");
	assert_true(sim_passport_mrz_information("I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<"
						 "<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<",
		out, sizeof out));
	assert_string_equal(out, "D23145890734934071279507122");
	assert_true(sim_passport_mrz_information("I<UTOL898902C<3<<<<<<<<<<<<<<<6908061F9406236UTO<"
						 "<<<<<<<<<<8ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
		out, sizeof out));
	assert_string_equal(out, "L898902C<369080619406236");
	assert_true(sim_passport_mrz_information(
		"I<UTOSTEVENSON<<PETER<<<<<<<<<<<<<<<D23145890<UTO3407127M95071227349<<<8", out,
		sizeof out));
	assert_string_equal(out, "D23145890734934071279507122");
	assert_false(sim_passport_mrz_information("P<UTO", out, sizeof out));
}

/* The signed content, when the signature verifies with the certificate inside; NULL otherwise. */
static BIO *content(const uint8_t *bytes, size_t size, X509 **signer)
{
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &bytes, (long)size);
	BIO *out = BIO_new(BIO_s_mem());
	assert_non_null(cms);
	bool ok =
		CMS_verify(cms, NULL, NULL, NULL, out, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
	if (ok && signer != NULL) {
		STACK_OF(X509) *all = CMS_get1_certs(cms);
		*signer = X509_dup(sk_X509_value(all, 0));
		sk_X509_pop_free(all, X509_free);
	}
	CMS_ContentInfo_free(cms);
	if (ok)
		return out;
	BIO_free(out);
	return NULL;
}

/* Whether the SOD holds the SHA-256 of this file as it is. */
static bool covers(const struct sim_passport *p, unsigned id)
{
	const struct sim_chip_file *sod = file(p, 0x011d), *f = file(p, id);
	uint8_t h[32], *text = NULL;
	BIO *c = content(sod->bytes + 4, sod->size - 4, NULL);
	assert_non_null(c);
	SHA256(f->bytes, f->size, h);
	long n = BIO_get_mem_data(c, (char **)&text);
	bool found = memmem(text, (size_t)n, h, sizeof h) != NULL;
	BIO_free(c);
	return found;
}

static bool signed_by(X509 *x, const uint8_t *der, size_t size)
{
	X509 *issuer = d2i_X509(NULL, &der, (long)size);
	assert_non_null(issuer);
	bool ok = X509_verify(x, X509_get0_pubkey(issuer)) == 1;
	X509_free(issuer);
	return ok;
}

static struct sim_passport_config rich(void)
{
	struct sim_passport_config c = {
		.mrz = td3, .can = "123456", .bac = true, .face_size = 100, .full_name = "A<<B"};
	c.pace[0] = (struct sim_chip_pace){SIM_CAM, SIM_AES_128, 13};
	c.pace_count = 1;
	c.ca[0] = (struct sim_passport_ca){SIM_AES_128, 13, 1, false};
	c.ca_count = 1;
	c.aa = SIM_AA_EC;
	return c;
}

static void signatures(void **state)
{
	(void)state;
	struct sim_passport_config c = rich();
	struct sim_passport *p = issue(&c);
	static const unsigned ids[] = {0x0101, 0x0102, 0x010b, 0x010e, 0x010f};
	for (size_t i = 0; i < 5; i++)
		assert_true(covers(p, ids[i]));
	X509 *signer = NULL;
	size_t size = 0;
	const struct sim_chip_file *security = file(p, SIM_MF | 0x011d), *sod = file(p, 0x011d);
	BIO *infos = content(security->bytes, security->size, NULL);
	assert_non_null(infos);
	BIO_free(infos);
	BIO_free(content(sod->bytes + 4, sod->size - 4, &signer));
	uint8_t *csca = sim_office_csca(office, &size);
	assert_true(signed_by(signer, csca, size));
	OPENSSL_free(csca);
	X509_free(signer);
	uint8_t *list = sim_office_list(office, &size);
	BIO *inside = content(list, size, NULL);
	assert_non_null(inside);
	BIO_free(inside);
	OPENSSL_free(list);
	sim_passport_free(p);
}

static X509 *signer_under(enum sim_chip_fault fault)
{
	struct sim_passport_config c = rich();
	X509 *x = NULL;
	c.faults[fault].on = true;
	struct sim_passport *p = issue(&c);
	const struct sim_chip_file *sod = file(p, 0x011d);
	BIO_free(content(sod->bytes + 4, sod->size - 4, &x));
	assert_non_null(x);
	sim_passport_free(p);
	return x;
}

static void signers(void **state)
{
	(void)state;
	size_t csca_size = 0, size = 0;
	uint8_t *csca = sim_office_csca(office, &csca_size), *der = sim_office_crl(office, &size);
	const uint8_t *q = der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &q, (long)size);
	X509_REVOKED *entry = NULL;
	time_t then = 1790000000 - 2592000;
	static const struct {
		enum sim_chip_fault fault;
		bool by_csca, revoked, valid;
		const char *country;
	} cases[] = {{SIM_FAULT_DS_REVOKED, true, true, true, "UT"},
		{SIM_FAULT_DS_EXPIRED, true, false, false, "UT"},
		{SIM_FAULT_CSCA_UNKNOWN, false, false, true, "UT"},
		{SIM_FAULT_DS_STRANGER, false, false, true, "UT"},
		{SIM_FAULT_DS_COUNTRY, false, false, true, "XZ"},
		{SIM_FAULT_FORGED_DG1, true, false, true, "UT"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		X509 *x = signer_under(cases[i].fault);
		char country[4] = "";
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(x), NID_countryName, country, sizeof country);
		assert_string_equal(country, cases[i].country);
		assert_int_equal(signed_by(x, csca, csca_size), cases[i].by_csca);
		assert_int_equal(
			X509_CRL_get0_by_serial(crl, &entry, X509_get_serialNumber(x)) == 1,
			cases[i].revoked);
		assert_int_equal(X509_cmp_time(X509_get0_notBefore(x), &then) < 0 &&
					 X509_cmp_time(X509_get0_notAfter(x), &then) > 0,
			cases[i].valid);
		X509_free(x);
	}
	X509_CRL_free(crl);
	OPENSSL_free(der);
	OPENSSL_free(csca);
}

static struct sim_passport *with(enum sim_chip_fault fault)
{
	struct sim_passport_config c = rich();
	c.faults[fault].on = true;
	return issue(&c);
}

static void forgeries(void **state)
{
	(void)state;
	static const struct {
		enum sim_chip_fault fault;
		unsigned id;
	} cases[] = {{SIM_FAULT_FORGED_DG1, 0x0101}, {SIM_FAULT_FORGED_DG2, 0x0102},
		{SIM_FAULT_CA_KEY_UNSIGNED, 0x010e}, {SIM_FAULT_AA_KEY_UNSIGNED, 0x010f},
		{SIM_FAULT_LENGTH_BEYOND, 0x0102}, {SIM_FAULT_LENGTH_BOMB, 0x0102},
		{SIM_FAULT_LENGTH_INDEFINITE, 0x0101}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sim_passport *p = with(cases[i].fault);
		assert_false(covers(p, cases[i].id));
		assert_int_equal(covers(p, 0x010b), true);
		sim_passport_free(p);
	}
	struct sim_passport *p = with(SIM_FAULT_SOD_BROKEN);
	const struct sim_chip_file *f = file(p, 0x011d);
	assert_null(content(f->bytes + 4, f->size - 4, NULL));
	sim_passport_free(p);
	p = with(SIM_FAULT_CAM_KEY_UNSIGNED);
	f = file(p, SIM_MF | 0x011d);
	assert_null(content(f->bytes, f->size, NULL));
	sim_passport_free(p);
}

static void shapes(void **state)
{
	(void)state;
	struct sim_passport *p = with(SIM_FAULT_SOD_ABSENT);
	assert_null(file(p, 0x011d));
	sim_passport_free(p);
	p = with(SIM_FAULT_DG_EXTRA);
	assert_non_null(file(p, 0x010d));
	assert_false(covers(p, 0x010d));
	sim_passport_free(p);
	p = with(SIM_FAULT_DG_MISSING);
	assert_null(file(p, 0x010d));
	is(file(p, 0x011e), "6018 5F0104 30313037 5F3606 303430303030 5C06 61756B6D6E6F");
	sim_passport_free(p);
	p = with(SIM_FAULT_COM_DIFFERS);
	is(file(p, 0x011e), "6018 5F0104 30313037 5F3606 303430303030 5C06 61756B6E6F70");
	sim_passport_free(p);
	p = with(SIM_FAULT_LENGTH_BOMB);
	assert_memory_equal(file(p, 0x0102)->bytes, "\x75\x84\x7f\xff\xff\xff\x7f\x61", 8);
	sim_passport_free(p);
	p = with(SIM_FAULT_LENGTH_BEYOND);
	const struct sim_chip_file *f = file(p, 0x0102);
	assert_int_equal(f->bytes[2] << 16 | f->bytes[3] << 8 | f->bytes[4], f->size - 5 + 1000);
	sim_passport_free(p);
	p = with(SIM_FAULT_DG2_HUGE);
	assert_true(file(p, 0x0102)->size > 200000);
	sim_passport_free(p);
	p = with(SIM_FAULT_DG2_COUNT);
	assert_memory_equal(file(p, 0x0102)->bytes + 7, "\x02\x01\xff", 3);
	sim_passport_free(p);
	p = with(SIM_FAULT_DG11_COUNT);
	is(file(p, 0x010b), "6B12 5C04 5F0E5F0F 5F0E04413C3C42 A003 0201FF");
	sim_passport_free(p);
	/* 4000 levels, each of which ends where the file ends */
	p = with(SIM_FAULT_RECURSION);
	f = file(p, 0x010e);
	const uint8_t *at = f->bytes, *end = at + f->size;
	unsigned levels = 0;
	while (at < end) {
		size_t n = at[1] < 0x80    ? at[1]
			   : at[1] == 0x81 ? at[2]
					   : (size_t)at[2] << 8 | at[3];
		at += at[1] < 0x80 ? 2 : 2 + (at[1] & 0x7f);
		assert_ptr_equal(at + n, end);
		levels++;
	}
	assert_int_equal(levels, 4001);
	sim_passport_free(p);
}

static void refused(void **state)
{
	(void)state;
	struct sim_passport *p = NULL;
	struct sim_passport_config c = {.mrz = "P<UTO", .bac = true};
	assert_int_equal(sim_passport_issue(office, &c, &p), PN_EINVAL);
	c.mrz = td3;
	c.ca[0].parameter = 5;
	c.ca_count = 1;
	assert_int_equal(sim_passport_issue(office, &c, &p), PN_EINVAL);
	assert_null(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(information),
		cmocka_unit_test(signatures),
		cmocka_unit_test(signers),
		cmocka_unit_test(forgeries),
		cmocka_unit_test(shapes),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, open_office, close_office);
}
