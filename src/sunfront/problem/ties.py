"""Variables whose values in an answer are arbitrary."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import NotFinite
from sunfront.problem.problem import Problem
from sunfront.problem.variables import TOLERANCE, Variable

#: Values tried over the range of a variable.
TRIED = 17

#: Relative change of an objective that is rounding.
ROUNDING = 1e-12


def without_effect(problem: Problem, designs: Mapping[str, Array]) -> list[str]:
    """Find the variables whose values in these designs are arbitrary.

    Such a variable changes no objective over its whole range, the others held, and another value of it meets every
    constraint too. A variable that means nothing in some designs is left out.

    Args:
        designs: For every variable an array (designs,).
    """
    conditional = {c.variable for c in problem.conditions}
    tried = [v for v in problem.variables if (v.size or TRIED) > 1 and v.name not in conditional]
    return [v.name for v in tried if _is_free(problem, designs, v)]


def _is_free(problem: Problem, designs: Mapping[str, Array], v: Variable) -> bool:
    values = v.values_at(np.linspace(0.0, 1.0, TRIED, endpoint=v.is_continuous))
    count = len(designs[v.name])
    tried = {name: np.repeat(column, len(values)) for name, column in designs.items()}
    tried[v.name] = np.tile(values, count)
    try:
        found = problem.evaluate(tried, problem.criterion_names)
        violations = problem.violations(found)
    except NotFinite:
        return False
    rows = [found[o.name].reshape(count, -1) for o in problem.objectives]
    if any((np.ptp(row, axis=1) > ROUNDING * np.abs(row).max(axis=1)).any() for row in rows):
        return False
    others = np.abs(tried[v.name] - np.repeat(designs[v.name], len(values))) > TOLERANCE * np.ptp(values)
    return bool((others & (violations <= TOLERANCE).all(axis=1)).any())
