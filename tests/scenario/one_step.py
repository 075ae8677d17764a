#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Travellers cross a one-step lane, the mantrap, from end to end: the shipped daemon with the shipped plugins, the lane file of
hw/lanes and a simulated lane that is built so. Who is in order passes; two who come in together, who turns round, who lays down
what is not good and who leaves something behind end as they must, and who never walks in leaves no record.

    one_step.py BUILD

Who was which is told by the generator of travellers, what became of them by the simulator's own log, and both are held to the
journal and to the registry. Nobody's time is judged. Must never end a process that it did not start. Exit status 77: not possible
here, and why."""
import collections

import kinds

# The entry takes its time, so that whoever turns round at once usually finds it open; who does not is given the way back later.
SCENARIO = ("seed: 79\ntravellers: 14\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 300, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 30, hold_ms: 300, patience_ms: 60000}\nmix:\n")
# kind: weight, (verdict, exception) or None for no verdict's record asked for, what the traveller did, outcome of the crossing
KINDS = {
    "citizen": (3, ("CLEAR", "NONE"), "passed", "PASSED"),
    "pulls-early": (2, ("CLEAR", "NONE"), "passed", "PASSED"),
    "holds-door": (1, ("CLEAR", "NONE"), "passed", "PASSED"),
    "left-bag": (1, ("CLEAR", "NONE"), "passed", "PASSED"),
    "expired": (1, ("REFER", "EXPIRED_DOCUMENT"), "returned", "REFUSED"),
    "minor": (1, ("REFER", "MINOR"), "passed", "PASSED"),
    "tailgater": (2, ("REFER", "TAILGATING"), "returned", "RETURNED"),
    "walks-back": (1, None, "returned", "RETURNED"),
    "no-show": (1, None, "no-show", None),
}


class OneStep(kinds.Kinds):
    NAME, LANES, EACH, SECONDS = "one-step", 1, 14, 150
    SCENARIO, KINDS, ENVIRONMENT = SCENARIO, KINDS, {"POSTERN_CHIPS": "0", "POSTERN_TOPOLOGY": "one-step"}
    DONE = "everyone ended as they must, and all counts agree"

    def hold(self, what, found, expected):
        if found != expected:
            self.problem(f"{what}: {found}, expected {expected}")

    def records(self, kind):
        return [r for unit, r in self.rows if unit == "lane-1" and r["kind"] == kind]

    def judge_travellers(self, truths):
        """Each one's end, and that what was sensed between is possible."""
        ends = [t["detail"].split()[1:] for t in truths if t["event"] == "traveller_done"]
        self.hold("what became of them", ends, [[k, KINDS[k][2]] for k in self.kinds])
        came = collections.Counter()
        inside, most = 0, 0
        for t in truths:
            came[t["event"]] += 1
            inside += int(t["detail"]) if t["event"] == "entered" else 0
            if t["event"] in ("left_by_exit", "left_by_entry"):
                inside = 0
            if t["event"] == "document_presented" and inside != 1:
                self.problem(f"a document was laid down with {inside} in the chamber")
            most = max(most, inside)
        passed = sum(KINDS[k][2] == "passed" for k in self.kinds)
        self.hold("exits released, and left by", [came["exit_released"], came["left_by_exit"]], [passed, passed])
        self.hold("returned by the entry", came["left_by_entry"], sum(KINDS[k][2] == "returned" for k in self.kinds))
        self.hold("most in the chamber, both leaves open, left by nobody", [most, came["both_leaves_open"], inside], [2, 0, 0])

    def judge_records(self):
        expected = [KINDS[k][1] for k in self.kinds if KINDS[k][1] is not None]
        verdicts = [(r["verdict"].removeprefix("VERDICT_"), r["exception"].removeprefix("EXCEPTION_")) for r in self.records("RECORD_VERDICT")]
        late = sum(k == "walks-back" for k in self.kinds)  # one for whom the entry had shut is recorded as referred
        extra = collections.Counter(verdicts) - collections.Counter(expected)
        if collections.Counter(expected) - collections.Counter(verdicts) or sum(extra.values()) > late or any(v != "REFER" for v, _ in extra):
            self.problem(f"verdicts {verdicts}, expected {expected}")
        self.hold("outcomes", [r["outcome"].removeprefix("OUTCOME_") for r in self.records("RECORD_OUTCOME")],
                  [KINDS[k][3] for k in self.kinds if KINDS[k][3] is not None])
        wrong = [r["event"] for r in self.records("RECORD_GATE_EVENT") if r["event"] in ("gate.other_topology", "gate.sensor_lost")]
        self.hold("the hardware and the core are of one kind", wrong, [])
        released, records = self.judge_counts()
        self.say(f"{len(self.kinds)} travellers, {len(verdicts)} verdicts, {released} exits released, {records} records in both databases")

    def judge(self):
        self.judge_travellers(self.truths("lane-1"))
        self.judge_records()


if __name__ == "__main__":
    kinds.main(OneStep)
