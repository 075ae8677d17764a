#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern journal` on a journal written by core/journal and then tampered with by Python's own SQLite.

Must never take postern's word for what a clean journal is: the chain is also computed here, by base/chain.h's text.
"""
import hashlib
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import unittest

from tool import MAKE_JOURNAL, parsed, tool

RECORDS = 30


class Journal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        pki = os.path.join(cls.tmp.name, "pki")
        made = tool("pki", "demo", "--out", pki, "--tenant", "NOR", "--gates", "lane-1")
        assert made.returncode == 0, made.stderr
        cls.vault = pki
        cls.clean = os.path.join(cls.tmp.name, "clean")
        os.mkdir(cls.clean)
        subprocess.run([MAKE_JOURNAL, cls.clean, str(RECORDS), os.path.join(pki, "trust")], check=True, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def setUp(self):
        self.dir = os.path.join(self.tmp.name, self.id())
        shutil.copytree(self.clean, self.dir)
        self.path = os.path.join(self.dir, "journal.db")

    def verify(self, *args):
        return tool("journal", "verify", *args, "--key", os.path.join(self.dir, "checkpoint.key.pub"), self.path)

    def tamper(self, *statements):
        """As somebody with the disk would: past the triggers, which are put back."""
        db = sqlite3.connect(self.path, isolation_level=None)
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        for s in statements:
            self.assertGreater(db.execute(s).rowcount, 0, s)
        for _, sql in triggers:
            db.execute(sql)
        db.close()

    def test_clean(self):
        got = self.verify()
        self.assertEqual(got.returncode, 0, got.stdout)
        self.assertIn("nothing found", got.stdout)
        self.assertIn("good signatures", got.stdout)
        summary = parsed(self.verify("--json"))
        self.assertEqual((summary["records"], summary["sealed"], summary["findings"]), (RECORDS, RECORDS // 3, []))
        self.assertTrue(summary["signatures_checked"])
        without = tool("journal", "verify", self.path)
        self.assertEqual(without.returncode, 0)
        self.assertIn("NOT checked", without.stdout)

    def test_faces(self):
        first, second = "01JD3Z7A000000000000000001", "01JD3Z7A000000000000000002"
        listed = parsed(tool("journal", "faces", "--json", self.path))
        self.assertEqual([(e["crossing_id"], e["opened"]) for e in listed], [(first, False), (second, False)])
        keys = [os.path.join(at, f) for at, _, files in os.walk(self.vault) for f in files if f.endswith("seal.key")]
        self.assertEqual(len(keys), 2, keys)
        for n, key in enumerate(keys):
            out = os.path.join(self.dir, f"out{n}")
            os.mkdir(out)
            got = tool("journal", "faces", "--key", key, "--out", out, "--crossing", first, self.path)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertEqual(sorted(os.listdir(out)), [first + "-chip.jp2", first + "-live.jpg", first + "-printed.jpg"])
            with open(os.path.join(out, first + "-live.jpg"), "rb") as f:
                self.assertEqual(f.read(), b"a live face")
            with open(os.path.join(out, first + "-printed.jpg"), "rb") as f:
                self.assertEqual(f.read(), b"a printed face")
            self.assertEqual(os.stat(f.name).st_mode & 0o777, 0o600)
            # Never over another file, and no name of a stranger's.
            self.assertEqual(tool("journal", "faces", "--key", key, "--out", out, "--crossing", first, self.path).returncode, 3)
            got = tool("journal", "faces", "--key", key, "--out", out, "--crossing", second, self.path)
            self.assertEqual(got.returncode, 1, got.stderr)
            self.assertEqual(len(os.listdir(out)), 3)
            self.assertNotIn("live", os.listdir(self.dir))
        out = os.path.join(self.dir, "none")
        os.mkdir(out)
        other = tool("journal", "faces", "--key", os.path.join(self.dir, "checkpoint.key"), "--out", out, self.path)
        self.assertEqual((other.returncode, os.listdir(out)), (1, []))
        self.assertEqual(tool("journal", "faces", "--key", keys[0], self.path).returncode, 2)
        # A row with another's name is found out.
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute("UPDATE face SET crossing_id = ? WHERE crossing_id = ?", (second[:-1] + "9", first))
        db.close()
        got = tool("journal", "faces", "--key", keys[0], "--out", out, "--crossing", second[:-1] + "9", self.path)
        self.assertEqual((got.returncode, os.listdir(out)), (1, []))

    def test_chain_by_another_hand(self):
        rows = parsed(tool("journal", "show", "--json", self.path))
        previous = bytes(32)
        db = sqlite3.connect(self.path)
        clears = [bytes(r[0]) for r in db.execute("SELECT clear FROM journal ORDER BY epoch, seq")]
        db.close()
        self.assertEqual(len(rows), RECORDS)
        for row, clear in zip(rows, clears):
            self.assertEqual(bytes.fromhex(row["previous"]), previous)
            h = hashlib.sha256(b"postern journal record v1\n" + struct.pack(">QQ", row["epoch"], row["seq"]) +
                               struct.pack(">I", 3) + b"NOR" + struct.pack(">I", 6) + b"lane-1" + previous +
                               hashlib.sha256(clear).digest() + bytes.fromhex(row["sealed_hash"])).digest()
            self.assertEqual(row["hash"], h.hex())
            previous = h
        self.assertIn(previous.hex(), self.verify().stdout)

    def finds(self, kind, seq):
        got = self.verify()
        self.assertEqual(got.returncode, 1, got.stdout)
        self.assertRegex(got.stdout, rf"(?m)^{kind} +1:{seq}\b")
        found = parsed(self.verify("--json"))["findings"]
        self.assertIn((kind, seq), [(f["kind"], f["seq"]) for f in found])

    def test_altered(self):
        self.tamper("UPDATE journal SET wall_ms = wall_ms + 1 WHERE seq = 7")
        self.finds("altered", 7)

    def test_sealed_altered(self):
        self.tamper("UPDATE journal SET sealed = zeroblob(length(sealed)) WHERE seq = 10")
        self.finds("altered", 10)

    def test_removed(self):
        self.tamper("DELETE FROM journal WHERE seq = 12")
        self.finds("missing", 12)

    def test_reordered(self):
        self.tamper("UPDATE journal SET seq = -1 WHERE seq = 8", "UPDATE journal SET seq = 8 WHERE seq = 9",
                    "UPDATE journal SET seq = 9 WHERE seq = -1")
        self.finds("reordered", 8)

    def test_cut_tail(self):
        self.tamper("DELETE FROM journal WHERE seq > 20")
        self.finds("truncated", 20)

    def test_head_that_the_centre_knows(self):
        last = parsed(tool("journal", "show", "--json", "--last", "1", self.path))[0]
        self.assertEqual(self.verify("--head", f"1:{last['seq']}:{last['hash']}").returncode, 0)
        self.assertEqual(self.verify("--head", f"1:{last['seq'] + 5}:{last['hash']}").returncode, 1)
        self.assertEqual(self.verify("--head", f"1:{last['seq']}:{'00' * 32}").returncode, 1)
        self.assertEqual(self.verify("--head", "nonsense").returncode, 2)

    def test_show_selects(self):
        rows = parsed(tool("journal", "show", "--json", "--from", "4", "--to", "1:9", self.path))
        self.assertEqual([r["seq"] for r in rows], [4, 5, 6, 7, 8, 9])
        rows = parsed(tool("journal", "show", "--json", "--kind", "decision", self.path))
        self.assertEqual({r["record"]["kind"] for r in rows}, {"RECORD_DECISION"})
        self.assertEqual((len(rows), rows[0]["record"]["reason_code"]), (RECORDS // 3, "identity.confirmed"))
        rows = parsed(tool("journal", "show", "--json", "--last", "2", self.path))
        self.assertEqual([r["seq"] for r in rows], [RECORDS, RECORDS - 1])
        rows = parsed(tool("journal", "show", "--json", "--crossing", "01JD3Z7A000000000000000002", self.path))
        self.assertEqual([r["seq"] for r in rows], [4, 5, 6])

    def test_table(self):
        got = tool("journal", "show", "--to", "3", self.path)
        self.assertEqual(got.returncode, 0)
        lines = got.stdout.splitlines()
        self.assertRegex(lines[1], r"^1:1 +2026-01-01T00:00:00\.000Z verdict +01JD3Z7A000000000000000001 +sealed +- +refer minor UTO P$")
        self.assertRegex(lines[2], r"^1:2 +2026-01-01T00:00:01\.000Z decision .* admit by berg: identity\.confirmed$")
        self.assertRegex(lines[3], r"^1:3 +2026-01-01T00:00:02\.000Z outcome .* passed$")
        self.assertEqual(lines[4], "3 records")

    def test_export(self):
        got = tool("journal", "export", self.path)
        self.assertEqual(got.returncode, 0)
        lines = [json.loads(l) for l in got.stdout.splitlines()]
        self.assertEqual([l["seq"] for l in lines], list(range(1, RECORDS + 1)))

    def test_not_a_journal(self):
        other = os.path.join(self.dir, "other")
        with open(other, "w", encoding="ascii") as f:
            f.write("not a database, but long enough to be looked at" * 40)
        for verb in ("show", "verify", "export"):
            self.assertNotEqual(tool("journal", verb, other).returncode, 0)
            self.assertEqual(tool("journal", verb, os.path.join(self.dir, "absent")).returncode, 3)


if __name__ == "__main__":
    unittest.main()
