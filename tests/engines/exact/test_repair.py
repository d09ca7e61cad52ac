"""Designs of a solver that numpy does not confirm, and ranges far wider than a launch holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import engine
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.repair import confirmed
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import Unverified
from sunfront.problem.problem import as_columns
from sunfront.problem.verification import verified

ONE_SHELL = "{choices: [600, 690], unit: km}"


def best_point(problem):
    answer = engines.run(problem, PyomoSettings(gap=1e-6), Context())
    design = {name: float(column[0]) for name, column in answer.designs.items()}
    scores = problem.scores(verified(problem, answer))[0]
    return Solution(design, tuple(scores.tolist()), answer.certificate.facts[0].bound)


def test_a_design_that_misses_a_limit_by_little_is_repaired(small):
    problem = small(altitude=ONE_SHELL).problem
    best = best_point(problem)
    short = {**best.design, "node_array_area": best.design["node_array_area"] * 0.999}
    found = problem.scores(problem.evaluate(as_columns(short)))[0]
    (point,), notes = confirmed(problem, [replace(best, design=short, scores=tuple(found.tolist()))])
    assert point.scores[0] == pytest.approx(best.scores[0], rel=1e-6)
    assert point.design["node_array_area"] == pytest.approx(best.design["node_array_area"], rel=1e-6)
    assert notes == ("1 of 1 designs missed a constraint by the solver's tolerance; solved again",)


def test_a_bad_design_costs_itself_and_not_the_run(small, monkeypatch):
    study = small("maximize roi, maximize fleet_it_power", altitude=ONE_SHELL, engine="pyomo, gap: 5 %")
    plain = engine.trace_ever_tighter
    bad = []

    def trace(*args):
        found, done = plain(*args)
        last = found.points[-1]
        bad.append(replace(last, design={**last.design, "nodes_per_launch": 19.0, "node_array_area": 900.0}))
        found.points = [*found.points, bad[0]]
        return found, done

    monkeypatch.setattr(engine, "trace_ever_tighter", trace)
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "proved"
    assert (answer.designs["node_array_area"] < 900).all()
    assert any("are left out, because numpy does not confirm them" in note for note in answer.notes)
    verified(study.problem, answer)
    with pytest.raises(Unverified):
        confirmed(study.problem, bad)


def test_wide_ranges_are_narrowed_to_what_a_launch_holds(small):
    narrow = small("maximize roi", altitude=ONE_SHELL).problem
    wide = replace(
        narrow,
        variables=tuple(
            replace(v, low=v.low if v.name != "nodes_per_launch" else 1.0, high=v.high * 1000)
            if (v.name in narrow.hardware and v.step is None) or v.name == "nodes_per_launch"
            else v
            for v in narrow.variables
        ),
    )
    assert build_catalogue(narrow, 2).columns["array_area"] == 900 * 19
    columns = build_catalogue(wide, 2).columns
    # A launch carries 100 t; a node has at least 84 accelerators, and a square meter of array 1.2 kg.
    assert columns["nodes"] < 200
    assert columns["array_area"] < 100e3 / 1.2
    assert best_point(wide).scores[0] >= best_point(narrow).scores[0] * (1 - 1e-6)
