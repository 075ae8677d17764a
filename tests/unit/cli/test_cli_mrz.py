#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern mrz` on the specimens of Doc 9303: fields and check results are typed in from the documents."""
import os
import tempfile
import unittest

from tool import parsed, tool

# Doc 9303 part 4 appendix B, part 5 appendix B, part 6 appendix B (Utopia specimens)
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6\n"


def by_check(zone):
    return {c["check"]: c for c in zone["checks"]}


class Mrz(unittest.TestCase):
    def test_three_specimens(self):
        got = tool("mrz", "--json", "--at", "2012-04-15", "-", stdin=TD3 + "\n" + TD1 + "\n\n" + TD2)
        self.assertEqual(got.returncode, 0, got.stderr)
        zones = parsed(got)
        self.assertEqual([z["format"] for z in zones], ["TD3", "TD1", "TD2"])
        self.assertEqual([z["line"] for z in zones], [1, 4, 9])
        for z, number in zip(zones, ("L898902C3", "D23145890", "D23145890")):
            f = z["fields"]
            self.assertEqual((f["surname"], f["given_names"], f["number"]), ("ERIKSSON", "ANNA MARIA", number))
            self.assertEqual(f["birth_date"], {"year": 1974, "month": 8, "day": 12})
            self.assertEqual(f["expiry_date"], {"year": 2012, "month": 4, "day": 15})
            self.assertEqual((f["age_years"], f["days_to_expiry"], f["sex"]), (37, 0, "F"))
            self.assertEqual(by_check(z)["document.validity"]["result"], "successful")  # the last valid day
            for name in ("document_number", "birth_date", "expiry_date", "composite"):
                self.assertEqual(by_check(z)["mrz.check_digit." + name]["result"], "successful")

    def test_a_wrong_digit_is_named(self):
        got = tool("mrz", "--json", "--at", "2010-01-01", "-", stdin=TD3.replace("7408122F", "7408123F"))
        self.assertEqual(got.returncode, 1)
        c = by_check(parsed(got)[0])["mrz.check_digit.birth_date"]
        self.assertEqual((c["result"], c["line"], c["column"], c["expected"], c["found"]), ("failed", 2, 20, "2", "3"))
        table = tool("mrz", "--at", "2010-01-01", "-", stdin=TD3.replace("7408122F", "7408123F"))
        self.assertEqual(table.returncode, 1)
        self.assertRegex(table.stdout, r"mrz\.check_digit\.birth_date +failed +2:20 +3, expected 2")

    def test_expired(self):
        got = tool("mrz", "--at", "2012-04-16", "-", stdin=TD2)
        self.assertEqual(got.returncode, 1)
        self.assertRegex(got.stdout, r"document\.validity +failed")
        self.assertRegex(got.stdout, r"days to expiry +-1 days")

    def test_one_bad_among_good_is_a_finding(self):
        self.assertEqual(tool("mrz", "--at", "2010-01-01", "-", stdin=TD3 + "\n" + TD1).returncode, 0)
        self.assertEqual(tool("mrz", "--at", "2010-01-01", "-", stdin=TD3 + "\nnonsense\n\n" + TD1).returncode, 1)

    def test_file_and_standard_input_say_the_same(self):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "zones")
            with open(path, "w", encoding="ascii", newline="") as f:
                f.write(TD1.replace("\n", "\r\n"))
            self.assertEqual(tool("mrz", "--at", "2010-01-01", path).stdout, tool("mrz", "--at", "2010-01-01", "-", stdin=TD1).stdout)

    def test_nothing_to_check(self):
        self.assertEqual(tool("mrz", "-", stdin="\n\n").returncode, 2)
        self.assertEqual(tool("mrz", "/no/such/file").returncode, 3)

    def test_hostile_bytes_stay_inside_json(self):
        got = tool("mrz", "--json", "-", stdin='P<UTO"\\\x01\x1b[31m</script>\nL8\n')
        self.assertEqual(got.returncode, 1)
        self.assertNotIn("\x1b", got.stdout)
        self.assertEqual(parsed(got)[0]["format"], "unknown")
        self.assertNotIn("\x1b", tool("mrz", "-", stdin="P<UTO\x1b[31m\nL8\n").stdout)


if __name__ == "__main__":
    unittest.main()
