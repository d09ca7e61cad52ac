"""The settings of the engines, free of the libraries that the engines use."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.units import parse


def _share(value: object) -> object:
    """A share written as 0.001 or as 0.1 %."""
    if isinstance(value, str):
        try:
            return parse(value, "1", "the value")
        except UserError as error:
            raise ValueError(error.message) from None
    return value


def _seconds(value: object) -> object:
    """A time written with its unit."""
    if isinstance(value, (str, int, float)):
        try:
            return parse(value, "s", "the value")
        except UserError as error:
            raise ValueError(error.message) from None
    return value


Share = Annotated[
    float,
    BeforeValidator(_share),
    Field(gt=0, lt=1),
    WithJsonSchema({"type": ["number", "string"], "description": "A share, as 0.001 or 0.1 %"}),
]
NoShare = Annotated[
    float,
    BeforeValidator(_share),
    Field(ge=0, lt=1),
    WithJsonSchema({"type": ["number", "string"], "description": "A share, as 0.5 or 50 %; 0 for none"}),
]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(gt=0),
    PlainSerializer(lambda seconds: f"{seconds:g} s", when_used="json"),
    WithJsonSchema({"type": "string", "description": "A time with its unit, as 600 s"}),
]


#: Packages that samplers need and sunfront does not install; each is an extra of the sampler's name.
_NEEDS = {"gp": "torch", "cmaes": "cmaes"}

Sampler = Literal["nsga2", "nsga3", "tpe", "gp", "cmaes", "random", "qmc"]


class _Settings(BaseModel):
    """Attributes:
    module: Has the engine's ``run``.
    exact: The engine proves, and takes no statistics.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    module: ClassVar[str]
    exact: ClassVar[bool] = False

    def check(self, problem: Problem) -> None:
        """Raise UserError if the engine, so set, cannot take the problem."""

    @property
    def folders(self) -> dict[str, str]:
        """Folders of former runs whose designs the answer depends on, by setting."""
        return {}


class SweepSettings(_Settings):
    """Evaluate many designs spread over the ranges, and keep what no other beats.

    Attributes:
        method: ``sobol`` (scrambled low-discrepancy points), ``lhs`` (a Latin hypercube) or ``grid``.
        samples: Number of points, of a grid apart.
        points: Values along each axis of a grid; an axis with fewer values has all of them.
        keep: Feasible designs kept in the table beside the front, drawn at random.
    """

    module: ClassVar[str] = "sunfront.engines.sweep.engine"
    name: Literal["sweep"] = "sweep"
    method: Literal["sobol", "lhs", "grid"] = "sobol"
    samples: int = Field(1 << 18, ge=1, le=1 << 30)  # as many as Sobol's points have bits for
    points: int = Field(9, ge=2)
    keep: int = Field(10_000, ge=0)

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"samples": min(self.samples, 1 << 14), "points": min(self.points, 4)})


class SearchSettings(_Settings):
    """What the searching engines share.

    Attributes:
        population: Designs in a batch, and in a generation.
        refine: Share of the evaluations that local steps along a linear program of the model may take; 0 for none.
        warm_start: Folder of a finished run, as seen from where the command is run; its best designs come first.
        time_limit: Of the whole run, interruptions apart.
        stall: Stop when so many evaluations have not raised the hypervolume by 0.01 %.
        keep: Feasible designs kept in the table beside the front, drawn at random.
    """

    population: int = Field(40, ge=2)
    refine: NoShare = 0.0
    warm_start: str | None = None
    time_limit: Seconds | None = None
    stall: int | None = Field(None, ge=1)
    keep: int = Field(10_000, ge=0)

    @property
    def folders(self) -> dict[str, str]:
        return {} if self.warm_start is None else {"warm_start": self.warm_start}


class OptunaSettings(SearchSettings):
    """Search with one of Optuna's samplers, a batch evaluated at a time.

    Attributes:
        sampler: ``nsga2``, ``nsga3``, ``tpe``, ``gp`` (needs torch), ``cmaes`` (needs cmaes), ``random``, ``qmc``.
        trials: Designs evaluated.
    """

    module: ClassVar[str] = "sunfront.engines.search.optuna"
    name: Literal["optuna"] = "optuna"
    sampler: Sampler = "nsga2"
    trials: int = Field(2000, ge=1)
    refine: NoShare = 0.75

    def check(self, problem: Problem) -> None:
        """Raise UserError if the sampler is not installed, or cannot take the problem."""
        key = ("engine", "sampler")
        package = _NEEDS.get(self.sampler)
        if package is not None and find_spec(package) is None:
            raise UserError(f"sampler {self.sampler} needs {package}: pip install 'sunfront[{self.sampler}]'", key)
        unfit = {
            "several objectives": len(problem.objectives) > 1,
            "choice of presets": any(v.labels for v in problem.variables),
        }
        if self.sampler == "cmaes" and any(unfit.values()):
            what = next(what for what, holds in unfit.items() if holds)
            able = ", ".join(name for name in get_args(Sampler) if name != "cmaes")
            raise UserError(f"sampler cmaes takes no {what}; these do: {able}", key)

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"trials": min(self.trials, 400)})


class EvolveSettings(SearchSettings):
    """Evolve a population, all of it evaluated at once: NSGA-II, for many evaluations.

    Attributes:
        evaluations: Designs evaluated.
    """

    module: ClassVar[str] = "sunfront.engines.search.evolve"
    name: Literal["evolve"] = "evolve"
    evaluations: int = Field(100_000, ge=1)
    population: int = Field(100, ge=4)
    refine: NoShare = 0.05

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"evaluations": min(self.evaluations, 5000)})


class PyomoSettings(_Settings):
    """Prove the optimum, or the frontier of several objectives.

    Attributes:
        solver: ``highs``, over a catalogue of options, each linear in the amounts of hardware; or ``scip`` or
            ``maingo`` (an extra), over all values of the variables, the equations as they are.
        gap: Stop when the proof is this close: of the objective, or of the hypervolume.
        catalogue: Shells into which ``highs`` splits a continuous variable that is no amount of hardware.
        time_limit: Of the whole run; what is proved by then is reported.
    """

    exact: ClassVar[bool] = True

    module: ClassVar[str] = "sunfront.engines.exact.engine"
    name: Literal["pyomo"] = "pyomo"
    solver: Literal["highs", "scip", "maingo"] = "highs"
    gap: Share = 0.005
    catalogue: int = Field(81, ge=2)
    time_limit: Seconds = 600.0

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"gap": max(self.gap, 0.05), "time_limit": min(self.time_limit, 60.0)})


class SensitivitySettings(_Settings):
    """Find which uncertain numbers move a quantity at one design: one at a time, by Morris, or by Sobol's indices.

    Attributes:
        method: ``tornado``, ``morris`` or ``sobol``.
        quantity: That of the first objective, if empty.
        samples: Trajectories of Morris, 256 if None; base samples of Sobol's indices, a power of two, 4096 if None.
        run: Folder of a run, whose front holds the design; the base design if empty.
        row: Its row in the front, from 0.
        reoptimize: Engine that finds the best design at either end of a tornado's bars, too; see its settings.
        time_limit: Of reoptimizing.
    """

    module: ClassVar[str] = "sunfront.engines.sensitivity.engine"
    name: Literal["sensitivity"] = "sensitivity"
    method: Literal["tornado", "morris", "sobol"] = "tornado"
    quantity: str = ""
    samples: int | None = Field(None, ge=16, le=1 << 20)
    run: str = ""
    row: int = Field(0, ge=0)
    reoptimize: Annotated[SweepSettings | OptunaSettings | PyomoSettings, Field(discriminator="name")] | None = None
    time_limit: Seconds = 600.0

    @model_validator(mode="after")
    def _fits_the_method(self) -> Self:
        if self.method == "tornado" and self.samples is not None:
            raise ValueError("a tornado takes no samples: each parameter is moved to its two ends")
        if self.method != "tornado" and self.reoptimize is not None:
            raise ValueError("only a tornado can be reoptimized")
        if self.method == "sobol" and self.count & (self.count - 1):
            below = 1 << (self.count.bit_length() - 1)
            raise ValueError(f"samples of Sobol's indices are a power of two, as {below} or {2 * below}")
        return self

    def check(self, problem: Problem) -> None:
        """Raise UserError if the engine that reoptimizes cannot take the problem."""
        if self.reoptimize is None:
            return
        from sunfront.engines.nominal import single

        posed = single(problem)
        try:
            self.reoptimize.check(posed)
        except UserError as error:
            raise UserError(error.message, ("engine", "reoptimize", *error.path[1:])) from None

    @property
    def folders(self) -> dict[str, str]:
        reoptimize = {} if self.reoptimize is None else self.reoptimize.folders
        return reoptimize | ({"run": self.run} if self.run else {})

    @property
    def count(self) -> int:
        """Samples of the method."""
        return self.samples or {"tornado": 2, "morris": 256, "sobol": 4096}[self.method]

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        reoptimize = None if self.reoptimize is None else self.reoptimize.quick()
        return self.model_copy(update={"reoptimize": reoptimize, "time_limit": min(self.time_limit, 30.0)})
