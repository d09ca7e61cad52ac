"""Presets that a study writes out or takes from a file: used as shipped ones, kept by the run, checked by line."""

import random
from pathlib import Path

import pytest
from common import check_each

import sunfront
from sunfront import Library
from sunfront.cli import app
from sunfront.errors import RangeError, StudyError, UnknownName, UserError
from sunfront.library.parameters import load_data
from sunfront.report.differences import find_differences
from sunfront.runs import runner
from sunfront.runs.run import Run
from sunfront.runs.settings import read_settings
from sunfront.study.study import Study

VALUES = """\
  accelerator_power: {value: 1.2 kW, low: 1.1, high: 1.4, source: data sheet, trust: sourced}
  accelerator_package_power: 0.9 kW
  accelerator_price: 21000 USD
  accelerator_mass: 5 kg
  accelerator_thermal_resistance: 0.03 K/W
  tokens_per_energy: default
  accelerator_fp8_rate: default
  accelerator_bf16_rate: default
"""
CHIP = f"group: accelerator\nsource: quote of June\nvalues:\n{VALUES}"
INLINE = {
    "name": "my_chip",
    "group": "accelerator",
    "source": "quote of June",
    "values": {
        "accelerator_power": {"value": "1.2 kW", "low": "1.1", "high": "1.4", "source": "data sheet"},
        "accelerator_package_power": "0.9 kW",
        "accelerator_price": "21000 USD",
        "accelerator_mass": "5 kg",
        "accelerator_thermal_resistance": "0.03 K/W",
        "tokens_per_energy": "default",
        "accelerator_fp8_rate": "default",
        "accelerator_bf16_rate": "default",
    },
}
TEXT = """\
architecture: starlink_bus
presets: {presets}
variables:
  node_array_area: {{low: 400 m^2, high: 900 m^2}}
  node_radiator_area: {{low: 100 m^2, high: 400 m^2}}
{variables}objectives: [minimize compute_cost]
engine: {{name: {engine}}}
"""


def write(folder, presets="[./my_chip.yaml]", variables="", engine="pyomo", chip=CHIP, more=""):
    (folder / "my_chip.yaml").write_text(chip, "utf-8")
    path = folder / "own.yaml"
    text = TEXT.format(presets=presets, variables=variables, engine=engine)
    path.write_text(text + more, "utf-8")
    return path


def indented(text, by):
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def test_a_file_and_a_preset_written_out_are_the_same(tmp_path):
    from_file = Study.load(write(tmp_path))
    written = Study(
        architecture="starlink_bus", presets=[INLINE], objectives=["minimize compute_cost"],
        variables={"node_array_area": {"low": "400 m^2", "high": "900 m^2"}},
    )  # fmt: skip
    assert from_file.preset_names == written.preset_names == ("my_chip",)
    for study in (from_file, written):
        setting = study.settings["accelerator_power"]
        assert (setting.value, setting.parameter.low, setting.parameter.high) == (1200.0, 1100.0, 1400.0)
        assert setting.source == "preset my_chip: data sheet"
        assert study.settings["accelerator_price"].source == "preset my_chip: quote of June"
        assert study.settings["tokens_per_energy"].origin == "parameters"
        assert "my_chip" in study.arch.library.presets
    assert "my_chip" not in Library.shipped().presets
    base = sunfront.evaluate("starlink_bus")
    assert from_file.evaluate()["it_power"] / base["it_power"] == pytest.approx(1.2 / 1.94)


def test_a_file_may_name_its_preset(tmp_path):
    assert Study.load(write(tmp_path, chip=f"name: chip_of_june\n{CHIP}")).preset_names == ("chip_of_june",)


def test_own_presets_are_choices_of_a_variable(tmp_path):
    better = VALUES.replace("1.2 kW, low: 1.1, high: 1.4", "1.2 kW").replace("21000", "20000")
    inline = f"- name: cheaper\n  group: accelerator\n  source: a wish\n  values:\n{indented(better, 2)}"
    choices = f"  chip_model:\n    presets:\n    - b200\n    - ./my_chip.yaml\n{indented(inline, 4)}"
    path = write(tmp_path, presets="[]", variables=choices)
    path.write_text(path.read_text("utf-8").replace("compute_cost", "capex"), "utf-8")
    study = Study.load(path)
    (variable,) = [v for v in study.problem.variables if v.labels]
    assert variable.labels == ("b200", "my_chip", "cheaper")
    assert variable.preset_values["accelerator_price"] == (40000.0, 21000.0, 20000.0)
    alone = study.with_overrides(["chip_model=my_chip"])
    assert alone.preset_names == ("my_chip",)
    assert alone.settings["accelerator_mass"].value == 5.0
    with pytest.raises(UserError, match="'my_chip'"):
        study.with_overrides(["chip_model=mychip"])
    results = runner.run(study, output=tmp_path / "outputs")
    assert results.readable(results.front)["chip_model"].tolist() == ["cheaper"]


def test_a_run_holds_its_presets_and_runs_again_as_it_is(tmp_path):
    study = Study.load(
        write(tmp_path, presets="[./my_chip.yaml, falcon_9]", more="parameters: {nodes_per_launch: 4}\n")
    )
    results = runner.run(study, output=tmp_path / "outputs")
    (tmp_path / "my_chip.yaml").unlink()
    again = Study.load(results.folder / "study.yaml", name="own")
    assert runner.identity(again)["run_id"] == results.record.run_id
    assert again.preset_names == ("my_chip", "falcon_9")
    stored = read_settings(results.folder)
    assert (stored["accelerator_power"].trust, stored["accelerator_power"].source) == (
        "sourced", "preset my_chip: data sheet",
    )  # fmt: skip
    assert stored["launch_specific_price"].trust == "recalled"
    assert stored["accelerator_mass"].trust == "given"


def test_the_run_id_follows_the_content_of_a_file_not_its_path(tmp_path):
    before = runner.identity(Study.load(write(tmp_path)))["run_id"]
    (tmp_path / "elsewhere").mkdir()
    assert runner.identity(Study.load(write(tmp_path / "elsewhere")))["run_id"] == before
    changed = Study.load(write(tmp_path, chip=CHIP.replace("high: 1.4", "high: 1.5")))
    assert runner.identity(changed)["run_id"] != before


@pytest.mark.long
def test_a_comparison_names_own_presets(tmp_path):
    runs = []
    for presets in ("[./my_chip.yaml]", "[b200]"):
        study = Study.load(write(tmp_path, presets=presets))
        runs.append(Run.load(runner.run(study, output=tmp_path / "outputs").folder))
    found = {difference.name: difference.values for difference in find_differences(runs).studies}
    assert found["presets"] == ("my_chip (of the study)", "b200")


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "told"),
    [
        ("  accelerator_package_power: 0.9 kW\n", "", 3, "values", "also sets accelerator_package_power;"),
        ("1.2 kW, low: 1.1, high: 1.4", "0.8 kW", 5, "values.accelerator_package_power", "exceeds accelerator_power"),
        ("0.9 kW", "0.9 kg", 5, "values.accelerator_package_power", "kg"),
        ("0.9 kW", "[1, 2]", 5, "values.accelerator_package_power", "not a list"),
        ("high: 1.4", "high: 1.15", 4, "values.accelerator_power", "low to high"),
        ("high: 1.4", "high: 1400 kW", 4, "values.accelerator_power.high", "out of range"),
        ("low: 1.1, ", "", 4, "values.accelerator_power", "both low and high"),
        ("low: 1.1", "lo: 1.1", 4, "values.accelerator_power.lo", "'low'"),
        ("trust: sourced", "trust: sure", 4, "values.accelerator_power.trust", "assumed"),
        ("accelerator_mass", "accelerator_mas", 7, "values.accelerator_mas", "'accelerator_mass'"),
        ("group: accelerator", "group: acelerator", 1, "group", "'accelerator'"),
        ("source: quote of June\n", "", 1, "", "'source' is missing"),
        ("source: quote of June\n", "source:\n", 2, "source", ""),
        ("group: accelerator", "name: My chip", 1, "", "lower-case"),
        ("group: accelerator", "replaces: true", 1, "replaces", "unknown key"),
        ("group: accelerator", "equations: [methane]", 1, "equations.0", "module"),
        ("tokens_per_energy: default", "capex: default", 9, "values.capex", "no sourced default"),
        ("values:", "values: [", 3, "", "YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_told_at_its_line(tmp_path, old, new, line, key, told):
    assert old in CHIP
    path = write(tmp_path, chip=CHIP.replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        Study.load(path)
    error = caught.value
    assert (Path(error.file).name, error.key) == ("my_chip.yaml", key), error
    assert told in error.reason
    assert error.line == line or "YAML" in told


@pytest.mark.parametrize(
    ("presets", "line", "key", "told"),
    [
        ("[b200, ./my_chp.yaml]", 2, "presets.1", "'./my_chip.yaml'"),
        ("[my_chip]", 2, "presets.0", "unknown preset"),
        ("[b200, ./my_chip.yaml]", 2, "presets.1", "both set the accelerator"),
        ("[{name: b200, source: x, values: {altitude: 600 km}}]", 2, "presets.0", "give yours another name"),
        ("[{nam: x, source: x}]", 2, "presets.0.nam", "'name'"),
        ("[{name: x, source: x, values: {altitude: 600 kg}}]", 2, "presets.0.values.altitude", "kg"),
        ("[{name: x, source: x, group: launcher}]", 2, "presets.0", "also sets launcher_reference_payload"),
        ("[{name: x, source: x, values: {altitude: 600 km}}, {name: x, source: y}]", 2, "presets.1", "two presets"),
        ("[[b200]]", 2, "presets.0", "./my_chip.yaml"),
        ("{name: x, source: x, values: {sites: 2}}", 2, "presets.0", "does not fit"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_study_is_told_at_its_line(tmp_path, presets, line, key, told):
    with pytest.raises(StudyError) as caught:
        Study.load(write(tmp_path, presets=presets))
    error = caught.value
    assert (Path(error.file).name, error.line) == ("own.yaml", line), error
    assert error.key.startswith(key), error
    assert told in error.reason


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("parameters: {accelerator_power: 0.8 kW}", "parameters.accelerator_power"),
        ("parameters: {accelerator_package_power: 2 kW}", "parameters.accelerator_package_power"),
    ],
)
def test_a_package_draws_no_more_than_its_accelerator_whoever_sets_them(tmp_path, more, told):
    with pytest.raises(StudyError, match="exceeds accelerator_power") as caught:
        Study.load(write(tmp_path, presets="[]", more=more))
    assert caught.value.key == told


def test_a_relation_holds_over_the_range_of_a_variable(tmp_path):
    variables = "  accelerator_power: {low: 1.3 kW, high: 2 kW}\n"
    with pytest.raises(StudyError, match=r"1\.4 kW exceeds accelerator_power = 1\.3 kW") as caught:
        Study.load(write(tmp_path, presets="[]", variables=variables))
    assert caught.value.key == "variables.accelerator_power"
    assert Study.load(write(tmp_path, presets="[]", variables=variables.replace("1.3", "1.4")))
    with pytest.raises(RangeError, match="exceeds accelerator_power"):
        sunfront.evaluate("starlink_bus", accelerator_power=[2000.0, 1000.0])


def test_a_library_folder_may_add_groups(tmp_path):
    folder = tmp_path / "mine"
    (folder / "presets").mkdir(parents=True)
    (folder / "groups.yaml").write_text("radio: {title: a radio, sets: [link_terminal_mass, link_aperture]}\n", "utf-8")
    preset = folder / "presets" / "my_radio.yaml"
    preset.write_text("group: radio\nsource: x\nvalues: {link_terminal_mass: 2 kg, link_aperture: 3 cm}\n", "utf-8")
    library = Library.shipped().with_folder(folder)
    assert library.groups["radio"].sets == ("link_terminal_mass", "link_aperture")
    assert "groups.yaml" in map(str, library.folders[0].content)
    preset.write_text("group: radio\nsource: x\nvalues: {link_terminal_mass: 2 kg}\n", "utf-8")
    with pytest.raises(StudyError, match="a radio also sets link_aperture") as caught:
        Library.shipped().with_folder(folder)
    assert (Path(caught.value.file), caught.value.line, caught.value.key) == (preset, 3, "values")
    for text, key in (
        ("radio: {title: a radio, sets: [link_mass]}\n", "radio.sets.0"),
        ("radio: {title: a radio, sets: [altitude], relations: [altitude < 3]}\n", "radio.relations.0"),
        ("radio: {title: a radio}\n", "radio"),
        ("launcher: {title: a launcher, sets: [altitude]}\n", "launcher"),
    ):
        (folder / "groups.yaml").write_text(text, "utf-8")
        with pytest.raises(StudyError) as caught:
            Library.shipped().with_folder(folder)
        assert (Path(caught.value.file).name, caught.value.key) == ("groups.yaml", key)


def test_a_parameter_of_a_study_carries_its_range_and_source(tmp_path):
    more = "parameters: {discount_rate: {value: 9 %/year, low: 7, high: 30 %/year, source: our board}}\n"
    study = Study.load(write(tmp_path, presets="[falcon_9]", more=more + "uncertain: [discount_rate]\n"))
    (rate,) = study.problem.uncertainty.parameters
    year = Library.shipped().parameters["year"].value
    assert [end * year for end in rate.distribution.support] == pytest.approx([0.07, 0.30])
    assert "our board" in rate.origin
    assert study.settings["discount_rate"].source == "study: our board"
    assert study.range_notes == []
    assert study.with_changes(seed=1).settings["discount_rate"].trust == "assumed"
    with pytest.raises(UserError, match=r"parameters\.altitude"):
        Study(architecture="starlink_bus", objectives=["maximize roi"], parameters={"altitude": {"low": "400 km"}})


def test_the_price_of_a_launcher_is_in_the_tornado(tmp_path):
    more = "parameters: {nodes_per_launch: 2, launch_cadence: 12 1/year}\n"
    study = Study.load(write(tmp_path, presets="[falcon_9]", engine="sensitivity", more=more))
    bars = {bar.parameter: bar for bar in runner.run(study, output=tmp_path / "outputs").record.sensitivity.rows}
    low, high = bars["launch_specific_price"].low, bars["launch_specific_price"].high
    assert 2874 < low < 3986 < high < 4230
    largest = sorted(bars, key=lambda name: -abs(bars[name].at_high - bars[name].at_low))
    assert "launch_specific_price" in largest[:12]


def test_explain_and_list_show_range_source_and_groups(tmp_path):
    from typer.testing import CliRunner

    path = write(tmp_path)
    shown = CliRunner().invoke(app, ["explain", "accelerator_power", "--study", str(path)])
    text = " ".join(shown.output.split())
    assert "data sheet [sourced, 1.1 kW to 1.4 kW]" in text
    (tmp_path / "mine" / "presets").mkdir(parents=True)
    (tmp_path / "mine" / "presets" / "my_chip.yaml").write_text(CHIP, "utf-8")
    for kind in ("presets", "groups"):
        listed = CliRunner().invoke(app, ["list", kind, "--library", str(tmp_path / "mine")])
        assert listed.exit_code == 0
        assert "my_chip" in listed.output


def test_no_mangled_preset_ends_in_a_traceback(tmp_path):
    dice = random.Random(1)
    units = Library.shipped().units
    others = sorted(name for name in load_data("presets", "falcon_9")["values"] if units[name] != "1")
    pieces = ["", "{", "[]", "null", "1e999", "-1", "nan", "'", "kW", "computed", "default", "&a", "*a", ": ", "- x"]

    def check(i):
        lines = [*CHIP.splitlines(), f"  {dice.choice(others)}: 1"]  # has no unit, so every text is wrong
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(lines))
            cut = dice.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut] + dice.choice(pieces) + lines[at][cut + dice.randint(0, 4) :]
        with pytest.raises(StudyError) as caught:
            Study.load(write(tmp_path, chip="\n".join(lines)))
        assert Path(caught.value.file).name in ("my_chip.yaml", "own.yaml")
        assert caught.value.line

    check_each(check, range(50))


def test_a_python_study_tells_the_path_of_a_wrong_preset():
    wrong = {**INLINE, "values": {**INLINE["values"], "accelerator_pwer": "1 kW"}}
    study = Study(architecture="starlink_bus", presets=[wrong], objectives=["maximize roi"])
    with pytest.raises(UnknownName) as caught:
        study.check()
    assert caught.value.path == ("presets", 0, "values", "accelerator_pwer")


@pytest.mark.parametrize(("old", "new", "line"), [("21000 USD", "21000 kg", 6), ("trust: sourced", "trst: sourced", 4)])
def test_mistakes_of_study_and_file_are_told_together(tmp_path, old, new, line):
    path = write(tmp_path, presets="[falcon_8, ./my_chip.yaml]", chip=CHIP.replace(old, new), more="sed: 1\n")
    with pytest.raises(StudyError) as caught:
        Study.load(path)
    found = [(Path(error.file).name, error.line) for error in (caught.value, *caught.value.others)]
    assert sorted(found) == [("my_chip.yaml", line), ("own.yaml", 2), ("own.yaml", 8)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "group: accelerator\nsource:\nvalus: {}\nvalues:\n  accelerator_power: {value: 1 kW, trust: sure}\n",
            [(2, "source", "say whence"), (3, "valus", "'values'"), (5, "values.accelerator_power.trust", "assumed")],
        ),
        (
            "source: x\nvalues:\n  accelerator_power: 1.2 kg\n  accelerator_pric: 5 USD\n  node_mass: 1,000 kg\n",
            [
                (3, "values.accelerator_power", "kW"),
                (4, "values.accelerator_pric", "accelerator_price"),
                (5, "values.node_mass", "1000 or 1"),
            ],
        ),
    ],
)
def test_all_mistakes_of_a_preset_file_are_told_at_once(tmp_path, text, told):
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    study = "architecture: starlink_bus\npresets: [./mine.yaml]\nobjectives: [maximize rio]\nengine: {name: sweep}\n"
    (tmp_path / "s.yaml").write_text(study, "utf-8")
    with pytest.raises(StudyError) as caught:
        Study.load(tmp_path / "s.yaml")
    errors = [caught.value, *caught.value.others]
    found = [(error.line, error.key) for error in errors if error.file.name == "mine.yaml"]
    assert found == [(line, key) for line, key, _ in told]
    for error, (_, _, words) in zip((e for e in errors if e.file.name == "mine.yaml"), told, strict=True):
        assert words in error.reason
    assert [error.key for error in errors if error.file.name == "s.yaml"] == ["objectives.0"]
