#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The line between a lane and its control post, on the shipped daemon with the shipped plugins: views arrive, an officer's signed word
goes down and admits or refuses, what is forged, replayed, expired or stale changes nothing; the post is killed and comes back, the
lane's core is killed and comes back.

    post.py BUILD SOURCE

The post is a double of the test's own (post_double.py). Nobody's time is judged. Must never end a process that it did not start.
Exit status 77: not possible here, and why."""
import hashlib
import os
import signal
import sqlite3
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
sys.path.insert(0, HERE)
import post_double  # noqa: E402
import run as demo  # noqa: E402
import scenario  # noqa: E402

LOCKED, CONTROLLED = 1, 2  # postern.LaneMode
LANE = "lane-1"
SCENARIO = ("seed: 5\ntravellers: 40\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\n"
            "chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}\n"
            "mix:\n  - {kind: citizen, weight: 3}\n  - {kind: minor, weight: 2}\n  - {kind: listed, weight: 2}\n")


class Wrong(Exception):
    pass


class Scenario(demo.Demo):
    def __init__(self, args, source):
        super().__init__(args)
        path = os.path.join(self.dir, "post.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        os.environ["POSTERN_SCENARIO"], os.environ["POSTERN_CHIPS"] = path, "1"
        self.pb, self.crossing = post_double.schema(os.path.join(source, "core/schema"))
        self.post_port, self.sequence = self.args.port + 5, int(time.time() * 1000)

    def change(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        link = (f"      - instance: post-link\n        plugin: post-link\n        sockets: [inet-client]\n"
                f"        connect_ports: [{self.post_port}]\n        folders: {{pki: {self.dir}/pki/gates/{LANE}}}\n"
                f"        options: {{host: \"127.0.0.1\", port: {self.post_port}}}\n")
        text = text.replace("    officer_required: false\n", "    officer_required: true\n")
        text = text.replace("      - instance: uplink\n", link + "      - instance: uplink\n", 1)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def check(self, good, text):
        self.say(("    ok     " if good else "    WRONG  ") + text)
        if not good:
            raise Wrong(text)

    def key(self, officer):
        return os.path.join(self.dir, f"pki/officers/{officer}.key")

    # --- words -------------------------------------------------------------------------------------
    def order(self, kind, officer="officer-1", **more):
        """A signed request; more: fields of the order, and sign_as, epoch, sequence, life_ms, age_ms."""
        now = int(time.time() * 1000) - more.pop("age_ms", 0)
        signer = more.pop("sign_as", officer)
        self.sequence += 1
        o = self.pb.LaneOrder(gate=more.pop("gate", LANE), epoch=more.pop("epoch", self.post.view().epoch), officer=officer,
                              sequence=more.pop("sequence", self.sequence), issued_wall_ms=now,
                              expires_wall_ms=now + more.pop("life_ms", 5000), kind=kind, **more)
        q = self.pb.PostRequest(gate=LANE)
        q.order.order = o.SerializeToString()
        q.order.signature = post_double.sign(self.key(signer), b"postern-lane-order-v1\n" + q.order.order)
        q.order.key_id = post_double.key_id(self.key(signer))
        return q

    def decision(self, view, what, reason, officer="officer-1", second=None, **more):
        now = int(time.time() * 1000) - more.get("age_ms", 0)
        d = self.crossing.Decision(crossing_id=view.crossing_id, verdict_hash=more.get("hash", view.waiting_verdict_hash),
                                   officer=officer, decision=what, reason_code=reason, issued_wall_ms=now,
                                   expires_wall_ms=now + 30000, nonce=os.urandom(16), second_officer=second or "")
        q = self.pb.PostRequest(gate=LANE)
        q.decide.decision = d.SerializeToString()
        q.decide.signature = post_double.sign(self.key(more.get("sign_as", officer)), q.decide.decision)
        q.decide.key_id = post_double.key_id(self.key(more.get("sign_as", officer)))
        if second:
            q.decide.second_signature = post_double.sign(self.key(second), q.decide.decision)
            q.decide.second_key_id = post_double.key_id(self.key(second))
        return q

    def refused(self, request, code):
        reply = self.post.ask(request)
        self.check(reply is not None and not reply.accepted and reply.code == code,
                   f"refused with {code}" + ("" if reply is None or reply.code == code else f", was {reply.code or 'accepted'}"))

    def taken(self, request, what):
        reply = self.post.ask(request)
        self.check(reply is not None and reply.accepted, f"{what} is taken" + (f" ({reply.code})" if reply and reply.code else ""))
        return reply

    def see(self, what, text, seconds=30):
        view = self.post.wait(lambda: self.post.view() if self.post.views and what(self.post.view()) else None, seconds)
        if view is None:
            self.say(f"           last view: {self.post.view()}")
        self.check(view is not None, text)
        return view

    # --- parts -------------------------------------------------------------------------------------
    def views(self):
        view = self.see(lambda v: v.state == "IDLE", "views arrive; the lane is idle")
        self.check(view.officer_required and not view.on_duty and not view.serving, "nobody is on duty, so nobody is served")
        self.check([s.kind for s in view.links if s.instance == "post-link"] == [10], "the view names the line itself")
        count = len(self.post.views)
        self.check(self.post.wait(lambda: len(self.post.views) >= count + 8, 20), "an idle lane goes on showing itself")
        numbers = [v.sequence for _, v in self.post.views]
        self.check(numbers == sorted(set(numbers)), "each view is newer than the one before")

    def forged(self):
        p = self.pb
        self.refused(self.order(p.ORDER_DUTY_ON, sign_as="officer-2"), "order.signature")
        self.refused(self.order(p.ORDER_DUTY_ON, gate="lane-2"), "order.other_gate")
        self.refused(self.order(p.ORDER_DUTY_ON, epoch=1), "order.other_core")
        self.refused(self.order(p.ORDER_DUTY_ON, age_ms=20000), "order.expired")
        self.refused(self.order(p.ORDER_DUTY_ON, life_ms=60000), "order.expired")
        self.refused(self.order(p.ORDER_MODE, mode=4, reason_code="test.reason"), "order.no_such_mode")
        self.refused(self.order(p.ORDER_MODE, mode=3, reason_code="test.reason"), "order.nobody_on_duty")
        q = self.order(p.ORDER_DUTY_ON)
        self.taken(q, "duty")
        self.refused(q, "order.replayed")
        self.see(lambda v: v.on_duty == "officer-1" and v.last_order.progress == p.ORDER_CONFIRMED, "the turn of duty has begun")

    def waiting(self, want):
        return self.see(lambda v: v.waiting_verdict_hash and want(v), "a traveller waits for the officer", 60)

    def past(self, view):
        """What this test is not about is sent back."""
        self.taken(self.decision(view, 3, "manual.check"), "sending back")
        self.see(lambda v: v.crossing_id != view.crossing_id, "and the lane goes on")

    def find(self, exception):
        """A referral of that exception; others are sent back."""
        while True:
            view = self.waiting(lambda v: True)
            if view.waiting_exception == exception:
                return view
            self.past(view)

    def journal(self, where):
        db = sqlite3.connect(f"file:{self.dir}/state/{LANE}/journal.db?mode=ro", uri=True)
        try:
            return db.execute("SELECT hash FROM journal WHERE " + where).fetchall()
        finally:
            db.close()

    def look(self, view):
        p = self.pb
        open_ = dict(open=p.OpenReferral(crossing_id=view.crossing_id, verdict_hash=view.waiting_verdict_hash, purpose=0))
        self.refused(self.order(p.ORDER_OPEN_REFERRAL, **open_), "order.incomplete")
        open_["open"].purpose = 1
        open_["open"].verdict_hash = bytes(32)
        self.refused(self.order(p.ORDER_OPEN_REFERRAL, **open_), "order.stale")
        open_["open"].verdict_hash = view.waiting_verdict_hash
        referral = self.taken(self.order(p.ORDER_OPEN_REFERRAL, **open_), "looking at the referral").referral
        self.check(referral.crossing_id == view.crossing_id and referral.verdict_hash == view.waiting_verdict_hash,
                   "it is the crossing that was asked for")
        self.check(referral.record.document.number != "" and len(referral.record.checks) > 0, "document and checks are there")
        found = self.journal("hash = x'" + referral.audit_hash.hex() + "'")
        self.check(len(found) == 1, "the record of who looked is in the journal")
        self.check([f.source for f in referral.portraits] == [p.PORTRAIT_CHIP], "the chip's portrait is announced")
        face = referral.portraits[0]
        image = self.post.wait(lambda: self.post.portraits.get(self.post.request), 10)
        self.check(image is not None and len(image) == face.size and hashlib.sha256(image).digest() == face.sha256,
                   f"its {face.size} bytes arrive ({face.media_type})")
        self.check(image.startswith(b"\xff\xd8\xff") == (face.media_type == "image/jpeg"), "they begin as such an image does")
        return referral

    def minor(self):
        """A minor: what is stale, forged or expired counts nothing; then admitted, once."""
        view = self.find(5)
        referral = self.look(view)
        self.check((referral.reason, referral.reason_argument) == ("eligibility.minor", "18") and not referral.second_officer_needed,
                   "the reason is told, with the age")
        self.check(view.waiting_reason_argument == "18", "so it is beside the lane")
        self.refused(self.decision(view, 1, "guardian.present", hash=bytes(32)), "decision.stale")
        self.refused(self.decision(view, 1, "guardian.present", sign_as="officer-2"), "decision.signature")
        self.refused(self.decision(view, 1, "guardian.present", age_ms=60000), "decision.expired")
        q = self.decision(view, 1, "guardian.present")
        self.taken(q, "admitting")
        self.refused(q, "decision.replayed")
        end = self.post.wait(lambda: [r for r in self.post.records if r.record.crossing_id == view.crossing_id and
                                      r.record.kind == 2], 60)
        self.check(end and end[0].record.outcome == 1 and end[0].record.officer == "officer-1", "the traveller passed")

    def listed(self):
        """A match of a watchlist: one officer does not suffice."""
        view = self.find(9)
        self.check(view.second_officer_needed, "the view asks for a second officer")
        referral = self.look(view)
        self.check(len(referral.record.matches) == 1, "the match is shown")
        self.refused(self.decision(view, 1, "list.false_alarm"), "decision.second_officer")
        self.refused(self.decision(view, 1, "list.false_alarm", second="officer-1"), "decision.signature")
        self.taken(self.decision(view, 1, "list.false_alarm", second="officer-2"), "admitting with a second officer")
        end = self.post.wait(lambda: [r for r in self.post.records if r.record.crossing_id == view.crossing_id and
                                      r.record.kind == 2], 60)
        self.check(end and end[0].record.outcome == 1 and end[0].record.second_officer == "officer-2", "both are recorded")
        self.refused(self.decision(view, 2, "too.late"), "decision.stale")

    def refuse(self):
        view = self.find(5)
        self.taken(self.decision(view, 2, "annex_v.e"), "refusing")
        end = self.post.wait(lambda: [r for r in self.post.records if r.record.crossing_id == view.crossing_id and
                                      r.record.kind == 2], 60)
        self.check(end and end[0].record.outcome == 7, "the traveller was refused")

    def post_dies(self):
        """Whoever is in hand goes on; nobody new begins until the post is back."""
        self.say("----  the post is killed")
        self.post.close()
        end = time.monotonic() + 30
        while time.monotonic() < end and "post.unreachable" not in self.status().get(LANE, {}).get("troubles", []):
            time.sleep(0.1)
        self.check("post.unreachable" in self.status()[LANE]["troubles"], "the lane knows")
        end = time.monotonic() + 60
        while time.monotonic() < end and self.status()[LANE]["crossing_id"] != "" and not self.status()[LANE]["waiting_verdict_hash"]:
            time.sleep(0.1)
        first = self.status()[LANE]
        time.sleep(2)
        then = self.status()[LANE]
        self.check(first["crossings"] == then["crossings"], "no new traveller begins")
        self.say("----  the post is back")
        count = len(self.post.views)
        self.post.open()
        self.check(self.post.wait(lambda: len(self.post.views) > count, 60), "the gate has connected again, views arrive")
        self.see(lambda v: v.on_duty == "officer-1", "the turn of duty goes on")
        self.check(self.post.wait(lambda: self.post.view().crossings > then["crossings"] or
                                  self.post.view().waiting_verdict_hash, 60), "travellers begin again")

    def core_dies(self):
        epoch = self.post.view().epoch
        pid = self.core_pid(LANE)
        self.say(f"----  killing the lane's core (pid {pid}, SIGKILL)")
        os.kill(pid, signal.SIGKILL)
        view = self.see(lambda v: v.epoch != epoch, "a new core shows itself", 60)
        self.check(view.on_duty == "" and not view.serving, "it has no officer on duty")
        self.refused(self.order(self.pb.ORDER_DUTY_ON, epoch=epoch), "order.other_core")
        self.see(lambda v: v.state in ("IDLE", "OUT_OF_SERVICE", "FAULT_LOCKED"), "it comes to rest", 120)

    def orders(self):
        p = self.pb
        if self.post.view().state != "IDLE":
            self.taken(self.order(p.ORDER_RESUME), "resuming")
        self.see(lambda v: v.state == "IDLE", "the lane is idle", 60)
        self.refused(self.order(p.ORDER_ASSIST, hold_ms=1500), "order.incomplete")
        self.taken(self.order(p.ORDER_ASSIST, hold_ms=5000, reason_code="assist.wheelchair"), "an assist")
        self.see(lambda v: v.state == "ASSIST_OPEN" and v.sensed.entry_leaf == 4 and v.sensed.exit_leaf == 4 and
                 v.last_order.progress == p.ORDER_CONFIRMED, "both leaves are sensed open, and the order is confirmed by that")
        self.taken(self.order(p.ORDER_ASSIST, hold_ms=500, reason_code="assist.wheelchair"), "holding it for half a second more")
        self.see(lambda v: v.state != "ASSIST_OPEN", "nobody renews it: it ends")
        self.see(lambda v: v.sensed.entry_leaf == 1 and v.sensed.exit_leaf == 1, "and both leaves are sensed locked")
        if self.post.wait(lambda: self.post.view().state in ("IDLE", "OUT_OF_SERVICE", "FAULT_LOCKED"), 60) and \
                self.post.view().state != "IDLE":
            self.taken(self.order(p.ORDER_RESUME), "resuming")
        self.see(lambda v: v.state == "IDLE", "the lane is idle again", 60)
        self.taken(self.order(p.ORDER_LOCK, reason_code="lane.closed"), "locking")
        self.see(lambda v: v.mode == 1 and v.last_order.progress == p.ORDER_CONFIRMED and not v.serving, "the lane is locked")
        self.taken(self.order(p.ORDER_MODE, mode=2, reason_code="lane.opened"), "opening it to travellers")
        self.see(lambda v: v.mode == 2, "the mode is controlled")
        self.refused(self.order(p.ORDER_ACKNOWLEDGE, alarm_id=999999), "order.no_such_alarm")
        self.refused(self.order(p.ORDER_DUTY_OFF, officer="officer-2"), "order.not_on_duty")

    def locked_core_dies(self):
        p, epoch = self.pb, self.post.view().epoch
        self.see(lambda v: v.state == "IDLE", "the lane is idle", 60)
        self.taken(self.order(p.ORDER_LOCK, reason_code="lane.closed"), "locking")
        # An order stands over a restart from its record on, and is not told as confirmed before.
        self.see(lambda v: v.mode == LOCKED and v.last_order.progress == p.ORDER_CONFIRMED and not v.serving, "the lane is locked")
        os.kill(self.core_pid(LANE), signal.SIGKILL)
        view = self.see(lambda v: v.epoch != epoch, "a new core shows itself", 60)
        self.check(view.mode == LOCKED, "it has found the lane locked, as the last one left it")
        self.see(lambda v: v.state == "IDLE", "it comes to rest", 120)
        self.taken(self.order(p.ORDER_DUTY_ON, hold_ms=0), "duty at the new core")
        self.check(self.see(lambda v: v.on_duty, "an officer is on duty").mode == LOCKED and not self.post.view().serving,
                   "and the lane serves nobody for all that")
        self.taken(self.order(p.ORDER_MODE, mode=CONTROLLED, reason_code="lane.opened"), "opening it to travellers")
        # The next traveller may be in hand before anybody looks.
        self.see(lambda v: v.mode == CONTROLLED and (v.serving or v.crossing_id != ""), "the lane serves")

    def run(self):
        self.followers = {}
        good = False
        try:
            self.set_up()
            self.post = post_double.Post(self.pb, self.post_port, os.path.join(self.dir, "pki/registry"))
            self.post.open()
            self.wait_ready()
            for part in (self.views, self.forged, self.minor, self.listed, self.refuse, self.post_dies, self.core_dies, self.orders,
                         self.locked_core_dies):
                self.say(part.__name__)
                part()
            good = True
        except Wrong:
            self.say("           what the post saw of connections: " + "; ".join(self.post.errors[-3:]))
            self.say(self.log_tail())
        finally:
            self.finish()
        if not good:
            self.say(f"post: not as it must be, see {self.dir}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("post: views went up, signed words came down, and nothing else counted")
        return 0


def main():
    args = scenario.arguments("post", 1, 40, 150, "source")
    sys.exit(Scenario(args, args.source).run())


if __name__ == "__main__":
    main()
