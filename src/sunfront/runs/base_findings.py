"""What must be told of a study's base design: that it cannot exist, misses a limit, or leaves a range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sunfront.display import format_value
from sunfront.library.bound import root_notes
from sunfront.library.physical_range import Outside, find_outside
from sunfront.problem.findings import GroundComparison, Lever
from sunfront.problem.limits import Miss
from sunfront.problem.problem import Problem
from sunfront.runs.ground import compare_base
from sunfront.runs.levers import levers_of
from sunfront.runs.losses import loss_notes
from sunfront.runs.runner import extrapolation_notes
from sunfront.study.study import Study
from sunfront.units import si_unit


@dataclass(frozen=True)
class BaseFindings:
    """Findings on a base design.

    Attributes:
        outside: Quantities outside their physical range; with one of them the design cannot exist.
        missed: Constraints that it misses.
        notes: Roots that are no finite numbers, values outside the range of their sources, and formulas outside the
            range in which they are valid.
        ground: Its accelerators on the ground.
        levers: If it loses money: what would have to change.
    """

    outside: tuple[Outside, ...]
    missed: tuple[Miss, ...]
    notes: tuple[str, ...]
    ground: GroundComparison
    levers: tuple[Lever, ...]

    @property
    def can_exist(self) -> bool:
        """Whether every quantity lies in its physical range."""
        return not self.outside

    @property
    def lines(self) -> list[str]:
        """The findings as lines of text."""
        return [
            *(f"impossible: {each}; it follows from {', '.join(each.eq.inputs)}" for each in self.outside),
            *(
                f"violated: {miss.constraint}; the base design has {format_value(miss.value, miss.constraint.unit)}"
                for miss in self.missed
            ),
            *(f"note: {note}" for note in self.notes),
        ]

    @property
    def data(self) -> dict[str, Any]:
        """The findings as data for JSON; SI and USD, an end of a range that does not exist is None."""
        infinite = (float("inf"), float("-inf"))
        return {
            "can_exist": self.can_exist,
            "outside_physical_range": [
                {
                    "quantity": each.eq.name,
                    "value": each.value,
                    "low": None if each.low in infinite else each.low,
                    "high": None if each.high in infinite else each.high,
                    "unit": si_unit(each.eq.unit),
                }
                for each in self.outside
            ],
            "missed_limits": [
                {
                    "constraint": str(miss.constraint),
                    "value": miss.value if math.isfinite(miss.value) else None,
                    "limit": miss.constraint.limit,
                    "unit": si_unit(miss.constraint.unit),
                }
                for miss in self.missed
            ],
            "notes": list(self.notes),
            "on_the_ground": asdict(self.ground),
            "levers": [asdict(lever) for lever in self.levers],
        }


def find_in_base(study: Study, values: Mapping[str, Any]) -> BaseFindings:
    """Find what must be told of the base design.

    Args:
        values: Its quantities, as ``study.base_evaluation``.
    """
    problem = base_problem(study, values)
    names = [c.name for c in problem.constraints]
    constrained = problem.evaluate({}, names, may_lack=names)
    missed = [Miss(c, 0, float(constrained[c.name][0])) for c in problem.constraints]
    return BaseFindings(
        tuple(find_outside(study.arch.model, values)),
        tuple(miss for miss in missed if not miss.constraint.is_met(miss.value)),
        (
            *_root_notes(study, values),
            *study.range_notes,
            *extrapolation_notes(study, problem, {}),
            *loss_notes(problem, [{}]),
        ),
        compare_base(study, values),
        levers_of(study, problem, {}),
    )


def _root_notes(study: Study, values: Mapping[str, Any]) -> list[str]:
    """Why a root is infinite, or where all of them are, for each that is no finite number."""
    given = {name: setting.value for name, setting in study.base_settings.items()}
    return root_notes(study.arch.model, given, given | dict(values))


def base_problem(study: Study, values: Mapping[str, Any]) -> Problem:
    """The problem of the base design alone; it may match none of the choices of a preset variable."""
    return replace(
        study.problem,
        model=study.arch.model,
        values={name: setting.value for name, setting in study.base_settings.items()},
        variables=(),
        objectives=tuple(o for o in study.problem.objectives if o.quantity in values),
        constraints=tuple(c for c in study.problem.constraints if c.quantity in values),
    )
