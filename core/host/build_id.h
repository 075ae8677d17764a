/* SPDX-License-Identifier: Apache-2.0
 * Which build this program is: both ends of a bus must be the same one. Must never open a file.
 */
#ifndef POSTERN_HOST_BUILD_ID_H
#define POSTERN_HOST_BUILD_ID_H

enum {
	BUILD_ID_SIZE = 80,
	HOST_SCHEMA_VERSION =
		1, /* of core/schema; grows when a reader of the version before must know */
};

/* The linker's build id in hexadecimal, or the version when the program was linked without one. */
void build_id(char out[BUILD_ID_SIZE]);
#endif
