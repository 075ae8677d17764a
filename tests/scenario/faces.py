#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever carries the document of somebody else, shares the camera, hides, or stands before a camera that sees nothing is referred
with the reason, and the holder passes; on the shipped daemon with the shipped plugins, the reference matcher, a simulated camera and
an officer on duty who sends back.

    faces.py BUILD

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

LANES, EACH = 2, 8
SCENARIO = ("seed: 109\ntravellers: 8\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\n"
            "chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}\nmix:\n")
BIOMETRIC, CAMERA = "EXCEPTION_BIOMETRIC_FAILURE", "EXCEPTION_SYSTEM_MALFUNCTION"
# kind: weight, exception, and why; no exception: admitted
KINDS = {
    "citizen": (5, None, ""),
    "impostor": (4, BIOMETRIC, "face.no_match"),
    "face-swap": (2, BIOMETRIC, "face.swapped"),
    "beside": (2, BIOMETRIC, "face.several_faces"),
    "hides-face": (1, BIOMETRIC, "face.no_face"),
    "lens-covered": (1, CAMERA, "camera.black"),
    "camera-freezes": (1, CAMERA, "camera.frozen"),
}


class Faces(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.problems = []
        path = os.path.join(self.dir, "faces.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO + "".join(f"  - {{kind: {k}, weight: {v[0]}}}\n" for k, v in KINDS.items()))
        os.environ.update(POSTERN_SCENARIO=path, POSTERN_CHIPS="1", POSTERN_FACES="1")
        tool = os.path.join(self.build, "plugins/sim-lane/postern-sim-travellers")
        text = subprocess.run([tool, "all", path, str(LANES * EACH)], capture_output=True, text=True, check=True).stdout
        self.kinds = [entry.split()[1] for entry in text.split("\n\n") if entry.strip()]
        missing = KINDS.keys() - set(self.kinds)
        if missing:
            self.problem(f"the scenario's seed brings no {', '.join(sorted(missing))}")

    def problem(self, text):
        self.problems.append(text)
        self.say("    WRONG: " + text)

    def change(self, path):
        # A matcher on a busy machine is slow, not dead.
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("    officer_required: true\n", "    officer_required: true\n    stale_after_ms: 8000\n"))

    def duty(self):
        for lane in self.lanes():
            self.tool("lane", "duty-on", "--lane", lane, "--officer", "officer-1", check=True)

    def judge_one(self, lane, kind, verdict, done):
        _, exception, about = KINDS[kind]
        found = (verdict["verdict"], verdict["exception"], verdict["reason"], verdict["reason_argument"])
        self.say(f"{lane}  {kind:15s} {' '.join(found)}, {done}")
        if exception is None:
            if verdict["verdict"] != "VERDICT_CLEAR" or done != "passed":
                self.problem(f"{lane}: a holder: {found}, {done}")
        elif found != ("VERDICT_REFER", exception, "face.verification", about) or done == "passed":
            self.problem(f"{lane}: {kind}: {found}, {done}; expected {exception} {about}")

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
            released = sum(t["event"] == "exit_released" for t in truths)
            if released != sum(KINDS[k][1] is None for k in kinds):
                self.problem(f"{lane}: {released} exits were released")
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
            self.duty()
            self.wait_done()
            time.sleep(0.5)
            self.finish()
            self.judge()
        finally:
            self.finish()
        if self.problems:
            self.say(f"faces: {len(self.problems)} problems, see {self.dir}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("faces: every holder was admitted, everybody else referred with the reason")
        return 0


def main():
    if os.geteuid() != 0:
        print("faces: skipped: only root gives each plugin a user of its own")
        sys.exit(77)
    a = argparse.ArgumentParser()
    a.add_argument("build")
    args = a.parse_args()
    missing = os.path.join(args.build, "plugins/lib/face/models/dlib29/missing.txt")
    if os.path.exists(missing):
        with open(missing, encoding="utf-8") as f:
            print("faces: skipped: " + f.read().strip())
        sys.exit(77)
    args.lanes, args.travellers, args.store, args.seconds = LANES, LANES * EACH, "", 200
    args.once, args.keep, args.no_faults, args.port = True, True, True, 20000 + 2 * (os.getpid() % 6000)
    sys.exit(Faces(args).run())


if __name__ == "__main__":
    main()
