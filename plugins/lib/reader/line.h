/* SPDX-License-Identifier: Apache-2.0
 * The serial line below the framing: parameters, and reading without ever blocking. The descriptor
 * belongs to the host; it may be a terminal, a pseudo terminal or a socket. Must never open or
 * close anything.
 */
#ifndef POSTERN_READER_LINE_H
#define POSTERN_READER_LINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_parity { LINE_PARITY_NONE, LINE_PARITY_EVEN, LINE_PARITY_ODD };

/* Raw mode, 8 data bits (7 with parity when seven is set), one stop bit, no flow control,
 * non-blocking. A byte with a parity error is read as 0. Only the non-blocking part when fd is not
 * a terminal. False: the line refuses, or the baud rate is none of 1200 ... 115200. */
bool line_set(int fd, int64_t baud, enum line_parity parity, bool seven);

/* Bytes read (> 0), 0 when there are none now, -1 when the other end is gone. */
int line_read(int fd, uint8_t *bytes, size_t size);

/* True while the other end is there. */
bool line_alive(int fd);
#endif
