"""Sensitivity: Sobol indices against closed forms and brute force; tornado, Morris, reoptimization, errors."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from common import OtherProcess

import sunfront
from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.sensitivity.methods import display_rows
from sunfront.engines.settings import PyomoSettings, SensitivitySettings, SweepSettings
from sunfront.engines.sweep.engine import Sweep
from sunfront.equation import equation
from sunfront.errors import StudyError, UserError
from sunfront.library.distributions import Normal, Uniform
from sunfront.library.library import Library
from sunfront.library.model import Model
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import Problem
from sunfront.problem.uncertainty import UncertainParameter, Uncertainty
from sunfront.report import sentences
from sunfront.runs import runner
from sunfront.runs.runner import former_designs
from sunfront.study.study import Study

LIBRARY = Library.shipped()


@equation("1")
def ishigami(first, second, third):
    """Ishigami and Homma's function of three angles.

    Source: Ishigami and Homma, Proc. ISUMA'90 (1990) 398-403.
    """
    return np.sin(first) + 7 * np.sin(second) ** 2 + 0.1 * third**4 * np.sin(first)


@equation("1")
def linear(first, second, third):
    """A sum, so that every effect is known.

    Source: definition.
    """
    return 3 * first - 2 * second + 0 * third


def problem(quantity, distribution, correlations=()):
    names = ("first", "second", "third")
    return Problem(
        model=Model([ishigami, linear]),
        values=dict.fromkeys(names, 0.5),
        variables=(),
        objectives=(Objective("maximize", quantity),),
        constraints=(),
        uncertainty=Uncertainty(
            tuple(UncertainParameter(n, "1", distribution, 0.5, "test") for n in names), 4096, correlations
        ),
    )


def rows(posed, method, samples=None, seed=0):
    answer = engines.run(posed, SensitivitySettings(method=method, samples=samples), Context(seed))
    return {row.parameter: row for row in answer.sensitivity.rows}, answer


def test_sobol_indices_of_ishigami_equal_the_analytic_values():
    """Sobol and Levitan (1999): variance of each part in closed form, a = 7, b = 0.1."""
    pi4, pi8 = np.pi**4, np.pi**8
    variance = 7**2 / 8 + 0.1 * pi4 / 5 + 0.1**2 * pi8 / 18 + 1 / 2
    alone = {"first": 0.5 * (1 + 0.1 * pi4 / 5) ** 2, "second": 7**2 / 8, "third": 0.0}
    both = 8 * 0.1**2 * pi8 / 225  # the first and the third together
    found, answer = rows(problem("ishigami", Uniform(-np.pi, np.pi)), "sobol", 1 << 14)
    for name, row in found.items():
        total = alone[name] + (0 if name == "second" else both)
        assert row.first == pytest.approx(alone[name] / variance, abs=0.01)
        assert row.total == pytest.approx(total / variance, abs=0.01)
        assert abs(row.first - alone[name] / variance) < 2 * row.first_interval
        assert abs(row.total - total / variance) < 2 * row.total_interval
    assert answer.evaluated == (1 << 14) * 5
    # The first-order index of the third is 0 within its interval; if that is wide, the index is not settled.
    assert not found["third"].settled or found["third"].first_interval < 0.01


def test_too_few_samples_are_flagged():
    found, answer = rows(problem("ishigami", Uniform(-np.pi, np.pi)), "sobol", 16)
    assert not all(row.settled for row in found.values())
    assert any("not converged with 16 samples" in note for note in answer.notes)


@equation("1")
def heavy_tail(first, second, third):
    """A lognormal of a wide normal, whose variance no sample of a few thousand resolves.

    Source: definition.
    """
    return np.exp(8 * first) * np.exp(4 * second) + third


def test_an_index_that_did_not_converge_is_not_an_answer():
    posed = problem("heavy_tail", Normal(0, 1))
    posed = replace(posed, model=Model([heavy_tail]))
    for samples, seed in ((64, 0), (256, 1), (1024, 2)):
        found, answer = rows(posed, "sobol", samples, seed)
        assert not all(row.settled for row in found.values())
        assert any(f"not converged with {samples:,} samples" in note for note in answer.notes)
        for row in display_rows(answer.sensitivity):
            assert 0 <= row["first"] <= 1
            assert 0 <= row["total"] <= 1
        text = sentences._sensitivity(answer.sensitivity)
        shares = [float(number) for number in re.findall(r"([0-9.]+) %", text)]
        assert all(0 <= share <= 100 for share in shares)
        if not answer.sensitivity.rows[0].settled:
            assert "is not settled" in text


def test_overlapping_leaders_are_not_ranked(tmp_path):
    """With few samples the two largest indices overlap, and the report says so; with many they do not."""
    text = (
        "architecture: starlink_bus\nobjectives: [maximize roi]\n"
        "uncertain: [structure_fraction, node_learning_rate, array_specific_price]\n"
        "engine: {name: sensitivity, method: sobol, "
    )
    found = {}
    for count in (64, 4096):
        path = tmp_path / f"of_{count}.yaml"
        path.write_text(text + f"samples: {count}}}\n")
        results = runner.run(Study.load(path), output=tmp_path / "out")
        found[count] = sentences.answer(results), results.record.notes, results.record.sensitivity.rows
    assert "(or node learning rate: their confidence intervals overlap)" in found[64][0]
    assert any(
        "not converged with 64 samples: array_specific_price, node_learning_rate" in note for note in found[64][1]
    )
    assert "overlap" not in found[4096][0]
    assert not any("not converged" in note for note in found[4096][1])
    assert all(row.settled for row in found[4096][2])


def test_a_base_design_off_the_grid_names_the_nearest_value(tmp_path):
    path = tmp_path / "off.yaml"
    path.write_text(
        "architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sensitivity}\n"
        "variables: {altitude: {choices: [500, 600, 700], unit: km}}\n"
    )
    study = Study.load(path)
    with pytest.raises(UserError) as error:
        engines.run(study.problem, study.engine, Context())
    assert error.value.path == ("engine",)
    assert "altitude = 560 km" in error.value.message
    assert "--set 'altitude=600 km'" in error.value.message


def test_sobol_indices_of_a_sum_of_normals():
    """3 a - 2 b: fractions 9/13 and 4/13 for any standard deviation; no interactions."""
    found, answer = rows(problem("linear", Normal(1, 0.2)), "sobol")
    for name, share in (("first", 9 / 13), ("second", 4 / 13), ("third", 0)):
        assert found[name].first == pytest.approx(share, abs=0.01)
        assert found[name].total == pytest.approx(share, abs=0.01)
    assert found["first"].settled
    assert answer.sensitivity.samples == 4096


def test_morris_effects_of_a_sum():
    """From the 10th to the 90th percentile, a value uniform between 0 and 2 changes by 1.6."""
    found, _ = rows(problem("linear", Uniform(0, 2)), "morris")
    for name, effect in (("first", 3 * 1.6), ("second", -2 * 1.6), ("third", 0)):
        assert found[name].mu == pytest.approx(effect, abs=1e-9)
        assert found[name].mu_star == pytest.approx(abs(effect), abs=1e-9)
        assert found[name].sigma == pytest.approx(0, abs=1e-9)


def test_tornado_of_a_sum():
    found, answer = rows(problem("linear", Uniform(0, 2)), "tornado")
    assert list(found) == ["first", "second", "third"]
    assert answer.sensitivity.base == pytest.approx(0.5)
    first = found["first"]
    assert (first.low, first.high) == pytest.approx((0.2, 1.8))
    assert (first.at_low, first.at_high) == pytest.approx((0.5 + 3 * (0.2 - 0.5), 0.5 + 3 * (1.8 - 0.5)))


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_correlated_parameters_are_refused(method):
    with pytest.raises(UserError) as error:
        rows(problem("linear", Uniform(0, 2), (("first", "second", 0.5),)), method)
    assert error.value.path == ("uncertainty", "correlations")
    assert method in error.value.message


@pytest.mark.parametrize("method", ["tornado", "morris", "sobol"])
def test_same_seed_same_rows(method):
    posed = problem("ishigami", Uniform(-np.pi, np.pi))
    assert rows(posed, method, seed=0)[0] == rows(posed, method, seed=0)[0]
    assert rows(posed, method, seed=5)[0] == rows(posed, method, seed=5)[0]


STUDY = """\
architecture: starlink_bus
objectives: [maximize roi]
uncertain: [utilization, compute_price, opex_rate]
engine: {engine}
{more}
"""


#: The rest of the satellite is as it is.
VARIABLES = """\
variables:
  node_array_area: {low: 400 m^2, high: 900 m^2}
  node_radiator_area: {low: 100 m^2, high: 300 m^2}
"""


def study(tmp_path, engine, more=""):
    path = tmp_path / "sensitive.yaml"
    path.write_text(STUDY.format(engine=engine, more=more), "utf-8")
    return Study.load(path)


def test_sobol_indices_of_roi_by_brute_force(tmp_path):
    """Conditional means over a grid of 64 x 64 x 64 equally likely values."""
    asked = study(tmp_path, "{name: sensitivity, method: sobol, samples: 8192}")
    found, _ = rows(asked.problem, "sobol", 8192)
    from scipy import stats

    shares = (np.arange(64) + 0.5) / 64
    names = ("utilization", "compute_price", "opex_rate")
    axes = []
    for i, name in enumerate(names):
        p = LIBRARY.parameters[name]
        triangle = stats.triang((p.value - p.low) / (p.high - p.low), p.low, p.high - p.low)
        axes.append(triangle.ppf(shares).reshape([-1 if k == i else 1 for k in range(3)]))
    values = {name: s.value for name, s in asked.settings.items()} | dict(zip(names, axes, strict=True))
    roi = asked.arch.model.evaluate(values, ["roi"])["roi"]
    assert roi.shape == (64, 64, 64)
    for i, name in enumerate(names):
        others = tuple(k for k in range(3) if k != i)
        assert found[name].first == pytest.approx(roi.mean(axis=others).var() / roi.var(), abs=0.01)
        # The total index: the mean variance that remains when all other parameters are fixed.
        assert found[name].total == pytest.approx(roi.var(axis=i).mean() / roi.var(), abs=0.01)


def test_a_run_stores_its_rows_table_and_figure(tmp_path):
    results = sunfront.run(study(tmp_path, "{name: sensitivity}"), output=tmp_path / "out")
    record = json.loads((results.folder / "run.json").read_text())["sensitivity"]
    assert (record["method"], record["quantity"], record["display_unit"]) == ("tornado", "roi", "%")
    assert len(record["rows"]) == 3
    assert record["base"] == results.front["roi"].iloc[0]
    table = list(csv.DictReader((results.folder / "sensitivity.csv").read_text().splitlines()))
    price = next(row for row in table if row["parameter"] == "compute_price")
    assert price["unit"] == "USD/kWh"
    assert 1.0 < float(price["low"]) < 2.5 < float(price["high"]) < 3.6
    assert (results.folder / "sensitivity.svg").is_file()


def test_without_a_list_every_assumption_with_a_distribution_is_studied(tmp_path):
    """Neither the design, whether or not it is a variable, nor its operation, nor constants of nature."""
    path = tmp_path / "all.yaml"
    path.write_text(
        "architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sensitivity}\n"
        "design: {structure_fraction: 0.12}\n",
        "utf-8",
    )
    asked = Study.load(path)
    found, _ = rows(asked.problem, "tornado")
    model = asked.arch.model
    needed = {name for eq in model.order(asked.settings, ["roi"]) for name in eq.inputs}
    ranges = {n for n in needed if n in asked.settings and LIBRARY.parameters[n].has_range}
    chosen = {
        *("altitude", "launch_cadence", "node_array_area", "node_radiator_area", "battery_share"),
        *("radiator_temperature", "fin_length", "fin_thickness", "campaign_duration", "replacement_share"),
        *("array_aspect_ratio", "tube_wall", "loop_segment_area", "keep_warm_share", "wing_offset", "radiator_offset"),
        "dark_radiator_share",
        *("tax_rate", "debt_share", "debt_rate", "debt_term", "debt_grace", "insured_share"),
        *("contract_share", "injection_altitude", "structure_fraction"),  # the last because the study's design names it
    }
    assert {"altitude", "launch_cadence", "node_array_area", "structure_fraction"} <= ranges - set(found)
    assert ranges - set(found) <= {*chosen, "solar_constant"}
    assert {"solar_flux_index", "earth_albedo", "compute_price", "accelerator_mass"} & ranges <= set(found)
    assert len(found) > 30
    listed = asked.with_changes(uncertain=["altitude"])  # who lists a decision gets it
    assert set(rows(listed.problem, "tornado")[0]) == {"altitude"}


def test_reoptimized_bars_are_the_best_designs(tmp_path):
    """Each end solved by itself with the same engine; a design that adapts is never worse than one that does not."""
    asked = study(tmp_path, "{name: sensitivity, reoptimize: {name: pyomo}}", VARIABLES)
    answer = engines.run(asked.problem, asked.engine, Context())
    found = answer.sensitivity
    assert found.reoptimized_base >= found.base * (1 - 1e-9)
    for row in found.rows:
        for end in ("low", "high"):
            assert getattr(row, f"reoptimized_at_{end}") >= getattr(row, f"at_{end}") - 1e-9
    row = found.rows[0]
    read = Study.model_validate(
        {
            "architecture": "starlink_bus",
            "objectives": ["maximize roi"],
            "variables": {n: v.model_dump(exclude_unset=True) for n, v in asked.variables.items()},
            "uncertain": list(asked.uncertain),
            "parameters": {row.parameter: f"{parameter_text(row)}"},
        }
    )
    solved = engines.run(read.problem, PyomoSettings(), Context())
    assert row.reoptimized_at_high == pytest.approx(read.problem.evaluate(solved.designs, ["roi"])["roi"][0], rel=1e-3)


def test_a_coarse_search_keeps_the_design_studied_where_it_finds_no_better(tmp_path):
    """Sixteen Sobol points come nowhere near the proved optimum, so that the design studied stays the best."""
    optimum = runner.run(study(tmp_path, "{name: pyomo, gap: 0.01 %}", VARIABLES), output=tmp_path)
    coarse = "reoptimize: {name: sweep, evaluations: 16}"
    asked = study(tmp_path, f"{{name: sensitivity, run: '{optimum.folder}', {coarse}}}", VARIABLES)
    found = engines.run(asked.problem, asked.engine, Context(former=former_designs(asked.engine))).sensitivity
    assert found.reoptimized_base == found.base
    for row in found.rows:
        for end in ("low", "high"):
            assert getattr(row, f"reoptimized_at_{end}") >= getattr(row, f"at_{end}")


@pytest.mark.parametrize("method", ["tornado", "morris", "sobol, samples: 64"])
def test_an_infinite_quantity_is_refused_with_its_name(method, tmp_path):
    """At the lowest prices of compute the design never pays."""
    asked = study(tmp_path, f"{{name: sensitivity, method: {method}, quantity: payback_time}}")
    asked = asked.with_changes(uncertain={"compute_price": {"uniform": {"low": "0.01 USD/kWh", "high": "3 USD/kWh"}}})
    with pytest.raises(UserError) as error:
        engines.run(asked.problem, asked.engine, Context())
    assert error.value.path == ("engine",)
    assert error.value.message.startswith("payback_time is infinite in ")


def test_an_interrupted_reoptimization_continues(tmp_path, monkeypatch):
    asked = study(tmp_path, "{name: sensitivity, reoptimize: {name: sweep, evaluations: 64}}", VARIABLES)
    whole = runner.run(asked, output=tmp_path / "whole")
    calls = []
    solve = engines.run

    def count(problem, settings, context):
        calls.append(settings.name)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return solve(problem, settings, context)

    monkeypatch.setattr(engines, "run", count)
    assert runner.run(asked, output=tmp_path / "out").status == "stopped"
    again = runner.run(asked, output=tmp_path / "out")
    assert again.record.sensitivity == whole.record.sensitivity
    ends = 1 + 2 * len(whole.record.sensitivity.rows)
    assert calls.count("sweep") == ends + 1  # the interrupted one is repeated, those before it are not


def test_settings_of_what_reoptimizes_are_checked(tmp_path, monkeypatch):
    monkeypatch.setattr("sunfront.engines.settings.find_spec", lambda name: None)
    engine = "{name: sensitivity, reoptimize: {name: optuna, sampler: gp}}"
    with pytest.raises(StudyError) as error:
        study(tmp_path, engine, VARIABLES)
    assert (error.value.line, error.value.key) == (4, "engine.reoptimize.sampler")
    assert "torch" in error.value.reason


def test_other_designs_make_another_run(tmp_path):
    """Designs of the run whose design is studied, and of the run from which reoptimization starts."""
    swept, other = (
        runner.run(study(tmp_path, f"{{name: sweep, evaluations: {count}}}", VARIABLES), output=tmp_path)
        for count in (4096, 8192)
    )
    ids = []
    for designs in (swept, other):
        (swept.folder / "designs.parquet").write_bytes((designs.folder / "designs.parquet").read_bytes())
        for engine in (f"run: '{swept.folder}'", f"reoptimize: {{name: optuna, warm_start: '{swept.folder}'}}"):
            asked = study(tmp_path, f"{{name: sensitivity, {engine}}}", VARIABLES)
            ids.append(runner.identity(asked)["run_id"])
    assert len(set(ids)) == 4


def parameter_text(row):
    from sunfront.display import format_value

    return format_value(row.high, row.display_unit, 12)


def test_a_design_of_a_finished_run(tmp_path, small):
    finished = runner.run(
        small("maximize roi, maximize fleet_it_power", engine="sweep, evaluations: 8192"), output=tmp_path
    )
    asked = small("maximize roi", engine=f"sensitivity, run: {finished.folder}, row: 1")
    former = former_designs(asked.engine)
    answer = engines.run(asked.problem, asked.engine, Context(former=former))
    assert answer.designs["node_array_area"][0] == finished.front["node_array_area"].iloc[1]
    assert answer.sensitivity.base == pytest.approx(finished.front["roi"].iloc[1])
    with pytest.raises(UserError) as error:
        engines.run(asked.problem, SensitivitySettings(run=str(finished.folder), row=10**6), Context(former=former))
    assert error.value.path == ("engine", "row")
    assert f"0 to {len(finished.front) - 1}" in error.value.message


def test_a_design_by_name_of_the_newest_run_of_a_study(tmp_path, small):
    finished = runner.run(
        small("maximize roi, maximize fleet_it_power", engine="sweep, evaluations: 8192"), output=tmp_path
    )
    last = len(finished.front) - 1
    for name, row in {"roi": 0, "fleet_it_power": last, "maximize fleet_it_power": last, "1": 1}.items():
        asked = small("maximize roi", engine=f"sensitivity, run: small, row: {name}")
        results = runner.run(asked, output=tmp_path)
        assert results.record.sensitivity.base == pytest.approx(finished.front["roi"].iloc[row])
        assert f"run: small is {finished.folder}" in results.record.notes  # not the sensitivity runs, which are newer
    knee = finished.suggestions.get("knee")
    assert finished.named.get("knee") == knee
    asked = small("maximize roi", engine="sensitivity, run: small, row: fleet_power")
    with pytest.raises(UserError, match="did you mean 'fleet_it_power'") as error:
        runner.run(asked, output=tmp_path)
    assert error.value.path == ("engine", "row")
    with pytest.raises(UserError, match="did you mean 'small'"):
        runner.run(small("maximize roi", engine="sensitivity, run: smal"), output=tmp_path)


@pytest.mark.parametrize("row", ["-1", "1.5", "''"])
def test_a_row_is_a_whole_number_or_a_name(row, small):
    with pytest.raises(StudyError) as error:
        small("maximize roi", engine=f"sensitivity, run: small, row: {row}")
    assert error.value.key == "engine.row"


def test_limits_that_the_design_misses_at_the_ends_are_named(tmp_path):
    """The design has 10 kg to spare; its mass grows with accelerator_mass by 64 accelerators."""
    asked = study(tmp_path, "{name: sensitivity}")
    mass = float(asked.evaluate()["node_mass"])
    spread = {"accelerator_mass": {"uniform": {"low": "8 kg", "high": "9 kg"}}, "compute_price": "default"}
    asked = asked.with_changes(constraints=[f"node_mass <= {mass + 10} kg"], uncertain=spread)
    answer = engines.run(asked.problem, asked.engine, Context())
    (missed,) = [m for m in answer.sensitivity.missed if m.constraint.startswith("node_mass")]
    assert (missed.parameter, missed.end, missed.at) == ("accelerator_mass", "high", pytest.approx(8.9))
    assert missed.value == pytest.approx(asked.evaluate(accelerator_mass=8.9)["node_mass"], rel=1e-12)
    (note,) = [note for note in answer.notes if "node_mass" in note]
    assert "at the 90th percentile of accelerator_mass" in note
    assert "compute_price" not in note
    results = runner.run(asked, output=tmp_path)
    assert type(results).load(results.folder).record.sensitivity.missed == answer.sensitivity.missed


def test_a_design_that_violates_the_study_is_refused(small, tmp_path):
    asked = small("maximize roi", engine="sensitivity")
    with pytest.raises(UserError) as error:
        engines.run(asked.problem, asked.engine, Context())
    assert error.value.path == ("engine",)
    assert "node_accelerators = 64" in error.value.message
    asked = study(tmp_path, "{name: sensitivity}", "constraints: [node_mass <= 1 t]")
    with pytest.raises(UserError) as error:
        engines.run(asked.problem, asked.engine, Context())
    assert error.value.path == ("engine",)
    assert "node_mass <= 1,000 kg" in error.value.message


@pytest.mark.parametrize(
    ("engine", "key", "facts"),
    [
        ("{name: sensitivity, samples: 64}", "samples", ["tornado"]),
        ("{name: sensitivity, method: sobol, samples: 100}", "samples", ["power of two", "64 or 128"]),
        ("{name: sensitivity, method: morris, reoptimize: {name: sweep}}", "reoptimize", ["tornado"]),
        ("{name: sensitivity, quantity: rio}", "quantity", ["'rio'", "did you mean 'roi'"]),
        ("{name: sensitivity, methd: sobol}", "methd", ["'methd'", "did you mean 'method'"]),
        ("{name: sensitivity, reoptimize: {name: swep}}", "reoptimize.name", ["'swep'"]),
    ],
)
def test_settings_that_do_not_fit(tmp_path, engine, key, facts):
    with pytest.raises(StudyError) as error:
        study(tmp_path, engine)
    assert (error.value.line, error.value.key) == (4, f"engine.{key}")
    assert [fact for fact in facts if fact not in error.value.reason] == []


def test_interrupted_keeps_what_it_has(tmp_path):
    variables = "variables: {node_array_area: {low: 400 m^2, high: 900 m^2}}"
    asked = study(tmp_path, "{name: sensitivity, reoptimize: {name: sweep, evaluations: 256}}", variables)
    calls = []

    def interrupt(done, total, text):
        calls.append(text)
        if len(calls) == 4:
            raise KeyboardInterrupt

    answer = engines.run(asked.problem, asked.engine, Context(progress=interrupt))
    assert answer.status == "stopped"
    rows = answer.sensitivity.rows
    assert rows[0].reoptimized_at_low is not None
    assert rows[-1].reoptimized_at_low is None
    assert SweepSettings(evaluations=256) == asked.engine.reoptimize


def test_interrupted_within_the_engine_that_reoptimizes(tmp_path, monkeypatch):
    """The engine returns what it has; the sensitivity study ends too, without going on to the next value."""
    asked = study(tmp_path, "{name: sensitivity, reoptimize: {name: sweep, evaluations: 256}}", VARIABLES)
    part, calls = Sweep.evaluate_block, []

    def interrupt(sweep, block):
        calls.append(block)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return part(sweep, block)

    monkeypatch.setattr(Sweep, "evaluate_block", interrupt)
    answer = engines.run(asked.problem, asked.engine, Context())
    assert (answer.status, len(calls)) == ("stopped", 4)
    assert answer.sensitivity.rows[0].reoptimized_at_high is not None


def test_what_is_assumed_and_decides_is_named(tmp_path):
    """Parameters without a source between whose percentiles the quantity moves by 3 % or more of itself."""
    (tmp_path / "assumed.yaml").write_text(
        "architecture: starlink_bus\nobjectives: [minimize compute_cost]\n"
        "uncertain: [radiator_heat_capacity, discount_rate, node_bus_price, package_test_cycles]\n"
        "engine: {name: sensitivity}\n",
        "utf-8",
    )
    results = runner.run(Study.load(tmp_path / "assumed.yaml"), output=tmp_path / "out")
    moved = {row.parameter: abs(row.at_high / row.at_low - 1) for row in results.record.sensitivity.rows}
    assert moved["discount_rate"] > 0.03 > moved["node_bus_price"] > 0
    (note,) = (note for note in results.record.notes if note.startswith("assumed"))
    assert note.startswith("assumed, not sourced, and each moves compute_cost by 3 % or more: ")
    assert set(note.partition(": ")[2].split(", ")) == {"radiator_heat_capacity", "package_test_cycles"}


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_workers_change_nothing(method, monkeypatch):
    """Parts that other processes evaluate; here by the same functions, with all they are given pickled."""
    posed = problem("ishigami", Uniform(-np.pi, np.pi))
    settings = SensitivitySettings(method=method, samples=1024)
    alone = engines.run(posed, settings, Context())
    monkeypatch.setattr("sunfront.engines.sensitivity.engine.SAMPLES", 1000)
    other = OtherProcess()
    monkeypatch.setattr("sunfront.engines.sensitivity.engine.worker_pool", other.pool)
    assert engines.run(posed, settings, Context(workers=2)).sensitivity == alone.sensitivity
    assert len(other.tasks) > 3
