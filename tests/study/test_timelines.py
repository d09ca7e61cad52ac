"""Timelines in a study of one design: their values at its date."""

from __future__ import annotations

import pytest

from sunfront.errors import StudyError, UserError
from sunfront.runs.run import Run
from sunfront.runs.runner import run
from sunfront.study.study import Study

TEXT = """\
architecture: starlink_bus
presets: [claimed_2026, ai1_satellite]
timelines:
  launch_specific_price: {2027-01: 1500 USD/kg, 2037-01: 200 USD/kg}
  accelerator_price: {steps: {2027-01: 40 kUSD, 2029-06: 30 kUSD, 2031-01: 20 kUSD}}
  array_specific_price: {from: 30 USD/W, rate: -10 %/year, since: 2027-01}
at: AT
objectives: [maximize npv]
engine: {name: sweep}
"""


def write(folder, text=TEXT, at="2029-06"):
    path = folder / "dated.yaml"
    path.write_text(text.replace("AT", at), "utf-8")
    return path


@pytest.mark.parametrize(
    ("at", "months", "price"), [("2029-06", 29, 30e3), ("2029Q2", 27, 40e3), ("2031", 48, 20e3), ("2026-05", 0, 40e3)]
)
def test_a_design_has_the_values_of_its_date(tmp_path, at, months, price):
    """By hand: lines between points, steps from their dates on, growth from its own date on; constant before."""
    study = Study.load(write(tmp_path, at=at))
    values = {name: setting.value for name, setting in study.settings.items()}
    assert values["launch_specific_price"] == pytest.approx(1500 - 1300 * months / 120, rel=1e-12)
    assert values["accelerator_price"] == price
    assert values["array_specific_price"] == pytest.approx(30 * 0.9 ** (months / 12), rel=1e-12)
    plain = Study(
        name="plain",
        architecture="starlink_bus",
        presets=["claimed_2026", "ai1_satellite"],
        parameters={
            "launch_specific_price": f"{1500 - 1300 * months / 120} USD/kg",
            "accelerator_price": f"{price} USD",
            "array_specific_price": f"{30 * 0.9 ** (months / 12)} USD/W",
        },
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    assert study.base_evaluation["npv"] == pytest.approx(plain.base_evaluation["npv"], rel=1e-12)


def test_the_date_and_what_has_a_timeline_can_be_set(tmp_path):
    path = write(tmp_path)
    later = Study.load(path, ["at=2037-01"])
    assert later.settings["launch_specific_price"].value == pytest.approx(200, rel=1e-12)
    assert later.overrides == ("at=2037-01",)
    fixed = Study.load(path, ["launch_specific_price=300 USD/kg", "at=2031-01"])
    assert fixed.settings["launch_specific_price"].value == 300
    assert fixed.settings["accelerator_price"].value == 20e3
    for text, message in (("at=soon", "no date"), ("at=2029-13", "no date")):
        with pytest.raises(UserError, match=message):
            Study.load(path, [text])
    with pytest.raises(UserError, match="at has no effect"):
        Study.load("quickstart", ["at=2029"])


def test_a_run_is_stored_and_read_again(tmp_path):
    study = Study.load(write(tmp_path), ["at=2030"])
    found = run(study, output=tmp_path / "outputs")
    again = Run.load(found.folder).study
    assert again.at == "2030"
    assert again.settings["launch_specific_price"].value == study.settings["launch_specific_price"].value
    other = run(Study.load(write(tmp_path)), output=tmp_path / "outputs")
    assert other.folder != found.folder


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("at: AT\n", "", "timelines", "write it, such as at: 2029-06"),
        ("AT", "soon", "at", "is no date"),
        ("launch_specific_price:", "launch_specific_prise:", "launch_specific_prise", "did you mean"),
        ("{2027-01: 1500 USD/kg, 2037-01: 200 USD/kg}", "{}", "timelines.launch_specific_price", "is empty"),
        ("200 USD/kg", "200 USD", "timelines.launch_specific_price.2037-01", "USD/kg"),
        ("200 USD/kg", "-200 USD/kg", "timelines.launch_specific_price.2037-01", "launch_specific_price"),
        ("2037-01", "2037-14", "timelines.launch_specific_price.2037-14", "is no date"),
        (", since: 2027-01", "", "timelines.array_specific_price", "since when"),
        ("since: 2027-01", "since: never", "timelines.array_specific_price.since", "is no date"),
        ("rate: -10 %/year, since", "since", "timelines.array_specific_price", "from needs a rate"),
        ("at: AT", "at: AT\nparameters: {accelerator_price: 3 kUSD}", "accelerator_price", "under parameters too"),
        ("at: AT", "at: AT\ndesign: {accelerator_price: 3 kUSD}", "design", "under timelines too"),
        (
            "at: AT",
            "at: AT\nvariables: {accelerator_price: {low: 3 kUSD, high: 4 kUSD}}",
            "variables.accelerator_price",
            "has a timeline",
        ),
        (TEXT[TEXT.index("timelines") : TEXT.index("at: AT")], "", "at", "at has no effect"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, old, new, key, message):
    assert old in TEXT
    with pytest.raises(StudyError, match=message) as caught:
        Study.load(write(tmp_path, TEXT.replace(old, new, 1)))
    assert f"{tmp_path / 'dated.yaml'}:" in str(caught.value)
    assert key in str(caught.value)
