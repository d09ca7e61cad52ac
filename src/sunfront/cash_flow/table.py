"""The cash-flow table of a design, by period and by element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.flows import NAMES, OPTIONAL, OWNERS, Element, Kind, find_elements
from sunfront.cash_flow.integration import integrate
from sunfront.errors import Unverified, UserError
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.terms import find_terms
from sunfront.units import unit

if TYPE_CHECKING:
    import pandas as pd

Period = Literal["year", "quarter"]

#: Periods by name, as a part of a year.
PERIODS: Mapping[Period, float] = {"year": 1.0, "quarter": 0.25}

#: Relative tolerance between the table and the closed forms of the model.
TOLERANCE = 1e-6

#: Closed forms that the table is held to, by the kind of flow.
CLOSED_FORMS: Mapping[Kind, str] = {
    "capital": "present_value_of_capital",
    "revenue": "present_value_of_revenue",
    "operation": "present_value_of_operation",
    "claims": "present_value_of_claims",
    "residual": "present_value_of_residuals",
    "debt": "present_value_of_debt",
    "tax": "present_value_of_tax",
}

#: The sign of a kind in the net present value, where its closed form is what is paid.
SIGNS: Mapping[Kind, int] = {"capital": -1, "operation": -1, "debt": -1, "tax": -1}

#: What is over last, by the quantity without which it is not there: durations that add up, from the decision on.
LAST: Mapping[str, tuple[str, ...]] = {
    "host_service": ("time_to_power", "deployment_delay", "campaign_duration", "host_service"),
    "debt_share": ("time_to_power", "deployment_delay", "campaign_duration", "debt_grace", "debt_term"),
}

#: The part of each total that has flows of its own.
OWN_FLOWS = {"capex": "development_cost", "annual_opex": "annual_fixed_cost"}

#: The one quantity of a cash flow that is a list.
SCHEDULE = "depreciation_schedule"

#: Columns after the elements.
SUMS = ("net", "cumulative", "discounted", "cumulative_discounted")

#: The last column of a fleet with a loan.
COVER = "debt_service_cover"

#: A period in which less than this share of the largest debt service is paid serves no debt.
SERVED = 1e-9


@dataclass(frozen=True)
class CashFlow:
    """What a fleet pays and receives in each period from the decision on; USD.

    Attributes:
        period: Length of a period.
        kinds: What each element is counted with, by the name of the element.
        amounts: What is received; negative if it is paid. Array (elements, periods).
        discounted: Its value at the decision. Array (elements, periods).
        values: The quantities of the design that the table was made from, SI and USD.
    """

    period: Period
    kinds: Mapping[str, Kind]
    amounts: Array
    discounted: Array
    values: Mapping[str, float]

    @property
    def present_values(self) -> dict[str, float]:
        """Value of each element at the decision, by name."""
        return dict(zip(self.kinds, self.discounted.sum(axis=1).tolist(), strict=True))

    @cached_property
    def net(self) -> Array:
        """What all elements bring; array (periods,)."""
        found: Array = self.amounts.sum(axis=0)
        return found

    @cached_property
    def net_discounted(self) -> Array:
        """Value of ``net`` at the decision; array (periods,)."""
        found: Array = self.discounted.sum(axis=0)
        return found

    @property
    def npv(self) -> float:
        """Net present value: the sum of all that is discounted."""
        return float(self.net_discounted.sum())

    @property
    def npv_without_other_income(self) -> float:
        """Net present value if a loss reduces no tax on other income, but the tax on later profits of the fleet alone.

        By period; what is paid later or more than in the table is valued at the middle of its period.
        """
        if "tax" not in self.kinds:
            return self.npv
        taxes: Array = -self.amounts[[*self.kinds].index("tax")]
        # As tax is a share of income, so is a loss that is carried forward of the tax that it saves.
        # Tax is due whenever more has been earned than ever before; until then, losses carried forward are made good.
        paid = np.diff(np.maximum.accumulate(np.maximum(taxes.cumsum(), 0.0)), prepend=0.0)
        length = PERIODS[self.period] * self.values["year"]
        discounts = np.exp(-self.values["discount_force"] * length * (np.arange(len(taxes)) + 0.5))
        return self.npv - float((paid - taxes) @ discounts)

    @property
    def debt_service_cover(self) -> Array | None:
        """Cash available for debt service over it, array (periods,), NaN where none is due; None without a loan.

        Cash available is revenue and residual values less operation and tax.
        """
        served = -self._sum(name in ("interest", "principal") for name in self.kinds)
        if not served.any():
            return None
        available = self._sum(kind in ("revenue", "residual", "operation", "tax") for kind in self.kinds.values())
        due = served > SERVED * served.max()
        cover: Array = np.divide(available, served, out=np.full(len(served), np.nan), where=due)
        return cover

    def _sum(self, chosen: Iterable[bool]) -> Array:
        """What the chosen elements bring; array (periods,)."""
        found: Array = self.amounts[[*chosen]].sum(axis=0)
        return found

    def total(self, kind: Kind) -> float:
        """Present value of all elements of a kind."""
        return float(sum(value for name, value in self.present_values.items() if self.kinds[name] == kind))

    def to_frame(self) -> pd.DataFrame:
        """The table in USD, one row for each period, numbered from 1; ``attrs["units"]`` holds the display units."""
        import pandas as pd

        columns = dict(zip(self.kinds, self.amounts, strict=True))
        sums = (self.net, self.net.cumsum(), self.net_discounted, self.net_discounted.cumsum())
        columns |= dict(zip(SUMS, sums, strict=True))
        columns = {name: values + 0.0 for name, values in columns.items()}  # no "-0"
        units = dict.fromkeys(columns, "MUSD")
        if (cover := self.debt_service_cover) is not None:
            columns[COVER], units[COVER] = cover, "1"
        frame = pd.DataFrame(columns, index=pd.RangeIndex(1, len(self.net) + 1, name=self.period))
        frame.attrs["units"] = units
        return frame


def cash_flow(problem: Problem, design: Mapping[str, float], period: Period = "year") -> CashFlow:
    """The cash-flow table of a design, held to the closed forms of the model.

    Args:
        design: A value for each variable, SI and USD.

    Raises:
        UserError: The period is unknown, or the model lacks a quantity that the table needs.
        Unverified: The table does not add up to the closed forms, as where a study gives one of them.
    """
    if period not in PERIODS:
        raise UserError(f"{period!r} is no period; choose {' or '.join(PERIODS)}")
    values, elements = design_elements(problem, design)
    length = PERIODS[period] * values["year"]
    count = int(np.ceil(last_date(values) / length - 1e-9))
    found = add_up(elements, values, np.arange(count + 1.0) * length, period)
    check_closed_forms(problem, found)
    return found


def last_date(values: Mapping[str, float]) -> float:
    """Date of the last retirement or of the last payment on a loan, from the decision on; s."""
    return max(sum(values[each] for each in durations) for name, durations in LAST.items() if values.get(name))


def add_up(elements: list[Element], values: Mapping[str, float], edges: Array, period: Period = "year") -> CashFlow:
    """Integrate the flows of elements over periods between ``edges``, array (periods + 1,)."""
    found = np.zeros((2, len(elements), len(edges) - 1))
    for i, element in enumerate(elements):
        for flow in element.flows:
            found[:, i] += integrate(flow, edges, values["discount_force"], values["year"])
    return CashFlow(period, {element.name: element.kind for element in elements}, found[0], found[1], values)


def design_elements(
    problem: Problem, design: Mapping[str, float], more: tuple[str, ...] = ()
) -> tuple[dict[str, float], list[Element]]:
    """Quantities of a design that its cash flow is made of, SI and USD; and its elements.

    Args:
        more: Further quantities to compute.
    """
    dimension = unit("USD").dimension
    terms = {
        total: find_terms(problem, [total], ("capex", "node_capex", "annual_opex"), dimension)
        for total in ("capex", "annual_opex")
    }
    known = {*problem.values, *design} | {eq.name for eq in problem.model}
    needed = ("discount_force", "capex", "annual_opex", "npv", *NAMES, *more)
    if missing := [name for name in needed if name not in known]:
        raise UserError(f"the model has no {missing[0]}, which the cash-flow table needs")
    wanted = {*needed, *terms["capex"], *terms["annual_opex"], *({*OPTIONAL, *OWNERS, *CLOSED_FORMS.values()} & known)}
    found = problem.evaluate(as_columns(design), sorted(wanted - {SCHEDULE}))
    values = {name: float(column[0]) for name, column in found.items()}
    parts = {total: _parts(values, total, names) for total, names in terms.items()}
    schedule = {SCHEDULE: problem.values[SCHEDULE]} if SCHEDULE in problem.values else {}
    return values, find_elements(values | schedule, parts["capex"], parts["annual_opex"])


def _parts(values: Mapping[str, float], total: str, names: list[str]) -> dict[str, float]:
    """Parts of a total by the name of their column; those with flows of their own are left out."""
    own = values.get(OWN_FLOWS[total], 0.0)
    if names == [total]:  # the study gives it
        return {_column(total): values[total] - own}
    parts = {_column(name): values[name] for name in names if name not in OPTIONAL}
    rest = values[total] - sum(parts.values()) - own
    if abs(rest) > 1e-9 * abs(values[total]):
        parts[f"other_{'capital' if total == 'capex' else 'operation'}"] = rest
    return parts


def _column(name: str) -> str:
    """Name of a quantity's column: ``"accelerators"`` for ``compute_capex``, ``"upkeep"`` for ``annual_upkeep``."""
    if name == "compute_capex":
        return "accelerators"
    return name.removeprefix("annual_").removesuffix("_cost").removesuffix("_capex")


def check_closed_forms(problem: Problem, found: CashFlow) -> None:
    """Raise Unverified unless a table adds up to the closed forms of the model."""
    values = found.values
    pairs = [(values["npv"], found.npv, "npv")]
    pairs += [
        (values[name], SIGNS.get(kind, 1) * found.total(kind), name)
        for kind, name in CLOSED_FORMS.items()
        if name in values
    ]
    size = sum(abs(value) for value in found.present_values.values())
    for closed, summed, name in pairs:
        if abs(closed - summed) > TOLERANCE * size:
            reason = _reason(problem, name)
            raise Unverified(f"the cash-flow table adds up to another {name} than the model computes: {reason}")


def _reason(problem: Problem, name: str) -> str:
    """Why a closed form may differ from the sum of the flows."""
    given = [eq.name for eq in problem.model.order(wanted=[name]) if eq.name in problem.values]
    return f"the study gives {', '.join(given)}" if given else f"see {name} in {problem.model[name].place}"
