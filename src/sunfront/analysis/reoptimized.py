"""Break-even of the best design: the value of a parameter at which the optimum of a quantity equals a target.

At each trial value an engine finds the best design. The optimum is sampled over the range; each sign change of optimum
minus target is then narrowed by Brent's method. An exact engine also bounds the optimum. Where the bound crosses the
target, no design breaks even any more, whatever the gap: between there and the answer a better design may.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from sunfront.analysis.breakeven import Question
from sunfront.analysis.optimum import Optimum, Progress
from sunfront.analysis.reoptimized_answer import BestBreakEven, BestRoot
from sunfront.engines.context import silent
from sunfront.errors import UserError
from sunfront.problem.criteria import Objective, Sense
from sunfront.study.criteria import parse_objective
from sunfront.study.study import Study

#: Values of the parameter, beside the base value, at which the optimum is sampled.
SAMPLES = 9

#: Relative width to which a break-even value is narrowed, and to which the value is beyond which none is possible.
PRECISION, BOUND_PRECISION = 1e-6, 1e-3

#: A range whose ends have a larger ratio is sampled evenly in the logarithm.
LARGE_RATIO = 30.0

#: Share of the optimum's change over an interval that it may miss the target by at a root; else it jumps.
AT_ROOT = 1e-3

#: Most solves to narrow one value.
MOST_SOLVES = 40


def best_breakeven(
    study: Study | str | Path,
    parameter: str,
    quantity: str = "npv",
    target: float | str = 0.0,
    other: Study | str | Path | None = None,
    low: float | str | None = None,
    high: float | str | None = None,
    sense: Sense | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> BestBreakEven:
    """Find the values of a parameter at which the best design breaks even.

    The best design has the highest or the lowest value of the quantity, subject to every constraint of the study, at
    nominal values. The study's engine finds it if it proves its answers; else HiGHS, or where HiGHS cannot, the search.

    Args:
        study, parameter, quantity, target, other, low, high: As in ``breakeven``.
        sense: Whether the best design maximizes or minimizes the quantity; by default as an objective of the study, and
            npv is maximized.
        workers: Number of worker processes.
        progress: Called with (done, total, text).

    Raises:
        UserError: The sense is not known; the parameter is set by a preset variable; or no engine takes the problem.
        SunfrontError: No trial value has an answer.
    """
    question = Question.read(study, parameter, quantity, target, other, low, high)
    study = question.study
    if question.parameter in study.preset_variables:
        variable = study.preset_variables[question.parameter].name
        raise UserError(f"{question.parameter} is set by the variable {variable}; fix {variable}, or vary another")
    optimum = Optimum(question, _objective(question, sense), workers, progress)
    if study.problem.statistics:
        optimum.notes.append(f"at nominal values, without the statistics {', '.join(study.problem.statistics)}")
    start, end = question.search_range
    grid = _samples(start, end, question.base)
    margins = [optimum.margin(x) for x in grid]
    usable = [(x, m) for x, m in zip(grid, margins, strict=True) if not math.isnan(m)]
    if not usable:
        assert optimum.last_error is not None
        raise optimum.last_error
    roots = []
    for (x0, m0), (x1, m1) in pairwise(usable):
        if (m0 >= 0) != (m1 >= 0):
            roots.append(_narrow(optimum, x0, x1))
    trials = tuple(trial for _, trial in sorted(optimum.trials.items()) if not trial.failed)
    return BestBreakEven(
        parameter=question.parameter,
        unit=question.display_unit,
        quantity=question.quantity,
        quantity_unit=study.arch.model[question.quantity].unit,
        sense=optimum.objective.sense,
        other="" if question.other is None else question.other.name,
        engine=" and ".join(optimum.used),
        scope=optimum.scope,
        low=start,
        high=end,
        base=question.base,
        roots=tuple(roots),
        trials=trials,
        precision=PRECISION,
        notes=tuple(dict.fromkeys(optimum.notes)),
        variables={v.name: v for v in optimum.problem.variables},
    )


def _objective(question: Question, sense: Sense | None) -> Objective:
    """What the best design maximizes or minimizes; raise UserError if it cannot be an objective."""
    return parse_objective(question.study.arch, f"{sense or _default_sense(question)} {question.quantity}")


def _default_sense(question: Question) -> Sense:
    for o in question.study.problem.objectives:
        if o.quantity == question.quantity:
            return o.sense
    if question.quantity == "npv":
        return "maximize"
    raise UserError(
        f"no objective of the study says whether the best design has the highest or the lowest {question.quantity}; "
        "give --sense maximize or --sense minimize"
    )


def _samples(low: float, high: float, base: float) -> list[float]:
    """Values from low to high, ascending, evenly spaced or evenly in the logarithm, with the base value if inside."""
    even = np.geomspace if low > 0 and high / low > LARGE_RATIO else np.linspace
    inside = [base] if low < base < high else []
    return sorted({low, high, *map(float, even(low, high, SAMPLES)[1:-1]), *inside})


def _narrow(optimum: Optimum, x0: float, x1: float) -> BestRoot:
    """Narrow a sign change of the margin between two trials, and find where the bound excludes breaking even."""
    scale = max(abs(m) for m in (optimum.margin(x0), optimum.margin(x1)) if math.isfinite(m)) or 1.0
    good, bad = _bracket(optimum.margin, x0, x1, PRECISION, scale)
    end = x0 if bad < good else x1
    bad = _provable(optimum, good, bad, end)
    trial = optimum.at(good)
    is_root = optimum.margin(good) <= AT_ROOT * scale
    proved = _excluded(optimum, good, bad, end)
    return BestRoot(at=good, fails_at=bad, is_root=is_root, excluded_at=proved, value=trial.best, design=trial.design)


def _provable(optimum: Optimum, good: float, bad: float, end: float) -> float:
    """Return the value that fails, or one step of the precision further on if only there the bound excludes it.

    A value that Brent's method finds may miss the target by less than the rounding of a bound.
    """
    beyond = 2 * bad - good
    is_inside = abs(beyond - good) <= abs(end - good)
    if is_inside and not optimum.bound_margin(bad) < 0 and optimum.bound_margin(beyond) < 0:
        return beyond
    return bad


def _excluded(optimum: Optimum, good: float, bad: float, end: float) -> float | None:
    """The value nearest to the answer at which the bound proves that no design breaks even; None if there is none."""
    if optimum.bound_margin(bad) < 0:
        return bad
    if not optimum.bound_margin(end) < 0:
        return None
    scale = abs(optimum.bound_margin(end))
    _, excluded = _bracket(optimum.bound_margin, bad, end, BOUND_PRECISION, scale if math.isfinite(scale) else 1.0)
    return excluded


def _bracket(
    margin: Callable[[float], float], x0: float, x1: float, precision: float, scale: float
) -> tuple[float, float]:
    """Narrow a sign change to a relative width; returns the end where the margin is not negative, and the other.

    Args:
        scale: Size of the margin, which stands for infinity.
    """
    from scipy.optimize import brentq

    tried: dict[float, float] = {}

    def finite(x: float) -> float:
        tried[x] = margin(x)
        # NaN, where there is no answer, counts as not breaking even.
        return float(np.clip(np.nan_to_num(tried[x], nan=-scale), -scale, scale))

    width = precision * max(abs(x0), abs(x1))
    root = float(brentq(finite, x0, x1, xtol=width, rtol=max(precision, 1e-12), maxiter=MOST_SOLVES, disp=False))
    is_good = finite(root) >= 0
    # Brent's method may end with one side far away; one more value on the other side closes the bracket.
    other = [x for x, m in tried.items() if (m >= 0) != is_good]
    nearest = min(other, key=lambda x: abs(x - root))
    step = 2 * max(width, precision * abs(root))
    if abs(nearest - root) > step:
        near = root + math.copysign(step, nearest - root)
        if (finite(near) >= 0) != is_good:
            nearest = near
    return (root, nearest) if is_good else (nearest, root)
