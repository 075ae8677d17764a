#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern stay`: the published cases of Article 6 of Regulation (EU) 2016/399, and a count by sets of dates made here."""
import datetime
import random
import unittest

from tool import parsed, tool

DAY = datetime.timedelta(days=1)


def stay(history, at, *args):
    return tool("stay", "--json", "--history", history, "--at", at, *args)


def by_sets(stays, at, limit):
    """(used on `at`, last day of a stay that begins on `at`), counted day by day."""
    days = set()
    for a, b in stays:
        while a <= b:
            days.add(a)
            a += DAY
    used = sum(1 for d in days if at - 179 * DAY <= d <= at)
    day = at
    while sum(1 for d in days | {at + i * DAY for i in range((day - at).days + 1)} if day - 179 * DAY <= d <= day) <= limit:
        day += DAY
        if day - at > 400 * DAY:
            break
    return used, day - DAY


class Stay(unittest.TestCase):
    def expect(self, history, at, last=None, used=None, window=None):
        got = stay(history, at)
        r = parsed(got)
        self.assertEqual(got.returncode, 0 if r["may_enter"] else 1)
        if last is not None:
            self.assertEqual(r["last_day"], last)
        if used is not None:
            self.assertEqual((r["used_days"], r["remaining_days"]), (used, 90 - used))
        if window is not None:
            self.assertEqual(r["window_from"], window)

    def test_cases(self):
        self.expect("", "2026-01-01", last="2026-03-31")
        self.expect("2026-01-01..2026-03-30", "2026-04-10", last="2026-04-10")
        self.expect("2026-01-01..2026-03-31", "2026-06-30", last="2026-09-27")
        self.expect("2026-01-01..2026-02-14", "2026-06-01", last="2026-08-29")
        self.expect("2024-01-01..2024-01-10,2024-03-01..2024-03-20", "2024-06-01", used=30, window="2023-12-05")
        self.expect("2026-05-05..2026-05-05,2026-05-05..2026-05-06", "2026-05-06", used=2)
        self.expect("2024-02-28..2024-03-01", "2024-03-01", used=3)

    def test_refused(self):
        got = stay("2026-01-01..2026-03-31", "2026-06-29")
        self.assertEqual(got.returncode, 1)
        self.assertEqual((parsed(got)["may_enter"], parsed(got)["last_day"]), (False, None))

    def test_against_sets(self):
        rng = random.Random(90180)
        for _ in range(60):
            at = datetime.date(2024, 1, 1) + DAY * rng.randrange(800)
            stays, day = [], at - 400 * DAY
            while True:
                day += DAY * rng.randrange(1, 80)
                end = day + DAY * rng.randrange(0, 50)
                if end >= at:
                    break
                stays.append((day, end))
                day = end
            limit = rng.choice((30, 90))
            used, last = by_sets(stays, at, limit)
            r = parsed(stay(",".join(f"{a}..{b}" for a, b in stays), str(at), "--limit", str(limit)))
            self.assertEqual(r["used_days"], used, (stays, at))
            if last - at > 390 * DAY:
                continue
            self.assertEqual(r["last_day"], str(last) if last >= at else None, (stays, at, limit))

    def test_mistakes(self):
        for history, at in (("2026-01-01", "2026-02-01"), ("2026-01-01..2025-12-31", "2026-02-01"), ("x..y", "2026-02-01"),
                            ("2026-01-01..2026-01-02,", "2026-02-01"), ("2026-02-30..2026-03-02", "2026-04-01"),
                            ("", "2026-13-01"), ("", "yesterday")):
            self.assertEqual(stay(history, at).returncode, 2, (history, at))


if __name__ == "__main__":
    unittest.main()
