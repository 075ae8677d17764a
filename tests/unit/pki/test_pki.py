#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern pki` judged by openssl's own command line: chains, purposes, curves, modes, refusals.

Usage: test_pki.py POSTERN. Must never judge a certificate by what postern says about it.
"""
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import unittest

TOOL = sys.argv.pop(1)
# CN=old, valid on 2020-01-01, self-signed with Ed25519 by `openssl ca -startdate -enddate`
EXPIRED = """-----BEGIN CERTIFICATE-----
MIHCMHYCAQEwBQYDK2VwMA4xDDAKBgNVBAMMA29sZDAeFw0yMDAxMDEwMDAwMDBa
Fw0yMDAxMDIwMDAwMDBaMA4xDDAKBgNVBAMMA29sZDAqMAUGAytlcAMhAOoQZ1m0
9sCB/3Aprosy0JhSexaZEJQyjGtgDkmLJye/MAUGAytlcANBAA705KES6DqFroNJ
0UqCa3kF1hlccmCDeGbGoB2YG4/9OvejVKQL6EttmFx/btbUoWl9J5ZLRA13jXUm
O22VJQw=
-----END CERTIFICATE-----
"""


def tool(*args):
    return subprocess.run([TOOL, *args], capture_output=True, text=True, timeout=30)


def openssl(*args):
    return subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=30)


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dir = os.path.join(cls.tmp.name, "pki")
        os.umask(0o077)  # public files stay readable whatever the umask
        cls.made = tool("pki", "demo", "--out", cls.dir, "--tenant", "NOR", "--crossing-point", "OSL T1",
                        "--gates", "lane-1,lane-2,post-1", "--officers", "berg,dahl")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def path(self, name):
        return os.path.join(self.dir, name)

    def text(self, name):
        return openssl("x509", "-in", self.path(name), "-noout", "-text").stdout

    def test_made(self):
        self.assertEqual(self.made.returncode, 0, self.made.stderr)

    def test_chains_and_purposes(self):
        ca = self.path("ca.pem")
        for name, purpose, other in (("gates/lane-1/gate.pem", "sslclient", "sslserver"),
                                     ("gates/post-1/gate.pem", "sslclient", "sslserver"),
                                     ("registry/registry.pem", "sslserver", "sslclient")):
            ok = openssl("verify", "-x509_strict", "-CAfile", ca, "-purpose", purpose, self.path(name))
            self.assertEqual(ok.returncode, 0, ok.stderr)
            wrong = openssl("verify", "-CAfile", ca, "-purpose", other, self.path(name))
            self.assertNotEqual(wrong.returncode, 0, f"{name} passes as {other}")
        for name in ("vault/centre-seal.pem", "escrow/escrow-seal.pem"):
            self.assertEqual(openssl("verify", "-CAfile", ca, self.path(name)).returncode, 0)
            self.assertIn("Key Agreement", self.text(name))
            self.assertNotEqual(openssl("verify", "-CAfile", ca, "-purpose", "sslclient", self.path(name)).returncode, 0)

    def test_cards(self):
        """An officer's card is no gate, and a gate no officer's card."""
        cards = self.path("cards/officers-ca.pem")
        for name in ("berg", "dahl"):
            card = self.path(f"cards/{name}.pem")
            self.assertEqual(openssl("verify", "-x509_strict", "-CAfile", cards, "-purpose", "sslclient", card).returncode, 0)
            self.assertNotEqual(openssl("verify", "-CAfile", cards, "-purpose", "sslserver", card).returncode, 0)
            self.assertNotEqual(openssl("verify", "-CAfile", self.path("ca.pem"), card).returncode, 0)
            got = openssl("x509", "-in", card, "-noout", "-subject", "-nameopt", "RFC2253").stdout
            self.assertEqual(got.strip(), f"subject=CN={name},OU=OSL T1,O=NOR")
        self.assertNotEqual(openssl("verify", "-CAfile", cards, self.path("gates/lane-1/gate.pem")).returncode, 0)
        with open(cards, encoding="ascii") as a, open(self.path("post/officers-ca.pem"), encoding="ascii") as b:
            self.assertEqual(a.read(), b.read())

    def test_subject(self):
        got = openssl("x509", "-in", self.path("gates/lane-2/gate.pem"), "-noout", "-subject", "-nameopt", "RFC2253").stdout
        self.assertEqual(got.strip(), "subject=CN=lane-2,OU=OSL T1,O=NOR")

    def test_server_names(self):
        for kind, name in (("-verify_ip", "127.0.0.1"), ("-verify_ip", "::1"), ("-verify_hostname", "localhost")):
            ok = openssl("verify", "-CAfile", self.path("ca.pem"), kind, name, self.path("registry/registry.pem"))
            self.assertEqual(ok.returncode, 0, name)
        no = openssl("verify", "-CAfile", self.path("ca.pem"), "-verify_ip", "127.0.0.2", self.path("registry/registry.pem"))
        self.assertNotEqual(no.returncode, 0)

    def test_keys(self):
        for name in ("ca.pem", "gates/lane-1/gate.pem", "registry/registry.pem", "vault/centre-seal.pem"):
            self.assertIn("NIST CURVE: P-256", self.text(name), name)
        for key in ("gates/lane-1/gate", "registry/registry", "vault/centre-seal", "escrow/escrow-seal"):
            mine = openssl("pkey", "-in", self.path(key + ".key"), "-pubout").stdout
            theirs = openssl("x509", "-in", self.path(key + ".pem"), "-noout", "-pubkey").stdout
            self.assertEqual(mine, theirs)
        for key, public in (("registry/ack", "ack"), ("signing/lists", "lists"), ("signing/rules", "rules"),
                            ("officers/berg", "officers/berg"), ("officers/dahl", "officers/dahl")):
            self.assertIn("ED25519", openssl("pkey", "-in", self.path(key + ".key"), "-noout", "-text").stdout)
            mine = openssl("pkey", "-in", self.path(key + ".key"), "-pubout").stdout
            with open(self.path(f"trust/{public}.pub"), encoding="ascii") as f:
                self.assertEqual(mine, f.read())
        keys = set()
        for folder, _, names in os.walk(self.dir):
            for n in names:
                if n.endswith(".key"):
                    with open(os.path.join(folder, n), encoding="ascii") as f:
                        keys.add(f.read())
        self.assertEqual(len(keys), 16, "every key is its own")  # 2 authorities, 3 gates, post, registry, ack, 2 seals, 2 signing, 2 officers, 2 cards

    def test_modes(self):
        for folder, _, names in os.walk(self.dir):
            for n in names:
                mode = stat.S_IMODE(os.stat(os.path.join(folder, n)).st_mode)
                self.assertEqual(mode, 0o600 if n.endswith(".key") else 0o644, n)
        for n in os.listdir(self.path("trust")):
            self.assertFalse(n.endswith(".key"), "a private key among the public halves")

    def test_never_overwrites(self):
        with open(self.path("ca.key"), encoding="ascii") as f:
            before = f.read()
        again = tool("pki", "demo", "--out", self.dir, "--tenant", "NOR", "--gates", "lane-1")
        self.assertEqual(again.returncode, 3)
        self.assertIn("exists already", again.stderr)
        with open(self.path("ca.key"), encoding="ascii") as f:
            self.assertEqual(f.read(), before)

    def test_show(self):
        shown = tool("pki", "show", "--json", self.path("gates/lane-1/gate.pem"))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        cert = json.loads(shown.stdout)[0]
        serial = openssl("x509", "-in", self.path("gates/lane-1/gate.pem"), "-noout", "-serial").stdout
        self.assertEqual(cert["serial"], serial.strip().split("=")[1])
        der = subprocess.run("openssl x509 -in '%s' -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256"
                             % self.path("gates/lane-1/gate.pem"), shell=True, capture_output=True, text=True).stdout
        self.assertEqual(cert["key_id"], der.strip().split()[-1][:32])
        self.assertEqual((cert["key"], cert["validity"]), ("EC P-256", "valid"))

    def test_show_key_tells_no_secret(self):
        for name in ("gates/lane-1/gate.key", "officers/berg.key"):
            for form in ((), ("--json",)):
                shown = tool("pki", "show", *form, self.path(name))
                self.assertEqual(shown.returncode, 0)
                with open(self.path(name), encoding="ascii") as f:
                    for line in f.read().split("\n")[1:-2]:
                        self.assertNotIn(line[:16], shown.stdout)
                private = re.sub(r"[\s:]", "", openssl("pkey", "-in", self.path(name), "-noout", "-text").stdout)
                private = re.search(r"priv([0-9a-f]{64})", private).group(1)
                self.assertNotIn(private[:16], shown.stdout.lower())

    def test_expired_is_a_finding(self):
        with tempfile.TemporaryDirectory() as d:
            old = os.path.join(d, "old.pem")
            with open(old, "w", encoding="ascii") as f:
                f.write(EXPIRED)
            shown = tool("pki", "show", old)
            self.assertEqual(shown.returncode, 1)
            self.assertIn("expired", shown.stdout)


class Request(unittest.TestCase):
    def test_request_is_signed_by_an_authority(self):
        with tempfile.TemporaryDirectory() as d:
            out = os.path.join(d, "gate")
            made = tool("pki", "request", "--out", out, "--tenant", "NOR", "--crossing-point", "Oslo lufthavn", "--gate", "lane-7")
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(out, "gate.key")).st_mode), 0o600)
            seen = openssl("req", "-in", os.path.join(out, "gate.csr"), "-noout", "-verify", "-subject", "-nameopt", "RFC2253")
            self.assertEqual(seen.returncode, 0, seen.stderr)
            self.assertIn("subject=CN=lane-7,OU=Oslo lufthavn,O=NOR", seen.stdout)
            shown = tool("pki", "show", "--json", os.path.join(out, "gate.csr"))
            self.assertEqual(json.loads(shown.stdout)[0]["signature"], "good")
            self.assertEqual(tool("pki", "request", "--out", out, "--tenant", "NOR", "--crossing-point", "x", "--gate",
                                  "lane-7").returncode, 3)


class Refusals(unittest.TestCase):
    def refused(self, *args, status=2, says=""):
        got = tool("pki", *args)
        self.assertEqual(got.returncode, status, got.stderr)
        self.assertIn(says, got.stderr)

    def test_arguments(self):
        with tempfile.TemporaryDirectory() as d:
            new = os.path.join(d, "x")
            self.refused("demo", "--out", new, "--tenant", "Norway", "--gates", "a", says="three capital letters")
            self.refused("demo", "--out", new, "--tenant", "NOR", "--gates", "a,../b", says="small letters")
            self.refused("demo", "--out", new, "--tenant", "NOR", "--gates", "a,", says="separated by commas")
            self.refused("demo", "--out", new, "--tenant", "NOR", says="--gates NAME,... is required")
            self.refused("demo", "--out", new, "--tenant", "NOR", "--gates", "a", "--days", "0", says="from 1 to 3650")
            self.refused("demo", "--frob", says="unknown option --frob")
            self.refused("request", "--out", new, "--tenant", "NOR", "--crossing-point", "O\n", "--gate", "a", says="letters")
            self.assertFalse(os.path.exists(new), "nothing is made before the command line is good")
            self.refused("show", os.path.join(d, "absent"), status=3, says="not found")
            garbage = os.path.join(d, "garbage")
            with open(garbage, "wb") as f:
                f.write(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            self.refused("show", garbage, says="expected a PEM file")


if __name__ == "__main__":
    unittest.main()
