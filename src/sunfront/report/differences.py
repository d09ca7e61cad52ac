"""Differences between runs: their labels, the studies' entries and the assumptions that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunfront.library.parameters import parse_yaml
from sunfront.runs.plan_record import PlanRecord
from sunfront.runs.record import RunRecord
from sunfront.runs.run import Run
from sunfront.runs.settings import StoredSetting, read_settings


@dataclass(frozen=True)
class Difference:
    """An entry of a study, or an assumption, that differs between runs.

    Attributes:
        values: Its value in each run as text, ``-`` where a run has none.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Differences:
    """What differs between runs.

    Attributes:
        studies: Entries of the studies, parameters apart.
        assumptions: Assumptions that at least two runs have; a run whose equation or variable gives one has it too.
        unshared: By label of a run, assumptions that no other run has, each as ``name = value``.
    """

    studies: list[Difference]
    assumptions: list[Difference]
    unshared: dict[str, list[str]]


def run_labels(runs: Sequence[Run]) -> list[str]:
    """A label for each run: its title, with the engine and the run id where the title alone is ambiguous."""
    return labels([(run.results.record, run.folder) for run in runs])


def labels(runs: Sequence[tuple[RunRecord | PlanRecord, Path]]) -> list[str]:
    """As ``run_labels``, of records in folders."""
    found = [record.title for record, _ in runs]
    for suffixes in ([record.engine.name for record, _ in runs], [folder.name for _, folder in runs]):
        pairs = list(zip(found, suffixes, strict=True))
        found = [f"{label} {suffix}" if found.count(label) > 1 else label for label, suffix in pairs]
    return found


def find_differences(runs: Sequence[Run]) -> Differences:
    """Compare the studies and the assumptions of runs."""
    studies = [parse_yaml((run.folder / "study.yaml").read_text("utf-8")) for run in runs]
    settings = [read_settings(run.folder) for run in runs]
    entries = find_entries([{key: study[key] for key in study if key != "parameters"} for study in studies])
    names = dict.fromkeys(name for given in settings for name in given)
    texts = {name: [_value_text(name, *each) for each in zip(settings, runs, strict=True)] for name in names}
    owners = {name: [i for i, text in enumerate(found) if text is not None] for name, found in texts.items()}
    assumptions = [
        Difference(name, tuple(text or "-" for text in texts[name])) for name in names if len(owners[name]) > 1
    ]
    unshared = {
        label: [f"{name} = {settings[i][name].value}" for name in names if owners[name] == [i] and len(runs) > 1]
        for i, label in enumerate(run_labels(runs))
    }
    return Differences(
        entries,
        [assumption for assumption in assumptions if len(set(assumption.values)) > 1],
        unshared,
    )


def find_entries(studies: Sequence[Mapping[str, Any]], above: str = "") -> list[Difference]:
    """Compare the entries of studies, of parts that all have key by key.

    Args:
        above: Keys above, each followed by a dot.
    """
    found = []
    for key in dict.fromkeys(key for study in studies for key in study):
        values = [study.get(key) for study in studies]
        parts = [value for value in values if isinstance(value, dict)]
        if len(parts) == len(values) and len({part.get("name") for part in parts}) == 1:  # not of unlike engines
            found += find_entries(parts, f"{above}{key}.")
        elif len(set(texts := tuple(map(_entry_text, values)))) > 1:
            found.append(Difference(f"{above}{key}", texts))
    return found


def _value_text(name: str, given: Mapping[str, StoredSetting], run: Run) -> str | None:
    """An assumption as text: its value, or what gives it in this run; None if the run has no such quantity."""
    if name in given:
        return given[name].value
    if name in run.study.variables:
        return "variable"
    return "computed" if name in run.study.problem_arch.model else None


def _entry_text(value: Any) -> str:
    """An entry of a study file on one line."""
    if value is None or value in ([], {}, ""):
        return "-"
    if isinstance(value, dict) and "values" in value:  # an own preset; its values are among the assumptions
        return f"{value['name']} (of the study)"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_entry_text(inner)}" for key, inner in value.items())
    return "; ".join(map(_entry_text, value)) if isinstance(value, list) else str(value)
