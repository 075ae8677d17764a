#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run what the documentation tells people to type: the first plugin is built outside the tree and put into a lane, and the
example configurations are checked. Usage: run_examples.py SOURCE BUILD

Must never change the source tree or the build folder, nor run another text than the page's.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```", re.S | re.M)


def blocks(path):
    with open(path, encoding="utf-8") as f:
        return [m.groups() for m in BLOCK.finditer(f.read())]


def first_plugin(source, build, work):
    """The page's commands in its order; the build that is already there stands in for the two that make it."""
    script = ["set -eu\n"]
    for name, language, body in blocks(os.path.join(source, "docs/integrators/first-plugin.md")):
        if name and language in ("c", "yaml"):
            script.append(f"cat > {name} <<'END_OF_BLOCK'\n{body}END_OF_BLOCK\n")
        elif language == "sh":
            script.append(body.replace("meson setup build\nninja -C build\n", ""))
    text = "".join(script)
    for command in ("meson install", "make -C digit", "posternd --config lane/postern.yaml --check"):
        if command not in text:
            sys.exit(f"first-plugin.md: no longer says {command}")
    top = os.path.join(work, "tree")
    os.makedirs(os.path.join(top, "plugins"))
    for part in ("etc", "hw/lanes", "rules", "plugins/template"):
        shutil.copytree(os.path.join(source, part), os.path.join(top, part))
    os.symlink(build, os.path.join(top, "build"))
    env = {k: v for k, v in os.environ.items() if k not in ("CFLAGS", "LDFLAGS", "DESTDIR", "MAKEFLAGS", "CC")}
    r = subprocess.run(["bash", "-c", text], cwd=top, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       timeout=150)
    if r.returncode != 0 or "nothing wrong" not in r.stdout:
        sys.exit(f"first-plugin.md does not run:\n{r.stdout[-3000:]}")
    # The page says that another value is refused with its line.
    config = os.path.join(top, "lane/postern.yaml")
    with open(config, encoding="utf-8") as f:
        wrong = f.read().replace("digit: 3", "digit: 30")
    with open(config, "w", encoding="utf-8") as f:
        f.write(wrong)
    r = subprocess.run(["build/core/posternd", "--config", config, "--check"], cwd=top, capture_output=True, text=True, timeout=20)
    if r.returncode == 0 or "digit" not in r.stderr:
        sys.exit(f"first-plugin.md: a digit of 30 is not refused: {r.stderr}")


def configurations(source, build, work):
    seen = 0
    root = os.path.join(work, "etc-postern")
    for folder in ("registry", "lane-1", "lists", "packs", "csca", "trust/officers"):
        os.makedirs(os.path.join(root, folder))
    for name, language, body in blocks(os.path.join(source, "docs/integrators/configuration.md")):
        if language != "yaml":
            continue
        seen += 1
        path = os.path.join(work, f"postern-{seen}.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(body.replace("/etc/postern", root).replace("/usr/lib/postern", os.path.join(build, "plugins")))
        os.chmod(path, 0o644)
        r = subprocess.run([os.path.join(build, "core/posternd"), "--config", path, "--check"], capture_output=True, text=True,
                           timeout=20)
        if r.returncode != 0:
            sys.exit(f"configuration.md: example {seen} is refused:\n{r.stderr}")
    if seen < 2:
        sys.exit("configuration.md: no examples found")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: run_examples.py SOURCE BUILD")
    source, build = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="postern-docs-") as work:
        os.chmod(work, 0o755)
        configurations(source, build, work)
        first_plugin(source, build, work)


if __name__ == "__main__":
    main()
