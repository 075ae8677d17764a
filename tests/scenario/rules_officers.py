#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule packs put into use by two officers on a running gate, with travellers crossing: one officer alone is refused, a pack that
does not load leaves the old one in use, a rollback, a shadow, a killed core and a killed plugin; then what was decided is
replayed.

    rules_officers.py BUILD

Each verdict is judged by the version of the pack that its own record names, so nobody's time is judged. Must never end a
process that it did not start. Exit status 77: not possible here, and why."""
import json
import os
import re
import signal
import sys

import rules_life

demo = rules_life.demo
OLD_AGE = [("constants.lua", "minimum_age_years = 18", "minimum_age_years = 200")]


class Officers(rules_life.Life):
    def change(self, path):
        """The pack that nobody has activated lies where the demo profile takes it from; a second lies beside it."""
        self.put("eligibility", "2.0.0")
        self.put("three", "3.0.0", OLD_AGE)

    def key(self, officer):
        return os.path.join(self.dir, f"pki/officers/{officer}.key")

    def order(self, name, *argv):
        """The first officer's part; the order's path."""
        path = os.path.join(self.dir, name)
        r = self.tool("rules", *argv, "--lane", "lane-1", "--officer", "officer-1", "--key", self.key("officer-1"),
                      "--reason", "season.change", "--order", path)
        if r.returncode != 0:
            self.problem(f"order {name}: {r.stderr.strip()}")
        return path

    def activate(self, name, *argv):
        return self.order(name + "".join(argv) + ".order", "activate", os.path.join(self.dir, "packs", name), "--trust",
                          os.path.join(self.dir, "pki/trust"), *argv)

    def confirm(self, order, officer, key, status, said):
        r = self.tool("rules", "confirm", order, "--officer", officer, "--key", self.key(key))
        if r.returncode != status or not re.search(said, r.stdout + r.stderr):
            self.problem(f"confirm {os.path.basename(order)} by {officer}: exit {r.returncode}, {r.stdout}{r.stderr}, "
                         f"expected {status}, {said}")

    def packs(self):
        r = self.tool("rules", "status", "--unit", "lane-1", "--json")
        shown = json.loads(r.stdout)[0]
        return {k: v["version"] if v else None for k, v in shown.items() if k in
                ("activated", "previous", "shadow", "in_use", "shadow_in_use")}, r.returncode

    def expect(self, **want):
        got, _ = self.packs()
        if any(got[k] != v for k, v in want.items()):
            self.problem(f"rules status: {got}, expected {want}")

    def use(self, version, at_least=2):
        self.await_that(f"{version} decides", lambda: len(self.verdicts(version)) >= at_least)

    def one_is_not_two(self):
        self.use("2.0.0", 1)
        order = self.activate("three")
        self.confirm(order, "officer-1", "officer-1", 1, "two different officers")
        self.confirm(order, "officer-2", "officer-1", 1, "not signed by two keys")
        self.confirm(order, "officer-3", "officer-2", 1, "not signed by two keys")
        self.expect(activated=None, in_use="2.0.0")
        self.confirm(order, "officer-2", "officer-2", 0, "recorded")
        self.use("3.0.0")
        self.confirm(order, "officer-2", "officer-2", 1, "something else was activated since")
        self.expect(activated="3.0.0", previous=None, in_use="3.0.0")

    def what_is_not_taken(self):
        """A copied folder, a lower version, a pack that was altered after the order, one whose rule does not load."""
        self.put("eligibility", "9.0.0")
        self.put("lower", "2.9.0")
        self.confirm(self.activate("lower"), "officer-2", "officer-2", 1, "raise the version")
        self.put("altered", "3.5.0")
        order = self.activate("altered")
        with open(os.path.join(self.dir, "packs/altered/clock.lua"), "a", encoding="utf-8") as f:
            f.write("-- altered since\n")
        self.confirm(order, "officer-2", "officer-2", 1, "the pack is not taken")
        self.put("gone", "3.6.0")
        order = self.activate("gone")
        os.rename(os.path.join(self.dir, "packs/gone"), os.path.join(self.dir, "gone"))
        self.confirm(order, "officer-2", "officer-2", 1, "no folder of the packs has the content")
        self.expect(activated="3.0.0", in_use="3.0.0")

    def there_and_back(self):
        self.put("four", "4.0.0")
        self.confirm(self.activate("four"), "officer-2", "officer-2", 0, "recorded")
        self.use("4.0.0")
        self.expect(activated="4.0.0", previous="3.0.0")
        seen = len(self.verdicts("3.0.0"))
        self.confirm(self.order("back.order", "rollback"), "officer-2", "officer-2", 0, "go back to eligibility 3.0.0")
        self.use("3.0.0", seen + 2)
        r = self.tool("rules", "rollback", "--lane", "lane-1", "--officer", "officer-1", "--key", self.key("officer-1"),
                      "--reason", "no.way", "--order", os.path.join(self.dir, "none.order"))
        if r.returncode != 1:
            self.problem(f"a rollback to nothing was ordered: {r.stdout}")

    def shadow(self):
        self.put("candidate", "0.9.0")
        self.confirm(self.activate("candidate", "--shadow"), "officer-2", "officer-2", 0, "recorded")
        self.await_that("the shadow would have cleared two", lambda: self.counted("shadow_milder") >= 2)
        self.expect(activated="3.0.0", shadow="0.9.0", shadow_in_use="0.9.0")
        self.confirm(self.order("end.order", "rollback", "--shadow"), "officer-2", "officer-2", 0, "recorded")
        self.await_that("the shadow has ended", lambda: self.packs()[0]["shadow_in_use"] is None)

    def survives(self):
        """A plugin and a core begin with what was activated, whatever lies in the folder of the option."""
        for what, pid in (("rules plugin", next(p["pid"] for p in self.status()["lane-1"]["plugins"] if p["instance"] == "rules")),
                          ("core", self.core_pid("lane-1"))):
            seen = len(self.verdicts("3.0.0"))
            os.kill(pid, signal.SIGKILL)
            self.await_that(f"after the {what} was killed, 3.0.0 decides again", lambda: len(self.verdicts("3.0.0")) > seen + 1)
        self.expect(activated="3.0.0", in_use="3.0.0")

    def live(self):
        self.one_is_not_two()
        self.what_is_not_taken()
        self.there_and_back()
        self.shadow()
        self.survives()

    def replay(self, pack, *argv):
        r = demo.subprocess.run([self.postern, "rules", "replay", os.path.join(self.dir, "packs", pack), "--json", "--journal",
                                 os.path.join(self.dir, "state/lane-1/journal.db"), *argv], capture_output=True, text=True, check=False)
        return r, json.loads(r.stdout) if r.stdout else {}

    def journal(self, kind):
        path = os.path.join(self.dir, "state/lane-1/journal.db")
        shown = demo.subprocess.run([self.postern, "journal", "show", path, "--kind", kind, "--json"], check=True,
                                    capture_output=True, text=True)
        return [r["record"] for r in json.loads(shown.stdout)]

    def replays(self):
        """What was decided by other packs, decided anew: by the counts of the records themselves."""
        rows = [r for r in self.journal("verdict") if r["versions"]["rule_pack"]]
        vault = ("--key", os.path.join(self.dir, "pki/vault/centre-seal.key"))
        by = {v: [r for r in rows if r["versions"]["rule_pack"] == v] for v in ("2.0.0", "3.0.0", "4.0.0")}
        changed = [r["crossing_id"] for r in by["3.0.0"]]
        for pack, stricter, milder in (("four", 0, len(changed)), ("three", len(rows) - len(changed), 0)):
            r, told = self.replay(pack, *vault)
            got = (r.returncode, told.get("evaluated"), told.get("stricter"), told.get("milder"), told.get("rule_errors"))
            if got != (1, len(rows), stricter, milder, 0):
                self.problem(f"replay of {pack}: {got}, expected {(1, len(rows), stricter, milder, 0)}; {r.stderr}")
        r, told = self.replay("four", *vault)
        one = {"verdict": "refer", "code": "eligibility.minor"}
        if [c["crossing_id"] for c in told["records"]] != changed or any(
                c["before"] != one or c["after"] != {"verdict": "clear", "code": ""} for c in told["records"]):
            self.problem(f"replay of four names {told['records']}, expected {changed}")
        if (told["alerts_before"], told["alerts_after"]) != (len(changed), 0) or not 0 < told["p50_ns"] <= told["p99_ns"]:
            self.problem(f"replay of four: {told}")
        if re.search(r'"(surname|given_names|number|birth_date|mrz_lines)"', r.stdout):
            self.problem("a replay told of a traveller")
        last = told["records"][0]["seq"] - 1
        r, told = self.replay("four", *vault, "--to", str(last))
        if (r.returncode, told["milder"]) != (0, 0):
            self.problem(f"replay to {last}: exit {r.returncode}, {told['milder']} milder")
        r, _ = self.replay("four", "--key", self.key("officer-1"))
        if r.returncode != 2 or "opens none" not in r.stderr:
            self.problem(f"replay with another key: exit {r.returncode}, {r.stderr}")

    def judge(self):
        expected = {"2.0.0": rules_life.CLEAR, "3.0.0": rules_life.MINOR, "4.0.0": rules_life.CLEAR}
        with self.lock:
            rows = [r for _, r in self.rows if r["kind"] == "RECORD_VERDICT" and r["versions"]["rule_pack"]]
        for r in rows:
            found, version = (r["verdict"], r["exception"], r["reason"]), r["versions"]["rule_pack"]
            if found != expected.get(version):
                self.problem(f"pack {version}: {found}, expected {expected.get(version, 'never')}")
        self.say(f"{len(rows)} verdicts, by versions: " + ", ".join(
            f"{v} {sum(r['versions']['rule_pack'] == v for r in rows)}" for v in expected))
        self.replays()
        found = [(r["event"], r["detail"].split()[1:2], r["officer"], r["second_officer"], r["reason_code"])
                 for r in self.journal("activation")]
        want = [(e, v, "officer-1", "officer-2", "season.change") for e, v in (
            ("rules.activated", ["3.0.0"]), ("rules.activated", ["4.0.0"]), ("rules.rolled_back", ["3.0.0"]),
            ("rules.shadow_activated", ["0.9.0"]), ("rules.shadow_ended", []))]
        if found != want:
            self.problem(f"activation records: {found}, expected {want}")


if __name__ == "__main__":
    rules_life.main(Officers)
