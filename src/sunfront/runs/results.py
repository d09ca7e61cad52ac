"""The results of a run: its table of designs, its Pareto front, and its record."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.display import NONE, format_scaled, html_table, words
from sunfront.engines.sensitivity import methods
from sunfront.errors import UnknownName, UserError
from sunfront.problem import decisions
from sunfront.problem.answer import Status
from sunfront.problem.criteria import Constraint, Objective, split_comparison
from sunfront.problem.front import non_dominated
from sunfront.problem.preference import Order
from sunfront.problem.table import DesignTable
from sunfront.problem.variables import TOLERANCE
from sunfront.runs.csv_table import write_csv_table
from sunfront.runs.files import REPORT, TABLE, check_files, replacing
from sunfront.runs.record import RunRecord
from sunfront.runs.sealed import REPAIR
from sunfront.units import parse, unit, unit_label

if TYPE_CHECKING:
    import pandas as pd

    from sunfront.cash_flow.table import Period

#: Why the design that an order of objectives chooses is suggested.
IN_ORDER = "best in the order of the objectives"


@dataclass(frozen=True, repr=False)
class Results:
    """A finished run.

    Attributes:
        designs: The table of designs, one row each, in SI and USD; ``designs.attrs["units"]`` holds the display units.
            The column of a preset variable holds numbers of choices; ``labels`` names them.
        record: Status, gap, certificate, versions, seed, hashes, timings; ``run.json`` holds it.
        folder: The run folder; None before it is stored.
        loaded: The run was finished already, and was not computed again.
        interrupted: A signal such as Ctrl-C came while the run was computed.
        shown_in: By display unit, the unit shown in its place. What is written does not depend on it.
    """

    designs: pd.DataFrame
    record: RunRecord
    folder: Path | None = None
    loaded: bool = False
    interrupted: bool = False
    shown_in: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        counts = f"{len(self._front)} of {len(self.designs)} designs on the front"
        return f"<Results of {self.record.title}: {self.status}, {counts}>"

    def _repr_html_(self) -> str:
        """The front as a notebook table, with the suggested designs marked and the path of the report."""
        names = [*(o.name for o in self.objectives), *self.record.variables]
        marks: dict[int, list[str]] = {}
        for what, row in self.suggestions.items():
            marks.setdefault(row, []).append(what)
        rows = [
            [*(self.front_text(name, i) for name in names), ", ".join(marks.get(i, []))]
            for i in range(len(self._front))
        ]
        page = f"<p>report: {escape(str(self.folder / REPORT))}</p>" if self.folder else ""
        return f"<p>{escape(repr(self)[1:-1])}</p>{html_table((*map(words, names), ''), rows)}{page}"

    @property
    def status(self) -> Status:
        """``proved``, ``best found``, ``none found``, ``infeasible`` or ``stopped``."""
        return self.record.status

    @property
    def kind(self) -> Literal["sensitivity", "evaluation", "optimum", "front"]:
        """The kind of answer: sensitivity at one design, the base design alone, one objective, or several."""
        if self.record.sensitivity is not None:
            return "sensitivity"
        if not self.record.variables:
            return "evaluation"
        return "optimum" if len(self.objectives) == 1 else "front"

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives of the study."""
        return self.record.objectives

    @property
    def units(self) -> Mapping[str, str]:
        """Display unit of each column."""
        return {name: self.shown_in.get(display_unit, display_unit) for name, display_unit in self.record.units.items()}

    @property
    def labels(self) -> Mapping[str, Sequence[str]]:
        """Choices of each preset variable; its column holds their numbers, from 0."""
        return self.record.labels

    def text(self, name: str, value: float) -> str:
        """A value of a column (SI and USD) as text: with a fitting unit, or as the label of a choice."""
        if name in self.labels:
            return self.labels[name][round(value)]
        return NONE if math.isinf(value) else format_scaled(value, self.units[name])

    def front_text(self, name: str, row: int) -> str:
        """A value of a design of the front as text; empty if the variable means nothing there."""
        if self.is_empty(name, self._front)[row]:
            return ""
        return self.text(name, float(self._front[name].iloc[row]))

    @cached_property
    def table(self) -> DesignTable:
        """The designs in the form that another study can start from."""
        columns = {name: self.designs[name].to_numpy(float) for name in self.designs}
        first = self.main_suggestion if self.suggestions else ""
        return DesignTable(columns, self.record.variables, self.labels, self.front_rows, self.named, first)

    @cached_property
    def on_front(self) -> NDArray[np.bool_]:
        """Which designs are non-dominated, array (designs,); of equal designs, the first."""
        scores = self._scores(self.designs)
        return non_dominated(scores) if len(scores) else np.zeros(0, dtype=bool)

    @cached_property
    def front_rows(self) -> NDArray[np.intp]:
        """Rows of the front in the table of designs, the best in the first objective first."""
        rows = np.flatnonzero(self.on_front)
        first = self._scores(self.designs)[rows, 0]
        order: NDArray[np.intp] = rows[np.argsort(-first, kind="stable")]
        return order

    @property
    def front(self) -> pd.DataFrame:
        """The front as a table in SI and USD, the best in the first objective first; a copy, which may be changed."""
        return self._front.copy()

    @cached_property
    def _front(self) -> pd.DataFrame:
        front = self.designs.iloc[self.front_rows].reset_index(drop=True)
        front.attrs = dict(self.designs.attrs)
        return front

    @property
    def scores(self) -> Array:
        """The scores of the front, array (designs on the front, objectives); higher is better."""
        return self._scores(self._front)

    def _scores(self, designs: pd.DataFrame) -> Array:
        return np.stack([o.sign * designs[o.name].to_numpy(float) for o in self.objectives], axis=1)

    @property
    def suggestions(self) -> Mapping[str, int]:
        """Designs to look at first, as row in the front by reason, such as ``knee``. Empty if there is no front.

        Knee and compromise are those of the preferred part of the front; of objectives in an order it is the choice.
        """
        if self._front.empty:
            return {}
        scores, preference = self.scores, self.record.preference
        found = {str(o): int(scores[:, i].argmax()) for i, o in enumerate(self.objectives)}
        if isinstance(preference, Order):
            found[IN_ORDER] = preference.choose(scores)
        elif len(self.objectives) > 1:
            rows = np.arange(len(scores))
            if preference is not None and (inside := preference.contains(scores)).any():
                rows = np.flatnonzero(inside)
            bend = decisions.knee(scores[rows])
            found |= {} if bend is None else {"knee": int(rows[bend])}
            found["nearest to the ideal"] = int(rows[decisions.compromise(scores[rows])])
        return found

    @property
    def main_suggestion(self) -> str:
        """The design to look at first, as a key of ``suggestions``, which must not be empty.

        It is the one that an order of objectives chooses, else the knee, else the best in the first objective.
        """
        found = self.suggestions
        return next(reason for reason in (IN_ORDER, "knee", *found) if reason in found)

    def reasons_for(self, row: int) -> list[str]:
        """Why a design of the front is suggested: the keys of ``suggestions`` with its row."""
        return [reason for reason, of in self.suggestions.items() if of == row]

    @property
    def named(self) -> Mapping[str, int]:
        """Rows in the front by name: the keys of ``suggestions``, and each objective for the design best in it."""
        best = {o.name: row for o, row in zip(self.objectives, self.suggestions.values(), strict=False)}
        return {**best, **self.suggestions}

    def filtered(self, *constraints: str) -> pd.DataFrame:
        """The designs of the front that meet further constraints, such as ``"node_mass <= 3 t"``; SI and USD.

        As in the verification, what misses a limit by no more than an engine's tolerance meets it.

        Raises:
            UserError: A constraint cannot be parsed, or its column or unit is unknown.
        """
        met = self._front
        for text in constraints:
            name, sense, value = split_comparison(text)
            if name not in self.units:
                raise UnknownName(name, "column", self.units)
            if name in self.labels:
                raise UserError(f"{name} has no order; choose among {', '.join(self.labels[name])} in the table")
            asked = Constraint(name, sense, parse(value, self.units[name], name), self.units[name])
            if not any(asked.is_implied_by(each) for each in self.record.constraints):
                values = met[name].to_numpy(float)
                sizes = np.where(np.isfinite(values), np.abs(values), 0.0)
                scale = np.maximum(sizes, abs(asked.limit) or asked.scale(self.designs[name].to_numpy(float)))
                met = met[asked.violation(values) <= TOLERANCE * scale]
        return met.reset_index(drop=True)

    def is_empty(self, name: str, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """In which designs of a table a variable means nothing, array (designs,)."""
        empty = np.zeros(len(frame), dtype=bool)
        for c in self.record.conditions:
            if c.variable == name:
                empty = ~c.holds(frame[c.quantity].to_numpy(float))
        return empty

    def readable(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table of designs in display units, with labels, for printing and CSV; without values that mean nothing."""
        shown = frame.copy()
        for name in shown.columns:
            if name in self.labels:
                shown[name] = [self.text(name, number) for number in shown[name]]
            else:
                shown[name] = unit(self.units[name]).from_si(shown[name])
            if (empty := self.is_empty(name, frame)).any():
                shown[name] = shown[name].mask(empty)
        return shown

    def cashflow(self, row: int | str | None = None, period: Period = "year") -> pd.DataFrame:
        """The cash flow of a design of the front in USD, by year or by quarter from the decision on.

        Args:
            row: Row in ``front``, from 0, or a name: see ``named``; None for the design to look at first.
            period: ``year`` or ``quarter``.

        Returns:
            A row for each period, numbered from 1; a column for each element, what is paid being negative; then
            ``net``, ``cumulative``, ``discounted`` and ``cumulative_discounted``. ``attrs["units"]`` holds the display
            units.

        Raises:
            UserError: There is no such design, the period is unknown, or the run is not stored.
            Unverified: The table does not add up to the closed forms, as where the study gives one of them.
        """
        from sunfront.runs.run import open_run

        return open_run(self).cash_flow(row, period).to_frame()

    def plot(self, name: str = "front") -> Any:
        """Draw one figure of the run, as ``sunfront plot`` does: ``front``, ``map``, ``ground``, ``cashflow``, ...

        Returns:
            A matplotlib figure, which a notebook shows.

        Raises:
            UserError: No figure has this name, the run has no data for it, or the run is not stored.
        """
        from sunfront.report.figures import plot

        return plot(self, name)

    def write_table(self, folder: Path) -> None:
        """Write ``designs.parquet``, in SI and USD."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(self.designs, preserve_index=False)
        notes = {
            "units": json.dumps(dict(self.record.units)),
            "values": "SI and USD",
            "labels": json.dumps(dict(self.labels)),
        }
        with (folder / TABLE).open("wb") as file:  # pyarrow takes no path that is not UTF-8
            pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **notes}), file)

    def write_csv(self, folder: Path) -> None:
        """Write ``front.csv`` in display units, which the heads of its columns name.

        A sensitivity run also gets ``sensitivity.csv``, in display units.
        """
        import pandas as pd

        shown = replace(self, shown_in={}).readable(self._front)
        with replacing(folder / "front.csv") as path:
            write_csv_table(path, shown, (unit_label(self.record.units[name]) for name in shown.columns))
        if self.record.sensitivity is not None:
            rows = methods.display_rows(self.record.sensitivity)
            with replacing(folder / "sensitivity.csv") as path:
                pd.DataFrame(rows).to_csv(path, index=False, float_format="%.9g", lineterminator="\n")

    def check_csv(self) -> None:
        """Check that the tables for reading are those of the results.

        Raises:
            UserError: One is missing, cannot be read, or was changed.
        """
        assert self.folder is not None
        with tempfile.TemporaryDirectory() as place:
            self.write_csv(Path(place))
            for written in sorted(Path(place).iterdir()):
                path = self.folder / written.name
                try:
                    same = path.read_bytes() == written.read_bytes()
                except OSError as error:
                    raise UserError(f"{path} cannot be read: {error.strerror}; `sunfront report` writes it") from None
                if not same:
                    raise UserError(f"{path} was changed after the run was stored; `sunfront report` writes it again")

    @classmethod
    def load(cls, folder: str | Path) -> Results:
        """Read a run folder.

        Raises:
            UserError: The folder is no finished run, is damaged, or has another format.
        """
        import pandas as pd

        folder = Path(folder)
        record = RunRecord.read(folder)
        check_files(folder, record.files)
        table = folder / TABLE
        try:
            with table.open("rb") as file:
                designs = pd.read_parquet(file)
        except (ValueError, OSError, NotImplementedError) as error:
            raise UserError(f"{table} cannot be read: {error}; {REPAIR}") from None
        wanted = {*(o.name for o in record.objectives), *record.variables}
        for name in [*sorted(wanted - {*designs.columns}), *sorted({*designs.columns} ^ record.units.keys())]:
            raise UserError(f"{table} does not belong to the run: {name} is in one of the two only; {REPAIR}")
        for name in designs.columns:
            if designs[name].dtype.kind not in "fiub":
                raise UserError(f"{table} is damaged: {name} holds no numbers; {REPAIR}")
        designs.attrs["units"] = dict(record.units)
        return cls(designs, record, folder)
