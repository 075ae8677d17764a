#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rates, DET points and the accuracy over folds, of scores that are drawn here, against the same counted here by hand: each threshold tried
one after the other, and statistics.stdev. Must never take a figure of the tool's own for expected."""
import math
import random
import statistics
import subprocess
import sys
import unittest

COUNT = sys.argv.pop()
NONE = -math.inf


def said(pairs, folds):
    text = "".join(f"{f} {int(g)} {'none' if s == NONE else f'{s:.5f}'}\n" for f, g, s in pairs)
    lines = subprocess.run([COUNT, str(folds)], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    return [[float(w) for w in line.split()] for line in lines[:-1]], None if lines[-1] == "none" else [float(w) for w in lines[-1].split()]


def share(pairs, threshold):
    return sum((s >= threshold) == g for _, g, s in pairs) / len(pairs)


def accuracy(pairs, folds):
    shares = []
    for k in range(folds):
        others = [p for p in pairs if p[0] != k]
        tried = sorted({s for _, _, s in others if s != NONE}) + [math.inf]
        best = max(share(others, t) for t in tried)
        shares.append(share([p for p in pairs if p[0] == k], min(t for t in tried if share(others, t) == best)))
    return statistics.mean(shares), statistics.stdev(shares) / math.sqrt(folds)


def drawn(seed, folds, each, genuine=(0.62, 0.11), impostor=(0.30, 0.09), without=0.0, step=1):
    """In the middle of the tool's bins of a ten-thousandth; step: coarser, so that many are equal."""
    r = random.Random(seed)
    out = []
    for fold in range(folds):
        for is_genuine in [True] * each + [False] * each:
            at = r.gauss(*(genuine if is_genuine else impostor))
            score = NONE if r.random() < without else (math.floor(at * 10000 / step) * step + 0.5) / 10000
            out.append((fold, is_genuine, score))
    return out


class Rates(unittest.TestCase):
    def rates_are(self, pairs):
        points, _ = said(pairs, 0)
        genuine, impostor = [s for _, g, s in pairs if g], [s for _, g, s in pairs if not g]
        for wanted, (there, fmr, fnmr, threshold) in zip((0.01, 0.001, 0.0001), points, strict=True):
            self.assertEqual(there, float(wanted * len(impostor) >= 1))
            if not there:
                continue
            # A bin's lower edge is the threshold; the lowest of them all with few enough false matches.
            self.assertEqual(fmr, round(sum(s >= threshold for s in impostor) / len(impostor), 12))
            self.assertEqual(fnmr, round(sum(s < threshold for s in genuine) / len(genuine), 12))
            self.assertLessEqual(fmr, wanted)
            self.assertGreater(sum(s >= threshold - 0.0001 for s in impostor) / len(impostor), wanted)

    def test_rates(self):
        self.rates_are(drawn(1, 1, 12000))
        self.rates_are(drawn(2, 1, 10000, without=0.02))
        self.rates_are(drawn(3, 1, 3000, step=100))  # many equal ones
        self.rates_are(drawn(4, 1, 500))             # too few for the third

    def test_every_impostor_matches(self):
        # Half of the impostors are as alike as can be: no threshold but one that nothing reaches keeps below one in a hundred.
        pairs = [(0, True, 0.50005)] * 100 + [(0, False, 0.99995)] * 100 + [(0, False, 0.10005)] * 100
        points, _ = said(pairs, 0)
        self.assertEqual(points[0][:3], [1, 0, 1])

    def test_folds(self):
        for seed, folds, each, more in ((5, 10, 60, {}), (6, 10, 30, {"step": 100}), (7, 3, 50, {"without": 0.1}), (8, 2, 5, {}),
                                        (9, 10, 20, {"genuine": (0.3, 0.1), "impostor": (0.4, 0.1)})):
            pairs = drawn(seed, folds, each, **more)
            mean, error = accuracy(pairs, folds)
            _, got = said(pairs, folds)
            self.assertAlmostEqual(got[0], mean, 10, f"seed {seed}")
            self.assertAlmostEqual(got[1], error, 10, f"seed {seed}")

    def test_a_fold_has_no_say_in_its_own_threshold(self):
        # The other fold's scores say 0.6; 0.55, which would tell all of this one right, stands in this one alone.
        pairs = [(0, True, 0.60005), (0, True, 0.60005), (0, False, 0.20005), (0, False, 0.20005),
                 (1, True, 0.55005), (1, True, 0.55005), (1, False, 0.20005), (1, False, 0.20005)]
        # Fold 0 by 0.55: all right. Fold 1 by 0.60: half.
        _, got = said(pairs, 2)
        self.assertAlmostEqual(got[0], 0.75, 12)

    def test_without_a_face(self):
        # Never told right where it is one person, never wrong where it is two.
        pairs = [(f, g, NONE) for f in range(2) for g in (True, False)]
        self.assertEqual(said(pairs, 2)[1], [0.5, 0])

    def test_no_folds(self):
        pairs = drawn(1, 2, 10)
        for folds in (0, 1, 3, 1000):
            self.assertIsNone(said(pairs, folds)[1], folds)


if __name__ == "__main__":
    unittest.main()
