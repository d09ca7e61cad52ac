"""Monte Carlo: distributions against scipy, statistics against closed forms, standard error against actual error."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from sunfront.equation import equation
from sunfront.errors import NotFinite, RangeError
from sunfront.library.distributions import Empirical, Lognormal, Loguniform, Normal, Triangular, Truncated, Uniform
from sunfront.library.model import Model
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, TailMean
from sunfront.problem.uncertainty import REPLICATES, UncertainParameter, Uncertainty
from sunfront.problem.variables import Variable

# Each distribution and scipy's version of it.
PAIRS = [
    (Uniform(2, 5), stats.uniform(2, 3)),
    (Loguniform(0.2, 5), stats.loguniform(0.2, 5)),
    (Triangular(2, 3, 7), stats.triang(1 / 5, 2, 5)),
    (Triangular(2, 2, 7), stats.triang(0, 2, 5)),
    (Triangular(2, 7, 7), stats.triang(1, 2, 5)),
    (Normal(3, 0.5), stats.norm(3, 0.5)),
    (Truncated(Normal(3, 2), 0, 4), stats.truncnorm(-1.5, 0.5, 3, 2)),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[str(ours) for ours, _ in PAIRS])
def test_distributions_as_scipy_has_them(ours, theirs):
    shares = np.array([1e-6, 0.01, 0.1, 0.2, 0.5, 0.77, 0.99, 1 - 1e-6])
    np.testing.assert_allclose(ours.quantile(shares), theirs.ppf(shares), rtol=1e-9)
    for value in np.linspace(-1, 8, 37):
        assert ours.cdf(value) == pytest.approx(theirs.cdf(value), abs=1e-12)


def test_lognormal_has_the_given_percentiles():
    low, middle, high = Lognormal(500, 3000).quantile(np.array([0.1, 0.5, 0.9]))
    assert (low, middle, high) == pytest.approx((500, (500 * 3000) ** 0.5, 3000), rel=1e-12)
    assert Lognormal(500, 3000).cdf(3000) == pytest.approx(0.9)
    assert Lognormal(500, 3000).cdf(0) == 0


def test_empirical_draws_only_its_values():
    spread = Empirical((3.0, 1.0, 1.0, 7.0))
    np.testing.assert_array_equal(
        spread.quantile(np.array([0.0, 0.3, 0.49, 0.5, 0.74, 0.75, 1 - 1e-12])), [1, 1, 1, 3, 3, 7, 7]
    )
    assert spread.cdf(1) == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Uniform(2, 2),
        lambda: Loguniform(0, 2),
        lambda: Loguniform(3, 3),
        lambda: Triangular(2, 8, 7),
        lambda: Triangular(2, 2, 2),
        lambda: Normal(0, 0),
        lambda: Lognormal(0, 3),
        lambda: Lognormal(3, 3),
        lambda: Empirical((1.0, 1.0)),
    ],
)
def test_impossible_distributions_are_refused(wrong):
    with pytest.raises(RangeError):
        wrong()


@equation("1")
def total(size, first, second):
    """A metric linear in the uncertain parameters.

    Source: definition.
    """
    return size + 2 * first - 3 * second


@equation("1")
def doubled(size):
    """A quantity that is certain.

    Source: definition.
    """
    return 2 * size


@equation("1")
def broken(size, first):
    """Infinite in some samples.

    Source: definition.
    """
    return size / (first - first + (first > 4.5) * 0.0 + (first <= 4.5))


NORMALS = (Normal(4, 0.3), Normal(1, 0.2))


def problem(statistic=None, samples=4096, seed=0, spreads=NORMALS, correlations=(), quantity="total"):
    uncertain = [UncertainParameter(n, "1", s, 1.0, "test") for n, s in zip(("first", "second"), spreads, strict=True)]
    return Problem(
        model=Model([total, doubled, broken]),
        values={"first": 4.0, "second": 1.0},
        variables=(Variable("size", "1", 0.0, 10.0),),
        objectives=(Objective("maximize", quantity, statistic),),
        constraints=(),
        uncertainty=Uncertainty(tuple(uncertain), samples, correlations, seed),
    )


def measured(posed, size=5.0):
    """Value and standard error of the only statistic."""
    (name,) = posed.statistics
    designs = {"size": np.array([size])}
    parts = posed.evaluate_statistics(designs, posed.statistics, REPLICATES)[name][0]
    return posed.evaluate(designs)[name][0], parts.std(ddof=1) / REPLICATES**0.5


# total = 5 + 2 first - 3 second is normal: mean 10, variance 4 x 0.09 + 9 x 0.04.
LINEAR = stats.norm(10, 0.72**0.5)
CLOSED = {
    "mean": (Mean(), LINEAR.mean()),
    "std": (Deviation(), LINEAR.std()),
    "p10": (Percentile(0.1), LINEAR.ppf(0.1)),
    "p95": (Percentile(0.95), LINEAR.ppf(0.95)),
    # Mean beyond a quantile of a normal: mu -+ sigma density(z) / share.
    "cvar10 of what is maximized": (TailMean(0.1, True), 10 - 0.72**0.5 * stats.norm.pdf(stats.norm.ppf(0.1)) / 0.1),
    "cvar25 of what is minimized": (
        TailMean(0.25, False),
        10 + 0.72**0.5 * stats.norm.pdf(stats.norm.ppf(0.25)) / 0.25,
    ),
    "probability": (Probability(">", 9.5, "1"), LINEAR.sf(9.5)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_statistics_of_a_linear_metric_equal_closed_forms(name):
    """Within four standard errors, at three seeds; and the error is less than that of as many random samples."""
    statistic, exact = CLOSED[name]
    for seed in range(3):
        value, error = measured(problem(statistic, seed=seed))
        assert abs(value - exact) < 4 * error
        assert 0 < error < 0.02


@pytest.mark.parametrize("name", CLOSED)
def test_standard_error_is_the_error(name):
    """Over 60 seeds, errors in units of the standard error scatter by about one (Student's t of 15 freedoms: 1.07)."""
    statistic, exact = CLOSED[name]
    found = [measured(problem(statistic, samples=1024, seed=seed)) for seed in range(60)]
    away = np.array([(value - exact) / error for value, error in found])
    assert 0.6 < np.sqrt((away**2).mean()) < 1.5


def test_product_of_uniform_and_triangular_against_quadrature():
    """Another pair of distributions: P(5 + 2 u - 3 t > 10) by numerical integration."""
    from scipy.integrate import quad

    spreads = (Uniform(3, 5), Triangular(0.5, 1, 1.5))
    exact, _ = quad(
        lambda t: stats.triang(0.5, 0.5, 1).pdf(t) * stats.uniform(3, 2).sf((5 + 3 * t) / 2), 0.5, 1.5, points=[1.0]
    )
    value, error = measured(problem(Probability(">", 10.0, "1"), spreads=spreads))
    assert abs(value - exact) < 4 * error


def test_rank_correlation():
    spreads = (Lognormal(1, 4), Triangular(0, 1, 3))
    known = problem(spreads=spreads, correlations=(("first", "second", -0.7),), samples=1 << 14).uncertainty
    assert stats.spearmanr(known.draws["first"], known.draws["second"]).statistic == pytest.approx(-0.7, abs=0.01)
    # The margins stay as they were.
    assert np.quantile(known.draws["first"], [0.1, 0.9]) == pytest.approx([1, 4], rel=0.01)


def test_full_correlation_moves_together():
    """With rank correlation 1 two normals move as one: the variance of 2 a - 3 b is (2 x 0.3 - 3 x 0.2)^2 = 0."""
    value, _ = measured(problem(Deviation(), correlations=(("first", "second", 1.0),)))
    assert value == pytest.approx(0, abs=1e-6)


def test_contradicting_correlations():
    names = [UncertainParameter(n, "1", Uniform(0, 1), 0.5, "test") for n in "abc"]
    with pytest.raises(RangeError, match="eigenvalue"):
        Uncertainty(tuple(names), 256, (("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)))


def test_same_samples_for_every_design():
    """Common random numbers: a shift of the design shifts the statistic by exactly as much."""
    posed = problem(Percentile(0.1))
    sizes = np.linspace(0, 10, 61)
    together = posed.evaluate({"size": sizes})["p10 total"]
    np.testing.assert_allclose(np.diff(together), np.diff(sizes), rtol=1e-9)
    alone = [posed.evaluate({"size": np.array([size])})["p10 total"][0] for size in sizes]
    np.testing.assert_array_equal(together, alone)


def test_another_seed_draws_other_samples():
    one, same, other = problem(seed=1), problem(seed=1), problem(seed=2)
    np.testing.assert_array_equal(one.uncertainty.draws["first"], same.uncertainty.draws["first"])
    assert (one.uncertainty.draws["first"] != other.uncertainty.draws["first"]).all()


def test_percentile_and_probability_are_equivalent():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(200, 256))
    for share in (0.05, 0.1, 0.5, 0.95):
        for limit in np.linspace(-2, 2, 9):
            within = Percentile(share).compute(values) <= limit
            np.testing.assert_array_equal(within, Probability("<=", limit, "1").compute(values) >= share)


def test_tail_mean_counts_the_edge_in_part():
    """The worst 30 % of 1 2 ... 5 are 1 and half of 2."""
    values = np.arange(1.0, 6.0)
    assert TailMean(0.3, True).compute(values) == pytest.approx((1 + 0.5 * 2) / 1.5)
    assert TailMean(0.3, False).compute(values) == pytest.approx((5 + 0.5 * 4) / 1.5)


def test_what_may_never_happen_has_percentiles():
    values = np.array([1.0, 2.0, 3.0, np.inf])
    assert Percentile(0.75).compute(values) == 3
    assert Percentile(0.76).compute(values) == np.inf
    assert TailMean(0.5, True).compute(values) == 1.5
    assert TailMean(0.5, False).compute(values) == np.inf


def test_plain_quantities_are_nominal():
    posed = problem(Mean(), spreads=(Normal(8, 0.3), Normal(1, 0.2)))
    found = posed.evaluate({"size": np.array([5.0])}, ["total", "mean total"])
    assert found["total"][0] == 10  # first = 4, not 8
    assert found["mean total"][0] == pytest.approx(18, abs=1e-3)


def test_a_quantity_is_uncertain_if_an_uncertain_parameter_reaches_it():
    posed = problem(Mean())
    assert posed.is_uncertain("total")
    assert not posed.is_uncertain("doubled")


def test_not_finite_in_a_sample_is_named():
    with pytest.raises(NotFinite) as caught:
        problem(Mean(), quantity="broken").evaluate({"size": np.array([5.0, 6.0])})
    assert caught.value.quantity == "broken"
    assert re.search(r"inf in .* of .* samples, first at size = 5, first = 4\.[5-9]", str(caught.value))


def test_columns_and_units():
    posed = problem(Percentile(0.1))
    assert posed.criterion_names == ("p10 total",)
    assert posed.table_columns == ("p10 total", "total")
    assert posed.unit("p10 total") == "1"
    assert str(posed.objectives[0]) == "maximize p10 total"
    assert Probability(">", 0.0, "USD").name("npv") == "probability(npv > 0 USD)"
    assert Probability(">", 0.0, "USD").display_unit("USD") == "%"
    assert Deviation().display_unit("degC") == "delta_degC"
