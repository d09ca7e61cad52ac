"""Loops that numba compiles give what numpy gives."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from tape.reference import case, largest_terms
from tape.test_recording import FORMULAS, FOUND, ROOTS, A, B, quantity, root_tape

from sunfront import engines
from sunfront.data import shipped
from sunfront.engines.context import Context
from sunfront.engines.settings import SensitivitySettings, SweepSettings
from sunfront.library.model import Model
from sunfront.problem import problem as problem_module
from sunfront.problem.choices import choice_equation
from sunfront.problem.loops import ProblemLoops
from sunfront.problem.problem import Broken
from sunfront.study.study import Study
from sunfront.tape import loops as loops_module
from sunfront.tape.loops import can_compile, loops_of
from sunfront.tape.recording import record

#: Longest tape of a quantity that is compiled in a test.
MOST_STEPS = 2500


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def run(tape, values, group=()):
    """Outputs by name, with one group of inputs, of which each design has a combination of its own."""
    loops = loops_of(tape, [group] if group else [])
    count = len(next(iter(values.values())))
    tables = [loops.tabulate(0, {name: values[name] for name in group})] if group else []
    return loops.evaluate(count, values, tables, [np.arange(count)] if group else [])


@pytest.mark.parametrize("group", [(), ("a",)])
def test_every_helper(group):
    names = {f"f{i}": formula for i, formula in enumerate(FORMULAS.values())}
    tape = record(Model([quantity(f, name) for name, f in names.items()]), {}, ["a", "b"], names)
    found = run(tape, {"a": A, "b": B}, group)
    for name, formula in names.items():
        with np.errstate(all="ignore"):
            plain = formula(A, B)
        np.testing.assert_allclose(found[name], plain, rtol=1e-13, err_msg=str(formula))


def test_a_choice_of_numbers_and_equations():
    twice = quantity(lambda a, b: 2 * a, "value")
    model = Model([choice_equation("value", "1", "kind", ("x", "y", "z"), [5.0, twice, None])])
    given = {"kind": np.array([0.0, 1.0, 2.0]), "a": np.array([1.0, 1.5, 2.0])}
    found = run(record(model, {"b": 0.0}, ["kind", "a"], ["value"]), given)
    np.testing.assert_array_equal(found["value"], [5.0, 3.0, np.nan])


def test_a_root_of_one_group_is_tabulated_and_of_two_is_refused():
    _, tape = root_tape()
    np.testing.assert_allclose(run(tape, ROOTS, ("a", "b"))["balanced_rate"], FOUND, rtol=1e-14)
    assert loops_of(tape, [["a"], ["b"]]) is None


def test_what_is_compiled_is_kept_on_disk(cache):
    tape = record(Model([quantity(lambda a, b: a + b)]), {}, ["a", "b"], ["quantity"])
    text = loops_of(tape, []).text
    for hits in (0, 1):
        loops_module._compiled.cache_clear()
        np.testing.assert_array_equal(run(tape, {"a": A, "b": B})["quantity"], A + B)
        assert sum(loops_module._compiled(text).stats.cache_hits.values()) == hits
    kept = list(cache.glob("sunfront/loops/__pycache__/*.nbc"))
    assert kept
    for path in (*kept, *cache.glob("sunfront/loops/__pycache__/*.nbi")):
        path.write_bytes(path.read_bytes()[:99])
    loops_module._compiled.cache_clear()
    np.testing.assert_array_equal(run(tape, {"a": A, "b": B})["quantity"], A + B)


def test_without_a_place_on_disk(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    tape = record(Model([quantity(lambda a, b: a - b)]), {}, ["a", "b"], ["quantity"])
    np.testing.assert_array_equal(run(tape, {"a": A, "b": B})["quantity"], A - B)


def test_without_the_compiler_numpy_evaluates(monkeypatch):
    assert can_compile()
    monkeypatch.setitem(sys.modules, "numba", None)
    can_compile.cache_clear()
    try:
        assert not Study.load("quickstart").problem.for_many(10**9).is_compiled
    finally:
        can_compile.cache_clear()


def compare(problem, count=2000):
    """Hold compiled criteria of random designs against numpy's, within 1e-12 of the largest term of their sums."""
    designs, compiled = problem.random_designs(count), replace(problem, is_compiled=True)
    names = [name for name in problem.criterion_names if name not in problem.statistics]
    plain, found = (each.evaluate(designs, names, Broken(count)) for each in (problem, compiled))
    tape = record(problem.model, problem.values, designs, names)
    sizes = largest_terms(tape, tape.trace(designs))
    for name in names:
        size = np.broadcast_to(sizes[tape.outputs[name]], count)
        same = (found[name] == plain[name]) | (np.isnan(found[name]) & np.isnan(plain[name]))
        with np.errstate(all="ignore"):
            near = np.abs(found[name] - plain[name]) <= 1e-12 * size
        assert (same | near).all(), name
    return compiled


def test_quickstart_as_numpy(monkeypatch):
    problem = Study.load("quickstart").problem
    compiled = compare(problem)
    loops = next(iter(compiled._loops._of_designs.values()))
    assert [v.name for v in loops.tabulated] == ["altitude", "launch_cadence"]
    between = {**problem.random_designs(2), "altitude": np.array([555e3, 560e3])}
    assert loops.evaluate(between) is None
    np.testing.assert_array_equal(compiled.evaluate(between)["roi"], problem.evaluate(between)["roi"])

    answers = [engines.run(problem, SweepSettings(evaluations=1 << 17), Context())]
    monkeypatch.setattr(problem_module, "COMPILED_FROM", 1)
    answers.append(engines.run(problem, SweepSettings(evaluations=1 << 17), Context()))
    plain, found = answers
    assert plain.feasible == found.feasible > 0
    for name, column in plain.designs.items():
        np.testing.assert_array_equal(found.designs[name], column)


def test_statistics_as_numpy():
    problem = Study.load("fleet_size_p10").problem
    compiled = replace(problem, is_compiled=True)
    designs = problem.random_designs(20)
    plain, found = (each.evaluate_statistics(designs, problem.statistics) for each in (problem, compiled))
    assert None not in compiled._loops._of_samples.values()
    for name, values in plain.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12)


def test_indices_of_parameters_as_numpy(monkeypatch):
    settings = SensitivitySettings(method="sobol", quantity="compute_cost", samples=16)
    study = Study.load("quickstart").with_changes(uncertain={"launch_markup": "default", "accelerator_mass": "default"})
    plain = engines.run(study.problem, settings, Context()).sensitivity
    monkeypatch.setattr(problem_module, "COMPILED_FROM", 1)
    sizes, evaluate = [], ProblemLoops.evaluate

    def counted(loops, designs, wanted):
        sizes.append(len(designs["launch_markup"]))
        return evaluate(loops, designs, wanted)

    monkeypatch.setattr(ProblemLoops, "evaluate", counted)
    found = engines.run(study.problem, settings, Context()).sensitivity
    assert sizes == [16 * (2 + 2)]
    for ours, theirs in zip(found.rows, plain.rows, strict=True):
        assert ours.parameter == theirs.parameter
        assert (ours.first, ours.total) == pytest.approx((theirs.first, theirs.total), rel=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("name", shipped.names("studies"))
def test_every_study_as_numpy(name):
    for member in Study.load(name).problem.members():
        if member.variables:
            compare(member)


@pytest.mark.long
@pytest.mark.parametrize("name", shipped.names("studies"))
def test_every_quantity_of_every_study(name):
    """With many sets of parameters. Roots and extremes, and what follows from them, are numpy's in any case.

    Sums over all dates of the cash flow, thousands of steps that no study asks for, take minutes to compile.
    """
    known = case(name)
    model, given, values = known.problem.model, known.problem.values, known.values
    names = [each for each in known.wanted if each not in known.tape.searched]
    names = [each for each in names if len(record(model, given, values, [each]).steps) <= MOST_STEPS]
    found = dict(known.plain)
    for start in range(0, len(names), 40):  # all at once take minutes too
        tape = record(model, given, values, names[start : start + 40])
        columns = {each: np.broadcast_to(values[each], known.size) for each in tape.inputs}
        found |= run(tape, columns) if columns else tape.evaluate({})
    worst = known.errors(found)
    assert len(names) >= len(known.wanted) - len(known.tape.searched) - 4
    assert max(worst.values()) <= 1e-12, sorted(worst.items(), key=lambda item: -item[1])[:5]
