# SPDX-License-Identifier: Apache-2.0
"""What scenarios of travellers before a lane's camera share: an officer on duty, without whom nobody is taken, the verdict that a kind is
to get, and that no process holds a picture when everybody has gone. Must never know a kind by its name: each scenario's table does."""
import os
import sys
import threading

import kinds
import scenario

BIOMETRIC, CAMERA = "EXCEPTION_BIOMETRIC_FAILURE", "EXCEPTION_SYSTEM_MALFUNCTION"


def scenario_of(seed, travellers):
    return (f"seed: {seed}\ntravellers: {travellers}\nown_state: NOR\ngap_ms: 40\ndevices: {{leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\n"
            "chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}\nmix:\n")


def environment(**more):
    return {"POSTERN_CHIPS": "1", "POSTERN_FACES": "1", **more}


class CameraKinds(kinds.Kinds):
    """KINDS: {kind: (weight, exception, why)}; exception None: admitted; why: one argument of face.verification, or several of which any
    will do. LANE_LINES: of each lane's configuration, besides."""
    LANES, SECONDS = 2, 220
    LANE_LINES = ""

    def change(self, path):
        # A matcher on a busy machine is slow, not dead.
        with open(path, encoding="utf-8") as f:
            text = f.read()
        lines = "    officer_required: true\n"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(lines, lines + "    stale_after_ms: 8000\n" + self.LANE_LINES))

    def before(self):
        for lane in self.lanes():
            self.tool("lane", "duty-on", "--lane", lane, "--officer", "officer-1", check=True)
        self.held = set()
        threading.Thread(target=self.watch_pictures, daemon=True).start()

    def pictures_held(self):
        """Descriptors and mappings of the memfds that pictures and chips' files travel in, over all processes of the daemon."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                    if int(f.read().rpartition(")")[2].split()[1]) != self.daemon.pid:
                        continue
                with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
                    yield from (f"{pid} maps" for line in f if "memfd:postern-blob" in line)
                for fd in os.listdir(f"/proc/{pid}/fd"):
                    if "memfd:postern-blob" in os.readlink(f"/proc/{pid}/fd/{fd}"):
                        yield f"{pid} fd {fd}"
            except OSError:
                continue  # it has ended, or closed that one

    def watch_pictures(self):
        while not self.stopping.wait(0.2):
            self.held.update(self.pictures_held())

    def after(self):
        """With the last crossing the last picture has gone from every process."""
        left = list(self.pictures_held())
        if left or not self.held:
            self.problem(f"pictures are held when everybody has gone: {left}, of {len(self.held)} that were seen meanwhile")

    def expected(self, lane, kind):
        """(exception, why) at this lane."""
        return self.KINDS[kind][1:]

    def judge_one(self, lane, kind, verdict, done):
        exception, why = self.expected(lane, kind)
        found = (verdict["verdict"], verdict["exception"], verdict["reason"], verdict["reason_argument"])
        self.say(f"{lane}  {kind:15s} {' '.join(found)}, {done}")
        if exception is None:
            if verdict["verdict"] != "VERDICT_CLEAR" or done != "passed":
                self.problem(f"{lane}: {kind}: {found}, {done}; expected to be admitted")
        elif found[:3] != ("VERDICT_REFER", exception, "face.verification") or done == "passed" or found[3] not in (why if isinstance(why, tuple) else (why,)):
            self.problem(f"{lane}: {kind}: {found}, {done}; expected {exception} {why}")

    def judge_released(self, lane, came, truths):
        released = sum(t["event"] == "exit_released" for t in truths)
        if released != sum(self.expected(lane, k)[0] is None for k in came):
            self.problem(f"{lane}: {released} exits were released")

    def judge(self):
        for lane, came, truths in self.of_lanes():
            self.judge_released(lane, came, truths)
        self.judge_counts()


def main(kind):
    scenario.needs_models((sys.argv + [""])[1])
    kinds.main(kind)
