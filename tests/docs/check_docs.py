#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold the documentation to the tree: links, commands, paths, options, exceptions, troubles, manual pages.

Usage: check_docs.py ROOT POSTERN   prints "path:line: what" for each; exit 1 when there is one. POSTERN is the built tool.
Must never pass over a page because it cannot be read, nor keep a list of things that may be wrong.
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

TOPS = ("core", "plugins", "hw", "rules", "etc", "tests", "tools", "docs", "images")
SOURCES = (".c", ".h", ".def", ".proto", ".py", ".build", ".lua", ".plugin", ".sh")
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"^(?:%s)/[\w./+-]+$" % "|".join(TOPS))
COMMAND = re.compile(r"(?<![\w./-])(?:[\w./]*/)?postern ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")


def walk(root, ends):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in (".git", "node_modules", "__pycache__") and
                            not os.path.exists(os.path.join(folder, f, "meson-private")))
        for n in sorted(names):
            if n.endswith(ends):
                yield os.path.relpath(os.path.join(folder, n), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def commands(tool):
    """Every command that `postern --help` names: "status", "journal verify" ..."""
    text = subprocess.run([tool, "--help"], capture_output=True, text=True, check=True, timeout=20).stdout
    names = re.findall(r"^  ([a-z][a-z-]*(?: [a-z][a-z-]*)?)  +\S", text, re.M)
    if len(names) < 2:
        sys.exit("check_docs: the tool's help names no commands")
    return names


def anchor(heading):
    """GitHub's form: lower case, blanks to hyphens, other marks gone."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w -]", "", text).replace(" ", "-")


def anchors(text):
    return {anchor(m.group(1)) for m in re.finditer(r"^#+ +(.+)$", text, re.M)}


def code_of(text):
    """Lines, each with the code in it: fenced lines whole, else the code spans."""
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        yield number, fenced, ([line] if fenced else SPAN.findall(line)), line


def check_links(root, path, text, tell):
    for number, fenced, _, line in code_of(text):
        if fenced:
            continue
        for target in LINK.findall(SPAN.sub("", line)):
            if re.match(r"^[a-z]+:", target):
                continue
            name, _, mark = target.partition("#")
            at = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(os.path.join(root, at)):
                tell(number, f"link to {target}, which is not there")
            elif mark and mark not in anchors(read(root, at)):
                tell(number, f"link to {target}: no such heading")


def check_commands(text, known, tell):
    groups = {k.split()[0] for k in known if " " in k}
    for number, fenced, spans, _ in code_of(text):
        for span in spans:
            if fenced and not re.match(r"^\s*(?:[$#] )?(?:[\w./]*/)?postern ", span):
                continue  # in a listing only its commands
            for m in COMMAND.finditer(span):
                words = m.group(1).split()
                named = " ".join(words) if words[0] in groups else words[0]
                if named not in known and not (named in groups and not fenced):
                    tell(number, f"postern {named}: no such command")


def check_paths(root, text, tell):
    for number, fenced, spans, _ in code_of(text):
        if fenced:
            continue
        for span in spans:
            if PATH.match(span) and not os.path.exists(os.path.join(root, span)):
                tell(number, f"{span} is not there")


def check_references(root, found):
    """Comments in the sources name pages: docs/x.md, docs/man/x.1."""
    for path in walk(root, SOURCES):
        if path.startswith("tests/docs/") or path.startswith("tests/unit/tree/"):
            continue
        for number, line in enumerate(read(root, path).split("\n"), 1):
            for m in re.finditer(r"\bdocs/[\w./-]*\.(?:md|svg)\b", line):
                if not os.path.exists(os.path.join(root, m.group(0))):
                    found.append(f"{path}:{number}: {m.group(0)} is not there")


def said(root, page, what, words, found):
    """Every one of words stands in the page, in code."""
    text = read(root, page)
    spans = {w for _, _, s, _ in code_of(text) for x in s for w in re.split(r"[\s,]+", x)}
    for w in sorted(words):
        if w not in spans:
            found.append(f"{page}:1: {what} {w} is not explained")


def enum(root, path, name, prefix):
    body = re.search(r"enum %s \{(.*?)\n\}" % name, read(root, path), re.S).group(1)
    return [w for w in re.findall(r"^\s*%s(\w+) = " % prefix, body, re.M) if w not in ("UNSPECIFIED", "NONE")]


def bodies(root):
    """Names of the messages of the bus: "hello", "check_document" ..."""
    names = re.findall(r"^    \w+ (\w+) = \d+ \[\(verb\)", read(root, "core/schema/bus.proto"), re.M)
    if len(names) < 2:
        sys.exit("check_docs: the bus schema names no messages")
    return set(names)


def troubles(root):
    """Catalogue keys of every trouble that core and plugins tell."""
    keys = set()
    for path in list(walk(os.path.join(root, "core"), (".c",))):
        text = read(os.path.join(root, "core"), path)
        keys |= set(re.findall(r'control_trouble\(\w+, "([a-z_.]+)"', text))
    for path in list(walk(os.path.join(root, "plugins"), (".c",))):
        text = read(os.path.join(root, "plugins"), path)
        keys |= set(re.findall(r'->trouble\([^;"]*"([a-z_.]+)"', text))
        if re.search(r"->trouble\([^;]*\btrouble\b", text):  # told through a function of its own
            keys |= set(re.findall(r'"((?:%s)\.[a-z_]+)"' % os.path.basename(os.path.dirname(path)),
                                   "".join(re.findall(r"tell\([^;]*;", text))))
    keys |= set(re.findall(r'return "(outbox\.[a-z_]+)"', read(root, "core/outbox/outbox.c"))) - {"outbox.unknown"}
    return keys


def check_manual(root, found):
    """Programs, keys of the configuration, installation. What tests/unit/cli holds is not held again here."""
    pages = {p: read(root, "docs/man/" + p) for p in walk(os.path.join(root, "docs/man"), tuple(".%d" % n for n in range(1, 9)))}
    installed, programs = read(root, "docs/man/meson.build"), {}
    for path in walk(root, ("meson.build",)):
        if path.startswith("tests/"):
            continue
        for name, args in re.findall(r"executable\('([\w-]+)'(.*?)\n(?=\S|$)", read(root, path), re.S):
            programs[name] = "install: true" in args
            if f"{name}.1" not in pages and f"{name}.8" not in pages:
                found.append(f"{path}:1: the program {name} has no manual page")
    for name in pages:
        if programs.get(name[:-2], True) != (f"'{name}'" in installed):
            found.append(f"docs/man/meson.build:1: {name} is installed without its program, or its program without it")
    keys = set(re.findall(r'"([a-z_]+)",\s*(?:MAY|MUST|CYAML_FLAG_\w+)', read(root, "core/config/config.c")))
    if len(keys) < 10:
        found.append("core/config/config.c:1: its keys are not found")
    for k in sorted(keys):
        if not re.search(r"\bCm %s\b" % k, pages["postern.yaml.5"]) and not re.search(r"\bCm \w+ , %s\b" % k, pages["postern.yaml.5"]):
            found.append(f"docs/man/postern.yaml.5:1: key {k} is not described")


def check(root, tool):
    found, pages = [], 0
    known = commands(tool)
    for path in walk(root, (".md",)):
        pages += 1
        text = read(root, path)

        def tell(line, what, path=path):
            found.append(f"{path}:{line}: {what}")

        check_links(root, path, text, tell)
        check_commands(text, known, tell)
        check_paths(root, text, tell)
    for path in walk(os.path.join(root, "docs"), (".svg",)):
        try:
            xml.etree.ElementTree.parse(os.path.join(root, "docs", path))
        except xml.etree.ElementTree.ParseError as e:
            found.append(f"docs/{path}:1: not well-formed: {e}")
    check_references(root, found)
    guide = "docs/officers/guide.md"
    said(root, guide, "the exception", {w.lower().replace("_", "-") for w in
                                        enum(root, "core/schema/types.proto", "ExceptionClass", "EXCEPTION_")}, found)
    said(root, guide, "the trouble", troubles(root), found)
    said(root, "docs/integrators/plugin.md", "the message", bodies(root), found)
    check_manual(root, found)
    return found, pages


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: check_docs.py ROOT POSTERN")
    found, pages = check(os.path.realpath(sys.argv[1]), sys.argv[2])
    print("\n".join(found))
    print(f"{pages} pages, {len(found)} wrong")
    return 1 if found or pages == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
