#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A lane is ordered free while it is idle: people walk through without a document, each recorded as checked by nobody before the exit
opens; two who come in together get the way back; ordered back, the next one needs a document; a core that dies does not start free.
The shipped daemon and plugins, travellers by hand, orders as an officer gives them.

    free.py BUILD

What became of each is told by the simulator's own log and held to the records, here and at the centre. Nobody's time is judged. Must
never end a process that it did not start. Exit status 77: not possible here, and why."""
import os
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402
import scenario  # noqa: E402

LANE, OFFICER, REASON = "lane-2", "officer-1", "hall.evacuated"
FREELY = ("wait shown walk-in 60", "wait entry open", "in", "wait exit open", "out")
CHECKED = ("wait shown present-document 60", "put", "wait shown take-document", "take", "wait entry open", "in", "wait exit open", "out")
UNCHECKED = {"verdict": "VERDICT_REFER", "exception": "EXCEPTION_FREE", "mode": "MODE_FREE", "decision": "DECISION_ADMIT", "officer": OFFICER,
             "reason_code": REASON, "reason": "mode.free", "nationality": "", "document_code": ""}
CLEAR = {"verdict": "VERDICT_CLEAR", "mode": "MODE_CONTROLLED", "officer": ""}


class Free(demo.Demo):
    by_hand = True

    def __init__(self, args):
        super().__init__(args)
        self.problems, self.followers, self.expected = [], {}, []

    def hold(self, what, found, expected):
        if found != expected:
            self.problems.append(what)
            self.say(f"    WRONG: {what}: {found}, expected {expected}")

    def lane(self, word, *more):
        """Exit status of an officer's command."""
        return subprocess.run([self.postern, "lane", word, "--lane", LANE, "--officer", OFFICER, *more, "--run-folder", self.run_folder],
                              capture_output=True, text=True, timeout=30, check=False).returncode

    def order(self, mode):
        """As an officer would: again, when the lane was not at rest."""
        end = time.monotonic() + 30
        while (status := self.lane(mode, "--reason", REASON)) == 1 and time.monotonic() < end:
            time.sleep(0.2)
        self.hold(f"ordering {mode}", status, 0)

    def until(self, what, is_so, seconds=60):
        end = time.monotonic() + seconds
        while not is_so(self.status().get(LANE, {})) and time.monotonic() < end:
            time.sleep(0.2)
        self.hold(what, is_so(self.status().get(LANE, {})), True)

    def ends(self):
        return [t["detail"].split()[2] for t in self.truths(LANE) if t["event"] == "traveller_done"]

    def person(self, what, kind, acts, status, end, record):
        before = len(self.ends())
        r = subprocess.run([self.postern, "traveller", "--port", str(self.args.port + 40), f"be {kind}", *acts], capture_output=True, text=True,
                           timeout=200, check=False)
        self.hold(what, [r.returncode, self.ends()[before:]], [status, [end] if end else []])
        self.expected += [record] if record else []
        self.say(f"{what}: {end or 'not inside'}")

    def people(self):
        self.hold("free without anybody on duty", self.lane("free", "--reason", REASON), 1)
        self.hold("duty", self.lane("duty-on"), 0)
        self.hold("free for what is no reason", self.lane("free", "--reason", "John said so"), 1)
        self.order("free")
        self.person("somebody without a document", "citizen", FREELY, 0, "passed", UNCHECKED)
        self.person("somebody the list would have known", "listed", FREELY, 0, "passed", UNCHECKED)
        self.person("two at once", "tailgater", ("wait shown walk-in 60", "wait entry open", "in", "wait shown go-back", "wait entry open", "back"), 0,
                    "returned", None)
        self.person("somebody after them", "minor", FREELY, 0, "passed", UNCHECKED)
        self.order("controlled")
        self.person("somebody without a document, checked", "citizen", ("wait shown present-document 60", "in"), 1, None, None)
        self.person("the same with one", "citizen", CHECKED, 0, "passed", CLEAR)

    def core_dies(self):
        self.order("free")
        self.person("somebody before the core dies", "citizen", FREELY, 0, "passed", UNCHECKED)
        self.until("nobody is in hand", lambda u: not u.get("crossing_id", "?"))
        os.kill(self.core_pid(LANE), signal.SIGKILL)
        self.person("somebody after it", "citizen", CHECKED, 0, "passed", CLEAR)
        self.hold("the mode after it", self.status()[LANE]["mode"], "MODE_CONTROLLED")

    def judge(self):
        verdicts = [r for unit, r in self.rows if unit == LANE and r["kind"] == "RECORD_VERDICT"]
        self.hold("verdicts on record", [{k: v.get(k) for k in e} for e, v in zip(self.expected, verdicts)], self.expected)
        self.hold("and no more of them", len(verdicts), len(self.expected))
        passages = [r["outcome"] for unit, r in self.rows if unit == LANE and r["kind"] == "RECORD_OUTCOME"]
        self.hold("outcomes", passages, ["OUTCOME_PASSED"] * len(self.expected))
        events = [t["event"] for t in self.truths(LANE)]
        self.hold("exits released, left by", [events.count("exit_released"), events.count("left_by_exit")], [len(self.expected)] * 2)
        self.hold("both leaves open", events.count("both_leaves_open"), 0)
        local, central = self.count()
        self.hold("exits released without a record", self.released_without_record(local)[1], 0)
        self.hold("the same records in both databases", local == central, True)
        self.say(f"{len(verdicts)} passages, {len(local)} records here, {len(central)} at the centre")

    def run(self):
        try:
            self.set_up()
            self.wait_ready()
            threading.Thread(target=lambda: self.follow(LANE), daemon=True).start()
            self.people()
            self.core_dies()
            self.until("all is at the centre", lambda u: bool(u) and u["head_seq"] == u["acked_seq"] and not u["crossing_id"])
            end = time.monotonic() + 20
            while sum(r["kind"] == "RECORD_OUTCOME" for _, r in self.rows) < len(self.expected) and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            self.finish()
        self.judge()
        if self.problems:
            self.say(f"free: {len(self.problems)} problems, see {self.dir}\n{self.log_tail()}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("free: whoever passed is on record, and nobody was checked")
        return 0


def main():
    os.environ["POSTERN_CHIPS"] = "0"
    sys.exit(Free(scenario.arguments("free", 1, 0, 60)).run())


if __name__ == "__main__":
    main()
