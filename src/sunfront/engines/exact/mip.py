"""Solvers of the mixed-integer programs that a catalogue makes: HiGHS, and those that a user brings, through Pyomo."""

from __future__ import annotations

import math
import re
import subprocess
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import Any, Protocol

from sunfront.engines.exact.highs_run import Ended, create_highs, run_highs
from sunfront.errors import SolverFailure, UserError

#: Tolerance of a solver on rows and whole numbers; rows and variables are scaled to about 1.
FEASIBILITY_TOLERANCE = 1e-9

#: A solver that tells no bound of its own leaves out what is better by less than this, relative to a score of 1.
PRUNED = 1e-7


class Mip(Protocol):
    """A program that is held by a solver."""

    def run(self, gap: float, relative: bool, deadline: float) -> Ended:
        """Maximize the program with its present parameters; the variables of the model get the solution, if any.

        Args:
            gap: At which the solver may stop.
            relative: Whether the gap is relative to the value.
            deadline: Value of ``time.monotonic`` at which to stop.

        Raises:
            TimeoutError: The deadline has passed.
            SolverFailure: The solver failed.
        """
        ...


#: Gives a model to a solver.
BuildMip = Callable[[Any], Mip]


@dataclass(frozen=True)
class SolverOptions:
    """What is passed through to a solver.

    Attributes:
        options: By the solver's own names; they override those that sunfront sets, but for gaps and the time limit,
            which are refused.
        log: Whether the solver prints its log.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 1
    log: bool = False


#: Settings of a study, by the name of the option of HiGHS that each is.
HIGHS_SETTINGS = {"mip_rel_gap": "gap", "mip_abs_gap": "gap", "time_limit": "time_limit"}


class HighsMip:
    """A program held by HiGHS, which only gets the parameters that change between runs."""

    def __init__(self, model: Any, passed: SolverOptions = SolverOptions()) -> None:
        _check_settings(passed.options, HIGHS_SETTINGS)
        self.model = model
        self.solver = create_highs()
        self.solver.highs_options |= {"threads": passed.threads, **passed.options}
        self.solver.config.stream_solver = passed.log
        update = self.solver.update_config
        for name in ("constraints", "vars", "params"):
            setattr(update, f"check_for_new_or_removed_{name}", False)
        update.update_constraints = update.update_vars = update.update_named_expressions = False
        update.treat_fixed_vars_as_params = False
        self.solver.set_instance(model)
        check_rows(model, self.solver)
        _check_options(self.solver, passed.options)

    def run(self, gap: float, relative: bool, deadline: float) -> Ended:
        """Maximize as ``Mip.run``."""
        self.solver.highs_options |= {"mip_rel_gap": gap if relative else 0.0, "mip_abs_gap": 1e-9 if relative else gap}
        end = run_highs(self.solver, self.model, deadline)
        if end.found is not None:
            self.solver.load_vars()
        return end


def _check_settings(options: Mapping[str, Any], settings: Mapping[str, str]) -> None:
    """Raise UserError for an option that is a setting of the study.

    Args:
        settings: Of the study, by the name of the option.
    """
    for given in options:
        for option, setting in settings.items():
            if given.lower() == option.lower():
                raise UserError(f"{given} is set by engine.{setting}; give that", ("engine", "solver_options"))


def _check_options(solver: Any, options: Mapping[str, Any]) -> None:
    """Raise UserError for an option that HiGHS refuses; it would go on without it."""
    import highspy

    for name, value in options.items():
        if solver._solver_model.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise UserError(f"HiGHS takes no option {name}: {value}", ("engine", "solver_options"))


def check_rows(model: Any, solver: Any) -> None:
    """Raise SolverFailure unless HiGHS holds every row of the model.

    HiGHS drops a row with a coefficient beyond 1e15 and still reports "optimal". The scaling in ``highs`` stays far
    below that; this check makes sure.
    """
    import pyomo.environ as pyo

    expected = sum(1 for _ in model.component_data_objects(pyo.Constraint, active=True))
    held = solver._solver_model.getNumRow()  # appsi has no public method for this
    if held != expected:
        raise SolverFailure(f"HiGHS dropped {expected - held} of {expected} rows; a coefficient is out of its range")


@dataclass(frozen=True)
class OwnSolver:
    """How a solver that a user brings is called.

    Attributes:
        pyomo: Its name in Pyomo.
        install: What gives it.
        settings: Its options for tolerances.
        relative, absolute: Its options for gaps; empty if it has none, and then it solves to optimality.
        time: Its option for the time limit in seconds.
        threads: Its option for the number of threads; empty if it has none.
        has_bound: Whether Pyomo reads a bound from it when it stops early.
        early: Its options with which it stops early and calls what it has optimal.
        list_options: Arguments with which it prints its options, if it takes unknown ones without a word.
    """

    pyomo: str
    install: str
    settings: Mapping[str, Any]
    relative: str
    absolute: str
    time: str
    threads: str
    has_bound: bool = True
    early: tuple[str, ...] = ()
    list_options: tuple[str, ...] = ()


#: Solvers of mixed-integer programs that are no part of sunfront, by the name that a study gives.
OWN_SOLVERS = {
    "gurobi": OwnSolver(
        "gurobi_direct",
        "`pip install gurobipy` (without a licence of your own it takes 2,000 variables and rows)",
        {"FeasibilityTol": FEASIBILITY_TOLERANCE, "IntFeasTol": FEASIBILITY_TOLERANCE, "Seed": 0},
        "MIPGap",
        "MIPGapAbs",
        "TimeLimit",
        "Threads",
    ),
    "cplex": OwnSolver(
        "cplex_direct",
        "`pip install cplex` (without a licence of your own it takes 1,000 variables and rows)",
        {"simplex_tolerances_feasibility": FEASIBILITY_TOLERANCE, "mip_tolerances_integrality": FEASIBILITY_TOLERANCE},
        "mip_tolerances_mipgap",
        "mip_tolerances_absmipgap",
        "timelimit",
        "threads",
    ),
    "xpress": OwnSolver(
        "xpress_direct",
        "`pip install xpress` (without a licence of your own it takes 5,000 variables and rows)",
        {"feastol": FEASIBILITY_TOLERANCE, "miptol": FEASIBILITY_TOLERANCE, "mipaddcutoff": -1e-9},
        "miprelstop",
        "mipabsstop",
        "timelimit",
        "threads",
    ),
    "cbc": OwnSolver(
        "cbc",
        "the program cbc (Debian: `apt install coinor-cbc`)",
        {"primalTolerance": FEASIBILITY_TOLERANCE, "integerTolerance": FEASIBILITY_TOLERANCE, "increment": 1e-9},
        "",
        "",
        "seconds",
        "",
        has_bound=False,
        early=("ratioGap", "allowableGap", "cutoff", "increment"),
        list_options=("-?", "-quit"),
    ),
    "glpk": OwnSolver(
        "glpk",
        "the program glpsol (Debian: `apt install glpk-utils`)",
        {},
        "",
        "",
        "tmlim",
        "",
        has_bound=False,
    ),
}


class OwnMip:
    """A program for a solver that the user brings.

    Raises:
        UserError: It is not installed, or its licence does not take the program.
    """

    def __init__(self, model: Any, name: str, passed: SolverOptions = SolverOptions()) -> None:
        self.model, self.name, self.passed, self.how = model, name, passed, OWN_SOLVERS[name]
        _check_own_options(name, passed.options)
        self.solver = create_own(name)
        if self.how.list_options:
            _check_listed(name, passed.options, self.solver.executable(), self.how.list_options)

    def run(self, gap: float, relative: bool, deadline: float) -> Ended:
        """Maximize as ``Mip.run``."""
        import pyomo.environ as pyo
        from pyomo.opt import SolverStatus
        from pyomo.opt import TerminationCondition as End

        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        how = self.how
        options = {**how.settings, how.time: max(left, 1.0) if how.has_bound else math.ceil(left)}
        options |= {how.relative: gap if relative else 0.0, how.absolute: 0.0 if relative else gap}
        options |= {how.threads: self.passed.threads, **self.passed.options}
        options.pop("", None)
        try:
            results = self.solver.solve(self.model, tee=self.passed.log, load_solutions=False, options=options)
        except (KeyboardInterrupt, MemoryError):
            raise
        except Exception as error:  # each solver has its own kinds
            raise SolverFailure(f"{self.name}: {' '.join(str(error).split())[:300]}") from None
        end = results.solver.termination_condition
        if end in (End.infeasible, End.infeasibleOrUnbounded):
            return Ended("infeasible", None, -math.inf)
        if end != End.optimal and results.solver.status not in (SolverStatus.ok, SolverStatus.aborted):
            raise SolverFailure(f"{self.name} ended with {end}: {results.solver.termination_message}")
        if not len(results.solution):
            return Ended("time", None, math.inf)
        self.model.solutions.load_from(results)
        found = float(pyo.value(self.model.score))
        bound = math.inf
        if self.how.has_bound:
            bound = max(float(results.problem.upper_bound), found)
        elif end == End.optimal:
            bound = found + PRUNED * max(1.0, abs(found))
        return Ended("optimal" if end == End.optimal else "time", found, bound)


def _check_own_options(name: str, options: Mapping[str, Any]) -> None:
    """Raise UserError for an option with which a solver that tells no bound would end early and call it optimal."""
    how = OWN_SOLVERS[name]
    _check_settings(options, {how.relative: "gap", how.absolute: "gap", how.time: "time_limit"})
    for given in options:  # a beginning of a name is enough
        if any(option.lower().startswith(given.lower()) for option in OWN_SOLVERS[name].early):
            raise UserError(
                f"{name} tells no bound, so that its option {given} would prove what is not so; use `gap`",
                ("engine", "solver_options"),
            )


def _check_listed(name: str, options: Mapping[str, Any], program: str, arguments: Sequence[str]) -> None:
    """Raise UserError for an option that a solver does not list; it would go on without it."""
    if not options:
        return
    listed = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False).stdout
    lines = [line for line in listed.split("Actions")[0].splitlines() if line.startswith(" ")]
    found = re.findall(r"(\w+)(?:\((\w+)\))?", " ".join(lines))  # cutD(epth): at least cutD
    known = [(least.lower(), least + rest) for least, rest in found]
    for given in options:
        word = given.lower()
        if not any(word.startswith(least) and full.lower().startswith(word) for least, full in known):
            near = get_close_matches(word, [full.lower() for _, full in known], 1)
            hint = f"; nearest: {next(full for _, full in known if full.lower() == near[0])}" if near else ""
            raise UserError(f"{name} takes no option {given}{hint}", ("engine", "solver_options"))


def mip_builder(name: str, passed: SolverOptions = SolverOptions()) -> BuildMip:
    """Return what gives a model to a solver, by the name that a study gives.

    Raises:
        UserError: It is not installed.
    """
    if name == "highs":
        return partial(HighsMip, passed=passed)
    create_own(name)  # an error before anything is solved
    return partial(OwnMip, name=name, passed=passed)


def create_own(name: str) -> Any:
    """Create a solver that the user brings.

    Raises:
        UserError: It is not installed.
    """
    import pyomo.environ as pyo

    how = OWN_SOLVERS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Xpress, on its licence and on Pyomo's use of it
        solver = pyo.SolverFactory(how.pyomo)
        is_available = solver.available(exception_flag=False)
    if not is_available:
        raise UserError(f"solver: {name} needs {how.install}; highs and scip come with sunfront", ("engine", "solver"))
    return solver
