"""Differences between runs: their labels, the studies' entries and the assumptions that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sunfront.library.parameters import parse_yaml
from sunfront.runs.run import Run
from sunfront.runs.settings import read_settings


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
        assumptions: Assumptions that at least two runs have.
        unshared: By label of a run, assumptions that no other run has, each as ``name = value``.
    """

    studies: list[Difference]
    assumptions: list[Difference]
    unshared: dict[str, list[str]]


def run_labels(runs: Sequence[Run]) -> list[str]:
    """A label for each run: its title, with the engine and the run id where the title alone is ambiguous."""
    labels = [run.results.record.title for run in runs]
    for suffixes in ([run.results.record.engine.name for run in runs], [run.folder.name for run in runs]):
        pairs = list(zip(labels, suffixes, strict=True))
        labels = [f"{label} {suffix}" if labels.count(label) > 1 else label for label, suffix in pairs]
    return labels


def find_differences(runs: Sequence[Run]) -> Differences:
    """Compare the studies and the assumptions of runs."""
    studies = [parse_yaml((run.folder / "study.yaml").read_text("utf-8")) for run in runs]
    settings = [read_settings(run.folder) for run in runs]
    keys = dict.fromkeys(key for study in studies for key in study if key != "parameters")
    entries = [Difference(key, tuple(_entry_text(study.get(key)) for study in studies)) for key in keys]
    names = dict.fromkeys(name for given in settings for name in given)
    owners = {name: [i for i, given in enumerate(settings) if name in given] for name in names}
    assumptions = [
        Difference(name, tuple(given[name].value if name in given else "-" for given in settings))
        for name in names
        if len(owners[name]) > 1
    ]
    unshared = {
        label: [f"{name} = {settings[i][name].value}" for name in names if owners[name] == [i] and len(runs) > 1]
        for i, label in enumerate(run_labels(runs))
    }
    return Differences(
        [entry for entry in entries if len(set(entry.values)) > 1],
        [assumption for assumption in assumptions if len(set(assumption.values)) > 1],
        unshared,
    )


def _entry_text(value: Any) -> str:
    """An entry of a study file on one line."""
    if value is None:
        return "-"
    if isinstance(value, dict) and "values" in value:  # an own preset; its values are among the assumptions
        return f"{value['name']} (of the study)"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_entry_text(inner)}" for key, inner in value.items())
    return "; ".join(map(_entry_text, value)) if isinstance(value, list) else str(value)
