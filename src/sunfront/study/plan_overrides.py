"""Values of a plan that are set on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sunfront.errors import UnknownName, UserError
from sunfront.study.overrides import given_twice, split_overrides, value_of
from sunfront.study.plan_specs import PlanKeys, ProductSpec


def override(data: dict[str, Any], overrides: Sequence[str]) -> list[tuple[str, ...]]:
    """Set values in the data of a file, as ``--set`` on the command line; return their keys.

    Raises:
        UserError: A text is no name with a value, a name is unknown, or two texts set one value.
    """
    written: dict[tuple[str, ...], tuple[str, str]] = {}
    for name, value in split_overrides(overrides, "discount_rate=12 %/year"):
        keys = _place(data, name)
        if keys in written:
            raise given_twice(*written[keys], name, value)
        written[keys] = name, value
        _set(data, keys, name, value)
    return [*written]


def _place(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the keys that lead to what a name means."""
    first, *rest = name.split(".")
    if first in data.get("products", {}):
        if rest and rest[0] not in ProductSpec.model_fields:
            rest = ["parameters", *rest]
        above, example = "products", "at_most"
    elif first in data.get("supply", {}):
        above, example = "supply", "offered"
    elif first in PlanKeys.model_fields:
        if not rest and first not in ("objectives", "constraints", "question"):
            raise UserError(f"--set {first}: write the key below it too, as --set {first}.KEY=...")
        return (first, *rest)
    elif not rest:
        return ("parameters", first)
    else:
        raise UnknownName(
            first,
            "product, supply or key",
            {*data.get("products", {}), *data.get("supply", {}), *PlanKeys.model_fields} - {"name"},
        )
    if not rest:
        raise UserError(f"--set {first}: write the key below it too, such as --set {first}.{example}=...")
    return (above, first, *rest)


def _set(data: dict[str, Any], keys: Sequence[str], name: str, value: str) -> None:
    *above, last = keys
    target: Any = data
    for key in above:
        if target.get(key) is None:
            target[key] = {}  # a key without a value
        target = target[key]
        if not isinstance(target, dict):
            raise UserError(f"--set {name}: there is no {last} under {key}")
    target[last] = value_of(name, value)
    if above and above[-1] == "parameters":
        holder = data if len(above) == 1 else data["products"][above[1]]
        holder.get("timelines", {}).pop(last, None)
