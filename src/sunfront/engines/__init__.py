"""Engines: ways to solve a problem. Each has a settings class, filled from a study's ``engine`` key, and ``run``."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

from pydantic import Field

from sunfront.engines.context import Context
from sunfront.engines.settings import (
    EvolveSettings,
    OptunaSettings,
    PyomoSettings,
    SensitivitySettings,
    SweepSettings,
)
from sunfront.problem.answer import Answer
from sunfront.problem.problem import Problem

Settings = Annotated[
    SweepSettings | OptunaSettings | EvolveSettings | PyomoSettings | SensitivitySettings, Field(discriminator="name")
]

ENGINES: dict[str, type[SweepSettings | OptunaSettings | EvolveSettings | PyomoSettings | SensitivitySettings]] = {
    "sweep": SweepSettings,
    "optuna": OptunaSettings,
    "evolve": EvolveSettings,
    "pyomo": PyomoSettings,
    "sensitivity": SensitivitySettings,
}


def run(problem: Problem, settings: Settings, context: Context) -> Answer:
    """Solve a problem with the engine that the settings name."""
    engine = import_module(settings.module)  # a solver's packages are imported only when it is used
    if problem.statistics and settings.exact:
        from sunfront.engines import nominal

        return nominal.run(problem, lambda plain: engine.run(plain, settings, context))
    answer: Answer = engine.run(problem, settings, context)
    return answer
