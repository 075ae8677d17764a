#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""At a lane whose camera has a drive of its height a holder who sits, and one who is very tall, are admitted as anybody is; at a lane
without one they are referred, for their faces are never in the frame. An impostor is refused at both. And a camera is moved only while
somebody stands inside and has not been let out. On the shipped daemon with the shipped plugins, the reference matcher, a simulated
camera and an officer on duty who sends back.

    heights.py BUILD

What came of it is told by the simulators' own logs. Nobody's time is judged. Must never end a process that it did not start. Exit status
77: not possible here, and why."""
import camera_kinds
from camera_kinds import BIOMETRIC

# kind: weight, and why not with a drive and without; none: admitted
KINDS = {
    "citizen": (2, None, None),
    "impostor": (1, "face.no_match", "face.no_match"),
    "seated": (2, None, "face.no_face"),
    "tall": (1, None, "face.no_face"),
}
WITH_DRIVE = "lane-1"


class Heights(camera_kinds.CameraKinds):
    NAME, EACH = "heights", 5
    SCENARIO, KINDS, ENVIRONMENT = camera_kinds.scenario_of(411, 5), KINDS, camera_kinds.environment(POSTERN_LIFTS="1")
    DONE = "who sits and who is tall was admitted where the camera has a drive, and referred where it has none"

    def expected(self, lane, kind):
        why = KINDS[kind][1 if lane == WITH_DRIVE else 2]
        return (None if why is None else BIOMETRIC, why)

    def judge(self):
        for lane, came, truths in self.of_lanes():
            self.judge_released(lane, came, truths)
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
    camera_kinds.main(Heights)
