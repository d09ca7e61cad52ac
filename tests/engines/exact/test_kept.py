"""What an interrupted exact run has proved is used when it runs again."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from common import BOTH, write_small

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.exact.each_choice import EachChoice
from sunfront.engines.exact.kept import KeptSolver, KeptSolves, name_of
from sunfront.engines.exact.roots import at_first_trial
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.runs import runner
from sunfront.study.study import Study

#: Runs a study and kills itself, as by kill -9, when a certain solve would be kept.
KILLED = """
import os, signal, sys
from sunfront.engines.exact.kept import KeptSolves
from sunfront.runs import runner
from sunfront.study.study import Study
plain, left = KeptSolves.add, [int(sys.argv[3])]
def add(*args):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*args)
KeptSolves.add = add
runner.run(Study.load(sys.argv[1]), output=sys.argv[2])
"""


class Scripted:
    """A solver of one objective whose solves are given."""

    objectives = 1

    def __init__(self, *answers):
        self.answers = list(answers)

    def maximize(self, index, floors, deadline, start=0.0):
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def best(score, bound, is_cut=False):
    return Solution({"x": score}, (score,), bound, is_cut)


def counted(monkeypatch):
    calls = []
    plain = KeptSolves.add

    def count(*args):
        calls.append(1)
        return plain(*args)

    monkeypatch.setattr(KeptSolves, "add", count)
    return calls


def tables(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


@pytest.mark.parametrize(
    "objectives", [BOTH, pytest.param("maximize irr, maximize fleet_it_power", marks=pytest.mark.long)]
)
def test_a_killed_run_goes_on_where_it_was(tmp_path, monkeypatch, objectives):
    path = write_small(tmp_path, objectives, engine="pyomo, gap: 10 %", altitude="{choices: [600, 690], unit: km}")
    calls = counted(monkeypatch)
    whole = runner.run(Study.load(path), output=tmp_path / "whole")
    count = len(calls)
    calls.clear()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", KILLED, str(path), str(tmp_path / "out"), str(count * 3 // 4)]
    assert subprocess.run(arguments, env=environment).returncode == -signal.SIGKILL
    (work,) = (tmp_path / "out" / "small").iterdir()
    with (work / "solves.jsonl").open("a") as file:
        file.write('{"key": "torn')
    again = runner.run(Study.load(path), output=tmp_path / "out")
    assert len(calls) < count / 2
    assert tables(again.folder) == tables(whole.folder)
    assert again.record.certificate == whole.record.certificate
    assert not work.exists()


def test_a_solve_that_was_cut_is_solved_again(tmp_path):
    def solve(*answers):
        return KeptSolver(Scripted(*answers), KeptSolves(KeptFile(tmp_path / "solves.jsonl", "it")), "").maximize(
            0, {}, math.inf
        )

    assert solve(best(1.0, 9.0, True)) == best(1.0, 9.0, True)
    assert solve(best(2.0, math.inf, True)) == best(2.0, 9.0, True)
    assert solve(best(1.5, 8.0, True)) == best(2.0, 8.0, True)
    assert solve(TimeoutError()) == best(2.0, 8.0, True)
    assert solve(KeyboardInterrupt()) == best(2.0, 8.0, True)
    assert solve(best(3.0, 3.0)) == best(3.0, 3.0)
    assert solve() == best(3.0, 3.0)


@pytest.mark.parametrize("edit", [("2.0", "1.0"), ('"found": {', '"found": null, "was": {'), ('"x"', '"y"')])
def test_an_edited_line_is_no_line(tmp_path, edit):
    file = KeptFile(tmp_path / "solves.jsonl", "it")
    KeptSolves(file).add("a", best(2.0, 2.0))
    assert KeptSolves(file).get("a") == best(2.0, 2.0)
    text = file.path.read_text()
    assert edit[0] in text
    file.path.write_text(text.replace(*edit))
    assert "a" not in KeptSolves(file)


def test_a_torn_line_costs_no_other(tmp_path):
    file = KeptFile(tmp_path / "solves.jsonl", "it")
    KeptSolves(file).add("a", best(1.0, 1.0))
    with file.path.open("a") as opened:
        opened.write('{"run": "it", "key": "tor')
    KeptSolves(file).add("b", None)
    read = KeptSolves(file)
    assert read.get("a") == best(1.0, 1.0)
    assert "b" in read
    assert len(read) == 2


def test_solves_of_other_problems_are_not_taken(tmp_path):
    path = write_small(tmp_path, "maximize irr")
    problem = Study.load(path).problem
    trial = at_first_trial(problem)
    longer = replace(problem, variables=(replace(problem.variables[0], high=1e9), *problem.variables[1:]))
    near = replace(problem, values={**problem.values, "discount_rate": 0.1})
    names = [name_of(each) for each in (problem, trial, longer, near, at_first_trial(near))]
    assert len(set(names)) == len(names)


def test_a_choice_that_ran_out_of_time_costs_no_design_of_another():
    each = EachChoice.__new__(EachChoice)
    each.solvers = [Scripted(TimeoutError()), Scripted(best(2.0, 2.0))]
    assert each.maximize(0, {}, math.inf) == best(2.0, math.inf, True)
    each.solvers = [Scripted(best(2.0, 3.0, True)), Scripted()]  # an interruption: the other choice is not begun
    assert each.maximize(0, {}, math.inf) == best(2.0, math.inf, True)
    each.solvers = [Scripted(None), Scripted(KeyboardInterrupt())]
    with pytest.raises(KeyboardInterrupt):
        each.maximize(0, {}, math.inf)
