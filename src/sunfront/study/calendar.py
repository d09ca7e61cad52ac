"""Dates, times and values over the calendar, as a plan writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sunfront.errors import UserError, shortened
from sunfront.library.specs import Spec, Text
from sunfront.problem.horizon import MONTH, Horizon, Timeline
from sunfront.units import parse, unit
from sunfront.written import split

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})|\s*[Qq]([1-4])|\s*[Hh]([12]))?")

#: How a date is written, for messages.
DATE_FORM = "2029-06, 2029Q2 or 2029"

#: What a period is called in a unit of time, and its months.
_PERIODS = {"quarter": 3, "quarters": 3, "half-year": 6, "half-years": 6}


def read_date(text: object) -> int:
    """Return the months since January of the year 0 at which a written month, quarter, half-year or year begins.

    Raises:
        UserError: The text is no date.
    """
    match = _DATE.fullmatch(str(text).strip())
    if match is None or (match[2] and not 1 <= int(match[2]) <= 12):
        raise UserError(f"{shortened(str(text))!r} is no date; write a month, a quarter or a year, as {DATE_FORM}")
    year, month, quarter, half = match.groups()
    first = int(month) - 1 if month else 3 * (int(quarter) - 1) if quarter else 6 * (int(half) - 1) if half else 0
    return 12 * int(year) + first


def last_month(text: object) -> int:
    """Return the last month of a written month, quarter, half-year or year, as ``read_date``."""
    match = _DATE.fullmatch(str(text).strip())
    first = read_date(text)
    assert match is not None
    return first + (0 if match[2] else 2 if match[3] else 5 if match[4] else 11)


def parse_over_time(text: float | str, expected: str, name: str) -> float:
    """Parse a quantity whose unit may name a quarter or a half-year, as ``60 1/quarter`` or ``2 quarter``; SI and USD.

    Raises:
        UserError: As ``units.parse``.
    """
    parts = split(text) if isinstance(text, str) else None
    if parts:
        number, written = parts
        base, slash, period = written.rpartition("/")
        if period.strip() in _PERIODS:
            months = _PERIODS[period.strip()]
            if slash:
                return parse(f"{number} {base.strip() or '1'}/year", expected, name) * 12 / months
            return parse(f"{number} year", expected, name) * months / 12
    return parse(text, expected, name)


def parse_rate(text: float | str, name: str) -> float:
    """Parse a yearly growth such as ``-5 %/year`` into a continuous rate per month."""
    yearly = parse_over_time(text, "1/year", name) * 12 * MONTH
    if yearly <= -1:
        raise UserError(f"{name}: a value cannot fall by {-100 * yearly:g} % a year; write less than 100 %/year")
    return math.log1p(yearly) / 12


class TimelineSpec(Spec):
    """A value over the calendar: one value, values at dates joined by lines, steps, or a start and a rate.

    Attributes:
        value: One value that never changes.
        points: Values at dates, joined by lines and constant beyond them.
        steps: Values at dates, each until the next.
        start: Value at the start of the plan, written as ``from``.
        rate: Growth per year, as ``-5 %/year``.
        since: Date from which it grows, if that is not the start of a plan.
    """

    value: Text | None = None
    points: Mapping[str, Text] | None = None
    steps: Mapping[str, Text] | None = None
    start: Text | None = None
    rate: Text | None = None
    since: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_short(cls, value: object) -> object:
        if isinstance(value, (str, float, int)):
            return {"value": value}
        if not isinstance(value, Mapping) or isinstance(value, TimelineSpec):
            return value
        if "from" in value and not set(value) - {"from", "rate", "since"}:
            return {"start": value["from"], **{key: each for key, each in value.items() if key != "from"}}
        if value and set(value) <= {"steps"}:
            return value
        if all(re.match(r"\d", str(key)) for key in value):
            return {"points": {str(key): each for key, each in value.items()}}
        if set(value) <= set(cls.model_fields):
            return value
        raise ValueError(
            "write a value, values at dates as {2027-01: ..., 2030-01: ...}, {steps: {2027-01: ...}}, or "
            "{from: ..., rate: 5 %/year, since: 2027-01}"
        )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.start is not None and self.rate is None:
            raise ValueError("from needs a rate, such as {from: 2 USD/kWh, rate: -5 %/year}")
        for points in (self.points, self.steps):
            if points is not None and not points:
                raise ValueError("is empty; write values at dates, as {2027-01: ..., 2030-01: ...}")
        return self

    @model_serializer(mode="plain")
    def _as_written(self) -> Any:
        if self.start is not None:
            since = {} if self.since is None else {"since": self.since}
            return {"from": self.start, "rate": self.rate, **since}
        if self.steps is not None:
            return {"steps": dict(self.steps)}
        return dict(self.points) if self.points is not None else self.value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        text: Any = {"type": ["number", "string"]}
        dates = {"type": "object", "patternProperties": {r"^\d{4}": text}, "additionalProperties": False}
        rate = {
            "type": "object",
            "properties": {"from": text, "rate": text, "since": text},
            "required": ["from", "rate"],
            "additionalProperties": False,
        }
        steps = {"type": "object", "properties": {"steps": dates}, "required": ["steps"], "additionalProperties": False}
        return {
            "description": " ".join((cls.__doc__ or "").partition("\n\n")[0].split()),
            "anyOf": [text, dates, steps, rate],
        }

    def resolve(self, start: int | None, expected: str, name: str, check: Any = None) -> Timeline:
        """Resolve the values.

        Args:
            start: Date at which the plan starts; None if there is no plan.
            expected: Unit of the quantity's dimension.
            check: Called with each value, SI and USD.

        Raises:
            UserError: A date, a unit or a value is wrong; with the path of the key.
        """

        def read(text: float | str, *keys: str) -> float:
            try:
                value = parse_over_time(text, expected, name)
                if check is not None:
                    check(value)
            except UserError as error:
                raise error.under(*keys) from None
            return value

        if self.start is not None:
            assert self.rate is not None
            value = read(self.start, "from")
            try:
                rate = parse_rate(self.rate, "rate")
            except UserError as error:
                raise error.under("rate") from None
            if self.since is not None:
                try:
                    start = read_date(self.since)
                except UserError as error:
                    raise error.under("since") from None
            if start is None:
                raise UserError(f"since when does {name} grow? write {{from: ..., rate: ..., since: 2027-01}}")
            return Timeline((start,), (value,), rate=rate)
        points, key = (self.points, ()) if self.points is not None else (self.steps, ("steps",))
        if points is None:
            assert self.value is not None
            return Timeline((start or 0,), (read(self.value),))
        dated: dict[int, float] = {}
        for written, text in points.items():
            try:
                date = read_date(written)
            except UserError as error:
                raise error.under(*key, written) from None
            if date in dated:
                raise UserError(f"{name} has two values at {written}; remove one", (*key, written))
            dated[date] = read(text, *key, written)
        return Timeline(
            tuple(sorted(dated)), tuple(dated[date] for date in sorted(dated)), steps=self.steps is not None
        )

    @property
    def texts(self) -> list[float | str]:
        """The values as written."""
        single = [each for each in (self.value, self.start) if each is not None]
        return [*single, *(self.points or {}).values(), *(self.steps or {}).values()]


def shown_keys(location: Sequence[Any]) -> tuple[Any, ...]:
    """The keys of a place in a timeline as they are written."""
    if "timelines" not in location:
        return tuple(location)
    return tuple("from" if key == "start" else key for key in location if key != "points")


def is_per_time(spec: TimelineSpec, quantity_unit: str) -> bool:
    """Whether the values of a supply are an amount per time, by their unit; else they are an amount.

    Raises:
        UserError: The values have no unit that says so.
    """
    text = next(iter(spec.texts))
    amount, rate = unit(quantity_unit).dimension, unit(f"{quantity_unit}/year").dimension
    parts = split(text) if isinstance(text, str) else None
    written = parts[1] if parts else ""
    base, _, period = written.rpartition("/")
    written = f"{base.strip() or '1'}/year" if period.strip() in _PERIODS else written
    found = unit(written).dimension if written else ""
    if found == rate:
        return True
    if found == amount and (written or amount == ""):
        return False
    raise UserError(
        f"{text!r} is neither an amount per time, as '10 {quantity_unit}/year' for what is bought, nor an amount, as "
        f"'10 {quantity_unit}' for what is in service"
    )


def periods_of(text: float | str, horizon: Horizon, name: str) -> int:
    """Parse a time as a whole number of periods.

    Raises:
        UserError: It is no whole number of periods.
    """
    count = parse_over_time(text, "year", name) / horizon.length
    if abs(count - round(count)) > 1e-6 or count < 0:
        raise UserError(f"{name}: {text} is no whole number of periods, each a {horizon.period}")
    return round(count)
