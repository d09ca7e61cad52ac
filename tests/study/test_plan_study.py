"""Plans as files: what is read, what is refused and where, what --set changes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from common import STUDIES
from jsonschema import Draft202012Validator
from plans import load_small

from sunfront.errors import StudyError, UserError
from sunfront.library.library import Library
from sunfront.library.parameters import parse_yaml
from sunfront.problem.horizon import MONTH, Horizon, Timeline
from sunfront.study.calendar import TimelineSpec, last_month, parse_over_time, read_date
from sunfront.study.plan_schema import plan_schema, plan_schema_text
from sunfront.study.plan_study import PlanStudy, is_plan
from sunfront.study.study import Study

PLAN = """\
horizon: {start: 2027-01, end: 2029-01, period: half-year}
parameters:
  discount_rate: 8 %/year
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite]
timelines:
  launch_specific_price: {2027-01: 1500 USD/kg, 2029-01: 500 USD/kg}
supply:
  launches:
    limits: launches
    offered: 4 1/year
    source: test
market:
  tiers:
    - {up_to: 3 MW}
    - {price: 50 %}
capital: {limit: 2 GUSD}
objectives: [maximize npv]
constraints:
  - fleet_it_power at 2028-12 >= 3 MW
"""

#: A text of PLAN, what stands there instead, the line of the error, and a part of its message.
MISTAKES = [
    ("start: 2027-01", "start: January", 1, "'January' is no date"),
    ("end: 2029-01", "end: 2026-01", 1, "is not after the start"),
    ("end: 2029-01", "end: 2029-02", 1, "no whole number of periods"),
    ("period: half-year", "period: halfyear", 1, "did you mean 'half-year'"),
    ("end: 2029-01", "end: 2200-01", 1, "more than 200"),
    ("discount_rate: 8", "discont_rate: 8", 3, "did you mean 'discount_rate'"),
    ("discount_rate: 8 %/year", "discount_rate: 8 km", 3, "'km' is length"),
    ("starlink_bus", "starlnk_bus", 6, "did you mean 'starlink_bus'"),
    ("ai1_satellite", "ai1_satelite", 7, "did you mean 'ai1_satellite'"),
    ("launch_specific_price:", "launch_specific_prize:", 9, "did you mean 'launch_specific_price'"),
    ("2029-01: 500 USD/kg", "2029-13: 500 USD/kg", 9, "is no date"),
    ("2029-01: 500 USD/kg", "2029-01: 500 USD", 9, "USD"),
    ("launch_specific_price: {", "discount_rate: {", 9, "the same at all dates"),
    ("{2027-01: 1500 USD/kg, 2029-01: 500 USD/kg}", "{from: 1500 USD/kg}", 9, "from needs a rate"),
    ("limits: launches", "limits: lunches", 12, "did you mean 'launches'"),
    ("limits: launches", "limits: eclipse_fraction", 12, "does not add up over units"),
    ("offered: 4 1/year", "offered: 4 km", 13, "neither an amount per time"),
    ("offered: 4 1/year", "ofered: 4 1/year", 13, "did you mean 'offered'"),
    ("offered: 4 1/year", "offered: -4 1/year", 13, "is negative"),
    ("source: test", "trust: assumed", 11, "'source' is missing"),
    ("{price: 50 %}", "{price: 150 %}", 18, "is no share"),
    ("{price: 50 %}", "{prize: 50 %}", 18, "did you mean 'price'"),
    ("- {up_to: 3 MW}", "- {price: 100 %}", 17, "only the last tier"),
    ("limit: 2 GUSD", "limit: 2 GW", 19, "GW"),
    ("maximize npv", "maximize npw", 20, "did you mean 'npv'"),
    ("maximize npv", "minimize npv", 20, "write 'maximize npv'"),
    ("maximize npv", "minimize date of fleet_it_power", 20, "is no goal of a plan"),
    ("at 2028-12 >=", "at 2031-12 >=", 22, "outside the horizon"),
    ("at 2028-12 >=", ">=", 22, "at which date?"),
    ("fleet_it_power at", "fleet_power at", 22, "did you mean 'fleet_it_power'"),
    ("fleet_it_power at", "sold_power at", 22, "falls with age"),
    (">= 3 MW", ">= 3 kg", 22, "'kg' is mass"),
    (">= 3 MW", "3 MW", 22, "write a quantity, <= or >="),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), MISTAKES, ids=[f"{m[2]}: {m[1]}" for m in MISTAKES])
def test_a_mistake_is_told_at_its_line(tmp_path, old, new, line, message):
    assert old in PLAN
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN.replace(old, new, 1), "utf-8")
    with pytest.raises(StudyError) as caught:
        PlanStudy.load(path)
    assert message in str(caught.value)
    assert f"plan.yaml:{line}:" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "line"),
    [("available: 2035", 5), ("variables: {altitude: {low: 500 km, high: 600 km}}", 8)],
)
def test_what_follows_from_a_product_that_is_refused_is_not_told(tmp_path, key, line):
    """A hall is left, which has no launches."""
    hall = "hall: {architecture: terrestrial, parameters: {time_to_power: 0 year}}"
    text = PLAN.replace("ai1_satellite]\n", f"ai1_satellite]\n    {key}\n  {hall}\n")
    path = tmp_path / "plan.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(StudyError) as caught:
        PlanStudy.load(path)
    assert (caught.value.line, caught.value.others) == (line, ())


def test_an_error_that_is_found_later_tells_its_line(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    study = PlanStudy.load(path).quick()
    line = next(i for i, text in enumerate(PLAN.splitlines(), 1) if text.startswith("  bus:"))
    for file, place in ((study._file, f"{path}:{line}: "), (None, "")):
        study._file = file
        with pytest.raises(UserError) as caught, study.placing_errors():
            raise UserError("nothing limits it", ("products", "bus", "variables"))
        assert str(caught.value) == f"{place}products.bus.variables: nothing limits it"


def test_all_mistakes_are_told(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN.replace("4 1/year", "4 km").replace("2 GUSD", "2 GW"), "utf-8")
    with pytest.raises(StudyError) as caught:
        PlanStudy.load(path)
    assert len(caught.value.others) == 1


def test_all_mistakes_of_a_product_are_told(tmp_path):
    """But not that its discount rate, which is wrong, is not that of the others."""
    path = tmp_path / "plan.yaml"
    wrong = "parameters: {altitude: 600 kg, discount_rate: 8 km, node_arrray_area: 1 m^2}, available: 2027-13"
    hall = "  hall: {architecture: terrestrial, parameters: {discount_rate: 12 %/year}}\n"
    head = PLAN[: PLAN.index("products:")]
    path.write_text(
        f"{head}products:\n  bus: {{architecture: starlink_bus, learning: nodez, {wrong}}}\n{hall}"
        "objectives: [maximize npv]\n"
    )
    with pytest.raises(StudyError) as caught:
        PlanStudy.load(path)
    told = [".".join(map(str, each.path)) for each in (caught.value, *caught.value.others)]
    keys = ("learning.0", "parameters.altitude", "parameters.discount_rate", "parameters.node_arrray_area", "available")
    assert sorted(told) == sorted(f"products.bus.{key}" for key in keys)


def test_a_plan_resolves(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    assert is_plan(path)
    plan = PlanStudy.load(path).plan
    (bus,) = plan.products
    np.testing.assert_allclose(bus.values["launch_specific_price"], [1375, 1125, 875, 625])
    np.testing.assert_allclose(plan.supplies[0].offered, [2, 2, 2, 2])
    assert [tier.price for tier in plan.tiers] == [1.0, 0.5]
    assert plan.capital == 2e9
    assert plan.constraints[0].goal.period == 3
    with pytest.raises(StudyError, match="this is a plan over time"):
        Study.load(path)


def test_a_trend_of_prices_beside_their_timeline_is_refused(tmp_path):
    path = tmp_path / "plan.yaml"
    text = PLAN.replace("discount_rate:", "new_compute_price_decline: 5 %/year\n  discount_rate:")
    path.write_text(
        text.replace("launch_specific_price: {2027-01: 1500 USD/kg, 2029-01: 500 USD/kg}", "compute_price: 3 USD/kWh")
    )
    with pytest.raises(StudyError, match="set new_compute_price_decline to 0"):
        PlanStudy.load(path)


def test_set_reaches_every_part(tmp_path):
    changes = ("discount_rate=12 %/year", "bus.altitude=600 km", "launches.offered=2 1/year", "bus.at_most=3")
    plan = load_small(tmp_path, more="capital: {limit: 1 GUSD}\n", overrides=(*changes, "capital.limit=3 GUSD")).plan
    bus = plan.product("bus")
    assert plan.discount_rate * 365.25 * 86400 == pytest.approx(0.12)
    assert bus.problem.values["altitude"] == 600e3
    assert bus.most == 3
    np.testing.assert_allclose(plan.supplies[0].offered, [1, 1, 1, 1])
    assert plan.capital == 3e9
    two = "objectives=[maximize npv, minimize peak_funding]"
    study = load_small(tmp_path, overrides=("constraints=fleet_it_power at 2028 >= 1 MW", two))
    assert [str(o) for o in study.objectives] == ["maximize npv", "minimize peak_funding"]
    lines = study.plan.constraints
    assert [c.text for c in lines] == ["fleet_it_power at 2028 >= 1 MW"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("discount_rate", "write name=value"),
        ("bus.altitud=600 km", "did you mean 'altitude'"),
        ("capital=3 GUSD", "write the key below it too"),
        ("lanches.offered=2 1/year", "did you mean 'launches'"),
        ("launches.offred=2 1/year", "did you mean 'offered'"),
        ("horizon.start.month=2", "there is no"),
        ("bus=3", "such as --set bus.at_most="),
        ("objectives=maximze npv", "did you mean 'maximize'"),
        ("objectives=[maximize npv", r"--set objectives: not valid YAML: the \[ at character 1 has no \]"),
        ("question='it's'", r"--set question: not valid YAML: text follows the closing '; put the whole value into"),
        ("question=[draft] my question", r"text follows the closing \]; put the whole value into quotation marks"),
        ("constraints=npv >= 1 MUSD and capex <= 2 GUSD", r"write each on a line of its own, or \[..., ...\]"),
        ("constraints=[npv >= -1 MUSD, npv >= -1000 kUSD]", "constraints.1: npv >= -1000 kUSD is given twice"),
        ("chip=h100", "parameters.chip: .*h100 is a preset, and belongs under 'presets'"),
        ("bus.chip=h100", "unknown quantity 'chip'; h100 is a preset"),
        ("hall.altitude=600 km", "hall.parameters.altitude: unknown quantity"),
        ("bus.altitude=600 km; bus.parameters.altitude=700 km", "'bus.altitude=600 km' and --set"),
        ("objectives=[maximize npv]; objectives=minimize peak_funding", r"=\[maximize npv, minimize peak_funding\]'"),
    ],
)
def test_a_wrong_override_is_told(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        load_small(tmp_path, overrides=tuple(text.split("; ")))


def test_a_value_that_no_product_takes_is_told(tmp_path):
    with pytest.raises(UserError, match=r"launch_cadence gives its own value \(bus\), so that this one means nothing"):
        load_small(tmp_path, overrides=("launch_cadence=4 1/year",))


def test_a_product_takes_its_own_value_from_an_override():
    """As docs/plans.md has it: the price of the plan's timeline is no mistake then."""
    study = PlanStudy.load("ground_then_orbit", overrides=("bus.launch_specific_price=200 USD/kg",))
    assert study.product_studies["bus"].settings["launch_specific_price"].value == 200


def test_dates_and_times():
    assert read_date("2027") == read_date("2027-01") == read_date("2027Q1") == 2027 * 12
    assert read_date("2027Q3") == read_date("2027H2") == 2027 * 12 + 6
    assert last_month("2027") == 2027 * 12 + 11
    assert last_month("2027Q3") == 2027 * 12 + 8
    assert parse_over_time("60 1/quarter", "1/year", "x") == pytest.approx(240 / (12 * MONTH))
    assert parse_over_time("2 quarter", "year", "x") == pytest.approx(6 * MONTH)
    horizon = Horizon(2027 * 12, 8, "quarter")
    assert [horizon.label(t) for t in (0, 5)] == ["2027Q1", "2028Q2"]
    assert Horizon(2027 * 12 + 1, 8, "quarter").label(0) == "2027-02"


def test_timelines_by_hand():
    start = 2027 * 12
    line = TimelineSpec.model_validate({"2027-01": "1 MW", "2028-01": "3 MW"}).resolve(start, "MW", "x")
    np.testing.assert_allclose(line.at(np.array([start - 5.0, start + 6.0, start + 60.0])), [1e6, 2e6, 3e6])
    assert line.integral(start, start + 12) == pytest.approx(2e6 * 12 * MONTH)
    steps = TimelineSpec.model_validate({"steps": {"2027-01": 1, "2028-01": 3}}).resolve(start, "1", "x")
    np.testing.assert_allclose(steps.at(np.array([start + 11.9, start + 12.0])), [1, 3])
    assert steps.integral(start + 6, start + 18) == pytest.approx(24 * MONTH)
    rate = TimelineSpec.model_validate({"from": 2, "rate": "-10 %/year"}).resolve(start, "1", "x")
    np.testing.assert_allclose(rate.at(np.array([start, start + 12.0, start + 24.0])), [2, 1.8, 1.62])
    dates = np.linspace(start, start + 24, 20001)
    assert rate.integral(start, start + 24) == pytest.approx(np.trapezoid(rate.at(dates), dates) * MONTH, rel=1e-8)
    assert Timeline((start,), (5.0,)).integral(start - 12, start + 12) == pytest.approx(120 * MONTH)


def test_schema_accepts_the_shipped_plans_and_is_fresh():
    schema = plan_schema(Library.shipped())
    Draft202012Validator.check_schema(schema)
    plans = sorted((STUDIES / "plans").glob("*.yaml"))
    assert plans
    for path in plans:
        Draft202012Validator(schema).validate(parse_yaml(path.read_text("utf-8")))
    stored = (STUDIES / "plans" / ".sunfront-plan-schema.json").read_text("utf-8")
    assert stored == plan_schema_text(Library.shipped()), (
        "sunfront schema --plan > studies/plans/.sunfront-plan-schema.json"
    )
    wrong = json.loads(json.dumps(parse_yaml(PLAN)))
    wrong["supply"]["launches"]["ofered"] = wrong["supply"]["launches"].pop("offered")
    assert not Draft202012Validator(schema).is_valid(wrong)


def test_the_name_of_a_plan_is_that_of_a_folder(tmp_path):
    data = load_small(tmp_path).as_data()
    for name in ("../x", "..", "a/b", "\udcc3", "x" * 300):
        with pytest.raises(UserError, match="a study's name"):
            PlanStudy(**data, name=name)
