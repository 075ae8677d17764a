/* SPDX-License-Identifier: Apache-2.0
 * Finds the note NT_GNU_BUILD_ID of the running program in its own memory (elf(5)). Must never open
 * a file.
 */
#include "host/build_id.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

static int first_object(struct dl_phdr_info *info, size_t size, void *data)
{
	char *out = data;
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		if (ph->p_type != PT_NOTE)
			continue;
		const uint8_t *at = (const uint8_t *)(info->dlpi_addr + ph->p_vaddr),
			      *end = at + ph->p_memsz;
		while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
			ElfW(Nhdr) note;
			memcpy(&note, at, sizeof note);
			const uint8_t *name = at + sizeof note,
				      *desc = name + ((note.n_namesz + 3u) & ~3u);
			if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
				memcmp(name, "GNU", 4) == 0 && 2 * note.n_descsz < BUILD_ID_SIZE) {
				hex_encode(out, desc, note.n_descsz);
				return 1;
			}
			at = desc + ((note.n_descsz + 3u) & ~3u);
			if (at > end)
				break;
		}
	}
	return 1; /* the program itself comes first; nothing else matters */
}

void build_id(char out[BUILD_ID_SIZE])
{
	snprintf(out, BUILD_ID_SIZE, "%s", POSTERN_VERSION);
	dl_iterate_phdr(first_object, out);
}
