"""Break-even values against closed forms, and questions that have no answer."""

from __future__ import annotations

import numpy as np
import pytest
from common import STUDIES

from sunfront.analysis.breakeven import Question, breakeven, breakeven_map
from sunfront.errors import NotFinite, RangeError, UnknownName, UserError
from sunfront.study.study import Study


def base(architecture="starlink_bus", presets=(), **values):
    return Study(
        name="base", architecture=architecture, presets=presets, objectives=("maximize roi",), parameters=values
    )


def test_price_at_zero_net_present_value():
    """The net present value is linear in the price of compute: two evaluations give its zero."""
    one, two = (base(compute_price=text).evaluate()["npv"] for text in ("1 USD/kWh", "2 USD/kWh"))
    found = breakeven(base(), "compute_price")
    assert [root * 3.6e6 for root in found.roots] == pytest.approx([1 - one / (two - one)], rel=1e-9)
    assert found.sides == (-1, 1)
    assert base(compute_price=f"{found.roots[0] * 3.6e6} USD/kWh").evaluate()["npv"] == pytest.approx(
        0, abs=1e-6 * abs(one)
    )


def test_internal_rate_of_return_is_a_break_even_value():
    study = Study.load(STUDIES / "handmer_2025.yaml")
    found = breakeven(study, "discount_rate")
    assert found.roots == (pytest.approx(study.evaluate()["irr"], rel=1e-6),)


def test_parameter_may_be_a_computed_quantity():
    """The launch price at which compute costs 8 USD/kWh; a study with that price gives the same cost."""
    found = breakeven(base(), "launch_specific_price", "compute_cost", 8 / 3.6e6)
    (root,) = found.roots
    again = base(launch_specific_price=f"{root} USD/kg").evaluate()["compute_cost"]
    assert again * 3.6e6 == pytest.approx(8, rel=1e-9)
    assert found.sides == (-1, 1)


def test_equals_another_study():
    """The launch price at which compute costs the same as with more expensive accelerators."""
    other = base(accelerator_price="70000 USD")
    wanted = other.evaluate()["compute_cost"]
    found = breakeven(base(), "launch_specific_price", "compute_cost", other=other, high=1e4)
    fixed = base(accelerator_price="70000 USD", launch_specific_price="1500 USD/kg")
    found_fixed = breakeven(base(), "launch_specific_price", "compute_cost", other=fixed)
    # A study that does not set the price shares it, so that the two costs never meet.
    assert found.roots == ()
    assert found.sides == (-1,)
    assert found_fixed.target == pytest.approx(fixed.evaluate()["compute_cost"])
    (root,) = found_fixed.roots
    assert base(launch_specific_price=f"{root} USD/kg").evaluate()["compute_cost"] == pytest.approx(found_fixed.target)
    assert wanted > 0


def test_equals_another_architecture():
    found = breakeven(base(), "launch_specific_price", "compute_cost", other=base("terrestrial"))
    here, there = base().evaluate()["compute_cost"], base("terrestrial").evaluate()["compute_cost"]
    assert (found.at_base, found.target) == pytest.approx((here, there))
    assert found.sides[-1] == 1


def test_no_break_even_value_has_one_side():
    found = breakeven(base(), "utilization", "npv", 1e15)
    assert (found.roots, found.jumps, found.sides) == ((), (), (-1,))


@pytest.mark.parametrize(
    ("parameter", "quantity", "unknown", "meant"),
    [("utilisation", "npv", "utilisation", "utilization"), ("utilization", "npw", "npw", "npv")],
)
def test_unknown_names(parameter, quantity, unknown, meant):
    with pytest.raises(UnknownName, match=repr(meant)) as error:
        breakeven(base(), parameter, quantity)
    assert (error.value.name, error.value.kind) == (unknown, "quantity")


@pytest.mark.parametrize(
    ("parameter", "quantity", "error"),
    [
        ("utilization", "node_mass", UserError),
        ("npv", "npv", UserError),
        ("nodes_per_launch", "npv", RangeError),
        ("edge_drag_fit", "npv", RangeError),
    ],
)
def test_questions_without_an_answer(parameter, quantity, error):
    """The quantity does not depend on the parameter, or the parameter is discrete or a vector."""
    with pytest.raises(error, match=parameter) as raised:
        breakeven(base(), parameter, quantity)
    assert type(raised.value) is error


def test_ranges_not_allowed_or_empty():
    with pytest.raises(RangeError, match=r"utilization.* 3 "):
        breakeven(base(), "utilization", high=3.0)
    with pytest.raises(RangeError, match=r"utilization.* 0\.5 to 0\.4 "):
        breakeven(base(), "utilization", low=0.5, high=0.4)


def test_quantity_that_is_nowhere_a_number(monkeypatch):
    monkeypatch.setattr(Question, "quantity_curve", lambda *_: lambda values: np.full(values.shape, np.nan))
    with pytest.raises(NotFinite, match=r"npv.* utilization.* 0.001 to 1$"):
        breakeven(base(), "utilization")


def test_other_study_must_have_the_quantity():
    with pytest.raises(UnknownName) as error:
        breakeven(base(), "altitude", "node_mass", other=base("terrestrial"))
    assert (error.value.name, error.value.kind) == ("node_mass", "quantity of base")


def paid_by_mass(**values):
    return base(presets=("given_specific_mass", "rideshare", "no_development"), **values)


def test_map_of_launch_price_over_specific_mass():
    """If launches are paid by mass, compute cost is linear in launch price: two evaluations give each value."""
    target, masses = 1.7 / 3.6e6, [0.005, 0.007, 0.012]
    found = breakeven_map(paid_by_mass(), "launch_specific_price", "node_specific_mass", masses, "compute_cost", target)
    for mass, line in zip(masses, found.lines, strict=True):
        given = {"node_specific_mass": f"{mass} kg/W"}
        free, paid = (
            paid_by_mass(launch_specific_price=f"{price} USD/kg", **given).evaluate()["compute_cost"]
            for price in (1e-6, 1000)
        )
        assert (line.roots or (-1,))[0] == pytest.approx(max(1000 * (target - free) / (paid - free), -1), rel=1e-6)
    assert [len(line.roots) for line in found.lines] == [1, 1, 0]
    x, y = np.meshgrid(found.across, found.up)
    one = paid_by_mass(node_specific_mass=f"{x[7, 60]} kg/W", launch_specific_price=f"{y[7, 60]} USD/kg").evaluate()
    assert found.quantity[7, 60] == pytest.approx(one["compute_cost"], rel=1e-9)
    assert (found.target == target).all()
    below = found.quantity < target
    for column, mass in ((0, 0), (-1, 2)):
        assert below[:, column].sum() == (found.up < (found.lines[mass].roots or (0.0,))[0]).sum()


def test_paid_by_mass_does_not_depend_on_how_many_share_a_launch():
    few, many = (paid_by_mass(nodes_per_launch=count).evaluate() for count in (2, 40))
    assert few["compute_cost"] == pytest.approx(many["compute_cost"], rel=1e-9)
    assert few["breakeven_launch_price"] == pytest.approx(many["breakeven_launch_price"], rel=1e-9)
    study = paid_by_mass(compute_price="5 USD/kWh")
    (root,) = breakeven(study, "launch_specific_price").roots
    assert root == pytest.approx(study.evaluate()["breakeven_launch_price"], rel=1e-9)


def test_both_studies_share_the_second_parameter():
    """Against itself at a given price, the break-even value is that price, whatever the second parameter."""
    other = paid_by_mass(launch_specific_price="321 USD/kg")
    found = breakeven_map(
        paid_by_mass(), "launch_specific_price", "discount_rate", [1e-9, 3e-9], "compute_cost", 0, other
    )
    assert [line.roots for line in found.lines] == [pytest.approx((321.0,), rel=1e-9)] * 2
    assert found.lines[0].target < found.lines[1].target
    assert found.target[0, 0] == pytest.approx(found.lines[0].target, rel=1e-12)


@pytest.mark.parametrize(
    ("over", "error", "fact"),
    [
        ("launch_specific_price", UserError, "parameter itself"),
        ("compute_cost", UserError, "quantity itself"),
        ("nodes_per_launch", RangeError, "nodes_per_launch"),
        ("user_elevation", UserError, "compute_cost .* user_elevation"),
        ("node_specific_mas", UnknownName, "'node_specific_mass'"),
    ],
)
def test_second_parameters_without_an_answer(over, error, fact):
    with pytest.raises(UserError, match=fact) as raised:
        breakeven_map(paid_by_mass(), "launch_specific_price", over, [0.1, 0.2], "compute_cost", 1.0)
    assert type(raised.value) is error


def test_paths_and_texts_with_units_are_understood():
    path = STUDIES / "quickstart.yaml"
    study = Study.load(path)
    numbers = breakeven(study, "launch_specific_price", "compute_cost", 3 / 3.6e6, low=10.0, high=5000.0)
    texts = breakeven(
        str(path), "launch_specific_price", "compute_cost", "3 USD/kWh", low="10 USD/kg", high="5 kUSD/kg"
    )
    assert texts == numbers
    against = breakeven(path, "launch_specific_price", "compute_cost", other=STUDIES / "space_vs_ground_grid.yaml")
    assert against.other == "space_vs_ground_grid"
    masses = ["5 kg/kW", "10 kg/kW"]
    found = breakeven_map(paid_by_mass(), "launch_specific_price", "node_specific_mass", masses, "compute_cost", 1e-6)
    assert found.values == (0.005, 0.01)
    with pytest.raises(UserError, match="USD/kWh"):
        breakeven(path, "launch_specific_price", "compute_cost", "3 kg")


def test_the_text_of_an_answer_is_in_display_units():
    found = breakeven(base(), "compute_price", target="1 MUSD")
    assert f"compute_price = {found.roots[0] * 3.6e6:.6g} USD/kWh" in repr(found)
    assert "npv equals 1 MUSD" in str(found)
    assert "roots=" not in repr(found)


def test_limits_missed_at_an_answer_are_told():
    """Mass grows with the number of square meters; the limit lies below the mass at the answer."""
    study = base()
    target = float(study.evaluate(array_areal_mass=2.5)["compute_cost"])
    limit = float(study.evaluate(array_areal_mass=2.4)["node_mass"])
    asked = study.with_changes(constraints=[f"node_mass <= {limit!r} kg", f"node_mass >= {limit / 100!r} kg"])
    found = breakeven(asked, "array_areal_mass", "compute_cost", target, low=1.0, high=3.5)
    (root,) = found.roots
    assert root == pytest.approx(2.5)
    misses = [miss for miss in found.missed if "node_mass" in miss.constraint]
    assert [miss.at for miss in misses] == [root, 3.5]
    assert misses[0].value == pytest.approx(study.evaluate(array_areal_mass=2.5)["node_mass"])


@pytest.mark.parametrize("choice", ["orbit_sun_synchronous", "orbit_53_deg"])
def test_a_choice_that_replaces_equations_is_that_of_the_base_design(choice):
    """The answer is that of a study with the preset alone, whose limits it misses too."""
    variable = {"presets": ["orbit_sun_synchronous", "orbit_53_deg"], "base": choice}
    asked = base().with_changes(variables={"orbit_model": variable}, constraints=["node_mass <= 100 kg"])
    plain = base(presets=[choice]).with_changes(constraints=["node_mass <= 100 kg"])
    found, expected = (breakeven(study, "compute_price") for study in (asked, plain))
    assert found.roots == pytest.approx(expected.roots)
    assert [(miss.at, miss.constraint, miss.value) for miss in found.missed] == [
        (miss.at, miss.constraint, pytest.approx(miss.value)) for miss in expected.missed
    ]
    assert any(miss.constraint.startswith("node_mass") for miss in found.missed)
    (root,) = found.roots
    assert plain.evaluate(compute_price=root)["npv"] == pytest.approx(0, abs=1e-6 * abs(found.at_base))


def test_a_base_design_with_none_of_the_choices():
    variable = {"presets": ["starship_v3", "rideshare"]}
    asked = base(presets=["falcon_9"]).with_changes(variables={"launcher": variable})
    expected = breakeven(base(presets=["falcon_9"]), "compute_price")
    assert breakeven(asked, "compute_price").roots == pytest.approx(expected.roots)


def test_a_base_design_with_inputs_that_no_choice_uses():
    """Launchers with prices of their own, and inclined orbits: the base design needs what the architecture has."""
    choices = {
        "launcher": {"presets": ["falcon_9", "new_glenn"]},
        "orbit_model": {"presets": ["orbit_51_deg", "orbit_53_deg"]},
    }
    asked = base().with_changes(variables=choices)
    assert dict(asked.evaluate()) == pytest.approx(dict(base().evaluate()), rel=1e-12, nan_ok=True)
    assert breakeven(asked, "compute_price").roots == pytest.approx(breakeven(base(), "compute_price").roots)


def test_limits_on_own_quantities_are_told_too():
    """Of a quantity of the study, and of an expression in a constraint; at the ends, the base value and the answer."""
    own = {"gain": {"is": "npv / capex", "unit": "1", "why": "worth of the capital"}}
    limits = ["gain >= 0.5", "annual_revenue / fleet_mass <= 600 USD/kg"]
    found = breakeven(base().with_changes(quantities=own, constraints=limits), "compute_price", "gain")
    (root,) = found.roots
    assert base().evaluate(compute_price=root)["npv"] == pytest.approx(0, abs=1e-6 * 1e10)
    missed = {limit: [miss.at for miss in found.missed if miss.constraint == limit] for limit in limits}
    assert missed == {limits[0]: [found.low, found.base, root], limits[1]: [root, found.high]}


def test_an_expression_as_quantity_needs_a_name():
    with pytest.raises(UserError, match="under 'quantities:'"):
        breakeven(base(), "compute_price", "npv / capex")
