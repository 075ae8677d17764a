#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every presentation form of U+FB50 to U+FEFF, alone and within a word, is transliterated as the letters that Python's
unicodedata decomposes it to (NFKC). Must never take its expectations from the tree."""
import subprocess
import sys
import unicodedata

# A praise and a blessing, spelled out by NFKC, are no part of a name.
NOT_NAMES = {0xFDFA, 0xFDFB}


def letters(code):
    """NFKC without the space that carries a mark where it stands alone."""
    text = unicodedata.normalize("NFKC", chr(code))
    return "".join(
        c for i, c in enumerate(text) if not (c == " " and i + 1 < len(text) and unicodedata.combining(text[i + 1]))
    )


def main():
    forms = [
        c for c in range(0xFB50, 0xFF00)
        if unicodedata.normalize("NFKC", chr(c)) != chr(c) and c not in NOT_NAMES
    ]
    assert len(forms) > 750, len(forms)
    pairs = []
    for code in forms:
        for text in ("%s", "\u0645%s\u062f", "\u0628 %s"):
            pairs.append((code, text % chr(code), text % letters(code)))
    for code in sorted(NOT_NAMES):
        pairs.append((code, "\u0645\u062f " + chr(code), "\u0645\u062f"))
    # the name as a printed page has it
    pairs.append((0, "\ufee3\ufea4\ufee4\ufeaa \ufdf2", "\u0645\u062d\u0645\u062f \u0627\u0644\u0644\u0647"))
    pairs.append((0, "\ufefb\ufe91\ufef2", "\u0644\u0627\u0628\u064a"))
    text = "".join(form + "\n" + plain + "\n" for _, form, plain in pairs)
    done = subprocess.run([sys.argv[1]], input=text.encode(), stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode().split("\n")
    assert len(lines) == 2 * len(pairs) + 1, (len(lines), len(pairs))
    wrong = [
        "U+%04X: %r, expected %r" % (code, lines[2 * i], lines[2 * i + 1])
        for i, (code, _, _) in enumerate(pairs)
        if lines[2 * i] != lines[2 * i + 1]
    ]
    read = sum(line != "!" for line in lines[1::2])
    assert read > 1500, read
    print("%d comparisons, %d of letters that are known" % (len(pairs), read))
    sys.exit("\n".join(wrong) if wrong else 0)


main()
