"""The nonlinear program in its decision variables alone, solved to global optimality by MAiNGO.

MAiNGO branches on the decision variables only. It computes every quantity, with convex relaxations, by calling the
equations with numbers of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

from sunfront.engines.exact.nonlinear import remedy, typical_sizes
from sunfront.engines.exact.pieces import positive_divisors, unbounded_quantity
from sunfront.engines.exact.solver_protocol import Solution, lowered, raised_bound, snap_to_domain
from sunfront.equation import Equation, lines_of
from sunfront.errors import NonlinearEquation, SolverBroke, UserError
from sunfront.library.formulas import explain
from sunfront.problem.problem import Problem, as_columns

#: Tolerance of MAiNGO on a constraint, in units of the typical size of the quantity.
FEASIBILITY_TOLERANCE = 1e-8

#: Least share that is left of what decays.
SMALLEST_DECAY = 1e-300


class MaingoNumber:
    """A number of MAiNGO, with operators and with the numpy functions that equations call."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __neg__(self) -> MaingoNumber:
        return MaingoNumber(-self.value)

    def __add__(self, other: Any) -> MaingoNumber:
        return MaingoNumber(self.value + _unwrap(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> MaingoNumber:
        return MaingoNumber(self.value - _unwrap(other))

    def __rsub__(self, other: Any) -> MaingoNumber:
        return MaingoNumber(_unwrap(other) - self.value)

    def __mul__(self, other: Any) -> Any:
        if other is self:
            return self**2
        if isinstance(other, int | float) and other == 0:
            return 0.0
        return MaingoNumber(self.value * _unwrap(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> MaingoNumber:
        return MaingoNumber(self.value / _unwrap(other))

    def __rtruediv__(self, other: Any) -> MaingoNumber:
        return MaingoNumber(_unwrap(other) / self.value)

    def __pow__(self, power: Any) -> MaingoNumber:
        import maingopy

        power = float(power)
        if power == 0.5:
            return MaingoNumber(maingopy.sqrt(self.value))
        return MaingoNumber(maingopy.pow(self.value, int(power) if power.is_integer() else power))

    def larger(self, other: Any) -> MaingoNumber:
        """Return the larger of this and another number."""
        import maingopy

        return MaingoNumber(maingopy.max(self.value, _unwrap(other)))

    def mean_decay(self) -> MaingoNumber:
        """Return ``(1 - exp(-x)) / x`` as the logarithmic mean of 1 and ``exp(-x)``, whose relaxation holds at zero.

        The mean is not defined where the range of ``x`` is so wide that ``exp(-x)`` may vanish. Beyond ``x = 690`` a
        little more is left than there is, as little as it is; numpy verifies the design.
        """
        import maingopy

        left = maingopy.max(maingopy.exp(-self.value), SMALLEST_DECAY)
        return MaingoNumber(maingopy.lmtd(1.0, left))

    def concave_broken_line(self, corners: Sequence[float], slopes: Sequence[float]) -> MaingoNumber:
        """Return a concave broken line as the smallest of its lines, whose relaxation is the line itself."""
        import maingopy

        values = [line.value for line in lines_of(self, corners, slopes)]
        return MaingoNumber(reduce(maingopy.min, values))

    def __bool__(self) -> bool:
        raise TypeError("it branches on a quantity that depends on the variables")

    def __eq__(self, other: object) -> bool:
        raise TypeError("it compares a quantity that depends on the variables")

    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply a numpy function or operator."""
        import maingopy

        name = function.__name__
        unary = {"exp": maingopy.exp, "log": maingopy.log, "cos": maingopy.cos, "arccos": maingopy.acos}
        if method == "__call__" and not options:
            if name in unary:
                return MaingoNumber(unary[name](self.value))
            if len(inputs) == 2 and inputs[1] is self:  # a numpy number on the left
                return {
                    "add": self.__radd__,
                    "subtract": self.__rsub__,
                    "multiply": self.__rmul__,
                    "divide": self.__rtruediv__,
                }[name](float(inputs[0]))
        raise TypeError(f"it uses {name}, which MAiNGO does not support")


def _unwrap(value: Any) -> Any:
    return value.value if isinstance(value, MaingoNumber) else float(value)


class MaingoSolver:
    """MAiNGO for one problem.

    Args:
        gap: Relative distance between bound and value at which a solve ends.

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
        self.sizes = typical_sizes(problem)
        self.least = positive_divisors(problem)
        self.is_interrupted = False

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.problem.objectives)

    def size(self, name: str) -> float:
        """Return the typical size of a quantity; 1 if it is zero."""
        return self.sizes.get(name) or 1.0

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; MAiNGO ignores ``start``, and an interruption waits for its end."""
        import maingopy

        if self.is_interrupted:
            raise KeyboardInterrupt
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        model = _build_model(self, index, floors)
        engine = maingopy.MAiNGO(model)
        for option, value in {
            "epsilonR": self.gap,
            "epsilonA": 1e-9,
            "deltaIneq": FEASIBILITY_TOLERANCE,
            "maxTime": left,
            "loggingDestination": maingopy.LOGGING_NONE,
            "writeResultFile": 0,
        }.items():
            engine.set_option(option, value)
        try:
            end = engine.solve()
        except KeyboardInterrupt:
            self.is_interrupted, end = True, engine.get_status()
        except maingopy.MAiNGOException as error:
            if model.error is not None:
                raise model.error from None
            if "zero in range" in str(error) and (eq := unbounded_quantity(self.problem, self.least)) is not None:
                raise NonlinearEquation(
                    f"{eq.name} (in {eq.place}) divides by a quantity that MAiNGO cannot tell from zero over these "
                    "ranges; narrow them, or use `solver: scip`",
                    quantity=eq.name,
                ) from None
            raise SolverBroke(f"MAiNGO: {' '.join(str(error).split())[:300]}") from None
        if end == maingopy.INFEASIBLE:
            return None
        if end not in (maingopy.GLOBALLY_OPTIMAL, maingopy.FEASIBLE_POINT):
            raise KeyboardInterrupt if self.is_interrupted else TimeoutError
        objective = self.problem.objectives[index]
        size = self.size(objective.quantity)
        design = model.design(engine.get_solution_point())
        found = self.problem.evaluate(as_columns(design))
        scores = tuple(float(o.sign * found[o.name][0]) for o in self.problem.objectives)
        is_cut = self.is_interrupted or end != maingopy.GLOBALLY_OPTIMAL
        bound = raised_bound(-engine.get_final_LBD() * size, size, FEASIBILITY_TOLERANCE)
        return Solution(design, scores, max(bound, scores[index]), is_cut)


def _build_model(solver: MaingoSolver, index: int, floors: Mapping[int, float]) -> Any:
    """Build the problem as MAiNGO's model class; it derives from a class of maingopy, which is an optional package."""
    import maingopy

    problem = solver.problem

    class Model(maingopy.MAiNGOmodel):  # type: ignore[misc, unused-ignore]
        error: NonlinearEquation | None = None

        def get_variables(self) -> list[Any]:
            found = []
            for v in problem.variables:
                if v.choices:  # a binary for each step from one choice to the next
                    steps = range(1, len(v.choices))
                    binary = (maingopy.Bounds(0, 1), maingopy.VT_BINARY)
                    found += [maingopy.OptimizationVariable(*binary, f"{v.name}_{i}") for i in steps]
                elif v.size is not None:
                    bounds = maingopy.Bounds(0, v.size - 1)
                    found.append(maingopy.OptimizationVariable(bounds, maingopy.VT_INTEGER, v.name))
                else:
                    found.append(maingopy.OptimizationVariable(maingopy.Bounds(0, 1), maingopy.VT_CONTINUOUS, v.name))
            return found

        def values(self, point: Any, order: list[Any]) -> dict[str, Any]:
            """Return the values of the variables, and of the parameters that preset variables set.

            Append to ``order`` the terms that must not be positive, so that the binaries of a variable are 1 in order.
            """
            at, found = 0, {}
            for v in problem.variables:
                if v.choices:
                    binaries = [point[at + i] for i in range(len(v.choices) - 1)]
                    order += [upper - lower for lower, upper in pairwise(binaries)]
                    for name, values in v.lookup_tables.items():
                        steps = [
                            (after - before) * binary
                            for (before, after), binary in zip(pairwise(values), binaries, strict=True)
                        ]
                        found[name] = sum(steps, values[0])
                    at += len(binaries)
                else:
                    per = v.high - v.low if v.step is None else v.step
                    found[v.name] = per * point[at] + v.low
                    at += 1
            return found

        def design(self, point: Any) -> dict[str, float]:
            found = self.values(point, [])
            return {v.name: snap_to_domain(v, float(found[v.name])) for v in problem.variables}

        def call(self, eq: Equation, found: dict[str, Any]) -> Any:
            try:
                value = eq.function(*[found[name] for name in eq.inputs])
            except (TypeError, AttributeError) as error:
                # An exception cannot pass through MAiNGO's C++ code, so it is kept.
                self.error = NonlinearEquation(
                    f"{eq.name} (in {eq.place}) cannot be evaluated by MAiNGO: {explain(eq, error)}; use "
                    + remedy(error, "`solver: scip`"),
                    quantity=eq.name,
                )
                raise
            return value.larger(solver.least[eq.name]) if eq.name in solver.least else value

        def evaluate(self, point: Any) -> Any:
            order: list[Any] = []
            values = self.values(point, order)
            wrapped = {n: x if isinstance(x, float) else MaingoNumber(x) for n, x in values.items()}
            found = problem.model.evaluate({**problem.values, **wrapped}, problem.criterion_names, self.call)
            violations = [c.violation(found[c.quantity]) / solver.size(c.quantity) for c in problem.constraints]
            scores = [o.sign * found[o.quantity] / solver.size(o.quantity) for o in problem.objectives]
            for i, floor in floors.items():
                size = solver.size(problem.objectives[i].quantity)
                violations.append(lowered(floor, size) / size - scores[i])
            result = maingopy.EvaluationContainer()
            zero = 0.0 * point[0]
            result.objective = _unwrap(-scores[index]) + zero
            result.ineq = [*order, *(_unwrap(v) + zero for v in violations)]
            return result

    return Model()
