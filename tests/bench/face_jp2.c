/* SPDX-License-Identifier: Apache-2.0
 * A portrait as a document's chip holds it: JPEG 2000 of about so many bytes, by OpenJPEG. Must never be linked into the product.
 */
#include <openjpeg.h>

#include "../unit/face/jp2_writer.h"
#include "face_bench.h"

void face_bench_jp2(const struct face_picture *p, size_t about, uint8_t **out, size_t *size)
{
	struct jp2_file f;
	opj_image_cmptparm_t part[3] = {{0}};
	opj_cparameters_t how;
	for (unsigned i = 0; i < 3; i++)
		part[i] = (opj_image_cmptparm_t){.dx = 1, .dy = 1, .w = p->width, .h = p->height, .prec = 8};
	opj_image_t *image = opj_image_create(3, part, OPJ_CLRSPC_SRGB);
	if (image == NULL)
		face_bench_fail("no memory");
	image->x1 = p->width;
	image->y1 = p->height;
	for (size_t i = 0; i < (size_t)p->width * p->height; i++)
		for (unsigned c = 0; c < 3; c++)
			image->comps[c].data[i] = p->pixels[3 * i + c];
	opj_set_default_encoder_parameters(&how);
	how.tcp_numlayers = 1;
	how.cp_disto_alloc = 1;
	how.tcp_rates[0] = (float)((size_t)p->width * p->height * 3) / (float)about;
	how.irreversible = 1;
	how.tcp_mct = 1;
	if (!jp2_write(image, &how, true, &f))
		face_bench_fail("the portrait cannot be compressed");
	opj_image_destroy(image);
	*out = f.bytes;
	*size = f.size;
}
