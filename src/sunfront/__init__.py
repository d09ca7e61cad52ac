"""Decide whether, and how, to put AI data centres in orbit.

>>> import sunfront
>>> sunfront.evaluate("starlink_bus", altitude="650 km")["orbital_period"]  # doctest: +SKIP
5863.6
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sunfront.runs.results import Results
    from sunfront.study.study import Study

    __version__: str

__all__ = ["__version__", "evaluate", "load", "run"]


def __getattr__(name: str) -> str:
    """``__version__``, read when it is asked for: reading it takes longer than all else that is imported here."""
    if name == "__version__":
        from importlib.metadata import version

        return version("sunfront")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(path: str | Path, overrides: Sequence[str] = ()) -> Study:
    """Read and check a study file.

    Args:
        overrides: As ``altitude=600 km``.

    Raises:
        sunfront.errors.StudyError: Naming the file, the line and the key.
    """
    from sunfront.study.study import Study

    return Study.load(path, overrides)


def run(
    study: Study | str | Path,
    *,
    output: str | Path = "outputs",
    force: bool = False,
    workers: int = 1,
    storage: str | None = None,
    progress: Callable[[float, float, str], None] | None = None,
) -> Results:
    """Run a study, with figures and report, in ``output/<study>/<run id>/``; a finished run is loaded.

    Args:
        study: A loaded study, or the path of its file.
        force: Compute even if the same run is there.
        workers: Processes.
        storage: Of Optuna, for its engine: a database's URL, or the path of a journal.
        progress: Called with (done, total, text).

    Raises:
        sunfront.errors.SunfrontError: See its tree.
    """
    from sunfront import report
    from sunfront.runs import runner

    if isinstance(study, (str, Path)):
        study = load(study)
    return runner.run(
        study,
        output=output,
        force=force,
        workers=workers,
        storage=storage,
        progress=progress,
        writers=[report.write],
    )


def evaluate(architecture: str, presets: Sequence[str] = (), **values: Any) -> Mapping[str, Any]:
    """Every quantity of one design, or of many.

    Args:
        architecture: Name, as ``starlink_bus``.
        presets: Names, one of a group, the later overriding the earlier.
        values: By name, text with a unit, a number in SI and USD, or arrays of such numbers that broadcast. A
            quantity that is given is not computed.

    Returns:
        Name to value, SI and USD: what was given and what was computed.

    Raises:
        sunfront.errors.UserError: A name, unit or range is wrong.
        sunfront.errors.NotFinite: A quantity is NaN or infinite.
    """
    import numpy as np

    from sunfront.library import architectures
    from sunfront.problem.problem import check_finite

    arch = architectures.adapted(architectures.architecture(architecture), presets)
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    numbers = {name: value for name, value in values.items() if not isinstance(value, str)}
    settings = architectures.resolve(arch, presets, texts)
    given = {name: s.value for name, s in settings.items()}
    for name, value in numbers.items():
        given[name] = architectures.checked_numbers(arch, name, value)

    with np.errstate(all="ignore"):  # what goes wrong is named below
        found = arch.model.evaluate(given)
    for eq in arch.model.order(given):
        check_finite(eq, found[eq.name])
    return found
