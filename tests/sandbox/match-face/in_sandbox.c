/* SPDX-License-Identifier: Apache-2.0
 * See in_sandbox.h.
 */
#include "in_sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../unit/face/models_missing.h"
#include "bus/blob.h"

const char in_sandbox_crossing[] = "01J00000000000000000000000";
static const char *models;
/* Below /tmp: what is below /root cannot be reached by the plugins' user. */
char in_sandbox_place[] = "/tmp/postern-match-face-XXXXXX";

bool in_sandbox_has(const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", models, name);
	return access(path, R_OK) == 0;
}

static void copy(const char *from, const char *to)
{
	static uint8_t bytes[64 << 20];
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", models, from);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	const size_t size = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	snprintf(path, sizeof path, "%s/%s", in_sandbox_place, to);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
	assert_int_equal(chmod(path, 0644), 0);
}

/* The last two: of a folder for the matcher of ONNX files. */
static const char *const files[] = {
	"model.json", "blazeface.net", "facemesh.net", "dlib29.net", "yunet.onnx", "sface.onnx"};
enum { ALWAYS = 4 };

int in_sandbox_lay(void **state)
{
	char path[100];
	(void)state;
	assert_non_null(mkdtemp(in_sandbox_place));
	assert_int_equal(chmod(in_sandbox_place, 0755), 0);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", in_sandbox_place, i == 0 ? "models" : "portraits");
		assert_int_equal(mkdir(path, 0755), 0);
		assert_int_equal(chmod(path, 0755), 0);
	}
	for (size_t i = 0; i < PN_COUNT(files); i++) {
		snprintf(path, sizeof path, "models/%s", files[i]);
		if (i < ALWAYS || in_sandbox_has(files[i]))
			copy(files[i], path);
	}
	copy("samples/sample1.jpg", "portraits/1.jpg");
	copy("samples/sample2.jpg", "portraits/2.jpg");
	return 0;
}

int in_sandbox_clear(void **state)
{
	static const char *const names[] = {"models", "portraits/1.jpg", "portraits/2.jpg", "portraits", ""};
	char path[100];
	(void)state;
	for (size_t i = 0; i < PN_COUNT(files); i++) {
		snprintf(path, sizeof path, "%s/models/%s", in_sandbox_place, files[i]);
		assert_true(remove(path) == 0 || i >= ALWAYS);
	}
	for (size_t i = 0; i < PN_COUNT(names); i++) {
		snprintf(path, sizeof path, "%s/%s", in_sandbox_place, names[i]);
		assert_int_equal(remove(path), 0);
	}
	return 0;
}

struct core_side *in_sandbox_begin(const char *name, const char *folder, struct manifest **manifest)
{
	char path[512], below[100], why[500] = "";
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	text_init(&error, why, sizeof why);
	assert_non_null(c);
	snprintf(path, sizeof path, "%s/%s/%s.plugin", getenv("PLUGINS"), name, name);
	if (manifest_load(path, manifest, &error) != PN_OK)
		fail_msg("%s", why);
	snprintf(below, sizeof below, "%s/%s", in_sandbox_place, folder);
	const struct named_value folders[] = {{folder, below}};
	const int64_t id = geteuid() == 0 ? 64001 : SPEC_KEEP_UID;
	struct plugin_request r = {.unit = "lane-1",
		.instance = "lane-1/face",
		.manifest_path = path,
		.manifest = *manifest,
		.uid = id,
		.gid = id,
		.folders = folders,
		.folder_count = 1};
	/* A production profile loads no simulated camera; the demonstration's does. */
	if ((*manifest)->simulated == MANIFEST_YES) {
		assert_true(core_side_start(c, &r, &error) < 0);
		text_init(&error, why, sizeof why);
		r.demo = true;
	}
	if (core_side_start(c, &r, &error) != PN_OK)
		fail_msg("%s", why);
	assert_int_equal(core_side_greet(c, 1, 100, 5000), PN_OK);
	return c;
}

int in_sandbox_send(struct core_side *c, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size)
{
	static uint8_t out[BUS_MESSAGE_MAX];
	struct bus_blob sealed;
	size_t used;
	int fd = -1;
	if (blob != NULL)
		assert_int_equal(blob_create(blob, blob_size, &fd, &sealed), PN_OK);
	assert_int_equal(bus_encode_raw(id, in_sandbox_crossing, blob != NULL ? &sealed : NULL, body, bytes,
				 size, out, sizeof out, &used),
		PN_OK);
	const int r = bus_send(c->child.bus_fd, out, used, fd);
	if (fd >= 0)
		close(fd);
	return r;
}

void in_sandbox_ask(struct core_side *c, uint32_t body, const uint8_t *bytes, size_t size,
	const uint8_t *blob, size_t blob_size, uint32_t answer)
{
	assert_int_equal(in_sandbox_send(c, body, body, bytes, size, blob, blob_size), PN_OK);
	assert_int_equal(core_side_await(c, answer, 30000), PN_OK);
	assert_int_equal(c->message.envelope->id, body);
}

uint8_t *in_sandbox_blob(const struct core_side *c, size_t *size)
{
	assert_true(c->message.has_blob);
	*size = c->message.envelope->blob_size;
	void *mapped = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, c->message.blob_fd, 0);
	assert_true(mapped != MAP_FAILED);
	uint8_t *copied = malloc(*size);
	assert_non_null(copied);
	memcpy(copied, mapped, *size);
	munmap(mapped, *size);
	return copied;
}

uint8_t *in_sandbox_file(const char *name, size_t *size)
{
	char path[100];
	uint8_t *bytes = malloc(4 << 20);
	assert_non_null(bytes);
	snprintf(path, sizeof path, "%s/%s", in_sandbox_place, name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	*size = fread(bytes, 1, 4 << 20, f);
	fclose(f);
	return bytes;
}

int in_sandbox_main(int argc, char **argv, int (*all)(void))
{
	if (argc < 2)
		return 2;
	models = argv[1];
	if (models_missing(models))
		return MODELS_MISSING;
	if (!in_sandbox_has("model.json")) { /* one of ONNX files, made of the others */
		fprintf(stderr, "skipped: %s has no models\n", models);
		return MODELS_MISSING;
	}
	return all();
}
