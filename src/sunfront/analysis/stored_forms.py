"""What a certificate holds of a catalogue and of claims: coefficients as numbers, in the format of the checker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sunfront.arrays import Array
from sunfront.engines.exact.box_proofs import denominators_of
from sunfront.engines.exact.catalogue import Amount, Catalogue
from sunfront.engines.exact.dual_proofs import DualProver
from sunfront.engines.exact.forms import LinearForm

#: Numbers of trials in a catalogue by the score that they try; by number of the objective that is a root.
Trials = Mapping[int, Mapping[float, int]]


def stored_forms(
    catalogue: Catalogue, prover: DualProver, objectives: Sequence[str], trials: Trials = MappingProxyType({})
) -> dict[str, Any]:
    """The coefficients of a catalogue.

    Args:
        objectives: Names of those of the claims.
    """
    of_row = {name: i for i, (name, _) in enumerate(denominators_of(catalogue))}
    names = [str(c) for c in catalogue.rows]
    rows = [
        {
            "name": names[i] if i < len(names) else "",
            "denominator": None if plain else of_row[names[i]],
            **_stored(form),
        }
        for i, (form, plain) in enumerate(zip(prover.forms, prover.plain, strict=True))
    ]

    def objective(i: int) -> dict[str, Any]:
        o, name = catalogue.objectives[i], objectives[i]
        if i in trials:
            tried = [{"at": at, **_stored(catalogue.objectives[k].numerator)} for at, k in trials[i].items()]
            return {"name": name, "trials": tried}
        below = None if o.denominator is None else of_row[o.name]
        found = {"name": name, "scale": o.scale, "numerator": _stored(o.numerator), "denominator": below}
        return found if o.highest is None else {**found, "highest": _stored(o.highest)}

    count = catalogue.count
    return {
        "options": catalogue.size,
        "count": _variable(count) if isinstance(count, Amount) else count.tolist(),
        "amounts": [_variable(amount) for amount in catalogue.amounts],
        "envelopes": prover.envelopes,
        "rows": rows,
        "objectives": [objective(i) for i in range(len(objectives))],
        "denominators": [_stored(form) for _, form in denominators_of(catalogue)],
    }


def stored_score(objective: int, floors: Mapping[int, float], bound: float, count: int) -> dict[str, Any]:
    """A claim about a score.

    Args:
        count: Number of objectives.
    """
    stated = None if bound == -math.inf else bound
    return {"objective": objective, "floors": [floors.get(j) for j in range(count)], "bound": stated}


def _variable(amount: Amount) -> dict[str, Any]:
    v = amount.variable
    return {
        "name": v.name,
        "low": float(v.low),
        "high": float(v.last),
        "step": None if v.step is None else float(v.step),
    }


def _stored(form: LinearForm) -> dict[str, Any]:
    """A form as stored: a coefficient that all options share once."""

    def compact(values: Array) -> Any:
        return float(values[0]) if (values == values[0]).all() else values.tolist()

    return {"terms": [compact(c) for c in form.coefficients], "constant": compact(form.constant)}


def are_close(one: Any, other: Any) -> bool:
    """Whether two parts of certificates differ by rounding only, as between machines."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_close, one, other))
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-12)
    return bool(one == other)
