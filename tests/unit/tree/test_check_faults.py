#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checker of the page of faults must find each lie that is planted in the page, and nothing in the page as it is.

Usage: test_check_faults.py ROOT COMPILER...
Must never change the real page: the tree is seen through links from a temporary folder.
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_faults  # noqa: E402

# (what stands in the page, what is put in its place, a word of what must be told).
PLANTED = [
    ("walk#entry-obstructed-four-times", "walk#entry-obstructed-five-times", "walk#entry-obstructed-five-times"),
    ("walk1#no-document", "walk1#walk-of-nobody", "walk1#walk-of-nobody"),
    ("hil#wrong way", "hil#right way", "hil#right way"),
    ("hil1#shows no document", "hilR#shows no document", "hilR#shows no document"),
    ("`hil1#shows no document`", "", "\"shows no document\" does not stand"),
    ("hil/run#cut", "hil/run#cut_off", "hil/run#cut_off"),
    ("`hil#left object`", "", "\"left object\" does not stand"),
    ("`hil#normal again`", "`hil#normal crossing`", "\"normal again\" does not stand"),
    ("unit/lane/test_lane.c#test_forced", "unit/lane/test_lane.c#test_unforced", "test_unforced"),
    ("unit/lane/test_lane.c#test_forced", "unit/lane/test_lanes.c#test_forced", "test_lanes.c"),
    ("unit/lane/test_lane.c#test_forced", "unit/lane/test_lane.c#end_of_nothing", "end_of_nothing"),
    ("scenario/post.py#core_dies", "scenario/post.py#core_lives", "core_lives"),
    ("`ANY LEAF_FORCED`", "`IDLE LEAF_FORCED`", "IDLE LEAF_FORCED"),
    ("`DOC_READ TIMEOUT`", "`DOC_READ TIMEOUTS`", "DOC_READ TIMEOUTS"),
    ("| `DOC_LEFT` |", "| `DOC_LOST` |", "the state DOC_LEFT"),
    ("| `DOC_LEFT` |", "| `DOC_LOST` |", "DOC_LOST is no state"),
    ("`hil#officer's button` |", "nothing |", "names no test"),
]


def told(root, compiler, page):
    with tempfile.TemporaryDirectory() as copy:
        for name in ("core", "tests"):
            os.symlink(os.path.join(root, name), os.path.join(copy, name))
        os.mkdir(os.path.join(copy, "docs"))
        with open(os.path.join(copy, check_faults.PAGE), "w", encoding="utf-8") as f:
            f.write(page)
        return check_faults.check(copy, compiler)[0]


def main():
    root, compiler = os.path.realpath(sys.argv[1]), sys.argv[2:]
    page = check_faults.read(root, check_faults.PAGE)
    bad = [f"without a lie: {t}" for t in told(root, compiler, page)]
    for what, instead, word in PLANTED:
        if what not in page:
            bad.append(f"{what} does not stand in the page")
        elif not any(word in t for t in told(root, compiler, page.replace(what, instead))):
            bad.append(f"not told: {what} -> {instead}")
    for b in bad:
        print(b)
    print(f"{len(PLANTED)} lies, {len(bad)} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
