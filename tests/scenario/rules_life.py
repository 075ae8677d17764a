#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a rule pack on a running gate, with travellers crossing: a shadow that never acts, a change, a change that is refused,
the way back, a rule that errs and is quarantined.

    rules_life.py BUILD

Each verdict is judged by the version of the pack that its own record names, so nobody's time is judged. Must never end a
process that it did not start. Exit status 77: not possible here, and why."""
import os
import shutil
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path.insert(0, os.path.join(TOP, "etc/demo"))
import run as demo  # noqa: E402
import scenario  # noqa: E402

SCENARIO = ("seed: 5\ntravellers: 400\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\nmix:\n  - {kind: citizen, weight: 1}\n")
CLEAR = ("VERDICT_CLEAR", "EXCEPTION_NONE", "")
MINOR = ("VERDICT_REFER", "EXCEPTION_MINOR", "eligibility.minor")
ERROR = ("VERDICT_REFER", "EXCEPTION_SYSTEM_MALFUNCTION", "rules.error")
AWAY = ("VERDICT_REFER", "EXCEPTION_SYSTEM_MALFUNCTION", "rules.quarantined")
STAGE_S = 60  # a stage that has not come about by then never will


class Life(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.problems = []
        path = os.path.join(self.dir, "citizens.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        os.environ["POSTERN_SCENARIO"], os.environ["POSTERN_CHIPS"] = path, "0"

    def problem(self, text):
        self.problems.append(text)
        self.say("    WRONG: " + text)

    def put(self, name, version, edits=(), signed=True):
        """rules/eligibility under another version and with edits: a whole folder takes the old one's place."""
        new, old = os.path.join(self.dir, "next"), os.path.join(self.dir, "former")
        shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(os.path.join(TOP, "rules/eligibility"), new)
        for file, was, now in (("pack.yaml", "version: ", f"version: {version} # "), *edits):
            with open(os.path.join(new, file), encoding="utf-8") as f:
                text = f.read()
            if was not in text:
                raise RuntimeError(f"{file} lacks {was}")
            with open(os.path.join(new, file), "w", encoding="utf-8") as f:
                f.write(text.replace(was, now))
        demo.subprocess.run([self.postern, "rules", "sign", new, "--key", os.path.join(self.dir, "pki/signing/rules.key")],
                            check=True, stdout=demo.subprocess.DEVNULL)
        if not signed:
            with open(os.path.join(new, "clock.lua"), "a", encoding="utf-8") as f:
                f.write("-- altered since\n")
        demo.subprocess.run(["chmod", "-R", "a+rX", new], check=True)
        place = os.path.join(self.dir, "packs", name)
        if os.path.exists(place):
            os.rename(place, old)
        os.rename(new, place)

    def change(self, path):
        self.put("eligibility", "2.0.0")
        self.put("candidate", "1.0.0", [("constants.lua", "minimum_age_years = 18", "minimum_age_years = 200")])
        with open(path, encoding="utf-8") as f:
            text = f.read()
        wanted = "plugin: rules-lua, "
        if wanted not in text:
            raise RuntimeError("the configuration has no rules")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(wanted, wanted + "options: {shadow: candidate}, "))

    def verdicts(self, version):
        with self.lock:
            return [r for _, r in self.rows if r["kind"] == "RECORD_VERDICT" and r["versions"]["rule_pack"] == version]

    def await_that(self, what, test):
        end = time.monotonic() + STAGE_S
        while time.monotonic() < end and self.daemon.poll() is None:
            if test():
                self.say(f"----  {what}")
                return
            time.sleep(0.1)
        self.problem("never: " + what)

    def troubles(self):
        return self.status().get("lane-1", {}).get("troubles", [])

    def counted(self, name):
        text = self.tool("metrics", "--unit", "lane-1").stdout
        return sum(float(line.split()[-1]) for line in text.splitlines()
                   if f'name="{name}_total"' in line)

    def live(self):
        self.await_that("three are clear, and the shadow would have referred them",
                        lambda: len(self.verdicts("2.0.0")) >= 3 and self.counted("shadow_stricter") >= 3)
        if self.counted("shadow_milder") != 0:
            self.problem("the shadow is milder than the pack in use")
        self.put("eligibility", "2.1.0", [("constants.lua", "minimum_age_years = 18", "minimum_age_years = 200")])
        self.await_that("the new pack refers", lambda: len(self.verdicts("2.1.0")) >= 2)
        self.put("eligibility", "2.2.0", signed=False)
        self.await_that("an altered pack is told", lambda: any("rules.pack_refused" in t for t in self.troubles()))
        seen = len(self.verdicts("2.1.0"))
        self.await_that("and the one in use goes on", lambda: len(self.verdicts("2.1.0")) > seen + 1)
        self.put("eligibility", "2.0.0")
        time.sleep(4.5)  # two looks
        self.put("eligibility", "2.3.0")
        self.await_that("the old content under a higher version clears again", lambda: len(self.verdicts("2.3.0")) >= 2)
        self.await_that("and the trouble is over", lambda: not any("rules.pack_refused" in t for t in self.troubles()))
        self.put("eligibility", "2.4.0", [("minimum_age.lua", "local age", "error('broken') local age")])
        self.await_that("a rule errs, and is quarantined", lambda: len(self.verdicts("2.4.0")) >= 5)
        self.put("eligibility", "2.5.0")
        self.await_that("its successor clears", lambda: len(self.verdicts("2.5.0")) >= 2)

    def judge(self):
        expected = {"2.0.0": CLEAR, "2.1.0": MINOR, "2.3.0": CLEAR, "2.5.0": CLEAR}
        with self.lock:
            rows = [r for _, r in self.rows if r["kind"] == "RECORD_VERDICT"]
        strays = {r["versions"]["rule_pack"] for r in rows} - {*expected, "2.4.0"}
        if strays:
            self.problem(f"verdicts of packs that were never to be used: {strays}")
        for r in rows:
            found = (r["verdict"], r["exception"], r["reason"])
            want = expected.get(r["versions"]["rule_pack"], found)
            if found != want:
                self.problem(f"pack {r['versions']['rule_pack']}: {found}, expected {want}")
        errs = [(r["verdict"], r["exception"], r["reason"]) for r in self.verdicts("2.4.0")]
        if errs[:3] != [ERROR] * 3 or set(errs[3:]) != {AWAY}:
            self.problem(f"the rule that errs: {errs}, expected three errors, then quarantine")
        self.say(f"{len(rows)} verdicts, by versions: " + ", ".join(
            f"{v} {sum(r['versions']['rule_pack'] == v for r in rows)}" for v in (*expected, "2.4.0")))

    def run(self):
        self.followers = {}
        try:
            self.set_up()
            self.wait_ready()
            for target, args in ((self.follow, ("lane-1",)), (self.officer, ())):
                threading.Thread(target=target, args=args, daemon=True).start()
            self.live()
            self.finish()
            self.judge()
        finally:
            self.finish()
            self.log.close()
        if self.problems:
            self.say(f"rules: {len(self.problems)} problems, see {self.dir}")
            return 1
        shutil.rmtree(self.dir, ignore_errors=True)
        return 0


def main(kind=Life):
    sys.exit(kind(scenario.arguments("rules", 1, 400, 300)).run())


if __name__ == "__main__":
    main()
