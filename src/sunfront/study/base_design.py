"""The base design: what ``base`` of a variable and the key ``design`` give, in place of parameters and presets.

``design`` fixes the point of which break-even and sensitivity are asked. A variable named in it stays a variable; a
parameter named in it has that value everywhere, as under ``parameters``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sunfront.errors import Path, UnknownName, UserError
from sunfront.library import architectures
from sunfront.library.architectures import STUDY, Setting, quantity_unit
from sunfront.study.preset_variables import base_choice
from sunfront.study.variables import parameter_of, resolve_base_value
from sunfront.units import si_unit

if TYPE_CHECKING:
    from sunfront.study.resolved import ResolvedStudy


#: Origin of the base value of a variable that replaces an equation.
COMPUTED_BASE = "its equation"


def given_settings(study: ResolvedStudy) -> Mapping[str, Setting]:
    """Merge parameters, architecture, presets, the study's values, and the parameters that its design names.

    Raises:
        UserError: A name, unit or value is wrong; with the path of the key.
    """
    fixed, arch = study.design_parameters, study.problem_arch
    known = {*arch.model.inputs, *(eq.name for eq in arch.model)}
    for name in fixed:
        if name not in known:
            raise UnknownName(name, "variable or parameter", {*study.variables, *known}, ("design", name))
        for key, given in (("parameters", study.parameters), ("timelines", study.timelines)):
            if name in given:
                raise UserError(f"{name} has a value under {key} too; remove one of the two", ("design", name))
    values = {**study.given_values, **fixed}
    try:
        found = architectures.resolve(arch, study.base_preset_names, values)
        # What is computed, but has a sourced range too, is sampled from it where the study calls it uncertain.
        sampled = [n for n in study.uncertain if n not in found and n in known and n in arch.library.parameters]
        if sampled:
            found = {**found, **_computed_settings(study, found, sampled)}
        # A base design with none of the choices of a preset variable needs inputs that no choice may use.
        used = {
            name: text for name, text in values.items() if name in study.arch.model.inputs or name in study.arch.model
        }
        return {**architectures.resolve(study.arch, study.base_preset_names, used), **found}
    except UserError as error:
        if error.path[:1] == ("parameters",) and error.path[1:2]:
            name = str(error.path[1])
            key = "design" if name in fixed else "timelines" if name in study.timelines else "parameters"
            error.path = (key, *error.path[1:])
        raise


def _computed_settings(study: ResolvedStudy, settings: Mapping[str, Setting], names: list[str]) -> dict[str, Setting]:
    """The settings of computed quantities that are uncertain: around what their equations give.

    Raises:
        UserError: One is not the same for all designs; with the path of the key.
    """
    arch = study.problem_arch
    given = {name: setting.value for name, setting in settings.items() if name not in study.preset_variables}
    varying = {v.name for v in study.resolved_variables}
    found: dict[str, Setting] = {}
    for name in names:
        if decided := sorted(varying & arch.model.inputs_of([name], given)):
            inputs = ", ".join(arch.model[name].inputs)
            raise UserError(
                f"{name} is computed, from {inputs}, and depends on the variable {decided[0]}; make what it is "
                "computed from uncertain instead",
                ("uncertain", name),
            )
        value = float(arch.model.evaluate(given, [name])[name])
        found[name] = Setting(name, value, quantity_unit(arch, name), COMPUTED_BASE, arch.library.parameters[name])
    return found


def stated_presets(study: ResolvedStudy) -> list[str]:
    """The presets that the study states for the base design, one for each preset variable that has one.

    Raises:
        UserError: A name is none of the choices; with the path of the key.
    """
    found = []
    for name, spec in study.variables.items():
        if spec.presets is None:
            continue
        for text, path, _ in _texts(study, name)[-1:]:
            if text not in spec.preset_names:
                raise UnknownName(str(text), f"choice of {name}", spec.preset_names, path)
            found.append(str(text))
    return found


def stated_base(study: ResolvedStudy) -> dict[str, float]:
    """The values of variables that the study states for its base design; SI and USD, presets as their numbers.

    ``design`` comes before ``base`` of a variable.

    Raises:
        UserError: A value is wrong, or a variable sets a parameter that the design names; with the path of the key.
    """
    for name in study.design:
        if name in study.preset_variables:
            by = study.preset_variables[name].name
            raise UserError(f"{name} is set by the variable {by}; give {by} in the design instead", ("design", name))
    stated: dict[str, float] = {}
    for v in study.resolved_variables:
        for text, path, bare_unit in _texts(study, v.name):
            try:
                stated[v.name] = resolve_base_value(study.arch, v, text, bare_unit)
            except UserError as error:
                raise error.under(*path) from None
    return stated


def _texts(study: ResolvedStudy, name: str) -> list[tuple[float | str, Path, str | None]]:
    """The values that the study gives a variable, the one that applies last: text, path, unit of a bare number."""
    found: list[tuple[float | str, Path, str | None]] = []
    spec = study.variables[name]
    if spec.base is not None:
        found.append((spec.base, ("variables", name, "base"), spec.unit))
    if name in study.design:
        found.append((study.design[name], ("design", name), None))
    return found


def variable_settings(study: ResolvedStudy, stated: Mapping[str, float]) -> dict[str, Setting]:
    """The settings of variables, other than of presets: stated base values, and what equations of variables compute."""
    found: dict[str, Setting] = {}
    for v in study.resolved_variables:
        if v.labels:
            continue
        parameter = parameter_of(study.arch, v.name)
        if v.name in stated:
            found[v.name] = Setting(v.name, stated[v.name], parameter.unit, STUDY, parameter)
        elif v.name not in study.given_settings:
            given = {name: setting.value for name, setting in {**study.given_settings, **found}.items()}
            value = float(study.arch.model.evaluate(given, [v.name])[v.name])
            found[v.name] = Setting(v.name, value, parameter.unit, COMPUTED_BASE, parameter)
    return found


def base_values(study: ResolvedStudy) -> dict[str, float]:
    """The base design: a value for each variable, except a preset variable of which it has none of the presets."""
    values: dict[str, float] = dict(study.stated_base)
    for v in study.resolved_variables:
        if v.name not in values:
            value = base_choice(v, study.arch, study.base_settings) if v.labels else study.settings[v.name].value
            if value is not None:
                values[v.name] = float(value)  # type: ignore[arg-type]  # no variable is a vector
    return values


def design_texts(study: ResolvedStudy, values: Mapping[str, float]) -> dict[str, str]:
    """Write values in SI and USD, of variables or parameters, as entries of ``design``, without loss of digits."""
    variables = {v.name: v for v in study.resolved_variables}
    texts = {}
    for name, value in values.items():
        if name in variables and variables[name].labels:
            texts[name] = variables[name].labels[round(value)]
        else:
            texts[name] = f"{float(value)!r} {si_unit(quantity_unit(study.arch, name))}"
    return texts
