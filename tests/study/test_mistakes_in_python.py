"""Mistakes in calls from Python are told as those in a file are."""

from __future__ import annotations

import pytest

import sunfront
from sunfront.errors import StudyError, UserError
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


@pytest.mark.parametrize("seed", [1 << 32, 10**20])
def test_a_large_seed(seed, tmp_path):
    study = Study(
        **STUDY,
        variables={"altitude": {"low": "400 km", "high": "900 km"}},
        engine={"name": "optuna", "sampler": "qmc", "evaluations": 8, "population": 8, "refine": 0},
        seed=seed,
    )
    assert len(sunfront.run(study, output=tmp_path).designs) > 0
