"""Run a plan, store what is found, and open it again; what is shown is always simulated anew."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunfront.display import format_scaled
from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.cluster import cluster_at
from sunfront.engines.plan import engine
from sunfront.engines.plan.engine import PlanAnswer, PlanPoint
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import SolverFailure, Unverified, UserError
from sunfront.problem.certificate import Gap
from sunfront.problem.plan import as_json, from_json
from sunfront.runs.files import LIBRARIES, STUDY, check_files, has_report, hashes
from sunfront.runs.folder import (
    copy_libraries,
    earlier_is_kept,
    put_in_place,
    remove_work_folders,
    saying_where,
    write_yaml,
    writing,
)
from sunfront.runs.folder import draw as draw_into
from sunfront.runs.plan_record import PLAN_FILE, PlanRecord, is_older
from sunfront.runs.sealed import REPAIR
from sunfront.runs.signals import stop_signals
from sunfront.study.plan_study import PlanStudy

if TYPE_CHECKING:
    import pandas as pd

    from sunfront.problem.answer import Status
    from sunfront.runs.plan_robustness import RobustRecord

#: Packages whose versions may change an answer; part of the run id.
PACKAGES = ("sunfront", "numpy", "scipy", "pyomo", "highspy")

#: Relative tolerance between stored and simulated values: rounding only.
ROUNDING = 1e-9

#: Called with a run, to write tables, figures and the page into its folder.
Draw = Callable[["PlanRun"], None]


@dataclass(frozen=True)
class PlanRun:
    """A finished run of a plan, with what becomes of each of its plans.

    Attributes:
        loaded: It was finished before.
        interrupted: A signal came while it was computed.
        shown_in: By display unit, the unit shown in its place. What is written does not depend on it.
    """

    study: PlanStudy
    record: PlanRecord
    points: tuple[PlanPoint, ...]
    folder: Path
    loaded: bool = False
    interrupted: bool = False
    shown_in: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        plans = f"{len(self.points)} plan{'s' * (len(self.points) != 1)}"
        return f"<PlanRun {self.study.title}: {self.record.status}, {plans}>"

    @property
    def status(self) -> Status:
        """``proved``, ``stopped`` or ``infeasible``."""
        return self.record.status

    @cached_property
    def simulator(self) -> Simulator:
        """Simulates plans of the run; what is bought in a period is computed once for all of them."""
        return Simulator(self.study.plan, self.record.periods)

    def unit(self, display_unit: str) -> str:
        """The unit in which values are shown that have a display unit."""
        return self.shown_in.get(display_unit, display_unit)

    def text(self, value: float, display_unit: str) -> str:
        """A value (SI and USD) as text, with a fitting unit."""
        return format_scaled(value, self.unit(display_unit))

    def table(self, plan: int = 0) -> pd.DataFrame:
        """A plan of the front by period, see ``period_table``; in display units, which ``attrs["units"]`` holds.

        Raises:
            IndexError: The front has no such plan.
        """
        from sunfront.runs.plan_tables import period_table

        return period_table(self.study.plan, self.points[plan], self.simulator)

    def by_year(self, plan: int = 0) -> pd.DataFrame:
        """A plan of the front by calendar year: sums of what is bought and paid, stocks at the end of the year."""
        from sunfront.runs.plan_tables import year_table

        return year_table(self.table(plan), tuple(s.name for s in self.study.plan.supplies if s.per_time))

    def robustness(
        self, scenarios: int = 200, two_stage: int = 0, seed: int = 0, workers: int = 1, cluster: str = ""
    ) -> RobustRecord:
        """Try the first decisions in scenarios of what is uncertain, as ``plan_robustness.try_plan``."""
        from sunfront.runs.plan_robustness import Asked, try_plan

        return try_plan(self, Asked(scenarios, two_stage, seed), workers=workers, cluster=cluster)


def run_plan(
    study: PlanStudy,
    *,
    output: str | Path = "outputs",
    force: bool = False,
    workers: int = 1,
    cluster: str = "",
    progress: Callable[[float, float, str], None] = lambda *_: None,
    draw: Draw | None = None,
) -> PlanRun:
    """Run a plan and store it in ``output/<plan>/<run id>/``; load the run if it is finished.

    A run that was interrupted, or whose time passed, goes on from what it had proved.

    Args:
        force: Compute even if the run is finished.
        workers: Number of worker processes, for several objectives.
        cluster: As of ``runner.run``.
        draw: Writes tables, figures and the page, once the run is stored. Its failure is a SunfrontWarning.

    Raises:
        Unverified, SolverFailure: The answer cannot be trusted; nothing is stored.
        UserError: The plan is wrong, or its finished run is damaged.
        RunError: The folder cannot be written; another process computes the run; or the run was stopped, and an earlier
            finished run is kept.
        KeyboardInterrupt: The run was interrupted before a plan was found, or while the page was drawn.
    """
    decides = identity(study)
    folder = Path(output) / study.name / decides["run_id"]
    if not force and (stored := _load_finished(folder)) is not None:
        remove_work_folders(folder)
        if draw is not None and not has_report(folder):
            draw_into(folder, partial(draw, stored))
        return stored
    started = time.perf_counter()
    work = folder.with_name(f"{folder.name}.partial")
    with (
        cluster_at(cluster, workers) as scheduler,
        Checkpoint(work, folder.name) as checkpoint,
        stop_signals() as signals,
    ):
        if force:
            checkpoint.clear()
        try:
            with study.placing_errors():
                answer = engine.run(study.plan, study.engine, workers, progress, scheduler, checkpoint.solves)
        except SolverFailure:
            if signals.received:  # a solver that takes an interruption for a failure of its own
                raise KeyboardInterrupt from None
            raise
        with saying_where(folder), signals.held():
            if answer.status == "stopped" and is_finished(folder):
                checkpoint.clear()
                raise earlier_is_kept(folder)
            record = _record(study, answer, decides, time.perf_counter() - started)
            record = _store(study, record, work, folder)
            if answer.status != "stopped":
                checkpoint.clear()
        found = PlanRun(study, record, answer.points, folder, interrupted=signals.received > 0)
        if draw is not None:
            progress(1, 1, "drawing the page")
            with saying_where(folder):
                draw_into(folder, partial(draw, found))
    return found


def load_plan_run(folder: Path, loaded: bool = False) -> PlanRun:
    """Open a finished run of a plan, simulate its plans, and measure again how much may be missing.

    Raises:
        UserError: It is damaged or was changed, or the equations at hand give other values.
    """
    record = PlanRecord.read(folder)
    check_files(folder, record.files, (STUDY,), PLAN_FILE)
    study = PlanStudy.load(folder / STUDY, name=record.study, trust_code=False)
    study._overrides = record.overrides
    try:
        simulator = Simulator(study.plan, record.periods)
        points = tuple(_simulated(study, simulator, stored) for stored in record.points)
        gap = engine.measure(study.plan, points, record.certificate)
    except Unverified as error:
        raise UserError(f"{folder / PLAN_FILE} cannot be confirmed: {error}; {REPAIR}") from None
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{folder / PLAN_FILE} is damaged: {type(error).__name__}: {error}; {REPAIR}") from None
    if fault := _fault(study, record, points, gap):
        raise UserError(f"{folder / PLAN_FILE} {fault}; {REPAIR}")
    return PlanRun(study, record, points, folder, loaded)


def _simulated(study: PlanStudy, simulator: Simulator, stored: Mapping[str, Any]) -> PlanPoint:
    """Simulate a stored plan.

    Raises:
        Unverified: It breaks a limit, or an objective has another value.
        LookupError, TypeError, ValueError, AttributeError: It is no plan of the study.
    """
    decisions = from_json(stored)
    simulation = simulator.simulate(decisions)
    for o, was, now in zip(study.plan.objectives, stored["scores"], simulation.scores, strict=True):
        if was is None and now == -math.inf:  # it has no return
            continue
        size = simulation.turnover if o.goal.kind in ("npv", "peak_funding") else abs(was)
        if not abs(was - now) <= ROUNDING * max(size, 1e-9):
            raise Unverified(f"the equations at hand give {o.name} = {now:.9g}, the run {was:.9g}")
    return PlanPoint(decisions, simulation)


def _fault(study: PlanStudy, record: PlanRecord, points: tuple[PlanPoint, ...], gap: Gap | None) -> str:
    """What of a record contradicts the plan, its points or itself; empty if nothing does."""
    if record.objectives != study.objectives or record.engine != study.engine:
        return f"states other objectives or another engine than {STUDY}"
    if record.status == "infeasible":
        return "calls the plan infeasible, and holds one" if points else ""
    if not points:
        return "holds no plan"
    if (gap is None) != (record.gap is None) or (gap is not None and record.gap and not gap.is_close(record.gap)):
        return "states another gap than its certificate"
    has_return = points[0].simulation.scores[0] > -math.inf
    if (
        record.status == "proved"
        and has_return
        and (gap is None or gap.relative > engine.largest_gap(study.plan, study.engine, points))
    ):
        return "calls the answer proved, but its gap is larger than the plan asks"
    return ""


def _load_finished(folder: Path) -> PlanRun | None:
    """Load the run of a folder; None if there is none, if it was stopped, or if its format is older."""
    if not (folder / PLAN_FILE).exists() or is_older(folder):
        return None
    return None if PlanRecord.read(folder).status == "stopped" else load_plan_run(folder, loaded=True)


def is_finished(folder: Path) -> bool:
    """Whether a folder holds a finished run that can be read."""
    try:
        return _load_finished(folder) is not None
    except UserError:
        return False


def find_plan_run(name: str, output: Path) -> Path | None:
    """The folder of a plan's run, named by its folder, its plan (the newest run without ``--set``) or its run id.

    None if there is none of this name.

    Raises:
        UserError: The only run of this name is damaged; or the start of a run id begins several.
    """
    path = Path(name)
    with suppress(OSError, ValueError):  # what cannot be a path may be a title
        for folder in (path, path.parent):
            if (folder / PLAN_FILE).is_file() and (folder == path or path.is_file()):
                return folder
    known = plan_runs(output)
    of_plan = [each for each in known if each[1].study == path.stem and path.suffix in ("", ".yaml")]
    of_plan.sort(key=lambda each: bool(each[1].overrides))
    found = of_plan or [each for each in known if each[1].title == name]
    if found:
        return found[0][0]
    of_id = [folder for folder, _ in known if name and folder.name.startswith(name)]
    if len(of_id) > 1:
        raise UserError(f"{name} begins several runs: {', '.join(map(str, of_id))}")
    for damaged in () if of_id or not name else sorted(output.glob(f"*/*/{PLAN_FILE}")):
        if damaged.parent.parent.name == path.stem or damaged.parent.name.startswith(name):
            PlanRecord.read(damaged.parent)  # raises: it says why the folder cannot be read
    return of_id[0] if of_id else None


def plan_runs(output: Path) -> list[tuple[Path, PlanRecord]]:
    """The finished runs of plans in a folder of results, the newest first; those that cannot be read are left out."""
    found = []
    for path in output.glob(f"*/*/{PLAN_FILE}"):
        with suppress(UserError):
            found.append((path.parent, PlanRecord.read(path.parent)))
    return sorted(found, key=lambda each: each[1].finished, reverse=True)


def damaged_plan_runs(output: Path) -> list[str]:
    """Why folders of plans cannot be read."""
    found = []
    for path in sorted(output.glob(f"*/*/{PLAN_FILE}")):
        try:
            PlanRecord.read(path.parent)
        except UserError as error:
            found.append(error.message)
    return found


def identity(study: PlanStudy) -> dict[str, Any]:
    """The run id, and the versions that it is made of."""
    versions = {name: version(name) for name in PACKAGES}
    products = {
        p.name: [
            dict(sorted(p.problem.values.items())),
            {eq.name: eq.text for eq in p.problem.model},
            {name: column.tolist() for name, column in p.values.items()},
        ]
        for p in study.plan.products
    }
    libraries = [folder.digest for folder in study.library.folders]
    text = json.dumps([study.as_data(), study.overrides, products, libraries, versions], sort_keys=True, default=float)
    return {"run_id": hashlib.sha256(text.encode()).hexdigest()[:12], "versions": versions}


def _record(study: PlanStudy, answer: PlanAnswer, decides: Mapping[str, Any], seconds: float) -> PlanRecord:
    return PlanRecord(
        study=study.name,
        question=" ".join(study.question.split()),
        overrides=study.overrides,
        **decides,
        status=answer.status,
        engine=study.engine,
        objectives=study.objectives,
        points=tuple(
            {"scores": [None if x == -math.inf else float(x) for x in p.simulation.scores], **as_json(p.decisions)}
            for p in answer.points
        ),
        periods=answer.periods,
        certificate=answer.certificate,
        gap=answer.gap,
        shortages=answer.shortages,
        earlier=answer.earlier,
        prices=answer.prices,
        notes=(*study.notes, *answer.notes),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        seconds=round(seconds, 3),
    )


def _store(study: PlanStudy, record: PlanRecord, work: Path, folder: Path) -> PlanRecord:
    """Write a folder that is complete or absent; return the record with the hashes of its files."""
    with writing(folder):
        staging = Path(tempfile.mkdtemp(prefix="finished.", dir=work))
        staging.chmod(0o755)
        data = study.as_data()
        if study.library.folders:
            data["library"] = [f"./{LIBRARIES}/{each.name}" for each in study.library.folders]
        write_yaml(staging / STUDY, data)
        copy_libraries(study.library, staging / LIBRARIES)
        record = record.model_copy(update={"files": hashes(staging, (STUDY,))})
        record.write(staging)
        put_in_place(staging, folder)
    return record
