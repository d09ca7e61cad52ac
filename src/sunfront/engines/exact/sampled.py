"""Means and means of the worst cases over samples, as linear forms of a catalogue.

The equations are called as for a catalogue, with each sample of the uncertain parameters as if it were an option of its
own. Over samples of a quantity that is linear in the amounts, the mean is linear too. The mean of the worst samples is
the largest, or smallest, of weighted means (Rockafellar and Uryasev 2002): with weights that are not negative, add up
to one, and of which none exceeds 1 / (share x samples). So each choice of weights bounds it by a line, and it becomes
an amount of its own that is at least each of the lines known, as a convex broken line does. ``tails`` adds lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import EXCESS, Affine, Ratio, Sides, envelope_name
from sunfront.engines.exact.catalogue import Catalogue, build_catalogue, call, given_amounts
from sunfront.engines.exact.envelopes import Envelope, is_safe
from sunfront.engines.exact.forms import FormBuilder, LinearForm, Quotient
from sunfront.engines.exact.narrowing import ranges_of
from sunfront.errors import NonlinearEquation
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Mean, TailMean

#: Options times samples whose equations are evaluated at once.
CHUNK = 1 << 14

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
    """Return the problem without statistical constraints, and with the quantities of statistical objectives."""
    return replace(
        problem,
        objectives=tuple(replace(o, statistic=None) for o in problem.objectives),
        constraints=tuple(c for c in problem.constraints if c.statistic is None),
        uncertainty=None,
    )


def build_sampled(problem: Problem, shells: int, whole: bool = False) -> SampledCatalogue:
    """Compute the linear forms of a problem with statistics for every option; raises as ``read_sampled``.

    Args:
        whole: As of ``build_catalogue``.
    """
    return read_sampled(problem, shells, whole).joined(slice(None), whole)


def read_sampled(problem: Problem, shells: int, whole: bool = False) -> ReadSamples:
    """Compute the coefficients of each sampled quantity for every option.

    Args:
        whole: As of ``build_catalogue``.

    Raises:
        NonlinearEquation: A statistic has no such form, or an equation is not linear in the amounts.
    """
    for name, (_, statistic) in problem.statistics.items():
        if not isinstance(statistic, Mean | TailMean):
            raise NonlinearEquation(f"{name}: only a mean and a cvar are linear in the amounts of hardware")
    plain = plain_problem(problem)
    catalogue = build_catalogue(plain, shells, whole=whole)
    samples = problem.uncertainty.samples if problem.uncertainty else 0
    catalogue = replace(catalogue, scope=f"{catalogue.scope} and {samples:,} samples")
    if not catalogue.size:
        return ReadSamples(problem, catalogue, {})
    if catalogue.sides or catalogue.spared:
        raise NonlinearEquation(
            f"{', '.join(problem.statistics)}: which of two values of an equation is the larger depends on the amounts"
        )
    found = {
        name: _Sampled.read(problem, plain, catalogue, name, quantity)
        for name, (quantity, _) in problem.statistics.items()
    }
    return ReadSamples(problem, catalogue, found)


@dataclass(frozen=True)
class _Sampled:
    """A quantity: coefficients in each sample, array (samples, columns + 1, options), and its certain denominator."""

    terms: Array
    denominator: LinearForm | None

    @classmethod
    def read(cls, problem: Problem, plain: Problem, catalogue: Catalogue, name: str, quantity: str) -> _Sampled:
        assert problem.uncertainty is not None
        samples, columns = problem.uncertainty.samples, len(catalogue.columns)
        if samples * (columns + 1) * catalogue.size > MOST:
            raise NonlinearEquation(
                f"{name}: {samples:,} samples of {catalogue.size:,} options are too many; give fewer of either"
            )
        terms = np.empty((samples, columns + 1, catalogue.size))
        below: Array | None = None
        for member in plain.members():
            chosen = np.ones(catalogue.size, dtype=bool)
            for v in problem.equation_choices:
                own = next(each for each in member.variables if each.name == v.name)
                chosen &= catalogue.options[v.name] == own.low
            rows = np.flatnonzero(chosen)
            for part in np.array_split(rows, max(-(-len(rows) * samples // CHUNK), 1)):
                if not len(part):
                    continue
                numerator, denominator = _evaluate(problem, member, catalogue, quantity, name, part)
                terms[:, :, part] = numerator
                if denominator is not None:
                    if below is None:
                        below = np.zeros((columns + 1, catalogue.size))
                        below[-1] = 1.0
                    spread = np.abs(denominator - denominator[:1]).max(initial=0.0, axis=0)
                    if (spread > 1e-12 * np.abs(denominator[0])).any():
                        raise NonlinearEquation(f"{name}: the denominator of {quantity} is uncertain too")
                    below[:, part] = denominator[0]
        return cls(terms, None if below is None else LinearForm(tuple(below[:-1]), below[-1]))


@dataclass(frozen=True)
class ReadSamples:
    """A catalogue without statistics, and the coefficients of the sampled quantities by name of the criterion."""

    problem: Problem
    catalogue: Catalogue
    found: Mapping[str, _Sampled]

    def joined(self, samples: slice, whole: bool = False) -> SampledCatalogue:
        """Return the catalogue with the statistics over some of the samples."""
        if not self.catalogue.size:
            return SampledCatalogue(self.catalogue, ())
        part = {name: replace(each, terms=each.terms[samples]) for name, each in self.found.items()}
        return _join(self.problem, self.catalogue, part, whole)


def _evaluate(
    problem: Problem, member: Problem, catalogue: Catalogue, quantity: str, name: str, part: NDArray[np.intp]
) -> tuple[Array, Array | None]:
    """Return numerator and denominator of a quantity in some options, arrays (samples, columns + 1, options)."""
    assert problem.uncertainty is not None
    samples = problem.uncertainty.samples
    options = {v: np.tile(values[part], samples) for v, values in catalogue.options.items()}
    counted = catalogue.count
    nodes = np.tile(counted[part], samples) if isinstance(counted, np.ndarray) else None
    count = None if isinstance(counted, np.ndarray) else counted
    drawn = {p: np.repeat(values, len(part)) for p, values in problem.uncertainty.draws.items()}
    given: dict[str, Any] = {**given_amounts(member, options, nodes, count, catalogue.amounts), **drawn}
    sides = Sides((), as_amounts=True)
    with np.errstate(all="ignore"), sides.used():
        value = member.model.evaluate(given, [quantity], call)[quantity]
    if sides.taken:
        raise NonlinearEquation(f"{name}: a side of `larger` depends on the sample")
    totals = [*catalogue.columns, EXCESS]
    names = [_same_line(name, lines, catalogue, totals, samples, part) for lines in sides.envelopes]
    value = _renamed(value, {envelope_name(i): known for i, known in enumerate(names)})
    form = Quotient.of(name, value, totals, samples * len(part))

    def split(form: LinearForm) -> Array:
        return np.stack([*form.coefficients[:-1], form.constant]).reshape(-1, samples, len(part)).transpose(1, 0, 2)

    return split(form.numerator), None if form.denominator is None else split(form.denominator)


def _same_line(
    name: str,
    lines: Sequence[Affine],
    catalogue: Catalogue,
    totals: Sequence[str],
    samples: int,
    part: NDArray[np.intp],
) -> str:
    """Return the envelope of the catalogue that is a broken line of the sampled quantity.

    Raises:
        NonlinearEquation: None is, or it is another one from sample to sample.
    """
    forms = [Quotient.of(name, line, totals, samples * len(part)).numerator for line in lines]
    found = [np.stack([*f.coefficients[:-1], f.constant]).reshape(-1, samples, len(part)) for f in forms]
    sizes = [np.abs(each).max(axis=(0, 1)) for each in found]
    for envelope in catalogue.envelopes:
        known = [np.stack([*k.coefficients, k.constant])[:, None, part] for k in envelope.lines]
        if all(
            any((np.abs(own - line) <= 1e-12 * size).all() for own, size in zip(found, sizes, strict=True))
            for line in known
        ):
            return envelope.total
    raise NonlinearEquation(f"{name}: it has a broken line of the amounts that depends on the sample, or is its own")


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return an affine value, or a quotient of two, with the envelopes' names of the catalogue."""
    if isinstance(value, Ratio):
        return Ratio(_renamed(value.numerator, names), _renamed(value.denominator, names))
    if not isinstance(value, Affine):
        return value
    return Affine({names.get(total, total): c for total, c in value.terms.items()}, value.constant)


def _join(problem: Problem, catalogue: Catalogue, found: Mapping[str, _Sampled], whole: bool) -> SampledCatalogue:
    """Put the statistics into the catalogue."""
    tails = [name for name, (_, statistic) in problem.statistics.items() if isinstance(statistic, TailMean)]
    first, count = len(catalogue.envelopes), len(tails)
    box, low, high = ranges_of(catalogue)
    wide = replace(
        catalogue,
        envelopes=tuple(replace(e, lines=tuple(line.widened(count) for line in e.lines)) for e in catalogue.envelopes),
        rows={c: form.widened(count) for c, form in catalogue.rows.items()},
        denominators={c: form.widened(count) for c, form in catalogue.denominators.items()},
    )
    kept: list[Tail] = []
    forms: dict[str, Quotient] = {}
    for name, (_, statistic) in problem.statistics.items():
        own = found[name]
        denominator = None if own.denominator is None else own.denominator.widened(count)
        if not isinstance(statistic, TailMean):
            mean = own.terms.mean(axis=0)
            forms[name] = Quotient(LinearForm(tuple(mean[:-1]), mean[-1]).widened(count), denominator)
            continue
        number = len(kept)
        below, above = _bounds(own.terms, low, high)
        shift = above if statistic.lower else -below
        sign = -1.0 if statistic.lower else 1.0
        padded = np.insert(own.terms, [own.terms.shape[1] - 1] * count, 0.0, axis=1)
        tail = Tail(name, statistic, first + number, shift, padded, denominator)
        kept.append(tail)
        scale = max(float((above - below).max()), 1e-300)
        envelope = Envelope(f"tail_{number}", scale, 0.0, (tail.mean_line(),))
        wide = replace(wide, envelopes=(*wide.envelopes, envelope))
        coefficients = [np.zeros(catalogue.size)] * len(low) + [np.zeros(catalogue.size)] * count
        coefficients[len(low) + number] = np.full(catalogue.size, sign)
        forms[name] = Quotient(LinearForm(tuple(coefficients), -sign * shift), denominator)
    least: list[Array | float] = [*low, *([0.0] * count)]
    most: list[Array | float] = [*high, *(e.scale for e in wide.envelopes[first:])]
    builder = FormBuilder(problem, least, most, box)
    rows, denominators = dict(wide.rows), dict(wide.denominators)
    possible = np.ones(catalogue.size, dtype=bool)
    for c in problem.constraints:
        if c.statistic is not None:
            form, below_it = builder.constraint(c, forms[c.name])
            rows[c] = form
            if below_it is not None:
                denominators[c] = below_it
            possible &= form.upper_bound(least, most) >= np.where(form.is_fixed, -c.rounding, -np.inf)
    objectives = tuple(
        builder.objective(o, forms[o.name]) if o.statistic is not None else form.widened(count)
        for o, form in zip(problem.objectives, catalogue.objectives, strict=True)
    )
    rows |= {c: rows[c].without_constant_rows(possible) for c in rows if c.statistic is not None}
    joined = replace(wide, rows=rows, denominators=denominators, objectives=objectives)
    last = [form.widened(1) for form in rows.values()]  # the column of what a wrong line adds, which is zero
    broken = range(len(low) - first, len(low))
    if not is_safe(joined.envelopes, last, [o.widened(1) for o in objectives]) or any(
        (tail.terms[:, k] * (1.0 if tail.statistic.lower else -1.0) > 0).any() for tail in kept for k in broken
    ):
        raise NonlinearEquation(f"{', '.join(found)}: a larger value of a broken line may be an advantage")
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
