"""Every equation compared with independent numbers; `worked_examples.yaml` gives their sources."""

from functools import cache
from math import isinf
from pathlib import Path

import pytest
from common import check_each
from ruamel.yaml import YAML

from sunfront import equations
from sunfront.library.library import Library
from sunfront.library.parameters import data_names
from sunfront.root import WayEquation
from sunfront.units import parse

LIBRARY = Library.shipped()

OWN = [eq for name in data_names("architectures") for eq in LIBRARY.architectures[name].model]
REPLACING = [
    eq
    for name in data_names("presets")
    for module in LIBRARY.presets[name].equations
    for eq in equations.module(module)
]
#: Without roots and extremes, which are no formulas; tests/library/test_roots.py and test_extremes.py hold them.
EQUATIONS = dict.fromkeys(eq for eq in OWN + REPLACING if not isinstance(eq, WayEquation))
UNITS = {name: p.unit for name, p in LIBRARY.parameters.items()} | {eq.name: eq.unit for eq in EQUATIONS}


@cache
def examples():
    """The file, read by ruamel and not by the package's own parser, because ruamel rejects duplicate keys."""
    return YAML(typ="safe", pure=True).load(Path(__file__).with_name("worked_examples.yaml"))


@cache
def cases():
    """By name and number, an equation and an example for it."""
    return {
        (eq.name, i): (eq, example)
        for eq in EQUATIONS
        for i, example in enumerate(examples().get(eq.name, []), start=1)
        if fits(example, eq)
    }


def fits(example, eq):
    """Return whether the inputs are those of this equation; equations of the same name may differ in them."""
    return example["inputs"].keys() == set(eq.inputs)


def si(name, value):
    """Return the SI and USD value of a quantity in the YAML file."""
    if value == "parameter":
        return LIBRARY.parameters[name].value
    if isinstance(value, list):
        return tuple(si(name, item) for item in value)
    if isinstance(value, float) and isinf(value):
        return value
    return parse(value, UNITS[name], name)


def test_every_equation_yields_the_expected_number():
    def check(name, number):
        eq, example = cases()[name, number]
        found = eq(**{name: si(name, value) for name, value in example["inputs"].items()})
        expected = si(eq.name, example["expect"])
        # By default approx allows 1e-12 absolute, which is more than some densities and rates in SI.
        within = si(eq.name, example.get("within", f"0 {eq.unit}"))
        slack = {"rel": example.get("tolerance", 0), "abs": within}
        assert found == pytest.approx(expected, **slack), example["source"]

    check_each(check, cases())


def test_one_name_has_one_unit():
    assert [eq.name for eq in EQUATIONS if eq.unit != UNITS[eq.name]] == []


def test_every_equation_has_an_example():
    tested = {eq for eq, _ in cases().values()}
    plain = [eq for eq in EQUATIONS if not isinstance(eq, WayEquation)]
    assert [eq.name for eq in plain if eq not in tested] == []


def test_every_example_has_an_equation():
    orphans = [
        name
        for name, given in examples().items()
        for example in given
        if not any(eq.name == name and fits(example, eq) for eq in EQUATIONS)
    ]
    assert orphans == []


def test_every_example_names_its_source_and_how_exact_it_is():
    for name, given in examples().items():
        for example in given:
            keys = example.keys()
            assert keys in ({"inputs", "expect", slack, "source"} for slack in ("tolerance", "within")), name
            assert example["source"], name
