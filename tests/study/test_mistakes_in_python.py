"""Mistakes in calls from Python are told as those in a file are."""

from __future__ import annotations

import pytest

import sunfront
from sunfront.errors import StudyError, UserError
from sunfront.runs import runner
from sunfront.study.study import Study

STUDY = {"architecture": "starlink_bus", "objectives": ["maximize roi"]}


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"objectives": []}, ("objectives",), "is empty; write at least one item"),
        (
            {"variables": {"altitude": {"low": 5}}},
            ("variables", "altitude"),
            "give low and high, or choices, or presets",
        ),
        ({"objectivs": []}, ("objectivs",), "did you mean 'objectives'"),
        ({"engine": {"name": "swep"}}, ("engine", "name"), "did you mean 'sweep'"),
    ],
)
def test_keys(changes, path, message):
    for make in (lambda: Study(**{**STUDY, **changes}), lambda: Study(**STUDY).with_changes(**changes)):
        with pytest.raises(UserError, match=message) as told:
            make()
        assert told.value.path == path
        assert "validation" not in str(told.value)


@pytest.mark.parametrize("workers", [0, -1, "2", 1.5, True, None])
def test_workers(workers, tmp_path):
    with pytest.raises(UserError, match="workers must be a whole number of at least 1"):
        sunfront.run(Study(**STUDY), output=tmp_path, workers=workers)


def test_a_variable_named_like_an_engine_is_told_at_its_line(tmp_path):
    path = tmp_path / "names.yaml"
    text = "architecture: starlink_bus\nobjectives: [maximize roi]\nvariables:\n  sweep: {low: 1, hgh: 2}\n"
    path.write_text(text, "utf-8")
    with pytest.raises(
        StudyError, match=r"names.yaml:4: variables\.sweep\.hgh: unknown key 'hgh'; did you mean 'high'"
    ):
        Study.load(path)


@pytest.mark.parametrize("seed", [10**20])
def test_a_large_seed(seed, tmp_path):
    study = Study(
        **STUDY,
        variables={"altitude": {"low": "400 km", "high": "900 km"}},
        engine={"name": "optuna", "sampler": "qmc", "evaluations": 8, "population": 8, "refine": 0},
        seed=seed,
    )
    assert len(runner.run(study, output=tmp_path).designs) > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "x" * 300}, "at most 200 bytes"),
        ({"question": "\ud800"}, "half of a surrogate pair"),
        ({"quantities": {"x" * 80 + "!" * 5000: "roi"}}, "cannot name a quantity"),
        ({"presets": ["/" + "x" * 5000]}, r"no preset file /x{76}\.\.\."),
        ({"variables": {"x" * 5000: {"low": 1, "high": 2}}}, r"unknown .* 'x{100}\.\.\.'"),
    ],
)
def test_names_that_cannot_be(changes, message):
    for make in (lambda: Study(**{**STUDY, **changes}).problem, lambda: Study(**STUDY).with_changes(**changes).problem):
        with pytest.raises(UserError, match=message) as told:
            make()
        assert len(str(told.value)) < 1500


@pytest.mark.parametrize("name", ["\ud800", "a\x00b"])
def test_a_path_that_cannot_be(name):
    with pytest.raises(StudyError, match="is no name of a file"):
        Study.load(name)


@pytest.mark.parametrize(
    "line", ["{}: 1", "seed: '16{}kW'", "parameters: {{{}: 5 km}}", "parameters: {{altitude: '5{} km'}}"]
)
@pytest.mark.parametrize("text", ["x" * 40_000, "x" + " " * 40_000 + "y"])
def test_a_message_does_not_repeat_what_is_long(line, text, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("architecture: starlink_bus\nobjectives: [maximize roi]\n" + line.format(text) + "\n", "utf-8")
    with pytest.raises(StudyError) as told:
        Study.load(path)
    assert len(str(told.value)) < 4000
    assert str(told.value).startswith(f"{path}:3")
