/* SPDX-License-Identifier: Apache-2.0
 * An office, passports issued there, and the reader's library in front of their chips. Must never
 * be used outside tests.
 */
#ifndef POSTERN_TEST_SIM_CHIP_DESK_H
#define POSTERN_TEST_SIM_CHIP_DESK_H
#include "emrtd/file.h"
#include "sim/chip/passport.h"

/* One for a whole test program. */
struct sim_office *desk_office(void);
extern const char desk_td3[], desk_td2[], desk_td1[];
/* Open by BAC with DG1 and DG2, nothing else. */
struct sim_passport_config desk_usual(void);

struct desk {
	struct sim_passport *passport;
	struct sim_chip *chip;
	struct emrtd_session *session;
	struct emrtd_access_report report;
};
/* extended: what the reader takes. */
void desk_open(struct desk *d, const struct sim_passport_config *config, bool extended);
void desk_close(struct desk *d);
/* emrtd_access() with the zone, or with the CAN. */
int desk_access(struct desk *d, bool by_can);
/* A file, at most room bytes; what emrtd_file_read() says. */
int desk_read(
	struct desk *d, const struct emrtd_file *file, uint8_t *out, size_t room, size_t *size);
/* Compares with what was issued. */
void desk_expect_group(struct desk *d, unsigned number);
#endif
