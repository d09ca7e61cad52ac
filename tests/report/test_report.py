"""The report page and its figures: complete, offline, and safe against text that a study injects."""

from __future__ import annotations

import base64
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pytest

import sunfront
from sunfront import report
from sunfront.analysis.budgets import SPLITS, budgets
from sunfront.analysis.maps import design_maps
from sunfront.display import words
from sunfront.engines.settings import OptunaSettings
from sunfront.errors import RunError, UserError
from sunfront.library.parameters import data_names
from sunfront.problem.findings import Convergence, RelaxedLimit, ShadowPrice
from sunfront.report import sentences
from sunfront.report.figures import FIGURES, save
from sunfront.report.figures.convergence import convergence_data, proved_hypervolume
from sunfront.report.figures.distribution import distribution_data
from sunfront.report.figures.front import front_data
from sunfront.report.html import embed_json
from sunfront.report.page_data import highlighted_rows, run_data
from sunfront.runs import runner
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run
from sunfront.study.study import Study
from sunfront.units import unit


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href") and value]

    def handle_data(self, data):
        self.text += data


def page(results):
    parser = _Page()
    parser.feed((results.folder / "report.html").read_text("utf-8"))
    return parser


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed), "<f4")


def test_nothing_is_loaded_from_elsewhere(proved):
    assert all(link.startswith(("#", "data:image/")) for link in page(proved).links)
    assert not re.search(r"url\(\s*['\"]?http", (proved.folder / "report.html").read_text("utf-8"))


def test_a_page_of_a_few_designs_is_small(proved):
    assert (proved.folder / "report.html").stat().st_size <= 400_000


def test_study_text_is_escaped(proved):
    text = (proved.folder / "report.html").read_text("utf-8")
    assert page(proved).tags.count("script") == 2  # the page's data, the page's own
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_data_cannot_close_its_script_element():
    assert re.fullmatch(r"[^<>&\u2028\u2029]*", embed_json({"a": "</script><!-- & \u2028\u2029"}))
    assert json.loads(embed_json({"a": "</script>\u2028"})) == {"a": "</script>\u2028"}


def test_page_holds_every_assumption_and_the_proof(proved):
    parser = page(proved)
    assert "proved over a catalogue of 8 combinations" in parser.text
    for name in ("solar_constant", "launch_markup", "accelerator_failure_rate", "sunfront run"):
        assert name in parser.text


def test_page_holds_every_design(proved, data):
    for name in proved.designs.columns:
        read = unit(proved.units[name])
        shown = np.broadcast_to(read.to_si(numbers(data["values"][name]).astype(float)), len(proved.designs))
        np.testing.assert_allclose(shown, proved.designs[name], rtol=1e-6, atol=1e-6 * read.factor)
    assert sorted(data["front"]) == list(np.flatnonzero(proved.on_front))
    assert set(data["highlighted"].values()) <= set(data["front"])


def test_page_holds_text_and_source_of_what_it_shows(proved_run, data):
    for name, quantity in data["quantities"].items():
        assert quantity["source"], name
        if name in proved_run.study.arch.model and name not in proved_run.results.record.variables:
            assert quantity["equation"] == proved_run.study.arch.model[name].text
    named = {part["name"] for budget in data["budgets"].values() for part in budget["parts"]}
    assert {*data["columns"], *named} - set(data["quantities"]) <= {"Other", "Conversion, housekeeping, pumps"}


def test_budgets_add_up_to_their_totals(proved_run):
    """Totals are columns of the run, or follow from them; no part is negative."""
    found = budgets(proved_run)
    designs = proved_run.results.designs
    assert set(found) == {"mass", "power", "heat", "capital", "cost"}
    totals = {"mass": designs["node_mass"], "capital": designs["capex"], "cost": designs["compute_cost"]}
    for name, budget in found.items():
        np.testing.assert_allclose(sum(budget.parts.values()), budget.total, rtol=1e-12)
        assert all((part >= -1e-9 * budget.total).all() for part in budget.parts.values()), name
        if name in totals:
            np.testing.assert_allclose(budget.total, totals[name], rtol=1e-12)
    # What the satellite draws and keeps is what its array yields; the loads of handbooks are all there.
    assert {"it_power", "propulsion_power", "power_margin"} <= set(found["power"].parts)
    assert {"array_mass", "radiator_mass", "compute_mass", "propellant_mass"} <= set(found["mass"].parts)


def test_a_budget_whose_parts_exceed_it_is_an_error(proved_run, monkeypatch):
    wrong = replace(SPLITS["power"], total="it_power", terms=("electrical_load",), expanded=())
    monkeypatch.setattr("sunfront.analysis.budgets.SPLITS", {"power": wrong})
    with pytest.raises(RunError) as caught:
        budgets(proved_run)
    assert "it_power" in str(caught.value)


def test_maps_are_the_model_at_each_point(proved_run, data):
    problem = proved_run.study.problem
    found = design_maps(proved_run, [0], ["roi", "node_mass"])[0]
    i, j = len(found.y) // 2, len(found.x) // 3
    design = {v.name: np.array([proved_run.results.designs[v.name].iloc[0]]) for v in problem.variables}
    design |= {found.across: found.x[[j]], found.up: found.y[[i]]}
    for name, value in problem.evaluate(design, ["roi", "node_mass"]).items():
        assert found.values[name][i, j] == pytest.approx(value[0], rel=1e-12)
    assert {(each["across"], each["up"]) for each in data["maps"]} == set(combinations(data["variables"], 2))


def test_run_of_other_equations_is_refused(proved):
    designs = proved.designs.assign(roi=proved.designs["roi"] * 1.001)
    with pytest.raises(UserError) as caught:
        Run.load(proved.folder, Results(designs, proved.record))
    assert str(proved.folder) in caught.value.message
    assert "other equations or parameters: roi" in caught.value.message


def test_another_engine_that_answers_the_same_is_shown(proved, tmp_path):
    study = Study.load(proved.folder / "study.yaml").with_changes(name="small")
    shutil.copytree(proved.folder.parent, tmp_path / "small")
    runner.run(study.with_engine("sweep").quick(), output=tmp_path)
    runner.run(study.with_engine("sweep").quick().with_overrides(["discount_rate=20 %/year"]), output=tmp_path)
    run = Run.load(tmp_path / "small" / proved.folder.name)
    assert [other["label"] for other in run_data(run)["other_engines"]] == ["sweep"]


def test_figure_data_is_the_front_and_the_bound(proved_run):
    proved, data = proved_run.results, front_data(proved_run)
    assert (data.x, data.y) == ("fleet_it_power", "roi")
    np.testing.assert_allclose(np.sort(data.front[:, 0]), np.sort(proved.front["fleet_it_power"] / 1e6))
    # The bound is nowhere inside a verified point, and ends at or beyond the front's ends.
    for x, y in data.front:
        above = data.bound[data.bound[:, 0] >= x - 1e-9, 1]
        assert above.max() >= y - 1e-9
    assert data.bound[:, 0].max() >= data.front[:, 0].max() - 1e-9
    assert len(data.others) == len(proved.designs) - len(proved.front)


def test_report_can_be_written_again(proved, tmp_path):
    folder = shutil.copytree(proved.folder, tmp_path / "small" / proved.folder.name)
    for name in ("report.html", "front.png", "cashflow.csv"):
        (folder / name).unlink()
    report.write(Results.load(folder), folder)
    for name in ("report.html", "front.png", "front.svg", "cashflow.csv"):
        assert (folder / name).read_bytes() == (proved.folder / name).read_bytes(), name


@pytest.mark.parametrize("name", ["front", "budgets", "cashflow", "waterfall", "ground", "map"])
def test_figures_are_saved(proved_run, tmp_path, name):
    picture, drawing = tmp_path / "it.png", tmp_path / "it.svg"
    save(FIGURES[name].draw(FIGURES[name].data(proved_run)), picture, drawing)
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = drawing.read_text("utf-8")
    assert "<svg" in text
    assert "\N{MINUS SIGN}" not in text  # matplotlib's default; everything else writes ASCII


def test_a_run_writes_its_front(proved):
    assert {file.name for file in proved.folder.glob("*.png")} == {"front.png"}
    assert (proved.folder / "front.svg").is_file()


def test_cash_of_the_page_is_the_table_by_quarter(proved, data):
    curves = data["cash"]
    assert {curve["design"] for curve in curves} == set(data["highlighted"].values())
    main = next(iter(data["highlighted"].values()))
    assert curves[0]["design"] == main
    for curve in curves:
        row = data["table_rows"][curve["design"]]  # as the page names it, and the command
        frame = proved.cashflow(row, "quarter")
        np.testing.assert_allclose(numbers(curve["years"])[1:], frame.index / 4)
        for packed, name in (("cumulative", "cumulative"), ("discounted", "cumulative_discounted")):
            np.testing.assert_allclose(numbers(curve[packed])[1:], frame[name] / 1e6, rtol=1e-6)
            assert numbers(curve[packed])[0] == 0
        npv = proved.front["npv"].iloc[row] / 1e6
        assert sum(step["value"] for step in curve["steps"]) == pytest.approx(npv, rel=1e-9)
        assert all(step["value"] for step in curve["steps"])


def test_figures_of_cash_are_its_curves_and_its_present_value(proved_run):
    proved = proved_run.results
    row = sentences.main_suggestion(proved)[1]
    drawn = FIGURES["cashflow"].draw(FIGURES["cashflow"].data(proved_run))
    solid, dashed = drawn.axes[0].lines[:2]
    frame = proved.cashflow(row, "quarter")
    scale = frame["cumulative"].iloc[-1] / solid.get_ydata()[-1]
    assert scale in (1e6, pytest.approx(1e9))
    np.testing.assert_allclose(solid.get_ydata()[1:] * scale, frame["cumulative"])
    np.testing.assert_allclose(dashed.get_ydata()[1:] * scale, frame["cumulative_discounted"])
    data = FIGURES["waterfall"].data(proved_run)
    assert sum(value for _, value in data.steps) == pytest.approx(data.total, rel=1e-12)
    assert data.total * scale == pytest.approx(proved.front["npv"].iloc[row], rel=1e-9)
    bars = FIGURES["waterfall"].draw(data).axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([*(value for _, value in data.steps), data.total])


def with_record(results, **more):
    return Results(results.designs, results.record.model_copy(update=more), results.folder)


def test_shadow_prices_are_shown_in_display_units(proved):
    """0.02 of ROI per tonne is 2e-5 per kilogram; 0.5 MW per tonne is 500 W per kilogram."""
    row = next(iter(highlighted_rows(proved).values()))
    prices = tuple(
        ShadowPrice(row, objective, "constraint", "launch_mass_margin >= 0 t", 0.0, price, "t", 1e5)
        for objective, price in (("roi", -2e-5), ("fleet_it_power", 500.0))
    )
    texts = [sentences.shadow_price(proved, price) for price in prices]
    assert texts == ["ROI -2 points per t", "Fleet IT power +0.5 MW per t"]
    priced = with_record(proved, shadow_prices=prices)
    step = RelaxedLimit(row, "roi", "launch_mass_margin >= 0 t", 1000.0, "t", 0.1, 0.12, ("altitude", "launch_cadence"))
    assert sentences.levers(with_record(proved, relaxed_limit=step)) == [
        "Most valuable limit to relax: launch_mass_margin >= 0 t, by 1 t (ROI +2 points, solved again with the same "
        "altitude and launch cadence)."
    ]
    shown = run_data(Run.load(proved.folder, priced))["shadow_prices"]
    assert [text for _, text in shown["launch_mass_margin >= 0 t"]] == texts


def test_variables_that_the_front_does_not_vary_are_named(proved):
    """Here altitude and cadence, which are made the same for all designs."""
    same = {name: proved.designs[name].iloc[0] for name in ("altitude", "launch_cadence")}
    held = Results(proved.designs.assign(**same), proved.record, proved.folder)
    front, variables = held.front, held.record.variables
    spread = {name: float(np.ptp(front[name]) / front[name].abs().max()) for name in variables}
    shared = [name for name in variables if spread[name] < 1e-6]
    assert 0 < len(shared) < len(variables)
    text = sentences.answer(held)
    assert f"{len(shared)} of {len(variables)} variables have the same value in all {len(front)} designs: " in text
    named = text.partition("same value in all")[2]
    assert all((words(name).lower() in named) == (name in shared) for name in variables)
    one = Results(proved.designs.iloc[[0]], proved.record, proved.folder)
    assert "same value" not in sentences.answer(one)


def test_bound_on_the_hypervolume_is_that_of_the_proof(proved):
    gap = proved.record.gap
    assert proved_hypervolume(proved, np.array(gap.reference)) == pytest.approx(gap.outer, rel=1e-12)


def test_convergence_is_measured_against_the_proof_beside_it(proved, tmp_path):
    folder = shutil.copytree(proved.folder.parent, tmp_path / "runs")
    gap = proved.record.gap
    found = Convergence((100, 200), (0.5 * gap.outer, gap.inner), gap.reference)
    changed = {
        "engine": OptunaSettings(),
        "convergence": found,
        "status": "best found",
        "certificate": None,
        "gap": None,
    }
    record = proved.record.model_copy(update=changed)
    search = shutil.copytree(proved.folder, folder / "search")
    data = convergence_data(Run.load(search, Results(proved.designs, record)))
    assert data.certified
    np.testing.assert_allclose(data.hypervolume, [0.5, 1 - gap.relative], rtol=1e-9)
    alone = shutil.copytree(search, tmp_path / "elsewhere" / "search")
    (alone / "run.json").unlink()
    data = convergence_data(Run.load(alone, Results(proved.designs, record)))
    assert not data.certified
    assert data.hypervolume[-1] == gap.inner
    drawn = FIGURES["convergence"].draw(data)
    assert "Hypervolume" in drawn.axes[0].get_ylabel()


def test_percentiles_are_those_of_the_samples(small, tmp_path):
    """The percentiles that the run stores, and those of the samples drawn for one design, are the same numbers."""
    study = small("maximize roi, maximize fleet_it_power", engine="sweep, evaluations: 256")
    study = study.with_changes(uncertain={"launch_markup": "default"}, uncertainty={"samples": 256})
    results = sunfront.run(study, output=tmp_path / "out")
    data = distribution_data(open_run(results))
    assert (np.diff(data.x) >= 0).all()
    assert (np.diff(data.percentiles, axis=0) >= 0).all()
    design = results.suggestions.get("knee", 0)
    column = int(np.flatnonzero(data.x == results.front["fleet_it_power"][design] / 1e6)[0])
    np.testing.assert_allclose(
        np.quantile(data.samples, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf"),
        data.percentiles[:, column],
        rtol=1e-12,
    )
    assert (results.folder / "distribution.svg").is_file()
    assert FIGURES["distribution"].title in (results.folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize("name", data_names("architectures"))
def test_every_architecture_has_a_page_and_budgets_that_add_up(name, tmp_path):
    study = Study(name=name, architecture=name, objectives=["minimize compute_cost"], engine={"name": "sweep"})
    results = sunfront.run(study, output=tmp_path)
    found = budgets(open_run(results))
    assert {"capital", "cost"} <= set(found)
    assert "Other" not in {**found["capital"].parts, **found["cost"].parts}
    for budget in found.values():
        np.testing.assert_allclose(sum(budget.parts.values()), budget.total, rtol=1e-12)
    np.testing.assert_allclose(found["cost"].total, results.designs["compute_cost"], rtol=1e-12)
    assert results.cashflow()["discounted"].sum() == pytest.approx(float(results.designs["npv"].iloc[0]), rel=1e-6)
    assert (results.folder / "report.html").stat().st_size < 1e6
