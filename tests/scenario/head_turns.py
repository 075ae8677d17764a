#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whose face matches is asked by the lane's display to turn the head to a side that nobody knew before: the holder who does is admitted, who
stands still or holds up a print or a screen, still or turned about, is referred, and an impostor is not asked; on the shipped daemon with
the shipped plugins.

    head_turns.py BUILD

Which traveller was which is told by the generator of travellers and by the simulators' own logs, never by Postern. Nobody's
time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import sys

import faces
import kinds
import scenario

KINDS = {
    "citizen": (4, None, ""),
    "head-still": (2, faces.BIOMETRIC, "face.not_turned"),
    "printed-face": (1, faces.BIOMETRIC, "face.not_turned"),
    "screen-replay": (1, faces.BIOMETRIC, "face.not_turned"),
    "impostor": (1, faces.BIOMETRIC, "face.no_match"),
}


class HeadTurns(faces.Faces):
    NAME, LANES, EACH = "head_turns", 2, 6
    console = None
    SCENARIO = faces.SCENARIO.replace("seed: 3341", "seed: 11").replace("travellers: 10", "travellers: 6")
    KINDS, ENVIRONMENT = KINDS, {"POSTERN_CHIPS": "1", "POSTERN_FACES": "1", "POSTERN_TURNS": "1"}
    DONE = "who turned the head was admitted, whoever did not was referred"

    def judge(self):
        for lane, came, truths in self.of_lanes():
            released = sum(t["event"] == "exit_released" for t in truths)
            if released != sum(KINDS[k][1] is None for k in came):
                self.problem(f"{lane}: {released} exits were released")
        self.judge_counts()


if __name__ == "__main__":
    scenario.needs_models((sys.argv + [""])[1])
    kinds.main(HeadTurns)
