"""Products whose design is that of a finished run: the data of a plan with what the runs say in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from sunfront.errors import UserError
from sunfront.study.plan_specs import DesignSpec

#: Gives the architecture, presets, parameters and note of a design, as in a file, from the name of a run and a row.
Designs = Callable[[str, "int | str"], Mapping[str, Any]]


def with_designs(data: Mapping[str, Any], designs: Designs) -> dict[str, Any]:
    """Replace each ``design`` of a product by the architecture, presets and parameters of its run.

    What the product itself says, and what the plan says for all products, comes before what the run says. What has not
    the form of a plan is left as it is, for others to complain of.

    Raises:
        UserError: There is no such run or design; with the path of the key.
    """
    products = data.get("products")
    if not isinstance(products, Mapping):
        return dict(data)
    shared = {name for key in ("parameters", "timelines") for name in _entries(data.get(key))}
    return {**data, "products": {name: _with_design(name, each, shared, designs) for name, each in products.items()}}


def _with_design(name: str, product: Any, shared: set[str], designs: Designs) -> Any:
    if not isinstance(product, Mapping) or not isinstance(product.get("design"), Mapping):
        return product
    try:
        spec = DesignSpec.model_validate(product["design"])
    except ValidationError:
        return product
    path = ("products", name)
    try:
        found = designs(spec.run, spec.row)
    except UserError as error:
        raise error.under(*path, "design") from None
    given = product.get("architecture", found["architecture"])
    if given != found["architecture"]:
        raise UserError(
            f"the run {spec.run} is of the architecture {found['architecture']}; leave architecture out",
            (*path, "architecture"),
        )
    own = product.get("presets", [])
    presets = [own] if isinstance(own, (str, Mapping)) else own
    if not isinstance(presets, list) or not isinstance(product.get("parameters", {}), Mapping):
        return product
    mine = [_name(item) for item in presets]
    theirs = [item for item in found["presets"] if _name(item) not in mine]
    shared = shared | _entries(product.get("timelines"))
    kept = {key: value for key, value in found["parameters"].items() if key not in shared}
    return {
        "note": found["note"],
        **{key: value for key, value in product.items() if key != "design"},
        "architecture": given,
        "presets": [*theirs, *presets],
        "parameters": {**kept, **product.get("parameters", {})},
    }


def _entries(value: Any) -> set[str]:
    return set(value) if isinstance(value, Mapping) else set()


def _name(preset: Any) -> Any:
    return preset.get("name") if isinstance(preset, Mapping) else preset
