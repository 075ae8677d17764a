#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern lists|rules sign|verify`: signatures are checked by openssl, tampering is found, only trusted keys count."""
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

from tool import parsed, tool


class Sign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = os.path.join(cls.tmp.name, "pki")
        assert tool("pki", "demo", "--out", cls.pki, "--tenant", "NOR", "--gates", "a").returncode == 0
        cls.trust = os.path.join(cls.pki, "trust")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def setUp(self):
        self.dir = tempfile.mkdtemp(dir=self.tmp.name)

    def key(self, name):
        return os.path.join(self.pki, "signing", name + ".key")

    def openssl_agrees(self, signed, kind, signature_file, public):
        """The statement of plugins/lib/signed/signed.h, made here and verified there."""
        with open(signature_file, encoding="ascii") as f:
            magic, version, key_id, signature = f.read().split()
        raw_key = subprocess.run(["openssl", "pkey", "-pubin", "-in", os.path.join(self.trust, public), "-outform", "DER"],
                                 capture_output=True, check=True).stdout[-32:]
        self.assertEqual((magic, version, key_id), ("postern-signature", "1", hashlib.sha256(raw_key).hexdigest()[:16]))
        with open(signed, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        with tempfile.TemporaryDirectory() as d:
            for name, data in (("statement", f"postern-signed 1 {kind} {digest}\n".encode()), ("sig", bytes.fromhex(signature))):
                with open(os.path.join(d, name), "wb") as f:
                    f.write(data)
            got = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", os.path.join(self.trust, public),
                                  "-in", os.path.join(d, "statement"), "-sigfile", os.path.join(d, "sig")],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(got.returncode, 0, got.stderr)

    def test_list(self):
        path = os.path.join(self.dir, "list.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write("# list=x version=1\n")
        self.assertNotEqual(tool("lists", "verify", path, "--trust", self.trust).returncode, 0)
        self.assertEqual(tool("lists", "sign", path, "--key", self.key("lists")).returncode, 0)
        self.openssl_agrees(path, "file", path + ".sig", "lists.pub")
        got = tool("lists", "verify", path, "--trust", self.trust, "--json")
        self.assertEqual((got.returncode, parsed(got)["ok"]), (0, True))
        with open(path, "a", encoding="ascii") as f:
            f.write(" ")
        self.assertEqual(tool("lists", "verify", path, "--trust", self.trust).returncode, 1)
        # the other key's signature is not one of a list
        self.assertEqual(tool("lists", "sign", path, "--key", self.key("rules")).returncode, 0)
        self.assertEqual(tool("lists", "verify", path, "--trust", self.trust).returncode, 1)

    def test_rules(self):
        pack = os.path.join(self.dir, "pack")
        os.mkdir(pack)
        for name, text in (("rules.lua", "return {}\n"), ("manifest.yaml", "name: x\n")):
            with open(os.path.join(pack, name), "w", encoding="ascii") as f:
                f.write(text)
        self.assertEqual(tool("rules", "sign", pack, "--key", self.key("rules")).returncode, 0)
        sums = os.path.join(pack, "pack.sums")
        self.openssl_agrees(sums, "folder", os.path.join(pack, "pack.sig"), "rules.pub")
        with open(sums, encoding="ascii") as f:
            self.assertIn(hashlib.sha256(b"return {}\n").hexdigest(), f.read())
        self.assertEqual(tool("rules", "verify", pack, "--trust", self.trust).returncode, 0)
        for spoil in ("change", "add", "remove"):
            copy = os.path.join(self.dir, spoil)
            shutil.copytree(pack, copy)
            if spoil == "change":
                with open(os.path.join(copy, "rules.lua"), "a", encoding="ascii") as f:
                    f.write("-- more\n")
            elif spoil == "add":
                with open(os.path.join(copy, "more.lua"), "w", encoding="ascii") as f:
                    f.write("return 1\n")
            else:
                os.unlink(os.path.join(copy, "manifest.yaml"))
            self.assertNotEqual(tool("rules", "verify", copy, "--trust", self.trust).returncode, 0, spoil)

    def test_mistakes(self):
        self.assertEqual(tool("lists", "sign", os.path.join(self.dir, "absent"), "--key", self.key("lists")).returncode, 2)
        self.assertEqual(tool("lists", "sign", self.key("lists"), "--key", os.path.join(self.trust, "ack.pub")).returncode, 2)


if __name__ == "__main__":
    unittest.main()
