#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""At a lane whose camera has a drive of its height a holder who sits, and one who is very tall, are admitted as anybody is; at a lane
without one they are referred, for their faces are never in the frame. An impostor is refused at both. And a camera is moved only while
somebody stands inside and has not been let out. On the shipped daemon with the shipped plugins, the reference matcher, a simulated
camera and an officer on duty who sends back.

    heights.py BUILD

What came of it is told by the simulators' own logs. Nobody's time is judged. Must never end a process that it did not start. Exit status
77: not possible here, and why."""
import sys

import kinds
import scenario

SCENARIO = ("seed: 411\ntravellers: 5\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\n"
            "chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}\nmix:\n")
# kind: weight, and why not with a drive and without; none: admitted
KINDS = {
    "citizen": (2, None, None),
    "impostor": (1, "face.no_match", "face.no_match"),
    "seated": (2, None, "face.no_face"),
    "tall": (1, None, "face.no_face"),
}
WITH_DRIVE = "lane-1"


class Heights(kinds.Kinds):
    NAME, LANES, EACH, SECONDS = "heights", 2, 5, 220
    SCENARIO, KINDS, ENVIRONMENT = SCENARIO, KINDS, {"POSTERN_CHIPS": "1", "POSTERN_FACES": "1", "POSTERN_LIFTS": "1"}
    DONE = "who sits and who is tall was admitted where the camera has a drive, and referred where it has none"

    def change(self, path):
        # A matcher on a busy machine is slow, not dead.
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("    officer_required: true\n", "    officer_required: true\n    stale_after_ms: 8000\n"))

    def before(self):
        for lane in self.lanes():
            self.tool("lane", "duty-on", "--lane", lane, "--officer", "officer-1", check=True)

    def judge_one(self, lane, kind, verdict, done):
        why = KINDS[kind][1 if lane == WITH_DRIVE else 2]
        found = (verdict["verdict"], verdict["exception"], verdict["reason"], verdict["reason_argument"])
        self.say(f"{lane}  {kind:10s} {' '.join(found)}, {done}")
        if why is None:
            if verdict["verdict"] != "VERDICT_CLEAR" or done != "passed":
                self.problem(f"{lane}: {kind}: {found}, {done}; expected to be admitted")
        elif found != ("VERDICT_REFER", "EXCEPTION_BIOMETRIC_FAILURE", "face.verification", why) or done == "passed":
            self.problem(f"{lane}: {kind}: {found}, {done}; expected {why}")

    def judge(self):
        for lane, came, truths in self.of_lanes():
            moves = [t["detail"] for t in truths if t["event"] == "camera_moved"]
            self.say(f"{lane}: the camera was moved {moves.count('down')} times down, {moves.count('up')} up, refused {moves.count('not')}")
            if lane != WITH_DRIVE:
                if moves:
                    self.problem(f"{lane}: a camera without a drive was to be moved {len(moves)} times")
                continue
            if not {"down", "up"} <= set(moves) or len(moves) > 16 * len(came):
                self.problem(f"{lane}: the camera was moved {moves}")
            self.judge_moments(lane, truths)
        self.judge_counts()

    def judge_moments(self, lane, truths):
        looked_at = False
        for t in truths:
            if t["event"] == "entered":
                looked_at = True
            elif t["event"] in ("exit_released", "left_by_exit", "left_by_entry"):
                looked_at = False
            elif t["event"] == "camera_moved" and not looked_at:
                self.problem(f"{lane}: the camera was moved while nobody inside was looked at")


if __name__ == "__main__":
    scenario.needs_models((sys.argv + [""])[1])
    kinds.main(Heights)
