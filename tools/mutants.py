"""Mutation test of equations and parameters: find wrong formulas and numbers that the tests do not detect.

    python tools/mutants.py [COUNT] [PYTEST ARGUMENT...]

Each mutant changes one operator or constant of one equation, or increases one parameter by 10 %. The tests are
collected once; a forked process applies one mutant and runs them until the first failure. Prints one line per mutant,
then the counts. The mutants depend only on the equations and parameters, so two versions of the tests can be compared.
"""

from __future__ import annotations

import ast
import inspect
import os
import random
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from sunfront import equations
from sunfront.library.library import Library
from sunfront.root import AtZero

LIBRARY = Library.shipped()


#: Parts of the names of test files that check formulas and numbers; others would only repeat them, slowly.
FILES = (
    "worked_examples",
    "published",
    "systems",
    "parameters",
    "properties",
    "architectures",
    "terrestrial",
    "claims",
)

SWAPS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
}


def _swap(node: ast.AST) -> Callable[[], None] | None:
    """Return a function that mutates one node of a formula; None if the node cannot be mutated."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        return lambda: setattr(node, "op", SWAPS[type(node.op)])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return lambda: setattr(node, "op", ast.Mult())
    if isinstance(node, ast.Constant) and isinstance(value := node.value, (int, float)) and value:
        return lambda: setattr(node, "value", value * 1.1)
    return None


def _equations() -> list[Any]:
    """Return every equation once, ordered by module and name."""
    folder = Path(inspect.getfile(equations)).parent
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    return [eq for name in names for eq in sorted(equations.module(name), key=lambda eq: eq.name)]


def formulas(rng: random.Random) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield mutants of equations: a name, and a function that applies the mutant."""
    known = _equations()
    for eq in rng.sample(known, len(known)):
        if isinstance(eq, AtZero):  # no formula of its own
            continue
        function = getattr(eq.function, "__wrapped__", eq.function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list, body = [], definition.body[1:]
        places = [node for statement in body for node in ast.walk(statement) if _swap(node)]
        if not places:
            continue
        at = rng.randrange(len(places))
        change = _swap(places[at])
        assert change is not None
        change()
        text = ast.unparse(ast.fix_missing_locations(tree))
        space: dict[str, Any] = {}
        exec(compile(text, "<mutant>", "exec"), {**function.__globals__}, space)
        mutant = space[function.__name__]

        def apply(eq: Any = eq, mutant: Any = mutant) -> None:
            object.__setattr__(eq, "function", mutant)

        yield f"{eq.module.rpartition('.')[2]}.{eq.name} place {at}", apply


def numbers(rng: random.Random) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield mutants of parameters: each increased by 10 %."""
    known = sorted(LIBRARY.parameters)
    for name in rng.sample(known, len(known)):
        p = LIBRARY.parameters[name]
        value = tuple(1.1 * x for x in p.value) if isinstance(p.value, tuple) else 1.1 * p.value
        if value == p.value:
            continue

        def apply(p: Any = p, value: Any = value) -> None:
            object.__setattr__(p, "value", value)

        yield f"parameter {name}", apply


class Mutants:
    """A pytest plugin that runs the collected tests once per mutant."""

    def __init__(self, count: int) -> None:
        rng = random.Random(20261129)
        half = [(formulas(rng), 7 * count // 10), (numbers(rng), count - 7 * count // 10)]
        self.mutants = [next(source) for source, wanted in half for _ in range(wanted)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = sorted(session.items, key=lambda item: next((i for i, f in enumerate(FILES) if f in item.nodeid), 99))
        caught = 0
        for name, apply in self.mutants:
            read, write = os.pipe()
            if (child := os.fork()) == 0:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                apply()
                for item in items:
                    if any(report.failed for report in runtestprotocol(item, nextitem=None, log=False)):
                        os.write(write, item.nodeid.encode())
                        os._exit(0)
                os._exit(0)
            os.close(write)
            with os.fdopen(read) as pipe:
                found = pipe.read()
            os.waitpid(child, 0)
            caught += bool(found)
            print(f"{'caught  ' if found else 'SURVIVED'} {name}  {found}", flush=True)
        print(f"{caught} of {len(self.mutants)} caught", flush=True)
        return True


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    sys.exit(pytest.main(["-q", "-s", "-n", "0", "-p", "no:cacheprovider", *sys.argv[2:]], plugins=[Mutants(count)]))


if __name__ == "__main__":
    main()
