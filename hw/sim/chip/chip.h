/* SPDX-License-Identifier: Apache-2.0
 * A virtual passport: the chip's side of ICAO Doc 9303-10 (files) and 9303-11 (BAC, PACE, secure
 * messaging, Chip and Active Authentication), written without a line of the reader's library so
 * that each proves the other, and able to do wrong whatever faults.def lists. Pure: bytes in, bytes
 * out; sockets are in vpcd.h, issuing documents in passport.h. Must never be linked into a gate of
 * the production profile.
 */
#ifndef POSTERN_SIM_CHIP_H
#define POSTERN_SIM_CHIP_H
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last number of the protocols' object identifiers (9303-11 9.2). */
enum sim_cipher { SIM_NO_CIPHER, SIM_3DES, SIM_AES_128, SIM_AES_192, SIM_AES_256 };
enum sim_mapping { SIM_GM, SIM_IM, SIM_CAM };

/* parameter: a standardized domain parameter id, 0 to 2 (DH) and 8 to 18 (ECDH); 9303-11 9.5.1. IM
 * is not defined for 10 (its prime is 1 modulo 4), CAM not for DH. */
struct sim_chip_pace {
	enum sim_mapping mapping;
	enum sim_cipher cipher;
	unsigned parameter;
};
enum { SIM_CHIP_PACE_MAX = 4, SIM_CHIP_KEYS_MAX = 4 };

/* A static key for Chip Authentication. key: EC, DH or DHX with a private part; the chip takes a
 * reference. */
struct sim_chip_key {
	EVP_PKEY *key;
	enum sim_cipher cipher; /* only this one is accepted; SIM_NO_CIPHER: any */
	int id;                 /* keyId; below 0: none */
};

/* Active Authentication. trailer: of ISO 9796-2 for RSA keys: 0xBC, 0x33CC (SHA-1), 0x34CC (256),
 * 0x35CC (512), 0x36CC (384), 0x38CC (224). digest: for EC keys, an EVP name; der: r and s as a
 * SEQUENCE rather than plain. */
struct sim_chip_aa {
	EVP_PKEY *key; /* NULL: none */
	unsigned trailer;
	const char *digest;
	bool der;
};

/* Elementary files. In the application: 0x011E EF.COM, 0x011D EF.SOD, 0x0101 to 0x0110 the data
 * groups. In the master file: SIM_MF | 0x011C EF.CardAccess, 0x011D EF.CardSecurity, 0x2F01
 * EF.ATR/INFO. */
enum { SIM_MF = 0x10000 };
struct sim_chip_file {
	unsigned id;
	const uint8_t *bytes;
	size_t size; /* at most 1 MiB */
};

enum sim_chip_draw {
	SIM_DRAW_CHALLENGE, /* RND.IC, 8 bytes */
	SIM_DRAW_K_IC,      /* 16 bytes */
	SIM_DRAW_NONCE,     /* PACE: s */
	SIM_DRAW_MAP,       /* PACE: the mapping's secret, big endian */
	SIM_DRAW_EPHEMERAL, /* PACE: the second secret, big endian */
	SIM_DRAW_M1,        /* Active Authentication: the recoverable part */
};

/* Time that a command takes. Air: 9 bits a byte, frames of at most 256 bytes of which 3 are
 * overhead (ISO 14443-4). */
struct sim_chip_timing {
	double ms[256];     /* by instruction, before the chip answers */
	double us_per_byte; /* of command and response, inside the chip */
	double air_kbit;    /* 106, 212, 424, 848; 0: no air */
	double frame_ms;    /* turn-around of each frame; usually 0.3 */
};

enum sim_chip_fault {
#define FAULT(symbol, name, layer, about) SIM_FAULT_##symbol,
#include "sim/chip/faults.def"
#undef FAULT
	SIM_FAULTS
};

/* When and how a fault acts. Commands are counted from 1 at every power-up. A tear at one command
 * happens once. */
struct sim_chip_when {
	bool on;
	bool has_value;
	int32_t value;
	uint32_t at;    /* 0: at every command */
	bool and_after; /* at and every later one */
};

struct sim_chip_config {
	const struct sim_chip_file *files;
	size_t file_count;
	/* Who may read: nobody asked, or BAC, or PACE; with neither flag and no PACE everything is
	 * closed. */
	bool open, bac;
	struct sim_chip_pace pace[SIM_CHIP_PACE_MAX];
	size_t pace_count;
	const char *mrz_information; /* number, birth, expiry, each with its check digit
					(9303-11 4.3.2); NULL: none */
	const char *can;             /* NULL: none */
	struct sim_chip_key ca[SIM_CHIP_KEYS_MAX];
	size_t ca_count;
	EVP_PKEY *cam; /* EC; NULL: ca[0]'s */
	struct sim_chip_aa aa;
	bool no_extended;     /* neither the commands nor what is said in the ATR */
	size_t response_most; /* bytes of a response without status; 0: 65533, the most */
	struct sim_chip_timing timing;
	struct sim_chip_when faults[SIM_FAULTS];
	/* NULL: OpenSSL's random numbers. Else bytes into out, at most room, and returns how many;
	 * 0 ends the command with 6F00. size is how many are usual. Tests repeat the worked
	 * examples with it. */
	size_t (*draw)(
		void *context, enum sim_chip_draw what, uint8_t *out, size_t size, size_t room);
	void *draw_context;
};

struct sim_chip;

/* What vpcd can announce. */
enum { SIM_CHIP_RESPONSE_MAX = 65535 };

/* Copies what it is given. PN_EINVAL (a wrong combination), PN_ENOMEM, PN_ECRYPTO. */
int sim_chip_new(const struct sim_chip_config *config, struct sim_chip **out);
void sim_chip_free(struct sim_chip *chip);

void sim_chip_power(struct sim_chip *chip, bool on);
void sim_chip_reset(struct sim_chip *chip);
/* At most 33 bytes. */
size_t sim_chip_atr(const struct sim_chip *chip, uint8_t out[33]);

/* One command; *size is the room of response (SIM_CHIP_RESPONSE_MAX is always enough), then its
 * size: data and status, or what a LINK fault leaves of it. PN_OK; PN_ECLOSED: the chip has left
 * the field (*size bytes go out first; announced says how many it claims to send); PN_EINVAL: no
 * room. */
int sim_chip_apdu(struct sim_chip *chip, const uint8_t *command, size_t command_size,
	uint8_t *response, size_t *size);
/* Bytes that the last response announces: its size, but for tear-half. */
size_t sim_chip_announced(const struct sim_chip *chip);
/* What the last command took by the timing model, and all since the chip was made. */
double sim_chip_last_ms(const struct sim_chip *chip);
double sim_chip_total_ms(const struct sim_chip *chip);
uint32_t sim_chip_commands(const struct sim_chip *chip);
/* Changes one fault of a chip that lives, as a tester does between two commands. */
void sim_chip_set_fault(
	struct sim_chip *chip, enum sim_chip_fault fault, const struct sim_chip_when *when);

/* "sm-mac" and so on; layer "LINK", ...; NULL beyond the last. */
const char *sim_chip_fault_name(enum sim_chip_fault fault);
const char *sim_chip_fault_layer(enum sim_chip_fault fault);
const char *sim_chip_fault_about(enum sim_chip_fault fault);
/* "NAME", "NAME=VALUE" (decimal, or 0x), "NAME@N", "NAME@N+", "NAME=VALUE@N". PN_ENOTFOUND,
 * PN_EFORMAT. */
int sim_chip_fault_parse(const char *text, struct sim_chip_when faults[SIM_FAULTS]);
#endif
