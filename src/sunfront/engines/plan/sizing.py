"""Designs that a plan sizes: what is bought in a period is a mix of corners of the designs that meet every constraint.

With the other variables given, and on one side of each ``larger``, the constraints are linear in the amounts of one
stack, and so is every extensive quantity (``engines.exact.catalogue``). The designs of such a region are a polytope in
these amounts. A plan buys shares of its corners, which are continuous variables; their mean is the design. What a
corner brings is computed by numpy as for any design.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import CHARGED
from sunfront.cash_flow.vintages import vintage_problem
from sunfront.engines.exact.catalogue import Amount, Catalogue, build_catalogue
from sunfront.engines.exact.options import axes_of, combinations, option_count
from sunfront.engines.exact.solver_protocol import snap_to_domain
from sunfront.engines.plan.sized_variables import check_variables, stepped_amounts, values_to_choose
from sunfront.errors import NonlinearEquation, UserError
from sunfront.problem.criteria import Objective
from sunfront.problem.horizon import Horizon
from sunfront.problem.plan import Plan, Product
from sunfront.problem.problem import as_columns
from sunfront.problem.variables import Variable

#: Most intersections of limits of one combination of values.
MOST_INTERSECTIONS = 200_000

#: Most regions of a product: each takes seconds to read, and variables for each corner and period.
MOST_REGIONS = 100

#: Distance from a limit, and between corners, that is rounding; in parts of the largest amounts.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Region:
    """Designs with the same values of the variables that are not sized, in which quantities are linear.

    Attributes:
        option: Number of the combination of these values.
        corners: The corners as products.
        totals: Amounts of one stack; array (corners, amounts).
        nodes: Nodes of one stack; array (corners,).
        mixes: Each corner as a mix of the first ones, of which none is a mix of the others; array (corners, first).
    """

    option: int
    corners: tuple[Product, ...]
    totals: Array
    nodes: Array
    mixes: Array

    @cached_property
    def first(self) -> tuple[Product, ...]:
        """Corners of which all others are mixes."""
        return self.corners[: self.mixes.shape[1]]


@dataclass(frozen=True)
class Sizing:
    """The designs among which a plan chooses for a product.

    Attributes:
        sized: Variables of one node, in the order of the amounts; the number of nodes is not among them.
        counted: Name of the number of nodes, if it is sized; else empty.
        stepped: Those of the amounts, the number of nodes included, that move in steps, as whole numbers do.
    """

    product: Product
    sized: tuple[str, ...]
    counted: str
    regions: tuple[Region, ...]
    stepped: tuple[Variable, ...] = ()

    @cached_property
    def corners(self) -> Mapping[str, Product]:
        """All corners by name."""
        return {corner.name: corner for region in self.regions for corner in region.corners}

    def totals(self, variable: str) -> dict[str, float]:
        """Amount that each corner has of a sized variable, over one stack, by name."""
        k = self.sized.index(variable)
        return {c.name: float(x) for r in self.regions for c, x in zip(r.corners, r.totals[:, k], strict=True)}

    def of_option(self, option: int) -> list[Region]:
        """Regions with the same combination of values."""
        return [region for region in self.regions if region.option == option]

    def region_of(self, product: Product) -> Region:
        """The region in which the design of a product lies, up to rounding: that with the nearest mix of corners."""
        return min(self.regions, key=lambda region: self._mix(region, product)[1])

    def shares(self, product: Product) -> dict[str, float]:
        """The design of a product as shares of the corners of its region, those without a share left out."""
        region = self.region_of(product)
        weights = self._mix(region, product)[0]
        return {c.name: float(x) for c, x in zip(region.corners, weights / weights.sum(), strict=True) if x}

    def _mix(self, region: Region, product: Product) -> tuple[Array, float]:
        """The mix of a region's corners that is nearest to a design, and how far it is from it."""
        from scipy.optimize import nnls

        design, free = product.design, {*self.sized, self.counted}
        if any(design[name] != x for name, x in region.corners[0].design.items() if name not in free):
            return np.zeros(len(region.corners)), np.inf
        nodes = design[self.counted] if self.counted else float(region.nodes[0])
        point = np.array([nodes, *(nodes * design[name] for name in self.sized)])
        points = np.column_stack([region.nodes, region.totals])
        scales = np.where(points.any(axis=0), points.max(axis=0), 1.0)
        mixed = np.vstack([(points / scales).T, np.ones(len(points))])
        weights, distance = nnls(mixed, np.append(point / scales, 1.0))
        return weights, float(distance)

    def digits(self, variable: Variable, value: float) -> list[int]:
        """Binary digits of the number of steps from the low end of a variable to a value, the smallest first."""
        steps = int(variable.nearest(np.array([value]))[0])
        return [steps >> k & 1 for k in range(((variable.size or 1) - 1).bit_length())]

    def design(self, shares: Mapping[str, float]) -> dict[str, float]:
        """The mean of corners of one region, on the grid of each variable; the base design if there are none."""
        mean = self.mean(shares)
        return {v.name: snap_to_domain(v, mean[v.name]) for v in self.product.problem.variables}

    def mean(self, shares: Mapping[str, float]) -> dict[str, float]:
        """The mean of corners of one region, by their shares; the base design if there are none."""
        best = max(self.regions, key=lambda region: sum(shares.get(corner.name, 0.0) for corner in region.corners))
        weights = np.array([max(shares.get(corner.name, 0.0), 0.0) for corner in best.corners])
        if not weights.any():
            return dict(self.product.design)
        weights /= weights.sum()
        nodes, totals = float(weights @ best.nodes), weights @ best.totals
        found = dict(best.corners[0].design)
        found |= {name: float(total) / nodes for name, total in zip(self.sized, totals, strict=True)}
        return found | ({self.counted: nodes} if self.counted else {})


def find_sizing(product: Product, plan: Plan) -> Sizing:
    """Find the corners of a product's designs.

    Raises:
        UserError: A variable is neither an amount nor one of a few values, a quantity is not linear, a limit changes
            over time, or no design meets every constraint; with the path of the key.
    """
    path = ("products", product.name, "variables")
    check_variables(product)
    problem = product.problem
    stepped, chosen = stepped_amounts(problem), values_to_choose(problem)
    goals = [o.goal for o in plan.objectives] + [c.goal for c in plan.constraints]
    wanted = {s.quantity for s in plan.supplies if product.name in s.products} | {g.quantity for g in goals}
    regions: list[Region] = []
    sized: tuple[str, ...] = ()
    counted, number = "", 0
    axes = axes_of(chosen, 1)[0]
    options = [
        (member, {name: float(column[i]) for name, column in found.items()})
        for member in problem.members()
        for found in [combinations(axes, member)]
        for i in range(option_count(found))
    ]
    for option, (member, values) in enumerate(options):
        try:
            catalogue = _catalogue(replace(product, problem=member), values, wanted, plan.horizon)
        except NonlinearEquation as error:
            raise UserError(f"{product.name} cannot be sized: {error.message}", path) from None
        sized = tuple(a.variable.name for a in catalogue.amounts) or sized
        counted = catalogue.count.variable.name if isinstance(catalogue.count, Amount) else counted
        for row, found in _regions(catalogue):
            names = [f"{product.name}#{number + i}" for i in range(len(found))]
            number += len(found)
            regions.append(_region(product, option, values, catalogue, row, names, found))
        if len(regions) > MOST_REGIONS:
            learn = ", or let it learn (learning: nodes): the price of nodes does not bend with its own campaign then"
            raise UserError(
                f"the designs of {product.name} fall into more than {MOST_REGIONS} regions, in each of which costs and "
                "limits are linear; narrow the ranges of its variables, give fewer choices"
                + ("" if "nodes" in product.learning else learn),
                path,
            )
    if not regions:
        raise UserError(f"no design of {product.name} within its variables meets every constraint", path)
    return Sizing(product, sized, counted, tuple(regions), stepped)


def _catalogue(product: Product, values: Mapping[str, float], wanted: Collection[str], horizon: Horizon) -> Catalogue:
    """The linear forms of a product's constraints and quantities, with some variables given and all others continuous.

    What is charged by learning is a number: the plan knows it.
    """
    problem = product.problem
    variables = tuple(
        replace(v, low=values[v.name], high=values[v.name], choices=(values[v.name],), step=None)
        if v.name in values
        else replace(v, high=v.last, step=None)
        for v in problem.variables
    )
    fixed = replace(problem, variables=variables, reported=())
    own = replace(product, problem=fixed, design={**product.design, **values})
    at = vintage_problem(own, product.available, horizon.begin(product.available), horizon.length)
    names = ["npv", *sorted(name for name in wanted if name in problem.model and name not in at.values)]
    at = replace(at, objectives=tuple(Objective("maximize", name) for name in names))
    prices = at.evaluate(as_columns(own.design), [CHARGED[kind] for kind in product.learning])
    at = replace(at, values={**at.values, **{name: float(x[0]) for name, x in prices.items()}})
    return build_catalogue(at, 1, envelopes=False)


def _regions(catalogue: Catalogue) -> list[tuple[int, Array]]:
    """Options of a catalogue with the corners of their designs, array (corners, amounts); amounts in their scales.

    An option is left out whose designs lie in another, as where two sides of ``larger`` are equal.
    """
    found = list(_polytopes(catalogue))
    kept = []
    for i, (option, points, _, _) in enumerate(found):
        larger = [each for j, each in enumerate(found) if (len(each[1]), -j) > (len(points), -i)]
        if not any((points @ rows.T + constants >= -10 * ROUNDING).all() for _, _, rows, constants in larger):
            kept.append((option, points))
    return kept


def _polytopes(catalogue: Catalogue) -> Iterator[tuple[int, Array, Array, Array]]:
    """Each option that some design can use: its number, corners, and limits as ``rows @ x + constants >= 0``."""
    forms = [*catalogue.rows.values(), *catalogue.sides, *catalogue.spared]
    amounts = catalogue.all_amounts
    scales = np.array([a.scale for a in amounts])
    for option in range(catalogue.size):
        rows = [[float(k[option]) for k in form.coefficients] for form in forms]
        constants = [float(form.constant[option]) for form in forms]
        for i, a in enumerate(amounts):
            row = np.zeros(len(amounts))
            row[i] = 1.0
            counted = isinstance(catalogue.count, Amount) and a is not catalogue.count
            for sign, limit in ((1.0, a.variable.low), (-1.0, a.variable.high)):
                per_node = np.zeros(len(amounts))
                per_node[0] = limit if counted else 0.0
                number = 1.0 if isinstance(catalogue.count, Amount) else float(catalogue.count[option])
                rows.append((sign * (row - per_node)).tolist())
                constants.append(0.0 if counted else -sign * limit * number)
        limits, offsets = _scaled(np.array(rows) * scales, np.array(constants))
        found = corners(limits, offsets)
        if len(found):
            yield option, found, limits, offsets


def _scaled(rows: Array, constants: Array) -> tuple[Array, Array]:
    """Rows with a largest number of one."""
    size = np.maximum(np.abs(rows).max(axis=1, initial=0.0), np.abs(constants))
    size = np.where(size > 0, size, 1.0)
    return rows / size[:, None], constants / size


def corners(rows: Array, constants: Array) -> Array:
    """Corners of ``rows @ x + constants >= 0``, a bounded polytope; array (corners, dimensions), none if it is empty.

    Args:
        rows, constants: The largest number of a row is one.

    Raises:
        UserError: There are too many intersections to look at.
    """
    is_fixed = np.abs(rows).max(axis=1, initial=0.0) <= ROUNDING
    if (constants[is_fixed] < -ROUNDING).any():
        return np.empty((0, rows.shape[1]))
    rows, constants = rows[~is_fixed], constants[~is_fixed]
    count, dimensions = rows.shape
    if not dimensions:
        return np.zeros((1, 0))
    if math.comb(count, dimensions) > MOST_INTERSECTIONS:
        raise UserError("too many limits meet; size fewer amounts")
    chosen = np.array(list(itertools.combinations(range(count), dimensions)))
    matrices = rows[chosen]
    crossing = np.abs(np.linalg.det(matrices)) > ROUNDING
    points = np.linalg.solve(matrices[crossing], -constants[chosen[crossing]][..., None])[..., 0]
    found: Array = points[(points @ rows.T + constants >= -ROUNDING).all(axis=1)]
    _, different = np.unique(np.round(found / (10 * ROUNDING)), axis=0, return_index=True)
    return found[different]


def _region(
    product: Product,
    option: int,
    values: Mapping[str, float],
    catalogue: Catalogue,
    row: int,
    names: list[str],
    points: Array,
) -> Region:
    """A region with its corners as products, those first of which all others are mixes."""
    totals = points * np.array([a.scale for a in catalogue.all_amounts])
    if isinstance(catalogue.count, Amount):
        counted, nodes = catalogue.count.variable.name, _clipped(catalogue.count.variable, totals[:, 0])
        totals = totals[:, 1:]
    else:
        counted, nodes = "", np.full(len(points), float(catalogue.count[row]))
    designs = {
        a.variable.name: _clipped(a.variable, total / nodes)
        for a, total in zip(catalogue.amounts, totals.T, strict=True)
    }
    totals = np.column_stack([np.empty((len(points), 0)), *(nodes * each for each in designs.values())])
    first, mixes = _first(np.column_stack([nodes, totals]))
    order = [*first, *(i for i in range(len(points)) if i not in first)]
    designs |= {counted: nodes} if counted else {}
    found = [
        replace(product, name=name, design={**values, **{v: float(x[i]) for v, x in designs.items()}}, whole=False,
                most=np.inf, is_sized=False, learning=())
        for name, i in zip(names, order, strict=True)
    ]  # fmt: skip
    return Region(option, tuple(found), totals[order], nodes[order], mixes[order])


def _clipped(variable: Variable, values: Array) -> Array:
    return np.clip(values, variable.low, variable.last)


def _first(points: Array) -> tuple[list[int], Array]:
    """Points that span all, and each point as a mix of them; array (points, first)."""
    points = points / np.where(points.any(axis=0), np.abs(points).max(axis=0), 1.0)
    first, basis = [0], np.zeros((0, points.shape[1]))
    offsets = points - points[0]
    while True:
        rest = offsets - offsets @ basis.T @ basis
        sizes = np.linalg.norm(rest, axis=1)
        farthest = int(np.argmax(sizes))
        if sizes[farthest] <= 1e-6:
            break
        first.append(farthest)
        basis = np.vstack([basis, rest[farthest] / sizes[farthest]])
    spans = np.vstack([points[first].T, np.ones(len(first))])
    mixes: Array = np.linalg.lstsq(spans, np.vstack([points.T, np.ones(len(points))]), rcond=None)[0].T
    return first, mixes
