"""The value of a parameter at which a quantity reaches a target, or equals that of another study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sunfront.architectures import quantity_unit
from sunfront.errors import NotFinite, RangeError, UnknownName, UserError
from sunfront.parameters import parameters
from sunfront.study import Study
from sunfront.units import show, unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

    #: Values of the parameter, array (values,), to those of a quantity.
    Curve = Callable[[Array], Array]

#: Values of the parameter between which crossings are looked for: half evenly spread, half by their logarithm.
POINTS = 2048

#: Range of a quantity that is computed, and so has no range of its own: this factor of its base value down and up.
REACH = 1000.0


@dataclass(frozen=True)
class BreakEven:
    """Where a quantity crosses its target. Values are SI and USD.

    Attributes:
        roots: Values of the parameter, ascending, at which the quantity equals its target.
        jumps: Values at which the quantity leaps across its target without meeting it.
        sides: Signs of the quantity less its target (1, -1), before, between and after roots and jumps.
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
    import numpy as np

    model = study.arch.model
    if quantity not in model:
        raise UnknownName(quantity, "quantity", (eq.name for eq in model))
    read = quantity_unit(study.arch, parameter)  # raises if there is no such name
    curve = _curve(study, parameter, quantity)
    if curve is None:
        raise UserError(f"{quantity} does not depend on {parameter}")
    _check(parameter, low, high)
    base = float(study.evaluate()[parameter])
    start, stop = _range(parameter, base, low, high)
    aim: Curve = lambda values: np.full(values.shape, target)  # noqa: E731  a curve like the other
    if other is not None:
        aim = _aim(other, parameter, quantity, model[quantity].unit)
    roots, jumps, sides = _crossings(lambda values: curve(values) - aim(values), _grid(start, stop))
    if not sides:
        raise NotFinite(f"{quantity} is no number for any {parameter} from {show(start, read)} to {show(stop, read)}")
    at = np.array([base])
    return BreakEven(
        parameter=parameter,
        unit=read,
        quantity=quantity,
        quantity_unit=model[quantity].unit,
        roots=roots,
        jumps=jumps,
        sides=sides,
        low=start,
        high=stop,
        base=base,
        at_base=float(curve(at)[0]),
        target=float(aim(at)[0]),
    )


def _curve(study: Study, parameter: str, quantity: str) -> Curve | None:
    """The quantity of a base design over values of the parameter; None if it does not depend on it."""
    import numpy as np

    model = study.arch.model
    given = {name: s.value for name, s in study.settings.items()}
    order = model.order({*given, parameter}, [quantity])
    if parameter == quantity or not any(parameter in eq.inputs for eq in order):
        return None

    def curve(values: Array) -> Array:
        with np.errstate(all="ignore"):  # where there is no number, there is no crossing
            found = model.evaluate(given | {parameter: values}, [quantity])[quantity]
        return np.broadcast_to(np.asarray(found, float), values.shape)

    return curve


def _aim(other: Study, parameter: str, quantity: str, read: str) -> Curve:
    """The quantity of the other study as a target."""
    import numpy as np

    if quantity not in other.arch.model:
        raise UnknownName(quantity, f"quantity of {other.name}", (eq.name for eq in other.arch.model))
    if unit(other.arch.model[quantity].unit).dimension != unit(read).dimension:
        raise UserError(f"{quantity} of {other.name} is given in {other.arch.model[quantity].unit}, no {read}")
    if parameter not in other.parameters and (curve := _curve(other, parameter, quantity)) is not None:
        return curve
    fixed = float(other.evaluate()[quantity])
    return lambda values: np.full(values.shape, fixed)


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
    import numpy as np

    even = np.linspace(low, high, POINTS // 2)
    least = (high - low) * 1e-9
    parts = [even]
    if high > 0:
        parts.append(np.geomspace(max(low, least), high, POINTS // 2))
    if low < 0:
        parts.append(-np.geomspace(max(-high, least), -low, POINTS // 2))
    return np.unique(np.clip(np.concatenate(parts), low, high))


def _crossings(difference: Curve, grid: Array) -> tuple[tuple[float, ...], tuple[float, ...], tuple[int, ...]]:
    """Roots, jumps, and the signs between them."""
    import numpy as np
    from scipy.optimize import brentq

    values = difference(grid)
    kept = np.isfinite(values)
    # Infinity has a side but no place to look for a root beside it.
    signs = np.where(np.isnan(values), 0, np.sign(values)).astype(int)
    roots = [float(x) for x in grid[kept & (values == 0)]]
    jumps: list[float] = []
    for i in np.flatnonzero(kept[:-1] & kept[1:] & (signs[:-1] * signs[1:] < 0)):
        a, b = float(grid[i]), float(grid[i + 1])
        size = max(abs(values[i]), abs(values[i + 1]))
        x = brentq(lambda at: float(difference(np.array([at]))[0]), a, b, xtol=max((b - a) * 1e-13, 1e-300), rtol=1e-14)
        met = abs(float(difference(np.array([x]))[0])) <= 1e-6 * size
        (roots if met else jumps).append(float(x))
    seen = [int(sign) for sign in signs if sign]
    sides = tuple(sign for i, sign in enumerate(seen) if i == 0 or sign != seen[i - 1])
    return tuple(sorted(roots)), tuple(sorted(jumps)), sides or ((0,) if roots else ())
