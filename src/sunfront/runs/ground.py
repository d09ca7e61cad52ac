"""The same chips on the ground: what the accelerators of a design cost and earn in halls, with the same money."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import SunfrontError
from sunfront.library.architectures import COST_ELEMENTS, Architecture, apply_presets, resolve
from sunfront.library.library import Library
from sunfront.problem.findings import GroundComparison, OnGround
from sunfront.problem.problem import Problem
from sunfront.runs.results import Results
from sunfront.study.evaluation import evaluate_settings
from sunfront.study.study import Study

#: The architecture on the ground.
GROUND = "terrestrial"

#: The grounds that are compared, by preset, in words.
GROUNDS = {
    "grid": "on the grid",
    "on_site_gas": "with a gas plant at the site",
    "solar_battery": "with a solar array and batteries at the site",
    "colocation": "in rented halls",
}

#: What is taken from the design, of the quantities that both places share: accelerators, what they earn, finance. The
#: rest is the ground's own: waiting, insurance, upkeep, failures, residual values, and what halls and power cost.
CARRIED = (
    "accelerator_power",
    "accelerator_package_power",
    "accelerator_price",
    "accelerator_mass",
    "accelerator_embodied_carbon",
    "accelerator_fp8_rate",
    "accelerator_bf16_rate",
    "operation_utilization",
    "tokens_per_energy",
    "compute_price",
    "compute_price_decline",
    "new_compute_price_decline",
    "contract_share",
    "contract_term",
    "utilization",
    "utilization_ramp_time",
    "discount_rate",
    "tax_rate",
    "bonus_depreciation_share",
    "debt_share",
    "debt_rate",
    "debt_term",
    "debt_grace",
    "service_life",
    "replacement_share",
    "campaign_duration",
    "cash_flow_period",
)

#: Those that are lists, and no variables.
CARRIED_LISTS = ("depreciation_schedule",)

#: What is told of each ground, and must be known of the design.
SHOWN = ("compute_cost", "roi")


def compare_suggested(study: Study, results: Results) -> GroundComparison:
    """Compare the suggested designs of a run with the same chips on the ground, at nominal values."""
    problem, found = study.problem, results.record.sensitivity
    if found is not None and not _is_money(problem, found.quantity):
        return GroundComparison()
    rows = sorted({int(results.front_rows[row]) for row in results.suggestions.values()})
    designs = {v.name: results.designs[v.name].to_numpy(float)[rows] for v in problem.variables}
    if not rows or not is_comparable(study.arch):
        return GroundComparison()
    try:
        return compare(study.library, _known(problem, designs), rows)
    except SunfrontError as error:
        return GroundComparison(refused=str(error))


def compare_base(study: Study, values: Mapping[str, Any]) -> GroundComparison:
    """Compare a base design with the same chips on the ground.

    Args:
        values: Its quantities, as ``study.base_evaluation``.
    """
    if not is_comparable(study.arch):
        return GroundComparison()
    known: dict[str, Any] = {name: np.array([values[name]]) for name in CARRIED if name in values}
    given = study.base_settings
    known |= {name: given[name].value for name in CARRIED_LISTS if name in given}
    return compare(study.library, known, [0])


def compare(library: Library, values: Mapping[str, Any], rows: list[int]) -> GroundComparison:
    """Evaluate the shipped grounds with the accelerators and the money of some designs.

    Args:
        library: Holds the architecture and the presets of the ground.
        values: Of the CARRIED quantities that are known, arrays (designs,) in SI and USD; of CARRIED_LISTS, lists.
        rows: Rows of the designs in their table.
    """
    found: list[OnGround] = []
    try:
        for ground in GROUNDS:
            there = _evaluate(library, ground, values, SHOWN)
            columns = [np.broadcast_to(there[name], (len(rows),)) for name in SHOWN]
            found += [
                OnGround(row, ground, float(cost), float(roi)) for row, cost, roi in zip(rows, *columns, strict=True)
            ]
    except SunfrontError as error:
        return GroundComparison(refused=str(error))
    return GroundComparison(tuple(sorted(found, key=lambda each: (each.design, each.compute_cost))))


def cost_there(study: Study, results: Results, row: int) -> tuple[str, dict[str, float]] | None:
    """The cheapest ground of a design of a run, and the elements of the cost of compute there, USD/J.

    Args:
        row: Row in the table of designs.

    Returns:
        None if the run does not compare the design with the ground.
    """
    if (found := results.record.ground.cheapest(row)) is None:
        return None
    designs = {v.name: results.designs[v.name].to_numpy(float)[[row]] for v in study.problem.variables}
    values = _evaluate(study.library, found.ground, _known(study.problem, designs), COST_ELEMENTS)
    return found.ground, {name: float(np.ravel(value)[0]) for name, value in values.items() if name in COST_ELEMENTS}


def _known(problem: Problem, designs: Mapping[str, Array]) -> dict[str, Any]:
    """What a ground can take from designs."""
    values: dict[str, Any] = problem.evaluate(designs, [name for name in CARRIED if _has(problem, name)])
    return values | {name: problem.values[name] for name in CARRIED_LISTS if name in problem.values}


def _evaluate(library: Library, ground: str, values: Mapping[str, Any], wanted: Collection[str]) -> Mapping[str, Any]:
    """Quantities of a ground, of those that are wanted and that it has, with what it takes from designs."""
    arch = apply_presets(library.architectures[GROUND], [ground])
    numbers = {name: values[name] for name in carried(arch, values) if name not in CARRIED_LISTS}
    lists: dict[str, Any] = {name: list(values[name]) for name in CARRIED_LISTS if name in values}
    shown = [name for name in wanted if name in arch.model]
    return evaluate_settings(arch, resolve(arch, [ground], lists), numbers, wanted=shown)


def carried(ground: Architecture, known: Collection[str]) -> list[str]:
    """Return what a ground takes from a design of which these quantities are known."""
    return [name for name in CARRIED if name in known and name in {*ground.model.inputs, "compute_price"}]


def is_comparable(arch: Architecture) -> bool:
    """Whether an architecture speaks of money and does not stand on the ground itself."""
    return all(name in arch.model for name in SHOWN) and "facility_load" not in arch.model


def _is_money(problem: Problem, quantity: str) -> bool:
    """Whether a quantity depends on what accelerators cost or earn."""
    names = {eq.name for eq in problem.model.order(problem.values, [quantity])}
    return not names.isdisjoint({"compute_capex", "annual_revenue", "present_value_of_revenue", "compute_cost"})


def _has(problem: Problem, name: str) -> bool:
    return name in problem.model or name in problem.values or any(v.name == name for v in problem.variables)
