# SPDX-License-Identifier: Apache-2.0
"""The face in a lane, on the shipped binaries: holders before a simulated camera of 30 frames a second, in a lane of one step, where taking the
document away is what the look at the face waits for. How long that takes is the state's own duration in the crossing's record. Must never count
a crossing that was not admitted."""
import argparse
import os
import re
import shutil
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402

SCENARIO = ("seed: 5\ntravellers: 100\nown_state: NOR\ngap_ms: 60\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\nmix:\n  - {kind: citizen, weight: 1}\n")


class FaceLane(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.followers = {}
        path = os.path.join(self.dir, "holders.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        os.environ.update(POSTERN_SCENARIO=path, POSTERN_CHIPS="1", POSTERN_FACES="1", POSTERN_TOPOLOGY="one-step")
        self.with_chips = True

    def change(self, path):
        # A matcher on a busy machine is slow, not dead.
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("    officer_required: true\n", "    officer_required: true\n    stale_after_ms: 8000\n"))

    def pid_of(self, child):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as f:
            found = re.findall(rf"child\.started .*?unit=lane-1 .*?child={child} .*?pid=(\d+)|child\.started .*?pid=(\d+).*?child={child}\b", f.read())
        return max(int(a or b) for a, b in found)

    def resident(self, child):
        """(now, at most) kB, by the kernel."""
        with open(f"/proc/{self.pid_of(child)}/status", encoding="utf-8") as f:
            rows = dict(line.split(":", 1) for line in f)
        return tuple(int(rows[k].split()[0]) for k in ("VmRSS", "VmHWM"))

    def run(self):
        try:
            self.set_up()
            self.wait_ready()
            self.tool("lane", "duty-on", "--lane", "lane-1", "--officer", "officer-1", check=True)
            threading.Thread(target=self.follow, args=("lane-1",), daemon=True).start()
            threading.Thread(target=self.officer, daemon=True).start()  # who is referred after all must not keep the lane
            self.wait_done()
            sizes = {name: self.resident(name) for name in ("face", "camera")}
            time.sleep(0.5)
        finally:
            self.finish()
        done = [r for _, r in self.rows if r["kind"] == "RECORD_OUTCOME" and r["outcome"] == "OUTCOME_PASSED"]
        shutil.rmtree(self.dir, ignore_errors=True)
        return [sum(s["duration_ms"] for s in r["steps"] if s["step"] == "inside") for r in done], sizes


def lane(build, travellers, out):
    args = argparse.Namespace(build=build, once=True, keep=True, travellers=travellers, lanes=1, port=20000 + 2 * (os.getpid() % 6000),
                              seconds=400, no_faults=True, store="", topology="one-step")
    gate = FaceLane(args)
    gate.say = lambda text: None
    inside, sizes = gate.run()
    p50, p99 = gate.percentile(inside, 50), gate.percentile(inside, 99)
    print(f"face in a lane  {len(inside)} of {travellers} holders passed; document taken away to the match, three frames 100 ms apart of a camera of 30 a "
          f"second: p50 {p50} ms, p99 {p99} ms, most {max(inside, default=0)} ms (goal 1500 ms)")
    for name, (now, most) in sizes.items():
        print(f"           {name:12s} resident {now / 1024:.1f} MiB, at most {most / 1024:.1f} MiB" + (" (goal 160 MiB)" if name == "face" else ""))
    out["face_lane"] = {"holders": len(inside), "document_removed_to_match_ms": {"p50": p50, "p99": p99}, "resident_kb": sizes}
