"""Sizes of what equations add up: the scale of rounding, also of a quantity that comes out as zero."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.library.model import Model
from sunfront.problem.problem import Problem

#: Share of its size by which an input is moved, to find what it adds.
STEP = 1e-6


def added_sizes(problem: Problem, designs: Mapping[str, Array], names: Collection[str]) -> dict[str, Array]:
    """Compute the size of what is added up to each quantity: that of each input, times the derivative, summed.

    The size of a given number is its absolute value. A difference of two large numbers so has the size of both.

    Args:
        designs: For every variable an array (designs,).
        names: Quantities of the model.

    Returns:
        For each name an array (designs,); SI and USD.
    """
    count = len(next(iter(designs.values()))) if designs else 1
    exact = {v.name for v in problem.variables if v.labels}  # an index is not rounded
    sizes = input_sizes(problem.model, {**problem.values, **designs}, names, exact)
    return {name: np.broadcast_to(sizes.get(name, 0.0), (count,)) for name in names}


def input_sizes(
    model: Model, given: Mapping[str, Any], names: Collection[str], exact: Collection[str] = ()
) -> dict[str, Any]:
    """Compute the sizes of ``added_sizes`` from what an evaluation is given.

    Args:
        given: As of ``Model.evaluate``.
        exact: What of it is not rounded.

    Returns:
        For what is given and all that is computed from it, a number or an array; SI and USD.
    """
    found = dict(given)
    # Coefficients of a fit, which are tuples, are not rounded.
    sizes = {name: np.abs(x) for name, x in found.items() if name not in exact and not isinstance(x, tuple)}
    with np.errstate(all="ignore"):
        for eq in model.order(found, names):
            inputs = [found[name] for name in eq.inputs]
            value = found[eq.name] = eq.function(*inputs)
            if isinstance(value, tuple):
                continue
            size = np.zeros(np.shape(value))
            for i, name in enumerate(eq.inputs):
                if name in sizes:
                    moved = eq.function(*inputs[:i], inputs[i] + STEP * sizes[name], *inputs[i + 1 :])
                    added = np.abs(moved - value) / STEP
                    size = size + np.where(np.isfinite(added), added, 0.0)
            sizes[eq.name] = size
    return sizes
