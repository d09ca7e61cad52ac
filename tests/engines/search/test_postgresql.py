"""An Optuna study on a real PostgreSQL server, shared by three processes of which one is killed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import optuna
import pytest
from common import write_roomy

from sunfront.engines.search.sharing import TAKEN
from sunfront.engines.search.storage import open_storage
from sunfront.engines.search.trials import TrialConverter
from sunfront.problem.front import non_dominated
from sunfront.runs.results import Results
from sunfront.study.study import Study

BATCH, BUDGET = 20, 80


@pytest.fixture
def server():
    """The URL of a server, from the programs of Debian's package postgresql or of the path."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [shutil.which("initdb")]
    assert programs[-1], "install PostgreSQL: apt-get install postgresql"
    bin_folder = Path(programs[-1]).parent
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp())
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "password").write_text("secret\n")
    (folder / "password").chmod(0o644)
    options = ["-D", folder / "data", "-U", "sunfront", "-A", "scram-sha-256", "--pwfile", folder / "password"]
    subprocess.run([bin_folder / "initdb", "--no-sync", *options], user=user, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [bin_folder / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"],
        user=user,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            if not subprocess.run([bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode:
                break
            time.sleep(0.1)
        yield f"postgresql://sunfront@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # without waiting for those who are still connected
        process.wait()
        shutil.rmtree(folder)


#: The command ``sunfront``, with an empty report.
PROGRAM = """
from sunfront import report
from sunfront.cli import main
report.write = lambda results, folder: (folder / "report.html").write_text("</html>")
main()
"""


def start(study, output, url):
    args = ["run", str(study), "--output", str(output), "--storage", url]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.slow
def test_three_processes_share_a_study_and_one_is_killed(server, tmp_path, monkeypatch):
    monkeypatch.setenv("SUNFRONT_STORAGE_PASSWORD", "secret")
    engine = f"optuna, evaluations: {BUDGET}, population: {BATCH}, refine: 0"
    path = write_roomy(tmp_path, engine)  # every process finds feasible designs
    processes = [start(path, tmp_path / str(i), server) for i in range(3)]
    study, storage = None, open_storage(server)

    def finished():
        return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))

    deadline = time.monotonic() + 900
    while study is None or len(finished()) < BUDGET // 4:
        assert time.monotonic() < deadline
        assert any(p.poll() is None for p in processes), processes[0].communicate()
        time.sleep(0.2)
        if study is None and (names := optuna.get_all_study_names(storage)):
            study = optuna.load_study(study_name=names[0], storage=storage)
    processes[0].kill()
    printed = [p.communicate(timeout=900)[0].decode() for p in processes]
    assert [p.returncode for p in processes] == [-9, 0, 0], printed
    trials = finished()
    assert BUDGET - BATCH <= len(trials) <= BUDGET
    taken = [count for key, count in study.user_attrs.items() if key.startswith(TAKEN)]
    assert len(taken) == 3
    assert sum(taken) == BUDGET  # what the killed process had taken stays taken

    problem = Study.load(path).problem
    converter = TrialConverter(problem)
    points = converter.points([t.params for t in trials])
    values = problem.evaluate(converter.cube.designs(points))
    scores = problem.scores(values)
    np.testing.assert_allclose(
        np.array([t.values for t in trials]), converter.values(scores), rtol=1e-9
    )  # what the storage holds is what the numpy model computes
    storage.engine.dispose()  # SQLAlchemy leaves its connections open
    best = scores[problem.feasible(values)]
    best = best[non_dominated(best)]
    fronts = []
    for i in (1, 2):
        (folder,) = (tmp_path / str(i)).glob("small/*")
        found = Results.load(folder).front
        fronts.append({tuple(row) for row in np.round(problem.scores({n: found[n].to_numpy() for n in found}), 6)})
    assert {tuple(row) for row in np.round(best, 6)} in fronts  # of the process that ended last
