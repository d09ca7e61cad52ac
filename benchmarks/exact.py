"""Measure the exact engines on variants of studies/fleet_size.yaml: how they grow, and against naive methods.

The naive method is what most people write first: floors evenly spaced over the second objective, a new model for each
solve, and twice as many floors until the same share of the hypervolume is certified. Two searches of pymoo, with 20 000
evaluations of the same vectorized problem, are shown by their share of the certified hypervolume; they prove nothing.
pyaugmecon is not compared: 1.0.8 installs for Python 3.11 in an environment of its own, with numpy 1.26, but it gives
points without bounds, and with HiGHS it takes linear objectives, while a return is a quotient.

    python benchmarks/exact.py [one] [two] [three] [four] [free] [nine] [searches] [loop] [scip] [scip_nine]
"""

from __future__ import annotations

import math
import resource
import sys
import time
from pathlib import Path

import numpy as np

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.solver_protocol import maximize_lexicographically
from sunfront.engines.settings import PyomoSettings
from sunfront.problem.certificate import Certificate, Fact, measure_gap, outer_hypervolume
from sunfront.problem.front import hypervolume
from sunfront.problem.problem import Problem
from sunfront.problem.verification import verified
from sunfront.study.study import Study

GAP, LOOSE = 0.005, 0.02

#: Seconds of CPU that the naive loop has, and seconds that SCIP has.
LIMIT = 180.0
STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"
TWO = ("maximize roi", "maximize fleet_it_power")
MORE = (*TWO, "maximize specific_power", "minimize node_mass")


def timed(name: str, call):
    cpu, wall = time.process_time(), time.perf_counter()
    found = call()
    cpu = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    spent = f"{cpu:7.2f} s CPU {time.perf_counter() - wall:7.2f} s wall"
    print(f"{name:58} {spent} {memory:6.0f} MB at most so far", flush=True)
    return cpu, found


def variant(options: int, objectives: tuple[str, ...]) -> Problem:
    """The study with eight cadences and as many altitudes as make so many options."""
    altitude = {"low": "400 km", "high": "800 km", "step": f"{400 / (max(options // 8, 2) - 1)} km"}
    study = Study.load(STUDY)
    return study.with_changes(objectives=objectives, variables={**study.variables, "altitude": altitude}).problem


def nine_variables(objectives: tuple[str, ...], is_in_steps: bool) -> Problem:
    """The study with three further variables; each that is no amount in steps, or all but the shield continuous."""
    study = Study.load(STUDY)
    ranges = {
        "altitude": ("400 km", "800 km", "25 km"),
        "launch_cadence": ("12/year", "208/year", "28/year"),
        "radiator_temperature": ("300 K", "370 K", "10 K"),
        "keep_warm_share": ("0", "0.3", "0.15"),
    }
    more = {
        name: {"low": low, "high": high, **({"step": step} if is_in_steps else {})}
        for name, (low, high, step) in ranges.items()
    }
    shield = {"shield_thickness": {"choices": [2, 3, 5, 10], "unit": "mm"}}
    return study.with_changes(objectives=objectives, variables={**study.variables, **more, **shield}).problem


def front(name: str, problem: Problem, gap: float, limit: str = "60 min", **settings):
    settings = PyomoSettings(gap=gap, time_limit=limit, **settings)
    cpu, answer = timed(name, lambda: engines.run(problem, settings, Context()))
    if answer.certificate is None:
        print(f"  {answer.status}: {'; '.join(answer.notes)}", flush=True)
        return cpu, answer, None
    scores = problem.scores(verified(problem, answer))
    found = measure_gap(scores, answer.certificate)
    matched = "" if found.additive is None else f", matched within {found.additive:.2%} of the ranges"
    counts = f"{len(scores)} designs, {len(answer.certificate.facts)} facts"
    print(f"  {answer.status}: {counts}, gap {found.relative:.2%}{matched}", flush=True)
    for note in answer.notes:
        if "steps" in note:
            print(f"  {note}", flush=True)
    return cpu, answer, found


def naive(problem: Problem) -> tuple[int, float]:
    """Return the number of solves, each with a new program, until the gap or the time limit is reached, and the gap."""
    solves, count, gap = 0, 4, math.inf
    end = time.process_time() + LIMIT

    def solve(index, floors):
        nonlocal solves
        if time.process_time() > end:
            raise TimeoutError
        solves += 1
        deadline = time.monotonic() + LIMIT
        return maximize_lexicographically(HighsSolver(build_catalogue(problem, 81), 1e-4), index, floors, deadline)

    try:
        ends = [solve(0, {}), solve(1, {})]
        while True:
            floors = np.linspace(ends[0].scores[1], ends[1].scores[1], count)
            points = [solve(0, {1: float(f)}) for f in floors]
            facts = [Fact((-math.inf,), ends[0].bound)]
            facts += [Fact((float(f),), p.bound) for f, p in zip(floors, points, strict=True) if p]
            scores = np.array([p.scores for p in (*ends, *points) if p])
            gap = measure_gap(scores, Certificate(tuple(facts), (ends[1].bound,), "")).relative
            if gap <= GAP or count >= 64:
                return solves, gap
            count *= 2
    except TimeoutError:
        return solves, gap


def peers(problem: Problem, answer, gap) -> None:
    """Print the share of the certified hypervolume that NSGA-II and NSGA-III of pymoo reach with 20 000 evaluations."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.algorithms.moo.nsga3 import NSGA3
    from pymoo.core.problem import Problem as PymooProblem
    from pymoo.optimize import minimize
    from pymoo.util.ref_dirs import get_reference_directions

    variables, count = problem.variables, len(problem.objectives)

    def evaluated(x):
        columns = {v.name: v.snap(np.clip(x[:, i], v.low, v.high)) for i, v in enumerate(variables)}
        return problem.evaluate(columns, problem.criterion_names)

    class Vectorized(PymooProblem):
        def __init__(self):
            limits = [[v.low for v in variables], [v.high for v in variables]]
            super().__init__(n_var=len(variables), n_obj=count, n_ieq_constr=len(problem.constraints),
                             xl=limits[0], xu=limits[1])  # fmt: skip

        def _evaluate(self, x, out, *args, **kwargs):
            found = evaluated(x)
            violations = [c.violation(found[c.name]) / problem.constraint_scales[c] for c in problem.constraints]
            out["F"] = np.nan_to_num(-problem.scores(found), nan=1e30, posinf=1e30)
            out["G"] = np.nan_to_num(np.column_stack(violations), nan=1e30, posinf=1e30)

    reference = np.array(gap.reference)
    certified = outer_hypervolume(answer.certificate, reference)
    directions = get_reference_directions("energy", count, 100, seed=1)
    for name, search in (("NSGA-II", NSGA2(pop_size=100)), ("NSGA-III", NSGA3(directions))):
        _, result = timed(
            f"  {name} of pymoo", lambda search=search: minimize(Vectorized(), search, ("n_eval", 20_000), seed=1)
        )
        reached = (
            0.0 if result.X is None else hypervolume(problem.scores(evaluated(np.atleast_2d(result.X))), reference)
        )
        print(f"    {reached / certified:.1%} of the certified hypervolume")


def one() -> None:
    for options in (100, 1000, 10_000, 100_000):
        front(f"one objective, {options} options, gap 1e-4", variant(options, TWO[:1]), 1e-4)


def two() -> None:
    for options in (168, 1000, 10_000):
        front(f"two objectives, {options} options, gap {GAP:.1%}", variant(options, TWO), GAP)


def three() -> None:
    for gap in (0.05, 0.02):
        front(f"three objectives, 168 options, gap {gap:.1%}", variant(168, MORE[:3]), gap)


def four() -> None:
    front("four objectives, 168 options, gap 10.0%", variant(168, MORE), 0.1)


def free() -> None:
    """One and two of the variables that are no amounts are continuous, the others as in the study."""
    study = Study.load(STUDY)
    more = {"altitude": ("400 km", "800 km"), "radiator_temperature": ("300 K", "370 K")}
    for names in (["altitude"], [*more]):
        variables = study.variables | {name: dict(zip(("low", "high"), more[name], strict=True)) for name in names}
        problem = study.with_changes(objectives=TWO, variables=variables).problem
        front(f"continuous {' and '.join(names)}, gap {LOOSE:.1%}", problem, LOOSE, shells=5)


def nine() -> None:
    stepped, free = (nine_variables(TWO, is_in_steps) for is_in_steps in (True, False))
    front(f"nine variables, 13 056 options, gap {LOOSE:.1%}", stepped, LOOSE)
    front(f"nine variables, four of them continuous, gap {LOOSE:.1%}", free, LOOSE, shells=7)


def scip_nine() -> None:
    for objectives in (TWO[:1], TWO):
        problem = nine_variables(objectives, is_in_steps=False)
        front(f"SCIP, nine variables, {len(objectives)} objectives", problem, LOOSE, "3 min", solver="scip")


def searches() -> None:
    for count, gap in ((2, GAP), (3, 0.05), (4, 0.1)):
        problem = variant(168, MORE[:count])
        _, answer, found = front(f"{count} objectives, 168 options, gap {gap:.1%}", problem, gap, "60 s")
        peers(problem, answer, found)


def loop() -> None:
    study = Study.load(STUDY).problem
    ours, _, _ = front(f"frontier to {GAP:.1%} of the hypervolume", study, GAP)
    theirs, (solves, gap) = timed("frontier, naive", lambda: naive(study))
    short = "" if gap <= GAP else f" ({GAP:.1%} was asked)"
    print(f"  {solves} solves, gap {gap:.2%}{short}; takes {theirs / ours:.1f} times as long")


def scip() -> None:
    one = Study.load(STUDY).with_changes(objectives=("maximize roi",)).problem
    ours, _ = timed("HiGHS, one objective, gap 1e-4", lambda: engines.run(one, PyomoSettings(gap=1e-4), Context()))
    settings = PyomoSettings(solver="scip", gap=1e-3, time_limit=f"{LIMIT:g} s")
    theirs, answer = timed("SCIP, one objective, gap 1e-3", lambda: engines.run(one, settings, Context()))
    print(f"  {answer.status}; SCIP takes {theirs / ours:.1f} times as long as HiGHS")


#: By the name that the command line gives.
PARTS = {part.__name__: part for part in (one, two, three, four, free, nine, searches, loop, scip, scip_nine)}


def main() -> None:
    engines.run(variant(16, TWO), PyomoSettings(gap=0.5), Context())  # imports
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
