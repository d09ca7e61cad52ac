"""The files of a library folder as written: pydantic models of a parameter, a preset and an architecture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    model_serializer,
)

from sunfront.errors import Path, UserError
from sunfront.library.messages import describe, describe_each, unknown_key
from sunfront.library.parameters import DISTRIBUTIONS, ROLES, TRUST

#: What a study or preset may write instead of a value.
DEFAULT = "default"  # the sourced value, in place of a preset's
COMPUTED = "computed"  # the equation's result, in place of a given value


def _number_or_text(value: object) -> object:
    """Accept a quantity as YAML gives it; ``true`` is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"write a number with its unit, such as '560 km'; got {value!r}")
    return value


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[float | str, BeforeValidator(_number_or_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_list)]
Trust = Literal["standard", "sourced", "verified", "recalled", "assumed"]
Shape = Literal["triangular", "lognormal"]
Role = Literal["assumption", "decision", "constant"]
assert get_args(Trust) == tuple(TRUST)
assert get_args(Shape) == tuple(DISTRIBUTIONS)
assert get_args(Role) == tuple(ROLES)


#: Digits that other languages read as an octal number, or as one number.
_ODD_DIGITS = re.compile(r"\s*[-+]?(?:0[\d_]+|\d[\d_]*_[\d_]*)\s*")


def check_digits(value: object) -> object:
    """Refuse a whole number that is not written in plain digits; to be used before pydantic reads it."""
    if isinstance(value, str) and _ODD_DIGITS.fullmatch(value):
        raise ValueError(f"write {value.replace('_', '').strip().lstrip('0') or '0'}, not {value!r}")
    return value


Whole = Annotated[int, BeforeValidator(check_digits)]
WholeOrNone = Annotated[int | None, BeforeValidator(check_digits)]


class Spec(BaseModel):
    """Base of all entries: frozen, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Short(Spec):
    """An entry that is written without the keys that have their defaults."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        unset = {key for key, field in type(self).model_fields.items() if getattr(self, key) == field.default}
        return {key: value for key, value in serialize(self).items() if key not in unset}


class _Replacing(Spec):
    replaces: bool = Field(False, description="It takes the place of the entry of the same name.")


class ParameterSpec(_Replacing):
    """A parameter as written. A number has the unit of ``unit``, text its own.

    Attributes:
        value: A number, or the coefficients of a fit.
        unit: Display unit; that of ``value`` if that is text.
        low, high: Range of the sources.
        allowed: Least and greatest value that a study may set.
        choices: The only allowed values.
        whole: The number is a count.
        distribution: Shape of the distribution over the range of the sources.
        trust: How far the number may be relied on.
        role: What it stands for; sensitivity ranks assumptions only, unless a study lists what is uncertain.
        source: Whence the number is.
    """

    value: Text | tuple[float, ...]
    unit: str | None = None
    low: Text | None = None
    high: Text | None = None
    allowed: tuple[Text, Text] | None = None
    choices: tuple[Text, ...] = ()
    whole: bool = False
    distribution: Shape = "triangular"
    trust: Trust = "assumed"
    role: Role = "assumption"
    source: str = Field(min_length=1)
    note: str = ""
    error: str = ""


class ValueSpec(_Short):
    """A value of a preset or a study with the range of its source.

    Attributes:
        value: With its unit.
        low, high: Range of the source; a number without a unit has that of ``value``.
        distribution: Shape of the distribution over that range.
        trust: How far the number may be relied on.
        source: Whence the number is; that of the preset if it is empty.
    """

    value: Text
    low: Text | None = None
    high: Text | None = None
    distribution: Shape = "triangular"
    trust: Trust = "assumed"
    source: str = ""
    note: str = ""


#: Names of the forms of a value; pydantic puts them into the place of an error, where a reader has no use for them.
FORMS = ("one number", "a fit", "a range", "a name", "an own preset")


def _form(value: object) -> str:
    if isinstance(value, (Mapping, ValueSpec)):
        return "a range"
    return "a fit" if isinstance(value, (list, tuple)) else "one number"


#: A value, the coefficients of a fit, or a value with its range.
PresetValue = Annotated[
    Annotated[Text, Tag("one number")]
    | Annotated[tuple[float, ...], Tag("a fit")]
    | Annotated[ValueSpec, Tag("a range")],
    Discriminator(_form),
]


class PresetFields(Spec):
    """What every preset has, wherever it is written.

    Attributes:
        title: What it is, in a few words.
        group: What kind of thing it is, such as ``launcher``; a study takes at most one preset of a group.
        source: Whence the values are.
        values: Values with units, or ``default`` or ``computed``, by name of the quantity.
        equations: Modules whose equations replace those of the same names.
        note: Caveats.
        in_architecture: By architecture, values in place of those of the same names under ``values``.
    """

    title: str = ""
    group: str = ""
    source: str = Field(min_length=1)
    values: Mapping[str, PresetValue] = {}
    equations: Texts = ()
    note: str = ""
    in_architecture: Mapping[str, Mapping[str, PresetValue]] = {}


class PresetSpec(_Replacing, PresetFields):
    """A preset as a file of a library has it; the name of the file is its name."""


class _Named(_Short):
    name: str


class OwnPreset(PresetFields, _Named):
    """A preset that a study writes out, or takes from a file beside it; ``name`` is new to the library."""


class GroupSpec(_Replacing):
    """A group of presets as written.

    Attributes:
        title: What a member is, with its article, such as ``a launcher``.
        sets: Quantities that a whole member sets: to a value, ``default`` or ``computed``, or with its equations.
        sets_if_used: The same, where the member's own equations use them.
        relations: Pairs such as ``accelerator_package_power <= accelerator_power``, which hold in every study.
    """

    title: str = Field(min_length=1)
    sets: Texts
    sets_if_used: Texts = ()
    relations: Texts = ()


class ArchitectureSpec(_Replacing):
    """An architecture as written.

    Attributes:
        title, description: What it is.
        equations: Modules of equations; no two may have an equation of the same name.
        own_equations: Modules whose equations replace those of the same names, or are added.
        count: The number of nodes in a stack, with the variable that determines it.
        amounts: Totals over one stack, each with the variable of one node that determines it.
        constraints: Constraints of every study.
        own_metrics: Quantities that its tables show beside those that every architecture shows.
        values: Values that replace those of the parameters.
    """

    title: str
    description: str
    equations: Texts
    own_equations: Texts = ()
    count: Mapping[str, str] = Field(min_length=1, max_length=1)
    amounts: Mapping[str, str]
    constraints: Texts = ()
    own_metrics: Texts = ()
    values: Mapping[str, Text] = {}

    def as_data(self) -> dict[str, Any]:
        """Return the entry as the shipped files have it."""
        return self.model_dump(exclude={"replaces"})


_S = TypeVar("_S", bound=Spec)


def validated(spec: type[_S], data: Any) -> _S:
    """Check the data of an entry.

    Raises:
        UserError: With the path of the faulty key, and what is allowed there; with all further mistakes.
    """
    try:
        return spec.model_validate(data)
    except ValidationError as error:
        found = describe_each(error, lambda item: _describe(spec, item))
    first, *others = [UserError(message, path) for path, message in found]
    first.others = others
    raise first


def _describe(spec: type[Spec], item: Any) -> tuple[Path, str]:
    path = tuple(key for key in item["loc"] if key not in ("float", "str", *FORMS))
    if item["type"] == "extra_forbidden":
        return path, unknown_key(path, ValueSpec.model_fields if len(path) > 1 else spec.model_fields)
    return describe(item, path)
