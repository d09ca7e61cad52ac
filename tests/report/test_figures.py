"""Figures of a run: the map of the feasible region, the cost beside the ground, and figures in a notebook."""

from dataclasses import replace

import numpy as np
import pytest

from sunfront.errors import UnknownName, UserError
from sunfront.report.figures import FIGURES
from sunfront.report.figures.plan import PlanCurves, draw_plan
from sunfront.report.sentences import main_suggestion
from sunfront.runs.results import Results
from sunfront.units import unit


@pytest.fixture
def main_row(proved):
    return int(proved.front_rows[main_suggestion(proved)[1]])


def test_steps_from_the_ground_lead_from_its_cost_to_that_of_the_design(proved_run, proved, main_row):
    data = FIGURES["ground"].data(proved_run)
    there = proved.record.ground.cheapest(main_row)
    cost = unit(data.unit).factor
    assert data.start[1] * cost == pytest.approx(there.compute_cost, rel=1e-9)
    assert data.total * cost == pytest.approx(proved.designs["compute_cost"].iloc[main_row], rel=1e-9)
    assert data.start[1] + sum(value for _, value in data.steps) == pytest.approx(data.total, rel=1e-9)
    assert {"Levelized transport", "Levelized energy"} <= {name for name, _ in data.steps}
    bars = FIGURES["ground"].draw(data).axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx(
        [data.start[1], *(value for _, value in data.steps), data.total]
    )


def test_map_shows_what_meets_every_limit_around_the_design(proved_run, proved, main_row):
    """Each point evaluated as a design of the problem; closer than the whole ranges of the two variables."""
    problem, data = proved_run.study.problem, FIGURES["map"].data(proved_run)
    across, up = problem.variables[:2]
    x, y = np.meshgrid(unit(across.unit).to_si(data.x), unit(up.unit).to_si(data.y))
    designs = {v.name: np.full(x.size, proved.designs[v.name].iloc[main_row]) for v in problem.variables}
    found = problem.evaluate({**designs, across.name: x.ravel(), up.name: y.ravel()})
    roi = unit(problem.unit("roi")).from_si(found["roi"])
    np.testing.assert_allclose(data.contours.ravel(), roi, rtol=1e-9)
    met = np.min([slack.ravel() for slack in data.slacks.values()], axis=0)
    sure = abs(met) > 1e-6
    np.testing.assert_array_equal((met >= 0)[sure], problem.feasible(found)[sure])
    assert (met >= -1e-6).mean() > 0.1
    assert data.x[0] <= data.design[0] <= data.x[-1]
    assert data.y[0] <= data.design[1] <= data.y[-1]
    assert np.ptp(data.x) < unit(across.unit).from_si(across.high) - unit(across.unit).from_si(across.low)


def test_results_draw_themselves(proved):
    assert proved.plot("map")._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(UnknownName, match="front"):
        proved.plot("frnt")
    with pytest.raises(UserError, match="no data for the figure distribution"):
        proved.plot("distribution")
    with pytest.raises(UserError, match="once it is stored"):
        Results(proved.designs, proved.record).plot()


def test_a_front_of_one_design_is_not_enlarged_to_the_gap_of_its_proof(proved_run):
    data, one = FIGURES["front"].data(proved_run), np.array([[100.0, 243.99]])
    bound = np.array([[100.0, 243.9901]])
    (axes,) = FIGURES["front"].draw(replace(data, front=one, others=one[:0], bound=bound, reached=one)).axes
    assert axes.get_xlim() == pytest.approx((90, 110))
    assert axes.get_ylim() == pytest.approx((219.591, 268.389))


def curves(used):
    """Of a plan over three half-years that buys in the second and the third, and spends 3 before it earns 4."""
    served, purchased = np.array([[0.0, 2, 2], [0, 0, 1]]), np.array([2027.5, 2028.0])
    net = np.array([-1.0, -2.0, 4.0])
    dates, bought = np.array([2027.5, 2028.0, 2028.5]), {"bus": np.array([0.0, 2.0, 1.0])}
    prices = {"bus": np.array([np.nan, 3.0, 2.0])}
    opened = {"factory": np.array([1.0, 0.0, 0.0])}
    power = {"bus": purchased}, {"bus": served}
    return PlanCurves(dates, 0.5, 2028.5, *power, bought, {}, opened, net, net.cumsum(), used, prices, prices)


def test_a_plan_shows_vintages_modules_and_its_lowest_cash():
    _, vintages, bought, money, _, price = draw_plan(curves({})).axes
    bars = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_y()) for bar in vintages.patches]
    assert bars == [(2027.5, 2028.5, 2027.5), (2028.0, 2028.5, 2028.0)]
    assert [tuple(line.get_xydata()[0]) for line in bought.lines] == [(2027.25, 1.0)]
    lowest = money.lines[1].get_xydata()[0]
    assert tuple(lowest) == (2028.0, -3.0)
    assert [line.get_label() for line in price.lines] == ["price, bus", "cost, bus"]


def test_no_product_or_supply_of_a_plan_is_left_out():
    """Nine products, of which the last one is bought, and nine supplies; one legend within the figure."""
    names = [f"hall of the {i}th site" for i in range(9)]
    data, none = curves({f"supply {i}": np.array([0.5, 1.0, 0.25]) for i in range(9)}), np.zeros(3)
    one = {"purchased": data.purchased, "served": data.served, "bought": data.bought, "prices": data.prices}
    never = {"purchased": np.empty(0), "served": np.zeros((0, 3)), "bought": none, "prices": none[:1]}
    nine = {key: {**dict.fromkeys(names[:8], never[key]), names[8]: one[key]["bus"]} for key in one}
    figure = draw_plan(replace(data, **nine, costs={}))
    power, vintages, bought, _, supply, price = figure.axes
    (legend,) = figure.legends
    of = {text.get_text(): patch for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)}
    assert list(of) == names
    assert len({(patch.get_facecolor(), patch.get_hatch()) for patch in of.values()}) == 9
    assert len(power.collections) == len(price.lines) == len(supply.lines) == 9
    for bar in [*vintages.patches, *bought.patches]:
        assert (bar.get_facecolor(), bar.get_hatch()) == (of[names[8]].get_facecolor(), of[names[8]].get_hatch())
    assert len({(line.get_color(), line.get_linestyle()) for line in supply.lines}) == 9
    assert price.get_xlim() == (2027.0, 2028.5)  # though eight products have one period
    assert {line.get_marker() for line in price.lines} == {"o", "^"}
    figure.draw_without_rendering()
    box, whole = legend.get_window_extent(), figure.bbox
    assert whole.x0 <= box.x0 < box.x1 <= whole.x1
    assert whole.y0 <= box.y0 < box.y1 <= whole.y1


def test_a_supply_of_a_plan_is_used_within_its_period():
    """Of half-years from 2027: the steps lead from the start of each to its end."""
    data = curves({"launches": np.array([0.5, 1.0, 0.25])})
    (line,) = draw_plan(data).axes[4].lines
    x, y = line.get_xydata().T
    assert line.get_drawstyle() == "steps-pre"  # each value from the date before to its own
    assert list(zip(x, y, strict=True)) == [(2027.0, 50.0), (2027.5, 50.0), (2028.0, 100.0), (2028.5, 25.0)]
