# SPDX-License-Identifier: Apache-2.0
"""What the command-line tool's tests share: running it. Must never repair its output."""
import json
import os
import subprocess
import sys

TOOL, CORE_DOUBLE, MAKE_JOURNAL = sys.argv[1:4]
del sys.argv[1:4]
SOURCE = os.environ.get("SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))


def tool(*args, stdin=None, env=None, timeout=30):
    return subprocess.run([TOOL, *args], capture_output=True, text=True, input=stdin, timeout=timeout,
                          env={**os.environ, **(env or {})})


def parsed(result):
    """Strict JSON: no NaN, no duplicate names."""
    def no_duplicates(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ValueError(f"a name twice: {names}")
        return dict(pairs)
    def refuse(constant):
        raise ValueError(constant)
    return json.loads(result.stdout, object_pairs_hook=no_duplicates, parse_constant=refuse)
