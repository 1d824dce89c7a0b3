# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of a row round by round: A A' B C, then A' B C A, and so on: no place is anybody's."""

import json
import subprocess
import time
from dataclasses import dataclass

from . import stats

SINGLE_AFTER_S = 20.0  # a peer that takes longer runs once
FREE_CORES = 1.9  # two spinners at least this much faster than one: there are two cores to measure on
TIMEOUT_S = 3600


class BenchError(Exception):
    """A program of ours that does not do what its row says."""


@dataclass
class Sample:
    metrics: dict
    wall_s: float


def execute(command):
    """Runs a program; its last line of output is one JSON object."""
    start = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise BenchError(f"{command[0]}: {e}") from e
    wall = time.monotonic() - start
    if done.returncode != 0:
        raise BenchError(
            f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}"
        )
    lines = done.stdout.strip().splitlines()
    try:
        metrics = json.loads(lines[-1])
    except (IndexError, ValueError) as e:
        raise BenchError(f"{command[0]} printed no JSON line: {(lines or ['nothing'])[-1][:200]!r}") from e
    if not isinstance(metrics, dict):
        raise BenchError(f"{command[0]} printed {lines[-1][:200]!r}, expected one JSON object")
    return Sample(metrics, wall)


def calibrate(spinner, seconds):
    """How many times as much two independent spinners do as one, right now."""

    def work(count):
        runs = [
            subprocess.Popen([spinner, str(seconds)], stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        outputs = [r.communicate(timeout=60)[0] for r in runs]
        if any(r.returncode != 0 for r in runs):
            raise BenchError(f"{spinner} failed")
        return sum(float(o) for o in outputs)

    one = work(1)
    return work(2) / one


def number(sample, metric, who):
    value = sample.metrics.get(metric)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value > 0:
        raise BenchError(f"{who}: {metric} is {value!r}, expected a number above 0")
    return float(value)


class Row:
    """One question: ours against each peer that can be had."""

    def __init__(self, row, rounds, run=execute, cores=None, say=lambda text: None):
        self.row, self.rounds, self.run, self.cores, self.say = row, rounds, run, cores, say
        self.samples = {}  # program -> one value a counted round
        self.single = {}  # peer -> its one value
        self.failed = {}  # peer -> why its place is empty
        self.checksums = {}
        self.versions = {}
        self.calibrations = []

    def measure(self):
        row = self.row
        programs = [("ours", row["ours"]), ("ours again", row["ours"])]
        for peer in row["peers"]:
            if peer.get("missing"):
                self.failed[peer["name"]] = peer["missing"]
            else:
                programs.append((peer["name"], peer["command"]))
        counted = attempt = 0
        while counted < self.rounds and attempt < self.rounds * (3 if row["workers"] > 1 else 1):
            attempt += 1
            if row["workers"] > 1:
                self.calibrations.append(self.cores())
                if self.calibrations[-1] < FREE_CORES:
                    continue
            turn = counted % len(programs)
            self.one_round(programs[turn:] + programs[:turn])
            programs = [p for p in programs if p[0] not in self.single and p[0] not in self.failed]
            counted += 1
            self.say(f"  {row['name']}: round {counted} of {self.rounds}")
        return self.result(counted)

    def one_round(self, programs):
        for name, command in programs:
            try:
                sample = self.run(command)
                value = number(sample, self.row["metric"], name)
            except BenchError as e:
                if name in ("ours", "ours again"):
                    raise
                self.failed[name] = str(e)
                self.samples.pop(name, None)
                continue
            self.checksums.setdefault(name, sample.metrics.get("checksum"))
            self.versions.setdefault(name, sample.metrics.get("version"))
            if name not in ("ours", "ours again") and sample.wall_s > SINGLE_AFTER_S:
                self.single[name] = value
                self.samples.pop(name, None)
            else:
                self.samples.setdefault(name, []).append(value)

    def result(self, counted):
        row = self.row
        out = {
            "name": row["name"],
            "question": row["question"],
            "metric": row["metric"],
            "unit": row["unit"],
            "better": row["better"],
            "workers": row["workers"],
            "rounds": counted,
            "calibrations": self.calibrations,
        }
        if counted < stats.MIN_ROUNDS:
            if row["workers"] < 2:
                raise BenchError(f"{row['name']}: {counted} rounds, expected at least {stats.MIN_ROUNDS}")
            return {
                **out,
                "ours": None,
                "verdict": stats.CORES_BUSY,
                "pairs": [self.empty(peer, stats.CORES_BUSY) for peer in row["peers"]],
            }
        ours = self.samples["ours"]
        aa = stats.summarize(stats.ratios(ours, self.samples["ours again"], row["better"]))
        pairs = [
            {
                "peer": "ours again",
                "kind": "A/A",
                "value": stats.summarize(self.samples["ours again"]).as_dict(),
                "ratio": aa.as_dict(),
                "bar": None,
                "verdict": f"spread {100 * stats.spread(aa):.1f} %",
                "single": False,
                "samples": self.samples["ours again"],
            }
        ]
        pairs += [self.pair(peer, ours, aa) for peer in row["peers"]]
        return {
            **out,
            "ours": stats.summarize(ours).as_dict(),
            "samples": ours,
            "pairs": pairs,
            "version": self.versions.get("ours"),
        }

    @staticmethod
    def empty(peer, why):
        return {
            "peer": peer["name"],
            "kind": "peer",
            "value": None,
            "ratio": None,
            "bar": peer.get("bar"),
            "verdict": why,
            "single": False,
            "samples": [],
        }

    def pair(self, peer, ours, aa):
        name = peer["name"]
        if name in self.failed:
            return self.empty(peer, f"empty: {self.failed[name]}")
        if peer.get("same_checksum") and self.checksums[name] != self.checksums["ours"]:
            raise BenchError(
                f"{self.row['name']}: {name} computed {self.checksums[name]}, ours {self.checksums['ours']}: "
                "the programs do not answer the same question"
            )
        single = name in self.single
        if single:
            values = [self.single[name]]
            of = stats.ratios([stats.summarize(ours).median], values, self.row["better"])
        else:
            values = self.samples[name]
            of = stats.ratios(ours, values, self.row["better"])
        ratio = stats.summarize(of)
        return {
            "peer": name,
            "kind": "peer",
            "value": stats.summarize(values).as_dict(),
            "ratio": ratio.as_dict(),
            "bar": peer.get("bar"),
            "verdict": stats.verdict(ratio, peer.get("bar"), aa),
            "single": single,
            "samples": values,
            "version": self.versions.get(name),
        }
