"""Damaged SQLite storages of Optuna: what is whole is used, and what is not is said."""

import random
import warnings
from contextlib import suppress

import optuna
import pytest

from sunfront.engines.search import storage
from sunfront.engines.search.storage import StorageFailure
from sunfront.errors import SunfrontWarning, UserError


def trials(url):
    study = optuna.load_study(study_name="it", storage=storage.open_storage(url))
    return {(trial.number, tuple(trial.params.items()), tuple(trial.values)) for trial in study.get_trials()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The content of a database with 200 trials, and these."""
    path = tmp_path_factory.mktemp("whole") / "trials.db"
    study = optuna.create_study(
        storage=storage.open_storage(f"sqlite:///{path}"), study_name="it", directions=["maximize", "minimize"]
    )
    space = {name: optuna.distributions.FloatDistribution(0, 1) for name in "xy"}
    study.add_trials(
        [
            optuna.trial.create_trial(params={"x": i / 200, "y": 1 - i / 200}, distributions=space, values=[i, -i])
            for i in range(200)
        ]
    )
    return path.read_bytes(), trials(f"sqlite:///{path}")


def damaged(content, seed):
    """The content cut off, or with garbage in it."""
    rng = random.Random(seed)
    at = rng.randrange(16, len(content))
    if seed % 4 == 0:
        return content[:at]
    size = rng.choice([16, 512, 4096])
    return content[:at] + rng.randbytes(size) + content[at + size :]


@pytest.mark.parametrize(
    ("seeds", "least"), [((5, 9), 350), pytest.param(range(16), 1200, marks=pytest.mark.slow)], ids=["two", "all"]
)
def test_what_is_whole_in_a_damaged_database_is_used(whole, tmp_path, seeds, least):
    content, all_trials = whole
    kept = []
    for seed in seeds:
        path = tmp_path / f"{seed}.db"
        path.write_bytes(damaged(content, seed))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = set()
            # Garbage in a text is sound for SQLite; reading it fails later, and is said.
            with suppress(UserError, StorageFailure), storage.storage_errors(f"sqlite:///{path}"):
                found = trials(f"sqlite:///{path}")
        copy = path.with_name(f"{seed}.db.damaged")
        if copy.exists():
            assert [w.category for w in caught] == [SunfrontWarning]
            assert copy.read_bytes() == damaged(content, seed)
            assert "is damaged" in str(caught[0].message)
        assert not path.with_name(f"{seed}.db.saved").exists()
        # A page of values may be overwritten by others that SQLite takes for numbers.
        kept.append(len(found & all_trials))
    assert sum(kept) >= least


def test_a_sound_database_is_left_as_it_is(whole, tmp_path):
    path = tmp_path / "trials.db"
    path.write_bytes(whole[0])
    assert trials(f"sqlite:///{path}") == whole[1]
    assert [each.name for each in tmp_path.iterdir()] == ["trials.db"]
