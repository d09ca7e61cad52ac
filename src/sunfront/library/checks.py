"""Checks of what a folder adds to a library, so that a mistake is reported at its line, not when a study uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sunfront.equation import Equation
from sunfront.errors import ModelError, Path, StudyError, UnknownName, UserError
from sunfront.library.architectures import METRICS, Architecture
from sunfront.library.code import LibraryEquation
from sunfront.library.folder import LibraryFolder
from sunfront.library.groups import check_group, check_member
from sunfront.library.specs import PresetValue
from sunfront.library.values import check_value
from sunfront.units import base_quantity, registry, unit, unit_label

if TYPE_CHECKING:
    from sunfront.library.library import Library
    from sunfront.library.presets import Preset


def check_names(library: Library, folder: LibraryFolder, modules: Iterable[str]) -> None:
    """Raise StudyError unless each name of a folder is new, or replaces an entry of that name.

    Args:
        library: What the folder is added to.
        modules: Names of the library's modules of equations.
    """
    known = {
        "parameters": library.parameters,
        "presets": library.presets,
        "architectures": library.architectures,
        "groups": library.groups,
    }
    for (part, name), entry in folder.entries.items():
        kind = part.removesuffix("s")
        if name in known[part] and not entry.replaces:
            raise entry.error(
                UserError(f"{kind} {name!r} is in the library; add 'replaces: true', or give yours another name")
            )
        if entry.replaces and name not in known[part]:
            raise entry.error(UnknownName(name, f"{kind} to replace", known[part], ("replaces",)))
    for name, file in folder.code.items():
        if name in modules:
            raise StudyError(f"the library has a module of equations {name!r}; give the file another name", file.path)


def check_folder(library: Library, folder: LibraryFolder) -> None:
    """Raise StudyError if an entry of a folder does not fit the library that it is part of."""
    own = [eq for name in folder.code for eq in library.module(name)]
    checks: dict[str, tuple[Iterable[str], Callable[[str], None]]] = {
        "architectures": (folder.architectures, lambda name: _check_own_architecture(library, folder, name)),
        "groups": (folder.groups, lambda name: check_group(library, folder.groups[name])),
        "presets": (folder.presets, lambda name: check_preset(library, folder.presets[name])),
    }
    for part, (names, check) in checks.items():
        for name in names:
            try:
                check(name)
            except StudyError:
                raise
            except UserError as error:
                raise folder.entries[part, name].error(error) from None
    units = {**library.units, **{eq.name: eq.unit for eq in own}}
    for eq in own:
        try:
            _check_inputs(library, eq, units)
            check_dimension(library, eq, units)
        except UserError as error:
            assert isinstance(eq, LibraryEquation)
            raise StudyError(error.message, eq.file.path, eq.function.__code__.co_firstlineno) from None


def check_preset(library: Library, preset: Preset) -> None:
    """Raise UserError unless a preset sets quantities that there are, to values that they allow, and is whole."""
    _check_modules(library, preset.equations, "equations")
    _check_values(library, preset.values, ("values",))
    for arch, values in preset.in_architecture.items():
        if arch not in library.architectures:
            raise UnknownName(arch, "architecture", library.architectures, ("in_architecture", arch))
        if own := [name for name in values if name not in preset.values]:
            raise UnknownName(own[0], "value of the preset", preset.values, ("in_architecture", arch, own[0]))
        _check_values(library, values, ("in_architecture", arch))
    check_member(library, preset)


def _check_values(library: Library, values: Mapping[str, PresetValue], path: Path) -> None:
    for name, written in values.items():
        try:
            check_value(library, name, written)
        except UserError as error:
            raise error.under(*path, name) from None


def _check_own_architecture(library: Library, folder: LibraryFolder, name: str) -> None:
    spec = folder.architectures[name]
    _check_modules(library, spec.equations, "equations")
    _check_modules(library, spec.own_equations, "own_equations")
    check_architecture(library.architectures[name])


def check_architecture(arch: Architecture) -> None:
    """Raise UserError unless an architecture computes the common metrics, and every name in it is one of its own."""
    quantities = [*arch.model.inputs, *(eq.name for eq in arch.model)]
    for metric, display_unit in METRICS.items():
        if metric not in arch.model:
            raise UserError(f"no equation computes {metric}, which every architecture has", ("equations",))
        if unit(arch.model[metric].unit).dimension != unit(display_unit).dimension:
            raise UserError(f"{metric} must be in {unit_label(display_unit)}", ("equations",))
    pairs = [*arch.count.items(), *arch.amounts.items()]
    names: list[tuple[Path, str]] = [(("amounts",), name) for pair in pairs for name in pair]
    names += [(("values", name), name) for name in arch.values]
    names += [(("own_metrics",), name) for name in arch.own_metrics]
    for path, name in names:
        if name not in quantities:
            raise UnknownName(name, "quantity", quantities, path)
    given = {*arch.library.parameters, *arch.values}
    for name in sorted(arch.model.inputs - given):
        by = next(eq.name for eq in arch.model if name in eq.inputs)
        raise UserError(f"{name} has no value: no parameter and no equation has that name; {by} needs it", ("values",))


def check_dimension(library: Library, eq: Equation, units: Any) -> None:
    """Raise ModelError unless an equation, called with pint quantities, returns the dimension of its unit."""
    import numpy as np
    import pint

    def quantity(name: str) -> Any:
        known = library.parameters.get(name)
        value: Any = known.value if known else 0.7310585  # any number will do
        numbers = tuple(map(np.float64, value)) if isinstance(value, tuple) else np.float64(value)
        return base_quantity(numbers, units[name])

    try:
        with np.errstate(all="ignore"):
            found = registry().Quantity(eq(*map(quantity, eq.inputs)))
    except pint.DimensionalityError as error:
        raise ModelError(f"the dimensions in {eq.name} do not fit: {error}", [eq.name]) from None
    except Exception as error:
        raise ModelError(f"{eq.name} cannot be computed: {type(error).__name__}: {error}", [eq.name]) from None
    if found.dimensionality != base_quantity(1.0, eq.unit).dimensionality:
        gives = f"{found.to_base_units().units:~P}".replace("dollar", "USD") or "a pure number"
        raise ModelError(f"{eq.name} is declared in {unit_label(eq.unit)}, but its formula gives {gives}", [eq.name])


def _check_modules(library: Library, modules: Iterable[str], key: str) -> None:
    for i, module in enumerate(modules):
        try:
            library.module(module)
        except UnknownName as error:
            raise error.under(key, i) from None


def _check_inputs(library: Library, eq: Equation, units: Any) -> None:
    for name in eq.inputs:
        if name not in units:
            raise UnknownName(name, f"quantity in {eq.name}", units)
