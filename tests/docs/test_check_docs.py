#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documentation checker against pages that are wrong in one way each: every check must be able to fail.

Must never use the project's own pages: they change.
"""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import check_docs  # noqa: E402

KNOWN = ["status", "journal verify", "pki demo"]


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name
        self.write("core/base/err.h", "")
        self.write("docs/b.md", "# A `b` page\n\n## Names, and *more*\n")
        self.found = []

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def tell(self, line, what):
        self.found.append((line, what))

    def links(self, text):
        self.found = []
        self.write("docs/a.md", text)
        check_docs.check_links(self.root, "docs/a.md", text, self.tell)
        return self.found

    def test_links(self):
        self.assertEqual(self.links("[b](b.md) ![p](../core/base/err.h) [w](https://example.org/x) [h](b.md#names-and-more)\n"), [])
        self.assertEqual(self.links("# Top\n\n[t](#top)\n"), [])
        self.assertEqual(len(self.links("one\n[c](c.md)\n")), 1)
        self.assertEqual(self.found[0][0], 2)
        self.assertEqual(len(self.links("[h](b.md#no-such)\n")), 1)
        self.assertEqual(self.links("`[c](c.md)`\n\n```\n[c](c.md)\n```\n"), [])

    def commands(self, text):
        self.found = []
        check_docs.check_commands(text, KNOWN, self.tell)
        return [what for _, what in self.found]

    def test_commands(self):
        self.assertEqual(self.commands("`postern status --json`, `postern journal verify F`, `postern pki`, `postern --help`\n"), [])
        self.assertEqual(self.commands("```\n$ postern status\n$ build/tools/postern/postern journal verify x\n```\n"), [])
        self.assertEqual(self.commands("`postern statusses`\n"), ["postern statusses: no such command"])
        self.assertEqual(self.commands("`postern journal burn F`\n"), ["postern journal burn: no such command"])
        self.assertEqual(self.commands("```\n# postern journal\n```\n"), ["postern journal: no such command"])
        self.assertEqual(self.commands("the postern opens; postern.yaml, `posternd status`\n"), [])

    def test_paths(self):
        check_docs.check_paths(self.root, "`core/base/err.h` and `core/base` and `build/x`, core/none.c\n", self.tell)
        self.assertEqual(self.found, [])
        check_docs.check_paths(self.root, "text\n\n`core/base/none.h`\n", self.tell)
        self.assertEqual(self.found, [(3, "core/base/none.h is not there")])

    def test_references(self):
        self.write("core/x.c", "/* docs/b.md */\n/* see docs/none.md. */\n")
        found = []
        check_docs.check_references(self.root, found)
        self.assertEqual(found, ["core/x.c:2: docs/none.md is not there"])

    def test_words(self):
        self.write("docs/guide.md", "| `one`, `two, three` | four |\n")
        found = []
        check_docs.said(self.root, "docs/guide.md", "the word", {"one", "two", "three", "four"}, found)
        self.assertEqual(found, ["docs/guide.md:1: the word four is not explained"])

    def test_troubles(self):
        self.write("core/loop/c.c", 'control_trouble(c, "journal.broken", true);\n')
        self.write("core/outbox/outbox.c", 'return "outbox.conflict";\nreturn "outbox.unknown";\n')
        self.write("plugins/registry/s.c", 'r->host->trouble(r->host->ctx, "registry.store", 1);\n')
        self.write("plugins/uplink/u.c", 'u->host->trouble(u->host->ctx, trouble, 1);\ntell(u, bad ? "uplink.tls" : "uplink.away");\n')
        self.assertEqual(check_docs.troubles(self.root),
                         {"journal.broken", "outbox.conflict", "registry.store", "uplink.tls", "uplink.away"})

    def test_manual(self):
        self.write("core/config/config.c", "".join(f'F("{k}", MAY, x)\n' for k in
                                                   ["ka", "kb", "kc", "kd", "ke", "kf", "kg", "kh", "ki", "kj"]))
        self.write("docs/man/postern.yaml.5", ".It Cm ka , kb\n" + "".join(f".It Cm {k}\n" for k in
                                                                          ["kc", "kd", "ke", "kf", "kg", "kh", "ki"]))
        self.write("docs/man/tool.1", "")
        self.write("docs/man/meson.build", "install_man('postern.yaml.5')\n")
        self.write("tools/meson.build", "executable('tool', 'a.c', install: true)\nexecutable('other', 'b.c',\n  install: false)\n")
        found = []
        check_docs.check_manual(self.root, found)
        self.assertEqual(sorted(found), [
            "docs/man/meson.build:1: tool.1 is installed without its program, or its program without it",
            "docs/man/postern.yaml.5:1: key kj is not described",
            "tools/meson.build:1: the program other has no manual page"])


if __name__ == "__main__":
    unittest.main()
