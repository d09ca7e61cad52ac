"""Pydantic models of a plan as written: horizon, products, supplies, market, capital.

They check the form. Names, units and dates are checked when the plan is resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from sunfront.engines.plan.settings import PlanSettings
from sunfront.errors import Path
from sunfront.library.library import Library
from sunfront.library.messages import describe, describe_each, unknown_key
from sunfront.library.specs import FORMS, PresetValue, Spec, Text, Trust, ValueSpec, Whole
from sunfront.problem.plan import Learned
from sunfront.study.calendar import TimelineSpec, shown_keys
from sunfront.study.keys import folder_name
from sunfront.study.library import LibrarySpec
from sunfront.study.presets import PresetItem
from sunfront.study.specs import DistributionSpec, VariableSpec, distribution_keys


class HorizonSpec(Spec):
    """The calendar of a plan.

    Attributes:
        start: Date at which the first period begins, as ``2027-01``; money is discounted to it.
        end: Date at which the last period ends; nothing is bought after it.
        period: Length of a period: ``month``, ``quarter``, ``half-year`` or ``year``.
    """

    start: Text
    end: Text
    period: Literal["month", "quarter", "half-year", "year"] = "quarter"


#: A row of a front or its name, several of them, or ``all``; None for the design to look at first.
Rows = int | str | tuple[int | str, ...] | None

#: In the place of rows: the whole front.
ALL = "all"


class DesignSpec(Spec):
    """A design of a finished run, or several among which the plan chooses.

    Attributes:
        run: The run as ``sunfront show`` takes it: its folder, its study, or the beginning of its id.
        row: Row of its front, from 0, or a name such as ``knee``; a list of them, or ``all``, for several designs.
            If left out, the design to look at first.
    """

    run: str = Field(min_length=1)
    row: Rows = None

    @field_validator("row", mode="before")
    @classmethod
    def _read_number(cls, value: object) -> object:
        if isinstance(value, list | tuple):
            if not value:
                raise ValueError("is empty; write rows, such as [0, knee], or all")
            return tuple(cls._read_number(each) for each in value)
        return int(value) if isinstance(value, str) and value.isdigit() else value

    @property
    def is_several(self) -> bool:
        """Whether the plan chooses among several designs."""
        return self.row == ALL or isinstance(self.row, tuple)


class StoreSpec(Spec):
    """Where units of a product are kept between factory and launch.

    Attributes:
        building: Names of the supplies that count as a unit is built; all others count as it is launched.
        at_most: Most units in store at the end of a period.
        cost: What a unit in store costs, per time.
        trust: How far the numbers may be relied on; without a source they are assumed.
        source: Whence the numbers are.
    """

    building: tuple[str, ...] = Field(min_length=1)
    at_most: Whole | None = Field(None, ge=1)
    cost: Text = "0 USD/year"
    trust: Trust = "assumed"
    source: str = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.trust != "assumed" and not self.source:
            raise ValueError(f"trust is {self.trust}, and there is no source; give source, or remove trust")
        return self

    @field_validator("building", mode="before")
    @classmethod
    def _accept_single_name(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class ProductSpec(Spec):
    """Something that a plan can buy, by the stack: the nodes of one launch, or the halls of one site.

    Attributes:
        architecture: Name of an architecture of the library; that of the run, if a design is given.
        design: A design of a run, whose study gives architecture, presets and parameters.
        presets: Presets, one of a group; the later override the earlier.
        parameters: Values with units, by name.
        variables: What the plan chooses of the design: ranges of amounts of hardware, values of anything else.
        timelines: Values over the calendar, by name of the parameter; in place of those of the plan.
        available: Date from which it can be bought; at the earliest the product's time to power after the start.
        whole: Units are whole.
        at_most: Most units that are bought in all.
        learning: ``nodes`` or ``launches``, or both, whose price falls with the number that the plan has bought before.
        early_retirement: Units may be retired before the end of their service; with ``learning`` or ``variables``, all
            together that were bought in one period.
        store: Units may be built before they are launched.
        group: The product of which this is one of several designs; written by sunfront.
        note: Caveats, or whence the design is.
    """

    architecture: str = ""
    design: DesignSpec | None = None
    presets: tuple[PresetItem, ...] = ()
    parameters: Mapping[str, PresetValue] = {}
    variables: Mapping[str, VariableSpec] = {}
    timelines: Mapping[str, TimelineSpec] = {}
    available: Text | None = None
    whole: bool = True
    at_most: Whole | None = Field(None, ge=1)
    learning: tuple[Learned, ...] = ()
    early_retirement: bool = False
    store: StoreSpec | None = None
    group: str = ""
    note: str = ""

    @field_validator("presets", "learning", mode="before")
    @classmethod
    def _accept_single_item(cls, value: object) -> object:
        return [value] if isinstance(value, (str, Mapping)) else value

    @model_validator(mode="after")
    def _has_an_architecture(self) -> Self:
        if not self.architecture and self.design is None:
            raise ValueError("'architecture' is missing: name one, or give a design of a run")
        return self


class SupplySpec(Spec):
    """A limit on a quantity of several products together.

    Attributes:
        limits: The quantity, such as ``launches``, ``accelerators``, ``nodes`` or ``facility_load``.
        products: Names of the products that share it; all that have the quantity if left out.
        offered: Most that is bought, as an amount per time, or most that is in service, as an amount.
        module: Capacity of one module that the plan may open, per time.
        cost: Price of a module.
        lead: Time from the opening of a module to its first output.
        ramp: Shares of its capacity in the periods after that; the last holds on.
        at_most: Most modules in all.
        trust: How far the numbers may be relied on.
        source: Whence the numbers are.
        note: Caveats.
    """

    limits: str
    products: tuple[str, ...] | None = None
    offered: TimelineSpec | None = None
    module: Text | None = None
    cost: Text = "0 USD"
    lead: Text = "0 year"
    ramp: tuple[Text, ...] = ("100 %",)
    at_most: Whole | None = Field(None, ge=1)
    trust: Trust = "assumed"
    source: str = Field(min_length=1)
    note: str = ""

    @field_validator("products", mode="before")
    @classmethod
    def _accept_single_name(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _offers_something(self) -> Self:
        if self.offered is None and self.module is None:
            raise ValueError("give offered, what there is at which date, or module, what the plan may open")
        if self.module is None:
            if extra := sorted(self.model_fields_set & {"cost", "lead", "ramp", "at_most"}):
                raise ValueError(f"{extra[0]} belongs to a module; give module, or remove {extra[0]}")
        elif self.at_most is None:
            raise ValueError("a module needs at_most, the most modules that may be opened")
        if not self.ramp:
            raise ValueError("ramp is empty; give shares, such as [50 %, 100 %], or remove it")
        return self


class TierSpec(Spec):
    """A part of the market.

    Attributes:
        up_to: Most power that is sold at this price; without it, all that is left.
        price: Relative to the price of the product.
    """

    up_to: TimelineSpec | None = None
    price: Text = "100 %"


class MarketSpec(Spec):
    """What customers take.

    Attributes:
        tiers: Parts of the market, from the best price on.
    """

    tiers: tuple[TierSpec, ...] = Field(min_length=1)


class CapitalSpec(Spec):
    """The money that a plan may use.

    Attributes:
        limit: Most that may have been spent, net of what was earned, at the end of any period.
    """

    limit: Text


class FactorSpec(DistributionSpec):
    """A distribution of what a value is multiplied by once that is known; of a date, of the delay.

    Attributes:
        known: Date from which it is known, a year after the start if left out; of several dates, each draws anew.
    """

    known: tuple[Text, ...] = ()

    @field_validator("known", mode="before")
    @classmethod
    def _accept_single_date(cls, value: object) -> object:
        return [value] if isinstance(value, (str, int, float)) else value

    @model_validator(mode="after")
    def _only_one(self) -> Self:
        if len(self.model_fields_set - {"known"}) != 1:
            raise ValueError("give one distribution, such as {uniform: {low: 80 %, high: 130 %}}")
        return self

    @property
    def distribution(self) -> DistributionSpec:
        """The distribution alone."""
        (kind,) = self.model_fields_set - {"known"}
        return DistributionSpec.model_construct({kind}, **{kind: getattr(self, kind)})

    @model_serializer(mode="plain")
    def _as_written(self) -> Any:
        known = {"known": list(self.known)} if self.known else {}
        return {**self.distribution.model_dump(), **known}


def _as_curves(value: object) -> object:
    """Read names of one curve, ``[bus, panel]``, as a list of curves."""
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list | tuple):
        return value
    if not value or not all(value):
        raise ValueError("names no product; write those that learn together, such as [bus, panel]")
    return [value] if all(isinstance(each, str) for each in value) else value


#: Names of the products of each curve.
Curves = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_as_curves)]


class LearningSpec(Spec):
    """What products learn together: names of those that share a curve, or a list of such names for each of several.

    Attributes:
        nodes: Products whose nodes are cheaper the more of all of them were bought before.
        launches: The same of launches.
    """

    nodes: Curves = ()
    launches: Curves = ()

    @property
    def curves(self) -> dict[Learned, tuple[tuple[str, ...], ...]]:
        """By kind, the names of the products of each curve."""
        return {"nodes": self.nodes, "launches": self.launches}


class PlanKeys(BaseModel):
    """What the file of a plan says.

    Attributes:
        name: File name without its suffix.
        question: The question in words.
        library: What is known, as in a study.
        horizon: The calendar.
        products: What can be bought, by name.
        parameters: Values that all products share which have the parameter.
        timelines: Values over the calendar, by name of the parameter.
        supply: What limits the products, by name.
        learning: What products learn together.
        market: What customers take; all at the full price if left out.
        capital: The money that may be used.
        objectives: Lines such as ``maximize npv`` or ``minimize date of fleet_it_power >= 1 GW``.
        constraints: Lines such as ``fleet_it_power at 2030-12 >= 1 GW``.
        uncertain: What is known only from a date on, by name: a parameter, ``bus.launch_specific_price``,
            ``bus.available``, ``launches.offered``, or ``market``.
        engine: The engine ``plan`` and its settings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str = "plan"
    question: str = ""
    library: LibrarySpec = Field(default_factory=Library.shipped)
    horizon: HorizonSpec
    products: Mapping[str, ProductSpec] = Field(min_length=1)
    parameters: Mapping[str, PresetValue] = {}
    timelines: Mapping[str, TimelineSpec] = {}
    supply: Mapping[str, SupplySpec] = {}
    learning: LearningSpec = LearningSpec()
    market: MarketSpec | None = None
    capital: CapitalSpec | None = None
    objectives: tuple[str, ...] = Field(min_length=1)
    constraints: tuple[str, ...] = ()
    uncertain: Mapping[str, FactorSpec] = {}
    engine: PlanSettings = PlanSettings()

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, name: str) -> str:
        return folder_name(name)

    @field_validator("objectives", "constraints", mode="before")
    @classmethod
    def _accept_single_item(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


#: The models below the keys of a plan, by the key.
_FORMS: dict[str, type[BaseModel]] = {
    "horizon": HorizonSpec,
    "products": ProductSpec,
    "supply": SupplySpec,
    "learning": LearningSpec,
    "capital": CapitalSpec,
    "uncertain": FactorSpec,
    "engine": PlanSettings,
}


def describe_plan(error: ValidationError) -> list[tuple[Path, str]]:
    """Return the path of each mistake that pydantic found in a plan, and a message about it."""
    return describe_each(error, _describe)


def _describe(item: Any) -> tuple[Path, str]:
    hidden = ("float", "str", "points", *FORMS)
    path = tuple(key for key in shown_keys(item["loc"]) if key not in hidden)
    if item["type"] == "extra_forbidden":
        return path, unknown_key(path, _allowed(path))
    if item["type"] in ("model_type", "model_attributes_type") and path == ("engine",):
        return path, "write engine as {name: plan}, with its settings after the name"
    return describe(item, path)


def _allowed(path: Path) -> Iterable[str]:
    """Return the keys that may stand beside an unknown one."""
    if len(path) == 1:
        return [key for key in PlanKeys.model_fields if key != "name"]
    if "parameters" in path:
        return list(ValueSpec.model_fields)
    if path[0] == "products" and path[2:3] == ("design",):
        return list(DesignSpec.model_fields)
    if path[0] == "products" and path[2:3] == ("store",):
        return list(StoreSpec.model_fields)
    if path[0] == "products" and path[2:3] == ("variables",):
        return list(VariableSpec.model_fields)
    if path[0] == "uncertain" and len(path) > 3:
        return distribution_keys(path)
    if path[0] == "market":
        return list(TierSpec.model_fields if len(path) > 2 else MarketSpec.model_fields)
    return list(_FORMS[str(path[0])].model_fields) if path[0] in _FORMS else []
