"""What several test files share."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from platform import machine
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "studies"

#: Solvers of nonlinear programs. MAiNGO has wheels for some systems only; where it has, a test fails without it.
NONLINEAR = ["scip", "maingo"] if (sys.platform, machine()) == ("linux", "x86_64") else ["scip"]

#: Seconds of one solve of SCIP or MAiNGO in a test; on a quiet machine none takes a tenth.
LONGEST_SOLVE = 120.0

BOTH = "maximize roi, maximize fleet_it_power"

#: Masses and cells with which 14 to 19 satellites of 84 to 104 accelerators fit a launch: what engines are tested with
#: does not move with the defaults of the physics. Nothing is learned, so that cost is linear in the amounts.
LIGHT_PRESETS = """[claimed_2026, specific_cost, no_development, {name: light, source: what the first version took,
  values: {
  cell_efficiency: 0.24, array_annual_degradation: 1.5 %/year, displacement_damage_slope: 0.25,
  displacement_damage_scale: 2.5e9 MeV/g, solar_proton_exposure: 0, radiator_array_view: 0,
  restart_time: 0 min, pause_failure_rate: 0 1/year, radiator_remaining_share: 1, debris_loss_rate: 0 1/year,
  compute_price: {value: 10 USD/kWh, low: 5 USD/kWh, high: 15 USD/kWh},
  radiation_failure_rate: 0 1/year, node_bus_mass: 150 kg, array_areal_mass: 1.2 kg/m^2, boom_mass: 0 kg,
  attitude_mass: 0 kg, propulsion_mass: 0 kg, layout_boom_specific_mass: 0 kg/m,
  node_housekeeping_power: 2 kW, launch_markup: 1.07, launch_price_ceiling: 20000 USD/kg,
  launch_supply: 200 launches/year,
  launch_failure_rate: 0, infant_loss_share: 0, premium_rate: 0.03}}]"""
LIGHT = f"presets: {LIGHT_PRESETS}\n"

#: What makes a small study uncertain.
UNCERTAIN = "uncertain: {compute_price: default, utilization: default}\nuncertainty: {samples: 256}\n"

_SMALL = """\
architecture: starlink_bus
variables:
  node_array_area: {{low: 400 m^2, high: 900 m^2}}
  node_accelerators: {{low: 84, high: 104, integer: true}}
  node_radiator_area: {{low: 100 m^2, high: 300 m^2}}
  nodes_per_launch: {{low: 14, high: 19, integer: true}}
  altitude: {altitude}
  launch_cadence: {{choices: [12, 104], unit: 1/year}}
objectives: [{objectives}]
constraints: [node_mass <= 4000 kg{constraints}]
engine: {{name: {engine}}}
"""


def write_small(
    folder: Path,
    objectives: str = "maximize roi",
    constraints: str = "",
    engine: str = "pyomo",
    name: str = "small",
    altitude: str = "{choices: [500, 600, 690, 800], unit: km}",
    more: str = "",
) -> Path:
    """Write a study small enough to enumerate; ``engine`` may hold settings, as ``sweep, evaluations: 64``."""
    limits = f", {constraints}" if constraints else ""
    text = _SMALL.format(objectives=objectives, constraints=limits, engine=engine, altitude=altitude)
    path = folder / f"{name}.yaml"
    if "presets: [" in more:
        text += more.replace("presets: [", LIGHT.strip().removesuffix("]") + ", ")
    else:
        text += more + LIGHT
    path.write_text(text, "utf-8")
    return path


def write_roomy(folder: Path, engine: str) -> Path:
    """Write a study with two objectives of which most designs are feasible, so that a short search finds some."""
    path = write_small(folder, BOTH, engine=engine)
    text = path.read_text("utf-8").replace("high: 900 m^2", "high: 1400 m^2").replace("84, high: 104", "44, high: 84")
    path.write_text(text, "utf-8")
    return path


class OtherProcess:
    """Workers whose tasks run here: what they are given and give back is pickled, as between processes.

    Attributes:
        tasks: Names of the functions that ran.
        received: Bytes of what they gave back.
    """

    count = 2

    is_here = True

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.received = 0

    @contextmanager
    def pool(self, count: int, cluster: str, initializer: Callable[..., None], *args: object) -> Iterator[OtherProcess]:
        """In place of ``worker_pool``."""
        initializer(*pickle.loads(pickle.dumps(args)))
        yield self

    def submit(self, function: Callable[..., Any], *args: object) -> Future[Any]:
        self.tasks.append(function.__name__)
        given = pickle.dumps(function(*pickle.loads(pickle.dumps(args))))
        self.received += len(given)
        future: Future[Any] = Future()
        future.set_result(pickle.loads(given))
        return future


def check_each(check: Callable[..., None], cases: Iterable[object]) -> None:
    """Call ``check`` with each case, or with its items if it is a tuple; fail with a list of all cases that fail.

    So one test holds a rule for all data, and its failure names every entry that breaks it.
    """
    broken = []
    for case in cases:
        try:
            check(*case) if isinstance(case, tuple) else check(case)
        except (Exception, pytest.fail.Exception) as error:
            broken.append(f"{case}: {type(error).__name__}: {error}")
    if broken:
        pytest.fail(f"{len(broken)} cases break the rule:\n" + "\n".join(broken), pytrace=False)


def rewrite_record(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the record of a run folder as if the run had been stored like that, with its files as they are."""
    from sunfront.runs.files import hashes
    from sunfront.runs.record import FILE, RunRecord

    stored = json.loads((folder / FILE).read_text("utf-8"))
    del stored["seal"]
    change(stored)
    stored["files"] = hashes(folder)
    RunRecord.model_validate(stored).write(folder)


def forge_plan(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the record of a plan's folder as if the run had been stored like that, with its files as they are."""
    from sunfront.runs.files import STUDY, hashes
    from sunfront.runs.plan_record import PLAN_FILE, PlanRecord

    stored = json.loads((folder / PLAN_FILE).read_text("utf-8"))
    del stored["seal"]
    change(stored)
    stored["files"] = hashes(folder, (STUDY,))
    PlanRecord.model_validate(stored).write(folder)
