/* SPDX-License-Identifier: Apache-2.0
 * A pcscd of the test's own, with the virtual readers of vsmartcard's vpcd driver, in network and mount namespaces of its own:
 * its socket's path and the driver's ports are fixed. Must never be seen by another process of the machine.
 */
#ifndef POSTERN_TEST_PCSCD_H
#define POSTERN_TEST_PCSCD_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* "Virtual PCD 00 00" and "Virtual PCD 00 01" */
enum { PCSCD_PORT_0 = 35963, PCSCD_PORT_1 = 35964 };

/* Leaves this machine's /run and network; before any thread. NULL, or why it cannot be done here. */
const char *pcscd_apart(void);
/* Starts it and waits for its socket. */
pid_t pcscd_start(void);
void pcscd_end(pid_t pid);
#endif
