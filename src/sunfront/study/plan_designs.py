"""Products whose design is that of a finished run: the data of a plan with what the runs say in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from sunfront.errors import Path, UserError
from sunfront.study.plan_specs import DesignSpec, Rows

#: Gives the designs of a run, by its name and rows: of each its row, and the architecture, presets, parameters and note
#: as in a file.
Designs = Callable[[str, Rows], Sequence[tuple[int, Mapping[str, Any]]]]


def with_designs(data: Mapping[str, Any], designs: Designs) -> dict[str, Any]:
    """Replace each ``design`` of a product by the architecture, presets and parameters of its run.

    A product with several rows becomes a product for each, ``bus_0``, ``bus_1``, which share the product's supplies.
    What the product itself says, and what the plan says for all products, comes before what the run says. What has not
    the form of a plan is left as it is, for others to complain of.

    Raises:
        UserError: There is no such run or design; with the path of the key.
    """
    products = data.get("products")
    if not isinstance(products, Mapping):
        return dict(data)
    shared = {name for key in ("parameters", "timelines") for name in _entries(data.get(key))}
    found: dict[str, Any] = {}
    groups: dict[str, list[str]] = {}
    for name, product in products.items():
        mine = _with_designs(name, product, shared, designs)
        if clash := sorted(mine.keys() & (found.keys() | products.keys() - {name})):
            raise UserError(f"a design of {name} would be called {clash[0]}, as another product", ("products", name))
        found |= mine
        if name not in mine:
            groups[name] = list(mine)
    return {**data, "products": found, **_supplies(data.get("supply"), groups)}


def written_names(data: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The product of which each design is one, by the name that ``with_designs`` gave the design.

    Args:
        data: As ``with_designs`` returns it.
        given: As written.
    """
    written, products = given.get("products"), data.get("products")
    if not isinstance(written, Mapping) or not isinstance(products, Mapping):
        return {}
    return {name: values["group"] for name, values in products.items() if name not in written and "group" in values}


def as_written(path: Path, names: Mapping[str, str]) -> Path:
    """Keys that lead to an entry of the file, from those after ``with_designs``.

    Args:
        names: As of ``written_names``.
    """
    is_design = path[:1] == ("products",) and len(path) > 1 and path[1] in names
    return ("products", names[str(path[1])], *path[2:]) if is_design else path


def _supplies(supply: Any, groups: Mapping[str, list[str]]) -> dict[str, Any]:
    """The supplies with the designs of a product in its place."""
    if not groups or not isinstance(supply, Mapping):
        return {}
    found = {}
    for name, spec in supply.items():
        names = spec.get("products") if isinstance(spec, Mapping) else None
        names = [names] if isinstance(names, str) else names
        if isinstance(names, list) and all(isinstance(each, str) for each in names):
            spec = {**spec, "products": [mine for each in names for mine in groups.get(each, [each])]}
        found[name] = spec
    return {"supply": found}


def _with_designs(name: str, product: Any, shared: set[str], designs: Designs) -> dict[str, Any]:
    """The products in the place of one, by name."""
    if not isinstance(product, Mapping) or not isinstance(product.get("design"), Mapping):
        return {name: product}
    try:
        spec = DesignSpec.model_validate(product["design"])
    except ValidationError:
        return {name: product}
    path = ("products", name)
    try:
        found = designs(spec.run, spec.row)
    except UserError as error:
        raise error.under(*path, "design") from None
    if not spec.is_several:
        return {name: _with_design(product, found[0][1], shared, path)}
    if "at_most" in product:
        raise UserError("at_most is of one design; with several rows, limit them by a supply", (*path, "at_most"))
    each = {f"{name}_{row}": _with_design(product, values, shared, path) for row, values in found}
    return {key: {**values, "group": name} if isinstance(values, Mapping) else values for key, values in each.items()}


def _with_design(product: Mapping[str, Any], found: Mapping[str, Any], shared: set[str], path: tuple[str, str]) -> Any:
    given = product.get("architecture", found["architecture"])
    if given != found["architecture"]:
        raise UserError(
            f"{found['note']} is of the architecture {found['architecture']}; leave architecture out",
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
