"""Quantities in each sample as linear forms of a catalogue; their means and means of the worst cases in a program.

The equations are called as for a catalogue, with each sample of the uncertain parameters as if it were an option of its
own. Over samples of a quantity that is linear in the amounts, the mean is linear too. The mean of the worst samples is
the largest, or smallest, of weighted means (Rockafellar and Uryasev 2002): with weights that are not negative, add up
to one, and of which none exceeds 1 / (share x samples). So each choice of weights bounds it by a line, and it becomes
an amount of its own that is at least each of the lines known, as a convex broken line does. ``tails`` adds lines.
Other statistics have no such form: ``sample_trees`` proves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import EXCESS, Sides
from sunfront.engines.exact.catalogue import Catalogue, build_catalogue, call, given_amounts
from sunfront.engines.exact.envelopes import Envelope, is_safe
from sunfront.engines.exact.forms import FormBuilder, LinearForm, Quotient
from sunfront.engines.exact.narrowing import ranges_of
from sunfront.errors import NonlinearEquation
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, TailMean

#: Options times samples whose equations are evaluated at once.
CHUNK = 1 << 14

#: Relative difference of coefficients that are the same in all samples.
SAME = 1e-12

#: Most samples that are counted, for a percentile or a probability.
MOST_COUNTED = 512

#: Most coefficients of sampled forms that are held: 0.8 GB.
MOST = 10**8


@dataclass(frozen=True)
class Tail:
    """A mean of worst cases that is an amount of the catalogue.

    Attributes:
        name: Name of the criterion.
        envelope: Number of the amount among the catalogue's envelopes.
        shift: What is added to the amount, with its sign, so as to get the mean of the worst cases; array (options,).
        terms: Coefficients of the quantity in each sample, the constant last; array (samples, columns + 1, options).
        denominator: Of the quantity; the same in all samples.
    """

    name: str
    statistic: TailMean
    envelope: int
    shift: Array
    terms: Array
    denominator: LinearForm | None

    def values(self, totals: Sequence[float], option: int) -> Array:
        """Return the numerator of the quantity in each sample, array (samples,)."""
        found: Array = self.terms[:, :, option] @ np.append(totals, 1.0)
        return found

    def value(self, totals: Sequence[float], option: int) -> float:
        """Return the mean of the worst cases at given amounts of an option."""
        worst = float(self.statistic.compute(self.values(totals, option)))
        return worst / (self.denominator.value(option, totals) if self.denominator else 1.0)

    def line(self, totals: Sequence[float]) -> LinearForm:
        """Return a line that the amount is at least; where all amounts are these totals, it is equal."""
        samples = np.einsum("sco,c->so", self.terms, np.append(totals, 1.0))
        sign = 1.0 if self.statistic.lower else -1.0
        order = np.argsort(sign * samples, axis=0, kind="stable")
        size = self.statistic.share * len(samples)
        shares = np.clip(size - np.arange(len(samples)), 0.0, 1.0) / size
        weights = np.empty_like(samples)
        np.put_along_axis(weights, order, np.broadcast_to(shares[:, None], order.shape), axis=0)
        return self._weighted(weights)

    def mean_line(self) -> LinearForm:
        """Return the line of equal weights."""
        samples, _, options = self.terms.shape
        return self._weighted(np.full((samples, options), 1.0 / samples))

    def _weighted(self, weights: Array) -> LinearForm:
        mean = np.einsum("so,sco->co", weights, self.terms)
        sign = -1.0 if self.statistic.lower else 1.0
        return LinearForm(tuple(sign * mean[:-1]), sign * mean[-1] + self.shift)


@dataclass(frozen=True)
class SampledCatalogue:
    """A catalogue with statistics.

    Attributes:
        catalogue: Its envelopes for the tails have one line each.
        tails: In the order of their envelopes.
    """

    catalogue: Catalogue
    tails: tuple[Tail, ...]

    def with_lines(self, lines: Mapping[int, Sequence[LinearForm]]) -> Catalogue:
        """Return the catalogue with further lines, by number of the envelope."""
        envelopes = [replace(e, lines=(*e.lines, *lines.get(i, ()))) for i, e in enumerate(self.catalogue.envelopes)]
        return replace(self.catalogue, envelopes=tuple(envelopes))

    def with_lines_at(self, places: Sequence[Sequence[float]]) -> Catalogue:
        """Return the catalogue with the lines of every mean of worst cases at some totals."""
        return self.with_lines({tail.envelope: [tail.line(place) for place in places] for tail in self.tails})


def plain_problem(problem: Problem) -> Problem:
    """Return the problem without statistics: the quantities of objectives, and of limits as further objectives."""
    own = tuple(replace(o, statistic=None) for o in problem.objectives)
    known = {*(o.quantity for o in own), *(c.quantity for c in problem.constraints if c.statistic is None)}
    limited = {c.quantity: c for c in problem.constraints if c.quantity not in known}
    return replace(
        problem,
        objectives=(*own, *(Objective("maximize" if c.sign > 0 else "minimize", name) for name, c in limited.items())),
        constraints=tuple(c for c in problem.constraints if c.statistic is None),
        uncertainty=None,
    )


def build_sampled(problem: Problem, shells: int, whole: bool = False) -> SampledCatalogue:
    """Compute the linear forms of a problem with statistics for every option; raises as ``read_sampled``.

    Args:
        whole: As of ``build_catalogue``.
    """
    return read_sampled(problem, shells, whole).joined(whole)


def read_sampled(problem: Problem, shells: int, whole: bool = False) -> ReadSamples:
    """Compute the coefficients of each sampled quantity for every option.

    Args:
        whole: As of ``build_catalogue``.

    Raises:
        NonlinearEquation: A statistic has no such form, or an equation is not linear in the amounts.
    """
    samples = problem.uncertainty.samples if problem.uncertainty else 0
    for name, (_, statistic) in problem.statistics.items():
        if isinstance(statistic, Deviation):
            raise NonlinearEquation(
                f"{name}: a standard deviation is not linear in the amounts of hardware; limit a cvar or a percentile"
            )
        if isinstance(statistic, Percentile | Probability) and samples > MOST_COUNTED:
            raise NonlinearEquation(
                f"{name}: over {samples:,} samples; the proof counts at most {MOST_COUNTED}; set "
                "uncertainty.samples to that or fewer"
            )
    plain = plain_problem(problem)
    catalogue = build_catalogue(plain, shells, whole=whole)
    catalogue = replace(
        catalogue,
        scope=f"{catalogue.scope} and {samples:,} samples",
        objectives=catalogue.objectives[: len(problem.objectives)],
    )
    if not catalogue.size:
        return ReadSamples(problem, catalogue, {})
    return ReadSamples(problem, catalogue, _read(problem, plain, catalogue))


@dataclass(frozen=True)
class _Sampled:
    """A quantity in each sample.

    Attributes:
        terms: Coefficients, the constant last; array (samples, columns + 1, options).
        excess: Coefficients of ``EXCESS``; array (samples, options).
        denominator: Array (1, columns + 1, options) if it is the same in all samples, else (samples, ...); None for 1.
    """

    terms: Array
    excess: Array
    denominator: Array | None

    def over(self, samples: slice) -> _Sampled:
        """Return the quantity in some of the samples."""
        below = (
            self.denominator if self.denominator is None or len(self.denominator) == 1 else self.denominator[samples]
        )
        return _Sampled(self.terms[samples], self.excess[samples], below)

    @property
    def certain_denominator(self) -> LinearForm | None:
        """The denominator as a form, which is the same in all samples."""
        return (
            None if self.denominator is None else LinearForm(tuple(self.denominator[0, :-1]), self.denominator[0, -1])
        )


def _read(problem: Problem, plain: Problem, catalogue: Catalogue) -> dict[str, _Sampled]:
    """Return the quantity of each statistic in each sample, by name of the criterion."""
    assert problem.uncertainty is not None
    samples, columns, size = problem.uncertainty.samples, len(catalogue.columns), catalogue.size
    if len(problem.statistics) * samples * (columns + 2) * size > MOST:
        raise NonlinearEquation(f"{samples:,} samples of {size:,} options are too many; give fewer of either")
    terms = {name: np.empty((samples, columns + 2, size)) for name in problem.statistics}
    below: dict[str, Array] = {}
    for member in plain.members():
        chosen = np.ones(size, dtype=bool)
        for v in problem.equation_choices:
            own = next(each for each in member.variables if each.name == v.name)
            chosen &= catalogue.options[v.name] == own.low
        for taken in np.unique(catalogue.taken[chosen], axis=0):
            rows = np.flatnonzero(chosen & (catalogue.taken == taken).all(axis=1))
            for part in np.array_split(rows, -(-len(rows) * samples // CHUNK)):
                found = _evaluate(problem, member, catalogue, part, taken)
                for name in problem.statistics:
                    terms[name][:, :, part], denominator = found[name]
                    if denominator is None:
                        continue
                    if name not in below:
                        below[name] = np.zeros((1, columns + 1, size))
                        below[name][:, -1] = 1.0
                    if _is_certain(denominator):
                        denominator = denominator[:1]
                    elif len(below[name]) == 1:
                        below[name] = np.repeat(below[name], samples, axis=0)
                    below[name][:, :, part] = np.delete(denominator, -2, axis=1)
    return {name: _Sampled(np.delete(each, -2, axis=1), each[:, -2], below.get(name)) for name, each in terms.items()}


@dataclass(frozen=True)
class ReadSamples:
    """A catalogue without statistics, and the coefficients of the sampled quantities by name of the criterion."""

    problem: Problem
    catalogue: Catalogue
    found: Mapping[str, _Sampled]

    @property
    def is_linear(self) -> bool:
        """Whether every statistic is a mean, or a mean of worst cases, over a certain denominator."""
        kinds = all(isinstance(statistic, Mean | TailMean) for _, statistic in self.problem.statistics.values())
        return kinds and all(each.denominator is None or len(each.denominator) == 1 for each in self.found.values())

    def over(self, samples: slice) -> ReadSamples:
        """Return it with some of the samples."""
        return replace(self, found={name: each.over(samples) for name, each in self.found.items()})

    def joined(self, whole: bool = False) -> SampledCatalogue:
        """Return the catalogue with the statistics; raises NonlinearEquation unless they are linear."""
        if not self.is_linear:
            names = ", ".join(self.problem.statistics)
            raise NonlinearEquation(
                f"{names}: only a mean and a cvar, over a certain denominator, have a linear program, which can be "
                "written, proved by another solver, and has an exact certificate; trees over samples prove the others, "
                "whose bounds nothing else checks (docs/how-it-is-proved.md)"
            )
        if not self.catalogue.size:
            return SampledCatalogue(self.catalogue, ())
        return _join(self.problem, self.catalogue, self.found, whole)


def _evaluate(
    problem: Problem, member: Problem, catalogue: Catalogue, part: NDArray[np.intp], taken: NDArray[np.intp]
) -> dict[str, tuple[Array, Array | None]]:
    """Evaluate the quantities of the statistics in some options that take the same values at each call of ``larger``.

    The nominal values are evaluated as one more sample, so that what the catalogue took from them can be compared.

    Returns:
        By name of the criterion, numerator and denominator: arrays (samples, columns + EXCESS + 1, options).

    Raises:
        NonlinearEquation: Which value is the larger, or a broken line, depends on the sample.
    """
    assert problem.uncertainty is not None
    repeats = problem.uncertainty.samples + 1
    options = {v: np.tile(values[part], repeats) for v, values in catalogue.options.items()}
    counted = catalogue.count
    nodes = np.tile(counted[part], repeats) if isinstance(counted, np.ndarray) else None
    count = None if isinstance(counted, np.ndarray) else counted
    given: dict[str, Any] = given_amounts(member, options, nodes, count, catalogue.amounts)
    given |= {
        p: np.repeat(np.append(member.values[p], values), len(part)) for p, values in problem.uncertainty.draws.items()
    }
    totals = [*catalogue.columns, EXCESS]

    def split(form: LinearForm) -> Array:
        return np.stack([*form.coefficients, form.constant]).reshape(-1, repeats, len(part)).transpose(1, 0, 2)

    quantities = {name: quantity for name, (quantity, _) in problem.statistics.items()}
    sides = Sides(tuple(taken.tolist()), as_amounts=bool(catalogue.envelopes))
    with np.errstate(all="ignore"), sides.used():
        values = member.model.evaluate(given, member.criterion_names, call)
    names = ", ".join(quantities)
    for line in [*sides.differences, *sides.spared, *(line for lines in sides.envelopes for line in lines)]:
        q = Quotient.of(names, line, totals, repeats * len(part))
        if not all(_is_certain(split(form)) for form in (q.numerator, q.denominator) if form is not None):
            raise NonlinearEquation(
                f"{names}: the price of hardware is uncertain while its builder learns, so that a broken line of the "
                "amounts, such as node_capex, depends on the sample. Set node_learning_rate to 0 %, give the uncertain "
                "prices a value, or search with evolve, optuna or sweep"
            )
    found = {
        name: Quotient.of(name, values[quantity], totals, repeats * len(part)) for name, quantity in quantities.items()
    }
    return {
        name: (split(q.numerator)[1:], None if q.denominator is None else split(q.denominator)[1:])
        for name, q in found.items()
    }


def _is_certain(terms: Array) -> bool:
    """Whether coefficients, array (samples, columns, options), are the same in all samples."""
    spread = np.abs(terms - terms[:1]).max(initial=0.0, axis=0)
    return bool((spread <= SAME * np.abs(terms[0])).all())


def _join(problem: Problem, catalogue: Catalogue, found: Mapping[str, _Sampled], whole: bool) -> SampledCatalogue:
    """Put the statistics into the catalogue."""
    tails = [name for name, (_, statistic) in problem.statistics.items() if isinstance(statistic, TailMean)]
    first, count = len(catalogue.envelopes), len(tails)
    box, low, high = ranges_of(catalogue)
    wide = catalogue.widened(count + 1)  # the last column is that of ``EXCESS``
    kept: list[Tail] = []
    forms: dict[str, Quotient] = {}
    for name, (_, statistic) in problem.statistics.items():
        own = found[name]
        denominator = own.certain_denominator and own.certain_denominator.widened(count)
        below_it = None if denominator is None else denominator.widened(1)
        if not isinstance(statistic, TailMean):
            mean = own.terms.mean(axis=0)
            coefficients = [*mean[:-1], *[np.zeros(catalogue.size)] * count, own.excess.mean(axis=0)]
            forms[name] = Quotient(LinearForm(tuple(coefficients), mean[-1]), below_it)
            continue
        number = len(kept)
        below, above = _bounds(own.terms, low, high)
        shift = above if statistic.lower else -below
        sign = -1.0 if statistic.lower else 1.0
        padded = np.insert(own.terms, [own.terms.shape[1] - 1] * count, 0.0, axis=1)
        tail = Tail(name, statistic, first + number, shift, padded, denominator)
        kept.append(tail)
        scale = max(float((above - below).max()), 1e-300)
        envelope = Envelope(f"tail_{number}", scale, 0.0, (tail.mean_line().widened(1),))
        wide = replace(wide, envelopes=(*wide.envelopes, envelope))
        coefficients = [np.zeros(catalogue.size)] * (len(low) + count + 1)
        coefficients[len(low) + number] = np.full(catalogue.size, sign)
        forms[name] = Quotient(LinearForm(tuple(coefficients), -sign * shift), below_it)
    least: list[Array | float] = [*low, *([0.0] * (count + 1))]
    most: list[Array | float] = [*high, *(e.scale for e in wide.envelopes[first:]), 0.0]
    builder = FormBuilder(problem, least, most, box)
    rows, denominators = dict(wide.rows), dict(wide.denominators)
    possible = np.ones(catalogue.size, dtype=bool)
    for c in problem.constraints:
        if c.statistic is not None:
            form, divisor = builder.constraint(c, forms[c.name])
            rows[c] = form
            if divisor is not None:
                denominators[c] = divisor
            possible &= form.upper_bound(least, most) >= np.where(form.is_fixed, -c.rounding, -np.inf)
    objectives = tuple(
        builder.objective(o, forms[o.name]) if o.statistic is not None else form
        for o, form in zip(problem.objectives, wide.objectives, strict=True)
    )
    rows |= {c: rows[c].without_constant_rows(possible) for c in rows if c.statistic is not None}
    joined = replace(wide, rows=rows, denominators=denominators, objectives=objectives)
    broken = range(len(low) - first, len(low))
    if not is_safe(joined.envelopes, list(rows.values()), objectives) or any(
        (each * (1.0 if tail.statistic.lower else -1.0) > 0).any()
        for tail in kept
        for each in (*(tail.terms[:, k] for k in broken), found[tail.name].excess)
    ):
        raise NonlinearEquation(f"{', '.join(found)}: a larger value of a broken line may be an advantage")
    joined = joined.without_excess()
    if whole or possible.all():
        return SampledCatalogue(joined, tuple(kept))
    rest = tuple(
        replace(
            t,
            shift=t.shift[possible],
            terms=t.terms[:, :, possible],
            denominator=None if t.denominator is None else t.denominator.select(possible),
        )
        for t in kept
    )
    return SampledCatalogue(joined.select(possible), rest)


def _bounds(terms: Array, low: Sequence[Any], high: Sequence[Any]) -> tuple[Array, Array]:
    """Bound a quantity over all samples and amounts, in each option; arrays (options,)."""
    least, most = terms[:, -1], terms[:, -1]
    for k, (bottom, top) in enumerate(zip(low, high, strict=True)):
        ends = terms[:, k] * bottom, terms[:, k] * top
        least, most = least + np.minimum(*ends), most + np.maximum(*ends)
    return least.min(axis=0), most.max(axis=0)
