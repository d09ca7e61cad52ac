"""Export a finished run to an Optuna storage, for Optuna's tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sunfront.errors import UserError
from sunfront.runs.run import Run


def to_storage(folder: Path, url: str, progress: Callable[[float, float, str], None]) -> str:
    """Write every design of a run as a finished trial of an Optuna study.

    Args:
        folder: A run folder, of any engine.
        url: A database's URL, or the path of a journal.
        progress: Called with (done, total, text).

    Returns:
        The study's name in the storage.

    Raises:
        UserError: The folder is no run folder; or the storage cannot be opened, or already has the study.
    """
    from sunfront.engines.search.trials import quiet_optuna

    with quiet_optuna():
        return _export(folder, url, progress)


def _export(folder: Path, url: str, progress: Callable[[float, float, str], None]) -> str:
    import optuna

    from sunfront.engines.search.storage import open_storage, public_name, storage_errors
    from sunfront.engines.search.trials import TrialConverter

    run = Run.load(folder)
    results, problem = run.results, run.study.problem
    converter = TrialConverter(problem)
    name = f"{results.record.study}/{results.record.run_id}"
    storage = open_storage(url)
    try:
        with storage_errors(url):
            study = optuna.create_study(storage=storage, study_name=name, directions=converter.directions)
            study.set_metric_names(converter.metrics)
    except optuna.exceptions.DuplicatedStudyError:
        raise UserError(f"{public_name(url)} already has the study {name}") from None
    columns = {name: results.designs[name].to_numpy(float) for name in results.designs}
    points = converter.cube.points({v.name: columns[v.name] for v in problem.variables})
    trials = converter.finished_trials(
        points,
        problem.scores(columns),
        problem.violations(columns),
        np.ones(len(points), dtype=bool),  # a run stores feasible designs only
        [{}] * len(points),
    )
    with storage_errors(url):
        for done, trial in enumerate(trials):
            study.add_trial(trial)
            progress(done + 1, len(trials), f"{done + 1:,} designs")
    return name
