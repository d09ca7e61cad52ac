"""Pydantic models of the entries of a study file: variables, distributions, correlations, as written.

They check the form of an entry. Names, units and ranges are checked when the entry is resolved into a part of the
problem: in ``variables``, ``preset_variables`` and ``uncertainty``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_serializer,
    model_validator,
)

from sunfront.errors import Path
from sunfront.library.specs import DEFAULT, Text, Whole
from sunfront.study.presets import PresetItem, preset_name

#: What a study may call its own quantities and preset variables.
NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VariableSpec(_Spec):
    """A variable as written: ``low`` and ``high``, or ``choices``, or ``presets``.

    Attributes:
        low, high: Bounds, such as ``400 km``.
        log: Spread samples, and the values of a catalogue, evenly over the logarithm of the range.
        integer: Whether only whole numbers are allowed.
        step: Allow only low, low + step, low + 2 step and so on.
        choices: The only allowed values.
        unit: Unit of the numbers above that are written without one.
        presets: Presets to choose from; the variable then has a name of its own.
        base: Value, or preset, of the base design; if None, that of the parameters and presets of the study.
        when: The designs in which the variable has a meaning, as ``eclipse_fraction > 0`` or ``chip == h100``. In all
            others it has its base value, and results leave it empty.
    """

    low: Text | None = None
    high: Text | None = None
    log: bool = Field(False, exclude_if=lambda value: value is False)  # so that run ids without it stay
    integer: bool = False
    step: Text | None = None
    choices: tuple[Text, ...] = ()
    unit: str | None = None
    presets: tuple[PresetItem, ...] | None = None
    base: Text | None = Field(None, exclude_if=lambda value: value is None)  # so that run ids without it stay
    when: str | None = Field(None, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.presets is not None:
            if self.model_fields_set - {"presets", "base", "when"}:
                raise ValueError("give either presets, or choices, or low and high")
            if not self.presets:
                raise ValueError("presets is empty; name those to choose from, such as {presets: [h100, b200]}")
            names = self.preset_names
            if repeated := [name for i, name in enumerate(names) if name in names[:i]]:
                raise ValueError(f"{repeated[0]} is listed twice; remove one")
        elif self.choices:
            if self.low is not None or self.high is not None or self.step is not None or self.integer or self.log:
                raise ValueError("give either choices, or low and high")
        elif self.low is None or self.high is None:
            raise ValueError("give low and high, or choices, or presets")
        elif self.integer and self.step is not None:
            raise ValueError("give either integer or step")
        elif self.log and (self.integer or self.step is not None):
            raise ValueError(
                "log is for a range without integer and step; list values as choices, such as {choices: [1, 10, 100]}"
            )
        return self

    @property
    def preset_names(self) -> tuple[str, ...]:
        """Names of the presets to choose from."""
        return tuple(map(preset_name, self.presets or ()))


class NormalSpec(_Spec):
    """Mean and standard deviation."""

    mean: Text
    std: Text


class LognormalSpec(_Spec):
    """10th and 90th percentile."""

    p10: Text
    p90: Text


class TriangularSpec(_Spec):
    """Lowest, most likely and highest value."""

    low: Text
    mode: Text
    high: Text


class UniformSpec(_Spec):
    """Lowest and highest value."""

    low: Text
    high: Text


class LoguniformSpec(_Spec):
    """Lowest and highest value; the logarithm is uniform between them."""

    low: Text
    high: Text


class DistributionSpec(_Spec):
    """A distribution as written, ``{triangular: {low: ..., mode: ..., high: ...}}``; the shipped one if empty."""

    normal: NormalSpec | None = None
    lognormal: LognormalSpec | None = None
    triangular: TriangularSpec | None = None
    uniform: UniformSpec | None = None
    loguniform: LoguniformSpec | None = None
    empirical: tuple[Text, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _accept_default(cls, value: object) -> object:
        if value == {}:
            raise ValueError(f"is empty; give a distribution, or '{DEFAULT}' for the shipped one")
        return {} if value == DEFAULT else value

    @model_validator(mode="after")
    def _only_one(self) -> Self:
        if len(self.model_fields_set) > 1:
            raise ValueError(f"give one distribution, not {' and '.join(sorted(self.model_fields_set))}")
        return self

    @model_serializer(mode="plain")
    def _as_written(self) -> Any:
        for kind in self.model_fields_set:
            written = getattr(self, kind)
            return {kind: list(written) if isinstance(written, tuple) else written.model_dump()}
        return DEFAULT


def _by_name(value: object) -> object:
    """Turn a list of names into a mapping to their shipped distributions."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ValueError("write a list of names, or 'name: distribution' lines")
    if repeated := sorted({name for name in value if list(value).count(name) > 1}):
        raise ValueError(f"{repeated[0]} is listed twice; remove one")
    return dict.fromkeys(value, DEFAULT)


DistributionSpecs = Annotated[
    Mapping[str, DistributionSpec],
    BeforeValidator(_by_name, json_schema_input_type=tuple[str, ...] | Mapping[str, DistributionSpec | str]),
]


class CorrelationSpec(_Spec):
    """Spearman's rank correlation of two uncertain parameters."""

    between: tuple[str, str]
    rank: float = Field(ge=-1, le=1)


class UncertaintySpec(_Spec):
    """How the uncertain parameters are sampled.

    Attributes:
        samples: Number of samples for each design; a power of two.
        correlations: Correlations between uncertain parameters; all other pairs are independent.
    """

    samples: Whole = Field(4096, ge=256, le=1 << 20)
    correlations: tuple[CorrelationSpec, ...] = ()

    def without(self, names: Collection[str]) -> Self:
        """Return a copy without the correlations of these parameters."""
        kept = tuple(c for c in self.correlations if not set(names) & set(c.between))
        return self.model_copy(update={"correlations": kept})

    @field_validator("samples")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            below = 1 << (value.bit_length() - 1)
            raise ValueError(f"must be a power of two, such as {below} or {2 * below}")
        return value


def distribution_keys(path: Path) -> list[str]:
    """Return the keys that may stand at ``path`` inside ``uncertain`` or ``uncertainty``."""
    if path[0] == "uncertainty":
        return list(UncertaintySpec.model_fields if len(path) == 2 else CorrelationSpec.model_fields)
    kinds: dict[str, type[_Spec]] = {
        "normal": NormalSpec,
        "lognormal": LognormalSpec,
        "triangular": TriangularSpec,
        "uniform": UniformSpec,
        "loguniform": LoguniformSpec,
    }
    return list(DistributionSpec.model_fields if len(path) == 3 else kinds[str(path[2])].model_fields)
