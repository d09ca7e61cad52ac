"""Variables that change no objective are named in the answer."""

from __future__ import annotations

import numpy as np
import pytest

from sunfront.problem.ties import without_effect
from sunfront.runs import runner
from sunfront.study.study import Study

VARIABLES = {
    "node_array_area": {"low": "400 m^2", "high": "500 m^2"},
    "node_radiator_area": {"low": "100 m^2", "high": "300 m^2"},
    "launch_cadence": {"choices": [12, 52], "unit": "1/year"},
    "array_model": {"presets": ["array_irosa"]},
}


def study(*objectives):
    """So few accelerators that every area in the ranges powers and cools them."""
    return Study(
        name="ties",
        architecture="starlink_bus",
        objectives=objectives,
        variables=VARIABLES,
        parameters={"node_accelerators": 20},
        engine={"name": "sweep"},
    )


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        (["minimize node_mass"], ["launch_cadence"]),
        (["maximize fleet_it_power"], ["node_array_area", "node_radiator_area"]),
        (["minimize node_mass", "maximize fleet_it_power"], []),
    ],
)
def test_a_variable_without_effect_on_every_objective_is_found(objectives, expected):
    """The power of the chips does not depend on the areas, the mass of a node not on the cadence.

    A variable with one value has nothing to change.
    """
    problem = study(*objectives).problem
    design = {"node_array_area": 450.0, "node_radiator_area": 150.0, "launch_cadence": 3.8e-7, "array_model": 0.0}
    assert without_effect(problem, {name: np.array([x, x]) for name, x in design.items()}) == expected


def test_the_answer_names_it(small, tmp_path):
    results = runner.run(small("minimize node_mass"), output=tmp_path / "out")
    (note,) = [note for note in results.record.notes if "not change" in note]
    assert note == (
        "nodes_per_launch, launch_cadence do not change node_mass: their values here are arbitrary, among those that "
        "meet every constraint"
    )
    results = runner.run(small("maximize roi"), output=tmp_path / "out")
    assert not any("not change" in note for note in results.record.notes)


def test_a_variable_that_the_constraints_decide_is_not_named():
    """What fixes the power is not arbitrary: no other area meets the limit that holds."""
    asked = study("maximize fleet_it_power").with_changes(
        constraints=["node_array_area >= 499 m^2", "node_radiator_area >= 140 m^2"]
    )
    design = {"node_array_area": 500.0, "node_radiator_area": 290.0, "launch_cadence": 3.8e-7, "array_model": 0.0}
    assert without_effect(asked.problem, {name: np.array([x]) for name, x in design.items()}) == ["node_radiator_area"]
