/* SPDX-License-Identifier: Apache-2.0
 * What the commands of `postern face` share: the models, and pictures from files. Must never write
 * a face anywhere.
 */
#ifndef POSTERN_TOOL_FACE_H
#define POSTERN_TOOL_FACE_H
#include "cli.h"
#include "face/matcher.h"
#include "face/model.h"

struct face_tool {
	struct face_folder *folder;
	struct face_matcher matcher;
};

/* By --model; CLI_OK, or told on cli->err. */
int face_tool_open(struct cli *cli, struct face_tool *t);
void face_tool_close(struct face_tool *t);
/* A JPEG, JPEG 2000 or binary PGM (P5) file's surest face. CLI_OK also without one. limits NULL:
 * nothing is asked for. */
int face_tool_capture(struct cli *cli, struct face_tool *t, const char *path,
	const struct face_limits *limits, struct face_capture *out);
/* "several_faces turned", "" without any. */
void face_tool_faults(uint32_t faults, struct text *out);

int face_eval(struct cli *cli);
#endif
