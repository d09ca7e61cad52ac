"""A problem as Optuna sees it: used by the engine and by the export of runs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from sunfront.arrays import Array
from sunfront.engines.search.evaluation import canonical
from sunfront.engines.search.unit_cube import UnitCube
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.units import unit


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Silence Optuna's messages and its warnings about experimental parts; restore the caller's state on exit."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, optuna.logging.WARNING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)


class TrialConverter:
    """Converts designs to Optuna trials and back.

    A parameter is the variable in its display unit, or the label of a preset variable. On a grid of other than whole
    numbers it is the index of the value, since Optuna's steps are subject to rounding. A value is the objective in its
    display unit.

    Attributes:
        space: The distribution of each parameter.
        signs: 1 for each objective that is maximized, -1 for the others.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.cube = UnitCube(problem.variables)
        self.space = {v.name: _distribution(v) for v in problem.variables}
        self.directions = [o.sense for o in problem.objectives]
        units = [problem.unit(o.name) for o in problem.objectives]
        self.metrics = [
            o.name + (f" [{u}]" if u != "1" else "") for o, u in zip(problem.objectives, units, strict=True)
        ]
        self.signs = np.array([o.sign for o in problem.objectives])
        self._units = [unit(u) for u in units]

    def points(self, params: Sequence[Mapping[str, Any]]) -> Array:
        """Return the canonical points of the unit cube (designs, variables) for the parameters of trials."""
        columns = {}
        for v in self.problem.variables:
            given = np.array([v.labels.index(p[v.name]) if v.labels else p[v.name] for p in params], float)
            if v.is_integer or v.labels:
                columns[v.name] = given
            elif not v.is_continuous:
                columns[v.name] = v.at(given.astype(int))
            else:
                columns[v.name] = np.asarray(unit(v.unit).to_si(given))
        found = self.cube.points(columns) if columns else np.empty((len(params), 0))
        return canonical(self.problem, self.cube, found)

    def params(self, points: Array) -> list[dict[str, Any]]:
        """Return the parameters of trials for points (designs, variables)."""
        designs, cells = self.cube.designs(points), self.cube.cells(points)
        columns: dict[str, list[Any]] = {}
        for i, v in enumerate(self.problem.variables):
            if v.labels:
                columns[v.name] = [v.text(number) for number in designs[v.name]]
            elif v.is_integer:
                columns[v.name] = designs[v.name].astype(int).tolist()
            elif not v.is_continuous:
                columns[v.name] = cells[:, i].tolist()
            else:
                space = self.space[v.name]
                assert isinstance(space, FloatDistribution)
                columns[v.name] = np.clip(unit(v.unit).from_si(designs[v.name]), space.low, space.high).tolist()
        return [{name: column[k] for name, column in columns.items()} for k in range(len(points))]

    def values(self, scores: Array) -> list[list[float]]:
        """Return the values of trials for scores (designs, objectives)."""
        columns = [u.from_si(column) for u, column in zip(self._units, (scores * self.signs).T, strict=True)]
        rows: list[list[float]] = np.stack(columns, axis=1).tolist()
        return rows

    def constraints(self, violations: Array, feasible: NDArray[np.bool_]) -> list[dict[str, float]]:
        """Return named violations, positive where violated; in units of their scales, since Optuna sums them."""
        # A violation within rounding counts as none.
        violations = np.where(feasible[:, None], np.minimum(violations, 0.0), violations)
        names = [str(c) for c in self.problem.constraints]
        return [dict(zip(names, row, strict=True)) for row in violations.tolist()]

    def design_texts(self, points: Array) -> list[dict[str, str]]:
        """Return the values of the variables as text, for the user attribute ``design`` of trials."""
        columns = self.cube.designs(points)
        return [{v.name: v.text(float(columns[v.name][k])) for v in self.problem.variables} for k in range(len(points))]

    def finished_trials(
        self,
        points: Array,
        scores: Array,
        violations: Array,
        feasible: NDArray[np.bool_],
        attrs: Sequence[Mapping[str, Any]],
        params: Sequence[dict[str, Any]] | None = None,
    ) -> list[FrozenTrial]:
        """Return finished trials for evaluated designs.

        Args:
            attrs: What samplers note with each trial.
            params: Parameters of the trials, if a sampler proposed them.
        """
        columns = zip(
            self.params(points) if params is None else params,
            self.values(scores),
            self.constraints(violations, feasible),
            self.design_texts(points),
            attrs,
            strict=True,
        )
        return [
            optuna.trial.create_trial(
                state=TrialState.COMPLETE,
                params=own,
                distributions=self.space,
                values=values,
                constraints=constraints,
                user_attrs={"design": texts},
                system_attrs=dict(noted),
            )
            for own, values, constraints, texts, noted in columns
        ]


def _distribution(variable: Variable) -> BaseDistribution:
    if variable.labels:
        return CategoricalDistribution([variable.text(number) for number in variable.choices])
    if variable.is_integer:
        return IntDistribution(int(variable.low), int(variable.low) + (variable.size or 1) - 1)
    if variable.size is not None:
        return IntDistribution(0, variable.size - 1)
    display_unit = unit(variable.unit)
    low, high = (float(display_unit.from_si(bound)) for bound in (variable.low, variable.high))
    return FloatDistribution(low, high, log=variable.log)
