#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every attempt by every shipped plugin, under the daemon as it is shipped.

    hostile.py BUILD INFECTED-FOLDER CONTROL LOAD [PLUGIN...]

The daemon is posternd with a configuration of the production profile (sim-lane: of the demonstration, since production refuses
it), the manifests are the shipped ones, the objects are the shipped plugins with hostile code linked in. Each attempt is
made while the object is being loaded, in init() and in start(), each time by a process of its own; the supervisor's own
log says how it ended. The same object outside the sandbox must succeed with every attempt, else nothing was shown.

Must never end a process that it did not start. Exit status 77: not possible here, and why."""
import concurrent.futures
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import infect

PLUGINS = ["reader-serial", "check-document", "watchlist", "rules-lua", "sim-lane", "uplink", "registry",
           "reader-pcsc", "post-link", "display", "console", "gate-modbus", "gate-modbus-tcp", "match-face", "camera-v4l2"]
REFUSED, SUCCEEDED = 98, 99  # attempts.h
PER_UNIT = 32
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]


def attempts(control):
    out = []
    for line in subprocess.run([control], capture_output=True, text=True, check=True).stdout.splitlines():
        name, wide, optional, sockets, syscalls = line.split()
        out.append({"name": name, "wide": wide == "1", "optional": optional == "1", "sockets": int(sockets),
                    "syscalls": int(syscalls)})
    return out


def landlock_abi():
    return LIBC.syscall(444, None, 0, 1)


class Range:
    """What the attempts aim at: all of it open to everybody, so that only the sandbox stands between."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="postern-hostile-")
        os.chmod(self.dir, 0o755)
        for name in ("secret", "scratch"):
            path = os.path.join(self.dir, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write("secret\n")
            os.chmod(path, 0o666)
        for name in ("open", "read"):
            os.mkdir(os.path.join(self.dir, name))
            os.chmod(os.path.join(self.dir, name), 0o777)
        self.abstract = f"postern-hostile-{os.getpid()}"
        self.sockets = []
        for address in (os.path.join(self.dir, "socket"), "\0" + self.abstract):
            s = socket.socket(socket.AF_UNIX)
            s.bind(address)
            s.listen(1000)
            self.sockets.append(s)
        os.chmod(os.path.join(self.dir, "socket"), 0o777)
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self.port = self.tcp.getsockname()[1]
        self.stray = os.open(os.path.join(self.dir, "secret"), os.O_RDONLY)
        self.master, self.slave = os.openpty()

    def arguments(self):
        d = self.dir
        return [f"secret={d}/secret", f"scratch={d}/scratch", f"open_folder={d}/open", f"read_folder={d}/read",
                f"unix={d}/socket", f"abstract={self.abstract}", f"port={self.port}",
                f"secret_inode={os.stat(d + '/secret').st_ino}"]

    def tidy(self):
        subprocess.run(["umount", "-l", self.dir + "/open"], stderr=subprocess.DEVNULL, check=False)
        for folder in ("open", "read"):
            for name in ("made", "link", "null"):
                try:
                    os.unlink(os.path.join(self.dir, folder, name))
                except OSError:
                    pass


class Run:
    """One plugin's daemon."""

    def __init__(self, args, target, plugin, tries, index):
        self.uid = infect.first_uid(index)
        self.build, self.infected, self.range, self.plugin = args["build"], args["infected"], target, plugin
        self.dir = os.path.join(target.dir, plugin)
        for name in ("", "state", "run", "plugins"):
            os.mkdir(os.path.join(self.dir, name))
            os.chmod(os.path.join(self.dir, name), 0o755)
        infect.plugin_folder(self.build, os.path.join(self.dir, "plugins"), [plugin])
        self.manifest = infect.manifest(os.path.join(self.dir, "plugins", plugin + ".plugin"))
        self.abi = landlock_abi()
        self.jobs, self.left_out = [], []
        for a in tries:
            self.plan(a)
        self.units = (len(self.jobs) + PER_UNIT - 1) // PER_UNIT

    def plan(self, a):
        m, name = self.manifest, a["name"]
        inet = m["sockets"] & 3
        if (name == "connect-tcp" and self.abi < 4 and inet) or (name == "bind-tcp" and self.abi < 4 and m["sockets"] & 2) or (
                name == "connect-abstract" and self.abi < 6 and inet and m["sockets"] & 4):
            self.left_out.append(f"{name}: Landlock ABI {self.abi} does not cover it")
            return
        # A server may listen on its own port; the attempt is on another one, which Landlock refuses.
        lawful = bool(a["sockets"] & m["sockets"] & ~2) or bool(a["syscalls"] & m["syscalls"])
        self.jobs.append((name, "start", lawful, False))
        if a["wide"]:
            self.jobs.append((name, "load", False, False))
        if name == "connect-tcp" and m["sockets"] & 1:
            # the port that it was granted: the refusal above was of the port, then
            self.jobs.append((name, "start", True, True))

    def instance(self, at, granted_port):
        m, out = self.manifest, [f"instance: a{at}", f"plugin: {self.plugin}", "memory_mib: 40"]
        words = [w for w, bit in infect.SOCKETS.items() if m["sockets"] & bit]
        if words:
            out.append(f"sockets: [{', '.join(words)}]")
        if m["sockets"] & 1:
            out.append(f"connect_ports: [{self.range.port if granted_port else 1}]")
        if m["sockets"] & 2:
            out.append("bind_ports: [1]")
        if m["folders"]:
            out.append("folders: {" + ", ".join(f"{f}: {self.range.dir}/read" for f in m["folders"]) + "}")
        if m["devices"]:
            out.append(f"devices: {{{m['devices'][0]}: line-{at}}}")  # no plugin needs a second, and one device serves one name
        if self.plugin == "uplink":
            out.append('options: {url: "https://127.0.0.1:1"}')
        if self.plugin == "console":
            out.append('options: {name: "post-1"}')
        if self.plugin == "post-link":
            out.append('options: {host: "127.0.0.1"}')
        if self.plugin in ("gate-modbus", "gate-modbus-tcp"):
            out.append("options: {controller: generic-io.yaml}")
        return "      - {" + ", ".join(out) + "}\n"

    def configure(self):
        profile = "demo" if self.manifest["simulated"] else "production"
        text = (f"schema: 1\nprofile: {profile}\ntenant: UTO\nstate_folder: {self.dir}/state\nrun_folder: {self.dir}/run\n"
                f"plugin_folders: [{self.dir}/plugins]\nuser: {{first_uid: {self.uid}}}\n")
        if self.manifest["devices"]:
            text += "devices:\n" + "".join(f"  - {{name: line-{i}, path: {os.ttyname(self.range.slave)}}}\n"
                                           for i in range(len(self.jobs)))
        text += "units:\n"
        for u in range(self.units):
            text += f"  - name: u{u}\n    role: central\n    plugins:\n"
            for k, job in enumerate(self.jobs[u * PER_UNIT:(u + 1) * PER_UNIT]):
                text += self.instance(u * PER_UNIT + k, job[3])
        path = os.path.join(self.dir, "postern.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path

    def core(self, unit):
        """Its pid, and the number of a page of its memory."""
        pid = self.daemon.starts(f"u{unit}", "core")[-1]
        with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
            return pid, int(f.readline().split("-")[0], 16) >> 12

    def aims(self, unit):
        """Arguments that are of one core's surroundings."""
        return [f"control={self.dir}/run/u{unit}.control", f"journal={self.dir}/state/u{unit}/journal.db",
                f"other_state={self.dir}/state/u{unit}.a{unit * PER_UNIT + (0 if unit else 1)}"]

    def table(self):
        lines = self.range.arguments() + ["await=yes", "memory_mib=40"]
        for i, (name, phase, _, _) in enumerate(self.jobs):
            u, k = divmod(i, PER_UNIT)
            me = infect.uid(self.uid, u, k)
            lines += [f"uid {me} {name} {phase} 0 1"] + [f"{me}.{a}" for a in self.aims(u)]
        return lines

    def release(self, at, cores):
        """Tells a waiting process its victim; one that does not wait yet is passed over."""
        u = at // PER_UNIT
        pids = self.daemon.starts(f"u{u}", f"a{at}")
        if not pids or self.verdict(at):
            return
        try:
            with open(f"/proc/{pids[-1]}/comm", encoding="utf-8") as f:
                waits = f.read().strip() == "awaiting"
        except OSError:
            return
        if waits:
            LIBC.sigqueue(pids[-1], signal.SIGUSR1, ctypes.c_void_p(cores[u][0] | cores[u][1] << 22))

    def verdict(self, at):
        for sig, status in self.daemon.ends(f"u{at // PER_UNIT}", f"a{at}"):
            if sig == signal.SIGSYS:
                return "killed"
            if status in (REFUSED, SUCCEEDED):
                return "refused" if status == REFUSED else "succeeded"
        return None

    def start(self):
        infect.infect(os.path.join(self.infected, self.plugin + ".so"), os.path.join(self.dir, "plugins", self.plugin + ".so"),
                      self.table())
        self.daemon = infect.Daemon(self.build, self.configure(), pass_fds=[self.range.stray])
        if not infect.wait_for(lambda: all(os.path.exists(f"{self.dir}/run/u{u}.control") for u in range(self.units)), 40):
            raise RuntimeError("the cores do not come up:\n" + "\n".join(self.daemon.log("core")))

    def go(self):
        cores = [self.core(u) for u in range(self.units)]

        def all_done():
            for i in range(len(self.jobs)):
                self.release(i, cores)
            return all(self.verdict(i) for i in range(len(self.jobs)))
        infect.wait_for(all_done, 60, 0.1)
        score = {"killed": 0, "refused": 0, "lawful": 0, "wrong": 0}
        for i, (name, phase, lawful, _) in enumerate(self.jobs):
            got = self.verdict(i)
            if not lawful and got in ("killed", "refused"):
                score[got] += 1
            elif lawful and got == "succeeded":
                score["lawful"] += 1
            else:
                score["wrong"] += 1
                ends = self.daemon.ends(f"u{i // PER_UNIT}", f"a{i}")
                print(f"{self.plugin}: {name} at {phase}: {got or 'nothing shown'}, lawful: {lawful}, ended {ends[:6]}")
        for u in range(self.units):
            if len(self.daemon.starts(f"u{u}", "core")) != 1:
                score["wrong"] += 1
                print(f"{self.plugin}: the core of u{u} did not live through it, ended {self.daemon.ends(f'u{u}', 'core')[:3]}")
                print("\n".join(line for line in self.daemon.log(f"unit=u{u}", "core") if "child=core" in line)[-1500:])
        for why in self.left_out:
            print(f"{self.plugin}: left out: {why}")
        print(f"{self.plugin:15s} kind {self.manifest['kind']:14s} profile {'demo' if self.manifest['simulated'] else 'production':10s} "
              + ", ".join(f"{k} {v}" for k, v in score.items()), flush=True)
        return score["wrong"]

    def stop(self):
        code = self.daemon.stop()
        if code != 0:
            print(f"{self.plugin}: posternd ended with {code}")
        return code != 0


def control_run(run, load, tries):
    """The same object, the same code, outside: against the core of the running daemon. Names that succeed."""
    good, bad = [], 0
    pid, page = run.core(0)
    here = run.range.arguments() + run.aims(0) + [f"target={pid}", f"address={page << 12}", "memory_mib=40"]
    target = os.path.join(run.range.dir, "control.so")
    for a in tries:
        infect.infect(os.path.join(run.infected, run.plugin + ".so"), target, [f"uid 0 {a['name']} load 0 1"] + here)
        code = subprocess.run([load, target], pass_fds=[run.range.stray], stderr=subprocess.DEVNULL, check=False).returncode
        run.range.tidy()
        if code == SUCCEEDED:
            good.append(a)
        elif a["optional"]:
            print(f"control: {a['name']} does not succeed outside the sandbox: this kernel lacks it, left out")
        else:
            print(f"control: {a['name']} does not succeed outside the sandbox ({code})")
            bad += 1
    print(f"control: {len(good)} of {len(tries)} attempts succeed outside the sandbox", flush=True)
    return good, bad


def main():
    if os.geteuid() != 0:
        print("skipped: the control runs need root")
        return 77
    if landlock_abi() <= 0:
        print("skipped: this kernel has no Landlock, which a production profile needs")
        return 77
    args = {"build": os.path.realpath(sys.argv[1]), "infected": sys.argv[2]}
    control, load, wanted = sys.argv[3], sys.argv[4], sys.argv[5:] or PLUGINS
    target, bad, runs = Range(), 0, []
    try:
        first = Run(args, target, wanted[0], attempts(control), 0)
        runs.append(first)
        first.start()
        tries, bad = control_run(first, load, attempts(control))
        first.jobs = [j for j in first.jobs if j[0] in {a["name"] for a in tries}]
        first.stop()
        shutil.rmtree(first.dir)
        runs = [Run(args, target, plugin, tries, i) for i, plugin in enumerate(wanted)]

        def one(run):
            run.start()
            try:
                return run.go()
            finally:
                # What it tried it goes on trying: a hundred processes that the others would have to live beside.
                run.ended = run.stop()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            bad += sum(pool.map(one, runs))
        total = sum(len(r.jobs) for r in runs)
        print(f"{total} attempts: {len(tries)} of them, by {len(runs)} plugins, while being loaded and in start()")
    finally:
        for r in runs:
            if hasattr(r, "daemon"):
                bad += r.ended if hasattr(r, "ended") else r.stop()
        target.tidy()
    if bad == 0:
        shutil.rmtree(target.dir)
    return 0 if bad == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
