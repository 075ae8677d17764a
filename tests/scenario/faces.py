#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever carries the document of somebody else, has put a portrait of their own over the holder's, shares the camera, hides, stands before
a camera that sees nothing, or is not there in near infrared is referred with the reason, and the holder passes; and pictures, live, of the
chip and of the page, are kept of those alone whose check did not succeed; on the
shipped daemon with the shipped plugins, the reference matcher, a simulated camera and an officer on duty who sends back.

    faces.py BUILD

Which traveller was which is told by the generator of travellers and by the simulators' own logs, never by Postern. Nobody's
time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import json
import os
import subprocess
import time

import camera_kinds
from camera_kinds import BIOMETRIC, CAMERA

# kind: weight, exception, and why; no exception: admitted
KINDS = {
    "citizen": (5, None, ""),
    "impostor": (4, BIOMETRIC, "face.no_match"),
    "face-swap": (2, BIOMETRIC, "face.swapped"),
    "beside": (2, BIOMETRIC, "face.several_faces"),
    "screen-replay": (2, BIOMETRIC, "face.suspicious"),
    "printed-face": (1, BIOMETRIC, "face.suspicious"),
    "no-infrared": (1, BIOMETRIC, "face.no_infrared"),
    "hides-face": (1, BIOMETRIC, "face.no_face"),
    "lens-covered": (1, CAMERA, "camera.black"),
    "camera-freezes": (1, CAMERA, "camera.frozen"),
    "camera-blinded": (1, CAMERA, "camera.flooded"),
    "camera-silent": (1, CAMERA, "camera.silent"),
    "camera-unplugged": (1, CAMERA, ("camera.unplugged", "camera.no_answer")),  # which, by whether it is asked before it has said so
    "portrait-bomb": (1, BIOMETRIC, "face.picture"),
    "photo-substituted": (2, BIOMETRIC, "face.no_match"),
}


class Faces(camera_kinds.CameraKinds):
    NAME, EACH = "faces", 10
    console = True  # the lanes have a line to the post, so the reader is asked for the printed portrait
    SCENARIO, KINDS, ENVIRONMENT = camera_kinds.scenario_of(3341, 10), KINDS, camera_kinds.environment(POSTERN_NIR="1")
    LANE_LINES = "    journal: {failed_faces_hours: 1}\n"
    DONE = "every holder was admitted, everybody else referred with the reason"

    def judge(self):
        for lane, came, truths in self.of_lanes():
            self.judge_released(lane, came, truths)
            self.judge_kept(lane, came)
        self.judge_counts()
        self.judge_switched_off()

    def judge_kept(self, lane, came):
        """Pictures of whoever's check failed or stayed undetermined, in the order of their coming, and of nobody else."""
        out = os.path.join(self.dir, "kept-" + lane)
        os.mkdir(out)
        keys = [os.path.join(at, f) for at, _, files in os.walk(os.path.join(self.dir, "pki")) for f in files if f == "centre-seal.key"]
        path = os.path.join(self.dir, f"state/{lane}/journal.db")
        opened = subprocess.run([self.postern, "journal", "faces", "--json", "--key", keys[0], "--out", out, path], capture_output=True,
                                text=True, check=True, timeout=60)
        listed = json.loads(opened.stdout)
        verdicts = [r["crossing_id"] for unit, r in self.rows if unit == lane and r["kind"] == "RECORD_VERDICT"]
        expected = [v for v, k in zip(verdicts, came) if self.KINDS[k][1] == BIOMETRIC and self.KINDS[k][2] != "face.picture"]
        if [e["crossing_id"] for e in listed] != expected:
            self.problem(f"{lane}: faces are kept of {listed}, expected {expected}")
        names, pictures = sorted(os.listdir(out)), {}
        if names not in [sorted(f"{v}-{which}" for v in expected for which in (chip, "live.jpg", "printed.jpg")) for chip in ("chip.jp2", "chip.jpg")]:
            self.problem(f"{lane}: the pictures are {names}")
        for name in names:
            with open(os.path.join(out, name), "rb") as f:
                pictures[name] = f.read()
            if name.endswith(".jpg") and pictures[name][:3] != b"\xff\xd8\xff":
                self.problem(f"{lane}: {name} is no picture")
        # Byte for byte what was printed on a document, each of another one: they all differ.
        printed = [p for name, p in pictures.items() if name.endswith("-printed.jpg")]
        pages = set(self.pages())
        if len(set(printed)) != len(printed) or not pages.issuperset(printed):
            self.problem(f"{lane}: what is kept as printed is not what the documents show")
        self.say(f"{lane}: {len(names)} pictures of {len(listed)} crossings are kept, and open with the centre's key")

    def pages(self):
        folder = os.path.join(self.dir, "issued/pages")
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as f:
                yield f.read()

    def judge_switched_off(self):
        """Without the configuration's word what was kept goes at the next start."""
        with open(self.config, encoding="utf-8") as f:
            text = f.read()
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(text.replace(self.LANE_LINES, ""))
        with open(os.path.join(self.dir, "posternd.log"), "a", encoding="utf-8") as log:
            self.start([os.path.join(self.build, "core/posternd"), "--config", self.config], stderr=log, stdout=log)
        left, end = self.lanes(), time.monotonic() + 60
        while left and time.monotonic() < end:
            time.sleep(0.2)
            paths = [(lane, os.path.join(self.dir, f"state/{lane}/journal.db")) for lane in left]
            listed = [(lane, subprocess.run([self.postern, "journal", "faces", "--json", p], capture_output=True, text=True, timeout=60))
                      for lane, p in paths]
            left = [lane for lane, r in listed if r.returncode != 0 or json.loads(r.stdout) != []]
        if left:
            self.problem(f"faces are kept without the configuration's word: {left}")
        self.finish()


if __name__ == "__main__":
    camera_kinds.main(Faces)
