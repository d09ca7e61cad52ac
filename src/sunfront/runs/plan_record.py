"""The record of a plan's run: what ``plan.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from sunfront.engines.plan.earlier import Earlier
from sunfront.engines.plan.explanation import Shortage
from sunfront.engines.plan.prices import PeriodPrice
from sunfront.engines.plan.settings import PlanSettings
from sunfront.problem.answer import Status
from sunfront.problem.certificate import Certificate, Gap
from sunfront.runs.sealed import format_of, read_sealed, read_stored, write_sealed

#: The file of a folder that holds the record of a plan's run.
PLAN_FILE = "plan.json"

#: Rises with every change of the format that an older version cannot read.
FORMAT = 4


class PlanRecord(BaseModel):
    """How the plans of a run came about. Values are SI and USD.

    Attributes:
        format: See FORMAT.
        points: Scores and decisions of each plan of the front.
        periods: Number of all periods, those after the horizon included.
        shortages, earlier, prices: As ``PlanAnswer``.
        files: Hash of each file that is read back, by its path in the folder.
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
    earlier: tuple[Earlier, ...]
    prices: tuple[PeriodPrice, ...]
    notes: tuple[str, ...]
    finished: str
    python: str
    seconds: float
    files: Mapping[str, str] = {}

    @property
    def title(self) -> str:
        """Name of the plan with the values that ``--set`` gave."""
        return f"{self.study} [--set {', '.join(self.overrides)}]" if self.overrides else self.study

    def write(self, folder: Path) -> None:
        """Write the record into a folder, with a seal by which a later change is noticed."""
        write_sealed(folder / PLAN_FILE, self)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record of a folder.

        Raises:
            UserError: It is not there, is damaged, was changed, or is of another format.
        """
        return read_sealed(folder / PLAN_FILE, cls, FORMAT)


def is_older(folder: Path) -> bool:
    """Whether the record of a folder has a format of an older version.

    Raises:
        UserError: It is not there, or cannot be read.
    """
    return format_of(read_stored(folder / PLAN_FILE)) < FORMAT
