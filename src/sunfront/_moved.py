"""Old module paths that documentation named keep working for one release, with a DeprecationWarning."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: Old path to new path, and old names to new names in it.
MOVED: dict[str, tuple[str, dict[str, str]]] = {
    "sunfront.architectures": ("sunfront.library.architectures", {}),
    "sunfront.breakeven": ("sunfront.analysis.breakeven", {}),
    "sunfront.budgets": ("sunfront.analysis.budgets", {}),
    "sunfront.decisions": ("sunfront.problem.decisions", {}),
    "sunfront.parameters": ("sunfront.library.parameters", {}),
    "sunfront.results": ("sunfront.runs.results", {}),
    "sunfront.review": ("sunfront.runs.run", {"Review": "Run", "review": "open_run"}),
    "sunfront.xmath": ("sunfront.equation", {}),
}


class _OldModule(ModuleType):
    """Stands for a module that moved. Calling it calls the function of its name, as ``sunfront.breakeven(...)``."""

    def __getattr__(self, name: str) -> Any:
        path, renamed = MOVED[self.__name__]
        return getattr(import_module(path), renamed.get(name, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__getattr__(self.__name__.rpartition(".")[2])(*args, **kwargs)


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _OldModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        new = MOVED[module.__name__][0]
        warnings.warn(f"{module.__name__} has moved to {new}", DeprecationWarning, stacklevel=2)


def install() -> None:
    """Let ``import`` find the old paths. They are asked for last, after every real module."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
