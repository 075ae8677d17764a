/* SPDX-License-Identifier: Apache-2.0
 * What a chip reader, a camera and a matcher answer a lane on the workbench. Must never decide what they answer.
 */
#ifndef POSTERN_TEST_FACE_BENCH_H
#define POSTERN_TEST_FACE_BENCH_H
#include "lane_bench.h"

/* Of the blobs: a chip's files, its portrait, three frames, the face that an officer is shown, what a reader cut from
 * the data page. */
enum { FACE_PAGE_BYTES = 40000 };
extern uint8_t face_hash_files[32], face_hash_portrait[32], face_hash_frames[32], face_hash_live[32], face_hash_page[32];

/* The chip is read and inspected, and is well. */
void face_read_chip(struct bench *b, bool with_portrait);
/* Each answers the last query of its kind. */
void face_reference(struct bench *b, Postern__CheckResult result, const char *cause);
void face_captured(struct bench *b, Postern__CheckResult result, const char *cause);
void face_say(struct bench *b, Postern__FaceMatched *a);
/* The reader's answer to that question; hash NULL: without a picture. What bench_message() says of it. */
int face_cut(struct bench *b, Postern__PluginKind from, uint64_t query, Postern__CheckResult result, uint8_t *hash);
/* The question to the reader that is open. */
uint64_t face_page_query(const struct bench *b);
/* An officer opens the referral in hand; the record of it becomes durable, or not. */
void face_look(struct bench *b, bool durable);
/* An officer sends back whoever is held; the decision is on record. */
void face_send_back(struct bench *b);
/* As good as a matcher without certified attack detection can say it. */
Postern__FaceMatched face_match(void);
#endif
