"""Equations that somebody wrote outside of the package: a Python file of a library folder.

Loading such a file runs it. It runs when a study that names the library is loaded, or when Python calls
``Library.with_folder``; opening a run or a report never runs it.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any

from sunfront.equation import FUNCTIONS, Equation
from sunfront.errors import StudyError, UserError
from sunfront.library.formulas import line_in, missing_name
from sunfront.root import Root
from sunfront.units import unit

#: Hashes of the files that this process has run.
_HAVE_RUN: set[str] = set()


@dataclass(frozen=True)
class CodeFile:
    """A Python file with equations, as it was when it was read.

    Attributes:
        beside: Hash of the other files in its folder, which it may read.
    """

    path: Path
    text: str
    beside: str = ""

    @property
    def digest(self) -> str:
        """Hash of the content, and of the files beside it."""
        return hashlib.sha256(f"{self.beside}\n{self.text}".encode()).hexdigest()

    @property
    def has_run(self) -> bool:
        """Whether this process has run the same content before."""
        return self.digest in _HAVE_RUN

    def load(self) -> list[Equation]:
        """Run the file, once in a process, and return its equations in source order.

        Raises:
            StudyError: The file cannot be run, or an equation lacks its description or source; with file and line.
        """
        name = f"sunfront_library_{self.digest[:12]}_{self.path.stem}"
        module = sys.modules.get(name) or self._run(name)
        found: list[Equation] = [self._checked(value) for value in vars(module).values() if _is_own(value, name)]
        if not found:
            raise StudyError("holds no equation; declare functions with @equation from sunfront.equation", self.path)
        return found

    def _run(self, name: str) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = str(self.path)
        filename = f"{self.path}"
        # So that an equation can show its text as it was run, even if the file changes.
        linecache.cache[filename] = (len(self.text), None, self.text.splitlines(keepends=True), filename)
        sys.modules[name] = module  # inspect and pickle look it up here
        try:
            # Docstrings say what an equation is, so they are kept even under `python -OO`.
            exec(compile(self.text, filename, "exec", dont_inherit=True, optimize=0), vars(module))
        except SyntaxError as error:
            del sys.modules[name]
            raise StudyError(f"not valid Python: {error.msg}", self.path, error.lineno) from None
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise StudyError(f"cannot be loaded: {_reason(error)}", self.path, line_in(error, filename)) from None
        _HAVE_RUN.add(self.digest)
        return module

    def _checked(self, eq: Equation) -> LibraryEquation:
        line = eq.line
        if not eq.summary or not eq.source:
            lacks = "its first line says what it is" if not eq.summary else "a line 'Source: ...' says whence"
            raise StudyError(f"equation {eq.name} needs a docstring in which {lacks}", self.path, line)
        try:
            unit(eq.unit)
        except UserError as error:
            raise StudyError(f"equation {eq.name}: {error.message}", self.path, line) from None
        kind = LibraryRoot if isinstance(eq, Root) else LibraryEquation
        return kind(**{f.name: getattr(eq, f.name) for f in fields(eq)}, file=self)


@dataclass(frozen=True)
class LibraryEquation(Equation):
    """An equation of a file outside of the package."""

    file: CodeFile

    @property
    def place(self) -> str:
        """Its file and line, for messages."""
        return f"{self.file.path}:{self.line}"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _find_in_file, (self.file, self.name)

    def __hash__(self) -> int:
        return hash((self.module, self.name))


@dataclass(frozen=True, eq=False)
class LibraryRoot(Root, LibraryEquation):
    """A root that a file outside of the package declares."""


def _find_in_file(file: CodeFile, name: str) -> Equation:
    return next(eq for eq in file.load() if eq.name == name)


def _reason(error: BaseException) -> str:
    if isinstance(error, NameError) and error.name:
        return missing_name(error.name)
    if isinstance(error, ImportError) and error.name == "sunfront.equation":
        return f"{str(error).partition(' (')[0]}; it has equation, {', '.join(FUNCTIONS)}"
    return f"{type(error).__name__}: {error}"


def _is_own(value: Any, module: str) -> bool:
    """Whether a name of a module is an equation that the module declares, not one that it imports."""
    return isinstance(value, Equation) and value.module == module


def read_code_file(path: Path, beside: str = "") -> CodeFile:
    """Read a Python file without running it.

    Args:
        beside: Hash of the other files in its folder.

    Raises:
        StudyError: It cannot be read.
    """
    try:
        return CodeFile(path, path.read_text("utf-8"), beside)
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"cannot be read: {error}", path) from None
