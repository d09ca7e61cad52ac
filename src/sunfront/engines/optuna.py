"""Search with an Optuna sampler. Optuna proposes, batch by batch; the numpy model evaluates a batch at once."""

from __future__ import annotations

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from sunfront.answer import Answer, Status
from sunfront.engines.common import Context
from sunfront.engines.settings import OptunaSettings
from sunfront.pareto import non_dominated
from sunfront.problem import Problem, Variable

Array = NDArray[np.float64]


def run(problem: Problem, settings: OptunaSettings, context: Context) -> Answer:
    """Run ``settings.trials`` trials of NSGA-II with one named constraint for each of the problem's.

    A constraint's value is its violation in units of its scale, since NSGA-II sums them.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        directions=["maximize"] * len(problem.objectives),
        sampler=optuna.samplers.NSGAIISampler(population_size=settings.population, seed=context.seed),
    )
    space = {v.name: _distribution(v) for v in problem.variables}
    designs: list[dict[str, Array]] = []
    scores = np.empty((0, len(problem.objectives)))
    evaluated, wanted = 0, settings.trials if problem.variables else 1
    status: Status = "best found"
    try:
        while evaluated < wanted:
            batch = min(settings.population, wanted - evaluated)
            trials = [study.ask(space) for _ in range(batch)]
            columns = {v.name: _values(v, [t.params[v.name] for t in trials]) for v in problem.variables}
            quantities = problem.evaluate(columns)
            violations = problem.violations(quantities)
            met = problem.feasible(quantities)
            values = problem.scores(quantities)
            for i, trial in enumerate(trials):
                for j, constraint in enumerate(problem.constraints):
                    # Within tolerance counts as met, here as everywhere.
                    name = f"{constraint.name} {constraint.sense} {constraint.limit!r}"
                    trial.set_constraint(name, 0.0 if met[i] else float(violations[i, j]))
                study.tell(trial, values[i].tolist())
            designs.append({name: column[met] for name, column in columns.items()})
            scores = np.concatenate([scores, values[met]])
            evaluated += batch
            front = int(non_dominated(scores).sum()) if len(scores) else 0
            context.progress(evaluated, wanted, f"{len(scores):,} feasible, {front} on the front")
    except KeyboardInterrupt:
        status = "stopped"
    joined = {v.name: np.concatenate([np.empty(0), *(d[v.name] for d in designs)]) for v in problem.variables}
    nothing = not len(scores) and status == "best found"
    return Answer(
        status="infeasible" if nothing else status,
        designs=joined,
        evaluated=evaluated,
        feasible=len(scores),
        notes=("no trial meets every constraint; this is no proof that none does",) if nothing else (),
    )


def _distribution(variable: Variable) -> BaseDistribution:
    if variable.size is not None:
        return IntDistribution(0, variable.size - 1)
    return FloatDistribution(variable.low, variable.high)


def _values(variable: Variable, params: list[float]) -> Array:
    if variable.values is None:
        return np.array(params)
    values: Array = np.array(variable.values)[np.array(params, int)]
    return values
