"""Settings of the engines. This module imports none of the libraries that the engines use."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from sunfront.engines.base_settings import EngineSettings, Fraction, FractionOrZero, Seconds, setting_error
from sunfront.errors import UserError
from sunfront.library.specs import Whole, WholeOrNone
from sunfront.problem.certificate import Measure
from sunfront.problem.problem import Problem

#: Packages that some samplers need. sunfront installs them with the extra of the sampler's name.
_SAMPLER_PACKAGES = {"gp": "torch", "cmaes": "cmaes"}

Sampler = Literal["nsga2", "nsga3", "tpe", "gp", "cmaes", "random", "qmc"]


def _row(value: object) -> object:
    """Parse the row of a design, a whole number from 0, or keep its name."""
    if isinstance(value, int) and value < 0:
        raise ValueError(f"{value} is no row; rows count from 0")
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    if not text:
        raise ValueError("is empty; give the row of a design, from 0, or its name, such as knee")
    if not re.fullmatch(r"[-+]?[\d.]+", text):
        return text
    if not text.isdecimal():
        raise ValueError(f"{text} is no row; rows count from 0")
    return int(text)


class SweepSettings(EngineSettings):
    """Evaluate many designs spread over the ranges, and keep the front.

    Attributes:
        method: ``sobol`` (scrambled low-discrepancy points), ``lhs`` (a Latin hypercube) or ``grid`` (every combination
            of values along the axes).
        evaluations: Designs evaluated by ``sobol`` and ``lhs``. A grid has as many designs as its axes give.
        points: Values along each axis of a grid; a variable with fewer values takes all of them.
        keep: Feasible designs kept in the table beside the front, drawn at random.
    """

    module: ClassVar[str] = "sunfront.engines.sweep.engine"
    name: Literal["sweep"] = "sweep"
    method: Literal["sobol", "lhs", "grid"] = "sobol"
    evaluations: Whole = Field(
        1 << 18,
        ge=1,
        le=1 << 30,  # scipy's Sobol points have 30 bits
        validation_alias=AliasChoices("evaluations", "samples"),
    )
    points: Whole = Field(9, ge=2)
    keep: Whole = Field(10_000, ge=0)

    def quick(self) -> Self:
        """Return settings whose budget takes seconds."""
        budget = {"evaluations": min(self.evaluations, 1 << 14), "points": min(self.points, 4)}
        return self.model_copy(update=budget)


class SearchSettings(EngineSettings):
    """Settings that all searches have.

    Attributes:
        population: Designs in a batch and in a generation.
        refine: Fraction of the evaluations spent on local steps, each a linear program around a design; 0 for none.
        warm_start: A finished run, from whose designs the search starts: its folder, relative to the working directory,
            its study (its newest run), or the start of its id.
        time_limit: Time limit of the whole run; time between an interruption and its continuation does not count.
        stall: Stop after this many evaluations that together raise the hypervolume by less than 0.01 %.
        keep: Feasible designs kept in the table beside the front, drawn at random.
    """

    population: Whole = Field(40, ge=2)
    refine: FractionOrZero = 0.0
    warm_start: str | None = None
    time_limit: Seconds | None = None
    stall: WholeOrNone = Field(None, ge=1)
    keep: Whole = Field(10_000, ge=0)

    @property
    def folders(self) -> dict[str, str]:
        return {} if self.warm_start is None else {"warm_start": self.warm_start}


class OptunaSettings(SearchSettings):
    """Search with one of Optuna's samplers, a batch evaluated at a time.

    Attributes:
        sampler: ``nsga2`` (a genetic algorithm), ``nsga3`` (the same with reference directions, for many objectives),
            ``tpe`` (a tree of Parzen estimators), ``gp`` (a Gaussian process; needs torch), ``cmaes`` (adapts a
            covariance matrix; needs cmaes), ``random`` (independent points) or ``qmc`` (a low-discrepancy sequence).
        evaluations: Designs evaluated, which Optuna calls trials.
    """

    module: ClassVar[str] = "sunfront.engines.search.optuna"
    name: Literal["optuna"] = "optuna"
    sampler: Sampler = "nsga2"
    evaluations: Whole = Field(2000, ge=1, validation_alias=AliasChoices("evaluations", "trials"))
    refine: FractionOrZero = 0.75

    def check(self, problem: Problem) -> None:
        """Raise UserError if the sampler is not installed or does not support the problem."""
        key = ("engine", "sampler")
        package = _SAMPLER_PACKAGES.get(self.sampler)
        if package is not None and find_spec(package) is None:
            raise UserError(f"sampler {self.sampler} needs {package}: pip install 'sunfront[{self.sampler}]'", key)
        unsupported = {
            "several objectives": len(problem.objectives) > 1,
            "preset variables": any(v.labels for v in problem.variables),
        }
        if self.sampler == "cmaes" and any(unsupported.values()):
            feature = next(feature for feature, is_present in unsupported.items() if is_present)
            others = ", ".join(name for name in get_args(Sampler) if name != "cmaes")
            raise UserError(f"sampler cmaes does not support {feature}; use one of {others}", key)

    def quick(self) -> Self:
        """Return settings whose budget takes seconds."""
        return self.model_copy(update={"evaluations": min(self.evaluations, 400)})


class EvolveSettings(SearchSettings):
    """Evolve a population with NSGA-II, a generation evaluated at a time; meant for many evaluations.

    Attributes:
        evaluations: Designs evaluated.
    """

    module: ClassVar[str] = "sunfront.engines.search.evolve"
    name: Literal["evolve"] = "evolve"
    evaluations: Whole = Field(100_000, ge=1)
    population: Whole = Field(100, ge=4)
    refine: FractionOrZero = 0.05

    def quick(self) -> Self:
        """Return settings whose budget takes seconds."""
        return self.model_copy(update={"evaluations": min(self.evaluations, 5000)})


class PyomoSettings(EngineSettings):
    """Prove the optimum of one objective, or the front of several.

    Attributes:
        solver: ``highs`` (proves over a catalogue of options, each linear in the amounts of hardware), ``scip`` (proves
            over all values of the variables, with the nonlinear equations) or ``maingo`` (as scip; an extra). A solver
            that you have takes the place of highs: ``gurobi`` (as highs), ``cplex`` (as highs), ``xpress`` (as highs),
            ``cbc`` (as highs) or ``glpk`` (as highs).
        gap: Stop at this gap, relative: of the objective, or of what ``measure`` says for several objectives.
        measure: What the gap of several objectives is: ``hypervolume`` (the share of it that is missing), ``additive``
            (every feasible design is matched within this share of the front's range, in each objective) or
            ``multiplicative`` (within this share of the value of each objective).
        shells: Values into which ``highs`` splits the range of a continuous variable that is no amount of hardware.
        time_limit: Time limit of the whole run. The bounds proved by then are reported.
        threads: Threads of one solve of ``highs``, or of the solver in its place; with several, another of equally good
            designs may be found.
        solver_options: What ``highs``, or the solver in its place, is told by its own names, as ``{MIPFocus: 3}``, over
            what sunfront tells it.
        log: Whether that solver prints its own log.
        warm_start: A finished run, from whose designs the proof starts, and from its bounds where they hold: the same
            study to another gap, or with further constraints. Its folder, its study, or the start of its id.
    """

    exact: ClassVar[bool] = True

    module: ClassVar[str] = "sunfront.engines.exact.engine"
    name: Literal["pyomo"] = "pyomo"
    solver: Literal["highs", "scip", "maingo", "gurobi", "cplex", "xpress", "cbc", "glpk"] = "highs"
    gap: Fraction = 0.005
    measure: Measure = "hypervolume"
    shells: Whole = Field(81, ge=2, validation_alias=AliasChoices("shells", "catalogue"))
    time_limit: Seconds = 600.0
    threads: Whole = Field(1, ge=1)
    solver_options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    log: bool = False
    warm_start: str | None = None

    @property
    def folders(self) -> dict[str, str]:
        return {} if self.warm_start is None else {"warm_start": self.warm_start}

    @property
    def is_over_catalogue(self) -> bool:
        """Whether the solver proves over a catalogue of options."""
        return self.solver not in ("scip", "maingo")

    @model_validator(mode="after")
    def _passed_on(self) -> Self:
        for key, default in (("threads", 1), ("solver_options", {}), ("log", False)):
            if not self.is_over_catalogue and getattr(self, key) != default:
                raise setting_error(type(self), key, f"{self.solver} takes none; remove this key, or use solver: highs")
        return self

    def check(self, problem: Problem) -> None:
        """Raise UserError if the solver does not support the problem."""
        if problem.conditions and not self.is_over_catalogue:
            name = problem.conditions[0].variable
            raise UserError(
                f"{self.solver} takes no variable with a `when`, such as {name}; use `solver: highs`, which makes it a "
                "part of the options of its catalogue, or `engine: {name: sweep}` or `{name: optuna}`",
                ("engine", "solver"),
            )

    def quick(self) -> Self:
        """Return settings whose budget takes seconds."""
        return self.model_copy(update={"gap": max(self.gap, 0.05), "time_limit": min(self.time_limit, 60.0)})


class SensitivitySettings(EngineSettings):
    """Rank the uncertain parameters by their effect on a quantity at one design.

    Attributes:
        method: ``tornado`` (one parameter at a time), ``morris`` (screening) or ``sobol`` (variance-based indices).
        quantity: Quantity studied; if empty, that of the first objective.
        samples: Trajectories of Morris, 256 if None; base samples of Sobol's indices, a power of two, 4096 if None.
        run: A finished run whose front holds the design: its folder, its study (its newest run), or the start of its
            id; if empty, the base design is studied.
        row: The design of that front: its row, from 0, or its name: ``knee``, ``nearest to the ideal``, or an
            objective, as ``roi``, for the design best in it; if left out, the design to look at first.
        reoptimize: Engine that also finds the best design at both ends of each bar of a tornado, with its settings.
        time_limit: Time limit of the reoptimization.
    """

    module: ClassVar[str] = "sunfront.engines.sensitivity.engine"
    name: Literal["sensitivity"] = "sensitivity"
    method: Literal["tornado", "morris", "sobol"] = "tornado"
    quantity: str = ""
    samples: WholeOrNone = Field(None, ge=16, le=1 << 20)
    run: str = ""
    row: Annotated[int | str | None, BeforeValidator(_row)] = None
    reoptimize: Annotated[SweepSettings | OptunaSettings | PyomoSettings, Field(discriminator="name")] | None = None
    time_limit: Seconds = 600.0

    @model_validator(mode="after")
    def _fits_the_method(self) -> Self:
        if self.method == "tornado" and self.samples is not None:
            raise setting_error(type(self), "samples", "method tornado draws no samples; remove this key")
        if self.method != "tornado" and self.reoptimize is not None:
            raise setting_error(type(self), "reoptimize", "only method tornado can reoptimize; remove this key")
        if self.method == "sobol" and self.count & (self.count - 1):
            below = 1 << (self.count.bit_length() - 1)
            message = f"method sobol needs a power of two, as {below} or {2 * below}"
            raise setting_error(type(self), "samples", message)
        return self

    def check(self, problem: Problem) -> None:
        """Raise UserError if the engine that reoptimizes cannot solve the problem."""
        if self.reoptimize is None:
            return
        from sunfront.engines.nominal import nominal_single_objective

        try:
            self.reoptimize.check(nominal_single_objective(problem))
        except UserError as error:
            raise UserError(error.message, ("engine", "reoptimize", *error.path[1:])) from None

    @property
    def folders(self) -> dict[str, str]:
        reoptimize = {} if self.reoptimize is None else self.reoptimize.folders
        return reoptimize | ({"run": self.run} if self.run else {})

    @property
    def count(self) -> int:
        """Number of samples that the method draws, by default or as set."""
        return self.samples or {"tornado": 2, "morris": 256, "sobol": 4096}[self.method]

    def quick(self) -> Self:
        """Return settings whose budget takes seconds."""
        reoptimize = None if self.reoptimize is None else self.reoptimize.quick()
        return self.model_copy(update={"reoptimize": reoptimize, "time_limit": min(self.time_limit, 30.0)})
