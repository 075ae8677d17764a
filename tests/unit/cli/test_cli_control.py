#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tool against a double of a core: what it shows, what it signs, what it says when nobody answers."""
import os
import subprocess
import tempfile
import unittest

from tool import CORE_DOUBLE, TOOL, parsed, tool

CROSSING = "01JD3Z7A0000000000000000XY"


class Core:
    """One double; what it prints is read until it ends."""
    def __init__(self, run, unit, trust, mode):
        self.process = subprocess.Popen([CORE_DOUBLE, run, unit, trust, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        assert self.process.stdout.readline() == "ready\n"

    def end(self):
        out, _ = self.process.communicate(timeout=20)
        return out


class WithCores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = os.path.join(cls.tmp.name, "pki")
        made = tool("pki", "demo", "--out", cls.pki, "--tenant", "NOR", "--gates", "lane-1", "--officers", "berg,dahl")
        assert made.returncode == 0, made.stderr
        cls.trust = os.path.join(cls.pki, "trust")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def setUp(self):
        self.run_dir = tempfile.mkdtemp(dir=self.tmp.name)
        self.cores = []

    def tearDown(self):
        for c in self.cores:
            if c.process.poll() is None:
                c.end()

    def core(self, unit, mode):
        c = Core(self.run_dir, unit, self.trust, mode)
        self.cores.append(c)
        return c

    def ask(self, *args, **kw):
        return tool(*args, "--run-folder", self.run_dir, **kw)

    def key(self, officer):
        return os.path.join(self.pki, "officers", officer + ".key")


class Control(WithCores):
    def test_status(self):
        self.core("lane-1", "idle")
        self.core("lane-2", "idle")
        got = self.ask("status", "--json")
        self.assertEqual(got.returncode, 0, got.stderr)
        units = parsed(got)
        self.assertEqual([u["unit"] for u in units], ["lane-1", "lane-2"])
        self.assertEqual(units[0]["head_seq"], 18446744073709551615)
        self.assertEqual(units[0]["mode"], "MODE_CONTROLLED")
        self.assertEqual(units[0]["plugins"][0]["kind"], "KIND_READER")
        table = self.ask("status").stdout.splitlines()
        self.assertEqual(len(table), 3)
        self.assertRegex(table[1], r"^lane-1 +gate +1 of 1 +18446744073709551615 +40 +IDLE  TROUBLE uplink\.unreachable$")
        self.assertEqual(len(parsed(self.ask("status", "--json", "--unit", "lane-2"))), 1)

    def test_folder_from_the_environment(self):
        self.core("lane-1", "idle")
        self.assertEqual(tool("status", env={"POSTERN_RUN": self.run_dir}).returncode, 0)

    def test_lanes(self):
        self.core("lane-1", "waiting")
        got = self.ask("lanes")
        self.assertRegex(got.stdout, rf"lane-1 +IDLE +1500 ms +controlled +12 +3  "
                         rf"OFFICER AWAITED: minor \(eligibility.minor\), crossing {CROSSING}")

    def test_plugins(self):
        self.core("lane-1", "idle")
        got = self.ask("plugin", "list")
        self.assertRegex(got.stdout, r"lane-1 +reader +reader-serial +reader +ready +4321 +2 +0\.1\.0 +full")
        self.assertEqual(parsed(self.ask("plugin", "show", "reader", "--json"))[0]["pid"], 4321)
        absent = self.ask("plugin", "show", "nothing")
        self.assertEqual(absent.returncode, 1)
        self.assertIn("no plugin nothing", absent.stderr)

    def test_crossings(self):
        self.core("lane-1", "idle")
        got = self.ask("crossings")
        self.assertEqual(got.returncode, 0, got.stderr)
        lines = got.stdout.splitlines()
        self.assertRegex(lines[0], rf"^00:00:00 lane-1 +verdict +{CROSSING}  refer +minor +UTO P "
                         r"\(eligibility.chip_failed: pa.signer.revocation\)$")
        self.assertRegex(lines[1], rf"^00:00:00 lane-1 +outcome +{CROSSING}  passed$")
        self.assertEqual(len(self.ask("crossings", "--last", "1").stdout.splitlines()), 1)
        self.assertEqual(len(self.ask("crossings", "--json").stdout.splitlines()), 2)

    def test_follow_ends_with_the_core(self):
        core = self.core("lane-1", "idle")
        follower = subprocess.Popen([TOOL, "crossings", "--follow", "--run-folder", self.run_dir],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("verdict", follower.stdout.readline())
        self.assertIn("outcome", follower.stdout.readline())
        core.end()
        _, err = follower.communicate(timeout=20)  # and closes both pipes
        self.assertEqual(follower.returncode, 3)
        self.assertIn("lane-1 has gone", err)

    def test_metrics(self):
        self.core("lane-1", "idle")
        self.assertIn("postern_crossings_total", self.ask("metrics").stdout)

    def decide(self, *args, officer="berg", key="berg", reason="identity.confirmed", what="admit"):
        return self.ask("officer", "decide", "--lane", "lane-1", "--officer", officer, "--key", self.key(key), "--reason", reason,
                        "--decision", what, *args)

    def test_decision_is_signed_and_answers_the_verdict(self):
        core = self.core("lane-1", "waiting")
        for what in ("admit", "refuse", "send-back"):
            got = self.decide("--crossing", CROSSING, what=what)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertEqual(got.stdout, f"{CROSSING}: {what}\n")
        got = parsed(self.decide("--json"))
        self.assertEqual((got["ok"], got["subject"], got["action"]), (True, CROSSING, "admit"))
        told = core.end().splitlines()
        self.assertEqual(told[0], f"decision {CROSSING} berg 1 identity.confirmed life 30000 nonce 16 answers the verdict")
        self.assertIn(" berg 2 ", told[1])
        self.assertIn(" berg 3 ", told[2])

    def test_decision_refused(self):
        core = self.core("lane-1", "waiting")
        for got, status, says in (
                (self.decide("--crossing", "01JD3Z7A0000000000000000ZZ"), 1, f"the crossing in hand is {CROSSING}"),
                (self.decide(key="dahl"), 1, "signature"),
                (self.decide(reason="No Reason!"), 2, "--reason is a code"),
                (self.decide(reason="x"), 2, "--reason is a code"),
                (self.decide(what="perhaps"), 2, "--decision is admit"),
                (self.ask("officer", "decide", "--lane", "lane-1", "--officer", "berg", "--key",
                          os.path.join(self.trust, "ack.pub"), "--reason", "ab", "--decision", "admit"), 2, "private key"),
                (self.ask("officer", "decide", "--lane", "lane-9", "--officer", "berg", "--key", self.key("berg"), "--reason", "ab",
                          "--decision", "admit"), 3, "no unit 'lane-9'")):
            self.assertEqual(got.returncode, status, got.stderr)
            self.assertIn(says, got.stderr)
        self.assertEqual(core.end(), "")

    def test_nobody_waits(self):
        self.core("lane-1", "idle")
        got = self.decide()
        self.assertEqual(got.returncode, 1)
        self.assertIn("nobody waits", got.stderr)

    def test_lane_commands(self):
        core = self.core("lane-1", "idle")
        for command in ("assist", "end-assist", "out-of-service", "resume", "duty-on", "duty-off"):
            got = self.ask("lane", command, "--lane", "lane-1", "--officer", "berg")
            self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(self.ask("lane", "assist", "--lane", "lane-1", "--officer", "nobody").returncode, 1)
        self.assertEqual(core.end().splitlines()[:2], ["lane assist berg", "lane end-assist berg"])

    def test_no_daemon(self):
        for args in (("status",), ("lanes",), ("crossings",), ("plugin", "list"), ("metrics",)):
            got = self.ask(*args)
            self.assertEqual(got.returncode, 3)
            self.assertIn("is posternd running", got.stderr)

    def test_socket_left_behind(self):
        self.core("lane-1", "idle").process.kill()
        self.cores[0].process.communicate(timeout=20)
        self.assertEqual(self.ask("status").returncode, 3)

    def test_one_of_two_is_mute(self):
        self.core("lane-1", "idle")
        self.core("lane-2", "mute")
        got = self.ask("status")
        self.assertEqual(got.returncode, 3)
        self.assertIn("lane-1", got.stdout)
        self.assertIn("unit lane-2 does not answer", got.stderr)
        self.assertEqual(self.ask("crossings").returncode, 3)

    def test_garbage(self):
        self.core("lane-1", "garbage")
        for args in (("status",), ("crossings",), ("metrics",)):
            self.assertEqual(self.ask(*args).returncode, 3)


if __name__ == "__main__":
    unittest.main()
