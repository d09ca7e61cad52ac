"""Break-even values against closed forms, and what is said where there are none or several."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from common import STUDIES

from sunfront.analysis import breakeven as solver
from sunfront.analysis.breakeven import breakeven, breakeven_map
from sunfront.errors import RangeError, UnknownName, UserError
from sunfront.study.study import Study


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
    roots, _, jumps, sides = solver._crossings(np.sin, solver._grid(1.0, 10.0))
    assert roots == pytest.approx((math.pi, 2 * math.pi, 3 * math.pi), rel=1e-12)
    assert jumps == ()
    assert sides == (1, -1, 1, -1)


def test_a_jump_is_no_root():
    roots, _, jumps, sides = solver._crossings(lambda x: np.where(x < math.e, -1.0, 2.0), solver._grid(0.0, 10.0))
    assert roots == ()
    assert jumps == pytest.approx((math.e,), rel=1e-9)
    assert sides == (-1, 1)


def test_a_stretch_at_the_target_is_told_as_one():
    """From 2 to 5 the curve lies on it, and crosses it at 8; ends of a stretch are as fine as the grid."""

    def curve(x):
        return np.select([x < 2, x <= 5], [x - 2, 0.0], np.minimum(x - 5, 8 - x))

    roots, stretches, jumps, sides = solver._crossings(curve, solver._grid(0.0, 10.0))
    assert roots == pytest.approx((8.0,))
    assert stretches == (pytest.approx((2.0, 5.0), abs=0.011),)
    assert (jumps, sides) == ((), (-1, 1, -1))
    assert solver._crossings(np.zeros_like, np.array([1.0, 2.0, 3.0])) == ((), ((1.0, 3.0),), (), (0,))


def test_no_number_between_two_values_of_either_sign_is_no_root():
    gap = 5.0021
    roots, _, jumps, sides = solver._crossings(
        lambda x: np.where(np.abs(x - gap) < 1e-3, np.nan, x - gap), np.array([0.0, 5.0, 5.01, 10.0])
    )
    assert (roots, jumps, sides) == ((), (), (-1, 1))


def test_roots_of_all_sizes():
    """Over nine orders of magnitude, and where the function has no number on a part of the range."""

    def curve(x):
        with np.errstate(divide="ignore"):
            return np.log10(x) * (np.log10(x) + 6)

    found, _, _, _ = solver._crossings(curve, solver._grid(0.0, 100.0))
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


def paid_by_mass(**values):
    return base(presets=("given_specific_mass", "rideshare"), **values)


def test_plane_of_launch_price_and_specific_mass():
    """Paid by mass, the cost of compute is linear in the price of launches: two evaluations give each value."""
    target, masses = 1.6 / 3.6e6, [0.003, 0.006, 0.012]
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
    dear = paid_by_mass(compute_price="5 USD/kWh")
    (root,) = breakeven(dear, "launch_specific_price").roots
    assert root == pytest.approx(dear.evaluate()["breakeven_launch_price"], rel=1e-9)


def test_the_second_parameter_is_one_number_for_both_studies():
    """Against itself at a given price, the meeting point is that price, whatever the second parameter is."""
    other = paid_by_mass(launch_specific_price="321 USD/kg")
    found = breakeven_map(
        paid_by_mass(), "launch_specific_price", "discount_rate", [1e-9, 3e-9], "compute_cost", 0, other
    )
    assert [line.roots for line in found.lines] == [pytest.approx((321.0,), rel=1e-9)] * 2
    assert found.lines[0].target < found.lines[1].target
    assert found.target[0, 0] == pytest.approx(found.lines[0].target, rel=1e-12)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ("launch_specific_price", "is the parameter itself"),
        ("compute_cost", "is the quantity itself"),
        ("nodes_per_launch", "takes only some values"),
        ("user_elevation", "compute_cost does not depend on user_elevation"),
        ("node_specific_mas", "did you mean 'node_specific_mass'"),
    ],
)
def test_second_parameters_that_cannot_be_meant(over, message):
    with pytest.raises(UserError, match=message):
        breakeven_map(paid_by_mass(), "launch_specific_price", over, [0.1, 0.2], "compute_cost", 1.0)


def test_command(command):
    study = STUDIES / "quickstart.yaml"
    told = command("breakeven", study, "launch_specific_price", "--quantity", "compute_cost", "--value", "3 USD/kWh")
    assert told.returncode == 0
    assert "compute_cost equals 3 USD/kWh at launch_specific_price = " in told.stdout
    assert "it lies below, then above" in told.stdout
    found = json.loads(command("breakeven", study, "compute_price", "--json").stdout)
    assert found["roots"][0] == pytest.approx(breakeven(Study.load(study), "compute_price").roots[0])
    assert (found["unit"], found["quantity_unit"]) == ("USD/J", "USD")
    both = command("breakeven", study, "compute_price", "--value", "0 USD", "--equals", study)
    assert both.returncode == 2
    assert "not both" in both.stderr


def test_command_over_a_second_parameter(tmp_path, command):
    plot = tmp_path / "plane.svg"
    question = ("breakeven", STUDIES / "parity.yaml", "launch_specific_price", "--quantity", "compute_cost")
    question += ("--equals", STUDIES / "space_vs_ground_grid.yaml", "--over", "node_specific_mass=4..14 kg/kW")
    told = command(*question, "--plot", plot)
    assert told.returncode == 0, told.stderr
    lines = [line.split() for line in told.stdout.splitlines() if "kg/kW" in line]
    assert [" ".join(line[:2]) for line in lines] == [f"{mass} kg/kW" for mass in range(4, 15)]
    assert lines[-1][2:] == ["none:", "above", "it", "all", "over"]
    assert "ratio of the two" in plot.read_text()
    rows = json.loads(command(*question, "--json").stdout)
    assert rows[0]["node_specific_mass"] == pytest.approx(0.004)
    assert f"{rows[0]['roots'][0]:.6g}" == lines[0][2]


def test_command_tells_a_stretch(command):
    """Against itself a study is equal all over."""
    study = STUDIES / "quickstart.yaml"
    first, _ = command("breakeven", study, "utilization", "--equals", study).stdout.splitlines()
    assert first.endswith(" from utilization = 0 to 1")
    told = command("breakeven", study, "utilization", "--equals", study, "--over", "opex_rate=1..2 %/year").stdout
    assert told.splitlines()[-1].split() == ["0.02", "1/year", "0", "to", "1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--plot", "a.png"), "give the second with --over"),
        (("--over", "altitude=4..14 km", "--plot", "a.gif"), "written as .svg, .pdf or .png"),
        (("--over", "altitude 4"), "write a name and its range"),
        (("--over", "altitude=900..500 km"), "the first value must be the lower one"),
        (("--over", "altitude=500..900 kg"), "altitude"),
    ],
)
def test_command_refuses(words, message, command):
    told = command("breakeven", STUDIES / "quickstart.yaml", "compute_price", *words)
    assert told.returncode == 2
    assert message in told.stderr
    assert "Traceback" not in told.stderr
