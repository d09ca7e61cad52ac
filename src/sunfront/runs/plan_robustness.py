"""How the first decisions of a plan's run do in scenarios: computed, kept while it is computed, stored, and read again.

Beside the plan of nominal values stand the first decisions of the two-stage program, if it is asked for.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.cluster import cluster_at
from sunfront.engines.kept_lines import KeptLines
from sunfront.engines.plan.claims import is_approximate
from sunfront.engines.plan.robustness import (
    Outcome,
    Robustness,
    Trial,
    check_objective,
    summarize,
    try_scenarios,
)
from sunfront.engines.plan.two_stage import MOST, TwoStage, solve_two_stage
from sunfront.errors import SolverFailure, UserError
from sunfront.problem.plan import as_json, from_json
from sunfront.problem.scenarios import MOST_SCENARIOS, draw, stages
from sunfront.runs.csv_table import write_csv_table
from sunfront.runs.files import replacing
from sunfront.runs.folder import writing
from sunfront.runs.plans import PlanRun
from sunfront.runs.sealed import read_sealed, write_sealed
from sunfront.runs.signals import stop_signals
from sunfront.units import unit, unit_label

#: The record in the folder of a plan's run; a row for each scenario; and what is kept while it is computed.
ROBUST_FILE, ROBUST_TABLE, PARTIAL = "robust.json", "robust.csv", "robust.partial.jsonl"

#: Goals that are sums of money.
MONEY = ("npv", "peak_funding")

#: Rises with every change of the format that an older version cannot read.
FORMAT = 1

#: What the first decisions are called.
NOMINAL, COMMON = "plan of nominal values", "two-stage program"


class Stochastic(BaseModel):
    """The two-stage program over a few scenarios, and what it is worth; USD.

    Attributes:
        first: Units and modules in each period before something is known; as ``as_json``.
        mean: Mean net present value over these scenarios, simulated.
        bound: No first decisions have a larger mean.
        proved: The gap of the plan was reached.
        nominal: Mean with the first decisions of the plan of nominal values; None if they miss a constraint in one.
        known: Mean of the best plans that know the scenario from the start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Mapping[str, Any]
    mean: float
    bound: float
    proved: bool
    nominal: float | None
    known: float

    @property
    def value(self) -> float | None:
        """Value of the stochastic solution; None if the nominal plan misses a constraint in a scenario."""
        return None if self.nominal is None else max(self.mean - self.nominal, 0.0)


class RobustRecord(BaseModel):
    """What becomes of first decisions in scenarios. Money in USD.

    Attributes:
        format: See FORMAT.
        run_id: Of the plan's run.
        until: Period from whose start on something is known; what is decided before is held.
        factors: Name and period of each factor.
        draws: Of each scenario, the value of each factor; SI.
        names: Of the first decisions.
        outcomes: In each scenario.
        program: The two-stage program; None if it was not asked for, or has no solution.
        notes: Caveats.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    run_id: str
    scenarios: int
    two_stage: int
    seed: int
    until: str
    factors: tuple[tuple[str, str], ...]
    draws: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    program: Stochastic | None = None
    notes: tuple[str, ...] = ()

    def summary(self, index: int) -> Robustness:
        """Statistics of one of the first decisions."""
        return summarize(self.outcomes, index)


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        scenarios: Number of scenarios that first decisions are tried in.
        two_stage: Number of scenarios of the two-stage program; 0 for none.
    """

    scenarios: int = 200
    two_stage: int = 0
    seed: int = 0

    def check(self) -> None:
        """Raise UserError if a number cannot be."""
        if not 2 <= self.scenarios <= MOST_SCENARIOS:
            raise UserError(f"{self.scenarios} scenarios: take 2 to {MOST_SCENARIOS}")
        if self.two_stage and not 2 <= self.two_stage <= MOST:
            raise UserError(f"{self.two_stage} scenarios in one program: take 2 to {MOST}, or 0 for no such program")
        if self.seed < 0:
            raise UserError(f"the seed {self.seed} is negative")


def read_robustness(folder: Path) -> RobustRecord | None:
    """The record of a folder; None if there is none.

    Raises:
        UserError: It was changed, is damaged, or is of another format.
    """
    path = folder / ROBUST_FILE
    return read_sealed(path, RobustRecord, FORMAT) if path.is_file() else None


def try_plan(
    run: PlanRun,
    asked: Asked,
    *,
    force: bool = False,
    workers: int = 1,
    cluster: str = "",
    progress: Callable[[float, float, str], None] = lambda *_: None,
) -> RobustRecord:
    """Try the first decisions of a plan's run in scenarios, and store it in the folder of the run.

    What is interrupted goes on with the same call; what is stored is read again. The answer does not depend on the
    number of workers.

    Args:
        workers, cluster: As of ``runner.run``.

    Raises:
        UserError: The plan has nothing uncertain, another objective, or no solution; or a number cannot be.
        SolverFailure: A solve found no plan within the time limit of the plan.
        KeyboardInterrupt: It was interrupted.
    """
    asked.check()
    study = run.study
    plan, factors = study.plan, study.factors
    check_objective(plan)
    if not factors:
        raise UserError(f"{study.title} has nothing uncertain; say under uncertain what is known only later")
    limits_money = np.isfinite(plan.capital) or any(c.goal.kind in MONEY for c in plan.constraints)
    if asked.two_stage and is_approximate(plan) and limits_money:
        raise UserError("the two-stage program does not hold limits on money beside learning of launches")
    if not run.points:
        raise UserError(f"{run.folder} has no plan to try")
    if not force:
        with suppress(UserError):
            stored = read_robustness(run.folder)
            if stored is not None and (stored.scenarios, stored.two_stage, stored.seed) == (
                asked.scenarios,
                asked.two_stage,
                asked.seed,
            ):
                return stored
    gap, limit = study.engine.gap / 2, study.engine.time_limit
    first = [run.points[0].decisions]
    partial = run.folder / PARTIAL
    if force:
        partial.unlink(missing_ok=True)
    kept = KeptLines(KeptFile(partial, _digest([run.record.run_id, run.record.versions, asked.seed])))
    notes: list[str] = []
    try:
        with cluster_at(cluster, workers) as scheduler, stop_signals():
            program = None
            if asked.two_stage:
                few = draw(factors, asked.two_stage, asked.seed)
                key = f"program {asked.two_stage}"
                if (stored_program := kept.get(key)) is None:
                    progress(0, 1, f"one program over {asked.two_stage} scenarios")
                    found = solve_two_stage(plan, factors, few, gap, time.monotonic() + limit)
                    stored_program = {} if found is None else _as_data(found)
                    kept.add(key, stored_program)
                if stored_program:
                    first.append(from_json(stored_program["first"]))
                    trial = Trial(plan, factors, few, tuple(first), gap, limit)
                    inside = _try_all(trial, kept, workers, scheduler, progress)
                    program = _stochastic(stored_program, inside)
                else:
                    notes.append("no first decisions meet every constraint in all scenarios of the two-stage program")
            draws = draw(factors, asked.scenarios, asked.seed)
            trial = Trial(plan, factors, draws, tuple(first), gap, limit)
            outcomes = _try_all(trial, kept, workers, scheduler, progress)
    except TimeoutError:
        raise SolverFailure(
            f"the time limit of {limit:g} s passed before a plan was found in a scenario; raise engine.time_limit"
        ) from None
    if cut := sum(outcome.cut for outcome in outcomes):
        notes.append(f"the time limit ended {cut} solves before their gap was reached")
    if program is not None and len(stages(factors)) > 1:
        notes.append("the two-stage program knows everything from the first date on; in the scenarios it does not")
    record = RobustRecord(
        run_id=run.record.run_id,
        scenarios=asked.scenarios,
        two_stage=asked.two_stage,
        seed=asked.seed,
        until=plan.horizon.label(stages(factors)[0]),
        factors=tuple((factor.name, plan.horizon.label(factor.known)) for factor in factors),
        draws=tuple(map(tuple, draws.tolist())),
        names=(NOMINAL, COMMON)[: len(first)],
        outcomes=tuple(outcomes),
        program=program,
        notes=tuple(notes),
    )
    _store(run.folder, record)
    partial.unlink(missing_ok=True)
    return record


def _try_all(
    trial: Trial, kept: KeptLines, workers: int, cluster: str, progress: Callable[[float, float, str], None]
) -> list[Outcome]:
    """Outcomes of all scenarios, those that are kept and those that are computed now."""
    name = _digest([as_json(each) for each in trial.first])
    keys = [f"{name} {len(trial.draws)} {i}" for i in range(len(trial.draws))]
    found = {}
    for i, key in enumerate(keys):
        if (data := kept.get(key)) is not None:
            found[i] = Outcome(data["best"], tuple(data["npv"]), data["cut"])
    for i, outcome in try_scenarios(trial, dict(found), workers, progress, cluster):
        kept.add(keys[i], asdict(outcome))
        found[i] = outcome
    return [found[i] for i in range(len(keys))]


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _as_data(found: TwoStage) -> dict[str, Any]:
    first = as_json(found.decisions[0])
    return {"first": {**first, "sales": {}}, "mean": found.mean, "bound": found.bound, "proved": found.proved}


def _stochastic(data: Mapping[str, Any], outcomes: list[Outcome]) -> Stochastic:
    best = [outcome.best for outcome in outcomes]
    nominal = [outcome.npv[0] for outcome in outcomes]
    is_met = None not in nominal
    assert None not in best  # the program has met every constraint in each scenario
    return Stochastic(
        **data,
        nominal=float(np.mean([x for x in nominal if x is not None])) if is_met else None,
        known=float(np.mean([x for x in best if x is not None])),
    )


def _store(folder: Path, record: RobustRecord) -> None:
    """Write the record, and a row for each scenario: its factors, the best plan, and each of the first decisions."""
    import pandas as pd

    units = ["year" if name.endswith(".available") else "1" for name, _ in record.factors] + ["MUSD"] * (
        1 + len(record.names)
    )
    heads = [
        *(f"{name} from {when}" for name, when in record.factors),
        "best npv",
        *(f"npv of {n}" for n in record.names),
    ]
    rows = [(*draws, o.best, *o.npv) for draws, o in zip(record.draws, record.outcomes, strict=True)]
    columns = np.array(rows, float).T  # what is None has no value
    table = pd.DataFrame({head: unit(u).from_si(x) for head, u, x in zip(heads, units, columns, strict=True)})
    with writing(folder):
        with replacing(folder / ROBUST_TABLE) as new:
            write_csv_table(new, table, map(unit_label, units), ["scenario"])
        with replacing(folder / ROBUST_FILE) as new:
            write_sealed(new, record)
