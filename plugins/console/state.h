/* SPDX-License-Identifier: Apache-2.0
 * What the console's process holds, shared by its parts: the officers' server, the gates' server, the requests that wait for a gate or
 * for the journal. One thread; passwords are weighed beside it (proof.h). Must never be seen outside this plugin.
 */
#ifndef POSTERN_CONSOLE_STATE_H
#define POSTERN_CONSOLE_STATE_H
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "account/account.h"
#include "duty.h"
#include "form.h"
#include "post/gates.h"
#include "postern/plugin.h"
#include "proof.h"
#include "session.h"
#include "shift.h"
#include "web/web.h"

enum {
	PAGES_MAX = 32,	    /* open pages, and as many WebSockets */
	ASKS_MAX = 32,	    /* requests of pages that wait for a gate or for the journal */
	AUDITS_KEPT = 256,  /* newest audit records of this console, for the auditor */
	ASK_MS = 6000,	    /* more than POST_REPLY_MS */
	REFRESH_MS = 5000,  /* between two looks at the lists of revoked certificates */
	BEAT_MS = 1000,	    /* to gates, and to pages */
	ABSENT_MS = 15000,  /* without an open page an officer's duty ends: a page that is loaded anew is back sooner */
	PROMISED_MS = 3000, /* a lane that has accepted an officer says so in its view by then, or it does not hold */
	TURNS_KEPT = 128,   /* newest turns of duty of this shift */
	NOTES_MAX = 16,     /* codes of safeguarding, at most */
	PORTRAITS_MAX = 24, /* three of each of eight looks */
	PORTRAIT_MS = 5 * 60 * 1000,
	AUDIT_DETAIL = 64,
};

struct page {
	struct web_socket *socket; /* NULL until opened */
	bool used;
	uint64_t session;
};

struct line {
	struct web_socket *socket;
	bool used;
	uint64_t connection;
};

/* ASK_PORTRAIT: a referral that was answered, while its portraits come in. ASK_NOTE: waits for the journal alone. */
enum ask_kind { ASK_REFERRAL, ASK_WORD, ASK_NOTE, ASK_PORTRAIT };

/* A page's request on its way: to the journal first when it is to see a person, then to the gate. */
struct ask {
	bool used, at_gate, duty; /* duty: to take one up */
	enum ask_kind kind;
	struct web_request *request; /* NULL: answered */
	uint64_t session, audit, until_ms;
	Postern__ViewPurpose purpose;
	char gate[POST_GATE_NAME], crossing[FORM_VALUE], reason[ACCOUNT_NAME_MAX]; /* reason: of a note; the officer, of a duty */
	uint8_t verdict_hash[32];
};

/* Who watches a lane, by its view. The same index as in the table of gates. */
struct watch {
	char officer[ACCOUNT_NAME_MAX]; /* "": nobody */
	int64_t since_wall_ms;
	uint64_t absent_since_ms; /* the officer has no page open; 0: has one */
	char crossing[32], crossing_before[32]; /* the newest two */
	char promised[ACCOUNT_NAME_MAX]; /* whom the lane has accepted, while its view does not say so yet; "": nobody */
	uint64_t promised_until_ms;
};

struct turn {
	char officer[ACCOUNT_NAME_MAX], gate[POST_GATE_NAME];
	int64_t from_wall_ms, until_wall_ms;
};

struct portrait {
	uint8_t *bytes; /* NULL: free */
	size_t size;
	uint64_t session, since_ms;
	const char *type;
	char source[8], gate[POST_GATE_NAME], crossing[FORM_VALUE];
};

/* An audit record that has been asked for, or that is durable. */
struct audit_row {
	uint64_t request;
	bool durable;
	int64_t wall_ms;
	Postern__ViewPurpose purpose;
	char event[32], officer[ACCOUNT_NAME_MAX], gate[POST_GATE_NAME], crossing[FORM_VALUE], detail[AUDIT_DETAIL];
};

struct officer_key {
	char account[ACCOUNT_NAME_MAX];
	EVP_PKEY *key;
	uint64_t sequence; /* of the last order */
};

/* A request while a password in it is weighed. */
struct parked {
	uint64_t id; /* 0: free */
	struct web_request *request;
	const struct route *route;
	uint64_t session; /* 0: nobody is logged in, nor need be */
	struct form form;
};

struct console {
	const struct postern_host *host;
	struct web_files *files;
	struct web_server *officers, *gates;
	struct post_gates *table;
	struct accounts accounts;
	struct sessions sessions;
	struct guard guard_accounts, guard_strangers, guard_addresses; /* strangers: names that nobody has */
	struct officer_key keys[ACCOUNTS_MAX];
	struct page pages[PAGES_MAX];
	struct line lines[POST_GATES_MAX];
	struct ask asks[ASKS_MAX];
	struct audit_row audits[AUDITS_KEPT];
	uint64_t audit_count;
	struct shift shift, *lane_shifts[POST_GATES_MAX]; /* a lane's: NULL before its first record */
	struct duty duty;
	struct watch watches[POST_GATES_MAX];
	struct turn turns[TURNS_KEPT];
	uint64_t turn_count, notes[NOTES_MAX];
	struct portrait portraits[PORTRAITS_MAX];
	const char *post; /* the unit's name, to gates */
	struct proofs *proofs;
	int proofs_fd;
	struct parked parked[PROOFS_MAX];
	uint64_t last_parked;
	bool password_right; /* of the request that is being answered, if it has one */
	bool demo_allowed, tls;
	unsigned gates_per_officer;
	uint64_t beat_ms, refreshed_ms;
};

/* --- answers (answer.c) --- */
void answer_code(struct web_request *r, int status, const char *code);
/* Opens an object; the stream is in memory. */
struct reply {
	struct json json;
	char *text;
	size_t size;
};
bool reply_begin(struct reply *p);
/* Ends the object, answers and wipes. */
void reply_end(struct reply *p, struct web_request *r, const char *set_cookie);

/* --- logins and sessions (login.c) --- */
/* Has the password weighed that goes with this name; *later: the answer will come under this id. Not for a name or an address that must wait:
 * that is answered at once. False: too many are being weighed. */
bool login_ask(struct console *c, const struct web_request *r, const char *name, const char *password, uint64_t id, bool *later);
void login_handle(struct console *c, struct web_request *r, const struct form *f);
void login_by_certificate(struct console *c, struct web_request *r);
void login_renew(struct console *c, struct web_request *r, struct session *s);
void login_out(struct console *c, struct web_request *r, struct session *s);
void login_me(struct console *c, struct web_request *r, const struct session *s, const char *set_cookie);
struct session *login_session(struct console *c, const struct web_request *r);
/* A second officer's proofs in a form; NULL: not given well, *code says why. */
struct account *login_second(struct console *c, const struct web_request *r, const struct form *f, const struct session *first,
	const char **code);
/* Ends a session, its pages and, when it was the officer's last, the duty. */
void login_end(struct console *c, struct session *s);
void login_tick(struct console *c, uint64_t now_ms);

/* --- the officers' server (api.c) --- */
int api_open(struct console *c);
/* Goes on with requests whose password has been weighed. */
void api_tick(struct console *c);

/* --- words to gates (words.c) --- */
/* A place for a request that waits; NULL: answered already. */
struct ask *words_place(struct console *c, struct web_request *r, const struct session *s, enum ask_kind kind);
void words_end(struct console *c, struct ask *a, int status, const char *code);
/* The order could not be sent. */
void words_failed(struct console *c, struct ask *a, int err);
/* o is complete but for officer, number and life. a NULL: nobody waits for the reply. */
int words_send_order(struct console *c, struct ask *a, const char *officer, Postern__LaneOrder *o);
void words_decide(struct console *c, struct web_request *r, struct session *s, const struct form *f);
void words_referral(struct console *c, struct web_request *r, struct session *s, const struct form *f);
/* The record is durable, or is not. */
void words_audited(struct console *c, uint64_t audit, bool durable, const uint8_t hash[32]);
void words_replied(struct console *c, const struct post_event *e);
void words_tick(struct console *c, uint64_t now_ms);
/* Only for a name of the accounts' file. */
EVP_PKEY *words_key(struct console *c, const char *officer);

/* --- orders and duty (orders.c) --- */
void words_order(struct console *c, struct web_request *r, struct session *s, const struct form *f);
/* Nobody waits for the reply: what a session's end leaves to do. */
void words_off_duty(struct console *c, const char *officer);

/* --- who watches (watch.c) --- */
/* A newer view of this lane, or it has left. */
void watch_lane(struct console *c, const char *gate);
/* The lane's answer came before its view: until then the officer counts as watching it. */
void watch_promised(struct console *c, const char *gate, const char *officer);
void watch_tick(struct console *c, uint64_t now_ms);
/* Is it the lane's newest crossing, or the one before? */
bool watch_crossing(struct console *c, const char *gate, const char *crossing);
void watch_json(struct console *c, struct json *j);

/* --- the shift's report (report.c) --- */
void report_record(struct console *c, const char *gate, const Postern__RecordClear *r);
void report_answer(struct console *c, struct web_request *r);
void report_begin(struct console *c, struct web_request *r, const struct session *s);
void report_note(struct console *c, struct web_request *r, const struct session *s, const struct form *f);
/* The note is durable. */
void report_noted(struct console *c, const char *reason);
void report_free(struct console *c);

/* --- portraits of a referral (portrait.c) --- */
void portrait_take(struct console *c, const struct post_event *e);
void portrait_answer(struct console *c, struct web_request *r, const struct session *s);
void portrait_tick(struct console *c, uint64_t now_ms);
void portrait_free(struct console *c);

/* --- the gates' server (lines.c) --- */
int lines_open(struct console *c);
/* Sends a frame that post_gates_ask() made. */
int lines_send(struct console *c, uint64_t connection, const uint8_t *frame, size_t size);
void lines_tick(struct console *c, uint64_t now_ms);

/* --- pages that look on (live.c) --- */
bool live_admit(struct console *c, const struct web_request *handshake, void **socket_self);
void live_opened(struct console *c, struct web_socket *w, struct page *page);
void live_closed(struct console *c, struct page *page);
void live_lane(struct console *c, const char *gate);
void live_beat(struct console *c);
void live_end(struct console *c, uint64_t session);

/* --- the post's audit (audit.c) --- */
/* Asks the journal; 0: it could not be asked. officer "": nobody. detail: a catalogue key, or "". */
uint64_t audit_ask(struct console *c, const char *event, const char *officer, const char *gate, const char *crossing,
	const uint8_t *verdict_hash, Postern__ViewPurpose purpose, const char *detail);
void audit_done(struct console *c, const uint8_t *bytes, size_t size);
void audit_answer(struct console *c, struct web_request *r, struct session *s);
#endif
