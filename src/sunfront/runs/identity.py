"""What decides an answer, as hashes: they name a run, and bind its record to its study."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

from sunfront.problem.choices import definition_data
from sunfront.study.study import Study


def study_hashes(study: Study) -> dict[str, str]:
    """Hash a study, its parameters, its equations, and its libraries, if it has any."""
    resolved = study.model_dump(mode="json", exclude={"library"})
    if not study.quantities:
        del resolved["quantities"]
    given: dict[str, Any] = {name: [s.value, s.origin] for name, s in sorted(study.settings.items())}
    for v in study.problem.variables:
        if v.labels:
            columns = {name: [definition_data(each) for each in column] for name, column in v.preset_values.items()}
            given[v.name] = [v.labels, columns]
    equations = {eq.name: eq.text for eq in study.problem_arch.model}
    if study.overrides:  # so that a run bears in its name what --set gave, and one from an edited file does not
        resolved["overrides"] = study.overrides
    arch, uncertain = study.arch, study.problem.uncertainty
    resolved["distributions"] = [str(p) for p in uncertain.parameters] if uncertain else []
    resolved["architecture"] = [arch.name, arch.constraints, arch.metrics, dict(arch.count), dict(arch.amounts)]
    hashes = {
        "study": hash_of(_with_numbers(resolved)),
        "parameters": hash_of(given),
        "equations": hash_of(equations),
    }
    if study.library.folders:
        hashes["library"] = hash_of([folder.digest for folder in study.library.folders])
    return hashes


def _with_numbers(data: Any) -> Any:
    """Data with each text that is a number as a number: YAML keeps how it is written, Python does not."""
    if isinstance(data, dict):
        return {key: _with_numbers(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_with_numbers(value) for value in data]
    if isinstance(data, str | int) and not isinstance(data, bool):
        with suppress(ValueError, OverflowError):
            return float(data)
    return data


def hash_of(data: Any) -> str:
    """Hash what JSON can hold."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
