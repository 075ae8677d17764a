#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold docs/lane-faults.md to the tree: every row of the lane's table and every test named there exists, every state and every row of
the guest's bench stands there, and every line of its tables names a test or says that it is open.

Usage: check_faults.py ROOT COMPILER...   prints "docs/lane-faults.md:line: what" for each; exit 1 when there is one.
Must never take the page's word for what exists.
"""
import os
import re
import subprocess
import sys

PAGE = "docs/lane-faults.md"
BENCHES = {"hil": "TWO", "hil1": "ONE", "hilR": "SEG", "hilF": "FREE"}
SPAN = re.compile(r"`([^`\n]+)`")
ROW = re.compile(r"^[A-Z][A-Z_]+ [A-Z][A-Z_]+$")
# What the preprocessor makes of a table: one line "row STATE EVENT" for each.
ASK = """#define T(state, event, ...) row state event;
#define IGNORED(state, event) row state event;
#define CHOOSE(...)
#define GO(...)
#include "%s"
"""


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def tables(root):
    """Whatever core/gate makes a table of."""
    found = []
    for name in sorted(os.listdir(os.path.join(root, "core/gate"))):
        if name.endswith(".c"):
            found += re.findall(r'^#define TABLE_DEF "([^"]+)"', read(root, "core/gate/" + name), re.M)
    if len(found) < 2:
        sys.exit(f"check_faults: core/gate makes {len(found)} tables")
    return found


def table_rows(root, compiler):
    rows = set()
    for table in tables(root):
        text = subprocess.run([*compiler, "-E", "-P", "-x", "c", "-I", os.path.join(root, "core"), "-"], input=ASK % table,
                              capture_output=True, text=True, check=True, timeout=60).stdout
        found = re.findall(r"\brow (\w+) (\w+);", text)
        if len(found) < 100:
            sys.exit(f"check_faults: {table} has {len(found)} rows")
        rows.update(" ".join(r) for r in found)
    return rows


def walks(root, folder):
    names = set()
    for name in os.listdir(os.path.join(root, folder)):
        names.update(re.findall(r"^walk ([\w-]+)", read(root, f"{folder}/{name}"), re.M))
    return names


def bench_rows(root):
    """The guest's rows by the word under which the page names them: a row may be run in several lanes."""
    text = read(root, "tests/hil/rig/rows.c")
    found = re.findall(r'^\t\{"([^"]+)", WILL_.*?, ((?:TWO|ONE|SEG|FREE)[A-Z |]*), (?:NULL|"\w+")\},$', text, re.M)
    if len(found) != len(re.findall(r'^\t\{"[^"]+", WILL_', text, re.M)):
        sys.exit("check_faults: rows.c has rows that name no lanes")
    return {word: {name for name, lanes in found if lane in lanes.split(" | ")} for word, lane in BENCHES.items()}


def states(root):
    return set(re.findall(r"^X\((\w+),", read(root, "core/gate/states.def"), re.M))


def is_test(root, path, name):
    """A function of that name stands in the file, and something there, or in a module beside it that it imports, calls or registers it."""
    folder = os.path.dirname(path)
    try:
        text = read(root, "tests/" + path)
        beside = [f"tests/{folder}/{m}.py" for m in re.findall(r"^import (\w+)$", text, re.M)] if path.endswith(".py") else []
        uses = text + "".join(read(root, b) for b in beside if os.path.exists(os.path.join(root, b)))
    except OSError:
        return False
    word = re.escape(name)
    if path.endswith(".c"):
        defined = rf"^(?:static )?(?:void|int) {word}\("
    elif path.endswith(".py"):
        defined = rf"^ *def {word}\("
    else:
        defined = rf"^(?: *def {word}\(|{word}\(\) *\{{)"
    return re.search(defined, text, re.M) is not None and (name == "main" or len(re.findall(rf"\b{word}\b", uses)) > 1)


def check(root, compiler):
    rows, bench, all_states = table_rows(root, compiler), bench_rows(root), states(root)
    known = {"walk": walks(root, "tests/model/walks"), "walk1": walks(root, "tests/model/walks-one-step"),
             "walkR": walks(root, "tests/model/walks-segregated"), "walkF": walks(root, "tests/model/walks-free"), **bench}
    found, seen, told, tests = [], set(), set(), 0
    for number, line in enumerate(read(root, PAGE).split("\n"), 1):
        def tell(what, number=number):
            found.append(f"{PAGE}:{number}: {what}")

        spans, cells = SPAN.findall(line), [c.strip() for c in line.strip("|").split(" | ")]
        if len(cells) == 4 and SPAN.match(cells[0]):
            told.add(SPAN.match(cells[0]).group(1))
        if len(cells) == 4 and set(cells[0]) != {"-"} and cells[0] not in ("state", "fault") and "#" not in cells[3] and \
                "**open**" not in cells[3].lower():
            tell("names no test and is not said to be open")
        for span in spans:
            kind, _, name = span.partition("#")
            if ROW.match(span) and span != "STATE EVENT" and span not in rows:
                tell(f"no table has the row {span}")
            elif name and name != "NAME":
                tests += 1
                if kind in BENCHES:
                    seen.add(name)
                if name not in known[kind] if kind in known else not is_test(root, kind, name):
                    tell(f"there is no test {span}")
    found += [f"{PAGE}:1: the state {s} does not stand there" for s in sorted(all_states - told)]
    found += [f"{PAGE}:1: {s} is no state" for s in sorted(told - all_states)]
    found += [f"{PAGE}:1: the guest's row \"{r}\" does not stand there" for r in sorted(set().union(*bench.values()) - seen)]
    return found, tests


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: check_faults.py ROOT COMPILER...")
    found, tests = check(sys.argv[1], sys.argv[2:])
    for f in found:
        print(f)
    print(f"{tests} tests named, {len(found)} wrong")
    if tests == 0:
        sys.exit(f"{PAGE} names no test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
