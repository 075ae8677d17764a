# SPDX-License-Identifier: Apache-2.0
"""How a scenario of the demonstration's set-up is called: its command line, and a run that breaks nothing and has a place of its own.
Must never run without root, since then no plugin has a user of its own: exit status 77."""
import argparse
import os
import sys


def needs_models(build):
    """Exit status 77 where the build could not have the face models."""
    missing = os.path.join(build, "plugins/lib/face/models/dlib29/missing.txt")
    if os.path.exists(missing):
        with open(missing, encoding="utf-8") as why:
            print("skipped: " + why.read().strip())
        sys.exit(77)


def arguments(name, lanes, travellers, seconds, *more):
    """What Demo wants. more: arguments of the command line after the build's folder."""
    if os.geteuid() != 0:
        print(f"{name}: skipped: only root gives each plugin a user of its own")
        sys.exit(77)
    a = argparse.ArgumentParser()
    for argument in ("build", *more):
        a.add_argument(argument)
    args = a.parse_args()
    args.lanes, args.travellers, args.store, args.seconds = lanes, travellers, "", seconds
    args.once, args.keep, args.no_faults, args.port = True, True, True, None
    return args
