"""Parse a study's objectives and constraints, and check their statistics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from sunfront.errors import RangeError, UnknownName, UserError, did_you_mean
from sunfront.library import architectures
from sunfront.problem.criteria import Constraint, Objective, Sense, split_comparison
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, Statistic, TailMean
from sunfront.problem.uncertainty import REPLICATES
from sunfront.units import parse

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture
    from sunfront.problem.problem import Problem

_NAME = r"[a-z][a-z0-9_]*"
_OBJECTIVE = re.compile(r"\s*(\S+)\s+(\S.*?)\s*")
_PROBABILITY = re.compile(rf"probability\s*\(\s*({_NAME})\s*(<=|>=|<|>)\s*(.+?)\s*\)")
_PERCENTAGE = re.compile(r"(p|cvar)(\d+(?:\.\d+)?)")

#: How statistics are written, for messages.
STATISTICS = "mean, std, p10, cvar10 before a quantity, or probability(npv > 0 USD)"


def parse_objective(arch: Architecture, text: str) -> Objective:
    """Parse a line such as ``maximize roi`` or ``maximize p10 roi``.

    Raises:
        UserError: The line has another form, or its quantity is unknown or cannot be an objective.
    """
    match = _OBJECTIVE.fullmatch(text)
    if match is None:
        raise UserError(
            f"objective {text!r} lacks a sense or a quantity; write 'maximize roi' or 'minimize compute_cost'"
        )
    sense = match[1]
    if sense not in get_args(Sense):
        raise UserError(
            f"objective {text!r}: {sense!r} is neither maximize nor minimize" + did_you_mean(sense, get_args(Sense))
        )
    quantity, statistic = parse_statistic(arch, match[2], low_is_worst=sense == "maximize")
    if quantity not in arch.model:
        raise UnknownName(quantity, "metric", (eq.name for eq in arch.model))
    if arch.model[quantity].may_be_infinite and not isinstance(statistic, Probability):
        raise UserError(
            f"objective {text!r}: {quantity} is infinite for every design without a profit, so it does not rank them; "
            f"use 'maximize roi', which ranks the others alike, or make {quantity} a constraint"
        )
    return Objective("maximize" if sense == "maximize" else "minimize", quantity, statistic)


def parse_constraint(arch: Architecture, text: str) -> Constraint:
    """Parse a line such as ``node_mass <= 4000 kg`` or ``p95 node_mass <= 4000 kg``.

    Raises:
        UserError: The line has another form, or its quantity or unit is unknown.
    """
    left, sense, limit = split_comparison(text)
    quantity, statistic = parse_statistic(arch, left, low_is_worst=sense == ">=")
    unit = architectures.quantity_unit(arch, quantity)
    if statistic is None:
        return Constraint(quantity, sense, parse(limit, unit, quantity), unit)
    if isinstance(statistic, Deviation) and quantity in arch.model and arch.model[quantity].may_be_infinite:
        raise UserError(
            f"{statistic.name(quantity)}: {quantity} may be infinite, and then has no standard deviation; "
            "constrain a percentile of it instead"
        )
    display_unit = statistic.display_unit(unit)
    value = parse(limit, display_unit, left)
    if isinstance(statistic, Probability) and not 0 <= value <= 1:
        raise RangeError(f"{left}: the limit is {limit}; a probability lies between 0 and 100 %", quantity=quantity)
    return Constraint(quantity, sense, value, display_unit, statistic)


def parse_statistic(arch: Architecture, text: str, low_is_worst: bool) -> tuple[str, Statistic | None]:
    """Parse ``roi``, ``p10 roi`` or ``probability(npv > 0 USD)`` into a quantity and, if there is one, its statistic.

    Args:
        low_is_worst: Whether low values are the worst ones, for ``cvar10``.

    Raises:
        UserError: The text has another form.
    """
    match = _PROBABILITY.fullmatch(text)
    if match is not None:
        quantity, sense, limit = match[1], match[2], match[3]
        unit = architectures.quantity_unit(arch, quantity)
        return quantity, Probability(sense, parse(limit, unit, quantity), unit)  # type: ignore[arg-type]
    words = text.split()
    if len(words) > 2 or not re.fullmatch(_NAME, words[-1]):
        raise UserError(
            f"{text!r} is not a quantity; write the name of a quantity, or a statistic of one: {STATISTICS}"
        )
    quantity = words[-1]
    if len(words) == 1:
        return quantity, None
    plain: dict[str, Statistic] = {"mean": Mean(), "std": Deviation()}
    if words[0] in plain:
        return quantity, plain[words[0]]
    match = _PERCENTAGE.fullmatch(words[0])
    if match is None:
        raise UserError(f"unknown statistic {words[0]!r}{did_you_mean(words[0], plain)}; write {STATISTICS}")
    share = float(match[2]) / 100
    if not 0 < share < 1:
        raise RangeError(
            f"{words[0]!r}: the percentage must lie between 0 and 100, as in p10 or cvar10", quantity=quantity
        )
    return quantity, Percentile(share) if match[1] == "p" else TailMean(share, low_is_worst)


def check_statistic(problem: Problem, criterion: Objective | Constraint) -> None:
    """Raise UserError if a criterion is a statistic of a certain quantity, or rests on too few samples."""
    uncertainty, name = problem.uncertainty, criterion.name
    if criterion.statistic is None:
        return
    if uncertainty is None:
        raise UserError(f"{name}: nothing is uncertain; add a line such as 'uncertain: [discount_rate]'")
    if not problem.is_uncertain(criterion.quantity):
        listed = ", ".join(p.name for p in uncertainty.parameters)
        raise UserError(
            f"{name}: {criterion.quantity} does not depend on any uncertain parameter ({listed}); drop the statistic, "
            "or add an uncertain parameter that matters"
        )
    if tail := _tail_share(criterion):
        least = 1 << (int(REPLICATES / tail * (1 - 1e-9))).bit_length()
        if uncertainty.samples < least:
            raise UserError(
                f"{name} is determined by less than one sample in each of {REPLICATES} parts of "
                f"{uncertainty.samples:,} samples; set uncertainty.samples to {least} or more"
            )


def _tail_share(criterion: Objective | Constraint) -> float:
    """Return the share of the samples that determine the statistic; 0 if all do, as for a probability of 100 %."""
    match criterion.statistic:
        case Percentile(share):
            return min(share, 1 - share)
        case TailMean(share, _):
            return share
        case Probability() if isinstance(criterion, Constraint):
            return min(criterion.limit, 1 - criterion.limit)
        case _:
            return 0.0
