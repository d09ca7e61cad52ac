"""The model orders equations, reports missing inputs, and evaluates."""

import pickle
import random

import pytest
from common import STUDIES

from sunfront.analysis.breakeven import breakeven
from sunfront.equation import NOT_NEGATIVE, Equation, equation
from sunfront.errors import MissingInput, ModelError, UnknownName
from sunfront.library.library import Library
from sunfront.library.model import Model
from sunfront.library.parameters import data_names
from sunfront.study.study import Study

LIBRARY = Library.shipped()


@equation("m")
def width(length):
    """Half of the length.

    Source: a test.
    """
    return length / 2


@equation("m^2")
def area(length, width):
    """Area of a rectangle.

    Source: Euclid, Elements,
    book II.
    """
    return length * width


@equation("kg")
def mass(area, areal_mass):
    """Mass of the rectangle."""
    return area * areal_mass


@equation("m")
def perimeter(width, length):
    """Way around it."""
    return 2 * (width + length)


PLATE = (mass, perimeter, area, width)  # not in the order of computing


def make(name, *inputs):
    """An equation that adds one to the sum of its inputs."""
    return Equation(name, "1", inputs, "", "", __name__, False, NOT_NEGATIVE, {}, (), lambda *values: sum(values) + 1)


@pytest.fixture
def plate():
    return Model(PLATE)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_equations_gives_the_same_values(seed):
    shuffled = random.Random(seed).sample(PLATE, len(PLATE))
    found = Model(shuffled).evaluate({"length": 4.0, "areal_mass": 3.0})
    assert [found[name] for name in ("width", "area", "mass", "perimeter")] == [2.0, 8.0, 24.0, 12.0]


@pytest.mark.parametrize("name", data_names("architectures"))
def test_every_equation_comes_after_those_it_needs(name):
    model = LIBRARY.architectures[name].model
    position = {eq.name: i for i, eq in enumerate(model.order())}
    assert position.keys() == {eq.name for eq in model}
    needs = [(eq.name, need) for eq in model for need in eq.inputs if need in model]
    assert [(name, need) for name, need in needs if position[need] >= position[name]] == []


def test_found_values_come_in_the_order_of_computing(plate):
    found = list(plate.evaluate({"length": 4.0, "areal_mass": 3.0}))
    assert found.index("width") < found.index("area") < found.index("mass")


def test_supplied_quantity_is_not_computed():
    @equation("m")
    def width(length):
        raise AssertionError("called although its value was given")

    assert Model([area, width]).evaluate({"length": 4.0, "width": 5.0})["area"] == 20.0


def test_only_what_is_wanted_is_computed(plate):
    found = plate.evaluate({"length": 4.0}, ["perimeter"])
    assert found == {"length": 4.0, "width": 2.0, "perimeter": 12.0}


def test_a_supplied_quantity_cuts_off_what_only_it_needs(plate):
    assert [eq.name for eq in plate.order({"area"}, {"mass"})] == ["mass"]
    assert plate.evaluate({"area": 8.0, "areal_mass": 3.0}, ["mass"])["mass"] == 24.0


def test_inputs_length_and_membership(plate):
    assert plate.inputs == {"length", "areal_mass"}
    assert len(plate) == 4
    assert "area" in plate
    assert "length" not in plate
    assert plate["mass"] is mass


def test_extended(plate):
    @equation("m")
    def width(length):
        return 3 * length

    values = {"length": 4.0, "areal_mass": 3.0}
    assert plate.with_equations(width).evaluate(values)["mass"] == 144.0
    assert plate.evaluate(values)["mass"] == 24.0  # the original model is unchanged
    assert plate.with_equations(make("height", "length")).evaluate(values)["height"] == 5.0


def test_unknown_quantity_names_the_nearest(plate):
    with pytest.raises(UnknownName) as caught:
        plate["perimetre"]
    assert (caught.value.kind, caught.value.name, caught.value.nearest) == ("quantity", "perimetre", "perimeter")


def test_two_equations_of_one_name_are_refused():
    other = Equation("area", "m^2", ("side",), "", "", "elsewhere", False, NOT_NEGATIVE, {}, (), lambda side: side**2)
    with pytest.raises(ModelError) as caught:
        Model([area, width, other])
    assert caught.value.names == ("area",)
    assert all(module in caught.value.message for module in (area.module, "elsewhere"))


@pytest.mark.parametrize(
    ("equations", "ring"),
    [
        ([make("a", "a")], {"a <- a"}),
        ([make("a", "b"), make("b", "a")], {"a <- b <- a", "b <- a <- b"}),
        # The path into the cycle, x <- y, is not part of it.
        (
            [make("x", "y"), make("y", "a"), make("a", "c"), make("b", "a"), make("c", "b")],
            {"a <- c <- b <- a", "c <- b <- a <- c", "b <- a <- c <- b"},
        ),
    ],
)
def test_a_cycle_is_refused_and_drawn(equations, ring):
    with pytest.raises(ModelError) as caught:
        Model(equations)
    assert " <- ".join(caught.value.names) in ring
    assert " <- ".join(caught.value.names) in caught.value.message


def test_a_diamond_is_no_cycle():
    model = Model([make("d", "b", "c"), make("b", "a"), make("c", "a")])
    assert model.evaluate({"a": 0})["d"] == 3


def test_missing_input_names_who_needs_it_and_the_nearest_spelling(plate):
    with pytest.raises(MissingInput) as caught:
        plate.evaluate({"lenght": 4.0, "areal_mass": 3.0})
    message = caught.value.message
    assert caught.value.names == ("length",)
    assert "'length'" in message
    assert all(user in message for user in ("area", "perimeter", "width"))
    assert "did you mean 'lenght'" in message
    assert "'areal_mass'" not in message


def test_every_missing_input_is_named_at_once(plate):
    with pytest.raises(MissingInput) as caught:
        plate.evaluate({})
    assert caught.value.names == ("areal_mass", "length")
    assert "'areal_mass' (needed by mass)" in caught.value.message


def test_a_wanted_name_that_nobody_yields_names_the_nearest(plate):
    with pytest.raises(MissingInput) as caught:
        plate.evaluate({"length": 4.0}, ["aera"])
    assert caught.value.names == ("aera",)
    assert "did you mean 'area'" in caught.value.message


def test_wanted_may_be_any_iterable(plate):
    with pytest.raises(MissingInput) as caught:
        plate.check({"length"}, iter(["area", "nothing"]))
    assert caught.value.names == ("nothing",)


def test_printed_as_a_table_in_the_order_of_computing(plate):
    lines = str(plate).splitlines()
    assert {line.split()[0] for line in lines} == {"mass", "perimeter", "area", "width"}
    at = {line.split()[0]: i for i, line in enumerate(lines)}
    assert at["width"] < at["area"] < at["mass"]
    assert lines[at["area"]].split(maxsplit=2) == ["area", "m²", "Area of a rectangle."]
    summaries = {"mass": "Mass", "perimeter": "Way", "area": "Area", "width": "Half"}
    assert len({line.index(summaries[line.split()[0]]) for line in lines}) == 1  # a column is a column
    assert str(Model([])) == ""


def test_declared_equation_carries_its_docstring():
    assert (area.name, area.unit, area.inputs) == ("area", "m^2", ("length", "width"))
    assert area.summary == "Area of a rectangle."
    assert area.source == "Euclid, Elements, book II."
    assert area.text == "return length * width"
    assert area(2.0, width=3.0) == 6.0


@pytest.mark.parametrize(
    "parameters",
    ["x=1", "*x", "**x", "*, x", "x, /"],
    ids=["default", "variadic", "variadic keywords", "keyword only", "positional only"],
)
def test_parameters_other_than_plain_names_are_refused(parameters):
    scope = {}
    exec(f"def speed({parameters}):\n    return 1.0", scope)
    with pytest.raises(TypeError, match="speed"):
        equation("m/s")(scope["speed"])


def test_equation_and_model_survive_pickling(plate):
    assert pickle.loads(pickle.dumps(area)) is area
    again = pickle.loads(pickle.dumps(plate))
    assert list(again) == list(plate)
    assert again.evaluate({"length": 4.0, "areal_mass": 3.0})["mass"] == 24.0


@pytest.mark.parametrize("name", data_names("architectures"))
def test_shipped_model_survives_pickling(name):
    model = LIBRARY.architectures[name].model
    assert list(pickle.loads(pickle.dumps(model))) == list(model)


def test_a_deep_chain_does_not_hit_the_recursion_limit():
    depth = 5000
    chain = [make(f"q{i}", f"q{i - 1}") for i in range(1, depth + 1)]
    assert Model(reversed(chain)).evaluate({"q0": 0})[f"q{depth}"] == depth
    with pytest.raises(ModelError) as caught:
        Model([*chain, make("q0", f"q{depth}")])
    assert len(caught.value.names) == depth + 2


def test_what_a_given_value_robs_of_its_meaning_is_left_out():
    study = Study.load(STUDIES / "handmer_2025.yaml")  # it gives capital a power, not its parts
    assert "capex" in study.settings
    assert "breakeven_launch_price" not in study.evaluate()
    for wanted in ("breakeven_launch_price", "roi"):
        given = study.arch.model.order(study.settings, [wanted])
        assert all("capex" not in eq.unless_given for eq in given) == (wanted == "roi")
    with pytest.raises(MissingInput) as caught:
        study.arch.model.check(study.settings, ["breakeven_launch_price"])
    assert caught.value.names == ("breakeven_launch_price",)
    assert "capex" in caught.value.message
    sized = Study.load(STUDIES / "quickstart.yaml", ["compute_price=15 USD/kWh"])
    assert sized.evaluate()["breakeven_launch_price"] == pytest.approx(
        breakeven(sized, "launch_specific_price").roots[0], rel=1e-9
    )
