/* SPDX-License-Identifier: Apache-2.0
 * Signed notes over the chain's head. Must never write a private key that another user can read,
 * not even for a moment.
 */
#include "journal/checkpoint.h"

#include <fcntl.h>
#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"
#include "journal/file.h"

#define DASH "\xe2\x80\x94 " /* U+2014 EM DASH and a space open a signature line */
enum { KEY_ID = 4, SIGNATURE = 64, ED25519_TYPE = 1 };

struct checkpoint_signer {
	EVP_PKEY *key;
	uint8_t public_key[CHECKPOINT_KEY];
	uint8_t key_id[KEY_ID];
	char origin[CHECKPOINT_ORIGIN_MAX];
};

/* First four bytes of SHA-256(name || newline || type || public key). */
static int note_key_id(
	const char *origin, const uint8_t public_key[CHECKPOINT_KEY], uint8_t out[KEY_ID])
{
	uint8_t text[CHECKPOINT_ORIGIN_MAX + 2 + CHECKPOINT_KEY], digest[CHAIN_HASH];
	size_t n = strlen(origin);
	if (n > CHECKPOINT_ORIGIN_MAX)
		return PN_EFORMAT;
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)origin[i];
	text[n++] = '\n';
	text[n++] = ED25519_TYPE;
	memcpy(text + n, public_key, CHECKPOINT_KEY);
	n += CHECKPOINT_KEY;
	if (EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL) != 1)
		return PN_ECRYPTO;
	memcpy(out, digest, KEY_ID);
	return 0;
}

/* The text of exactly size bytes in canonical base64; false otherwise. */
static bool decode64(const char *text, size_t length, uint8_t *out, size_t size)
{
	uint8_t raw[128];
	char again[180];
	if (length == 0 || length % 4 != 0 || length > sizeof again - 1 ||
		length / 4 * 3 > sizeof raw)
		return false;
	int n = EVP_DecodeBlock(raw, (const unsigned char *)text, (int)length);
	if (n < 0 || (size_t)n < size || (size_t)n - size > 2)
		return false;
	EVP_EncodeBlock((unsigned char *)again, raw, (int)size);
	memcpy(out, raw, size);
	return strlen(again) == length && memcmp(again, text, length) == 0;
}

static int make_key(const char *path)
{
	char *pem = NULL;
	int err = PN_ECRYPTO;
	BIO *out = BIO_new(BIO_s_secmem());
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (out != NULL && key != NULL &&
		PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1) {
		long n = BIO_get_mem_data(out, &pem);
		err = n > 0 ? file_write_synced(path, pem, (size_t)n, 0600) : PN_ECRYPTO;
		if (n > 0)
			OPENSSL_cleanse(pem, (size_t)n);
	}
	EVP_PKEY_free(key);
	BIO_free(out);
	return err;
}

static int load_key(struct checkpoint_signer *s, const char *path)
{
	struct stat st;
	size_t n = CHECKPOINT_KEY;
	int err = PN_ECRYPTO;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return PN_EIO;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		(st.st_mode & 077) == 0)
		s->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	if (s->key != NULL && EVP_PKEY_is_a(s->key, "ED25519") &&
		EVP_PKEY_get_raw_public_key(s->key, s->public_key, &n) == 1 && n == CHECKPOINT_KEY)
		err = 0;
	fclose(f);
	return err;
}

static int write_public(const struct checkpoint_signer *s, const char *path)
{
	char text[CHECKPOINT_ORIGIN_MAX + 80], old[CHECKPOINT_ORIGIN_MAX + 80], pub[4096],
		id[2 * KEY_ID + 1], b64[64];
	uint8_t typed[1 + CHECKPOINT_KEY] = {ED25519_TYPE};
	size_t old_size;
	if (snprintf(pub, sizeof pub, "%s.pub", path) >= (int)sizeof pub)
		return PN_EINVAL;
	hex_encode(id, s->key_id, KEY_ID);
	memcpy(typed + 1, s->public_key, CHECKPOINT_KEY);
	EVP_EncodeBlock((unsigned char *)b64, typed, sizeof typed);
	int n = snprintf(text, sizeof text, "%s+%s+%s\n", s->origin, id, b64);
	if (file_read(pub, old, sizeof old, &old_size) == 0 && old_size == (size_t)n &&
		memcmp(old, text, old_size) == 0)
		return 0;
	return file_write_synced(pub, text, (size_t)n, 0644);
}

int checkpoint_signer_open(struct checkpoint_signer **out, const char *path, const char *origin)
{
	*out = NULL;
	struct checkpoint_signer *s = calloc(1, sizeof *s);
	if (s == NULL)
		return PN_ENOMEM;
	int err = text_copy(s->origin, sizeof s->origin, origin) ? 0 : PN_EINVAL;
	if (err == 0 && access(path, F_OK) != 0)
		err = make_key(path);
	if (err == 0)
		err = load_key(s, path);
	if (err == 0)
		err = note_key_id(s->origin, s->public_key, s->key_id);
	if (err == 0)
		err = write_public(s, path);
	ERR_clear_error();
	if (err != 0) {
		checkpoint_signer_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void checkpoint_signer_free(struct checkpoint_signer *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_free(s->key);
	free(s);
}

const uint8_t *checkpoint_public(const struct checkpoint_signer *s)
{
	return s->public_key;
}

/* The signed part; its length, or a negative error. */
static int body(char *text, size_t size, const char *origin, const struct checkpoint *c)
{
	char head[64];
	EVP_EncodeBlock((unsigned char *)head, c->head, CHAIN_HASH);
	int n = snprintf(text, size, "%s\n%" PRIu64 " %" PRIu64 "\n%s\nwall %" PRId64 "\n", origin,
		c->epoch, c->seq, head, c->wall_ms);
	return n > 0 && (size_t)n < size ? n : PN_ELIMIT;
}

int checkpoint_sign(const struct checkpoint_signer *s, const struct checkpoint *c,
	char text[CHECKPOINT_TEXT_MAX])
{
	uint8_t signature[KEY_ID + SIGNATURE];
	char b64[2 * sizeof signature];
	size_t size = SIGNATURE;
	int n = body(text, CHECKPOINT_TEXT_MAX, s->origin, c);
	if (n < 0)
		return n;
	memcpy(signature, s->key_id, KEY_ID);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, s->key) == 1 &&
		 EVP_DigestSign(ctx, signature + KEY_ID, &size, (const unsigned char *)text,
			 (size_t)n) == 1 &&
		 size == SIGNATURE;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return PN_ECRYPTO;
	EVP_EncodeBlock((unsigned char *)b64, signature, sizeof signature);
	int m = snprintf(
		text + n, CHECKPOINT_TEXT_MAX - (size_t)n, "\n" DASH "%s %s\n", s->origin, b64);
	return m > 0 && (size_t)m < CHECKPOINT_TEXT_MAX - (size_t)n ? 0 : PN_ELIMIT;
}

int checkpoint_read_public(const char *path, const char *origin, uint8_t key[CHECKPOINT_KEY])
{
	char text[CHECKPOINT_ORIGIN_MAX + 80];
	uint8_t typed[1 + CHECKPOINT_KEY], id[KEY_ID], stated[KEY_ID];
	size_t size, n = strlen(origin);
	int err = file_read(path, text, sizeof text, &size);
	if (err != 0)
		return err;
	const size_t id_text = (size_t)2 * KEY_ID;
	if (size < n + 2 + id_text || text[size - 1] != '\n' || memcmp(text, origin, n) != 0 ||
		text[n] != '+' || text[n + 1 + id_text] != '+')
		return PN_EFORMAT;
	text[n + 1 + id_text] = '\0';
	if (hex_decode(stated, KEY_ID, text + n + 1) != 0)
		return PN_EFORMAT;
	n += 2 + id_text;
	if (!decode64(text + n, size - 1 - n, typed, sizeof typed) || typed[0] != ED25519_TYPE)
		return PN_EFORMAT;
	memcpy(key, typed + 1, CHECKPOINT_KEY);
	if (note_key_id(origin, key, id) != 0 || memcmp(id, stated, KEY_ID) != 0)
		return PN_EFORMAT;
	return 0;
}

/* Takes one line "prefix number[ number]" apart by writing it again: whatever differs is another
 * form. */
static int parse_body(const char *text, size_t size, const char *origin, struct checkpoint *out)
{
	char copy[CHECKPOINT_TEXT_MAX], again[CHECKPOINT_TEXT_MAX];
	const char *at = copy;
	uint64_t wall_ms;
	size_t n = strlen(origin);
	if (size >= sizeof copy || size < n + 1 || memcmp(text, origin, n) != 0 || text[n] != '\n')
		return PN_EFORMAT;
	memcpy(copy, text + n + 1, size - n - 1);
	copy[size - n - 1] = '\0';
	if (!text_number(&at, &out->epoch) || !text_word(&at, " ") ||
		!text_number(&at, &out->seq) || !text_word(&at, "\n"))
		return PN_EFORMAT;
	size_t head_size = strcspn(at, "\n");
	if (!decode64(at, head_size, out->head, CHAIN_HASH))
		return PN_EFORMAT;
	at += head_size;
	if (!text_word(&at, "\nwall ") || !text_number(&at, &wall_ms) || wall_ms > INT64_MAX)
		return PN_EFORMAT;
	out->wall_ms = (int64_t)wall_ms;
	int m = body(again, sizeof again, origin, out);
	return m > 0 && (size_t)m == size && memcmp(again, text, size) == 0 ? 0 : PN_EFORMAT;
}

static int verify(
	const char *text, size_t size, const uint8_t *key, const uint8_t signature[SIGNATURE])
{
	EVP_PKEY *pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, CHECKPOINT_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok =
		pub != NULL && ctx != NULL &&
		EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pub) == 1 &&
		EVP_DigestVerify(ctx, signature, SIGNATURE, (const unsigned char *)text, size) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pub);
	ERR_clear_error();
	return ok ? 0 : PN_ECRYPTO;
}

int checkpoint_parse(const char *text, size_t size, const char *origin, const uint8_t *key,
	struct checkpoint *out)
{
	uint8_t signature[KEY_ID + SIGNATURE], id[KEY_ID];
	char line[CHECKPOINT_ORIGIN_MAX + 16];
	const char *end =
		size > 0 && size < CHECKPOINT_TEXT_MAX ? memmem(text, size, "\n\n", 2) : NULL;
	if (end == NULL)
		return PN_EFORMAT;
	size_t signed_size = (size_t)(end - text) + 1;
	const char *at = end + 2;
	size_t left = size - signed_size - 1;
	int n = snprintf(line, sizeof line, DASH "%s ", origin);
	if (n <= 0 || (size_t)n >= sizeof line || left < (size_t)n + 1 ||
		memcmp(at, line, (size_t)n) != 0 || text[size - 1] != '\n')
		return PN_EFORMAT;
	if (!decode64(at + n, left - (size_t)n - 1, signature, sizeof signature))
		return PN_EFORMAT;
	int err = parse_body(text, signed_size, origin, out);
	if (err != 0 || key == NULL)
		return err;
	if (note_key_id(origin, key, id) != 0 || memcmp(id, signature, KEY_ID) != 0)
		return PN_ECRYPTO;
	return verify(text, signed_size, key, signature + KEY_ID);
}
