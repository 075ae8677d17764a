#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whose face matches is asked by the lane's display to turn the head to a side that nobody knew before: the holder who does is admitted, who
stands still or holds up a print or a screen, still or turned about, is referred, and an impostor is not asked; on the shipped daemon with
the shipped plugins.

    head_turns.py BUILD

Which traveller was which is told by the generator of travellers and by the simulators' own logs, never by Postern. Nobody's
time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import camera_kinds
from camera_kinds import BIOMETRIC

KINDS = {
    "citizen": (4, None, ""),
    "head-still": (2, BIOMETRIC, "face.not_turned"),
    "printed-face": (1, BIOMETRIC, "face.not_turned"),
    "screen-replay": (1, BIOMETRIC, "face.not_turned"),
    "impostor": (1, BIOMETRIC, "face.no_match"),
}


class HeadTurns(camera_kinds.CameraKinds):
    NAME, EACH = "head_turns", 6
    SCENARIO, KINDS, ENVIRONMENT = camera_kinds.scenario_of(11, 6), KINDS, camera_kinds.environment(POSTERN_TURNS="1")
    DONE = "who turned the head was admitted, whoever did not was referred"


if __name__ == "__main__":
    camera_kinds.main(HeadTurns)
