"""Lists as values of a study, such as the schedule of depreciation."""

import pytest

from sunfront.errors import UserError
from sunfront.study.study import Study

SCHEDULE = [0.5, 0.3, 0.2, 0, 0, 0]


def study(schedule):
    return Study(
        name="lists",
        architecture="terrestrial",
        parameters={"tax_rate": 0.25, "depreciation_schedule": schedule},
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )


def test_a_schedule_is_that_of_a_preset_with_the_same_numbers():
    own = {
        "name": "own_schedule",
        "source": "here",
        "values": {"depreciation_schedule": SCHEDULE},
    }
    base = {"architecture": "terrestrial", "parameters": {"tax_rate": 0.25}, "objectives": ["maximize npv"]}
    by_preset = Study(name="preset", presets=[own], engine={"name": "sweep"}, **base).evaluate()["npv"]
    found = study(SCHEDULE).evaluate()["npv"]
    assert found == by_preset
    assert found != study([0.2, 0.2, 0.2, 0.2, 0.2, 0]).evaluate()["npv"]
    on_the_line = study([1, 0, 0, 0, 0, 0]).with_overrides([f"depreciation_schedule={SCHEDULE}"])
    assert on_the_line.evaluate()["npv"] == found


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (0.5, "is a list of numbers; write it in brackets"),
        ([0.5, 0.5], "has 6 coefficients, not 2"),
        ([], "has 6 coefficients, not 0"),
        (["a"], "number"),
    ],
)
def test_what_is_no_schedule_is_refused(written, message):
    with pytest.raises(UserError, match=message):
        study(written).check()


def test_one_number_is_no_list():
    with pytest.raises(UserError, match="tax_rate is one number, not a list"):
        study(SCHEDULE).with_overrides(["tax_rate=[0.1, 0.2]"])
