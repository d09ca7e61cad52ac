"""A finished run together with its study, so that further quantities can be computed by the numpy model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.table import CashFlow, Period, cash_flow
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NotFinite, Unverified, UserError
from sunfront.library.parameters import parse_yaml
from sunfront.problem.answer import Answer
from sunfront.problem.problem import as_columns
from sunfront.problem.verification import gap_of, verified
from sunfront.runs.design import with_design_of
from sunfront.runs.files import STUDY, TABLE
from sunfront.runs.identity import study_hashes
from sunfront.runs.index import find
from sunfront.runs.record import FILE
from sunfront.runs.results import Results
from sunfront.runs.sealed import REPAIR
from sunfront.study.study import Study

#: Relative tolerance between stored and recomputed values: rounding only.
ROUNDING = 1e-9

#: The engine compares its own scores with the gap, a record those of the numpy model.
GAP_ROUNDING = 1e-6


@dataclass(frozen=True)
class Run:
    """A finished run and its study.

    Attributes:
        folder: The run folder.
    """

    results: Results
    study: Study
    folder: Path

    def evaluate(self, names: Iterable[str]) -> dict[str, Array]:
        """Compute quantities of the designs in the table; for each an array (designs,), SI and USD.

        Raises:
            NotFinite: A quantity is NaN or infinite.
        """
        problem, designs = self.study.problem, self.results.designs
        if not len(designs):
            return {name: np.empty(0) for name in names}
        columns = {v.name: designs[v.name].to_numpy(float) for v in problem.variables}
        return problem.evaluate(columns, tuple(names), may_lack=problem.reported_roots)

    def study_at(self, design: int | str | None = None) -> Study:
        """The study with a design of the front as its base design, to ask break-even or an evaluation of it.

        Args:
            design: Row in ``results.front``, from 0, or a name: see ``results.named``; None for the design to look at
                first.

        Raises:
            UserError: There is no such design.
        """
        return with_design_of(self.study, self.results, design)[0]

    def cash_flow(self, design: int | str | None = None, period: Period = "year") -> CashFlow:
        """The cash-flow table of a design of the front, by year or by quarter.

        Args:
            design: As in ``study_at``.

        Raises:
            UserError: There is no such design, or the model of the study has no such flows.
            Unverified: The table does not add up to the closed forms, as where the study gives one of them.
        """
        table, problem = self.results.table, self.study.problem
        row = table.row(design)
        return cash_flow(problem, {v.name: float(table.columns[v.name][row]) for v in problem.variables}, period)

    @cached_property
    def other_engines(self) -> list[Results]:
        """The newest finished run of each other engine for the same problem, in the same output folder."""
        newest: dict[str, Results] = {}
        mine, record = _problem_data(self.folder), self.results.record
        for path in sorted(self.folder.parent.glob(f"*/{FILE}")):
            try:
                other = Results.load(path.parent)
                same = other.record.hashes["equations"] == record.hashes["equations"]
                if not same or _problem_data(path.parent) != mine or other.front.empty:
                    continue
            except (UserError, OSError):
                continue  # an unreadable folder is not compared
            name = other.record.engine.name
            if name != record.engine.name and (
                name not in newest or newest[name].record.finished < other.record.finished
            ):
                newest[name] = other
        return [newest[name] for name in sorted(newest)]

    @classmethod
    def load(cls, folder: Path, results: Results | None = None, *, trust_code: bool = False) -> Run:
        """Read a run folder and confirm its answer, see ``confirm``.

        Args:
            results: What the folder holds, if it is known already.
            trust_code: Run the Python files of the run's own library; if False, refuse those that are new.

        Raises:
            UserError: It is no finished run, or was computed with other equations or parameters than those at hand.
        """
        results = Results.load(folder) if results is None else results
        study = Study.load(folder / STUDY, name=results.record.study, trust_code=trust_code)
        study._overrides = results.record.overrides  # its file holds the values, but not that --set gave them
        run = cls(results, study, folder)
        run.confirm()
        return run

    def confirm(self) -> None:
        """Compute again what can be: the quantities of every design, the constraints, the gap of a certificate.

        Raises:
            UserError: A stored value is another than that of the equations at hand, or the record is that of another
                study, or contradicts itself.
        """
        problem, designs, record = self.study.problem, self.results.designs, self.results.record
        columns = {name: designs[name].to_numpy(float) for name in designs}
        try:
            again = self.evaluate(name for name in problem.table_columns if name in columns)
        except NotFinite as error:
            raise UserError(f"{self.folder / TABLE} cannot be confirmed: {error}; {REPAIR}") from None
        for name, values in again.items():
            if not np.allclose(columns[name], values, rtol=ROUNDING, atol=0, equal_nan=True):
                raise UserError(
                    f"{self.folder} was computed with other equations or parameters: {name} comes out differently; "
                    f"{REPAIR}"
                )
        if fault := self._fault() or self._wrong_value():
            raise UserError(f"{self.folder / FILE} {fault}; {REPAIR}")
        if not len(designs):
            return
        all_values = None if record.refinement is None else record.refinement.certificate
        try:
            verified(problem, Answer(record.status, {v.name: columns[v.name] for v in problem.variables}))
            gap = None if record.certificate is None else gap_of(problem, columns, record.certificate)
            refined = None if all_values is None else gap_of(problem, columns, all_values)
        except Unverified as error:
            raise UserError(f"{self.folder / TABLE} cannot be confirmed: {error}; {REPAIR}") from None
        stated = None if record.refinement is None else record.refinement.gap
        for own, told, where in ((gap, record.gap, ""), (refined, stated, " over all values")):
            if (own is None) != (told is None) or (own and told and not own.is_close(told)):
                raise UserError(f"{self.folder / FILE} states another gap than its certificate{where}; {REPAIR}")

    def _wrong_value(self) -> str:
        """Which value of a single design, beside those of the table, comes out differently; empty if none does."""
        record, problem = self.results.record, self.study.problem
        said: list[tuple[Mapping[str, float], str, float]] = []
        if (found := record.infeasibility) is not None:
            own = [v for v in found.violations if v.constraint in problem.constraints]
            said += [(found.design, v.constraint.name, v.value) for v in own]
            if any(v.shortfall != v.constraint.violation(v.value) for v in found.violations):
                return "states another distance to a limit than its value has"
        if (refined := record.refinement) is not None:
            said.append((refined.design, refined.objective, refined.refined))
            if (
                refined.certificate is not None
                and problem.objectives[0].sign * refined.refined > refined.certificate.top
            ):
                return "states a design beyond its bounds over all values"
        for design, name, value in said:
            again = problem.evaluate(as_columns(design), [name])[name]
            if not np.allclose(again, value, rtol=ROUNDING, atol=0, equal_nan=True):
                return f"states another {name} than the equations give"
        return ""

    def _fault(self) -> str:
        """What of the record contradicts the study, the table or itself; empty if nothing does."""
        record, problem, count = self.results.record, self.study.problem, len(self.results.designs)
        variables = tuple(v.name for v in problem.variables)
        labels = {v.name: v.labels for v in problem.variables if v.labels}
        units = {name: problem.unit(name) for name in (*variables, *problem.table_columns)}
        if record.hashes["study"] != study_hashes(self.study)["study"]:
            return f"belongs to another study than {STUDY}"
        if (record.objectives, record.constraints) != (problem.objectives, problem.constraints):
            return f"states other objectives or constraints than {STUDY}"
        if (record.variables, record.labels, record.conditions) != (variables, labels, problem.conditions):
            return f"states other variables than {STUDY}"
        if record.preference != problem.preference:
            return f"prefers other designs than {STUDY}"
        if not record.units.items() <= units.items():
            return f"states columns or units that {STUDY} does not give"
        if record.designs.kept != count or (record.status in ("infeasible", "none found") and count):
            return f"states another number of designs than {TABLE} holds"
        if record.status != "proved":
            return ""
        if record.gap is None or record.certificate is None or not count:
            return "calls the answer proved without a certificate"
        if not isinstance(record.engine, PyomoSettings):
            return "calls the answer proved by an engine that proves nothing"
        if record.gap.by(record.engine.measure) > record.engine.gap * (1 + GAP_ROUNDING) + GAP_ROUNDING:
            return "calls the answer proved, but its gap is larger than the study asks"
        return ""


def open_run(run: str | Path | Results, output: str | Path = "outputs", *, trust_code: bool = False) -> Run:
    """Open a finished run; see ``sunfront.open`` and ``sunfront.runs.index.find_among``."""
    if isinstance(run, Results):
        if run.folder is None:
            raise UserError("these results are not stored in a run folder")
        return Run.load(run.folder, run, trust_code=trust_code)
    return Run.load(find(str(run), Path(output)), trust_code=trust_code)


def _problem_data(folder: Path) -> dict[str, Any]:
    """The study file of a run without engine, seed and question."""
    from yaml import YAMLError

    path = folder / STUDY
    try:
        study = parse_yaml(path.read_text("utf-8"))
    except (ValueError, YAMLError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    if not isinstance(study, dict):
        raise UserError(f"{path} is damaged: it holds no study")
    return {key: value for key, value in study.items() if key not in ("engine", "seed", "question")}
