"""Split a total of the model into the quantities that it adds up."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sunfront.problem.problem import Problem
from sunfront.units import unit

#: Terms that are split into shares of them, because they are no sums.
SHARES = {"node_capex": ("power_capex", "cooling_capex", "structure_capex")}


def find_terms(problem: Problem, terms: Iterable[str], expanded: Collection[str], dimension: object) -> list[str]:
    """The terms that the model has, expanded where the study computes them.

    Args:
        terms: Names of quantities; those that the model lacks are left out.
        expanded: Terms to replace by their shares, or by the inputs of their equation, that are computed and have the
            dimension.
        dimension: That of the total, as ``sunfront.units.unit`` gives it.
    """
    found: list[str] = []
    for term in terms:
        if term not in problem.model:
            continue
        is_expanded = term in expanded and term not in problem.values
        inputs = [
            name
            for name in (SHARES.get(term, problem.model[term].inputs) if is_expanded else ())
            if name in problem.model and unit(problem.model[name].unit).dimension == dimension
        ]
        found += find_terms(problem, inputs, expanded, dimension) if inputs else [term]
    return found
