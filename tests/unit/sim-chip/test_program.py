#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program postern-sim-chip as its manual page tells it: both directions of the socket, saving and loading, faults, usage.

Usage: test_program.py PROGRAM. Must never talk to anything but 127.0.0.1.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop(1)
AID = bytes.fromhex("00A4040C07A0000002471001")


class Reader:
    """The reader's side of vpcd's protocol."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(20)

    def send(self, data):
        self.socket.sendall(len(data).to_bytes(2, "big") + data)

    def take(self, size):
        got = b""
        while len(got) < size:
            more = self.socket.recv(size - len(got))
            if not more:
                return None
            got += more
        return got

    def ask(self, data):
        self.send(data)
        head = self.take(2)
        return None if head is None else self.take(int.from_bytes(head, "big"))

    def close(self):
        self.socket.close()


class Program(unittest.TestCase):
    def start(self, *arguments):
        p = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, p)
        return p

    def end(self, p):
        if p.poll() is None:
            p.terminate()
        p.communicate(timeout=20)

    def listening(self, *arguments):
        p = self.start("--listen", "0", *arguments)
        line = p.stdout.readline().strip()
        self.assertTrue(line.startswith("vpcd:127.0.0.1:"), line)
        return p, int(line.rsplit(":", 1)[1])

    def read(self, port):
        r = Reader(socket.create_connection(("127.0.0.1", port), timeout=20))
        self.addCleanup(r.close)
        return r

    def test_listen(self):
        p, port = self.listening("--once", "--access", "open")
        r = self.read(port)
        self.assertEqual(r.ask(b"\4")[0], 0x3B)
        self.assertEqual(r.ask(AID), b"\x90\0")
        dg1 = r.ask(bytes.fromhex("00B0810000"))
        self.assertEqual(dg1[:5], bytes.fromhex("615B5F1F58"))
        self.assertEqual(dg1[5:10], b"P<UTO")
        self.assertEqual(len(dg1), 5 + 88 + 2)
        r.close()
        self.assertEqual(p.wait(20), 0)

    def test_closed_without_access(self):
        _, port = self.listening()
        r = self.read(port)
        self.assertEqual(r.ask(AID), b"\x90\0")
        self.assertEqual(r.ask(bytes.fromhex("00B0810000")), b"\x69\x82")

    def test_connect_and_come_again(self):
        with socket.create_server(("127.0.0.1", 0)) as waiting:
            waiting.settimeout(20)
            port = waiting.getsockname()[1]
            p = self.start("--connect", f"127.0.0.1:{port}", "--fault", "tear@2", "--again", "10", "--access", "open")
            r = Reader(waiting.accept()[0])
            self.assertEqual(r.ask(AID), b"\x90\0")
            self.assertIsNone(r.ask(bytes.fromhex("00B0810004")))
            r.close()
            r = Reader(waiting.accept()[0])
            self.assertEqual(r.ask(AID), b"\x90\0")
            self.assertEqual(r.ask(bytes.fromhex("00B0810004"))[-2:], b"\x90\0")
            r.close()
            self.assertEqual(p.wait(20), 0)

    def test_nobody_waits(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        p = self.start("--connect", f"127.0.0.1:{port}")
        self.assertEqual(p.wait(20), 1)

    def test_stops_at_once(self):
        p, port = self.listening("--access", "open", "--ms", "A4=30000")
        r = self.read(port)
        r.send(AID)
        time.sleep(0.1)
        before = time.monotonic()
        p.terminate()
        self.assertEqual(p.wait(20), 0)
        self.assertLess(time.monotonic() - before, 10)

    def test_a_file_that_is_no_passport(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"\x30\x82")
            f.flush()
            r = subprocess.run([PROGRAM, "--load", f.name, "--listen", "0"], capture_output=True, text=True, timeout=20)
        self.assertEqual(r.returncode, 1)
        self.assertIn(f.name, r.stderr)

    def test_save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            made = os.path.join(folder, "p")
            subprocess.run([PROGRAM, "--save", made, "--aa", "ec:12:SHA256", "--ca", "aes128:12", "--details"], check=True)
            names = set(os.listdir(made))
            self.assertLessEqual({"Datagroup1.bin", "Datagroup2.bin", "Datagroup11.bin", "Datagroup12.bin", "Datagroup14.bin",
                                  "Datagroup15.bin", "EF_COM.bin", "EF_SOD.bin", "DG14_sk.pkcs8", "DG15_sk.pkcs8", "csca.der",
                                  "crl.der", "master-list.ml"}, names)
            _, port = self.listening("--load", made, "--access", "open")
            r = self.read(port)
            self.assertEqual(r.ask(AID), b"\x90\0")
            with open(os.path.join(made, "EF_SOD.bin"), "rb") as f:
                sod = f.read()
            self.assertEqual(r.ask(bytes.fromhex("00B09D00000000")), sod + b"\x90\0")

    def test_trace(self):
        p, port = self.listening("--once", "--trace")
        r = self.read(port)
        r.ask(AID)
        r.close()
        self.assertIn("> " + AID.hex().upper(), p.communicate(timeout=20)[1])

    def test_usage(self):
        for wrong in ([], ["--listen"], ["--listen", "70000"], ["--listen", "0", "more"], ["--listen", "0", "--nothing"],
                      ["--listen", "0", "--pace", "gm:aes128"], ["--listen", "0", "--pace", "gm:aes512:13"],
                      ["--listen", "0", "--fault", "no-such"], ["--listen", "0", "--mrz", "P<UTO"],
                      ["--listen", "0", "--ca", "aes128"], ["--listen", "0", "--aa", "dsa"], ["--listen", "0", "--aa", "rsa:1"],
                      ["--connect", "127.0.0.1"], ["--listen", "0", "--ms", "A4"], ["--listen", "0", "--face-size", "1"],
                      ["--listen", "0", "--access", "all"], ["--listen", "0", "--access", "pace"], ["--listen", "0", "--face-kind", "png"]):
            p = subprocess.run([PROGRAM, *wrong], capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(p.returncode, 2, wrong)
            self.assertIn("--help", p.stderr)
        p = subprocess.run([PROGRAM, "--listen", "0", "--pace", "im:aes128:10", "--can", "1"], capture_output=True, text=True,
                           timeout=20, check=False)
        self.assertEqual(p.returncode, 1)

    def test_lists(self):
        p = subprocess.run([PROGRAM, "--faults"], capture_output=True, text=True, check=True)
        names = [line.split()[0] for line in p.stdout.splitlines()]
        self.assertIn("sm-mac", names)
        self.assertEqual(len(names), len(set(names)))
        p = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True)
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../docs/man/postern-sim-chip.1"),
                  encoding="utf-8") as f:
            page = f.read()
        for line in p.stdout.splitlines():
            if line.startswith("  --"):
                self.assertIn("Fl -" + line.split()[0][2:], page)


if __name__ == "__main__":
    unittest.main()
