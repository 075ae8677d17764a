#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A new bus message must not build until permission.c says who may send it.

Usage: test_new_message.py ROOT SCHEMA_BUILD_FOLDER COMPILER...
Compiles permission.c against the schema as it is, which must succeed, and against a copy with one more message,
which must fail in both switches. Must never write outside a temporary folder.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def compile_with(schema, root, cc):
    return subprocess.run(cc + ["-std=gnu11", "-fsyntax-only", "-Wall", "-Wswitch-enum", "-Werror", "-I", schema,
                                "-I", os.path.join(root, "core"), os.path.join(root, "core/bus/permission.c")],
                          stderr=subprocess.PIPE, text=True, check=False, env=dict(os.environ, LC_ALL="C"))


def main():
    root, built, cc = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as schema:
        for name in os.listdir(built):
            if name.endswith(".pb-c.h"):
                shutil.copy(os.path.join(built, name), schema)
        control = compile_with(schema, root, cc)
        if control.returncode != 0:
            print("the schema as it is does not compile:", control.stderr)
            return 1
        path = os.path.join(schema, "bus.pb-c.h")
        text = open(path, encoding="utf-8").read()
        changed, count = re.subn(r"(POSTERN__ENVELOPE__BODY__NOT_SET = 0,)", r"\1\n  POSTERN__ENVELOPE__BODY_NOVEL = 9999,",
                                 text, count=1)
        if count != 1:
            print("the schema's header has another form")
            return 1
        with open(path, "w", encoding="utf-8") as f:
            f.write(changed)
        r = compile_with(schema, root, cc)
        told = len(re.findall(r"error: enumeration value .?POSTERN__ENVELOPE__BODY_NOVEL.?", r.stderr))
        if r.returncode == 0 or told != 2:
            print(f"a new message was told {told} times, expected in 2 switches:\n{r.stderr}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
