"""Resolve which products of a plan learn together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sunfront.cash_flow.learning import check_shared
from sunfront.errors import UnknownName, UserError
from sunfront.problem.plan import Learned, Product
from sunfront.study.plan_specs import PlanKeys, ProductSpec


def learned(keys: PlanKeys, name: str, spec: ProductSpec) -> dict[Learned, tuple[str, ...]]:
    """What a product learns, alone or with others, with the keys that say so."""
    own: dict[Learned, tuple[str, ...]] = dict.fromkeys(spec.learning, ("products", name, "learning"))
    written = spec.group or name
    shared = {kind: ("learning", kind) for kind, curves in keys.learning.curves.items() if written in sum(curves, ())}
    return {**shared, **own}


def resolve_shared(
    keys: PlanKeys, products: Sequence[Product], groups: Mapping[str, Collection[str]]
) -> tuple[tuple[Learned, tuple[str, ...]], ...]:
    """Resolve the key ``learning`` of a plan: the kind of each curve, and the names of the products that share it.

    Args:
        groups: Products by the name in the file, of which one may stand for several designs.

    Raises:
        UserError: A name is unknown or stands twice, or products have different curves; with the path of the key.
    """
    by_name, found = {p.name: p for p in products}, []
    for kind, curves in keys.learning.curves.items():
        path, every = ("learning", kind), sum(curves, ())
        for name in every:
            if name not in groups:
                raise UnknownName(name, "product", groups, path)
            if every.count(name) > 1:
                raise UserError(f"{name} stands twice; a product learns {kind} along one curve", path)
        for curve in curves:
            names = tuple(each for name in curve for each in groups[name])
            try:
                check_shared(kind, [by_name[name] for name in names])
            except UserError as error:
                raise error.under(*path) from None
            found.append((kind, names))
    return tuple(found)
