"""What the tests of the tape share: designs, what numpy gives for them, and how exact that is."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np

from sunfront.study.study import Study
from sunfront.tape.derivatives import partials, slopes_of_root
from sunfront.tape.recording import record
from sunfront.tape.tape import SEARCHES


class Case:
    """A shipped study: its tape, random designs with random parameters, and numpy's value of every quantity.

    Args:
        designs, sets: Number of designs, and of different sets of parameters among them.
    """

    def __init__(self, name: str, designs: int = 1000, sets: int = 50) -> None:
        study = Study.load(name)
        problem = study.problem
        drawn = problem.random_designs(designs)
        rng = np.random.default_rng(1)
        ranged = {
            each: setting.parameter
            for each, setting in study.settings.items()
            if each in problem.values and each not in drawn and setting.parameter and setting.parameter.low is not None
        }
        # How many generations there are decides how long the tape is; the sets share it.
        for each in sorted(ranged.keys() - {"accelerator_generations"}):
            values = rng.uniform(ranged[each].low, ranged[each].high, sets)
            drawn[each] = np.repeat(values, designs // sets)
        self.size, self.values, self.problem = designs, drawn, problem
        self.wanted = [eq.name for eq in problem.model.order([*problem.values, *drawn])]
        self.tape = record(problem.model, problem.values, drawn, self.wanted)
        with np.errstate(all="ignore"):
            found = problem.model.evaluate({**problem.values, **drawn}, self.wanted)
        self.plain = {each: np.broadcast_to(np.asarray(found[each], float), designs) for each in self.wanted}

    def inputs(self):
        """Values of the tape's inputs, array (designs, inputs)."""
        return np.stack([np.broadcast_to(self.values[name], self.size) for name in self.tape.inputs], axis=1)

    @cached_property
    def terms(self):
        """By quantity the size of the largest term of the sums behind it."""
        sizes = largest_terms(self.tape, self.tape.trace(self.values))
        return {name: sizes[number] for name, number in self.tape.outputs.items()}

    def errors(self, found):
        """By quantity the largest difference from numpy, relative to the largest term of the sums behind it."""
        worst = {}
        for name in self.wanted:
            ours, plain = np.broadcast_to(found[name], self.size), self.plain[name]
            size = np.broadcast_to(self.terms[name], self.size)
            same = (ours == plain) | (np.isnan(ours) & np.isnan(plain))
            with np.errstate(all="ignore"):
                difference = np.abs(ours - plain) / np.where(np.isfinite(size), size, np.abs(plain))
            worst[name] = float(np.where(same, 0.0, np.where(np.isnan(difference), np.inf, difference)).max())
        return worst


case = cache(Case)


def largest_terms(tape, found):
    """The size of the largest term that each step is a sum of: a margin is as exact as what it is the difference of."""
    sizes = [None] * len(found)

    def size(number):
        step = tape.steps[number]
        slopes = partials(step.operation, [found[i] for i in step.of], found[number])
        return join(number, step.of, slopes)

    def join(number, of, slopes):
        total = np.abs(found[number])
        for i, slope in zip(of, slopes, strict=False):
            total = np.fmax(total, np.abs(slope) * sizes[i])
        return total

    with np.errstate(all="ignore"):
        for number, step in enumerate(tape.steps):
            if step.operation in SEARCHES:
                at, end = step.of
                inner, needed = tape.way(number)
                sizes[at] = np.abs(found[at])
                for i in inner:
                    sizes[i] = size(i)
                own, rise = slopes_of_root(tape, number, found)
                sizes[number] = np.fmax(join(number, needed, own), sizes[end] / np.abs(rise))
            elif tape.tried[number] is None:
                sizes[number] = size(number)
    return sizes
