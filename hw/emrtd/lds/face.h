/* SPDX-License-Identifier: Apache-2.0
 * DG2, the holder's face (ICAO Doc 9303-10 4.7.2): biometric information templates of ISO/IEC 7816-11 around a record of
 * ISO/IEC 19794-5:2005 (DO 5F2E) or of ISO/IEC 39794-5:2019 (DO 7F2E, 4.5.6). As lds.h: views only, no guess. Must never
 * decode an image, nor trust a length that a record states before comparing it with what is there.
 */
#ifndef POSTERN_EMRTD_LDS_FACE_H
#define POSTERN_EMRTD_LDS_FACE_H
#include "emrtd/lds/lds.h"

enum { LDS_FACES_MAX = 9 };

enum lds_face_record { LDS_FACE_19794_5, LDS_FACE_39794_5 };

struct lds_face {
	enum lds_face_record record;
	struct lds_picture picture; /* its width and height: as the image itself says */
	uint32_t width, height;     /* as the record says; 0: it does not */
	unsigned points;            /* feature points or landmarks that the record holds */
	unsigned format;            /* the record's own code for the image's format; the image's first bytes decide */
	unsigned owner, type;       /* format owner and format type of the biometric header; 0: not there */
	struct lds_date created, valid_from, valid_through; /* of the biometric header */
};

struct lds_dg2 {
	unsigned stated;  /* number of biometric templates that the file says it has */
	size_t templates; /* that it has */
	size_t count;     /* in face: the first is the most recent one (4.7.2) */
	struct lds_face face[LDS_FACES_MAX];
};

/* 0: there is at least one face with an image of a known kind. */
int lds_dg2(struct emrtd_bytes file, struct lds_dg2 *out, struct lds_notes *notes) PN_MUST_CHECK;
#endif
