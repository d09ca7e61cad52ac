"""The value of a parameter at which a quantity reaches a target, or equals that of another study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_range
from sunfront.errors import NotFinite, RangeError, UnknownName, UserError
from sunfront.library.architectures import quantity_unit
from sunfront.library.parameters import parameters
from sunfront.study.study import Study
from sunfront.units import unit

if TYPE_CHECKING:
    #: Values of the parameter, an array, to those of a quantity: an array of the same shape.
    Curve = Callable[[Array], Array]

#: Values of the parameter between which crossings are looked for: half evenly spread, half by their logarithm.
POINTS = 2048

#: Values along each side of a map.
MAP = 101

#: Range of a quantity that is computed, and so has no range of its own: this factor of its base value down and up.
REACH = 1000.0


@dataclass(frozen=True)
class BreakEven:
    """Where a quantity crosses its target. Values are SI and USD.

    Attributes:
        roots: Values of the parameter, ascending, at which the quantity equals its target.
        stretches: Ranges (low, high) of the parameter throughout which it does, ascending.
        jumps: Values at which the quantity leaps across its target without meeting it.
        sides: Signs of the quantity less its target (1, -1), before, between and after roots, stretches and jumps.
        low, high: Range searched. Of two roots closer together than its 1000th part both may be missed, and so may
            be a target that is touched but not crossed.
        base: Value in use.
        at_base: The quantity there.
        target: Its target; where this moves with the parameter, at the value in use.
    """

    parameter: str
    unit: str
    quantity: str
    quantity_unit: str
    roots: tuple[float, ...]
    stretches: tuple[tuple[float, float], ...]
    jumps: tuple[float, ...]
    sides: tuple[int, ...]
    low: float
    high: float
    base: float
    at_base: float
    target: float


def breakeven(
    study: Study,
    parameter: str,
    quantity: str = "npv",
    target: float = 0.0,
    other: Study | None = None,
    low: float | None = None,
    high: float | None = None,
) -> BreakEven:
    """All values of a parameter at which a quantity of the base design equals a target.

    Args:
        parameter: Name of a parameter, or of a quantity that is then given in place of its equation.
        target: Of the quantity; SI and USD.
        other: A study whose quantity of the same name is the target instead. The parameter is one number for both,
            unless the other study sets it itself or has no use for it.
        low, high: Range searched, SI and USD. If None, what is allowed for the parameter, or for a quantity that is
            computed from a thousandth to a thousandfold of its value.

    Raises:
        UserError: A name is unknown, the range is empty or not allowed, or nothing in it depends on the parameter.
        NotFinite: The quantity is no number anywhere in the range.
    """
    return _Search(study, parameter, quantity, target, other, low, high).at({})


@dataclass(frozen=True)
class BreakEvenMap:
    """Break-even values over those of a second parameter, and the quantity on the plane of both. SI and USD.

    Attributes:
        over: The second parameter; ``over_unit`` the unit in which people read it.
        values: Of it, ascending.
        lines: The break-even values at each.
        across: Values of the second parameter in the plane, array (x,).
        up: Values of the first parameter, array (y,).
        quantity: Array (y, x).
        target: Array (y, x).
    """

    over: str
    over_unit: str
    values: tuple[float, ...]
    lines: tuple[BreakEven, ...]
    across: Array
    up: Array
    quantity: Array
    target: Array


def breakeven_map(
    study: Study,
    parameter: str,
    over: str,
    values: Sequence[float],
    quantity: str = "npv",
    target: float = 0.0,
    other: Study | None = None,
    low: float | None = None,
    high: float | None = None,
) -> BreakEvenMap:
    """Break-even values of a parameter over those of a second one: where a plane of both is divided.

    Args:
        over: Name of the second parameter, or of a quantity that is then given; of the other study's too, on the same
            terms as the first.
        values: Its values, ascending; SI and USD.

    Raises:
        UserError, NotFinite: As ``breakeven``.
    """

    read = quantity_unit(study.arch, over)
    if over in (parameter, quantity):
        raise UserError(f"{over} is the {'parameter' if over == parameter else 'quantity'} itself; name another --over")
    _check(over, *values)
    search = _Search(study, parameter, quantity, target, other, low, high)
    if not search.depends(over):
        raise UserError(f"{quantity} does not depend on {over}")
    lines = tuple(search.at({over: value}) for value in values)
    # The plane shows what is searched if that was asked for; else twice as far as the values that were found.
    roots = [root for line in lines for root in line.roots]
    least, most = (min(roots, default=search.base), max(roots, default=search.base))
    reach = max(most - least, abs(most), abs(least)) / 2 or 1.0
    bottom = max(search.low, least - reach) if low is None else low
    top = min(search.high, most + reach) if high is None else high
    across, up = np.linspace(values[0], values[-1], MAP), np.linspace(bottom, top, MAP)
    x, y = np.meshgrid(across, up)
    return BreakEvenMap(
        over, read, tuple(values), lines, across, up, search.curve({over: x})(y), search.aim({over: x})(y)
    )


class _Search:
    """A quantity and its target over a parameter, other values being what they are or as given."""

    def __init__(
        self,
        study: Study,
        parameter: str,
        quantity: str,
        target: float,
        other: Study | None,
        low: float | None,
        high: float | None,
    ) -> None:
        model = study.arch.model
        if quantity not in model:
            raise UnknownName(quantity, "quantity", (eq.name for eq in model))
        self.study, self.parameter, self.quantity, self.target, self.other = study, parameter, quantity, target, other
        self.read = quantity_unit(study.arch, parameter)  # raises if there is no such name
        if parameter == quantity or not self.depends(parameter):
            raise UserError(f"{quantity} does not depend on {parameter}")
        if other is not None:
            _check_like(study, other, quantity)
        _check(parameter, low, high)
        self.base = float(study.evaluate()[parameter])
        self.low, self.high = _range(parameter, self.base, low, high)

    def depends(self, name: str) -> bool:
        """Whether the quantity depends on it."""
        return _depends(self.study, name, self.quantity, {self.parameter})

    def curve(self, fixed: Mapping[str, Array | float]) -> Curve:
        """The quantity of the base design, with some values as given."""
        return _curve(self.study, self.parameter, self.quantity, fixed)

    def aim(self, fixed: Mapping[str, Array | float]) -> Curve:
        """Its target; where another study gives it, what that does not set itself is as here."""

        if self.other is None:
            return lambda values: np.full(values.shape, self.target)
        other = self.other
        shared = {n: v for n, v in fixed.items() if _shares(other, n, self.quantity)}
        parameter = self.parameter if _shares(other, self.parameter, self.quantity) else None
        return _curve(other, parameter, self.quantity, shared)

    def at(self, fixed: Mapping[str, float]) -> BreakEven:
        """Where they meet.

        Raises:
            NotFinite: The quantity is no number anywhere in the range.
        """

        curve, aim = self.curve(fixed), self.aim(fixed)
        roots, stretches, jumps, sides = _crossings(
            lambda values: curve(values) - aim(values), _grid(self.low, self.high)
        )
        if not sides:
            span = f"from {format_range(self.low, self.high, self.read)}"
            raise NotFinite(f"{self.quantity} is no number for any {self.parameter} {span}")
        at = np.array([self.base])
        return BreakEven(
            parameter=self.parameter,
            unit=self.read,
            quantity=self.quantity,
            quantity_unit=self.study.arch.model[self.quantity].unit,
            roots=roots,
            stretches=stretches,
            jumps=jumps,
            sides=sides,
            low=self.low,
            high=self.high,
            base=self.base,
            at_base=float(curve(at)[0]),
            target=float(aim(at)[0]),
        )


def _depends(study: Study, name: str, quantity: str, given: Iterable[str] = ()) -> bool:
    """Whether a study's quantity depends on a name, further names being given."""
    order = study.arch.model.order({*study.settings, name, *given}, [quantity])
    return any(name in eq.inputs for eq in order)


def _shares(other: Study, name: str, quantity: str) -> bool:
    """Whether the other study takes a value from the first: it does not set it itself, and has a use for it."""
    return name not in other.parameters and name != quantity and _depends(other, name, quantity)


def _curve(study: Study, parameter: str | None, quantity: str, fixed: Mapping[str, Array | float]) -> Curve:
    """The quantity of a study's base design over values of a parameter; over nothing if that is None."""

    model = study.arch.model
    given = {name: s.value for name, s in study.settings.items()} | dict(fixed)

    def curve(values: Array) -> Array:
        varied = {} if parameter is None else {parameter: values}
        with np.errstate(all="ignore"):  # where there is no number, there is no crossing
            found = model.evaluate(given | varied, [quantity])[quantity]
        return np.broadcast_to(np.asarray(found, float), values.shape)

    return curve


def _check_like(study: Study, other: Study, quantity: str) -> None:
    """Raise UserError if the other study has no such quantity, or measures it in another dimension."""
    if quantity not in other.arch.model:
        raise UnknownName(quantity, f"quantity of {other.name}", (eq.name for eq in other.arch.model))
    ours, theirs = study.arch.model[quantity].unit, other.arch.model[quantity].unit
    if unit(ours).dimension != unit(theirs).dimension:
        raise UserError(f"{quantity} of {other.name} is given in {theirs}, no {ours}")


def _check(parameter: str, *limits: float | None) -> None:
    """Raise RangeError if the parameter has no range, or its range does not hold these limits."""
    known = parameters().get(parameter)
    if known is None:
        return
    if known.allowed is None:
        raise RangeError(f"{parameter} holds the coefficients of a fit")
    if known.whole or known.choices:
        raise RangeError(f"{parameter} takes only some values and crosses nothing between; evaluate each")
    for limit in limits:
        if limit is not None:
            known.check(limit)


def _range(parameter: str, base: float, low: float | None, high: float | None) -> tuple[float, float]:
    known = parameters().get(parameter)
    start, stop = sorted((base / REACH, base * REACH))
    if known is not None and known.allowed is not None:
        start, stop = known.allowed
    start, stop = start if low is None else low, stop if high is None else high
    if not start < stop:
        raise RangeError(f"{parameter}: nothing lies between the ends of the range searched; give --from and --to")
    return start, stop


def _grid(low: float, high: float) -> Array:
    """Values from low to high, dense at both scales; zero apart, logarithms start a billionth of the range from it."""

    even = np.linspace(low, high, POINTS // 2)
    least = (high - low) * 1e-9
    parts = [even]
    if high > 0:
        parts.append(np.geomspace(max(low, least), high, POINTS // 2))
    if low < 0:
        parts.append(-np.geomspace(max(-high, least), -low, POINTS // 2))
    return np.unique(np.clip(np.concatenate(parts), low, high))


def _crossings(
    difference: Curve, grid: Array
) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...], tuple[float, ...], tuple[int, ...]]:
    """Roots, stretches of zeros as far as the grid has them, jumps, and the signs between them."""
    from scipy.optimize import brentq

    values = difference(grid)
    kept = np.isfinite(values)
    # Infinity has a side but no place to look for a root beside it.
    signs = np.where(np.isnan(values), 0, np.sign(values)).astype(int)
    zeros = np.flatnonzero(values == 0)
    ends = [
        (float(x[0]), float(x[-1])) for x in np.split(grid[zeros], np.flatnonzero(np.diff(zeros) > 1) + 1) if len(x)
    ]
    stretches = tuple((low, high) for low, high in ends if low < high)
    roots = [low for low, high in ends if low == high]
    jumps: list[float] = []
    for i in np.flatnonzero(kept[:-1] & kept[1:] & (signs[:-1] * signs[1:] < 0)):
        a, b = float(grid[i]), float(grid[i + 1])
        size = max(abs(values[i]), abs(values[i + 1]))
        try:
            x = brentq(
                lambda x: float(difference(np.array([x]))[0]), a, b, xtol=max((b - a) * 1e-13, 1e-300), rtol=1e-14
            )
        except ValueError:  # no number in between: it changes sides as across a gap of the grid
            continue
        met = abs(float(difference(np.array([x]))[0])) <= 1e-6 * size
        (roots if met else jumps).append(float(x))
    seen = [int(sign) for sign in signs if sign]
    sides = tuple(sign for i, sign in enumerate(seen) if i == 0 or sign != seen[i - 1])
    return tuple(sorted(roots)), stretches, tuple(sorted(jumps)), sides or ((0,) if roots or stretches else ())
