"""The report in a real browser, opened from disk: actions of a reader and the response of the page.

Needs Chromium (``CHROMIUM`` names its file if it is not on the path) and playwright; run with ``-m browser``.
"""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from common import ROOT, STUDIES, rewrite_record

import sunfront
from sunfront import report
from sunfront.display import words
from sunfront.library.parameters import parse_yaml
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run
from sunfront.study.study import Study
from sunfront.units import unit_label

pytestmark = pytest.mark.browser

EVIL = "<script>window.broken = 1</script></script><img src=x onerror='window.broken=1'>\"' & \u2028 {{ 7*7 }} ]]>"


#: What lies over the scatter plot and takes the pointer.
SCATTER = "#scatter + svg"


def drag(page, canvas, start, end):
    """Drag over a canvas, in shares of its size."""
    page.locator(canvas).scroll_into_view_if_needed()
    box = page.locator(canvas).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()


def picture(page, canvas):
    """The content of a canvas as a data URL."""
    return page.evaluate("id => document.querySelector(id).toDataURL()", canvas)


def passing(page):
    return int(page.locator("#passing").inner_text().split(" of ")[0].replace(",", ""))


def export(page, folder):
    """The exported selection: column names, units, rows of numbers."""
    with page.expect_download() as download:
        page.click("#export")
    path = folder / "selection.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        heads, *rows = csv.reader(file)
    split = [head.removesuffix(")").partition(" (") for head in heads]
    names, units = [name for name, _, _ in split], [text or "1" for _, _, text in split]
    return names, units, np.array(rows, float).reshape(len(rows), len(names))


def test_brush_on_the_scatter_changes_table_and_axes(opened, many):
    page = opened(many)
    every = len(many.designs)
    assert passing(page) == every
    axes, rows = picture(page, "#parallel"), page.locator("#design-table tbody").inner_text()
    drag(page, "#scatter", (0.2, 0.3), (0.6, 0.7))
    assert 0 < passing(page) < every
    assert picture(page, "#parallel") != axes
    assert page.locator("#design-table tbody").inner_text() != rows
    brushed = passing(page)
    drag(page, "#scatter", (0.4, 0.5), (0.5, 0.4))  # the brush itself is moved
    moved = passing(page)
    assert 0 < moved < every
    drag(page, "#scatter", (0.5, 0.4), (0.4, 0.5))
    assert passing(page) == brushed != moved
    page.click("#clear")
    assert passing(page) == every
    assert picture(page, "#parallel") == axes


def test_variables_with_one_value_are_named_and_have_no_axis(opened, proved):
    page = opened(proved)
    shared = page.locator("#shared").inner_text()
    for name in proved.record.variables:
        is_shared = np.ptp(proved.designs[name]) < 1e-6 * proved.designs[name].abs().max()
        box = page.locator(f"#axes input[value={name}]")
        assert box.is_checked() != is_shared
        assert (box.locator("..").text_content().strip() in shared) == is_shared


def test_brush_on_a_parallel_axis_changes_scatter_and_table(opened, many):
    page = opened(many)
    before = picture(page, "#scatter")
    box = page.locator("#parallel").bounding_box()
    first = 46 / box["width"]  # the first axis
    drag(page, "#parallel", (first, 0.3), (first, 0.6))
    assert 0 < passing(page) < len(many.designs)
    assert picture(page, "#scatter") != before


def test_export_equals_the_selection(opened, many, tmp_path):
    page = opened(many)
    page.locator("summary", has_text="Filters as numbers").click()
    page.fill("input[name=altitude][data-end='0']", "600")
    page.fill("input[name=altitude][data-end='1']", "800")
    page.fill("input[name=roi][data-end='0']", "0.03")
    page.locator("input[name=roi][data-end='0']").press("Enter")
    names, units, rows = export(page, tmp_path)
    shown = many.readable(many.designs).reset_index(names="design")
    wanted = shown[(shown["altitude"].between(600, 800)) & (shown["roi"] >= 0.03)]
    assert 0 < len(wanted) < len(shown)
    assert passing(page) == len(wanted) == len(rows)
    # The ranking criteria follow the run's own columns.
    own = [name for name in names if name in wanted]
    assert names[len(own) :] == ["closeness_to_ideal", "hypervolume_contribution"]
    assert units[1 : len(own)] == [unit_label(many.units[name]) for name in own[1:]]
    order = np.argsort(rows[:, 0])
    np.testing.assert_allclose(rows[order, : len(own)], wanted[own].to_numpy(float), rtol=1e-6, atol=1e-6)


def test_choice_of_axis_color_and_size_redraws(opened, many):
    page = opened(many)
    for control, value in (("#by-x", "capex"), ("#by-y", "npv"), ("#by-color", "altitude"), ("#by-size", "node_mass")):
        before = picture(page, "#scatter")
        page.select_option(control, value)
        assert picture(page, "#scatter") != before, control


def test_card_follows_the_selection_from_scatter_table_keyboard_and_buttons(opened, proved):
    page = opened(proved)
    title = page.locator("#design-title")
    page.locator("#design-table tbody tr").nth(1).click()
    row = int(page.locator("#design-table tbody tr").nth(1).get_attribute("data-row"))
    assert title.inner_text().startswith(f"Design {row}")
    fact = page.locator("#facts div", has_text="Capex").locator("dd").first.inner_text()
    assert float(fact.split()[0].replace(",", "")) == pytest.approx(proved.designs["capex"][row] / 1e9, rel=1e-3)
    budget = page.locator(".waterfall", has_text="Capital of the fleet").locator("li b").all_inner_texts()
    steps = [float(text.split()[0]) for text in budget]
    assert sum(steps[:-1]) == pytest.approx(steps[-1], rel=0.01)
    before = title.inner_text()
    page.focus("#scatter")
    page.keyboard.press("ArrowLeft")
    assert title.inner_text() != before
    page.keyboard.press("ArrowRight")
    assert title.inner_text() == before
    page.locator("#highlighted button").first.click()
    assert page.locator("#highlighted button").first.get_attribute("aria-pressed") == "true"
    line = page.locator("#design-table tbody tr").last
    line.focus()
    page.keyboard.press("Enter")
    assert title.inner_text().startswith(f"Design {line.get_attribute('data-row')}")


def place_in_scatter(page, results, row):
    """Where a design is in the scatter plot, of net present value against capital; all are in it."""
    page.select_option("#by-x", "capex")
    page.select_option("#by-y", "npv")
    canvas = page.locator("#scatter")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    share = {}
    for name in ("capex", "npv"):
        values = results.designs[name]
        low, high = values.min(), values.max()
        share[name] = (values[row] - low + 0.04 * (high - low)) / (1.08 * (high - low))  # a margin of 4 % around
    x = 64 + share["capex"] * (box["width"] - 64 - 22)
    return {"x": x, "y": box["height"] - 46 - share["npv"] * (box["height"] - 46 - 24)}


def test_a_click_selects_the_design_under_it(opened, proved):
    page = opened(proved)
    page.locator("#highlighted button").first.click()
    row = int(proved.designs["npv"].argmin())
    page.locator(SCATTER).click(position=place_in_scatter(page, proved, row))
    assert page.locator("#design-title").inner_text().startswith(f"Design {row}")


def test_card_under_the_mouse_and_two_designs_side_by_side(opened, proved):
    page = opened(proved)
    buttons = {int(each.get_attribute("data-row")): each for each in page.locator("#highlighted button").all()}
    rows = list(buttons)[:2]
    buttons[rows[0]].click()
    page.click("#pin")
    assert page.locator("#pinned").is_hidden()
    buttons[rows[1]].click()
    lines = [line.split("\t") for line in page.locator("#pinned tbody").inner_text().splitlines()]
    table = {label: [float(text.split()[0].replace(",", "")) for text in texts] for label, *texts in lines}
    npv = [proved.designs["npv"][row] / 1e9 for row in rows]
    assert table["NPV"] == pytest.approx([*npv, npv[1] - npv[0]], rel=6e-3)
    changed = {words(name) for name in proved.designs if len({*proved.designs[name].iloc[rows].astype("float32")}) > 1}
    assert table.keys() - changed <= {"Closeness to the ideal", "Hypervolume contribution"}
    page.click("#pin")
    assert page.locator("#pinned").is_hidden()
    row = int(proved.designs["npv"].argmin())
    page.locator(SCATTER).hover(position=place_in_scatter(page, proved, row))
    card = page.locator("#tooltip").inner_text()
    assert card.startswith(f"design {row}, on the front")
    shown = float(card.split("ROI")[1].split()[0])
    assert shown == pytest.approx(100 * proved.designs["roi"][row], rel=1e-3)


def test_assumptions_are_searched_and_sorted(opened, proved):
    page = opened(proved)
    rows = page.locator(".assumptions tbody tr")
    every = [text.split("\t")[0] for text in rows.all_inner_texts()]
    page.fill("#find-assumption", "launch_markup")
    visible = [text.split("\t")[0] for text in rows.filter(visible=True).all_inner_texts()]
    assert "launch_markup" in visible
    assert len(visible) < len(every) / 4
    page.fill("#find-assumption", "")
    page.select_option("#trust", "assumed")
    trusts = {text.split("\t")[4] for text in rows.filter(visible=True).all_inner_texts()}
    assert trusts == {"assumed"}
    page.select_option("#trust", "")
    page.locator(".assumptions th button").first.click()
    page.locator(".assumptions th button").first.click()
    assert rows.first.locator("td").first.inner_text() == max(every)


def test_equation_and_source_on_hover_and_focus(opened, proved):
    page = opened(proved)
    page.locator("#facts dt[data-name=roi]").hover()
    tooltip = page.locator("#tooltip")
    assert open_run(proved).study.arch.model["roi"].text in tooltip.inner_text()
    page.keyboard.press("Escape")
    assert tooltip.is_hidden()
    page.focus("#facts dt[data-name=altitude]")
    assert tooltip.is_visible()


def test_map_follows_its_choices(opened, proved):
    page = opened(proved)
    for control, value in (("#map-metric", "capex"), ("#map-x", "altitude")):
        before = picture(page, "#map-canvas")
        page.select_option(control, value)
        assert picture(page, "#map-canvas") != before, control
    page.locator("#map-canvas").hover()
    assert page.locator("#tooltip dt").first.inner_text() == "Altitude"
    page.select_option("#map-y", "altitude")
    assert "two different variables" in page.locator("#map-note").inner_text()


def test_map_shows_what_meets_every_limit(opened, proved):
    """The page zooms to it, and shades all else: what a hover card says of a place is how the place is painted."""
    page = opened(proved)
    page.select_option("#map-y", "node_radiator_area")
    page.locator("#map-canvas").scroll_into_view_if_needed()
    box, told = page.locator("#map-canvas").bounding_box(), {"meets": set(), "misses": set()}
    pixel = "([x, y]) => document.getElementById('map-canvas').getContext('2d').getImageData(x, y, 1, 1).data[3]"
    for share in np.linspace(0.12, 0.95, 9):
        at = [round(share * box["width"]), round(0.5 * box["height"])]
        page.mouse.move(box["x"] + at[0] + 0.5, box["y"] + at[1] + 0.5)
        title = page.locator("#tooltip b").inner_text()
        told[title.split()[0]].add(page.evaluate(pixel, at))
    shade = round(0.22 * 255)
    assert 0 in told["meets"]
    assert shade in told["misses"]
    assert shade not in told["meets"]
    assert 0 not in told["misses"]


def test_cash_follows_its_choice_and_the_selection(opened, proved):
    page = opened(proved)
    before = picture(page, "#cash-canvas")
    options = page.locator("#cash-design option").all_inner_texts()
    page.select_option("#cash-design", "1")
    assert picture(page, "#cash-canvas") != before
    assert options[1] in page.locator("#cash-legend").inner_text()
    steps = [float(text.split()[0]) for text in page.locator("#cash-waterfall li b").all_inner_texts()]
    assert sum(steps[:-1]) == pytest.approx(steps[-1], abs=0.01 * max(map(abs, steps)))
    page.locator("#highlighted button").first.click()
    page.locator("#highlighted button").last.click()
    assert page.locator("#cash-design").input_value() != "0"


def test_dark_follows_the_system_and_the_switch(opened, proved):
    page = opened(proved, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark, drawn = page.evaluate(paper), picture(page, "#scatter")
    page.click("#theme")
    assert page.evaluate(paper) == "rgb(255, 255, 255)" != dark
    assert picture(page, "#scatter") != drawn


def test_phone_does_not_scroll_sideways(opened, many, proved, tmp_path):
    report.compare([open_run(results) for results in (proved, many)], tmp_path / "both.html")
    for path in (many.folder / "report.html", tmp_path / "both.html"):
        page = opened(path, width=390)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    # What is asked for rarely is folded; a link opens it.
    assert not page.locator("#parallel").is_visible()
    page.evaluate("""document.querySelector("nav a[href='#designs']").click()""")
    page.locator("#parallel").wait_for()  # the page hears of its new address or width a moment later
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.fold:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.fold[open]").count() == 1
    folds = page.locator("details.fold").count()
    page.evaluate("location.hash = 'differences'")
    page.locator("#differences h3").first.wait_for()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function("document.querySelectorAll('details.fold').length === 0")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function("(many) => document.querySelectorAll('details.fold').length === many", arg=folds)
    # A long label takes no more than the screen.
    page.evaluate("document.querySelector('#bridge-from').add(new Option('word '.repeat(40)))")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), pytest.param(390, "dark", marks=pytest.mark.long)])
def test_nothing_hinders_who_uses_other_means(opened, proved, width, scheme):
    """By axe-core, on the page as it opens and with a value moved and a design pinned."""
    axe = ROOT / "tests" / "javascript" / "node_modules" / "axe-core" / "axe.min.js"
    assert axe.is_file(), "no axe-core; run npm ci --prefix tests/javascript"
    page = opened(proved, width, color_scheme=scheme, bypass_csp=True)
    page.evaluate(axe.read_text("utf-8"))
    run = "async () => (await axe.run(document)).violations.map(({ id, nodes }) => [id, nodes[0].html])"
    assert page.evaluate(run) == []
    page.evaluate("document.querySelectorAll('.fold').forEach((each) => (each.open = true))")
    page.locator("#pin").click()
    page.locator("#design-table tbody tr").last.click()
    page.locator("#assumption-rows input[type=range]").first.press("PageDown")
    assert page.evaluate(run) == []


def test_memo_is_one_page_on_the_selected_design(opened, proved):
    page = opened(proved)
    page.evaluate("() => { window.print = () => {}; }")
    page.locator("#highlighted button").first.click()
    page.click("#memo-print")
    memo = page.locator("#memo").text_content()
    assert page.locator("#design-title").inner_text() in memo
    shown = page.locator("#facts div", has_text="NPV").locator("dd").first.inner_text()
    assert shown in memo
    first = page.locator("#assumption-rows [data-name]").first.get_attribute("data-name")
    rows = page.locator("#memo tbody tr")
    assert rows.count() == 10
    assert rows.first.locator("td").first.text_content() == first
    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == 1


def test_prints_in_light_colors(opened, proved):
    page = opened(proved, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    controls = page.locator("nav, button").evaluate_all("all => all.filter((each) => each.offsetParent)")
    assert controls == []
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("text", [EVIL, "x" * 10_000, "word " * 2_000], ids=["markup", "long word", "long"])
def test_text_of_a_study_neither_injects_nor_breaks(opened, tmp_path, text):
    (tmp_path / "it's & <b>.yaml").write_text((STUDIES / "handmer_2025.yaml").read_text("utf-8"), "utf-8")
    study = Study.load(tmp_path / "it's & <b>.yaml").with_changes(question=text)
    results = sunfront.run(study, output=tmp_path / "out")
    page = opened(results)
    assert page.locator("h1").first.inner_text().split() == text.split()
    assert page.evaluate("window.broken") is None
    assert page.locator("img[src=x]").count() == page.locator("header b b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 1440
    assert page.locator("#facts div").count() > 10


@pytest.mark.parametrize("text", [EVIL, pytest.param("x" * 200, marks=pytest.mark.long)], ids=["markup", "long word"])
def test_names_of_studies_and_presets_neither_inject_nor_break(opened, tmp_path, monkeypatch, text):
    """A run folder whose study and presets have names that no shipped file has, and that is not refused for it."""
    monkeypatch.setattr(Run, "_fault", lambda _: "")
    folder = sunfront.run(Study.load(STUDIES / "handmer_2025.yaml"), output=tmp_path / "out").folder
    settings = parse_yaml((folder / "parameters.yaml").read_text("utf-8"))
    renamed = [row for row in settings.values() if row["origin"] == "preset handmer_2025"]
    assert renamed
    for row in renamed:
        row["origin"] = f"preset {text}"
    (folder / "parameters.yaml").write_text(json.dumps(settings), "utf-8")  # JSON is YAML
    title = text.replace("/", "").replace("\u2028", "")  # what a folder may be named
    rewrite_record(folder, lambda record: record.update(study=title))
    results = Results.load(folder)
    report.write(results, folder)
    page = opened(results)
    assert page.evaluate("window.broken") is None
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 1440
    assert page.locator("#facts div").count() > 10


def test_comparison_of_runs(opened, proved, many, tmp_path):
    report.compare([open_run(results) for results in (proved, many)], tmp_path / "both.html")
    page = opened(tmp_path / "both.html")
    assert passing(page) == len(proved.front) + len(many.front)
    before = picture(page, "#scatter")
    page.select_option("#by-x", "capex")
    assert picture(page, "#scatter") != before
    steps = [float(text.split()[0]) for text in page.locator("#bridge .waterfall li b").all_inner_texts()]
    assert sum(steps[:-1]) == pytest.approx(steps[-1], abs=0.01 * abs(steps[0]))
    # A bar for each run, whose parts are as long as its cost is high.
    parts = "rows => rows.map((row) => [...row.querySelectorAll('i')].map((part) => parseFloat(part.style.width)))"
    lengths = [sum(each) for each in page.locator("#bars li").evaluate_all(parts)]
    costs = [results.front["compute_cost"].min() for results in (proved, many)]
    assert lengths == pytest.approx([100 * cost / max(costs) for cost in costs], rel=1e-3)
    line = page.locator("#design-table tbody tr").last
    line.click()
    assert page.locator("#bridge-to").input_value() == line.get_attribute("data-row")


def test_study_without_a_feasible_design(opened, tmp_path, small):
    results = sunfront.run(
        small(constraints="npv >= 1e15 USD", engine="sweep, evaluations: 64"), output=tmp_path / "out"
    )
    page = opened(results)
    assert "No design that meets every constraint was found" in page.locator(".answer").inner_text()


def test_a_page_of_ten_thousand_designs_is_below_six_megabytes(many):
    assert (many.folder / "report.html").stat().st_size < 6e6


def test_a_preset_variable_is_shown_and_filtered_by_name(opened, tmp_path):
    results = sunfront.run(Study.load(STUDIES / "which_chip.yaml").quick(), output=tmp_path)
    page = opened(results)
    names = results.readable(results.front)["accelerator_model"]
    assert names.iloc[0] in page.locator("#design-table tbody tr").first.inner_text().split("\t")
    page.select_option("#by-color", "accelerator_model")
    assert set(names) <= set(page.locator("#legend").inner_text().splitlines())
    page.locator("summary", has_text="Filters as numbers").click()
    for name in set(names):
        page.select_option("#ranges select", label=name)
        assert passing(page) == (results.readable(results.designs)["accelerator_model"] == name).sum()
    with page.expect_download() as download:
        page.click("#export")
    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    assert {row["accelerator_model"] for row in rows} == {name}
    page.select_option("#ranges select", label="any")
    assert passing(page) == len(results.designs)
