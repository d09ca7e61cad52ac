"""Proofs over all values of a continuous variable, held to random designs and to fine catalogues."""

import math
from dataclasses import replace

import numpy as np
import pytest
from common import STUDIES, write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact.all_values import _split, boxes_of
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.option_boxes import relax
from sunfront.engines.exact.ranges import Interval
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.equation import (
    SIGNED,
    broken_line,
    concave_broken_line,
    equation,
    mean_decay,
    polynomial,
    quotient_or_infinity,
)
from sunfront.problem.criteria import Objective
from sunfront.problem.verification import gap_of, verified
from sunfront.study.study import Study

FORMULAS = [
    lambda x, y: x + y * (2.0 - x),
    lambda x, y: np.array([2.0]) * x - y / (x * x + 0.5),
    lambda x, y: np.exp(-x) * np.cos(3 * y) + 1.5 / (x**4 + 1),
    lambda x, y: np.arccos(x / 10) + np.log(y**2 + 0.1),
    lambda x, y: (x**2) ** 0.75 + (y**3 - 2 * x) ** 2,
    lambda x, y: np.maximum(x, y) - np.minimum(x, 0.3) + 0.0 * y,
    lambda x, y: mean_decay(x) + polynomial(y, [1.0, -2.0, 0.5]),
    lambda x, y: quotient_or_infinity(1.0 + x * x, y),
    lambda x, y: quotient_or_infinity(y, x),
    lambda x, y: concave_broken_line(x, (0.0, 0.7, 1.1), (1.0, 0.2, -1.0)) + y,
    lambda x, y: broken_line(x - 1, (-3.0, 0.2), (-1.0, 0.5)) * y,
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_an_interval_holds_every_value(formula):
    random = np.random.default_rng(3)
    low = random.uniform(-3, 3, (2, 200)) * random.integers(0, 2, (2, 200))
    high = low + random.uniform(0, 2, (2, 200)) * random.integers(0, 2, (2, 200))
    with np.errstate(all="ignore"):
        found = formula(*(Interval(*ends) for ends in zip(low, high, strict=True)))
        for share in (0.0, 1.0, *random.uniform(size=20)):
            value = formula(*(low + (high - low) * share))
            is_known = ~np.isnan(value)
            assert (found.low <= value + 1e-9)[is_known].all()
            assert (found.high >= value - 1e-9)[is_known].all()


def test_a_polynomial_is_not_wider_than_its_terms_around_the_middle():
    """(x - 600)^3, whose powers of x cancel to nine digits."""
    cubic = [-(600.0**3), 3 * 600.0**2, -3 * 600.0, 1.0]
    found = polynomial(Interval(np.array([599.0]), np.array([601.0])), cubic)
    assert (found.low, found.high) == (pytest.approx(-1), pytest.approx(1))


#: A second continuous variable.
WARM = "\n  radiator_temperature: {low: 310 K, high: 350 K}"


def continuous(folder, objectives, engine="pyomo, shells: 4, gap: 1 %", more=""):
    altitude = "{low: 500 km, high: 800 km}" + more
    return Study.load(write_small(folder, objectives, engine=engine, altitude=altitude)).problem


@equation("m^2", within=SIGNED)
def index_area(node_array_area, altitude):
    """Index of an array that falls before it rises, most negative midway."""
    off = (altitude - 650e3) / 150e3
    return broken_line(node_array_area, (0.0, 600.0), (-1.0, 1.0)) * (2 - off**2)


def test_a_broken_line_that_may_be_negative_loses_no_design(tmp_path):
    """Its least value is midway between the two altitudes of the catalogue."""
    found = []
    for altitude in ("{low: 500 km, high: 800 km}", "{choices: [650], unit: km}"):
        problem = Study.load(write_small(tmp_path, altitude=altitude)).problem
        model = problem.model.with_equations(index_area)
        problem = replace(problem, model=model, objectives=(Objective("minimize", "index_area"),))
        found.append(engines.run(problem, PyomoSettings(shells=2, gap=0.01), Context()))
    answer, midway = found
    assert answer.refinement.refined == pytest.approx(midway.claims["index_area"][0], rel=0.01)
    assert answer.refinement.catalogue > 0.6 * answer.refinement.refined
    assert "proved over all values" in answer.notes[-1]


def test_a_study_without_amounts_is_proved(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "architecture: starlink_bus\nvariables:\n"
        "  node_array_area: {choices: [300, 500], unit: m^2}\n  node_accelerators: {choices: [8, 16]}\n"
        "  node_radiator_area: {choices: [60, 100], unit: m^2}\n  nodes_per_launch: {choices: [1, 2]}\n"
        "  altitude: {low: 500 km, high: 700 km}\nobjectives: [minimize compute_cost]\n"
    )
    answer = engines.run(Study.load(path).problem, PyomoSettings(shells=3, gap=0.01), Context())
    assert answer.status == "proved"


def shipped(name):
    """A shipped study with its whole range of altitudes."""
    study = Study.load(STUDIES / f"{name}.yaml")
    v = next(v for v in study.problem.variables if v.name == "altitude")
    return study.with_changes(
        variables={**study.variables, "altitude": {"low": f"{v.low} m", "high": f"{v.high} m"}}
    ).problem


SHIPPED = [pytest.param(name, marks=pytest.mark.long) for name in ("fleet_size", "quickstart", "bus_or_panel")]


@pytest.mark.parametrize("name", ["small", *SHIPPED])
def test_no_design_escapes_the_relaxation_of_its_box(tmp_path, name):
    problem = continuous(tmp_path, "maximize roi, minimize compute_cost") if name == "small" else shipped(name)
    scales = [o.scale for o in build_catalogue(problem, 3).objectives]
    seen = 0
    for member in problem.members():
        boxes = _split(boxes_of(member, 3), member.continuous_options[0])
        catalogue, of_box = relax(member, boxes, scales)
        designs = member.random_designs(30_000 if name == "small" else 200_000)
        found = member.evaluate(designs)
        scores = member.scores(found)
        for i in np.flatnonzero(member.feasible(found))[:30].tolist():
            own = np.ones(len(of_box), dtype=bool)
            for n, values in boxes.items():
                ends = values if isinstance(values, Interval) else Interval.of(values)
                own &= ((ends.low <= designs[n][i]) & (designs[n][i] <= ends.high))[of_box]
            assert own.any()
            nodes = float(designs["nodes_per_launch"][i])
            totals = [nodes] if not isinstance(catalogue.count, np.ndarray) else []
            totals += [nodes * float(designs[a.variable.name][i]) for a in catalogue.amounts]
            assert any(is_within(catalogue, o, totals, scores[i]) for o in np.flatnonzero(own).tolist())
            seen += 1
    assert seen > 5


def is_within(catalogue, option, totals, scores):
    """Whether the relaxed program of an option has a design, with at least its scores."""
    lines = [max(line.value(option, [*totals, 0.0]) for line in e.lines) for e in catalogue.envelopes]
    totals = [*totals, *lines]
    forms = [*catalogue.rows.values(), *catalogue.sides]
    for o, score in zip(catalogue.objectives, scores, strict=True):
        below = o.denominator_at(score)
        forms.append(o.numerator.minus(below, score / o.scale) if below else o.numerator)
        assert below is not None or o.numerator.value(option, totals) >= score / o.scale * (1 - 1e-9)
    return all(form.relative_value(option, totals) >= -1e-8 for form in forms)


@pytest.mark.parametrize(
    ("objectives", "more", "gap", "values"),
    [
        ("maximize roi, maximize fleet_it_power", "", 0.02, 151),
        pytest.param("maximize roi, maximize fleet_it_power", WARM, 0.02, 31, marks=pytest.mark.long),
        pytest.param("minimize compute_cost, minimize node_mass", "", 0.02, 151, marks=pytest.mark.long),
        pytest.param("maximize roi, maximize fleet_it_power, minimize node_mass", "", 0.1, 151, marks=pytest.mark.long),
    ],
)
def test_no_fine_catalogue_is_beyond_a_front_over_all_values(tmp_path, objectives, more, gap, values):
    problem, settings = continuous(tmp_path, objectives, more=more), PyomoSettings(shells=4, gap=gap)
    answer = engines.run(problem, settings, Context())
    certificate = answer.certificate
    assert certificate == answer.refinement.certificate
    assert certificate.scope.startswith("all values of")
    columns = verified(problem, answer)
    assert gap_of(problem, columns, certificate).relative <= gap
    assert (~np.isin(answer.designs["altitude"], np.linspace(500e3, 800e3, 4))).any()
    coarse, fine = (SiftingSolver(build_catalogue(problem, shells), 1e-6) for shells in (4, values))
    gained = 0
    for fact in certificate.facts:
        floors = {i: f for i, f in enumerate(fact.floors, 1) if f > -math.inf}
        best, before = (solver.maximize(0, floors, math.inf) for solver in (fine, coarse))
        assert best is None or best.scores[0] <= fact.bound
        gained += best is not None and (before is None or best.scores[0] > before.bound)
    assert gained > 0  # a proof over the catalogue alone would be wrong
    for i, ceiling in enumerate(certificate.ceilings, 1):
        assert fine.maximize(i, {}, math.inf).scores[i] <= ceiling
