"""Resolve a study, run it, verify the answer, and store it; skip what is already there."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sunfront import engines
from sunfront.display import format_range, format_value
from sunfront.engines import Settings
from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.context import Context, silent
from sunfront.errors import NotFinite, RunError, UserError
from sunfront.library.architectures import quantity_unit
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Certificate, Gap, measure
from sunfront.problem.problem import Problem
from sunfront.problem.table import DesignTable
from sunfront.problem.verification import confirm, verified
from sunfront.runs import sampling_error
from sunfront.runs.folder import Writer, clean, finished, store
from sunfront.runs.record import Counts, RunRecord, Seconds
from sunfront.runs.results import Results
from sunfront.study.study import Study
from sunfront.units import parse

#: What an answer may depend on besides the study.
PACKAGES = ("sunfront", "numpy", "scipy", "pandas", "pyomo", "highspy", "pyscipopt", "optuna", "moocore", "SALib")


def run(
    study: Study,
    *,
    output: str | Path = "outputs",
    force: bool = False,
    workers: int = 1,
    storage: str | None = None,
    progress: Callable[[float, float, str], None] | None = None,
    writers: Sequence[Writer] = (),
) -> Results:
    """Run a study and store it in ``output/<study>/<run id>/``.

    The run id is a hash of all that decides the answer. A finished run of that id is loaded, not computed again.
    An unfinished one is continued from its checkpoint in ``output/<study>/<run id>.partial/``.

    Args:
        force: Compute even so, from the start.
        workers: Processes, for engines that use several.
        storage: Of Optuna: a database's URL, or the path of a journal, on which several processes may work.
        progress: Called with (done, total, text).
        writers: Write figures and the report into the folder.

    Raises:
        Unverified, NotFinite, SolverFailure: The answer cannot be trusted; nothing is stored.
        UserError: There is no writing to ``output``.
        RunError: The folder could not be written; or the run was stopped, and a finished one of before is kept.
    """
    problem = study.problem
    if storage is not None and study.engine.name != "optuna":
        raise UserError(f"--storage is for the engine optuna; this study's is {study.engine.name}")
    decided = identity(study, shared=storage is not None)
    folder = Path(output) / study.name / decided["run_id"]
    if not force and (kept := finished(folder)) is not None:
        clean(folder)
        return replace(kept, loaded=True)
    _check_base(study)
    # Processes that share a storage share the run id, not the workplace.
    workplace = folder.with_name(f"{folder.name}.partial" + (f".{os.getpid()}" if storage else ""))
    with Checkpoint(workplace) as checkpoint:
        if force:
            checkpoint.clear()
        started = time.perf_counter()
        context = Context(
            study.seed,
            workers,
            progress or silent,
            storage,
            f"{study.name}/{folder.name}",
            checkpoint,
            former_designs(study.engine),
        )
        answer = engines.run(problem, study.engine, context)
        if answer.status == "stopped" and finished(folder) is not None:
            checkpoint.clear()
            raise RunError(f"stopped before it was done; the finished run of before is kept in {folder}")
        solved = time.perf_counter()
        results = _results(study, problem, answer, decided)
        seconds = Seconds(engine=round(solved - started, 3), verification=round(time.perf_counter() - solved, 3))
        record = results.record.model_copy(update={"seconds": seconds})
        stored = store(Results(results.designs, record), study, folder, workplace, writers)
        if answer.status != "stopped":
            checkpoint.clear()
    return stored


def identity(study: Study, *, shared: bool = False) -> dict[str, Any]:
    """What decides the answer, and its hash; a search that is shared is another one, which no seed decides."""
    resolved = study.model_dump(mode="json")
    given: dict[str, Any] = {name: [s.value, s.origin] for name, s in sorted(study.settings.items())}
    given |= {v.name: [v.labels, dict(v.preset_values)] for v in study.problem.variables if v.labels}
    equations = {eq.name: eq.text for eq in study.arch.model}
    versions = {name: version(name) for name in PACKAGES}
    arch, uncertain = study.arch, study.problem.uncertainty
    resolved["distributions"] = [str(p) for p in uncertain.parameters] if uncertain else []
    resolved["architecture"] = [arch.name, arch.constraints, arch.metrics, dict(arch.count), dict(arch.amounts)]
    hashes = {
        "study": _hash(resolved),
        "parameters": _hash(given),
        "equations": _hash(equations),
    }
    hashes |= {setting: _hash_of_designs(setting, folder) for setting, folder in study.engine.folders.items()}
    decides = [hashes, versions, "shared"] if shared else [hashes, versions]
    return {"run_id": _hash(decides)[:12], "hashes": hashes, "versions": versions}


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def _hash_of_designs(setting: str, folder: str) -> str:
    """Of the designs of a former run, from which an engine starts."""
    try:
        return hashlib.sha256((Path(folder) / "designs.parquet").read_bytes()).hexdigest()[:16]
    except OSError:
        raise UserError(f"{setting}: {folder} is no finished run, as seen from {Path.cwd()}") from None


def _check_base(study: Study) -> None:
    """A base design that is not a number points at a parameter; say so before an engine meets it."""
    try:
        study.evaluate()
    except NotFinite as error:
        raise NotFinite(f"{error}; look at it with `sunfront evaluate`") from None


def _results(study: Study, problem: Problem, answer: Answer, decided: Mapping[str, Any]) -> Results:
    import pandas as pd

    columns = verified(problem, answer)
    designs = pd.DataFrame(columns)
    units = {name: problem.unit(name) for name in columns}
    designs.attrs["units"] = units
    proved = answer.certificate if len(designs) else None
    record = RunRecord(
        study=study.name,
        question=" ".join(study.question.split()),
        **decided,
        status=answer.status,
        engine=study.engine,
        seed=study.seed,
        objectives=problem.objectives,
        constraints=problem.constraints,
        variables=tuple(v.name for v in problem.variables),
        labels={v.name: v.labels for v in problem.variables if v.labels},
        units=units,
        designs=Counts(evaluated=answer.evaluated, feasible=answer.feasible, kept=len(designs)),
        notes=(*answer.notes, *_doubts(study), *extrapolated(study, answer.designs)),
        gap=None if proved is None else _gap(problem, columns, proved),
        certificate=proved,
        shadow_prices=answer.shadow_prices,
        refinement=answer.refinement,
        infeasibility=answer.infeasibility,
        convergence=answer.convergence,
        summary=answer.summary,
        sensitivity=answer.sensitivity,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        platform=platform.platform(),
    )
    results = Results(designs, record)
    if problem.uncertainty is not None and results.kind != "sensitivity":
        error, notes = sampling_error.of_front(problem, results)
        results = Results(designs, record.model_copy(update={"uncertainty": error, "notes": (*record.notes, *notes)}))
    return results


def _gap(problem: Problem, columns: Mapping[str, Any], certificate: Certificate) -> Gap:
    """The gap of the verified values to the proof; the bound as the quantity reads."""
    gap = measure(problem.scores(columns), certificate, confirm(problem, columns, certificate))
    return gap if gap.bound is None else replace(gap, bound=gap.bound * problem.objectives[0].sign)


def former_designs(settings: Settings) -> dict[str, DesignTable]:
    """The designs of the former runs that an engine starts from, by folder.

    Raises:
        UserError: A folder is no finished run.
    """
    found = {}
    for setting, folder in settings.folders.items():
        try:
            found[folder] = Results.load(folder).table
        except UserError as error:
            raise UserError(f"{setting}: {error.message}", ("engine", setting)) from None
    return found


def _doubts(study: Study) -> list[str]:
    left_out = study.sensitivity_exclusions if study.engine.name == "sensitivity" and not study.uncertain else []
    said = [f"{name} is left out: its value lies outside the range of its sources" for name in left_out]
    return said + study.range_notes


def extrapolated(study: Study, designs: Mapping[str, Any]) -> list[str]:
    """A note for each formula that the designs use beyond the range in which it holds."""
    problem = study.problem
    if problem.variables and not len(next(iter(designs.values()))):
        return []
    notes = []
    for eq in problem.model.order({*problem.values, *designs}, problem.table_quantities):
        for name, limits in eq.valid.items():
            read = quantity_unit(study.arch, name)
            low, high = (parse(limit, read, name) for limit in limits)
            found = problem.evaluate(designs, [name])[name]
            least, most = float(found.min()), float(found.max())
            if least < low * (1 - 1e-9) or most > high * (1 + 1e-9):
                span = format_value(least, read) if least == most else format_range(least, most, read)
                notes.append(
                    f"{eq.name} is used beyond its range: {name} is {span}, it holds from {limits[0]} to {limits[1]}"
                )
    return notes
