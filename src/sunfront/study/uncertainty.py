"""Resolve a study's uncertain parameters: their distributions, correlations and samples."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from sunfront.display import format_value
from sunfront.errors import Path, RangeError, UnknownName, UserError
from sunfront.library import architectures
from sunfront.library.distributions import (
    Distribution,
    Empirical,
    Lognormal,
    Loguniform,
    Normal,
    Triangular,
    Truncated,
    Uniform,
    Untruncated,
)
from sunfront.library.parameters import Parameter
from sunfront.problem.uncertainty import UncertainParameter, Uncertainty
from sunfront.study.specs import CorrelationSpec, DistributionSpec, UncertaintySpec
from sunfront.study.variables import parse_difference
from sunfront.units import parse

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting

#: Largest share of a normal or lognormal distribution that may be truncated; with more beyond the allowed range the
#: distribution is refused.
MOST_TRUNCATED = 0.01


def shipped_distributions(settings: Mapping[str, Setting], excluded: Collection[str]) -> dict[str, bool]:
    """Find the assumptions with a shipped distribution, and for each whether it covers the value in use.

    Parameters that describe the design, and constants, are left out: see ``Parameter.role``.

    Args:
        excluded: Names of further parameters to leave out.
    """
    covers: dict[str, bool] = {}
    for name, setting in settings.items():
        p = setting.parameter
        if (
            p is not None
            and p.role == "assumption"
            and p.has_range
            and name not in excluded
            and not isinstance(setting.value, tuple)
        ):
            covers[name] = p.distribution == "lognormal" or p.is_plausible(setting.value)
    return covers


def resolve_uncertainty(
    arch: Architecture,
    settings: Mapping[str, Setting],
    distributions: Mapping[str, DistributionSpec],
    spec: UncertaintySpec,
    seed: int,
) -> Uncertainty:
    """Resolve the keys ``uncertain`` and ``uncertainty`` of a study.

    Raises:
        UserError: A name, unit or value is wrong; with the path of the key.
    """
    uncertain = []
    for name, distribution in distributions.items():
        try:
            uncertain.append(_resolve_parameter(arch, settings, name, distribution))
        except UserError as error:
            raise error.under("uncertain", name) from None
    correlations = _resolve_correlations(spec.correlations, distributions)
    try:
        return Uncertainty(tuple(uncertain), spec.samples, correlations, seed)
    except RangeError as error:
        raise error.under("uncertainty", "correlations") from None


def _resolve_correlations(
    specs: tuple[CorrelationSpec, ...], uncertain: Collection[str]
) -> tuple[tuple[str, str, float], ...]:
    correlations: list[tuple[str, str, float]] = []
    for i, spec in enumerate(specs):
        path: Path = ("uncertainty", "correlations", i)
        for name in spec.between:
            if name not in uncertain:
                raise UnknownName(name, "uncertain parameter", uncertain, (*path, "between"))
        if spec.between[0] == spec.between[1]:
            raise UserError(
                f"{spec.between[0]} cannot be correlated with itself; name two parameters", (*path, "between")
            )
        if any({one, other} == set(spec.between) for one, other, _ in correlations):
            raise UserError(f"the correlation of {' and '.join(spec.between)} is given twice; remove one", path)
        correlations.append((*spec.between, spec.rank))
    return tuple(correlations)


def _resolve_parameter(
    arch: Architecture, settings: Mapping[str, Setting], name: str, spec: DistributionSpec
) -> UncertainParameter:
    if name not in settings:
        unit = architectures.quantity_unit(arch, name)  # raises UnknownName
        inputs = ", ".join(arch.model[name].inputs)
        raise UserError(
            f"{name} is computed, from {inputs}; make these uncertain, or give {name} a value under parameters, such "
            f"as '{name}: 1 {unit}'"
        )
    setting = settings[name]
    if isinstance(setting.value, tuple):
        raise RangeError(f"{name} holds the coefficients of a fit, which cannot be uncertain; remove it", quantity=name)
    parameter = setting.parameter
    if spec.model_fields_set:
        distribution: Distribution = parse_distribution(spec, name, setting.unit)
        origin = architectures.STUDY
    elif parameter is None:
        raise RangeError(
            f"{name} is not a parameter of the library and has no shipped distribution; write one, such as "
            "{uniform: {low: ..., high: ...}}",
            quantity=name,
        )
    else:
        distribution = parameter.build_distribution(setting.value)
        origin = f"assumed {parameter.distribution} over the range of: {parameter.source}"
    within = _within_allowed(distribution, name, parameter)
    return UncertainParameter(name, setting.unit, within, setting.value, origin, setting.trust == "assumed")


def parse_distribution(spec: DistributionSpec, name: str, unit: str) -> Untruncated:
    """Parse a distribution whose kind is given.

    Raises:
        UserError: A value or unit is wrong; with the path of the key.
    """
    (kind,) = spec.model_fields_set

    def value(text: float | str, key: str | int) -> float:
        try:
            return parse(text, unit, name)
        except UserError as error:
            raise error.under(key) from None

    try:
        if spec.normal is not None:
            try:
                std = parse_difference(spec.normal.std, None, unit, name)
            except UserError as error:
                raise error.under("std") from None
            return Normal(value(spec.normal.mean, "mean"), std)
        if spec.empirical is not None:
            return Empirical(tuple(value(text, i) for i, text in enumerate(spec.empirical)))
        if spec.lognormal is not None:
            return Lognormal(value(spec.lognormal.p10, "p10"), value(spec.lognormal.p90, "p90"))
        if spec.uniform is not None:
            return Uniform(value(spec.uniform.low, "low"), value(spec.uniform.high, "high"))
        if spec.loguniform is not None:
            return Loguniform(value(spec.loguniform.low, "low"), value(spec.loguniform.high, "high"))
        assert spec.triangular is not None
        corners = (("low", spec.triangular.low), ("mode", spec.triangular.mode), ("high", spec.triangular.high))
        return Triangular(*(value(text, key) for key, text in corners))
    except UserError as error:
        raise error.under(kind) from None


def _within_allowed(distribution: Distribution, name: str, parameter: Parameter | None) -> Distribution:
    """Return the distribution if it lies in the allowed range of the parameter, truncated to it if little lies beyond.

    Raises:
        RangeError: A bounded distribution leaves the allowed range, or an unbounded one by more than MOST_TRUNCATED.
    """
    if parameter is None:
        return distribution
    if isinstance(distribution, Empirical):
        for value in distribution.values:
            parameter.check(value)
        return distribution
    if parameter.whole or parameter.choices:
        raise RangeError(
            f"{name} takes only certain values; write its distribution as {{empirical: [...]}}", quantity=name
        )
    assert parameter.allowed is not None
    if not isinstance(distribution, Normal | Lognormal):
        for value in distribution.support:
            parameter.check(value)
        return distribution
    truncated = Truncated(distribution, *parameter.allowed)
    if truncated.cut_off > MOST_TRUNCATED:
        low, high = (format_value(limit, parameter.unit) for limit in parameter.allowed)
        raise RangeError(
            f"{100 * truncated.cut_off:.2g} % of the distribution of {name} lies beyond the allowed range, {low} to "
            f"{high}; at most {100 * MOST_TRUNCATED:g} % may, so make it narrower, or bounded",
            quantity=name,
        )
    return truncated if truncated.cut_off > 0 else distribution
