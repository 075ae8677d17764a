#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever carries a bad chip is referred with its reason, and whoever carries a good one is not; on the shipped daemon with the
shipped plugins, all three lanes, an officer who sends back.

    chips.py BUILD

Which traveller was which is told by the generator of travellers and by the simulators' own logs, never by Postern. Nobody's
time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import kinds

SCENARIO = ("seed: 8\ntravellers: 9\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\n"
            "chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}\nmix:\n")
# kind: weight, exception, reason, and which check it speaks of; no exception: admitted
FAILURE = "EXCEPTION_DOCUMENT_CHECK_FAILURE"
KINDS = {
    "citizen": (3, None, "", ()),
    "within-90": (3, None, "", ()),
    "wiggles": (3, None, "", ()),
    "cloned-chip": (2, FAILURE, "eligibility.chip_failed", ("chip.ca", "chip.aa", "chip.cam")),
    "forged-dg1": (2, FAILURE, "eligibility.chip_failed", ("pa.dg.hash", "chip.mrz")),
    "revoked-signer": (2, FAILURE, "eligibility.chip_failed", ("pa.signer.revocation",)),
    "unknown-csca": (2, FAILURE, "eligibility.chip_undetermined", ("pa.signer.chain",)),
    "broken-chip": (2, "EXCEPTION_NON_EMRTD", "eligibility.chip_not_read", ("chip.none",)),
    "slow-chip": (1, "EXCEPTION_CHIP_FAILURE", "eligibility.chip_not_read", ("chip.late",)),
}


class Chips(kinds.Kinds):
    NAME, LANES, EACH, SECONDS = "chips", 3, 9, 150
    SCENARIO, KINDS, ENVIRONMENT = SCENARIO, KINDS, {"POSTERN_CHIPS": "1"}
    DONE = "every bad one was referred with its reason, every good one admitted"

    def judge_one(self, lane, kind, verdict, done):
        _, exception, reason, about = KINDS[kind]
        found = (verdict["verdict"], verdict["exception"], verdict["reason"], verdict["reason_argument"])
        self.say(f"{lane}  {kind:15s} {' '.join(found)}, {done}")
        if exception is None:
            if verdict["verdict"] != "VERDICT_CLEAR" or done != "passed":
                self.problem(f"{lane}: a {kind} with a good chip: {found}, {done}")
        elif found[:3] != ("VERDICT_REFER", exception, reason) or found[3] not in about or done == "passed":
            self.problem(f"{lane}: {kind}: {found}, {done}; expected {exception} {reason} {about}")

    def judge(self):
        for lane, came, truths in self.of_lanes():
            count = lambda event: sum(t["event"] == event for t in truths)
            if count("exit_released") != sum(KINDS[k][1] is None for k in came):
                self.problem(f"{lane}: {count('exit_released')} exits were released")
            if count("chip_presented") != sum(k != "broken-chip" for k in came):
                self.problem(f"{lane}: {count('chip_presented')} chips were laid down")
            if count("chip_torn") != sum(k == "wiggles" for k in came):
                self.problem(f"{lane}: {count('chip_torn')} chips were torn away")
        self.judge_counts()


if __name__ == "__main__":
    kinds.main(Chips)
