/* SPDX-License-Identifier: Apache-2.0
 * What a chip says of the size of commands and responses that it takes: card capabilities in the historical bytes of its ATR
 * (ISO/IEC 7816-4, 12.1.1.9), and DO 7F66 of EF.ATR/INFO (ISO/IEC 7816-4, 12.7.1; ICAO Doc 9303-10, 3.11.1). Pure.
 * And what a reader of PC/SC says (PC/SC part 10, 2.2 and 2.6.14). Must never believe more than the protocol can carry.
 */
#ifndef POSTERN_CHIP_CAPACITY_H
#define POSTERN_CHIP_CAPACITY_H
#include "emrtd/tlv.h"

enum chip_extended {
	CHIP_EXTENDED_UNSAID, /* nothing is said: short commands, extended ones only where nothing else will do */
	CHIP_EXTENDED_NO,
	CHIP_EXTENDED_YES
};

enum chip_extended chip_extended(const uint8_t *atr, size_t size);
/* Whether it announces command chaining there; the same in DO 47 of EF.ATR/INFO, of which at least the beginning is in file. */
bool chip_chaining(const uint8_t *atr, size_t size);
bool chip_info_chaining(struct emrtd_bytes file);

/* The bounds in EF.ATR/INFO, of which at least the beginning is in file. False when it states none. */
bool chip_info_sizes(struct emrtd_bytes file, size_t *command_max, size_t *response_max);

enum { CHIP_FEATURE_TLV_PROPERTIES = 0x12 };

/* The control code of a feature in the answer to CM_IOCTL_GET_FEATURE_REQUEST; 0: the reader has no such feature. */
uint32_t chip_feature(const uint8_t *list, size_t size, uint8_t feature);
/* dwMaxAPDUDataSize in the answer to that of TLV_PROPERTIES; 0: not said. */
uint32_t chip_reader_size(const uint8_t *properties, size_t size);
#endif
