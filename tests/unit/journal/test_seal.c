/* SPDX-License-Identifier: Apache-2.0
 * Sealing against the openssl program: what it opens, how the envelope is made (asn1parse), what is
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "journal/file.h"
#include "journal/seal.h"

static const char plain[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";

struct pem {
	uint8_t bytes[8192];
	size_t size;
};

static void read_pem(const char *path, struct pem *p)
{
	assert_int_equal(file_read(path, p->bytes, sizeof p->bytes, &p->size), 0);
}

static void write_file(const struct fixture *f, const char *name, const uint8_t *bytes, size_t size)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	assert_int_equal(file_write_synced(path, bytes, size, 0600), 0);
}

static struct sealer *open_sealer(const struct fixture *f)
{
	struct pem centre, escrow;
	struct sealer *s;
	read_pem(f->centre, &centre);
	read_pem(f->escrow, &escrow);
	const struct seal_recipient to[] = {
		{"centre", centre.bytes, centre.size}, {"escrow", escrow.bytes, escrow.size}};
	assert_int_equal(sealer_new(&s, to, 2), 0);
	return s;
}

static void test_round_trips(void **state)
{
	const struct fixture *f = *state;
	struct sealer *s = open_sealer(f);
	uint8_t *sealed, *opened;
	size_t size, opened_size;
	struct pem certificate, key;
	assert_int_equal(
		sealer_seal(s, (const uint8_t *)plain, sizeof plain - 1, &sealed, &size), 0);
	assert_null(memmem(sealed, size, "ERIKSSON", 8));
	write_file(f, "sealed.der", sealed, size);
	write_file(f, "plain", (const uint8_t *)plain, sizeof plain - 1);
	fixture_shell(
		"cd %s && for r in centre escrow; do openssl cms -decrypt -binary -inform DER -in "
		"sealed.der"
		" -recip $r.pem -inkey $r.key -out opened && cmp plain opened || exit 1; done",
		f->folder);
	/* Content type, content cipher, key agreement scheme with SHA-256 for both, key wrap: by
	 * their OID names. */
	fixture_shell("cd %s && openssl asn1parse -inform DER -in sealed.der >parsed &&"
		      " grep -q ':id-smime-ct-authEnvelopedData' parsed && grep -q ':aes-256-gcm' "
		      "parsed &&"
		      " test $(grep -c ':dhSinglePass-stdDH-sha256kdf-scheme' parsed) = 2 &&"
		      " test $(grep -c ':id-aes256-wrap' parsed) = 2 && ! grep -q sha1kdf parsed",
		f->folder);
	read_pem(f->centre, &certificate);
	read_pem(f->centre_key, &key);
	assert_int_equal(seal_open(sealed, size, certificate.bytes, certificate.size, key.bytes,
				 key.size, &opened, &opened_size),
		0);
	assert_int_equal(opened_size, sizeof plain - 1);
	assert_memory_equal(opened, plain, opened_size);
	seal_free(opened, opened_size);
	/* Without the certificate each recipient is tried. */
	assert_int_equal(seal_open(sealed, size, NULL, 0, key.bytes, key.size, &opened, &opened_size), 0);
	assert_memory_equal(opened, plain, opened_size);
	seal_free(opened, opened_size);
	/* Twice the same text is never the same envelope. */
	uint8_t *again;
	size_t again_size;
	assert_int_equal(
		sealer_seal(s, (const uint8_t *)plain, sizeof plain - 1, &again, &again_size), 0);
	assert_true(again_size != size || memcmp(again, sealed, size) != 0);
	seal_free(again, again_size);
	seal_free(sealed, size);
	sealer_free(s);
}

static void test_key_ids(void **state)
{
	const struct fixture *f = *state;
	struct sealer *s = open_sealer(f);
	fixture_shell("cd %s && for r in centre escrow; do openssl x509 -in $r.pem -noout -pubkey |"
		      " openssl pkey -pubin -outform DER | sha256sum | cut -c1-32 >$r.id; done;"
		      " test \"centre:$(cat centre.id),escrow:$(cat escrow.id)\" = '%s'",
		f->folder, sealer_recipients(s));
	sealer_free(s);
}

static void test_every_byte_counts(void **state)
{
	const struct fixture *f = *state;
	struct sealer *s;
	struct pem certificate, key, other;
	uint8_t *sealed, *opened;
	size_t size, opened_size;
	unsigned accepted = 0;
	read_pem(f->escrow, &certificate);
	read_pem(f->escrow_key, &key);
	read_pem(f->centre_key, &other);
	/* One recipient: the recipients are a SET OF, in an order that follows their random bytes.
	 */
	const struct seal_recipient to = {"escrow", certificate.bytes, certificate.size};
	assert_int_equal(sealer_new(&s, &to, 1), 0);
	assert_int_equal(
		sealer_seal(s, (const uint8_t *)plain, sizeof plain - 1, &sealed, &size), 0);
	/* The last 150 bytes hold the end of the wrapped key, the cipher's parameters, the
	 * ciphertext and the tag. The tag does not cover the OID of the content's type (9 bytes)
	 * nor its length and tag octets (RFC 5083 section 2.2): those may change, the plaintext may
	 * not. */
	for (size_t i = size - 150; i < size; i++) {
		sealed[i] ^= 1;
		int err = seal_open(sealed, size, certificate.bytes, certificate.size, key.bytes,
			key.size, &opened, &opened_size);
		if (err == 0) {
			accepted++;
			assert_int_equal(opened_size, sizeof plain - 1);
			assert_memory_equal(opened, plain, opened_size);
			seal_free(opened, opened_size);
			/* Ciphertext, its header, the tag and its header end the message. */
			assert_true(i < size - (sizeof plain - 1) - 16 - 4);
		} else {
			assert_null(opened);
			assert_int_equal(opened_size, 0);
		}
		sealed[i] ^= 1;
	}
	assert_true(accepted <= 11);
	assert_int_equal(seal_open(sealed, size - 1, certificate.bytes, certificate.size, key.bytes,
				 key.size, &opened, &opened_size),
		PN_EFORMAT);
	assert_int_equal(seal_open(sealed, size, certificate.bytes, certificate.size, other.bytes,
				 other.size, &opened, &opened_size),
		PN_ECRYPTO);
	assert_int_equal(seal_open(sealed, size, NULL, 0, other.bytes, other.size, &opened, &opened_size),
		PN_ECRYPTO);
	seal_free(sealed, size);
	sealer_free(s);
}

static void test_plain_enveloped_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct pem certificate, key, cbc;
	uint8_t *opened;
	size_t opened_size;
	char path[160];
	read_pem(f->centre, &certificate);
	read_pem(f->centre_key, &key);
	fixture_shell("cd %s && printf text | openssl cms -encrypt -binary -aes-256-cbc -outform "
		      "DER -out cbc.der"
		      " -recip centre.pem -keyopt ecdh_kdf_md:sha256",
		f->folder);
	snprintf(path, sizeof path, "%s/cbc.der", f->folder);
	read_pem(path, &cbc);
	assert_int_equal(seal_open(cbc.bytes, cbc.size, certificate.bytes, certificate.size,
				 key.bytes, key.size, &opened, &opened_size),
		PN_EFORMAT);
	assert_null(opened);
	/* The same program's authenticated envelope opens: the refusal is of the type, not of the
	 * maker. */
	fixture_shell("cd %s && printf text | openssl cms -encrypt -binary -aes-256-gcm -outform "
		      "DER -out cbc.der"
		      " -recip centre.pem -keyopt ecdh_kdf_md:sha256",
		f->folder);
	read_pem(path, &cbc);
	assert_int_equal(seal_open(cbc.bytes, cbc.size, certificate.bytes, certificate.size,
				 key.bytes, key.size, &opened, &opened_size),
		0);
	assert_int_equal(opened_size, 4);
	assert_memory_equal(opened, "text", 4);
	seal_free(opened, opened_size);
}

static void test_unusable_certificates(void **state)
{
	const struct fixture *f = *state;
	static const char *const made[] = {"-newkey ec -pkeyopt ec_paramgen_curve:P-384",
		"-newkey rsa:2048",
		"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext keyUsage=digitalSignature"};
	struct pem p;
	struct sealer *s;
	char path[160];
	snprintf(path, sizeof path, "%s/other.pem", f->folder);
	for (size_t i = 0; i < PN_COUNT(made); i++) {
		fixture_shell("openssl req -x509 %s -nodes -subj /CN=x -keyout /dev/null -out %s "
			      "2>/dev/null",
			made[i], path);
		read_pem(path, &p);
		const struct seal_recipient to = {"centre", p.bytes, p.size};
		assert_int_equal(sealer_new(&s, &to, 1), PN_ECRYPTO);
		assert_null(s);
	}
	const struct seal_recipient none = {"centre", (const uint8_t *)"no PEM", 6};
	assert_int_equal(sealer_new(&s, &none, 1), PN_EFORMAT);
	assert_int_equal(sealer_new(&s, &none, 0), PN_EINVAL);
}

static int setup(void **state)
{
	*state = fixture_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_key_ids),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_plain_enveloped_is_refused),
		cmocka_unit_test(test_unusable_certificates),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
