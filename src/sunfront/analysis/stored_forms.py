"""What a certificate holds of a catalogue and of claims: coefficients as numbers, in the format of the checker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Amount
from sunfront.engines.exact.dual_proofs import DualProver
from sunfront.engines.exact.forms import LinearForm

#: Numbers of trials in a catalogue by the score that they try; by number of the objective that is a root.
Trials = Mapping[int, Mapping[float, int]]


def stored_forms(
    prover: DualProver, objectives: Sequence[str], trials: Trials = MappingProxyType({})
) -> dict[str, Any]:
    """The forms of a catalogue.

    Args:
        objectives: Names of those of the claims.
    """
    catalogue, forms = prover.catalogue, list[dict[str, Any]]()
    fixed = [] if isinstance(catalogue.count, Amount) else [0.0]  # of a number of nodes that is no column

    def stored(name: str, form: LinearForm, scale: float = 1.0) -> int:
        """Store a form; return its number."""
        terms = [_compact(scale * c) for c in (*form.coefficients, form.constant)]
        forms.append({"name": name, "terms": [*fixed, *terms]})
        return len(forms) - 1

    for name, form in prover.rows:
        stored(name, form)
    denominators = [stored("denominator", form) for form in prover.denominators]
    stated: list[dict[str, Any]] = []
    for i, name in enumerate(objectives):
        o = catalogue.objectives[i]
        if i in trials:
            tried = [[at, stored(name, catalogue.objectives[k].numerator)] for at, k in trials[i].items()]
            stated.append({"name": name, "trials": tried})
        else:
            number = stored(name, o.numerator, o.scale)
            stated.append({"name": name, "numerator": number, "denominators": prover.below[i]})
    return {
        "options": catalogue.size,
        "variables": [_variable(amount) for amount in (catalogue.count, *catalogue.amounts)],
        "envelopes": prover.envelopes,
        "forms": forms,
        "plain": prover.plain,
        "rows": len(prover.rows),
        "denominators": denominators,
        "objectives": stated,
    }


def stored_positive(part: Mapping[str, Any], proofs: Sequence[tuple[list[Any], list[Any]]]) -> list[dict[str, Any]]:
    """Claims that denominators are positive, with their vectors and proofs.

    Args:
        part: As ``stored_forms``.
        proofs: Of each denominator.
    """
    pairs = zip(part["denominators"], proofs, strict=True)
    return [{"positive": number, "vectors": vectors, "proofs": found} for number, (vectors, found) in pairs]


def stored_score(objective: int, floors: Mapping[int, float], bound: float, count: int) -> dict[str, Any]:
    """A claim about a score.

    Args:
        count: Number of objectives.
    """
    stated = None if bound == -math.inf else bound
    return {"objective": objective, "floors": [floors.get(j) for j in range(count)], "bound": stated}


def _variable(amount: Amount | Array) -> dict[str, Any]:
    """An amount, or numbers of nodes that options fix."""
    if not isinstance(amount, Amount):
        return {"name": "nodes", "low": _compact(amount), "high": _compact(amount), "step": None}
    v = amount.variable
    step = None if v.step is None else float(v.step)
    return {"name": v.name, "low": float(v.low), "high": float(v.last), "step": step}


def _compact(values: Array) -> Any:
    """Numbers of options: one if all are the same."""
    return float(values[0]) if (values == values[0]).all() else values.tolist()


def are_close(one: Any, other: Any) -> bool:
    """Whether two parts of certificates differ by rounding only, as between machines."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_close, one, other))
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-12)
    return bool(one == other)
