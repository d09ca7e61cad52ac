"""Where a total goes: mass, power, heat, capital and the cost of compute, split so that the parts add up to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RunError
from sunfront.library.architectures import COST_ELEMENTS
from sunfront.problem.problem import Problem
from sunfront.runs.run import Run
from sunfront.units import unit


@dataclass(frozen=True)
class Split:
    """How a total is split.

    Attributes:
        total: The quantity.
        terms: What it consists of.
        opened: Terms replaced by those of their equation's inputs that are computed and of the same kind.
        rest: What is left over, in words.
        per: The total is shown divided by this quantity.
    """

    title: str
    total: str
    terms: tuple[str, ...]
    opened: tuple[str, ...]
    rest: str
    per: str | None = None


_LOSSES = "Conversion, housekeeping, pumps"
SPLITS = {
    "mass": Split(
        "Mass of one node",
        "stack_mass",
        ("stack_mass",),
        ("stack_mass", "dry_mass", "platform_mass", "equipment_mass"),
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
    "capital": Split("Capital of the fleet", "capex", ("capex",), ("capex", "node_capex"), "Other"),
    "cost": Split("Cost of compute", "compute_cost", COST_ELEMENTS, (), "Other"),
}


@dataclass(frozen=True)
class Budget:
    """A total and its parts; SI and USD.

    Attributes:
        quantity: The total's name.
        unit: Unit in which people read it.
        total: Array (designs,).
        parts: By quantity, or the words for what is left over, arrays (designs,) that add up to the total.
    """

    title: str
    quantity: str
    unit: str
    total: Array
    parts: dict[str, Array]


def budgets(run: Run) -> dict[str, Budget]:
    """The budgets that the run's architecture has.

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
    """The terms that the model has, opened as far as the split says and the study computes them."""
    kind = unit(problem.model[split.total].unit).dimension
    found: list[str] = []
    for term in terms:
        if term not in problem.model:
            continue
        opened = term in split.opened and term not in problem.values
        inner = tuple(
            name
            for name in (problem.model[term].inputs if opened else ())
            if name in problem.model and unit(problem.model[name].unit).dimension == kind
        )
        found += _terms(problem, split, inner) if inner else [term]
    return found


def _budget(problem: Problem, split: Split, terms: list[str], values: dict[str, Array]) -> Budget | None:

    total, per = values[split.total], values[split.per] if split.per else 1.0
    parts = {name: values[name] for name in terms}
    rest = total - sum(parts.values(), np.zeros(len(total)))
    rounding = 1e-9 * np.abs(total)
    if (rest < -rounding).any():
        if any(eq.name in problem.values for eq in problem.model.order(wanted=[split.total])):
            return None  # a study that gives a sum itself has no account of it
        raise RunError(f"the parts of {split.total} exceed it: {', '.join(terms)}")
    if (rest > rounding).any():
        parts[split.rest] = rest
    return Budget(
        split.title,
        split.total,
        problem.model[split.total].unit,
        total / per,
        {name: part / per for name, part in parts.items()},
    )
