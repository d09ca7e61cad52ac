"""Text with a unit to SI and USD, and back."""

import math
import re
from importlib.resources import files

import pytest
from common import check_each

from sunfront import equations, units
from sunfront.errors import UnitError
from sunfront.library.parameters import data_names, load_data
from sunfront.units import difference_unit, parse, unit, unit_label

YEAR = 365.25 * 86400  # Julian year
TABLE = units._table()

# By hand: text, a unit of the same dimension, SI value.
KNOWN = [
    ("560 km", "m", 560e3),
    ("560km", "m", 560e3),
    (" 5.6e2  km ", "m", 560e3),
    ("-.5 m", "km", -0.5),
    ("10 mm", "m", 0.01),
    ("85 degC", "K", 358.15),
    ("85 °C", "K", 358.15),
    ("0 degC", "K", 273.15),
    ("-273.15 degC", "K", 0.0),
    ("10 K", "degC", 10.0),
    ("212 degF", "K", 373.15),
    ("0.05 degC/W", "K/W", 0.05),
    ("10 %", "1", 0.1),
    ("0.25", "1", 0.25),
    (7, "1", 7.0),
    ("100 ppm", "1", 1e-4),
    ("10 %/year", "1/year", 0.1 / YEAR),
    ("1.5 %/yr", "%/year", 0.015 / YEAR),
    ("52 1/year", "1/s", 52 / YEAR),
    ("52 /year", "launches/year", 52 / YEAR),
    ("52/year", "launches/year", 52 / YEAR),
    ("52 1/year", "launches/year", 52 / YEAR),
    ("52 launches/year", "1/year", 52 / YEAR),
    ("1 launch/day", "1/s", 1 / 86400),
    ("5 cm²", "m^2", 5e-4),
    ("5 m^3", "m³", 5.0),
    ("1 W/m²/K⁴", "W/m^2/K^4", 1.0),
    ("2 m⁻¹", "1/m", 2.0),
    ("10 %", "%", 0.1),
    ("0.1", "%", 0.1),
    (0.1, "%", 0.1),  # a bare number is a share, also of what is shown in percent
    ("1 year", "day", YEAR),
    ("6.5 min", "s", 390.0),
    ("1 h", "s", 3600.0),
    ("1 t", "kg", 1000.0),
    ("130 kW", "W", 130e3),
    ("2 GWh", "J", 7.2e12),
    ("2.5 USD/kWh", "USD/J", 2.5 / 3.6e6),
    ("5 $", "USD", 5.0),
    ("5 M$", "USD", 5e6),
    ("1,234,567 kg", "kg", 1_234_567.0),
    ("1,234.5 kg", "kg", 1234.5),
    ("6.5 MUSD", "$", 6.5e6),
    ("1500 $/kg", "USD/t", 1500.0),
    ("10 USD/Mtoken", "USD/token", 1e-5),
    ("0.1 token/J", "token/J", 0.1),
    ("2 krad(Si)", "rad(Si)", 2000.0),
    ("15000 rad(Si)", "krad(Si)", 15000.0),
    ("180 deg", "rad", math.pi),
    ("2.5 g/cm^3", "kg/m^3", 2500.0),
    ("40 kW/m^3", "W/m^3", 40e3),
    ("1 MeV/g", "J/kg", 1.602176634e-10),  # CODATA 2018: the electronvolt is exact
]


@pytest.mark.parametrize(("text", "expected", "value"), KNOWN)
def test_parse(text, expected, value):
    assert parse(text, expected, "x") == pytest.approx(value, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("5 kg", "m^2", ["mass", "m²", "length^2"]),
        ("1 rad", "rad(Si)", ["angle", "ionizing_dose"]),
        ("2 Gy", "rad(Si)", ["ionizing_dose"]),
        ("5 USD", "token", ["currency", "token"]),
        ("5 launches", "1", ["unknown unit", "launches"]),
        ("5 launches", "launches/year", ["unknown unit", "launches"]),
        (52, "launches/year", ["needs a unit", "launches/year"]),
        ("5 km", "%", ["length", "dimensionless"]),
        ("5 m²²²", "m^2", ["unknown unit"]),
        ("5 W", "J", ["time^-3", "time^-2"]),
        ("5 km", "1", ["length", "dimensionless"]),
        ("5", "km", ["needs a unit", "km"]),
        (5, "km", ["needs a unit", "km"]),
        (5.0, "K", ["needs a unit", "K"]),
        ("5 parsnip", "m", ["unknown unit", "parsnip"]),
        ("5 KM", "km", ["unknown unit", "KM"]),
        ("1 234 kg", "kg", ["234 kg"]),
        ("5 km/", "km", ["unknown unit"]),
        ("5 1/0", "1", ["unknown unit"]),
        ("km", "km", ["not a quantity", "1 km"]),
        ("", "km", ["not a quantity"]),
        ("- 5 km", "km", ["not a quantity"]),
        ("--5 km", "km", ["not a quantity"]),
        ("five km", "km", ["not a quantity"]),
        ("nan km", "km", ["not a quantity"]),
        ("inf km", "km", ["not a quantity"]),
        ("1e999 km", "km", ["not finite"]),
        (math.nan, "1", ["not finite"]),
        (math.inf, "1", ["not finite"]),
        (-math.inf, "km", ["not finite"]),
        ("5 ☃", "m", ["unknown unit", "☃"]),
        ("5 __import__('os')", "m", ["unknown unit"]),
        ("5 m\n6 m", "m", ["m"]),
    ],
)
def test_parse_refuses(text, expected, words):
    with pytest.raises(UnitError) as caught:
        parse(text, expected, "thing")
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "thing" in message or "unknown unit" in message


@pytest.mark.parametrize("value", [45, 1.5, "45"])
def test_a_bare_number_is_no_angle(value):
    # 45 would be read as radians, where everybody writes degrees.
    with pytest.raises(UnitError) as caught:
        parse(value, "deg", "inclination")
    assert (caught.value.quantity, caught.value.unit) == ("inclination", "deg")


def test_an_angle_is_no_share():
    with pytest.raises(UnitError) as caught:
        parse("30 deg", "1", "utilization")
    assert (caught.value.quantity, caught.value.unit) == ("utilization", "deg")


@pytest.mark.usefixtures("five_seconds")
@pytest.mark.parametrize(
    "text",
    [
        "m**9**9**9",
        "m^9^9^9",
        "(9**9**9) m",
        "m**( ( 999**999 )**999 )**999",
        "1" * 100_000,
        "(" * 10_000 + "m",
    ],
)
def test_no_text_keeps_the_reader_busy(text):
    with pytest.raises(UnitError):
        unit(text)


def test_a_logarithmic_unit_is_refused_or_right():
    # 3 dB of power are a factor of 1.995; a unit that is no multiple of SI must not be taken for one.
    try:
        found = parse("3 dB", "1", "loss")
    except UnitError:
        return
    assert found == pytest.approx(10**0.3)


@pytest.mark.parametrize("text", ["parsnip", "km/", "1/0", "200 km", "2", "🚀"])
def test_unknown_unit(text):
    with pytest.raises(UnitError) as caught:
        unit(text)
    assert caught.value.unit == text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("m^2", "m²"),
        ("W/m^2/K^4", "W/m²/K⁴"),
        ("1/m^2/year", "1/m²/year"),
        ("m^-2", "m⁻²"),
        ("delta_degC", "K"),
        ("%", "%"),
        ("1", "1"),
        ("launches/year", "launches/year"),
    ],
)
def test_unit_label(text, label):
    assert unit_label(text) == label
    assert unit(label).to_si(1.0) == unit(text).to_si(1.0)


def test_every_unit_converts_to_si_and_back():
    def check(text):
        u = unit(text)
        assert u.from_si(u.to_si(7.25)) == pytest.approx(7.25, rel=1e-9)
        assert u.to_si(1.0) > u.to_si(0.0)

    check_each(check, sorted(TABLE))


def test_the_table_agrees_with_pint():
    def check(text):
        expected = units.unit_from_pint(text)
        dimension, factor, offset = TABLE[text]
        assert dimension == expected.dimension
        assert factor == pytest.approx(expected.factor, rel=1e-14)
        assert offset == pytest.approx(expected.offset, abs=1e-12)

    check_each(check, sorted(TABLE))


def _shipped_units():
    """Every unit in the shipped data, equations and studies, with where it is."""
    trailing = re.compile(r"\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s+(\S.*?)\s*")  # the unit of "560 km"
    for topic in data_names("parameters"):
        yield from ((entry["unit"], name) for name, entry in load_data("parameters", topic).items())
    for folder in ("presets", "architectures"):
        for title in data_names(folder):
            for name, value in load_data(folder, title).get("values", {}).items():
                written = value if isinstance(value, dict) else {"value": value}
                for key in written.keys() & {"value", "low", "high"}:
                    if match := trailing.fullmatch(str(written[key])):
                        yield match[1], f"{title}: {name}"
    for title in data_names("architectures"):
        for text in load_data("architectures", title)["constraints"]:
            if match := trailing.fullmatch(text.split("=", 1)[1]):
                yield match[1], f"{title}: {text}"
    for file in files("sunfront.equations").iterdir():
        if file.name.endswith(".py") and file.name != "__init__.py":
            yield from ((eq.unit, eq.name) for eq in equations.module(file.name.removesuffix(".py")))


def test_table_holds_every_unit_of_the_shipped_data():
    shipped = list(_shipped_units())
    assert {"km^3/s^2", "USD/Mtoken", "rad(Si)", "kW"} <= {text for text, _ in shipped}
    assert sorted((text, where) for text, where in shipped if text not in TABLE) == []


@pytest.mark.parametrize("text", ["0,125 t", "0,040 t", "00,500 t", "1,125 t", "1,000 kg", "1,5 t", "12,34 t"])
def test_a_comma_that_may_be_a_decimal_one_is_refused(text):
    with pytest.raises(UnitError, match="node_mass"):
        parse(text, "kg", "node_mass")


@pytest.mark.parametrize(
    ("text", "expected", "answer"),
    [
        ("20M USD", "MUSD", "'20 MUSD'"),
        ("20 million USD", "USD", "'20 MUSD'"),
        ("1.5 bn USD", "MUSD", "'1.5 GUSD'"),
        ("300k USD/t", "USD/kg", "'300 kUSD/t'"),
        ("$20M", "MUSD", "'20 MUSD'"),
        ("10 %", "%/year", "'10 %/year'"),
        ("10 %", "1/year", "'10 %/year'"),
        ("4 ton", "kg", "'t'"),
        ("4 tons", "kg", "'short_ton'"),
        ("4 kton", "kg", "'kt'"),
        ("5 USD/ton", "USD/kg", "'t'"),
        ("4 ton", "kg", "'long_ton'"),
        ("$51,000", "USD", "'51000 USD'"),
        ("9", "1/year", "'9 %/year' or '9 1/year'"),
        (9.0, "1/year", "'9 %/year' or '9 1/year'"),
        ("0.09", "1/year", "as '0.09 1/year'"),
        ("12", "launches/year", "as '12 launches/year'"),
        ("80 C", "K", "'80 degC'"),
        ("12 per year", "1/year", "write / for 'per'"),
        ("51.000 USD", "USD", "51 or 51000"),
        ("-1.000 kg", "kg", "-1 or -1000"),
        ("1.234.567 USD", "USD", "plain digits"),
        ("51 000 USD", "USD", "plain digits"),
        ("51'000 USD", "USD", "plain digits"),
        ("4_000 kg", "kg", "plain digits"),
        ("010", "1", "write 10"),
        ("0560 km", "m", "write 560"),
    ],
)
def test_usual_spellings_are_answered(text, expected, answer):
    with pytest.raises(UnitError) as caught:
        parse(text, expected, "thing")
    assert answer in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.125 t", 125.0), ("1.225 kg", 1.225), ("1.5 kg", 1.5), ("24.750 kg", 24.75), ("0.50 kg", 0.5)],
)
def test_a_decimal_that_can_be_nothing_else_is_read(text, value):
    assert parse(text, "kg", "node_mass") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("4 short_ton", 3628.73896), ("4 tonne", 4000.0), ("4 metric_ton", 4000.0), ("4 long_ton", 4064.1876)],
)
def test_named_tons(text, value):
    assert parse(text, "kg", "node_mass") == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("of", ["K", "degC", "degF"])
def test_a_difference_of_temperatures_takes_no_scale_with_an_offset(of):
    assert parse("5 K", difference_unit(of), "std junction_temperature") == 5.0
    with pytest.raises(UnitError):
        parse("5 degC", difference_unit(of), "std junction_temperature")


@pytest.mark.parametrize(("text", "unit_of"), [("0.5", "kg/t"), ("2", "MMBtu/MWh"), ("1", "%"), ("45", "deg")])
def test_a_bare_number_is_refused_where_its_unit_matters(text, unit_of):
    with pytest.raises(UnitError):
        parse(text, unit_of, "x")
    assert parse("0.1", "%", "roi") == 0.1
    assert parse("0.1", "1", "utilization") == 0.1
