#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A lane whose configuration does not say `face: assisted` is unattended: the reference matcher finds its holders and nobody certified says that
they are there, so that not one of them is let out, and an officer is called for each; on the shipped daemon, as faces.py.

    unattended.py BUILD

Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import camera_kinds
from camera_kinds import BIOMETRIC

KINDS = {
    "citizen": (2, BIOMETRIC, "face.no_pad"),
    "impostor": (1, BIOMETRIC, "face.no_match"),
}


class Unattended(camera_kinds.CameraKinds):
    NAME, LANES, EACH, SECONDS = "unattended", 1, 3, 120
    SCENARIO, KINDS, ENVIRONMENT = camera_kinds.scenario_of(2, 3), KINDS, camera_kinds.environment()
    DONE = "every holder was referred, as there is no certified attack detection"

    def change(self, path):
        super().change(path)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        assert text.count("    face: assisted\n") == self.LANES
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("    face: assisted\n", ""))


if __name__ == "__main__":
    camera_kinds.main(Unattended)
