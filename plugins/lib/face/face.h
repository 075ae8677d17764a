/* SPDX-License-Identifier: Apache-2.0
 * The C ABI of a face engine: detector, quality, matcher and presentation attack detection (PAD)
 * are slots of one sized table, of which a vendor's engine may fill one or all. The host owns the
 * thresholds and the rule that decides; an engine measures.
 *
 * Promise: struct face_engine only grows at its end within one FACE_ABI; the host looks at
 * struct_size before it calls a newer member, and an engine looks at struct_size of what it is
 * handed. All functions give 0 or a negative PN_E* (base/err.h), from one thread.
 *
 * Must never: keep a frame or a template after the call; start a process; write a file; allocate on
 * one side what the other frees.
 */
#ifndef POSTERN_FACE_FACE_H
#define POSTERN_FACE_FACE_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FACE_ABI 1u

enum face_format {
	FACE_RGB24 = 1,
	FACE_GREY8 = 2,
	FACE_NIR8 = 3,
	FACE_DEPTH16 = 4
}; /* depth: millimetres, native order */

/* Row by row from the top, stride in bytes; valid during the call. */
struct face_frame {
	uint32_t struct_size;
	uint32_t width, height, stride;
	uint32_t format; /* enum face_format */
	uint32_t sensor; /* frames of one moment by several sensors have the same time */
	uint64_t time_ns;
	const uint8_t *pixels;
};

/* Points in pixels of the frame, x and y. The subject's: his left eye is on the right of the frame.
 */
struct face_found {
	float box[4];       /* left, top, right, bottom */
	float points[5][2]; /* left eye's outer and inner corner, right eye's outer and inner
			       corner, base of the nose */
	float angles[3];    /* yaw, pitch, roll in degrees; NAN: not known */
	float score;        /* 0 to 1: that this is a face */
};

/* NAN: not assessed, which is never good enough for a rule that asks for it. Named after ISO/IEC
 * 29794-5; no conformity is claimed. */
struct face_quality {
	uint32_t struct_size;
	uint32_t faces;         /* in the frame */
	float eye_distance;     /* pixels between the middles of the eyes */
	float yaw, pitch, roll; /* degrees */
	float sharpness;  /* variance of the Laplacian of the aligned face, grey values of 0 to 255
			   */
	float brightness; /* mean grey value of the aligned face, 0 to 1 */
	float clipped;    /* share of its pixels below 4 or above 251 */
	float eyes_open;  /* 0 to 1 */
	float mouth_closed; /* 0 to 1 */
};

/* ISO/IEC 30107-2's terms. */
enum face_pad_decision { FACE_PAD_UNDETERMINED = 0, FACE_PAD_BONA_FIDE = 1, FACE_PAD_ATTACK = 2 };
enum face_pad_level { FACE_PAD_NONE = 0, FACE_PAD_HEURISTIC = 1, FACE_PAD_CERTIFIED = 2 };

struct face_pad {
	uint32_t struct_size;
	uint32_t decision, level;
	float score;          /* higher: more likely bona fide; the scale is the mechanism's */
	char mechanism[32];   /* and version; ends with a NUL */
	char certificate[64]; /* what it was certified under; "" */
};

enum face_slot { FACE_DETECTOR = 1, FACE_QUALITY = 2, FACE_MATCHER = 4, FACE_PAD = 8 };

struct face_file {
	const char *slot; /* as model.json names it */
	const uint8_t *bytes;
	size_t size;
};

struct face_opening {
	uint32_t struct_size;
	uint32_t file_count;
	const struct face_file *files; /* those that model.json lists, their digests verified; valid
					  during open() */
	const char *folder; /* where they are, readable during open(); NULL: there is none */
};

struct face_engine {
	uint32_t struct_size, abi;
	const char *vendor, *name, *version;
	const char *template_format; /* templates of two formats are never compared */
	uint32_t slots;              /* of enum face_slot */
	uint32_t template_max;       /* bytes */
	/* Both always; of the others those of its slots, fuse where it has one: several templates are compared one by one without. */
	int (*open)(const struct face_opening *opening, void **self);
	void (*close)(void *self);
	/* At most room faces, the surest first; *count 0 is no error. */
	int (*detect)(void *self, const struct face_frame *frame, struct face_found *faces,
		uint32_t room, uint32_t *count);
	int (*quality)(void *self, const struct face_frame *frame, const struct face_found *face,
		struct face_quality *out);
	/* size: room before, bytes after. PN_ENOTFOUND: sees no face there. */
	int (*extract)(void *self, const struct face_frame *frame, const struct face_found *face,
		uint8_t *templ, uint32_t *size);
	/* One template of several of one person; each of bytes size. */
	int (*fuse)(void *self, const uint8_t *const *templates, uint32_t count, uint32_t size,
		uint8_t *out);
	/* Higher: more alike. The scale is the engine's; a model's table gives thresholds on it. */
	int (*compare)(void *self, const uint8_t *reference, uint32_t reference_size,
		const uint8_t *probe, uint32_t probe_size, float *score);
	int (*pad)(void *self, const struct face_frame *const *frames, uint32_t count,
		struct face_pad *out);
};

/* The bytes of struct face_engine that every engine of FACE_ABI 1 has: members after pad came later, and an engine may not know them. */
#define FACE_ENGINE_LEAST (offsetof(struct face_engine, pad) + sizeof(((struct face_engine *)0)->pad))

/* The reference engine: BlazeFace, Face Mesh and dlib's ResNet-29, on net.h. Its pad slot is empty:
 * there is no trustworthy one to be had in software alone. */
const struct face_engine *face_reference_engine(void);

#ifdef __cplusplus
}
#endif
#endif
