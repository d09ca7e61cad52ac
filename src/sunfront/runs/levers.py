"""Levers: what would have to change, each alone, for a design that loses money to break even."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.library.architectures import quantity_unit
from sunfront.library.physical_range import find_outside
from sunfront.problem.findings import Lever
from sunfront.problem.limits import missed_limits
from sunfront.problem.problem import Problem
from sunfront.runs.results import Results
from sunfront.study.study import Study

#: What shows whether a value helps.
MONEY = ("npv", "roi")

#: Computed quantities that people think of as prices; each stands for the parameters that act through it alone.
PRICES = ("compute_price", "launch_specific_price", "node_specific_price")

#: A larger accelerator at the price of a smaller one is another product, not a lever.
OTHER_PRODUCT = "accelerator_power"

#: Whoever loses a fleet that is insured loses less money.
INSURED_LOSSES = ("infant_loss_share", "launch_failure_rate")

#: More of these makes any loss smaller, because it comes later or is discounted more; only less of them is a lever.
DISCOUNTING = ("time_to_power", "deployment_delay", "discount_rate")

#: Levers that are told: of those that can do it alone, and of those that cannot.
SHOWN = 3

#: Points of the search on either side of the value in use; points and rounds of each refinement.
POINTS, FINER, ROUNDS = 33, 33, 6

#: A value that may be zero is searched down to this share of the value in use, and at zero.
SMALLEST = 1e-4

#: Returns that differ by less are equal.
ROUNDING = 1e-9

#: What leaves more than this share of the loss is no lever, unless it is the nearest.
LARGEST_LEFT = 0.95


@dataclass(frozen=True)
class _Candidate:
    """A value that may move within the range of its sources, from ``low`` to ``high``."""

    name: str
    display_unit: str
    value: float
    low: float
    high: float

    def ends(self) -> tuple[float, float]:
        """How far it is searched: more waiting is no remedy."""
        if self.name in DISCOUNTING:
            return min(self.low, self.value), self.value
        return self.low, self.high


@dataclass(frozen=True)
class _Found:
    """A value of a candidate, and the net present value there: zero if it suffices."""

    to: float
    npv: float


def find_levers(study: Study, results: Results) -> tuple[Lever, ...]:
    """Find the levers of the design that loses least, if all of a run's front lose money; see ``levers_of``."""
    front = results.front
    if results.kind == "sensitivity" or front.empty or "npv" not in front or not (front["npv"] < 0).all():
        return ()
    best = int(front["roi" if "roi" in front else "npv"].to_numpy(float).argmax())
    design = {v.name: float(front[v.name].iloc[best]) for v in study.problem.variables}
    return levers_of(study, study.problem, design, int(results.front_rows[best]))


def levers_of(study: Study, problem: Problem, design: Mapping[str, float], row: int = 0) -> tuple[Lever, ...]:
    """Find the levers of one design, at nominal values. Candidates are prices, and assumptions with sourced ranges.

    Each moves within the range of its sources. A lever is left out if the design would miss a limit, or could not
    exist, at the value that it needs: another design would be needed too.

    Args:
        problem: The problem of the study, or that of its base design alone.
        design: For every variable a value.

    Returns:
        First those that can do it alone, the smallest move first. Then those that cannot, the most effective first.
        Empty if the design earns money.
    """
    given = {**problem.values, **design}
    if any(name not in problem.model or name in given for name in MONEY):
        return ()
    now = float(problem.model.evaluate(given, ["npv"])["npv"])
    if not now < 0:
        return ()
    found = []
    for candidates in _candidates(study, problem, given):
        for each, best in zip(candidates, _search(problem, given, candidates), strict=True):
            if best.npv > now:
                left = abs(best.npv / now)
                found.append(Lever(row, each.name, each.display_unit, each.value, best.to, left, each.low, each.high))
    enough = sorted((x for x in found if x.is_enough), key=lambda x: (x.move, x.name))
    others = sorted((x for x in found if not x.is_enough), key=lambda x: (x.left, x.name))
    missed_before = {miss.constraint for miss in missed_limits(problem, given, 1)}
    told: list[Lever] = []
    for levers in (enough, others):
        possible = (x for x in levers if _is_possible(problem, {**given, x.name: x.to}, missed_before))
        shown = [x for x, _ in zip(possible, range(SHOWN), strict=False)]
        told += [x for i, x in enumerate(shown) if x.left < LARGEST_LEFT or (i == 0 and not told)]
    return tuple(told)


def _candidates(study: Study, problem: Problem, given: Mapping[str, Any]) -> Iterator[list[_Candidate]]:
    """What may move, in groups that are searched at once: each computed price, then the parameters."""
    model, arch = problem.model, study.problem_arch
    decided = {v.name for v in problem.variables}
    chosen = {name for v in problem.variables for name in v.preset_values}
    prices = {name for name in (*PRICES, *chosen) if name in model and name not in given}
    reached = model.inputs_of(["npv"], {*given, *prices})
    reached -= {*decided, OTHER_PRODUCT, *INSURED_LOSSES}
    values = {**given, **model.evaluate(given, prices & reached)}
    parameters = []
    for name in sorted(reached & values.keys()):
        ends = _sourced(study, name)
        if ends is None and name in prices:
            behind = sorted(model.inputs_of([name], given) - reached - decided)
            ends = _price_range(problem, given, name, {x: end for x in behind if (end := _sourced(study, x))})
        if ends is None:
            continue
        group = [_Candidate(name, quantity_unit(arch, name), float(values[name]), *ends)]
        if name in prices:
            yield group
        else:
            parameters += group
    if parameters:
        yield parameters


def _sourced(study: Study, name: str) -> tuple[float, float] | None:
    """The range of the sources of a price or an assumption; None if there is none."""
    setting = study.settings.get(name)
    known = study.problem_arch.library.parameters.get(name) if setting is None else setting.parameter
    if known is None or known.low is None or known.high is None or not known.has_range:
        return None
    return (known.low, known.high) if name in PRICES or known.role == "assumption" else None


def _price_range(
    problem: Problem, given: Mapping[str, Any], price: str, behind: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | None:
    """The lowest and the highest price, with each parameter that acts through it at an end of its sources' range.

    One parameter after the other is moved to its better end, until none changes the price.
    """
    if not behind:
        return None

    def priced(ends: Mapping[str, float]) -> float:
        return float(problem.model.evaluate({**given, **ends}, [price])[price])

    found = []
    for best in (min, max):
        ends = {name: low for name, (low, _) in behind.items()}
        before: dict[str, float] = {}
        while ends != before:
            before = ends
            for name, pair in behind.items():
                ends = best(({**ends, name: end} for end in (ends[name], *pair)), key=priced)
        found.append(priced(ends))
    return found[0], found[1]


def _search(problem: Problem, given: Mapping[str, Any], candidates: Sequence[_Candidate]) -> list[_Found]:
    """For each candidate the value nearest to that in use at which it suffices, or else the best; all at once."""
    sides = []
    for end in (0, 1):
        grid = np.stack([_walk(each.value, each.ends()[end]) for each in candidates])
        sides.append(_walked(problem, given, candidates, grid))
    return [
        min(ends, key=lambda end: (end.npv < 0, abs(end.to - each.value) if end.npv == 0 else -end.npv))
        for each, *ends in zip(candidates, *sides, strict=True)
    ]


def _walked(problem: Problem, given: Mapping[str, Any], candidates: Sequence[_Candidate], grid: Array) -> list[_Found]:
    """For each candidate the first root on one side of the value in use, or else the best value there.

    A value in use may lie outside the range of its sources: what is found does not.

    Args:
        grid: Values from that in use on, array (candidates, points).
    """
    names = [each.name for each in candidates]
    npv, roi = _returns(problem, given, names, grid)
    known = np.cumsum(~np.isfinite(npv), axis=1) == 0  # up to the first value at which the model has no answer
    ends = np.array([(each.low, each.high) for each in candidates])
    known &= _within(grid, ends)
    earns = known & (npv >= 0)
    first = earns.argmax(axis=1)
    # What makes the loss smaller only by making the investment smaller or later, such as waiting, is no remedy.
    best = np.where(known & (roi > roi[:, :1] + ROUNDING), npv, -np.inf).argmax(axis=1)
    found = [_Found(float(grid[i, k]), float(npv[i, k])) for i, k in enumerate(best)]
    if not len(rows := np.flatnonzero(earns.any(axis=1))):
        return found
    # The ends of a bracket: the last value that loses money, and the first that does not.
    near, far = grid[rows, np.maximum(first[rows] - 1, 0)], grid[rows, first[rows]]
    for _ in range(ROUNDS):
        finer = near[:, None] + (far - near)[:, None] * np.linspace(0, 1, FINER)
        finer[:, -1] = far
        earns = (_returns(problem, given, [names[i] for i in rows], finer)[0] >= 0) & _within(finer, ends[rows])
        each, first = np.arange(len(rows)), earns.argmax(axis=1)
        near, far = finer[each, np.maximum(first - 1, 0)], finer[each, first]
    for i, root in zip(rows, far, strict=True):
        found[i] = _Found(float(root), 0.0)
    return found


def _within(values: Array, ends: Array) -> NDArray[np.bool_]:
    """Which values lie between ends, array (rows, points).

    Args:
        ends: The least and the largest of each row, array (rows, 2).
    """
    return (ends[:, :1] <= values) & (values <= ends[:, 1:])


def _walk(value: float, end: float) -> Array:
    """Values from that in use to an end, evenly spaced in the logarithm where both have the same sign."""
    if value * end > 0:
        walk = np.geomspace(value, end, POINTS)
    elif value != 0 and end == 0:
        walk = np.append(np.geomspace(value, value * SMALLEST, POINTS - 1), 0.0)
    else:
        walk = np.linspace(value, end, POINTS)
    walk[0], walk[-1] = value, end
    return walk


def _returns(problem: Problem, given: Mapping[str, Any], names: Sequence[str], values: Array) -> tuple[Array, Array]:
    """Net present value and its share of the capital, arrays (names, points), with one value moved in each row."""
    moved = {}
    for i, name in enumerate(names):
        column = np.full(values.shape, float(given.get(name, values[i, 0])))
        column[i] = values[i]
        moved[name] = column.ravel()  # equations get designs as engines give them
    with np.errstate(all="ignore"):  # a value without an answer ends the search
        found = problem.model.evaluate({**given, **moved}, MONEY)
    npv, roi = (np.broadcast_to(np.asarray(found[name], float), values.size).reshape(values.shape) for name in MONEY)
    return npv, roi


def _is_possible(problem: Problem, given: Mapping[str, Any], missed_before: set[Any]) -> bool:
    """Whether the design can exist with these values, and misses no further limit."""
    if any(miss.constraint not in missed_before for miss in missed_limits(problem, given, 1)):
        return False
    with np.errstate(all="ignore"):
        return not find_outside(problem.model, problem.model.evaluate(given, ["npv"]))
