"""Whether an engine can represent a problem, found out by formulating it, without solving it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import get_args

from sunfront.engines.base_settings import EngineSettings
from sunfront.engines.exact.mip import OWN_SOLVERS
from sunfront.engines.settings import EvolveSettings, OptunaSettings, PyomoSettings, SweepSettings
from sunfront.errors import UserError
from sunfront.problem.problem import Problem

SOLVERS = get_args(PyomoSettings.model_fields["solver"].annotation)


def refusal(problem: Problem, settings: EngineSettings) -> UserError | None:
    """Return why an engine refuses a problem, with the path of the key; None if it takes it."""
    from sunfront.engines import nominal
    from sunfront.engines.exact import blocks, catalogue, nonlinear
    from sunfront.engines.exact.roots import at_first_trial

    try:
        settings.check(problem)
        if not isinstance(settings, PyomoSettings):
            return None
        plain = at_first_trial(nominal.nominal_problem(problem) if problem.statistics else problem)
        if settings.is_over_catalogue:
            options = blocks.option_blocks(plain, settings.shells)
            given = None if options is None else next(iter(options))
            catalogue.build_catalogue(plain, settings.shells, given=given)
        else:
            for member in plain.members():
                nonlinear.formulate(member)
    except UserError as error:
        return error
    return None


def takers(problem: Problem) -> list[str]:
    """Return the engines and solvers that take a problem, as a study names them."""
    found = []
    for solver in SOLVERS:
        if (solver == "maingo" and find_spec("maingopy") is None) or solver in OWN_SOLVERS:
            continue
        settings = PyomoSettings(solver=solver)
        if refusal(problem, settings) is None:
            found.append(f"{{name: pyomo, solver: {solver}}}")
    searches = (SweepSettings(), OptunaSettings(), EvolveSettings())
    return found + [f"{{name: {settings.name}}}" for settings in searches if refusal(problem, settings) is None]
