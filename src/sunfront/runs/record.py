"""The run record: what ``run.json`` holds, and nothing else reads or writes that file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sunfront.engines import Settings
from sunfront.problem.answer import Status
from sunfront.problem.certificate import Certificate, Gap
from sunfront.problem.conditions import Condition
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.findings import (
    Convergence,
    GroundComparison,
    Lever,
    Refinement,
    RelaxedLimit,
    SamplingError,
    Sensitivity,
    ShadowPrice,
    Summary,
)
from sunfront.problem.infeasibility import Infeasibility
from sunfront.problem.preference import Preference
from sunfront.runs.sealed import format_of, read_sealed, read_stored, write_sealed

#: Rises with every change of the format that an older version cannot read. Runs of format 1 bear no number.
FORMAT = 4

#: The file of a run folder that holds its record.
FILE = "run.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(_Part):
    """Designs evaluated, feasible, and kept in the table; None for a solver, which counts none."""

    evaluated: int | None
    feasible: int | None
    kept: int


class Seconds(_Part):
    """How long the run took."""

    engine: float
    verification: float


def _with_model_hashes(hashes: Mapping[str, str]) -> Mapping[str, str]:
    if missing := {"study", "parameters", "equations"} - hashes.keys():
        raise ValueError(f"no hash of {', '.join(sorted(missing))}")
    return hashes


class RunRecord(_Part):
    """How an answer came about, and what was found beside the designs. Values are SI and USD.

    Attributes:
        format: See FORMAT.
        hashes: Of the study, its parameters, its equations, and of former runs that it starts from.
        versions: Of the packages that decide the answer.
        labels: Choices of each preset variable; its column holds their numbers, from 0.
        conditions: When variables have a meaning, by the columns of the table.
        parts: Quantities of which the objective is a sum.
        preference: What is wanted of several objectives, in scores, if it is not the whole front.
        units: Display unit of each column.
        uncertainty: Of a study with uncertain parameters.
        ground: The accelerators of the suggested designs on the ground.
        relaxed_limit: The limit most worth relaxing, of an exact engine's design to look at first.
        levers: If every design of the front loses money: what would have to change.
        overrides: Values that ``--set`` gave, each as ``name=value``.
        files: Hash of each file that is read back, by its path in the run folder.
        storage: Optuna storage on which the search worked, without its password; empty if none.
    """

    format: int = FORMAT
    study: str
    overrides: tuple[str, ...] = ()
    question: str
    run_id: str
    hashes: Annotated[Mapping[str, str], AfterValidator(_with_model_hashes)]
    versions: Mapping[str, str]
    status: Status
    engine: Settings = Field(discriminator="name")
    seed: int
    objectives: tuple[Objective, ...] = Field(min_length=1)
    constraints: tuple[Constraint, ...]
    variables: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]] = {}
    conditions: tuple[Condition, ...] = Field((), exclude_if=lambda value: not value)
    parts: tuple[str, ...] = Field((), exclude_if=lambda value: not value)
    preference: Preference | None = Field(None, exclude_if=lambda value: value is None)
    units: Mapping[str, str]
    designs: Counts
    notes: tuple[str, ...]
    gap: Gap | None = None
    certificate: Certificate | None = None
    shadow_prices: tuple[ShadowPrice, ...] = ()
    relaxed_limit: RelaxedLimit | None = None
    refinement: Refinement | None = None
    infeasibility: Infeasibility | None = None
    convergence: Convergence | None = None
    summary: Mapping[str, Summary] = {}
    sensitivity: Sensitivity | None = None
    uncertainty: SamplingError | None = None
    ground: GroundComparison = GroundComparison()
    levers: tuple[Lever, ...] = ()
    finished: str
    python: str
    platform: str
    seconds: Seconds = Seconds(engine=0.0, verification=0.0)
    files: Mapping[str, str] = {}
    storage: str = ""

    @property
    def title(self) -> str:
        """Name of the study with the values that ``--set`` gave: ``quickstart [--set altitude=600 km]``."""
        return f"{self.study} [--set {', '.join(self.overrides)}]" if self.overrides else self.study

    def write(self, folder: Path) -> None:
        """Write the record into a run folder, with a seal by which a later change is noticed.

        Raises:
            ValueError: A number is NaN or infinite.
        """
        write_sealed(folder / FILE, self)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record of a run folder.

        Raises:
            UserError: It is not there, cannot be read, was changed, or is of another format.
        """
        return read_sealed(folder / FILE, cls, FORMAT)


def stored_format(folder: Path) -> int:
    """The format number of a run folder's record.

    Raises:
        UserError: It is not there, or cannot be read.
    """
    return format_of(read_stored(folder / FILE))
