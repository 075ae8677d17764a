/* SPDX-License-Identifier: Apache-2.0
 * camera-v4l2 as a production profile runs it, started by posternd's own loader in its sandbox, with a driver of the kernel's, vivid:
 * frames are new and at the rate asked for; a picture that stands still, is black or white is told before anybody asks and never a frame; a camera
 * that is pulled out, or taken from its driver, is told as that, and serves again when it is back. hil_camera POSTERND MANIFEST /dev/videoN.
 * Must never be pointed at a camera with people before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "core_side.h"

enum { UID = 64100, PATIENCE_MS = 8000 };

static const char crossing[] = "01J00000000000000000000001";
static const char driver[] = "/sys/bus/platform/drivers/vivid/";

static int failures;

static void judge(bool good, const char *what)
{
	printf("@@camera: %s: %s\n", what, good ? "ok" : "NOT OK");
	fflush(stdout);
	failures += !good;
}

/* By their names, as vivid has them (Documentation/admin-guide/media/vivid.rst). */
static uint32_t control_of(int fd, const char *name)
{
	struct v4l2_queryctrl q = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
	while (ioctl(fd, VIDIOC_QUERYCTRL, &q) == 0) {
		if (strcmp((const char *)q.name, name) == 0)
			return q.id;
		q.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	return 0;
}

static int value_of(int fd, uint32_t id, const char *name)
{
	for (uint32_t i = 0; i < 64; i++) {
		struct v4l2_querymenu m = {.id = id, .index = i};
		if (ioctl(fd, VIDIOC_QUERYMENU, &m) == 0 && strcmp((const char *)m.name, name) == 0)
			return (int)i;
	}
	return -1;
}

static bool set(int fd, const char *control, const char *value)
{
	struct v4l2_control c = {.id = control_of(fd, control)};
	c.value = value == NULL ? 1 : value_of(fd, c.id, value);
	if (c.id == 0 || c.value < 0 || ioctl(fd, VIDIOC_S_CTRL, &c) != 0) {
		printf("@@camera: cannot set %s: %s\n", control, strerror(errno));
		return false;
	}
	return true;
}

static bool ask(struct core_side *c, uint64_t id, uint32_t count, uint32_t interval_ms)
{
	Postern__CaptureFace q = POSTERN__CAPTURE_FACE__INIT;
	uint8_t bytes[32], out[256];
	size_t used;
	q.frames = count;
	q.interval_ms = interval_ms;
	return bus_encode_raw(id, crossing, NULL, POSTERN__ENVELOPE__BODY_CAPTURE_FACE, bytes, postern__capture_face__pack(&q, bytes), out, sizeof out,
		       &used) == PN_OK &&
	       bus_send(c->child.bus_fd, out, used, -1) == PN_OK &&
	       core_side_await(c, POSTERN__ENVELOPE__BODY_FACE_CAPTURED, PATIENCE_MS) == PN_OK && c->message.envelope->id == id;
}

/* Each lies in the blob, is later than the one before by interval_ms in whole milliseconds, and has other bytes. */
static bool frames_good(const struct core_side *c, uint32_t count, uint64_t asked_ns, uint32_t interval_ms)
{
	const Postern__FaceCaptured *a = c->message.envelope->face_captured;
	const size_t size = c->message.envelope->blob_size;
	const uint8_t *blob = c->message.has_blob ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, c->message.blob_fd, 0) : MAP_FAILED;
	bool good = blob != MAP_FAILED && a->result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL && a->n_frames == count;
	for (size_t i = 0; good && i < count; i++) {
		const Postern__FaceFrame *f = a->frames[i];
		good = f->format == POSTERN__FRAME_FORMAT__FRAME_RGB24 && f->size == f->width * f->height * 3 && f->offset + f->size <= size &&
		       f->mono_ns >= (i == 0 ? asked_ns : a->frames[i - 1]->mono_ns + (interval_ms - (interval_ms > 0)) * UINT64_C(1000000)) &&
		       (i == 0 || memcmp(blob + f->offset, blob + a->frames[i - 1]->offset, f->size) != 0);
	}
	if (blob != MAP_FAILED)
		munmap((void *)(uintptr_t)blob, size);
	return good;
}

static void frames(struct core_side *c, uint64_t id, uint32_t count, uint32_t interval_ms, const char *what)
{
	const uint64_t asked_ns = clock_mono_ns();
	bool good = ask(c, id, count, interval_ms);
	if (good) {
		const Postern__FaceCaptured *a = c->message.envelope->face_captured;
		const Postern__FaceFrame *last = a->n_frames > 0 ? a->frames[a->n_frames - 1] : NULL;
		printf("@@camera: %zu frames, %ux%u, the last %llu ms after the question, \"%s\"\n", a->n_frames, last != NULL ? last->width : 0,
			last != NULL ? last->height : 0, last != NULL ? (unsigned long long)((last->mono_ns - asked_ns) / 1000000) : 0, a->cause);
		good = frames_good(c, count, asked_ns, interval_ms);
	}
	judge(good, what);
}

static void no_frames(struct core_side *c, uint64_t id, const char *cause)
{
	const bool good = ask(c, id, 3, 100);
	const Postern__FaceCaptured *a = good ? c->message.envelope->face_captured : NULL;
	judge(good && a->result == POSTERN__CHECK_RESULT__CHECK_ABORTED && a->n_frames == 0 && !c->message.has_blob && strcmp(a->cause, cause) == 0,
		"and gives no frame");
}

/* How long it took is printed. */
static void trouble(struct core_side *c, const char *code, bool active)
{
	const uint64_t begun_ms = clock_mono_ms();
	const Postern__Trouble *t = NULL;
	while (core_side_await(c, POSTERN__ENVELOPE__BODY_TROUBLE, PATIENCE_MS) == PN_OK) {
		t = c->message.envelope->trouble;
		if (strcmp(t->code, code) == 0 && t->active == active)
			break;
		t = NULL;
	}
	printf("@@camera: %s %s after %llu ms\n", code, active ? "told" : "over", (unsigned long long)(clock_mono_ms() - begun_ms));
	judge(t != NULL, code);
}

/* By the kernel's own word of the process. */
static void sandboxed(pid_t pid)
{
	static const struct {
		const char *line, *value;
	} wanted[] = {{"Uid:", "64100\t64100\t64100\t64100"}, {"CapEff:", "0000000000000000"}, {"CapBnd:", "0000000000000000"},
		{"NoNewPrivs:", "1"}, {"Seccomp:", "2"}};
	char path[64], line[256];
	unsigned seen = 0, devices = 0;
	glob_t fds;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		for (size_t i = 0; i < PN_COUNT(wanted); i++) {
			const size_t n = strlen(wanted[i].line);
			seen += strncmp(line, wanted[i].line, n) == 0 && strncmp(line + n + 1, wanted[i].value, strlen(wanted[i].value)) == 0;
		}
	if (f != NULL)
		fclose(f);
	snprintf(path, sizeof path, "/proc/%d/fd/*", pid);
	if (glob(path, 0, NULL, &fds) == 0)
		for (size_t i = 0; i < fds.gl_pathc; i++) {
			const ssize_t n = readlink(fds.gl_pathv[i], line, sizeof line - 1);
			line[n < 0 ? 0 : n] = '\0';
			devices += strncmp(line, "/dev/video", 10) == 0;
		}
	globfree(&fds);
	judge(seen == PN_COUNT(wanted) && devices == 1, "behind its filter, without rights, with one descriptor of the camera");
}

static bool begin(struct core_side *c, const struct manifest *m, const char *manifest_path, const char *device)
{
	char why[500] = "";
	struct text error;
	const struct named_value devices[] = {{"camera", device}}, options[] = {{"width", "640"}, {"height", "480"}, {"format", "any"}};
	const struct plugin_request r = {.unit = "lane-1", .instance = "lane-1/camera", .manifest_path = manifest_path, .manifest = m,
		.uid = UID, .gid = UID, .devices = devices, .device_count = 1, .options = options, .option_count = 3};
	text_init(&error, why, sizeof why);
	const bool good = core_side_start(c, &r, &error) == PN_OK && core_side_greet(c, 1, 1000, 60000) == PN_OK;
	if (!good)
		printf("@@camera: %s\n", why);
	judge(good, "streams");
	return good;
}

/* The supervisor starts it anew: it must end by itself, in order. */
static void gone(struct core_side *c, uint64_t id)
{
	trouble(c, "camera.unplugged", true);
	no_frames(c, id, "camera.unplugged");
	const int status = core_side_status(c, PATIENCE_MS);
	printf("@@camera: ended with status %#x\n", (unsigned)status);
	judge(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) != 0, "ends, and asks for a new start");
	core_side_end(c);
}

static bool put(const char *name, const char *word)
{
	char path[128];
	snprintf(path, sizeof path, "%s%s", driver, name);
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool good = fd >= 0 && write(fd, word, strlen(word)) == (ssize_t)strlen(word);
	if (!good)
		printf("@@camera: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* Whatever number it has now. */
static const char *device_back(void)
{
	static char path[64];
	glob_t found;
	for (unsigned i = 0; i < 100; i++, usleep(50000)) {
		if (glob("/dev/video*", 0, NULL, &found) != 0)
			continue;
		snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
		globfree(&found);
		return path;
	}
	return "/dev/none";
}

/* pattern NULL: the picture stands still. Else it is of one colour but for vivid's counter, which goes on: a lens is covered, a sensor lives. */
static void blind(struct core_side *c, int other, const char *pattern, const char *code, uint64_t id)
{
	if (pattern == NULL)
		judge(set(other, "OSD Text Mode", "None"), "stands still");
	else
		judge(set(other, "OSD Text Mode", "Counters Only") && set(other, "Test Pattern", pattern), pattern);
	trouble(c, code, true);
	no_frames(c, id, code);
	judge(set(other, "Test Pattern", "75% Colorbar") && set(other, "OSD Text Mode", "All"), "sees again");
	trouble(c, code, false);
	frames(c, id + 1, 3, 100, "and is taken again");
}

static void all(const struct manifest *m, const char *manifest_path, const char *device)
{
	static struct core_side c;
	int other = open(device, O_RDWR | O_CLOEXEC);
	if (!begin(&c, m, manifest_path, device))
		return;
	sandboxed(c.child.pid);
	frames(&c, 1, 3, 100, "three new frames, 100 ms apart");
	frames(&c, 2, 8, 0, "eight as they come");
	blind(&c, other, NULL, "camera.frozen", 3);
	blind(&c, other, "100% Black", "camera.black", 5);
	blind(&c, other, "100% White", "camera.flooded", 7);
	judge(set(other, "Disconnect", NULL), "pulled out");
	close(other); /* vivid is plugged in again when the last has let go of it */
	gone(&c, 9);
	if (!begin(&c, m, manifest_path, device_back()))
		return;
	frames(&c, 10, 3, 100, "three new frames after it was plugged in");
	judge(put("unbind", "vivid.0"), "taken from its driver");
	gone(&c, 11);
	judge(put("bind", "vivid.0"), "and given back");
	if (!begin(&c, m, manifest_path, device_back()))
		return;
	frames(&c, 12, 3, 100, "three new frames of the driver's new device");
	core_side_end(&c);
}

int main(int argc, char **argv)
{
	char why[500] = "";
	struct text error;
	struct manifest *m;
	if (argc != 4 || setenv("HOST_CHILD", argv[1], 1) != 0)
		return 2;
	text_init(&error, why, sizeof why);
	if (manifest_load(argv[2], &m, &error) != PN_OK) {
		printf("@@camera: %s\n", why);
		return 1;
	}
	all(m, argv[2], argv[3]);
	manifest_free(m);
	printf("@@camera: %s\n", failures == 0 ? "good" : "NOT GOOD");
	return failures != 0;
}
