# SPDX-License-Identifier: Apache-2.0
"""Infected plugins for the tests of this folder: writes the table of who does what into a copy of an object, and
runs a daemon over it. Must never end a process that it did not start."""
import os
import re
import shutil
import subprocess
import threading
import time

MARK = b"POSTERN-INFECTION-TABLE\n"
TABLE = 65536
PER_UNIT = 33  # users of a unit: docs/man/postern.yaml.5, "user"
SOCKETS = {"inet-client": 1, "inet-server": 2, "unix-client": 4}
SYSCALLS = {"base": 1, "files": 2, "net": 4, "threads": 8, "blobs": 16}


def first_uid(index):
    """Daemons share no user: the limit on processes is one of a user's."""
    return 1000000 + os.getpid() % 100000 * 20000 + index * 2000


def uid(first, unit, plugin):
    return first + PER_UNIT * unit + 1 + plugin


def infect(source, target, lines):
    """target appears whole or not at all, so that a daemon may start it at any moment."""
    with open(source, "rb") as f:
        data = bytearray(f.read())
    at = data.find(MARK)
    table = MARK + "".join(line + "\n" for line in lines).encode()
    if at < 0 or data.find(MARK, at + 1) >= 0 or len(table) >= TABLE:
        raise ValueError(f"{source}: no place for the table")
    data[at:at + len(table)] = table
    with open(target + ".new", "wb") as f:
        f.write(data)
    os.chmod(target + ".new", 0o755)
    os.rename(target + ".new", target)


def manifest(path):
    """What the shipped manifest asks for: sockets and sets as bits, names of devices and folders."""
    with open(path, encoding="utf-8") as f:
        text = f.read()

    def words(key, known):
        found = re.search(rf"(?m)^{key}: (.*)$", text)
        return sum(bit for word, bit in known.items() if found and re.search(rf"\b{word}\b", found.group(1)))

    def names(key):
        found = re.search(rf"(?ms)^{key}:(.*?)(?=^\S|\Z)", text)
        return re.findall(r"\{name: ([\w-]+)", found.group(1)) if found else []
    return {"sockets": words("sockets", SOCKETS), "syscalls": words("syscalls", SYSCALLS), "devices": names("devices"),
            "folders": names("folders"), "simulated": "simulated: true" in text,
            "kind": re.search(r"(?m)^kind: (\S+)", text).group(1)}


class Daemon:
    """posternd over a configuration; its log as it comes, by (unit, child)."""

    def __init__(self, build, config, **kw):
        self.process = subprocess.Popen([os.path.join(build, "core/posternd"), "--config", config], text=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **kw)
        self.lines, self.started, self.ended, self.lock = [], {}, {}, threading.Lock()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.lock:
                self.lines.append(line.rstrip("\n"))
                if " supervisor: child." not in line:
                    continue
                fields = dict(re.findall(r"(\w+)=(\S+)", line))
                key = (fields.get("unit"), fields.get("child"))
                if "child.started" in line:
                    self.started.setdefault(key, []).append(int(fields["pid"]))
                elif "child.ended" in line:
                    self.ended.setdefault(key, []).append((int(fields["signal"]), int(fields["status"])))

    def starts(self, unit, child):
        with self.lock:
            return list(self.started.get((unit, child), []))

    def ends(self, unit, child):
        with self.lock:
            return list(self.ended.get((unit, child), []))

    def log(self, *words):
        with self.lock:
            return [line for line in self.lines if all(w in line for w in words)]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(5)
        return self.process.returncode


def wait_for(what, seconds, every=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(every)
    return bool(what())


def plugin_folder(build, folder, names):
    """The shipped manifests, and no object beside them yet."""
    for name in names:
        shutil.copy(os.path.join(build, "plugins", name, name + ".plugin"), folder)
