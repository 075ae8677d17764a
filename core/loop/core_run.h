/* SPDX-License-Identifier: Apache-2.0
 * Inside of a core's loop, shared by its files. Must never be included from outside core/loop, but by the test of one of them.
 */
#ifndef POSTERN_LOOP_CORE_RUN_H
#define POSTERN_LOOP_CORE_RUN_H
#include <uv.h>

#include "base/metrics.h"
#include "bus/bus.h"
#include "bus/queue.h"
#include "config/config.h"
#include "control.pb-c.h"
#include "control/activation.h"
#include "control/officer.h"
#include "crossing/lane.h"
#include "journal/journal.h"
#include "kiosk/store.h"
#include "loop/channel.h"
#include "loop/clock_watch.h"
#include "loop/watch.h"
#include "outbox/outbox.h"

#define CORE_PLUGINS CONFIG_PLUGINS_MAX
#define CORE_QUEUE_BYTES (64u * 1024u)
#define CORE_CLIENTS 32
#define CORE_PENDING 4096
#define CORE_RECENT 512
#define CORE_OWN_TROUBLES 16
#define PLUGIN_TROUBLES 4
#define CORE_TROUBLES (CORE_OWN_TROUBLES + PLUGIN_TROUBLES * CORE_PLUGINS)
/* What a plugin may say in one second; an honest one says a tenth of it. Beyond, it is ended. */
#define PLUGIN_MESSAGES_PER_S 1000u
#define PLUGIN_TROUBLES_PER_S 50u
enum { PICTURE_CHIP, PICTURE_LIVE, PICTURE_PRINTED, CORE_PICTURES };
#define CORE_COUNTS 16
#define CORE_COUNT_NAME 48
#define REPLY_MAX 65536u
/* Tags of what the lane does not wait for lie above its own. */
#define TAG_ACTIVATION (UINT64_C(1) << 58)
#define TAG_OWN (UINT64_C(1) << 59)
#define TAG_ACK (UINT64_C(1) << 60)
#define TAG_PURGE (UINT64_C(1) << 61)
#define CORE_AUDITS 64 /* audit records of a console's that are not yet durable */
#define TAG_FACES (UINT64_C(1) << 56)
/* Tags of the console's audit records lie above the lane's and below those of core_records.c. */
#define TAG_POST (UINT64_C(1) << 57)
/* Each lane of a core numbers its questions and records from here on, times its station: 0 the gate, then its kiosks. */
#define CORE_STATION_SHIFT 48

enum plugin_state { PLUGIN_ABSENT, PLUGIN_STARTING, PLUGIN_READY, PLUGIN_SILENT, PLUGIN_UNAVAILABLE };

struct core;

struct core_plugin {
	struct core *core;
	const struct config_plugin *config;
	size_t station; /* where it stands: 0 the gate, else 1 and the kiosk's number */
	char name[64], version[32];
	Postern__PluginKind kind;
	enum plugin_state state;
	int fd; /* -1: none */
	int32_t pid;
	uint32_t restarts;
	uint64_t heard_ms;
	uint64_t second_ms; /* begin of the second in which messages and troubles are counted */
	uint32_t messages, troubles;
	uint64_t closed_ms; /* 0, or when its bus ended without a word from the supervisor */
	bool lost_in_lane;  /* ended while the lane was at work, which is told when it has finished */
	bool no_landlock;
	/* What its processes have counted since the core began, by the names its manifest declares. */
	struct {
		char name[CORE_COUNT_NAME];
		uint64_t value;
	} counts[CORE_COUNTS];
	size_t count_count;
	struct watch *watch;
	struct bus_queue queue;
	uint8_t queue_memory[CORE_QUEUE_BYTES];
};

/* An append that is not yet durable. Kept, so that a failed one can be submitted again: no record is lost. */
struct core_pending {
	uint64_t tag;
	uint64_t retry_ms; /* 0: in the journal's queue */
	uint8_t *clear, *personal;
	size_t clear_size, personal_size;
};

struct core_client {
	struct core *core;
	int fd; /* -1: free */
	struct watch *watch;
	bool follow;
};

enum core_rules_phase { RULES_QUIET, RULES_TRYING, RULES_RECORDING };

/* An order is tried by the plugin, then recorded, then made known between two crossings. */
struct core_rules {
	struct activations made; /* what durable records say */
	struct activations told; /* of which the plugin was told */
	bool due;		 /* made is to be told when the crossing in hand has ended */
	uint64_t order;		 /* number of the newest message to the plugin */
	enum core_rules_phase phase;
	uint64_t deadline_ms;
	struct core_client *client;	 /* who waits for the answer; NULL: gone, or answered */
	Postern__SignedActivation *word; /* owned; NULL when quiet */
	Postern__Activation *wanted;	 /* owned; the same, decoded */
	struct activated in_use, shadow_in_use; /* by the plugin's word; no name: none */
};

/* For a status reply, which points into it. */
struct core_rules_shown {
	Postern__RulePacks packs;
	Postern__RulePackChoice choice[5];
};

struct core {
	uv_loop_t loop;
	const struct config *config;
	const struct config_unit *unit;
	uint64_t epoch; /* of this process: grows at every start */
	uint32_t kinds; /* core_spec.kinds */
	uint32_t kiosk_kinds[CONFIG_KIOSKS_MAX];
	bool has_lane, stopping, in_lane;
	struct lane lane;
	struct lane_sink sink;
	size_t at; /* the station whose lane is at work */
	struct kiosk_store results;
	struct {
		struct lane lane;
	} kiosks[CONFIG_KIOSKS_MAX];
	size_t kiosk_count;
	char config_hash[65], seal_recipients[256];
	struct clock_watch clock;

	struct core_plugin plugins[CORE_PLUGINS];
	size_t plugin_count;

	struct journal *journal;
	struct watch *completions;
	struct core_pending pending[CORE_PENDING];
	size_t pending_count;
	struct outbox outbox;
	uint8_t *batch; /* JOURNAL_BATCH_BYTES_MAX */
	uint64_t next_purge_ms;
	uint64_t next_query_id, forward_query_id;
	uint64_t head_seq, acked_seq, journal_epoch;
	uint8_t head_hash[32];
	uint8_t ack_key[32];
	bool has_ack_key;

	struct officer_keys officers;
	struct core_rules rules;
	int control_fd, metrics_fd;
	struct watch *control_watch, *metrics_watch;
	struct core_client clients[CORE_CLIENTS];
	struct metrics metrics;
	struct {
		char code[64];
		const struct core_plugin *of; /* whose word it is; NULL: the core's own. Ends with that process */
	} troubles[CORE_TROUBLES];
	size_t trouble_count;
	/* Encoded CrossingLine of the last records, a ring. */
	struct {
		uint8_t *bytes;
		size_t size;
	} recent[CORE_RECENT];
	size_t recent_at;

	/* The blob of the message that the lane is looking at: passed on when the lane names its hash, and closed after. */
	int carried_fd; /* -1: none; the message's */
	uint8_t carried_sha256[BUS_HASH_SIZE];
	/* Pictures of the crossing in hand, ours as long as it: of the chip, of the traveller before the camera, of the data page. */
	struct core_picture {
		int fd; /* -1: none */
		uint8_t sha256[BUS_HASH_SIZE];
	} pictures[CORE_PICTURES];

	/* core_post.c */
	struct {
		uv_timer_t timer;
		uint64_t sequence, shown_ms;
		uint8_t *view, *scratch; /* BUS_BODY_MAX; the last view without its times. NULL: no post-link here */
		size_t view_size;
		uint64_t audit_count;
		struct {
			uint64_t tag; /* 0: free */
			uint64_t request;
		} audits[CORE_AUDITS];
	} post;

	int channel;
	struct watch *channel_watch;
	uv_timer_t wake, beat;
	uint64_t beat_ms; /* the last beat */
	struct arena arena;
	void *arena_memory;
	uint8_t *buffer; /* BUS_MESSAGE_MAX */
	uint8_t *reply;	 /* REPLY_MAX */
};

/* core_lane.c: inputs for the lane, with time and randomness. */
void core_input(struct core *c, struct lane_input *in, enum lane_input_kind kind);
int core_dispatch(struct core *c, struct lane_input *in);
/* The same to another lane of this core. */
int core_dispatch_at(struct core *c, size_t station, struct lane_input *in);
void core_arm(struct core *c);
/* After the lane has seen a message with this blob: keeps what the lane has taken up as a picture of its crossing. */
void core_keep_pictures(struct core *c, int fd, const uint8_t *sha256);
int core_lane_init(struct core *c);
/* After it: the mode in which the last core left the lane, if under this very configuration. */
int mode_recall(struct core *c);

/* core_plugins.c */
void plugins_init(struct core *c);
void plugins_up(struct core *c, const struct channel_message *m, int fd);
void plugins_down(struct core *c, const struct channel_message *m);
void plugins_beat(struct core *c, uint64_t now_ms);
/* Before a timer's work: a core that stood still reads first what has come meanwhile, since its timers come before its buses, and
 * silence would be found where nobody listened. */
void plugins_catch_up(struct core *c);
int plugins_send(struct core *c, Postern__PluginKind to, const Postern__Envelope *e, int blob_fd);
/* After the lane: tells it of plugins that were lost while it was at work. */
void plugins_settle(struct core *c);
struct core_plugin *plugins_of_kind(struct core *c, Postern__PluginKind kind);
const char *plugins_state_name(enum plugin_state state);

/* To the plugin of that kind at a station, else to the gate's where it serves the kiosks too. */
int plugins_send_at(struct core *c, size_t station, Postern__PluginKind to, const Postern__Envelope *e, int blob_fd);

/* core_kiosk.c */
/* Before the gate's lane begins, whose configuration it completes. */
int kiosks_start(struct core *c, struct lane_config *gate);
void kiosks_stop(struct core *c);
void kiosks_beat(struct core *c);
struct lane *kiosks_lane(struct core *c, size_t station);
/* Whose is a question or record of that number? */
size_t kiosks_station(const struct core *c, uint64_t number);
/* 0: NULL, or no kiosk's name. */
size_t kiosks_named(const struct core *c, const char *name);
/* Does the gate's plugin of that kind serve its kiosks? */
bool kiosks_share(Postern__PluginKind kind);
/* Is a crossing in hand anywhere here? */
bool kiosks_crossing(const struct core *c);

/* core_records.c */
/* core_faces.c */
bool faces_keep(void *ctx, const char *crossing_id, int64_t wall_ms, const struct lane_picture *faces, size_t count);
void faces_purge(struct core *c);
void faces_done(const struct journal_completion *done);
int records_start(struct core *c);
void records_append(struct core *c, uint64_t tag, const Postern__RecordClear *clear,
	const Postern__CrossingRecord *personal);
/* Is a record of that tag still to become durable? */
bool records_waits(const struct core *c, uint64_t tag);
void records_beat(struct core *c, uint64_t now_ms);
void records_forwarded(struct core *c, const struct bus_message *m);
void records_uplink_lost(struct core *c);
/* A crossing that a previous core left without outcome gets one: unknown. */
int records_finish_open_crossing(struct core *c);
void records_stop(struct core *c);

/* core_post.c */
int post_start(struct core *c);
void post_stop(struct core *c);
/* Sends the lane's view when it has changed, or is due. */
void post_show(struct core *c);
void post_record(struct core *c, Postern__RecordClear *clear);
void post_requested(struct core *c, const Postern__PostRequest *q);
void post_audit(struct core *c, const Postern__AuditRequest *q);
/* An append with this tag is durable (hash), or has failed (NULL). */
void post_audited(struct core *c, uint64_t tag, const uint8_t *hash);
void post_console_lost(struct core *c);
/* An officer's decision, wherever it came in. *code: catalogue key of the refusal. */
int core_decide(struct core *c, const Postern__SignedDecision *word, const char **code);

/* core_control.c */
int control_start(struct core *c);
/* Ends a request that was left open. why_not NULL: done. */
void control_answer(struct core_client *client, const char *why_not);
void control_publish(struct core *c, const Postern__RecordClear *clear);
void control_trouble(struct core *c, const char *code, bool active);
/* On a plugin's word, of which PLUGIN_TROUBLES are shown. */
void control_trouble_of(struct core *c, const struct core_plugin *of, const char *code, bool active);
/* Its process is gone, and its word with it. */
void control_troubles_end(struct core *c, const struct core_plugin *of);

/* core_rules.c */
int rules_start(struct core *c);
void rules_stop(struct core *c);
/* The rules plugin has said hello. */
void rules_ready(struct core *c);
void rules_state(struct core *c, const Postern__RulePackState *s);
/* NULL: the client is answered later (control_answer); else why not. */
const char *rules_activate(struct core *c, struct core_client *client, const Postern__SignedActivation *order);
void rules_client_gone(struct core *c, const struct core_client *client);
/* The record of the order under way is durable. */
void rules_recorded(struct core *c);
void rules_beat(struct core *c, uint64_t now_ms);
/* After the lane: a crossing may have ended. */
void rules_settle(struct core *c);
void rules_status(struct core *c, struct core_rules_shown *out);
#endif
