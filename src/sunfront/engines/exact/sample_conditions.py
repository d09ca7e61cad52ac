"""What designs of a range with at least a score meet in the samples: linear forms at the corners of the range.

A score above r is a question about linear forms: in each sample, q = N / D exceeds r where ``e = N - r D`` is positive.

- A percentile exceeds r where e is positive in so many samples; a probability, where ``N - limit x D`` is in so many.
- A mean of worst cases exceeds r where that of e / D does. In a range of designs D is its mean over the samples times a
  number in a range, so that e / D is below a line of e.

Rows hold what the samples imply in a range. Let z be 1 in the samples that fail, and least(e) the least value of e in
the range: then ``e >= least(e) z``, and only so many may fail. Without z these are lines: the sum of e / -least(e),
over any samples, is at least minus that number. And a sample with which too many others fail, since their e is smaller
in the whole range, must not fail.

Sources: Luedtke, Ahmed and Nemhauser, Mathematical Programming 122 (2010) 247-272 for samples that may fail;
Dinkelbach, Management Science 13 (1967) 492-498 for N - r D.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.option_trees import ROW_TOLERANCE
from sunfront.problem.statistics import Percentile, Probability, Statistic, TailMean

#: Times the weights of a sample's form, by which the weights of the program's are tried for it.
WEIGHTS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)

#: Most samples of which it is asked how many others fail with them.
MOST_COMPARED = 24


@dataclass(frozen=True)
class Aim:
    """A criterion in samples, signed so that more is better.

    Attributes:
        above, below: Numerator and denominator, in scaled columns; arrays (samples, columns + 1, options). The
            denominator may have one sample, the same for all.
        statistic: None for a quantity that is certain; it has one sample.
        sign: 1 if more of the quantity is better, -1 if less.
        scale: Typical size of the score.
    """

    above: Array
    below: Array
    statistic: Statistic | None
    sign: float
    scale: float

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.above)

    @property
    def share(self) -> float | None:
        """The share of the samples whose mean counts; None if samples are counted."""
        match self.statistic:
            case TailMean(share):
                return share
            case Percentile() | Probability():
                return None
            case _:
                return 1.0

    def needed(self, score: float) -> int:
        """In how many samples the form at a score must not be negative, so that the score is reached."""
        if isinstance(self.statistic, Percentile):
            rank = 1 + int(self.statistic.compute(np.arange(float(self.samples))))
            return self.samples - rank + 1 if self.sign > 0 else rank
        share = score if self.sign > 0 else 1.0 + score
        return math.ceil(self.samples * share - 1e-9)

    def forms(self, score: float, option: int) -> Array:
        """Return ``N - r D`` in each sample, array (samples, columns + 1); of a probability N, whatever the score."""
        if isinstance(self.statistic, Probability):
            return self.above[:, :, option]
        found: Array = self.above[:, :, option] - score * self.below[:, :, option]
        return found

    def score(self, columns: Array, option: int) -> float:
        """Return the score at given columns, the last of which is 1."""
        values = self.above[:, :, option] @ columns / (self.below[:, :, option] @ columns)
        if isinstance(self.statistic, Probability):
            is_strict = (self.statistic.sense in "<>") == (self.sign > 0)
            met = float((values > 0 if is_strict else values >= 0).mean())
            return met if self.sign > 0 else met - 1.0
        if isinstance(self.statistic, Percentile):
            return self.sign * float(self.statistic.compute(self.sign * values))
        return float(TailMean(self.share or 1.0, True).compute(values))

    def most(self, at: float, beyond: Array) -> float:
        """Return the largest score, if quantity minus score ``at`` is at most this in each sample."""
        if isinstance(self.statistic, Probability):
            return float((beyond >= 0).mean()) - (1.0 if self.sign < 0 else 0.0)
        if isinstance(self.statistic, Percentile):
            return at + float(np.sort(beyond)[self.samples - self.needed(0.0)])
        return at + float(TailMean(self.share or 1.0, True).compute(beyond))

    def below_level(self, level: float) -> float:
        """Return the largest score that is possible below a level; probabilities are shares of the samples."""
        if not isinstance(self.statistic, Probability) or math.isinf(level):
            return level
        return (self.needed(level) - 1) / self.samples - (1.0 if self.sign < 0 else 0.0)


class CountCondition:
    """So many forms must not be negative.

    Attributes:
        low, high: The least and the largest value of each form in the range.
    """

    def __init__(self, forms: Array, needed: int, vertices: Array) -> None:
        self.forms = forms / (np.abs(forms).max() or 1.0)
        self.forms[:, -1] += ROW_TOLERANCE
        self.may_fail = len(forms) - needed
        self._values = self.forms @ vertices.T
        self.low, self.high = self._values.min(axis=1), self._values.max(axis=1)

    @property
    def is_out(self) -> bool:
        """Whether no design of the range meets it."""
        return int((self.high < 0).sum()) > self.may_fail

    def tighten(self, rows: Array, goal: Array, low: Array, high: Array) -> None:
        """Lower the largest values by weighted rows, which bound the goal over a box of columns."""
        size = float(goal[:-1] @ goal[:-1])
        undecided = np.flatnonzero((self.low < 0) & (self.high >= 0))
        if size == 0 or not len(undecided):
            return
        forms = self.forms[undecided]
        shares = np.maximum(forms[:, :-1] @ goal[:-1] / size, 0.0)
        for weight in WEIGHTS:
            sums = forms + (weight * shares)[:, None] * rows
            amounts = sums[:, :-1]
            most = sums[:, -1] + np.maximum(amounts * low, amounts * high).sum(axis=1)
            self.high[undecided] = np.minimum(self.high[undecided], most)

    def lines(self, columns: Array) -> list[Array]:
        """Return forms that are not negative where the condition holds, but are at the columns; perhaps none."""
        values = self.forms @ columns
        found = []
        failing = np.flatnonzero(values < -ROW_TOLERANCE)
        # Where a form is negative, those that are smaller in the whole range are, too: perhaps too many.
        beyond = failing[np.argsort(values[failing], kind="stable")][self.may_fail :]
        for i in beyond[:: max(len(beyond) // MOST_COMPARED, 1)].tolist():
            if ((self._values <= self._values[i]).all(axis=1) | (self.high < 0)).sum() > self.may_fail:
                found.append(self.forms[i])
                break
        is_open = (self.low < 0) & (self.high >= 0) & (values < 0)
        line = np.where(is_open, 1.0 / np.where(is_open, -self.low, 1.0), 0.0) @ self.forms
        line[-1] += self.may_fail - (self.high < 0).sum()
        return [*found, line] if line @ columns < -ROW_TOLERANCE else found


class TailCondition:
    """The mean of the smallest e / D must not be negative.

    Over the range D is its mean over the samples, which is positive and left out, divided by a number in a range.
    """

    def __init__(self, forms: Array, below: Array, share: float, vertices: Array) -> None:
        self.share = share
        size = np.abs(forms).max() or 1.0
        self.forms = forms / size
        self.forms[:, -1] += ROW_TOLERANCE
        values = self.forms @ vertices.T
        self.low, self.high = values.min(axis=1), values.max(axis=1)
        if len(below) == 1:
            least = most = np.ones(len(forms))
        else:
            shares = (below.mean(axis=0) @ vertices.T) / (below @ vertices.T)
            least, most = shares.min(axis=1), shares.max(axis=1)
        ends = np.where(self.low < 0, least, most) * self.low, np.where(self.high < 0, least, most) * self.high
        width = self.high - self.low
        self.slopes = np.where(width > 0, (ends[1] - ends[0]) / np.where(width > 0, width, 1.0), most)
        self.offsets = ends[0] - self.slopes * self.low
        self.is_out = float(TailMean(share, True).compute(ends[1])) < 0

    def lines(self, columns: Array) -> list[Array]:
        """As of ``CountCondition``."""
        line = self.line(columns)
        return [line] if line @ columns < -ROW_TOLERANCE else []

    def line(self, columns: Array) -> Array:
        """Return a form that is not below the mean, and equal to its bound at the columns."""
        values = self.slopes * (self.forms @ columns) + self.offsets
        size = self.share * len(values)
        weights = np.empty(len(values))
        weights[np.argsort(values, kind="stable")] = np.clip(size - np.arange(len(values)), 0.0, 1.0) / size
        line: Array = (weights * self.slopes) @ self.forms
        line[-1] += weights @ self.offsets
        return line


SampleCondition = CountCondition | TailCondition


def condition_of(aim: Aim, score: float, option: int, vertices: Array) -> SampleCondition:
    """Return what a design of a range with at least a score meets."""
    forms = aim.forms(score, option)
    if aim.share is None:
        return CountCondition(forms, aim.needed(score), vertices)
    return TailCondition(forms, aim.below[:, :, option], aim.share, vertices)
