#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks with the inputs and outputs of YuNet (2022mar and 2023mar) and SFace, and weights of no use: onnx_models.py FOLDER FACES STAMP

Nobody's weights are in the tree. YuNet here sees a face in each of its places, with five points where a face has them; SFace multiplies
the means of 256 tiles by numbers drawn from a seed. So what is between the files and a score is tested, never how well real ones do.
FACES is a folder of the reference engine's models: copied, since faces are found and measured by it; without it nothing is made. STAMP is
written at the end. The form is ONNX's own
(onnx.proto3, IR version 7, operators of version 11), written field by field."""
import hashlib
import json
import os
import random
import shutil
import struct
import sys


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, v) for v in value) + field(20, 7)


def node(kind, inputs, output, **attributes):
    return (b"".join(field(1, i) for i in inputs) + field(2, output) + field(3, output) + field(4, kind)
            + b"".join(field(5, attribute(k, v)) for k, v in attributes.items()))


def tensor(name, shape, values, whole=False):
    return (b"".join(field(1, d) for d in shape) + field(2, 7 if whole else 1) + field(8, name)
            + field(9, struct.pack("<%d%s" % (len(values), "q" if whole else "f"), *values)))


def value_info(name, shape):
    dims = b"".join(field(1, field(1, d)) for d in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model(nodes, tensors, inputs, outputs):
    graph = (b"".join(field(1, n) for n in nodes) + field(2, "g") + b"".join(field(5, t) for t in tensors)
             + b"".join(field(11, i) for i in inputs) + b"".join(field(12, o) for o in outputs))
    return field(1, 7) + field(8, field(1, "") + field(2, 11)) + field(7, graph)


class Yunet:
    """Means of a tile, a weight of nothing and a bias: the same at every place."""

    def __init__(self):
        self.nodes, self.tensors = [], []

    def pooled(self, stride):
        self.nodes.append(node("AveragePool", ["input"], f"p{stride}", kernel_shape=[stride, stride], strides=[stride, stride]))
        return f"p{stride}"

    def head(self, name, source, bias, width, shape):
        self.tensors += [tensor(name + "_w", [len(bias), 3, 1, 1], [0.0] * 3 * len(bias)), tensor(name + "_b", [len(bias)], bias),
                         tensor(name + "_s", [len(shape)], shape, whole=True)]
        self.nodes += [node("Conv", [source, name + "_w", name + "_b"], name + "_c", kernel_shape=[1, 1]),
                       node("Transpose", [name + "_c"], name + "_t", perm=[0, 2, 3, 1]),
                       node("Reshape", [name + "_t", name + "_s"], name)]
        return width


# Where the points of a face are, in halves of its box from the middle: right eye, left eye, nose, corners of the mouth.
POINTS = [-0.4, -0.3, 0.4, -0.3, 0.0, 0.05, -0.3, 0.45, 0.3, 0.45]


def yunet_2022():
    """FaceDetectorYN of OpenCV 4.5.4 to 4.7: priors of four strides; loc is scaled by 0.1 of a prior's size."""
    net, per_prior = Yunet(), [0.0] * 4 + [p / 2 / 0.1 for p in POINTS]
    parts = {"loc": [], "conf": [], "iou": []}
    for stride, sizes in ((8, 3), (16, 2), (32, 2), (64, 3)):
        pooled = net.pooled(stride)
        # of three squares about a place, 128, 192 and 256 wide, the middle one
        sure = [0.95 if stride == 64 and k == 1 else 0.1 for k in range(sizes)]
        for name, bias, width in (("loc", per_prior * sizes, 14), ("conf", [v for s in sure for v in (1 - s, s)], 2), ("iou", [0.9] * sizes, 1)):
            net.head(f"{name}{stride}", pooled, bias, width, [-1, width])
            parts[name].append(f"{name}{stride}")
    for name, inputs in parts.items():
        net.nodes.append(node("Concat", inputs, name, axis=0))
    return model(net.nodes, net.tensors, [value_info("input", [1, 3, 320, 320])],
                 [value_info("loc", [4385, 14]), value_info("conf", [4385, 2]), value_info("iou", [4385, 1])])


def yunet_2023():
    """FaceDetectorYN from OpenCV 4.8: places of three strides, no priors; a box is exp() of its size, in strides."""
    net, outputs = Yunet(), []
    for stride in (8, 16, 32):
        places, size = (320 // stride) ** 2, 6.0  # a box of six strides
        pooled = net.pooled(stride)
        for name, bias in (("cls", [0.95 if stride == 32 else 0.1]), ("obj", [0.9]), ("bbox", [0.5, 0.5, 1.7918, 1.7918]),
                           ("kps", [0.5 + p * size / 2 for p in POINTS])):
            net.head(f"{name}_{stride}", pooled, bias, len(bias), [1, -1, len(bias)])
            outputs.append(value_info(f"{name}_{stride}", [1, places, len(bias)]))
    return model(net.nodes, net.tensors, [value_info("input", [1, 3, 320, 320])], outputs)


def sface():
    drawn = random.Random(7)
    weights = [drawn.uniform(-1, 1) / 255 for _ in range(128 * 768)]
    return model([node("AveragePool", ["data"], "p", kernel_shape=[7, 7], strides=[7, 7]), node("Flatten", ["p"], "f", axis=1),
                  node("Gemm", ["f", "w", "b"], "fc1", transB=1)],
                 [tensor("w", [128, 768], weights), tensor("b", [128], [0.0] * 128)],
                 [value_info("data", [1, 3, 112, 112])], [value_info("fc1", [1, 128])])


def write(folder, faces, yunet):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(faces, "model.json"), encoding="utf-8") as f:
        described = json.load(f)
    for file in described["files"]:
        shutil.copy(os.path.join(faces, file["file"]), folder)
    if not os.path.lexists(os.path.join(folder, "samples")):
        os.symlink(os.path.join(faces, "samples"), os.path.join(folder, "samples"))
    for slot, content in (("yunet", yunet), ("sface", sface())):
        with open(os.path.join(folder, slot + ".onnx"), "wb") as f:
            f.write(content)
        described["files"].append({"slot": slot, "file": slot + ".onnx", "sha256": hashlib.sha256(content).hexdigest(),
                                   "licence": "Apache-2.0", "source": "tests/unit/face/onnx_models.py: drawn, not learnt"})
    described.update(name="onnx-test", thresholds=[])
    with open(os.path.join(folder, "model.json"), "w", encoding="utf-8") as f:
        json.dump(described, f, indent=1)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    folder, faces, stamp = sys.argv[1:]
    if os.path.exists(os.path.join(faces, "model.json")):
        write(os.path.join(folder, "2022"), faces, yunet_2022())
        write(os.path.join(folder, "2023"), faces, yunet_2023())
    with open(stamp, "w", encoding="utf-8"):
        return 0


if __name__ == "__main__":
    sys.exit(main())
