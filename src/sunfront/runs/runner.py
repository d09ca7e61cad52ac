"""Run a study: solve it, verify the answer with the numpy model, and store it. A finished run is loaded instead."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sunfront import engines
from sunfront.arrays import Array
from sunfront.display import format_range
from sunfront.engines import Settings
from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.cluster import cluster_at
from sunfront.engines.context import Context, silent
from sunfront.engines.exact.relaxed_limits import find_relaxed_limit
from sunfront.engines.exact.warm_start import bounds_hold
from sunfront.engines.installed import package_version
from sunfront.engines.search.storage import public_name
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NotFinite, SolverFailure, UserError
from sunfront.library.architectures import quantity_unit
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Certificate
from sunfront.problem.findings import Refinement, RelaxedLimit
from sunfront.problem.problem import Problem
from sunfront.problem.table import DesignTable
from sunfront.problem.ties import without_effect
from sunfront.problem.verification import bounded_problem, gap_of, verified
from sunfront.runs.files import TABLE, has_report
from sunfront.runs.folder import (
    Writer,
    earlier_is_kept,
    is_finished,
    load_finished,
    remove_work_folders,
    saying_where,
    staged,
    store,
)
from sunfront.runs.folder import draw as draw_into
from sunfront.runs.ground import compare_suggested
from sunfront.runs.identity import hash_of, study_hashes
from sunfront.runs.index import find
from sunfront.runs.levers import find_levers
from sunfront.runs.losses import loss_notes
from sunfront.runs.record import Counts, RunRecord, Seconds
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run
from sunfront.runs.sampling_error import sampling_error
from sunfront.runs.signals import stop_signals
from sunfront.study.study import Study
from sunfront.units import parse

#: Packages whose versions may change an answer; part of the run id.
PACKAGES = ("sunfront", "numpy", "scipy", "pandas", "pyomo", "highspy", "pyscipopt", "optuna", "moocore", "SALib")


def run(
    study: Study,
    *,
    output: str | Path = "outputs",
    force: bool = False,
    workers: int = 1,
    cluster: str = "",
    storage: str | None = None,
    progress: Callable[[float, float, str], None] | None = None,
    draw: Writer | None = None,
) -> Results:
    """Run a study and store it in ``output/<study>/<run id>/``.

    The run id is a hash of everything that decides the answer. A finished run with that id is loaded, not computed
    again. An unfinished one continues from its checkpoint in ``output/<study>/<run id>.partial/``.

    Args:
        force: Compute even if the run is finished, from the start.
        workers: Number of worker processes, for engines that use several.
        cluster: Address of a dask scheduler whose workers take their place, as ``tcp://host:8786``; or ``local``, which
            starts one on this machine. Engines that use one process ignore it. The answer does not depend on it.
        storage: Optuna storage that several processes may share: the URL of a database, or the path of a journal.
        progress: Called with (done, total, text).
        draw: Writes figures and the report into the folder once it is stored. Its failure is a SunfrontWarning.

    Raises:
        Unverified, NotFinite, SolverFailure: The answer cannot be trusted; nothing is stored.
        UserError: ``output`` cannot be written; or the finished run is damaged; or there is no such cluster.
        RunError: The folder cannot be written; or the run was stopped, and an earlier finished run is kept.
        KeyboardInterrupt: The run was interrupted before there was an answer, or while the report was drawn.
    """
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise UserError(f"workers must be a whole number of at least 1, not {workers!r}")
    problem = study.problem
    if storage is not None and study.engine.name != "optuna":
        raise UserError(f"--storage is for the engine optuna; this study's is {study.engine.name}")
    decides = identity(study, output, storage)
    folder = Path(output) / study.name / decides["run_id"]
    if not force and (stored := load_finished(folder)) is not None:
        Run(stored, study, folder).confirm()
        remove_work_folders(folder)
        if draw is not None and not has_report(folder):
            draw_into(folder, partial(draw, stored, folder))
        return replace(stored, loaded=True)
    if not study.variables:
        _check_base(study)
    notes = _run_notes(study.engine, output)
    # Processes that share a storage have the same run id, but a work folder each.
    work = folder.with_name(f"{folder.name}.partial" + (f".{os.getpid()}" if storage else ""))
    with (
        cluster_at(cluster, workers) as scheduler,
        Checkpoint(work, folder.name) as checkpoint,
        staged(study, work) as staging,
        stop_signals() as signals,
    ):
        if force:
            checkpoint.clear()
        started = time.perf_counter()
        context = Context(
            study.seed,
            workers,
            progress or silent,
            storage,
            f"{study.name}/{_shared_id(decides)}",
            checkpoint,
            former_designs(study.engine, output),
            scheduler,
            _former_bounds(study, output),
        )
        try:
            answer = engines.run(problem, study.engine, context)
            answer = replace(answer, notes=(*answer.notes, *notes))
        except SolverFailure:
            if signals.received:  # a solver that takes an interruption for a failure of its own
                raise KeyboardInterrupt from None
            raise
        with saying_where(folder), signals.held():  # what was computed is stored before anything else
            if answer.status == "stopped" and is_finished(folder):
                checkpoint.clear()
                raise earlier_is_kept(folder)
            solved = time.perf_counter()
            results = _verified_results(study, problem, answer, decides)
            seconds = Seconds(engine=round(solved - started, 3), verification=round(time.perf_counter() - solved, 3))
            record = results.record.model_copy(update={"seconds": seconds})
            stored = store(Results(results.designs, record), staging, folder)
        stored = replace(stored, interrupted=signals.received > 0)
        try:
            if draw is not None:
                with saying_where(folder):
                    draw_into(folder, partial(draw, stored, folder))
        finally:
            if answer.status != "stopped":
                checkpoint.clear()
    return stored


def identity(study: Study, output: str | Path = "outputs", storage: str | None = None) -> dict[str, Any]:
    """The run id, and the hashes, versions and storage that it is made of; the storage without its password.

    Args:
        output: Folder in which the runs that the engine's settings name are looked for.
    """
    hashes = study_hashes(study)
    versions = {name: version(name) for name in PACKAGES} | package_version(study.engine.name)
    hashes |= {
        setting: _hash_of_designs(setting, name, output, study.engine.exact)
        for setting, name in study.engine.folders.items()
    }
    place = "" if storage is None else public_name(storage)
    decides = [hashes, versions, place] if place else [hashes, versions]
    return {"run_id": hash_of(decides)[:12], "hashes": hashes, "versions": versions, "storage": place}


def _shared_id(decides: Mapping[str, Any]) -> str:
    """The part of a run's identity that processes share which reach the same storage by different names."""
    return hash_of([decides["hashes"], decides["versions"], "shared"])[:12]


def _hash_of_designs(setting: str, name: str, output: str | Path, is_proof: bool) -> str:
    """Hash of the designs of a former run from which an engine starts, and of its bounds if the engine proves."""
    try:
        folder = _former_folder(setting, name, output)
        digest = hashlib.sha256((folder / TABLE).read_bytes())
        if is_proof:
            digest.update(repr(Results.load(folder).record.certificate).encode())
        return digest.hexdigest()[:16]
    except OSError as error:
        raise UserError(f"{setting}: {name} cannot be read: {error.strerror}", ("engine", setting)) from None


def _former_folder(setting: str, name: str, output: str | Path) -> Path:
    """The folder of a former run that a setting names."""
    try:
        return find(name, Path(output), designs=True)
    except UserError as error:
        raise UserError(f"{setting}: {error.message} (relative to {Path.cwd()})", ("engine", setting)) from None


def _check_base(study: Study) -> None:
    """Evaluate the base design, so that a parameter that gives NaN is reported by name."""
    try:
        study.base_evaluation  # noqa: B018
    except NotFinite as error:
        raise NotFinite(f"{error}; `sunfront evaluate` shows the base design") from None


def _verified_results(study: Study, problem: Problem, answer: Answer, decides: Mapping[str, Any]) -> Results:
    import pandas as pd

    columns = verified(problem, answer)
    designs = pd.DataFrame(columns)
    units = {name: problem.unit(name) for name in columns}
    designs.attrs["units"] = units
    proved = answer.certificate if len(designs) else None
    record = RunRecord(
        study=study.name,
        overrides=study.overrides,
        question=" ".join(study.question.split()),
        **decides,
        status=answer.status,
        engine=study.engine,
        seed=study.seed,
        objectives=problem.objectives,
        constraints=problem.constraints,
        variables=tuple(v.name for v in problem.variables),
        labels={v.name: v.labels for v in problem.variables if v.labels},
        conditions=problem.conditions,
        parts=tuple(name for name in study.combined.parts if name in units),
        preference=problem.preference,
        units=units,
        designs=Counts(evaluated=answer.evaluated, feasible=answer.feasible, kept=len(designs)),
        notes=(
            *answer.notes,
            *_range_notes(study),
            *extrapolation_notes(study, problem, answer.designs),
            *_root_notes(problem, columns),
        ),
        gap=None if proved is None else gap_of(problem, columns, proved),
        certificate=proved,
        shadow_prices=answer.shadow_prices,
        refinement=_measured(answer.refinement, problem, columns),
        infeasibility=answer.infeasibility,
        convergence=answer.convergence,
        summary=answer.summary,
        sensitivity=answer.sensitivity,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        platform=platform.platform(),
    )
    results = _front_first(Results(designs, record))
    designs, record = results.designs, results.record
    if notes := [*_tie_notes(problem, results), *_loss_notes(problem, results)]:
        results = Results(designs, record := record.model_copy(update={"notes": (*record.notes, *notes)}))
    found = {
        "ground": compare_suggested(study, results),
        "levers": find_levers(study, results),
        "relaxed_limit": _relaxed_limit(study, results),
    }
    results = Results(designs, record := record.model_copy(update=found))
    if problem.uncertainty is not None and results.kind != "sensitivity":
        error, more = sampling_error(problem, results)
        results = Results(designs, record.model_copy(update={"uncertainty": error, "notes": (*record.notes, *more)}))
    return results


def _front_first(results: Results) -> Results:
    """Results whose table of designs begins with the front, so that a design has one number everywhere."""
    front = results.front_rows
    order = np.concatenate([front, np.flatnonzero(~results.on_front)])
    number = np.argsort(order)
    designs = results.designs.iloc[order].reset_index(drop=True)
    prices = tuple(replace(price, design=int(number[price.design])) for price in results.record.shadow_prices)
    return Results(designs, results.record.model_copy(update={"shadow_prices": prices}))


def _measured(refinement: Refinement | None, problem: Problem, columns: Mapping[str, Array]) -> Refinement | None:
    """What the steps of a catalogue cost, with the gap of the designs over all values."""
    if refinement is None or refinement.certificate is None:
        return refinement
    return replace(refinement, gap=gap_of(problem, columns, refinement.certificate))


def _former_bounds(study: Study, output: str | Path) -> Certificate | None:
    """The bounds of the run from which a proof starts, if they hold for the study."""
    if not isinstance(study.engine, PyomoSettings) or study.engine.warm_start is None:
        return None
    try:
        run = open_run(Results.load(_former_folder("warm_start", study.engine.warm_start, output)))
    except UserError:  # code of its library may not run; its designs are used
        return None
    record, now = run.results.record, study_hashes(run.study)
    if not isinstance(record.engine, PyomoSettings) or any(record.hashes.get(of) != now[of] for of in now):
        return None
    refined = None if record.refinement is None else record.refinement.certificate
    for bounds in (record.certificate, refined):
        if bounds is not None and bounded_problem(study.problem, bounds) is study.problem:
            is_refined = bounds is refined
            if bounds_hold(run.study.problem, record.engine, study.problem, study.engine, is_refined):
                return bounds
    return None


def _relaxed_limit(study: Study, results: Results) -> RelaxedLimit | None:
    """The limit most worth relaxing at the design to look at first."""
    if not results.record.shadow_prices or not results.suggestions:
        return None
    first = int(results.front_rows[results.suggestions[results.main_suggestion]])
    design = {v.name: float(results.designs[v.name].iloc[first]) for v in study.problem.variables}
    return find_relaxed_limit(study.problem, design, first)


def former_designs(settings: Settings, output: str | Path = "outputs") -> dict[str, DesignTable]:
    """The designs of the former runs that an engine starts from, by the name that its settings give.

    Raises:
        UserError: There is no such run, or it cannot be read.
    """
    found = {}
    for setting, name in settings.folders.items():
        folder = _former_folder(setting, name, output)
        try:
            found[name] = Results.load(folder).table
        except UserError as error:
            raise UserError(f"{setting}: {error.message}", ("engine", setting)) from None
    return found


def _run_notes(settings: Settings, output: str | Path) -> list[str]:
    """Notes on which run a setting stands for, where it does not name the folder."""
    found = {name: (setting, _former_folder(setting, name, output)) for setting, name in settings.folders.items()}
    return [f"{setting}: {name} is {folder}" for name, (setting, folder) in found.items() if Path(name) != folder]


def _range_notes(study: Study) -> list[str]:
    """Notes on values outside the range of their sources."""
    excluded = study.sensitivity_exclusions if study.engine.name == "sensitivity" and not study.uncertain else []
    notes = [f"{name} is left out: its value lies outside the range of its sources" for name in excluded]
    return notes + study.range_notes


def _tie_notes(problem: Problem, results: Results) -> list[str]:
    """A note on the variables whose values in the suggested designs are arbitrary."""
    front = results.front
    if results.kind not in ("optimum", "front") or front.empty:
        return []
    rows = sorted(set(results.suggestions.values()))
    designs = {v.name: front[v.name].to_numpy(float)[rows] for v in problem.variables}
    if not (found := without_effect(problem, designs)):
        return []
    one = len(found) == 1
    objectives = " or ".join(o.name for o in problem.objectives)
    subject = f"{', '.join(found)} {'does' if one else 'do'} not change {objectives}"
    arbitrary = "its value here is arbitrary" if one else "their values here are arbitrary"
    return [f"{subject}: {arbitrary}, among those that meet every constraint"]


def _loss_notes(problem: Problem, results: Results) -> list[str]:
    """A note on what the losses of a suggested design are worth."""
    front, rows = results.front, dict.fromkeys(results.suggestions.values())
    return loss_notes(problem, ({v.name: float(front[v.name].iloc[row]) for v in problem.variables} for row in rows))


def _root_notes(problem: Problem, columns: Mapping[str, Any]) -> list[str]:
    """A note for each root of the table that some designs lack."""
    notes = []
    for name in sorted(problem.reported_roots):
        if lacking := int(np.isnan(columns[name]).sum()):
            eq = problem.model[name]
            notes.append(f"{name} {eq.invalid_text(np.nan)} in {lacking:,} of {len(columns[name]):,} designs")
    return notes


def extrapolation_notes(study: Study, problem: Problem, designs: Mapping[str, Any]) -> list[str]:
    """A note for each equation that the designs use outside the range in which it is valid."""
    if problem.variables and not len(next(iter(designs.values()))):
        return []
    spans: dict[tuple[str, str, tuple[str, str]], tuple[float, float]] = {}
    for member in problem.members():
        fixed = [v for v in member.variables if v.name in {choice.name for choice in problem.equation_choices}]
        rows = np.logical_and.reduce([designs[v.name] == v.low for v in fixed]) if fixed else slice(None)
        part = {name: np.asarray(column)[rows] for name, column in designs.items()}
        if part and not len(next(iter(part.values()))):
            continue
        for eq in member.model.order({*member.values, *designs}, member.table_quantities):
            for name, limits in eq.valid.items():
                values = member.evaluate(part, [name])[name]
                least, most = spans.get((eq.name, name, limits), (np.inf, -np.inf))
                spans[eq.name, name, limits] = min(least, float(values.min())), max(most, float(values.max()))
    notes = []
    for (equation, name, limits), (least, most) in spans.items():
        display_unit = quantity_unit(study.problem_arch, name)
        low, high = (parse(limit, display_unit, name) for limit in limits)
        if least < low * (1 - 1e-9) or most > high * (1 + 1e-9):
            span, valid = format_range(least, most, display_unit), f"{limits[0]} to {limits[1]}"
            notes.append(f"{equation} is used outside its range: {name} is {span}; it is valid from {valid}")
    return notes
