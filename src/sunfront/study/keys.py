"""The keys of a study file as a frozen object: what is written, before it is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WrapSerializer,
    field_validator,
)

from sunfront.engines import Settings
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import Path, UserError, shortened
from sunfront.library.library import Library
from sunfront.library.specs import PresetValue, Text, Whole
from sunfront.study.calendar import TimelineSpec
from sunfront.study.combined import Combine
from sunfront.study.library import LibrarySpec
from sunfront.study.messages import describe_all
from sunfront.study.presets import PresetItem, preset_name
from sunfront.study.quantities import QuantitySpec
from sunfront.study.specs import DistributionSpecs, UncertaintySpec, VariableSpec

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

#: Longest name of a study in bytes: file systems take 255, and what is written may add to the name.
LONGEST_NAME = 200

_T = TypeVar("_T")
_FROZEN = AfterValidator(MappingProxyType), WrapSerializer(lambda mapping, serialize: serialize(dict(mapping)))
_Frozen = Annotated[Mapping[str, _T], *_FROZEN]


class _StudyType(ModelMetaclass):
    """Calls of a study in Python tell what to write instead, in place of pydantic's words."""

    def __call__(self, *args: Any, **keys: Any) -> Any:
        try:
            return super().__call__(*args, **keys)
        except ValidationError as error:
            raise _first_mistake(error, self) from None
        except UnicodeEncodeError as error:
            raise _half_a_pair(error) from None


def _first_mistake(error: ValidationError, cls: Any) -> UserError:
    path, message = describe_all(error, cls.model_fields)[0]
    place = ".".join(map(str, path))
    return UserError(f"{place}: {message}" if path else message, path)


def _half_a_pair(error: UnicodeEncodeError) -> UserError:
    """What to say of a text that pydantic cannot read."""
    return UserError(f"{shortened(ascii(error.object))} contains half of a surrogate pair; remove it")


def folder_name(name: str) -> str:
    """Return the name of a study, which is that of a folder.

    Raises:
        UserError: No folder can have it, or it leads elsewhere.
    """
    shown = shortened(name.encode("utf-8", "backslashreplace").decode())
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise UserError(f"{shown!r}: a study's name has at most {LONGEST_NAME} bytes in UTF-8; shorten it", ("name",))
    if name in ("", ".", "..") or not name.isprintable() or {"/", "\\"} & {*name}:
        message = "a study's name is that of a folder: printable, without / or \\, and neither . nor .."
        raise UserError(f"{shown!r}: {message}; rename the file, or the study", ("name",))
    return name


class StudyKeys(BaseModel, metaclass=_StudyType):
    """What a study file says.

    Attributes:
        name: File name without its suffix; also the name of the folder of results.
        question: The question in words.
        library: What is known: the shipped library, and what folders add to it. In a file, one folder or several,
            relative to the file, or names of installed libraries.
        architecture: Name of an architecture of the library.
        presets: Presets, one of a group; the later override the earlier. Names of the library, or own presets; in a
            file also files of own presets, relative to it.
        parameters: Values with units, with or without a range, or ``default`` or ``computed``, by name.
        timelines: Values over the calendar, by name of the parameter; the study takes those at its date.
        at: Date of the timelines' values, as ``2029-06``; of a quarter or a year its beginning.
        variables: Decision variables, by name.
        quantities: Quantities that the study defines by expressions, by name.
        design: The point of which break-even and sensitivity are asked: values of variables or parameters, by name.
        objectives: Lines such as ``maximize roi`` or ``maximize annual_revenue / fleet_mass``.
        combine: What several objectives mean together: ``front`` (designs of which none is better in all),
            ``lexicographic`` (an order: the first counts most), ``weighted`` (a weighted sum) or ``goals`` (the
            deviations from limits).
        prefer: The part of the front in which designs are wanted, as ``capex <= 5 GUSD``.
        constraints: Lines such as ``node_mass <= 4000 kg``, in addition to those of the architecture.
        uncertain: Uncertain parameters, by name; in a file also a list of names.
        uncertainty: Number of samples, and correlations.
        engine: Engine and its settings.
        seed: Seed of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str = "study"
    question: str = ""
    library: LibrarySpec = Field(default_factory=Library.shipped)
    architecture: str
    presets: tuple[PresetItem, ...] = ()
    parameters: _Frozen[PresetValue] = Field(default_factory=dict, validate_default=True)
    timelines: _Frozen[TimelineSpec] = Field(
        default_factory=dict,
        validate_default=True,
        exclude_if=lambda timelines: not timelines,  # so that run ids without it stay
    )
    at: Text | None = Field(None, exclude_if=lambda date: date is None)
    variables: _Frozen[VariableSpec] = Field(default_factory=dict, validate_default=True)
    design: _Frozen[Text] = Field(
        default_factory=dict,
        validate_default=True,
        exclude_if=lambda design: not design,  # so that run ids without it stay
    )
    quantities: _Frozen[QuantitySpec] = Field(default_factory=dict, validate_default=True)
    objectives: tuple[str, ...] = Field(min_length=1)
    combine: Combine = Field("front", exclude_if=lambda combine: combine == "front")  # so that run ids stay
    prefer: tuple[str, ...] = Field((), exclude_if=lambda lines: not lines)
    constraints: tuple[str, ...] = ()
    uncertain: Annotated[DistributionSpecs, *_FROZEN] = Field(default_factory=dict, validate_default=True)
    uncertainty: UncertaintySpec = UncertaintySpec()
    engine: Settings = PyomoSettings()
    seed: Whole = Field(0, ge=0)
    _overrides: tuple[str, ...] = PrivateAttr(())

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, name: str) -> str:
        return folder_name(name)

    @field_validator("question")
    @classmethod
    def _can_be_written(cls, question: str) -> str:
        try:
            question.encode()
        except UnicodeEncodeError as error:
            raise _half_a_pair(error).under("question") from None
        return question

    @field_validator("presets", "objectives", "prefer", "constraints", mode="before")
    @classmethod
    def _accept_single_item(cls, value: object) -> object:
        return [value] if isinstance(value, (str, Mapping)) else value

    def with_changes(self, **changes: Any) -> Self:
        """Return the study with some keys changed. Unlike ``model_copy`` it does not keep the cached problem."""
        study = type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)
        study._overrides = self._overrides
        return study

    def __hash__(self) -> int:
        return hash((self.name, self.question, self.architecture))  # what else a study says is in mappings

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings and cached results do not pickle; a copy resolves the study anew.
        plain = {name: getattr(self, name) for name in type(self).model_fields}
        plain = {name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in plain.items()}
        return _restored, (type(self), plain, self._overrides)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.with_changes()

    @property
    def overrides(self) -> tuple[str, ...]:
        """Values that were set as on the command line, ``name=value``, in order of name."""
        return self._overrides

    @property
    def preset_names(self) -> tuple[str, ...]:
        """Names of the presets."""
        return tuple(map(preset_name, self.presets))

    @property
    def design_parameters(self) -> Mapping[str, float | str]:
        """What the design gives to parameters that are no variables."""
        return {name: text for name, text in self.design.items() if name not in self.variables}

    @property
    def preset_items(self) -> list[tuple[Path, PresetItem]]:
        """Every preset as written, of the study and of its variables, with the path of its key."""
        found: list[tuple[Path, PresetItem]] = [(("presets", i), item) for i, item in enumerate(self.presets)]
        for name, spec in self.variables.items():
            found += [(("variables", name, "presets", i), item) for i, item in enumerate(spec.presets or ())]
        return found


_K = TypeVar("_K", bound=StudyKeys)


def _restored(kind: type[_K], values: Mapping[str, Any], overrides: tuple[str, ...]) -> _K:
    study = kind.model_validate(values)
    study._overrides = overrides
    return study
