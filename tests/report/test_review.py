"""What a reader of the report does besides moving assumptions, in Chromium: limits, units, zoom, address, notes."""

import base64
import re

import numpy as np
import pytest
from common import LIGHT

import sunfront
from sunfront.report.page_data import COSTS, run_data
from sunfront.runs.run import open_run
from sunfront.units import unit

browser = pytest.mark.browser

_PICTURE = "document.getElementById('scatter').toDataURL()"


@pytest.fixture(scope="session")
def three(shared_folder):
    """A sweep with three objectives, of which one is a percentile over samples."""
    text = """\
architecture: starlink_bus
variables:
  node_accelerators: {low: 20, high: 80, integer: true}
  altitude: {low: 500 km, high: 1000 km}
objectives: [maximize p10 roi, maximize fleet_it_power, minimize fleet_mass]
uncertain: {launch_markup: default}
uncertainty: {samples: 256}
engine: {name: sweep, evaluations: 64}
"""
    with shared_folder("three") as folder:
        (folder / "three.yaml").write_text(text + LIGHT, "utf-8")
        return sunfront.run(folder / "three.yaml", output=folder / "out")


def limit(page, name, share):
    """Move the slider of a limit to a share of its way."""
    slider = page.get_by_role("slider", name=f"{name} at most")
    slider.evaluate(
        "(each, share) => { each.value = share * each.max; each.dispatchEvent(new Event('input')); }", share
    )


def test_bars_are_the_percentiles_of_the_run(three):
    data = run_data(open_run(three))
    low, high = (np.frombuffer(base64.b64decode(each), "<f4")[three.front_rows] for each in data["spread"]["p10 roi"])
    stored = three.record.uncertainty.percentiles
    np.testing.assert_allclose(low, 100 * np.array(stored["p5 roi"]), rtol=1e-6)
    np.testing.assert_allclose(high, 100 * np.array(stored["p95 roi"]), rtol=1e-6)
    shown = 100 * three.front["p10 roi"].to_numpy(float)
    assert ((low <= shown) & (shown <= high)).all()
    assert set(data["spread"]) == {"p10 roi", "roi"}


@browser
def test_limits_leave_the_designs_within_them(opened, many):
    page = opened(many)
    limit(page, "Capex", 0.5)
    limit(page, "Fleet mass", 0.25)
    passes = np.ones(len(many.designs), bool)
    for name, share in (("capex", 0.5), ("fleet_mass", 0.25)):
        values = many.designs[name].to_numpy(float)
        passes &= values <= values.min() + share * np.ptp(values)
    shown = int(page.locator("#passing").inner_text().split(" of ")[0].replace(",", ""))
    assert shown == pytest.approx(passes.sum(), abs=2)  # columns of the page have seven digits
    assert 0 < shown < len(passes)
    limit(page, "Capex", 1)
    limit(page, "Fleet mass", 1)
    assert page.locator("#clear").is_disabled()


@browser
def test_units_follow_their_choice(opened, proved):
    """The cost of compute by accelerator-hour and by token against the model's own quantities."""
    page = opened(proved)
    page.locator("#highlighted button").first.click()
    row = int(page.locator("#highlighted button").first.get_attribute("data-row"))
    fact = page.locator("#facts div", has_text="Compute cost").locator("dd")
    found = open_run(proved).evaluate(list(COSTS))
    for label, name, shown in (
        ("USD/GPU-hour", "accelerator_hour_cost", "USD/hour"),
        ("USD/Mtoken", "token_cost", "USD/Mtoken"),
    ):
        page.select_option("#units select[data-kind='cost of compute']", label)
        number, symbol = fact.inner_text().split()
        assert symbol == label
        wanted = unit(shown).from_si(np.broadcast_to(found[name], len(proved.designs))[row])
        assert float(number.replace(",", "")) == pytest.approx(wanted, rel=1e-3)
    page.select_option("#units select[data-kind=money]", "B$")
    capex = page.locator("#facts div", has_text="Capex").locator("dd").inner_text()
    assert float(capex.removesuffix(" B$")) == pytest.approx(proved.designs["capex"][row] / 1e9, rel=1e-3)
    head = page.locator("#design-table th[data-name=capex] small")
    assert head.inner_text() == "B$"
    cell = page.locator("#design-table tr[aria-selected=true] td").nth(
        page.locator("#design-table th").all_inner_texts().index(head.locator("..").inner_text())
    )
    assert float(cell.inner_text()) == pytest.approx(proved.designs["capex"][row] / 1e9, rel=1e-3)


@browser
def test_zoom_and_pan(opened, proved):
    page = opened(proved)
    whole = page.evaluate(_PICTURE)
    page.get_by_role("button", name="Zoom in").click()
    closer = page.evaluate(_PICTURE)
    page.get_by_role("button", name="Show all").click()
    assert page.evaluate(_PICTURE) == whole != closer
    canvas = page.locator("#scatter")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(f"picture => {_PICTURE} !== picture", arg=whole)
    near = page.evaluate(_PICTURE)
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] - 40)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert page.evaluate(_PICTURE) not in (whole, near)
    assert page.locator("#clear").is_disabled()
    page.get_by_role("button", name="Show all").click()
    page.mouse.move(0, 0)
    assert page.evaluate(_PICTURE) == whole


@browser
def test_the_address_brings_everything_again(opened, proved):
    """In another window, and by steps back and forward."""
    page = opened(proved)
    state = """() => [document.getElementById('scatter').toDataURL()].concat(
      ['passing', 'facts', 'pinned', 'moved-text', 'design-table'].map((id) => document.getElementById(id).innerText)
    )"""
    seen, hashes = [page.evaluate(state)], [""]
    price = page.locator("#value-accelerator_price")
    steps = [
        lambda: page.select_option("#by-y", "capex"),
        lambda: page.locator("#design-table tbody tr").last.click(),
        lambda: page.click("#pin"),
        lambda: page.locator("#design-table tbody tr").first.click(),
        lambda: limit(page, "Capex", 0.6),
        lambda: (page.fill("#search", "accelerator_price"), price.fill("40000"), price.press("Tab")),
        lambda: page.select_option("#units select[data-kind=money]", "B$"),
        lambda: page.get_by_role("button", name="Zoom in").click(),
    ]
    for step in steps:
        step()
        page.wait_for_function("before => location.hash !== before", arg=hashes[-1])
        page.wait_for_function("() => !document.getElementById('moved-text').innerText.includes('still lack')")
        seen.append(page.evaluate(state))
        hashes.append(page.evaluate("location.hash"))
    assert re.fullmatch(r"#[^#]*accelerator_price=40000[^#]*", hashes[-1])

    def comes_to(page, wanted):
        """What follows the address does so a moment later."""
        page.wait_for_function(f"wanted => ({state})().join() === wanted.join()", arg=wanted)

    for i in (-2, -3, -4):
        page.go_back()
        comes_to(page, seen[i])
    page.go_forward()
    comes_to(page, seen[-3])
    other = opened(proved)
    other.evaluate("hash => { location.hash = hash }", hashes[-1])
    comes_to(other, seen[-1])


@browser
def test_notes_are_kept_in_the_page_that_is_saved(opened, proved, tmp_path):
    page = opened(proved)
    text = "First </textarea><script>alert(1)</script>\nsecond & last"
    page.fill("#notes-text", text)
    with page.expect_download() as download:
        page.click("#notes-save")
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    saved = opened(path)
    assert saved.locator("#notes-text").input_value() == text
    assert saved.locator("#notes-save").is_disabled()
    shown = "[...document.querySelectorAll('#facts, #design-table, #assumption-rows')].map((each) => each.innerText)"
    assert saved.evaluate(shown) == page.evaluate(shown)
    saved.emulate_media(media="print")
    assert saved.locator("#notes-print").inner_text() == text


@browser
def test_three_objectives_with_samples(opened, three):
    page = opened(three)
    row = int(three.front_rows[three.front["fleet_mass"].to_numpy(float).argmin()])
    box = page.locator("#matrix").bounding_box()
    names = ["p10 roi", "fleet_it_power", "fleet_mass"]
    every = three.designs[names].to_numpy(float)
    low, high = every.min(axis=0), every.max(axis=0)
    share = (every[row] - low + 0.04 * (high - low)) / (1.08 * (high - low))
    wide, tall = (box["width"] - 20) / 2, (box["height"] - 18) / 2
    # The panel at the lower left: fleet mass against return.
    at = {"x": 20 + share[0] * (wide - 6), "y": 2 * tall - 6 - share[2] * (tall - 6)}
    page.locator("#matrix").click(position=at)
    assert page.locator("#design-title").inner_text().startswith(f"Design {row}")
    assert "5th to the 95th percentile" in page.locator("#legend").inner_text()
