"""What a study states of its uncertain parameters: their distributions, correlations and samples."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_serializer, model_validator

from sunfront.display import format_value
from sunfront.errors import Path, RangeError, UnknownName, UserError
from sunfront.library import architectures
from sunfront.library.distributions import (
    Distribution,
    Empirical,
    Lognormal,
    Normal,
    Triangular,
    Truncated,
    Uniform,
    Untruncated,
)
from sunfront.library.parameters import parameters
from sunfront.problem.criteria import Constraint
from sunfront.problem.statistics import Percentile, Probability, TailMean
from sunfront.problem.uncertainty import REPLICATES, UncertainParameter, Uncertainty
from sunfront.study.statements import Text, difference
from sunfront.units import parse

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting
    from sunfront.problem.criteria import Objective
    from sunfront.problem.problem import Problem

#: A normal or lognormal distribution that has more than this beyond what is allowed is refused, not truncated.
MOST_TRUNCATED = 0.01


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NormalSpec(_Spec):
    """Mean and standard deviation."""

    mean: Text
    std: Text


class LognormalSpec(_Spec):
    """10th and 90th percentile."""

    p10: Text
    p90: Text


class TriangularSpec(_Spec):
    """Lowest, most likely and highest value."""

    low: Text
    mode: Text
    high: Text


class UniformSpec(_Spec):
    """Lowest and highest value."""

    low: Text
    high: Text


class DistributionSpec(_Spec):
    """A distribution as written, ``{triangular: {low: ..., mode: ..., high: ...}}``; the shipped one where none is."""

    normal: NormalSpec | None = None
    lognormal: LognormalSpec | None = None
    triangular: TriangularSpec | None = None
    uniform: UniformSpec | None = None
    empirical: tuple[Text, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _shipped(cls, value: object) -> object:
        if value == {}:
            raise ValueError(f"is empty; give a distribution, or '{architectures.DEFAULT}' for the shipped one")
        return {} if value == architectures.DEFAULT else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) > 1:
            raise ValueError(f"give one distribution, not {' and '.join(sorted(self.model_fields_set))}")
        return self

    @model_serializer(mode="plain")
    def _written(self) -> Any:
        for kind in self.model_fields_set:
            written = getattr(self, kind)
            return {kind: list(written) if isinstance(written, tuple) else written.model_dump()}
        return architectures.DEFAULT


def _named(value: object) -> object:
    """A list of names as a mapping to their shipped distributions."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ValueError("write a list of names, or 'name: distribution' lines")
    if twice := sorted({name for name in value if list(value).count(name) > 1}):
        raise ValueError(f"{twice[0]} is listed twice")
    return dict.fromkeys(value, architectures.DEFAULT)


Spreads = Annotated[
    Mapping[str, DistributionSpec],
    BeforeValidator(_named, json_schema_input_type=tuple[str, ...] | Mapping[str, DistributionSpec | str]),
]


class CorrelationSpec(_Spec):
    """Spearman's rank correlation of two uncertain parameters."""

    between: tuple[str, str]
    rank: float = Field(ge=-1, le=1)


class UncertaintySpec(_Spec):
    """How what is uncertain is sampled.

    Attributes:
        samples: For each design; a power of two.
        correlations: Between uncertain parameters; others are independent.
    """

    samples: int = Field(4096, ge=256, le=1 << 20)
    correlations: tuple[CorrelationSpec, ...] = ()

    def without(self, names: Collection[str]) -> Self:
        """The same without correlations of these parameters."""
        kept = tuple(c for c in self.correlations if not set(names) & set(c.between))
        return self.model_copy(update={"correlations": kept})

    @field_validator("samples")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            below = 1 << (value.bit_length() - 1)
            raise ValueError(f"a power of two is needed, as {below} or {2 * below}")
        return value


def known_keys(path: Path) -> list[str]:
    """The keys that may stand where ``path`` leads, for hints on a misspelled one."""
    if path[0] == "uncertainty":
        return list(UncertaintySpec.model_fields if len(path) == 2 else CorrelationSpec.model_fields)
    kinds: dict[str, type[_Spec]] = {
        "normal": NormalSpec,
        "lognormal": LognormalSpec,
        "triangular": TriangularSpec,
        "uniform": UniformSpec,
    }
    return list(DistributionSpec.model_fields if len(path) == 3 else kinds[str(path[2])].model_fields)


def uncertainty(
    arch: Architecture,
    settings: Mapping[str, Setting],
    spreads: Mapping[str, DistributionSpec],
    spec: UncertaintySpec,
    seed: int,
) -> Uncertainty:
    """The uncertainty that a study states.

    Raises:
        UserError: With the path of the culprit.
    """
    found = []
    for name, spread in spreads.items():
        try:
            found.append(_uncertain(arch, settings, name, spread))
        except UserError as error:
            raise error.under("uncertain", name) from None
    pairs: list[tuple[str, str, float]] = []
    for i, c in enumerate(spec.correlations):
        path: Path = ("uncertainty", "correlations", i)
        for name in c.between:
            if name not in spreads:
                raise UnknownName(name, "uncertain parameter", spreads, (*path, "between"))
        if c.between[0] == c.between[1]:
            raise UserError(f"{c.between[0]} with itself; name two", (*path, "between"))
        if any({one, other} == set(c.between) for one, other, _ in pairs):
            raise UserError(f"{' and '.join(c.between)} have a correlation already", path)
        pairs.append((*c.between, c.rank))
    try:
        return Uncertainty(tuple(found), spec.samples, tuple(pairs), seed)
    except RangeError as error:
        raise error.under("uncertainty", "correlations") from None


def check_statistic(problem: Problem, stated: Objective | Constraint) -> None:
    """Raise UserError where a statistic is of what is certain, or rests on too few samples."""
    known, name, statistic = problem.uncertainty, stated.name, stated.statistic
    if statistic is None:
        return
    if known is None:
        raise UserError(f"{name}: nothing is uncertain; add a line as 'uncertain: [discount_rate]'")
    if not problem.is_uncertain(stated.quantity):
        listed = ", ".join(p.name for p in known.parameters)
        raise UserError(f"{name}: {stated.quantity} depends on nothing uncertain ({listed})")
    if tail := _tail(stated):
        least = 1 << (int(REPLICATES / tail * (1 - 1e-9))).bit_length()
        if known.samples < least:
            raise UserError(
                f"{name} rests on less than one sample in each of {REPLICATES} parts of {known.samples:,} samples; "
                f"set uncertainty.samples to {least} or more"
            )


def _tail(stated: Objective | Constraint) -> float:
    """The share of the samples that decides; 0 where all do, as of a probability that must be 100 %."""
    match stated.statistic:
        case Percentile(share):
            return min(share, 1 - share)
        case TailMean(share, _):
            return share
        case Probability() if isinstance(stated, Constraint):
            return min(stated.limit, 1 - stated.limit)
        case _:
            return 0.0


def _uncertain(
    arch: Architecture, settings: Mapping[str, Setting], name: str, spread: DistributionSpec
) -> UncertainParameter:
    if name not in settings:
        unit = architectures.quantity_unit(arch, name)  # raises if there is no such name
        needs = ", ".join(arch.model[name].inputs)
        raise UserError(
            f"{name} is computed, from {needs}; make these uncertain, or give it a value under parameters, "
            f"as '{name}: 1 {unit}'"
        )
    setting = settings[name]
    if isinstance(setting.value, tuple):
        raise RangeError(f"{name} holds the coefficients of a fit and has no distribution")
    known = parameters().get(name)
    if not spread.model_fields_set:
        if known is None:
            raise RangeError(f"{name} has no spread in any source; write its distribution out")
        given: Distribution = known.spread(setting.value)
        origin = f"assumed {known.distribution} over the range of: {known.source}"
    else:
        given, origin = _written(spread, name, setting.unit), architectures.STUDY
    return UncertainParameter(name, setting.unit, _allowed(given, name), setting.value, origin)


def _written(spread: DistributionSpec, name: str, unit: str) -> Untruncated:
    (kind,) = spread.model_fields_set

    def value(text: float | str, key: str | int) -> float:
        try:
            return parse(text, unit, name)
        except UserError as error:
            raise error.under(kind, key) from None

    try:
        if spread.normal is not None:
            std = difference(spread.normal.std, None, unit, name, (kind, "std"))
            return Normal(value(spread.normal.mean, "mean"), std)
        if spread.empirical is not None:
            return Empirical(tuple(value(text, i) for i, text in enumerate(spread.empirical)))
        if spread.lognormal is not None:
            return Lognormal(value(spread.lognormal.p10, "p10"), value(spread.lognormal.p90, "p90"))
        if spread.uniform is not None:
            return Uniform(value(spread.uniform.low, "low"), value(spread.uniform.high, "high"))
        assert spread.triangular is not None
        corners = (("low", spread.triangular.low), ("mode", spread.triangular.mode), ("high", spread.triangular.high))
        return Triangular(*(value(text, key) for key, text in corners))
    except RangeError as error:
        raise error.under(*(() if error.path else (kind,))) from None


def _allowed(given: Distribution, name: str) -> Distribution:
    """The distribution within what is allowed for the parameter: as it is, or truncated by a little.

    Raises:
        RangeError: A bounded distribution leaves what is allowed; an unbounded one by more than MOST_TRUNCATED.
    """
    known = parameters().get(name)
    if known is None:
        return given
    if isinstance(given, Empirical):
        for value in given.values:
            known.check(value)
        return given
    if known.whole or known.choices:
        raise RangeError(f"{name} takes only some values; its distribution is {{empirical: [...]}}")
    assert known.allowed is not None
    if not isinstance(given, Normal | Lognormal):
        for value in given.support:
            known.check(value)
        return given
    cut = Truncated(given, *known.allowed)
    if cut.lost > MOST_TRUNCATED:
        low, high = (format_value(limit, known.unit) for limit in known.allowed)
        raise RangeError(
            f"{100 * cut.lost:.2g} % of the distribution of {name} lies beyond what is allowed, {low} to {high}"
        )
    return cut if cut.lost > 0 else given
