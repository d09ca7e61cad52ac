"""Decide whether, and how, to put AI data centres in orbit.

>>> import sunfront
>>> sunfront.evaluate("starlink_bus", altitude="650 km")["orbital_period"]  # doctest: +SKIP
5863.6

The names in ``__all__`` are stable; other modules may change between releases. Each is imported when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from sunfront import _moved

if TYPE_CHECKING:
    from sunfront import equation, errors
    from sunfront.analysis.breakeven import breakeven, breakeven_map
    from sunfront.analysis.reoptimized import best_breakeven
    from sunfront.library.architectures import Architecture, Setting
    from sunfront.library.library import Library
    from sunfront.problem import decisions
    from sunfront.runs.plans import PlanRun
    from sunfront.runs.results import Results
    from sunfront.runs.run import Run
    from sunfront.study.evaluation import Evaluation
    from sunfront.study.gradient import Gradient
    from sunfront.study.plan_study import PlanStudy
    from sunfront.study.study import Study

    __version__: str

__all__ = [
    "Library",
    "Results",
    "Run",
    "Study",
    "__version__",
    "best_breakeven",
    "breakeven",
    "breakeven_map",
    "decisions",
    "equation",
    "errors",
    "evaluate",
    "gradient",
    "load",
    "open",
    "run",
]

#: Public names that other modules define; None where the name is the module itself.
_PUBLIC = {
    "Library": ("sunfront.library.library", "Library"),
    "Results": ("sunfront.runs.results", "Results"),
    "Run": ("sunfront.runs.run", "Run"),
    "Study": ("sunfront.study.study", "Study"),
    "best_breakeven": ("sunfront.analysis.reoptimized", "best_breakeven"),
    "breakeven": ("sunfront.analysis.breakeven", "breakeven"),
    "breakeven_map": ("sunfront.analysis.breakeven", "breakeven_map"),
    "decisions": ("sunfront.problem.decisions", None),
    "equation": ("sunfront.equation", None),
    "errors": ("sunfront.errors", None),
}

_moved.install()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("sunfront")
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    found = import_module(module)
    return found if attribute is None else getattr(found, attribute)


def __dir__() -> list[str]:
    return __all__


def load(path: str | Path, overrides: Sequence[str] = (), *, output: str | Path = "outputs") -> Study | Any:
    """Read and check a study file, or the file of a plan over time.

    Args:
        path: Path of the file, or the name of a shipped study, as ``quickstart``. What exists as a path, or as
            ``NAME.yaml`` in the working directory, comes first.
        overrides: Values to fix, as ``altitude=600 km``.
        output: Folder in which a plan looks for the runs whose designs are its products.

    Returns:
        A ``Study``; of the file of a plan, a ``PlanStudy``.

    Raises:
        sunfront.errors.StudyError: Names the file, the line and the key.
    """
    from sunfront.study.plan_study import is_plan
    from sunfront.study.study import Study

    if is_plan(path):
        from sunfront.runs.plan_designs import load_plan

        return load_plan(path, overrides, output=output)
    return Study.load(path, overrides)


@overload
def run(
    study: PlanStudy,
    *,
    output: str | Path = ...,
    force: bool = ...,
    workers: int = ...,
    cluster: str = ...,
    progress: Callable[[float, float, str], None] | None = ...,
) -> PlanRun: ...


@overload
def run(
    study: Study | str | Path,
    *,
    output: str | Path = ...,
    force: bool = ...,
    workers: int = ...,
    cluster: str = ...,
    storage: str | None = ...,
    progress: Callable[[float, float, str], None] | None = ...,
) -> Results | Any: ...


def run(
    study: Study | PlanStudy | str | Path,
    *,
    output: str | Path = "outputs",
    force: bool = False,
    workers: int = 1,
    cluster: str = "",
    storage: str | None = None,
    progress: Callable[[float, float, str], None] | None = None,
) -> Results | PlanRun | Any:
    """Run a study and write table, figures and report to ``output/<study>/<run id>/``. Load the run if it is finished.

    If the report cannot be written, the run is stored nevertheless and a ``sunfront.errors.SunfrontWarning`` says so.

    Args:
        study: A loaded study or plan, the path of its file, or the name of a shipped study.
        force: Compute even if the same run is finished.
        workers: Number of worker processes.
        cluster: Address of a dask scheduler whose workers take their place, or ``local`` to start one here.
        storage: Optuna storage for the optuna engine: the URL of a database, or the path of a journal.
        progress: Called with (done, total, text).

    Returns:
        The results; of a plan, its run: ``table(plan)`` is a plan of the front by period.

    Raises:
        sunfront.errors.SunfrontError: See the tree in ``sunfront.errors``.
    """
    from sunfront import report
    from sunfront.runs import runner
    from sunfront.study.plan_study import PlanStudy, is_plan

    if isinstance(study, (str, Path)):
        if is_plan(study):
            from sunfront.runs.plan_designs import load_plan

            study = load_plan(study, output=output, trust_code=True)
        else:
            from sunfront.study.study import Study

            study = Study.load(study, trust_code=True)
    if isinstance(study, PlanStudy):
        from sunfront.report.plan_page import write_plan
        from sunfront.runs.plans import run_plan

        if storage is not None:
            raise TypeError("storage is of studies with the optuna engine, not of a plan")
        bar = progress or (lambda *_: None)
        return run_plan(
            study,
            output=output,
            force=force,
            workers=workers,
            cluster=cluster,
            progress=bar,
            draw=lambda run: write_plan(run, bar),
        )
    return runner.run(
        study,
        output=output,
        force=force,
        workers=workers,
        cluster=cluster,
        storage=storage,
        progress=progress,
        draw=report.write,
    )


def open(  # noqa: A001  as sunfront.open
    run: str | Path | Results, output: str | Path = "outputs", *, trust_code: bool = False
) -> Run | Any:
    """Open a finished run: its results beside its study.

    Args:
        run: A run folder; the name of a study (its newest run without overrides, or else its newest run, a sensitivity
            run only if there is no other); the beginning of a run id; or the results themselves.
        output: Folder in which runs are looked for.
        trust_code: Run the Python files of the run's own library. They are refused otherwise, unless they have run in
            this process before, or with ``sunfront run`` on this machine.

    Returns:
        A ``Run``; of a plan, a ``PlanRun``, whose plans are simulated anew.

    Raises:
        sunfront.errors.UserError: There is no such run, or it cannot be read, or the equations at hand give other
            values.
    """
    from sunfront.runs.plans import find_plan_run, load_plan_run
    from sunfront.runs.run import open_run

    if isinstance(run, (str, Path)) and (folder := find_plan_run(str(run), Path(output))) is not None:
        return load_plan_run(folder, loaded=True)
    return open_run(run, output, trust_code=trust_code)


def evaluate(
    study: Study | str | Path, presets: Sequence[str] = (), library: Library | str | Path | None = None, **values: Any
) -> Evaluation:
    """Compute every quantity of one design, or of many.

    Args:
        study: The name of an architecture, as ``starlink_bus``; or a study, the path of its file, or the name of a
            shipped study, of which the base design is evaluated. A name that is both means the architecture.
        presets: For an architecture: names of presets, at most one of a group, later ones overriding earlier ones.
        library: For an architecture: the library that holds it, or a folder to add to the shipped one.
        values: By name: text with a unit, a number in SI and USD, or an array of such numbers; arrays broadcast. A
            quantity that is given is not computed.

    Returns:
        A dictionary from name to value, given and computed, in SI and USD. ``pandas.DataFrame`` takes it if a value is
        a one-dimensional array; ``to_frame()`` makes a table in every case.

    Raises:
        sunfront.errors.UserError: A name, unit or range is wrong.
        sunfront.errors.NotFinite: A quantity is NaN or infinite.
    """
    from sunfront.study.evaluation import evaluate_settings

    return evaluate_settings(*_design(study, presets, library, values))


def gradient(
    study: Study | str | Path,
    design: Mapping[str, Any],
    quantity: str,
    presets: Sequence[str] = (),
    library: Library | str | Path | None = None,
) -> Gradient:
    """Compute the derivatives of a quantity with respect to everything that one design is computed from.

    They are exact, from the equations themselves, not differences. At a corner, such as where the larger of two values
    changes, the derivative is that on one side.

    Args:
        study, presets, library: As in ``evaluate``.
        design: By name: text with a unit, or a number in SI and USD; what it does not name is as in the base design.
        quantity: Name of a quantity that is computed.

    Returns:
        A dictionary from the name of each variable and parameter that the quantity depends on to the derivative, in SI
        and USD, or NaN if there is none. ``elasticities`` are the relative ones: percent for each percent.

    Raises:
        sunfront.errors.UserError: A name, unit or range is wrong.
        sunfront.errors.NotFinite: A quantity on the way is NaN or infinite.
    """
    from sunfront.study.gradient import gradient_of

    return gradient_of(*_design(study, presets, library, design), quantity)


def _design(
    study: Study | str | Path, presets: Sequence[str], library: Library | str | Path | None, values: Mapping[str, Any]
) -> tuple[Architecture, Mapping[str, Setting], dict[str, Any]]:
    """Return the architecture of a design, its settings, and the numbers that replace some of them."""
    from sunfront.study.study import Study

    if isinstance(study, str) and not study.endswith((".yaml", ".yml")):
        from os import path

        from sunfront.data import shipped
        from sunfront.errors import UnknownName
        from sunfront.study.evaluation import architecture_design

        of = _as_library(library)
        studies = shipped.names("studies")
        if study in of.architectures:
            return architecture_design(of, study, presets, values)
        if study not in studies and not any(map(path.exists, (study, f"{study}.yaml"))):
            known = {"architectures": [*of.architectures], "studies": studies}
            listed = "; ".join(f"{kind}: {', '.join(found)}" for kind, found in known.items())
            raise UnknownName(study, "architecture or study", [*of.architectures, *studies], listed=listed)
    if presets or library is not None:
        raise TypeError("presets and library go with the name of an architecture; a study names its own")
    found = study if isinstance(study, Study) else load(study)
    return found.evaluated_design(values)


def _as_library(library: Library | str | Path | None) -> Library:
    from sunfront.library.library import Library

    if library is None or isinstance(library, (str, Path)):
        return Library.shipped() if library is None else Library.shipped().with_folder(library)
    return library
