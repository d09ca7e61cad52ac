"""A library folder adds parameters, presets, architectures and equations; a mistake in it is told with its line."""

import pickle
import sys
from pathlib import Path

import pytest

import sunfront
from sunfront import Library
from sunfront.errors import StudyError, UnknownName, UserError
from sunfront.runs import runner
from sunfront.runs.run import Run
from sunfront.study.study import Study

EQUATIONS = '''\
"""A second stage that burns methane made on board."""

from sunfront.equation import equation


@equation("USD/kg")
def launch_specific_price(methane_price, {input}):
    """Price of a launch that pays for methane alone.

    Source: an example.
    """
    return {formula}
'''
PRESET = """\
title: Methane alone
source: an example
equations: [methane]
"""
PARAMETERS = """\
methane_price:
  value: 0.5 USD/kg
  low: 0.3
  high: 1.2
  allowed: [0, 10]
  source: quote of June
propellant_per_payload: {value: 24, unit: "1", trust: recalled, source: a handbook}
"""
CHIP = """\
group: accelerator
source: quote of June
values:
  accelerator_power: {value: 1.2 kW, low: 1.1 kW, high: 1.4 kW, source: data sheet}
  accelerator_price: 21000 USD
  accelerator_package_power: 0.9 kW
  accelerator_mass: 5 kg
  accelerator_thermal_resistance: default
  tokens_per_energy: 0.1 token/J
  accelerator_fp8_rate: default
  accelerator_bf16_rate: default
"""
STUDY = """\
library: ./mine
architecture: starlink_bus
presets: [methane_alone]
variables:
  node_radiator_area: {low: 100 m^2, high: 300 m^2}
objectives: [minimize compute_cost]
engine: {name: pyomo}
"""


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "mine", "parameters/methane.yaml", PARAMETERS)
    write(tmp_path / "mine", "presets/methane_alone.yaml", PRESET)
    write(tmp_path / "mine", "presets/mychip.yaml", CHIP)
    formula = "methane_price * propellant_per_payload"
    write(tmp_path / "mine", "equations/methane.py", EQUATIONS.format(input="propellant_per_payload", formula=formula))
    return tmp_path / "mine"


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_what_a_folder_adds_is_used(folder):
    library = Library.shipped().with_folder(folder)
    assert library.parameters["methane_price"].high == 1.2
    found = sunfront.evaluate("starlink_bus", presets=["methane_alone", "mychip"], library=library)
    assert found["launch_specific_price"] == 0.5 * 24
    assert found["accelerator_power"] == 1200
    assert "methane_price" not in Library.shipped().parameters
    assert sunfront.evaluate("starlink_bus")["launch_specific_price"] != 12


def test_a_value_of_a_preset_brings_its_range_and_source(folder):
    study = Study(
        library=folder, architecture="starlink_bus", presets=["mychip"], objectives=["minimize compute_cost"],
        engine={"name": "sweep"}, uncertain=["accelerator_power"],
    )  # fmt: skip
    setting = study.settings["accelerator_power"]
    assert (setting.parameter.low, setting.parameter.high) == (1100, 1400)
    assert setting.source == "preset mychip: data sheet"
    (power,) = study.problem.uncertainty.parameters
    assert power.distribution.support == (1100, 1400)


def test_equations_of_a_folder_survive_a_pickle(folder):
    library = Library.shipped().with_folder(folder)
    (eq,) = library.module("methane")
    del sys.modules[eq.module]  # as in a new process
    again = pickle.loads(pickle.dumps(eq))
    assert again == eq
    assert again(2.0, 3.0) == 6.0
    assert "methane_price * propellant_per_payload" in again.text


def test_a_run_keeps_its_library_and_never_runs_it_unasked(folder, tmp_path, monkeypatch):
    study = Study.load(write(tmp_path, "methane.yaml", STUDY))
    results = runner.run(study, output=tmp_path / "outputs")
    assert "library" in results.record.hashes
    copies = {path.relative_to(results.folder / "libraries" / "mine") for path in results.folder.rglob("mine/*/*")}
    assert copies == {path.relative_to(folder) for path in folder.rglob("*.*") if path.parent.name != "__pycache__"}
    Run.load(results.folder)  # the process has run the same file before
    again = Study.load(results.folder / "study.yaml", name="methane")
    assert runner.identity(again)["run_id"] == results.record.run_id
    monkeypatch.setattr("sunfront.library.code._HAVE_RUN", set())
    with pytest.raises(UserError, match="trust"):
        Run.load(results.folder)
    with pytest.raises(UserError, match="trust"):
        sunfront.open(results.folder)
    assert sunfront.open(results.folder, trust_code=True).study.problem.model["launch_specific_price"].file


def test_files_that_the_equations_read_belong_to_the_library(folder, tmp_path):
    """They are in the run id and in the copy that the run keeps."""
    code = (folder / "equations" / "methane.py").read_text("utf-8")
    reading = (
        "import json\nfrom pathlib import Path\n\nFACTOR = json.loads((Path(__file__).parent / 'f.json').read_text())\n"
    )
    write(folder, "equations/methane.py", reading + code.replace("return methane", "return FACTOR * methane"))
    path, ids, prices = write(tmp_path, "methane.yaml", STUDY), set(), []
    for factor in ("1.0", "3.0"):
        write(folder, "equations/f.json", factor)
        study = Study.load(path)
        ids.add(runner.identity(study)["run_id"])
        prices.append(study.evaluate()["launch_specific_price"])
    assert len(ids) == 2
    assert prices[1] == pytest.approx(3 * prices[0])
    results = runner.run(Study.load(path), output=tmp_path / "outputs")
    assert (results.folder / "libraries" / "mine" / "equations" / "f.json").read_text() == "3.0"


def test_a_run_folder_is_not_trusted_by_its_file_either(folder, tmp_path, monkeypatch):
    results = runner.run(Study.load(write(tmp_path, "methane.yaml", STUDY)), output=tmp_path / "outputs")
    monkeypatch.setattr("sunfront.library.code._HAVE_RUN", set())
    with pytest.raises(UserError, match="trust"):
        Study.load(results.folder / "study.yaml")
    assert Study.load(results.folder / "study.yaml", trust_code=True)


@pytest.mark.parametrize("record", ["designs.parquet", "plan.json"])  # of a run, of a plan over time
def test_a_file_beside_the_record_of_a_run_is_not_trusted(folder, tmp_path, monkeypatch, record):
    path = write(tmp_path, "methane.yaml", STUDY)
    write(tmp_path, record, "")
    monkeypatch.setattr("sunfront.library.code._HAVE_RUN", set())
    with pytest.raises(UserError, match="trust"):
        Study.load(path)


@pytest.mark.long
def test_what_the_user_has_run_on_this_machine_is_not_asked_for_again(folder, tmp_path, monkeypatch, command):
    """Only `sunfront run` notes it, and only for the content that ran."""
    path, output = write(tmp_path, "methane.yaml", STUDY), tmp_path / "outputs"
    results = runner.run(Study.load(path), output=output)
    plot = ("plot", results.folder, "budgets")

    def forget():
        monkeypatch.setattr("sunfront.library.code._HAVE_RUN", set())
        monkeypatch.setattr("sunfront.library.trust._trusts_all", False)

    forget()
    refused = command(*plot)
    assert (refused.returncode, "add --trust-code to the command" in refused.stderr) == (2, True)
    for line in (("--trust-code", *plot), (*plot, "--trust-code"), (*plot[:2], "--trust-code", plot[2])):
        assert command(*line).returncode == 0
        forget()
        assert command(*plot).returncode == 2
    assert command("run", path, "--output", output).returncode == 0
    forget()
    assert command(*plot).returncode == 0
    code = results.folder / "libraries" / "mine" / "equations" / "methane.py"
    code.write_text(code.read_text("utf-8") + "# changed\n", "utf-8")
    forget()
    assert command(*plot).returncode == 2


def test_a_user_without_a_place_for_notes_is_asked(folder, tmp_path, monkeypatch, command):
    write(tmp_path, "state", "a file")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path, output = write(tmp_path, "methane.yaml", STUDY), tmp_path / "outputs"
    assert command("run", path, "--output", output).returncode == 0
    monkeypatch.setattr("sunfront.library.code._HAVE_RUN", set())
    assert command("plot", "methane", "budgets", "--output", output).returncode == 2


@pytest.mark.parametrize("written", ["[[x]]", "{a: b}", "a" * 5000])
def test_what_is_no_folder_is_told(tmp_path, written):
    path = write(tmp_path, "methane.yaml", STUDY.replace("./mine", written))
    for trust in (True, False):
        with pytest.raises(StudyError) as caught:
            Study.load(path, trust_code=trust)
        assert (caught.value.line, caught.value.key) == (1, "library")


def test_a_library_named_by_its_parent_has_a_name(folder, tmp_path):
    (folder / "studies").mkdir()
    path = write(folder / "studies", "methane.yaml", STUDY.replace("./mine", "'..'"))
    results = runner.run(Study.load(path), output=tmp_path / "outputs")
    assert (results.folder / "libraries" / "mine" / "presets" / "mychip.yaml").is_file()
    assert Run.load(results.folder)


def test_a_changed_library_changes_the_run_id(folder, tmp_path):
    path = write(tmp_path, "methane.yaml", STUDY)
    before = runner.identity(Study.load(path))
    write(folder, "presets/mychip.yaml", CHIP.replace("21000", "22000"))  # not used by the study
    assert runner.identity(Study.load(path))["run_id"] != before["run_id"]


def test_a_name_that_exists_needs_replaces(folder):
    path = write(folder, "presets/b200.yaml", CHIP)
    with pytest.raises(StudyError) as caught:
        Library.shipped().with_folder(folder)
    assert (caught.value.file, "replaces: true" in caught.value.reason) == (path, True)
    path.write_text("replaces: true\n" + CHIP, "utf-8")
    assert Library.shipped().with_folder(folder).presets["b200"].source == "quote of June"
    assert Library.shipped().presets["b200"].source != "quote of June"


def test_nothing_to_replace_is_an_error(folder):
    write(folder, "presets/b2000.yaml", "replaces: true\n" + CHIP)
    with pytest.raises(StudyError) as caught:
        Library.shipped().with_folder(folder)
    assert (caught.value.line, caught.value.key, caught.value.cause.nearest) == (1, "replaces", "b200")


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "key", "told"),
    [
        ("parameters/methane.yaml", "source: quote", "sorce: quote", 6, "methane_price.sorce", "'source'"),
        ("parameters/methane.yaml", "0.5 USD/kg", "0.5 EUR/kg", 2, "methane_price.value", "EUR"),
        ("parameters/methane.yaml", "low: 0.3", "low: 0.7", 2, "methane_price.value", "low"),
        ("parameters/methane.yaml", "low: 0.3", "low: 3 kg", 3, "methane_price.low", "kg"),
        ("parameters/methane.yaml", "high: 1.2", "high: much", 4, "methane_price.high", "much"),
        ("parameters/methane.yaml", "[0, 10]", "[1, 10]", 5, "methane_price.allowed", "allowed"),
        ("parameters/methane.yaml", "trust: recalled", "trust: sure", 7, "propellant_per_payload.trust", "assumed"),
        ("parameters/methane.yaml", "methane_price:", "Methane price:", 1, "Methane price", "lower-case"),
        ("presets/mychip.yaml", "source: quote of June", "", 1, "", "source"),
        ("presets/mychip.yaml", "tor_power:", "tor_powr:", 4, "values.accelerator_powr", "accelerator_power"),
        ("presets/mychip.yaml", "21000 USD", "21000 kg", 5, "values.accelerator_price", "kg"),
        ("presets/mychip.yaml", "high: 1.4 kW", "high: 1.15 kW", 4, "values.accelerator_power", "low to high"),
        ("presets/mychip.yaml", "high: 1.4 kW", "hihg: 1.4 kW", 4, "values.accelerator_power.hihg", "'high'"),
        ("presets/methane_alone.yaml", "[methane]", "[methan]", 3, "equations.0", "methane"),
        ("presets/methane_alone.yaml", "source:", "  source:", 2, "", "YAML"),
        ("equations/methane.py", "from sunfront.equation import equation", "import nosuch", 3, "", "nosuch"),
        ("equations/methane.py", "return methane", "return (methane", 12, "", "never closed"),
        ("equations/methane.py", "methane_price *", "methane_price +", 12, "", "dimensions"),
        ("equations/methane.py", '"USD/kg"', '"USD"', 6, "", "USD/kg"),
        ("equations/methane.py", "(methane_price, ", "(methan_price, ", 6, "", "methane_price"),
        ("equations/methane.py", "Source: an example.", "", 6, "", "Source"),
        ("equations/methane.py", "@equation", "@(lambda unit: lambda f: f)", None, "", "no equation"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(folder, name, old, new, line, key, told):
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(StudyError) as caught:
        Library.shipped().with_folder(folder)
    error = caught.value
    assert (Path(error.file), error.line, error.key) == (path, line, key), error
    assert told in error.reason


def test_a_module_cannot_take_the_name_of_a_shipped_one(folder):
    (folder / "equations" / "methane.py").rename(folder / "equations" / "launch.py")
    with pytest.raises(StudyError) as caught:
        Library.shipped().with_folder(folder)
    assert caught.value.file == folder / "equations" / "launch.py"


def test_a_folder_that_is_none_is_told_at_the_study_line(tmp_path, folder):
    path = write(tmp_path, "methane.yaml", STUDY.replace("./mine", "./mien"))
    with pytest.raises(StudyError) as caught:
        Study.load(path)
    assert (caught.value.line, caught.value.key) == (1, "library")
    assert "./mine" in caught.value.reason


def refusal_of_half(folder, modules):
    """The error of an architecture that has these modules of equations alone."""
    text = (
        f"title: Half\ndescription: Half of one.\nequations: {modules}\ncount: {{nodes: nodes_per_launch}}\n"
        "amounts: {accelerators: node_accelerators}\n"
    )
    write(folder, "architectures/half.yaml", text)
    with pytest.raises(StudyError) as caught:
        Library.shipped().with_folder(folder)
    return caught.value


def test_an_architecture_of_a_folder_must_be_whole(folder):
    error = refusal_of_half(folder, "[node]")
    assert (error.line, error.key) == (3, "equations")


def test_an_unknown_module_of_an_architecture_is_told(folder):
    error = refusal_of_half(folder, "[node, nod]")
    assert (error.line, error.key, error.cause.nearest) == (3, "equations.1", "node")


def test_unknown_names_name_the_nearest():
    library = Library.shipped()
    for kind, name, nearest in (
        (library.parameters, "altitud", "altitude"),
        (library.presets, "b20", "b200"),
        (library.architectures, "starlink_buss", "starlink_bus"),
    ):
        with pytest.raises(UnknownName) as caught:
            kind[name]
        assert caught.value.nearest == nearest
