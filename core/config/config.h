/* SPDX-License-Identifier: Apache-2.0
 * The configuration of one machine: profile, units (a gate, a post, a centre), their plugins and
 * devices. One YAML file; relative paths are relative to it. What a key means and its default:
 * docs/man/postern.yaml(5). Loading tells every problem as "file:line: what is wrong, what is
 * expected" and gives nothing unless there is none. Must never open a device, start anything, or
 * hold a secret: secrets are files named here.
 */
#ifndef POSTERN_CONFIG_CONFIG_H
#define POSTERN_CONFIG_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

enum {
	CONFIG_SCHEMA = 1,
	CONFIG_HASH_SIZE = 32,
	CONFIG_NAME_MAX = 32,    /* unit, instance, plugin, device: a-z 0-9 and - */
	CONFIG_UNITS_MAX = 32,   /* per machine */
	CONFIG_PLUGINS_MAX = 32, /* per unit */
	CONFIG_KIOSKS_MAX = 4,   /* per gate */
	CONFIG_PORTS_MAX = 8,    /* per plugin and direction */
};

enum config_profile { CONFIG_PRODUCTION, CONFIG_DEMO };
enum config_clock { CONFIG_CLOCK_SYSTEM, CONFIG_CLOCK_OPERATOR_ASSERTED };
enum config_role { CONFIG_GATE, CONFIG_POST, CONFIG_CENTRAL };
/* Values are those of Postern__Direction and Postern__LaneMode. */
enum config_direction { CONFIG_DIRECTION_NONE, CONFIG_ENTRY, CONFIG_EXIT };
enum config_mode { CONFIG_MODE_NONE, CONFIG_LOCKED, CONFIG_CONTROLLED };
enum config_side { CONFIG_SIDE_NONE, CONFIG_MASTER, CONFIG_SLAVE };

/* Bits of config_plugin.sockets: the same words as in a manifest. */
enum config_socket {
	CONFIG_INET_CLIENT = 1,
	CONFIG_INET_SERVER = 2,
	CONFIG_UNIX_CLIENT = 4,
};

/* Of a lane; a further one is a further word of lane_file.c. */
enum config_topology { CONFIG_TWO_STEP, CONFIG_ONE_STEP, CONFIG_SEGREGATED, CONFIG_TOPOLOGIES_ };

/* One line of a free map. line: in the configuration file. */
struct config_pair {
	char *key, *value;
	unsigned line;
};

struct config_pairs {
	struct config_pair *at;
	size_t count;
};

struct config_plugin {
	char *instance;              /* unique in its unit */
	char *plugin;                /* NAME of NAME.so and NAME.plugin */
	char *kiosk;                 /* the kiosk at which it stands, or NULL: the gate's own */
	uint32_t sockets;            /* allowed, bits of config_socket; the manifest requests */
	uint32_t memory_mib;         /* 0: as the manifest asks */
	uint16_t *connect_ports;     /* TCP, with inet-client; none: any in the demo profile */
	unsigned connect_ports_count;
	uint16_t *bind_ports; /* TCP, with inet-server; none: any in the demo profile */
	unsigned bind_ports_count;
	struct config_pairs devices; /* manifest's device name -> a name in config.devices */
	struct config_pairs folders; /* manifest's folder name -> absolute path */
	struct config_pairs options; /* as written; the manifest gives the types */
	unsigned line;
};

/* What a match of the face must come with: certified attack detection, or an officer who supervises the lane. */
enum config_face { CONFIG_FACE_UNATTENDED, CONFIG_FACE_ASSISTED };

struct config_journal {
	uint32_t free_space_floor_mib; /* default 64: no passage below */
	uint32_t retention_hours;      /* default 72: sealed bytes are kept that long after
					  acknowledgement */
	uint32_t failed_faces_hours;   /* gate; 0, the default: no picture is kept. Else those of a crossing whose face check did
					  not succeed, sealed, for so long */
};

/* What the kiosks of a gate issue. */
struct config_results {
	uint32_t valid_s; /* default 600: how long a result may be redeemed */
	bool same_basis;  /* and only while lists, rules and trust are those it rests on */
};

struct config_unit {
	char *name; /* unique */
	enum config_role role;
	char *crossing_point; /* gate and post */
	char *time_zone;      /* IANA name of the crossing point's; default UTC for central */
	enum config_direction direction; /* gate */
	enum config_mode mode;           /* gate; default locked */
	char *lane;  /* absolute path of a lane file (hw/lanes), or NULL: a two-step lane */
	enum config_topology topology; /* as the lane file says */
	char *trust; /* absolute path: centre-seal.pem, escrow-seal.pem, ack.pub, officers/X.pub; or
			NULL */
	struct config_journal journal;
	struct config_results kiosk_results;
	const char *kiosks[CONFIG_KIOSKS_MAX]; /* as its plugins name them; borrowed from these */
	unsigned kiosks_count;
	uint32_t heartbeat_ms;   /* default 100; in a gate at most 200, since the kick of its hardware stops within 500 ms */
	uint32_t stale_after_ms; /* default 1000; at least twice heartbeat_ms */
	uint32_t start_limit_ms; /* default 60000: a plugin that has not said hello by then is
				    started again */
	bool officer_required;   /* gate: no new traveller without an officer on duty (postern lane duty-on) */
	enum config_face face;   /* gate with a camera; default unattended */
	struct config_plugin *plugins;
	unsigned plugins_count;
	unsigned line;
};

/* Either path, or one side of the pseudo-terminal pair called pty (demo profile only). */
struct config_device {
	char *name;
	char *path;
	char *pty;
	enum config_side side;
	unsigned line;
};

struct config_user {
	uint32_t first_uid; /* default 64000: one uid per child from here on */
	uint32_t core_uid;  /* default first_uid */
};

struct config {
	uint32_t schema;
	enum config_profile profile;
	char *tenant;                    /* three capital letters */
	char *state_folder, *run_folder; /* absolute; created when missing */
	char **plugin_folders;           /* absolute; searched in this order */
	unsigned plugin_folders_count;
	enum config_clock clock;
	struct config_user user;
	enum log_level log_level;
	struct config_unit *units;
	unsigned units_count;
	struct config_device *devices;
	unsigned devices_count;

	char *path;                     /* absolute, as given to config_load */
	uint8_t hash[CONFIG_HASH_SIZE]; /* SHA-256 of the file's bytes */
};

/* errors: the caller's, an 8 KiB buffer holds some eighty problems. On success *out is the caller's
 * to free. PN_EIO: cannot be read. PN_EFORMAT: problems. Never both a configuration and a problem.
 */
int config_load(const char *path, struct config **out, struct text *errors) PN_MUST_CHECK;

/* The same from memory, for a file called path whose files and folders are not looked for: a check
 * of form alone. */
int config_parse(const char *path, const uint8_t *bytes, size_t size, struct config **out,
	struct text *errors) PN_MUST_CHECK;

void config_free(struct config *c);

/* The config_hash of records, as 64 hexadecimal digits and NUL: SHA-256 of the file's bytes; for each unit that names a lane
 * file, in the order of the units, SHA-256 of the 32 bytes so far and the 32 of the lane file's SHA-256. */
void config_hash(const struct config *c, char out[2 * CONFIG_HASH_SIZE + 1]);

/* May a plugin whose manifest says simulated be loaded? PN_EDENIED in a production profile, told at
 * the plugin's line in errors. */
int config_allows_simulated(
	const struct config *c, const struct config_plugin *p, struct text *errors) PN_MUST_CHECK;

/* NULL when there is no such thing. */
const struct config_unit *config_unit_find(const struct config *c, const char *name);
const struct config_plugin *config_plugin_find(const struct config_unit *u, const char *instance);
const struct config_device *config_device_find(const struct config *c, const char *name);
const char *config_pair_find(const struct config_pairs *pairs, const char *key);

/* "production", "gate", "entry" ...; never NULL. */
const char *config_profile_name(enum config_profile profile);
const char *config_role_name(enum config_role role);
#endif
