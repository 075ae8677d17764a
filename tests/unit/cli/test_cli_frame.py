#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tool's frame: help everywhere, exit statuses, completion and manual in step with the table of commands."""
import glob
import os
import re
import subprocess
import unittest

from tool import SOURCE, TOOL, tool


def commands():
    listed = {}
    for line in tool("--list-commands").stdout.splitlines():
        name, options = line.split(":")
        listed[name] = options.split(",")
    return listed


class Help(unittest.TestCase):
    def test_every_command_has_help(self):
        self.assertGreater(len(commands()), 15)
        for name, options in commands().items():
            got = tool(*name.split(), "--help")
            self.assertEqual(got.returncode, 0, name)
            self.assertTrue(got.stdout.startswith(f"usage: postern {name} [options]"), name)
            for o in options:
                self.assertIn(o.rstrip("="), got.stdout, name)
            self.assertIn("exit status: 0", got.stdout)
            for line in got.stdout.splitlines():
                self.assertLessEqual(len(line), 120, name)

    def test_general_help(self):
        got = tool("--help")
        self.assertEqual(got.returncode, 0)
        for name in commands():
            self.assertIn(f"  {name} ", got.stdout)
        self.assertEqual(tool("--version").stdout.split()[0], "postern")
        group = tool("journal", "--help")
        self.assertEqual(group.returncode, 0)
        self.assertIn("journal verify", group.stdout)
        self.assertNotIn("pki demo", group.stdout)


class Usage(unittest.TestCase):
    def test_mistakes(self):
        for args, says in (((), "usage:"),
                           (("frobnicate",), 'no command "frobnicate"'),
                           (("journal", "frob"), 'no command "journal frob"'),
                           (("journal",), "journal verify"),
                           (("journal", "show"), "expected FILE"),
                           (("journal", "show", "a", "b"), 'unexpected argument "b"'),
                           (("journal", "show", "a", "--nope"), "unknown option --nope"),
                           (("journal", "show", "a", "-x"), "unknown option -x"),
                           (("journal", "show", "a", "--last"), "--last needs a value: N"),
                           (("journal", "show", "a", "--last", "x"), "expected a number from 1"),
                           (("journal", "show", "a", "--last=1", "--last=2"), "given twice"),
                           (("journal", "show", "a", "--kind", "love"), "expected verdict, outcome"),
                           (("journal", "show", "a", "--from", "1:x"), "expected SEQ or EPOCH:SEQ"),
                           (("journal", "show", "a", "--from", "-1"), "expected SEQ or EPOCH:SEQ"),
                           (("crossings", "--follow=1"), "--follow takes no value"),
                           (("mrz", "--at", "2026-02-29", "-"), "expected a date as YYYY-MM-DD"),
                           (("officer", "decide", "--lane", "a"), "is required")):
            got = tool(*args, stdin="")
            self.assertEqual(got.returncode, 2, args)
            self.assertIn(says, got.stderr, args)
            self.assertEqual(got.stdout, "", args)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for args, text in ((("--help",), ""), (("mrz", "--help"), ""), (("mrz", "--json", "-"), "I<UTO\n")):
                got = subprocess.run([TOOL, *args], input=text, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30,
                                     check=False)
                self.assertEqual(got.returncode, 3, args)
                self.assertIn("No space left", got.stderr)


class Completion(unittest.TestCase):
    SCRIPT = os.path.join(SOURCE, "etc", "bash-completion", "postern")

    def complete(self, *words):
        program = (f'. "{self.SCRIPT}"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}; '
                   '_postern; printf "%s\\n" "${COMPREPLY[@]}"')
        path = os.path.dirname(os.path.abspath(TOOL)) + ":" + os.environ["PATH"]
        got = subprocess.run(["bash", "-c", program, "bash", *words], capture_output=True, text=True, timeout=30,
                             env={**os.environ, "PATH": path}, check=False)
        self.assertEqual(got.stderr, "")
        return set(got.stdout.split())

    def test_words(self):
        names = commands()
        self.assertEqual(self.complete("postern", ""), {n.split()[0] for n in names} | {"--help", "--version"})
        self.assertEqual(self.complete("postern", "jou"), {"journal"})
        self.assertEqual(self.complete("postern", "journal", ""), {"show", "verify", "export", "faces", "--help"})
        self.assertEqual(self.complete("postern", "pki", "d"), {"demo"})

    def test_options_of_every_command(self):
        for name, options in commands().items():
            self.assertEqual(self.complete("postern", *name.split(), "--"), {o.rstrip("=") for o in options}, name)

    def test_values(self):
        self.assertEqual(self.complete("postern", "officer", "decide", "--decision", ""),
                         {"admit", "refuse", "send-back", "second-line", "hold"})
        self.assertEqual(self.complete("postern", "journal", "show", "--kind", "ga"), {"gate-event"})
        self.assertEqual(self.complete("postern", "traveller", "put", "b"), {"back", "bag"})
        self.assertEqual(self.complete("postern", "traveller", "pre"), {"press"})


class Manual(unittest.TestCase):
    def test_every_command_and_option_is_in_the_manual(self):
        with open(os.path.join(SOURCE, "docs", "man", "postern.1"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        sections, current = {}, None
        for line in lines:
            if line.startswith(".It Nm postern Cm "):
                current = line[len(".It Nm postern Cm "):].split(" Op ")[0].split(" Ar ")[0].replace('"', "").strip()
                sections[current] = []
            elif current is not None:
                sections[current].append(line)
        self.assertEqual(set(sections), set(commands()))
        for name, options in commands().items():
            for o in options:
                o = o.rstrip("=")
                if o not in ("--json", "--help", "--run-folder"):
                    self.assertTrue(any(f"Fl -{o[2:]}" in l for l in sections[name]), f"postern {name}: {o}")

    def test_every_plugin_and_option_is_in_the_manual(self):
        with open(os.path.join(SOURCE, "docs", "man", "postern-plugins.7"), encoding="utf-8") as f:
            parts = re.split(r"(?m)^\.Ss ", f.read())
        pages = {p.split(" ", 1)[0]: p for p in parts[1:]}
        manifests = [m for m in glob.glob(os.path.join(SOURCE, "plugins", "*", "*.plugin")) if "template" not in m]
        self.assertGreater(len(manifests), 4)
        for path in manifests:
            with open(path, encoding="utf-8") as f:
                text = f.read()
            name = re.search(r"(?m)^name: (\S+)", text).group(1)
            kind = re.search(r"(?m)^kind: (\S+)", text).group(1)
            self.assertIn(name, pages, path)
            self.assertTrue(pages[name].split("\n")[0].startswith(f"{name} ({kind}"), name)
            options = text[text.index("\noptions:"):]
            for m in re.finditer(r"- \{name: (\w+)(.*)\}", options):
                # .It Cm NAME, or one of ".It Cm NAME , NAME"; the text that follows holds the default
                entry = re.search(rf"(?m)^\.It Cm (?:\w+ , )*{m.group(1)}\b[\s\S]*?(?=^\.It|^\.El)", pages[name])
                self.assertIsNotNone(entry, f"{name}: {m.group(1)}")
                default = re.search(r'default: "?([\w.-]+)"?[,}]', m.group(2) + "}")
                if default:
                    self.assertIn(default.group(1), entry.group(0), f"{name}: {m.group(1)}")

    def test_mandoc(self):
        pages = glob.glob(os.path.join(SOURCE, "docs", "man", "*.[1-8]"))
        self.assertGreaterEqual(len(pages), 10)
        got = subprocess.run(["mandoc", "-Tlint", "-Wstyle", *pages], capture_output=True, text=True, timeout=60, check=False)
        # whether other manuals are installed on this machine is not the pages' fault
        faults = [l for l in (got.stdout + got.stderr).splitlines()
                  if "referenced manual not found" not in l and "mandoc.db" not in l]
        self.assertEqual(faults, [])

    def test_mandoc_can_fail(self):
        got = subprocess.run(["mandoc", "-Tlint", "-Wstyle"], input=".Dd November 23, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Xx\n",
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("unknown macro", got.stdout + got.stderr)


if __name__ == "__main__":
    unittest.main()
