"""A tape as a compiled loop over many rows, by numba.

Steps that depend on one group of inputs alone are computed by numpy, once for each combination of values that the group
takes, and looked up in the loop: such as all that follows from an altitude, if there are few altitudes.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.equation import WHOLE
from sunfront.tape.tape import SEARCHES, Step, Tape, tape_of

_OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_FUNCTIONS = {**{name: name for name in ("exp", "log", "cos", "arccos")}, "larger": "maximum"}


@dataclass(frozen=True)
class Loops:
    """A tape in two parts: what numpy tabulates, by group of inputs, and the text of the loop that is compiled.

    Attributes:
        tables: For each group the tape of what the loop looks up.
        columns: Inputs of the loop that are in no group.
        outputs: Quantities, in the order of the rows of the result.
        text: The loop as a Python function.
    """

    tables: tuple[Tape, ...]
    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    text: str

    def tabulate(self, group: int, values: Mapping[str, Array]) -> Array:
        """Return what the loop looks up of a group, array (steps, combinations).

        Args:
            values: For each input of the group an array (combinations,); others are ignored.
        """
        tape, count = self.tables[group], len(next(iter(values.values())))
        found = tape.evaluate(values).values()
        return np.array([np.broadcast_to(each, count) for each in found]).reshape(len(tape.outputs), count)

    def evaluate(
        self,
        count: int,
        columns: Mapping[str, Array],
        tables: Sequence[Array],
        rows: Sequence[NDArray[np.intp]],
    ) -> dict[str, Array]:
        """Compute the quantities, arrays (count,).

        Args:
            columns: For each input in no group an array (count,).
            tables: For each group, what ``tabulate`` gave.
            rows: For each group, which of its combinations each row has; arrays (count,).
        """
        out = np.empty((len(self.outputs), count))
        given = [np.require(columns[name], float, ["C", "W"]) for name in self.columns]
        looked_up = [each for pair in zip(rows, tables, strict=True) for each in pair]
        try:
            _compiled(self.text)(out, *given, *looked_up)
        except Exception:  # a damaged file of the cache raises what its bytes happen to mean
            _compiled(self.text, is_kept=False)(out, *given, *looked_up)
        return dict(zip(self.outputs, out, strict=True))


def loops_of(tape: Tape, groups: Sequence[Collection[str]]) -> Loops | None:
    """Return the loops of a tape; None if a root or an extreme depends on more than one group.

    Args:
        groups: Inputs that take few combinations of values; each input in one group at most.
    """
    sets = [frozenset(group) for group in groups]
    group_of = [next((g for g, names in enumerate(sets) if on and on <= names), None) for on in tape.depends]
    late = [i for i, on in enumerate(tape.depends) if on and group_of[i] is None]
    if any(tape.steps[i].operation in SEARCHES for i in late):
        return None
    used = sorted({*tape.outputs.values(), *(j for i in late for j in tape.steps[i].of)})
    tabled = [[i for i in used if group_of[i] == g] for g in range(len(sets))]
    steps, looked_up = list(tape.steps), {}
    for g, numbers in enumerate(tabled):
        for row, i in enumerate(numbers):
            name = f"t{g}[{row}, k{g}]"
            steps[i], looked_up[name] = Step("input", (), name), g
    rest = tape_of(steps, tape.outputs)
    columns = tuple(name for name in rest.inputs if name not in looked_up)
    tables = tuple(tape_of(tape.steps, {str(i): i for i in numbers}) for numbers in tabled)
    return Loops(tables, columns, tuple(tape.outputs), _text(rest, columns, len(sets)))


def _text(tape: Tape, columns: Sequence[str], groups: int) -> str:
    """Write the loop."""
    arguments = [*(f"x{i}" for i in range(len(columns))), *(f"{a}{g}" for g in range(groups) for a in ("n", "t"))]
    lines = [f"def loop({', '.join(['y', *arguments])}):", "    for i in range(y.shape[1]):"]
    lines += [f"        k{g} = n{g}[i]" for g in range(groups)]
    place = {name: f"x{i}[i]" for i, name in enumerate(columns)}
    known: list[str] = []
    for number, step in enumerate(tape.steps):
        values = [known[i] for i in step.of]
        known.append(_number_text(step.data) if step.operation == "number" else f"v{number}")
        if step.operation == "input":
            lines.append(f"        v{number} = {place.get(step.data, step.data)}")
        elif step.operation != "number":
            lines.append(f"        v{number} = {_expression(step, values, tape.exponent(step))}")
    lines += [f"        y[{row}, i] = {known[i]}" for row, i in enumerate(tape.outputs.values())]
    return "import numpy as np\n\n\n" + "\n".join(lines) + "\n"


def _number_text(value: float) -> str:
    """Return a number as Python has it."""
    if not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "(-np.inf)"
    return repr(value) if math.copysign(1, value) > 0 else f"({value!r})"


def _expression(step: Step, values: Sequence[str], exponent: float | None) -> str:
    """Return the text of an operation; exponent is that of a power if it is a number."""
    a, b = values[0], values[-1]
    match step.operation:
        case "add" | "subtract" | "multiply" | "divide":
            return f"{a} {_OPERATORS[step.operation]} {b}"
        case "negative":
            return f"-{a}"
        case "power" if exponent == 0.5:
            return f"np.sqrt({a})"
        case "power" if exponent == 0.25:
            return f"np.sqrt(np.sqrt({a}))"
        case "power" if exponent is not None and exponent.is_integer() and 2 <= exponent <= 4:
            return " * ".join([a] * int(exponent))
        case "power":
            return f"{a} ** {b}"
        case "mean_decay":
            return f"1.0 - {a} / 2 if abs({a}) < 1e-8 else -np.expm1(-{a}) / {a}"
        case "quotient_or_infinity":
            return f"{a} / {b} if {b} > 0 else np.inf"
        case "whole_periods":
            count = f"({a} / {b} if {b} > 0 else 0.0)"
            return f"{a} if abs({count} - np.rint({count})) <= {WHOLE} * {count} else np.floor({count}) * {b}"
        case "choose":
            cases = [f"{value} if np.rint({a}) == {k} else " for k, value in enumerate(values[2:], 1)]
            return "".join(cases) + values[1]
    return f"np.{_FUNCTIONS[step.operation]}({', '.join(values)})"


@cache
def can_compile() -> bool:
    """Whether the compiler is installed, and works beside the numpy that is."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


@lru_cache(64)
def _compiled(text: str, is_kept: bool = True) -> Callable[..., None]:
    """Return the compiled loop; what numba compiles is kept on disk, beside a file of the text."""
    import numba

    path = _file_of(text) if is_kept else None
    if path is None:
        names: dict[str, Any] = {}
        exec(text, names)
        return numba.njit(names["loop"], error_model="numpy")  # type: ignore[no-any-return]
    spec = spec_from_file_location(f"sunfront_loop_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)  # what numba kept names the module
    spec.loader.exec_module(module)
    return numba.njit(module.loop, error_model="numpy", cache=True)  # type: ignore[no-any-return]


def _file_of(text: str) -> Path | None:
    """Return the file that holds a text, in the user's cache; None if there is no place for it."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = base / "sunfront" / "loops" / f"{sha256(text.encode()).hexdigest()[:32]}.py"
    try:
        if not path.exists() or path.read_bytes() != text.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", newline="\n", dir=path.parent, delete=False
            ) as file:
                file.write(text)
            Path(file.name).replace(path)  # workers write it side by side
    except OSError:
        return None
    return path
