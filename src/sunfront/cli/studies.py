"""Commands that compute: run a study, or check that it could run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.answers import print_answer
from sunfront.cli.common import Output, Set, Studies, app, progress, study_files


@app.command()
def run(
    studies: Studies,
    engine: Annotated[str | None, typer.Option(help="Answer with this engine instead of the study's.")] = None,
    set_: Set = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed instead of the study's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, for engines that use several (sweep, pyomo).")] = 1,
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Work on this Optuna storage: sqlite:///FILE, or a journal's path."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A budget of seconds: smaller samples, wider gap.")] = False,
    output: Output = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Compute even if the same run is there.")] = False,
) -> None:
    """Run studies, and write for each a folder with table, front, figures and report.

    Exit code 0: done. 1: no design, stopped early, or the answer could not be trusted. 2: a mistake in the input.
    """
    from sunfront import run as run_study
    from sunfront.study.study import Study

    loaded = []
    for path in study_files(studies):  # all are checked before the first one runs
        study = Study.load(path, set_ or [])
        if engine is not None:
            study = study.with_engine(engine)
        if seed is not None:
            study = study.with_changes(seed=seed)
        study.check()
        loaded.append(study.quick() if quick else study)
    worst = 0
    for study in loaded:
        with progress(study.name) as bar:
            results = run_study(study, output=output, force=force, workers=workers, storage=storage, progress=bar)
        print_answer(results)
        worst = max(worst, 0 if results.status in ("proved", "best found") else 1)
    raise typer.Exit(worst)


@app.command()
def validate(studies: Studies, set_: Set = None) -> None:
    """Check studies without running them."""
    from sunfront.study.study import Study

    for path in study_files(studies):
        study = Study.load(path, set_ or [])
        problem = study.problem
        print(
            f"{path}: valid: {len(problem.variables)} variables, {len(problem.objectives)} objectives, "
            f"{len(problem.constraints)} constraints, engine {study.engine.name}"
        )
        for doubt in study.range_notes:
            print(f"  note: {doubt}")
