#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A camera whose device is not there when the daemon starts: it is told once, the lane serves nobody meanwhile, and the plugin starts as soon
as the device is plugged in, however often it was looked for before that; on the shipped daemon with the shipped plugins.

    plugged.py BUILD

Nobody's time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import os
import pty
import shutil
import sys
import tempfile
import time

import kinds  # noqa: F401 (the demonstration's folder is on the path then)
import run as demo
import scenario

LANE, PATIENCE_S = "lane-1", 90


class Plugged(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.shm = tempfile.mkdtemp(prefix="postern-plugged-", dir="/dev/shm")
        self.device, self.problems = os.path.join(self.shm, "camera"), []

    def change(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        changed = text.replace("devices:\n", f"devices:\n  - {{name: plugged-later, path: {self.device}}}\n", 1)
        changed = changed.replace("plugin: sim-camera, devices: {scene: scene-1}", "plugin: sim-camera, devices: {scene: plugged-later}")
        changed = changed.replace("    officer_required: true\n", "    officer_required: true\n    stale_after_ms: 8000\n")
        assert changed.count("plugged-later") == 2
        with open(path, "w", encoding="utf-8") as f:
            f.write(changed)

    def said(self, event):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as f:
            return [line for line in f if event in line and f"unit={LANE} " in line and "child=camera" in line]

    def state(self):
        plugins = self.status().get(LANE, {}).get("plugins", [])
        return {p["instance"]: p["state"] for p in plugins}

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if condition(self.state()):
                return
            time.sleep(0.2)
        self.problems.append(f"{what}: did not happen: {self.state()}\n{self.log_tail(10)}")

    def run(self):
        try:
            self.set_up()
            self.until("all but the camera are ready", lambda s: s and all((state == "ready") == (name != "camera") for name, state in s.items()))
            time.sleep(5)  # it is looked for again and again
            if len(self.said("plugin.refused")) != 1 or self.said("child.retry") or self.said("child.started"):
                self.problems.append("a device that is not there is told once, and nothing is started: " + "".join(
                    self.said("plugin.refused") + self.said("child.retry") + self.said("child.started")))
            if any(u["crossing_id"] for u in self.status().values()):
                self.problems.append("somebody is served without a camera")
            master, slave = pty.openpty()
            os.symlink(os.ttyname(slave), self.device)
            self.until("the camera is ready", lambda s: s.get("camera") == "ready")
            if len(self.said("child.started")) != 1:
                self.problems.append("the camera was not started once: " + "".join(self.said("child.started")))
            os.close(master)
            os.close(slave)
        finally:
            self.finish()
            shutil.rmtree(self.shm, ignore_errors=True)
        for p in self.problems:
            self.say("    WRONG: " + p)
        if not self.problems:
            shutil.rmtree(self.dir, ignore_errors=True)
            self.say("plugged: started when it was there")
        return 1 if self.problems else 0


if __name__ == "__main__":
    scenario.needs_models((sys.argv + [""])[1])
    os.environ.update(POSTERN_CHIPS="1", POSTERN_FACES="1")
    sys.exit(Plugged(scenario.arguments("plugged", 1, 1, 60)).run())
