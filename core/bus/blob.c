/* SPDX-License-Identifier: Apache-2.0
 * Sealed memfds. Must never hand out a mapping of unsealed or unverified bytes.
 */
#include "bus/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

static int sha256(const uint8_t *bytes, size_t size, uint8_t out[BUS_HASH_SIZE])
{
	unsigned len = 0;
	if (EVP_Digest(bytes, size, out, &len, EVP_sha256(), NULL) != 1 || len != BUS_HASH_SIZE)
		return PN_ECRYPTO;
	return PN_OK;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PN_EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return PN_OK;
}

int blob_create(const uint8_t *bytes, size_t size, int *fd, struct bus_blob *blob)
{
	*fd = -1;
	if (size == 0)
		return PN_EINVAL;
	if (size > BLOB_MAX)
		return PN_ELIMIT;
	blob->size = size;
	int r = sha256(bytes, size, blob->sha256);
	if (r != PN_OK)
		return r;
	int made = memfd_create("postern-blob", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (made < 0)
		return PN_EIO;
	r = write_all(made, bytes, size);
	if (r == PN_OK && fcntl(made, F_ADD_SEALS, seals) != 0)
		r = PN_EIO;
	if (r != PN_OK) {
		close(made);
		return r;
	}
	*fd = made;
	return PN_OK;
}

int blob_check_seals(int fd, uint64_t size)
{
	struct stat st;
	if (size == 0 || size > BLOB_MAX)
		return PN_ELIMIT;
	int have = fcntl(fd, F_GET_SEALS);
	if (have < 0 || (have & seals) != seals)
		return PN_EFORMAT;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return PN_EFORMAT;
	return PN_OK;
}

int blob_map(int fd, const struct bus_blob *blob, const uint8_t **bytes)
{
	uint8_t hash[BUS_HASH_SIZE];
	*bytes = NULL;
	int r = blob_check_seals(fd, blob->size);
	if (r != PN_OK)
		return r;
	void *at = mmap(NULL, (size_t)blob->size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return PN_EIO;
	r = sha256(at, (size_t)blob->size, hash);
	if (r == PN_OK && CRYPTO_memcmp(hash, blob->sha256, sizeof hash) != 0)
		r = PN_ECRYPTO;
	if (r != PN_OK) {
		munmap(at, (size_t)blob->size);
		return r;
	}
	*bytes = at;
	return PN_OK;
}

int blob_read(int fd, const struct bus_blob *blob, uint8_t *bytes)
{
	uint8_t hash[BUS_HASH_SIZE];
	size_t have = 0;
	int r = blob_check_seals(fd, blob->size);
	if (r != PN_OK)
		return r;
	while (r == PN_OK && have < blob->size) {
		const ssize_t n = pread(fd, bytes + have, (size_t)blob->size - have, (off_t)have);
		if (n > 0)
			have += (size_t)n;
		else if (n == 0 || errno != EINTR)
			r = PN_EIO;
	}
	if (r == PN_OK)
		r = sha256(bytes, have, hash);
	if (r == PN_OK && CRYPTO_memcmp(hash, blob->sha256, sizeof hash) != 0)
		r = PN_ECRYPTO;
	if (r != PN_OK)
		OPENSSL_cleanse(bytes, (size_t)blob->size);
	return r;
}

void blob_unmap(const uint8_t *bytes, uint64_t size)
{
	if (bytes != NULL)
		munmap((void *)(uintptr_t)bytes, (size_t)size);
}
