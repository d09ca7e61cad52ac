"""What an answer says of the ground and of a loss: in words, in the table of designs, on the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from common import ROOT
from typer.testing import CliRunner

from sunfront.cli.common import app
from sunfront.problem.findings import GroundComparison, Lever, OnGround
from sunfront.report.cash_table import cash_table
from sunfront.report.money import ground_lines, lever_lines, money_lines
from sunfront.report.page import render
from sunfront.report.sentences import main_suggestion, suggestion_table
from sunfront.runs.ground import GROUNDS

KWH = 3.6e6
GRID, GAS = OnGround(4, "grid", 1.6 / KWH, -0.03), OnGround(4, "on_site_gas", 1.7 / KWH, -0.05)
PRICE = Lever(4, "compute_price", "USD/kWh", 2.5 / KWH, 10.8 / KWH, 0.0, 1 / KWH, 3.6 / KWH)
LAUNCH = Lever(4, "launch_specific_price", "USD/kg", 1700.0, 221.0, 0.0)


def design(cost, roi):
    return {"compute_cost": cost / KWH, "roi": roi}


def test_designs_with_the_same_chips_share_a_sentence():
    ground = GroundComparison((GRID, GAS, replace(GRID, design=7)))
    here = {4: design(12, -0.9), 7: design(10, -0.8)}
    assert ground_lines(ground, here) == [
        "The same chips on the ground, cheapest on the grid: compute at 1.6 USD/kWh, ROI -3 %. "
        "Here: compute at 10 to 12 USD/kWh, ROI -90 to -80 %."
    ]
    ground = GroundComparison((GRID, OnGround(7, "colocation", 1.4 / KWH, 0.1)))
    assert [line.split(":")[0] for line in ground_lines(ground, here)] == [
        "The same chips on the ground, cheapest on the grid",
        "The same chips on the ground, cheapest in rented halls",
    ]
    assert ground_lines(GroundComparison(), here) == []
    assert ground_lines(GroundComparison(refused="why"), here) == ["No comparison with the ground: why."]


def test_levers_say_by_how_much():
    years = Lever(4, "deployment_delay", "year", 1.0 * 3.15576e7, 0.0, 0.31)
    assert lever_lines([PRICE, LAUNCH, years], "The design") == [
        "The design would break even with any one of these changes: compute price x 4.3, from 2.5 to 10.8 USD/kWh (its "
        "sources: 1 to 3.6 USD/kWh); launch specific price -87 %, from 1,700 to 221 USD/kg.",
        "Not enough alone, even at the best end of the range of its sources: deployment delay (0 year leaves 31 % of "
        "the loss).",
    ]
    assert lever_lines([PRICE], "It")[0].startswith("It would break even with this change: compute price x 4.3")
    assert (
        lever_lines([years], "It")[0] == "It would not break even with any one change within the range of its sources."
    )
    assert lever_lines([], "It") == []


def test_a_yearly_share_is_in_percent():
    lever = Lever(4, "discount_rate", "1/year", 0.1 / 3.15576e7, -0.05 / 3.15576e7, 0.0)
    assert "discount rate, from 10 to -5 %/year" in lever_lines([lever], "It")[0]


def test_table_and_page_show_the_ground(proved_run):
    results = proved_run.results
    rows = {name: cells for name, *cells in suggestion_table(results).rows}
    cheapest = [each for each in results.record.ground.grounds if each.ground == "grid"]
    assert set(rows["The same chips on the ground"]) <= {*GROUNDS}
    assert set(rows["Compute cost there"]) <= {results.text("compute_cost", each.compute_cost) for each in cheapest}
    assert set(rows["ROI there"]) <= {results.text("roi", each.roi) for each in cheapest}
    page = render(proved_run)
    lines = money_lines(results)
    assert len(lines) == 1 + bool(results.record.levers) * 2
    assert all(f"<p>{line}</p>" in page for line in lines)
    (row,) = (row for row in cash_table(proved_run.cash_flow(main_suggestion(results)[1])).rows if row[0] == "Net")
    assert "".join(f'<td class="n">{cell}</td>' for cell in row[1:]) in page


@pytest.fixture(scope="module")
def evaluated():
    return CliRunner().invoke(app, ["evaluate", "quickstart"]).stdout


def test_the_how_to_shows_what_evaluate_prints(evaluated):
    """Numbers aside: they move with the prices of the library."""

    def words_of(text):
        return re.sub(r"-?[\d.]+", "#", text)

    how_to = (ROOT / "docs" / "how-to.md").read_text("utf-8")
    shown = re.findall(r"^(The same chips .*|The base design would not .*|Not enough alone.*)$", how_to, re.MULTILINE)
    assert len(shown) == 3
    for line in shown:
        assert words_of(line.removesuffix("...").rstrip(" ;,")) in words_of(evaluated)


def test_evaluate_prints_both_as_json():
    found = json.loads(CliRunner().invoke(app, ["evaluate", "quickstart", "--json"]).stdout)
    grounds = found["on_the_ground"]["grounds"]
    assert {each["ground"] for each in grounds} == {*GROUNDS}
    assert [each["compute_cost"] for each in grounds] == sorted(each["compute_cost"] for each in grounds)
    assert {lever["name"] for lever in found["levers"]} >= {"compute_price_decline", "launch_specific_price"}
