"""What the settings of all engines build on: types of values, and keys that were renamed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.units import parse


def _fraction(value: object) -> object:
    """Parse a fraction written as 0.001 or as 0.1 %."""
    if isinstance(value, str):
        try:
            return parse(value, "1", "the value")
        except UserError as error:
            raise ValueError(error.message) from None
    return value


def _seconds(value: object) -> object:
    """Parse a time written with its unit."""
    if isinstance(value, (str, int, float)):
        try:
            return parse(value, "s", "the value")
        except UserError as error:
            raise ValueError(error.message) from None
    return value


Fraction = Annotated[
    float,
    BeforeValidator(_fraction),
    Field(gt=0, lt=1),
    WithJsonSchema({"type": ["number", "string"], "description": "A fraction, as 0.001 or 0.1 %"}),
]
FractionOrZero = Annotated[
    float,
    BeforeValidator(_fraction),
    Field(ge=0, lt=1),
    WithJsonSchema({"type": ["number", "string"], "description": "A fraction, as 0.5 or 50 %; 0 for none"}),
]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(gt=0),
    PlainSerializer(lambda seconds: f"{seconds:g} s", when_used="json"),
    WithJsonSchema({"type": "string", "description": "A time with its unit, as 600 s"}),
]


def setting_error(model: type[BaseModel], key: str, message: str) -> ValidationError:
    """Return an error at one key of a model; raised in a validator, it keeps the key's line of the study file."""
    error = InitErrorDetails(type=PydanticCustomError("setting", message), loc=(key,), input=None)
    return ValidationError.from_exception_data(model.__name__, [error])


class EngineSettings(BaseModel):
    """Base of all settings.

    A key that was renamed has both names as its ``validation_alias``, the new one first. The old key still works and
    is marked as deprecated in the JSON schema; errors in its value name the key that the file has.

    Attributes:
        module: Module with the engine's ``run``.
        exact: The engine proves its answer and solves at nominal values only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    module: ClassVar[str]
    exact: ClassVar[bool] = False

    @classmethod
    def _renamed_keys(cls) -> dict[str, str]:
        """New key by old key."""
        aliases = {name: field.validation_alias for name, field in cls.model_fields.items()}
        return {
            str(old): name
            for name, alias in aliases.items()
            if isinstance(alias, AliasChoices)
            for old in alias.choices[1:]
        }

    @model_validator(mode="before")
    @classmethod
    def _has_one_name_per_key(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for old, new in cls._renamed_keys().items():
                if old in data and new in data:
                    raise setting_error(cls, old, f"{old} is the old name of {new}; give {new} alone")
        return data

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler(schema)
        properties = handler.resolve_ref_schema(found)["properties"]
        for old, new in cls._renamed_keys().items():
            bounds = {key: value for key, value in properties[new].items() if key not in ("default", "title")}
            properties[old] = {**bounds, "deprecated": True, "description": f"Old name of {new}."}
        return found

    def check(self, problem: Problem) -> None:
        """Raise UserError if the engine with these settings cannot solve the problem."""

    @property
    def folders(self) -> dict[str, str]:
        """Folders of former runs whose designs the answer depends on, by setting."""
        return {}
