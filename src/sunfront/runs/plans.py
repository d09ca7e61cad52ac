"""Run a plan, store what is found, and open it again; what is shown is always simulated anew."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from sunfront.engines.plan import engine
from sunfront.engines.plan.engine import PlanPoint
from sunfront.engines.plan.explanation import Shortage
from sunfront.engines.plan.prices import PeriodPrice
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import TOLERANCE, Simulator
from sunfront.errors import UserError
from sunfront.problem.answer import Status
from sunfront.problem.certificate import Certificate, Gap
from sunfront.problem.plan import as_json, from_json
from sunfront.runs.files import LIBRARIES, STUDY
from sunfront.runs.folder import copy_libraries, put_in_place, write_yaml, writing
from sunfront.runs.signals import stop_signals
from sunfront.study.plan_study import PlanStudy

if TYPE_CHECKING:
    import pandas as pd

#: The file of a folder that holds the record of a plan's run.
PLAN_FILE = "plan.json"

#: The file of the solves in the folder of an unfinished run, ``<run id>.partial``.
SOLVES = "solves.jsonl"

#: Rises with every change of the format that an older version cannot read.
FORMAT = 1

#: Packages whose versions may change an answer; part of the run id.
PACKAGES = ("sunfront", "numpy", "scipy", "pyomo", "highspy")

#: Called with a run, to write tables, figures and the page into its folder.
Draw = Callable[["PlanRun"], None]


class PlanRecord(BaseModel):
    """How the plans of a run came about. Values are SI and USD.

    Attributes:
        format: See FORMAT.
        points: Scores and decisions of each plan of the front.
        periods: Number of all periods, those after the horizon included.
        shortages, earlier, prices: As ``PlanAnswer``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    study: str
    question: str
    overrides: tuple[str, ...]
    run_id: str
    versions: Mapping[str, str]
    status: Status
    engine: PlanSettings
    objectives: tuple[str, ...]
    points: tuple[Mapping[str, Any], ...]
    periods: int
    certificate: Certificate | None
    gap: Gap | None
    shortages: tuple[Shortage, ...]
    earlier: tuple[Shortage, ...]
    prices: tuple[PeriodPrice, ...]
    notes: tuple[str, ...]
    finished: str
    python: str
    seconds: float

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record of a folder.

        Raises:
            UserError: It is not there, is damaged, or is of another format.
        """
        path = folder / PLAN_FILE
        try:
            stored = json.loads(path.read_text("utf-8"))
            if stored.get("format") != FORMAT:
                raise UserError(f"{folder} was written by another version of sunfront; run the plan again")
            return cls.model_validate(stored)
        except FileNotFoundError:
            raise UserError(f"{folder} is no finished run of a plan: {PLAN_FILE} is missing") from None
        except (ValueError, OSError, AttributeError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path} cannot be read: {reason}; run the plan again with --force") from None


@dataclass(frozen=True)
class PlanRun:
    """A finished run of a plan, with what becomes of each of its plans.

    Attributes:
        loaded: It was finished before.
    """

    study: PlanStudy
    record: PlanRecord
    points: tuple[PlanPoint, ...]
    folder: Path
    loaded: bool = False

    def __repr__(self) -> str:
        plans = f"{len(self.points)} plan{'s' * (len(self.points) != 1)}"
        return f"<PlanRun {self.study.title}: {self.record.status}, {plans}>"

    @property
    def status(self) -> Status:
        """``proved``, ``stopped`` or ``infeasible``."""
        return self.record.status

    def table(self, plan: int = 0) -> pd.DataFrame:
        """A plan of the front by period, see ``period_table``; in display units, which ``attrs["units"]`` holds.

        Raises:
            IndexError: The front has no such plan.
        """
        from sunfront.runs.plan_tables import period_table

        return period_table(self.study.plan, self.points[plan], Simulator(self.study.plan, self.record.periods))

    def by_year(self, plan: int = 0) -> pd.DataFrame:
        """A plan of the front by calendar year: sums of what is bought and paid, stocks at the end of the year."""
        from sunfront.runs.plan_tables import year_table

        return year_table(self.table(plan), tuple(s.name for s in self.study.plan.supplies if s.per_time))


def run_plan(
    study: PlanStudy,
    *,
    output: str | Path = "outputs",
    force: bool = False,
    workers: int = 1,
    progress: Callable[[float, float, str], None] = lambda *_: None,
    draw: Draw | None = None,
) -> PlanRun:
    """Run a plan and store it in ``output/<plan>/<run id>/``; load the run if it is finished.

    A run that was interrupted, or whose time passed, goes on from what it had proved.

    Args:
        force: Compute even if the run is finished.
        workers: Number of worker processes, for several objectives.
        draw: Writes tables, figures and the page.

    Raises:
        Unverified, SolverFailure: The answer cannot be trusted; nothing is stored.
        UserError: The plan is wrong, or its finished run is damaged.
        RunError: The folder cannot be written.
    """
    decides = _identity(study)
    folder = Path(output) / study.name / decides["run_id"]
    if not force and (folder / PLAN_FILE).is_file() and PlanRecord.read(folder).status != "stopped":
        return load_plan_run(folder, loaded=True)
    work = folder.with_name(f"{folder.name}.partial")
    if force:
        shutil.rmtree(work, ignore_errors=True)
    started = time.perf_counter()
    with stop_signals() as signals:
        answer = engine.run(study.plan, study.engine, workers, progress, work / SOLVES)
        with signals.held():
            record = PlanRecord(
                study=study.name,
                question=" ".join(study.question.split()),
                overrides=study.overrides,
                **decides,
                status=answer.status,
                engine=study.engine,
                objectives=study.objectives,
                points=tuple(
                    {"scores": [float(x) for x in p.simulation.scores], **as_json(p.decisions)} for p in answer.points
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
                seconds=round(time.perf_counter() - started, 3),
            )
            _store(study, record, folder)
            if answer.status != "stopped":
                shutil.rmtree(work, ignore_errors=True)
    found = PlanRun(study, record, answer.points, folder)
    if draw is not None:
        draw(found)
    return found


def load_plan_run(folder: Path, loaded: bool = False) -> PlanRun:
    """Open a finished run of a plan, and simulate its plans.

    Raises:
        UserError: It is damaged, or the equations at hand give other values.
    """
    record = PlanRecord.read(folder)
    study = PlanStudy.load(folder / STUDY, name=record.study, trust_code=False)
    study._overrides = record.overrides
    simulator = Simulator(study.plan, record.periods)
    points = []
    for stored in record.points:
        decisions = from_json(stored)
        simulation = simulator.simulate(decisions)
        for o, was, now in zip(study.plan.objectives, stored["scores"], simulation.scores, strict=True):
            size = simulation.turnover if o.goal.kind in ("npv", "peak_funding") else abs(was)
            if abs(was - now) > 10 * TOLERANCE * max(size, 1e-9):
                raise UserError(
                    f"{folder}: the equations at hand give {o.name} = {now:.9g}, the run {was:.9g}; run it again"
                )
        points.append(PlanPoint(decisions, simulation))
    return PlanRun(study, record, tuple(points), folder, loaded)


def find_plan_run(name: str, output: Path) -> Path | None:
    """The folder of a plan's run, named by its folder, its plan (the newest run without ``--set``) or its run id.

    None if there is none of this name.
    """
    path = Path(name)
    for folder in (path, path.parent):
        if (folder / PLAN_FILE).is_file() and (folder == path or path.is_file()):
            return folder
    known = plan_runs(output)
    of_study = [each for each in known if each[0].parent.name == path.stem and path.suffix in ("", ".yaml")]
    of_study.sort(key=lambda each: bool(each[1].overrides))
    found = of_study or [each for each in known if name and each[0].name.startswith(name)]
    return found[0][0] if found else None


def plan_runs(output: Path) -> list[tuple[Path, PlanRecord]]:
    """The finished runs of plans in a folder of results, the newest first; those that cannot be read are left out."""
    found = []
    for path in output.glob(f"*/*/{PLAN_FILE}"):
        try:
            found.append((path.parent, PlanRecord.read(path.parent)))
        except UserError:
            continue
    return sorted(found, key=lambda each: each[1].finished, reverse=True)


def _identity(study: PlanStudy) -> dict[str, Any]:
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


def _store(study: PlanStudy, record: PlanRecord, folder: Path) -> None:
    """Write a folder that is complete or absent."""
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent))
        try:
            staging = work / "finished"
            staging.mkdir()
            data = study.as_data()
            if study.library.folders:
                data["library"] = [f"./{LIBRARIES}/{each.name}" for each in study.library.folders]
            write_yaml(staging / STUDY, data)
            copy_libraries(study.library, staging / LIBRARIES)
            text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False)
            (staging / PLAN_FILE).write_text(text + "\n", "utf-8")
            put_in_place(staging, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
