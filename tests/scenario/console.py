#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The officers' console as shipped, between browsers and lanes as shipped: what nobody may have without a login, what each role may not do,
forged gates and an impostor of a post, words that are forged, replayed or too late, requests that are too large, too slow or too many,
and the duty of officers.

    console.py BUILD SOURCE

Browsers are the test's own (console_client.py). Nobody's time is judged. Must never end a process that it did not start.
Exit status 77: not possible here, and why."""
import datetime
import json
import os
import resource
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
sys.path.insert(0, HERE)
import console_client as client  # noqa: E402
import run as demo  # noqa: E402
import scenario  # noqa: E402

LANE = "lane-1"
SCENARIO = ("seed: 5\ntravellers: 60\nown_state: NOR\ngap_ms: 40\ndevices: {leaf_stroke_ms: 60, lock_ms: 15, bag_ms: 600}\n"
            "people: {react_ms: 40, walk_ms: 60, hold_ms: 300, patience_ms: 60000}\n"
            "chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}\n"
            "mix:\n  - {kind: citizen, weight: 1}\n  - {kind: minor, weight: 2}\n  - {kind: listed, weight: 2}\n")
IDLE = 1000  # connections


class Wrong(Exception):
    pass


def openssl(*argv, cwd=None):
    return subprocess.run(["openssl", *argv], capture_output=True, text=True, check=True, cwd=cwd).stdout


class Authority:
    """Certificates that `postern pki` would not make."""

    def __init__(self, folder):
        self.dir = folder
        os.makedirs(folder, exist_ok=True)

    def own(self, name, subject, use):
        """An authority of nobody's and a certificate of it."""
        ca, key = os.path.join(self.dir, name + "-ca"), os.path.join(self.dir, name)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca + ".key", "-out",
                ca + ".pem", "-subj", "/O=NOR/CN=Postern test authority", "-days", "2")
        return self.signed(key, ca + ".pem", ca + ".key", subject, use)

    def signed(self, stem, ca, ca_key, subject, use):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", stem + ".key", "-out", stem + ".csr",
                "-subj", subject)
        with open(stem + ".ext", "w", encoding="utf-8") as f:
            f.write(use)
        openssl("x509", "-req", "-in", stem + ".csr", "-CA", ca, "-CAkey", ca_key, "-set_serial", str(time.time_ns()), "-days", "2",
                "-extfile", stem + ".ext", "-out", stem + ".pem")
        return stem + ".pem", stem + ".key"

    def revocations(self, ca, ca_key, certificates, out):
        """A list of ca's with these in it."""
        base = os.path.join(self.dir, "crl")
        os.makedirs(base, exist_ok=True)
        end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).strftime("%y%m%d%H%M%SZ")
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%y%m%d%H%M%SZ")
        with open(os.path.join(base, "index.txt"), "w", encoding="utf-8") as f:
            for c in certificates:
                serial = openssl("x509", "-in", c, "-noout", "-serial").strip().split("=")[1]
                f.write(f"R\t{end}\t{now}\t{serial}\tunknown\t/CN=revoked\n")
        with open(os.path.join(base, "conf"), "w", encoding="utf-8") as f:
            f.write(f"[ca]\ndefault_ca=it\n[it]\ndatabase={base}/index.txt\ndefault_md=sha256\ndefault_crl_days=2\n")
        openssl("ca", "-config", os.path.join(base, "conf"), "-gencrl", "-cert", ca, "-keyfile", ca_key, "-out", out + ".new")
        os.chmod(out + ".new", 0o644)
        os.rename(out + ".new", out)


class Impostor:
    """Somebody at a post's address who shows what certificates they have, and notes what a gate says to them."""

    def __init__(self, port):
        self.port, self.seen, self.shown = port, {}, None
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            shown, said = self.shown, b""
            s.settimeout(3)
            try:
                tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                tls.load_cert_chain(*shown)
                with tls.wrap_socket(s, server_side=True) as t:
                    said = t.recv(4096)
            except (OSError, TypeError):
                pass
            self.seen[shown] = self.seen.get(shown, b"") + said

    def tried(self, certificate):
        """What a gate says that has been shown this; None: it has not come."""
        self.shown, end = certificate, time.monotonic() + 40
        while certificate not in self.seen and time.monotonic() < end:
            time.sleep(0.05)
        return self.seen.get(certificate)

    def close(self):
        self.listener.close()


class Scenario(demo.Demo):
    console = True

    def __init__(self, args):
        super().__init__(args)
        path = os.path.join(self.dir, "scenario.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        os.environ.update(POSTERN_SCENARIO=path, POSTERN_CHIPS="1", POSTERN_OFFICER_REQUIRED="true")
        self.port, self.ca = args.port + 25, os.path.join(self.dir, "pki/ca.pem")
        self.authority = Authority(os.path.join(self.dir, "forged"))
        self.impostor = Impostor(args.port + 24)

    def change(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = text.replace("tls: false", "tls: true, cards: true, rest_minutes: 1, gates_per_officer: 1")
        text = text.replace('gates: "lane-1 lane-2"', 'gates: "lane-1, lane-2 lane-8 lane-9"')
        # On a busy machine a console with a thousand connections is slow, not dead.
        text = text.replace("    role: post\n", "    role: post\n    stale_after_ms: 8000\n")
        at = text.index("  - name: lane-2")
        text = text[:at] + text[at:].replace(f'port: {self.port + 1}}}', f'port: {self.args.port + 24}}}', 1).replace(
            f"connect_ports: [{self.port + 1}]", f"connect_ports: [{self.args.port + 24}]", 1)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        # lane-2 knows that the post's certificate is revoked, lane-1 does not
        self.authority.revocations(self.ca, os.path.join(self.dir, "pki/ca.key"), [self.pki("post/post.pem")],
                                   self.pki("gates/lane-2/crl.pem"))
        accounts = os.path.join(self.dir, "accounts/accounts.yaml")
        self.secrets = client.secrets(accounts)
        for name in ("officer-2", "supervisor-1"):
            subprocess.run([self.postern, "account", "certificate", name, "--certificate", self.pki(f"cards/{name}.pem"), "--file", accounts],
                           check=True, stdout=subprocess.DEVNULL)
        os.chmod(accounts, 0o644)

    def pki(self, name):
        return os.path.join(self.dir, "pki", name)

    def check(self, good, text):
        self.say(("    ok     " if good else "    WRONG  ") + text)
        if not good:
            raise Wrong(text)

    def browser(self, address="127.0.0.1", card=None):
        return client.Browser(self.port, self.ca, address, card)

    def login(self, name, step=0, address="127.0.0.1"):
        b = self.browser(address)
        a = b.login(name, "demo-" + name.rsplit("-", 1)[0], client.one_time_code(self.secrets[name], step))
        self.check(a.status == 200 and b.me["name"] == name, f"{name} logs in")
        return b

    def refused(self, answer, status, code):
        self.check(answer.status == status and answer.code == code,
                   f"refused with {status} {code}" + ("" if answer.code == code else f", was {answer.status} {answer.body[:80]}"))

    # --- nobody ------------------------------------------------------------------------------------
    def nobody(self):
        """Not a byte but that a login is wanted."""
        b = self.browser()
        for path in ("/api/me", "/api/shift", "/api/audit", "/api/portrait?crossing=x&source=chip", "/api/shift?lane=lane-1"):
            a = b.get(path)
            self.check(a.status == 401 and a.body == b'{"code":"console.login"}', f"GET {path}")
            a = b.get(path, Cookie="postern=" + "a" * 64)
            self.check(a.status == 401 and a.body == b'{"code":"console.login"}', f"GET {path} with a made-up cookie")
        for path in ("order", "decide", "referral", "renew", "logout", "safeguarding", "shift/begin"):
            a = b.post("/api/" + path, kind="assist", gate=LANE)
            self.check(a.status == 401 and a.body == b'{"code":"console.login"}', f"POST /api/{path}")
        self.check(b.listen() is None and b.listen(cookie="postern=" + "0" * 64) is None, "no WebSocket")

    def paths(self):
        """No path leads to a file that is not the page's."""
        b = self.browser()
        for path in ("/../accounts/accounts.yaml", "/%2e%2e/accounts/accounts.yaml", "/..%2faccounts%2faccounts.yaml",
                     "/./../pki/post.key", "//etc/passwd", "/%2fetc%2fpasswd", "/..\\accounts\\accounts.yaml", "/api/../../pki/post/post.key",
                     "/index.html%00.key", "/%c0%ae%c0%ae/accounts.yaml", self.dir + "/accounts/accounts.yaml"):
            try:
                a = b.get(path)
            except OSError:
                continue  # the connection was closed
            self.check(a.status in (400, 403, 404) and b"argon2" not in a.body and b"PRIVATE" not in a.body and b"root:" not in a.body,
                       f"{path}: {a.status}")

    def forged_site(self, officer):
        """What another site's page could send."""
        b = self.browser()
        for headers in ({"Origin": "https://evil.example"}, {"Origin": None}, {"Origin": "null"}, {"Origin": f"http://127.0.0.1:{self.port}"}):
            a = b.ask("POST", "/api/login", {"name": "officer-1"}, **headers)
            self.check(a.status == 403 and a.code == "", f"a login from {headers['Origin']}")
        self.check(b.get("/api/me", Host="evil.example").status == 421, "another Host")
        for token in (None, "0" * 64, self.auditor.token, ""):
            a = officer.ask("POST", "/api/order", {"kind": "lock", "gate": LANE, "reason": "security.concern"}, X_Postern_Token=token)
            self.check(a.status == 403 and a.code == "console.token", f"a change with {'no' if not token else 'a wrong'} token")
        self.check(b.listen(cookie=officer.cookie, origin="https://evil.example") is None, "a WebSocket of another site's page")
        self.check(officer.listen() is not None, "and one of its own")

    def logins(self):
        """Nothing tells which part was wrong, or whether the name is somebody's; who fails often waits."""
        b = self.browser("127.0.0.2")
        good = client.one_time_code(self.secrets["administrator-1"])
        wrong = [b.login("administrator-1", "demo-administrator", "000000" if good != "000000" else "111111"),
                 b.login("administrator-1", "demo-administratox", good), b.login("no-such-name", "demo-administrator", good)]
        self.check(all(a.status == 401 and a.body == wrong[0].body for a in wrong), "one answer for every wrong login")
        for name in ("administrator-1", "no-such-name"):
            answers = [b.login(name, "wrong-password", "000000") for _ in range(5)]
            self.check([a.status for a in answers][-1] == 429 and int(answers[-1].headers["retry-after"]) > 0, f"{name} must wait")
        a = b.login("administrator-1", "demo-administrator", good)
        self.refused(a, 429, "login.wait")
        self.officer = self.login("officer-1", -1)
        a = self.browser().login("officer-1", "demo-officer", client.one_time_code(self.secrets["officer-1"], -1))
        self.refused(a, 401, "login.refused")

    def roles(self):
        self.auditor = self.login("auditor-1")
        a = self.auditor.get("/api/audit")
        self.check(a.status == 200 and any(r["event"] == "console.login_refused" for r in a.json["audit"]), "the auditor reads the audit")
        for path in ("/api/shift", "/api/portrait?crossing=a&source=chip"):
            self.refused(self.auditor.get(path), 403, "console.denied")
        for path in ("decide", "referral", "safeguarding", "shift/begin"):
            self.refused(self.auditor.post("/api/" + path, gate=LANE, decision="admit"), 403, "console.denied")
        for kind in ("assist", "end-assist", "close", "lock", "controlled", "free", "out-of-service", "resume", "duty-on", "duty-off", "acknowledge"):
            self.refused(self.auditor.post("/api/order", kind=kind, gate=LANE, reason="technical.fault", hold_ms="1000", alarm="1"), 403, "console.denied")
        self.check(self.auditor.listen() is None, "the auditor sees no lanes")
        for kind in ("controlled", "free", "out-of-service", "resume", "open-referral", "", "unspecified"):
            self.refused(self.officer.post("/api/order", kind=kind, gate=LANE, reason="technical.fault"), 403, "console.denied")
        self.refused(self.officer.get("/api/audit"), 403, "console.denied")
        self.refused(self.officer.post("/api/shift/begin"), 403, "console.denied")

    def card_of(self, name):
        return self.pki(f"cards/{name}.pem"), self.pki(f"cards/{name}.key")

    def refused_card(self, card, text):
        """Turned away in the handshake, or told that the login is refused."""
        b = self.browser(card=card)
        try:
            a = b.login_by_card()
        except OSError:
            self.say(f"    ok     {text}: no connection")
            return
        self.check(a.status in (401, 403) and a.code in ("login.refused", "") and not b.cookie, f"{text}: {a.status}")

    def cards(self):
        """A card that is enrolled logs its officer in, as what they are; no other does, and the cookie is worth nothing without the card."""
        use, ca = "extendedKeyUsage=clientAuth", (self.pki("cards/officers-ca.pem"), self.pki("cards/officers-ca.key"))
        self.refused(self.browser().login_by_card(), 401, "login.refused")
        self.refused_card(self.card_of("officer-1"), "a card that nobody has enrolled")
        self.refused_card((self.pki("gates/lane-1/gate.pem"), self.pki("gates/lane-1/gate.key")), "a gate's certificate")
        self.refused_card(self.authority.own("card", "/O=NOR/OU=OSL/CN=officer-2", use), "a card of an authority of nobody's")
        self.refused_card(self.authority.signed(os.path.join(self.authority.dir, "twin"), *ca, "/O=NOR/OU=OSL/CN=officer-2", use),
                          "another card of the authority's with an officer's name")
        self.refused_card(self.authority.signed(os.path.join(self.authority.dir, "no-client"), *ca, "/O=NOR/OU=OSL/CN=officer-2",
                                                "extendedKeyUsage=serverAuth"), "a server's certificate of the cards' authority")
        b = self.browser(card=self.card_of("officer-2"))
        a = b.login_by_card()
        self.check(a.status == 200 and (b.me["name"], b.me["role"]) == ("officer-2", "officer"), "officer-2 logs in by card, without password")
        self.check(b.get("/api/me").status == 200 and b.listen() is not None, "asks, and sees the lanes")
        self.refused(b.post("/api/shift/begin"), 403, "console.denied")
        self.refused(b.get("/api/audit"), 403, "console.denied")
        for thief, text in ((self.browser(), "no card"), (self.browser(card=self.card_of("supervisor-1")), "another officer's card")):
            thief.cookie, thief.token = b.cookie, b.token
            self.refused(thief.get("/api/me"), 401, "console.login")
            self.refused(thief.post("/api/order", kind="lock", gate=LANE, reason="security.concern"), 401, "console.login")
            self.check(thief.listen() is None, f"the cookie of that session opens nothing with {text}")
        boss = self.browser(card=self.card_of("supervisor-1"))
        self.check(boss.login_by_card().status == 200 and boss.me["role"] == "supervisor", "supervisor-1's card is a supervisor's")
        self.check(boss.post("/api/logout").status == 200 and boss.get("/api/me").status == 401, "and logs out")
        # Revoked while the session is open.
        self.authority.revocations(*ca, [self.card_of("officer-2")[0]], self.pki("post/officers-crl.pem"))
        end = time.monotonic() + 20
        while b.live.open and time.monotonic() < end:
            time.sleep(0.1)
        self.check(not b.live.open, "a card that is revoked: its page is cut off")
        try:
            self.check(b.get("/api/me").status in (401, 403), "its session is worth nothing")
        except OSError:
            self.say("    ok     its session has no connection any more")
        self.refused_card(self.card_of("officer-2"), "it logs nobody in")
        self.check(self.browser(card=self.card_of("supervisor-1")).login_by_card().status == 200, "another card still does")

    # --- forms and sizes ---------------------------------------------------------------------------
    def sizes(self):
        b = self.officer
        self.check(b.ask("POST", "/api/order", b"kind=" + b"a" * 5000).status == 413, "a body over the limit")
        for body in (b"kind=a&kind=b", b"kind", b"=a", b"kind=%zz", b"kind=%00", b"kind=%ff%fe", b"kind=a&", b"kind=%0a", b"kind=" + b"a" * 200,
                     b"&".join(b"f%d=1" % i for i in range(20))):
            a = b.ask("POST", "/api/order", body)
            self.refused(a, 400, "console.form")
        self.refused(b.ask("POST", "/api/order", b'{"kind":"lock"}', Content_Type="application/json"), 400, "console.form")
        self.check(b.get("/" + "a" * 400).status == 414, "a path over the limit")
        self.check(b.get("/api/me", Cookie="x=" + "a" * 1500).status == 431, "a cookie over the limit")
        try:
            self.check(b.get("/api/me", X_Long="a" * 20000).status != 200, "headers over the limit")
        except OSError:
            self.say("    ok     headers over the limit: closed")

    def slow(self):
        """A byte now and then; gone after the time for a request, however it goes on. How long that took, or None."""
        s = socket.create_connection(("127.0.0.1", self.port), 10, ("127.0.0.4", 0))
        t = ssl.create_default_context(cafile=self.ca).wrap_socket(s, server_hostname="127.0.0.1")
        begun = time.monotonic()
        try:
            t.sendall(b"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            while time.monotonic() - begun < 40:
                t.sendall(b"a")
                t.settimeout(0.3)
                try:
                    if t.recv(100) == b"":
                        break
                except (TimeoutError, ssl.SSLWantReadError):
                    continue
        except OSError:
            pass
        self.slow_took = time.monotonic() - begun

    def memory_kib(self):
        pid = next(p["pid"] for p in self.status()["post-1"]["plugins"] if p["instance"] == "console")
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    @staticmethod
    def silent(s):
        """Neither closed by the server, nor spoken to."""
        s.settimeout(0.001)
        try:
            if s.recv(1):
                raise Wrong("a server that speaks first")
        except TimeoutError:
            return True
        except OSError:
            pass
        return False

    def idle(self):
        """A thousand connections that say nothing, from eight addresses, each within its limit: few are kept, memory is bounded, others are
        served meanwhile, old ones and new ones; so are gates while a post's other port is held."""
        before, held = self.memory_kib(), []
        for i in range(IDLE):
            try:
                held.append(socket.create_connection(("127.0.0.1", self.port), 5, (f"127.0.0.{3 + i % 8}", 0)))
            except OSError:
                pass
        open_ones, end = list(held), time.monotonic() + 8  # after ten seconds each would go by itself
        while len(open_ones) >= 256 and time.monotonic() < end:
            time.sleep(0.5)
            open_ones = [s for s in open_ones if self.silent(s)]
        kept = len(open_ones)
        after = self.memory_kib()
        self.check(0 < kept < 256, f"{len(held)} of {IDLE} connected, {kept} were kept")
        self.check(after - before < 24 * 1024, f"resident memory {before} KiB, then {after} KiB")
        self.check(self.officer.get("/api/me").status == 200, "another client is served meanwhile")
        for s in held:
            s.close()
        held = [socket.create_connection(("127.0.0.1", self.port + 1), 5, ("127.0.0.3", 0)) for _ in range(300)]
        ghost = self.authority.signed(os.path.join(self.authority.dir, "late"), self.ca, self.pki("ca.key"), "/O=NOR/CN=lane-8", "extendedKeyUsage=clientAuth")
        self.check(self.gate(*ghost, "lane-8") == "taken", "a gate comes in beside three hundred silent connections")
        for s in held:
            s.close()

    # --- gates -------------------------------------------------------------------------------------
    def gate(self, certificate, key, name, stay=None):
        """What becomes of a gate that shows this certificate: refused in the handshake, or after its first word, or taken. stay: a list that
        keeps its connection."""
        tls = ssl.create_default_context(cafile=self.ca)
        if certificate:
            tls.load_cert_chain(certificate, key)
        frame = self.pb.PostFrame()
        frame.hello.name, frame.hello.schema_version = name, 1
        body = frame.SerializeToString()
        try:
            s = socket.create_connection(("127.0.0.1", self.port + 1), 5)
            t = tls.wrap_socket(s, server_hostname="127.0.0.1")
            t.sendall((f"GET /gates HTTP/1.1\r\nHost: 127.0.0.1:{self.port + 1}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Protocol: postern-post-1\r\n\r\n").encode())
            if not t.recv(4096).startswith(b"HTTP/1.1 101"):
                return "refused"
            t.sendall(bytes([0x82, 0x80 | len(body)]) + bytes(4) + body)
            while True:
                data = t.recv(4096)
                if not data:
                    return "closed"
                if data[0] & 15 == 2:
                    if stay is not None:
                        stay.append(t)
                    return "taken"
        except OSError:
            return "refused"

    @staticmethod
    def ended(t):
        """Whether the post closes this line within two seconds, whatever else it says on it."""
        end = time.monotonic() + 2
        t.settimeout(0.2)
        while time.monotonic() < end:
            try:
                data = t.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return True
            if not data or data[0] & 15 == 8:
                return True
        return False

    def log_text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as f:
            return f.read()

    def gates(self):
        ca, ca_key = self.ca, self.pki("ca.key")
        client_use, both = "extendedKeyUsage=clientAuth", "extendedKeyUsage=serverAuth"
        ghost = self.authority.signed(os.path.join(self.authority.dir, "ghost"), ca, ca_key, "/O=NOR/CN=lane-9", client_use)
        self.check(self.gate(*ghost, "lane-9") == "taken", "a gate of the authority's is taken: what follows is refused for a reason")
        self.check(self.gate(None, None, LANE) == "refused", "no certificate")
        self.check(self.gate(*self.authority.own("forged", "/O=NOR/CN=lane-1", client_use), LANE) == "refused", "an authority of the same name")
        self.check(self.gate(*self.authority.signed(os.path.join(self.authority.dir, "server"), ca, ca_key, "/O=NOR/CN=lane-1", both), LANE)
                   == "refused", "a server's certificate")
        self.check(self.gate(*ghost, LANE) == "closed", "the name of another gate")
        odd = self.authority.signed(os.path.join(self.authority.dir, "odd"), ca, ca_key, "/O=NOR/CN=..\\/lane-1", client_use)
        self.check(self.gate(*odd, "../lane-1") == "refused", "a name that is no unit's")
        other = self.authority.signed(os.path.join(self.authority.dir, "other"), ca, ca_key, "/O=NOR/CN=lane-7", client_use)
        self.check(self.gate(*other, "lane-7") == "refused" and self.gate(*other, LANE) == "refused", "a gate of the authority's that is not named here")
        post = (self.pki("gates/post-1/gate.pem"), self.pki("gates/post-1/gate.key"))
        self.check(self.gate(*post, "post-1") == "refused" and self.gate(*post, LANE) == "refused", "the post's own certificate for the centre")
        self.check(sorted(self.officer.live.views) == ["lane-1", "lane-2", "lane-8", "lane-9"], "officers see the gates that are named, and no other")
        # The same gate once more: the newer line stays, the older is closed, other gates are left alone.
        lines = []
        self.check(self.gate(*ghost, "lane-9", lines) == "taken" and self.gate(*ghost, "lane-9", lines) == "taken", "a gate comes twice")
        self.check(self.ended(lines[0]) and not self.ended(lines[1]), "its first line is closed, its second stays")
        self.check(any("console.gate_displaced" in line and "lane-9" in line for line in self.log_text().split("\n")), "the log says so")
        for t in lines:
            t.close()
        # Revoked while the post stands: what is open goes, what is new is refused, another lane stays.
        self.authority.revocations(ca, ca_key, [ghost[0]], self.pki("post/crl.pem"))
        end = time.monotonic() + 20
        while self.gate(*ghost, "lane-9") == "taken" and time.monotonic() < end:
            time.sleep(0.5)
        self.check(self.gate(*ghost, "lane-9") == "refused", "a gate that has been revoked meanwhile")
        self.check(self.officer.live.wait(LANE, lambda v: True) is not None and self.officer.live.views[LANE]["connected"], "the other stays")

    def impostors(self):
        ca, ca_key = self.ca, self.pki("ca.key")
        use = "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1"
        for what, shown in (("another authority's", self.authority.own("impostor", "/O=NOR/CN=post", use)),
                            ("another host's", self.authority.signed(os.path.join(self.authority.dir, "elsewhere"), ca, ca_key, "/O=NOR/CN=post",
                             "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.9")),
                            ("a gate's", (self.pki("gates/lane-1/gate.pem"), self.pki("gates/lane-1/gate.key"))),
                            ("a revoked", (self.pki("post/post.pem"), self.pki("post/post.key")))):
            self.check(self.impostor.tried(shown) == b"", f"lane-2 says nothing to a post with {what} certificate")
        # The other lane does not know of the revocation, and is with the very same certificate.
        self.check(self.officer.live.wait(LANE, lambda v: True) is not None, "lane-1 is with its post")

    # --- duty, referrals, decisions ----------------------------------------------------------------
    def see(self, what, text, seconds=40):
        v = self.officer.live.wait(LANE, what, seconds)
        self.check(v is not None, text)
        return v

    def accepted(self, answer, text):
        self.check(answer.status == 200, text + ("" if answer.status == 200 else f": {answer.status} {answer.body[:100]}"))
        return answer

    def order(self, kind, who=None, **more):
        return (who or self.officer).post("/api/order", kind=kind, gate=LANE, **more)

    def decide(self, v, decision, reason, **more):
        return self.officer.post("/api/decide", gate=LANE, crossing=v["crossing_id"], verdict_hash=v["waiting_verdict_hash"], decision=decision,
                                 reason=reason, **more)

    def journal(self, unit, where):
        db = sqlite3.connect(f"file:{self.dir}/state/{unit}/journal.db?mode=ro", uri=True)
        try:
            return db.execute("SELECT hash FROM journal WHERE " + where).fetchall()
        finally:
            db.close()

    def audits(self, event):
        return [r for r in self.auditor.get("/api/audit").json["audit"] if r["event"] == event]

    def audited(self, event):
        """The newest record of that event, which is written at the gate and comes from there."""
        until = time.monotonic() + 10
        while not self.audits(event) and time.monotonic() < until:
            time.sleep(0.05)
        found = self.audits(event)
        return found[0] if found else {"officer": "nobody"}

    def duty(self):
        v = self.see(lambda v: v["state"] == "IDLE", "the lane is idle")
        self.check(v["on_duty"] == "" and not v["serving"] and v["crossings"] == 0, "nobody watches: no traveller has begun")
        self.refused(self.officer.post("/api/order", kind="duty-on", gate="lane-2"), 409, "console.gate_away")
        self.accepted(self.order("duty-on"), "officer-1 takes the lane")
        v = self.see(lambda v: v["on_duty"] == "officer-1", "and watches it")
        left = v["duty_until_wall_ms"] - time.time() * 1000
        self.check(0 < left <= 3600000, "for an hour at most")
        self.accepted(self.order("duty-on"), "taking it again")
        time.sleep(0.5)
        again = self.see(lambda v: v["on_duty"] == "officer-1", "still the same")
        self.check(again["duty_until_wall_ms"] <= v["duty_until_wall_ms"] + 50, "does not make the turn longer")
        self.see(lambda v: v["crossings"] > 0 or v["crossing_id"], "travellers begin")

    def waiting(self, exception):
        while True:
            v = self.see(lambda v: v["waiting_verdict_hash"], "a traveller waits for the officer", 60)
            if v["waiting_exception"] == exception:
                return v
            self.accepted(self.decide(v, "send-back", "manual.check"), "sending back")
            self.see(lambda w, v=v: w["crossing_id"] != v["crossing_id"], "the lane goes on")

    def look(self, v):
        fields = dict(gate=LANE, crossing=v["crossing_id"], verdict_hash=v["waiting_verdict_hash"])
        self.refused(self.officer.post("/api/referral", **fields), 400, "console.purpose")
        self.refused(self.officer.post("/api/referral", purpose="supervision", **fields), 400, "console.purpose")
        self.refused(self.officer.post("/api/referral", purpose="decision", **{**fields, "verdict_hash": "0" * 64}), 409, "decision.stale")
        before = len(self.audits("console.view"))
        r = self.accepted(self.officer.post("/api/referral", purpose="decision", **fields), "looking at the referral").json["referral"]
        self.check(r["crossing_id"] == v["crossing_id"] and r["record"]["document"]["number"] != "", "the document is shown")
        found = self.audits("console.view")
        self.check(len(found) == before + 1 and found[0]["officer"] == "officer-1" and found[0]["crossing"] == v["crossing_id"] and
                   found[0]["purpose"] == "VIEW_DECISION", "the post has recorded who looked at whom, and why")
        self.check(len(self.journal(LANE, "hash = x'" + r["audit_hash"] + "'")) == 1, "so has the gate")
        source = r["portraits"][0]["source"].removeprefix("PORTRAIT_").lower()
        path = f"/api/portrait?crossing={v['crossing_id']}&source={source}"
        end, a = time.monotonic() + 10, None
        while time.monotonic() < end and (a is None or a.status != 200):
            a = self.officer.get(path)
        self.check(a.status == 200 and len(a.body) == r["portraits"][0]["size"] and a.headers["content-type"] == r["portraits"][0]["media_type"] and
                   a.headers["cache-control"] == "no-store", f"the chip's portrait, {len(a.body)} bytes")
        self.refused(self.supervisor.get(path), 404, "console.nothing")
        return path

    def minor(self):
        v = self.waiting("EXCEPTION_MINOR")
        portrait = self.look(v)
        self.refused(self.officer.post("/api/safeguarding", gate=LANE, crossing=v["crossing_id"], reason="some.words", role="roving"), 400, "note.incomplete")
        self.refused(self.officer.post("/api/safeguarding", gate=LANE, crossing="01ARZ3NDEKTSV4RRFFQ69G5FAV", reason="child.alone",
                                       role="roving"), 409, "decision.stale")
        a = self.officer.post("/api/safeguarding", gate=LANE, crossing=v["crossing_id"], reason="child.alone", role="roving")
        self.check(a.status == 200 and a.code == "note.recorded", "a safeguarding note")
        found = self.audits("console.safeguarding")
        self.check(found and found[0]["detail"] == "child.alone.roving" and found[0]["crossing"] == v["crossing_id"], "is in the journal")
        self.refused(self.decide(v, "admit", "no.such.reason"), 400, "decision.incomplete")
        self.refused(self.decide(v, "admit", "annex_v.a"), 400, "decision.incomplete")
        self.refused(self.officer.post("/api/decide", gate=LANE, crossing=v["crossing_id"], verdict_hash="00" * 32, decision="admit",
                                       reason="manual.check"), 409, "decision.stale")
        self.accepted(self.decide(v, "admit", "guardian.present"), "admitting")
        self.see(lambda w: w["crossing_id"] != v["crossing_id"], "the traveller has passed")
        self.refused(self.decide(v, "admit", "guardian.present"), 409, "decision.stale")
        self.refused(self.decide(v, "refuse", "annex_v.e"), 409, "decision.stale")
        end = time.monotonic() + 10
        while self.officer.get(portrait).status == 200 and time.monotonic() < end:
            time.sleep(0.2)
        self.refused(self.officer.get(portrait), 404, "console.nothing")

    def listed(self):
        v = self.waiting("EXCEPTION_DATABASE_HIT")
        self.check(v["second_officer_needed"], "a match of a list wants a second officer")
        self.refused(self.decide(v, "admit", "list.not_this_person"), 403, "decision.second_officer")
        code = lambda name, step: client.one_time_code(self.secrets[name], step)
        second = dict(second_name="officer-1", second_password="demo-officer", second_code=code("officer-1", 1))
        self.refused(self.decide(v, "admit", "list.not_this_person", **second), 403, "second.same")
        second = dict(second_name="auditor-1", second_password="demo-auditor", second_code=code("auditor-1", 1))
        self.refused(self.decide(v, "admit", "list.not_this_person", **second), 403, "second.refused")
        second = dict(second_name="officer-2", second_password="demo-officer", second_code="000000")
        self.refused(self.decide(v, "admit", "list.not_this_person", **second), 403, "second.refused")
        second["second_code"] = code("officer-2", 0)
        self.accepted(self.decide(v, "admit", "list.not_this_person", **second), "admitting with a second officer")
        self.check(self.audited("console.second")["officer"] == "officer-2", "which is recorded")
        self.see(lambda w: w["crossing_id"] != v["crossing_id"], "the traveller has passed")

    def shift(self):
        s = self.accepted(self.officer.get("/api/shift"), "the shift's report").json
        self.check(s["verdicts"] > 0 and s["referred"] == sum(r["count"] for r in s["reasons"]), f"{s['referred']} referrals by reason")
        self.check(s["decided"] >= 2 and s["false_alarms"] == 2 and s["false_alarm_permille"] == 2000 // s["decided"],
                   f"{s['false_alarms']} of {s['decided']} referrals were false alarms")
        self.check(all(0 < x["p50_ms"] <= x["p95_ms"] for x in s["steps"] if x["count"]), "times of the steps")
        self.check([x["gate"] for x in s["lanes"]] == [LANE] and s["lanes"][0]["verdicts"] == s["verdicts"], "and each lane's")
        self.check(s["safeguarding"] == [{"reason": "child.alone", "count": 1}], "notes are counted")
        self.check(any(t["officer"] == "officer-1" and t["gate"] == LANE for t in s["turns"]), "who watched")
        self.refused(self.officer.get("/api/shift?lane=lane-77"), 404, "console.nothing")
        one = self.accepted(self.officer.get(f"/api/shift?lane={LANE}"), "one lane's").json
        self.check("lanes" not in one and one["reasons"] != [], "has reasons of its own")

    def hand_over(self):
        self.accepted(self.order("duty-on", self.supervisor), "the supervisor takes over")
        self.see(lambda v: v["on_duty"] == "supervisor-1", "and watches")
        self.check(self.audited("console.hand_over")["officer"] == "supervisor-1", "the hand-over is recorded")
        self.refused(self.order("duty-off"), 409, "order.not_on_duty")
        turns = self.officer.get("/api/shift").json["turns"]
        self.check(any(t["officer"] == "officer-1" and t["until_wall_ms"] >= t["from_wall_ms"] > 0 for t in turns), "one turn has ended")
        self.say("----  the supervisor's page goes away")
        self.supervisor.live.close()
        self.see(lambda v: v["on_duty"] == "", "the duty ends by itself", 40)
        self.check(self.audited("console.absent")["officer"] == "supervisor-1", "which is recorded")
        self.accepted(self.order("duty-on"), "officer-1 takes the lane")
        self.see(lambda v: v["on_duty"] == "officer-1", "and watches")
        a = self.officer.post("/api/logout")
        self.check(a.status == 200 and "Max-Age=0" in a.headers["set-cookie"], "officer-1 logs out")
        self.check(self.officer.get("/api/me").status == 401, "the session is over")
        end = time.monotonic() + 10
        while self.officer.live.open and time.monotonic() < end:
            time.sleep(0.05)
        self.check(not self.officer.live.open, "its page is told nothing any more")
        self.check(self.supervisor.listen() is not None and
                   self.supervisor.live.wait(LANE, lambda v: v["on_duty"] == "" and not v["serving"]) is not None, "nobody watches, nobody is served")
        self.accepted(self.supervisor.post("/api/shift/begin"), "the supervisor begins a shift")
        self.check(self.supervisor.get("/api/shift").json["verdicts"] == 0, "its figures begin at nothing")

    def run(self):
        self.followers, good = {}, False
        try:
            import post_double
            self.pb, _ = post_double.schema(os.path.join(self.args.source, "core/schema"))
            self.set_up()
            self.wait_ready()
            slow = threading.Thread(target=self.slow, daemon=True)
            slow.start()
            for part in (self.nobody, self.paths, self.logins, self.roles, self.cards):
                self.say(part.__name__)
                part()
            self.supervisor = self.login("supervisor-1")
            self.check(self.supervisor.listen() is not None, "the supervisor sees the lanes")
            self.say("forged_site")
            self.forged_site(self.officer)
            for part in (self.sizes, self.gates, self.impostors, self.duty, self.minor, self.listed, self.shift, self.idle, self.hand_over):
                self.say(part.__name__)
                part()
            slow.join(40)
            self.check(not slow.is_alive() and self.slow_took < 30, f"a slow request was ended after {getattr(self, 'slow_took', 0):.1f} s")
            good = True
        except Wrong:
            self.say(self.log_tail())
        finally:
            self.finish()
            self.impostor.close()
        if not good:
            self.say(f"console: not as it must be, see {self.dir}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("console: who may saw and spoke, and nobody else did")
        return 0


def main():
    args = scenario.arguments("console", 2, 120, 150, "source")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    sys.exit(Scenario(args).run())


if __name__ == "__main__":
    main()
