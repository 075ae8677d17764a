#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: three lanes, a post and a centre; travellers cross, an officer decides, things break half way, and at
the end both databases are counted by queries of their own. `run.py BUILD [--once] [--travellers N] [--no-faults]`.

Must never end a process that it did not start, and never count what Postern says of itself."""
import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
BAD_CHIPS = ("cloned-chip", "forged-dg1", "revoked-signer", "unknown-csca", "broken-chip", "slow-chip")
# What the officer of the demonstration decides, by the exception.
REASONS = {"EXCEPTION_DATABASE_HIT": ("second-line", "list.hit"), "EXCEPTION_TAILGATING": ("send-back", "two.persons"),
           "EXCEPTION_OVERSTAY": ("refuse", "stay.exceeded"), "EXCEPTION_EXPIRED_DOCUMENT": ("refuse", "document.expired"),
           "EXCEPTION_MINOR": ("admit", "guardian.present")}


# A test's daemon has its place for itself: 64 ports of 127.0.0.1, and users from which on no other daemon's plugins are, since the limit
# on processes is one of a user's.
PLACES, PLACE_PORTS, PLACE_USERS = 24, 64, 512


def take_place():
    """(what holds it until it is closed, first port, first user). Held by a name in the network's own namespace, as ports are."""
    for n in range(PLACES):
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0postern-place-{n}")
            return holder, 20000 + PLACE_PORTS * n, 50000 + PLACE_USERS * n
        except OSError:
            holder.close()
    sys.exit(f"demo: all {PLACES} places for a daemon of a test are taken; wait until one has ended")


class Demo:
    displays = console = by_hand = False  # tests that look at something else do without
    logged_in = 0     # officers at the console

    def __init__(self, args):
        """args.port None: a place of its own, beside whatever else runs."""
        self.args, self.first_user = args, 0
        if args.port is None:
            self.place, args.port, self.first_user = take_place()
        self.build = os.path.realpath(args.build)
        self.dir = tempfile.mkdtemp(prefix="postern-demo-")
        os.chmod(self.dir, 0o755)
        self.postern = os.path.join(self.build, "tools/postern/postern")
        self.run_folder = os.path.join(self.dir, "run")
        self.children, self.lines, self.outcomes, self.rows = [], 0, 0, []
        self.lock, self.stopping, self.mended = threading.Lock(), threading.Event(), []
        self.unfinished = {}
        self.with_chips = os.environ.get("POSTERN_CHIPS", "1") != "0"

    def say(self, text):
        print(text, flush=True)

    def start(self, argv, **kw):
        p = subprocess.Popen(argv, **kw)
        self.children.append(p)
        return p

    def tool(self, *argv, check=False):
        r = subprocess.run([self.postern, *argv, "--run-folder", self.run_folder], capture_output=True, text=True, timeout=20)
        if check and r.returncode != 0:
            raise RuntimeError(r.stderr)
        return r

    def status(self):
        r = self.tool("status", "--json")
        try:
            return {u["unit"]: u for u in json.loads(r.stdout)}
        except (ValueError, KeyError):
            return {}

    # --- setting up --------------------------------------------------------------------------------
    def set_up(self):
        env = dict(os.environ, POSTERN_PORT=str(self.args.port), POSTERN_LINK_PORT=str(self.args.port + 1))
        if self.first_user:
            env["POSTERN_FIRST_USER"] = str(self.first_user)
        if getattr(self.args, "topology", ""):
            env["POSTERN_TOPOLOGY"] = self.args.topology
        if self.displays:
            env["POSTERN_DISPLAY_PORT"] = str(self.args.port + 27)
        if self.console:
            env["POSTERN_CONSOLE_PORT"] = str(self.args.port + 25)
        if self.by_hand:
            env["POSTERN_TRAVELLER_PORT"] = str(self.args.port + 40)
        made = subprocess.run([os.path.join(HERE, "make-config"), self.build, self.dir, str(self.args.lanes),
                               str(self.args.travellers // self.args.lanes)] + ([self.args.store] if self.args.store else []),
                              env=env, stdout=subprocess.PIPE, text=True)
        if made.returncode != 0:
            sys.exit("demo: the configuration could not be made (see above)")
        self.config = made.stdout.strip()
        self.change(self.config)
        daemon = os.path.join(self.build, "core/posternd")
        if subprocess.run([daemon, "--config", self.config, "--check"], stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit("demo: the configuration is not right (see above)")
        self.link = self.start([sys.executable, os.path.join(HERE, "link"), str(self.args.port + 1), str(self.args.port)])
        self.log = open(os.path.join(self.dir, "posternd.log"), "w", encoding="utf-8")
        self.begun = time.monotonic()
        self.daemon = self.start([daemon, "--config", self.config], stderr=self.log, stdout=self.log)

    def change(self, path):
        """For tests that break something from the start."""

    def wait_ready(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            units = self.status()
            if len(units) == len(self.lanes()) + 2 and all(p["state"] == "ready" for u in units.values() for p in u["plugins"]):
                return time.monotonic() - self.begun
            if self.daemon.poll() is not None:
                break
            time.sleep(0.1)
        self.finish()
        sys.exit("demo: not every plugin became ready; the end of the log:\n" + self.log_tail())

    def log_tail(self, n=20):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as f:
            return "".join(f.readlines()[-n:])

    # --- travellers, officer, faults -----------------------------------------------------------------
    def reason(self, r):
        """What decided a verdict that is not clear: a rule's code and what it speaks of."""
        return " ".join(w for w in (r["reason"].removeprefix("eligibility."), r["reason_argument"]) if w)

    def take(self, row):
        r = row["record"]
        with self.lock:
            self.rows.append((row["unit"], r))
            if r["kind"] == "RECORD_VERDICT":
                self.unfinished[row["crossing_id"]] = r
                return
            if r["kind"] != "RECORD_OUTCOME":
                return
            self.outcomes += 1
            v = self.unfinished.pop(row["crossing_id"], None)
        total = sum(s["duration_ms"] for s in r["steps"])
        verdict = (v or r)["verdict"].removeprefix("VERDICT_").lower()
        why = (v or r)["exception"].removeprefix("EXCEPTION_").lower().replace("_", " ")
        why = self.reason(v or r) or why.replace("none", "")
        self.say(f'{self.outcomes:4d}  {row["unit"]}  {row["crossing_id"][-8:]}  {verdict:6s} {why:44s} '
                 f'-> {r["outcome"].removeprefix("OUTCOME_").lower():10s} {total:6d} ms  {r["nationality"]:3s} {r["document_code"]}')

    def follow(self, unit):
        seen = set()
        while not self.stopping.is_set():
            p = subprocess.Popen([self.postern, "crossings", "--follow", "--json", "--unit", unit, "--run-folder",
                                  self.run_folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.followers[unit] = p
            for line in p.stdout:
                row = json.loads(line)
                key = (row["crossing_id"], row["record"]["kind"], row["record"]["wall_ms"])
                if key not in seen and row["crossing_id"]:
                    seen.add(key)
                    self.take(row)
            p.wait()
            time.sleep(0.2)

    def console_audit(self):
        """Whether anybody who may decide is logged in at the console, by the post's own journal."""
        p = subprocess.Popen([self.postern, "crossings", "--follow", "--json", "--unit", "post-1", "--run-folder", self.run_folder],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.followers["post-1"] = p
        for line in p.stdout:
            r = json.loads(line)["record"]
            if r["officer"].startswith(("officer-", "supervisor-")) and r["event"] in ("console.login", "console.logout"):
                self.logged_in = max(0, self.logged_in + (1 if r["event"] == "console.login" else -1))
                self.say(f'----  {r["officer"]} has logged {"in" if r["event"] == "console.login" else "out"}: '
                         + ("referrals wait for the console" if self.logged_in else "the demonstration decides"))

    def officer(self):
        key = os.path.join(self.dir, "pki/officers/officer-1.key")
        while not self.stopping.is_set():
            for name, u in self.status().items() if self.logged_in == 0 else ():
                if u["waiting_verdict_hash"]:
                    decision, reason = REASONS.get(u["waiting_exception"], ("send-back", "manual.check"))
                    self.tool("officer", "decide", "--lane", name, "--crossing", u["crossing_id"], "--decision", decision,
                              "--reason", reason, "--officer", "officer-1", "--key", key)
                elif u["gate_state"] in ("OUT_OF_SERVICE", "FAULT_LOCKED"):
                    self.tool("lane", "resume", "--lane", name, "--officer", "officer-1")
            self.stopping.wait(0.25)

    def faults(self):
        half = self.args.travellers // 2
        while self.outcomes < half and not self.stopping.is_set():
            self.stopping.wait(0.05)
        units = self.status()
        victim = next((p["pid"] for p in units.get("lane-1", {}).get("plugins", []) if p["instance"] == "check"), 0)
        if victim:
            self.say(f"----  killing lane-1's document check (pid {victim}, SIGKILL)")
            os.kill(victim, signal.SIGKILL)
        self.stopping.wait(2)
        core = self.core_pid("lane-2")
        if core:
            self.say(f"----  killing the core of lane-2 (pid {core}, SIGKILL)")
            os.kill(core, signal.SIGKILL)
        self.stopping.wait(2)
        self.say("----  cutting the link to the centre for 20 seconds")
        self.link.send_signal(signal.SIGUSR1)
        self.stopping.wait(20)
        self.link.send_signal(signal.SIGUSR2)
        self.say("----  the link is mended")

    def core_pid(self, unit):
        """The newest core of the unit, from the supervisor's log; it is a child of the daemon we started."""
        self.log.flush()
        pid = 0
        with open(self.log.name, encoding="utf-8") as f:
            for line in f:
                if "child.started" in line and f"unit={unit} " in line and "child=core " in line:
                    pid = int(line.split("pid=")[1].split()[0])
        return pid

    # --- the end ---------------------------------------------------------------------------------------
    def truths(self, lane):
        """What a simulator saw, by its own synced log."""
        try:
            with open(os.path.join(self.dir, f"state/{lane}.gate/truth.jsonl"), encoding="utf-8") as f:
                return [json.loads(line) for line in f]
        except OSError:
            return []

    def lanes(self):
        return [f"lane-{n}" for n in range(1, self.args.lanes + 1 + self.by_hand)]

    def chips(self):
        """What became of the chips by the simulators' own logs: events and how many of them, milliseconds of each whole reading,
        and the travellers who came through although their chip is bad."""
        events, times, wrong = {}, [], []
        for t in (t for lane in self.lanes() for t in self.truths(lane)):
            words = t["detail"].split()
            if t["event"].startswith("chip_"):
                events[t["event"]] = events.get(t["event"], 0) + 1
            if t["event"] == "chip_done" and words[1] not in BAD_CHIPS:
                times.append(int(words[2]))
            if self.with_chips and t["event"] == "traveller_done" and words[1] in BAD_CHIPS and words[2] == "passed":
                wrong.append(" ".join(words[:2]))
        return events, times, wrong

    def done_travellers(self):
        """Travellers who have walked off, by the simulators' own synced logs."""
        done = 0
        for n in range(1, self.args.lanes + 1):
            try:
                with open(os.path.join(self.dir, f"state/lane-{n}.gate/truth.jsonl"), encoding="utf-8") as f:
                    done += sum('"traveller_done"' in line for line in f)
            except OSError:
                pass
        return done

    def wait_done(self):
        limit = time.monotonic() + self.args.seconds
        while self.done_travellers() < self.args.travellers and time.monotonic() < limit and self.daemon.poll() is None:
            time.sleep(0.3)
        while time.monotonic() < limit + 60:
            units = self.status()
            gates = [u for u in units.values() if u["role"] != "central"]
            if gates and all(int(u["head_seq"]) == int(u["acked_seq"]) and not u["crossing_id"] for u in gates):
                break
            time.sleep(0.3)

    def finish(self):
        self.stopping.set()
        for p in list(getattr(self, "followers", {}).values()):
            p.terminate()
        for p in reversed(self.children):
            if p.poll() is None:
                p.terminate()
        for p in self.children:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
        self.nothing_of_a_sanitizer()

    def nothing_of_a_sanitizer(self):
        """Whatever else came out: what a build with sanitizers has complained of fails every run of it."""
        path = os.path.join(self.dir, "posternd.log")
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8", errors="replace") as f:
            found = [line.rstrip() for line in f if "Sanitizer" in line or "runtime error:" in line]
        if found:
            sys.exit(f"demo: a sanitizer has found something, see {path}:\n" + "\n".join(found[:20]))

    def count(self):
        def rows(path, sql):
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                return db.execute(sql).fetchall()
            finally:
                db.close()
        gates = self.lanes() + ["post-1"]
        local = {}
        for g in gates:
            for e, s, h in rows(os.path.join(self.dir, f"state/{g}/journal.db"), "SELECT epoch, seq, hash FROM journal"):
                local[(g, e, s)] = bytes(h)
        central = {(g, e, s): bytes(h) for g, e, s, h in rows(os.path.join(self.dir, "state/centre.registry/registry.db"),
                                                             "SELECT gate, epoch, seq, hash FROM journal")}
        return local, central

    def released_without_record(self, local):
        hashes, released, bad = set(local.values()), 0, 0
        for row in (t for lane in self.lanes() for t in self.truths(lane)):
            if row["event"] == "exit_released":
                released += 1
                bad += not row["detail"] or bytes.fromhex(row["detail"]) not in hashes
        return released, bad

    def percentile(self, values, p):
        values = sorted(values)
        return values[min(len(values) - 1, int(len(values) * p / 100))] if values else 0

    def report(self, started_s):
        verdicts, exceptions, reasons, outcomes, steps = {}, {}, {}, {}, {}
        for _, r in self.rows:
            if r["kind"] == "RECORD_VERDICT":
                verdicts[r["verdict"]] = verdicts.get(r["verdict"], 0) + 1
                if r["verdict"] != "VERDICT_CLEAR":
                    exceptions[r["exception"]] = exceptions.get(r["exception"], 0) + 1
                    reasons[self.reason(r)] = reasons.get(self.reason(r), 0) + 1
            elif r["kind"] == "RECORD_OUTCOME":
                outcomes[r["outcome"]] = outcomes.get(r["outcome"], 0) + 1
                for s in r["steps"]:
                    steps.setdefault(s["step"], []).append(s["duration_ms"])
        if self.args.store:
            return True
        local, central = self.count()
        released, bad = self.released_without_record(local)
        name = lambda s: s.split("_", 1)[1].lower().replace("_", " ")
        self.say("\n=== summary ===")
        self.say(f"travellers done         {self.done_travellers()} of {self.args.travellers}; start to all plugins ready {started_s:.2f} s")
        self.say("verdicts                " + ", ".join(f"{name(k)} {v}" for k, v in sorted(verdicts.items())))
        self.say("outcomes                " + ", ".join(f"{name(k)} {v}" for k, v in sorted(outcomes.items())))
        self.say("referrals by exception")
        for k, v in sorted(exceptions.items(), key=lambda kv: -kv[1]):
            self.say(f"    {name(k):26s} {v}")
        self.say("referrals by reason")
        for k, v in sorted(reasons.items(), key=lambda kv: (-kv[1], kv[0])):
            self.say(f"    {k or 'the lane itself':44s} {v}")
        events, times, wrong = self.chips()
        if self.with_chips:
            self.say(f"chips                   laid down {events.get('chip_presented', 0)}, torn away {events.get('chip_torn', 0)}; good ones "
                     f"answered for p50 {self.percentile(times, 50)} ms, p99 {self.percentile(times, 99)} ms")
            self.say(f"passed with a bad chip  {len(wrong)}{': ' + ', '.join(wrong) if wrong else ''}")
        self.say("time per step           p50 ms   p99 ms")
        for k, v in steps.items():
            self.say(f"    {k:18s} {self.percentile(v, 50):8d} {self.percentile(v, 99):8d}")
        same = local == central
        self.say(f"records in the journals {len(local)}, in the registry {len(central)}: "
                 + ("equal, every key and hash" if same else "NOT EQUAL"))
        self.say(f"exit releases           {released}, without a record in the journal: {bad}")
        verified = True
        for lane in self.lanes():
            path = os.path.join(self.dir, f"state/{lane}/journal.db")
            r = subprocess.run([self.postern, "journal", "verify", path], capture_output=True, text=True)
            verified = verified and r.returncode == 0
        self.say("journal chains          " + ("verify" if verified else "DO NOT VERIFY"))
        self.say(f"where to look next      {self.dir} (postern.yaml, posternd.log, state/), docs/, man postern")
        return same and bad == 0 and not wrong and verified and self.done_travellers() == self.args.travellers

    def tell_console(self):
        accounts = os.path.join(self.dir, "accounts/accounts.yaml")
        self.say(f"Officers' console:      http://127.0.0.1:{self.args.port + 25}/  for these accounts, which the production profile refuses:")
        if not os.path.exists(os.path.join(self.dir, "console-page/index.html")):
            self.say("    (this build has no page, only its server: npm's registry could not be reached)")
        for a in json.loads(subprocess.run([self.postern, "account", "list", "--json", "--file", accounts], capture_output=True,
                                           text=True, check=True).stdout):
            self.say(f'    {a["name"]:16s} password demo-{a["role"]}')
        self.say(f"    each one's code:    {self.postern} account code NAME --file {accounts}")

    def run(self):
        self.followers = {}
        self.set_up()
        started = self.wait_ready()
        self.say(f"{len(self.lanes())} lanes, one post, one centre are up after {started:.2f} s; {self.args.travellers} travellers come.")
        if self.displays:
            self.say("Travellers' displays:   " + "  ".join(f"http://127.0.0.1:{self.args.port + 27 + n}/" for n in range(len(self.lanes()))))
        if self.console:
            self.tell_console()
        if self.by_hand:
            port = "" if self.args.port == 18443 else f" --port {self.args.port + 40}"
            self.say(f"Be a traveller yourself: at {self.lanes()[-1]} nobody comes but you, in another window:\n    {self.postern} traveller{port}")
        self.say(f"Try in another window:  {self.postern} lanes --run-folder {self.run_folder}\n")
        threads = [threading.Thread(target=self.follow, args=(lane,), daemon=True) for lane in self.lanes()]
        threads.append(threading.Thread(target=self.officer, daemon=True))
        if self.console:
            threads.append(threading.Thread(target=self.console_audit, daemon=True))
        if not self.args.no_faults:
            threads.append(threading.Thread(target=self.faults, daemon=True))
        for t in threads:
            t.start()
        try:
            self.wait_done()
            if not self.args.once:
                self.say("\nAll travellers have passed. The units stay up; end with Ctrl-C for the summary.")
                self.daemon.wait()
        except KeyboardInterrupt:
            pass
        time.sleep(0.5)
        self.finish()
        good = self.report(started)
        self.log.close()
        if good and self.args.once and not self.args.keep:
            shutil.rmtree(self.dir, ignore_errors=True)
        self.say("demo: " + ("all counts agree" if good else f"SOMETHING IS WRONG, see {self.dir}"))
        return 0 if good else 1


def main():
    a = argparse.ArgumentParser(description="Runs Postern's demonstration on this machine, on loopback only.")
    a.add_argument("build")
    a.add_argument("--once", action="store_true", help="end by itself with a summary")
    a.add_argument("--keep", action="store_true", help="keep the folder with journals and logs")
    a.add_argument("--travellers", type=int, default=300)
    a.add_argument("--lanes", type=int, default=3)
    a.add_argument("--port", type=int, default=18443)
    a.add_argument("--seconds", type=int, default=280, help="give up after")
    a.add_argument("--no-faults", action="store_true", help="break nothing")
    a.add_argument("--store", default="", help="store of the registry (default: SQLite)")
    a.add_argument("--topology", choices=("two-step", "one-step"), default="two-step", help="what the lanes are built as")
    demo = Demo(a.parse_args())
    # Pages are built with npm; a build without them shows the same lanes.
    demo.console = demo.by_hand = True
    demo.displays = os.path.isdir(os.path.join(demo.build, "plugins/display/page"))
    sys.exit(demo.run())


if __name__ == "__main__":
    main()
