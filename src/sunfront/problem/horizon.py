"""The calendar of a plan: its periods, and values that change with the date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.units import unit

PeriodName = Literal["month", "quarter", "half-year", "year"]

#: Length of each period in months.
MONTHS: Mapping[PeriodName, int] = MappingProxyType({"month": 1, "quarter": 3, "half-year": 6, "year": 12})

#: Seconds in a month: a twelfth of a year.
MONTH = unit("year").factor / 12


@dataclass(frozen=True)
class Horizon:
    """The periods of a plan, counted from 0. A date is a number of months since January of the year 0.

    Attributes:
        start: Date at which the first period begins, and to which money is discounted.
        count: Number of periods in which something may be bought.
    """

    start: int
    count: int
    period: PeriodName

    @property
    def months(self) -> int:
        """Length of a period."""
        return MONTHS[self.period]

    @property
    def year(self) -> int:
        """Number of periods in a year."""
        return 12 // self.months

    @property
    def length(self) -> float:
        """Length of a period in seconds."""
        return self.months * MONTH

    def begin(self, index: int) -> float:
        """Date at which a period begins, in seconds from the start."""
        return index * self.length

    def index(self, date: int) -> int:
        """Number of the period in which a date lies; negative before the start."""
        return (date - self.start) // self.months

    def label(self, index: int) -> str:
        """Name of a period: ``2027Q1``, ``2027H1``, ``2027``, or its first month where it is no part of a year."""
        date = self.start + index * self.months
        year, month = divmod(date, 12)
        if month % self.months:
            return month_text(date)
        names = {
            "month": month_text(date),
            "quarter": f"{year}Q{month // 3 + 1}",
            "half-year": f"{year}H{month // 6 + 1}",
        }
        return names.get(self.period, str(year))

    def year_of(self, index: int) -> int:
        """Calendar year in which a period begins."""
        return (self.start + index * self.months) // 12


def month_text(date: int) -> str:
    """Write a date as ``2027-01``."""
    return f"{date // 12}-{date % 12 + 1:02d}"


@dataclass(frozen=True)
class Timeline:
    """A value over the calendar: between points it is a line, a step, or an exponential; beyond them it is constant.

    Attributes:
        dates: Of the points, ascending.
        values: At the points, SI and USD.
        steps: A value holds from its date to the next one.
        rate: Continuous rate per month at which the one value grows from its date on.
    """

    dates: tuple[int, ...]
    values: tuple[float, ...]
    steps: bool = False
    rate: float = 0.0

    def at(self, dates: Array) -> Array:
        """The values at dates, array (dates,); dates may lie within a month."""
        known = np.array(self.dates, float)
        if self.steps:
            found = np.searchsorted(known, dates, side="right") - 1
            return np.array(self.values, float)[np.maximum(found, 0)]
        joined: Array = np.interp(dates, known, self.values) * np.exp(self.rate * np.maximum(dates - known[0], 0.0))
        return joined

    def integral(self, low: float, high: float) -> float:
        """Integral of the value between two dates, in seconds times its unit."""
        if self.rate:
            start = self.dates[0]
            before, after = max(min(high, start) - low, 0.0), (max(low, start) - start, max(high, start) - start)
            grown = (np.exp(self.rate * after[1]) - np.exp(self.rate * after[0])) / self.rate
            return float(self.values[0] * (before + grown) * MONTH)
        cuts = np.array([low, *(date for date in self.dates if low < date < high), high], float)
        middles = (
            cuts[1:] + cuts[:-1]
        ) / 2  # between cuts the value is constant, or a line whose mean is at the middle
        return float(self.at(middles) @ np.diff(cuts) * MONTH)
