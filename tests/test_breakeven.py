"""Break-even values against closed forms, and what is said where there are none or several."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from common import STUDIES

from sunfront import breakeven as solver
from sunfront.breakeven import breakeven
from sunfront.errors import RangeError, UnknownName, UserError
from sunfront.study import Study


def base(architecture="starlink_bus", presets=(), **values):
    return Study(
        name="base", architecture=architecture, presets=presets, objectives=("maximize roi",), parameters=values
    )


def test_price_at_which_nothing_is_lost():
    """The net present value is linear in the price of compute: two evaluations say where it is zero."""
    one, two = (base(compute_price=text).evaluate()["npv"] for text in ("1 USD/kWh", "2 USD/kWh"))
    found = breakeven(base(), "compute_price")
    assert [root * 3.6e6 for root in found.roots] == pytest.approx([1 - one / (two - one)], rel=1e-9)
    assert found.sides == (-1, 1)
    assert base(compute_price=f"{found.roots[0] * 3.6e6} USD/kWh").evaluate()["npv"] == pytest.approx(
        0, abs=1e-6 * abs(one)
    )


def test_internal_rate_of_return_is_a_break_even():
    study = Study.load(STUDIES / "handmer_2025.yaml")
    found = breakeven(study, "discount_rate")
    year = 365.25 * 86400
    assert found.roots[-1] * year == pytest.approx(study.internal_rate_of_return(), rel=1e-6)


def test_a_computed_quantity_may_be_given():
    """What launch may cost so that compute costs 3 USD/kWh; the study with that price says the same."""
    found = breakeven(base(), "launch_specific_price", "compute_cost", 3 / 3.6e6)
    (root,) = found.roots
    again = base(launch_specific_price=f"{root} USD/kg").evaluate()["compute_cost"]
    assert again * 3.6e6 == pytest.approx(3, rel=1e-9)
    assert found.sides == (-1, 1)


def test_equals_another_study():
    """A dearer launch against dearer accelerators: both ways of stating the question agree."""
    other = base(accelerator_price="70000 USD")
    wanted = other.evaluate()["compute_cost"]
    found = breakeven(base(), "launch_specific_price", "compute_cost", other=other, high=1e4)
    fixed = base(accelerator_price="70000 USD", launch_specific_price="1500 USD/kg")
    found_fixed = breakeven(base(), "launch_specific_price", "compute_cost", other=fixed)
    # Where the other does not set the price, it is one number for both, and they never meet.
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


def test_none_is_said_with_its_side():
    found = breakeven(base(), "utilization", "npv", 1e15)
    assert (found.roots, found.jumps, found.sides) == ((), (), (-1,))


def test_all_roots_and_the_signs_between():
    roots, jumps, sides = solver._crossings(np.sin, solver._grid(1.0, 10.0))
    assert roots == pytest.approx((math.pi, 2 * math.pi, 3 * math.pi), rel=1e-12)
    assert jumps == ()
    assert sides == (1, -1, 1, -1)


def test_a_jump_is_no_root():
    roots, jumps, sides = solver._crossings(lambda x: np.where(x < math.e, -1.0, 2.0), solver._grid(0.0, 10.0))
    assert roots == ()
    assert jumps == pytest.approx((math.e,), rel=1e-9)
    assert sides == (-1, 1)


def test_roots_of_all_sizes():
    """Over nine orders of magnitude, and where the function has no number on a part of the range."""

    def curve(x):
        with np.errstate(divide="ignore"):
            return np.log10(x) * (np.log10(x) + 6)

    found, _, _ = solver._crossings(curve, solver._grid(0.0, 100.0))
    assert found == pytest.approx((1e-6, 1.0), rel=1e-9)


@pytest.mark.parametrize(
    ("parameter", "quantity", "error", "message"),
    [
        ("utilisation", "npv", UnknownName, "did you mean 'utilization'"),
        ("utilization", "npw", UnknownName, "did you mean 'npv'"),
        ("utilization", "node_mass", UserError, "node_mass does not depend on utilization"),
        ("npv", "npv", UserError, "does not depend"),
        ("nodes_per_launch", "npv", RangeError, "takes only some values"),
        ("edge_drag_fit", "npv", RangeError, "coefficients of a fit"),
    ],
)
def test_questions_without_an_answer(parameter, quantity, error, message):
    with pytest.raises(error, match=message):
        breakeven(base(), parameter, quantity)


def test_ranges_that_cannot_be_meant():
    with pytest.raises(RangeError, match="out of range"):
        breakeven(base(), "utilization", high=3.0)
    with pytest.raises(RangeError, match="nothing lies between"):
        breakeven(base(), "utilization", low=0.5, high=0.4)


def test_command(command):
    study = STUDIES / "quickstart.yaml"
    told = command("breakeven", study, "launch_specific_price", "--quantity", "compute_cost", "--value", "3 USD/kWh")
    assert told.returncode == 0
    assert "compute_cost equals 3 USD/kWh at launch_specific_price = " in told.stdout
    assert "it lies below, then above" in told.stdout
    found = json.loads(command("breakeven", study, "compute_price", "--json").stdout)
    assert found["roots"][0] == pytest.approx(breakeven(Study.load(study), "compute_price").roots[0])
    both = command("breakeven", study, "compute_price", "--value", "0 USD", "--equals", study)
    assert both.returncode == 2
    assert "not both" in both.stderr
