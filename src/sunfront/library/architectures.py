"""An architecture: its equations and the values that it starts from; and how values from all sources are merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.display import format_value
from sunfront.equation import Equation
from sunfront.errors import PresetError, UnitError, UnknownName, UserError
from sunfront.library.groups import check_settings
from sunfront.library.model import Model
from sunfront.library.parameters import Parameter, Value, without_noise
from sunfront.library.physical_range import check_given, check_given_together
from sunfront.library.presets import check_compatible
from sunfront.library.specs import COMPUTED, DEFAULT, PresetValue, ValueSpec
from sunfront.library.values import ranged_parameter, read_value, unknown_value
from sunfront.units import parse

if TYPE_CHECKING:
    from sunfront.library.library import Library

SHIPPED, STUDY = "parameters", "study"  # origins of a setting

#: Quantities that every architecture computes, with their display units; every table of designs shows them.
METRICS = MappingProxyType(
    {
        "roi": "%",
        "first_year_return": "%",
        "npv": "MUSD",
        "capex": "MUSD",
        "annual_revenue": "MUSD",
        "annual_opex": "MUSD",
        "compute_cost": "USD/kWh",
        "accelerator_hour_cost": "USD/hour",
        "capital_intensity": "USD/kW",
        "it_power": "kW",
        "node_it_power": "kW",
        "fleet_it_power": "MW",
        "sold_power": "MW",
        "power_margin": "kW",
        "junction_margin": "delta_degC",
    }
)

#: Elements of compute_cost, in the order of a waterfall chart; those of an architecture add up to it.
COST_ELEMENTS = (
    "levelized_accelerators",
    "levelized_power",
    "levelized_cooling",
    "levelized_structure",
    "levelized_transport",
    "levelized_insurance",
    "levelized_development",
    "levelized_upkeep",
    "levelized_refresh",
    "levelized_fixed",
    "levelized_replacement",
    "levelized_energy",
    "levelized_rent",
    "levelized_debt",
    "levelized_tax",
)


@dataclass(frozen=True)
class Architecture:
    """A kind of data centre.

    Attributes:
        model: Its equations.
        library: The library that it is part of.
        count: The number of nodes in a stack, mapped to the variable that determines it.
        amounts: Totals over one stack, each mapped to the variable of one node that determines it. Extensive
            quantities are linear in the amounts and in the count.
        constraints: Constraints of every study of it, in a study's notation.
        own_metrics: Quantities that its tables of designs show in addition to METRICS.
        values: Values that replace shipped parameters, in a study's notation.
    """

    name: str
    title: str
    description: str
    model: Model
    library: Library = field(repr=False, compare=False)
    count: Mapping[str, str]
    amounts: Mapping[str, str]
    constraints: tuple[str, ...]
    own_metrics: tuple[str, ...] = ()
    values: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Quantities that its tables of designs show."""
        return tuple(dict.fromkeys([*METRICS, *self.own_metrics]))


@dataclass(frozen=True)
class Setting:
    """A value (SI and USD) that the model is given, with its display unit.

    Attributes:
        origin: SHIPPED, STUDY, or the architecture or preset that sets it.
        parameter: The parameter of that name, if there is one, with the range that the origin gives.
        cited: The source that the origin gives; empty if it gives none.
        is_own: Whether the origin gives the range, the trust and the note of the parameter.
    """

    name: str
    value: Value
    unit: str
    origin: str
    parameter: Parameter | None = None
    cited: str = ""
    is_own: bool = False

    @property
    def trust(self) -> str:
        """How far the number may be relied on, one of TRUST; empty if the origin does not say."""
        return self.parameter.trust if self.parameter and (self.is_own or self.origin == SHIPPED) else ""

    @property
    def source(self) -> str:
        """The source of the number: that of the parameter, or if it was overridden, the origin."""
        if self.cited:
            return f"{self.origin}: {self.cited}"
        return self.parameter.source if self.parameter and self.origin == SHIPPED else self.origin

    @property
    def is_doubtful(self) -> bool:
        """Whether a study set it outside the range of the parameter's sources. A preset has its own source."""
        if self.origin != STUDY or self.is_own or self.parameter is None or isinstance(self.value, tuple):
            return False
        return not self.parameter.is_plausible(self.value)

    @property
    def range_text(self) -> str:
        """The range of its sources, for people; empty for a preset's value outside it: that has another source."""
        if self.parameter is None or isinstance(self.value, tuple):
            return ""
        is_of_preset = not self.is_own and self.origin not in (SHIPPED, STUDY)
        return "" if is_of_preset and not self.parameter.is_plausible(self.value) else self.parameter.range_text

    def __str__(self) -> str:
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return ", ".join(format_value(v, self.unit, 6) for v in values)


def apply_presets(arch: Architecture, presets: Sequence[str]) -> Architecture:
    """Return the architecture with its equations replaced by those of the presets.

    Raises:
        UnknownName, PresetError: A preset is unknown, or does not fit the architecture or a preset before it.
    """
    replaced: list[Equation] = []
    for i, name in enumerate(presets):
        try:
            preset = arch.library.presets[name]
            check_compatible(preset, [arch.library.presets[other] for other in presets[:i]])
            found = [eq for module in preset.equations for eq in arch.library.module(module)]
        except UserError as error:
            raise error.under("presets", i) from None
        known = {*arch.model.inputs, *arch.library.parameters, *(eq.name for eq in (*arch.model, *found))}
        lacking = [needed for eq in found for needed in eq.inputs if needed not in known]
        if found and not any(eq.name in arch.model or eq.name in arch.model.inputs for eq in found):
            lacking.append(found[0].name)
        if lacking:
            raise _misfit(name, arch, lacking[0]).under("presets", i)
        replaced += found
    if not replaced:
        return arch
    return replace(arch, model=arch.model.with_equations(*{eq.name: eq for eq in replaced}.values()))


def _misfit(name: str, arch: Architecture, quantity: str) -> PresetError:
    message = f"preset {name!r} does not fit architecture {arch.name!r}, which has no {quantity}"
    return PresetError(message, preset=name, lacks=quantity)


def resolve(
    arch: Architecture, presets: Sequence[str] = (), values: Mapping[str, PresetValue] | None = None
) -> Mapping[str, Setting]:
    """Merge values in rising precedence: parameters, architecture, presets, study.

    Args:
        arch: The architecture with the presets' equations; its model defines the known names.
        presets: Names; a later preset overrides an earlier one.
        values: The study's values with units, with or without a range, or ``default`` or ``computed``.

    Returns:
        The settings by name: the model's inputs, and quantities given in place of their equations.

    Raises:
        UnknownName, UnitError, RangeError, PresetError: With the path of the faulty entry.
    """
    settings = before_study(arch, presets)
    try:
        _merge(settings, arch, values or {}, STUDY)
    except UserError as error:
        raise error.under("parameters") from None
    check_settings(arch.library, settings, values or {})
    try:
        check_given_together(arch.model, {name: setting.value for name, setting in settings.items()})
    except UserError as error:
        raise error.under("parameters" if error.path[0] in (values or {}) else "presets") from None
    return MappingProxyType(settings)


def before_study(arch: Architecture, presets: Sequence[str]) -> dict[str, Setting]:
    """Merge values as ``resolve`` without those of a study: what is missing here is computed, or has no value yet."""
    known = arch.library.parameters
    settings = {
        name: Setting(name, known[name].value, known[name].unit, SHIPPED, known[name])
        for name in known
        if name in arch.model.inputs
        # If a parameter and an equation have the same name, the parameter applies unless `computed` is set.
        or name in arch.model
    }
    # Skip values that a preset's equations no longer use; a test checks all names of an architecture.
    own = {name: text for name, text in arch.values.items() if name in arch.model or name in arch.model.inputs}
    _merge(settings, arch, own, f"architecture {arch.name}")
    for i, name in enumerate(presets):
        try:
            found = arch.library.presets[name]
            for module in found.equations:
                for eq in arch.library.module(module):
                    settings.pop(eq.name, None)  # computed, unless a value is given
            _merge(settings, arch, found.values_in(arch.name), f"preset {name}", found.source)
        except UnknownName as error:
            fault = error if error.kind == "preset" else _misfit(name, arch, error.name)
            raise fault.under("presets", i) from None
        except UserError as error:
            raise error.under("presets", i) from None
    return settings


def quantity_unit(arch: Architecture, name: str, written: object = None) -> str:
    """Return the display unit of a parameter or computed quantity.

    Args:
        written: The value that is given to it, for the message.

    Raises:
        UnknownName: The architecture has no such quantity.
    """
    if name in arch.model:
        return arch.model[name].unit
    if name in arch.model.inputs and name in arch.library.parameters:
        return arch.library.parameters[name].unit
    known = [*arch.model.inputs, *(eq.name for eq in arch.model)]
    raise unknown_value(arch.library, name, "quantity", known, written)


def quantity_value(arch: Architecture, name: str, text: str | float) -> float:
    """Return the SI value of a quantity in a study's notation, after checking its unit and range.

    Raises:
        UnknownName, UnitError, RangeError
    """
    value = parse(text, quantity_unit(arch, name), name)
    if name in arch.library.parameters:
        arch.library.parameters[name].check(value)
    if name in arch.model:
        check_given(arch.model[name], value)
    return value


def check_numbers(arch: Architecture, name: str, value: Any) -> Any:
    """Return a number or array in SI and USD as the model takes it, after checking it against the quantity's range.

    Raises:
        UnknownName, RangeError
    """
    quantity_unit(arch, name)
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        raise UnitError(f"{name}: give a text with its unit, or numbers in SI and USD; not {value!r:.60}") from None
    known = arch.library.parameters.get(name)
    if known and known.whole:
        array = np.asarray(without_noise(array))
    if known and array.size:
        for extreme in np.unique(array) if known.choices or known.whole else (array.min(), array.max()):
            known.check(float(extreme))
    if name in arch.model:
        check_given(arch.model[name], array)
    return array[()]


def _merge(
    settings: dict[str, Setting], arch: Architecture, values: Mapping[str, PresetValue], origin: str, source: str = ""
) -> None:
    """Add values to the settings.

    Args:
        source: Source of those that name none.
    """
    for name, written in values.items():
        try:
            unit = quantity_unit(arch, name, written)
            known = arch.library.parameters.get(name)
            if written == COMPUTED:
                if name not in arch.model:
                    raise UnitError(f"{name} is not computed by an equation; give a value, or 'default'")
                settings.pop(name, None)
            elif written == DEFAULT:
                if known is None:
                    raise UnitError(f"{name} has no sourced default; write 'computed', or give a value")
                settings[name] = Setting(name, known.value, unit, SHIPPED, known)
            elif isinstance(written, ValueSpec):
                ranged = ranged_parameter(name, written, unit, known, source or origin)
                cited = written.source or source
                settings[name] = Setting(name, ranged.value, unit, origin, ranged, cited, is_own=True)
            else:
                settings[name] = Setting(name, read_value(name, written, unit, known), unit, origin, known, source)
            if name in settings and name in arch.model:
                check_given(arch.model[name], settings[name].value)
        except UserError as error:
            raise error.under(name) from None
