/* SPDX-License-Identifier: Apache-2.0
 * What a simulated camera sees, drawn from portraits: a person before a wall, a little different in every frame, or one of the things
 * that go wrong. Pure: the same scene and number give the same frame. Must never be used on a traveller's picture.
 */
#ifndef POSTERN_SIM_CAMERA_SCENE_H
#define POSTERN_SIM_CAMERA_SCENE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "face/picture.h"

enum scene_condition {
#define CONDITION(id, name, about) SCENE_##id,
#include "conditions.def"
#undef CONDITION
	SCENE_CONDITIONS
};

enum {
	SCENE_WIDTH = 640,
	SCENE_HEIGHT = 480,
	SCENE_BYTES = SCENE_WIDTH * SCENE_HEIGHT * 3,
	SCENE_INFRARED_WIDTH = SCENE_WIDTH / 2,
	SCENE_INFRARED_HEIGHT = SCENE_HEIGHT / 2,
	SCENE_INFRARED_BYTES = SCENE_INFRARED_WIDTH * SCENE_INFRARED_HEIGHT,
};

enum { SCENE_DOWN_MAX = 2000, SCENE_TURN_MAX = 45 };

struct scene {
	enum scene_condition condition;
	uint32_t who, other; /* numbers of portraits */
	int32_t down_permille; /* of the frame's height, from its middle down to the face's; beyond its edge nobody is seen */
	int32_t turn_degrees;  /* of the head, to its own left; with PRINT and SCREEN of the sheet or the screen, which are flat */
};

/* number: of the frame since the scene began. out: SCENE_BYTES of RGB24. With STALLED and UNPLUGGED nothing is drawn. */
void scene_draw(const struct face_picture *portraits, size_t count, const struct scene *scene, uint32_t number, uint8_t *out);
/* What a second camera for near infrared sees in the same moment. out: SCENE_INFRARED_BYTES of grey values. False: it gives nothing. */
bool scene_draw_infrared(const struct face_picture *portraits, size_t count, const struct scene *scene, uint32_t number, uint8_t *out);
/* "WHO CONDITION [down=PERMILLE] [turn=DEGREES]": the portraits WHO and WHO + 1, modulo count. False: it is not of this form. */
bool scene_parse(const char *line, size_t count, struct scene *out);
/* Another moment of one and the same scene: who stands there, and how, has not changed. */
bool scene_goes_on(const struct scene *before, const struct scene *now);
/* SCENE_CONDITIONS: no such name. */
enum scene_condition scene_condition_find(const char *name);
#endif
