"""The options of a catalogue: every combination of values of the variables that do not size hardware."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import NonlinearEquation
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Most that are read at once, and for a front: with more, reading takes more than seconds and more than a gigabyte.
MAX_OPTIONS = 20_000

#: Most for one objective, which are read in blocks: they take a minute.
MAX_IN_BLOCKS = 200_000


def axes_of(
    variables: Sequence[Variable], shells: int, most: int = MAX_OPTIONS
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the values of each variable in the catalogue, and notes on the splits."""
    notes = []
    axes = {}
    for v in variables:
        if v.size is not None and v.size > most:
            raise NonlinearEquation(
                f"{v.name} has {v.size:,} values, and a catalogue at most {most:,} options; give `choices` or a "
                "wider `step`, or use `engine: {name: sweep}`"
            )
        values = v.values
        if values is None:
            values = tuple(v.spread(shells))
            scale = " on a logarithmic scale" if v.log else ""
            notes.append(f"{v.name} is continuous; the catalogue holds {shells} values of it from low to high{scale}")
        axes[v.name] = np.array(values)
    size = math.prod(map(len, axes.values()))
    if size > most:
        listed = ", ".join(f"{len(values):,} of {name}" for name, values in axes.items())
        raise NonlinearEquation(
            f"a catalogue of {size:,} options ({listed}) exceeds the maximum of {most:,}; give fewer `choices`, "
            "a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )
    return axes, tuple(notes)


def combinations(axes: Mapping[str, Array], member: Problem) -> dict[str, Array]:
    """Return every combination of the values, with the choices of the member; arrays (options,)."""
    chosen = {v.name: v.choices for v in member.variables if v.labels}
    values = [np.array(chosen.get(name, axis)) for name, axis in axes.items()]
    mesh = np.meshgrid(*values, indexing="ij") if values else []
    return {name: grid.ravel() for name, grid in zip(axes, mesh, strict=True)}


def of_member(given: Mapping[str, Any], member: Problem) -> dict[str, Any]:
    """Return those of given options that have the choices of a member; arrays or intervals (options,)."""
    own = np.ones(len(next(iter(given.values()))), dtype=bool)
    for v in member.variables:
        if v.labels and v.name in given:
            own &= np.isin(given[v.name], v.choices)
    return {name: values[own] for name, values in given.items()}


def distinct_options(problem: Problem, options: Mapping[str, Array], amounts: Collection[str]) -> dict[str, Array]:
    """Return the options of which no two differ only in variables that mean nothing there.

    Args:
        amounts: Names of the variables that are amounts.

    Raises:
        NonlinearEquation: Whether a variable means something is not known from the option alone.
    """
    if not problem.conditions:
        return dict(options)
    supplied = {*problem.values, *(v.name for v in problem.variables)}
    for c in problem.conditions:
        needed = {c.quantity, *problem.model.inputs_of([c.quantity], supplied)}
        if c.variable in amounts or not needed.isdisjoint(amounts):
            raise NonlinearEquation(
                f"highs needs to know from each option of its catalogue whether {c.variable} has a meaning ({c.text}), "
                "and amounts of hardware decide it, or are it; give these as `choices`, or use `engine: {name: sweep}` "
                "or `{name: optuna}`",
                path=("variables", c.variable, "when"),
            )
    found = problem.canonical(options)
    # Of a choice that replaces equations, its own member holds the value that stands for all.
    kept = np.ones(len(next(iter(found.values()))), dtype=bool)
    for v in problem.variables:
        if v.choices and v.name in found:
            kept &= np.isin(found[v.name], v.choices)
    _, first = np.unique(np.stack([found[name][kept] for name in found], axis=1), axis=0, return_index=True)
    return {name: column[kept][np.sort(first)] for name, column in found.items()}


def option_count(options: Mapping[str, Array]) -> int:
    """Return the number of options; without a variable that makes options there is one."""
    return len(next(iter(options.values()))) if options else 1


def count_nodes(problem: Problem, total: str, options: Mapping[str, Array]) -> Array:
    """Return the number of nodes in each option; the model computes it, since a study may fix it."""
    found = problem.model.evaluate({**problem.values, **options}, [total])[total]
    return np.broadcast_to(np.asarray(found, float), (option_count(options),))
