#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tree checker must find each violation that is planted here, and nothing in a tree without one.

Must never plant a violation in the real tree: everything happens in a temporary folder.
"""
import os
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_tree.py")
C = "/* SPDX-License-Identifier: Apache-2.0 */\n"
H = "# SPDX-License-Identifier: Apache-2.0\n"

CLEAN = {
    "core/base/arena.h": C,
    "core/base/clock.h": C,
    "core/bus/bus.h": C,
    "core/gate/gate.h": C,
    "core/journal/journal.h": C,
    "core/journal/journal.c": C + "#include <sqlite3.h>\n#include \"base/arena.h\"\n",
    "core/loop/loop.c": C + "#include <uv.h>\n#include \"bus/bus.h\"\n",
    "core/host/spawn.c": C + "#include <seccomp.h>\n#include <postern/plugin.h>\nint f(void) { return fork(); }\n",
    "core/gate/step.c": C + "#include \"gate/gate.h\"\n#include <string.h>\n/* strcpy( in a comment */\n"
                            "static const char *s = \"sprintf(\";\n",
    "plugins/sdk/postern/plugin.h": C,
    "plugins/lib/db/db.h": C,
    "plugins/one/one.h": C,
    "plugins/one/one.c": C + "#include \"one.h\"\n#include <postern/plugin.h>\n#include \"base/arena.h\"\n#include <uv.h>\n"
                             "#include \"db/db.h\"\n",
    "plugins/two/two.c": C,
    "hw/mrz/mrz.h": C,
    "hw/mrz/mrz.c": C + "#include \"mrz/mrz.h\"\nstatic const char *code = \"" + "X" * 3 + "\";\n",
    "tests/unit/a.c": C + "#include <assert.h>\nvoid g(void);\nvoid g(void) { assert(1); }\n",
    "meson.build": H,
}

# (path, text, line, rule): one violation each.
PLANTED = [
    ("core/gate/a.c", C + "#include <uv.h>\n", 2, "include"),
    ("core/gate/a.c", C + "#include <time.h>\n", 2, "include"),
    ("core/gate/a.c", C + "#include <unistd.h>\n", 2, "include"),
    ("core/verdict/a.c", C + "#include \"base/clock.h\"\n", 2, "include"),
    ("core/verdict/a.c", C + "#include <sys/socket.h>\n", 2, "include"),
    ("core/crossing/a.c", C + "\n#include \"journal/journal.h\"\n", 3, "include"),
    ("core/bus/a.c", C + "#include <uv.h>\n", 2, "include"),
    ("core/bus/a.c", C + "#include \"gate/gate.h\"\n", 2, "include"),
    ("core/loop/a.c", C + "#include <sqlite3.h>\n", 2, "include"),
    ("core/loop/a.c", C + "#include <seccomp.h>\n", 2, "include"),
    ("core/loop/a.c", C + "#include \"mrz/mrz.h\"\n", 2, "include"),
    ("core/loop/a.c", C + "#include <postern/plugin.h>\n", 2, "include"),
    ("core/host/a.c", C + "#include \"../../plugins/one/one.h\"\n", 2, "include"),
    ("core/main.c", C + "#include \"../hw/mrz/mrz.h\"\n", 2, "include"),
    ("plugins/two/a.c", C + "#include \"../one/one.h\"\n", 2, "include"),
    ("plugins/two/a.c", C + "#include \"bus/bus.h\"\n", 2, "include"),
    ("hw/mrz/a.c", C + "#include <fcntl.h>\n", 2, "include"),
    ("hw/mrz/a.c", C + "#include \"bus/bus.h\"\n", 2, "include"),
    ("hw/mrz/a.c", C + "#include \"../../plugins/one/one.h\"\n", 2, "include"),
    ("core/bus/a.c", C + "int f(void) { return fork(); }\n", 2, "process"),
    ("core/loop/a.c", C + "int f(void) { return execve(0, 0, 0); }\n", 2, "process"),
    ("plugins/one/a.c", C + "int f(void) { return fork(); }\n", 2, "process"),
] + [
    ("plugins/one/a.c", C + f"void f(char *p) {{ {name}(p); }}\n", 2, "function")
    for name in ("strcpy", "sprintf", "system", "popen", "gets", "atoi", "alloca", "strtok", "assert")
] + [
    ("tests/unit/b.c", C + "void f(char *p) { gets(p); }\n", 2, "function"),
    ("core/bus/a.c", "int a;\n", 1, "licence"),
    ("core/bus/meson.build", "x = 1\n", 1, "licence"),
    ("tools/a.py", "x = 1\n", 1, "licence"),
    ("core/bus/a.c", C + "int a;\n" * 1000, 1001, "size"),
    ("core/bus/a.c", C + "int a;", 2, "shape"),
    ("core/bus/a.c", C + "int a;\r\n", 1, "shape"),
    ("core/bus/a.bin", "\0\1", 1, "shape"),
    ("core/bus/a.c", C + "/* TO" + "DO: later */\n", 2, "word"),
    ("docs/a.md", "<!-- SPDX-License-Identifier: Apache-2.0 -->\nFIX" + "ME\n", 2, "word"),
    ("core/bus/a.c", C + "/* X" + "XX */\n", 2, "word"),
    ("docs/a.md", "<!-- SPDX-License-Identifier: Apache-2.0 -->\nsee /wo" + "rk/notes\n", 2, "path"),
    ("docs/a.md", "<!-- SPDX-License-Identifier: Apache-2.0 -->\nsee /tmp" + "/h/me\n", 2, "path"),
    ("docs/a.md", "<!-- SPDX-License-Identifier: Apache-2.0 -->\nhttps://pypi" + ".org/x\n", 2, "host"),
]


def run(tree):
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as f:
                f.write(text.encode())
        r = subprocess.run([sys.executable, CHECK, root], stdout=subprocess.PIPE, text=True, check=False)
        return r.returncode, [x for x in r.stdout.splitlines() if not x.startswith("note:")][:-1]


def main():
    failed = 0
    code, lines = run(CLEAN)
    if code != 0 or lines:
        print("a clean tree is not clean:", lines)
        failed += 1
    for path, text, line, rule in PLANTED:
        code, lines = run({**CLEAN, path: text})
        want = f"{path}:{line}: {rule}: "
        if code != 1 or len(lines) != 1 or not lines[0].startswith(want):
            print(f"planted {want!r}, found {lines}")
            failed += 1
    if run({})[0] == 0:
        print("an empty tree passes")
        failed += 1
    print(f"{len(PLANTED)} planted, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
