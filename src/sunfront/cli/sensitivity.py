"""Sensitivity on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli import completion
from sunfront.cli.answers import print_answer
from sunfront.cli.common import Output, Set, app, progress
from sunfront.cli.designs import OfRun, Row, check_row, checked_settings, study_of_run
from sunfront.cli.plans import plan_sensitivity
from sunfront.errors import UserError


@app.command()
def sensitivity(
    study: Annotated[
        Path | None,
        typer.Argument(
            metavar="STUDY",
            help="Study file or name, by default that of --run.",
            show_default=False,
            autocompletion=completion.studies,
        ),
    ] = None,
    quantity: Annotated[
        str | None, typer.Option(metavar="NAME", help="Quantity to study.  [default: the first objective's]")
    ] = None,
    method: Annotated[str | None, typer.Option(metavar="NAME", help="tornado, morris or sobol.")] = None,
    run: OfRun = None,
    row: Row = None,
    set_: Set = None,
    output: Output = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Compute again, even if the run is finished.")] = False,
) -> None:
    """Rank the parameters by their effect at one design.

    Runs the study with the engine sensitivity, at its base design or at a design of a run. Of a plan over time, ranks
    the parameters by how they move its npv, or with --quantity and the name of a product, its first purchase.
    """
    from sunfront import run as run_study
    from sunfront.engines.settings import SensitivitySettings
    from sunfront.study.plan_study import is_plan
    from sunfront.study.study import Study

    if study is not None and is_plan(study):
        for option, is_given in {
            "--method": method is not None,
            "--run": run is not None,
            "--row": row is not None,
            "--force": force,
        }.items():
            if is_given:
                raise UserError(f"{study}: {option} does not apply to a plan over time; leave it out")
        plan_sensitivity(study, set_ or [], quantity or "npv", output)
        return
    if study is None and run is None:
        raise UserError("give a study, or --run")
    check_row(run, row)
    loaded = study_of_run(run, output) if study is None and run is not None else None
    if loaded is None:
        assert study is not None
        loaded = Study.load(study, set_ or [])
    elif set_:
        loaded = loaded.with_overrides(set_)
    settings = loaded.engine if isinstance(loaded.engine, SensitivitySettings) else SensitivitySettings()
    given = {"quantity": quantity, "method": method, "run": run, "row": 0 if run and row is None else row}
    changed = settings.model_dump(mode="json") | {key: value for key, value in given.items() if value is not None}
    loaded = loaded.with_changes(engine=checked_settings(changed))
    loaded.check()
    with progress(loaded.name) as bar:
        results = run_study(loaded, output=output, force=force, progress=bar)
    print_answer(results)
    raise typer.Exit(0 if results.status in ("proved", "best found") else 1)
