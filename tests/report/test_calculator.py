"""The calculator's page: what it holds, and in Chromium that it gives what ``sunfront evaluate`` gives."""

import base64
import json
import re
import shlex
from functools import cache

import numpy as np
import pytest

from sunfront.data import shipped
from sunfront.display import words
from sunfront.report.calculator import render_calculator
from sunfront.runs.ground import compare_base
from sunfront.study.study import Study
from sunfront.units import unit

ARCHITECTURES = shipped.names("architectures")


@cache
def study_of(name):
    return Study.of_architecture(name)


@cache
def page_of(name):
    return render_calculator(study_of(name), f"sunfront evaluate {name}")


def data_of(page):
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    return data | data["live"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_page_is_one_small_file(name):
    page = page_of(name)
    assert len(page.encode()) <= 150_000
    assert "script-src 'unsafe-inline';" in page
    script = page.split("<script type")[-1].replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"\b(eval|Function|fetch|import|XMLHttpRequest)\b\(?|https?://", script)


def test_stored_values_are_those_of_numpy():
    data, base = data_of(page_of("starlink_bus")), study_of("starlink_bus").base_evaluation
    stored = np.frombuffer(base64.b64decode(data["check"]["values"]), "<f8").reshape(data["check"]["designs"], -1)
    there = compare_base(study_of("starlink_bus"), base).grounds
    grid = next([each.compute_cost, each.roi] for each in there if each.ground == "grid")
    assert [*stored[0]] == [*(float(base[name]) for name, *_ in data["outputs"]), *grid]
    assert not np.array_equal(stored[1], stored[2])


def test_assumptions_begin_with_those_that_move_the_cost_most():
    """Against the model itself: the cost at both ends of the range of each of the first, and of some of the last."""
    data, study = data_of(page_of("starlink_bus")), study_of("starlink_bus")
    effects = []
    for i in [*data["assumptions"][:3], *data["assumptions"][40:43], *data["assumptions"][-3:]]:
        name, (_, low, high, *_) = data["inputs"][i][0], data["ranges"][i]
        ends = study.evaluate(**{name: np.array([low, high])})["compute_cost"] * np.ones(2)
        effects.append(abs(float(ends[1] - ends[0])))
    assert min(effects[:3]) > max(effects[3:6]) > min(effects[3:6]) > max(effects[6:])


def test_units_are_those_of_the_library():
    data = data_of(page_of("terrestrial"))
    for name, number, *_ in data["inputs"]:
        known = study_of("terrestrial").base_settings[name].unit
        assert data["units"][number]["factor"] * 3.0 + data["units"][number].get("zero", 0) == unit(known).to_si(3.0)


def test_a_study_begins_with_its_base_design_and_sorts_by_its_objective():
    study = Study.load("quickstart")
    data = data_of(render_calculator(study, "sunfront evaluate quickstart"))
    assert data["headlines"][0] == study.problem.objectives[0].quantity
    ranges = {row[0]: ends for row, ends in zip(data["inputs"], data["ranges"], strict=True)}
    for variable in study.problem.variables:
        if variable.name in ranges:
            assert ranges[variable.name][1:3] == [variable.low, variable.high]


def test_command(command, tmp_path):
    done = command("calculator", "starlink_bus", "quickstart", "-o", str(tmp_path / "page.html"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'page.html'}\n")
    assert data_of((tmp_path / "page.html").read_text("utf-8"))["command"] == "sunfront evaluate quickstart"
    wrong = command("calculator", "terrestrial", "quickstart")
    assert wrong.returncode == 2
    assert "quickstart is a study of starlink_bus, not of terrestrial" in wrong.stderr
    unknown = command("calculator", "starlink")
    assert unknown.returncode == 2
    assert "unknown architecture 'starlink'; did you mean 'starlink_bus'" in unknown.stderr


def test_evaluate_takes_an_architecture(command):
    done = command("evaluate", "starlink_bus", "--set", "altitude=650 km", "--json")
    assert json.loads(done.stdout)["orbital_period"]["value"] == pytest.approx(97.73 * 60, rel=1e-4)


# In Chromium


def page_file(tmp_path, text):
    (tmp_path / "page.html").write_text(text, "utf-8")
    return tmp_path / "page.html"


@pytest.mark.browser
@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("width", [1440, 390])
def test_page_opens_and_agrees_with_numpy(name, width, opened, tmp_path):
    page = opened(page_file(tmp_path, page_of(name)), width=width)
    assert not page.locator("#alarm").is_visible()
    assert page.locator("#headlines div").count() >= 6
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tracks = page.locator("#costs .track").evaluate_all("all => all.map((track) => track.clientWidth)")
    assert min(tracks) == max(tracks) > 200


@pytest.mark.browser
def test_moved_values_are_those_of_the_command(opened, tmp_path):
    page = opened(page_file(tmp_path, page_of("starlink_bus")))
    sliders = page.locator("#assumption-rows input[type=range]")
    for i, keys in enumerate(["ArrowRight", "ArrowLeft", "End", "PageUp"]):
        sliders.nth(i).press(keys)
    page.locator("#search").fill("altitude")
    page.locator("#value-altitude").fill("812.5")
    page.locator("#value-altitude").press("Tab")
    page.locator("#all summary").click()
    command = shlex.split(page.locator("#command").inner_text().replace("\\\n", " "))
    assert command[:3] == ["sunfront", "evaluate", "starlink_bus"]
    sets = [text for text in command[3:] if text != "--set"]
    assert len(sets) == 5
    assert "altitude=812.5 km" in sets
    study = study_of("starlink_bus").with_overrides(sets)
    values, checked = study.base_evaluation, 0
    names = {words(name): name for name in values}
    for line in page.locator("#quantities").inner_text().splitlines():
        label, shown, _ = line.split("\t")
        number, _, symbol = shown.partition(" ")
        if number in ("∞", "none", "no"):
            assert not np.isfinite(values[names[label]])
            continue
        found = unit(symbol or "1").to_si(float(number.replace(",", "")))
        assert found == pytest.approx(float(values[names[label]]), rel=6e-5, abs=1e-15), label
        checked += 1
    assert checked > 150
    there = next(each for each in compare_base(study, values).grounds if each.ground == "grid")
    cost, roi = re.findall(r"[-\d.]+(?= USD/kWh| %)", page.locator("#ground-text").inner_text())
    assert float(cost) == pytest.approx(unit("USD/kWh").from_si(there.compute_cost), rel=1e-3)
    assert float(roi) == pytest.approx(100 * there.roi, rel=1e-3)


@pytest.mark.browser
def test_command_keeps_variables_that_a_moved_value_would_settle(opened, tmp_path):
    study = Study(
        name="pausing",
        architecture="starlink_bus",
        variables={
            "altitude": {"low": "500 km", "high": "900 km", "base": "800 km"},
            "keep_warm_share": {"low": 0, "high": 1, "base": 0.4, "when": "altitude > 700 km"},
        },
        objectives=["minimize compute_cost"],
    )
    page = opened(page_file(tmp_path, render_calculator(study, "sunfront evaluate pausing")))
    assert page.locator("#command").inner_text() == "sunfront evaluate pausing"
    page.locator("#search").fill("altitude")
    page.locator("#value-altitude").fill("600")
    page.locator("#value-altitude").press("Tab")
    sets = shlex.split(page.locator("#command").inner_text().replace("\\\n", " "))[4::2]
    assert sets == ["altitude=600 km", "keep_warm_share=0.4"]
    cost = study.with_overrides(sets).base_evaluation["compute_cost"]
    shown = float(page.locator("#headlines dd").first.inner_text().split()[0])
    assert shown == pytest.approx(unit("USD/kWh").from_si(cost), rel=1e-3)


@pytest.mark.browser
def test_address_holds_the_moved_values_and_reset_clears_them(opened, tmp_path):
    page = opened(page_file(tmp_path, page_of("terrestrial")))
    before = page.locator("#headlines").inner_text()
    page.locator("#assumption-rows input[type=range]").first.press("End")
    moved = page.locator("#headlines").inner_text()
    assert moved != before
    page.wait_for_function("() => location.hash.includes('=')")
    other = opened(page_file(tmp_path, page_of("terrestrial")))
    other.evaluate("hash => { location.hash = hash }", page.evaluate("location.hash"))
    other.wait_for_function("() => document.getElementById('command').textContent.includes('--set')")
    assert other.locator("#headlines").inner_text() == moved
    page.locator(".reset").click()
    assert page.locator("#headlines").inner_text() == before
    page.wait_for_function("() => !location.href.includes('#')")
    assert "--set" not in page.locator("#command").inner_text()


@pytest.mark.browser
def test_what_is_not_allowed_is_told_and_not_taken(opened, tmp_path):
    page = opened(page_file(tmp_path, page_of("starlink_bus")))
    field = page.locator("#value-utilization")
    field.fill("1.5")
    field.press("Tab")
    assert "Allowed: at most 1" in page.locator(".move", has=field).inner_text()
    assert "--set" not in page.locator("#command").inner_text()
    field.fill("0.99")
    field.press("Tab")
    assert "Outside the range of its sources" in page.locator(".move", has=field).inner_text()
    assert "utilization=0.99" in page.locator("#command").inner_text()


@pytest.mark.browser
def test_limits_and_ranges_are_told_as_evaluate_tells_them(opened, tmp_path):
    page = opened(page_file(tmp_path, page_of("starlink_bus")))
    page.locator("#search").fill("altitude")
    page.locator("#value-altitude").fill("1500")
    page.locator("#value-altitude").press("Tab")
    assert "Altitude = 1,500 km" in page.locator("#warnings").inner_text()
    study = study_of("starlink_bus").with_overrides(["altitude=1500 km"])
    values, limits = study.base_evaluation, study.problem.constraints
    missed = sum(not c.is_met(values[c.quantity]) for c in limits)
    assert 0 < page.locator("#limits .missed").count() == missed < len(limits) == page.locator("#limits tr").count()


@pytest.mark.browser
def test_a_page_that_computes_something_else_is_off(opened, tmp_path):
    text = page_of("starlink_bus")
    assert text.count("Math.expm1(-x)") == 1
    page = opened(page_file(tmp_path, text.replace("Math.expm1(-x)", "1.0000001*Math.expm1(-x)")))
    assert "so the calculator is off" in page.locator("#alarm").inner_text()
    assert not page.locator("main").is_visible()


@pytest.mark.browser
def test_sources_are_told_on_hover(opened, tmp_path):
    page = opened(page_file(tmp_path, page_of("starlink_bus")))
    page.locator("#assumption-rows [data-name]").first.hover()
    name = page.locator("#tooltip b").inner_text()
    assert study_of("starlink_bus").base_settings[name].source in page.locator("#tooltip").inner_text()
