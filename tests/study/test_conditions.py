"""Variables that have a meaning in some designs only, compared with every combination of their values."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from common import LIGHT_PRESETS

import sunfront
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.errors import StudyError, Unverified
from sunfront.problem.answer import Answer
from sunfront.problem.front import non_dominated
from sunfront.problem.verification import verified
from sunfront.runs import runner
from sunfront.study.study import Study

TEXT = """\
architecture: starlink_bus
presets: {presets}
parameters: {{node_array_area: 900 m^2, node_accelerators: 70, node_radiator_area: 200 m^2, nodes_per_launch: 9}}
variables:
  altitude: {{choices: [500, 560, 620, 680, 740], unit: km}}
  battery_share: {{choices: [0, 0.1, 0.3], when: {when}}}
  {chip}keep_warm_share: {{choices: [0, 0.2, 0.4], base: 0.2, when: {second}}}
objectives: [maximize roi, minimize annual_downtime]
quantities: {{annual_downtime: 1 - availability}}
engine: {engine}
"""
ENGINES = [
    "{name: sweep, method: grid}",
    "{name: sweep, evaluations: 512}",
    "{name: evolve, evaluations: 600}",
    "{name: optuna, evaluations: 400}",
    pytest.param("{name: optuna, sampler: tpe, evaluations: 120}", marks=pytest.mark.long),
    "{name: pyomo, gap: 0.01 %}",
]


def write(tmp_path, engine=ENGINES[0], when="altitude < 600 km", second="battery_share < 0.2", chip="", presets=""):
    path = tmp_path / "conditions.yaml"
    text = TEXT.format(engine=engine, when=when, second=second, chip=chip, presets=presets or LIGHT_PRESETS)
    path.write_text(text, "utf-8")
    return path


def enumerated(study):
    """Every distinct design, by hand: battery below 600 km only, a warm share with small batteries only."""
    rows = set()
    for altitude, share, warm in product((500e3, 560e3, 620e3, 680e3, 740e3), (0, 0.1, 0.3), (0, 0.2, 0.4)):
        share = share if altitude < 600e3 else 0
        rows.add((altitude, share, warm if share < 0.2 else 0.2))
    assert len(rows) == 2 * (3 + 3 + 1) + 3 * 3
    columns = np.array(sorted(rows)).T
    designs = {v.name: column for v, column in zip(study.problem.variables, columns, strict=True)}
    quantities = study.problem.evaluate(designs)
    feasible = study.problem.feasible(quantities)
    assert feasible.sum() > 0
    scores = study.problem.scores(quantities)[feasible]
    return {name: column[feasible] for name, column in designs.items()}, scores


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_finds_the_front_of_the_distinct_designs(tmp_path, engine):
    study = Study.load(write(tmp_path, engine))
    designs, scores = enumerated(study)
    best = non_dominated(scores)
    run = sunfront.run if "pyomo" in engine else runner.run  # with the page of a proof; those of sweeps are drawn below
    results = run(study, output=tmp_path)
    expected = {tuple(row) for row in np.stack([designs[v][best] for v in designs], axis=1).tolist()}
    found = {tuple(row) for row in results.front[list(designs)].to_numpy().tolist()}
    assert found == expected
    if "pyomo" in engine:
        assert results.status == "proved"
    if "grid" in engine:
        assert len(results.designs) == len(scores)


def test_a_catalogue_holds_designs_that_differ_in_a_variable_without_a_meaning_once(tmp_path):
    problem = Study.load(write(tmp_path)).problem
    catalogue = build_catalogue(problem, 5)
    assert "a catalogue of 23 combinations" in catalogue.scope
    options = np.stack([catalogue.options[v.name] for v in problem.variables], axis=1)
    high = options[:, 0] > 600e3
    assert (options[high, 1] == 0).all()
    assert (options[options[:, 1] == 0.3][:, 2] == 0.2).all()


def test_results_leave_a_variable_without_a_meaning_empty(tmp_path):
    results = sunfront.run(Study.load(write(tmp_path)), output=tmp_path)
    table = pd.read_csv(results.folder / "front.csv")
    high = table["altitude (km)"] > 600
    assert table["battery_share"][high].isna().all()
    assert table["battery_share"][~high].notna().all()
    assert (table["keep_warm_share"].isna() == (results.front["battery_share"] > 0.2)).all()
    again = sunfront.open(results.folder)
    i = int(np.flatnonzero(high)[0])
    assert again.results.front_text("battery_share", i) == ""
    assert again.results.front_text("altitude", i) != ""


def test_a_value_where_a_variable_means_nothing_is_not_verified(tmp_path):
    problem = Study.load(write(tmp_path)).problem
    design = {"altitude": [680e3], "battery_share": [0.3], "keep_warm_share": [0.2]}
    with pytest.raises(Unverified, match="battery_share"):
        verified(problem, Answer("best found", {name: np.array(value) for name, value in design.items()}))


def test_a_variable_of_one_preset_alone(tmp_path):
    chip = "chip: {presets: [h100, b200]}\n  "
    study = Study.load(write(tmp_path, when="chip == b200", chip=chip))
    results = sunfront.run(study, output=tmp_path)
    chips, share = results.designs["chip"].to_numpy(), results.designs["battery_share"].to_numpy()
    assert (share[chips == 0] == 0).all()
    assert len(set(share[chips == 1])) > 1
    with_b200 = study.with_values({"chip": "b200"})
    assert [v.name for v in with_b200.problem.variables] == ["altitude", "battery_share", "keep_warm_share"]
    assert [c.variable for c in with_b200.problem.conditions] == ["keep_warm_share"]
    with_h100 = study.with_values({"chip": "h100"})
    assert [v.name for v in with_h100.problem.variables] == ["altitude", "keep_warm_share"]


def test_a_fixed_value_settles_the_conditions_on_it(tmp_path):
    study = Study.load(write(tmp_path))
    low, high = (study.with_values({"altitude": altitude}) for altitude in ("560 km", "680 km"))
    assert [c.variable for c in low.problem.conditions] == ["keep_warm_share"]
    assert [v.name for v in low.problem.variables] == ["battery_share", "keep_warm_share"]
    assert [v.name for v in high.problem.variables] == ["keep_warm_share"]
    assert not high.problem.conditions
    large = study.with_values({"altitude": "560 km", "battery_share": "0.3"})
    assert not large.problem.variables
    assert large.evaluate()["keep_warm_share"] == 0.2


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("eclipse_fraction > 0", lambda e: e["eclipse_fraction"] > 0),
        ("0 < eclipse_fraction", lambda e: e["eclipse_fraction"] > 0),
        ("longest_eclipse >= 20 min", lambda e: e["longest_eclipse"] >= 1200),
        ("altitude != 620 km", lambda e: e["altitude"] != 620e3),
        ("altitude == 620 km", lambda e: e["altitude"] == 620e3),
        ("altitude / earth_radius <= 0.1", lambda e: e["altitude"] / e["earth_radius"] <= 0.1),
    ],
)
def test_comparisons(tmp_path, when, holds):
    study = Study.load(write(tmp_path, when=when))
    altitudes = np.array([500e3, 560e3, 620e3, 680e3, 740e3])
    full = np.full(5, 0.1)
    inactive = study.problem.inactive({"altitude": altitudes, "battery_share": full, "keep_warm_share": full})
    expected = [holds(study.evaluate(altitude=altitude)) for altitude in altitudes]
    np.testing.assert_array_equal(~inactive["battery_share"], expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"when": "battery_mass > 0 kg"}, r"yaml:16: .*when.*depends on itself"),
        ({"when": "keep_warm_share > 0"}, r"when.*depends on"),
        ({"when": "altitude"}, r"yaml:16: .*is not one comparison"),
        ({"when": "400 km < altitude < 600 km"}, "is not one comparison"),
        ({"when": "utilization > 0.5"}, "has a meaning in all designs or in none"),
        ({"when": "altitud < 600 km"}, "did you mean 'altitude'"),
        ({"when": "altitude < 600 kg"}, "kg"),
        ({"when": "p10 roi > 0"}, "statistic"),
        ({"when": "altitude < node_mass"}, "is no number with its unit"),
        ({"when": "chip > h100", "chip": "chip: {presets: [h100, b200]}\n  "}, "have no order"),
        ({"when": "chip == h10", "chip": "chip: {presets: [h100, b200]}\n  "}, "did you mean 'h100'"),
        ({"engine": "{name: pyomo, solver: scip}"}, "scip takes no variable with a `when`"),
    ],
)
def test_wrong_conditions_are_refused_at_their_line(tmp_path, changes, message):
    with pytest.raises(StudyError, match=message):
        Study.load(write(tmp_path, **changes))


@pytest.mark.long
def test_searches_that_share_a_storage_know_equal_designs(tmp_path):
    engine, storage = "{name: optuna, sampler: random, evaluations: 12}", str(tmp_path / "journal.log")
    sunfront.run(Study.load(write(tmp_path, engine)), output=tmp_path / "a", storage=storage)
    results = sunfront.run(Study.load(write(tmp_path, engine)), output=tmp_path / "b", storage=storage)
    designs = results.designs[list(results.record.variables)]
    assert not designs.duplicated().any()
