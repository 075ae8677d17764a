#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A kiosk and its gate on the real daemon, with a simulated lane: a result is redeemed once, by the document it was issued for, in its
time, and survives a power cut between issue and redemption.

    kiosk.py BUILD SOURCE [--lose-key]

The test lays documents on the kiosk's reader (a pseudo terminal); the simulated traveller lays one on the gate's and walks. Four starts
of the daemon over one state folder, each ended by SIGKILL of everybody, as a power cut would. What counts is what stands in the
journal, read by itself, and what the simulated leaves did. With --lose-key the key of the results is
lost in the first cut: the test must then fail, since nobody is known any more. Must never end a process that this run did not start. Exit status 77: not
possible here, and why."""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tty

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402

LIMIT_S = 60  # for anything to happen at all; nobody's speed is judged
SCENARIO = ("seed: 7\ntravellers: 60\nown_state: NOR\ngap_ms: 100\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 1500}\n"
            "mix:\n  - {kind: citizen, weight: 2}\n  - {kind: minor, weight: 1}\n")


class Kiosk(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.bad, self.daemon, self.master = [], None, -1
        self.scenario = os.path.join(self.dir, "kiosk-scenario.yaml")
        with open(self.scenario, "w", encoding="utf-8") as f:
            f.write(SCENARIO)

    def wrong(self, text):
        self.bad.append(text)
        self.say("    WRONG: " + text)

    # --- who travels ---
    def travellers(self):
        out = subprocess.run([os.path.join(self.build, "plugins/sim-lane/postern-sim-travellers"), "all", self.scenario, "60"],
                             capture_output=True, text=True, check=True).stdout
        people = []
        for block in out.strip().split("\n\n"):
            head, one, two = block.split("\n")
            people.append((int(head.split()[0]), head.split()[1], (one, two)))
        return people

    def choose(self):
        """A citizen, a minor and a citizen, who come one after the other; and somebody else, who never comes to the gate."""
        people = self.travellers()
        for i in range(1, len(people) - 2):
            if [p[1] for p in people[i:i + 3]] == ["citizen", "minor", "citizen"]:
                return people[i:i + 3] + [next(p for p in people if p[1] == "citizen" and p not in people[i:i + 3])]
        raise RuntimeError("the scenario has no citizen, minor, citizen")

    # --- the machine ---
    def make(self):
        env = dict(os.environ, POSTERN_CHIPS="0", POSTERN_SCENARIO=self.scenario)
        subprocess.run([os.path.join(HERE, "../../etc/demo/make-config"), self.build, self.dir, "1", "60"], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        shutil.copy(os.path.join(self.args.source, "hw/lanes/segregated.yaml"), os.path.join(self.dir, "segregated.yaml"))
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.line = os.ttyname(slave)  # stays open here: the line is never hung up

    def configure(self, first, count, valid_s):
        d, path = self.dir, os.path.join(self.dir, "kiosk.yaml")
        text = f"""# Written by kiosk.py. Not for production.
schema: 1
profile: demo
tenant: NOR
state_folder: {d}/state
run_folder: {d}/run
plugin_folders: [{self.build}/plugins]
clock: operator-asserted
user: {{first_uid: {self.first_user}}}
devices:
  - {{name: line, pty: line, side: slave}}
  - {{name: line-far, pty: line, side: master}}
  - {{name: kiosk-line, path: {self.line}}}
units:
  - name: lane-1
    role: gate
    crossing_point: OSL
    time_zone: UTC
    direction: entry
    mode: controlled
    officer_required: true
    lane: {d}/segregated.yaml
    kiosk_results: {{valid_s: {valid_s}}}
    trust: {d}/pki/trust
    plugins:
      - {{instance: reader, plugin: reader-serial, devices: {{line: line}}, options: {{removed_frame: "--"}}}}
      - {{instance: check, plugin: check-document}}
      - {{instance: watchlist, plugin: watchlist, folders: {{lists: {d}/lists, trust: {d}/pki/trust}}}}
      - {{instance: rules, plugin: rules-lua, folders: {{packs: {d}/packs, trust: {d}/pki/trust}}}}
      - instance: gate
        plugin: sim-lane
        devices: {{line: line-far}}
        folders: {{scenario: {d}/scenario}}
        sockets: [inet-client, inet-server]
        connect_ports: [1]
        bind_ports: [1]
        options: {{scenario: demo.yaml, travellers: {count}, first_index: {first}, topology: segregated}}
      - {{instance: kiosk-reader, plugin: reader-serial, kiosk: kiosk-1, devices: {{line: kiosk-line}}, options: {{removed_frame: "--"}}}}
"""
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def rules_stand_at_no_kiosk(self):
        """What a kiosk shares with its gate is refused at it."""
        path = self.configure(0, 1, 600)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("plugin: rules-lua,", "plugin: rules-lua, kiosk: kiosk-1,"))
        r = subprocess.run([os.path.join(self.build, "core/posternd"), "--config", path, "--check"], capture_output=True, text=True,
                           check=False)
        if r.returncode == 0 or "expected there a reader, a chip reader, a camera or a display" not in r.stderr:
            self.wrong(f"rules at a kiosk: {r.returncode} {r.stderr}")

    def power(self, first, count, valid_s=600):
        path = self.configure(first, count, valid_s)
        daemon = os.path.join(self.build, "core/posternd")
        checked = subprocess.run([daemon, "--config", path, "--check"], capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            raise RuntimeError("the configuration is refused: " + checked.stderr)
        self.log = open(os.path.join(self.dir, "posternd.log"), "a", encoding="utf-8")
        self.daemon = self.start([daemon, "--config", path], stderr=self.log, stdout=self.log, start_new_session=True)
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end and self.daemon.poll() is None:
            unit = self.status().get("lane-1")
            if unit and unit["gate_state"] == "IDLE" and all(p["state"] == "ready" for p in unit["plugins"]):
                return
            time.sleep(0.1)
        raise RuntimeError("the unit did not become ready:\n" + self.log_tail())

    def shown(self):
        """Beside the gate stands its kiosk, by its own state, with its own reader."""
        unit = self.status()["lane-1"]
        kiosk = [(k["kiosk"], k["state"], k["mode"]) for k in unit["kiosks"]]
        if kiosk != [("kiosk-1", "IDLE", "MODE_CONTROLLED")]:
            self.wrong(f"status shows the kiosks {kiosk}")
        at = {p["instance"]: p["kiosk"] for p in unit["plugins"]}
        if (at["kiosk-reader"], at["reader"], at["rules"]) != ("kiosk-1", "", ""):
            self.wrong(f"where the plugins stand: {at}")
        for command, line in (("status", r"\n  kiosk-1 +kiosk +1 of 1 +IDLE\n"), ("lanes", r"\n  kiosk-1 +IDLE +\d+ m?s +controlled +0 +0\n")):
            text = self.tool(command).stdout
            if not re.search(line, text):
                self.wrong(f"postern {command} shows no kiosk:\n{text}")

    def cut(self):
        """Everybody of the daemon's session at once."""
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8") as f:
                    session = int(f.read().rpartition(")")[2].split()[3])
                if session == self.daemon.pid:
                    os.kill(int(name), signal.SIGKILL)
            except (OSError, ValueError, IndexError):
                continue
        self.daemon.wait(20)
        self.log.close()
        time.sleep(0.5)  # the kernel takes their files and sockets away

    # --- what stands in the journal ---
    def records(self):
        out = subprocess.run([self.postern, "journal", "export", os.path.join(self.dir, "state/lane-1/journal.db")],
                             capture_output=True, text=True, check=False)
        return [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]

    def wait(self, what, found):
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            got = found(self.records())
            if got:
                return got
            time.sleep(0.2)
        self.wrong(f"{what}: did not happen within {LIMIT_S} s\n{self.log_tail(30)}")
        return None

    @staticmethod
    def of_gate(rows, kind, after=0):
        return [r for r in rows if r["kind"] == kind and r["lane"] == "lane-1" and r["seq"] > after]

    # --- what is done ---
    def at_the_kiosk(self, who, verdict, takes=True):
        before = [m for r in self.records() if (m := r.get("kiosk")) and m["phase"] == "KIOSK_ISSUED"]
        for line in who[2]:
            os.write(self.master, b"\x02" + line.encode() + b"\x03")
        issued = self.wait(f"the kiosk issues a result for {who[1]}", lambda rows: [
            m for r in rows if (m := r.get("kiosk")) and m["phase"] == "KIOSK_ISSUED"][len(before):])
        if takes:
            os.write(self.master, b"\x02--\x03")
        if issued and (issued[0]["verdict"] != verdict or issued[0]["kiosk"] != "kiosk-1"):
            self.wrong(f"the result of {who[1]} is {issued[0]}, expected {verdict}")
        return issued

    def on_duty(self):
        self.tool("lane", "duty-on", "--lane", "lane-1", "--officer", "officer-1", check=True)

    def refused_at_the_gate(self, expected, after):
        """Referred one after the other, for these reasons; nobody's entry or exit is released."""
        ended = self.wait(f"{len(expected)} travellers end", lambda rows: (e := self.of_gate(rows, "RECORD_OUTCOME", after)) and
                          len(e) >= len(expected) and e)
        rows = self.records()
        reasons = [(r.get("reason", ""), r.get("reason_argument", "")) for r in self.of_gate(rows, "RECORD_VERDICT", after)]
        if reasons != expected:
            self.wrong(f"referred for {reasons}, expected {expected}")
        for r in ended or []:
            if r["outcome"] not in ("OUTCOME_REFERRED", "OUTCOME_ABANDONED"):
                self.wrong(f"a traveller who was refused ended as {r['outcome']}")

    def releases(self):
        with open(os.path.join(self.dir, "state/lane-1.gate/truth.jsonl"), encoding="utf-8") as f:
            events = [json.loads(line)["event"] for line in f]
        return sum(e in ("exit_released", "entry_released") for e in events), sum(e == "exit_released" for e in events)

    def head(self):
        return max((r["seq"] for r in self.records()), default=0)

    def verify_chain(self):
        if subprocess.run([self.postern, "journal", "verify", os.path.join(self.dir, "state/lane-1/journal.db")],
                          stdout=subprocess.DEVNULL, check=False).returncode != 0:
            self.wrong("the chain does not verify")

    def run(self):
        self.make()
        first, minor, last, other = self.choose()
        self.rules_stand_at_no_kiosk()
        self.say("three are checked at the kiosk, and the power is cut before anybody redeems")
        self.power(first[0], 1)
        self.shown()
        self.at_the_kiosk(first, "VERDICT_CLEAR")
        self.at_the_kiosk(minor, "VERDICT_REFER")
        left = self.at_the_kiosk(other, "VERDICT_CLEAR", takes=False)  # in the middle of it the power goes
        self.cut()
        if self.args.lose_key:
            os.remove(os.path.join(self.dir, "state/lane-1/kiosk.key"))

        self.say("the first passes with the result from before the cut")
        self.power(first[0], 1)
        cut_short = [r["crossing_id"] for r in self.records() if r["lane"] == "kiosk-1" and r.get("event") == "core.restarted"]
        if left and cut_short != [left[0]["result_id"]]:
            self.wrong(f"ended by the next core at the kiosk: {cut_short}, expected what was in hand there")
        after = self.head()
        self.on_duty()
        passed = self.wait("the first traveller passes", lambda rows: self.of_gate(rows, "RECORD_OUTCOME", after))
        if passed and passed[0]["outcome"] != "OUTCOME_PASSED":
            self.wrong(f"the first traveller ended as {passed[0]['outcome']}")
        rows = self.records()
        redeemed = [r for r in rows if r["kind"] == "RECORD_KIOSK" and r["kiosk"]["phase"] == "KIOSK_REDEEMED"]
        verdict = self.of_gate(rows, "RECORD_VERDICT", after)
        if len(redeemed) != 1 or len(verdict) != 1 or not redeemed[0]["seq"] < verdict[0]["seq"]:
            self.wrong(f"{len(redeemed)} redemptions and {len(verdict)} verdicts, expected one of each, in this order")
        _, exits = self.releases()
        if exits != 1:
            self.wrong(f"the exit was released {exits} times, expected once")
        self.cut()

        self.say("the same document again, a referred one, and one that nobody has checked")
        self.power(first[0], 3)
        after, (_, exits) = self.head(), self.releases()
        self.on_duty()
        self.refused_at_the_gate([("kiosk.redeemed_before", ""), ("kiosk.referred", "eligibility.minor"), ("kiosk.unknown", "")], after)
        if self.releases()[1] != exits:
            self.wrong("an exit was released for somebody who was refused")
        self.cut()

        self.say("a result whose time is over")
        self.power(last[0], 1, valid_s=1)
        self.at_the_kiosk(last, "VERDICT_CLEAR")
        time.sleep(1.2)
        after = self.head()
        self.on_duty()
        self.refused_at_the_gate([("kiosk.expired", "")], after)
        if self.releases()[1] != exits:
            self.wrong("an exit was released on a result whose time was over")


def main(made, done, **flags):
    """made: Kiosk, or what is made of it; done: what is said when nothing was wrong; flags: what it looks for in its arguments besides."""
    if os.geteuid() != 0:
        print("skipped: a daemon with users of its own needs root")
        return 77
    k = made(argparse.Namespace(build=sys.argv[1], source=sys.argv[2], once=True, keep=True, travellers=1, lanes=1, port=None, seconds=60,
                                no_faults=True, store="", **flags))
    k.followers = {}
    try:
        k.run()
        k.verify_chain()
    except RuntimeError as e:
        k.wrong(str(e))
    finally:
        if k.daemon is not None and k.daemon.poll() is None:
            k.cut()
    print("\n".join(k.bad) or done)
    if not k.bad:
        shutil.rmtree(k.dir, ignore_errors=True)
    return 1 if k.bad else 0


if __name__ == "__main__":
    sys.exit(main(Kiosk, "once, by its document, in its time", lose_key="--lose-key" in sys.argv[3:]))
