#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The files that the tests of some suites need, one a line, as ninja names them:

    tests/needed.py BUILD SUITE...

What a test runs, is given as an argument or depends on, as meson knows it. With sanitizers a whole build takes long, and a
quarter of it serves tests that do not run there. Must never leave out what a test opens by its path alone: such a
test says so with `depends` in its meson.build."""
import json
import os
import subprocess
import sys


def told(build, what):
    return json.loads(subprocess.run(["meson", "introspect", build, what], check=True, capture_output=True, text=True).stdout)


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    build, suites = os.path.realpath(sys.argv[1]), set(sys.argv[2:])
    targets = told(build, "--targets")
    by_id = {t["id"]: t["filename"] for t in targets}
    by_file = {os.path.realpath(f): [f] for t in targets for f in t["filename"]}
    needed = set()
    for test in told(build, "--tests"):
        if suites.isdisjoint(s.split(":")[-1] for s in test["suite"]):
            continue
        for names in [by_id[d] for d in test["depends"]] + [by_file.get(os.path.realpath(c), []) for c in test["cmd"]]:
            needed.update(os.path.relpath(f, build) for f in names)
    print("\n".join(sorted(needed)))
    return 0 if needed else 1


if __name__ == "__main__":
    sys.exit(main())
