"""``sunfront.gradient`` against finite differences of the model, on every architecture."""

import numpy as np
import pytest

import sunfront
from sunfront.errors import NotFinite, UnknownName, UserError
from sunfront.library.architectures import resolve
from sunfront.library.library import Library

#: A step of a value, relative to it; and the part of the quantity that no difference is exact to.
STEP, ROUNDING = 1e-5, 1e-9


@pytest.mark.parametrize("quantity", ["compute_cost", "npv", "roi"])
@pytest.mark.parametrize("architecture", [*Library.shipped().architectures])
def test_finite_differences(architecture, quantity):
    found = sunfront.gradient(architecture, {}, quantity)
    # Counts have no value between; at zero, and at a corner there, a difference reaches outside the allowed range.
    parameters = Library.shipped().parameters
    names = [n for n, x in found.at.items() if x and not (n in parameters and parameters[n].whole)]
    arch = Library.shipped().architectures[architecture]
    given = {name: setting.value for name, setting in resolve(arch, []).items()}
    assert len(names) >= 25
    for name in names:
        x = found.at[name]
        at = np.array([x * (1 - STEP), x * (1 + STEP)])
        below, above = arch.model.evaluate({**given, name: at}, [quantity])[quantity]
        difference = (above - below) / (2 * STEP * x)
        size = abs(found.value / x)
        assert found[name] == pytest.approx(difference, rel=1e-4, abs=ROUNDING / STEP * size), name
    # What is compared is more than rounding, even for roi on Mars, near -1 whatever the parameters.
    assert sum(abs(found.elasticities[name]) > 10 * ROUNDING / STEP for name in names) >= 20


def test_a_design_and_presets():
    # A kilowatt-hour sold at the price p earns p: revenue is linear in it.
    found = sunfront.gradient("starlink_bus", {"altitude": "650 km"}, "annual_revenue", presets=["priced_by_hour"])
    assert found.at["altitude"] == 650e3
    assert found.value == sunfront.evaluate("starlink_bus", ["priced_by_hour"], altitude=650e3)["annual_revenue"]
    assert found.elasticities["accelerator_hour_price"] == pytest.approx(1.0, rel=1e-12)


def test_a_root():
    found = sunfront.gradient("terrestrial", {}, "irr")
    step = 1e-4 * found.at["token_price"]
    values = [sunfront.evaluate("terrestrial", token_price=found.at["token_price"] + s)["irr"] for s in (-step, step)]
    assert found["token_price"] == pytest.approx((values[1] - values[0]) / (2 * step), rel=1e-5)


def test_a_study_has_the_presets_of_its_base_design():
    study = sunfront.load("which_chip")
    found = sunfront.gradient(study, {}, "it_power")
    assert found.value == study.evaluate()["it_power"]
    chosen = sunfront.gradient(study, {"node_accelerators": 10.0}, "it_power")
    assert chosen.elasticities["node_accelerators"] == pytest.approx(1.0, rel=1e-12)


def test_the_table_begins_with_the_largest():
    table = sunfront.gradient("terrestrial", {}, "compute_cost").to_frame()
    assert list(table.columns) == ["value", "derivative", "elasticity"]
    assert table.elasticity.abs().is_monotonic_decreasing


@pytest.mark.parametrize(
    ("design", "quantity", "error", "match"),
    [
        ({}, "ro", UnknownName, "did you mean 'roi'"),
        ({"altitud": 5.0}, "roi", UnknownName, "did you mean 'altitude'"),
        ({"altitude": np.array([5e5, 6e5])}, "roi", UserError, "altitude is an array"),
        ({"capex": 1e9}, "capex", UserError, "capex is given in this design"),
        ({}, "irr", NotFinite, "irr is -inf in this design; it has no derivative"),
    ],
)
def test_mistakes(design, quantity, error, match):
    with pytest.raises(error, match=match):
        sunfront.gradient("starlink_bus", design, quantity)
