"""Budgets: mass, power, heat, capital and the cost of compute, split into parts that add up to the total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RunError
from sunfront.library.architectures import COST_ELEMENTS
from sunfront.problem.problem import Problem
from sunfront.runs.run import Run
from sunfront.units import unit


@dataclass(frozen=True)
class Split:
    """How to split a total.

    Attributes:
        total: Name of the total.
        terms: Quantities that add up to it.
        expanded: Terms to replace by the inputs of their equation that are computed and have the same dimension.
        shares: Terms to replace by quantities that are shares of them.
        rest: Label of the remainder.
        per: Quantity by which the total and its parts are divided.
    """

    title: str
    total: str
    terms: tuple[str, ...]
    expanded: tuple[str, ...]
    rest: str
    per: str | None = None
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_LOSSES = "Conversion, housekeeping, pumps"
SPLITS = {
    "mass": Split(
        "Mass of one node",
        "stack_mass",
        ("stack_mass",),
        ("stack_mass", "dry_mass", "platform_mass", "equipment_mass", "subsystem_mass"),
        "Other",
        per="nodes",
    ),
    "power": Split(
        "Power of one node at the end of life",
        "array_power",
        ("electrical_load", "charging_power", "power_margin"),
        ("electrical_load", "heat_load"),
        _LOSSES,
        per="nodes",
    ),
    "heat": Split(
        "Heat of one node", "heat_rejection", ("heat_load", "thermal_margin"), ("heat_load",), _LOSSES, per="nodes"
    ),
    "capital": Split(
        "Capital of the fleet",
        "capex",
        ("capex",),
        ("capex", "node_capex"),
        "Other",
        shares={"node_capex": ("power_capex", "cooling_capex", "structure_capex")},
    ),
    "cost": Split("Cost of compute", "compute_cost", COST_ELEMENTS, (), "Other"),
}


@dataclass(frozen=True)
class Budget:
    """A total and its parts, in SI and USD.

    Attributes:
        quantity: Name of the total.
        unit: Its display unit.
        total: Array (designs,).
        parts: Arrays (designs,) that add up to the total, by name of a quantity; the remainder by its label.
    """

    title: str
    quantity: str
    unit: str
    total: Array
    parts: dict[str, Array]


def budgets(run: Run) -> dict[str, Budget]:
    """Split the totals of each design of a run.

    Returns:
        Budgets by key of ``SPLITS``. A total that the architecture lacks, or that the study gives, has none.

    Raises:
        RunError: The parts of a total exceed it.
    """
    problem = run.study.problem
    found = {}
    for name, split in SPLITS.items():
        if split.total not in problem.model:
            continue
        terms = _terms(problem, split, split.terms)
        values = run.evaluate([*terms, split.total, *([split.per] if split.per else [])])
        budget = _budget(problem, split, terms, values)
        if budget is not None:
            found[name] = budget
    return found


def _terms(problem: Problem, split: Split, terms: tuple[str, ...]) -> list[str]:
    """The terms that the model has, expanded where the split says so and the study computes them."""
    dimension = unit(problem.model[split.total].unit).dimension
    found: list[str] = []
    for term in terms:
        if term not in problem.model:
            continue
        is_expanded = term in split.expanded and term not in problem.values
        inputs = tuple(
            name
            for name in (split.shares.get(term, problem.model[term].inputs) if is_expanded else ())
            if name in problem.model and unit(problem.model[name].unit).dimension == dimension
        )
        found += _terms(problem, split, inputs) if inputs else [term]
    return found


def _budget(problem: Problem, split: Split, terms: list[str], values: dict[str, Array]) -> Budget | None:
    """Split a total. None if the study gives a quantity that the total is computed from, so that parts exceed it."""
    total, per = values[split.total], values[split.per] if split.per else 1.0
    parts = {name: values[name] for name in terms}
    rest = total - sum(parts.values(), np.zeros(len(total)))
    rounding = 1e-9 * np.abs(total)
    if (rest < -rounding).any():
        if any(eq.name in problem.values for eq in problem.model.order(wanted=[split.total])):
            return None
        raise RunError(f"the parts of {split.total} add up to more than {split.total} itself: {', '.join(terms)}")
    if (rest > rounding).any():
        parts[split.rest] = rest
    return Budget(
        split.title,
        split.total,
        problem.model[split.total].unit,
        total / per,
        {name: part / per for name, part in parts.items()},
    )
