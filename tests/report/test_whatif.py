"""What-if in the report: in Chromium, designs with moved assumptions are those of ``sunfront evaluate``."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sunfront.cash_flow.table import CLOSED_FORMS, cash_flow
from sunfront.display import words
from sunfront.library.parameters import parse_yaml
from sunfront.problem.problem import Broken
from sunfront.report.page import render
from sunfront.report.sentences import main_suggestion
from sunfront.report.whatif import what_if
from sunfront.runs import runner
from sunfront.runs.run import open_run
from sunfront.study.gradient import gradient_of
from sunfront.study.study import Study
from sunfront.units import unit


def test_statistics_turn_it_off(small, tmp_path):
    more = "uncertain: {compute_price_decline: default}\nuncertainty: {samples: 256}\n"
    study = small("maximize p10 roi", engine="sweep, evaluations: 64", more=more)
    run = open_run(runner.run(study, output=tmp_path))
    text = render(run)
    assert "What-if is off: the study asks for statistics" in text
    assert 'id="moves"' not in text
    # Its memo lists what moves the nominal value most over its range, what is uncertain too.
    assert "Numbers that matter most to ROI at nominal values" in text
    results, problem = run.results, run.study.problem
    row = int(results.front_rows[main_suggestion(results)[1]])
    given = problem.values | {v.name: float(results.designs[v.name].iloc[row]) for v in problem.variables}

    def moved(name):
        known = run.study.settings[name].parameter
        width = known.high - known.low
        ends = [problem.model.evaluate({**given, name: given[name] + k * width}, ["roi"])["roi"] for k in (-1e-4, 1e-4)]
        return abs(ends[1] - ends[0])

    first = what_if(run).first
    sizes = [moved(name) for name in first]
    assert len(first) == 10
    assert first[0] == "compute_price_decline"
    assert all(a >= 0.999 * b for a, b in pairwise(sizes))


def test_the_first_assumption_moves_the_objective_most(proved_run):
    """Against the model: the objective at both ends of the range of each, in the design that is looked at first."""
    data = what_if(proved_run).data
    problem, results = proved_run.study.problem, proved_run.results
    row = int(results.front_rows[results.suggestions.get("knee", 0)])
    design = {v.name: np.array([results.designs[v.name].iloc[row]]) for v in problem.variables}
    effects = []
    for i in [*data["assumptions"][:2], *data["assumptions"][-2:]]:
        name, (_, low, high, *_) = data["inputs"][i][0], data["ranges"][i]
        ends = [
            problem.model.evaluate({**problem.values, **design, name: end}, ["roi"])["roi"][0] for end in (low, high)
        ]
        effects.append(abs(ends[1] - ends[0]))
    assert min(effects[:2]) > max(effects[2:])
    assert not {data["inputs"][i][0] for i in (*data["assumptions"], *data["decisions"])} & set(design)


def test_stored_elasticities_are_those_of_every_design(proved_run):
    """Of each design of the front, against the derivatives of its own study."""
    data, study = what_if(proved_run).data, proved_run.study
    results, of = proved_run.results, data["elasticities"]["of"]
    assert list(of) == results.front_rows.tolist()
    for row in (min(of), max(of)):
        design = {v.name: float(results.designs[v.name].iloc[row]) for v in study.problem.variables}
        slopes = gradient_of(study.arch, study.settings, design, "roi")
        for i, change in of[row]:
            name = data["inputs"][i][0]
            assert change == pytest.approx(slopes[name] * slopes.at[name], rel=1e-5)


# In Chromium

browser = pytest.mark.browser


def move(page, name, number):
    """Find a value and type a number."""
    page.locator("#search").fill(name)
    page.locator(f"#value-{name}").fill(str(number))
    page.locator(f"#value-{name}").press("Tab")


def facts(page):
    """What the card of the selected design says: text by label."""
    return dict(zip(*(page.locator(f"#facts {kind}").all_inner_texts() for kind in ("dt", "dd")), strict=True))


def evaluated(page, folder):
    """What the command on the page evaluates to."""
    command = shlex.split(page.locator("#command").text_content().replace("\\\n", " "))
    assert command[:3] == ["sunfront", "evaluate", "study.yaml"]
    return Study.load(folder / "study.yaml", overrides=command[4::2])


@browser
def test_moved_numbers_are_those_of_evaluate(opened, proved):
    page = opened(proved)
    page.locator("#search").fill("node mass")
    movers = page.locator(".move label span").filter(visible=True).evaluate_all("all => all.map(e => e.dataset.name)")
    study, row = open_run(proved).study, proved.front_rows[main_suggestion(proved)[1]]
    given = study.problem.values | {v.name: float(proved.designs[v.name].iloc[row]) for v in study.problem.variables}
    effects = {}
    for name in [*movers, "accelerator_price", "bus_areal_mass", "propellant_reserve"]:
        if name in given and (known := study.settings[name].parameter):
            ends = np.array([known.low, known.high])
            effects[name] = np.ptp(study.problem.model.evaluate(given | {name: ends}, ["node_mass"])["node_mass"])
    assert len(movers) == 8
    assert min(effects[name] for name in movers) > max(effects[name] for name in effects.keys() - movers)
    before = facts(page)
    page.locator("#assumption-rows input[type=range]").first.press("PageDown")
    move(page, "accelerator_price", 40_000)
    assert facts(page) != before
    assert f"ROI {before['ROI']} → {facts(page)['ROI']}" in page.locator("#moved-outcome").inner_text()
    study = evaluated(page, proved.folder)
    values, checked = study.base_evaluation, 0
    assert float(study.settings["accelerator_price"].value) == 40_000
    names = {words(name): name for name in values}
    for label, text in facts(page).items():
        number, _, symbol = text.partition(" ")
        if label not in names or number in ("∞", "-∞", "\N{EN DASH}"):
            continue
        symbol = symbol.replace("²", "^2").replace("³", "^3")
        found = unit(symbol or "1").to_si(float(number.replace(",", "")))
        assert found == pytest.approx(float(values[names[label]]), rel=6e-4, abs=1e-3), label
        checked += 1
    assert checked > 20
    totals = {"Cost of compute": "compute_cost", "Capital of the fleet": "capex"}
    for title, name in totals.items():
        text = page.locator(".waterfall", has_text=title).locator("li b").last.inner_text()
        number, symbol = text.split()
        assert unit(symbol).to_si(float(number)) == pytest.approx(float(values[name]), rel=6e-3)
    assert page.locator("#moved-bar").is_visible()
    assert "Recomputed here, not proved" in page.locator("#moved-bar").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 1440


@browser
def test_elasticities_are_those_of_the_derivatives(opened, proved):
    """Stored for the assumptions of the run, and computed in the page for moved ones."""
    page = opened(proved)
    for note in ("derivatives", "differences"):
        text = page.locator("#elasticities-note").inner_text()
        assert note in text
        study = evaluated(page, proved.folder)
        slopes = gradient_of(study.arch, study.settings, {}, "roi")
        roi = float(study.base_evaluation["roi"])
        assert ("ROI is negative here" in text) == (roi < 0)
        rows = page.locator("#elasticities tbody tr")
        names = rows.locator("span").evaluate_all("all => all.map(e => e.dataset.name)")
        cells = [[text.split()[0] for text in row.locator("td").all_inner_texts()[2:]] for row in rows.all()]
        assert len(names) == 8
        for name, (points, elasticity) in zip(names, cells, strict=True):
            assert float(elasticity) == pytest.approx(slopes.elasticities[name], rel=6e-3)
            assert float(points) == pytest.approx(slopes.elasticities[name] * roi, rel=6e-3)
        inputs = set(page.locator(".move label span").evaluate_all("all => all.map(e => e.dataset.name)"))
        least = min(abs(slopes.elasticities[name]) for name in names)
        larger = {name for name in inputs & slopes.keys() - {*names} if abs(slopes.elasticities[name]) > 1.01 * least}
        assert all(study.arch.library.parameters[name].whole for name in larger)
        move(page, "accelerator_price", 40_000)


@browser
def test_table_front_and_limits_follow_and_reset_restores(opened, many):
    """All ten thousand designs against numpy: how many meet the limits, and which are on the front."""
    page = opened(many)
    before = page.evaluate("document.getElementById('scatter').toDataURL()"), facts(page)
    move(page, "launcher_reference_payload", 60)
    met, count = map(int, re.search(r"(\d+) of (\d+) designs meet", page.locator("#moved-text").inner_text()).groups())
    problem = open_run(many).study.with_overrides(["launcher_reference_payload=60 t"]).problem
    designs = {v.name: many.designs[v.name].to_numpy(float) for v in problem.variables}
    quantities = problem.evaluate(designs, broken=Broken(len(many.designs)))
    assert met == int(problem.feasible(quantities).sum())
    assert 0 < met < count
    page.click("#front-only")
    scores = problem.scores(quantities)[problem.feasible(quantities)]
    best = [not ((scores >= s).all(axis=1) & (scores > s).any(axis=1)).any() for s in scores]
    assert int(page.locator("#passing").inner_text().split()[0].replace(",", "")) == sum(best)
    page.click("#front-only")
    page.locator(".undo").first.click()
    assert (page.evaluate("document.getElementById('scatter').toDataURL()"), facts(page)) == before
    assert page.locator("#moved-bar").is_hidden()


@browser
def test_cash_follows_as_the_table_has_it(opened, proved):
    """Against the cash-flow table, which adds up the flows without the closed forms of the page."""
    page = opened(proved)
    before = page.locator("#cash-text").inner_text()
    for name, number in (("accelerator_price", 40_000), ("service_life", 4), ("utilization", 0.9)):
        move(page, name, number)
    assert page.locator("#cash .as-run").count() == 0
    text = page.locator("#cash-text").inner_text()
    assert text != before
    overrides = ["accelerator_price=40000 USD", "service_life=4 year", "utilization=0.9"]
    problem = open_run(proved).study.with_overrides(overrides).problem
    row = int(proved.front_rows[main_suggestion(proved)[1]])
    design = {v.name: float(proved.designs[v.name].iloc[row]) for v in problem.variables}
    flow = cash_flow(problem, design, "quarter")
    curve = np.concatenate([[0.0], flow.net.cumsum()])
    found = re.search(r"lowest (\S+ \S+) after (\S+) years?, in the end (\S+ \S+) after (\S+) years?", text)
    money = [unit(each.split()[1]).to_si(float(each.split()[0].replace(",", ""))) for each in (found[1], found[3])]
    assert money == pytest.approx([curve.min(), curve[-1]], rel=1e-3)
    assert [float(found[2]), float(found[4])] == pytest.approx([curve.argmin() / 4, (len(curve) - 1) / 4], rel=1e-3)
    bars = page.locator("#cash-waterfall li")
    shown = dict(line.split("\n")[:2] for line in bars.all_inner_texts())
    paid = {name: flow.total(kind) for kind, name in CLOSED_FORMS.items() if flow.total(kind)}
    assert len(paid) >= 3
    for name, total in paid.items():
        number, symbol = shown[words(name).removeprefix("Present value of ").capitalize()].split()
        assert unit(symbol).to_si(float(number.replace(",", ""))) == pytest.approx(total, rel=5e-3)
    page.locator(".reset").first.click()
    assert page.locator("#cash-text").inner_text() == before


@browser
def test_a_drag_ends_with_what_a_typed_number_gives(opened, proved):
    """While it is dragged only what is on the screen follows; when it ends, everything."""
    shown = """() => [...document.querySelectorAll('#scatter, #parallel')].map((each) => each.toDataURL())
      .concat(['facts', 'design-table', 'moved-text'].map((id) => document.getElementById(id).textContent))"""
    dragged, typed = opened(proved), opened(proved)
    dragged.locator("#front").scroll_into_view_if_needed()
    slider = dragged.locator("#assumption-rows input[type=range]").nth(1)
    before = dragged.evaluate(shown)
    field = dragged.locator("#assumption-rows .move").nth(1).locator("input[type=number]")
    for i in (30, 60, 90):
        slider.evaluate("(each, i) => { each.value = i; each.dispatchEvent(new Event('input')); }", i)
        dragged.evaluate("() => new Promise(requestAnimationFrame)")
    during = dragged.evaluate(shown)
    assert during[0] != before[0]
    assert during[2] == before[2]
    slider.evaluate("each => each.dispatchEvent(new Event('change'))")
    move(typed, field.get_attribute("id").removeprefix("value-"), field.input_value())
    assert dragged.evaluate(shown) == typed.evaluate(shown) != before
    dragged.locator(".undo").first.click()
    assert dragged.evaluate(shown)[2:4] == before[2:4]


@pytest.mark.long
@browser
def test_designs_sized_anew_meet_every_limit_of_numpy(opened, proved):
    from playwright.sync_api import expect

    page = opened(proved)
    move(page, "accelerator_power", 2.0)
    problem = open_run(proved).study.with_overrides(["accelerator_power=2 kW"]).problem
    own = {v.name: proved.designs[v.name].to_numpy(float) for v in problem.variables}
    assert not problem.feasible(problem.evaluate(own)).any()
    page.click("#size")
    expect(page.locator("#sized-text")).to_contain_text("best found by a short search, not proved", timeout=30_000)
    rows = page.locator("#sized-designs tbody tr")
    found = [json.loads(row.get_attribute("data-inputs")) for row in rows.all()]
    assert len(found) >= 2
    designs = {v.name: np.array([each[v.name] for each in found]) for v in problem.variables}
    assert not any(v.outside_domain(designs[v.name]).any() for v in problem.variables)
    quantities = problem.evaluate(designs)
    assert problem.feasible(quantities).all()
    shown = [float(row.locator("td").first.inner_text().split()[0]) for row in rows.all()]
    np.testing.assert_allclose(shown, 100 * quantities["roi"], rtol=1e-3)
    # At least as good as the best of thousands of random designs.
    random = problem.evaluate(problem.random_designs(20_000), broken=Broken(20_000))
    assert quantities["roi"].max() >= np.max(random["roi"][problem.feasible(random)], initial=-np.inf)


@browser
def test_saved_study_has_the_moved_values(opened, proved, tmp_path):
    page = opened(proved)
    move(page, "accelerator_price", 40_000)
    with page.expect_download() as download:
        page.click("#save")
    path = tmp_path / "study.yaml"
    download.value.save_as(path)
    theirs = parse_yaml((proved.folder / "study.yaml").read_text("utf-8"))
    ours = parse_yaml(path.read_text("utf-8"))
    assert ours.pop("parameters") == theirs.pop("parameters", {}) | {"accelerator_price": "40000 USD"}
    theirs.pop("design", None)
    assert ours == theirs
    assert Study.load(path).settings["accelerator_price"].value == 40_000


@browser
def test_what_cannot_exist_is_told(opened, proved):
    page = opened(proved)
    move(page, "launcher_reference_payload", 35)
    study = evaluated(page, proved.folder)
    missed = {str(c) for c in study.problem.constraints if c.violation(float(study.base_evaluation[c.quantity])) > 1e-3}
    shown = page.locator("#constraints .missed td:first-child").all_inner_texts()
    assert missed
    assert {text.replace("≥", ">=").replace("≤", "<=") for text in shown} == missed


@browser
def test_another_result_turns_it_off(opened, proved, tmp_path):
    text = (proved.folder / "report.html").read_text("utf-8")
    assert text.count("Math.expm1(-x)") == 1
    path = tmp_path / "report.html"
    Path(path).write_text(text.replace("Math.expm1(-x)", "1.0000001*Math.expm1(-x)"), "utf-8")
    page = opened(path)
    assert "what-if and the map are off" in page.locator("#what-if-alarm").inner_text()
    assert page.locator("#moves").is_hidden()
    assert page.locator("#map").is_hidden()
    assert page.locator("#facts div").count() > 20
