"""Find the file of a study that is given by a path or by a name."""

from __future__ import annotations

import re
from pathlib import Path

from sunfront.data import shipped
from sunfront.errors import StudyError, did_you_mean


def find_study_file(given: str | Path) -> Path:
    """Return the file that a path or a name of a study means.

    Args:
        given: A path. Or, if nothing has that path, a name: ``NAME.yaml`` of the working directory, or else the
            shipped study NAME.

    Raises:
        StudyError: It is a name, and no study has it.
    """
    path, name = Path(given), str(given)
    if not re.fullmatch(r"[\w-]{1,100}", name) or path.exists():
        return path
    if (own := path.with_suffix(".yaml")).is_file():
        return own
    if name in (known := shipped.names("studies")):
        return shipped.file("studies", name)
    if name in (plans := shipped.names("plans")):
        return shipped.file("plans", name)
    if name in (architectures := shipped.names("architectures")):
        hint = f"; it is an architecture: `sunfront new my_study --architecture {name}` writes a study of it"
    else:
        hint = did_you_mean(name, {*known, *plans, *architectures, *(p.stem for p in Path().glob("*.yaml"))})
        hint += "; `sunfront list studies` shows those shipped"
    raise StudyError(f"no such file, and no shipped study of this name{hint}", path)


def lies_in_run(path: Path) -> bool:
    """Return whether a study file lies in the folder of a run: beside its table of designs, or the record of a plan."""
    return any((path.parent / name).exists() for name in ("designs.parquet", "plan.json"))
