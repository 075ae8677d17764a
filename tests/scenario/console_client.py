#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An officer's browser for tests, written from RFC 9110, RFC 6455 and RFC 6238 alone: logs in, keeps its cookie and token, asks, and listens at
the WebSocket of the lanes. Must never share code with the console, nor hide what a server answered."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
import urllib.parse


def one_time_code(secret, step=0):
    """RFC 6238 with SHA-1, six digits, thirty seconds."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def secrets(path):
    """One-time secrets by account, from the file that `postern account` wrote."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return dict(re.findall(r"name: \"?([a-z0-9._-]+)\"?.*?totp: \"?([A-Z2-7]+)", text, re.S))


class Answer:
    def __init__(self, r):
        self.status, self.body, self.headers = r.status, r.read(), {k.lower(): v for k, v in r.getheaders()}

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        try:
            return self.json.get("code", "")
        except (ValueError, AttributeError):
            return ""


class Browser:
    def __init__(self, port, authority=None, address="127.0.0.1", card=None):
        """authority: with TLS, whose server is trusted. address: where it comes from. card: PEM files of a certificate and its key."""
        self.port, self.address, self.tls = port, address, None
        if authority:
            self.tls = ssl.create_default_context(cafile=authority)
        if card:
            self.tls.load_cert_chain(*card)
        self.origin = f"{'https' if authority else 'http'}://127.0.0.1:{port}"
        self.cookie, self.token, self.me, self.live = "", "", {}, None

    def connection(self, timeout=10):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls, source_address=(self.address, 0))
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout, source_address=(self.address, 0))

    def ask(self, method, path, fields=None, **headers):
        """headers: further ones, "_" for "-"; None leaves one out that would go by itself."""
        send = {"Origin": self.origin if method == "POST" else None, "Cookie": self.cookie or None, "X-Postern-Token": self.token or None}
        body = None
        if method == "POST":
            body = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields or {}).encode()
            send["Content-Type"] = "application/x-www-form-urlencoded"
        send.update({k.replace("_", "-"): v for k, v in headers.items()})
        c = self.connection()
        try:
            c.request(method, path, body, {k: v for k, v in send.items() if v is not None})
            return Answer(c.getresponse())
        finally:
            c.close()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, **fields):
        return self.ask("POST", path, fields)

    def login(self, name, password, code):
        return self.logged_in(self.ask("POST", "/api/login", {"name": name, "password": password, "code": code}, Cookie=None,
                                       X_Postern_Token=None))

    def login_by_card(self):
        return self.logged_in(self.ask("POST", "/api/login/certificate", {}, Cookie=None, X_Postern_Token=None))

    def logged_in(self, a):
        if a.status == 200:
            self.cookie, self.me = a.headers["set-cookie"].split(";")[0], a.json
            self.token = self.me["token"]
        return a

    def listen(self, **more):
        """Opens the page's WebSocket; None when it is refused."""
        live = Live(self, **more)
        if not live.open:
            return None
        self.live = live
        return live


class Live:
    def __init__(self, browser, cookie=None, origin=None):
        self.changed, self.views, self.messages, self.open, self.rest = threading.Condition(), {}, 0, False, b""
        self.times = []
        self.sock = socket.create_connection(("127.0.0.1", browser.port), 10, (browser.address, 0))
        if browser.tls:
            self.sock = browser.tls.wrap_socket(self.sock, server_hostname="127.0.0.1")
        self.sock.settimeout(30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{browser.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: postern-console.1\r\n"
                           f"Origin: {origin or browser.origin}\r\nCookie: {browser.cookie if cookie is None else cookie}\r\n\r\n").encode())
        self.head = self.until(b"\r\n\r\n")
        self.open = self.head.startswith(b"HTTP/1.1 101 ")
        if self.open:
            threading.Thread(target=self.run, daemon=True).start()

    def until(self, end):
        while end not in self.rest:
            try:
                more = self.sock.recv(65536)
            except OSError:
                more = b""
            if not more:
                part, self.rest = self.rest, b""
                return part
            self.rest += more
        at = self.rest.index(end) + len(end)
        part, self.rest = self.rest[:at], self.rest[at:]
        return part

    def read(self, n):
        while len(self.rest) < n:
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.rest += more
        part, self.rest = self.rest[:n], self.rest[n:]
        return part

    def run(self):
        text = b""
        try:
            while True:
                first, second = self.read(2)
                size = second & 0x7f
                if size == 126:
                    size = struct.unpack(">H", self.read(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self.read(8))[0]
                data, kind = self.read(size), first & 15
                if kind == 9:  # a client's frames are masked; a mask of zeros is one
                    self.sock.sendall(bytes([0x8a, 0x80 | len(data)]) + bytes(4) + data)
                elif kind == 8:
                    raise ConnectionError("closed by the server")
                else:
                    text += data
                    if first & 0x80:
                        self.take(json.loads(text))
                        text = b""
        except (OSError, ConnectionError, ValueError):
            with self.changed:
                self.open = False
                self.changed.notify_all()

    def take(self, m):
        with self.changed:
            self.messages += 1
            if m["type"] == "lane":
                self.views[m["name"]] = m
                if m.get("view"):
                    self.times.append((time.time(), m["name"], m["view"]))
                    del self.times[:-4000]
            self.changed.notify_all()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def wait(self, lane, what, seconds=30):
        """The lane's view as soon as it is so; None when it never is."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                m = self.views.get(lane)
                if m and m.get("view") and what(m["view"]):
                    return m["view"]
                if time.monotonic() >= end or not self.open:
                    return None
                self.changed.wait(max(0.0, end - time.monotonic()))
