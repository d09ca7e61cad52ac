"""A saved front proved once more, by another solver than the one that found it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sunfront.display import format_value
from sunfront.engines.exact.catalogue import read
from sunfront.engines.exact.engine import NONLINEAR
from sunfront.engines.exact.highs import Program
from sunfront.engines.exact.solver import Exact
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import UnknownName, Unverified, UserError
from sunfront.problem.problem import Problem
from sunfront.problem.variables import TOLERANCE, Variable
from sunfront.runs.results import Results
from sunfront.runs.runner import identity
from sunfront.study.study import Study

#: Called with (done, total, text).
Progress = Callable[[float, float, str], None]


@dataclass(frozen=True)
class Row:
    """One point of a front, and two bounds on its first objective above its other objectives.

    Attributes:
        values: Its objectives; SI and USD.
        bound, second: What the run proved there, and what the second solver did; as the quantity reads.
        gap: Distance of the point to the second bound, over the bound's size.
        confirmed: Whether that is within the gap asked for.
    """

    values: Mapping[str, float]
    bound: float
    second: float
    gap: float
    confirmed: bool


def prove_again(results: Results, solver: str, gap: float, time_limit: float, progress: Progress) -> list[Row]:
    """Maximize the first objective above each point's other objectives with another solver.

    Args:
        results: Of a run with a proof, in its folder.
        solver: ``scip``, ``maingo`` or ``highs``.
        gap: Relative, at which a point counts as confirmed.
        time_limit: Seconds for each point.

    Raises:
        UserError: The run has no proof, or none that this solver could repeat, or is of other equations.
        Unverified: The solvers contradict each other, with the point where they do.
    """
    certificate = results.record.certificate
    if certificate is None or results.folder is None:
        raise UserError("the run has no proof to verify; run it with `engine: {name: pyomo}`")
    study = Study.load(results.folder / "study.yaml")
    now, then = identity(study)["hashes"], results.record.hashes
    if any(now[key] != then[key] for key in ("parameters", "equations")):
        raise UserError(f"{results.folder} was computed with other equations or parameters; run the study anew")
    settings = results.record.engine
    assert isinstance(settings, PyomoSettings)  # no other engine gives a certificate
    if solver == settings.solver:
        raise UserError(f"the run itself was proved by {solver}; give another --solver")
    problem = study.problem
    if solver not in ("highs", *NONLINEAR):
        raise UnknownName(solver, "solver", ["highs", *NONLINEAR])
    if settings.solver == "highs":
        problem = on_shells(problem, settings.shells)
    elif solver == "highs" and problem.continuous_options:
        raise UserError("highs proves over a catalogue, and this run's proof is over all values of its variables")

    scores = results.scores
    program: Exact
    if solver == "highs":
        program = Program(read(problem, settings.shells), gap / 2)
    else:
        program = NONLINEAR[solver](problem, gap / 2)
    first = problem.objectives[0]
    rows = []
    for i, score in enumerate(scores):
        progress(i, len(scores), f"point {i + 1} of {len(scores)}")
        floors = {j: float(score[j]) for j in range(1, len(score))}
        values = {o.name: float(o.sign * s) for o, s in zip(problem.objectives, score, strict=True)}
        said = ", ".join(f"{name} = {format_value(v, problem.unit(name), 7)}" for name, v in values.items())
        proved = min(b for lows, b in certificate.facts if all(f <= floors[j] for j, f in enumerate(lows, 1)))
        try:
            found = program.maximize(0, floors, time.monotonic() + time_limit)
        except TimeoutError:
            rows.append(Row(values, first.sign * proved, first.sign * float("inf"), float("inf"), False))
            continue
        noise = 10 * TOLERANCE * max(abs(float(score[0])), abs(proved))
        if found is None or found.bound < score[0] - noise:
            raise Unverified(f"{solver} proves that there is no such design as the run's with {said}")
        if found.scores[0] > proved + noise:
            better = format_value(first.sign * found.scores[0], problem.unit(first.name), 7)
            raise Unverified(f"{solver} finds {first.name} = {better} where the run proved less, above {said}")
        relative = max(found.bound - float(score[0]), 0.0) / (max(abs(found.bound), abs(float(score[0]))) or 1.0)
        # The run's own gap and this solver's add up.
        allowed = gap + max(proved - float(score[0]), 0.0) / (abs(proved) or 1.0)
        rows.append(Row(values, first.sign * proved, first.sign * found.bound, relative, relative <= allowed + 1e-6))
    return rows


def on_shells(problem: Problem, shells: int) -> Problem:
    """The problem with each continuous variable that is no amount of hardware on as many values as a catalogue has."""

    def shelled(v: Variable) -> Variable:
        return replace(v, step=(v.high - v.low) / (shells - 1)) if v in problem.continuous_options else v

    return replace(problem, variables=tuple(map(shelled, problem.variables)))
