"""Values of a plan that are set on the command line."""

from __future__ import annotations

from typing import Any

from sunfront.errors import UnknownName, UserError, shortened
from sunfront.study.plan_specs import PlanKeys, ProductSpec


def override(data: dict[str, Any], text: str) -> None:
    """Set a value in the data of a file, as ``--set`` on the command line.

    Raises:
        UserError: The text is no name with a value, or the name is unknown.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise UserError(f"--set {shortened(text)!r}: write name=value, such as --set 'discount_rate=12 %/year'")
    first, *rest = name.split(".")
    if not rest:
        if first in ("objectives", "constraints", "question"):
            data[first] = value
            return
        if first in PlanKeys.model_fields:
            raise UserError(f"--set {first}: write the key below it too, such as --set {first}.limit=...")
        data.setdefault("parameters", {})[first] = value
        data.get("timelines", {}).pop(first, None)
        return
    places: dict[str, Any] = {**data.get("supply", {}), **data.get("products", {})}
    if first in data.get("products", {}) and rest[0] not in ProductSpec.model_fields:
        rest = ["parameters", *rest]
    if first in places:
        target = places[first]
    elif first in PlanKeys.model_fields:
        target = data.setdefault(first, {})
    else:
        raise UnknownName(first, "product, supply or key", {*places, *PlanKeys.model_fields} - {"name"})
    for key in rest[:-1]:
        target = target.setdefault(key, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise UserError(f"--set {name}: there is no {key}")
    if not isinstance(target, dict):
        raise UserError(f"--set {name}: there is no {rest[-1]}")
    target[rest[-1]] = value
