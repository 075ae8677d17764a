#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern lists import|diff|activate|status|dismiss`: from a publisher's file to a list in a gate's folder, and all that must be refused."""
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from tool import SOURCE, TOOL, parsed, tool

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<CONSOLIDATED_LIST>\n<INDIVIDUALS>\n'
TAIL = "</INDIVIDUALS>\n</CONSOLIDATED_LIST>\n"


def individual(ref, first, second, year, alias=None, passport=None):
    """The shape is that of un.org/sc/resources/sc-sanctions.xsd; the people are invented."""
    more = f"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{alias}</ALIAS_NAME></INDIVIDUAL_ALIAS>" if alias else ""
    if passport:
        more += ("<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT>"
                 f"<NUMBER>{passport}</NUMBER><ISSUING_COUNTRY>Norway</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>")
    return (f"<INDIVIDUAL><FIRST_NAME>{first}</FIRST_NAME><SECOND_NAME>{second}</SECOND_NAME>"
            f"<REFERENCE_NUMBER>{ref}</REFERENCE_NUMBER>{more}<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE>"
            f"<YEAR>{year}</YEAR></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL>\n")


class Lists(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = os.path.join(cls.tmp.name, "pki")
        assert tool("pki", "demo", "--out", cls.pki, "--tenant", "NOR", "--gates", "a").returncode == 0
        cls.trust = os.path.join(cls.pki, "trust")
        cls.key = os.path.join(cls.pki, "signing", "lists.key")

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def setUp(self):
        self.dir = tempfile.mkdtemp(dir=self.tmp.name)
        self.folder = self.path("lists")
        os.mkdir(self.folder)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as f:
            return f.read()

    def run_import(self, *files, form="un", out="list.csv", more=()):
        return tool("lists", "import", "--format", form, "--issuer", "un", "--purpose", "border", "--out", self.path(out), *more, *files)

    def make(self, out, version, *people):
        got = self.run_import(self.write(out + ".xml", HEAD + "".join(people) + TAIL), out=out, more=("--version", str(version)))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertEqual(tool("lists", "sign", self.path(out), "--key", self.key).returncode, 0)
        return self.path(out)

    def place(self, path, *more):
        return tool("lists", "activate", path, "--folder", self.folder, "--trust", self.trust, *more)

    def status(self, *more):
        got = tool("lists", "status", "--folder", self.folder, "--trust", self.trust, "--json", *more)
        return got.returncode, parsed(got)

    def dismiss(self, entry, *more, number="X1234567", until=None, issuer="NOR", key=None):
        until = until or time.strftime("%Y-%m-%d", time.gmtime(time.time() + 90 * 86400))
        return tool("lists", "dismiss", "--folder", self.folder, "--trust", self.trust, "--key", key or self.key, "--entry", entry,
                    "--document-issuer", issuer, "--number", number, "--officer", "berg", "--until", until, *more)

    def test_import(self):
        source = self.write("un.xml", HEAD + individual("A.1", "ANN", "TESTI", 1970) + individual("A.2", "李", "伟", 1971) + TAIL)
        got = self.run_import(source, more=("--version", "7", "--expires-days", "2"))
        # the second is refused by line, without a word of his name
        self.assertEqual((got.returncode, got.stderr), (1, f"{source}:5: no name in letters that are known, of a length that fits\n"))
        lines = self.read("list.csv").splitlines()
        self.assertRegex(lines[0], r"^# list=un version=7 issued=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ expires=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(lines[2:], ["un:A.1,person,,,,TESTI,ANN,,1970-00-00,,,un,border,,,"])
        self.assertFalse(os.path.exists(self.path("list.csv.new")))
        os.unlink(self.path("list.csv"))
        self.assertEqual(self.run_import(source, more=("--strict",)).returncode, 1)
        self.assertFalse(os.path.exists(self.path("list.csv")))
        got = self.run_import(source, more=("--details", "--json"))
        self.assertIn(f"{source}:5: left out: a name in letters that are not known", got.stderr)
        self.assertEqual((parsed(got)["entries"], parsed(got)["refused"]), (1, 1))

    def test_import_fails(self):
        good = self.write("good.xml", HEAD + individual("A.1", "ANN", "TESTI", 1970) + TAIL)
        cut = self.write("cut.xml", HEAD + individual("A.1", "ANN", "TESTI", 1970))
        empty = self.write("empty.xml", HEAD + TAIL)
        bomb = self.write("bomb.xml", '<!DOCTYPE x [<!ENTITY a "a">]>\n' + HEAD.split("\n", 1)[1] + TAIL)
        for files in ((cut,), (good, cut), (empty,), (bomb,)):
            self.assertEqual(self.run_import(*files).returncode, 2, files)
            self.assertEqual([n for n in os.listdir(self.dir) if n.startswith("list.csv")], [], files)
        self.assertEqual(self.run_import(self.path("absent")).returncode, 3)
        self.assertEqual(self.run_import(good, form="xls").returncode, 2)
        self.assertEqual(self.run_import(good, more=("--weak", "often")).returncode, 2)
        self.assertEqual(self.run_import(good, more=("--handling", "a,b")).returncode, 2)
        self.assertEqual(self.run_import(good, more=("--list", "x")).returncode, 0)

    def test_reading_process(self):
        """From standard input; and what the reading process cannot do."""
        got = subprocess.run([TOOL, "lists", "import", "--format", "un", "--issuer", "un", "--out", self.path("list.csv"), "-"],
                             input=(HEAD + individual("A.1", "ANN", "TESTI", 1970) + TAIL).encode(), capture_output=True, check=False, timeout=60)
        self.assertEqual(got.returncode, 0, got.stderr)

    def test_merge(self):
        a = self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970))
        own = self.write("own.csv", "entry_id,surname,birth_date\n9,Østli,1 Feb 1980\n")
        self.assertEqual(tool("lists", "import", "--format", "csv", "--issuer", "own", "--out", self.path("b.csv"), own).returncode, 0)
        got = tool("lists", "import", "--format", "csv", "--list", "all", "--out", self.path("all.csv"), a, self.path("b.csv"))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertEqual(self.read("all.csv").splitlines()[2:], ["un:A.1,person,,,,TESTI,ANN,,1970-00-00,,,un,border,,,",
                                                               "own:9,person,,,,OESTLI,,,1980-02-01,,,own,,,,"])

    def test_diff(self):
        a = self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970), individual("A.2", "BO", "TESTI", 1971),
                      individual("A.3", "CY", "TESTI", 1972, passport="N1234567"))
        b = self.make("b.csv", 6, individual("A.3", "CY", "TESTI", 1972, passport="N1234567"), individual("A.2", "BO", "TESTI", 1972),
                      individual("A.4", "DI", "TESTI", 1973))
        got = tool("lists", "diff", a, b, "--names", "--trust", self.trust, "--out", self.path("changes.csv"), "--key", self.key)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(got.stdout, "- un:A.1 TESTI, ANN\n~ un:A.2 TESTI, BO\n+ un:A.4 TESTI, DI\nadded 1, removed 1, changed 1, same 1\n")
        lines = self.read("changes.csv").splitlines()
        self.assertRegex(lines[0], r"^# list=un version=6 issued=\S+ base=5$")
        self.assertEqual(lines[2:], ["un:A.1,removed,,,,,,,,,,,,,,", "un:A.2,person,,,,TESTI,BO,,1972-00-00,,,un,border,,,",
                                    "un:A.4,person,,,,TESTI,DI,,1973-00-00,,,un,border,,,"])
        self.assertEqual(tool("lists", "verify", self.path("changes.csv"), "--trust", self.trust).returncode, 0)
        self.assertEqual(parsed(tool("lists", "diff", a, a, "--json"))["same"], 3)
        self.assertEqual(tool("lists", "diff", b, a, "--out", self.path("x.csv")).returncode, 2)
        with open(b, "a", encoding="ascii") as f:
            f.write("un:A.9,person,,,,X,,,,,,,,,,\n")
        self.assertEqual(tool("lists", "diff", a, b, "--trust", self.trust).returncode, 1)

    def test_activate(self):
        people = [individual(f"A.{i}", "ANN", "TESTI", 1950 + i) for i in range(8)]
        five, six, cut = self.make("a.csv", 5, *people[:6]), self.make("b.csv", 6, *people), self.make("c.csv", 7, *people[:2])
        code, s = self.status()
        self.assertEqual((code, s["list"], s["good"], s["stale"]), (1, None, False, True))
        self.assertEqual(self.place(five).returncode, 0)
        code, s = self.status()
        self.assertEqual((code, s["list"], s["version"], s["persons"], s["good"], s["stale"]), (0, "un", 5, 6, True, False))
        self.assertEqual(s["issuers"], [{"issuer": "un", "persons": 6, "documents": 0}])
        self.assertEqual(self.place(six).returncode, 0)
        self.assertEqual(sorted(os.listdir(self.folder)), [".watchlist.csv.highest", "watchlist.csv", "watchlist.csv.sig"])
        self.assertEqual(self.place(six).returncode, 0, "again the same")
        for path, words in ((five, "older"), (cut, "--allow-shrink")):
            got = self.place(path)
            self.assertEqual(got.returncode, 1)
            self.assertIn(words, got.stderr)
        # taken away, it is no way back either
        os.unlink(os.path.join(self.folder, "watchlist.csv"))
        self.assertEqual(self.place(five).returncode, 1)
        self.assertEqual(self.place(six).returncode, 0)
        self.assertEqual(self.place(cut, "--allow-shrink").returncode, 0)
        self.assertEqual(self.status("--max-age", "60")[1]["version"], 7)

    def test_activate_refuses(self):
        good = self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970))
        self.assertEqual(self.place(good).returncode, 0)
        with open(os.path.join(self.folder, "watchlist.csv"), "rb") as f:
            before = f.read()
        other = self.make("b.csv", 6, individual("A.1", "ANN", "TESTI", 1970))
        text = self.read("b.csv")
        cases = {
            "unsigned": (text + "un:A.2,person,,,,X,,,,,,,,,,\n", False, 1),
            "line": (text + "un:A.2,person,,,,\n", True, 2),
            "name": (text.replace("list=un", "list=other"), True, 1),
            "expired": (re.sub(r"issued=\S+", "issued=2020-01-01T00:00:00Z expires=2020-01-02T00:00:00Z", text), True, 1),
            "ahead": (re.sub(r"issued=\S+", "issued=2999-01-01T00:00:00Z", text), True, 1),
            "base": (re.sub(r"(issued=\S+)", r"\1 base=4", text), True, 1),
            "no head": ("entry_id,kind\n", True, 2),
        }
        for name, (content, sign, expected) in cases.items():
            path = self.write("b.csv", content)
            if sign:
                self.assertEqual(tool("lists", "sign", path, "--key", self.key).returncode, 0)
            self.assertEqual(self.place(path).returncode, expected, name)
            with open(os.path.join(self.folder, "watchlist.csv"), "rb") as f:
                self.assertEqual(f.read(), before, name)
        self.assertEqual(other, path)
        self.write("b.csv", cases["name"][0])
        self.assertEqual(tool("lists", "sign", path, "--key", self.key).returncode, 0)
        self.assertEqual(self.place(path, "--new-list").returncode, 0)

    def test_status_tells_what_is_wrong(self):
        self.place(self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970)))
        old = re.sub(r"issued=\S+", "issued=2020-01-01T00:00:00Z", self.read("a.csv").replace("version=5", "version=6"))
        self.assertEqual(tool("lists", "sign", self.write("b.csv", old), "--key", self.key).returncode, 0)
        self.assertEqual(self.place(self.path("b.csv")).returncode, 0)
        code, s = self.status()
        self.assertEqual((code, s["stale"], s["good"]), (1, True, True))
        with open(os.path.join(self.folder, "watchlist.csv"), "a", encoding="ascii") as f:
            f.write("\n")
        code, s = self.status()
        self.assertEqual((code, s["good"], s["list_state"]), (1, False, "does not verify"))

    def test_dismiss(self):
        self.place(self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970), individual("A.2", "BO", "TESTI", 1971, passport="N1234567")))
        self.assertEqual(self.dismiss("un:A.1").returncode, 0)
        changes = os.path.join(self.folder, "watchlist.changes.csv")
        with open(changes, encoding="ascii") as f:
            lines = f.read().splitlines()
        # the statement of docs/watchlist.md, hashed here
        pair = hashlib.sha256(b"postern-pair 1 NOR X1234567\n").hexdigest()
        self.assertRegex(lines[0], r"^# list=un version=6 issued=\S+ base=5$")
        self.assertRegex(lines[2], rf"^un:A.1,not_this_person,{pair},,,,,,,,,berg,,,20\d\d-\d\d-\d\d,20\d\d-\d\d-\d\d$")
        self.assertEqual(len(lines), 3)
        code, s = self.status()
        self.assertEqual((code, s["version"], s["list_version"], s["dismissals"], s["changes_count"]), (0, 6, 5, 1, True))
        # again: the newer word takes the older one's place; another stands beside it
        self.assertEqual(self.dismiss("un:A.1").returncode, 0)
        self.assertEqual(self.dismiss("un:A.2").returncode, 0)
        self.assertEqual(self.status()[1]["dismissals"], 2)
        self.assertEqual(self.status()[1]["version"], 8)
        # changes of a publisher's take their place: they end, and are counted; or are kept
        new = self.make("new.csv", 20, individual("A.1", "ANN", "TESTI", 1971))
        for more, words, left in (((), "2 dismissals end", 0), (("--dismissals", changes, "--trust", self.trust), "1 dismissals end", 1)):
            copy = self.path("copy" + str(left))
            shutil.copytree(self.folder, copy)
            got = tool("lists", "diff", self.path("a.csv"), new, "--out", self.path("c.csv"), "--key", self.key, *more)
            self.assertEqual((got.returncode, got.stderr), (0, ""))
            got = tool("lists", "activate", self.path("c.csv"), "--folder", copy, "--trust", self.trust)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn(words, got.stderr)
            self.assertEqual(parsed(tool("lists", "status", "--folder", copy, "--trust", self.trust, "--json"))["dismissals"], left)
        # the next list keeps them where it has the entry
        source = self.write("next.xml", HEAD + individual("A.2", "BO", "TESTI", 1971) + TAIL)
        got = self.run_import(source, out="next.csv", more=("--version", "9", "--dismissals", changes, "--trust", self.trust))
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertEqual([l.split(",")[:2] for l in self.read("next.csv").splitlines()[2:]],
                         [["un:A.2", "person"], ["un:A.2", "not_this_person"]])
        with open(changes, "a", encoding="ascii") as f:
            f.write("\n")
        got = self.run_import(source, out="next.csv", more=("--dismissals", changes, "--trust", self.trust))
        self.assertEqual(got.returncode, 1)

    def test_dismiss_refuses(self):
        self.place(self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970), individual("A.2", "BO", "TESTI", 1971, passport="N1234567")))
        far = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 400 * 86400))
        for expected, got in ((1, self.dismiss("un:A.3")), (1, self.dismiss("un:A.1", number="N1234567")),
                              (2, self.dismiss("un:A.1", until=far)), (2, self.dismiss("un:A.1", until="2020-01-01")),
                              (2, self.dismiss("un:A.1", until="2030-02-30")), (2, self.dismiss("un:A.1", number="n 1")),
                              (2, self.dismiss("un:A.1", issuer="nor")), (2, self.dismiss("un,A.1")),
                              (1, self.dismiss("un:A.1", key=os.path.join(self.pki, "signing", "rules.key"))),
                              (2, self.dismiss("un:A.1", key=self.path("absent")))):
            self.assertEqual(got.returncode, expected, got.stderr)
            self.assertEqual(sorted(os.listdir(self.folder)), [".watchlist.csv.highest", "watchlist.csv", "watchlist.csv.sig"])
        self.assertEqual(self.dismiss("un:A.1", "--max-days", "500", until=far).returncode, 0)

    def test_example(self):
        """etc/lists/refresh: twice, with a dismissal between; and a broken file leaves what stands there."""
        downloads = self.path("downloads")
        os.makedirs(os.path.join(downloads, "ofac"))
        null = "-0- ,"
        self.write("downloads/un.xml", HEAD + individual("A.1", "ANN", "TESTI", 1970) + TAIL)
        self.write("downloads/ofac/SDN.CSV", f'7,"TESTOV, Pyotr","individual","X",{null * 7}"DOB 1971."\r\n')
        self.write("downloads/ofac/ALT.CSV", '7,1,"aka","TESTOFF, Peter",-0- \r\n')
        self.write("downloads/own.csv", "entry_id,name\n1,\"Testi, Bo\"\n")
        self.write("downloads/ftm.json", '{"id":"b c","schema":"Person","properties":{"name":["Cy Testi"],"alias":["Cy  Test"]}}\n'
                   '{"id":"p","schema":"Passport","properties":{"holder":["b c"],"number":["N7654321"],"country":["no"]}}\n')

        def refresh():
            return subprocess.run([os.path.join(SOURCE, "etc", "lists", "refresh"), downloads, self.folder, self.trust, self.key],
                                  env={**os.environ, "POSTERN": os.path.abspath(TOOL)}, capture_output=True, text=True, timeout=60, check=False)
        got = refresh()
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual([i["issuer"] for i in self.status()[1]["issuers"]], ["ftm", "ofac", "own", "un"])
        self.assertEqual(self.dismiss("ofac:7").returncode, 0)
        time.sleep(1.1)  # versions are times
        got = refresh()
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual((self.status()[0], self.status()[1]["dismissals"]), (0, 2))  # in the list, and in the older changes
        before = self.status()[1]["version"]
        self.write("downloads/un.xml", HEAD)
        self.assertEqual(refresh().returncode, 2)
        self.assertEqual(self.status()[1]["version"], before)

    def test_finds_what_was_imported(self):
        """`postern match` finds an alias of a list that was imported."""
        path = self.make("a.csv", 5, individual("A.1", "ANN", "TESTI", 1970, alias="Jérôme Kakwavu"))
        queries = self.write("q.csv", "id,surname,given_names,birth_date\nq1,KAKWAVU,JEROME,1970-05-05\n")
        got = tool("match", "--list", path, "--batch", queries)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertIn("un:A.1", got.stdout)


if __name__ == "__main__":
    unittest.main()
