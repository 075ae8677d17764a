#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold docs/integrators/console.md to the console's own table of paths and to the codes in its source.

Usage: check_api.py ROOT   prints what differs; exit 1 when anything does. Must never keep a list of its own."""
import glob
import os
import re
import sys

PAGE, TABLE = "docs/integrators/console.md", "plugins/console/api.def"
WHO = {"STRANGER": "anybody", "ANYBODY": "who is logged in"}


def routes(text):
    """(method, path) -> (who, fields) of the table."""
    found = {}
    for m in re.finditer(r'^ROUTE\((\w+), "([^"]+)", (\w+), \w+,\s*"([^"]*)"\)$', text, re.M):
        who = WHO.get(m.group(3)) or m.group(3).removeprefix("ACT_").lower().replace("_", "-")
        found[m.group(1, 2)] = (who, m.group(4).split())
    return found


def told_routes(page):
    found = {}
    for m in re.finditer(r"^\| (GET|POST) \| `([^`]+)` \| ([^|]+) \| ([^|]*)\|", page, re.M):
        found[m.group(1, 2)] = (m.group(3).strip(), re.findall(r"`(\w+)`", m.group(4)))
    return found


def codes(sources):
    """Codes that an answer may have: of calls that answer, of the constants that such a call is given."""
    found = set()
    for text in sources:
        for call in re.finditer(r"\b(?:answer_code|words_end)\(([^;]*);", text):
            found |= set(re.findall(r'"([a-z]+\.[a-z_]+)"', call.group(1)))
        found |= set(re.findall(r'(?:\b(?:code|refusal) = |return )"((?:duty|second|login|decision|console)\.[a-z_]+)"', text))
        found |= set(re.findall(r'\\"code\\":\\"([a-z.]+)\\"', text))
        found |= set(re.findall(r'\? "(duty\.[a-z_]+)"', text))
    return found


def differences(table, page, sources):
    out, is_so, told = [], routes(table), told_routes(page)
    if len(is_so) != len(re.findall(r"^ROUTE\(", table, re.M)):
        out.append("a row of the table cannot be read")
    for key in sorted(is_so.keys() | told.keys()):
        a, b = is_so.get(key), told.get(key)
        if a is None or b is None:
            out.append(f"{' '.join(key)}: {'not in the table' if a is None else 'not in the page'}")
        elif a[1] != b[1] or (a[0] != b[0] and key != ("POST", "/api/order")):  # whose an order is depends on its kind
            out.append(f"{' '.join(key)}: the table says {a}, the page {b}")
    answered = codes(sources)
    told_codes = set(re.findall(r"^\| \d{3} \| `([^`]+)` \|", page, re.M))
    out += [f"code {c}: not in the page" for c in sorted(answered - told_codes)]
    out += [f"code {c}: nobody answers it" for c in sorted(told_codes - answered)]
    return out


def main():
    root = sys.argv[1]

    def read(path):
        with open(os.path.join(root, path), encoding="utf-8") as f:
            return f.read()
    sources = [read(os.path.relpath(p, root)) for p in sorted(glob.glob(os.path.join(root, "plugins/console/*.c")))]
    wrong = differences(read(TABLE), read(PAGE), sources)
    print("\n".join(f"{PAGE}: {w}" for w in wrong) or f"{PAGE}: as the table")
    return 1 if wrong or len(sources) < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
