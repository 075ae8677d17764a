#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One plugin of a lane misbehaves; the lane must not stop, and must let nobody through for it.

    lanes.py BUILD HOSTILE.so [KIND...]

For each kind a daemon with one lane for each way to misbehave and one sound lane beside them, all with the shipped
profile of that plugin: the hostile object takes its name, its grants and its place. Real core, real supervisor, travellers
who come as ever. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import argparse
import json
import os
import re
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402

WAYS = ["flood", "hang", "spin", "garbage", "oversized", "forbidden", "empty", "die 0", "die 1", "die 2"]
# instance in the demonstration's configuration, plugin, does anybody get through without it?
KINDS = {"reader": ("reader", "reader-serial", False), "check": ("check", "check-document", False),
         "chip": ("chip", "reader-vpcd", False), "watchlist": ("watchlist", "watchlist", False),
         "rules": ("rules", "rules-lua", False), "gate": ("gate", "sim-lane", False), "uplink": ("uplink", "uplink", True)}
SECONDS = 9
# A core that a plugin holds up, and not a machine that is busy: with eleven lanes of which ten misbehave a status takes 0.3 to 1.4 s.
HELD_UP_S = 10


class Lanes(demo.Demo):
    WAYS, KINDS, SECONDS = WAYS, KINDS, SECONDS

    def __init__(self, args, kind, hostile):
        super().__init__(args)
        self.sound = f"lane-{len(self.WAYS) + 1}"
        self.kind, self.hostile, self.slowest_s, self.states, self.problems = kind, hostile, 0.0, {}, []

    def problem(self, text):
        if text not in self.problems:
            self.problems.append(text)

    def set_up(self):
        made = super().set_up
        instance, plugin, _ = self.KINDS[self.kind]
        folder = os.path.join(self.dir, "hostile")
        os.makedirs(folder)
        with open(os.path.join(self.build, "plugins", self.granted(plugin), self.granted(plugin) + ".plugin"), encoding="utf-8") as f:
            manifest = f.read()
        manifest = re.sub(r"(?m)^name: .*", "name: hostile", manifest)
        manifest = re.sub(r"(?ms)^options:.*?(?=^\S|\Z)", "", manifest)
        manifest += ('options:\n  - {name: attempt, type: string, default: "", about: what it does}\n'
                     '  - {name: phase, type: string, default: "", about: unused here}\n'
                     '  - {name: at, type: string, default: "", about: at which message it does it}\n'
                     '  - {name: die_at, type: string, default: "0", about: which message ends it}\n')
        with open(os.path.join(folder, "hostile.plugin"), "w", encoding="utf-8") as f:
            f.write(manifest)
        demo.shutil.copy(self.hostile, os.path.join(folder, "hostile.so"))
        # Citizens only: each would pass if nothing were wrong.
        with open(os.path.join(self.dir, "citizens.yaml"), "w", encoding="utf-8") as f:
            f.write("seed: 5\ntravellers: 100\nown_state: NOR\ngap_ms: 60\n"
                    "devices: {leaf_stroke_ms: 140, lock_ms: 30, bag_ms: 1500}\n"
                    "people: {react_ms: 70, walk_ms: 140, hold_ms: 600, patience_ms: 60000}\n"
                    "mix:\n  - {kind: citizen, weight: 1}\n")
        os.environ["POSTERN_SCENARIO"] = os.path.join(self.dir, "citizens.yaml")
        self.rewrite = (instance, plugin, folder)
        made()

    def granted(self, plugin):
        """The plugin whose manifest the hostile one takes; its part of the configuration fits (block())."""
        return plugin

    def block(self, text):
        return text

    def options(self, way):
        words = way.split()
        return f'{{attempt: "{words[0]}", die_at: "{words[1] if len(words) > 1 else 0}"}}'

    def change(self, path):
        """The hostile plugin in place of the shipped one, in every lane but the last."""
        instance, plugin, folder = self.rewrite
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = text.replace("plugin_folders: [", f"plugin_folders: [{folder}, ")
        lane = [0]

        def one(match):
            lane[0] += 1
            if lane[0] > len(self.WAYS):
                return match.group(0)
            options = self.options(self.WAYS[lane[0] - 1])
            block = self.block(match.group(0).replace(f"plugin: {plugin}", "plugin: hostile", 1))
            if "options:" in block:
                return re.sub(r"options: \{.*?\}(?=\}|\n|$)", "options: " + options, block, count=1)
            if block.lstrip().startswith("- {"):
                return block[:block.rindex("}")] + f", options: {options}}}" + block[block.rindex("}") + 1:]
            return block.rstrip("\n") + f"\n        options: {options}\n"
        pattern = rf"      - (?:\{{instance: {instance}, plugin: {plugin}.*\n|instance: {instance}\n(?:        .*\n)+)"
        text = re.sub(pattern, one, text)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def watch(self):
        while not self.stopping.is_set():
            begun = time.monotonic()
            units = self.status()
            took = time.monotonic() - begun
            self.slowest_s = max(self.slowest_s, took)
            for name, u in units.items():
                self.states.setdefault(name, set()).add(u["gate_state"])
            self.stopping.wait(0.1)

    def core_starts(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as f:
            return sum("child.started" in line and "child=core " in line for line in f)

    def truths(self, lane):
        try:
            with open(os.path.join(self.dir, f"state/{lane}.gate/truth.jsonl"), encoding="utf-8") as f:
                return [json.loads(line) for line in f]
        except OSError:
            return []

    def judge_lane(self, lane, way, released):
        """More, of those that look at more; what is said of the lane."""
        return ""

    def judge(self):
        through = self.KINDS[self.kind][2]
        local, _ = self.count()
        hashes = set(local.values())
        lines = []
        for n, way in enumerate(self.WAYS, 1):
            lane = f"lane-{n}"
            truths = self.truths(lane)
            released = [t for t in truths if t["event"] == "exit_released"]
            presented = sum(t["event"] == "document_presented" for t in truths)
            bare = [t for t in released if not t["detail"] or bytes.fromhex(t["detail"]) not in hashes]
            if bare:
                self.problem(f"{lane} ({way}): {len(bare)} exits released without a record")
            if released and not through:
                self.problem(f"{lane} ({way}): {len(released)} travellers let through without the {self.kind}")
            if through and not released:
                self.problem(f"{lane} ({way}): nobody was let through, though the {self.kind} decides nothing")
            if any(t["event"] == "both_leaves_open" for t in truths):
                self.problem(f"{lane} ({way}): both leaves open")
            lines.append(f"    {way:10s} presented {presented:3d}, released {len(released):3d}, "
                         f"states {' '.join(sorted(s for s in self.states.get(lane, ()) if s))}{self.judge_lane(lane, way, released)}")
        sound = [t for t in self.truths(self.sound) if t["event"] == "traveller_done"]
        if len(sound) < 3:
            self.problem(f"the sound lane has served {len(sound)} travellers only")
        if self.slowest_s > HELD_UP_S:
            self.problem(f"status took {self.slowest_s:.2f} s")
        if self.core_starts() != len(self.WAYS) + 3:
            self.problem(f"{self.core_starts()} cores were started, expected {len(self.WAYS) + 3}")
        self.say(f"{self.kind}: sound lane served {len(sound)}; slowest status of all units {self.slowest_s * 1000:.0f} ms")
        for line in lines:
            self.say(line)
        for p in self.problems:
            self.say("    WRONG: " + p)
        return not self.problems

    def before(self):
        """All units are there."""

    def after(self):
        """The time is over, and the daemon runs still."""

    def run(self):
        good = False
        try:
            self.set_up()
            end = time.monotonic() + 15
            while len(self.status()) < len(self.WAYS) + 3 and time.monotonic() < end:
                time.sleep(0.1)
            self.before()
            threading.Thread(target=self.watch, daemon=True).start()
            time.sleep(self.SECONDS)
            self.after()
            self.stopping.set()
            time.sleep(0.3)
            self.finish()
            good = self.judge()
        finally:
            self.finish()
            if good:
                demo.shutil.rmtree(self.dir, ignore_errors=True)
            else:
                self.say(f"    see {self.dir}")
        return good


def main(judge):
    if os.geteuid() != 0:
        print("lanes: skipped: only root gives each plugin a user of its own")
        sys.exit(77)
    a = argparse.ArgumentParser()
    a.add_argument("build")
    a.add_argument("hostile")
    a.add_argument("kinds", nargs="*", default=list(judge.KINDS))
    args = a.parse_args()
    args.lanes, args.travellers, args.store, args.seconds = len(judge.WAYS) + 1, 7 * (len(judge.WAYS) + 1), "", 60
    args.once, args.keep, args.no_faults = True, True, True
    good = True
    for kind in args.kinds:
        args.port = None
        good = judge(args, kind, args.hostile).run() and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(Lanes)
