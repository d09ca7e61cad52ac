"""The cost of a catalogue's steps: its best design improved, with each continuous option free between its neighbors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from sunfront.display import format_value
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.errors import NonlinearEquation, SolverFailure
from sunfront.problem.answer import Answer
from sunfront.problem.findings import Refinement
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.variables import Variable
from sunfront.problem.verification import verified

#: Maximum duration of the refinement, in seconds.
TIME_LIMIT = 60.0


def refine_optimum(
    problem: Problem, design: Mapping[str, float], shells: int, gap: float, deadline: float
) -> tuple[Refinement | None, str] | None:
    """Maximize the first objective around a design of the catalogue, with the amounts of hardware free.

    Args:
        design: The catalogue's best design in the first objective.
        shells: Number of shells of the catalogue.
        gap: Relative gap of the solve.
        deadline: Value of ``time.monotonic`` at which to stop.

    Returns:
        The refinement, None if it failed, and a note for people; None if the catalogue has no continuous option.

    Raises:
        Unverified: The numpy model does not confirm the refined design.
    """
    free = [v.name for v in problem.continuous_options]
    if not free:
        return None
    if problem.conditions:
        return None, f"the cost of the catalogue's steps of {', '.join(free)} is unknown: variables have a `when`"
    local = replace(
        problem,
        variables=tuple(
            v if v.name in problem.hardware else _limit_to_neighbors(v, design[v.name], shells)
            for v in problem.variables
        ),
    )
    objective = problem.objectives[0]
    before = float(problem.evaluate(as_columns(design), [objective.name])[objective.name][0])
    names = ", ".join(free)
    unknown = f"the cost of the catalogue's steps of {names} is unknown"
    try:
        found = NONLINEAR["scip"](local, gap / 2).maximize(0, {}, min(deadline, time.monotonic() + TIME_LIMIT))
    except (TimeoutError, SolverFailure, NonlinearEquation, KeyboardInterrupt) as error:  # the proof remains valid
        reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or "no time was left"
        return None, f"{unknown}: {reason}"
    if found is None:  # by rounding: the box contains the catalogue's own design
        return None, f"{unknown}: SCIP found no design between the shells"
    claims = as_columns({objective.name: objective.sign * found.scores[0]})
    columns = verified(local, Answer("best found", as_columns(found.design), claims))
    after = float(columns[objective.name][0])
    gain = max(objective.sign * (after - before), 0.0) / (abs(before) or 1.0)
    where = ", ".join(f"{name} = {format_value(found.design[name], problem.unit(name), 5)}" for name in free)
    value = format_value(after, problem.unit(objective.name), 6)
    return Refinement(objective.name, before, after, gain, dict(found.design)), (
        f"limiting {names} to the values of the catalogue costs {100 * gain:.2g} % of the best {objective.name}; "
        f"between those values {objective.name} reaches {value}, at {where}; `solver: scip` proves over all values"
    )


def _limit_to_neighbors(variable: Variable, value: float, shells: int) -> Variable:
    """Limit a continuous option to the interval between its neighbors in the catalogue; fix any other option."""
    if not variable.is_continuous:
        return replace(variable, low=value, high=value, step=None, choices=(value,))
    if variable.log:
        ratio = (variable.high / variable.low) ** (1 / (shells - 1))
        low, high = value / ratio, value * ratio
    else:
        step = (variable.high - variable.low) / (shells - 1)
        low, high = value - step, value + step
    return replace(variable, low=max(variable.low, low), high=min(variable.high, high))
