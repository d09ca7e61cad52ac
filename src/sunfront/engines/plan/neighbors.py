"""Plans that differ from a known one by one unit or module: more, fewer, or at another date.

The rows of the program judge each, without a solver, so that thousands are tried in a moment. They fill the front
between the plans of solves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan.lines import best_of
from sunfront.engines.plan.program import Program, ends_of

#: Variables that mark the first and the last purchase of a product.
ENDS = ("first", "last")

#: How far a row or a bound may be missed, in units of the program.
SLACK = 1e-9

#: Neighbors of a plan whose rows are looked at together, the best first.
TOGETHER = 64

#: Least part of the area between two plans of a front that one between them must add.
SHARE = 0.02


class Neighbors:
    """The neighbors of plans of a program with two objectives.

    A step adds one to the units of a product in a period, of the design that is bought then, or to the modules of a
    supply. A neighbor is one step up, one step down, or both. What is not told by units and modules alone, such as the
    cost of learning, must not change.
    """

    def __init__(self, program: Program) -> None:
        from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

        m = program.model
        m.floors.clear()
        form = LinearStandardFormCompiler().write(m, mixed_form=True)
        self._program, self._columns = program, list(form.columns)
        self._numbers = {v.name: j for j, v in enumerate(self._columns)}
        self._low = np.array([-np.inf if v.lb is None else v.lb for v in self._columns])
        self._high = np.array([np.inf if v.ub is None else v.ub for v in self._columns])
        rows, limits = form.A.tocsr(), np.asarray(form.rhs)
        kinds = np.array([row.bound_type for row in form.rows])
        # Net present value and balances follow from the other columns; so does the depth, by rows of its own.
        has_balance = bool(program.balance_rows)
        balances = [self._numbers[v.name] for v in m.balance.values()] if has_balance else []
        self._money = [self._numbers[m.npv.name], *balances]
        self._depth = self._numbers[m.depth.name] if has_balance else None
        has_money, has_balances = (abs(rows[:, of]).sum(axis=1) > 0 for of in (self._money, balances))
        defines = has_money & (kinds == 0)
        is_of_depth = has_balances & (rows[:, [self._depth]].toarray()[:, 0] != 0) if has_balance else defines
        of_money, others = rows[defines][:, self._money].toarray(), rows[defines].toarray()
        others[:, self._money] = 0.0
        self._transfer = -np.linalg.solve(of_money, others)
        self._offset = np.linalg.solve(of_money, limits[defines])
        left = ~(defines | is_of_depth)
        self._rows, self._limits, self._kinds = rows[left], limits[left], kinds[left]
        self._scores = [self._gradient(expression) for expression, _ in program.scores]
        self._of_depth = np.zeros(len(self._limits))
        if self._depth is not None:
            self._of_depth = self._rows[:, [self._depth]].toarray()[:, 0]
        self._used = np.flatnonzero(self._transfer.any(axis=0))
        self._names = [v.name for v in self._columns]
        self._is_whole = np.array([not v.is_continuous() for v in self._columns])
        self._read_steps()

    def _gradient(self, expression: Any) -> tuple[Array, float]:
        """The coefficients of all columns in a linear expression, and its constant."""
        from pyomo.repn import generate_standard_repn

        found = np.zeros(len(self._columns))
        terms = generate_standard_repn(expression)
        for variable, x in zip(terms.linear_vars, terms.linear_coefs, strict=True):
            found[self._numbers[variable.name]] += x
        return found, float(terms.constant)

    def better(self, plan: Solution, front: Array, least: float) -> list[Solution]:
        """The neighbors of a plan that lie above a front.

        Args:
            front: Scores of the plans of the front, array (plans, 2), by ascending second score.
            least: Area that each must add below the front.
        """
        values = self._values(plan)
        if np.isnan(values[self._money]).any():
            return []
        mains, is_up, steps = self._steps(values)
        if not len(mains):
            return []
        money = self._transfer @ steps
        up, down, none = np.flatnonzero(is_up), np.flatnonzero(~is_up), len(is_up)
        more = np.concatenate([np.repeat(up, len(down) + 1), np.full(len(down), none)])
        less = np.concatenate([np.tile(np.append(down, none), len(up)), down])
        are_two = np.append(mains, -1)[more] != np.append(mains, -1)[less]
        more, less = more[are_two], less[are_two]
        of_scores = [gradient @ steps + gradient[self._money] @ money for gradient, _ in self._scores]
        for balances in self._balances(values):
            deeper = self._deeper(values, money, balances, more, less)
            scores = np.empty((len(more), 2))
            for i, ((gradient, constant), (_, scale)) in enumerate(
                zip(self._scores, self._program.scores, strict=True)
            ):
                used = np.flatnonzero(gradient)
                of_depth = 0.0 if self._depth is None else gradient[self._depth] * deeper
                now = constant + gradient[used] @ values[used]
                scores[:, i] = scale * (now + _sums(of_scores[i], more, less) + of_depth)
            is_above = scores[:, 0] > front[np.minimum(np.searchsorted(front[:, 1], scores[:, 1]), len(front) - 1), 0]
            more, less, scores, deeper = more[is_above], less[is_above], scores[is_above], deeper[is_above]
        found: list[Solution] = []
        effects, low, high = self._effects(values, steps, money)
        left = np.argsort(-added_areas(front, scores), kind="stable")
        while len(left := left[added_areas(front, scores[left]) >= least]):
            some, left = left[:TOGETHER], left[TOGETHER:]
            changes = effects[more[some]] + effects[less[some]]
            changes[:, : len(self._of_depth)] += np.outer(deeper[some], self._of_depth)
            for k in some[((changes >= low - SLACK) & (changes <= high + SLACK)).all(axis=1)]:
                if added_areas(front, scores[[k]])[0] >= least:  # beside those found before it
                    front = np.vstack([front, scores[k]])
                    front = front[best_of(front)]
                    found.append(self._solution(plan, values, _together(steps, more[k], less[k]), scores[k]))
        return found

    def _effects(self, values: Array, steps: Any, money: Array) -> tuple[Array, Array, Array]:
        """What steps change in rows and columns, and the least and the most that may be changed.

        Arrays (steps and none, rows and columns), and (rows and columns,) twice.
        """
        rows = self._rows @ steps + self._rows[:, self._money] @ money
        columns = np.unique(steps.indices)
        effects = np.vstack([rows, steps[columns].toarray()])
        room = np.nan_to_num(self._limits - self._rows @ values)  # no step may change what is not known
        low = np.where(self._kinds <= 0, np.minimum(room, 0.0), -np.inf)
        high = np.where(self._kinds >= 0, np.maximum(room, 0.0), np.inf)
        below, above = (bounds[columns] - values[columns] for bounds in (self._low, self._high))
        low, high = np.append(low, np.minimum(below, 0.0)), np.append(high, np.maximum(above, 0.0))
        return np.vstack([effects.T, np.zeros(len(effects))]), low, high

    def _balances(self, values: Array) -> list[Array]:
        """The balance that is deepest, which alone rules most neighbors out; then all balances."""
        if self._depth is None:
            return [np.array([], dtype=int)]
        balances = values[self._money[1:]]
        return [np.array([np.argmin(balances)]), np.arange(len(balances))]

    def _deeper(self, values: Array, money: Array, balances: Array, more: Array, less: Array) -> Array:
        """How much deeper balances are after steps up and down, by what some of them say; array as ``more``."""
        if self._depth is None:
            return np.zeros(len(more))
        after = values[self._money[1:]][balances, None] + _sums(money[1:][balances], more, less)
        found: Array = np.maximum(-after.min(axis=0), 0.0) - values[self._depth]
        return found

    def _read_steps(self) -> None:
        """Read which columns change together; a column that the program does not have is -1."""
        m, sizings = self._program.model, self._program.coefficients.sizings
        periods = range(self._program.plan.horizon.count)

        def columns(kind: Any, *key: Any) -> Array:
            return np.array([self._numbers.get(kind[*key, t].name, -1) for t in periods])

        names = list(dict.fromkeys(name for name, _ in m.units))
        self._units = {name: columns(m.units, name) for name in names}
        self._corners = {name: np.array([self._units[c] for c in sizing.corners]) for name, sizing in sizings.items()}
        self._totals = {
            (kind, name): (columns(getattr(m, kind), name), columns(m.total, kind, name))
            for kind, name in dict.fromkeys(key[:2] for key in m.total)
        }

    def _values(self, plan: Solution) -> Array:
        """Values of the columns in a plan; NaN for those that do not follow from its units and modules."""
        values = np.array([*(plan.design.get(name, np.nan) for name in self._names), 0.0])  # the last is of no column
        for name in self._program.programs:
            for kind, marks in zip(ENDS, self._program.ends(name, values[self._units[name]]), strict=True):
                values[self._totals[kind, name][0]] = marks
                values[-1] = 0.0
        for added, total in self._totals.values():
            values[total] = np.cumsum(values[added])
            values[-1] = 0.0
        values = values[:-1]
        values[self._money] = self._offset + self._transfer[:, self._used] @ values[self._used]
        if self._depth is not None:
            values[self._depth] = max(-values[self._money[1:]].min(), 0.0)
        return values

    def _steps(self, values: Array) -> tuple[np.ndarray, np.ndarray, Any]:
        """The column of each step, whether it is up, and what it changes; two of (steps,), sparse (columns, steps)."""
        import scipy.sparse as sp

        steps = [
            {int(added[t]): sign, **{int(j): sign for j in totals[t:]}}
            for (kind, _), (added, totals) in self._totals.items()
            if kind == "modules"
            for t in np.flatnonzero(added >= 0)
            for sign in self._signs(values, added[t])
        ]
        for name, units in self._units.items():
            corners, bought = self._corners.get(name), np.flatnonzero((units >= 0) & (values[units] > 0.5))
            for t in np.flatnonzero((units >= 0) & self._is_whole[units]).tolist():
                mix: dict[int, float] = {}
                if corners is not None:
                    if not len(bought):
                        break
                    other = bought[np.argmin(np.abs(bought - t))]
                    shares = np.where(corners[:, other] >= 0, values[corners[:, other]], 0.0) / values[units[other]]
                    mix = {int(j): float(x) for j, x in zip(corners[:, t], shares, strict=True) if x}
                for sign in self._signs(values, units[t]):
                    step = {int(units[t]): sign, **{j: sign * x for j, x in mix.items()}}
                    steps.append(step | self._moved_ends(name, bought, t, sign * values[units[t]]))
        steps = [step for step in steps if -1 not in step]  # some of what would change is fixed
        mains, signs = (np.array([next(iter(of)) for of in each]) for each in (steps, [s.values() for s in steps]))
        columns = [column for step in steps for column in step]
        numbers = [n for n, step in enumerate(steps) for _ in step]
        amounts = [x for step in steps for x in step.values()]
        return mains, signs > 0, sp.csc_array((amounts, (columns, numbers)), shape=(len(self._columns), len(steps)))

    def _signs(self, values: Array, column: int) -> Iterator[float]:
        """The steps that the bounds of a column allow."""
        if values[column] + 1.0 <= self._high[column] + SLACK:
            yield 1.0
        if values[column] - 1.0 >= self._low[column] - SLACK:
            yield -1.0

    def _moved_ends(self, name: str, bought: np.ndarray, period: int, signed: float) -> dict[int, float]:
        """What a step changes in the periods of a product's first and last purchase, and in their totals.

        Args:
            bought: The periods in which it is bought.
            signed: The units of the period; below zero for a step down.
        """
        is_new = not len(bought) or not bought[0] <= period <= bought[-1]
        is_gone = signed == -1.0 and period in (bought[0], bought[-1])
        found: dict[int, float] = {}
        if name not in self._program.programs or not (is_new or is_gone):
            return found
        before = np.isin(np.arange(len(self._units[name])), bought).astype(float)
        after = before.copy()
        after[period] = float(is_new)
        for kind, now, then in zip(ENDS, ends_of(before, 1.0), ends_of(after, 1.0), strict=True):
            for columns, change in zip(self._totals[kind, name], (then - now, (then - now).cumsum()), strict=True):
                found |= {int(columns[t]): float(change[t]) for t in np.flatnonzero(change)}
        return found

    def _solution(self, plan: Solution, values: Array, step: Mapping[int, float], scores: Array) -> Solution:
        design = dict(plan.design)
        for j, change in step.items():
            if self._names[j] in design:
                after = max(float(values[j] + change), 0.0)
                design[self._names[j]] = float(round(after)) if self._is_whole[j] else after
        return replace(plan, design=design, scores=tuple(scores.tolist()), bound=np.inf, is_cut=False, is_limited=False)


def _together(steps: Any, *numbers: int) -> dict[int, float]:
    """What some steps change together, by column."""
    found: dict[int, float] = {}
    for number in numbers:
        if number < steps.shape[1]:
            part = slice(steps.indptr[number], steps.indptr[number + 1])
            for j, x in zip(steps.indices[part].tolist(), steps.data[part].tolist(), strict=True):
                found[j] = found.get(j, 0.0) + x
    return found


def _sums(of_steps: Array, more: Array, less: Array) -> Array:
    """What steps up and steps down change together; the number after the last is no step."""
    padded = np.concatenate([of_steps, np.zeros((*of_steps.shape[:-1], 1))], axis=-1)
    found: Array = padded[..., more] + padded[..., less]
    return found


def added_areas(front: Array, scores: Array) -> Array:
    """Area that each of some scores adds below a front, on its own; array (scores,), below zero where it adds none.

    What lies beyond the ends of the front adds none, nor what adds little between plans that are far from each other:
    step by step from one to the other, plans would become ever worse.

    Args:
        front: Array (plans, 2), by ascending second score.
    """
    next_ = np.searchsorted(front[:, 1], scores[:, 1])
    at = np.clip(next_, 1, len(front) - 1)
    above, width = scores[:, 0] - front[at, 0], scores[:, 1] - front[at - 1, 1]
    least = SHARE * (front[at - 1, 0] - front[at, 0]) * (front[at, 1] - front[at - 1, 1])
    found: Array = np.where((next_ == at) & (above > 0) & (above * width >= least), above * width, -np.inf)
    return found
