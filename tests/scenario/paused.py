#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A machine that stands still for a while (a host that takes its processors away, a burst of starts) and goes on: whoever watches
over others has not heard of them, because it did not listen. Nobody may be killed for it.

    paused.py BUILD

The supervisor is stopped for longer than a core may be silent, then a core for longer than a plugin may; what they find waiting
when they go on must count. Must never stop a process that this run did not start. Exit status 77: not possible here, and why."""
import argparse
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402

SUPERVISOR_S, CORE_S = 6.5, 1.8  # core/loop/supervisor_run.h: CORE_SILENT_MS; stale_after_ms of postern.yaml(5)


def main():
    if os.geteuid() != 0:
        print("skipped: a daemon with users of its own needs root")
        return 77
    os.environ["POSTERN_CHIPS"] = "0"
    d = demo.Demo(argparse.Namespace(build=sys.argv[1], once=True, keep=True, travellers=0, lanes=1,
                                     port=None, seconds=60, no_faults=True, store=""))
    bad = []
    d.followers = {}
    try:
        d.set_up()
        d.wait_ready()

        def alive():
            found = {f'{u["unit"]}/{p["instance"]}': p["pid"] for u in d.status().values() for p in u["plugins"]}
            return dict(found, **{f"{u}/core": d.core_pid(u) for u in ("lane-1", "post-1", "centre")})

        def pause(what, pid, seconds, before):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
            time.sleep(3)
            after = alive()
            for name, was in before.items():
                if after.get(name) != was:
                    bad.append(f"{what} stood still for {seconds} s: {name} was {was}, is {after.get(name)}")
            return after
        before = alive()
        if len(before) < 9 or not all(before.values()):
            bad.append(f"not everybody is there: {before}")
        before = pause("the supervisor", d.daemon.pid, SUPERVISOR_S, before)
        pause("the core of lane-1", before["lane-1/core"], CORE_S, before)
    finally:
        d.finish()
        d.log.close()
    print("\n".join(bad) or "everybody lives on")
    if not bad:
        demo.shutil.rmtree(d.dir, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
