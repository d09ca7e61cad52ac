"""What the model of a run was given, value by value: ``parameters.yaml`` of its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sunfront.library.architectures import quantity_unit
from sunfront.library.parameters import parse_yaml
from sunfront.problem.choices import definition_data, definition_text
from sunfront.runs.files import SETTINGS
from sunfront.study.study import Study

#: Trust of a value that is not a shipped parameter.
GIVEN = "given"


@dataclass(frozen=True)
class StoredSetting:
    """A value that the model was given, as text and as numbers.

    Attributes:
        value: In its display unit; of a preset variable, the value of each choice.
        si: The same in SI and USD.
        origin: Who gave it: the parameters, the architecture, a preset, the study, a preset variable.
        trust: How far it may be relied on.
        error: For a fit, how far it is from its reference.
    """

    value: str
    si: Any
    origin: str
    trust: str
    source: str
    note: str = ""
    error: str = ""


def stored_settings(study: Study) -> dict[str, StoredSetting]:
    """Every value that the model of a study is given, by name; variables are left out."""
    found: dict[str, StoredSetting] = {}
    for name, variable in study.preset_variables.items():
        values = dict(zip(variable.labels, variable.preset_values[name], strict=True))
        unit = quantity_unit(study.problem_arch, name)
        text = ", ".join(f"{label}: {definition_text(value, unit)}" for label, value in values.items())
        si = {label: definition_data(value) for label, value in values.items()}
        found[name] = StoredSetting(text, si, f"variable {variable.name}", GIVEN, "the presets")
    for setting in study.settings.values():
        if setting.name in study.variables or setting.name in study.preset_variables:
            continue
        p = setting.parameter
        found[setting.name] = StoredSetting(
            value=str(setting),
            si=list(setting.value) if isinstance(setting.value, tuple) else setting.value,
            origin=setting.origin,
            trust=setting.trust or GIVEN,
            source=setting.source,
            note=p.note if p else "",
            error=p.error if p else "",
        )
    return found


def settings_as_data(settings: dict[str, StoredSetting]) -> dict[str, dict[str, Any]]:
    """The settings as YAML has them."""
    return {name: asdict(setting) for name, setting in settings.items()}


def read_settings(folder: Path) -> dict[str, StoredSetting]:
    """The settings of a run folder, by name."""
    stored = parse_yaml((folder / SETTINGS).read_text("utf-8"))
    return {name: StoredSetting(**row) for name, row in stored.items()}
