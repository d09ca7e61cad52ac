"""Hand a finished run to Optuna's tools."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sunfront.errors import UserError
from sunfront.runs.results import Results
from sunfront.study.study import Study


def to_storage(folder: Path, url: str, progress: Callable[[float, float, str], None]) -> str:
    """Write every kept design of a run as a finished trial of an Optuna study.

    Args:
        folder: A run folder, of any engine.
        url: A database's URL, or the path of a journal.
        progress: Called with (done, total, text).

    Returns:
        The study's name in the storage.

    Raises:
        UserError: It is no run folder, or the storage cannot be opened, or has the study already.
    """
    import optuna

    from sunfront.engines.search.trials import Trials, storage

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    results = Results.load(folder)
    problem = Study.load(folder / "study.yaml").problem
    trials = Trials(problem)
    name = f"{results.record.study}/{results.record.run_id}"
    try:
        study = optuna.create_study(storage=storage(url), study_name=name, directions=trials.directions)
    except optuna.exceptions.DuplicatedStudyError:
        raise UserError(f"{url} has the study {name} already") from None
    study.set_metric_names(trials.metrics)
    columns = {name: results.designs[name].to_numpy(float) for name in results.designs}
    genes = trials.genome.genes({v.name: columns[v.name] for v in problem.variables})
    frozen = trials.frozen(
        genes,
        problem.scores(columns),
        problem.violations(columns),
        np.ones(len(genes), dtype=bool),  # a run keeps no other designs
        {},
    )
    for done, trial in enumerate(frozen):
        study.add_trial(trial)
        progress(done + 1, len(frozen), f"{done + 1:,} designs")
    return name
