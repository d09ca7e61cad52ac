"""Settings of the engines: keys that were renamed, in studies and in the JSON schema."""

from __future__ import annotations

import pytest

from sunfront.engines import ENGINES
from sunfront.errors import StudyError
from sunfront.study.study import Study

#: Old key, new key and an allowed value, by engine.
RENAMED = {
    "sweep": ("samples", "evaluations", 4096),
    "optuna": ("trials", "evaluations", 100),
    "pyomo": ("catalogue", "shells", 3),
}


def load(tmp_path, text):
    """The study with the engine's keys on its last lines, and the number of the line before them."""
    path = tmp_path / "renamed.yaml"
    head = (
        "architecture: starlink_bus\nobjectives: [maximize roi]\nvariables: {altitude: {low: 500 km, high: 600 km}}\n"
    )
    path.write_text(head + text)
    return Study.load(path)


@pytest.mark.parametrize("engine", RENAMED)
class TestRenamedKeys:
    def test_old_key_sets_the_new_one(self, engine, tmp_path):
        old, new, value = RENAMED[engine]
        by_old = load(tmp_path, f"engine: {{name: {engine}, {old}: {value}}}\n").engine
        by_new = load(tmp_path, f"engine: {{name: {engine}, {new}: {value}}}\n").engine
        assert by_old == by_new == ENGINES[engine](**{new: value})
        assert getattr(by_old, new) == value
        assert by_old.model_dump() == by_new.model_dump()
        assert old not in by_old.model_dump()

    @pytest.mark.parametrize("place", ["old", "new"])
    def test_mistake_names_the_key_and_line_of_the_file(self, engine, place, tmp_path):
        key = RENAMED[engine][place == "new"]
        with pytest.raises(StudyError) as error:
            load(tmp_path, f"engine:\n  name: {engine}\n  {key}: many\n")
        assert error.value.path == ("engine", key)
        assert f"renamed.yaml:6: engine.{key}: " in str(error.value)

    def test_both_keys_are_an_error_that_names_both(self, engine, tmp_path):
        old, new, value = RENAMED[engine]
        with pytest.raises(StudyError) as error:
            load(tmp_path, f"engine:\n  name: {engine}\n  {new}: {value}\n  {old}: {value}\n")
        assert error.value.path == ("engine", old)
        message = str(error.value)
        assert "renamed.yaml:7: " in message
        assert old in message
        assert new in message

    def test_schema_marks_the_old_key_as_deprecated(self, engine):
        old, new, _ = RENAMED[engine]
        schema = Study.model_json_schema()["$defs"][ENGINES[engine].__name__]
        assert schema["additionalProperties"] is False
        assert schema["properties"][old]["deprecated"] is True
        assert "deprecated" not in schema["properties"][new]
        for bound in ("type", "minimum", "maximum"):
            assert schema["properties"][old].get(bound) == schema["properties"][new].get(bound)


def test_old_keys_in_the_engine_of_a_sensitivity_study(tmp_path):
    study = load(
        tmp_path,
        "uncertain: [launch_markup]\nengine: {name: sensitivity, reoptimize: {name: sweep, samples: 64}}\n",
    )
    assert study.engine.reoptimize.evaluations == 64
    with pytest.raises(StudyError) as error:
        load(
            tmp_path,
            "engine:\n  name: sensitivity\n  reoptimize:\n    name: sweep\n    samples: 0\n",
        )
    assert error.value.path == ("engine", "reoptimize", "samples")
    assert "renamed.yaml:8: " in str(error.value)


def test_samples_of_a_sensitivity_study_are_draws(tmp_path):
    study = load(tmp_path, "uncertain: [launch_markup]\nengine: {name: sensitivity, method: sobol, samples: 64}\n")
    assert study.engine.samples == 64
