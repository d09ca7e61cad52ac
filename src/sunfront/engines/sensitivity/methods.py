"""Methods of sensitivity analysis: one at a time (tornado), Morris screening, Sobol indices.

Each method takes a function of the uncertain parameters, and the parameters with their distributions. It returns one
row for each parameter, the most important first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import UserError
from sunfront.problem.findings import MorrisEffect, Sensitivity, SobolIndex, TornadoBar
from sunfront.problem.uncertainty import UncertainParameter
from sunfront.units import unit, unit_label

if TYPE_CHECKING:
    #: The quantity studied: maps an array (samples,) for each parameter to an array (samples,).
    Function = Callable[[Mapping[str, Array]], Array]

#: Quantiles between which the tornado and Morris move a parameter.
QUANTILES = (0.1, 0.9)

#: Levels of Morris's grid between these quantiles; the usual choice.
LEVELS = 4

#: An index whose confidence interval lies below this is settled: the parameter does not matter.
NEGLIGIBLE = 0.01

#: An index whose confidence interval is wider than this does not rank the parameter.
WIDE = 0.1

#: Bootstrap resamples from which a 95 % confidence interval is computed.
RESAMPLES = 200


def tornado(function: Function, parameters: Sequence[UncertainParameter]) -> tuple[TornadoBar, ...]:
    """Evaluate the function at the 10th and 90th percentile of each parameter, the others at their nominal values.

    Source: Clemen and Reilly, Making Hard Decisions (2013) ch. 5.
    """
    count = 2 * len(parameters)
    given = {p.name: np.full(count, p.nominal) for p in parameters}
    for i, p in enumerate(parameters):
        given[p.name][2 * i : 2 * i + 2] = p.distribution.quantile(np.array(QUANTILES))
    found = function(given)
    rows = [
        TornadoBar(
            parameter=p.name,
            display_unit=p.unit,
            low=float(given[p.name][2 * i]),
            high=float(given[p.name][2 * i + 1]),
            at_low=float(found[2 * i]),
            at_high=float(found[2 * i + 1]),
        )
        for i, p in enumerate(parameters)
    ]
    return tuple(sorted(rows, key=lambda row: -abs(row.at_high - row.at_low)))


def morris(
    function: Function, parameters: Sequence[UncertainParameter], samples: int, seed: int
) -> tuple[MorrisEffect, ...]:
    """Compute Morris's elementary effects between the 10th and 90th percentile of each parameter.

    Args:
        samples: Trajectories; each evaluates the function (parameters + 1) times.

    Returns:
        Rows with ``mu_star``, the mean absolute effect (a change of the function over the whole range), and the half
        width ``interval`` of its 95 % confidence interval; ``mu``, the mean effect; and ``sigma``, the standard
        deviation of the effects, which is large if they depend on other parameters. ``settled`` is false if the
        interval is wider than both ``mu_star`` and NEGLIGIBLE times the largest ``mu_star``.

    Source: Morris, Technometrics 33 (1991) 161-174; Campolongo, Cariboni and Saltelli, Environmental Modelling &
    Software 22 (2007) 1509-1518.
    """
    from SALib.analyze import morris as analyze
    from SALib.sample import morris as sample

    space = _salib_problem(parameters)
    points = sample.sample(space, samples, num_levels=LEVELS, seed=seed)
    values = _evaluate(function, parameters, QUANTILES[0] + points * (QUANTILES[1] - QUANTILES[0]))
    found = analyze.analyze(space, points, values, num_resamples=RESAMPLES, num_levels=LEVELS, seed=seed)
    largest = float(max(found["mu_star"]))
    rows = []
    for i, p in enumerate(parameters):
        mu_star, interval = float(found["mu_star"][i]), float(found["mu_star_conf"][i])
        settled = interval <= max(mu_star, NEGLIGIBLE * largest)
        rows.append(MorrisEffect(p.name, mu_star, interval, float(found["mu"][i]), float(found["sigma"][i]), settled))
    return tuple(sorted(rows, key=lambda row: -row.mu_star))


def sobol(
    function: Function, parameters: Sequence[UncertainParameter], samples: int, seed: int
) -> tuple[SobolIndex, ...]:
    """Compute Sobol indices: fractions of the function's variance due to each parameter.

    Args:
        samples: Base samples, a power of two; each evaluates the function (parameters + 2) times.

    Returns:
        Rows with ``first``, the fraction due to a parameter alone, ``total``, interactions included, and the half
        widths of their 95 % confidence intervals. ``settled`` is false if an index has not converged: it lies outside
        0 to 1 by more than its interval; or it is not negligible, and its interval is wider than the index or WIDE.

    Source: Sobol, Mathematics and Computers in Simulation 55 (2001) 271-280; Saltelli et al., Computer Physics
    Communications 181 (2010) 259-270.
    """
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    space = _salib_problem(parameters)
    points = sample.sample(space, samples, calc_second_order=False, seed=seed)
    values = _evaluate(function, parameters, points + 2.0**-31)  # never 0, where the quantile of a normal is infinite
    # SALib treats a seed of zero as no seed.
    found = analyze.analyze(space, values, calc_second_order=False, num_resamples=RESAMPLES, seed=seed + 1)
    rows = []
    for i, p in enumerate(parameters):
        first, first_interval = float(found["S1"][i]), float(found["S1_conf"][i])
        total, total_interval = float(found["ST"][i]), float(found["ST_conf"][i])
        settled = _is_settled(first, first_interval) and _is_settled(total, total_interval)
        rows.append(SobolIndex(p.name, first, first_interval, total, total_interval, settled))
    return tuple(sorted(rows, key=lambda row: -row.total))


#: Values of a bar that are values of the quantity.
_OF_QUANTITY = ("at_low", "at_high", "reoptimized_at_low", "reoptimized_at_high")


def display_rows(found: Sensitivity) -> list[dict[str, Any]]:
    """Return the rows of a table: values in display units, and the units in columns of their own.

    Sobol indices are shares, so estimates below 0 or above 1 are shown as 0 or 1; the record keeps them as they are.
    """
    quantity_unit = unit(found.display_unit)
    rows = []
    for row in found.rows:
        shown: dict[str, Any] = {}
        for key, value in vars(row).items():
            if key.startswith("reoptimized") and found.reoptimized_base is None:
                continue
            if isinstance(row, TornadoBar) and isinstance(value, float) and key in ("low", "high"):
                shown[key] = unit(row.display_unit).from_si(value)
            elif isinstance(value, float) and key in _OF_QUANTITY:
                shown[key] = quantity_unit.from_si(value)
            elif isinstance(row, MorrisEffect) and isinstance(value, float):
                shown[key] = value / quantity_unit.factor  # differences
            elif isinstance(row, SobolIndex) and key in ("first", "total"):
                shown[key] = min(max(value, 0.0), 1.0)
            else:
                shown |= {"unit": unit_label(value)} if key == "display_unit" else {key: value}
        rows.append({**shown, "quantity": found.quantity, "quantity_unit": unit_label(found.display_unit)})
    return rows


def _is_settled(index: float, interval: float) -> bool:
    if index + interval < 0 or index - interval > 1:
        return False
    return interval <= min(index, WIDE) or index + interval <= NEGLIGIBLE


def _salib_problem(parameters: Sequence[UncertainParameter]) -> dict[str, Any]:
    """Return SALib's description of the unit cube; our distributions map it to values."""
    return {
        "num_vars": len(parameters),
        "names": [p.name for p in parameters],
        "bounds": [[0.0, 1.0]] * len(parameters),
    }


def _evaluate(function: Function, parameters: Sequence[UncertainParameter], points: Array) -> Array:
    """Evaluate the function at points of the unit cube, array (samples, parameters).

    Raises:
        UserError: All values are equal.
    """
    values = function({p.name: p.distribution.quantile(points[:, i]) for i, p in enumerate(parameters)})
    if values.max() == values.min():
        message = "the quantity is the same in every sample; study one that an uncertain parameter changes"
        raise UserError(message, ("engine",))
    return values
