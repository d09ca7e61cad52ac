"""Studies go to other processes and are copied."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import pytest
from common import STUDIES

from sunfront.errors import UserError
from sunfront.library.library import Library
from sunfront.runs import runner
from sunfront.study.study import Study

OWN = """\
library: ./mine
architecture: starlink_bus
presets: [{name: my_chip, source: me, values: {accelerator_price: 21000 USD}}]
quantities: {double: {is: 2 * own_mass}}
variables: {altitude: {low: 400 km, high: 900 km}}
objectives: [maximize roi, minimize double]
uncertain: [discount_rate]
engine: {name: sweep}
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "mine" / "parameters").mkdir(parents=True)
    (tmp_path / "mine" / "parameters" / "own.yaml").write_text("own_mass: {value: 3 kg, source: scales}\n")
    (tmp_path / "own.yaml").write_text(OWN)
    return Study.load(tmp_path / "own.yaml", ["discount_rate=8 %/year"])


def identity(study):
    return runner.identity(study)["run_id"], study.overrides


@pytest.mark.parametrize(
    "copied", [lambda s: pickle.loads(pickle.dumps(s)), copy.deepcopy, copy.copy], ids=["pickle", "deepcopy", "copy"]
)
def test_a_copy_is_the_same_study(copied, own):
    for study in (own, Study.load(STUDIES / "quickstart.yaml"), Study.load(STUDIES / "which_launcher.yaml")):
        assert study.problem  # cached
        again = copied(study)
        assert identity(again) == identity(study)
        assert len({again, study}) == 1  # a study may be a key
        assert again.problem.criterion_names == study.problem.criterion_names


def test_a_deep_model_copy_works(own):
    assert identity(own.model_copy(deep=True)) == identity(own)


def test_another_process_answers_the_same(own):
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(identity, own).result() == identity(own)


def test_a_library_that_changed_is_told(own, tmp_path):
    stored = pickle.dumps(own)
    (tmp_path / "mine" / "parameters" / "own.yaml").write_text("own_mass: {value: 4 kg, source: scales}\n")
    with pytest.raises(UserError, match="has changed"):
        pickle.loads(stored)


def test_equal_libraries_are_equal(own):
    assert pickle.loads(pickle.dumps(own.library)) == own.library != Library.shipped()
