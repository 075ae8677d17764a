# SPDX-License-Identifier: Apache-2.0
"""Writes networks in the form that plugins/lib/face/net.h reads, from the weights of the two pinned packages.

Weights of tfjs: a manifest and flat files; a value is q * scale + min where it was quantised, or a half float (tfjs-core, io/types).
Must never guess: an operation, a padding or a type that is not known here ends the conversion.
"""
import array
import base64
import json
import struct
import sys

MAGIC = b"PNFACE1\n"
CONV, DEPTHWISE, ADD, MAX_POOL, AVERAGE_POOL, GLOBAL_AVERAGE = range(1, 7)
NONE, RELU, PRELU = range(3)


class Unknown(Exception):
    pass


def floats(entry, data):
    """The values of one weight as floats; data begins at it. Gives the bytes used too."""
    count = 1
    for d in entry["shape"]:
        count *= d
    if entry["dtype"] == "int32":
        return list(struct.unpack_from("<%di" % count, data)), 4 * count
    if entry["dtype"] != "float32":
        raise Unknown(f"{entry['name']}: type {entry['dtype']}")
    q = entry.get("quantization")
    if q is None:
        return array.array("f", struct.unpack_from("<%df" % count, data)), 4 * count
    if q["dtype"] == "float16":
        return array.array("f", struct.unpack_from("<%de" % count, data)), 2 * count
    if q["dtype"] != "uint8":
        raise Unknown(f"{entry['name']}: quantised as {q['dtype']}")
    table = [i * q["scale"] + q["min"] for i in range(256)]
    return array.array("f", [table[b] for b in data[:count]]), count


def weights(entries, data):
    found, at = {}, 0
    for e in entries:
        values, used = floats(e, memoryview(data)[at:])
        found[e["name"]] = (e["shape"], values)
        at += used
    if at != len(data):
        raise Unknown(f"{len(data) - at} bytes are left over")
    return found


class Net:
    """Values are numbered: 0 is the input, n what operation n - 1 gives. A shape is (height, width, channels)."""

    def __init__(self, height, width, channels):
        self.shapes = [(height, width, channels)]
        self.operations, self.outputs = [], []
        self.floats = array.array("f")

    def put(self, values):
        at = len(self.floats)
        self.floats.extend(values)
        return at

    def emit(self, kind, a, shape, b=-1, size=1, stride=1, before=0, after=0, act=NONE, w=-1, bias=-1, alpha=-1):
        self.operations.append([kind, a, b, size, stride, before, after, shape[2], act, w, bias, alpha])
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def window(self, a, size, stride, same):
        """Output height and width, and the padding before and after, as TensorFlow's SAME and VALID have it."""
        h, w, _ = self.shapes[a]
        if h != w:
            raise Unknown("a map that is not square")
        if not same:
            return (h - size) // stride + 1, 0, 0
        out = -(-h // stride)
        total = max((out - 1) * stride + size - h, 0)
        return out, total // 2, total - total // 2

    def conv(self, a, shape, values, bias=None, stride=1, same=True, act=NONE, alpha=None):
        size, _, cin, cout = shape
        if cin != self.shapes[a][2] or shape[0] != shape[1]:
            raise Unknown(f"filters {shape} on {self.shapes[a]}")
        out, before, after = self.window(a, size, stride, same)
        return self.emit(CONV, a, (out, out, cout), size=size, stride=stride, before=before, after=after, act=act,
                         w=self.put(values), bias=-1 if bias is None else self.put(bias), alpha=-1 if alpha is None else self.put(alpha))

    def depthwise(self, a, shape, values, stride, same):
        size, _, channels, multiplier = shape
        if multiplier != 1 or channels != self.shapes[a][2] or shape[0] != shape[1]:
            raise Unknown(f"depthwise filters {shape} on {self.shapes[a]}")
        out, before, after = self.window(a, size, stride, same)
        return self.emit(DEPTHWISE, a, (out, out, channels), size=size, stride=stride, before=before, after=after, w=self.put(values))

    def pool(self, kind, a, size, stride, same=False):
        out, before, after = self.window(a, size, stride, same)
        return self.emit(kind, a, (out, out, self.shapes[a][2]), size=size, stride=stride, before=before, after=after)

    def add(self, a, b, act=NONE):
        """What one of the two lacks, in height, width or channels, counts as zero."""
        return self.emit(ADD, a, tuple(max(x, y) for x, y in zip(self.shapes[a], self.shapes[b])), b=b, act=act)

    def write(self, path):
        head = MAGIC + struct.pack("<6i", *self.shapes[0], len(self.operations), len(self.outputs), len(self.floats))
        values = self.floats[:]
        if sys.byteorder != "little":
            values.byteswap()
        with open(path, "wb") as f:
            f.write(head + struct.pack("<%di" % len(self.outputs), *self.outputs))
            for o in self.operations:
                f.write(struct.pack("<12i", *o))
            f.write(values.tobytes())


def from_graph(model, data, outputs):
    """A graph model of tfjs (BlazeFace, FaceMesh). outputs: names of nodes, in the order wanted."""
    graph = json.loads(model)
    nodes = {n["name"]: n for n in graph["modelTopology"]["node"]}
    found = weights([e for g in graph["weightsManifest"] for e in g["weights"]], data)
    place = [n for n in nodes.values() if n["op"] == "Placeholder"]
    if len(place) != 1:
        raise Unknown("not one input")
    dims = [int(d["size"]) for d in place[0]["attr"]["shape"]["shape"]["dim"]]
    net, value = Net(*dims[1:]), {place[0]["name"]: 0}
    uses = {}
    for n in nodes.values():
        for i in n.get("input", []):
            uses.setdefault(i, []).append(n)

    def text(v):
        return base64.b64decode(v).decode()

    def numbers(n, key):
        return [int(i) for i in n["attr"][key]["list"]["i"]]

    def fused(n):
        return [text(s) for s in n["attr"].get("fused_ops", {}).get("list", {}).get("s", [])]

    def operation(n):
        ins, op = n.get("input", []), n["op"]
        if op in ("Identity", "Reshape", "Sigmoid"):  # the last values in their order; who reads them applies the sigmoid
            return value[ins[0]]
        if op == "Pad":  # of channels, before an addition that takes what is missing as zero
            pads = found[ins[1]][1]
            if any(pads[:7]) or any(u["op"] != "AddV2" for u in uses[n["name"]]):
                raise Unknown(f"{n['name']}: padding {pads}")
            return value[ins[0]]
        if op == "AddV2":
            return net.add(value[ins[0]], value[ins[1]])
        if op in ("Relu", "Prelu"):
            at = value[ins[0]]
            if at != len(net.shapes) - 1 or len(uses[ins[0]]) != 1:
                raise Unknown(f"{n['name']}: not right after the one operation it follows")
            net.operations[-1][8] = RELU if op == "Relu" else PRELU
            if op == "Prelu":
                net.operations[-1][11] = net.put(found[ins[1]][1])
            return at
        same = text(n["attr"]["padding"]["s"]) == "SAME"
        stride = numbers(n, "strides")[1]
        if op == "MaxPool":
            return net.pool(MAX_POOL, value[ins[0]], numbers(n, "ksize")[1], stride, same)
        if op == "DepthwiseConv2dNative":
            return net.depthwise(value[ins[0]], *found[ins[1]], stride, same)
        if op == "_FusedConv2D":
            acts = {(): NONE, ("Relu",): RELU, ("Prelu",): PRELU}
            kinds = fused(n)
            if kinds[:1] != ["BiasAdd"] or tuple(kinds[1:]) not in acts:
                raise Unknown(f"{n['name']}: {kinds}")
            act = acts[tuple(kinds[1:])]
            return net.conv(value[ins[0]], *found[ins[1]], found[ins[2]][1], stride, same, act,
                            found[ins[3]][1] if act == PRELU else None)
        raise Unknown(f"{n['name']}: operation {op}")

    def visit(name):
        pending = [name]
        while pending:
            n = nodes[pending[-1]]
            if n["op"] == "Const" or n["name"] in value:
                pending.pop()
                continue
            missing = [i for i in n.get("input", []) if nodes[i]["op"] != "Const" and i not in value]
            if missing:
                pending.append(missing[0])
                continue
            value[n["name"]] = operation(n)
            # What follows an addition alone is done at once, so that it becomes part of it.
            after = uses.get(n["name"], [])
            pending.pop()
            if n["op"] == "AddV2" and len(after) == 1 and after[0]["op"] in ("Relu", "Prelu"):
                pending.append(after[0]["name"])

    for o in outputs:
        visit(o)
        net.outputs.append(value[o])
    return net


def dlib_resnet(entries, data):
    """dlib_face_recognition_resnet_model_v1 in the layers of face-api (src/faceRecognitionNet), each scale folded into its filters."""
    found, net = weights(entries, data), Net(150, 150, 3)

    def layer(a, name, stride, same, act):
        shape, filters = found[name + "/conv/filters"]
        bias, by, plus = (found[name + k][1] for k in ("/conv/bias", "/scale/weights", "/scale/biases"))
        n = shape[3]
        folded = array.array("f", [v * by[i % n] for i, v in enumerate(filters)])
        return net.conv(a, shape, folded, [bias[i] * by[i] + plus[i] for i in range(n)], stride, same, act)

    def residual(a, name):
        return net.add(layer(layer(a, name + "/conv1", 1, True, RELU), name + "/conv2", 1, True, NONE), a, RELU)

    def down(a, name):
        out = layer(layer(a, name + "/conv1", 2, False, RELU), name + "/conv2", 1, True, NONE)
        return net.add(net.pool(AVERAGE_POOL, a, 2, 2), out, RELU)

    at = net.pool(MAX_POOL, layer(0, "conv32_down", 2, False, RELU), 3, 2)
    for name in ("conv32_1", "conv32_2", "conv32_3", "conv64_down", "conv64_1", "conv64_2", "conv64_3", "conv128_down", "conv128_1",
                 "conv128_2", "conv256_down", "conv256_1", "conv256_2", "conv256_down_out"):
        at = down(at, name) if "_down" in name else residual(at, name)
    at = net.emit(GLOBAL_AVERAGE, at, (1, 1, net.shapes[at][2]))
    shape, values = found["fc"]
    net.outputs.append(net.conv(at, [1, 1] + shape, values, None, 1, False))
    return net
