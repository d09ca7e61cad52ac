"""What is found beside the designs of an answer. ``run.json`` stores these; values are SI and USD."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sunfront.problem.certificate import Certificate, Gap


@dataclass(frozen=True)
class ShadowPrice:
    """What relaxing one constraint or bound is worth at one design of the front.

    Attributes:
        design: Row in the table of designs, which begins with the front.
        objective: The objective that gains.
        kind: The price belongs to a constraint, to the value of another objective, or to a bound of a variable.
        constraint: Its text, as ``node_mass <= 4,000 kg``.
        slack: Distance of the design from the limit.
        price: Change of the objective, in its own sense, per SI unit by which the limit is relaxed.
        display_unit: Unit in which the limit's distance is shown.
        scale: The largest term of the constraint at the design; one percent of it is a comparable step for each limit.
    """

    design: int
    objective: str
    kind: Literal["constraint", "objective", "bound"]
    constraint: str
    slack: float
    price: float
    display_unit: str
    scale: float


@dataclass(frozen=True)
class RelaxedLimit:
    """What one design gains if one limit moves: solved again, with its options kept and its whole numbers free.

    Attributes:
        design: Row in the table of designs.
        objective: The first objective; the others are held.
        limit: Its text, as ``node_mass <= 4,000 kg``.
        by: How far it moves; SI and USD.
        display_unit: Unit in which ``by`` is shown.
        before: The best value of the objective with the limit as it is; SI and USD.
        after: The best value with the limit moved.
        kept: Names of the variables that have the values of the design.
    """

    design: int
    objective: str
    limit: str
    by: float
    display_unit: str
    before: float
    after: float
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Refinement:
    """What the steps of the catalogue cost: the best design between them.

    Attributes:
        catalogue: Best value of the objective in the catalogue.
        refined: Best value found between the catalogue's steps.
        gain: Their distance, relative.
        design: The design between the steps.
        certificate: Bounds over all values of the variables; of the first objective alone, without floors, if no more
            was decided.
        gap: Of the listed designs over all values, by these bounds.
    """

    objective: str
    catalogue: float
    refined: float
    gain: float
    design: Mapping[str, float]
    certificate: Certificate | None = None
    gap: Gap | None = None


@dataclass(frozen=True)
class Convergence:
    """The hypervolume of a search over its evaluations.

    Attributes:
        evaluations: After each batch that raised the hypervolume, and the last: designs evaluated so far.
        hypervolume: The hypervolume then, in scores.
        reference: The point from which it is measured, in scores.
    """

    evaluations: tuple[int, ...]
    hypervolume: tuple[float, ...]
    reference: tuple[float, ...]


@dataclass(frozen=True)
class Summary:
    """A quantity over all feasible designs of a sweep; None where it is infinite."""

    count: int
    min: float | None
    max: float | None
    mean: float | None


@dataclass(frozen=True)
class TornadoBar:
    """The quantity at two percentiles of one parameter, the others at their nominal values.

    Attributes:
        display_unit: Unit of the parameter.
        low, high: The parameter at its 10th and 90th percentile.
        at_low, at_high: The quantity there.
        reoptimized_at_low, reoptimized_at_high: The quantity there, of the design that is best there; None if no
            design was found, or reoptimizing was not asked for.
    """

    parameter: str
    display_unit: str
    low: float
    high: float
    at_low: float
    at_high: float
    reoptimized_at_low: float | None = None
    reoptimized_at_high: float | None = None


@dataclass(frozen=True)
class MorrisEffect:
    """The elementary effects of one parameter: changes of the quantity from its 10th to its 90th percentile.

    Attributes:
        mu_star: Mean size of an effect; ``interval`` is the half width of its 95 % confidence interval.
        mu: Mean effect.
        sigma: Standard deviation of the effects; large if they depend on other parameters.
        settled: The interval is small enough to rank the parameter.
    """

    parameter: str
    mu_star: float
    interval: float
    mu: float
    sigma: float
    settled: bool


@dataclass(frozen=True)
class SobolIndex:
    """Shares of the quantity's variance due to one parameter.

    Attributes:
        first: Its first-order index; ``first_interval`` is the half width of the 95 % confidence interval.
        total: Its total-effect index, interactions included; ``total_interval`` likewise.
        settled: Both intervals are small enough to rank the parameter.
    """

    parameter: str
    first: float
    first_interval: float
    total: float
    total_interval: float
    settled: bool


@dataclass(frozen=True)
class MissedLimit:
    """A constraint that the design misses at the 10th or 90th percentile of one parameter.

    Attributes:
        at: Value of the parameter there.
        constraint: Its text, as ``node_mass <= 4,000 kg``.
        value: The constrained quantity; None if it is no finite number.
        display_unit: Unit of that quantity.
    """

    parameter: str
    end: Literal["low", "high"]
    at: float
    constraint: str
    value: float | None
    display_unit: str


@dataclass(frozen=True)
class Sensitivity:
    """How uncertain parameters move a quantity at one design.

    Attributes:
        base: The quantity at nominal values.
        rows: One for each parameter, the most important first.
        samples: Trajectories of Morris, base samples of Sobol; None for a tornado.
        reoptimized_base: The quantity of the best design at nominal values; None unless reoptimizing was asked for.
        missed: Constraints that the design misses where one parameter is at its 10th or 90th percentile.
    """

    method: Literal["tornado", "morris", "sobol"]
    quantity: str
    display_unit: str
    base: float
    rows: tuple[TornadoBar, ...] | tuple[MorrisEffect, ...] | tuple[SobolIndex, ...]
    samples: int | None = None
    reoptimized_base: float | None = None
    missed: tuple[MissedLimit, ...] = ()


@dataclass(frozen=True)
class SampledParameter:
    """How an uncertain parameter was sampled; SI and USD."""

    name: str
    display_unit: str
    distribution: str
    origin: str
    nominal: float
    p10: float
    p50: float
    p90: float


#: One value for each design of the front; None where it is infinite or unknown.
Column = tuple[float | None, ...]


@dataclass(frozen=True)
class SamplingError:
    """How far the statistics of a front may be trusted; SI and USD.

    Attributes:
        samples, replicates: Draws of the uncertain parameters, in so many independent parts.
        designs: Rows of the front in the table of designs, in the front's order; so are the columns below.
        standard_errors: Of each statistic.
        fresh_sample: Each statistic, from an independent sample.
        holds: For each constraint at nominal values, the share of the samples in which it holds.
        percentiles: Of each objective's quantity, named as ``p50 roi``.
    """

    samples: int
    replicates: int
    parameters: tuple[SampledParameter, ...]
    correlations: tuple[tuple[str, str, float], ...]
    designs: tuple[int, ...]
    standard_errors: Mapping[str, Column] = field(default_factory=dict)
    fresh_sample: Mapping[str, Column] = field(default_factory=dict)
    holds: Mapping[str, Column] = field(default_factory=dict)
    percentiles: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True)
class OnGround:
    """What the accelerators of a design cost and earn on one ground.

    Attributes:
        design: Row in the table of designs; 0 for a base design.
        ground: The preset of the ground.
        compute_cost: Levelized cost of IT energy there.
        roi: Net present value there over the present value of what is invested.
    """

    design: int
    ground: str
    compute_cost: float
    roi: float


@dataclass(frozen=True)
class GroundComparison:
    """The same chips on the ground.

    Attributes:
        grounds: For each design, in the order of the table, the grounds from the cheapest on.
        refused: Why there is no comparison; empty if there is one, or nothing to compare.
    """

    grounds: tuple[OnGround, ...] = ()
    refused: str = ""

    def cheapest(self, design: int = 0) -> OnGround | None:
        """The cheapest ground of a design; None if it is not compared."""
        return next((each for each in self.grounds if each.design == design), None)


@dataclass(frozen=True)
class Lever:
    """How far one value must move, all others as they are, for a design's net present value to be zero.

    Attributes:
        design: Row in the table of designs; 0 for a base design.
        name: The parameter, or a computed price.
        value: Its value in use.
        to: The value at which the net present value is zero; if none within ``low`` and ``high`` suffices, the best.
        left: Share of the loss that is left there; 0 if the value suffices.
        low, high: The range of its sources; that of a computed price is what the parameters that act through it alone
            make of it. None in runs of earlier releases.
    """

    design: int
    name: str
    display_unit: str
    value: float
    to: float
    left: float
    low: float | None = None
    high: float | None = None

    @property
    def is_enough(self) -> bool:
        """Whether it can do it alone."""
        return self.left == 0

    @property
    def move(self) -> float:
        """The size of the move: the logarithm of the factor, or one plus the relative change where the sign changes."""
        if self.to * self.value > 0:
            return abs(math.log(self.to / self.value))
        return 1 + abs(self.to - self.value) / max(abs(self.value), abs(self.to))
