"""What an engine cannot represent is refused before a run, with the engines that can."""

import pytest
from common import BOTH, STUDIES, write_small

from sunfront.engines.formulation import refusal, takers
from sunfront.errors import StudyError
from sunfront.study.study import Study

CURVED = """\
architecture: starlink_bus
variables:
  node_array_area: {low: 400 m^2, high: 1200 m^2}
  node_accelerators: {low: 84, high: 104, step: 1}
  nodes_per_launch: {low: 14, high: 19}
objectives: [maximize roi]
engine: {name: pyomo}
"""


def test_a_refusal_names_line_quantity_and_who_takes_it(tmp_path):
    """Accelerators in steps times a continuous number of nodes has no exact linear form; SCIP takes the product."""
    path = tmp_path / "curved.yaml"
    path.write_text(CURVED, "utf-8")
    study = Study.load(path)
    assert takers(study.problem) == [
        "{name: pyomo, solver: scip}",
        "{name: pyomo, solver: maingo}",
        "{name: sweep}",
        "{name: optuna}",
        "{name: evolve}",
    ]
    with pytest.raises(StudyError) as caught:
        Study.load(path, check_engine=True)
    assert (caught.value.line, caught.value.key) == (5, "variables.nodes_per_launch")
    assert "node_accelerators" in caught.value.reason
    assert "{name: pyomo, solver: scip}" in caught.value.reason
    assert Study.load(path, ["nodes_per_launch=16"], check_engine=True)


@pytest.mark.long
def test_shipped_studies_are_taken():
    for path in STUDIES.glob("*.yaml"):
        study = Study.load(path)
        assert refusal(study.problem, study.engine) is None, path


def test_too_many_options_are_refused_before_the_run(tmp_path):
    altitude = "{low: 400 km, high: 1200 km, step: 0.05 km}"
    with pytest.raises(StudyError) as caught:
        Study.load(write_small(tmp_path, BOTH, altitude=altitude), check_engine=True)
    assert caught.value.key == "engine"
    assert "32,002" in caught.value.reason
