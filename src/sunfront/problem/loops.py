"""Compiled loops over designs, and over designs and samples, for the many evaluations of a search.

What is computed once: for each value of a stepped variable what depends on it alone; over samples, for each design what
depends on the variables alone, and for each sample what depends on the uncertain parameters alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import ModelError
from sunfront.library.model import Model
from sunfront.problem.uncertainty import Uncertainty
from sunfront.problem.variables import Variable
from sunfront.tape.loops import Loops, loops_of
from sunfront.tape.recording import record
from sunfront.tape.tape import Tape

#: Largest number of values of a variable for which what depends on it alone is tabulated.
MOST_VALUES = 1024

#: Least number of steps that a table saves: below it, they take no longer than finding the row of the table.
LEAST_STEPS = 16

#: Names that designs give, and names of quantities.
Key = tuple[tuple[str, ...], tuple[str, ...]]


class ProblemLoops:
    """The loops of a problem, by what designs give and what is wanted; compiled when they are first used.

    Args:
        values: Settings of the model, besides what designs give.
    """

    def __init__(
        self, model: Model, values: Mapping[str, Any], variables: Sequence[Variable], uncertainty: Uncertainty | None
    ) -> None:
        self.model, self.values, self.variables, self.uncertainty = model, values, variables, uncertainty
        self._of_designs: dict[Key, _DesignLoops | None] = {}
        self._of_samples: dict[Key, SampleLoops | None] = {}

    def evaluate(self, designs: Mapping[str, Array], wanted: tuple[str, ...]) -> dict[str, Array] | None:
        """Return quantities of designs, arrays (designs,); None if there is no loop for them."""
        key = (tuple(designs), wanted)
        if key not in self._of_designs:
            self._of_designs[key] = self._design_loops(*key)
        loops = self._of_designs[key]
        return None if loops is None else loops.evaluate(designs)

    def of_samples(self, designs: Iterable[str], wanted: tuple[str, ...]) -> SampleLoops | None:
        """Return the loops over designs and samples; None if there are none for these quantities."""
        key = (tuple(designs), wanted)
        if key not in self._of_samples:
            self._of_samples[key] = self._sample_loops(*key)
        return self._of_samples[key]

    def _design_loops(self, names: tuple[str, ...], wanted: tuple[str, ...]) -> _DesignLoops | None:
        tape = self._tape(names, wanted)
        if tape is None:
            return None
        few = [v for v in self.variables if v.name in names and v.size is not None and v.size <= MOST_VALUES]
        tabulated = tuple(v for v in few if tape.steps_of(v.name) >= LEAST_STEPS)
        loops = loops_of(tape, [[v.name] for v in tabulated])
        if loops is None:
            return None
        tables = (loops.tabulate(g, {v.name: np.array(v.values)}) for g, v in enumerate(tabulated))
        return _DesignLoops(loops, tabulated, tuple(tables))

    def _sample_loops(self, names: tuple[str, ...], wanted: tuple[str, ...]) -> SampleLoops | None:
        assert self.uncertainty is not None
        drawn = {name: column for name, column in self.uncertainty.draws.items() if name not in names}
        tape = self._tape((*names, *drawn), wanted)
        loops = None if tape is None or not drawn else loops_of(tape, [names, tuple(drawn)])
        return None if loops is None else SampleLoops(loops, self.uncertainty.samples, loops.tabulate(1, drawn))

    def _tape(self, names: tuple[str, ...], wanted: tuple[str, ...]) -> Tape | None:
        """Return the tape; None if an equation has an operation that a tape does not have."""
        try:
            return record(self.model, self.values, names, wanted)
        except ModelError:
            return None


@dataclass(frozen=True)
class _DesignLoops:
    """Loops over designs.

    Attributes:
        tabulated: Variables whose values have tables, in the order of the groups of the loops.
    """

    loops: Loops
    tabulated: tuple[Variable, ...]
    tables: tuple[Array, ...]

    def evaluate(self, designs: Mapping[str, Array]) -> dict[str, Array] | None:
        """Return the quantities; None if a design has a value that is in no table."""
        rows = []
        for v in self.tabulated:
            numbers = v.numbers(designs[v.name])
            if numbers is None:
                return None
            rows.append(numbers)
        return self.loops.evaluate(len(next(iter(designs.values()))), designs, self.tables, rows)


@dataclass(frozen=True)
class SampleLoops:
    """Loops over designs and samples of the uncertain parameters.

    Attributes:
        samples: Number of samples.
        table: What depends on the samples alone.
    """

    loops: Loops
    samples: int
    table: Array

    def evaluate(self, designs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the quantities, arrays (designs, samples)."""
        count = len(next(iter(designs.values())))
        rows = [np.repeat(np.arange(count), self.samples), np.tile(np.arange(self.samples), count)]
        tables = [self.loops.tabulate(0, designs), self.table]
        found = self.loops.evaluate(count * self.samples, {}, tables, rows)
        return {name: values.reshape(count, self.samples) for name, values in found.items()}
