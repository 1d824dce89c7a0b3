# SPDX-License-Identifier: Apache-2.0
"""Paired ratios and what may be concluded from them.

A ratio says how many times as good ours is as the peer in one round, whichever way the metric points: above 1
ours wins. Both programs of a round ran within seconds of each other, so that what the machine did to one it
did to both.
"""

from dataclasses import asdict, dataclass

MIN_ROUNDS = 5  # fewer say nothing about their spread

AT_BAR = "at its bar"
WITHIN_SPREAD = "within the A/A spread"
BELOW_BAR = "below its bar"
NO_BAR = "no bar"
CORES_BUSY = "not measured: cores busy"


def quantile(values, q):
    """Linear interpolation between order statistics: the median of two is their mean."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("a quantile of nothing")
    position = q * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


@dataclass(frozen=True)
class Summary:
    median: float
    q1: float
    q3: float
    n: int

    def as_dict(self):
        return asdict(self)


def summarize(values):
    return Summary(quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75), len(values))


def ratios(ours, theirs, better):
    """One ratio a round. `better` is "lower" (times) or "higher" (rates)."""
    if better not in ("lower", "higher"):
        raise ValueError(f"better: found {better!r}, expected lower or higher")
    if len(ours) != len(theirs):
        raise ValueError(f"unpaired rounds: {len(ours)} of ours, {len(theirs)} of the peer's")
    return [t / o if better == "lower" else o / t for o, t in zip(ours, theirs)]


def spread(aa):
    """How far from 1 a program gets against itself: the farthest of its quartiles and its median."""
    return max(abs(aa.median - 1), abs(aa.q1 - 1), abs(aa.q3 - 1))


def verdict(ratio, bar, aa):
    """Which of the words above a ratio earns; its A/A pair says how much below the bar is noise."""
    if bar is None:
        return NO_BAR
    if ratio.median >= bar:
        return AT_BAR
    return WITHIN_SPREAD if ratio.median >= bar * (1 - spread(aa)) else BELOW_BAR


def passes(word):
    """Whether a suite may end with 0: only a ratio that is below its bar by more than noise fails."""
    return word != BELOW_BAR
