#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a State's registers say decides at the gate: visas with and without entries left, travel authorisations granted and revoked,
a ban on entry. The shipped daemon with its centre, which has the registers' files, and two simulated lanes.

    registers.py BUILD

Who was which is told by the generator of travellers, and each verdict is held to it. Nobody's time is judged. Must never end a
process that it did not start. Exit status 77: not possible here, and why."""
import os
import re
import time

import kinds

SCENARIO = ("seed: 31\ntravellers: 12\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 30, hold_ms: 300, patience_ms: 60000}\nmix:\n")
CLEAR = ("VERDICT_CLEAR", "EXCEPTION_NONE", "")
# kind: weight, (verdict, exception, reason)
KINDS = {
    "citizen": (1, CLEAR),
    "within-90": (1, CLEAR),
    "visa": (2, CLEAR),
    "no-visa": (2, ("VERDICT_REFER", "EXCEPTION_INELIGIBLE", "eligibility.visa_required")),
    "visa-used-up": (1, ("VERDICT_REFER", "EXCEPTION_INELIGIBLE", "eligibility.entries_used_up")),
    "authorised": (2, CLEAR),
    "unauthorised": (2, ("VERDICT_REFER", "EXCEPTION_INELIGIBLE", "eligibility.authorisation_missing")),
    "banned": (1, ("VERDICT_STOP", "EXCEPTION_DATABASE_HIT", "eligibility.entry_ban")),
}
LOADED_S = 20


class Registers(kinds.Kinds):
    NAME, LANES, EACH, SECONDS = "registers", 2, 12, 150
    SCENARIO, KINDS, ENVIRONMENT = SCENARIO, KINDS, {"POSTERN_CHIPS": "0", "POSTERN_OFFICER_REQUIRED": "true"}
    DONE = "each register was heard at the gate, and all counts agree"

    def before(self):
        """Until its registers are in force the centre vouches for nothing, and rightly everybody who needs one is referred."""
        until, held = time.monotonic() + LOADED_S, 0
        for register in ("permits", "authorisations", "bans"):
            with open(os.path.join(self.dir, "registers", register + ".csv"), encoding="utf-8") as f:
                held += len(f.readlines()) - 1
        while self.taken_over() < held and time.monotonic() < until:
            time.sleep(0.1)
        if held == 0 or self.taken_over() != held:
            self.problem(f"the centre has taken over {self.taken_over()} of {held} entries of its registers")
        for lane in self.lanes():
            self.tool("lane", "duty-on", "--lane", lane, "--officer", "officer-1", check=True)

    def taken_over(self):
        text = self.tool("metrics", "--unit", "centre").stdout
        found = re.search(r'^postern_plugin_count_total\{.*name="register_entries_total".*\} (\d+)', text, re.M)
        return int(found.group(1)) if found else 0

    def judge_one(self, lane, kind, verdict, done):
        expected = KINDS[kind][1]
        found = (verdict["verdict"], verdict["exception"], verdict["reason"])
        self.say(f"{lane}  {kind:13s} {' '.join(found)}, {done}")
        if found != expected:
            self.problem(f"{lane}: {kind}: {found}, expected {expected}")

    def judge(self):
        for lane, came, truths in self.of_lanes():
            released = sum(t["event"] == "exit_released" for t in truths)
            clear = sum(KINDS[k][1] is CLEAR for k in came)
            if released < clear:
                self.problem(f"{lane}: {released} exits were released, {clear} travellers were in order")
        released, records = self.judge_counts()
        self.say(f"{len(self.kinds)} travellers, {released} exits released, {records} records in both databases")


if __name__ == "__main__":
    kinds.main(Registers)
