#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A person at the keyboard is the traveller at a lane of the demonstration: `postern traveller` against the shipped daemon, an
officer who sends back. What became of each is told by the simulator's own log and by the lane's records.

    traveller.py BUILD

Nobody's time is judged. Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import glob
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402
import scenario  # noqa: E402

LANE = "lane-2"
READY, GO = ("wait shown present-document 60",), ("take", "wait entry open")
THROUGH = (*GO, "in", "wait exit open", "out")
# What the person does, exit status, how it ended by the simulator's log (None: nobody went in), the outcome on record.
PEOPLE = (
    ("a citizen", ("be citizen", *READY, "put", "wait shown take-document", *THROUGH), 0, "citizen passed", "OUTCOME_PASSED"),
    ("a match of the watchlist", ("be listed", *READY, "put", "wait shown take-document 60", "take"), 0, None, "OUTCOME_REFERRED"),
    ("a document without a chip", ("mrz P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<< L898902C36UTO7408122F1204159ZE184226B<<<<<10", *READY,
                                   "put", "wait shown take-document 60", "take"), 0, None, "OUTCOME_REFUSED"),  # it expired in 2012
    ("one who turns round", ("be citizen", *READY, "put", "wait shown take-document", *GO, "hold", "back"), 0, "citizen returned", "OUTCOME_RETURNED"),
    ("one who leaves a bag", ("be citizen", *READY, "put", "wait shown take-document", *GO, "in", "bag", "wait exit open", "out",
                              "wait bag left-behind"), 0, "citizen passed", "OUTCOME_PASSED"),
    ("one who walks into a shut leaf", (*READY, "in"), 1, None, None),
    ("one of no known kind", ("be nobody",), 1, None, None),
    ("one who does what nobody can", ("fly",), 1, None, None),
    ("one who waits in vain", ("wait shown walk-out 1",), 1, None, None),
    ("a citizen after all of them", ("be citizen", *READY, "put", "wait shown take-document", *THROUGH), 0, "citizen passed", "OUTCOME_PASSED"),
)
HOSTILE = (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"put\0\n", b"\x16\x03\x01\x02\x00\x01", b"A" * 70000, b"be " + b"a" * 155 + b"\n" + b"b" * 200,
           b"put;take\n", "pût\n".encode())


class Traveller(demo.Demo):
    by_hand = True

    def __init__(self, args):
        super().__init__(args)
        self.problems = []

    def problem(self, text):
        self.problems.append(text)
        self.say("    WRONG: " + text)

    def person(self, *acts, text=None):
        return subprocess.run([self.postern, "traveller", "--port", str(self.args.port + 40), *acts], input=text, capture_output=True, text=True,
                              timeout=200, check=False)

    def ends(self):
        return [" ".join(t["detail"].split()[1:]) for t in self.truths(LANE) if t["event"] == "traveller_done"]

    def outcomes_of_lane(self):
        with self.lock:
            return [r["outcome"] for unit, r in self.rows if unit == LANE and r["kind"] == "RECORD_OUTCOME"]

    def new_outcome(self, before, wanted):
        end = time.monotonic() + 30
        while len(self.outcomes_of_lane()) <= before and time.monotonic() < end:
            time.sleep(0.1)
        got = self.outcomes_of_lane()[before:]
        return got[0] if got else f"none instead of {wanted}"

    def act_as(self, name, acts, status, end, outcome):
        ends, outcomes = len(self.ends()), len(self.outcomes_of_lane())
        r = self.person(*acts)
        found = (r.returncode, self.ends()[ends:])
        if found != (status, [end] if end else []):
            self.problem(f"{name}: {found} {r.stderr}\n{r.stdout}")
        if outcome is not None:
            found = self.new_outcome(outcomes, outcome)
            if found != outcome:
                self.problem(f"{name}: {found}, expected {outcome}")
        self.say(f"{name}: exit status {r.returncode}, {end or 'not inside'}")

    def typed(self):
        """The same acts as lines, which a person could have typed, and as JSON."""
        r = self.person(text="kinds\n\n# a remark\nbe minor\nfly\nbe citizen\n")
        if r.returncode != 1 or "holds-door" not in r.stdout or "that is no act" not in r.stdout:
            self.problem(f"typed: {r}")
        r = self.person("--json", "be within-90")
        if {"event": "who", "value": "within-90"} in (events := [json.loads(line) for line in r.stdout.splitlines()]):
            self.problem("the news came before the answer")
        if not {"shown", "entry", "exit", "place"} <= {e["event"] for e in events}:
            self.problem(f"--json: {r}")
        r = subprocess.run([self.postern, "traveller", "--port", "1"], capture_output=True, text=True, timeout=20, check=False)
        if r.returncode != 3 or "127.0.0.1:1" not in r.stderr:
            self.problem(f"no lane: {r}")

    def hostile(self):
        before = len(self.truths(LANE))
        for data in HOSTILE:
            with socket.create_connection(("127.0.0.1", self.args.port + 40), timeout=10) as s:
                try:
                    s.sendall(data)
                    while s.recv(4096):
                        pass
                except ConnectionError:
                    pass
                except TimeoutError:
                    self.problem(f"still connected after {data[:20]!r}")
        if len(self.truths(LANE)) != before:
            self.problem("something was done for bytes that are no act")
        pids = {p["instance"]: (p["pid"], p["state"]) for p in self.status()[LANE]["plugins"]}
        if pids != self.pids:
            self.problem(f"plugins were {self.pids}, are {pids}")

    def only_simulated(self):
        top = os.path.join(HERE, "../..")
        with_it = [os.path.basename(p) for p in glob.glob(os.path.join(top, "plugins/*/*.plugin"))
                   if "traveller_port" in open(p, encoding="utf-8").read()]
        with open(self.config, encoding="utf-8") as f:
            text = f.read()
        path = os.path.join(self.dir, "production.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("profile: demo", "profile: production").replace("clock: operator-asserted\n", ""))
        r = subprocess.run([os.path.join(self.build, "core/posternd"), "--config", path, "--check"], capture_output=True, text=True, timeout=30,
                           check=False)
        if with_it != ["sim-lane.plugin"] or r.returncode == 0 or not re.search("simulated", r.stdout + r.stderr):
            self.problem(f"{with_it} have it; production: {r}")

    def run(self):
        self.followers = {}
        try:
            self.set_up()
            self.wait_ready()
            self.pids = {p["instance"]: (p["pid"], p["state"]) for p in self.status()[LANE]["plugins"]}
            for target in (self.officer, lambda: self.follow(LANE)):
                threading.Thread(target=target, daemon=True).start()
            self.only_simulated()
            self.typed()
            for person in PEOPLE[:-1]:
                self.act_as(*person)
            self.hostile()
            self.act_as(*PEOPLE[-1])
        finally:
            self.finish()
        local, _ = self.count()
        _, bare = self.released_without_record(local)
        if bare:
            self.problem(f"{bare} exits released without a record")
        if self.problems:
            self.say(f"traveller: {len(self.problems)} problems, see {self.dir}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("traveller: everybody did what they could, and nothing else")
        return 0


def main():
    os.environ["POSTERN_CHIPS"] = "1"
    sys.exit(Traveller(scenario.arguments("traveller", 1, 0, 60)).run())


if __name__ == "__main__":
    main()
