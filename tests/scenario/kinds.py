# SPDX-License-Identifier: Apache-2.0
"""What scenarios of chosen kinds of travellers share: the demonstration's set-up with a scenario file of those kinds, one run until
everybody is done, and the problems that were found. Must never judge: that is each scenario's own."""
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../etc/demo"))
import run as demo  # noqa: E402
import scenario  # noqa: E402


class Kinds(demo.Demo):
    """A subclass has NAME, LANES, EACH (travellers of a lane), SECONDS, SCENARIO (the file up to "mix:"), KINDS ({kind: (weight, ...)}),
    ENVIRONMENT (of make-config), DONE (what is said in the end), and judge()."""

    def __init__(self, args):
        super().__init__(args)
        self.problems, self.followers = [], {}
        path = os.path.join(self.dir, self.NAME + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.SCENARIO + "".join(f"  - {{kind: {k}, weight: {v[0]}}}\n" for k, v in self.KINDS.items()))
        os.environ.update(self.ENVIRONMENT, POSTERN_SCENARIO=path)
        tool = os.path.join(self.build, "plugins/sim-lane/postern-sim-travellers")
        text = subprocess.run([tool, "all", path, str(self.LANES * self.EACH)], capture_output=True, text=True, check=True).stdout
        self.kinds = [entry.split()[1] for entry in text.split("\n\n") if entry.strip()]
        missing = self.KINDS.keys() - set(self.kinds)
        if missing:
            self.problem(f"the scenario's seed brings no {', '.join(sorted(missing))}")

    def problem(self, text):
        self.problems.append(text)
        self.say("    WRONG: " + text)

    def of_lanes(self):
        """(lane, the kinds that come to it, what its simulator saw) of each; every verdict and end is judged by judge_one()."""
        for n, lane in enumerate(self.lanes()):
            kinds = self.kinds[n * self.EACH:(n + 1) * self.EACH]
            truths = self.truths(lane)
            verdicts = [r for unit, r in self.rows if unit == lane and r["kind"] == "RECORD_VERDICT"]
            ends = [t["detail"].split() for t in truths if t["event"] == "traveller_done"]
            if len(verdicts) != self.EACH or [e[1] for e in ends] != kinds:
                self.problem(f"{lane}: {len(verdicts)} verdicts, travellers {ends}")
                continue
            for kind, verdict, end in zip(kinds, verdicts, ends):
                self.judge_one(lane, kind, verdict, end[2])
            yield lane, kinds, truths

    def judge_counts(self):
        """No exit without its record, and the same records in both databases."""
        local, central = self.count()
        released, bare = self.released_without_record(local)
        if bare or local != central:
            self.problem(f"{bare} exits released without a record, {len(local)} records here and {len(central)} at the centre")
        return released, len(local)

    def before(self):
        """When the lanes are ready, before anybody is watched."""

    def after(self):
        """When everybody is done and the daemon runs still."""

    def run(self):
        try:
            self.set_up()
            self.wait_ready()
            self.before()
            for target in [self.officer] + [lambda lane=lane: self.follow(lane) for lane in self.lanes()]:
                threading.Thread(target=target, daemon=True).start()
            self.wait_done()
            time.sleep(0.5)
            self.after()
            self.finish()
            self.judge()
        finally:
            self.finish()
        if self.problems:
            self.say(f"{self.NAME}: {len(self.problems)} problems, see {self.dir}")
            return 1
        demo.shutil.rmtree(self.dir, ignore_errors=True)
        self.say(f"{self.NAME}: {self.DONE}")
        return 0


def main(kind):
    sys.exit(kind(scenario.arguments(kind.NAME, kind.LANES, kind.LANES * kind.EACH, kind.SECONDS)).run())
