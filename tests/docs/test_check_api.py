#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What check_api.py must find."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import check_api  # noqa: E402

TABLE = 'ROUTE(GET, "/api/a", ANYBODY, run_a, "")\nROUTE(POST, "/api/b", ACT_SEE_PERSON, run_b,\n\t"one two")\n'
PAGE = ("| GET | `/api/a` | who is logged in | | x |\n| POST | `/api/b` | see-person | `one`, `two` | y |\n"
        "| 401 | `console.login` | z |\n| 409 | `duty.rest` | z |\n")
SOURCE = ['answer_code(r, 401, "console.login");', 'return left == 0 ? "duty.rest" : NULL;']


class Differences(unittest.TestCase):
    def test_same(self):
        self.assertEqual(check_api.differences(TABLE, PAGE, SOURCE), [])

    def test_each_is_found(self):
        for table, page, source, says in (
                (TABLE, PAGE.replace("/api/a", "/api/c"), SOURCE, "GET /api/a: not in the page"),
                (TABLE, PAGE.replace("/api/a", "/api/c"), SOURCE, "GET /api/c: not in the table"),
                (TABLE, PAGE.replace("see-person", "decide"), SOURCE, "POST /api/b"),
                (TABLE, PAGE.replace("`two`", "`three`"), SOURCE, "POST /api/b"),
                (TABLE.replace("run_a, ", "run_a,  # "), PAGE, SOURCE, "cannot be read"),
                (TABLE, PAGE, SOURCE + ['words_end(c, a, ok ? 200 : 409, ok ? "note.new" : "note.old");'], "code note.old: not in the page"),
                (TABLE, PAGE + "| 400 | `console.none` | |\n", SOURCE, "code console.none: nobody answers it")):
            self.assertTrue(any(says in d for d in check_api.differences(table, page, source)), says)


if __name__ == "__main__":
    unittest.main()
