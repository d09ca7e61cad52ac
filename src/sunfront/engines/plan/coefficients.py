"""The numbers of the program: what one unit of each product brings in each period, by the period of its purchase."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import CHARGED, Curve, charged
from sunfront.cash_flow.vintages import Vintage, buy, payment, vintage_problem
from sunfront.engines.plan.amounts import per_unit
from sunfront.engines.plan.sizing import Region, Sizing, find_sizing
from sunfront.engines.plan.stores import store_costs
from sunfront.errors import UserError
from sunfront.problem.horizon import MONTH
from sunfront.problem.plan import Goal, Learned, Plan, Product, same_products

#: Least share of the price of the first unit at which flows are read.
LOWEST = 0.01

#: Flows that the design of a unit decides.
OF_A_DESIGN = ("other", "revenue", "power", "brings")


@dataclass(frozen=True)
class UnitFlows:
    """Flows of one unit. Arrays (2, vintages, all periods) hold what is paid, and its value at the start; USD.

    Attributes:
        vintages: By period of purchase; None before the product is available.
        other: All but revenue, and but what does not grow with the number of units.
        revenue: If all is sold at the full price; less its tax.
        power: Mean power that customers use; array (vintages, all periods), W.
        development: What is spent if the first purchase is in a period.
        fixed_from: What the program costs from the start of service of what is bought in a period, without an end.
        fixed_after: The same, from the end of service.
        brings: What it brings that the unit retires early as a period begins; array (vintages, all periods), zero for a
            product whose units may not.
        learned: Of each kind of learning, what each period pays for one more of the charged quantity; it is not in
            ``other``.
        learned_brings: Of each kind, what one more of the charged quantity adds to ``brings``.
        steps: Of each kind, how much of its curve one unit takes; arrays (vintages,).
    """

    vintages: tuple[Vintage | None, ...]
    other: Array
    revenue: Array
    power: Array
    development: Array
    fixed_from: Array
    fixed_after: Array
    brings: Array
    learned: Mapping[Learned, Array]
    learned_brings: Mapping[Learned, Array]
    steps: Mapping[Learned, Array]

    @property
    def has_program(self) -> bool:
        """Whether something is spent that does not grow with the number of units."""
        return bool(self.development.any() or self.fixed_from.any())


class Coefficients:
    """What the program of a plan is made of.

    Args:
        like: Of a plan with the same horizon; what its products are that are the same objects is taken from it.

    Attributes:
        plan: With the corners of products that the plan sizes, as products of their own.
        sizings: Of these products, by name.
        edges: Ends of all periods, up to the last payment for what is bought last; seconds from the start.
        flows: By product.

    Raises:
        UserError: A product's cash flow lacks what a plan needs.
        Unverified: The flows of a product do not add up to the closed forms of its model.
    """

    def __init__(self, plan: Plan, like: Coefficients | None = None) -> None:
        same = [] if like is None else same_products(plan, like.plan)
        self.sizings: dict[str, Sizing] = {
            product.name: like.sizings[product.name] if like and product.name in same else find_sizing(product, plan)
            for product in plan.products
            if product.is_sized
        }
        plan = self.with_corners(plan)
        self.plan: Plan = plan
        horizon = plan.horizon
        regions = [region for sizing in self.sizings.values() for region in sizing.regions]
        self._mixed = {corner.name: (region, i) for region in regions for i, corner in enumerate(region.corners)}
        same = [] if like is None else same_products(plan, like.plan)
        known: dict[str, UnitFlows] = {} if like is None else {name: like.flows[name] for name in same}
        vintages = {
            product.name: known[product.name].vintages if product.name in known else _vintages(product, plan)
            for product in plan.products
            if not self._is_mixed(product.name)
        }
        ends = [vintage.last_date for found in vintages.values() for vintage in found if vintage is not None]
        last = max([horizon.begin(horizon.count), *ends])
        self.edges: Array = np.arange(np.ceil(last / horizon.length - 1e-9) + 1) * horizon.length
        if like is not None and not np.array_equal(self.edges, like.edges):
            known = {}
        self.flows: dict[str, UnitFlows] = {
            name: known.get(name) or self._flows(self._learning(plan.product(name)), found)
            for name, found in vintages.items()
        }
        for name, sizing in self.sizings.items():
            if name in known:
                self.flows |= {corner: known[corner] for corner in sizing.corners}
            else:
                self._part(sizing)
        self._stored: dict[str, Mapping[tuple[int, int], Array]] = {}
        if like is not None and known:
            self._stored |= {name: found for name, found in like._stored.items() if name in same}
        self._in_service: dict[str, Array] = {}  # share of each vintage at the end of each period
        self._amounts: dict[tuple[str, str], Array] = {}
        if like is not None:
            self._amounts |= {key: found for key, found in like._amounts.items() if key[0] in same}

    def with_corners(self, plan: Plan) -> Plan:
        """A plan with the corners of each product that it sizes beside the product, and sharing its supplies."""
        if not self.sizings:
            return plan
        corners = {name: tuple(sizing.corners) for name, sizing in self.sizings.items()}
        products = tuple(
            each
            for product in plan.products
            for each in (product, *(self.sizings[product.name].corners.values() if product.is_sized else ()))
        )
        supplies = tuple(
            replace(s, products=tuple(each for name in s.products for each in (name, *corners.get(name, ()))))
            for s in plan.supplies
        )
        return replace(plan, products=products, supplies=supplies)

    def steps(self, product: str, kind: Learned) -> Mapping[str, Array]:
        """How much of a learning curve one unit takes, by period of purchase: of the product, or of each corner."""
        return {name: self.flows[name].steps[kind] for name in self.corners_of(product)}

    def corners_of(self, product: str) -> tuple[str, ...]:
        """Names of the corners of a product that the plan sizes; of any other, its own."""
        return tuple(self.sizings[product].corners) if product in self.sizings else (product,)

    @property
    def periods(self) -> int:
        """Number of all periods, those after the horizon included."""
        return len(self.edges) - 1

    def amounts(self, product: str, quantity: str) -> Array:
        """Amount of a quantity in one unit, by period of purchase; array (periods,)."""
        key = product, quantity
        if key not in self._amounts:
            if product in self.sizings:  # its corners have them
                self._amounts[key] = np.zeros(self.plan.horizon.count)
            elif self._is_mixed(product):
                region, i = self._mixed[product]
                parts = [self.amounts(corner.name, quantity) for corner in region.first]
                self._amounts[key] = np.tensordot(region.mixes[i], parts, axes=1)
            else:
                self._amounts[key] = per_unit(self.plan.product(product), quantity, self.plan.horizon)
        return self._amounts[key]

    def stored(self, product: str) -> Mapping[tuple[int, int], Array]:
        """What a unit costs more that is built earlier than it is launched, as ``store_costs``."""
        if product not in self._stored:
            self._stored[product] = store_costs(self, self.plan.product(product))
        return self._stored[product]

    def _learning(self, product: Product) -> Product:
        """A product with what it learns; a corner learns with the product whose design it is."""
        of = next((s.product for s in self.sizings.values() if product.name in s.corners), product)
        return replace(product, learning=of.learning)

    def _is_mixed(self, name: str) -> bool:
        """Whether a product is a corner whose flows are a mix of those of others."""
        if name not in self._mixed:
            return False
        region, i = self._mixed[name]
        return i >= len(region.first)

    def saved(self, product: str, vintage: int, index: int) -> Array:
        """What it changes that a unit of a vintage retires as a period begins; array (2, all periods).

        What is learned of its price is not in it.
        """
        flows = self.flows[product]
        found = self._vintage(product, vintage).saved(
            flows.other[:, vintage], self.edges, index, float(flows.brings[vintage, index])
        )
        if not self.plan.tiers:  # else it is in what is sold
            found[:, index:] -= flows.revenue[:, vintage, index:]
        return found

    def learned_saved(self, product: str, kind: Learned, vintage: int, index: int) -> Array:
        """The same of one more of the charged quantity that a vintage has paid."""
        costs, brings = (found[kind] for found in (self.flows[product].learned, self.flows[product].learned_brings))
        return self._vintage(product, vintage).saved(
            costs[:, vintage], self.edges, index, float(brings[vintage, index])
        )

    def _vintage(self, product: str, index: int) -> Vintage:
        found = self.flows[product].vintages[index]
        assert found is not None
        return found

    def may_retire(self, product: str, vintage: int) -> list[int]:
        """Periods as which begin what is bought in a period may retire."""
        bought = self.flows[product].vintages[vintage]
        periods = range(vintage, self.periods) if bought is not None else range(0)
        return [t for t in periods if bought is not None and bought.may_retire(float(self.edges[t]))]

    def in_service(self, product: str, quantity: str, index: int) -> Array:
        """Amount in service at the end of a period of one unit, by period of purchase; array (periods,)."""
        if product not in self._in_service:
            nothing = np.zeros(self.periods)
            shares = [nothing if v is None else v.in_service(self.edges[1:]) for v in self.flows[product].vintages]
            self._in_service[product] = np.array(shares)
        found: Array = self.amounts(product, quantity) * self._in_service[product][:, index]
        return found

    def added(self, product: str, quantity: str, index: int) -> Array:
        """Amount that enters service in the year up to the end of a period, of one unit, per second."""
        date, year = self.edges[index + 1], 12 * MONTH
        vintages = self.flows[product].vintages
        shares = [0.0 if v is None else v.entered(date) - v.entered(date - year) for v in vintages]
        found: Array = self.amounts(product, quantity) * np.array(shares) / year
        return found

    def reached(self, goal: Goal, product: str, index: int) -> Array:
        """What one unit adds to the amount of a goal at the end of a period, by period of purchase."""
        per_time = goal.per_time or goal.kind == "added"
        return (self.added if per_time else self.in_service)(product, goal.quantity, index)

    @cached_property
    def modules(self) -> Mapping[str, Array]:
        """What a module costs that is opened in each period, by supply; arrays (2, periods, all periods)."""
        horizon, force = self.plan.horizon, self.plan.discount_force
        return {
            supply.name: np.stack(
                [
                    payment(supply.modules.cost, horizon.begin(t), horizon.length, self.edges, force)
                    for t in range(horizon.count)
                ],
                axis=1,
            )
            for supply in self.plan.supplies
            if supply.modules is not None
        }

    @cached_property
    def most(self) -> Mapping[str, Array]:
        """Most units of each product that supplies and ``at_most`` allow in each period; arrays (periods,).

        Raises:
            UserError: Nothing limits a product; with the path of the key.
        """
        found = {}
        of = {corner: self.plan.product(name) for name, sizing in self.sizings.items() for corner in sizing.corners}
        for product in self.plan.products:
            if product.is_sized:
                continue
            whole = of.get(product.name, product)
            building = product.store.building if product.store else ()
            launching = {s.name for s in self.plan.supplies}.difference(building)
            most = np.minimum(self._allowed(product, launching), whole.most)
            if product.store:
                most = np.minimum(most, self._allowed(product, building).cumsum())
            if not np.isfinite(most).all():
                who = "each of its designs" if whole.is_sized else "it"
                raise UserError(
                    f"nothing limits how many units of {whole.name} are bought; give it at_most, or a supply that "
                    f"{who} needs",
                    ("products", whole.name),
                )
            found[product.name] = np.floor(most + 1e-9) if product.whole else most
        for name, sizing in self.sizings.items():
            most = np.max([found[corner] for corner in sizing.corners], axis=0)
            found[name] = np.floor(most + 1e-9) if self.plan.product(name).whole else most
        return found

    def built_most(self, product: Product) -> Array:
        """Most units of a product with a store that are built in each period; array (periods,)."""
        assert product.store is not None
        launched = self.most[product.name][::-1].cumsum()[::-1]
        found: Array = np.floor(np.minimum(self._allowed(product, product.store.building), launched) + 1e-9)
        return found

    def _allowed(self, product: Product, supplies: Container[str]) -> Array:
        """Units of a product that some supplies allow in each period; array (periods,)."""
        most = [self.most_by(product.name, s.name) for s in self.plan.supplies if s.name in supplies]
        found: Array = np.min([np.full(self.plan.horizon.count, np.inf), *most], axis=0)
        found[: product.available] = 0.0
        return found

    def loose(self) -> dict[str, Array]:
        """Units that no target needs more of, and ten times those that supplies allow; arrays (periods,).

        As bounds they leave it to the rows of the supplies to bind.
        """
        plan, found = self.plan, {}
        goals = [(x.goal, x.limit) for x in plan.constraints] + [(o.goal, o.goal.limit) for o in plan.objectives]
        for product in plan.products:
            most = 10 * float(self.most[product.name].max(initial=0.0)) + 1
            for goal, limit in goals:
                amount = float(self.amounts(product.name, goal.quantity).max(initial=0.0)) if goal.quantity else 0.0
                years = 12 * MONTH if goal.per_time or goal.kind == "added" else 1.0
                most = max(most, 2 * np.ceil(limit * years / amount)) if amount else most
            can_buy = np.arange(plan.horizon.count) >= product.available
            found[product.name] = np.where(can_buy, most, 0.0)
        for name, sizing in self.sizings.items():
            found[name] = np.max([found[corner] for corner in sizing.corners], axis=0)
        return found

    def most_by(self, product: str, name: str) -> Array:
        """Most units of a product that a supply allows in each period; infinite without limit; array (periods,)."""
        supply = next(s for s in self.plan.supplies if s.name == name)
        if product not in supply.products:
            return np.full(self.plan.horizon.count, np.inf)
        amounts = self.amounts(product, supply.quantity)
        offered = supply.offered.copy()
        if (modules := supply.modules) is not None:
            offered += [
                modules.capacity * modules.most * max((modules.share(age) for age in range(t + 1)), default=0.0)
                for t in range(self.plan.horizon.count)
            ]
        if not supply.per_time:  # what is bought may enter service later
            offered = np.full_like(offered, offered.max())
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(amounts > 0, offered / np.where(amounts > 0, amounts, 1.0), np.inf)

    def _flows(self, product: Product, vintages: tuple[Vintage | None, ...]) -> UnitFlows:
        shape = (2, len(vintages), self.periods)
        revenue, development, begun, ended = (np.zeros(shape) for _ in range(4))
        costs, power = np.zeros((3, *shape[1:])), np.zeros(shape[1:])
        standing = next((vintage for vintage in vintages if vintage is not None), None)
        for i, vintage in enumerate(vintages):
            if vintage is None:
                continue
            end = float(self.edges[-1])
            costs[:, i] = self._costs(product, vintage)
            taxed = vintage.integrated(vintage.income, self.edges) * (1 - vintage.tax_rate)
            revenue[:, i] = taxed / vintage.stacks
            power[i] = vintage.sold_energy(self.edges) / vintage.stacks / np.diff(self.edges)
            if vintage.development is not None:
                development[:, i] = vintage.integrated((vintage.development,), self.edges)
            assert standing is not None
            begun[:, i] = standing.fixed_between(vintage.begin, end, self.edges)
            ended[:, i] = standing.fixed_between(vintage.end, end, self.edges)
        learned = {kind: np.zeros((3, *shape[1:])) for kind in product.learning}
        steps = {kind: np.zeros(len(vintages)) for kind in product.learning}
        curves = {kind: Curve(product, kind) for kind in product.learning}
        for i, vintage in enumerate(vintages if curves else ()):
            if vintage is None:
                continue
            for kind, curve in curves.items():
                steps[kind][i] = curve.bought(i, self.plan.horizon.begin(i), self.plan.horizon.length)
            costs[:, i], parts = self._by_price(curves, i, {kind: float(steps[kind][i]) for kind in curves})
            for kind, part in parts.items():
                learned[kind][:, i] = part
        return UnitFlows(
            vintages, costs[:2], revenue, power, development, begun, ended, costs[2],
            {kind: found[:2] for kind, found in learned.items()}, {kind: found[2] for kind, found in learned.items()},
            steps,
        )  # fmt: skip

    def _costs(self, product: Product, vintage: Vintage) -> Array:
        """What a unit pays in each period, its value at the start, and what its early retirement would bring."""
        paid = vintage.integrated(vintage.costs, self.edges)
        brings = vintage.brings(self.edges) if product.retires_early else np.zeros(self.periods)
        found: Array = np.vstack([paid, brings]) / vintage.stacks
        return found

    def _part(self, sizing: Sizing) -> None:
        """Leave to a product that the plan sizes what does not depend on its design, and to its corners the rest.

        Raises:
            UserError: What the program costs depends on the design, or something is not linear in the amounts.
        """
        whole = self.flows[sizing.product.name]
        path = ("products", sizing.product.name, "variables")
        nothing = np.zeros_like(whole.development)
        for region in sizing.regions:
            for corner in region.first:
                own = self.flows[corner.name]
                for name in ("development", "fixed_from", "fixed_after"):
                    mine, theirs = getattr(own, name), getattr(whole, name)
                    if np.abs(mine - theirs).max() > 1e-9 * np.abs(theirs).max():
                        raise UserError("what a program costs depends on what is sized; give development_cost", path)
                pairs = [(kind, own.learned[kind], theirs) for kind, theirs in whole.learned.items()]
                pairs += [(kind, own.learned_brings[kind], theirs) for kind, theirs in whole.learned_brings.items()]
                for kind, mine, theirs in pairs:
                    if np.abs(mine - theirs).max() > 1e-8 * np.abs(theirs).max():
                        raise UserError(
                            f"what the price of {kind} is multiplied by depends on what is sized, so that the program "
                            f"would not be linear; remove {kind} from learning",
                            (*path[:2], "learning"),
                        )
                self.flows[corner.name] = replace(own, development=nothing, fixed_from=nothing, fixed_after=nothing)
            for i in range(len(region.first), len(region.corners)):
                self.flows[region.corners[i].name] = self._mean(region, region.mixes[i])
            self._check_linear(sizing, region)
        empty = np.zeros_like(whole.power)
        self.flows[sizing.product.name] = replace(whole, other=nothing, revenue=nothing, power=empty, brings=empty)

    def _mean(self, region: Region, weights: Array) -> UnitFlows:
        """Flows of a mix of the first corners of a region."""
        parts = [self.flows[corner.name] for corner in region.first]
        mixed: dict[str, Any] = {
            name: np.tensordot(weights, [getattr(part, name) for part in parts], axes=1) for name in OF_A_DESIGN
        }
        steps = {kind: np.tensordot(weights, [part.steps[kind] for part in parts], axes=1) for kind in parts[0].steps}
        return replace(parts[0], **mixed, steps=steps)

    def _check_linear(self, sizing: Sizing, region: Region) -> None:
        """Hold the mean of a region's corners to the equations at three dates, and each corner at the first."""
        count, first = len(region.corners), sizing.product.available
        if first >= self.plan.horizon.count:
            return  # in a scenario in which it comes after the end
        middle = np.full(count, 1 / count)
        design = sizing.mean({corner.name: 1 / count for corner in region.corners})
        horizon = self.plan.horizon
        dates = sorted({first, (first + horizon.count) // 2, horizon.count - 1})
        tried: list[tuple[Array, Mapping[str, float], list[int]]] = [(middle @ region.mixes, design, dates)]
        tried += [(region.mixes[i], region.corners[i].design, dates[:1]) for i in range(len(region.first), count)]
        for weights, values, at in tried:
            mean = self._mean(region, weights)
            product = self._learning(replace(region.corners[0], design=values))
            bought: list[Vintage | None] = [None] * horizon.count
            for t in at:
                bought[t] = buy(product, t, horizon.begin(t), horizon.length)
            true = self._flows(product, tuple(bought))
            pairs = [[getattr(f, name)[..., at, :] for f in (mean, true)] for name in OF_A_DESIGN]
            pairs += [[flows.steps[kind][at] for flows in (mean, true)] for kind in true.steps]
            for mine, theirs in pairs:
                if np.abs(mine - theirs).max() > 1e-8 * max(np.abs(theirs).max(), 1e-300):
                    raise UserError(
                        f"what {sizing.product.name} costs and earns is not linear in what is sized, so that a plan "
                        "cannot size it; give it a design, or several by row: all",
                        ("products", sizing.product.name, "variables"),
                    )

    def _by_price(
        self, curves: Mapping[Learned, Curve], index: int, steps: Mapping[Learned, float]
    ) -> tuple[Array, dict[Learned, Array]]:
        """What a unit costs at prices of zero, and for one more of each charged quantity; as ``_costs``.

        Raises:
            UserError: It is not linear in them.
        """
        horizon, product = self.plan.horizon, next(iter(curves.values())).product
        dates = index, horizon.begin(index), horizon.length
        first = {kind: float(curve.total(np.array([steps[kind]]))[0]) for kind, curve in curves.items()}
        stacks = float(vintage_problem(product, *dates).values["stacks"])

        def paid(shares: Mapping[Learned, float]) -> Array:
            """What a unit costs at shares of the price of the first unit."""
            prices = {
                CHARGED[kind]: charged(curve, shares[kind] * first[kind], 1.0, stacks) for kind, curve in curves.items()
            }
            return self._costs(product, buy(product, *dates, prices))

        low: dict[Learned, float] = dict.fromkeys(curves, LOWEST)
        base = paid(low)
        parts = {kind: (paid({**low, kind: 1.0}) - base) / (1 - LOWEST) for kind in curves}
        plain = base - LOWEST * sum(parts.values())
        for share in (0.5, 1.0)[: len(curves)]:  # with one curve, the price of the first unit is met anyway
            expected = plain + share * sum(parts.values())
            if np.abs(paid(dict.fromkeys(curves, share)) - expected).max() > 1e-9 * np.abs(expected).max():
                raise UserError(
                    f"what {product.name} costs is not linear in the prices that are learned, as where "
                    "launch_price_ceiling binds; raise it, or remove launches from learning",
                    ("products", product.name, "learning"),
                )
        return plain, {kind: part / first[kind] for kind, part in parts.items()}


def _vintages(product: Product, plan: Plan) -> tuple[Vintage | None, ...]:
    horizon = plan.horizon
    found: list[Vintage | None] = [None] * horizon.count
    for index in range(product.available, horizon.count):
        try:
            found[index] = buy(product, index, horizon.begin(index), horizon.length)
        except UserError as error:
            raise error.under("products", product.name) from None
    return tuple(found)
