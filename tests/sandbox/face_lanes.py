#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The camera or the matcher of a lane misbehaves, most often just when it is asked about a traveller who stands between the leaves:
the lane must not stop, that traveller is referred, and the plugin is started again.

    face_lanes.py BUILD HOSTILE.so [KIND...]

As lanes.py, with camera, matcher, portraits and an officer on duty who sends back. The hostile camera has the grants of camera-v4l2.
Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import json
import os
import sys
import threading

import lanes

# What it does, and at which message (its number in core/schema/bus.proto; 0: when a core begins).
CAPTURE, REFERENCE, MATCH, FORGET = 34, 36, 38, 42
CAMERA = [f"{way} {CAPTURE}" for way in ("frames", "hang", "spin", "garbage", "oversized", "forbidden", "lies", "bombs", "flood", "die")] + [
    "frames 0", "die 0"]
MATCHER = [f"{way} {MATCH}" for way in ("hang", "spin", "garbage", "oversized", "forbidden", "lies", "die")] + [
    f"hang {REFERENCE}", f"spin {REFERENCE}", f"die {REFERENCE}", f"die {FORGET}", "die 0"]


class FaceLanes(lanes.Lanes):
    WAYS = CAMERA  # the matcher's are as many
    KINDS = {"camera": ("camera", "sim-camera", False), "matcher": ("face", "match-face", False)}
    SECONDS = 24  # one that wants more frames is asked for 15 s

    def __init__(self, args, kind, hostile):
        super().__init__(args, kind, hostile)
        self.WAYS = CAMERA if kind == "camera" else MATCHER
        self.verdicts = {}

    def granted(self, plugin):
        return "camera-v4l2" if plugin == "sim-camera" else plugin

    def block(self, text):
        if self.kind != "camera":
            return text
        at = text.index(", folders:")
        return text[:at].replace("{scene: ", "{camera: ") + "}\n"

    def options(self, way):
        does, at = way.split()
        return f'{{attempt: "{does}", at: "{at}"}}' if at != "0" else f'{{attempt: "{does}"}}'

    def before(self):
        for n in range(1, len(self.WAYS) + 2):
            self.tool("lane", "duty-on", "--lane", f"lane-{n}", "--officer", "officer-1", check=True)
        threading.Thread(target=self.officer, daemon=True).start()

    def after(self):
        for n in range(1, len(self.WAYS) + 2):
            out = self.tool("crossings", "--json", "--unit", f"lane-{n}").stdout
            self.verdicts[f"lane-{n}"] = [r for r in (json.loads(line)["record"] for line in out.splitlines()) if r["kind"] == "RECORD_VERDICT"]

    def starts(self, lane, instance):
        with open(os.path.join(self.dir, "posternd.log"), encoding="utf-8") as f:
            return sum("child.started" in line and f"unit={lane} " in line and f"child={instance} " in line for line in f)

    def judge_starts(self, lane, way):
        """What misbehaved was ended and started again; one that only says what is not so may live on."""
        again = self.starts(lane, "camera" if self.kind == "camera" else "face")
        if again < 2 and not way.startswith(("lies", "bombs")):
            self.problem(f"{lane} ({way}): its {self.kind} was not started again")
        return f", started {again} times"

    def judge_lane(self, lane, way, released):
        started = self.judge_starts(lane, way)
        verdicts = self.verdicts[lane]
        # Where the matcher is gone before the entry is released, that is no malfunction of a face yet.
        wrong = [v for v in verdicts if v["verdict"] != "VERDICT_REFER" or (
            v["reason"] != "face.verification" and v["exception"] != "EXCEPTION_SYSTEM_MALFUNCTION")]
        if wrong:
            self.problem(f"{lane} ({way}): {wrong[0]['verdict']} {wrong[0]['exception']} {wrong[0]['reason']}, expected a referral for the face")
        if not way.endswith(" 0") and not verdicts:
            self.problem(f"{lane} ({way}): nobody was there when it was to misbehave: nothing shown")
        return started + (", referred " + " ".join(sorted({v["reason_argument"] or v["exception"] for v in verdicts})) if verdicts else ", nobody taken")


if __name__ == "__main__":
    missing = os.path.join(sys.argv[1] if len(sys.argv) > 1 else "", "plugins/lib/face/models/dlib29/missing.txt")
    if os.path.exists(missing):
        with open(missing, encoding="utf-8") as why:
            print("face_lanes: skipped: " + why.read().strip())
        sys.exit(77)
    os.environ.update(POSTERN_CHIPS="1", POSTERN_FACES="1")
    lanes.main(FaceLanes)
