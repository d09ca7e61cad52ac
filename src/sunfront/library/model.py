"""A model: equations ordered by their dependencies and evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from sunfront.display import html_table
from sunfront.equation import Equation
from sunfront.errors import MissingInput, ModelError, UnknownName, did_you_mean
from sunfront.library.bound import bind, way_of
from sunfront.library.ways import find_way
from sunfront.root import WayEquation
from sunfront.units import unit_label


class Model:
    """A set of equations, at most one per quantity.

    Args:
        equations: In any order; their parameter names define the dependencies.

    Raises:
        ModelError: Two equations have the same name, or a quantity depends on itself.
    """

    def __init__(self, equations: Iterable[Equation]) -> None:
        self._equations: dict[str, Equation] = {}
        for eq in equations:
            if eq.name in self._equations:
                other = self._equations[eq.name]
                raise ModelError(
                    f"two equations for {eq.name!r}: one in {other.place}, one in {eq.place}; "
                    "use Model.with_equations to replace one with the other",
                    [eq.name],
                )
            self._equations[eq.name] = eq
        # Every chunk of designs is evaluated with the same names.
        self._plan = lru_cache(maxsize=64)(self._order)
        self._checked = lru_cache(maxsize=64)(self.check)
        for name in [name for name, eq in self._equations.items() if isinstance(eq, WayEquation)]:
            self._equations[name] = self._under(name, frozenset())
        self._plan(frozenset(), None)  # report a cycle when the model is constructed

    def __getitem__(self, name: str) -> Equation:
        try:
            return self._equations[name]
        except KeyError:
            raise UnknownName(name, "quantity", self._equations) from None

    def __contains__(self, name: object) -> bool:
        return name in self._equations

    def __iter__(self) -> Iterator[Equation]:
        return iter(self._equations.values())

    def __len__(self) -> int:
        return len(self._equations)

    def __reduce__(self) -> tuple[type[Model], tuple[list[Equation]]]:
        return Model, (list(self),)

    def __repr__(self) -> str:
        return f"<Model: {len(self)} equations, {len(self.inputs)} inputs>"

    def _repr_html_(self) -> str:
        rows = ((eq.name, unit_label(eq.unit), eq.summary, eq.source) for eq in self.order())
        return f"<p>{len(self)} equations</p>" + html_table(("quantity", "unit", "description", "source"), rows)

    def __str__(self) -> str:
        """Return a table in the order of evaluation: quantity, unit, summary."""
        order = self.order()
        name_width = max((len(eq.name) for eq in order), default=0)
        unit_width = max((len(unit_label(eq.unit)) for eq in order), default=0)
        lines = (f"{eq.name:{name_width}}  {unit_label(eq.unit):{unit_width}}  {eq.summary}" for eq in order)
        return "\n".join(lines)

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Names that equations need and no equation computes."""
        return frozenset(name for eq in self for name in eq.inputs) - self._equations.keys()

    def order(self, supplied: Iterable[str] = (), wanted: Iterable[str] | None = None) -> tuple[Equation, ...]:
        """Return the equations to call, each after those it depends on.

        Args:
            supplied: Quantities whose values are given. Their equations are omitted, and so are those that are
                meaningless then.
            wanted: Return only what these quantities need; all equations if None.
        """
        return self._plan(frozenset(supplied), None if wanted is None else frozenset(wanted))

    def has_meaning(self, name: str, supplied: Iterable[str]) -> bool:
        """Return whether a quantity has a meaning if these are given: a root has none without a way to it."""
        given = frozenset(supplied)
        eq = self._under(name, given)
        return given.isdisjoint(eq.unless_given) and (not isinstance(eq, WayEquation) or way_of(eq) is not None)

    def _under(self, name: str, supplied: frozenset[str], binding: tuple[str, ...] = ()) -> Equation:
        """Return the equation of a quantity if these are given; a root is bound to the way that is left to it.

        Args:
            binding: Roots whose ways are being found.
        """
        eq = self._equations[name]
        if not isinstance(eq, WayEquation):
            return eq
        if name in binding:
            ring = [*binding[binding.index(name) :], name]
            raise ModelError("a quantity depends on itself: " + " <- ".join(ring), ring)
        if any(end in supplied or end not in self._equations for end in eq.ends):
            return bind(eq, None)
        order = self._plan((supplied | {eq.over}) - {name}, frozenset(eq.ends), (*binding, name))
        return bind(eq, find_way(eq.of, eq.over, order))

    def _order(
        self, supplied: frozenset[str], wanted: frozenset[str] | None, binding: tuple[str, ...] = ()
    ) -> tuple[Equation, ...]:
        done: dict[str, Equation] = {}
        meaningful = [eq.name for eq in self if wanted is None and self.has_meaning(eq.name, supplied)]
        for root in meaningful if wanted is None else sorted(wanted):
            # Depth first with an explicit stack: a chain may be longer than Python's recursion limit.
            trail: dict[str, Equation] = {}
            left = [iter((root,))]  # what is still needed: first the root, then the inputs of each of the trail
            while left:
                for need in left[-1]:
                    if need in done or need in supplied or need not in self._equations:
                        continue
                    if need in trail:
                        ring = [*list(trail)[list(trail).index(need) :], need]
                        raise ModelError("a quantity depends on itself: " + " <- ".join(ring), ring)
                    trail[need] = self._under(need, supplied, binding)
                    left.append(iter(trail[need].inputs))
                    break
                else:
                    left.pop()
                    if trail:
                        name, eq = trail.popitem()
                        done[name] = eq
        return tuple(done.values())

    def with_equations(self, *equations: Equation) -> Model:
        """Return a model in which each of these equations replaces the one of its name, or is added."""
        new = {eq.name: eq for eq in Model(equations)}
        return Model([*(new.pop(eq.name, eq) for eq in self), *new.values()])

    def evaluate(
        self,
        values: Mapping[str, Any],
        wanted: Iterable[str] | None = None,
        call: Callable[[Equation, dict[str, Any]], Any] | None = None,
    ) -> dict[str, Any]:
        """Compute every quantity, or only what ``wanted`` needs, from the supplied values.

        Args:
            values: By name, a number, a broadcasting array, an engine's symbol or a pint quantity; SI and USD. A
                supplied quantity is not computed.
            wanted: Quantities to compute, with all they depend on; all if None.
            call: Computes the value of an equation from all values known before it; by default it calls the
                equation's function with its inputs.

        Returns:
            The supplied and the computed values, in the order of evaluation.

        Raises:
            MissingInput: An equation needs a name that is neither supplied nor computed.
        """
        given, wanted = frozenset(values), None if wanted is None else frozenset(wanted)
        self._checked(given, wanted)
        plan = self._plan(given, wanted)
        found = dict(values)
        for eq in plan:
            inputs = [found[name] for name in eq.inputs]
            try:
                found[eq.name] = call(eq, found) if call else eq.function(*inputs)
            except ZeroDivisionError:  # plain numbers raise where arrays become NaN or infinite
                import numpy as np

                plain = [np.float64(x) if isinstance(x, (int, float)) else x for x in inputs]
                with np.errstate(all="ignore"):
                    found[eq.name] = eq.function(*plain)
        return found

    def constant_part(
        self, values: Mapping[str, Any], varying: Iterable[str], wanted: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Return the values and every quantity needed for ``wanted`` that does not depend on ``varying``.

        Quantities on the way to a root are left out: given, they would not follow the parameter that is tried.
        """
        reached = set(varying)
        order = self.order(values.keys() | reached, wanted)
        on_a_way = {step.name for way in map(way_of, order) if way for step in way.steps}
        constant = []
        for eq in order:
            if not reached.isdisjoint(eq.inputs):
                reached.add(eq.name)
            elif eq.name not in on_a_way:
                constant.append(eq.name)
        found = self.evaluate(values, constant)
        return {**values, **{name: found[name] for name in constant}}

    def inputs_of(self, wanted: Iterable[str], supplied: Iterable[str]) -> set[str]:
        """Return the names that the equations for ``wanted`` read, where ``supplied`` is not computed."""
        return {name for eq in self.order(supplied, wanted) for name in eq.inputs}

    def check(self, supplied: Iterable[str], wanted: Iterable[str] | None = None) -> None:
        """Raise MissingInput unless ``supplied`` is sufficient for ``wanted`` (for everything if None)."""
        given, wanted = frozenset(supplied), None if wanted is None else frozenset(wanted)
        plan = self._plan(given, wanted)
        for eq in plan:
            if not given.isdisjoint(eq.unless_given):
                blocking = ", ".join(sorted(given & {*eq.unless_given}))
                raise MissingInput(f"{eq.name} is meaningless if {blocking} is given; remove that value", [eq.name])
            if isinstance(eq, WayEquation) and way_of(eq) is None:
                raise MissingInput(self._no_way(eq, given), [eq.name])
        ready = given | {eq.name for eq in plan}
        missing = sorted({name for eq in plan for name in eq.inputs} - ready)
        missing += sorted(set(wanted or ()) - ready - set(missing))
        if missing:
            lines = []
            known = given | self._equations.keys()
            for name in missing:
                by = ", ".join(eq.name for eq in plan if name in eq.inputs)
                lines.append(f"{name!r}" + (f" (needed by {by})" if by else "") + did_you_mean(name, known))
            raise MissingInput("no value and no equation for " + "; ".join(lines), missing)

    def _no_way(self, root: WayEquation, given: frozenset[str]) -> str:
        """Say why a root or an extreme has no meaning."""
        for end in root.ends:
            if end in given:
                return f"{root.name} is meaningless if {end} is given; remove that value"
            if end not in self:
                return f"{root.name}: no equation computes {end}{did_you_mean(end, self._equations)}"
        return f"{root.name} is meaningless: {root.of} does not depend on {root.over} here"
