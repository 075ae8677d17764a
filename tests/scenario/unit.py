#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What etc/ installs for systemd, udev and nftables is what those understand, and does not fight the sandbox.

    unit.py PART BUILD SOURCE UNDER_FILTER    PART: verify, rules, run

verify: systemd-analyze finds nothing wrong in the unit, and its exposure stays below a figure. rules: every udev rule speaks of keys
that udev(7) has, and nft understands the sample. run: the daemon starts, all steps of the sandbox hold, and the
kernel tells how good its clock is, with the unit's capabilities, system calls and read-only root. Each also shows that it would find a fault.
Must never install or start a service. Exit status 77: not possible here, and why."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

EXPOSURE = 40  # systemd-analyze security, in tenths; a root service without hardening has 96
UDEV_MATCH = {"ACTION", "SUBSYSTEM", "KERNEL", "DRIVERS", "ENV", "ATTR", "ATTRS", "SUBSYSTEMS", "KERNELS"}
UDEV_SET = {"OWNER", "GROUP", "MODE", "SYMLINK", "ENV", "TAG", "ATTR"}

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import watchdog  # noqa: E402


def run(*argv, **kw):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, **kw)


class Unit:
    def __init__(self, build):
        with open(os.path.join(build, "etc/posternd.service"), encoding="utf-8") as f:
            self.text = f.read()
        self.program = re.search(r"^ExecStart=(\S+)", self.text, re.M).group(1)

    def values(self, key):
        return re.findall(r"^%s=(.*)$" % key, self.text, re.M)

    def system_calls(self):
        """What SystemCallFilter= leaves, in the order of its lines, groups taken apart by systemd itself; ProtectClock= takes all
        that could set the clock, and with it what asks how good it is (systemd.exec(5))."""
        left = set()
        for line in self.values("SystemCallFilter"):
            names = self.expand(line.removeprefix("~").split())
            left = left - names if line.startswith("~") else left | names
        return sorted(left - self.expand(["@clock"]) if "yes" in self.values("ProtectClock") else left)

    def expand(self, words):
        names = set()
        for w in words:
            if not w.startswith("@"):
                names.add(w)
                continue
            r = run("systemd-analyze", "syscall-filter", w)
            if r.returncode != 0:
                raise watchdog.Wrong(f"systemd knows no {w}")
            names |= self.expand(re.findall(r"^ +(@?[\w-]+)$", r.stdout, re.M))
        return names


def verify(unit, build):
    def said(text, *argv):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "posternd.service")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            r = run("systemd-analyze", *argv, path)
            return r.returncode, (r.stderr + r.stdout).strip()
    runnable = unit.text.replace(unit.program, os.path.join(build, "core/posternd"))
    status, text = said(runnable, "verify", "--man=no")
    if status != 0 or text:
        raise watchdog.Wrong(f"systemd-analyze verify: {status}, {text}")
    if not said(runnable.replace("WatchdogSec=", "WatchdogSecs="), "verify", "--man=no")[1]:
        raise watchdog.Wrong("systemd-analyze verify finds nothing in a unit with an unknown key")
    judge = ("security", "--offline=true", f"--threshold={EXPOSURE}")
    status, text = said(unit.text, *judge)
    print(text.split("\n")[-1])
    if status != 0:
        raise watchdog.Wrong(f"the unit's exposure is over {EXPOSURE} tenths")
    if said(re.sub(r"^(NoNewPrivileges|CapabilityBoundingSet)=.*$", "", unit.text, flags=re.M), *judge)[0] == 0:
        raise watchdog.Wrong("a unit without NoNewPrivileges= and CapabilityBoundingSet= passes as well")


def udev_faults(text):
    faults = []
    for number, line in enumerate(text.split("\n"), 1):
        for part in re.findall(r'[^,"]+"[^"]*"|[^,"\s]+', line if not line.startswith("#") else ""):
            m = re.fullmatch(r'\s*([A-Z]+)(\{\w+\})?(==|!=|\+=|=)"([^"]*)"', part)
            if m is None or m.group(1) not in (UDEV_MATCH if m.group(3) in ("==", "!=") else UDEV_SET):
                faults.append(f"{number}: {part.strip()}")
    return faults


def rules(source):
    with open(os.path.join(source, "etc/udev/60-postern.rules"), encoding="utf-8") as f:
        text = f.read()
    if udev_faults(text):
        raise watchdog.Wrong("60-postern.rules: " + "; ".join(udev_faults(text)))
    if not udev_faults(text.replace("SYMLINK+=", "SIMLINK+=", 1)) or not udev_faults(text.replace('MODE="0600"', "MODE=0600", 1)):
        raise watchdog.Wrong("the check of udev rules finds no fault")
    if shutil.which("nft", path="/usr/sbin:/sbin:" + os.environ["PATH"]) is None:
        print("skipped: there is no nft to read the sample with")
        return 77
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sample = os.path.join(source, "etc/nftables/postern.nft")
    r = run("unshare", "-n", "nft", "-c", "-f", sample)
    if r.returncode != 0:
        raise watchdog.Wrong(f"nft does not understand the sample: {r.stderr}")
    with open(sample, encoding="utf-8") as f:
        if run("unshare", "-n", "nft", "-c", "-f", "-", input=f.read().replace("skuid", "skuit")).returncode == 0:
            raise watchdog.Wrong("nft finds nothing in a sample with an unknown word")
    return 0


# A core of the production profile admits nobody unless the kernel says that its clock is synchronised: adjtimex(2) with modes 0.
ASK_CLOCK = """import ctypes, sys
c = ctypes.CDLL(None, use_errno=True)
sys.exit(1 if c.adjtimex(ctypes.create_string_buffer(512)) < 0 else 0)
"""


def clock_under(under_filter, calls):
    """May it be asked?"""
    return run(under_filter, *calls, "--", sys.executable, "-c", ASK_CLOCK).returncode == 0


def clock(unit, under_filter, calls, caps):
    asks = unit.expand(["@clock"]) - {"clock_settime", "clock_settime64", "settimeofday"}
    if not clock_under(under_filter, calls):
        raise watchdog.Wrong("the unit forbids to ask whether the clock is synchronised: no gate in production would serve")
    if clock_under(under_filter, [c for c in calls if c not in asks]):
        raise watchdog.Wrong("without adjtimex the clock can be asked as well")
    if {"clock_settime", "settimeofday"} & set(calls) or "CAP_SYS_TIME" in caps:
        raise watchdog.Wrong("under the unit the clock can be set")


def start_under(unit, build, under_filter, calls, caps):
    """The daemon as the service would be, for as long as it takes its plugin to be there; its log."""
    class Service(watchdog.Daemon):
        def command(self, argv):
            powers = "-all," + ",".join("+" + c.removeprefix("CAP_").lower() for c in caps)
            script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && exec "$@"'
            return ["unshare", "-m", "--propagation", "slave", "sh", "-c", script, self.dir, "setpriv", "--no-new-privs",
                    f"--bounding-set={powers}", under_filter, *calls, "--", *argv]
    d = Service(build)
    try:
        end = time.monotonic() + 15
        while "plugin.ready" not in d.text and d.process.poll() is None and time.monotonic() < end and \
                "sandbox.step_failed" not in d.text:
            time.sleep(0.05)
        return d.text
    finally:
        d.end()
        shutil.rmtree(d.dir, ignore_errors=True)


def run_under(unit, build, under_filter):
    calls = unit.system_calls()
    caps = unit.values("CapabilityBoundingSet")[0].split()
    if len(calls) < 200 or "execve" not in calls or "reboot" in calls:
        raise watchdog.Wrong(f"the unit's system calls are not understood: {len(calls)}")
    clock(unit, under_filter, calls, caps)
    log = start_under(unit, build, under_filter, calls, caps)
    if "plugin.ready" not in log or "sandbox.narrow off=nothing" not in log or "supervisor" not in log:
        raise watchdog.Wrong(f"the unit keeps the daemon from its work:\n{log[-3000:]}")
    for what, log in (("CAP_SYS_ADMIN", start_under(unit, build, under_filter, calls, [c for c in caps if c != "CAP_SYS_ADMIN"])),
                      ("landlock", start_under(unit, build, under_filter, [c for c in calls if "landlock" not in c], caps))):
        if "plugin.ready" in log and "sandbox.narrow off=nothing" in log:
            raise watchdog.Wrong(f"without {what} it works as well")


def main():
    part, build, source, under_filter = sys.argv[1], os.path.realpath(sys.argv[2]), os.path.realpath(sys.argv[3]), sys.argv[4]
    if part != "rules" and shutil.which("systemd-analyze") is None:
        print("skipped: there is no systemd-analyze")
        return 77
    if part != "verify" and os.geteuid() != 0:
        print("skipped: root alone has namespaces and powers to try it with")
        return 77
    try:
        if part == "rules":
            return rules(source)
        unit = Unit(build)
        return verify(unit, build) or 0 if part == "verify" else run_under(unit, build, under_filter) or 0
    except watchdog.Wrong as e:
        print(e)
        return 1


if __name__ == "__main__":
    sys.exit(main())
