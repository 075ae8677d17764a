#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern face`: photographs of the pinned package (MIT) compared, and rates over so few pairs that they are counted by hand. Exit status 77
where the build could not have the models. Must never take a score of the tool's own for expected."""
import os
import sys
import tempfile
import unittest

MODELS = sys.argv.pop()

from tool import parsed, tool  # noqa: E402

SAMPLES = os.path.join(MODELS, "samples")


def sample(n):
    return os.path.join(SAMPLES, f"sample{n}.jpg")


def lay(folder, people):
    """{"ann": [1, 1]}: ann/ann_0001.jpg and ann/ann_0002.jpg are both sample1.jpg."""
    for name, numbers in people.items():
        os.mkdir(os.path.join(folder, name))
        for i, n in enumerate(numbers, 1):
            os.symlink(sample(n), os.path.join(folder, name, f"{name}_{i:04}.jpg"))


class Face(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def verify(self, *args):
        return tool("face", "verify", "--json", "--model", MODELS, *args, timeout=120)

    def evaluate(self, *args):
        r = tool("face", "eval", "--json", "--model", MODELS, "--dir", self.folder.name, *args, timeout=120)
        self.assertEqual(r.returncode, 0, r.stderr)
        return parsed(r)

    def black(self):
        path = os.path.join(self.folder.name, "black.pgm")
        with open(path, "wb") as f:
            f.write(b"P5\n64 48\n255\n" + bytes(64 * 48))
        return path

    def test_verify(self):
        same = self.verify(sample(1), sample(1), sample(1), sample(1))
        got = parsed(same)
        self.assertEqual((same.returncode, got["result"], got["score_permille"]), (0, "match", 1000))
        self.assertEqual(len(got["pictures"]), 4)
        self.assertEqual([p["faces"] for p in got["pictures"]], [3] * 4)
        self.assertIn("several_faces", got["pictures"][0]["faults"])
        self.assertIsNone(got["pictures"][0]["eyes_open_permille"])
        self.assertIn("ORL", got["measured_on"])
        other = self.verify(sample(1), sample(2))
        self.assertEqual((other.returncode, parsed(other)["result"]), (1, "no match"))

    def test_without_a_face_or_a_threshold(self):
        none = self.verify(sample(1), self.black())
        got = parsed(none)
        self.assertEqual((none.returncode, got["result"], got["score_permille"]), (1, "undetermined", None))
        self.assertEqual(got["pictures"][1]["faults"], "no_face")
        # Nobody measured a threshold for one in a million: alike as can be, and yet no match.
        rare = self.verify("--fmr", "0.000001", sample(1), sample(1))
        self.assertEqual((rare.returncode, parsed(rare)["result"]), (1, "undetermined"))
        self.assertNotIn("threshold_permille", parsed(rare))

    def test_usage(self):
        for args in (["--fmr", "0"], ["--fmr", "1"], ["--fmr", "nan"], ["--fmr", "0.1x"]):
            self.assertEqual(self.verify(*args, sample(1), sample(1)).returncode, 2)
        self.assertEqual(self.verify(sample(1), __file__).returncode, 2)
        self.assertEqual(self.verify(sample(1), sample(9)).returncode, 3)
        self.assertEqual(tool("face", "verify", "--model", self.folder.name, sample(1), sample(1)).returncode, 3)
        with open(sample(1), "rb") as f:
            cut = f.read()[:-5000]
        path = os.path.join(self.folder.name, "cut.jpg")
        with open(path, "wb") as f:
            f.write(cut)
        self.assertEqual(self.verify(sample(1), path).returncode, 2)

    def test_model_that_was_changed(self):
        for name in os.listdir(MODELS):
            if name not in ("samples", "facemesh.net"):
                os.symlink(os.path.join(MODELS, name), os.path.join(self.folder.name, name))
        with open(os.path.join(MODELS, "facemesh.net"), "rb") as f:
            changed = bytearray(f.read())
        changed[-1] ^= 1
        with open(os.path.join(self.folder.name, "facemesh.net"), "wb") as f:
            f.write(changed)
        r = tool("face", "verify", "--model", self.folder.name, sample(1), sample(1))
        self.assertEqual(r.returncode, 2)
        self.assertIn("facemesh.net", r.stderr)

    def test_every_pair(self):
        lay(self.folder.name, {"s1": [1, 1], "s2": [2, 2], "s3": [3, 3]})
        self.black()  # beside the folders, as ORL's README: no person
        got = self.evaluate()
        # Six pictures: 15 pairs, 3 of them of one person. All twelve others are of two people.
        self.assertEqual((got["pictures"], got["without_face"], got["genuine_pairs"], got["impostor_pairs"]), (6, 0, 3, 12))
        self.assertEqual([(p["fmr_at_most_millionths"], p["fnmr_millionths"]) for p in got["det"]], [(100000, 0)])
        self.assertLessEqual(got["det"][0]["fmr_millionths"], 100000)

    def test_false_matches_cost(self):
        # s1's picture is among s2's: two of 19 impostor pairs are alike as can be, and one in ten is 1.9 of them. No threshold but one
        # that nothing reaches keeps below it, so that every genuine pair fails.
        lay(self.folder.name, {"s1": [1, 1], "s2": [1, 2], "s3": [3], "s4": [4], "s5": [5]})
        got = self.evaluate()
        self.assertEqual((got["genuine_pairs"], got["impostor_pairs"]), (2, 19))
        self.assertEqual([(p["fmr_millionths"], p["fnmr_millionths"]) for p in got["det"]], [(0, 1000000), (0, 1000000)][:len(got["det"])])

    def test_faceless_pictures_match_nothing(self):
        lay(self.folder.name, {"s1": [1, 1], "s2": [2], "s3": [3], "s4": [4], "s5": [5]})
        os.rename(self.black(), os.path.join(self.folder.name, "s1", "z.pgm"))
        got = self.evaluate()
        # Three pictures of s1 are three pairs, two of them with the black one.
        self.assertEqual((got["without_face"], got["genuine_pairs"]), (1, 3))
        self.assertEqual(got["det"][0]["fnmr_millionths"], 666667)

    def listed(self, text, *args):
        path = os.path.join(self.folder.name, "pairs.txt")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return tool("face", "eval", "--json", "--model", MODELS, "--dir", self.folder.name, "--pairs", path, *args, timeout=120)

    def test_listed_pairs(self):
        lay(self.folder.name, {"ann": [1, 1], "bob": [2, 5]})
        for head in ("", "13\n"):  # a list without folds says how many there are, or nothing
            r = self.listed(head + "ann\t1\t2\n" + "ann\t1\tbob\t1\n" * 12 + "\n")
            self.assertEqual(r.returncode, 0, r.stderr)
            got = parsed(r)
            self.assertEqual((got["pictures"], got["genuine_pairs"], got["impostor_pairs"]), (3, 1, 12))
            self.assertEqual(got["det"][0]["fnmr_millionths"], 0)
            self.assertNotIn("accuracy", got)
        # No line is passed over.
        for line in ("ann\t1\tx", "ann\t1\tbob\t1\t2", "ann\t3\t1", "ann\t1", "ann", "1\t1\nann\t1", "1\t1\n2\t2"):
            self.assertIn(self.listed(line + "\n").returncode, (2, 3), line)

    def test_folds(self):
        lay(self.folder.name, {"ann": [1, 1], "bob": [2, 2], "eve": [1]})
        right, wrong = "ann\t1\t2\nann\t1\tbob\t1\n", "bob\t1\t2\nann\t1\teve\t1\n"
        got = parsed(self.listed("3\t1\n" + 3 * right))
        self.assertEqual(got["accuracy"], {"folds": 3, "mean_millionths": 1000000, "standard_error_millionths": 0})
        # In the third fold two names have one picture, as alike as can be: half of that fold is told right, whatever the threshold.
        # 1, 1 and 0.5: mean 5/6, standard deviation 0.288675, standard error 0.166667.
        got = parsed(self.listed("3\t1\n" + 2 * right + wrong))
        self.assertEqual(got["accuracy"], {"folds": 3, "mean_millionths": 833333, "standard_error_millionths": 166667})
        text = tool("face", "eval", "--model", MODELS, "--dir", self.folder.name, "--pairs", os.path.join(self.folder.name, "pairs.txt"))
        self.assertIn("accuracy   0.83333, standard error 0.16667, over 3 folds\n", text.stdout)
        for pairs in (2 * right, 4 * right):
            self.assertEqual(self.listed("3\t1\n" + pairs).returncode, 2)


if __name__ == "__main__":
    if os.path.exists(os.path.join(MODELS, "missing.txt")):
        print("skipped: no models")
        sys.exit(77)
    unittest.main()
