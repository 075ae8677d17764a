#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let libFuzzer work on the fuzz targets of a build, one after the other, each for some seconds of processor time.

Usage: run.py BUILD SECONDS [NAME...]    NAME as in `meson test --list --suite fuzz`; without any, all of them
Corpora and findings are kept in BUILD/fuzz-work/NAME. Exit status 1 when there is a finding.
Must never take a target that was killed, or that did nothing, for one without a finding.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

# libFuzzer's timeout is wall time, and what runs at the lowest priority may wait long for a processor.
LIMITS = ("-timeout=300", "-rss_limit_mb=2048", "-print_final_stats=1")
CPU_TICKS = os.sysconf("SC_CLK_TCK")


def targets(build, wanted):
    said = subprocess.run(["meson", "introspect", "--tests", build], capture_output=True, text=True, check=True).stdout
    found = {}
    for test in json.loads(said):
        if any(s.split(":")[-1] == "fuzz" for s in test["suite"]):
            found[test["name"]] = (test["cmd"][0], [a for a in test["cmd"][1:] if not a.startswith("-")])
    missing = set(wanted) - set(found)
    if missing:
        sys.exit("no such fuzz target: " + ", ".join(sorted(missing)))
    return {n: found[n] for n in (wanted or sorted(found))}


def seed(folders, corpus):
    """Seeds of bytes stand as hexadecimal text in the tree."""
    os.makedirs(corpus, exist_ok=True)
    for folder in folders:
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                content = f.read()
            if name.endswith(".hex"):
                content = bytes.fromhex(re.sub(rb"#[^\n]*", b"", content).decode("ascii"))
            with open(os.path.join(corpus, name), "wb") as f:
                f.write(content)


def spent(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CPU_TICKS


def fuzz(program, work, seconds):
    """Runs until the processor time is used up. Returns executions and the names of findings."""
    log = os.path.join(work, "log")
    with open(log, "wb") as out:
        p = subprocess.Popen(["nice", "-n", "19", program, *LIMITS, f"-artifact_prefix={work}/", f"{work}/corpus"],
                             stdout=out, stderr=out)
        used = 0.0
        while p.poll() is None and used < seconds:
            time.sleep(1)
            try:
                used = spent(p.pid)
            except OSError:
                break
        if p.poll() is None:
            p.send_signal(signal.SIGINT)
        p.wait()
    with open(log, encoding="utf-8", errors="replace") as f:
        runs = re.findall(r"number_of_executed_units: (\d+)", f.read())
    found = sorted(n for n in os.listdir(work) if n.startswith(("crash-", "leak-", "timeout-", "oom-", "slow-unit-")))
    return int(runs[-1]) if runs else 0, used, found


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, seconds = sys.argv[1], float(sys.argv[2])
    status = 0
    for name, (program, folders) in targets(build, sys.argv[3:]).items():
        work = os.path.join(build, "fuzz-work", name)
        seed(folders, os.path.join(work, "corpus"))
        runs, used, found = fuzz(program, work, seconds)
        print(f"{name:<28} {runs:>12} executions in {used:.0f} s  {' '.join(found) if found else 'no finding'}", flush=True)
        if found or runs == 0:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
