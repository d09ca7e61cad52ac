"""What a shell offers to complete. Imports neither numpy nor pandas, so that a press of Tab is answered at once."""

from __future__ import annotations

from pathlib import Path

import typer

from sunfront.data import shipped

#: What ``sunfront list`` lists, in its order.
KINDS = ("studies", "plans", "architectures", "presets", "groups", "parameters", "equations", "engines")


def kinds(incomplete: str) -> list[str]:
    """What can be listed."""
    return [kind for kind in KINDS if kind.startswith(incomplete)]


def architectures(incomplete: str) -> list[str]:
    """Names of architectures."""
    return _starting(incomplete, shipped.names("architectures"))


def studies(incomplete: str) -> list[str]:
    """Names of shipped studies, and study files; a folder ends in a slash."""
    paths = [f"{path}/" if path.is_dir() else str(path) for path in sorted(_paths(incomplete)) if _holds_studies(path)]
    return [*_starting(incomplete, shipped.names("studies") + shipped.names("plans")), *paths]


def runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Studies with a finished run in the folder of results; once one is written out, the ids of its runs."""
    output = Path(ctx.params.get("output") or "outputs")
    found = [path.parent for name in ("run", "plan") for path in output.glob(f"*/*/{name}.json")]
    named = _starting(incomplete, {folder.parent.name for folder in found})
    return named or _starting(incomplete, {folder.name for folder in found})


def listed(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the kind to list, where they are names of files."""
    kind = ctx.params.get("kind")
    return (
        _starting(incomplete, shipped.names(kind)) if kind in ("studies", "plans", "architectures", "presets") else []
    )


def _starting(incomplete: str, names: list[str] | set[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _paths(incomplete: str) -> list[Path]:
    folder, _, start = incomplete.rpartition("/")
    parent = Path(f"{folder}/") if folder or incomplete.startswith("/") else Path()
    return [path for path in parent.iterdir() if path.name.startswith(start)] if parent.is_dir() else []


def _holds_studies(path: Path) -> bool:
    return not path.name.startswith(".") and (path.suffix == ".yaml" or path.is_dir())
