"""Uncertainty in a study: what is accepted, what is refused with its line, and what a run reports."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import yaml
from common import write_small
from scipy import stats

import sunfront
from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.sweep.grid import Grid
from sunfront.errors import RangeError, StudyError, UnitError, UnknownName, UserError
from sunfront.library.distributions import Uniform
from sunfront.library.library import Library
from sunfront.problem.uncertainty import UncertainParameter, Uncertainty
from sunfront.problem.verification import verified
from sunfront.runs import runner, sampling_error
from sunfront.runs.results import Results
from sunfront.study.study import Study

LIBRARY = Library.shipped()

SWEEP = "sweep, evaluations: 4096"


def written(folder, objectives="maximize p10 roi", constraints="", uncertain="[utilization]", more="", engine=SWEEP):
    more = f"uncertain: {uncertain}\n{more}\n"
    return Study.load(write_small(folder, objectives, constraints, engine, "uncertain", more=more))


@pytest.fixture
def uncertain(tmp_path):
    return partial(written, tmp_path)


def drawn(study, name):
    return study.problem.uncertainty.draws[name]


def test_a_shipped_distribution_spans_the_sources(uncertain):
    known = LIBRARY.parameters["utilization"]
    for written in ("[utilization]", "{utilization: default}"):
        values = drawn(uncertain(uncertain=written), "utilization")
        assert values.min() == pytest.approx(known.low, abs=0.01)
        assert values.max() == pytest.approx(known.high, abs=0.01)
        assert values.mean() == pytest.approx((known.low + known.value + known.high) / 3, rel=1e-3)


def test_a_study_moves_the_mode(uncertain):
    values = drawn(uncertain(more="parameters: {utilization: 60 %}"), "utilization")
    assert values.mean() == pytest.approx((0.5 + 0.6 + 0.95) / 3, rel=1e-3)


@pytest.mark.parametrize(
    ("written", "low", "middle", "high"),
    [
        ("{launch_cost_floor: {lognormal: {p10: 10 USD/kg, p90: 40000 USD/t}}}", 10, 20, 40),
        (
            "{launch_cost_floor: {normal: {mean: 30 USD/kg, std: 5 USD/kg}}}",
            30 - 6.407757827723,
            30,
            30 + 6.407757827723,
        ),
        ("{launch_cost_floor: {uniform: {low: 10 USD/kg, high: 20 USD/kg}}}", 11, 15, 19),
        ("{launch_cost_floor: {empirical: [10 USD/kg, 20 USD/kg, 30 USD/kg]}}", 10, 20, 30),
    ],
)
def test_distributions_as_written(uncertain, written, low, middle, high):
    values = drawn(uncertain(uncertain=written), "launch_cost_floor")
    assert np.quantile(values, [0.1, 0.5, 0.9]) == pytest.approx([low, middle, high], rel=2e-3)


def test_a_quantity_that_is_given_may_be_uncertain(uncertain):
    written = "{launch_specific_price: {triangular: {low: 500 USD/kg, mode: 1500 USD/kg, high: 3000 USD/kg}}}"
    study = uncertain(uncertain=written, more="parameters: {launch_specific_price: 1500 USD/kg}")
    assert drawn(study, "launch_specific_price").mean() == pytest.approx(5000 / 3, rel=1e-3)


def test_correlations_and_samples(uncertain):
    study = uncertain(
        uncertain="[utilization, compute_price]",
        more="uncertainty: {samples: 8192, correlations: [{between: [utilization, compute_price], rank: 0.5}]}",
    )
    assert len(drawn(study, "utilization")) == 8192
    ranks = [np.argsort(np.argsort(drawn(study, name))) for name in ("utilization", "compute_price")]
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(0.5, abs=0.01)


CORRELATION = "uncertainty: {correlations: [{between: [utilization, %s], rank: 0.5}]}"

#: What is changed; line and key of the error, its type (None: pydantic's), and facts in its message.
REFUSED = [
    (
        {"objectives": "maximize median roi"},
        9,
        "objectives.0",
        UserError,
        ["did you mean 'p50'?", "mean, std, p10"],
    ),
    ({"objectives": "maximize p10 p20 roi"}, 9, "objectives.0", UserError, ["'p20 roi'"]),
    ({"objectives": "maximize p0 roi"}, 9, "objectives.0", RangeError, ["'p0'", "between 0 and 100"]),
    ({"objectives": "maximize p10 rio"}, 9, "objectives.0", UnknownName, ["'rio'", "did you mean 'roi'"]),
    ({"objectives": "maximize p10 fleet_it_power"}, 9, "objectives.0", UserError, ["fleet_it_power", "(utilization)"]),
    ({"objectives": "minimize mean payback_time"}, 9, "objectives.0", UserError, ["payback_time", "infinite"]),
    ({"objectives": "maximize p0.1 roi"}, 9, "objectives.0", UserError, ["uncertainty.samples to 16384 or more"]),
    ({"constraints": "std payback_time <= 1 year"}, 10, "constraints.1", UserError, ["may be infinite"]),
    ({"constraints": "probability(npv > 0 kg) >= 80 %"}, 10, "constraints.1", UnitError, ["npv", "'kg'", "in MUSD"]),
    ({"constraints": "probability(npx > 0 USD) >= 80 %"}, 10, "constraints.1", UnknownName, ["did you mean 'npv'"]),
    ({"constraints": "probabilty(npv > 0 USD) >= 80 %"}, 10, "constraints.1", UserError, ["mean 'probability'?"]),
    ({"constraints": "cvr5 npv >= 0 USD"}, 10, "constraints.1", UserError, ["did you mean 'cvar5'?"]),
    ({"constraints": "probability(npv > 0 USD) >= 120 %"}, 10, "constraints.1", RangeError, ["between 0 and 100 %"]),
    (
        {"constraints": "probability(npv > 0 USD) >= 99.9 %"},
        10,
        "constraints.1",
        UserError,
        ["less than one sample", "uncertainty.samples to 16384 or more"],
    ),
    (
        {"constraints": "probability(npv > 0 USD) <= 0.1 %"},
        10,
        "constraints.1",
        UserError,
        ["uncertainty.samples to 16384 or more"],
    ),
    ({"constraints": "p95 roi >= 3 kg"}, 10, "constraints.1", UnitError, ["'kg'"]),
    ({"uncertain": "[]"}, 9, "objectives.0", UserError, ["p10 roi", "nothing is uncertain"]),
    ({"uncertain": "[utilisation]"}, 12, "uncertain.utilisation", UnknownName, ["did you mean 'utilization'"]),
    ({"uncertain": "[utilization, utilization]"}, 12, "uncertain", None, ["utilization is listed twice"]),
    ({"uncertain": "[stefan_boltzmann]"}, 12, "uncertain.stefan_boltzmann", RangeError, ["stefan_boltzmann"]),
    (
        {"uncertain": "[launch_specific_price]"},
        12,
        "uncertain.launch_specific_price",
        UserError,
        ["launch_specific_price is computed, from"],
    ),
    ({"uncertain": "[altitude]"}, 12, "uncertain.altitude", UserError, ["altitude is a variable"]),
    ({"uncertain": "[edge_drag_fit]"}, 12, "uncertain.edge_drag_fit", RangeError, ["coefficients of a fit"]),
    (
        {"uncertain": "{utilization: {trianglar: {low: 0, mode: 1, high: 1}}}"},
        12,
        "uncertain.utilization.trianglar",
        None,
        ["'trianglar'; did you mean 'triangular'"],
    ),
    (
        {"uncertain": "{utilization: {uniform: {lo: 0, high: 1}}}"},
        12,
        "uncertain.utilization.uniform.lo",
        None,
        ["'lo'; did you mean 'low'"],
    ),
    (
        {"uncertain": "{utilization: {uniform: {low: 0}}}"},
        12,
        "uncertain.utilization.uniform",
        None,
        ["'high' is missing"],
    ),
    (
        {"uncertain": "{utilization: {uniform: {low: 0 kg, high: 1}}}"},
        12,
        "uncertain.utilization.uniform.low",
        UnitError,
        ["'kg'"],
    ),
    (
        {"uncertain": "{utilization: {normal: {mean: 50 %, std: 5 kg}}}"},
        12,
        "uncertain.utilization.normal.std",
        UnitError,
        ["'kg'"],
    ),
    (
        {"uncertain": "{utilization: {uniform: {low: 90 %, high: 50 %}}}"},
        12,
        "uncertain.utilization.uniform",
        RangeError,
        ["uniform", "low"],
    ),
    (
        {"uncertain": "{utilization: {uniform: {low: 50 %, high: 120 %}}}"},
        12,
        "uncertain.utilization",
        RangeError,
        ["out of range"],
    ),
    (
        {"uncertain": "{utilization: {normal: {mean: 90 %, std: 20 %}}}"},
        12,
        "uncertain.utilization",
        RangeError,
        ["31 % of the distribution"],
    ),
    ({"uncertain": "{utilization: {}}"}, 12, "uncertain.utilization", None, ["is empty", "'default'"]),
    ({"uncertain": "{utilization: 0.8}"}, 12, "uncertain.utilization", None, ["{uniform: {low: ..., high: ...}}"]),
    (
        {"uncertain": "{utilization: {uniform: {low: 0, high: 1}, empirical: [0.1, 0.2]}}"},
        12,
        "uncertain.utilization",
        None,
        ["one distribution", "empirical and uniform"],
    ),
    ({"more": "parameters: {utilization: 20 %}"}, 12, "uncertain.utilization", RangeError, ["outside", "sources"]),
    ({"more": "uncertainty: {samples: 1000}"}, 13, "uncertainty.samples", None, ["power of two", "512 or 1024"]),
    ({"more": "uncertainty: {sample: 1024}"}, 13, "uncertainty.sample", None, ["'sample'; did you mean 'samples'"]),
    (
        {"more": CORRELATION % "opex_rate"},
        13,
        "uncertainty.correlations.0.between",
        UnknownName,
        ["uncertain parameter 'opex_rate'"],
    ),
    (
        {"more": CORRELATION % "utilization"},
        13,
        "uncertainty.correlations.0.between",
        UserError,
        ["utilization", "itself"],
    ),
    ({"more": CORRELATION.replace(", %s", "")}, 13, "uncertainty.correlations.0.between", None, ["item 2"]),
    (
        {"objectives": "maximize roi", "uncertain": "[]", "more": "uncertainty: {samples: 512}"},
        13,
        "uncertainty",
        UserError,
        ["nothing is uncertain"],
    ),
]


@pytest.mark.parametrize(
    ("changes", "line", "key", "kind", "facts"),
    REFUSED,
    ids=[str(next(iter(changes.values()))) for changes, *_ in REFUSED],
)
def test_mistakes_are_refused_at_their_line(uncertain, changes, line, key, kind, facts):
    with pytest.raises(StudyError) as caught:
        uncertain(**changes)
    error = caught.value
    assert (error.file.name, error.line, error.key) == ("uncertain.yaml", line, key)
    assert str(error) == f"{error.file}:{line}: {key}: {error.reason}"
    assert (None if error.cause is None else type(error.cause)) is kind
    assert [fact for fact in facts if fact not in error.reason] == []


def test_fixed_on_the_command_line_is_no_longer_uncertain(uncertain):
    more = "uncertainty: {correlations: [{between: [utilization, compute_price], rank: 0.5}]}"
    study = uncertain(uncertain="[utilization, compute_price]", more=more).with_overrides(["utilization=70 %"])
    assert [p.name for p in study.problem.uncertainty.parameters] == ["compute_price"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    study = written(
        folder,
        "maximize p10 roi, maximize fleet_it_power",
        "probability(annual_revenue > 100 MUSD) >= 90 %",
        "[utilization, launch_markup]",
    )
    return study, sunfront.run(study, output=folder / "out")


def test_a_run_stores_its_sampling_error(finished):
    _, results = finished
    record = json.loads((results.folder / "run.json").read_text())["uncertainty"]
    assert record["samples"] == 4096
    assert [p["name"] for p in record["parameters"]] == ["utilization", "launch_markup"]
    assert set(record["standard_errors"]) == {"p10 roi", "probability(annual_revenue > 100 MUSD)"}
    front = Results.load(results.folder).front
    errors = np.array(record["standard_errors"]["p10 roi"])
    assert len(errors) == len(front) > 2
    assert (errors > 0).all()
    assert (errors < 0.02 * front["p10 roi"].abs().max()).all()
    np.testing.assert_allclose(record["fresh_sample"]["p10 roi"], front["p10 roi"], atol=6 * errors.max())
    assert (record["fresh_sample"]["p10 roi"] != front["p10 roi"]).all()
    rows = Results.load(results.folder).designs.iloc[record["designs"]]
    np.testing.assert_array_equal(rows["p10 roi"], front["p10 roi"])


def test_statistics_reach_table_report_and_units(finished):
    _, results = finished
    head = (results.folder / "front.csv").read_text().splitlines()[0].split(",")
    # The nominal value is beside.
    assert {"p10 roi (%)", "probability(annual_revenue > 100 MUSD) (%)", "roi (%)"} <= {*head}
    page = (results.folder / "report.html").read_text()
    assert "P10 ROI" in page
    assert str(results.objectives[0]) == "maximize p10 roi"
    assert (results.front["probability(annual_revenue > 100 MUSD)"] >= 0.9).all()


def test_the_stored_study_runs_again(finished):
    study, results = finished
    again = Study.load(results.folder / "study.yaml")
    assert again.with_changes(name=study.name) == study
    assert yaml.safe_load((results.folder / "study.yaml").read_text())["uncertain"]["utilization"] == "default"


def test_p10_agrees_with_plain_sampling(finished):
    """The first design of the front by the model itself, with a million random samples of scipy's."""
    study, results = finished
    rng = np.random.default_rng(7)
    values = dict(study.problem.values) | {n: results.front[n].iloc[0] for n in study.variables}
    for name in ("utilization", "launch_markup"):
        p, value = LIBRARY.parameters[name], study.settings[name].value
        triangular = stats.triang((value - p.low) / (p.high - p.low), p.low, p.high - p.low)
        values[name] = triangular.rvs(1_000_000, random_state=rng)
    roi = study.arch.model.evaluate(values, ["roi"])["roi"]
    assert 1 + results.front["p10 roi"].iloc[0] == pytest.approx(1 + np.quantile(roi, 0.1), rel=2e-3)


def test_a_proof_covers_nominal_values_only(uncertain):
    plain = uncertain("maximize roi", engine="pyomo")
    proved = engines.run(plain.problem, plain.engine, Context())
    study = uncertain("maximize p10 roi", "p90 roi >= 0 %", engine="pyomo")
    found = engines.run(study.problem, study.engine, Context())
    assert (proved.status, found.status) == ("proved", "best found")
    assert found.certificate is None
    assert not found.claims
    assert "which proves nothing about the statistics" in " ".join(found.notes)
    for name in proved.designs:
        np.testing.assert_allclose(proved.designs[name], found.designs[name], rtol=1e-9)


def test_designs_that_miss_a_statistical_constraint_are_dropped_and_counted(uncertain):
    """The limit lies between the p10 and the nominal value of the proved optimum."""
    proved = uncertain("maximize p10 roi", engine="pyomo")
    best = proved.problem.evaluate(engines.run(proved.problem, proved.engine, Context()).designs, ["p10 roi", "roi"])
    limit = f"{float(best['p10 roi'][0] + best['roi'][0]) / 2:.4f}"
    study = uncertain("maximize p10 roi", f"p10 roi >= {limit}", engine="pyomo")
    found = engines.run(study.problem, study.engine, Context())
    assert found.status == "none found"
    assert "holds for 0 of the 1 designs" in " ".join(found.notes)
    assert "no proof that there is none" in " ".join(found.notes)


def test_no_design_at_nominal_values_is_no_proof_for_a_statistic(uncertain):
    study = uncertain("maximize p10 roi", "p90 roi >= 1000 %", engine="pyomo")
    found = engines.run(study.problem, study.engine, Context())
    assert found.status == "none found"
    assert found.infeasibility is None
    assert "no proof that no design meets p90 roi" in " ".join(found.notes)
    certain = uncertain("maximize p10 roi", "node_array_area <= 1 m^2", engine="pyomo")
    assert engines.run(certain.problem, certain.engine, Context()).status == "infeasible"


@pytest.mark.parametrize(
    ("objectives", "constraints"),
    [("minimize std roi", ""), ("maximize probability(npv > 0 USD)", ""), ("maximize p10 roi", "std roi <= 5 %")],
)
def test_a_statistic_without_nominal_counterpart_is_refused(uncertain, objectives, constraints):
    study = uncertain(objectives, constraints, engine="pyomo")
    with pytest.raises(UserError) as caught:
        engines.run(study.problem, study.engine, Context())
    statistic = "std roi" if "std roi" in (objectives + constraints) else "probability(npv > 0 MUSD)"
    assert caught.value.path == (("constraints",) if constraints else ("objectives",))
    assert statistic in caught.value.message


def test_objectives_at_nominal_values_are_noted_with_their_percentiles(uncertain, tmp_path):
    results = runner.run(uncertain("maximize roi"), output=tmp_path / "out")
    record = results.record.uncertainty
    assert record.standard_errors == {}
    percentiles = [record.percentiles[f"p{share} roi"][0] for share in (5, 25, 50, 75, 95)]
    assert percentiles == sorted(percentiles)
    assert any("optimized at nominal values" in note for note in results.record.notes)


def noted(study, tmp_path):
    return " | ".join(runner.run(study, output=tmp_path / "out").record.notes)


def test_a_truncated_distribution_and_an_odd_nominal_value_are_noted(uncertain, tmp_path):
    """0.95 % of a normal about 85 % with a deviation of 6.4 % lies above 100 %, by scipy's."""
    notes = noted(uncertain(uncertain="{utilization: {normal: {mean: 85 %, std: 6.4 %}}}"), tmp_path)
    assert "utilization: 0.0095 of its distribution is cut off beyond 0.001 to 1" in notes
    notes = noted(uncertain(uncertain="{utilization: {uniform: {low: 50 %, high: 60 %}}}"), tmp_path)
    assert "the nominal value 0.8 lies beyond 1 to 99 % of its distribution" in notes


def test_a_note_says_how_often_constraints_at_nominal_values_hold(uncertain, tmp_path):
    """The junction limit holds at nominal values; at the other ends of its inputs it does not."""
    study = uncertain("maximize mean roi", uncertain="[utilization, accelerator_thermal_resistance]")
    notes = noted(study, tmp_path)
    assert "junction_margin >= 0 K is required at nominal values; on the front it holds in" in notes


def test_where_all_samples_agree_the_rule_of_three_gives_the_error(uncertain, tmp_path):
    """None of 4096 samples is against it: with 95 % confidence less than 3 in 4096 are."""
    study = uncertain("maximize mean roi", "probability(annual_revenue > 1 MUSD) >= 100 %")
    record = runner.run(study, output=tmp_path / "out").record.uncertainty
    assert set(record.standard_errors["probability(annual_revenue > 1 MUSD)"]) == {3 / 4096}


@pytest.mark.long
def test_a_quantity_that_is_infinite_in_some_samples_has_no_standard_error(uncertain, tmp_path):
    """As many samples never pay back as the percentile leaves out: some parts are infinite, others are not."""
    asked = {
        "uncertain": "{compute_price: {uniform: {low: 0.05 USD/kWh, high: 20 USD/kWh}}}",
        "more": "uncertainty: {samples: 1024}",
        "engine": "sweep, evaluations: 512",
    }
    study = uncertain("maximize mean roi", **asked)
    results = runner.run(study, output=tmp_path / "out")
    design = {name: results.front[name].to_numpy(float) for name in study.variables}
    paid = study.problem.uncertainty.evaluate(study.problem.model, study.problem.values, design, ("payback_time",))
    share = np.isfinite(next(paid)[1]["payback_time"]).mean()
    limit = f"p{100 * share - 0.1:.1f} payback_time <= 99 year"
    noted = runner.run(uncertain("maximize mean roi", limit, **asked), output=tmp_path / "out").record
    assert None in next(x for name, x in noted.uncertainty.standard_errors.items() if "payback" in name)
    assert any("no standard error, since it is infinite in some parts" in note for note in noted.notes)


def test_standard_error_is_that_of_a_mean_of_the_parts():
    parts = np.random.default_rng(1).normal(size=(3, 16))
    np.testing.assert_allclose(sampling_error._standard_error(parts), stats.sem(parts, axis=1))


def test_a_fresh_sample_differs_from_that_of_every_seed():
    known = Uncertainty((UncertainParameter("x", "1", Uniform(0, 1), 0.5, "test"),), 256)
    fresh = replace(known, stream=known.stream + 1).draws["x"]
    for seed in range(4):
        assert not np.isin(fresh, replace(known, seed=seed).draws["x"]).any()


def test_neighbours_within_their_error_are_noted():
    """Paired differences decide: common samples make them far smaller than the errors of either."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=16)
    apart = np.stack([common, common + 0.1 + 0.01 * rng.normal(size=16), common + 0.2])
    assert sampling_error._ranking_notes("p10 roi", apart) == []
    blurred = np.stack([common, common + 0.001 + rng.normal(size=16)])
    (note,) = sampling_error._ranking_notes("p10 roi", blurred)
    assert "1 of 1 neighbors" in note


def test_a_value_that_a_fresh_sample_does_not_confirm_is_noted():
    values, errors = np.array([1.0, 2.0]), np.array([0.1, 0.1])
    assert sampling_error._optimism_notes("p10 roi", values, values + 0.3, errors) == []
    (note,) = sampling_error._optimism_notes("p10 roi", values, values - np.array([0.3, 0.7]), errors)
    assert "1 designs differ in an independent sample" in note


SEARCHES = [
    "sweep, evaluations: 1024",
    "sweep, method: lhs, evaluations: 1024",
    "optuna, evaluations: 200",
    "evolve, evaluations: 500",
]


@pytest.mark.parametrize("engine", SEARCHES)
def test_searches_use_the_statistics(uncertain, engine):
    """A limit that some designs meet and others do not, on a quantity that at nominal values meets it always."""
    study = uncertain("maximize p10 roi", "probability(roi > 0 %) >= 70 %", engine=engine)
    found = engines.run(study.problem, study.engine, Context())
    columns = verified(study.problem, found)
    assert len(columns["p10 roi"]) > 0
    assert columns["probability(roi > 0 %)"].min() >= 0.7


def test_a_grid_keeps_exactly_the_designs_that_meet_the_statistics(uncertain):
    study = uncertain("maximize p10 roi", "probability(roi > 0 %) >= 70 %", engine="sweep, method: grid, points: 5")
    problem = study.problem
    grid = Grid.from_problem(problem, 5)
    whole = problem.evaluate(grid.designs(np.arange(grid.total)))
    met = problem.feasible(whole)
    assert 0 < met.sum() < problem.feasible({**whole, "probability(roi > 0 %)": np.ones(len(met))}).sum()
    assert engines.run(problem, study.engine, Context()).feasible == met.sum()


def test_a_computed_price_is_sampled_around_what_is_computed():
    study = Study(
        name="tokens",
        architecture="starlink_bus",
        parameters={"token_price": "6 USD/Mtoken"},
        objectives=["maximize mean npv"],
        uncertain=["compute_price"],
        engine={"name": "sweep"},
    )
    (found,) = study.problem.uncertainty.parameters
    assert found.nominal == pytest.approx(6e-6 * 0.1)  # 0.1 token/J
    assert found.distribution.mode == found.nominal
    assert study.problem.values["compute_price"] == found.nominal


def test_a_price_that_the_choice_of_a_chip_computes_is_not_sampled():
    with pytest.raises(UserError, match="depends on the variable chip; make what it is computed from uncertain"):
        Study(
            name="chips",
            architecture="starlink_bus",
            variables={"chip": {"presets": ["h100", "gb200"]}},
            objectives=["maximize mean npv"],
            uncertain=["compute_price"],
            engine={"name": "sweep"},
        ).check()
