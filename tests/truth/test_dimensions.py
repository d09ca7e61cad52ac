"""Every equation, called with pint quantities, returns the dimension of its unit and the value that numpy gives."""

from functools import cache

import numpy as np
import pint
import pytest
from common import check_each

from sunfront.equation import equation
from sunfront.errors import UserError
from sunfront.library.architectures import apply_presets, resolve
from sunfront.library.library import Library
from sunfront.library.parameters import data_names
from sunfront.units import base_quantity, pint_text, registry

LIBRARY = Library.shipped()


def fits(name, p):
    """Return whether a preset fits an architecture."""
    try:
        return bool(resolve(apply_presets(LIBRARY.architectures[name], [p]), [p]))
    except UserError:
        return False


# Every architecture by itself, and with the equations of each preset.
ADAPTED = [(name, ()) for name in data_names("architectures")] + [
    (name, (p,))
    for name in data_names("architectures")
    for p in data_names("presets")
    if LIBRARY.presets[p].equations and fits(name, p)
]
# An equation that several of them share is checked once.
MODELS = [(name, presets, apply_presets(LIBRARY.architectures[name], presets).model) for name, presets in ADAPTED]
FIRST = {eq: (name, presets) for name, presets, model in reversed(MODELS) for eq in model}
EQUATIONS = [(name, presets, eq.name) for eq, (name, presets) in FIRST.items()]


@cache
def model_of(name, presets):
    return apply_presets(LIBRARY.architectures[name], presets).model


@cache
def base_design(name, presets=()):
    arch = apply_presets(LIBRARY.architectures[name], presets)
    return arch.model.evaluate({name: setting.value for name, setting in resolve(arch, presets).items()})


def pint_unit(text):
    return registry().Unit("" if text == "1" else pint_text(text))


def check(eq, model, values):
    """Raise unless the equation, called with quantities, has its unit's dimension and numpy's value."""
    given = []
    for name in eq.inputs:
        unit = model[name].unit if name in model else LIBRARY.parameters[name].unit
        given.append(base_quantity(values[name], unit))
    found = registry().Quantity(eq(*given))
    assert found.dimensionality == pint_unit(eq.unit).dimensionality
    plain = eq(*[values[name] for name in eq.inputs])
    assert found.to_base_units().magnitude == pytest.approx(plain, rel=1e-12)


def test_every_equation_has_the_dimension_of_its_unit():
    def check_quantity(name, presets, quantity_name):
        model = model_of(name, presets)
        values = base_design(name, presets)
        assert np.isfinite(values[quantity_name]) or model[quantity_name].may_be_infinite
        check(model[quantity_name], model, values)

    with np.printoptions(threshold=1, edgeitems=1):  # pint prints an array to say which attribute it lacks
        check_each(check_quantity, EQUATIONS)


@equation("W/m^2")
def forgotten_power(radiator_temperature, stefan_boltzmann):
    return stefan_boltzmann * radiator_temperature**3


@equation("K")
def added_dimensions(radiator_temperature, altitude):
    return radiator_temperature + altitude


@equation("K")
def dimension_under_an_exponential(radiator_temperature, altitude):
    return radiator_temperature * np.exp(altitude)


@equation("kW")
def not_si_inside(node_accelerators, accelerator_power):
    kilowatts = node_accelerators * accelerator_power / 1000
    return kilowatts if isinstance(accelerator_power, float) else 1000 * kilowatts


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (forgotten_power, AssertionError),
        (added_dimensions, pint.DimensionalityError),
        (dimension_under_an_exponential, pint.DimensionalityError),
        (not_si_inside, AssertionError),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_wrong_formula_fails(wrong, error):
    name = "starlink_bus"
    with pytest.raises(error):
        check(wrong, LIBRARY.architectures[name].model, base_design(name))
