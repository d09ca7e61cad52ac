"""Which of the uncertain numbers matter: one at a time, by Morris's screening, by Sobol's indices.

Each method takes a function of the uncertain parameters and their distributions, and yields a row for each parameter,
the one that matters most first.
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
    #: What is studied: for each parameter an array (samples,), to an array (samples,).
    Function = Callable[[Mapping[str, Array]], Array]

#: Percentiles between which a parameter is moved one at a time and by Morris: a tenth lies beyond either.
ENDS = (0.1, 0.9)

#: Levels of Morris's grid between these, as usual.
LEVELS = 4

#: An index whose interval lies below this is settled: the parameter does not matter.
NEGLIGIBLE = 0.01

#: An index whose interval is wider than this tells no order of importance.
WIDE = 0.1

#: Repetitions of the bootstrap behind a confidence interval, which is one of 95 %.
RESAMPLES = 200


def tornado(function: Function, parameters: Sequence[UncertainParameter]) -> tuple[TornadoBar, ...]:
    """One at a time: the function at the 10th and the 90th percentile of each parameter, the others at nominal values.

    Source: Clemen and Reilly, Making Hard Decisions (2013) ch. 5.
    """

    count = 2 * len(parameters)
    given = {p.name: np.full(count, p.nominal) for p in parameters}
    for i, p in enumerate(parameters):
        given[p.name][2 * i : 2 * i + 2] = p.distribution.quantile(np.array(ENDS))
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
    """Morris's elementary effects, from the 10th to the 90th percentile of each parameter.

    Args:
        samples: Trajectories; the function is evaluated (parameters + 1) times for each.

    Returns:
        Rows with ``mu_star``, the mean size of an effect (a change of the function over the whole range) and its 95 %
        ``interval``, ``mu``, the mean effect, and ``sigma``, their deviation: large where they depend on the others.

    Source: Morris, Technometrics 33 (1991) 161-174; Campolongo, Cariboni and Saltelli, Environmental Modelling &
    Software 22 (2007) 1509-1518.
    """
    from SALib.analyze import morris as analyze
    from SALib.sample import morris as sample

    space = _space(parameters)
    points = sample.sample(space, samples, num_levels=LEVELS, seed=seed)
    values = _values(function, parameters, ENDS[0] + points * (ENDS[1] - ENDS[0]))
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
    """Sobol's indices: shares of the function's variance over the distributions.

    Args:
        samples: A power of two; the function is evaluated (parameters + 2) times for each.

    Returns:
        Rows with ``first`` (the share that a parameter has alone), ``total`` (with its part in interactions) and their
        95 % intervals (half widths); ``settled`` is false where an index is not converged: outside of 0 to 1 by more
        than its interval, smaller than its interval and not negligible, or known no closer than WIDE.

    Source: Sobol, Mathematics and Computers in Simulation 55 (2001) 271-280; Saltelli et al., Computer Physics
    Communications 181 (2010) 259-270.
    """
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    space = _space(parameters)
    points = sample.sample(space, samples, calc_second_order=False, seed=seed)
    values = _values(function, parameters, points + 2.0**-31)  # never 0, of which a normal's quantile is infinite
    # SALib takes a seed of zero for none.
    found = analyze.analyze(space, values, calc_second_order=False, num_resamples=RESAMPLES, seed=seed + 1)
    rows = []
    for i, p in enumerate(parameters):
        first, first_interval = float(found["S1"][i]), float(found["S1_conf"][i])
        total, total_interval = float(found["ST"][i]), float(found["ST_conf"][i])
        settled = _settled(first, first_interval) and _settled(total, total_interval)
        rows.append(SobolIndex(p.name, first, first_interval, total, total_interval, settled))
    return tuple(sorted(rows, key=lambda row: -row.total))


def display_rows(found: Sensitivity) -> list[dict[str, Any]]:
    """The rows as tables show them: values in display units, the units in columns of their own."""
    of = unit(found.display_unit)
    rows = []
    for row in found.rows:
        shown: dict[str, Any] = {}
        for key, value in vars(row).items():
            if key.startswith("reoptimized") and found.reoptimized_base is None:
                continue
            if isinstance(row, TornadoBar) and isinstance(value, float) and key in ("low", "high"):
                shown[key] = unit(row.display_unit).from_si(value)
            elif isinstance(value, float) and "at_" in key:
                shown[key] = of.from_si(value)
            elif isinstance(row, MorrisEffect) and isinstance(value, float):
                shown[key] = value / of.factor  # differences
            else:
                shown |= {"unit": unit_label(value)} if key == "display_unit" else {key: value}
        rows.append({**shown, "quantity": found.quantity, "quantity_unit": unit_label(found.display_unit)})
    return rows


def _settled(index: float, interval: float) -> bool:
    if index + interval < 0 or index - interval > 1:
        return False
    return interval <= min(index, WIDE) or index + interval <= NEGLIGIBLE


def _space(parameters: Sequence[UncertainParameter]) -> dict[str, Any]:
    """The unit cube in SALib's terms; the distributions are ours."""
    return {
        "num_vars": len(parameters),
        "names": [p.name for p in parameters],
        "bounds": [[0.0, 1.0]] * len(parameters),
    }


def _values(function: Function, parameters: Sequence[UncertainParameter], shares: Array) -> Array:
    values = function({p.name: p.distribution.quantile(shares[:, i]) for i, p in enumerate(parameters)})
    if values.max() == values.min():
        raise UserError("the quantity is the same in every sample: nothing uncertain moves it")
    return values
