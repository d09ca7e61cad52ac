"""The best design as a function of one parameter."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sunfront import engines
from sunfront.analysis.breakeven import Question
from sunfront.analysis.reoptimized_answer import Trial
from sunfront.display import format_value
from sunfront.engines import Settings
from sunfront.engines.context import Context
from sunfront.engines.nominal import nominal_single_objective
from sunfront.engines.settings import OptunaSettings, PyomoSettings, SensitivitySettings
from sunfront.errors import NonlinearEquation, RunError, SunfrontError, UserError
from sunfront.problem.answer import Answer
from sunfront.problem.criteria import Objective
from sunfront.problem.infeasibility import violated
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.verification import verified

#: Called with (done, total, text).
Progress = Callable[[float, float, str], None]


@dataclass
class Optimum:
    """The best design as a function of a parameter; trials are remembered.

    Attributes:
        objective: What the best design maximizes or minimizes: the quantity of the question.
    """

    question: Question
    objective: Objective
    workers: int
    progress: Progress

    def __post_init__(self) -> None:
        self.trials: dict[float, Trial] = {}
        self.notes: list[str] = []
        self.scope = ""
        self.used: list[str] = []
        self.last_error: SunfrontError | None = None
        self._found: list[dict[str, float]] = []  # designs, for engines that prove nothing

    @cached_property
    def problem(self) -> Problem:
        """The study's problem at nominal values, with the quantity as its only objective."""
        study = self.question.study
        variables = tuple(v for v in study.problem.variables if v.name != self.question.parameter)
        return replace(
            nominal_single_objective(replace(study.problem, objectives=(self.objective,))),
            variables=variables,
            reported=(),
        )

    @cached_property
    def candidates(self) -> list[Settings]:
        """Engines to try, in this order: the study's if it is exact, else HiGHS; then a search."""
        own: Any = self.question.study.engine
        if isinstance(own, SensitivitySettings):
            own = own.reoptimize or PyomoSettings()
        return [own, OptunaSettings()] if own.exact else [PyomoSettings(), own]

    def problem_at(self, at: float) -> Problem:
        """The problem with the parameter at a value."""
        return replace(self.problem, values={**self.problem.values, self.question.parameter: at})

    def at(self, value: float) -> Trial:
        """Find the best design with the parameter at a value."""
        if value not in self.trials:
            self.progress(len(self.trials), len(self.trials) + 10, f"{len(self.trials)} optima")
            self.trials[value] = self._solve(value)
        return self.trials[value]

    def _solve(self, value: float) -> Trial:
        problem = self.problem_at(value)
        target = float(self.question.target_curve({})(np.array([value]))[0])
        try:
            answer, is_exact = self._answer(problem, value)
            columns = verified(problem, answer)
        except (RunError, UserError) as error:
            self.last_error = error
            at = format_value(value, self.question.display_unit, 6)
            self.notes.append(f"no optimum at {self.question.parameter} = {at}: {error}")
            return Trial(value, target, failed=True)
        designs = [
            {v.name: float(columns[v.name][i]) for v in problem.variables}
            for i in range(len(columns[self.objective.name]))
        ]
        if not is_exact:
            designs += [design for design in (*self._found, self._base) if design and not violated(problem, design)]
        bound = None
        if answer.certificate is not None:
            self.scope = answer.certificate.scope
            bound = self.objective.sign * answer.certificate.facts[0].bound
        elif answer.status == "infeasible":
            bound = -self.objective.sign * math.inf
        if not designs:
            return Trial(value, target, bound=bound)
        values = [float(problem.evaluate(as_columns(design))[self.objective.name][0]) for design in designs]
        best = int(np.argmax(self.objective.sign * np.array(values)))
        self._found.append(designs[best])
        return Trial(value, target, values[best], bound, designs[best])

    def _answer(self, problem: Problem, value: float) -> tuple[Answer, bool]:
        """Solve with the first engine that takes the problem; returns the answer, and whether the engine is exact."""
        for settings in self.candidates:
            solver = f" ({settings.solver})" if isinstance(settings, PyomoSettings) else ""
            try:
                settings.check(problem)
                answer = engines.run(problem, settings, Context(self.question.study.seed, self.workers))
            except NonlinearEquation as error:
                self.notes.append(f"searched, not proved: {error.message}")
                continue
            if answer.status == "stopped" and not settings.exact:
                raise KeyboardInterrupt
            if settings.name + solver not in self.used:
                self.used.append(settings.name + solver)
            return answer, settings.exact
        raise RunError(self.notes[-1])

    @cached_property
    def _base(self) -> dict[str, float]:
        """The base design; empty if it is not among the values of the variables."""
        variables, base = self.problem.variables, self.question.study.problem.base
        if any(v.name not in base or v.outside_domain(np.array([base[v.name]])).any() for v in variables):
            return {}
        return {v.name: base[v.name] for v in variables}

    def margin(self, value: float) -> float:
        """How far the best design is on the good side of the target; minus infinity if there is none."""
        trial = self.at(value)
        return math.nan if trial.failed else self._margin(trial.best, trial.target)

    def bound_margin(self, value: float) -> float:
        """How far the bound is on the good side of the target; infinity without a bound."""
        trial = self.at(value)
        return math.inf if trial.bound is None else self._margin(trial.bound, trial.target)

    def _margin(self, found: float | None, target: float) -> float:
        return -math.inf if found is None else self.objective.sign * (found - target)
