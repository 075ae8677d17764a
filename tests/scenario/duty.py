#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An officer watches as many lanes as the post allows and no more, whatever is tried at once; and where accounts of the demonstration are not
allowed, which is so in every production profile, nobody comes in with one.

    duty.py BUILD

Browsers are the test's own (console_client.py). Nobody's time is judged. Must never end a process that it did not start. Exit status
77: not possible here, and why."""
import os
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


class Wrong(Exception):
    pass


class Duty(demo.Demo):
    console = True

    def change(self, path):
        with open(path, encoding="utf-8") as f:
            self.text = f.read().replace("demo_accounts: true", "demo_accounts: true, gates_per_officer: 2")
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.text)
        self.accounts = os.path.join(self.dir, "accounts/accounts.yaml")
        self.secrets = client.secrets(self.accounts)

    def check(self, good, text):
        self.say(("    ok     " if good else "    WRONG  ") + text)
        if not good:
            raise Wrong(text)

    def browser(self):
        return client.Browser(self.args.port + 25)

    def login(self, name):
        b = self.browser()
        a = b.login(name, "demo-" + name.rsplit("-", 1)[0], client.one_time_code(self.secrets[name]))
        self.check(a.status == 200, f"{name} logs in")
        self.check(b.listen() is not None, "and sees the lanes")
        return b

    def watch(self, b, lane, kind="duty-on"):
        return b.post("/api/order", kind=kind, gate=lane)

    def is_watched(self, b, lane, officer):
        self.check(b.live.wait(lane, lambda v: v["on_duty"] == officer, 60) is not None, f"{lane} is watched by {officer or 'nobody'}")

    def too_many(self):
        first, second = self.login("officer-1"), self.login("officer-2")
        for lane in self.lanes():
            self.check(first.live.wait(lane, lambda v: v["state"] == "IDLE", 60) is not None, f"{lane} is there")
        # All at once: what is asked for counts, not only what a lane has confirmed.
        answers = {}
        threads = [threading.Thread(target=lambda lane=lane: answers.update({lane: self.watch(first, lane)})) for lane in self.lanes()]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        taken = sorted(lane for lane, a in answers.items() if a.status == 200)
        refused = sorted(lane for lane, a in answers.items() if (a.status, a.code) == (409, "duty.too_many"))
        self.check(len(taken) == 2 and len(refused) == 1, f"of three lanes at once two are taken, {taken}, and one is too many, {refused}")
        for lane in taken:
            self.is_watched(first, lane, "officer-1")
        a = self.watch(first, refused[0])
        self.check((a.status, a.code) == (409, "duty.too_many"), "nor is it taken later")
        self.is_watched(first, refused[0], "")
        self.check(self.watch(first, taken[0]).status == 200, "a lane that is watched already may be taken again")
        self.check(self.watch(second, refused[0]).status == 200, "a colleague takes the third")
        self.is_watched(second, refused[0], "officer-2")
        self.check(self.watch(second, taken[0]).status == 200, "and takes one over")
        self.is_watched(second, taken[0], "officer-2")
        a = self.watch(second, taken[1])
        self.check((a.status, a.code) == (409, "duty.too_many"), "and not the other as well")
        self.check(self.watch(first, refused[0]).status == 200, "who has handed one over may take another")
        self.is_watched(first, refused[0], "officer-1")

    def verdict(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path, subprocess.run([os.path.join(self.build, "core/posternd"), "--config", path, "--check"], capture_output=True, text=True,
                                    timeout=60, check=False)

    def start_with(self, path):
        self.daemon = self.start([os.path.join(self.build, "core/posternd"), "--config", path], stderr=self.log, stdout=self.log)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            told = self.status().get("post-1")
            if told and all(p["state"] == "ready" for p in told["plugins"] if p["instance"] == "console"):
                return
            time.sleep(0.2)
        raise Wrong("the post did not start:\n" + self.log_tail())

    def demo_accounts(self):
        """The post alone, as a production profile has it; run with the demo profile's clock and sandbox, which other tests are about."""
        head = self.text[:self.text.index("devices:\n")]
        post = self.text[self.text.index("  - name: post-1\n"):self.text.index("  - name: centre\n")]
        # Users are given by a unit's place among the others: what the first daemon has left is not this one's.
        head = head.replace(f"{self.dir}/state", f"{self.dir}/other-state").replace(self.run_folder, self.dir + "/other-run")
        self.run_folder = self.dir + "/other-run"
        production = (head + "units:\n" + post).replace("profile: demo", "profile: production").replace("clock: operator-asserted\n", "")
        _, r = self.verdict("production-demo.yaml", production)
        self.check(r.returncode != 0 and "demo_accounts" in r.stdout + r.stderr, "production refuses an option that lets demo accounts in: "
                   + (r.stdout + r.stderr).strip().splitlines()[-1])
        without = production.replace(", demo_accounts: true", "")
        _, r = self.verdict("production.yaml", without)
        self.check(r.returncode == 0, f"and takes the same without it {r.stdout}{r.stderr}")
        real = "password-of-a-real-one"
        added = subprocess.run([self.postern, "account", "add", "officer-9", "--role", "officer", "--file", self.accounts, "--json"], input=real,
                               capture_output=True, text=True, timeout=60, check=True).stdout
        os.chmod(self.accounts, 0o644)
        path, r = self.verdict("as-production.yaml", without.replace("profile: production", "profile: demo\nclock: operator-asserted"))
        self.check(r.returncode == 0, f"the same in the demo profile {r.stderr}")
        self.start_with(path)
        wrong = self.browser().login("nobody-here", "wrong-password", "000000")
        for name in ("officer-1", "supervisor-1", "auditor-1", "administrator-1"):
            a = self.browser().login(name, "demo-" + name.rsplit("-", 1)[0], client.one_time_code(self.secrets[name]))
            self.check(a.status == 401 and a.body == wrong.body, f"{name} is nobody there")
        secret = demo.json.loads(added)["secret"]
        self.check(self.browser().login("officer-9", real, client.one_time_code(secret)).status == 200, "an account of its own is let in")

    def run(self):
        self.followers = {}
        try:
            self.set_up()
            self.wait_ready()
            self.too_many()
            self.daemon.terminate()
            self.daemon.wait(30)
            self.demo_accounts()
        except Wrong as e:
            self.say(f"duty: {e}; see {self.dir}")
            return 1
        finally:
            self.finish()
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say("duty: as many as allowed, and nobody of the demonstration's")
        return 0


def main():
    os.environ.update(POSTERN_CHIPS="0", POSTERN_OFFICER_REQUIRED="true")
    sys.exit(Duty(scenario.arguments("duty", 3, 3, 60)).run())


if __name__ == "__main__":
    main()
