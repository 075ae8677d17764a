#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The crash campaign: kill -9 of core, uplink, registry and PostgreSQL at seeded moments while travellers cross.

    campaign.py BUILD [--store sqlite|postgresql] [--crossings N] [--kills N] [--seed S] [--lanes N] [--states NAME,...]

Afterwards every journalled crossing must stand in the registry exactly once, every chain must verify, and no exit may
have been released without a durable record. Who was released is told by the simulators' own synced logs, which lie on
another file system (a tmpfs mounted for each); what the registry holds is asked of its store by a query of its own.

Must never end a process that it did not start: pids come from the daemon's own log, and every victim is checked to be
a descendant of the daemon (or the PostgreSQL server) of this run. Exit status 77: not possible here, and why."""
import argparse
import collections
import glob
import json
import os
import pwd
import random
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../etc/demo"))
import run as demo  # noqa: E402  (the demonstration's own set-up: lanes, post, centre, travellers, officer)


def skip(why):
    print("campaign: skipped: " + why)
    sys.exit(77)


class PostgreSQL:
    """A server of this run's own, as user postgres, in a folder of its own."""

    def __init__(self, folder):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        if not found:
            skip("PostgreSQL's server is not installed")
        self.bin, self.folder, self.user = os.path.dirname(found[-1]), folder, pwd.getpwnam("postgres")
        os.mkdir(folder, 0o711)
        os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self.call("initdb", "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D", folder + "/data")
        self.process = None
        self.start()

    def become(self):
        os.setgroups([])
        os.setgid(self.user.pw_gid)
        os.setuid(self.user.pw_uid)

    def call(self, name, *argv):
        subprocess.run([os.path.join(self.bin, name), *argv], check=True, stdout=subprocess.DEVNULL, cwd=self.folder,
                       preexec_fn=self.become)

    def start(self):
        self.log = open(os.path.join(self.folder, "..", "postgresql.log"), "a", encoding="utf-8")
        self.process = subprocess.Popen([os.path.join(self.bin, "postgres"), "-D", self.folder + "/data", "-k", self.folder,
                                         "-c", "listen_addresses="], stdout=self.log, stderr=self.log, cwd=self.folder,
                                        preexec_fn=self.become)
        for _ in range(600):
            if subprocess.run(["pg_isready", "-q", "-h", self.folder, "-U", "postgres"], check=False).returncode == 0:
                return
            if self.process.poll() is not None:
                # Children of a killed server may hold the shared memory for a moment.
                time.sleep(0.2)
                self.process = subprocess.Popen(self.process.args, stdout=self.log, stderr=self.log, cwd=self.folder,
                                                preexec_fn=self.become)
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not start: see postgresql.log")

    def kill(self):
        """The server and its children, which is what a machine's end would take; then it is started anew."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True,
                                  check=False).stdout.split()
        for pid in [self.process.pid, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def rows(self, sql):
        r = subprocess.run(["psql", "-h", self.folder, "-U", "postgres", "-At", "-F", "\t", "-c", sql], capture_output=True,
                           text=True, check=True)
        return [line.split("\t") for line in r.stdout.splitlines()]


class Campaign(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.random = random.Random(args.seed)
        self.kills, self.states, self.seen = collections.Counter(), collections.Counter(), set()
        self.restarts, self.server, self.mounted = [], None, []
        self.args.no_faults, self.args.once, self.args.keep = True, True, True

    # The simulators' logs lie on another file system than the journals.
    def set_up(self):
        if self.args.engine == "postgresql":
            self.server = PostgreSQL(os.path.join(self.dir, "pg"))
            self.args.store = f"postgresql:host={self.server.folder} user=postgres dbname=postgres"
        os.environ["POSTERN_SCENARIO"] = os.path.join(HERE, "scenario.yaml")
        for n in range(1, self.args.lanes + 1):
            path = os.path.join(self.dir, f"state/lane-{n}.gate")
            os.makedirs(path)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", path], check=False).returncode != 0:
                skip("no tmpfs can be mounted here")
            self.mounted.append(path)
        super().set_up()

    def take(self, row):
        pass

    def children_of(self, unit):
        """child -> newest pid, from the supervisor's log; only those that are alive children of the daemon."""
        self.log.flush()
        pids = {}
        with open(self.log.name, encoding="utf-8") as f:
            for line in f:
                if "child.started" in line and f"unit={unit} " in line:
                    pids[line.split("child=")[1].split()[0]] = int(line.split("pid=")[1].split()[0])
        alive = {}
        for child, pid in pids.items():
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                    if int(f.read().rsplit(")", 1)[1].split()[1]) == self.daemon.pid:
                        alive[child] = pid
            except (OSError, ValueError):
                pass
        return alive

    def lane_state(self, unit):
        r = self.tool("status", "--unit", unit, "--json")
        try:
            state = json.loads(r.stdout)[0]["gate_state"]
        except (ValueError, KeyError, IndexError):
            return ""
        self.seen.add(state)
        return state

    def strike(self, kind, unit=None):
        if kind == "postgresql":
            self.server.kill()
            self.kills[kind] += 1
            time.sleep(self.random.uniform(0, 1))
            self.server.start()
            return True
        unit = unit or ("centre" if kind == "registry" else f"lane-{self.random.randint(1, self.args.lanes)}")
        pid = self.children_of(unit).get(kind)
        if pid is None:
            return False
        state = self.lane_state(unit) if kind == "core" else ""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.kills[kind] += 1
        if state:
            self.states[state] += 1
        return True

    def uniform_kills(self):
        """Each at a moment drawn before the run begins: so many travellers done, and so much of the next crossing's time."""
        kinds = ["core", "uplink", "registry"] + (["postgresql"] if self.server else [])
        plan = sorted((self.random.uniform(0, self.args.travellers * 0.97), self.random.uniform(0, 0.6))
                      for _ in range(self.args.kills))
        for at, delay in plan:
            while self.done_travellers() < at and not self.stopping.is_set():
                self.stopping.wait(0.05)
            if self.stopping.is_set():
                return
            self.stopping.wait(delay)
            for _ in range(200):
                if self.strike(self.random.choice(kinds)):
                    break
                self.stopping.wait(0.1)
        self.uniform_done = True

    def wanted_states(self):
        return [s for s in self.args.states.split(",") if s and s not in self.states]

    def steered_kills(self):
        """What chance has not hit in the first two fifths: watch the lanes, and kill the core as soon as one is in such a state."""
        while self.done_travellers() < self.args.travellers * 0.4 and not self.stopping.is_set():
            self.stopping.wait(0.5)

        def follow(unit):
            while not self.stopping.is_set() and self.wanted_states():
                state = self.lane_state(unit)
                if state in self.wanted_states():
                    pid = self.children_of(unit).get("core")
                    if pid is not None and self.lane_state(unit) == state:
                        os.kill(pid, signal.SIGKILL)
                        self.kills["core, steered"] += 1
                        self.states[state] += 1
                        self.stopping.wait(2)
        threads = [threading.Thread(target=follow, args=(f"lane-{n}",), daemon=True) for n in range(1, self.args.lanes + 1)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def faults_all(self):
        self.uniform_done = False
        if self.args.states:
            threading.Thread(target=self.steered_kills, daemon=True).start()
        self.uniform_kills()

    def central_rows(self):
        sql = "SELECT gate, epoch, seq, hash FROM journal"
        if self.server:
            return [((g, int(e), int(s)), bytes.fromhex(h.removeprefix("\\x"))) for g, e, s, h in self.server.rows(sql)]
        db = demo.sqlite3.connect(f"file:{self.dir}/state/centre.registry/registry.db?mode=ro", uri=True)
        rows = [((g, e, s), bytes(h)) for g, e, s, h in db.execute(sql)]
        db.close()
        return rows

    def local_rows(self):
        local = {}
        for g in [f"lane-{n}" for n in range(1, self.args.lanes + 1)] + ["post-1"]:
            db = demo.sqlite3.connect(f"file:{self.dir}/state/{g}/journal.db?mode=ro", uri=True)
            for e, s, h in db.execute("SELECT epoch, seq, hash FROM journal"):
                local[(g, e, s)] = bytes(h)
            db.close()
        return local

    def truths(self):
        for path in self.mounted:
            with open(os.path.join(path, "truth.jsonl"), encoding="utf-8") as f:
                for line in f:
                    yield json.loads(line)

    def restart_times(self):
        """Milliseconds between a child's end and its next start, from the supervisor's log."""
        ended, waits = {}, []
        with open(self.log.name, encoding="utf-8") as f:
            for line in f:
                if "supervisor: child." not in line:
                    continue
                key = tuple(w for w in line.split() if w.startswith(("unit=", "child=")))
                at = demo.time.strptime(line[:19], "%Y-%m-%dT%H:%M:%S")
                ms = demo.time.mktime(at) * 1000 + int(line[20:23])
                if "child.ended" in line:
                    ended[key] = ms
                elif "child.started" in line and key in ended:
                    waits.append(ms - ended.pop(key))
        return waits

    def judge(self):
        local, central = self.local_rows(), self.central_rows()
        once = len(central) == len(dict(central))
        same = dict(central) == local
        hashes, released, bad, both = set(local.values()), 0, 0, 0
        for row in self.truths():
            if row["event"] == "exit_released":
                released += 1
                bad += not row["detail"] or bytes.fromhex(row["detail"]) not in hashes
            both += row["event"] == "both_leaves_open"
        chains = all(subprocess.run([self.postern, "journal", "verify", f"{self.dir}/state/lane-{n}/journal.db"],
                                    capture_output=True, check=False).returncode == 0 for n in range(1, self.args.lanes + 1))
        waits = self.restart_times()
        missing = self.wanted_states()
        self.say(f"\n=== crash campaign: {self.args.engine}, seed {self.args.seed} ===")
        self.say(f"travellers done         {self.done_travellers()} of {self.args.travellers}")
        self.say("kills                   " + ", ".join(f"{k} {v}" for k, v in sorted(self.kills.items())))
        self.say("lane states killed in   " + ", ".join(f"{k} {v}" for k, v in sorted(self.states.items())))
        if missing:
            self.say("lane states not hit     " + ", ".join(missing))
        self.say(f"restart after           p50 {self.percentile(waits, 50):.0f} ms, p99 {self.percentile(waits, 99):.0f} ms")
        self.say(f"journal records         {len(local)}; registry rows {len(central)}: "
                 + ("each exactly once, every hash equal" if same and once else "NOT EQUAL"))
        if not same:
            stored = dict(central)
            self.say(f"    not in the registry {len(local.keys() - stored.keys())}, not in a journal {len(stored.keys() - local.keys())}, "
                     f"other hash {sum(stored[k] != local[k] for k in stored.keys() & local.keys())}")
        self.say(f"exit releases           {released}, without a durable record: {bad}; both leaves open: {both}")
        self.say("journal chains          " + ("verify" if chains else "DO NOT VERIFY"))
        done = self.done_travellers() == self.args.travellers
        return done and same and once and bad == 0 and both == 0 and chains and not missing and getattr(self, "uniform_done", False)

    def run(self):
        self.followers = {}
        good = False
        try:
            self.set_up()
            self.wait_ready()
            for target in (self.officer, self.faults_all, self.progress):
                threading.Thread(target=target, daemon=True).start()
            self.wait_done()
            self.stopping.set()
            time.sleep(0.5)
            self.finish()
            if self.server and self.server.process.poll() is not None:
                self.server.start()
            good = self.judge()
        finally:
            self.finish()
            if self.server:
                self.server.stop()
            for path in self.mounted:
                if not good:
                    subprocess.run(["cp", os.path.join(path, "truth.jsonl"), path + ".truth.jsonl"], check=False)
                subprocess.run(["umount", path], check=False)
        if good:
            demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("campaign: " + ("nothing lost, nothing doubled" if good else f"SOMETHING IS WRONG, see {self.dir}"))
        return 0 if good else 1

    def progress(self):
        while not self.stopping.wait(15):
            self.say(f"{time.monotonic() - self.begun:5.0f} s  {self.done_travellers()} travellers, {sum(self.kills.values())} kills")


def main():
    a = argparse.ArgumentParser(description="Kills core, uplink, registry and PostgreSQL while travellers cross.")
    a.add_argument("build")
    a.add_argument("--store", dest="engine", choices=("sqlite", "postgresql"), default="sqlite")
    a.add_argument("--crossings", dest="travellers", type=int, default=2000)
    a.add_argument("--kills", type=int, default=200)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--lanes", type=int, default=4)
    a.add_argument("--port", type=int, help="and those after it, on 127.0.0.1 (default: of a place that is free)")
    a.add_argument("--seconds", type=int, default=3600, help="give up after")
    a.add_argument("--states", default="", help="lane states that at least one kill must land in, separated by commas")
    args = a.parse_args()
    args.store = ""
    args.travellers -= args.travellers % args.lanes
    if os.geteuid() != 0:
        skip("only root may mount the simulators' own file systems")
    sys.exit(Campaign(args).run())


if __name__ == "__main__":
    main()
