#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern document read` and `inspect` with a virtual passport that comes to the reader. Must never use a real State's data."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest

TOOL, PLAYER, CHIP = sys.argv[1:4]
ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n"


def tool(*argv):
    return subprocess.run([TOOL, *argv], capture_output=True, text=True, timeout=60, check=False)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Document(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.zone, self.csca = os.path.join(self.folder.name, "zone"), os.path.join(self.folder.name, "csca.cer")
        with open(self.zone, "w", encoding="ascii") as f:
            f.write(ZONE)

    def tearDown(self):
        self.folder.cleanup()

    def read(self, *more, zone=None):
        port = str(free_port())
        player = subprocess.Popen([PLAYER, port, self.csca])
        try:
            # the player writes its State's certificate before it comes
            while not os.path.exists(self.csca) and player.poll() is None:
                pass
            return tool("document", "read", "--reader", "vpcd:127.0.0.1:" + port, "--mrz", zone or self.zone, *more)
        finally:
            player.terminate()
            player.wait()

    def test_a_chip_is_read_and_found_sound(self):
        out = os.path.join(self.folder.name, "out")
        r = self.read("--trust", self.csca, "--out", out, "--trace")
        self.assertEqual((r.returncode, "access              BAC" in r.stdout, "result              successful" in r.stdout),
                         (0, True, True), r.stdout + r.stderr)
        self.assertEqual(sorted(os.listdir(out)), ["DG1", "DG2", "EF.SOD"])
        self.assertEqual(os.stat(os.path.join(out, "DG1")).st_mode & 0o777, 0o600)
        self.assertNotIn("ERIKSSON", r.stderr)  # the trace has no data
        self.assertIn("INS B0", r.stderr)
        files = ["--sod", out + "/EF.SOD", "--dg", f"1={out}/DG1", "--dg", f"2={out}/DG2", "--trust", self.csca, "--mrz", self.zone]
        again = tool("document", "inspect", *files, "--json")
        self.assertEqual(again.returncode, 0, again.stderr)
        said = json.loads(again.stdout)
        self.assertEqual((said["overall"], said["proven_groups"]), ("successful", [1, 2]))
        with open(out + "/DG1", "r+b") as f:
            f.seek(20)
            f.write(b"X")
        forged = tool("document", "inspect", *files, "--json")
        self.assertEqual((forged.returncode, json.loads(forged.stdout)["overall"]), (1, "failed"))

    def test_chip_authentication_mapping_is_told_and_judged(self):
        issued, out, port = os.path.join(self.folder.name, "issued"), os.path.join(self.folder.name, "out"), str(free_port())
        options = ["--access", "pace", "--pace", "cam:aes128:13", "--face-size", "500", "--mrz", ZONE.replace("\n", "")]
        subprocess.run([CHIP, "--save", issued, *options], check=True, timeout=60)
        trust = ["--trust", issued + "/csca.der"]
        reader = subprocess.Popen([TOOL, "document", "read", "--reader", "vpcd:127.0.0.1:" + port, "--mrz", self.zone, "--out", out,
                                   *trust], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while reader.poll() is None and subprocess.run([CHIP, "--connect", "127.0.0.1:" + port, "--load", issued, *options],
                                                           stderr=subprocess.DEVNULL, timeout=60, check=False).returncode != 0:
                pass  # the reader does not wait yet
            said, wrong = reader.communicate(timeout=60)
        finally:
            reader.kill()
        self.assertEqual((reader.returncode, "mapping             proven" in said), (0, True), said + wrong)
        files = ["--sod", out + "/EF.SOD", "--dg", f"1={out}/DG1", "--card-security", out + "/EF.CardSecurity", *trust, "--json"]

        def check():
            r = tool("document", "inspect", *files)
            return {c["check"]: c["result"] for c in json.loads(r.stdout)["checks"]}["pa.card_security"]
        self.assertEqual(check(), "successful")
        with open(out + "/EF.CardSecurity", "r+b") as f:
            f.seek(-1, os.SEEK_END)
            last = f.read(1)[0]
            f.seek(-1, os.SEEK_END)
            f.write(bytes([last ^ 1]))
        self.assertEqual(check(), "failed")

    def test_without_trust_it_is_undetermined(self):
        r = self.read("--json")
        self.assertEqual((r.returncode, json.loads(r.stdout)["overall"]), (1, "undetermined"), r.stderr)

    def test_the_wrong_zone_opens_nothing(self):
        wrong = os.path.join(self.folder.name, "wrong")
        with open(wrong, "w", encoding="ascii") as f:
            f.write(ZONE.replace("L898902C36", "L898902C44"))
        r = self.read(zone=wrong)
        self.assertEqual((r.returncode, r.stdout), (1, ""))
        self.assertIn("the chip could not be read: password at bac-authenticate", r.stderr)

    def test_what_is_asked_wrongly(self):
        for argv, said in (((), "--reader"), (("--reader", "pcsc:0"), "expected"),
                           (("--reader", "vpcd:192.0.2.1:9", "--mrz", self.zone), "loopback"),
                           (("--reader", "vpcd:127.0.0.1:9"), "--mrz FILE or --can FILE"),
                           (("--reader", "vpcd:127.0.0.1:9", "--mrz", self.zone, "--groups", "1,99"), "1 to 16")):
            r = tool("document", "read", *argv)
            self.assertEqual(r.returncode, 2, argv)
            self.assertIn(said, r.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
