"""A library: everything that is known before a study. The shipped one, and what folders add to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from sunfront import equations
from sunfront.equation import Equation
from sunfront.errors import UnknownName, UserError
from sunfront.library.architectures import Architecture
from sunfront.library.checks import check_folder, check_names
from sunfront.library.folder import LibraryFolder, read_folder
from sunfront.library.groups import Group, shipped_groups
from sunfront.library.model import Model
from sunfront.library.parameters import ROLE_OF_TOPIC, Parameter, build_shipped, data_names, load_data
from sunfront.library.presets import Preset
from sunfront.library.specs import ArchitectureSpec, ValueSpec

_T = TypeVar("_T")


class _Lazy(Mapping[str, _T], Generic[_T]):
    """A read-only mapping that builds each item when it is first asked for.

    Args:
        kind: What the names name, for messages.
        builders: For each name a function that builds its item.
    """

    def __init__(self, kind: str, builders: Mapping[str, Callable[[], _T]]) -> None:
        self._kind, self._builders, self._built = kind, builders, dict[str, _T]()

    def __getitem__(self, name: str) -> _T:
        if name not in self._built:
            if name not in self._builders:
                raise UnknownName(name, self._kind, self._builders)
            self._built[name] = self._builders[name]()
        return self._built[name]

    def __contains__(self, name: object) -> bool:
        return name in self._builders

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._builders))

    def __len__(self) -> int:
        return len(self._builders)

    def with_items(self, builders: Mapping[str, Callable[[], _T]]) -> _Lazy[_T]:
        """Return a mapping with more items; what is built already is kept."""
        found = _Lazy(self._kind, {**self._builders, **builders})
        found._built = {name: item for name, item in self._built.items() if name not in builders}
        return found


class _Parameters(dict[str, Parameter]):
    """Parameters by name; an unknown name raises UnknownName."""

    def __missing__(self, name: str) -> Parameter:
        raise UnknownName(name, "parameter", self)


class Library:
    """Parameters, presets, architectures and modules of equations, by name.

    Attributes:
        parameters: Sourced numbers. An unknown name raises UnknownName.
        presets: Named sets of values. An unknown name raises UnknownName.
        architectures: Kinds of data centre. An unknown name raises UnknownName.
        groups: Groups of presets, and what a whole member of each sets.
        folders: What was added to the shipped library.
        own: Further presets that were added, by ``with_presets``.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        presets: _Lazy[Preset],
        architectures: _Lazy[dict[str, Any]],
        groups: Mapping[str, Group],
        folders: tuple[LibraryFolder, ...] = (),
        own: tuple[Preset, ...] = (),
    ) -> None:
        self.parameters: Mapping[str, Parameter] = MappingProxyType(_Parameters(parameters))
        self.presets = presets
        self._entries = architectures
        self.groups: Mapping[str, Group] = MappingProxyType(dict(groups))
        self.folders, self.own = folders, own
        self._fewer: Library | None = None  # this library without its last own presets
        build = {name: self._architecture_builder(name) for name in architectures}
        self.architectures: Mapping[str, Architecture] = _Lazy("architecture", build)

    @staticmethod
    @cache
    def shipped() -> Library:
        """The library of the package; the same object at every call."""
        numbers = {
            name: build_shipped(name, **{"role": ROLE_OF_TOPIC.get(topic, "assumption"), **entry})
            for topic in data_names("parameters")
            for name, entry in load_data("parameters", topic).items()
        }
        presets = {name: _builder(_shipped_preset, name) for name in data_names("presets")}
        entries = {name: _builder(load_data, "architectures", name) for name in data_names("architectures")}
        return Library(numbers, _Lazy("preset", presets), _Lazy("architecture", entries), shipped_groups())

    def __repr__(self) -> str:
        added = ", ".join(str(folder.path) for folder in self.folders) or "shipped"
        return f"<Library {added}: {len(self.parameters)} parameters, {len(self.presets)} presets>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Library) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        return tuple(folder.digest for folder in self.folders), tuple(map(repr, self.own))

    def __reduce__(self) -> tuple[Callable[..., Library], tuple[Any, ...]]:
        # Another process reads the folders anew; a changed folder would be another library.
        return _restored, ([(folder.path.resolve(), folder.digest) for folder in self.folders], self.own)

    def with_folder(self, path: str | Path) -> Library:
        """Return a library with the entries of a folder too. Its Python files run: the folder is code to be trusted.

        Raises:
            StudyError: A file is wrong, or has a name that exists; with file, line and key.
            UserError: There is no such folder.
        """
        folder = read_folder(Path(path))
        check_names(self, folder, self.modules)
        specs = folder.architectures.items()
        entries = {name: _builder(ArchitectureSpec.as_data, spec) for name, spec in specs}
        found = Library(
            {**self.parameters, **folder.parameters},
            self.presets.with_items(_constants(folder.presets)),
            self._entries.with_items(entries),
            {**self.groups, **folder.groups},
            (*self.folders, folder),
            self.own,
        )
        check_folder(found, folder)
        return found

    def with_presets(self, presets: Iterable[Preset]) -> Library:
        """Return a library with further presets.

        Raises:
            UserError: The library has a preset of that name.
        """
        new = {preset.name: preset for preset in presets}
        if known := new.keys() & set(self.presets):
            raise UserError(f"preset {min(known)!r} is in the library; give yours another name")
        if not new:
            return self
        all_presets = self.presets.with_items(_constants(new))
        own = (*self.own, *new.values())
        found = Library(self.parameters, all_presets, self._entries, self.groups, self.folders, own)
        found._fewer = self
        return found

    def module(self, name: str) -> list[Equation]:
        """Return the equations of a module in source order.

        Raises:
            UnknownName: There is no such module.
        """
        for folder in self.folders:
            if name in folder.code:
                return [*folder.code[name].load()]
        if name not in self.modules:
            raise UnknownName(name, "module of equations", self.modules)
        return equations.module(name)

    @property
    def modules(self) -> list[str]:
        """Names of all modules of equations."""
        return sorted([*equations.names(), *(name for folder in self.folders for name in folder.code)])

    @cached_property
    def units(self) -> Mapping[str, str]:
        """Display unit of every parameter and of every quantity that an architecture or preset computes."""
        presets: Iterable[Preset]
        if self._fewer:  # to compose every architecture again takes most of the time of a load
            found, presets = {**self._fewer.units}, self.own
        else:
            found, presets = (
                {name: parameter.unit for name, parameter in self.parameters.items()},
                self.presets.values(),
            )
            for arch in self.architectures.values():
                found |= {eq.name: eq.unit for eq in arch.model}
        for preset in presets:
            found |= {eq.name: eq.unit for module in preset.equations for eq in self.module(module)}
        return found

    def _architecture_builder(self, name: str) -> Callable[[], Architecture]:
        def build() -> Architecture:
            data = {**self._entries[name]}
            shared, own = data.pop("equations"), data.pop("own_equations", ())
            model = Model(eq for module in shared for eq in self.module(module))
            model = model.with_equations(*(eq for module in own for eq in self.module(module)))
            # The object is shared, so its mappings are read-only.
            frozen: dict[type, Any] = {dict: MappingProxyType, list: tuple, tuple: tuple, str: str}
            return Architecture(
                name=name, model=model, library=self, **{key: frozen[type(value)](value) for key, value in data.items()}
            )

        return build


def _restored(folders: Iterable[tuple[Path, str]], own: tuple[Preset, ...]) -> Library:
    library = Library.shipped()
    for path, digest in folders:
        library = library.with_folder(path)
        if library.folders[-1].digest != digest:
            raise UserError(f"the library {path} has changed since the study was loaded; load the study again")
    return library.with_presets(own)


def _builder(function: Callable[..., _T], *args: Any) -> Callable[[], _T]:
    return lambda: function(*args)


def _constants(items: Mapping[str, _T]) -> dict[str, Callable[[], _T]]:
    return {name: _builder(lambda item: item, item) for name, item in items.items()}


def _shipped_preset(name: str) -> Preset:
    data = load_data("presets", name)
    values = _preset_values(data.pop("values", {}))
    own = {arch: _preset_values(found) for arch, found in data.pop("in_architecture", {}).items()}
    return Preset(name=name, values=values, in_architecture=own, **data)


def _preset_values(written: Mapping[str, Any]) -> dict[str, Any]:
    return {key: ValueSpec(**value) if isinstance(value, dict) else value for key, value in written.items()}
