#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern document readers` and `document read --reader NAME` over PC/SC: a pcscd of the test's own with vpcd's two virtual
readers, in namespaces of its own. Exit status 77: not possible here, and why. Must never use a reader of the machine."""
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

INSIDE = "--inside"
PCSCD, DRIVER, SOCKET = "/usr/sbin/pcscd", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so", "/run/pcscd/pcscd.comm"
FIRST, SECOND, PORT = "Virtual PCD 00 00", "Virtual PCD 00 01", 35963
ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n"
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def skip(why):
    print(why)
    sys.exit(77)


def apart():
    """This script again, with a /run and a network of its own."""
    if os.geteuid() != 0:
        skip("only root has namespaces for a pcscd of its own")
    if not os.access(PCSCD, os.X_OK) or not os.access(DRIVER, os.R_OK):
        skip("pcscd or the driver vsmartcard-vpcd is not installed (tools/install-deps check)")
    own = ["unshare", "--mount", "--net", "--propagation", "private"]
    if subprocess.run([*own, "mount", "-t", "tmpfs", "run", "/run"], capture_output=True, check=False).returncode != 0:
        skip("no mount and network namespace to be had here")
    os.execvp(own[0], [*own, sys.executable, os.path.realpath(__file__), *sys.argv[1:], INSIDE])


def settle():
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    os.mkdir("/run/pcscd")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(s, SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def pcscd():
    """Later versions ask polkit who may use a card unless they are told not to; others do not know the option."""
    for options in (["--disable-polkit"], []):
        p = subprocess.Popen([PCSCD, "--foreground", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if os.path.exists(SOCKET):
                return p
            if p.poll() is not None:
                break
            time.sleep(0.05)
        if p.poll() is None:
            p.kill()
            p.wait()
    raise RuntimeError("pcscd does not come up")


def tool(*argv):
    return subprocess.run([TOOL, *argv], capture_output=True, text=True, timeout=60, check=False)


class Pcsc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.zone, cls.issued = os.path.join(cls.folder.name, "zone"), os.path.join(cls.folder.name, "issued")
        with open(cls.zone, "w", encoding="ascii") as f:
            f.write(ZONE)
        cls.options = ["--access", "pace", "--pace", "gm:aes128:13", "--ca", "aes128:13", "--mrz", ZONE.replace("\n", "")]
        subprocess.run([CHIP, "--save", cls.issued, *cls.options], check=True, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.daemon = pcscd()

    def tearDown(self):
        self.stop()

    def stop(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
            self.daemon.wait(timeout=20)
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)

    def readers(self):
        """As soon as the driver has them both."""
        for _ in range(100):
            said = tool("document", "readers", "--json")
            found = json.loads(said.stdout)["readers"] if said.returncode == 0 else []
            if len(found) == 2:
                return found
            time.sleep(0.1)
        self.fail(said.stdout + said.stderr)
        return []

    def read(self, name, *more):
        return tool("document", "read", "--reader", name, "--mrz", self.zone, "--trust", self.issued + "/csca.der", *more)

    def test_a_passport_is_read_by_the_readers_name(self):
        self.assertEqual(self.readers(), [FIRST, SECOND])
        self.assertEqual(tool("document", "readers").stdout, FIRST + "\n" + SECOND + "\n")
        chip = subprocess.Popen([CHIP, "--connect", f"127.0.0.1:{PORT}", "--load", self.issued, *self.options], stderr=subprocess.DEVNULL)
        try:
            for name in (FIRST, "00 00"):  # whole, and a part that only one has
                out = os.path.join(self.folder.name, "out" + str(len(name)))
                r = self.read(name, "--out", out)
                self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
                for line in ("access              PACE", "chip authentication proven", "result              successful"):
                    self.assertIn(line, r.stdout)
                for file in ("DG1", "DG2", "DG14", "EF.SOD"):
                    self.assertTrue(os.path.getsize(os.path.join(out, file)) > 0, file)
                # DG2 is the chip's: 15000 bytes of image and what is around them
                self.assertTrue(15000 < os.path.getsize(os.path.join(out, "DG2")) < 15200)
        finally:
            chip.terminate()
            chip.wait(timeout=20)

    def test_names_that_are_not_one_reader(self):
        self.readers()
        several = self.read("Virtual PCD")
        self.assertEqual((several.returncode, "2 of 2 readers" in several.stderr), (2, True), several.stderr)
        none = self.read("Omnikey")
        self.assertEqual((none.returncode, "0 of 2 readers" in none.stderr), (2, True), none.stderr)

    def test_without_pcscd(self):
        self.stop()
        for r in (tool("document", "readers"), self.read(FIRST)):
            self.assertEqual((r.returncode, "pcscd does not answer" in r.stderr), (3, True), r.stderr)


if __name__ == "__main__":
    if sys.argv[-1] != INSIDE:
        apart()
    TOOL, CHIP = sys.argv[1:3]
    settle()
    unittest.main(argv=sys.argv[:1])
