"""An architecture: which equations, and which values before a study speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from sunfront import equations
from sunfront.display import format_value
from sunfront.equation import Equation
from sunfront.errors import UnitError, UnknownName, UserError
from sunfront.library.model import Model
from sunfront.library.parameters import Parameter, Value, names, parameters, read
from sunfront.library.presets import check_beside, preset
from sunfront.units import parse
from sunfront.units import unit as unit_of

#: What a study or preset may write instead of a value.
DEFAULT = "default"  # the sourced value, whatever a preset said
COMPUTED = "computed"  # the equation of that name, whatever a value said

#: Origins of a setting.
SHIPPED, STUDY = "parameters", "study"


#: What every architecture yields, in these units, and every table of designs shows.
METRICS = MappingProxyType(
    {
        "roi": "%",
        "lifetime_roi": "%",
        "npv": "MUSD",
        "payback_time": "year",
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

#: What compute is spent on, in the order of a waterfall. An architecture has those that it pays for; they add up to
#: compute_cost.
COST_ELEMENTS = (
    "levelized_accelerators",
    "levelized_power",
    "levelized_cooling",
    "levelized_structure",
    "levelized_transport",
    "levelized_insurance",
    "levelized_upkeep",
    "levelized_replacement",
    "levelized_energy",
    "levelized_rent",
)


@dataclass(frozen=True)
class Architecture:
    """A way to build a data centre.

    Attributes:
        model: Its equations.
        count: The total of nodes in a stack, to the variable it follows from.
        amounts: Totals over one stack, each to the variable of one node it follows from. Extensive quantities
            are linear in them and in the count.
        constraints: What holds without being written, as in a study.
        own_metrics: What its tables of designs show beside METRICS.
        values: Values that differ from the shipped parameters, as a study writes them.
    """

    name: str
    title: str
    description: str
    model: Model
    count: Mapping[str, str]
    amounts: Mapping[str, str]
    constraints: tuple[str, ...]
    own_metrics: tuple[str, ...] = ()
    values: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def metrics(self) -> tuple[str, ...]:
        """What its tables of designs show."""
        return tuple(dict.fromkeys([*METRICS, *self.own_metrics]))


@dataclass(frozen=True)
class Setting:
    """A value that the model is given, and who says so."""

    name: str
    value: Value
    unit: str
    origin: str
    parameter: Parameter | None = None

    @property
    def source(self) -> str:
        """Where the number comes from: the parameter's source, if it was not overridden."""
        return self.parameter.source if self.parameter and self.origin == SHIPPED else self.origin

    @property
    def doubtful(self) -> bool:
        """Whether a study set it outside the range that the parameter's sources give; a preset has its own."""
        if self.origin != STUDY or self.parameter is None or isinstance(self.value, tuple):
            return False
        return not self.parameter.plausible(self.value)

    def __str__(self) -> str:
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return ", ".join(format_value(v, self.unit, 6) for v in values)


@cache
def architecture(name: str) -> Architecture:
    """The shipped architecture of that name.

    Raises:
        UnknownName: There is none.
    """
    if name not in names("architectures"):
        raise UnknownName(name, "architecture", names("architectures"))
    data = read("architectures", name)
    modules = data.pop("equations")
    model = Model(eq for module in modules for eq in equations.module(module))
    model = model.extended(*(eq for module in data.pop("own_equations", []) for eq in equations.module(module)))
    # Shared by all who ask: what it maps cannot be changed.
    frozen: dict[type, Any] = {dict: MappingProxyType, list: tuple, str: str}
    return Architecture(name=name, model=model, **{key: frozen[type(value)](value) for key, value in data.items()})


def adapted(arch: Architecture, presets: Sequence[str]) -> Architecture:
    """The architecture with the equations that presets put in place of its own.

    Raises:
        UserError: A preset is unknown, is meant for another architecture, or does not go with one before it; with its
            path.
    """
    replaced: list[Equation] = []
    for i, name in enumerate(presets):
        try:
            check_beside(name, presets[:i])
            found = [eq for module in preset(name).equations for eq in equations.module(module)]
        except UserError as error:
            raise error.under("presets", i) from None
        known = {*arch.model.inputs, *parameters(), *(eq.name for eq in (*arch.model, *found))}
        lacking = [needed for eq in found for needed in eq.inputs if needed not in known]
        if found and not any(eq.name in arch.model or eq.name in arch.model.inputs for eq in found):
            lacking.append(found[0].name)
        if lacking:
            raise _misfit(name, arch, lacking[0]).under("presets", i)
        replaced += found
    return replace(arch, model=arch.model.extended(*{eq.name: eq for eq in replaced}.values())) if replaced else arch


def _misfit(name: str, arch: Architecture, quantity: str) -> UserError:
    return UserError(f"preset {name!r} does not fit architecture {arch.name!r}, which has no {quantity}")


def resolve(
    arch: Architecture, presets: Sequence[str] = (), values: Mapping[str, str | float] | None = None
) -> Mapping[str, Setting]:
    """Merge the values: parameters < architecture < presets < study.

    Args:
        arch: Adapted to the presets; its model says which names there are.
        presets: Names, the later overriding the earlier.
        values: The study's, with units, or ``default`` or ``computed``.

    Returns:
        By name, what the model is given: its inputs, and quantities that replace their equations.

    Raises:
        UnknownName, UnitError, RangeError: with the path of the culprit.
    """
    known = parameters()
    settings = {
        name: Setting(name, known[name].value, known[name].unit, SHIPPED, known[name])
        for name in known
        if name in arch.model.inputs
        # Where a parameter and an equation bear one name, the parameter stands until `computed` is said.
        or name in arch.model
    }
    # What a preset's equations have no use for any more is passed over; a test holds all names of an architecture.
    own = {name: text for name, text in arch.values.items() if name in arch.model or name in arch.model.inputs}
    _merge(settings, arch, own, f"architecture {arch.name}")
    for i, name in enumerate(presets):
        try:
            found = preset(name)
            for module in found.equations:
                for eq in equations.module(module):
                    settings.pop(eq.name, None)  # computed now, until a value is given
            _merge(settings, arch, found.values, f"preset {name}")
        except UnknownName as error:
            fault = error if error.kind == "preset" else _misfit(name, arch, error.name)
            raise fault.under("presets", i) from None
        except UserError as error:
            raise error.under("presets", i) from None
    try:
        _merge(settings, arch, values or {}, STUDY)
    except UserError as error:
        raise error.under("parameters") from None
    return MappingProxyType(settings)


def made(arch: Architecture, name: str) -> Mapping[str, Setting | None]:
    """The settings that a preset makes by itself; None where it has a quantity computed.

    Raises:
        UserError: It is unknown, or does not fit the architecture.
    """
    found = preset(name)
    settings: dict[str, Setting] = {}
    try:
        _merge(settings, arch, found.values, f"preset {name}")
    except UnknownName as error:
        raise _misfit(name, arch, error.name) from None
    return {what: settings.get(what) for what in found.values}


def quantity_unit(arch: Architecture, name: str) -> str:
    """The unit in which a parameter or quantity is read and given.

    Raises:
        UnknownName: The architecture has no such quantity.
    """
    if name in arch.model:
        return arch.model[name].unit
    if name in arch.model.inputs and name in parameters():
        return parameters()[name].unit
    raise UnknownName(name, "quantity", [*arch.model.inputs, *(eq.name for eq in arch.model)])


def quantity_value(arch: Architecture, name: str, text: str | float) -> float:
    """The SI value of a quantity as a study writes it, checked against its unit and range.

    Raises:
        UnknownName, UnitError, RangeError
    """
    value = parse(text, quantity_unit(arch, name), name)
    if name in parameters():
        parameters()[name].check(value)
    return value


def checked_numbers(arch: Architecture, name: str, value: Any) -> Any:
    """A number or an array of numbers, SI and USD, as the model takes it, checked against the quantity's range.

    Raises:
        UnknownName, RangeError
    """

    quantity_unit(arch, name)
    array = np.asarray(value, float)
    known = parameters().get(name)
    if known and array.size:
        for extreme in np.unique(array) if known.choices else (array.min(), array.max()):
            known.check(float(extreme))
    return array[()]


def _merge(
    settings: dict[str, Setting], arch: Architecture, values: Mapping[str, str | float | list[float]], origin: str
) -> None:
    for name, text in values.items():
        try:
            unit = quantity_unit(arch, name)
            known = parameters().get(name)
            if text == COMPUTED:
                if name not in arch.model:
                    raise UnitError(f"{name} is not computed by an equation; give a value, or 'default'")
                settings.pop(name, None)
            elif text == DEFAULT:
                if known is None:
                    raise UnitError(f"{name} has no sourced default; say 'computed', or give a value")
                settings[name] = Setting(name, known.value, unit, SHIPPED, known)
            elif isinstance(text, list):  # coefficients of a fit, in its unit
                to_si = unit_of(unit).to_si
                settings[name] = Setting(name, tuple(to_si(c) for c in text), unit, origin, known)
            else:
                settings[name] = Setting(name, quantity_value(arch, name, text), unit, origin, known)
        except UserError as error:
            raise error.under(name) from None
