"""Studies that the tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sunfront.study import Study

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "studies"

SMALL = """\
architecture: starlink_bus
variables:
  node_array_area: {{low: 400 m^2, high: 900 m^2}}
  node_accelerators: {{low: 84, high: 104, integer: true}}
  node_radiator_area: {{low: 100 m^2, high: 300 m^2}}
  nodes_per_launch: {{low: 14, high: 19, integer: true}}
  altitude: {{choices: [500, 600, 690, 800], unit: km}}
  launch_cadence: {{choices: [12, 104], unit: 1/year}}
objectives: [{objectives}]
constraints: [node_mass <= 4000 kg{constraints}]
engine: {{name: {engine}}}
"""


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Study]:
    """A study small enough to enumerate; ``engine`` may hold settings, as ``sweep, samples: 64``."""

    def make(
        objectives: str = "maximize roi", constraints: str = "", engine: str = "pyomo", name: str = "small"
    ) -> Study:
        more = f", {constraints}" if constraints else ""
        path = tmp_path / f"{name}.yaml"
        path.write_text(SMALL.format(objectives=objectives, constraints=more, engine=engine), "utf-8")
        return Study.load(path)

    return make
