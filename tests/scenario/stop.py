#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end of a whole daemon while travellers cross, three times, seen from outside: by when the kernel says that each child has ended.

    stop.py BUILD HOSTILE.so

First one plugin never comes to its end when it is told to: cores end first, then the plugins that obey, and that one is killed
after its grace. Then a core is stopped (SIGSTOP) and hears nothing: it is killed, and the plugins end after it. Then a plugin is
stopped, the gate's. Each time the daemon ends with 0 and nobody of its session is left; each journal's chain verifies, no exit was
released without a record, and what was in hand is ended by the next core, once.
Nobody's speed is judged: only who comes after whom, and that a grace is given. Must never end a process that this run did not
start. Exit status 77: not possible here, and why."""
import argparse
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402

CORES_END_S, PLUGINS_END_S = 3.0, 1.0  # core/loop/supervisor_run.h: CORES_END_MS, PLUGINS_END_MS
DEAF = ("lane-1", "uplink")  # the one that never ends; nobody's passage depends on it
SCENARIO = ("seed: 5\ntravellers: 400\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\nmix:\n  - {kind: citizen, weight: 1}\n")
TOLD = "hostile.told_to_end"
VERDICT, OUTCOME = 1, 2  # postern.RecordKind


class Stop(demo.Demo):
    def __init__(self, args):
        super().__init__(args)
        self.bad, self.followers = [], {}
        path = os.path.join(self.dir, "citizens.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        os.environ["POSTERN_SCENARIO"], os.environ["POSTERN_CHIPS"] = path, "0"

    def wrong(self, text):
        self.bad.append(text)
        self.say("    WRONG: " + text)

    def start(self, argv, **kw):
        return super().start(argv, start_new_session=True, **kw)

    def change(self, path):
        """The one that never ends in the uplink's place, with the uplink's name, grants and kind."""
        folder = os.path.join(self.dir, "hostile")
        os.makedirs(folder)
        with open(os.path.join(self.build, "plugins/uplink/uplink.plugin"), encoding="utf-8") as f:
            manifest = re.sub(r"(?m)^name: .*", "name: hostile", f.read())
        manifest = re.sub(r"(?ms)^options:.*?(?=^\S|\Z)", "", manifest)
        names = ("attempt", "phase", "die_at")
        manifest += "options:\n" + "".join(f'  - {{name: {n}, type: string, default: "", about: of the test}}\n' for n in names)
        with open(os.path.join(folder, "hostile.plugin"), "w", encoding="utf-8") as f:
            f.write(manifest)
        shutil.copy(self.args.hostile, os.path.join(folder, "hostile.so"))
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = text.replace("plugin_folders: [", f"plugin_folders: [{folder}, ")
        text, changed = re.subn(r"plugin: uplink\n((?:        .*\n)*?)        options: .*\n",
                                r'plugin: hostile\n\1        options: {attempt: "never-ends"}\n', text, count=1)
        if changed != 1:
            raise RuntimeError("the configuration has no uplink")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def start_again(self):
        self.log.close()
        self.log = open(os.path.join(self.dir, "posternd-again.log"), "w", encoding="utf-8")
        self.begun = time.monotonic()
        self.daemon = self.start([os.path.join(self.build, "core/posternd"), "--config", self.config], stderr=self.log, stdout=self.log)

    def text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as f:
            return f.read()

    def alive(self):
        """The newest process of each child, by (unit, child), from the daemon's log."""
        found = {}
        for line in self.text().split("\n"):
            if " supervisor: child.started " in line:
                fields = dict(re.findall(r"(\w+)=(\S+)", line))
                found[(fields["unit"], fields["child"])] = int(fields["pid"])
        return found

    def of_session(self, session):
        left = []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            if name.isdigit() and int(fields[3]) == session and fields[0] != "Z":
                left.append(int(name))
        return left

    def traffic(self, more):
        wanted, end = self.done_travellers() + more, time.monotonic() + 60
        while self.done_travellers() < wanted and time.monotonic() < end:
            time.sleep(0.02)
        if self.done_travellers() < wanted:
            self.wrong(f"{self.done_travellers()} travellers have crossed, expected {wanted}")

    def ends(self, before=lambda children: None):
        """SIGTERM, and who ended when: seconds by (unit, child), as the kernel tells it."""
        children = self.alive()
        fds = {os.pidfd_open(pid): who for who, pid in children.items()}
        poll, when = select.poll(), {}
        for fd in fds:
            poll.register(fd, select.POLLIN)
        before(children)
        session, begun = self.daemon.pid, time.monotonic()
        self.daemon.send_signal(signal.SIGTERM)
        while len(when) < len(fds) and time.monotonic() < begun + 30:
            for fd, _ in poll.poll(100):
                when[fds[fd]] = time.monotonic() - begun
                poll.unregister(fd)
        for fd in fds:
            os.close(fd)
        for who in set(children) - set(when):
            self.wrong(f"{who} did not end")
        try:
            status = self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            status = "nothing: it does not end"
        if status != 0:
            self.wrong(f"the daemon ended with {status}")
        left = self.of_session(session)
        if left:
            self.wrong(f"left behind: {left}")
        self.say("    " + ", ".join(f"{u}/{c} {t:.2f} s" for (u, c), t in sorted(when.items(), key=lambda i: i[1])))
        return when

    def cores_first(self, when):
        cores = [t for (_, child), t in when.items() if child == "core"]
        plugins = [t for (_, child), t in when.items() if child != "core"]
        if len(cores) != 3 or len(plugins) < 7 or max(cores) > min(plugins):
            self.wrong("a plugin ended before every core had")
        return max(cores, default=0)

    def journals(self):
        """Of all crossings so far one at most, the last, has no end: a core ends what the one before it left."""
        crossings = is_open = 0
        for unit in ("lane-1", "post-1"):
            path = os.path.join(self.dir, f"state/{unit}/journal.db")
            if subprocess.run([self.postern, "journal", "verify", path], stdout=subprocess.DEVNULL, check=False).returncode != 0:
                self.wrong(f"the chain of {unit} does not verify")
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            rows = db.execute("SELECT crossing_id, sum(kind = ?), sum(kind = ?) FROM journal WHERE crossing_id <> '' GROUP BY 1",
                              (VERDICT, OUTCOME)).fetchall()
            db.close()
            crossings += len(rows)
            for crossing, verdicts, outcomes in rows:
                is_open += outcomes == 0
                if verdicts > 1 or outcomes > 1:
                    self.wrong(f"{crossing}: {verdicts} verdicts, {outcomes} outcomes")
        self.say(f"    {crossings} crossings in the journals, {is_open} without an end")
        if is_open > 1 or not crossings:
            self.wrong(f"{crossings} crossings, {is_open} without an end")
        local, _ = self.count()
        released, bare = self.released_without_record(local)
        if bare or not released:
            self.wrong(f"{released} exits released, {bare} of them without a record")

    def run(self):
        try:
            self.set_up()
            self.wait_ready()
            self.traffic(5)
            self.say("one plugin never ends")
            when = self.ends()
            last_core = self.cores_first(when)
            others = [t for who, t in when.items() if who != DEAF]
            deaf = when.get(DEAF, 0)
            if TOLD not in self.text():
                self.wrong("the plugin that does not end was not told to")
            if max(others) > deaf or deaf - last_core < 0.9 * PLUGINS_END_S:
                self.wrong(f"the plugin that does not end was given {deaf - last_core:.2f} s, and others ended after it")
            self.journals()

            self.start_again()
            self.wait_ready()
            self.traffic(3)
            self.say("a core that is stopped")
            when = self.ends(lambda children: os.kill(children[("lane-1", "core")], signal.SIGSTOP))
            last_core = self.cores_first(when)
            if last_core < 0.9 * CORES_END_S:
                self.wrong(f"a core that is stopped was given {last_core:.2f} s")
            self.start_again()  # its core ends what that one left open
            self.wait_ready()
            self.ends(lambda children: os.kill(children[("lane-1", "gate")], signal.SIGSTOP))
            self.journals()
        finally:
            self.finish()
            self.log.close()
        self.say("the end is in order" if not self.bad else f"see {self.dir}")
        if not self.bad:
            shutil.rmtree(self.dir, ignore_errors=True)
        return 1 if self.bad else 0


def main():
    if os.geteuid() != 0:
        print("skipped: a daemon with users of its own needs root")
        return 77
    args = argparse.Namespace(build=sys.argv[1], hostile=sys.argv[2], once=True, keep=True, travellers=400, lanes=1, seconds=60,
                              port=None, no_faults=True, store="")
    return Stop(args).run()


if __name__ == "__main__":
    sys.exit(main())
