"""The designs of a run, as another study may take them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.errors import UnknownName, UserError, suggest
from sunfront.problem.variables import Variable


@dataclass(frozen=True)
class DesignTable:
    """Designs of a run.

    Attributes:
        columns: For every variable and quantity an array (designs,); SI and USD.
        variables: Names of the run's variables.
        labels: Choices of each preset variable; its column holds their numbers, from 0.
        front: Rows on the front, the best in the first objective first.
        named: Designs of the front by name, as ``knee``: rows in the front.
        first: Name of the design to look at first; empty without a front.
    """

    columns: Mapping[str, Array]
    variables: tuple[str, ...]
    labels: Mapping[str, Sequence[str]]
    front: NDArray[np.intp]
    named: Mapping[str, int] = field(default_factory=dict)
    first: str = ""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def row(self, design: int | str | None) -> int:
        """The row in the table of a design of the front, given by its row in the front, from 0, or its name.

        None is the design to look at first.

        Raises:
            UserError: The front has no such design.
        """
        if not len(self.front):
            raise UserError("the run has no design")
        design = self.first if design is None else design
        if isinstance(design, str) and design not in self.named:
            raise UserError(f"the front has no design named {design!r}{suggest(design, self.named)}")
        row = self.named[design] if isinstance(design, str) else design
        if isinstance(row, bool) or row not in range(len(self.front)):
            raise UserError(f"the front has rows 0 to {len(self.front) - 1}, not {row!r}")
        return int(self.front[int(row)])

    def column(self, variable: Variable) -> Array:
        """The values of a variable, array (designs,); of a preset variable, the numbers of its own choices.

        Raises:
            UnknownName: A design has a choice that the variable does not have.
        """
        return self.relabeled(variable.name, variable.labels) if variable.labels else self.columns[variable.name]

    def relabeled(self, name: str, labels: Sequence[str]) -> Array:
        """The column of a preset variable, as numbers of ``labels``.

        Raises:
            UnknownName: A design has a choice that is not among them.
        """
        mine = self.columns[name].round().astype(int)
        for number in np.unique(mine):
            if self.labels[name][number] not in labels:
                raise UnknownName(self.labels[name][number], f"choice of {name}", labels)
        numbers = np.array([labels.index(label) if label in labels else -1 for label in self.labels[name]], float)
        found: Array = numbers[mine]
        return found
