"""The settings of the engines, free of the libraries that the engines use."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from sunfront.errors import UserError
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
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(gt=0),
    PlainSerializer(lambda seconds: f"{seconds:g} s", when_used="json"),
    WithJsonSchema({"type": "string", "description": "A time with its unit, as 600 s"}),
]


class _Settings(BaseModel):
    """Attributes:
    exact: The engine proves, and takes no statistics.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exact: ClassVar[bool] = False


class SweepSettings(_Settings):
    """Evaluate many designs spread over the ranges, and keep what no other beats.

    Attributes:
        method: ``sobol`` (scrambled low-discrepancy points) or ``grid``.
        samples: Number of Sobol points.
        points: Values along each axis of a grid; an axis with fewer values has all of them.
        keep: Feasible designs kept in the table beside the front, drawn at random.
    """

    name: Literal["sweep"] = "sweep"
    method: Literal["sobol", "grid"] = "sobol"
    samples: int = Field(1 << 18, ge=1, le=1 << 30)  # as many as scipy's Sobol points have bits for
    points: int = Field(9, ge=2)
    keep: int = Field(10_000, ge=0)

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"samples": min(self.samples, 1 << 14), "points": min(self.points, 4)})


class OptunaSettings(_Settings):
    """Search with one of Optuna's samplers, a batch evaluated at a time.

    Attributes:
        sampler: ``nsga2``.
        trials: Designs evaluated.
        population: Designs in a batch, and in a generation.
    """

    name: Literal["optuna"] = "optuna"
    sampler: Literal["nsga2"] = "nsga2"
    trials: int = Field(2000, ge=1)
    population: int = Field(100, ge=2)

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"trials": min(self.trials, 400), "population": min(self.population, 50)})


class PyomoSettings(_Settings):
    """Prove the optimum, or the frontier of two objectives, over a catalogue of options.

    Attributes:
        solver: ``highs``.
        gap: Stop when the proof is this close: of the objective, or of the hypervolume.
        catalogue: Shells into which a continuous variable that is no amount of hardware is split.
        time_limit: Of the whole run; what is proved by then is reported.
    """

    exact: ClassVar[bool] = True

    name: Literal["pyomo"] = "pyomo"
    solver: Literal["highs"] = "highs"
    gap: Share = 0.005
    catalogue: int = Field(81, ge=2)
    time_limit: Seconds = 600.0

    def quick(self) -> Self:
        """The same with a budget of seconds."""
        return self.model_copy(update={"gap": max(self.gap, 0.05), "time_limit": min(self.time_limit, 60.0)})
