#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The log of a document check as XML, read by another parser: its parts and words, that it is the same each time, and that
nothing personal is in it. The documents are a virtual passport's, with every personal detail that it can hold.

Usage: test_cli_document_log.py POSTERN POSTERN_SIM_CHIP GOLDEN. Must never use a real State's data."""
import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

TOOL, CHIP, GOLDEN = sys.argv[1:4]
ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F3508127ZE184226B<<<<<16"
NS = "{urn:postern:document-check:1}"
LOOKS = {"successful": ("green", "+"), "failed": ("red", "X"), "undetermined": ("yellow", "?"), "not_performed": ("grey", "-"),
         "aborted": ("black", "!")}
GROUPS = (1, 2, 11, 12, 14, 15)


def tool(*argv):
    return subprocess.run([TOOL, *argv], capture_output=True, text=True, timeout=60, check=False)


class Log(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def at(self, name):
        return os.path.join(self.folder, name)

    def issue(self, *more):
        made = subprocess.run([CHIP, "--save", self.folder, "--mrz", ZONE, "--details", "--access", "both", "--pace",
                               "cam:aes128:13", "--ca", "aes128:13", "--aa", "ec", *more], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        with open(self.at("zone"), "w", encoding="ascii") as f:
            f.write(ZONE[:44] + "\n" + ZONE[44:] + "\n")

    def trust(self):
        return ["--root", self.at("csca.der"), "--trust", self.at("master-list.ml"), "--crl", self.at("crl.der")]

    def files(self):
        argv = ["--sod", self.at("EF_SOD.bin")]
        for n in GROUPS:
            argv += ["--dg", f"{n}={self.at(f'Datagroup{n}.bin')}"]
        return argv

    def inspect(self, *more, zone="zone"):
        r = tool("document", "inspect", *self.files(), *self.trust(), "--mrz", self.at(zone), "--xml", self.at("log.xml"), *more)
        with open(self.at("log.xml"), encoding="utf-8") as f:
            return r, f.read()

    def personal(self):
        """Every value that would name the person or know the document again, and every hash and serial number of it."""
        values = {ZONE, ZONE[:44], ZONE[44:], "ERIKSSON", "ANNA", "MARIA", "L898902C", "740812", "350812", "ZE184226B", "1974",
                  "2035"}
        for name in [f"Datagroup{n}.bin" for n in GROUPS] + ["EF_SOD.bin", "EF_CardSecurity.bin", "EF_COM.bin"]:
            with open(self.at(name), "rb") as f:
                data = f.read()
            if name in ("Datagroup11.bin", "Datagroup12.bin"):
                values |= {m.decode() for m in re.findall(rb"[ -~]{4,}", data)}
            for kind in ("sha1", "sha224", "sha256", "sha384", "sha512"):
                digest = hashlib.new(kind, data).digest()
                values |= {digest.hex(), base64.b64encode(digest).decode(), digest.hex()[:16]}
            values |= {data[:24].hex(), data[-24:].hex(), base64.b64encode(data[:24]).decode()}
        said = json.loads(tool("document", "inspect", *self.files(), *self.trust(), "--json").stdout)
        return values | {said["signer_serial"], said["signed"], said["signed"][11:19]}

    def check_privacy(self, text):
        values = self.personal()
        self.assertGreater(len(values), 100)
        for v in values:
            if v:
                self.assertNotIn(v.lower(), text.lower())

    def check_words(self, root):
        for e in root.iter():
            if "result" in e.attrib:
                self.assertEqual((e.get("colour"), e.get("symbol")), LOOKS[e.get("result")])
            if e.tag == NS + "check":
                self.assertLessEqual(set(e.attrib), {"id", "field", "result", "colour", "symbol", "reason"})
                self.assertRegex(e.get("id"), r"^(mrz|document|pa|chip)\.[a-z_.]+$")
                self.assertRegex(e.get("reason", "x.y"), r"^[a-z]+\.[a-z_.]+$")

    def test_structure(self):
        self.issue()
        r, text = self.inspect()
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertEqual(self.inspect()[1], text)
        root = ET.fromstring(text)
        self.assertEqual([c.tag for c in root], [NS + n for n in ("system", "document", "optical", "electronic", "combined")])
        self.check_words(root)
        self.check_privacy(text)
        shape = re.sub(r'date="\d{4}-\d\d-\d\d"', 'date="DATE"', text, count=1)
        shape = re.sub(r'version="[\d.]+"/>', 'version="VERSION"/>', shape, count=1)
        with open(GOLDEN, encoding="utf-8") as f:
            golden = re.sub(r"<!--.*?-->\n", "", f.read(), flags=re.S)
        self.assertEqual(shape, golden)

    def test_json_and_table_have_the_same_signs(self):
        self.issue("--fault", "ds-revoked")
        r = tool("document", "inspect", *self.files(), *self.trust(), "--json")
        said = json.loads(r.stdout)
        self.assertEqual((said["overall"], said["colour"], said["symbol"], said["decided_by"]),
                         ("failed", "red", "X", "pa.signer.revocation"))
        for c in said["checks"]:
            self.assertEqual((c["colour"], c["symbol"]), LOOKS[c["result"]])
        table = tool("document", "inspect", *self.files(), *self.trust()).stdout
        self.assertRegex(table, r"(?m)^decided by +pa\.signer\.revocation \(signer\): failed pa\.revoked$")
        self.assertRegex(table, r"(?m)^X red +pa\.signer\.revocation +signer +failed +pa\.revoked$")
        root = ET.fromstring(self.inspect()[1])
        self.assertEqual(root.get("result"), "failed")
        self.assertEqual(root.find(f"{NS}electronic/{NS}check[@id='pa.signer.revocation']").get("reason"), "pa.revoked")

    def test_chip_against_print_is_a_part_of_its_own(self):
        self.issue()
        with open(self.at("other"), "w", encoding="ascii") as f:
            f.write(ZONE[:44].replace("MARIA", "MARIE") + "\n" + ZONE[44:] + "\n")
        r, text = self.inspect(zone="other")
        root = ET.fromstring(text)
        self.assertEqual((r.returncode, root.get("result")), (1, "failed"))
        self.assertEqual(root.find(NS + "electronic").get("result"), "successful")
        self.assertEqual(root.find(f"{NS}combined/{NS}check").get("reason"), "chip.mrz_differs")
        self.assertNotIn("MARIE", text)

    def test_what_is_no_zone_becomes_no_markup(self):
        self.issue()
        for wrong in ('P<"/><a>&amp;<!--\x01', "<" * 95, "x" * 87, "P<UTO\"'&<>" + "<" * 34 + "\n" + ZONE[44:]):
            with open(self.at("wrong"), "w", encoding="utf-8") as f:
                f.write(wrong)
            root = ET.fromstring(self.inspect(zone="wrong")[1])
            self.check_words(root)
            self.assertNotEqual(root.get("result"), "successful")
            self.assertIsNone(root.find(".//a"))
        empty = tool("document", "inspect", *self.files(), "--xml", self.at("none.xml"))
        self.assertEqual(empty.returncode, 1)
        root = ET.parse(self.at("none.xml")).getroot()
        self.assertEqual((root.find(NS + "optical").get("result"), len(root.find(NS + "optical"))), ("not_performed", 0))

    def test_read(self):
        self.issue()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        reader = subprocess.Popen([TOOL, "document", "read", "--reader", f"vpcd:127.0.0.1:{port}", "--mrz", self.at("zone"), *self.trust(),
                                   "--xml", self.at("read.xml"), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        chip = None
        try:
            for _ in range(200):  # the chip comes when the reader waits
                chip = subprocess.run([CHIP, "--connect", f"127.0.0.1:{port}", "--once", "--load", self.folder, "--access", "pace", "--pace",
                                       "cam:aes128:13"], capture_output=True, text=True, timeout=60, check=False)
                if reader.poll() is not None or chip.returncode == 0:
                    break
            out, err = reader.communicate(timeout=60)
        finally:
            if reader.poll() is None:
                reader.terminate()
                reader.wait()
        said = json.loads(out) if out else {}
        by_name = {c["check"]: c["result"] for c in said.get("checks", [])}
        self.assertEqual((by_name.get("chip.cam"), by_name.get("chip.proof"), said.get("overall")),
                         ("successful", "successful", "successful"), out + err + (chip.stderr if chip else ""))
        with open(self.at("read.xml"), encoding="utf-8") as f:
            text = f.read()
        root = ET.fromstring(text)
        self.check_words(root)
        self.check_privacy(text)
        electronic = root.find(NS + "electronic")
        self.assertEqual((electronic.get("access"), electronic.get("result")), ("PACE", "successful"))
        self.assertGreater(int(electronic.get("exchanges")), 10)

    def test_a_file_that_cannot_be_written(self):
        self.issue()
        r = tool("document", "inspect", *self.files(), *self.trust(), "--xml", self.at("no/such/folder"))
        self.assertEqual(r.returncode, 3)
        self.assertIn("no/such/folder", r.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
