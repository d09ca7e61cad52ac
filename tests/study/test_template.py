"""New studies: those written for an architecture, and shipped ones found by name."""

from __future__ import annotations

import re

import pytest
from common import STUDIES

import sunfront
from sunfront.data import shipped
from sunfront.errors import StudyError, UnknownName
from sunfront.library.library import Library
from sunfront.runs import runner
from sunfront.study.find import find_study_file
from sunfront.study.study import Study
from sunfront.study.template import SCHEMA_LINE, template, with_schema_line

ARCHITECTURES = shipped.names("architectures")


def load(folder, text):
    path = folder / "it.yaml"
    path.write_text(text, "utf-8")
    return Study.load(path)


def examples(text):
    """Each example of a template, and the text with that one line, and the key above it, taken out of its comment."""
    lines = text.splitlines()
    key = 0
    for i, line in enumerate(lines):
        if re.match(r"#?\w+:", line):
            key = i
        if re.match(r"#(?! )|#  ", line) and not line.endswith(":"):
            yield line, "\n".join(kept.removeprefix("#") if n in (key, i) else kept for n, kept in enumerate(lines))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_template_states_the_base_design_of_its_architecture(name, tmp_path):
    """Its values are those of the architecture, so that nothing changes until its author changes it."""
    study = load(tmp_path, template(name))
    assert study.architecture == name
    expected = sunfront.evaluate(name)
    found = study.evaluate()
    assert found == expected
    arch = Library.shipped().architectures[name]
    amounts = {*arch.amounts.values(), *arch.count.values()}
    assert set(study.variables) == amounts
    for v in study.resolved_variables:
        assert v.low <= expected[v.name] <= v.high
    assert study.range_notes == []


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_example_of_a_template_is_valid(name, tmp_path):
    text = template(name)
    plain = load(tmp_path, text)
    tried = 0
    for line, example in examples(text):
        tried += 1
        try:
            assert load(tmp_path, example) != plain
        except StudyError as error:
            pytest.fail(f"{line}: {error}")
    assert tried > 6


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_template_runs(name, tmp_path):
    results = runner.run(load(tmp_path, template(name)).quick(), output=tmp_path)
    assert results.status == "proved"
    assert len(results.front) == 1


def test_an_unknown_architecture_is_refused():
    with pytest.raises(UnknownName, match="did you mean 'cluster'"):
        template("clusters")


def test_the_line_for_editors_is_first_and_once():
    assert with_schema_line("a: 1\n") == with_schema_line(with_schema_line("a: 1\n")) == SCHEMA_LINE + "a: 1\n"
    for path in STUDIES.glob("*.yaml"):
        assert path.read_text("utf-8").startswith(SCHEMA_LINE)


def test_a_shipped_study_is_found_by_name_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shipped.names("studies") == sorted(path.stem for path in STUDIES.glob("*.yaml"))
    assert sunfront.load("quickstart") == Study.load(STUDIES / "quickstart.yaml")
    assert sunfront.load("quickstart", ["altitude=600 km"]).overrides == ("altitude=600 km",)


def test_own_files_come_before_shipped_studies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart.yaml").write_text(template("cluster"), "utf-8")
    assert sunfront.load("quickstart").architecture == "cluster"
    (tmp_path / "quickstart").write_text(template("terrestrial"), "utf-8")
    assert sunfront.load("quickstart").architecture == "terrestrial"
    (tmp_path / "parity").mkdir()
    with pytest.raises(StudyError, match="is a directory"):
        sunfront.load("parity")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("quikstart", "did you mean 'quickstart'.*sunfront list studies"),
        ("mine", "did you mean 'mine2'"),
        ("zzz", "sunfront list studies"),
        ("starlink_bus", "sunfront new my_study --architecture starlink_bus"),
        ("studies/quickstart.yaml", "name alone: quickstart"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_an_unknown_name_says_the_nearest(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine2.yaml").touch()
    with pytest.raises(StudyError, match=message):
        Study.load(name)


def test_evaluate_takes_an_architecture_before_a_study():
    assert "mars_surface" in shipped.names("studies")
    assert sunfront.evaluate("mars_surface", presets=["h100"])["accelerator_power"] == 1000
    assert sunfront.evaluate("handmer_2025")["first_year_return"] == pytest.approx(0.63, abs=0.01)
    with pytest.raises(UnknownName, match="did you mean 'starlink_bus'"):
        sunfront.evaluate("starlnk_bus")
    with pytest.raises(UnknownName, match=r"architectures: cluster, .*; studies: ai1_satellite, .*which_chip"):
        sunfront.evaluate("zzz")


def test_a_folder_without_studies_is_no_mistake(tmp_path, monkeypatch):
    """A copy of the package without its studies has none."""
    monkeypatch.setattr(shipped, "_DATA", tmp_path / "src" / "sunfront" / "data")
    assert shipped.names("studies") == []
    with pytest.raises(StudyError, match="no such file"):
        find_study_file("quickstart")
