"""Tracing of a frontier, with solvers whose fronts are known: a sphere, and finite sets of points."""

import json
import math
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from sunfront.engines.exact import frontier, pool
from sunfront.engines.exact.frontier import trace_ever_tighter, trace_frontier
from sunfront.engines.exact.lexicographic import solve_in_order
from sunfront.engines.exact.pool import Pool, attempt
from sunfront.engines.exact.solver_protocol import FLOOR_TOLERANCE, Solution, lowered
from sunfront.errors import SolverBroke
from sunfront.problem.certificate import Certificate, Fact, measure_gap, measure_hypervolume
from sunfront.problem.corners import lowest_corners
from sunfront.problem.front import non_dominated
from sunfront.problem.preference import Order, Tolerance
from sunfront.runs import runner


def named(values):
    """A design whose variables are its scores."""
    return {f"x{i}": value for i, value in enumerate(values)}


class Sphere:
    """An exact solver whose front is the first octant of the unit sphere."""

    def __init__(self, objectives):
        self.objectives = objectives

    def maximize(self, index, floors, deadline, start=0.0):
        at = [max(floors.get(i, 0.0), 0.0) for i in range(self.objectives)]
        left = 1 - sum(x * x for i, x in enumerate(at) if i != index)
        if left < 0 or math.sqrt(left) < at[index] - 1e-12:
            return None
        at[index] = math.sqrt(left)
        return Solution(named(at), tuple(at), at[index])


class Finite:
    """An exact solver over a finite set of points."""

    def __init__(self, points):
        self.points, self.objectives = points, points.shape[1]
        self.solves = 0

    def maximize(self, index, floors, deadline, start=0.0):
        self.solves += 1
        met = np.all([self.points[:, i] >= f - 1e-12 for i, f in floors.items()], axis=0)
        among = self.points[met] if floors else self.points
        if not len(among):
            return None
        best = among[np.argmax(among[:, index])]
        return Solution(named(best.tolist()), tuple(best.tolist()), float(best[index]))


def trace(solver, gap, known=None):
    return trace_frontier(Pool(solver), gap, math.inf, "all", lambda gap, count: None, known=known)


def on_sphere(count, objectives, seed=0):
    points = np.abs(np.random.default_rng(seed).normal(size=(count, objectives)))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize(("objectives", "gap"), [(2, 0.01), (3, 0.2)])
def test_smooth_front(objectives, gap):
    found, done = trace(Sphere(objectives), gap)
    assert done
    assert np.linalg.norm(found.scores, axis=1) == pytest.approx(1.0, abs=1e-9)
    truth = measure_gap(found.scores, found.certificate)
    # The octant's volume lies between the two staircases, measured from the origin.
    corner = Certificate(tuple(found.facts), found.ceilings, "")
    assert truth.relative <= gap
    assert truth.inner <= (math.pi / 4 if objectives == 2 else math.pi / 6) + 0.1
    for point in on_sphere(2000, objectives, seed=1):
        bounds = [b for floors, b in corner.facts if (np.array(floors) <= point[1:]).all()]
        assert min(bounds) >= point[0] - 1e-9


@pytest.mark.parametrize(("count", "objectives", "gap"), [(40, 2, 1e-5), (12, 3, 0.05), (8, 4, 0.2)])
def test_finite_front(count, objectives, gap):
    points = on_sphere(count, objectives)
    found, done = trace(Finite(points), gap)
    assert done
    front = {tuple(p) for p in points[non_dominated(points)]}
    assert {p.scores for p in found.points} <= front
    if objectives == 2:
        assert {p.scores for p in found.points} == front
    for point in points:
        assert (point[1:] <= np.array(found.ceilings)).all()
        assert min(b for f, b in found.facts if (np.array(f) <= point[1:]).all()) >= point[0] - 1e-12


def test_a_step_front_takes_one_round_a_step():
    """Ten steps far apart take about three solves each, lexicographic ones included, beside those of the ends."""
    steps = np.stack([np.linspace(1, 0.1, 10), np.linspace(0.1, 1, 10)], axis=1)
    solver = Finite(steps)
    found, done = trace(solver, 1e-3)
    assert done
    assert len(found.points) == 10
    assert solver.solves <= 30


class Loose(Finite):
    """As finite, but each bound is beyond the best point by a share of its value."""

    def __init__(self, points, gap):
        super().__init__(points)
        self.gap = gap

    def maximize(self, index, floors, deadline, start=0.0):
        found = super().maximize(index, floors, deadline)
        return found and replace(found, bound=found.bound * (1 + self.gap))


class Missing(Finite):
    """As finite, but the floors may be missed by more than the frontier knows of."""

    def maximize(self, index, floors, deadline, start=0.0):
        assert self.solves < 100, "the same solve is repeated"
        return super().maximize(index, {i: floor - 0.01 for i, floor in floors.items()}, deadline)


def test_a_solver_that_misses_its_floors_is_not_asked_again():
    points = np.stack([np.linspace(1, 0.1, 10), np.linspace(0.1, 1, 10)], axis=1)
    found, done = trace(Missing(points), 0.02)
    assert {p.scores for p in found.points} == {tuple(p) for p in points.tolist()}
    assert done == (measure_gap(found.scores, found.certificate).relative <= 0.02)


def test_solves_to_a_smaller_gap_continue_a_front_that_others_leave_open():
    """The range of the first objective along the front is 1 % of its value, as is the gap of the first solves."""
    points = on_sphere(12, 2) * [0.01, 1] + [1, 0]
    first, done = trace(Loose(points, 0.01), 0.02)
    assert not done
    assert first.is_exhausted
    solver = Loose(points, 1e-5)
    found, done = trace(solver, 0.02, known=first)
    assert done
    assert not found.is_exhausted
    assert {p.scores for p in found.points} == {tuple(p) for p in points[non_dominated(points)]}
    assert set(first.facts) < set(found.facts)
    assert measure_gap(found.scores, found.certificate).relative <= 0.02


@pytest.mark.parametrize("end", [KeyboardInterrupt, MemoryError])
def test_what_ends_the_building_of_a_tighter_solver_leaves_the_front_found_before(end):
    points = on_sphere(12, 2) * [0.01, 1] + [1, 0]

    @contextmanager
    def pools(share):
        if share < 1:
            raise end
        yield Pool(Loose(points, 0.01))

    found, done = trace_ever_tighter(pools, 0.02, math.inf, "all", lambda gap, count: None)
    assert not done
    assert not found.is_exhausted
    assert found.scores.tolist() == trace(Loose(points, 0.01), 0.02)[0].scores.tolist()
    assert bool(found.fault) == (end is MemoryError)


@pytest.mark.parametrize("end", [KeyboardInterrupt, MemoryError])
def test_what_ends_the_building_of_the_first_solver_ends_the_run(end):
    @contextmanager
    def pools(share):
        raise end
        yield

    with pytest.raises(end):
        trace_ever_tighter(pools, 0.02, math.inf, "all", lambda gap, count: None)


class Cut(Finite):
    """As finite, but one solve is interrupted, of which the next ones know nothing."""

    def __init__(self, points, at):
        super().__init__(points)
        self.at = at

    def maximize(self, index, floors, deadline, start=0.0):
        found = super().maximize(index, floors, deadline)
        return found and replace(found, is_cut=self.solves == self.at)


@pytest.mark.parametrize("at", [1, 2, 3, 6])
def test_no_solve_follows_one_that_was_interrupted(at):
    solver = Cut(on_sphere(12, 2), at)
    found, done = trace(solver, 1e-3)
    assert solver.solves == at
    assert not done
    assert found.points

    order = Order((Tolerance(0.1, True), Tolerance(0.1, True)))
    solver = Cut(on_sphere(12, 2), min(at, 3))
    found, done = solve_in_order(solver, order, 1e-3, math.inf, "all")
    assert solver.solves == solver.at
    assert not done
    assert found.points


class GivesUp(Finite):
    """As finite, but it is begun from known points, and gives up between two floors.

    Args:
        left: What it leaves open there; it finds nothing if that is infinite.
    """

    def __init__(self, points, left, between=(0.4, 0.6)):
        super().__init__(points)
        self.left, self.between = left, between
        self.begun = []

    def begin_from(self, known):
        self.begun.append(known)

    def maximize(self, index, floors, deadline, start=0.0):
        found = super().maximize(index, floors, deadline)
        if index or not self.between[0] < floors.get(1, 0.0) < self.between[1]:
            return found
        if self.left == math.inf:
            return Solution({}, (-math.inf, -math.inf), 1.0, is_limited=True)
        return replace(found, bound=found.bound + self.left, is_limited=True)


@pytest.mark.parametrize("left", [0.05, math.inf])
def test_solves_that_give_up_leave_the_rest_of_a_front_as_it_is(left):
    points = on_sphere(20, 2)
    front = {tuple(p) for p in points[non_dominated(points)]}
    solver = GivesUp(points, left)
    first, done = trace(solver, 1e-4)
    assert not done
    assert first.is_exhausted
    assert solver.solves < 300
    outside = {p for p in front if not 0.35 < p[1] < 0.8}
    assert outside <= {p.scores for p in first.points} <= front
    for point in points:
        assert min(b for f, b in first.facts if (np.array(f) <= point[1:]).all()) >= point[0] - 1e-12
    for known in solver.begun:
        assert known.scores in front

    effort = []

    @contextmanager
    def pools(share):
        effort.append(share)
        yield Pool(GivesUp(points, left) if share == 1 else Finite(points))

    found, done = trace_ever_tighter(pools, 1e-4, math.inf, "all", lambda gap, count: None)
    assert done
    assert effort == [1, pytest.approx(0.1)]
    assert {p.scores for p in found.points} == front


def test_the_points_do_not_depend_on_the_speed_of_the_machine(monkeypatch):
    points = on_sphere(40, 2)
    quick, _ = trace(Finite(points), 0.02)

    def measure_slowly(*args):
        time.sleep(0.002)
        return measure_hypervolume(*args)

    monkeypatch.setattr(frontier, "measure_hypervolume", measure_slowly)
    slow, _ = trace(Finite(points), 0.02)
    assert slow.facts == quick.facts
    assert slow.points == quick.points


def test_nothing_is_feasible():
    class Nothing(Sphere):
        def maximize(self, index, floors, deadline, start=0.0):
            return None

    assert trace(Nothing(2), 0.01) is None


def test_hypervolumes_of_three_objectives_by_hand():
    """Three points, and facts that exclude known boxes; the reference is 1 % of the range, 2, below the nadir, 1."""
    scores = np.array([[3.0, 1.0, 1.0], [1.0, 2.0, 3.0], [2.0, 3.0, 2.0]])
    everything = (-math.inf, -math.inf)
    ceilings = (3.0, 3.0)
    loose = measure_hypervolume(scores, Certificate((Fact(everything, 3.0),), ceilings, ""))
    assert loose.reference == pytest.approx((0.98, 0.98, 0.98))
    one_by_one = 2.02 * 0.02 * 0.02 + 0.02 * 1.02 * 2.02 + 1.02 * 2.02 * 1.02
    in_common = 0.02**3 + 1.02 * 0.02 * 0.02 + 0.02 * 1.02 * 1.02
    assert loose.inner == pytest.approx(one_by_one - in_common + 0.02**3)
    assert loose.outer == pytest.approx(2.02**3)
    # From 1.5 on in the second objective the first reaches 2 at most.
    tighter = measure_hypervolume(
        scores, Certificate((Fact(everything, 3.0), Fact((1.5, -math.inf), 2.0)), ceilings, "")
    )
    assert tighter.outer == pytest.approx(2.02**3 - 1 * 1.5 * 2.02)
    # And nothing at all from 2.5 on in both.
    facts = (Fact(everything, 3.0), Fact((1.5, -math.inf), 2.0), Fact((2.5, 2.5), -math.inf))
    certificate = Certificate(facts, ceilings, "")
    closed = measure_hypervolume(scores, certificate)
    assert closed.outer == pytest.approx(2.02**3 - 1 * 1.5 * 2.02 - 1.02 * 0.5 * 0.5)
    assert closed.relative == pytest.approx(1 - closed.inner / closed.outer)
    # The worst that is not excluded: (3, 1.5, 3), which (3, 1, 1) and (2, 3, 2) miss by most in one objective.
    whole = measure_gap(scores, certificate)
    assert whole.additive == pytest.approx(1 / 2)  # (2, 3, 2) misses the first and the third by 1 of 2
    assert whole.multiplicative == pytest.approx(1 / 3)
    # Below the reference point in the second objective, (3, 0.98, 3) is not excluded either.
    assert whole.relative == pytest.approx(max(closed.relative, 1 / 2))


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_distances_to_what_facts_allow_by_sampling(objectives):
    """Random facts and points: no design that the facts allow is missed by more than the two distances."""
    random = np.random.default_rng(objectives)
    facts = [Fact((-math.inf,) * (objectives - 1), 2.0)]
    for _ in range(12):
        *floors, bound = random.uniform(1, 2, objectives).tolist()
        facts.append(Fact(tuple(floors), -math.inf if bound < 1.2 else bound))
    certificate = Certificate(tuple(facts), (2.0,) * (objectives - 1), "")
    points = random.uniform(0.3, 1, (6, objectives))
    found = measure_gap(points, certificate)
    designs = random.uniform(0, 2, (20_000, objectives))
    for floors, bound in facts:
        designs = designs[(designs[:, 1:] < np.array(floors)).any(axis=1) | (designs[:, 0] <= bound)]
    front = points[non_dominated(points)]
    missed = designs[:, None, :] - front[None]
    additive = (missed / (2.0 - front.min(axis=0))).max(axis=2).min(axis=1).max()
    multiplicative = (missed / np.maximum(designs[:, None, :], front[None])).max(axis=2).min(axis=1).max()
    assert 0.8 * found.additive < additive <= found.additive
    assert 0.8 * found.multiplicative < multiplicative <= found.multiplicative


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_corners_of_what_points_leave_open(objectives):
    points = on_sphere(30, objectives)
    corners = lowest_corners(points, np.full(objectives, -math.inf))
    assert objectives > 3 or len(corners) == (31 if objectives == 2 else 61)
    designs = np.random.default_rng(1).uniform(0, 1.1, (5000, objectives))
    is_matched = (designs[:, None, :] <= points[None]).all(axis=2).any(axis=1)
    is_open = (designs[:, None, :] > corners[None]).all(axis=2).any(axis=1)
    assert (is_matched != is_open).all()


@pytest.mark.parametrize(
    "points",
    [
        [[1, 0, 0.5], [0, 1, 0.6]],  # two designs
        [[1, 2, 3]],
        [[1, 2, 3], [1, 3, 2], [1, 1, 4]],  # the same in the first objective
        [[10, 1, 1], [1, 10, 1], [1, 1, 10], [8, 8, 1], [8, 1, 8], [1, 8, 8]],
        [[9, 5, 5], [5, 9, 5], [5, 5, 9], [8, 8, 1], [8, 1, 8], [1, 8, 8]],  # worse than the ends in an objective
        [[3, 1, 0, 2], [0, 3, 1, 2], [1, 0, 3, 2], [2, 2, 2, 0], [3, 0, 0, 3]],
    ],
)
@pytest.mark.parametrize("gap", [0.02, 1e-3])
def test_a_front_of_few_designs_closes(points, gap):
    points = np.array(points, float)
    found, done = trace(Finite(points), gap)
    assert done
    front = {tuple(p) for p in points[non_dominated(points)].tolist()}
    assert {p.scores for p in found.points} <= front
    if gap < 0.01:
        assert {p.scores for p in found.points} == front


@pytest.mark.parametrize("measure", ["additive", "multiplicative"])
@pytest.mark.parametrize("objectives", [2, 3])
def test_every_design_is_matched_within_the_share_asked_for(objectives, measure):
    found, done = trace_frontier(
        Pool(Sphere(objectives)), 0.3, math.inf, "all", lambda gap, count: None, measure=measure
    )
    assert done
    designs = on_sphere(5000, objectives, seed=2)
    missed = designs[:, None, :] - found.scores[None]
    size = np.maximum(designs[:, None, :], found.scores[None]) if measure == "multiplicative" else 1.0
    with np.errstate(invalid="ignore"):
        assert (missed / size).max(axis=2).min(axis=1).max() <= 0.3
    assert measure_gap(found.scores, found.certificate).by(measure) <= 0.3


def test_a_certificate_is_stored_as_json():
    certificate = Certificate((Fact((-math.inf, 2.0), 3.0), Fact((1.0, 4.0), -math.inf)), (5.0, 6.0), "all")
    adapter = TypeAdapter(Certificate)
    stored = adapter.dump_python(certificate, mode="json")
    assert json.loads(json.dumps(stored))["facts"] == [[[None, 2.0], 3.0], [[1.0, 4.0], None]]
    assert adapter.validate_python(json.loads(json.dumps(stored))) == certificate


class Ending(Finite):
    """Ends amid a solve, and amid every later one."""

    def __init__(self, points, last, end):
        super().__init__(points)
        self.last, self.end = last, end

    def maximize(self, index, floors, deadline, start=0.0):
        if self.solves >= self.last:
            raise self.end("the end")
        return super().maximize(index, floors, deadline, start)


FAULTS = (MemoryError, BrokenProcessPool, SolverBroke)


@pytest.mark.parametrize("end", [TimeoutError, KeyboardInterrupt, *FAULTS])
@pytest.mark.parametrize("last", range(16))
def test_what_was_found_before_the_end_is_an_answer(last, end):
    points = on_sphere(40, 3)
    if last == 0 or (last < 3 and end in FAULTS):
        with pytest.raises(end):
            trace(Ending(points, last, end), 1e-9)
        return
    found, done = trace(Ending(points, last, end), 1e-9)
    assert not done
    assert {p.scores for p in found.points} <= set(map(tuple, points.tolist()))
    assert found.points[0].scores[0] == points[:, 0].max()  # the first solve of all
    assert bool(found.fault) == (end in FAULTS)
    if found.has_ends:
        truth = Certificate(tuple(found.facts), found.ceilings, "")
        assert measure_gap(points, truth).relative < measure_gap(found.scores, truth).relative


def test_a_floor_of_zero_is_lowered_too():
    assert lowered(0.0, 5e6) == pytest.approx(-FLOOR_TOLERANCE * 5e4)
    assert lowered(-1e6, 5e6) == pytest.approx(-1e6 * (1 + FLOOR_TOLERANCE), rel=1e-12)
    assert lowered(1e6, -5e6) < 1e6


@pytest.mark.parametrize(("solver", "gap"), [(Sphere(2), 0.1), (Sphere(3), 0.25)])
def test_the_answer_does_not_depend_on_the_number_of_workers(solver, gap):
    """Copies that begin solves ahead change neither their order nor their number."""
    whole = trace(solver, gap)[0]
    for workers in (2, 5):
        begun = []

        class Copies:
            count, is_here = workers, True

            def submit(self, _, task, deadline, begun=begun):
                begun.append(task)
                future = Future()
                future.set_result(attempt(task, solver, deadline))
                return future

        found, done = trace_frontier(Pool(solver, Copies()), gap, math.inf, "all", lambda gap, count: None)
        assert done
        assert found.facts == whole.facts
        assert [point.scores for point in found.points] == [point.scores for point in whole.points]
        assert len(begun) >= len(found.facts) - 1  # the first fact is that of an end


@pytest.mark.parametrize("is_here", [True, False])
def test_a_task_that_waited_ends_no_later(is_here, monkeypatch):
    """On this machine it is given the deadline; another host, which has another clock, the time that is left."""
    begun, clock = [], [100.0]
    monkeypatch.setattr(pool.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(pool, "_solver", [None])

    class Queue:
        count = 1

        def submit(self, *task):
            begun.append(task)

    Queue.is_here = is_here
    Pool(Sphere(2), Queue()).begin(lambda _, deadline: begun.append(deadline), 130.0)
    clock[0] = 120.0 if is_here else 7.0  # when a process comes to it
    run, *given = begun.pop()
    run(*given)
    assert begun == [130.0 if is_here else 37.0]


@pytest.mark.slow
def test_fronts_are_equal_byte_by_byte_with_one_and_two_workers(small, tmp_path):
    study = small("maximize roi, maximize fleet_it_power", engine="pyomo, gap: 0.1 %")
    runs = [runner.run(study, output=tmp_path / str(n), workers=n, force=True) for n in (1, 2, 1)]
    assert len({(run.folder / "front.csv").read_bytes() for run in runs}) == 1
    assert len({run.record.certificate for run in runs}) == 1
