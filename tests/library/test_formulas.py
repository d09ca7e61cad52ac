"""A formula that cannot be read in every way is refused at its line, in words, and with what to write instead."""

from pathlib import Path

import pytest
from common import ROOT, check_each

from sunfront.equation import FUNCTIONS
from sunfront.errors import StudyError
from sunfront.library.library import Library
from sunfront.study.study import Study

FILE = '''\
import math
import numpy as np
from sunfront.equation import {imports}


@equation({unit})
def {name}({inputs}):
    """An example.

    Source: an example.
    """
    return {formula}
'''


def load(folder, formula, name="launch_specific_price", inputs="barge_price, node_mass", unit='"USD/kg"', imports=""):
    """Write a library with one equation, and load it."""
    texts = {
        "equations/mine.py": FILE.format(
            formula=formula, name=name, inputs=inputs, unit=unit, imports=imports or "equation"
        ),
        "presets/mine.yaml": "source: an example\nequations: [mine]\nvalues: {propellant_mass: 3 kg}\n",
        "parameters/mine.yaml": "barge_price: {value: 0.5 USD/kg, source: an example}\n"
        "propellant_mass: {value: 3 t, source: an example}\n",
    }
    for file, text in texts.items():
        path = Path(folder, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Library.shipped().with_folder(folder)


def refused(folder, line, message, **equation):
    with pytest.raises(StudyError) as caught:
        load(folder, **equation)
    error = caught.value
    assert (Path(error.file).name, error.line) == ("mine.py", line), str(error)
    assert message in error.reason
    assert not {"PlainQuantity", "ndarray", "Quantity", "ufunc", "dollar"} & set(error.reason.split()), error.reason


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("min(barge_price, 2 * barge_price)", "it uses min; write -larger(-a, -b) instead"),
        ("max(barge_price, 1.0)", "it uses max; write larger(a, b) instead"),
        ("barge_price if node_mass > 3 else 2 * barge_price", "takes a single number"),
        ("barge_price * math.exp(node_mass / node_mass)", "takes a single number"),
        ("barge_price * math.sqrt(node_mass / node_mass)", "it uses sqrt; write x ** 0.5 instead"),
        ("barge_price * float(node_mass / node_mass)", "it uses float, which takes a single number"),
        ("barge_price * round(node_mass / node_mass)", "it uses round, which takes a single number"),
        ("barge_price and node_mass", "takes a single number"),
        ("np.where(node_mass > 1, barge_price, 2 * barge_price)", "a quantity that has a unit with a number that"),
        ("barge_price * exp(node_mass / node_mass)", "add the line 'from sunfront.equation import exp'"),
        ("barge_price * sqrt(node_mass / node_mass)", "sqrt is not defined; write x ** 0.5 instead"),
        ("barge_price + 1", "adds, compares or converts USD/kg and a pure number"),
        ("barge_price + node_mass", "adds, compares or converts USD/kg and kg"),
    ],
)
def test_what_takes_a_single_number_is_refused_at_its_line(tmp_path, formula, message):
    refused(tmp_path, 12, message, formula=formula)


@pytest.mark.parametrize(
    ("equation", "line", "message"),
    [
        ({"formula": "None"}, 6, "returns no number"),
        ({"formula": "barge_price, 3"}, 6, "returns no number"),
        ({"formula": "np.max(barge_price) + 0 * barge_price"}, 6, "mixes designs"),
        ({"formula": "barge_price * node_mass"}, 6, "is declared in USD/kg, but its formula gives USD"),
        ({"formula": "barge_price", "unit": '"USD/kgg"'}, 6, "unknown unit 'USD/kgg'"),
        ({"formula": "node_mass", "unit": '"kg"'}, 6, "is declared in kg, but that of sunfront.equations.launch_price"),
        ({"formula": "barge_price", "unit": "3"}, 6, '@equation("kg")'),
        ({"formula": "barge_price", "unit": '"USD/kg", valid={"node_mass": ("1 m", "2 m")}'}, 6, "'m' is length"),
        ({"formula": "barge_price", "imports": "equation, sqrt"}, 3, "sunfront.equation'; it has equation, exp"),
        ({"formula": "barge_price", "imports": "exp"}, 6, "add the line 'from sunfront.equation import equation'"),
        # A preset of the library sets propellant_mass to 3 kg; its value is right.
        ({"formula": "barge_price", "name": "propellant_mass"}, 6, "but the parameter of that name is in t"),
    ],
)
def test_a_wrong_equation_is_told_at_its_own_line(tmp_path, equation, line, message):
    refused(tmp_path, line, message, **equation)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_a_formula_may_use(tmp_path, name):
    further = {
        "larger": ", 0.5",
        "quotient_or_infinity": ", 0.5",
        "whole_periods": ", 0.5",
        "broken_line": ", [0, 2], [1, 3]",
        "concave_broken_line": ", [0, 2], [3, 1]",
        "polynomial": ", [1, 3]",
    }
    more = further.get(name, "")
    call = f"{name}(0.5 * node_mass / node_mass{more})"
    library = load(tmp_path, f"barge_price * {call}", imports=f"equation, {name}")
    assert library.module("mine")[0].name == "launch_specific_price"
    assert f"`{name}(" in (ROOT / "docs" / "adding-an-architecture.md").read_text("utf-8")


def test_what_exact_engines_cannot_read_is_told_with_place_and_remedy(tmp_path):
    """numpy reads it, so that a sweep takes the study."""
    load(tmp_path / "mine", "barge_price * np.minimum(node_mass / node_mass, 2.0)")
    text = (
        "library: ./mine\narchitecture: starlink_bus\npresets: [mine]\nobjectives: [maximize roi]\n"
        "variables: {{node_radiator_area: {{low: 100 m^2, high: 300 m^2}}}}\nengine: {{name: {engine}}}\n"
    )

    def check(engine, told):
        path = tmp_path / "s.yaml"
        path.write_text(text.format(engine=engine), "utf-8")
        with pytest.raises(StudyError) as caught:
            Study.load(path, check_engine=True)
        assert told in caught.value.reason
        assert "mine.py:6): it uses minimum; write -larger(-a, -b) instead" in caught.value.reason
        assert caught.value.others == ()  # one mistake, told once

    nonlinear = "the nonlinear solvers cannot represent"
    check_each(
        check,
        [
            ("pyomo", "the pyomo engine cannot represent launch_specific_price"),
            ("pyomo, solver: scip", nonlinear),
            ("pyomo, solver: maingo", nonlinear),
        ],
    )
    (tmp_path / "s.yaml").write_text(text.format(engine="sweep"), "utf-8")
    assert "launch_specific_price" in Study.load(tmp_path / "s.yaml", check_engine=True).problem.model
