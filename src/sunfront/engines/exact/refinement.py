"""What the steps of a catalogue cost: its best design with the continuous options freed between their neighbors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from sunfront.display import format_value
from sunfront.engines.exact.scip import ScipProgram
from sunfront.errors import NonlinearEquation, SolverFailure
from sunfront.problem.answer import Answer
from sunfront.problem.findings import Refinement
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.variables import Variable
from sunfront.problem.verification import verified

#: Seconds that this may take at most.
LIMIT = 60.0


def polish(
    problem: Problem, design: Mapping[str, float], shells: int, gap: float, deadline: float
) -> tuple[Refinement | None, str] | None:
    """The best first objective in the box around a design, the amounts of hardware free.

    Args:
        design: The catalogue's best in the first objective.
        shells: Of the catalogue.
        gap: Relative, of the solve.
        deadline: Value of ``time.monotonic`` at which to give up.

    Returns:
        For ``run.json`` and for a reader; None if the catalogue has no continuous option.

    Raises:
        Unverified: The numpy model does not confirm the polished design.
    """
    free = [v.name for v in problem.continuous_options]
    if not free:
        return None
    boxed = replace(
        problem,
        variables=tuple(
            v if v.name in problem.hardware else _around(v, design[v.name], shells) for v in problem.variables
        ),
    )
    objective = problem.objectives[0]
    before = float(problem.evaluate(as_columns(design), [objective.name])[objective.name][0])
    named = ", ".join(free)
    try:
        found = ScipProgram(boxed, gap / 2).maximize(0, {}, min(deadline, time.monotonic() + LIMIT))
    except (TimeoutError, SolverFailure, NonlinearEquation, KeyboardInterrupt) as error:  # what is proved is kept
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or "no time was left"
        return None, f"what the catalogue's steps of {named} cost is not known: {why}"
    if found is None:  # rounding: the catalogue's own design is in the box
        return None, f"what the catalogue's steps of {named} cost is not known: SCIP found no design in the box"
    claims = as_columns({objective.name: objective.sign * found.scores[0]})
    columns = verified(boxed, Answer("best found", as_columns(found.design), claims))
    after = float(columns[objective.name][0])
    gain = max(objective.sign * (after - before), 0.0) / (abs(before) or 1.0)
    where = ", ".join(f"{name} = {format_value(found.design[name], problem.unit(name), 5)}" for name in free)
    read = format_value(after, problem.unit(objective.name), 6)
    return Refinement(objective.name, before, after, gain, dict(found.design)), (
        f"the catalogue's steps of {named} cost {100 * gain:.2g} % of the best {objective.name}: between them it is "
        f"{read}, at {where}; `solver: scip` proves over all values"
    )


def _around(variable: Variable, value: float, shells: int) -> Variable:
    """A continuous option between its neighbors in the catalogue; any other option as it is."""
    if variable.values is not None:
        return replace(variable, low=value, high=value, step=None, choices=(value,))
    step = (variable.high - variable.low) / (shells - 1)
    return replace(variable, low=max(variable.low, value - step), high=min(variable.high, value + step))
