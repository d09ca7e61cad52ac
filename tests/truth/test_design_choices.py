"""Choices that the spacecraft is designed by: each is a variable that the engines take, and each has its price.

A reference beside HiGHS: where power and heat just suffice, found by numpy from three evaluations of each choice, as
both margins are linear in the areas.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import sunfront
from sunfront.engines import run
from sunfront.engines.context import Context
from sunfront.engines.settings import PyomoSettings
from sunfront.problem.verification import verified
from sunfront.study.study import Study

FIXED = {"nodes_per_launch": 6, "node_learning_rate": "0 %", "battery_share": 0.2}
AREAS = {"node_array_area": ("300 m^2", "2500 m^2"), "node_radiator_area": ("50 m^2", "900 m^2")}

#: Variables by name: presets to choose from or values, and presets that the study needs for them.
CHOICES = {
    "cells": (("cells_silicon", "cells_iii_v", "cells_thin_film"), ()),
    "battery": (("battery_nca", "battery_lfp", "battery_lto"), ()),
    "layout": (("layout_between_wings", "layout_behind_long_array", "layout_behind_square_array"), ()),
    "attitude": (("radiator_edge_on", "radiator_ram_facing", "radiator_behind_array"), ()),
    "array_aspect_ratio": ((1.5, 3, 6, 12), ("layout_by_aspect",)),
    "keep_warm_share": ((0.0, 0.1, 0.5), ()),
    "dark_radiator_share": ((1.0, 0.1), ()),
    "tube_wall": (("2 mm", "5 mm", "10 mm"), ()),
    "loop_segment_area": (("4 m^2", "10 m^2", "100 m^2"), ()),
}


def study(name: str, engine: str = "pyomo") -> Study:
    choices, presets = CHOICES[name]
    by_preset = name in ("cells", "battery", "layout", "attitude")
    text = {
        "architecture": "starlink_bus",
        "presets": list(presets),
        "parameters": FIXED,
        "variables": {
            **{area: {"low": low, "high": high} for area, (low, high) in AREAS.items()},
            name: {"presets" if by_preset else "choices": list(choices)},
        },
        "objectives": ["minimize compute_cost"],
        "engine": {"name": engine},
    }
    return Study.model_validate(text)


def cheapest(name: str, choice: object) -> float:
    """The cost of compute of one choice at the areas with which power and heat just suffice, USD/J."""
    presets = [*CHOICES[name][1], *([choice] if name not in sunfront.Library.shipped().parameters else [])]
    given = FIXED | ({} if choice in presets else {name: choice})
    corners = [dict(zip(AREAS, pair, strict=True)) for pair in itertools.product(*AREAS.values())][:3]

    def at(areas: dict[str, object]) -> dict[str, float]:
        return sunfront.evaluate("starlink_bus", presets=presets, **given, **areas)

    found = [at(corner) for corner in corners]
    points = np.array([[1.0, each["node_array_area"], each["node_radiator_area"]] for each in found])
    margins = np.array([[each["power_margin"], each["thermal_margin"]] for each in found])
    constant, *slopes = np.linalg.solve(points, margins)
    array, radiator = np.linalg.solve(np.transpose(slopes), -constant)
    best = at({"node_array_area": f"{array} m^2", "node_radiator_area": f"{radiator} m^2"})
    assert best["power_margin"] == pytest.approx(0, abs=1e-3)
    assert best["launch_mass_margin"] > 0
    return float(best["compute_cost"])


@pytest.mark.parametrize("name", CHOICES)
def test_highs_proves_the_choice_that_enumeration_finds(name):
    problem = study(name).problem
    answer = run(problem, PyomoSettings(gap=1e-6, time_limit="20 s"), Context())
    (score,) = problem.scores(verified(problem, answer))[:1, 0]
    assert answer.status == "proved"
    assert -score == pytest.approx(min(cheapest(name, choice) for choice in CHOICES[name][0]), rel=1e-5)
