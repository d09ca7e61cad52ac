"""Checks of what a folder adds to a library, so that a mistake is reported at its line, not when a study uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from sunfront.equation import Equation
from sunfront.errors import Path, StudyError, UnknownName, UserError, raise_all
from sunfront.library.architectures import METRICS, Architecture
from sunfront.library.code import LibraryEquation
from sunfront.library.folder import LibraryFolder
from sunfront.library.formulas import check_formula, line_in
from sunfront.library.groups import check_group, check_member
from sunfront.library.specs import ArchitectureSpec, PresetValue
from sunfront.library.values import check_value
from sunfront.root import Root
from sunfront.units import parse, unit, unit_label

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
    _check_equations(library, folder)
    checks: dict[str, tuple[Iterable[str], Callable[[str], None]]] = {
        "architectures": (folder.architectures, lambda name: check_architecture(library.architectures[name])),
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


def check_preset(library: Library, preset: Preset) -> None:
    """Raise UserError unless a preset sets quantities that there are, to values that they allow, and is whole."""
    _check_modules(library, preset.equations, "equations")  # a study may write out a preset
    mistakes = _value_mistakes(library, preset.values, ("values",))
    for arch, values in preset.in_architecture.items():
        path = ("in_architecture", arch)
        if arch not in library.architectures:
            mistakes.append(UnknownName(arch, "architecture", library.architectures, path))
        mistakes += [
            UnknownName(name, "value of the preset", preset.values, (*path, name))
            for name in values
            if name not in preset.values
        ]
        mistakes += _value_mistakes(library, values, path)
    raise_all(mistakes)
    check_member(library, preset)


def _value_mistakes(library: Library, values: Mapping[str, PresetValue], path: Path) -> list[UserError]:
    mistakes = []
    for name, written in values.items():
        try:
            check_value(library, name, written)
        except UserError as error:
            mistakes.append(error.under(*path, name))
    return mistakes


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
    for eq in arch.model:
        if isinstance(eq, Root):
            try:
                arch.model.check({*arch.model.inputs, eq.over}, [eq.name])
            except UserError as error:
                raise error.under("equations") from None
    given = {*arch.library.parameters, *arch.values}
    for name in sorted(arch.model.inputs - given):
        by = next(eq.name for eq in arch.model if name in eq.inputs)
        raise UserError(f"{name} has no value: no parameter and no equation has that name; {by} needs it", ("values",))


def _check_equations(library: Library, folder: LibraryFolder) -> None:
    """Raise StudyError unless the equations of a folder can be computed, and its entries name modules that there are.

    A wrong unit of an equation would be blamed on the preset that sets a value of the quantity.
    """
    own = [eq for name in folder.code for eq in library.module(name)]
    for part, entries in (("architectures", folder.architectures), ("presets", folder.presets)):
        for name, entry in entries.items():
            try:
                _check_modules(library, entry.equations, "equations")
                if isinstance(entry, ArchitectureSpec):
                    _check_modules(library, entry.own_equations, "own_equations")
            except UserError as error:
                raise folder.entries[part, name].error(error) from None
    units = {**library.units, **{eq.name: eq.unit for eq in own}}
    for eq in own:
        assert isinstance(eq, LibraryEquation)
        try:
            _check_unit(library, eq)
            if isinstance(eq, Root):
                _check_root(library, eq, units)
                continue
            _check_inputs(eq, units)
            check_formula(library, eq, units)
        except UserError as error:
            first = eq.line
            raise StudyError(error.message, eq.file.path, line_in(error, str(eq.file.path)) or first) from None


def _check_unit(library: Library, eq: LibraryEquation) -> None:
    """Raise UserError if an equation has another dimension than the parameter or the equations of its name."""
    known = library.parameters.get(eq.name)
    others = [(known.unit, "the parameter of that name")] if known else []
    for module in library.modules:
        others += [(e.unit, f"that of {e.place}") for e in library.module(module) if e.name == eq.name and e != eq]
    for other, whose in others:
        if unit(other).dimension != unit(eq.unit).dimension:
            raise UserError(f"{eq.name} is declared in {unit_label(eq.unit)}, but {whose} is in {unit_label(other)}")


def _check_modules(library: Library, modules: Iterable[str], key: str) -> None:
    for i, module in enumerate(modules):
        try:
            library.module(module)
        except UnknownName as error:
            raise error.under(key, i) from None


def _check_root(library: Library, eq: Root, units: Mapping[str, str]) -> None:
    """Raise UserError unless a root names a quantity, and a parameter of its own dimension with a range."""
    if eq.of not in units:
        raise UnknownName(eq.of, f"quantity in {eq.name}", units)
    if eq.over not in library.parameters:
        if eq.over in units:
            raise UserError(f"{eq.name} is over {eq.over}, which an equation computes; name a parameter")
        raise UnknownName(eq.over, f"parameter in {eq.name}", library.parameters)
    shown = library.parameters[eq.over].unit
    if unit(eq.unit).dimension != unit(shown).dimension:
        raise UserError(f"{eq.name} is declared in {unit_label(eq.unit)}, but {eq.over} is in {unit_label(shown)}")
    low, high = eq.range
    if not low < high:
        raise UserError(f"{eq.name}: between has the least value first, then the greatest")


def _check_inputs(eq: Equation, units: Mapping[str, str]) -> None:
    for name in eq.inputs:
        if name not in units:
            raise UnknownName(name, f"quantity in {eq.name}", units)
    for name, limits in eq.valid.items():
        for limit in limits:
            try:
                parse(limit, units[name], name)
            except UserError as error:
                raise UserError(f"equation {eq.name}, valid: {error.message}") from None
