"""Resolve a study, run it, verify the answer, and store it; skip what is already there."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sunfront import confidence, engines
from sunfront.answer import Answer
from sunfront.architectures import SHIPPED, quantity_unit
from sunfront.certificate import Certificate, measure
from sunfront.engines.common import Context, silent
from sunfront.errors import NotFinite, RunError, SunfrontError, UserError
from sunfront.log import Log
from sunfront.problem import Problem
from sunfront.results import Results
from sunfront.study import Study
from sunfront.units import parse, show
from sunfront.verification import confirm, verified

#: Called with the results and the folder being written, before it gets its name.
Writer = Callable[[Results, Path], None]

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
    An unfinished one is continued from its log in ``output/<study>/<run id>.partial/``.

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
    study.engine.check(study.problem)
    if storage is not None and study.engine.name != "optuna":
        raise UserError(f"--storage is for the engine optuna; this study's is {study.engine.name}")
    decided = identity(study, shared=storage is not None)
    folder = Path(output) / study.name / decided["run_id"]
    if not force and (kept := _finished(folder)) is not None:
        _clean(folder)
        return replace(kept, loaded=True)
    problem = study.problem
    _check_base(study)
    # Processes that share a storage share the run id, not the workplace.
    workplace = folder.with_name(f"{folder.name}.partial" + (f".{os.getpid()}" if storage else ""))
    with Log(workplace) as log:
        if force:
            log.clear()
        started = time.perf_counter()
        context = Context(study.seed, workers, progress or silent, storage, f"{study.name}/{folder.name}", log)
        answer = engines.run(problem, study.engine, context)
        if answer.status == "stopped" and _finished(folder) is not None:
            log.clear()
            raise RunError(f"stopped before it was done; the finished run of before is kept in {folder}")
        solved = time.perf_counter()
        results = _results(study, problem, answer, decided)
        record = {
            **results.record,
            "seconds": {
                "engine": round(solved - started, 3),
                "verification": round(time.perf_counter() - solved, 3),
            },
        }
        stored = _store(Results(results.designs, record), study, folder, workplace, writers)
        if answer.status != "stopped":
            log.clear()
    return stored


def _finished(folder: Path) -> Results | None:
    """The run of a folder; None if there is none, or if it was stopped."""
    if not (folder / "run.json").is_file():
        return None
    kept = Results.load(folder)
    return kept if kept.status != "stopped" else None


def _clean(folder: Path) -> None:
    """Remove the workplaces of a finished run that a killed process left, not those in use."""
    for workplace in folder.parent.glob(f"{folder.name}.partial*"):
        with suppress(SunfrontError), Log(workplace) as log:
            log.clear()


def identity(study: Study, *, shared: bool = False) -> dict[str, Any]:
    """What decides the answer, and its hash; a search that is shared is another one, which no seed decides."""
    resolved = study.model_dump(mode="json")
    given: dict[str, Any] = {name: [s.value, s.origin] for name, s in sorted(study.settings.items())}
    given |= {v.name: [v.labels, dict(v.sets)] for v in study.problem.variables if v.labels}
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
    names = {v.name for v in problem.variables}
    record: dict[str, Any] = {
        "study": study.name,
        "question": " ".join(study.question.split()),
        **decided,
        "status": answer.status,
        "engine": study.engine.model_dump(mode="json"),
        "seed": study.seed,
        "objectives": [str(o) for o in problem.objectives],
        "constraints": [str(c) for c in problem.constraints],
        "variables": [name for name in columns if name in names],
        "units": units,
        "designs": {"evaluated": answer.evaluated, "feasible": answer.feasible, "kept": len(designs)},
        "notes": [*answer.notes, *_doubts(study), *extrapolated(study, answer.designs)],
        "gap": None,
        "certificate": None,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **answer.record,
    }
    if labels := {v.name: list(v.labels) for v in problem.variables if v.labels}:
        record["labels"] = labels
    if answer.certificate is not None and len(designs):
        record["gap"] = _gap(problem, columns, answer.certificate)
        record["certificate"] = answer.certificate.record()
    results = Results(designs, record)
    if problem.uncertainty is not None and "sensitivity" not in record:
        sure, notes = confidence.of_front(problem, results)
        record |= {"uncertainty": sure, "notes": [*record["notes"], *notes]}
    return results


def _gap(problem: Problem, columns: Mapping[str, Any], certificate: Certificate) -> dict[str, Any]:
    """The gap of the verified values to the proof; the bound as the quantity reads."""
    noise = confirm(problem, columns, certificate)
    gap = asdict(measure(problem.scores(columns), certificate, noise))
    if gap["bound"] is not None:
        gap["bound"] *= problem.objectives[0].sign
    return gap


def _doubts(study: Study) -> list[str]:
    left_out = study.spread[1] if study.engine.name == "sensitivity" and not study.uncertain else []
    said = [f"{name} is left out: its value lies outside the range of its sources" for name in left_out]
    return said + [
        f"{s.name} = {s} lies outside the range of its sources" for s in study.settings.values() if s.doubtful
    ]


def extrapolated(study: Study, designs: Mapping[str, Any]) -> list[str]:
    """A note for each formula that the designs use beyond the range in which it holds."""
    problem = study.problem
    if problem.variables and not len(next(iter(designs.values()))):
        return []
    notes = []
    for eq in problem.model.order({*problem.values, *designs}, problem.quantities):
        for name, limits in eq.valid.items():
            read = quantity_unit(study.arch, name)
            low, high = (parse(limit, read, name) for limit in limits)
            found = problem.evaluate(designs, [name])[name]
            least, most = float(found.min()), float(found.max())
            if least < low * (1 - 1e-9) or most > high * (1 + 1e-9):
                span = show(least, read) if least == most else f"{show(least, read)} to {show(most, read)}"
                notes.append(
                    f"{eq.name} is used beyond its range: {name} is {span}, it holds from {limits[0]} to {limits[1]}"
                )
    return notes


def _resolved(study: Study) -> dict[str, Any]:
    """The study as a file that runs again, with every setting of its engine written out."""
    data = study.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    data["variables"] = {n: spec.model_dump(mode="json", exclude_unset=True) for n, spec in study.variables.items()}
    return data


def settings_table(study: Study) -> list[dict[str, Any]]:
    """Every value that the model was given: as read, in SI, with its source and who set it."""
    rows: list[dict[str, Any]] = []
    for name, category in study.chosen.items():
        values = dict(zip(category.labels, category.sets[name], strict=True))
        read = quantity_unit(study.arch, name)
        rows.append(
            {
                "name": name,
                "value": ", ".join(f"{label}: {show(value, read, 6)}" for label, value in values.items()),
                "si": values,
                "origin": f"variable {category.name}",
                "status": "given",
                "source": "the presets",
                "note": "",
                "error": "",
            }
        )
    for s in study.settings.values():
        if s.name in study.variables or s.name in study.chosen:
            continue
        p = s.parameter
        rows.append(
            {
                "name": s.name,
                "value": str(s),
                "si": list(s.value) if isinstance(s.value, tuple) else s.value,
                "origin": s.origin,
                "status": p.status if p and s.origin == SHIPPED else "given",
                "source": s.source,
                "note": p.note if p else "",
                "error": p.error if p else "",
            }
        )
    return rows


def _store(results: Results, study: Study, folder: Path, workplace: Path, writers: Sequence[Writer]) -> Results:
    """Write everything in the workplace, then give it its name at once: a run folder is whole or absent."""
    try:
        staging = Path(tempfile.mkdtemp(prefix="finished.", dir=workplace))
    except OSError as error:
        raise RunError(f"cannot write to {workplace}: {error.strerror}") from None
    try:
        staging.chmod(0o755)
        _write_yaml(staging / "study.yaml", _resolved(study))
        _write_yaml(staging / "parameters.yaml", {row.pop("name"): row for row in settings_table(study)})
        results.save(staging)
        for write in writers:
            write(results, staging)
        _name(staging, folder)
    except OSError as error:
        raise RunError(f"cannot write {folder}: {error.strerror}") from None
    finally:
        for leftover in [*workplace.glob("finished.*"), *workplace.glob("former.*")]:
            shutil.rmtree(leftover, ignore_errors=True)
    return Results(results.designs, results.record, folder)


def _name(staging: Path, folder: Path) -> None:
    """Give a whole folder its name; what is there, or what another process stores there meanwhile, gives way."""
    while True:
        if folder.exists():
            with suppress(FileNotFoundError):
                folder.replace(tempfile.mkdtemp(prefix="former.", dir=staging.parent))
        try:
            staging.replace(folder)
            return
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise


def _write_yaml(path: Path, data: Any) -> None:
    import yaml

    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, "utf-8")
