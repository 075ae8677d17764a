/* SPDX-License-Identifier: Apache-2.0
 * Inside of the lane, shared by its files only. Must never be included from outside core/crossing.
 */
#ifndef POSTERN_CROSSING_LANE_RUN_H
#define POSTERN_CROSSING_LANE_RUN_H
#include "crossing/lane.h"

#define RUN_EVENTS 32

/* One dispatch in progress: the input, the sink and the gate events still to be stepped. */
struct lane_run {
	struct lane *lane;
	const struct lane_input *in;
	const struct lane_sink *sink;
	enum gate_event queue[RUN_EVENTS];
	unsigned head, count;
	enum gate_event now; /* the event being stepped */
};

/* Queues a gate event behind those already queued. Overflow drives the lane to its safe branch. */
void run_event(struct lane_run *run, enum gate_event event);
/* Would the gate, as it stands now, do anything for this event? Changes nothing. */
bool run_would_take(const struct lane *lane, enum gate_event event);

/* lane_ask.c: queries and their answers. */
void ask_eligibility(struct lane_run *run);
void ask_inside(struct lane_run *run);
/* A query that cannot be put takes its default at once. */
void ask_send(struct lane_run *run, Postern__Envelope *e);
/* Goes on to the rules when everything that they look at has come. */
void ask_joined(struct lane_run *run);
void ask_date(Postern__Date *date, const struct lane_input *in);
/* PN_EDENIED: the sender had no right to give this answer. */
int ask_answered(struct lane_run *run, const struct bus_message *m);
void ask_expired(struct lane_run *run);
void ask_plugin_lost(struct lane_run *run, Postern__PluginKind kind);
void ask_cancel(struct lane_run *run);

/* lane_chip.c: the chip, beside everything else that is asked of a document. */
void chip_ask(struct lane_run *run);
void chip_read(struct lane_run *run, const struct bus_message *m);
void chip_inspected(struct lane_run *run, const struct bus_message *m);
void chip_progress(struct lane_run *run, const Postern__ChipProgress *p);

/* lane_printed.c: the portrait of the data page, for an officer. */
void printed_ask(struct lane_run *run);
/* m NULL: the query took its default. */
void printed_answered(struct lane_run *run, uint64_t id, const struct bus_message *m);

/* lane_face.c: who stands inside, where the lane has a camera. */
bool face_expected(const struct lane *lane);
/* The portrait of the chip that has just been inspected. */
void face_take_reference(struct lane_run *run);
/* The face that a kiosk's result names. */
void face_recall(struct lane_run *run, const uint8_t token[KIOSK_TOKEN]);
/* The reference of the crossing in hand has a face that can be compared. */
bool face_has_reference(const struct lane *lane);
/* It outlives the crossing, under this name, for so long. */
void face_keep_named(struct lane_run *run, const uint8_t token[KIOSK_TOKEN], uint32_t valid_ms);
/* Nobody is compared with it any more; NULL: with any. */
void face_drop(struct lane_run *run, const uint8_t *token);
/* Ends in INSIDE_CLEAR or INSIDE_REFERRED, at the latest with the state's own time. */
void face_ask(struct lane_run *run);
/* m NULL: the query took its default. */
void face_answered(struct lane_run *run, uint64_t id, Postern__Envelope__BodyCase query, const struct bus_message *m);
/* Before the crossing ends, which takes its pictures away. */
void face_keep(struct lane_run *run);
/* The crossing of this id is over. */
void face_forget(struct lane_run *run, const char *crossing_id);

/* The next frames, if they are still wanted. */
void face_look_again(struct lane_run *run);
/* How much of the time for the face is left. */
uint32_t face_left_ms(const struct lane_run *run);

/* lane_height.c: the camera's height. */
/* Between two captures: moves the camera if that helps. True: the next frames come when it stands, by face_look_again(). */
bool height_follow(struct lane_run *run, const Postern__FaceMatched *m);
/* Nobody has been seen since the camera stands where it does: one frame says whether somebody is. */
bool height_searches(const struct lane *lane);
void height_sensed(struct lane_run *run, Postern__CameraDrive camera, uint32_t last_move_id);
/* After every dispatch. */
void height_settle(struct lane_run *run);
uint64_t height_next_wake(const struct lane *lane);

/* lane_find.c: whoever stands before an idle gate behind kiosks. */
/* After every dispatch. */
void find_settle(struct lane_run *run);
/* m NULL: the query took its default. */
void find_answered(struct lane_run *run, Postern__Envelope__BodyCase query, const struct bus_message *m);
/* Of whom the face is that was found: the document as the kiosk read it, for the crossing that has just begun. False: nobody was. */
bool find_take(struct lane_run *run);
uint64_t find_next_wake(const struct lane *lane);

/* lane_record.c: records. */
void record_verdict(struct lane_run *run);
void record_decision(struct lane_run *run);
void record_outcome(struct lane_run *run, Postern__Outcome outcome);
void record_event(struct lane_run *run, const char *event, const char *detail);
void record_audit(struct lane_run *run, const char *event, const char *officer);
/* The same with a detail (a catalogue key or a state's name). */
void record_audit_detail(struct lane_run *run, const char *event, const char *officer, const char *detail);
/* That a mode has been ordered, and why. */
void record_mode(struct lane_run *run, const char *officer, const char *mode, const char *reason);
/* That an officer looks at the crossing in hand, and why. Returns the append's tag. */
uint64_t record_look(struct lane_run *run, const char *officer, Postern__ViewPurpose purpose);
/* COMMIT_VERDICT: waits for the record that lets the traveller out. */
void record_commit(struct lane_run *run);
void record_committed(struct lane_run *run);
void record_failed(struct lane_run *run);

/* What has become of a result. Returns the append's tag. */
uint64_t record_kiosk(struct lane_run *run, const Postern__KioskMark *mark);

/* lane_kiosk.c: results of kiosks. */
void kiosk_issue_result(struct lane_run *run);
/* When the gate's own checks are clear. */
void kiosk_redeem_result(struct lane_run *run);
/* The versions that the answers of the crossing in hand name. */
void kiosk_heard(struct lane_run *run);
/* Nobody waits any more for a mark that is on its way. */
void kiosk_cancel(struct lane *lane);
/* An append with this tag is durable, or has failed. */
void kiosk_recorded(struct lane_run *run, uint64_t tag, bool durable);

/* lane_officer.c */
int officer_decide(struct lane_run *run);
int officer_command(struct lane_run *run);

/* lane_order.c: what an officer orders from the control post. */
int order_take(struct lane_run *run);
/* What time and the line bring: a turn that is over, an assist that nobody renews. */
void order_tick(struct lane_run *run);
uint64_t order_next_wake(const struct lane *lane);
/* After every dispatch: how far the last order has come. */
void order_progress(struct lane_run *run);
/* Its record is durable. */
void order_recorded(struct lane_run *run, uint64_t tag);

/* Why an officer's word is not carried out: a catalogue key, which stands until the next. Returns err. */
static inline int refuse(struct lane *lane, const char *key, int err)
{
	lane->refusal = key;
	return err;
}

/* lane_mode.c: sets lane->refusal when it refuses. */
int mode_order(struct lane_run *run, Postern__LaneMode wanted, const char *officer, const char *reason);
/* Does the lane run by the table of its mode? It does so once it has come to rest. */
bool mode_in_effect(const struct lane *lane);
/* After every event: ends what no officer stands for any more, changes the table at rest. True when it has changed. */
bool mode_settle(struct lane_run *run);

/* lane_alarm.c */
#define ALARM_ESCALATED "alarm.escalated"
void alarm_update(struct lane_run *run);
int alarm_acknowledge(struct lane_run *run, uint64_t id, const char *officer);

/* lane_referral.c */
int referral_open(struct lane_run *run, const Postern__LaneOrder *order);
/* An append with this tag is durable (hash), or has failed (NULL). */
void referral_recorded(struct lane_run *run, uint64_t tag, const uint8_t *hash);

/* lane_act.c: carries out one action of the gate's. */
void act(struct lane_run *run, enum gate_action action);
/* Sends the present guidance again, to a display that has just come up. */
void act_show(struct lane_run *run);
/* Class of the referral that an event causes. */
Postern__ExceptionClass act_exception(enum gate_event event);
#endif
