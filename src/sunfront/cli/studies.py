"""Commands on studies: write, run, validate and evaluate them, and print their schema."""

from __future__ import annotations

import json
import math
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli import completion
from sunfront.cli.batch import Batch
from sunfront.cli.common import (
    AsJson,
    Cluster,
    OneStudy,
    Output,
    Set,
    Studies,
    app,
    count,
    print_table,
    progress,
    study_files,
    study_or_architecture,
)
from sunfront.cli.config import preferred_units
from sunfront.cli.plans import describe_plan, load_plan, solve_plan

if TYPE_CHECKING:
    from sunfront.runs.plans import PlanRun
    from sunfront.runs.results import Results
    from sunfront.study.plan_study import PlanStudy
    from sunfront.study.study import Study


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the study; the file is NAME.yaml.", show_default=False)
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="STUDY", help="Copy this study, with its comments.", autocompletion=completion.studies
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Write a study of this architecture.  [default: starlink_bus]",
            autocompletion=completion.architectures,
        ),
    ] = None,
) -> None:
    """Write a commented study that runs as it is.

    Beside it is the schema for editors, .sunfront-schema.json.
    """
    from sunfront.errors import UserError, cannot_write
    from sunfront.library.library import Library
    from sunfront.runs.files import check_can_write
    from sunfront.study import template
    from sunfront.study.find import find_study_file
    from sunfront.study.plan_schema import PLAN_SCHEMA_FILE, plan_schema_text
    from sunfront.study.plan_study import is_plan
    from sunfront.study.relocation import library_without_code, relocated
    from sunfront.study.schema import schema_text

    if source is not None and architecture is not None:
        raise UserError("--from and --architecture exclude each other; give one of them")
    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if not re.fullmatch(r"[\w-]+\.ya?ml", path.name):
        raise UserError(f"{name!r}: a study's name consists of letters, digits, - and _, such as my_study")
    left_out: list[Path] = []
    schema_file, schema_of = template.SCHEMA_FILE, schema_text
    if source is None:
        library, text = Library.shipped(), template.template(architecture or "starlink_bus")
    else:
        original = find_study_file(source)
        text = relocated(original, path.parent)
        library, left_out = library_without_code(original)
        if is_plan(original):
            schema_file, schema_of = PLAN_SCHEMA_FILE, plan_schema_text
        else:
            text = template.with_schema_line(text)
    check_can_write(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        (path.parent / schema_file).write_text(schema_of(library), "utf-8")
    except FileExistsError:
        raise UserError(f"{path} exists already and is kept; choose another name") from None
    except OSError as error:
        raise cannot_write(path, error) from None
    for folder in left_out:
        print(
            f"note: {path.parent / schema_file} lacks the names of {folder}, whose Python files were not run; "
            f"`sunfront schema --library {folder}` prints a schema with them"
        )
    print(f"{path}\nnext: sunfront validate {path}, then sunfront run {path}")


@app.command()
def run(
    studies: Studies,
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="Use this engine instead of the study's.")] = None,
    set_: Set = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Use this random seed instead of the study's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = 1,
    cluster: Cluster = "",
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Optuna storage to share trials with: sqlite:///FILE or a journal file."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Finish in seconds: fewer evaluations, a wider gap.")] = False,
    output: Output = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Compute again, even if the run is finished.")] = False,
) -> None:
    """Run studies and write a report of each.

    Each run gets a folder with its table of designs, figures and report.

    A study that fails does not keep the others from being run; Ctrl-C ends all. Of at least as many studies as
    workers, each worker runs whole ones; fewer are run one after the other, each by all workers.

    Exit code 0: solved. 1: infeasible, no design found, stopped early, or not verified. 2: invalid input.
    """
    from sunfront import run as run_study
    from sunfront.engines.cluster import cluster_at
    from sunfront.errors import RunError, UserError
    from sunfront.library.trust import remember
    from sunfront.runs.side_by_side import run_each
    from sunfront.study.plan_study import PlanStudy, is_plan
    from sunfront.study.study import Study

    def load(path: Path) -> Study | PlanStudy:
        if is_plan(path):
            for option, given in {"--engine": engine, "--seed": seed, "--storage": storage}.items():
                if given is not None:
                    raise UserError(f"{path}: {option} does not apply to a plan over time; leave it out")
            return load_plan(path, set_ or [], output, quick)
        study = Study.load(path, set_ or [], check_engine=engine is None, trust_code=True)
        if engine is not None:
            study = study.with_engine(engine)
            study.check_engine()
        if seed is not None:
            study = study.with_changes(seed=seed)
        study.check()
        for folder in study.library.folders:
            remember(folder.code.values())
        return study.quick() if quick else study

    def solve(study: Study | PlanStudy) -> Results | PlanRun:
        if isinstance(study, PlanStudy):
            return solve_plan(study, output, force, workers, scheduler)
        with progress(study.name) as bar:
            return run_study(
                study,
                output=output,
                force=force,
                workers=workers,
                cluster=scheduler,
                storage=storage,
                progress=bar,
            )

    batch = Batch(is_alone=len(studies) == 1)
    files = [file for path in studies for file in batch.attempt(str(path), partial(study_files, [path])) or []]
    total = len(files) + len(batch.failed)
    batch.is_alone = total == 1
    # All studies are checked before the first one runs.
    checked = [batch.attempt(str(file), partial(load, file)) for file in files]
    waiting = {id(study): study for study in checked if study is not None}
    current: Study | PlanStudy | None = None
    try:
        with cluster_at(cluster, workers) as scheduler:
            each = run_each(
                [*waiting.values()],
                run_study,
                solve,
                progress,
                output=output,
                force=force,
                workers=workers if storage is None else 1,  # of a shared search only this process knows the storage
                cluster=scheduler if storage is None else "",
            )
            with closing(each):
                for current, outcome in each:
                    del waiting[id(current)]
                    results = batch.attempt(current.name, outcome)
                    if results is not None:
                        batch.show(results, current)
                        if results.interrupted:
                            break
                    current = None
    except KeyboardInterrupt as error:
        stored = "".join(f"; {note}" for note in getattr(error, "__notes__", ())[:1])
        told = "interrupted" if current is None else f"{current.name} was interrupted{stored}"
        print(f"sunfront: {told}", file=sys.stderr)
        batch.worst = 128 + getattr(error, "number", signal.SIGINT)
    except RunError as error:  # the cluster was lost
        if batch.is_alone:
            raise
        print(f"sunfront: {error}", file=sys.stderr)
        batch.worst = max(batch.worst, 1)
    batch.summarize(total, [study.name for study in waiting.values()])
    raise typer.Exit(batch.worst)


@app.command()
def validate(studies: Studies, set_: Set = None) -> None:
    """Check studies without running them."""
    from sunfront.study.plan_study import is_plan
    from sunfront.study.study import Study

    for path in study_files(studies):
        if is_plan(path):
            print("\n".join(describe_plan(path, set_ or [])))
            continue
        study = Study.load(path, set_ or [], check_engine=True)
        problem = study.problem
        counts = [
            count(len(items), noun)
            for items, noun in (
                (problem.variables, "variable"),
                (problem.objectives, "objective"),
                (problem.constraints, "constraint"),
            )
        ]
        print(f"{path}: valid: {', '.join(counts)}, engine {study.engine.name}")
        for note in study.range_notes:
            print(f"  note: {note}")


@app.command()
def evaluate(study: OneStudy, set_: Set = None, as_json: AsJson = False) -> None:
    """Print every quantity of a base design.

    STUDY may also be the name of an architecture. After the table come the limits that the design misses, and the
    ranges that it leaves.

    Exit code 0: evaluated. 1: the design cannot exist, such as one with a negative payload. 2: invalid input.
    """
    from sunfront.display import NONE, format_value
    from sunfront.report.money import UNITS, ground_lines, lever_lines
    from sunfront.runs.base_findings import find_in_base

    loaded = study_or_architecture(study, set_ or [])
    shown_in = preferred_units()
    values = loaded.base_evaluation
    findings = find_in_base(loaded, values)
    if as_json:
        print(json.dumps(_evaluation_as_json(loaded, values) | findings.data, indent=1, allow_nan=False))
        raise typer.Exit(0 if findings.can_exist else 1)
    rows = []
    for eq in loaded.arch.model:
        if eq.name in values:
            setting = loaded.settings.get(eq.name)
            description = f"{eq.summary} Given: {setting.origin}." if setting else eq.summary
            value = float(values[eq.name])
            if math.isfinite(value):
                text = format_value(value, shown_in.get(eq.unit, eq.unit), 5)
            else:
                text = "no one value" if math.isnan(value) else NONE
            rows.append((eq.name, text, description))
    print_table(f"{loaded.name}: base design", ["quantity", "value", "description"], rows, right={1})
    _print_choices(loaded)
    here = {0: {name: float(values[name]) for name in UNITS if name in values}}
    lines = [*ground_lines(findings.ground, here), *lever_lines(findings.levers, "The base design"), *findings.lines]
    print("\n".join(lines), end="\n" if lines else "")
    raise typer.Exit(0 if findings.can_exist else 1)


@app.command()
def schema(
    library: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Include the names of this library. Repeatable.", show_default=False),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="That of a plan over time.")] = False,
) -> None:
    """Print the JSON Schema of a study.

    An editor completes and explains the names of a study with it.
    """
    from sunfront.library.library import Library
    from sunfront.study.library import library_folders
    from sunfront.study.plan_schema import plan_schema_text
    from sunfront.study.schema import schema_text

    found = Library.shipped()
    for folder in library_folders(library or [], Path()):
        found = found.with_folder(folder)
    print(plan_schema_text(found) if plan else schema_text(found), end="")


def _evaluation_as_json(study: Study, values: Mapping[str, Any]) -> dict[str, Any]:
    """Value and unit of every quantity, in SI and USD. JSON has no infinity and no NaN: such a value is null."""
    from sunfront.units import si_unit

    table = {}
    for eq in study.arch.model:
        if eq.name in values:
            value = float(values[eq.name])
            table[eq.name] = {"value": value if math.isfinite(value) else None, "unit": si_unit(eq.unit)}
    return table


def _print_choices(study: Study) -> None:
    """Print which choice of each preset variable the base design has."""
    base = study.problem.base
    for v in study.problem.variables:
        if v.labels:
            choice = v.text(base[v.name]) if v.name in base else f"none of {', '.join(v.labels)}"
            others = [f"; choose another with --set {v.name}={label}" for label in v.labels if label != choice]
            print(f"{v.name}: {choice} in the base design{''.join(others[:1])}")
