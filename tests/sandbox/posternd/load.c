/* SPDX-License-Identifier: Apache-2.0
 * The control run: loads an infected object outside the sandbox, as root, so that the very same
 * code makes its attempt in its constructor. Must never be installed.
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 2 || dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) == NULL) {
		fprintf(stderr, "load: %s\n", argc == 2 ? dlerror() : "usage: load OBJECT");
		return 2;
	}
	return 1; /* the attempt ends the process */
}
