#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern rules activate|rollback|confirm|status` against a double of a core that judges orders with the core's own code."""
import os
import shutil
import tempfile
import unittest

from test_cli_control import WithCores
from tool import SOURCE, parsed, tool


class Activation(WithCores):
    def setUp(self):
        super().setUp()
        self.double = self.core("lane-1", "idle")
        self.pack = self.signed("1.0.0")

    def signed(self, version):
        folder = os.path.join(self.run_dir, "pack-" + version)
        shutil.copytree(os.path.join(SOURCE, "rules", "example"), folder)
        path = os.path.join(folder, "pack.yaml")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("version: 1.0.0", "version: " + version))
        self.assertEqual(tool("rules", "sign", folder, "--key", os.path.join(self.pki, "signing", "rules.key")).returncode, 0)
        return folder

    def order(self, name, *args, officer="berg", reason="season.summer"):
        path = os.path.join(self.run_dir, name)
        return path, self.ask("rules", *args, "--lane", "lane-1", "--officer", officer, "--key", self.key(officer), "--reason", reason,
                              "--order", path)

    def activate(self, name, pack, *args, **kw):
        return self.order(name, "activate", pack, "--trust", self.trust, *args, **kw)

    def confirm(self, path, *args, officer="dahl", key="dahl"):
        return self.ask("rules", "confirm", path, "--officer", officer, "--key", self.key(key), *args)

    def test_there_and_back(self):
        self.assertEqual(self.ask("rules", "status").returncode, 1)  # nothing is activated
        for version in ("1.0.0", "1.1.0"):
            path, got = self.activate(version, self.pack if version == "1.0.0" else self.signed(version))
            self.assertEqual(got.returncode, 0, got.stderr)
            got = self.confirm(path)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn(f"lane-1: use example {version}\n", got.stdout)
            self.assertIn("reason season.summer, endorsed by berg\n", got.stdout)
        shown = parsed(self.ask("rules", "status", "--json"))[0]
        self.assertEqual((shown["activated"]["version"], shown["previous"]["version"], shown["shadow"]), ("1.1.0", "1.0.0", None))
        path, got = self.order("back", "rollback", "--life", "1")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(self.confirm(path).returncode, 0)
        self.assertEqual(self.ask("rules", "status").returncode, 0)
        _, got = self.order("further", "rollback")
        self.assertEqual((got.returncode, "nothing to go back to" in got.stderr), (1, True))
        self.assertEqual(self.double.end().splitlines(), [
            "order 1 1.0.0 by berg and dahl: season.summer life 14400000",
            "order 1 1.1.0 by berg and dahl: season.summer life 14400000",
            "order 2 1.0.0 by berg and dahl: season.summer life 3600000"])

    def test_refused(self):
        path, _ = self.activate("one", self.pack)
        for got, says in ((self.confirm(path, officer="berg", key="berg"), "two different officers"),
                          (self.confirm(path, key="berg"), "not signed by two keys")):
            self.assertEqual(got.returncode, 1)
            self.assertIn(says, got.stderr)
        other = self.signed("1.0.1")
        got = self.confirm(path, "--pack", other, "--trust", self.trust)
        self.assertEqual((got.returncode, "another content" in got.stderr), (1, True))
        self.assertEqual(self.confirm(path, "--pack", self.pack, "--trust", self.trust).returncode, 0)
        self.assertEqual(self.confirm(path).returncode, 1)  # once only
        path, _ = self.activate("same", self.pack)
        got = self.confirm(path)
        self.assertEqual((got.returncode, "raise the version" in got.stderr), (1, True))
        self.assertEqual(len(self.double.end().splitlines()), 1)

    def test_order_altered(self):
        path, _ = self.activate("one", self.pack)
        with open(path, encoding="utf-8") as f:
            text = f.read().rstrip("\n")
        for at in range(len("postern-activation-order 1 "), len(text)):
            changed = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1:]
            if at % 37 != 0:
                continue
            with open(path, "w", encoding="utf-8") as f:
                f.write(changed + "\n")
            self.assertIn(self.confirm(path).returncode, (1, 2, 3), at)  # 3: it names a unit that is not there
        self.assertEqual(self.double.end(), "")

    def test_shadow(self):
        path, _ = self.activate("one", self.pack, "--shadow")
        self.assertIn("as the shadow", self.confirm(path).stdout)
        path, _ = self.order("end", "rollback", "--shadow")
        self.assertIn("end the shadow", self.confirm(path).stdout)
        _, got = self.order("again", "rollback", "--shadow")
        self.assertEqual((got.returncode, "no shadow" in got.stderr), (1, True))

    def test_mistakes(self):
        path, _ = self.activate("one", self.pack)
        for (_, got), says in ((self.activate("one", self.pack), "there is such a file"),
                               (self.activate("two", self.pack, reason="Ola Nordmann"), "--reason is a code"),
                               (self.activate("two", self.pack, "--life", "25"), "--life"),
                               (self.activate("two", os.path.join(SOURCE, "rules", "example")), "not signed")):
            self.assertIn(got.returncode, (1, 2), got.stderr)
            self.assertIn(says, got.stderr)
        self.assertEqual(self.confirm(os.path.join(self.run_dir, "none")).returncode, 3)
        self.assertEqual(self.confirm(os.path.join(self.pack, "pack.yaml")).returncode, 2)
        self.assertEqual(self.confirm(path, "--pack", self.pack).returncode, 2)  # with nothing to trust


if __name__ == "__main__":
    unittest.main()
