#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A lane whose configuration does not say `face: assisted` is unattended: the reference matcher finds its holders and nobody certified says that
they are there, so that not one of them is let out, and an officer is called for each; on the shipped daemon, as faces.py.

    unattended.py BUILD

Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import sys

import faces
import kinds
import scenario

KINDS = {
    "citizen": (2, faces.BIOMETRIC, "face.no_pad"),
    "impostor": (1, faces.BIOMETRIC, "face.no_match"),
}


class Unattended(faces.Faces):
    NAME, LANES, EACH, SECONDS = "unattended", 1, 3, 120
    SCENARIO, KINDS, ENVIRONMENT = faces.SCENARIO.replace("seed: 3341", "seed: 2"), KINDS, {"POSTERN_CHIPS": "1", "POSTERN_FACES": "1"}
    DONE = "every holder was referred, as there is no certified attack detection"
    console = False

    def change(self, path):
        super().change(path)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        assert text.count("    face: assisted\n") == self.LANES
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("    face: assisted\n", ""))

    def judge(self):
        for lane, _, truths in self.of_lanes():
            if any(t["event"] == "exit_released" for t in truths):
                self.problem(f"{lane}: an exit was released")
        self.judge_counts()


if __name__ == "__main__":
    scenario.needs_models((sys.argv + [""])[1])
    kinds.main(Unattended)
