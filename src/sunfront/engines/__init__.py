"""Engines: ways to solve a problem. Each has a settings class, filled from a study's ``engine`` key, and ``run``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Union, get_args

from pydantic import Field

from sunfront.engines.base_settings import EngineSettings
from sunfront.engines.context import Context
from sunfront.engines.installed import installed_engines
from sunfront.engines.settings import (
    EvolveSettings,
    OptunaSettings,
    PyomoSettings,
    SensitivitySettings,
    SweepSettings,
)
from sunfront.errors import NonlinearEquation
from sunfront.problem.answer import Answer
from sunfront.problem.problem import Problem

#: Settings by name of the engine: sunfront's own, then those that other packages bring.
ENGINES: dict[str, type[EngineSettings]] = {
    "sweep": SweepSettings,
    "optuna": OptunaSettings,
    "evolve": EvolveSettings,
    "pyomo": PyomoSettings,
    "sensitivity": SensitivitySettings,
}
ENGINES |= installed_engines(ENGINES)

if TYPE_CHECKING:
    Settings = SweepSettings | OptunaSettings | EvolveSettings | PyomoSettings | SensitivitySettings
else:
    Settings = Annotated[Union[tuple(ENGINES.values())], Field(discriminator="name")]  # noqa: UP007


def setting_of(word: str) -> tuple[str, str] | None:
    """Return engine and key of which a word is a value, as ``("pyomo", "solver")`` for ``highs``; None if of none."""
    for name, settings in ENGINES.items():
        for key, field in settings.model_fields.items():
            if key != "name" and word in get_args(field.annotation):
                return name, key
    return None


def run(problem: Problem, settings: Settings, context: Context) -> Answer:
    """Solve a problem with the engine that the settings name."""
    engine = import_module(settings.module)  # a solver's packages are imported only when it is used
    if problem.statistics and settings.exact:
        from sunfront.engines import nominal

        why = "it takes no samples"
        if isinstance(settings, PyomoSettings):
            try:
                held: Answer = engine.run(problem, settings, context)
                return held
            except NonlinearEquation as error:
                why = error.message
        return nominal.run(problem, lambda plain: engine.run(plain, settings, context), why)
    answer: Answer = engine.run(problem, settings, context)
    return answer
