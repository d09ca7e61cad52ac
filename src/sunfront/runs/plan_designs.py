"""Load a plan whose products may be designs of finished runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sunfront.errors import UserError
from sunfront.runs.index import find
from sunfront.runs.run import Run
from sunfront.study.base_design import design_texts
from sunfront.study.plan_specs import ALL, Rows
from sunfront.study.plan_study import PlanStudy


def load_plan(
    path: str | Path,
    overrides: Sequence[str] = (),
    *,
    output: str | Path = "outputs",
    trust_code: bool | None = None,
) -> PlanStudy:
    """Read and check the file of a plan; arguments as ``PlanStudy.load``.

    Args:
        output: Folder in which the runs are looked for whose designs are products.

    Raises:
        StudyError: The file is wrong.
        UserError: An override is wrong, or a run cannot be read or has a library that the plan lacks.
    """
    libraries: dict[str, set[str]] = {}

    @cache
    def open_run(name: str) -> Run:
        run = Run.load(find(name, Path(output), designs=True))
        libraries[name] = {folder.digest for folder in run.study.library.folders}
        return run

    @cache
    def read(name: str, rows: Rows) -> Sequence[tuple[int, Mapping[str, Any]]]:
        run = open_run(name)
        return [(row, product_of(run, row)) for row in _numbers(run, rows)]

    study = PlanStudy.load(path, overrides, trust_code=trust_code, designs=read)
    known = {folder.digest for folder in study.library.folders}
    for name, used in libraries.items():
        if used - known:
            raise UserError(f"the run {name} has a library of its own; give the plan the same, under library")
    return study


def _numbers(run: Run, rows: Rows) -> list[int]:
    """Rows of a run's front by number, each once.

    Raises:
        UserError: There is no such design.
    """
    table = run.results.table
    every = range(max(len(table.front), 1)) if rows == ALL else rows
    try:
        found = [table.row(row) for row in (every if isinstance(every, (tuple, range)) else (every,))]
    except UserError as error:
        raise UserError(f"{run.folder}: {error.message}") from None
    numbers = {int(at): number for number, at in enumerate(table.front)}
    return list(dict.fromkeys(numbers[at] for at in found))


def product_of(run: Run, row: int) -> dict[str, Any]:
    """A design of a run's front as a product, in the words of a file: its study with the variables fixed."""
    table = run.results.table
    index = table.row(row)
    values = {name: float(table.columns[name][index]) for name in table.variables}
    study = run.study
    if values:
        study = study.with_values(design_texts(study, values))
    data = study.model_dump(mode="json", include={"presets", "parameters", "design"})
    which = f"design {row} of the run {run.folder.parent.name}/{run.folder.name}"
    return {
        "architecture": study.architecture,
        "presets": data.get("presets", []),
        "parameters": {**data.get("parameters", {}), **data.get("design", {})},
        "note": which,
    }
