"""Measure evolve and optuna on studies/fleet_size.yaml: speed against other tools, quality of the front.

python benchmarks/search.py [speed] [quality]      (for the comparison with pymoo: pip install pymoo)

Times are CPU seconds, which depend little on the load of the machine. Quality is the share of the certified outer
hypervolume, measured from the reference point of the certificate.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from pathlib import Path

import moocore
import numpy as np
import optuna

import sunfront
from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.search.trials import TrialConverter
from sunfront.engines.settings import EvolveSettings, OptunaSettings, PyomoSettings, SweepSettings
from sunfront.problem.certificate import measure_gap
from sunfront.problem.verification import verified
from sunfront.study.study import Study

STUDY = Study.load(Path(__file__).parents[1] / "studies" / "fleet_size.yaml")
PROBLEM = STUDY.problem


def rate(name: str, count: int, action) -> float:
    start = time.process_time()
    action()
    seconds = time.process_time() - start
    print(f"{name:58} {count / seconds:10,.0f} a second", flush=True)
    return count / seconds


def ours(settings, seed=0):
    return engines.run(PROBLEM, settings, Context(seed))


def plain(storage=None, trials=1000):
    """Run Optuna as most users would: an objective function of one design, and study.optimize."""
    converter = TrialConverter(PROBLEM)

    def objective(trial):
        for name, distribution in converter.space.items():
            trial._suggest(name, distribution)
        points = converter.points([trial.params])
        quantities = PROBLEM.evaluate(converter.cube.designs(points))
        violations = PROBLEM.violations(quantities)
        for constraint, violation in zip(PROBLEM.constraints, violations[0], strict=True):
            trial.set_constraint(str(constraint), float(violation))
        return PROBLEM.scores(quantities)[0].tolist()

    sampler = optuna.samplers.NSGAIISampler(
        population_size=40,
        crossover=optuna.samplers.nsgaii.SBXCrossover(),
        mutation=optuna.samplers.nsgaii.PolynomialMutation(),
        seed=0,
    )
    study = optuna.create_study(directions=["maximize"] * 2, sampler=sampler, storage=storage)
    study.optimize(objective, n_trials=trials)


def pymoo(evaluations, population=100):
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    cube = TrialConverter(PROBLEM).cube

    class Vectorised(Problem):
        def __init__(self):
            super().__init__(
                n_var=len(PROBLEM.variables), n_obj=2, n_ieq_constr=len(PROBLEM.constraints), xl=0.0, xu=1.0
            )

        def _evaluate(self, x, out, *args, **kwargs):
            quantities = PROBLEM.evaluate(cube.designs(cube.snap(x)))
            out["F"], out["G"] = -PROBLEM.scores(quantities), PROBLEM.violations(quantities)

    found = minimize(Vectorised(), NSGA2(pop_size=population), ("n_eval", evaluations), seed=0)
    return -found.F if found.F is not None else np.empty((0, 2))


def evaluated(batch, count) -> None:
    for _ in range(count // len(next(iter(batch.values())))):
        PROBLEM.evaluate(batch)


def speed() -> None:
    quick = rate(
        "optuna, our batches, no refinement, 1 000", 1000, lambda: ours(OptunaSettings(evaluations=1000, refine=0))
    )
    slow = rate("study.optimize in memory, 1 000", 1000, plain)
    with tempfile.TemporaryDirectory() as folder:
        backend = optuna.storages.journal.JournalFileBackend(f"{folder}/journal")
        journal = rate(
            "study.optimize on a journal, 300", 300, lambda: plain(optuna.storages.JournalStorage(backend), 300)
        )
        sqlite = rate("study.optimize on SQLite, 100", 100, lambda: plain(f"sqlite:///{folder}/db", 100))
    print(f"ratios: {quick / slow:.1f}, {quick / journal:.1f}, {quick / sqlite:.0f}")
    ours(EvolveSettings(evaluations=200, refine=0))  # loads the imports
    count = 100_000
    cube = TrialConverter(PROBLEM).cube
    points = cube.snap(np.random.default_rng(0).random((1000, len(PROBLEM.variables))))
    designs = cube.designs(points)
    for population in (100, 1000):
        settings = EvolveSettings(evaluations=count, refine=0, population=population)
        batch = {name: column[:population] for name, column in designs.items()}
        rate(f"evaluation alone, {population:,} at a time", count, lambda b=batch: evaluated(b, count))
        own = rate(f"evolve, no refinement, population {population:,}", count, lambda s=settings: ours(s))
        try:
            peer = rate(f"pymoo NSGA-II, population {population:,}", count, lambda n=population: pymoo(count, n))
            print(f"ratio: {own / peer:.1f}")
        except ImportError:
            print("pymoo is not installed")


def quality() -> None:
    proof = ours(PyomoSettings(gap=0.005))
    gap = measure_gap(PROBLEM.scores(verified(PROBLEM, proof)), proof.certificate)
    print(f"certified: at most {gap.relative:.2%} missing")

    def share(answer) -> float:
        scores = PROBLEM.scores(verified(PROBLEM, answer))
        return moocore.hypervolume(scores, ref=np.array(gap.reference), maximise=True) / gap.outer

    with tempfile.TemporaryDirectory() as folder:
        warm = sunfront.run(STUDY.with_changes(engine=SweepSettings(evaluations=1 << 14)), output=folder).folder
        cases = {
            "sweep, 2^14 Sobol points": SweepSettings(evaluations=1 << 14),
            "optuna nsga2, 2 000": OptunaSettings(),
            "optuna nsga2, 2 000, no refinement": OptunaSettings(refine=0),
            "optuna nsga2, 2 000, from the sweep": OptunaSettings(warm_start=str(warm)),
            "optuna nsga2, 2 000, from the sweep, no refinement": OptunaSettings(warm_start=str(warm), refine=0),
            "evolve, 2 000": EvolveSettings(evaluations=2000, population=40, refine=0.75),
            "evolve, 2 000, from the sweep": EvolveSettings(
                evaluations=2000, population=40, refine=0.75, warm_start=str(warm)
            ),
            "evolve, 100 000": EvolveSettings(),
            "evolve, 100 000, no refinement": EvolveSettings(refine=0),
        }
        for name, settings in cases.items():
            shares = sorted(share(ours(settings, seed)) for seed in range(1 if "Sobol" in name else 5))
            print(f"{name:58} {', '.join(f'{s:.2%}' for s in shares)}", flush=True)
    for evaluations in (2_000, 100_000):
        try:
            found = pymoo(evaluations)
        except ImportError:
            break
        volume = moocore.hypervolume(found, ref=np.array(gap.reference), maximise=True) if len(found) else 0.0
        print(f"{f'pymoo NSGA-II, {evaluations:,}':58} {volume / gap.outer:.2%}")


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore")
    for name in sys.argv[1:] or ("speed", "quality"):
        {"speed": speed, "quality": quality}[name]()
