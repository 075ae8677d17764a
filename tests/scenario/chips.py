#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever carries a bad chip is referred with its reason, and whoever carries a good one is not; on the shipped daemon with the
shipped plugins, all three lanes, an officer who sends back.

    chips.py BUILD

Which traveller was which is told by the generator of travellers and by the simulators' own logs, never by Postern. Nobody's
time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import argparse
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402

LANES, EACH = 3, 9
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


class Chips(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.problems = []
        path = os.path.join(self.dir, "chips.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO + "".join(f"  - {{kind: {k}, weight: {v[0]}}}\n" for k, v in KINDS.items()))
        os.environ["POSTERN_SCENARIO"] = path
        os.environ["POSTERN_CHIPS"] = "1"
        tool = os.path.join(self.build, "plugins/sim-lane/postern-sim-travellers")
        text = subprocess.run([tool, "all", path, str(LANES * EACH)], capture_output=True, text=True, check=True).stdout
        self.kinds = [entry.split()[1] for entry in text.split("\n\n") if entry.strip()]
        missing = KINDS.keys() - set(self.kinds)
        if missing:
            self.problem(f"the scenario's seed brings no {', '.join(sorted(missing))}")

    def problem(self, text):
        self.problems.append(text)
        self.say("    WRONG: " + text)

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
        for n, lane in enumerate(self.lanes()):
            kinds = self.kinds[n * EACH:(n + 1) * EACH]
            truths = self.truths(lane)
            verdicts = [r for unit, r in self.rows if unit == lane and r["kind"] == "RECORD_VERDICT"]
            ends = [t["detail"].split() for t in truths if t["event"] == "traveller_done"]
            if len(verdicts) != EACH or [e[1] for e in ends] != kinds:
                self.problem(f"{lane}: {len(verdicts)} verdicts, travellers {ends}")
                continue
            for kind, verdict, end in zip(kinds, verdicts, ends):
                self.judge_one(lane, kind, verdict, end[2])
            count = lambda event: sum(t["event"] == event for t in truths)
            if count("exit_released") != sum(KINDS[k][1] is None for k in kinds):
                self.problem(f"{lane}: {count('exit_released')} exits were released")
            if count("chip_presented") != sum(k != "broken-chip" for k in kinds):
                self.problem(f"{lane}: {count('chip_presented')} chips were laid down")
            if count("chip_torn") != sum(k == "wiggles" for k in kinds):
                self.problem(f"{lane}: {count('chip_torn')} chips were torn away")
        local, central = self.count()
        _, bare = self.released_without_record(local)
        if bare or local != central:
            self.problem(f"{bare} exits released without a record, {len(local)} records here and {len(central)} at the centre")

    def run(self):
        self.followers = {}
        try:
            self.set_up()
            self.wait_ready()
            for target in [self.officer] + [lambda lane=lane: self.follow(lane) for lane in self.lanes()]:
                threading.Thread(target=target, daemon=True).start()
            self.wait_done()
            time.sleep(0.5)
            self.finish()
            self.judge()
        finally:
            self.finish()
        if self.problems:
            self.say(f"chips: {len(self.problems)} problems, see {self.dir}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("chips: every bad one was referred with its reason, every good one admitted")
        return 0


def main():
    if os.geteuid() != 0:
        print("chips: skipped: only root gives each plugin a user of its own")
        sys.exit(77)
    a = argparse.ArgumentParser()
    a.add_argument("build")
    args = a.parse_args()
    args.lanes, args.travellers, args.store, args.seconds = LANES, LANES * EACH, "", 150
    args.once, args.keep, args.no_faults, args.port = True, True, True, 20000 + 2 * (os.getpid() % 6000)
    sys.exit(Chips(args).run())


if __name__ == "__main__":
    main()
