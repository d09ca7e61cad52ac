"""The nonlinear program in its variables alone, solved to global optimality by MAiNGO.

MAiNGO branches on the decision variables only; every quantity is evaluated, with convex relaxations, by calling the
equations with its own numbers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sunfront.engines.exact.nonlinear import sizes_of
from sunfront.engines.exact.solver import LOOSE, Solved, on_grid
from sunfront.errors import NonlinearEquation, SolverFailure, UserError
from sunfront.problem.problem import Problem, as_columns

#: MAiNGO's tolerance on a constraint, in units of the quantity's typical size.
FEASIBLE = 1e-8


class Factor:
    """One of MAiNGO's numbers, which numpy's functions and operators accept."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __neg__(self) -> Factor:
        return Factor(-self.value)

    def __add__(self, other: Any) -> Factor:
        return Factor(self.value + _plain(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Factor:
        return Factor(self.value - _plain(other))

    def __rsub__(self, other: Any) -> Factor:
        return Factor(_plain(other) - self.value)

    def __mul__(self, other: Any) -> Any:
        if other is self:
            return self**2
        return Factor(self.value * _plain(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Factor:
        return Factor(self.value / _plain(other))

    def __rtruediv__(self, other: Any) -> Factor:
        return Factor(_plain(other) / self.value)

    def __pow__(self, power: Any) -> Factor:
        import maingopy

        power = float(power)
        if power == 0.5:
            return Factor(maingopy.sqrt(self.value))
        return Factor(maingopy.pow(self.value, int(power) if power.is_integer() else power))

    def __bool__(self) -> bool:
        raise TypeError("it branches on a quantity that the variables decide")

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """numpy's functions and operators, called with a factor."""
        import maingopy

        name = function.__name__
        unary = {"exp": maingopy.exp, "log": maingopy.log, "cos": maingopy.cos, "arccos": maingopy.acos}
        if method == "__call__" and not options:
            if name in unary:
                return Factor(unary[name](self.value))
            if len(inputs) == 2 and inputs[1] is self:  # a numpy number on the left
                return {
                    "add": self.__radd__,
                    "subtract": self.__rsub__,
                    "multiply": self.__rmul__,
                    "divide": self.__rtruediv__,
                }[name](float(inputs[0]))
        raise TypeError(f"it uses {name}, which MAiNGO does not know")


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Factor) else float(value)


class MaingoProgram:
    """A problem for MAiNGO.

    Args:
        gap: Relative distance of bound and value at which a solve ends.

    Raises:
        UserError: MAiNGO is not installed.
    """

    def __init__(self, problem: Problem, gap: float) -> None:
        try:
            import maingopy  # noqa: F401
        except ImportError:
            raise UserError(
                "solver: maingo needs `pip install 'sunfront[maingo]'`; scip comes with sunfront", ("engine", "solver")
            ) from None
        self.problem = problem
        self.gap = gap
        self.sizes = sizes_of(problem)

    @property
    def objectives(self) -> int:
        """How many objectives there are."""
        return len(self.problem.objectives)

    def size(self, name: str) -> float:
        """Typical size of a quantity."""
        return self.sizes.get(name) or 1.0

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solved | None:
        """As ``Exact.maximize``; ``start`` is of no use to MAiNGO."""
        import maingopy

        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        model = _model(self, index, floors)
        solver = maingopy.MAiNGO(model)
        for option, value in {
            "epsilonR": self.gap,
            "epsilonA": 1e-9,
            "deltaIneq": FEASIBLE,
            "maxTime": left,
            "loggingDestination": maingopy.LOGGING_NONE,
            "writeResultFile": 0,
        }.items():
            solver.set_option(option, value)
        try:
            end = solver.solve()
        except maingopy.MAiNGOException as error:
            if model.failed is not None:
                raise NonlinearEquation(model.failed) from None
            raise SolverFailure(f"MAiNGO: {' '.join(str(error).split())[:300]}") from None
        if end == maingopy.INFEASIBLE:
            return None
        if end not in (maingopy.GLOBALLY_OPTIMAL, maingopy.FEASIBLE_POINT):
            raise TimeoutError
        objective = self.problem.objectives[index]
        size = self.size(objective.quantity)
        design = model.design(solver.get_solution_point())
        found = self.problem.evaluate(as_columns(design))
        scores = tuple(float(o.sign * found[o.name][0]) for o in self.problem.objectives)
        return Solved(design, scores, max(-solver.get_final_LBD() * size, scores[index]))


def _model(program: MaingoProgram, index: int, floors: Mapping[int, float]) -> Any:
    """MAiNGO's view of the problem; its class is MAiNGO's, and made when MAiNGO is there."""
    import maingopy

    problem = program.problem

    class Model(maingopy.MAiNGOmodel):  # type: ignore[misc, unused-ignore]
        failed: str | None = None

        def get_variables(self) -> list[Any]:
            found = []
            for v in problem.variables:
                if v.choices:  # a binary for each step up the ladder of choices
                    rungs = range(1, len(v.choices))
                    binary = (maingopy.Bounds(0, 1), maingopy.VT_BINARY)
                    found += [maingopy.OptimizationVariable(*binary, f"{v.name}_{i}") for i in rungs]
                elif v.size is not None:
                    bounds = maingopy.Bounds(0, v.size - 1)
                    found.append(maingopy.OptimizationVariable(bounds, maingopy.VT_INTEGER, v.name))
                else:
                    found.append(maingopy.OptimizationVariable(maingopy.Bounds(0, 1), maingopy.VT_CONTINUOUS, v.name))
            return found

        def values(self, point: Any, order: list[Any]) -> dict[str, Any]:
            """The variables at a point, and what categories set; in ``order``, what must not be positive for rungs to
            be climbed in order.
            """
            at, found = 0, {}
            for v in problem.variables:
                if v.choices:
                    rungs = [point[at + i] for i in range(len(v.choices) - 1)]
                    order += [upper - lower for lower, upper in pairwise(rungs)]
                    for name, values in v.lookup_tables.items():
                        steps = [
                            (after - before) * rung
                            for (before, after), rung in zip(pairwise(values), rungs, strict=True)
                        ]
                        found[name] = sum(steps, values[0])
                    at += len(rungs)
                else:
                    per = v.high - v.low if v.step is None else v.step
                    found[v.name] = per * point[at] + v.low
                    at += 1
            return found

        def design(self, point: Any) -> dict[str, float]:
            found = self.values(point, [])
            return {v.name: on_grid(v, float(found[v.name])) for v in problem.variables}

        def evaluate(self, point: Any) -> Any:
            order: list[Any] = []
            values = self.values(point, order)
            wrapped = {n: x if isinstance(x, float) else Factor(x) for n, x in values.items()}
            found: dict[str, Any] = {**problem.values, **wrapped}
            for eq in problem.model.order(found, problem.criterion_names):
                try:
                    found[eq.name] = eq.function(*[found[name] for name in eq.inputs])
                except (TypeError, AttributeError) as error:
                    self.failed = f"{eq.name} (in {eq.module}) cannot be read by MAiNGO: {error}; use `solver: scip`"
                    raise
            missed = [c.sign * (c.limit - found[c.quantity]) / program.size(c.quantity) for c in problem.constraints]
            scores = [o.sign * found[o.quantity] / program.size(o.quantity) for o in problem.objectives]
            for i, floor in floors.items():
                lowered = floor - LOOSE * abs(floor)
                missed.append(lowered / program.size(problem.objectives[i].quantity) - scores[i])
            result = maingopy.EvaluationContainer()
            zero = 0.0 * point[0]
            result.objective = _plain(-scores[index]) + zero
            result.ineq = [*order, *(_plain(m) + zero for m in missed)]
            return result

    return Model()
