#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reference data set that BSI publishes with TR-03105 part 5, as a chip that is read and proven: by the tool, end to end, and
by the tests of the libraries that have cases for it.

    reference_data.py POSTERN SIM-CHIP TEST...        POSTERN_TEST_BSI names the folder

The set is not in the tree: without it the test is skipped (77), and counted so. Its CSCA is not published and its EF.SOD does not
list DG15, so both proofs are done and neither counts. Must never write into the folder."""
import json
import os
import subprocess
import sys
import tempfile

# What ICAO Doc 9303-11 demands of it, typed in: result and reason by check.
EXPECTED = {"pa.signature": ("successful", ""), "chip.mrz": ("successful", ""), "pa.signer.chain": ("undetermined", "pa.no_trust_store"),
            "pa.groups": ("failed", "pa.group_not_listed"), "chip.ca": ("undetermined", "chip.key_not_trusted"),
            "chip.aa": ("failed", "chip.key_not_signed"), "chip.cam": ("not_performed", "chip.not_used")}


def main():
    postern, sim, tests, folder = sys.argv[1], sys.argv[2], sys.argv[3:], os.environ.get("POSTERN_TEST_BSI")
    if not folder:
        print("skipped: POSTERN_TEST_BSI does not name BSI's reference data set")
        return 77
    for test in tests:
        subprocess.run([test], check=True, timeout=120)
    with open(os.path.join(folder, "Datagroup1.bin"), "rb") as f:
        zone = f.read()[5:].decode("ascii")
    with tempfile.NamedTemporaryFile("w", suffix=".mrz") as mrz:
        mrz.write(zone)
        mrz.flush()
        port = 26000 + os.getpid() % 6000
        reader = subprocess.Popen([postern, "document", "read", "--reader", f"vpcd:127.0.0.1:{port}", "--mrz", mrz.name, "--at",
                                   "2014-06-01", "--groups", "2", "--json"], stdout=subprocess.PIPE, text=True)
        for _ in range(50):
            if subprocess.run([sim, "--connect", f"127.0.0.1:{port}", "--load", folder, "--access", "bac", "--mrz", zone],
                              capture_output=True, timeout=60, check=False).returncode == 0:
                break
        said = json.loads(reader.communicate(timeout=60)[0])
    wrong = 0
    for check in said["checks"]:
        expected = EXPECTED.pop(check["check"], None)
        if expected is not None and (check["result"], check["reason"]) != expected:
            print(f'{check["check"]}: {check["result"]} {check["reason"]}, expected {expected}')
            wrong += 1
    for name in EXPECTED:
        print(f"{name}: not said")
    print(f"{len(said['checks'])} checks, {wrong + len(EXPECTED)} not as expected")
    return 1 if wrong or EXPECTED else 0


if __name__ == "__main__":
    sys.exit(main())
