"""The study's key ``library``: folders, relative to the study, and names of installed libraries."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

from sunfront.errors import StudyError, UserError, suggest
from sunfront.library.folder import read_folder
from sunfront.library.library import Library
from sunfront.library.trust import require_trust
from sunfront.library.yaml_file import YamlFile

#: Entry points of packages that bring a library: each names the package whose folder is the library.
GROUP = "sunfront.libraries"

#: Longest path of a library folder, in characters.
LONGEST_PATH = 1000


def _read_library(value: object, info: ValidationInfo) -> Library:
    """Build the library from what is written: a folder, a list of folders, or a library as it is."""
    if isinstance(value, Library):
        return value
    written: Any = [value] if isinstance(value, (str, Path)) else value
    library = Library.shipped()
    try:
        for folder in library_folders(written, (info.context or {}).get("folder", Path())):
            library = library.with_folder(folder)
    except UserError as error:
        raise error.under("library") from None
    return library


def library_folders(written: Iterable[str | Path], base: Path) -> list[Path]:
    """Find the folders that a study names.

    Args:
        base: Folder to which they are relative.

    Raises:
        UserError: There is no such folder, or two have the same name.
    """
    if not isinstance(written, (list, tuple)) or not all(isinstance(item, (str, Path)) for item in written):
        raise UserError("write a folder, such as ./my_library, or a list of folders")
    installed = {point.name: point.value for point in entry_points(group=GROUP)}
    found: list[Path] = []
    for item in written:
        text, folder = str(item), base / item
        if len(text) > LONGEST_PATH:
            raise UserError(f"the path of a library has {len(text):,} characters; allowed are {LONGEST_PATH:,}")
        if text in installed and folder.is_dir():
            raise UserError(f"{text!r} is a folder here and an installed library; write ./{text} for the folder")
        if text in installed:
            folder = _package_folder(installed[text])
        elif not folder.is_dir():
            near = [f"./{path.name}" for path in base.iterdir() if path.is_dir() and path.name[0] not in "._"]
            raise UserError(f"no library folder {text} in {base}{suggest(text, [*near, *installed])}")
        if (name := folder.resolve().name) in (other.resolve().name for other in found):
            raise UserError(f"two libraries have the name {name}; rename one of the folders")
        found.append(folder)
    return found


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"the installed library {package} is no package; its entry point must name a package")
    return Path(next(iter(spec.submodule_search_locations)))


def refuse_unknown_code(file: YamlFile) -> None:
    """Raise StudyError if a study names a library with Python files that may not run; see ``trust``."""
    written: Any = file.data.get("library", [])
    try:
        for folder in library_folders([written] if isinstance(written, str) else written, file.path.parent):
            require_trust(read_folder(folder).code.values())
    except StudyError:
        raise
    except UserError as error:
        raise file.error(error.message, ("library",), error) from None


def library_names(library: Library) -> list[str]:
    """Folders of a library, as a study names them."""
    return [str(folder.path.resolve()) for folder in library.folders]


LibrarySpec = Annotated[
    Library,
    BeforeValidator(_read_library),
    PlainSerializer(library_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
