"""What nodes or launches of a product cost by how much of them was bought so far: the curves of the model itself.

A curve is a quantity of the model over the size of a campaign. What is bought in a period costs the difference of the
curve between what was bought before and after, so that one purchase costs what the campaign of a study costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.vintages import vintage_problem
from sunfront.errors import UserError
from sunfront.problem.plan import Learned, Product
from sunfront.problem.problem import as_columns

#: The quantity that a purchase is charged, of each kind of learning: of a campaign in sum, or for each launch.
CHARGED: Mapping[Learned, str] = {"nodes": "node_capex", "launches": "launch_specific_cost"}

#: Parameters of each curve that hold at all dates.
SHAPE: Mapping[Learned, tuple[str, ...]] = {
    "nodes": ("node_value_knots", "node_value_to_date", "node_learning_value", "node_learning_rate"),
    "launches": (
        "launched_mass_to_date",
        "launcher_reference_payload",
        "learning_anchor_cost",
        "learning_anchor_mass",
        "launch_cost_floor",
        "launch_learning_rate",
        "launch_cadence",
    ),
}


#: Amounts over which curves are compared, USD and launches; and the distance at which they are one, relative.
COMPARED: Mapping[Learned, tuple[float, float]] = {"nodes": (1e4, 1e14), "launches": (1e-3, 1e7)}
SAME = 1e-12

#: The parameter among ``SHAPE`` that cancels out of the curve of one product.
CANCELS = "launch_cadence"


@dataclass(frozen=True)
class Curve:
    """A learning curve of a product.

    What is bought is counted by its value at reference prices (nodes, USD), or in launches.
    """

    product: Product
    kind: Learned

    @property
    def is_broken_line(self) -> bool:
        """Whether the curve consists of straight lines."""
        return self.kind == "nodes"

    @property
    def corners(self) -> tuple[float, ...]:
        """Where the lines of a broken line meet."""
        return tuple(self.product.problem.values["node_value_knots"]) if self.kind == "nodes" else ()

    def bought(self, index: int, begin: float, length: float) -> float:
        """How much one unit is that is bought in a period; arguments as ``vintage_problem``."""
        if self.kind == "launches":
            return 1.0
        problem = vintage_problem(self.product, index, begin, length)
        value = problem.evaluate(as_columns(self.product.design), ["hardware_value"])["hardware_value"][0]
        return float(value) / float(problem.values["stacks"])

    def total(self, amounts: Array) -> Array:
        """What it costs from nothing to some amounts; array (amounts,): USD of nodes, or launches times USD/kg."""
        columns = {name: np.full(len(amounts), x) for name, x in self.product.design.items()}
        if self.kind == "nodes":
            columns["hardware_value"] = amounts
            return self.product.problem.evaluate(columns, ["node_capex"])["node_capex"]
        cadence = columns.get("launch_cadence", self.product.problem.values["launch_cadence"])
        columns["campaign_duration"] = np.maximum(amounts, 1e-9) / cadence
        found: Array = self.product.problem.evaluate(columns, ["launch_specific_cost"])["launch_specific_cost"]
        return found * amounts


def check_curve(product: Product, kind: Learned) -> None:
    """Raise UserError unless a product has the curve, and the curve is the same at all dates."""
    problem, charged = product.problem, CHARGED[kind]
    shape = SHAPE[kind]
    have = {*problem.values, *product.design}
    price = charged if kind == "nodes" else "launch_specific_price"
    for name in {charged, price}:
        if name not in problem.model or name in have or name in product.values:
            raise UserError(f"{name} is not computed, so that {kind} of {product.name} have no learning; remove it")
    if price != charged and charged not in problem.model.inputs_of([price], have):
        raise UserError(f"{price} of {product.name} does not follow {charged}; remove {kind} from learning")
    read = problem.model.inputs_of([charged], {*have, "hardware_value"})
    if missing := [name for name in shape if name not in read and name not in have]:
        raise UserError(f"{charged} of {product.name} does not follow a learning curve: there is no {missing[0]}")
    if dated := [name for name in shape if name in product.values]:
        raise UserError(f"{dated[0]} has a timeline; a learning curve is the same at all dates: give it one value")


def check_shape(product: Product, kind: Learned) -> None:
    """Raise UserError if a variable that a plan sizes shapes the curve: all designs of a product learn together."""
    problem = product.problem
    read = problem.model.inputs_of([CHARGED[kind]], {*problem.values, "hardware_value"})
    if found := sorted(read & {v.name for v in problem.variables}):
        raise UserError(
            f"the price of {kind} depends on {found[0]}, which is a variable; give it one value, or remove {kind} from "
            "learning"
        )


def check_shared(kind: Learned, products: Sequence[Product]) -> None:
    """Raise UserError unless products have the same curve, so that they can learn together."""
    amounts = np.geomspace(*COMPARED[kind], 100)
    first, *others = (Curve(product, kind) for product in products)
    expected = first.total(amounts)
    for other in others:
        if np.abs(other.total(amounts) / expected - 1).max() <= SAME:
            continue
        one, two = _shape(first), _shape(other)
        differ = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
        same = "give both the same values, or " if one.keys() >= {*differ} <= two.keys() else ""
        raise UserError(
            f"{first.product.name} and {other.product.name} cannot share a curve of {kind}: they differ in "
            f"{', '.join(differ)}; {same}let each learn alone"
        )


def _shape(curve: Curve) -> dict[str, Any]:
    """Values that shape a curve."""
    have = {**curve.product.problem.values, **curve.product.design}
    read = curve.product.problem.model.inputs_of([CHARGED[curve.kind]], {*have, "hardware_value"})
    return {name: have[name] for name in read & have.keys() - {CANCELS}}


def spans(taken: Array) -> tuple[Array, Array]:
    """How much of a curve is bought before and after each purchase of products that share it.

    Within a period they buy one after the other.

    Args:
        taken: What each buys in each period; array (products, periods), as are those returned.
    """
    after = np.cumsum(taken.T)
    before = np.concatenate([[0.0], after[:-1]])
    return before.reshape(taken.T.shape).T, after.reshape(taken.T.shape).T


def charged(curve: Curve, paid: float, units: float, stacks: float) -> float:
    """The charged quantity in a campaign of ``stacks`` at the price of ``units`` that cost a part of the curve."""
    return paid / units * (stacks if curve.kind == "nodes" else 1.0)
