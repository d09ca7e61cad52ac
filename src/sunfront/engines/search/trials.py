"""A problem as Optuna sees it, and its storages: for the engine, and for what others open with optuna-dashboard."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from sunfront.arrays import Array
from sunfront.engines.search.unit_cube import Genome
from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.units import unit

#: Seconds in which nothing is written before the lock of a journal is taken for that of a killed process.
GRACE = 5

#: At opening a database.
ATTEMPTS = 5


class Trials:
    """The code between designs and trials.

    A parameter is the variable as people read it, of a category its label; on a grid other than of whole numbers it is
    the number of the value, from 0, since Optuna's own steps are subject to rounding. A value is the objective as
    people read it.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.genome = Genome(problem.variables)
        self.space = {v.name: _distribution(v) for v in problem.variables}
        self.directions = [o.sense for o in problem.objectives]
        units = [problem.unit(o.name) for o in problem.objectives]
        self.metrics = [
            o.name + (f" [{u}]" if u != "1" else "") for o, u in zip(problem.objectives, units, strict=True)
        ]
        self._signs = np.array([o.sign for o in problem.objectives])
        self._units = [unit(u) for u in units]

    def genes(self, params: Sequence[Mapping[str, Any]]) -> Array:
        """The genes (designs, variables) of trials' parameters."""
        columns = {}
        for v in self.problem.variables:
            given = np.array([v.labels.index(p[v.name]) if v.labels else p[v.name] for p in params], float)
            if v.is_integer or v.labels:
                columns[v.name] = given
            elif v.values is not None:
                columns[v.name] = np.array(v.values)[given.astype(int)]
            else:
                columns[v.name] = np.asarray(unit(v.unit).to_si(given))
        return self.genome.genes(columns) if columns else np.empty((len(params), 0))

    def params(self, genes: Array) -> list[dict[str, Any]]:
        """The parameters of trials for genes (designs, variables)."""
        designs, cells = self.genome.designs(genes), self.genome.cells(genes)
        columns: dict[str, list[Any]] = {}
        for i, v in enumerate(self.problem.variables):
            if v.labels:
                columns[v.name] = [v.text(number) for number in designs[v.name]]
            elif v.is_integer:
                columns[v.name] = designs[v.name].astype(int).tolist()
            elif v.values is not None:
                columns[v.name] = cells[:, i].tolist()
            else:
                space = self.space[v.name]
                assert isinstance(space, FloatDistribution)
                columns[v.name] = np.clip(unit(v.unit).from_si(designs[v.name]), space.low, space.high).tolist()
        return [{name: column[k] for name, column in columns.items()} for k in range(len(genes))]

    def values(self, scores: Array) -> list[list[float]]:
        """The values of trials for scores (designs, objectives)."""
        read = [u.from_si(column) for u, column in zip(self._units, (scores * self._signs).T, strict=True)]
        rows: list[list[float]] = np.stack(read, axis=1).tolist()
        return rows

    def constraints(self, violations: Array, met: NDArray[np.bool_]) -> list[dict[str, float]]:
        """Named constraints; Optuna sums them, so that they are in units of their scales."""
        # Within rounding counts as met, here as everywhere.
        told = np.where(met[:, None], np.minimum(violations, 0.0), violations)
        names = [str(c) for c in self.problem.constraints]
        return [dict(zip(names, row, strict=True)) for row in told.tolist()]

    def shown(self, genes: Array) -> list[dict[str, str]]:
        """What people read of the designs, for a trial's ``design``."""
        columns = self.genome.designs(genes)
        return [{v.name: v.text(float(columns[v.name][k])) for v in self.problem.variables} for k in range(len(genes))]

    def frozen(
        self, genes: Array, scores: Array, violations: Array, met: NDArray[np.bool_], system: Mapping[str, Any]
    ) -> list[FrozenTrial]:
        """Finished trials for evaluated designs."""
        columns = zip(
            self.params(genes),
            self.values(scores),
            self.constraints(violations, met),
            self.shown(genes),
            strict=True,
        )
        return [
            optuna.trial.create_trial(
                state=TrialState.COMPLETE,
                params=params,
                distributions=self.space,
                values=values,
                constraints=constraints,
                user_attrs={"design": shown},
                system_attrs=dict(system),
            )
            for params, values, constraints, shown in columns
        ]


def storage(url: str) -> optuna.storages.BaseStorage:
    """A storage of Optuna: a database by its URL, or a journal by the path of its file.

    Raises:
        UserError: It cannot be opened.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        if "://" in url:
            return _database(url)
        # Of a relative path the lock would be a broken link, and a killed process's lock would hold for ever.
        path = str(Path(url).absolute())
        lock = optuna.storages.journal.JournalFileSymlinkLock(path, grace_period=GRACE)
        return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path, lock))
    except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"--storage: cannot open it: {reason}; write sqlite:///FILE or the path of a journal") from None


def _database(url: str) -> optuna.storages.RDBStorage:
    """A database's storage; where several processes make its tables at once, all but one fail at first."""
    from sqlalchemy.exc import IntegrityError, OperationalError

    for _ in range(ATTEMPTS - 1):
        try:
            return optuna.storages.RDBStorage(url)
        except (IntegrityError, OperationalError):
            time.sleep(0.2)
    return optuna.storages.RDBStorage(url)


def _distribution(variable: Variable) -> BaseDistribution:
    if variable.labels:
        return CategoricalDistribution([variable.text(number) for number in variable.choices])
    if variable.is_integer:
        return IntDistribution(int(variable.low), int(variable.low) + (variable.size or 1) - 1)
    if variable.size is not None:
        return IntDistribution(0, variable.size - 1)
    read = unit(variable.unit)
    return FloatDistribution(float(read.from_si(variable.low)), float(read.from_si(variable.high)))
