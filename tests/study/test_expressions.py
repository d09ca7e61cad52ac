"""Expressions: what they mean, what is refused, and that their dimensions are those of pint."""

import pickle
import random
import time

import numpy as np
import pint
import pytest

from sunfront.errors import UnknownName, UserError
from sunfront.library.library import Library
from sunfront.study.dimensions import dimension_of, dimension_text, display_unit
from sunfront.study.expressions import parse_expression
from sunfront.study.quantities import Formula
from sunfront.study.trees import check_dimension, evaluate, names_in
from sunfront.units import base_quantity, registry

UNITS = Library.shipped().units
VALUES = {"capex": 3.0, "npv": -2.0, "roi": 0.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("capex + npv * roi", 2.0),
        ("(capex + npv) * roi", 0.5),
        ("capex - npv - roi", 4.5),
        ("capex - (npv - roi)", 5.5),
        ("capex / npv / roi", -3.0),
        ("capex / (npv / roi)", -0.75),
        ("-capex ** 2", -9.0),
        ("(-capex) ** 2", 9.0),
        ("capex ^ 2 * roi", 4.5),
        ("capex ** -1", 1 / 3),
        ("capex ** 0.5", 3**0.5),
        ("+capex - -npv", 1.0),
        ("min(capex, npv, roi)", -2.0),
        ("max(capex, npv, roi)", 3.0),
        ("sqrt(capex + 1)", 2.0),
        ("log(exp(capex))", 3.0),
        ("1e3 * capex + .5", 3000.5),
        ("50 % * capex", 1.5),
        ("2 kW * capex", 6000.0),
        ("2kW*capex", 6000.0),
        ("capex + 2 km / 1 m", 2003.0),
        ("3 USD/kg", 3.0),
        ("10 MUSD / 2 kg", 5e6),
        ("36 km/hour * capex", 30.0),
        ("(1 km)^2 + 1 m^2", 1e6 + 1),
        ("2 kW * min(capex, npv)", -4000.0),
        ("3 min", 180.0),
        ("2/year", 2 / (365.25 * 86400)),
        ("capex ** 2 / year", 9 / (365.25 * 86400)),
        ("capex ^ -1 / year", 1 / 3 / (365.25 * 86400)),
        ("capex ** (1 / 2) * 1/year", 3**0.5 / (365.25 * 86400)),
    ],
)
def test_values(text, value):
    year = {"year": 365.25 * 86400}
    assert float(evaluate(parse_expression(text), {**VALUES, **year})) == pytest.approx(value, rel=1e-12)


def test_text_of_an_expression_means_the_same():
    """Random trees: the text that is shown, parsed again, has the same value and the same text.

    A text is refused only if Python, too, divides by zero in it.
    """
    rng = random.Random(1)

    def text(depth):
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(["capex", "npv", "roi", "2", "3 kW", "10 %"])
        kind = rng.randrange(5)
        one, other = text(depth - 1), text(depth - 1)
        if kind == 0:
            return f"({one}) ** {rng.choice(['2', '-1', '3'])}"
        if kind == 1:
            return f"-({one})"
        if kind == 2:
            return f"{rng.choice(['min', 'max'])}({one}, {other})"
        return f"({one}) {rng.choice('+-*/')} ({other})"

    values = {name: np.float64(value) for name, value in VALUES.items()}
    checked = 0
    with np.errstate(all="ignore"):
        for _ in range(400):
            written = text(4)
            try:
                tree = parse_expression(written)
            except UserError:
                with pytest.raises(ZeroDivisionError):
                    eval(written.replace("3 kW", "3e3").replace("10 %", "0.1"), dict(VALUES))
                continue
            again = parse_expression(str(tree))
            assert str(again) == str(tree)
            before, after = evaluate(tree, values), evaluate(again, values)
            assert before == pytest.approx(after, rel=1e-12, nan_ok=True)
            checked += bool(np.isfinite(before))
    assert checked > 200


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("annual_revenue / fleet_mass", "USD/kg"),
        ("node_array_area + node_radiator_area", "m^2"),
        ("node_mass * altitude", "kg*m"),
        ("capex / (fleet_mass * 1 year)", "USD/kg/year"),
        ("node_mass / 3 t", "1"),
        ("capex / fleet_it_power", "USD/kW"),
    ],
)
def test_units_are_those_that_people_read(text, unit):
    found = display_unit(check_dimension(parse_expression(text), UNITS), UNITS.values())
    assert found == unit


def test_dimensions_are_those_of_pint():
    """Random expressions of quantities: the same dimension as pint's, or refused as pint refuses."""
    rng = random.Random(2)
    # An angle is a pure number to pint, and not to sunfront.
    names = [name for name in UNITS if UNITS[name] != "degC" and "[angle]" not in dimension_of(UNITS[name])]
    ureg = registry()
    seen = {"fits": 0, "refused": 0}

    def text(depth):
        if depth == 0:
            return rng.choice([*rng.choices(names, k=3), "2 kW", "3", "1 USD/kg"])
        kind = rng.randrange(6)
        one = text(depth - 1)
        if kind == 0:
            return f"({one}) ** {rng.choice([2, -1, 3])}"
        if kind == 1:
            return f"({one}) + {rng.choice([one, text(depth - 1)])}"
        if kind == 2:
            return f"{rng.choice(['exp', 'sqrt'])}({one})"
        return f"({one}) {rng.choice('*/')} ({text(depth - 1)})"

    def quantity(text):
        return base_quantity(np.float64(0.7), text)

    for _ in range(300):
        tree = parse_expression(text(2))
        values = {name: quantity(UNITS[name]) for name in names_in(tree)}
        with np.errstate(all="ignore"):
            try:
                found = ureg.Quantity(evaluate(tree, values, lambda n: quantity(n.unit or "1"))).dimensionality
            except (pint.DimensionalityError, pint.OffsetUnitCalculusError):
                found = None
        try:
            ours = check_dimension(tree, UNITS)
        except UserError:
            assert found is None, str(tree)
            seen["refused"] += 1
            continue
        powers = {name: value for name, value in ours.items() if name != "[angle]"}
        assert found == pytest.approx(powers), str(tree)
        seen["fits"] += 1
    assert min(seen.values()) > 30, seen


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("annual_revenue + fleet_mass", ["annual_revenue is currency", "fleet_mass is mass", "added"]),
        ("max(capex, altitude)", ["currency", "length", "compared"]),
        ("exp(altitude)", ["exp", "altitude is length"]),
        ("node_mas / 2", ["node_mas", "'node_mass'"]),
        ("node_mass ** altitude", ["altitude", "plain number"]),
        ("node_mass ** 2 kg", ["exponent"]),
        ("node_mass ** -2 kg", ["exponent", "plain number"]),
        ("node_mass ** (1 / year)", ["exponent", "plain number"]),
        ("node_mass ** (2 kg / 1 kg)", ["exponent", "plain number"]),
        ("node_mass ** 99", ["99", "too large"]),
        ("20 degC + junction_temperature", ["20 degC", "write K"]),
        ("1,000 * node_mass", ["1,000", "1000"]),
        ("maxx(a, b)", ["maxx", "'max'"]),
        ("max(a)", ["two or more"]),
        ("sqrt(a, b)", ["one value"]),
        ("2 nodes", ["is no expression"]),
        ("(a + b", ["parenthesis"]),
        ("9" * 400, ["not finite"]),
        ("", ["empty"]),
    ],
)
def test_what_is_wrong_is_told(text, told):
    with pytest.raises(UserError) as caught:
        check_dimension(parse_expression(text), UNITS)
    assert [word for word in told if word not in caught.value.message] == []


@pytest.mark.parametrize("text", ["capex / 5 USD/kg", "capex / 2 kg / year", "capex / 365 day * year"])
def test_a_divisor_with_a_unit_that_may_be_read_in_two_ways_is_refused(text):
    with pytest.raises(UserError, match="parentheses"):
        parse_expression(text)


def test_divisors_are_read_from_left_to_right():
    year = 365.25 * 86400
    values = {"capex": 10.0, "year": year}
    assert evaluate(parse_expression("capex / 5 / year"), values) == pytest.approx(2 / year)
    assert evaluate(parse_expression("capex / (5 USD/year)"), values) == pytest.approx(2 * year)
    assert str(parse_expression("capex / (5 USD/year)")) == "capex / (5 USD/year)"
    assert str(parse_expression("roi ** 1.0000001")) != str(parse_expression("roi ** 1.0000004"))


def test_unknown_names_name_the_nearest():
    with pytest.raises(UnknownName) as caught:
        check_dimension(parse_expression("capex / fleet_mas"), UNITS)
    assert caught.value.nearest == "fleet_mass"


ATTACKS = [
    "__import__('os').system('true')", "().__class__", "capex.__class__", "capex[0]", "[x for x in capex]",
    "f'{capex}'", "lambda: 0", "capex if npv else 0", "capex := 1", "print(capex)", "exec(capex)", "max(*capex)",
    "max(capex, key=npv)", "{capex}", "'a' * 9", '"capex"', "capex; npv",
    "capex\n+npv\n", "...", "None", "True", "capex and npv", "not capex",
    "capex @ npv", "capex // npv", "capex % npv", "capex << 2", "~capex", "await capex", "yield capex", "capex < npv",
    "b'x'", "0x10", "1_000", "1j", "\x00", "(" * 500_000 + "1" + ")" * 500_000, "-" * 1_000_000 + "1", "9" * 1_000_000,
    "capex" + " " * 1_000_000, "a**" * 300 + "2", "(" * 60 + "a" + ")" * 60, "max(" * 60 + "a, a" + ")" * 60, "\\",
    "`",
    "é",
]  # fmt: skip
HARMLESS = {"capex\n+npv\n", "(" * 60 + "a" + ")" * 60}


@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_but_arithmetic_is_accepted(text):
    registry()  # the first unknown unit loads pint
    started = time.process_time()
    if text in HARMLESS:
        parse_expression(text)
    else:
        with pytest.raises(UserError) as caught:
            parse_expression(text)
        assert len(caught.value.message) < 500
    assert time.process_time() - started < 1


def test_a_formula_survives_a_pickle():
    tree = parse_expression("a * 2 kW + max(b, c)")
    formula = Formula(tree, names_in(tree))
    assert pickle.loads(pickle.dumps(formula))(3.0, 1.0, 2.0) == 6002.0


def test_infinities_do_not_become_nan():
    values = {"a": np.array([np.inf, 1.0, -np.inf]), "b": np.array([1.0, np.inf, 2.0])}
    np.testing.assert_array_equal(evaluate(parse_expression("max(a, b)"), values), [np.inf, np.inf, 2.0])
    np.testing.assert_array_equal(evaluate(parse_expression("min(a, b)"), values), [1.0, 1.0, -np.inf])


def test_texts_of_dimensions():
    assert dimension_text(dimension_of("USD/kg/year")) == "currency/mass/time"
    assert dimension_text(dimension_of("1")) == "a pure number"
    assert dimension_text(dimension_of("m^2")) == "length^2"
