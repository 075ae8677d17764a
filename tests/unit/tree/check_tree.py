#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold the source tree to its folder rules: who may include what, file sizes, licence lines, banned functions and words.

Usage: check_tree.py ROOT   prints "path:line: rule: what" for each violation; exit 1 when there is one.
Must never be given a list of exceptions: a rule that does not hold is changed in the design, then here.
"""
import os
import re
import sys

SOURCE = (".c", ".h", ".def", ".inc")
TEXT = SOURCE + (".py", ".sh", ".lua", ".proto", ".ts", ".js", ".css", ".html", ".md", ".yaml", ".yml", ".build", ".txt",
                 ".service", ".conf", ".sql", ".plugin", ".pml", ".rules", ".hex", ".json", ".svg", ".in", ".1", ".5", ".8", ".7")
NAMED = ("meson.build", "meson_options.txt", ".editorconfig", ".clang-format", ".gitignore", "demo", "check")
SKIP_FOLDERS = {".git", "node_modules", "__pycache__"}
SIZE_SOFT, SIZE_HARD = 600, 1000

# Folders of core whose logic is pure: time and events reach them as arguments.
PURE = ("core/crossing/", "core/verdict/", "core/gate/", "core/kiosk/")
PURE_BANNED = re.compile(r"^(unistd|fcntl|poll|time|pthread|threads|stdio|signal|errno)\.h$|^(sys|linux|openssl)/"
                         r"|^base/(clock|log)\.h$")
PROCESS_CALLS = re.compile(r"\b(fork|vfork|clone|clone3|execve|execv|execvp|execl|execlp|execle|fexecve|execveat|posix_spawn|posix_spawnp|"
                           r"prctl|seccomp_\w+|landlock_\w+|unshare|setns|setuid|setresuid|setresgid|setgroups|ptrace)\s*\(")
PROCESS_HEADERS = re.compile(r"^(seccomp\.h|linux/(landlock|seccomp|filter)\.h|sys/prctl\.h|spawn\.h|dlfcn\.h)$")
BANNED_CALLS = ("strcpy", "strcat", "sprintf", "vsprintf", "system", "popen", "gets", "atoi", "atol", "atof", "alloca", "strtok",
                "tmpnam", "mktemp", "rand", "srand")
# A test's own buffers and commands are fixed, and run under the sanitizers.
TEST_CALLS = ("strcpy", "strcat", "sprintf", "popen", "system", "rand", "srand")
# Tests of the checker plant these; they are written apart so that the checker does not find them in itself.
WORDS = ("TO" + "DO", "FIX" + "ME", "HA" + "CK:", "place" + "holder")
CODE_XXX = re.compile(r"(?<![A-Za-z0-9_<-])X{3}(?![A-Za-z0-9_<])")
# The ICAO code of Doc 9303-3 section 5 (unspecified nationality) is data, and stands in quotes or in an MRZ.
QUOTED_XXX = re.compile(r"[\"'`]X{3}[\"'`]")
OUTSIDE = re.compile(r"(?<![\w.$})-])/(work|tmp/h)/")
HOSTS = re.compile("|".join(h.replace(".", r"\.") for h in (
    "proxy.golang" + ".org", "registry.npmjs" + ".org", "pypi" + ".org", "files.pythonhosted" + ".org", "crates" + ".io",
    "deb.debian" + ".org/pool", "repo.maven" + ".org", "hub.docker" + ".com")))

ABI = "plugins/sdk/postern/plugin.h"

# What core's folders may include of one another besides schema/ and base/ and their own.
CORE_MAY = {
    "schema": set(),
    "base": set(),
    "config": set(),
    "bus": set(),
    "verdict": set(),
    "gate": set(),
    "kiosk": set(),
    "crossing": {"verdict", "gate", "bus", "kiosk"},  # bus: its message types and its pure query table
    "journal": {"crossing", "config"},
    "outbox": {"journal", "bus"},
    "host": {"bus", "config"},
    "control": {"crossing", "bus", "config"},
}
CORE_ALL = set(CORE_MAY) | {"loop"}


def files(root):
    for folder, folders, names in os.walk(root):
        rel = os.path.relpath(folder, root)
        # Build folders hold generated files; each names itself.
        folders[:] = sorted(f for f in folders if f not in SKIP_FOLDERS and
                            not os.path.exists(os.path.join(folder, f, "meson-private")) and
                            not os.path.exists(os.path.join(folder, f, "CACHEDIR.TAG")))
        for name in sorted(names):
            yield os.path.normpath(os.path.join(rel, name)).replace(os.sep, "/")


def is_text(path):
    base = os.path.basename(path)
    return base.endswith(TEXT) or base in NAMED


def strip_comments(text):
    """C text with comments and strings blanked, line numbers kept."""
    out, i, n = [], 0, len(text)
    while i < n:
        c = text[i]
        if text.startswith("/*", i):
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
            out.append("".join("\n" if ch == "\n" else " " for ch in text[i:end]))
            i = end
        elif text.startswith("//", i):
            end = text.find("\n", i)
            i = n if end < 0 else end
        elif c in "\"'":
            j = i + 1
            while j < n and text[j] != c and text[j] != "\n":
                j += 2 if text[j] == "\\" else 1
            out.append(c + " " * max(0, min(j, n) - i - 1) + (c if j < n and text[j] == c else ""))
            i = j + 1 if j < n and text[j] == c else j
        else:
            out.append(c)
            i += 1
    return "".join(out)


def includes(text):
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r"\s*#\s*include\s*[<\"]([^>\"]+)[>\"]", line)
        if m:
            yield number, m.group(1)


def resolve(path, inc, known):
    """The tree's file that this include names, or None for a system or generated header."""
    for base in (os.path.dirname(path), "core", "hw", "", "plugins/sdk", "plugins/lib"):
        candidate = os.path.normpath(os.path.join(base, inc)).replace(os.sep, "/")
        if candidate in known:
            return candidate
    return None


def plugin_of(path):
    return "/".join(path.split("/")[:2])


def check_includes(path, text, known, tell):
    parts = path.split("/")
    top, second = parts[0], parts[1] if len(parts) > 2 else ""
    for line, inc in includes(text):
        target = resolve(path, inc, known)
        t = target.split("/") if target else []
        if top == "core":
            # The plugin ABI is the one header that both sides of it share.
            if target and t[0] in ("plugins", "hw", "tests", "tools") and not (second == "host" and target == ABI):
                tell(line, "include", f"core includes {target}")
            if inc == "uv.h" and second != "loop":
                tell(line, "include", "only core/loop includes uv.h")
            if inc == "sqlite3.h" and second != "journal":
                tell(line, "include", "only core/journal includes sqlite3.h")
            if PROCESS_HEADERS.match(inc) and second != "host":
                tell(line, "include", f"only core/host sandboxes or loads code ({inc})")
            if path.startswith(PURE) and PURE_BANNED.match(inc):
                tell(line, "include", f"a pure folder includes {inc}")
            if second in CORE_MAY and target and t[0] == "core" and len(t) > 2:
                if t[1] not in CORE_MAY[second] | {"schema", "base", second}:
                    tell(line, "include", f"core/{second} includes core/{t[1]}")
        elif top == "plugins":
            if target and t[0] == "core" and not (len(t) > 2 and t[1] in ("base", "schema")):
                tell(line, "include", f"a plugin includes {target}")
            if target and t[0] in ("tests", "tools"):
                tell(line, "include", f"a plugin includes {target}")
            if target and t[0] == "plugins" and plugin_of(target) not in (plugin_of(path), "plugins/sdk", "plugins/lib"):
                tell(line, "include", f"a plugin includes another plugin, {target}")
        elif top == "hw":
            if target and (t[0] in ("plugins", "tests", "tools") or (t[0] == "core" and not (len(t) > 2 and t[1] in ("base", "schema")))):
                tell(line, "include", f"hw includes {target}")
            if second in ("mrz", "emrtd", "lane") and re.match(r"^(uv|sqlite3|unistd|fcntl|time)\.h$|^sys/|^winscard\.h$|^base/clock\.h$", inc):
                tell(line, "include", f"hw/{second} is pure and includes {inc}")


def check_calls(path, text, tell):
    code = strip_comments(text)
    test = path.startswith("tests/")
    banned = re.compile(r"(?<![\w.>])(" + "|".join(BANNED_CALLS) + r")\s*\(")
    for number, line in enumerate(code.split("\n"), 1):
        m = banned.search(line)
        if m and not (test and m.group(1) in TEST_CALLS):
            tell(number, "function", f"{m.group(1)}() is banned")
        if not test and re.search(r"(?<![\w.>])assert\s*\(", line):
            tell(number, "function", "plain assert() is banned outside tests")
        if path.startswith("core/") and not path.startswith("core/host/"):
            m = PROCESS_CALLS.search(line)
            if m:
                tell(number, "process", f"only core/host forks, execs or sandboxes ({m.group(1)})")
        if path.startswith("plugins/"):
            m = re.search(r"(?<![\w.>])(fork|vfork|execve|execv|execvp|execl|posix_spawn)\s*\(", line)
            if m:
                tell(number, "process", f"a plugin starts no process ({m.group(1)})")


def check_words(path, text, tell):
    for number, line in enumerate(text.split("\n"), 1):
        for w in WORDS:
            if w in line:
                tell(number, "word", f"{w} is not a state to leave a tree in")
        if CODE_XXX.search(QUOTED_XXX.sub("", line)) and path.endswith(SOURCE + (".py", ".sh", ".lua", ".proto", ".ts", ".js")):
            tell(number, "word", "X" * 3 + " outside quotes is not an ICAO code")
        if OUTSIDE.search(line):
            tell(number, "path", "a path outside the tree")
        if HOSTS.search(line):
            tell(number, "host", "a registry's host")


def check_shape(path, text, tell):
    lines = text.split("\n")
    head = "\n".join(lines[:3])
    if "SPDX-License-Identifier: Apache-2.0" not in head:
        tell(1, "licence", "no SPDX-License-Identifier: Apache-2.0 in the first lines")
    count = len(lines) - (1 if lines[-1] == "" else 0)
    if path.endswith(SOURCE + (".py", ".lua", ".ts", ".js", ".sh")):
        if count > SIZE_HARD:
            tell(count, "size", f"{count} lines, at most {SIZE_HARD}")
        elif count > SIZE_SOFT:
            print(f"note: {path} has {count} lines, over {SIZE_SOFT}")
    if "\r" in text:
        tell(1, "shape", "carriage returns")
    if text and not text.endswith("\n"):
        tell(count, "shape", "no newline at the end of the file")


def check(root):
    known = set(files(root))
    found = []
    seen = 0
    for path in sorted(known):
        try:
            raw = open(os.path.join(root, path), "rb").read()
        except OSError as e:
            found.append(f"{path}:1: shape: cannot be read: {e.strerror}")
            continue
        if not is_text(path):
            if b"\0" in raw and not path.startswith("docs/"):
                found.append(f"{path}:1: shape: a binary file")
            continue
        seen += 1
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            found.append(f"{path}:1: shape: not UTF-8")
            continue

        def tell(line, rule, what, path=path):
            found.append(f"{path}:{line}: {rule}: {what}")

        # Licence lines cannot stand in data whose bytes are the test, nor in JSON.
        if not path.endswith((".txt", ".json", ".hex", ".svg")) and "/corpus/" not in path:
            check_shape(path, text, tell)
        check_words(path, text, tell)
        if path.endswith(SOURCE):
            check_includes(path, text, known, tell)
            check_calls(path, text, tell)
    return found, seen


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_tree.py ROOT")
    found, seen = check(sys.argv[1])
    for f in found:
        print(f)
    print(f"{seen} files, {len(found)} violations")
    if seen == 0:
        sys.exit("no files: wrong folder")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
