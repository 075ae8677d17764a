#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the service manager hears of a whole daemon, on a real datagram socket in its place (sd_notify(3)).

    watchdog.py BUILD

READY=1 comes after the start, WATCHDOG=1 for as long as the supervisor's loop turns, STOPPING=1 at the end. A supervisor that is
stopped says nothing, and none whose loop is stuck does: here in a write to a log that nobody reads. A core that hangs is killed
and started anew, and the words go on meanwhile. No child outlives the daemon.
Must never stop or kill a process that this run did not start."""
import fcntl
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

CORE_SILENT_S = 5.0  # core/loop/supervisor_run.h: CORE_SILENT_MS
WATCHDOG_S = 1.0

CONFIG = """# A post with one plugin, and nothing that it could talk to.
schema: 1
profile: demo
tenant: UTO
state_folder: {dir}/state
run_folder: {dir}/run
plugin_folders: [{build}/plugins]
clock: operator-asserted
log_level: info
devices:
  - {{name: line, pty: line, side: slave}}
  - {{name: line-far, pty: line, side: master}}
units:
  - name: post-1
    role: post
    crossing_point: UTO-01
    time_zone: UTC
    plugins:
      - {{instance: reader, plugin: reader-serial, devices: {{line: line}}}}
"""


class Wrong(Exception):
    pass


class Daemon:
    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix="postern-watchdog-")
        os.chmod(self.dir, 0o755)
        config = os.path.join(self.dir, "postern.yaml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(CONFIG.format(dir=self.dir, build=build))
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(os.path.join(self.dir, "notify"))
        self.log_end, log = os.pipe()
        self.text, self.reading = "", threading.Event()
        self.reading.set()
        env = dict(os.environ, NOTIFY_SOCKET=self.manager.getsockname(), WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)))
        env.pop("WATCHDOG_PID", None)
        self.process = subprocess.Popen(self.command([os.path.join(build, "core/posternd"), "--config", config]), env=env, stderr=log,
                                        stdout=subprocess.DEVNULL)
        self.write_end = log
        threading.Thread(target=self.read_log, daemon=True).start()

    def command(self, argv):
        """For tests that start it in surroundings of their own."""
        return argv

    def read_log(self):
        while True:
            self.reading.wait()
            if select.select([self.log_end], [], [], 0.05)[0] and self.reading.is_set():
                got = os.read(self.log_end, 65536)
                if not got:
                    return
                self.text += got.decode("utf-8", "replace")

    def pids(self, child):
        """Of all processes the unit has had under this name, oldest first."""
        return [int(line.split("pid=")[1].split()[0]) for line in self.text.split("\n")
                if "child.started" in line and f"child={child} " in line]

    def next_word(self, seconds):
        if not select.select([self.manager], [], [], seconds)[0]:
            return None
        return self.manager.recv(4096).decode()

    def words(self, seconds):
        """Everything heard in so long."""
        end, heard = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            word = self.next_word(left)
            if word is not None:
                heard.append(word)
        return heard

    def expect(self, word, seconds, why):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.next_word(left) == word:
                return
        raise Wrong(f"{why}: no {word} within {seconds} s")

    def expect_none(self, seconds, why):
        self.words(0.05)  # what was said before
        heard = self.words(seconds)
        if heard:
            raise Wrong(f"{why}: it still said {heard}")

    def end(self):
        self.reading.set()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def started(d):
    word = d.next_word(20)
    if word != "STATUS=cores 1/1, plugins 1/1":
        raise Wrong(f"first it said {word}")
    word = d.next_word(5)
    if word != "READY=1":
        raise Wrong(f"then it said {word}, not READY=1")
    if "child.started" not in d.text or not d.pids("core"):
        time.sleep(0.3)
    if not d.pids("core"):
        raise Wrong("READY=1 came before a core was started")
    ticks = d.words(2.2).count("WATCHDOG=1")
    if ticks < 3:
        raise Wrong(f"{ticks} words for the watchdog in 2.2 s, where one is due every {WATCHDOG_S} s at the latest")


def stopped(d):
    os.kill(d.process.pid, signal.SIGSTOP)
    try:
        d.expect_none(2 * WATCHDOG_S, "a supervisor that is stopped")
    finally:
        os.kill(d.process.pid, signal.SIGCONT)
    d.expect("WATCHDOG=1", 5, "a supervisor that goes on")


def stuck(d):
    """Its log is full and a plugin ends: it stands in write(2) until somebody reads the log."""
    d.reading.clear()
    time.sleep(0.1)
    flags = fcntl.fcntl(d.write_end, fcntl.F_GETFL)
    other = os.open(f"/proc/self/fd/{d.write_end}", os.O_WRONLY | os.O_NONBLOCK)
    assert not flags & os.O_NONBLOCK
    for size in (4096, 1):
        try:
            while True:
                os.write(other, b"\n" * size)
        except BlockingIOError:
            pass
    os.close(other)
    d.expect("WATCHDOG=1", 5, "a supervisor whose log is full, and which has nothing to say")
    before = d.pids("reader")
    os.kill(before[-1], signal.SIGKILL)
    try:
        d.expect_none(2 * WATCHDOG_S, "a supervisor whose loop is stuck")
    finally:
        d.reading.set()
    d.expect("WATCHDOG=1", 5, "a supervisor whose loop turns again")
    end = time.monotonic() + 10
    while d.pids("reader") == before and time.monotonic() < end:
        time.sleep(0.05)
    if d.pids("reader") == before:
        raise Wrong("the plugin that was killed is not there again")


def core_hangs(d):
    before = d.pids("core")
    os.kill(before[-1], signal.SIGSTOP)
    end, heard = time.monotonic() + CORE_SILENT_S + 10, []
    while d.pids("core") == before and time.monotonic() < end:
        heard.append((time.monotonic(), d.next_word(0.2)))
    if d.pids("core") == before or "core.hung" not in d.text:
        raise Wrong("a core that hangs was left alone")
    ticks = sum(word == "WATCHDOG=1" for _, word in heard)
    if ticks < CORE_SILENT_S:
        raise Wrong(f"{ticks} words for the watchdog while a core hung for {CORE_SILENT_S} s: the whole machine would be started anew")


def ends(d):
    reader = d.pids("reader")[-1]
    d.process.terminate()
    d.expect("STOPPING=1", 5, "a supervisor that was told to end")
    if d.process.wait(10) != 0:
        raise Wrong(f"it ended with {d.process.returncode}")
    if d.words(1.0):
        raise Wrong("it spoke after its end")
    time.sleep(0.2)
    if os.path.exists(f"/proc/{reader}"):
        raise Wrong("a plugin outlived it")


def main():
    d = Daemon(os.path.realpath(sys.argv[1]))
    status = 0
    try:
        for step in (started, stopped, stuck, core_hangs, ends):
            step(d)
            print(f"{step.__name__}: as it should be", flush=True)
    except Wrong as e:
        print(f"{step.__name__}: {e}\n{d.text.strip()[-3000:]}")
        status = 1
    finally:
        d.end()
        shutil.rmtree(d.dir, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
