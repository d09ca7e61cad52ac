"""Continuous option variables in parts, with bounds on every quantity in each part, for SCIP.

A quantity is bounded by interval arithmetic over pieces of the ranges. A solver that gets the bounds over the whole
range alone must find those of a part again by branching, on any of a hundred quantities. With a binary for each part,
the bounds of all quantities follow from the part, and SCIP branches on parts first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.interval import SLACK, Symbol
from sunfront.engines.exact.solver_protocol import component_name
from sunfront.problem.variables import Variable

#: Most parts of a range. With altitude and cadence free, 16 halve the gap that is open on a lifetime return, and on the
#: cost of compute, after the same time; 64 leave more open than none on the return.
MOST_PARTS = 16

#: Relative change of a bound along the range below which it is left out.
LEAST_CHANGE = 1e-4


@dataclass(frozen=True)
class Parts:
    """Parts of the range of a variable.

    Attributes:
        binaries: Of each part but the first: 1 if the variable is in that part or a later one.
        cuts: Ends of the parts, SI.
        edges: The first piece of each part; the pieces are those over which symbols have bounds.
        axis: The variable's axis of the pieces.
        pieces: Number of pieces along that axis.
    """

    name: str
    binaries: Any
    cuts: Array
    edges: list[int]
    axis: int
    pieces: int

    def steps(self, ends: Array) -> Any:
        """Return a value for each part as an expression that is linear in the binaries."""
        change = sum(float(step) * binary for step, binary in zip(np.diff(ends), self.binaries.values(), strict=True))
        return float(ends[0]) + change

    def set_values(self, value: float) -> None:
        """Set the binaries to the part in which a value lies."""
        for i, binary in self.binaries.items():
            binary.set_value(int(self.cuts[i] <= value))

    def bound(self, m: Any, name: str, value: Symbol) -> None:
        """Add rows that keep a quantity within its bounds in each part."""
        import pyomo.environ as pyo

        for side, bounds, worst, sign in (("low", value.low, np.minimum, -1.0), ("high", value.high, np.maximum, 1.0)):
            if bounds.ndim <= self.axis or bounds.shape[self.axis] != self.pieces:
                continue
            others = tuple(i for i in range(bounds.ndim) if i != self.axis)
            ends = worst.reduceat(worst.reduce(bounds, axis=others), self.edges) / value.scale
            size = float(np.abs(ends).max())
            if not np.isfinite(size) or np.ptp(ends) <= LEAST_CHANGE * size:
                continue
            row = pyo.Constraint(expr=sign * (value.expression - self.steps(ends + sign * SLACK * size)) <= 0)
            m.add_component(component_name(m, f"{name}_{side}_by_{self.name}"), row)


def add_parts(m: Any, v: Variable, symbol: Symbol, pieces: int, axis: int) -> Parts:
    """Add the binaries of a variable's parts, and the rows that tie them to the variable."""
    import pyomo.environ as pyo

    count = min(MOST_PARTS, pieces)
    edges = np.linspace(0, pieces, count + 1).round().astype(int)
    cuts = v.low + (v.high - v.low) * edges / pieces
    binaries = pyo.Var(range(1, count), domain=pyo.Binary, initialize=0)
    m.add_component(f"{v.name}_parts", binaries)
    order = pyo.Constraint(range(2, count), rule=lambda m, i: binaries[i] <= binaries[i - 1])
    m.add_component(f"{v.name}_parts_order", order)
    parts = Parts(v.name, binaries, cuts, edges[:-1].tolist(), axis, pieces)
    ends = cuts / symbol.scale
    m.add_component(f"{v.name}_parts_low", pyo.Constraint(expr=symbol.expression >= parts.steps(ends[:-1])))
    m.add_component(f"{v.name}_parts_high", pyo.Constraint(expr=symbol.expression <= parts.steps(ends[1:])))
    return parts
