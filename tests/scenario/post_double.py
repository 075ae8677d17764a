#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A control post for tests, written from RFC 6455 and core/schema alone: one TLS listener that asks gates for their certificate,
takes their frames apart with Google's Protocol Buffers, keeps what came, and sends what officers sign with OpenSSL's own tool.
Must never share code with plugins/lib/post or plugins/post-link, nor end a process."""
import re
import base64
import hashlib
import importlib
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SUBPROTOCOL = "postern-post-1"


def schema(folder):
    """The messages of core/schema as Python modules: post_pb2 and crossing_pb2."""
    out = tempfile.mkdtemp(prefix="postern-schema-")
    names = [n for n in sorted(os.listdir(folder)) if n.endswith(".proto")]
    subprocess.run(["protoc", "-I", folder, "--python_out", out] + [os.path.join(folder, n) for n in names], check=True)
    os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
    sys.path.insert(0, out)
    return importlib.import_module("post_pb2"), importlib.import_module("crossing_pb2")


def sign(key, message):
    with tempfile.NamedTemporaryFile() as f:
        f.write(message)
        f.flush()
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", f.name], capture_output=True,
                              check=True).stdout


def key_id(key):
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    return hashlib.sha256(der[-32:]).hexdigest()[:16]


class Connection:
    """One gate's. Everything that comes is kept in the double."""

    def __init__(self, double, sock):
        self.double, self.sock, self.lock, self.rest = double, sock, threading.Lock(), b""
        subject = dict(x[0] for x in sock.getpeercert()["subject"])
        self.name = subject["commonName"]

    def read(self, n):
        while len(self.rest) < n:
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.rest += more
        part, self.rest = self.rest[:n], self.rest[n:]
        return part

    def handshake(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.read(1)
        lines = head.decode("ascii").split("\r\n")
        fields = {k.strip().lower(): v.strip() for k, v in (s.split(":", 1) for s in lines[1:] if ":" in s)}
        self.request = lines[0]
        if fields["upgrade"].lower() != "websocket" or SUBPROTOCOL not in fields["sec-websocket-protocol"]:
            raise ConnectionError("no WebSocket of ours")
        # RFC 9110 section 7.2: a port that is not the scheme's own is part of the field; a server that looks refuses what lacks it.
        if not re.fullmatch(rf"(localhost|127\.0\.0\.1|\[::1\]):{self.sock.getsockname()[1]}", fields["host"]):
            raise ConnectionError("another Host")
        accept = base64.b64encode(hashlib.sha1(fields["sec-websocket-key"].encode() + GUID).digest()).decode()
        self.sock.sendall((f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n").encode())

    def raw(self, opcode, payload):
        size = len(payload)
        head = bytes([0x80 | opcode]) + (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size))
        with self.lock:
            self.sock.sendall(head + payload)

    def send(self, frame):
        self.raw(2, frame.SerializeToString())

    def message(self):
        """The next message's opcode and bytes; a client's frames are masked (RFC 6455, 5.1)."""
        whole, kind = b"", 0
        while True:
            first, second = self.read(2)
            size = second & 0x7f
            if size == 126:
                size = struct.unpack(">H", self.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.read(8))[0]
            if not second & 0x80 or size > 16384:
                raise ConnectionError("not masked, or too large")
            mask, data = self.read(4), self.read(size)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
            kind = first & 0xf or kind
            if kind >= 8:
                return kind, data
            whole += data
            if first & 0x80:
                return kind, whole


class Post:
    def __init__(self, pb, port, folder):
        self.pb, self.port, self.folder = pb, port, folder
        self.changed = threading.Condition()
        self.views, self.records, self.replies, self.connections = [], [], {}, []
        self.portraits, self.parts = {}, {}
        self.errors, self.request, self.listener = [], 0, None

    def open(self):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(os.path.join(self.folder, "registry.pem"), os.path.join(self.folder, "registry.key"))
        tls.load_verify_locations(os.path.join(self.folder, "ca.pem"))
        tls.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, args=(self.listener, tls), daemon=True).start()

    def close(self):
        """As if killed: no more listening, and what stands is cut."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in self.connections:
            try:
                c.sock.shutdown(socket.SHUT_RDWR)
                c.sock.close()
            except OSError:
                pass
        self.connections = []

    def accept(self, listener, tls):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock, tls), daemon=True).start()

    def serve(self, sock, tls):
        try:
            c = Connection(self, tls.wrap_socket(sock, server_side=True))
            c.handshake()
            self.talk(c)
        except (OSError, ConnectionError, ValueError, KeyError) as e:
            with self.changed:
                self.errors.append(f"{type(e).__name__}: {e}")
                self.connections = [k for k in self.connections if k.sock.fileno() != sock.fileno()]
                self.changed.notify_all()

    def talk(self, c):
        kind, data = c.message()
        hello = self.pb.PostFrame.FromString(data).hello
        if kind != 2 or hello.name != c.name or hello.schema_version != 1:
            raise ConnectionError(f"hello of {hello.name} by {c.name}")
        answer = self.pb.PostFrame()
        answer.hello.name, answer.hello.schema_version = "post-1", 1
        c.send(answer)
        threading.Thread(target=self.beat, args=(c,), daemon=True).start()
        with self.changed:
            self.connections.append(c)
            self.changed.notify_all()
        while True:
            kind, data = c.message()
            if kind == 9:
                c.raw(10, data)
            elif kind == 8:
                raise ConnectionError("closed by the gate")
            elif kind == 2:
                self.take(c, self.pb.PostFrame.FromString(data))

    def beat(self, c):
        frame = self.pb.PostFrame()
        while True:
            frame.beat.mono_ms = int(time.monotonic() * 1000)
            try:
                c.send(frame)
            except OSError:
                return
            time.sleep(0.5)

    def take(self, c, frame):
        with self.changed:
            what = frame.WhichOneof("body")
            if what == "view":
                if frame.view.gate != c.name:
                    raise ConnectionError("a view of another gate")
                self.views.append((time.monotonic(), frame.view))
            elif what == "record":
                self.records.append(frame.record)
            elif what == "reply":
                self.replies[frame.reply.request] = frame.reply
            elif what == "portrait":
                self.part(frame.portrait)
            self.changed.notify_all()

    def part(self, p):
        whole = self.parts.get(p.request, b"")
        if p.offset != len(whole) or not p.bytes or len(p.bytes) > 8192:
            raise ConnectionError("a part out of place")
        self.parts[p.request] = whole + p.bytes
        if len(self.parts[p.request]) == p.portrait.size:
            self.portraits[p.request] = self.parts.pop(p.request)

    def wait(self, what, seconds=30):
        """What the function gives, as soon as it is something; None when it never is."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                found = what()
                if found or time.monotonic() >= end:
                    return found
                self.changed.wait(max(0.0, end - time.monotonic()))

    def view(self):
        return self.views[-1][1] if self.views else None

    def ask(self, request):
        """The gate's reply to a request, or None."""
        with self.changed:
            self.request += 1
            number = self.request
            c = self.connections[-1]
        request.request = number
        frame = self.pb.PostFrame()
        frame.request.CopyFrom(request)
        c.send(frame)
        return self.wait(lambda: self.replies.get(number), 10)
