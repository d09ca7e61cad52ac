"""Verification refuses designs that cannot exist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sunfront.errors import NotPhysical
from sunfront.problem.answer import Answer
from sunfront.problem.verification import verified
from sunfront.study.study import Study

STUDY = """\
architecture: starlink_bus
variables:
  altitude: {low: 500 km, high: 2000 km}
  launcher_burnout_mass: {low: 20 t, high: 900 t}
objectives: [maximize roi]
"""


def test_a_design_that_cannot_exist_is_refused(tmp_path):
    """Without the constraint of mass, an engine could answer with a launcher that carries less than nothing."""
    path = tmp_path / "heavy.yaml"
    path.write_text(STUDY, "utf-8")
    problem = replace(Study.load(path).problem, constraints=())
    designs = {"altitude": np.array([560e3, 2000e3]), "launcher_burnout_mass": np.array([165e3, 900e3])}
    one = {name: column[:1] for name, column in designs.items()}
    assert len(verified(problem, Answer("best found", one))["roi"]) == 1
    says = r"payload_to_orbit = -.*in 1 of 2 designs, first at altitude = 2,000 km.*'payload_to_orbit >= 0 t'"
    with pytest.raises(NotPhysical, match=says):
        verified(problem, Answer("best found", designs))
