"""Folders of plans: stored before anything is drawn, held to the equations, and refused if they were changed."""

from __future__ import annotations

import shutil
import signal
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from common import forge_plan
from plans import SMALL, load_small

from sunfront.display import format_number, format_scaled
from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.plan import engine
from sunfront.engines.plan.claims import NPV
from sunfront.engines.plan.earlier import Earlier, Way
from sunfront.engines.plan.engine import PlanPoint
from sunfront.engines.plan.explanation import Shortage
from sunfront.engines.plan.prices import PeriodPrice
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import RunError, SunfrontWarning, UserError
from sunfront.problem.plan import Decisions, Goal, PlanObjective
from sunfront.report import plan_page
from sunfront.report.figures.plan import draw_front
from sunfront.report.plan_dates import binding_of_earliest, earlier_notes, earlier_rows, price_of_dates
from sunfront.report.plan_page import DRAWN, FRONT, render
from sunfront.report.plan_text import answer_lines, binding_lines, chosen_plans, headline, product_terms
from sunfront.runs.files import STUDY
from sunfront.runs.plan_record import PLAN_FILE
from sunfront.runs.plan_tables import front_table, period_table, price_table, year_table
from sunfront.runs.plans import damaged_plan_runs, find_plan_run, load_plan_run, run_plan
from sunfront.study.plan_study import PlanStudy


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run of a plan with two objectives."""
    place = tmp_path_factory.mktemp("plan")
    return run_plan(load_small(place, "maximize npv, minimize peak_funding"), output=place / "out")


@pytest.fixture
def copy(stored, tmp_path):
    """A copy of its folder, to be damaged."""
    return Path(shutil.copytree(stored.folder, tmp_path / "small" / stored.folder.name))


def test_what_is_stored_is_read_again(stored):
    again = load_plan_run(stored.folder)
    assert again.record == stored.record
    assert [p.simulation.scores for p in again.points] == [p.simulation.scores for p in stored.points]


def test_a_long_front_numbers_what_has_a_figure_and_folds_its_table(stored, monkeypatch):
    points = [stored.points[i % len(stored.points)] for i in range(21)]
    long = replace(stored, points=points)
    drawn = chosen_plans(long, DRAWN)
    (axes,) = draw_front(long, drawn).axes
    assert {0, 20} < {*drawn}
    assert [int(text.get_text()) for text in axes.texts] == sorted(drawn)
    assert len(axes.collections[0].get_urls()) == 21
    monkeypatch.setattr(plan_page, "embed_image", lambda path: path.name)
    monkeypatch.setattr(plan_page, "inline_svg", lambda path: "<svg >")
    (stored.folder / FRONT).touch()
    page = render(long)
    found = [
        page.index(text)
        for text in ("<svg ", f"{len(drawn)} of the 21 plans", "<summary>Table of 21 plans", 'id="plan-0"')
    ]
    assert found == sorted(found)
    assert page.count("<img") == len(drawn)


def test_a_plan_without_a_return_is_read_again(tmp_path):
    lossy = ("bus.compute_price=0.1 USD/kWh",)
    run = run_plan(load_small(tmp_path, "maximize irr", end="2028-01", grid="0 MW", overrides=lossy), output=tmp_path)
    assert load_plan_run(run.folder).record == run.record
    assert headline(run) == "proved: no plan has an irr above 0 %"
    assert answer_lines(run)[0].startswith("maximize irr: none; npv 0 MUSD")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (PLAN_FILE, lambda text: text[: len(text) // 2], "cannot be read"),
        (PLAN_FILE, lambda text: "[]", "holds no record"),
        (PLAN_FILE, lambda text: "{}", "older version"),
        (PLAN_FILE, lambda text: text.replace('"format": 4', '"format": 5'), "newer version"),
        (PLAN_FILE, lambda text: text.replace('"proved"', '"stopped"'), "was changed after"),
        (PLAN_FILE, lambda text: text.replace('"periods"', '"Periods"'), "is damaged: "),
        (STUDY, lambda text: text[: len(text) // 2], f"is not what {PLAN_FILE} names"),
        (STUDY, lambda text: text.replace("0.08", "0.07").replace("8 %", "7 %"), f"is not what {PLAN_FILE} names"),
    ],
)
def test_a_damaged_file_is_named(copy, name, content, told):
    path = copy / name
    before = path.read_text("utf-8")
    path.write_text(content(before), "utf-8")
    assert path.read_text("utf-8") != before
    with pytest.raises(UserError, match=told) as error:
        load_plan_run(copy)
    assert name in str(error.value) or str(copy) in str(error.value)


def test_a_missing_study_is_named(copy):
    (copy / STUDY).unlink()
    with pytest.raises(UserError, match=f"{STUDY} is missing"):
        load_plan_run(copy)


def raise_units(data):
    data["points"][0]["units"]["hall"][1] += 1


def raise_bound(data):
    data["certificate"]["facts"][0][1] *= 1 - 1e-3


def shift_score(data):
    data["points"][0]["scores"][0] *= 1 + 1e-6


def drop_product(data):
    del data["points"][0]["units"]["hall"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (raise_units, "cannot be confirmed"),
        (raise_bound, "exceeds the bound"),
        (shift_score, "the equations at hand give npv"),
        (drop_product, "is damaged: KeyError"),
        (lambda data: data["points"][0].update(units=3), "is damaged: "),
        (lambda data: data["gap"].update(relative=0.0), "states another gap"),
        (lambda data: data.update(status="infeasible"), "calls the plan infeasible, and holds one"),
        (lambda data: data.update(points=[]), "holds no plan"),
        (lambda data: data.update(objectives=["maximize npv"]), "states other objectives"),
        (lambda data: data["engine"].update(gap=0.1), "another engine"),
    ],
)
def test_a_forged_record_is_refused(copy, change, told):
    forge_plan(copy, change)
    with pytest.raises(UserError, match=told) as error:
        load_plan_run(copy)
    assert PLAN_FILE in str(error.value)


def test_a_damaged_run_is_named_by_its_plan(copy, tmp_path):
    (copy / PLAN_FILE).write_text("{", "utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        find_plan_run("small", tmp_path)
    assert [PLAN_FILE in message for message in damaged_plan_runs(tmp_path)] == [True]


def test_runs_are_found_by_title_and_id(stored):
    output = stored.folder.parents[1]
    assert find_plan_run(stored.folder.name[:5], output) == find_plan_run("small.yaml", output) == stored.folder
    assert find_plan_run("other", output) is None


def test_plans_are_compared_side_by_side(command, stored, tmp_path):
    dearer = load_small(tmp_path, overrides=("bus.compute_price=20 USD/kWh",))
    other = run_plan(dearer, output=tmp_path)
    done = command("compare", stored.folder, other.folder)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    finished = stored.record.finished
    assert done.stdout.splitlines()[0] == f"taken: {stored.folder}  small, plan, proved, {finished}"
    assert lines[2] == "small small [--set bus.compute_price=20 USD/kWh]"
    npv = [format_scaled(run.points[0].simulation.npv, "MUSD") for run in (stored, other)]
    assert f"npv {npv[0]} {npv[1]}" in lines
    assert "products.bus.parameters.compute_price 25 USD/kWh 20 USD/kWh" in lines
    done = command("compare", stored.folder, stored.folder)
    assert (done.returncode, "compared with itself" in done.stderr) == (2, True)
    done = command("compare", stored.folder, "nosuch")
    assert (done.returncode, "no finished run 'nosuch'" in done.stderr) == (2, True)


def test_a_plan_that_buys_nothing_says_so(tmp_path):
    idle = run_plan(load_small(tmp_path, "minimize peak_funding", end="2028-01"), output=tmp_path)
    assert "this plan buys nothing" in answer_lines(idle)[1]


@pytest.fixture
def one(tmp_path):
    """A plan whose proof takes a moment."""
    return load_small(tmp_path, end="2028-01")


def test_a_page_that_cannot_be_drawn_costs_no_run(one, tmp_path):
    def fail(run):
        raise OSError(28, "No space left on device")

    with pytest.warns(SunfrontWarning, match="the run is stored in .* but its report could not be written"):
        found = run_plan(one, output=tmp_path, draw=fail)
    assert load_plan_run(found.folder).record == found.record
    drawn = []
    again = run_plan(one, output=tmp_path, draw=drawn.append)  # the page is missing
    assert again.loaded
    assert drawn == [again]
    (found.folder / "report.html").write_text("<html></html>", "utf-8")
    run_plan(one, output=tmp_path, draw=drawn.append)
    assert len(drawn) == 1


def test_one_process_computes_a_run_and_leftovers_go(one, tmp_path):
    found = run_plan(one, output=tmp_path)
    work = found.folder.with_name(f"{found.folder.name}.partial")
    with Checkpoint(work), pytest.raises(RunError, match="another process is computing this run"):
        run_plan(one, output=tmp_path, force=True)
    (work / "finished.old").mkdir(parents=True)
    assert run_plan(one, output=tmp_path).loaded
    assert [path.name for path in found.folder.parent.iterdir()] == [found.folder.name]


def test_an_older_format_is_computed_again(one, tmp_path):
    found = run_plan(one, output=tmp_path)
    (found.folder / PLAN_FILE).write_text("{}", "utf-8")
    assert not run_plan(one, output=tmp_path).loaded
    load_plan_run(found.folder)


@pytest.mark.parametrize("place", ["period_prices", "Simulator"])
def test_an_interruption_after_the_solve_keeps_the_plan(one, tmp_path, monkeypatch, place):
    """A real signal, once; the same command then computes what is missing."""
    real, called = getattr(engine, place), []

    def interrupted(*args):
        if not called:
            called.append(1)
            signal.raise_signal(signal.SIGINT)
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(engine, place, interrupted)
        found = run_plan(one, output=tmp_path)
    assert (found.record.status, found.interrupted, len(found.points)) == ("stopped", True, 1)
    load_plan_run(found.folder)
    again = run_plan(one, output=tmp_path)
    assert (again.record.status, again.loaded) == ("proved", False)
    called.clear()
    monkeypatch.setattr(engine, place, interrupted)
    with pytest.raises(RunError, match="the earlier finished run is kept"):
        run_plan(one, output=tmp_path, force=True)
    assert load_plan_run(again.folder).record.status == "proved"


def test_an_interruption_ends_the_batch(tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = SMALL.format(objectives="maximize npv", end="2028-01", launches="2 1/year", grid="12 MW")
    for name in "ab":
        Path(f"{name}.yaml").write_text(text, "utf-8")
    monkeypatch.setattr("sunfront.report.plan_page.write_plan", lambda *_: None)
    real = engine.period_prices

    def interrupted(*args):
        signal.raise_signal(signal.SIGTERM)
        return real(*args)

    monkeypatch.setattr(engine, "period_prices", interrupted)
    done = command("run", "a.yaml", "b.yaml")
    assert done.returncode == 1
    assert "b: not run" in done.stderr
    assert find_plan_run("a", Path("outputs")) is not None


def test_nothing_is_warned_of(one, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_plan(one, output=tmp_path)


def test_the_design_of_a_year_is_the_last_one_bought_in_it(tmp_path):
    path = tmp_path / "sized.yaml"
    path.write_text(
        "horizon: {start: 2027-01, end: 2030-01, period: half-year}\n"
        "products:\n"
        "  bus: {architecture: starlink_bus, presets: claimed_2026, at_most: 5,\n"
        "    variables: {node_accelerators: {low: 8, high: 16}},\n"
        "    parameters: {node_array_area: 300 m^2, node_radiator_area: 100 m^2, time_to_power: 0 year}}\n"
        "objectives: [maximize npv]\n"
    )
    plan = PlanStudy.load(path).plan
    simulator = Simulator(plan, 40)
    chips = np.array([12.0, 9.0, 16.0, 10.0, 13.0, 13.0])
    decisions = Decisions({"bus": np.array([2.0, 0, 1, 1, 0, 0])}, {}, {}, {}, {"bus": {"node_accelerators": chips}})
    frame = period_table(plan, PlanPoint(decisions, simulator.simulate(decisions)), simulator)
    name = "bus node_accelerators"
    np.testing.assert_array_equal(frame[name].to_numpy()[:6], [12, np.nan, 16, 10, np.nan, np.nan])
    by_year = year_table(frame)
    np.testing.assert_array_equal(by_year[name].to_numpy()[:3], [12, 10, np.nan])
    assert by_year[name][3:].isna().all()
    assert by_year["bus bought"].tolist()[:3] == [2, 2, 0]


def test_what_more_capital_and_one_more_module_are_worth(tmp_path):
    """With fractions of units: what more capital and a second module add when the plan is solved again."""

    def solve(limit, modules=1):
        built = f"module: 0.2 1/year, cost: 5 MUSD, at_most: {modules}"
        values = ("bus.compute_price=60 USD/kWh", "bus.development_cost=20 MUSD", "engine.gap=1e-6")
        overrides = ("bus.whole=false", "hall.whole=false", *values)
        grid = f"12 MW, source: test}}\n  factory: {{limits: nodes, products: bus, offered: 20 1/year, {built}"
        study = load_small(tmp_path, more=limit, end="2028-07", grid=grid, overrides=overrides)
        return run_plan(study, output=tmp_path / "out")

    def gain(run, other):
        return (other.points[0].simulation.npv - run.points[0].simulation.npv) / 1e6

    capital, funding = "capital: {limit: 400 MUSD}\n", "constraints: [peak_funding <= 400 MUSD]\n"
    run = solve(capital)
    assert run.points[0].decisions.modules["factory"].sum() == 1
    table = price_table(run)
    assert table.attrs["units"] == {"factory": "MUSD", "capital": "USD/USD", "factory module": "MUSD"}
    assert table["capital"].sum() == pytest.approx(gain(run, solve(capital.replace("400", "401"))), rel=1e-3)
    assert table["factory module"].max() == pytest.approx(gain(run, solve(capital, 2)), rel=1e-3)
    assert table["factory module"].isna().sum() == run.record.periods - 3
    by_funding = price_table(solve(funding))
    assert by_funding["capital"].sum() == pytest.approx(table["capital"].sum(), rel=1e-6)
    assert by_funding["factory module"].max() == pytest.approx(table["factory module"].max(), rel=1e-6)
    told = f"one more USD of capital is worth {format_number(table['capital'].sum())} USD of npv (binds most in "
    lines = binding_lines(run)
    assert any(line.startswith(f"{told}{table['capital'].idxmax()}") for line in lines)
    assert any(line.startswith("one more module of factory, opened in 2027H1, is worth about ") for line in lines)


def test_a_price_after_the_horizon_has_its_own_date(stored):
    """In the answer as in the table: a supply of what is in service binds after the last purchase too."""
    prices = (PeriodPrice("grid", 3, 1e-3), PeriodPrice("grid", 5, 1.0))
    run = replace(stored, record=stored.record.model_copy(update={"prices": prices}))
    assert price_table(run)["grid"].idxmax() == "2029H2"
    (told,) = (line for line in binding_lines(run) if "of grid is worth" in line)
    assert "(2029H2, " in told


def test_the_price_of_each_year_earlier_is_told(tmp_path):
    """Of half-years, from the latest date back; the years of which there is no plan end the line."""
    study = load_small(tmp_path, "maximize npv, minimize date of fleet_it_power >= 1 MW", end="2031-01")
    found = {7: 90e6, 6: 80e6, 5: 65e6, 3: 35e6, 1: -20e6}
    points = [SimpleNamespace(simulation=SimpleNamespace(scores=(x, t), npv=x)) for t, x in found.items()]
    run = SimpleNamespace(study=study, points=points, text=format_scaled)
    (first, each) = (f"{name}: {text}" for name, text in price_of_dates(run).items())
    assert first == "price of an earlier date: end of 2027H2 costs 55 MUSD of npv more than end of 2028H2"
    assert each == (
        "npv that each year earlier costs, from end of 2030H2 back: end of 2029H2 25 MUSD, end of 2028H2 30 MUSD, "
        "end of 2027H2 55 MUSD"
    )
    del points[2]
    assert [f"{name}: {text}" for name, text in price_of_dates(run).items()] == [first]


def test_dates_before_the_earliest_are_priced_against_the_earliest_and_a_year_later(stored):
    """Of half-years: 3 is the earliest date; what is told of the period before it binds."""
    goal = Goal("date", "date of launches >= 3", "1", "launches", limit=3.0)
    plan = replace(stored.study.plan, objectives=(NPV, PlanObjective(goal, "minimize")))
    points = [SimpleNamespace(simulation=SimpleNamespace(scores=(x, t), npv=x)) for t, x in {4: 9e6, 3: 8e6}.items()]

    def date(period, missed, launches, npv):
        want = Shortage("constraint", "target", missed, "1", (), alone=True)
        more = Shortage("supply", "launches", launches, "1", ("2027H1", "2027H2"), alone=True)
        return Earlier(period, "target", (Way((want,), None), Way((more,), npv)))

    earlier = (date(2, 4.0, 2.75, 5e6), date(1, 5.0, 5.0, 9e6))
    run = SimpleNamespace(
        study=SimpleNamespace(plan=plan), points=points, record=SimpleNamespace(earlier=earlier), text=format_scaled
    )
    rows = [
        ("end of 2028H1", "4", "3 more of launches in all, 2027H1 to 2027H2", "5 MUSD", "3 MUSD", "4 MUSD"),
        ("end of 2027H2", "5", "5 more of launches in all, 2027H1 to 2027H2", "9 MUSD", "-1 MUSD", "-1 MUSD"),
    ]
    assert earlier_rows(run)[1] == rows
    assert binding_of_earliest(run) == {
        "what binds the earliest date": f"launches; end of 2028H1 would take {rows[0][2]}",
    }
    nothing, less = earlier_notes(run)
    assert nothing.startswith("What is missing is offered for nothing")
    assert less.startswith("Less would do than is missed")
    run.record.earlier = earlier[1:]
    assert binding_of_earliest(run) == {}  # it is not known
    assert earlier_notes(run) == [nothing]


def test_tables_and_page_of_a_store(tmp_path):
    """Launches are offered from the second year on; what is built before is stored."""
    study = load_small(
        tmp_path,
        end="2028-07",
        launches="{steps: {2027-01: 0 1/year, 2028-01: 4 1/year}}",
        grid="12 MW, source: test}\n  factory: {limits: nodes, products: bus, offered: 60 1/year",
        overrides=("products.bus.store={building: factory, at_most: 4, cost: 1 MUSD/year}",),
    )
    run = run_plan(study, output=tmp_path / "out")
    decisions, frame = run.points[0].decisions, run.table()
    assert front_table(run)["bus launched"].tolist() == [frame["bus launched"].sum()]
    built, launched = (frame.index[frame[f"bus {what}"] > 0][0] for what in ("built", "launched"))
    assert built < launched
    lines = answer_lines(run)
    assert any(line.startswith(f"first bought: bus built {built}, launched {launched}, hall ") for line in lines)
    most = decisions.in_store["bus"]
    assert f"bus: most in store {most.max():g} ({frame.index[most.argmax()]})" in lines
    assert lines[-1] == "assumed, not sourced: the supply of launches, grid, factory; the store of bus"
    (terms,) = product_terms(run, "bus")
    assert terms == "built under factory; at most 4 in store at 1 MUSD/year each (assumed)"
    assert f"; {terms}</p>" in render(run)
