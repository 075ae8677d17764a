#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern account`: cards and passwords. Which certificate a card is, openssl says; a one-time secret is shown when it is made and never
again. Must never read the file by anything of postern's."""
import hashlib
import os
import re
import subprocess
import tempfile
import unittest

from tool import parsed, tool


class Account(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = os.path.join(cls.tmp.name, "pki")
        assert tool("pki", "demo", "--out", cls.pki, "--tenant", "NOR", "--gates", "a", "--officers", "berg,dahl").returncode == 0

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def setUp(self):
        self.file = os.path.join(tempfile.mkdtemp(dir=self.tmp.name), "accounts.yaml")

    def card(self, name):
        return os.path.join(self.pki, "cards", name + ".pem")

    def account(self, *args, stdin=None, status=0):
        r = tool("account", *args, "--file", self.file, stdin=stdin)
        self.assertEqual(r.returncode, status, r.stderr)
        return r

    def text(self):
        with open(self.file, encoding="utf-8") as f:
            return f.read()

    def listed(self, name):
        return next(a for a in parsed(self.account("list", "--json")) if a["name"] == name)

    def test_a_card(self):
        self.account("add", "berg", "--role", "officer", "--certificate", self.card("berg"))
        der = subprocess.run(["openssl", "x509", "-in", self.card("berg"), "-outform", "DER"], capture_output=True, check=True).stdout
        self.assertIn(hashlib.sha256(der).hexdigest(), self.text())
        self.assertEqual((self.listed("berg")["certificate"], self.listed("berg")["password"]), (True, False))
        # one card logs one officer in
        self.assertIn("the card of berg", self.account("add", "dahl", "--role", "auditor", "--certificate", self.card("berg"), status=2).stderr)
        self.account("add", "dahl", "--role", "auditor", "--certificate", self.card("dahl"))
        self.assertIn("the card of dahl", self.account("certificate", "berg", "--certificate", self.card("dahl"), status=2).stderr)
        self.assertIn(hashlib.sha256(der).hexdigest(), self.text())
        # a server's certificate, no certificate, and a file that is none
        server = os.path.join(self.pki, "post/post.pem")
        self.assertIn("TLS client", self.account("certificate", "berg", "--certificate", server, status=2).stderr)
        self.assertIn("PEM", self.account("certificate", "berg", "--certificate", self.file, status=2).stderr)
        self.account("certificate", "berg", status=2)
        self.account("certificate", "nobody", "--certificate", self.card("berg"), status=2)

    def test_a_card_beside_a_password(self):
        made = self.account("add", "berg", "--role", "officer", stdin="a long password\n")
        self.assertRegex(made.stdout, "one-time secret [A-Z2-7]{32}")
        before = self.text()
        self.account("certificate", "berg", "--certificate", self.card("berg"))
        self.assertEqual((self.listed("berg")["certificate"], self.listed("berg")["password"]), (True, True))
        self.account("certificate", "berg", "--certificate", self.card("berg"), "--remove", status=2)
        self.account("certificate", "berg", "--remove")
        self.assertEqual(self.text(), before)

    def test_the_last_way_in_stays(self):
        self.account("add", "berg", "--role", "officer", "--certificate", self.card("berg"))
        self.assertIn("no password", self.account("certificate", "berg", "--remove", status=2).stderr)
        self.account("password", "berg", stdin="short\n", status=2)
        first = self.account("password", "berg", stdin="a long password\n").stdout
        secret = re.search("one-time secret ([A-Z2-7]{32})", first).group(1)
        self.assertIn(secret, self.text())
        stored = re.search(r'password: "([^"]+)"', self.text()).group(1)
        # a new password keeps the secret, and does not show it
        self.assertNotIn(secret, self.account("password", "berg", stdin="another long password\n").stdout)
        self.assertIn(secret, self.text())
        self.assertNotIn(stored, self.text())
        self.account("certificate", "berg", "--remove")
        self.assertFalse(self.listed("berg")["certificate"])


if __name__ == "__main__":
    unittest.main()
