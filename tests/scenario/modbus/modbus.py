#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon whose lane hangs on a Modbus controller, over TCP on loopback or over a serial line's pseudo terminal.

    modbus.py {tcp|rtu} BUILD BENCH [all|shipped]

Nothing of the daemon's is simulated: its controller is modbus-bench, with steel and people behind it. A traveller crosses; the bus is
troubled, with "all" in every way, with nobody there, and each time the lane closes and serves again; it is cut while somebody stands in the
chamber, and that person comes out; one more crosses. The gate's plugin lives through all of it. Nobody's time is judged. With
"shipped", in every way too, and with the times of the controller files as they are: for a machine that is not busy.
Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(TOP, "etc/demo"))
import run as demo  # noqa: E402
PLUGINS = ("reader-serial", "check-document", "watchlist", "rules-lua", "gate-modbus", "gate-modbus-tcp")
FAULTS = {"tcp": ("exception", "silence", "garbage", "checksum", "half", "other-unit", "late", "hangup", "cut"),
          "rtu": ("exception", "silence", "garbage", "checksum", "half", "other-unit", "late")}
SHORT = {"tcp": ("hangup",), "rtu": ("other-unit",)}
DOCUMENTS = """seed: 77
travellers: 4
own_state: NOR
gap_ms: 100
devices: {leaf_stroke_ms: 900, lock_ms: 120, bag_ms: 1500}
people: {react_ms: 100, walk_ms: 100, hold_ms: 100, patience_ms: 10000}
mix:
  - {kind: citizen, weight: 100}
"""
# Of the demonstration profile for its clock alone: a test may not set the machine's.
CONFIG = """schema: 1
profile: demo
clock: operator-asserted
tenant: NOR
state_folder: {dir}/state
run_folder: {dir}/run
plugin_folders: [{dir}/plugins]
log_level: info
user: {{first_uid: {user}}}
devices:
  - {{name: reader-line, path: {reader}}}
{line}units:
  - name: lane-1
    role: gate
    crossing_point: OSL
    time_zone: UTC
    direction: entry
    mode: controlled
    trust: {dir}/pki/trust
    plugins:
      - {{instance: reader, plugin: reader-serial, devices: {{line: reader-line}}, options: {{removed_frame: "--"}}}}
      - {{instance: check, plugin: check-document}}
      - {{instance: watchlist, plugin: watchlist, folders: {{lists: {dir}/lists, trust: {dir}/pki/trust}}}}
      - {{instance: rules, plugin: rules-lua, folders: {{packs: {dir}/packs, trust: {dir}/pki/trust}}}}
      - instance: gate
{gate}
        folders: {{wiring: {dir}/wiring}}
"""
GATE = {"tcp": """        plugin: gate-modbus-tcp
        sockets: [inet-client]
        connect_ports: [{port}]
        options: {{controller: generic-io.yaml, port: {port}}}""",
        "rtu": """        plugin: gate-modbus
        devices: {{line: bus-line}}
        options: {{controller: plc-registers.yaml, baud: 115200}}"""}


class Wrong(Exception):
    pass


class Scenario:
    def __init__(self, transport, build, bench, which=""):
        self.faults, self.shipped = (FAULTS if which else SHORT)[transport], which == "shipped"
        self.transport, self.build = transport, os.path.realpath(build)
        self.postern = os.path.join(self.build, "tools/postern/postern")
        self.dir = tempfile.mkdtemp(prefix="postern-modbus-")
        os.chmod(self.dir, 0o755)
        self.place, _, self.user = demo.take_place()
        self.reader, self.reader_far = os.openpty()
        gate, line = GATE[transport], ""
        if transport == "tcp":
            self.end = socket.create_server(("127.0.0.1", 0))
            gate, fd = gate.format(port=self.end.getsockname()[1]), self.end.fileno()
        else:
            fd, self.far = os.openpty()
            line = f"  - {{name: bus-line, path: {os.ttyname(self.far)}}}\n"
            gate = gate.format()
        self.prepare(gate, line)
        self.events, self.seen, self.console_at = queue.Queue(), [], 0.0
        self.log = open(os.path.join(self.dir, "log"), "w+", encoding="utf-8")  # pylint: disable=consider-using-with
        self.bench = subprocess.Popen([bench, transport, str(fd)], pass_fds=[fd], text=True,  # pylint: disable=consider-using-with
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.listen, daemon=True).start()
        self.daemon = subprocess.Popen([os.path.join(self.build, "core/posternd"),  # pylint: disable=consider-using-with
                                        "--config", self.dir + "/postern.yaml"], stderr=self.log, stdout=self.log)

    def call(self, *argv):
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout

    def prepare(self, gate, line):
        d = self.dir
        for name in ("lists", "packs", "wiring", "plugins", "state"):
            os.makedirs(os.path.join(d, name))
        self.call(self.postern, "pki", "demo", "--out", d + "/pki", "--tenant", "NOR", "--crossing-point", "OSL", "--gates", "lane-1")
        with open(d + "/documents.yaml", "w", encoding="utf-8") as f:
            f.write(DOCUMENTS)
        people = self.call(os.path.join(self.build, "plugins/sim-lane/postern-sim-travellers"), "all", d + "/documents.yaml", "4")
        self.zone = people.split("\n\n", maxsplit=1)[0].strip().split("\n")[1:3]
        with open(d + "/lists/watchlist.csv", "w", encoding="utf-8") as f:
            f.write("# list=bench version=1 issued=" + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) +
                    "\nentry_id,kind,document_number,issuer,surname,given_names,birth_date,handling_code\n"
                    "B0001,document,ZZ0000000,UTO,,,,refer-second-line\n")
        self.call(self.postern, "lists", "sign", d + "/lists/watchlist.csv", "--key", d + "/pki/signing/lists.key")
        shutil.copytree(os.path.join(TOP, "rules/eligibility"), d + "/packs/eligibility")
        self.call(self.postern, "rules", "sign", d + "/packs/eligibility", "--key", d + "/pki/signing/rules.key")
        shutil.copy(os.path.join(TOP, "hw/lanes/two-step.yaml"), d + "/wiring")
        for name in ("generic-io.yaml", "plc-registers.yaml"):
            with open(os.path.join(TOP, "hw/controllers", name), encoding="utf-8") as f:
                text = f.read()
            # A busy test machine holds a process up for longer than any controller takes.
            for key, shipped, here in (("timeout_ms", 50, 200), ("lost_after", 3, 2)):
                if f"{key}: {shipped}" not in text:
                    raise Wrong(f"{name} has no {key}: {shipped}")
                if not self.shipped:
                    text = text.replace(f"{key}: {shipped}", f"{key}: {here}")
            with open(d + "/wiring/" + name, "w", encoding="utf-8") as f:
                f.write(text)
        for p in PLUGINS:
            for end in (".so", ".plugin"):
                shutil.copy(os.path.join(self.build, "plugins", p, p + end), d + "/plugins")
        with open(d + "/postern.yaml", "w", encoding="utf-8") as f:
            f.write(CONFIG.format(dir=d, reader=os.ttyname(self.reader_far), gate=gate, line=line, user=self.user))
        subprocess.run(["chmod", "-R", "a+rX,go-w", d], check=True)

    # --- both sides --------------------------------------------------------------------------------------
    def listen(self):
        for text in self.bench.stdout:
            self.events.put(text.rstrip("\n"))

    def tell(self, text):
        self.bench.stdin.write(text + "\n")
        self.bench.stdin.flush()

    def status(self):
        r = subprocess.run([self.postern, "status", "--json", "--unit", "lane-1", "--run-folder", self.dir + "/run"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False)
        text = r.stdout.strip()
        return self.find(json.loads(text)) if r.returncode == 0 and text else {}

    def find(self, value):
        """The lane's part, wherever it stands."""
        if isinstance(value, list):
            return next((f for f in map(self.find, value) if f), {})
        if isinstance(value, dict):
            return value if "gate_state" in value else next((f for f in map(self.find, value.values()) if f), {})
        return {}

    def lane(self, *argv):
        subprocess.run([self.postern, *argv, "--lane", "lane-1", "--officer", "officer-1", "--run-folder", self.dir + "/run"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def act(self, event):
        """What travellers and staff do that is not the controller's."""
        if event == "lays":
            os.write(self.reader, f"\x02{self.zone[0]}\x03\x02{self.zone[1]}\x03".encode())
        elif event == "takes":
            os.write(self.reader, b"\x02--\x03")
        elif event == "want resume":
            self.lane("lane", "resume")
        elif event.startswith("want "):
            s = self.status()
            if s.get("crossing_id"):
                self.lane("officer", "decide", "--crossing", s["crossing_id"], "--decision", event.split()[1], "--reason", "manual.check",
                          "--key", self.dir + "/pki/officers/officer-1.key")

    def console(self):
        if time.monotonic() - self.console_at < 1.0 or self.invites():
            return
        self.console_at = time.monotonic()
        s = self.status()
        waiting = bool(s.get("waiting_verdict_hash")) and bool(s.get("crossing_id"))
        resume = s.get("gate_state") in ("OUT_OF_SERVICE", "FAULT_LOCKED", "FAULT_OCCUPIED")
        self.tell(f"console {int(waiting)} {int(resume)}")

    def invites(self):
        return next((e for e in reversed(self.seen) if e in ("invites", "closed")), "closed") == "invites"

    def turn(self):
        self.console()
        try:
            event = self.events.get(timeout=0.05)
        except queue.Empty:
            event = None
        if event:
            self.seen.append(event)
            self.act(event)
        if self.daemon.poll() is not None or self.bench.poll() is not None:
            raise Wrong("a process ended that must not")
        return event

    def until(self, what, seconds, why):
        """The first event that begins so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = self.turn()
            if event and event.startswith(what):
                return event
        raise Wrong(f"{why}: no \"{what}\" within {seconds} s; seen {self.seen[-12:]}, status {self.status().get('gate_state')}")

    def wait(self, seconds):
        end, since = time.monotonic() + seconds, len(self.seen)
        while time.monotonic() < end:
            self.turn()
        return self.seen[since:]

    def until_invites(self, seconds, why):
        if not self.invites():
            self.until("invites", seconds, why)

    # --- what happens ------------------------------------------------------------------------------------
    def cross(self, why):
        self.tell("come")
        over = self.until("over", 60, why)
        if "passed=1" not in over:
            raise Wrong(f"{why}: {over}; seen {self.seen[-30:]}")
        self.until_invites(30, why)

    def trouble(self, fault):
        self.tell("fault " + fault)
        self.until("closed", 5, fault)
        during = self.wait(1.5)
        if "invites" in during:
            raise Wrong(f"{fault}: the lane invites somebody while it sees nothing: {during}")
        self.tell("fault none")
        begun = time.monotonic()
        self.until_invites(60, "after " + fault)
        print(f"{self.transport}: {fault}: closed; serves again {time.monotonic() - begun:.1f} s after it is over", flush=True)

    def cut_while_inside(self):
        self.tell("come")
        self.until("place chamber", 40, "somebody in the chamber")
        self.tell("fault cut")
        self.until("drop", 5, "the controller hears nothing")
        self.wait(2)
        state = self.status().get("gate_state")
        print(f"{self.transport}: cut while somebody stands in the chamber: the core is in {state}", flush=True)
        if state not in ("EMERGENCY_OPEN", "FAULT_OCCUPIED", "FAULT_LOCKED", "OUT_OF_SERVICE", "HOLD"):
            raise Wrong(f"the core goes on in {state} without any sensor")
        self.tell("fault none")
        self.until("hears", 10, "the bus is back")
        print(f"{self.transport}: the bus is back: {self.until('over', 120, 'whoever was inside comes out')}", flush=True)
        self.until_invites(60, "after the cut")

    def judge(self):
        self.tell("quit")
        end = self.events.get(timeout=5)
        while not end.startswith("end"):
            end = self.events.get(timeout=5)
        print(f"{self.transport}: {end}", flush=True)
        facts = dict(f.split("=") for f in end.split()[1:])
        bad = [k for k in ("both_released_us", "both_open", "opened_to_forced", "others") if facts[k] != "0"]
        self.log.flush()
        with open(self.dir + "/log", encoding="utf-8") as f:
            log = f.read().split("\n")
        starts = sum("child.started" in line and "child=gate " in line for line in log)
        if starts != 1:
            bad.append(f"the gate's plugin was started {starts} times")
        self.daemon.terminate()
        if self.daemon.wait(20) != 0:
            bad.append(f"posternd ended with {self.daemon.returncode}")
        journal = self.dir + "/state/lane-1/journal.db"
        if subprocess.run([self.postern, "journal", "verify", journal], stdout=subprocess.DEVNULL, check=False).returncode != 0:
            bad.append("the journal does not verify")
        return bad

    def run(self):
        self.until_invites(60, "at the start")
        self.cross("the first traveller")
        for fault in self.faults:
            self.trouble(fault)
        self.cut_while_inside()
        self.cross("the last traveller")
        bad = self.judge()
        if bad:
            raise Wrong(", ".join(bad))

    def stop(self):
        for p in (self.daemon, self.bench):
            if p.poll() is None:
                p.terminate()
                try:
                    p.wait(20)
                except subprocess.TimeoutExpired:
                    p.kill()
                    p.wait()
        self.log.close()


def main():
    if os.geteuid() != 0:
        print("modbus: skipped: only root gives each plugin a user of its own")
        return 77
    if sys.argv[4:5] not in ([], ["all"], ["shipped"]):
        sys.exit("usage: modbus.py {tcp|rtu} BUILD BENCH [all|shipped]")
    s = Scenario(*sys.argv[1:5])
    try:
        s.run()
    except Wrong as w:
        print(f"{s.transport}: WRONG: {w}; look into {s.dir}")
        return 1
    finally:
        s.stop()
    shutil.rmtree(s.dir, ignore_errors=True)
    print(f"{s.transport}: good")
    return 0


if __name__ == "__main__":
    sys.exit(main())
