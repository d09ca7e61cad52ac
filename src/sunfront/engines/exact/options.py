"""The options of a catalogue: every combination of values of the variables that do not size hardware."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import NonlinearEquation
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: With more options, building the program takes more than seconds and more than a gigabyte.
MAX_OPTIONS = 20_000


def axes_of(variables: Sequence[Variable], shells: int) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the values of each variable in the catalogue, and notes on the splits."""
    notes = []
    axes = {}
    for v in variables:
        values = v.values
        if values is None:
            spread = np.geomspace if v.log else np.linspace
            values = tuple(spread(v.low, v.high, shells))
            scale = " on a logarithmic scale" if v.log else ""
            notes.append(f"{v.name} is continuous; the catalogue holds {shells} values of it from low to high{scale}")
        axes[v.name] = np.array(values)
    size = math.prod(map(len, axes.values()))
    if size > MAX_OPTIONS:
        listed = ", ".join(f"{len(values):,} of {name}" for name, values in axes.items())
        raise NonlinearEquation(
            f"a catalogue of {size:,} options ({listed}) exceeds the maximum of {MAX_OPTIONS:,}; give fewer `choices`, "
            "a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )
    return axes, tuple(notes)


def combinations(axes: Mapping[str, Array], member: Problem) -> dict[str, Array]:
    """Return every combination of the values, with the choices of the member; arrays (options,)."""
    chosen = {v.name: v.choices for v in member.variables if v.labels}
    values = [np.array(chosen.get(name, axis)) for name, axis in axes.items()]
    mesh = np.meshgrid(*values, indexing="ij") if values else []
    return {name: grid.ravel() for name, grid in zip(axes, mesh, strict=True)}


def count_nodes(problem: Problem, total: str, options: Mapping[str, Array]) -> Array:
    """Return the number of nodes in each option; the model computes it, since a study may fix it."""
    size = len(next(iter(options.values()))) if options else 1
    found = problem.model.evaluate({**problem.values, **options}, [total])[total]
    return np.broadcast_to(np.asarray(found, float), (size,))
