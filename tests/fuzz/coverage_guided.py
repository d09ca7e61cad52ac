"""Coverage-guided inputs for the readers of YAML and of expressions.

By hand, with atheris in the environment of sunfront, or beside it:
``python tests/fuzz/coverage_guided.py expressions -runs=200000``, or ``yaml`` in place of ``expressions``.

What a reader takes is read again from the text that sunfront writes of it, and must mean the same. Anything but a
UserError ends the run; libFuzzer then writes the input to a file ``crash-...``, and takes that file as an argument.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["sunfront", "ruamel"]):
    import ruamel.yaml.error
    import ruamel.yaml.nodes  # noqa: F401

    from sunfront.data import shipped
    from sunfront.errors import UserError
    from sunfront.library.yaml_file import read_yaml_file
    from sunfront.study.expressions import is_unit, parse_expression
    from sunfront.study.terms import split_comparisons
    from sunfront.study.trees import evaluate, names_in
    from sunfront.units import parse, unit

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz."))
EXPRESSIONS = [
    "capex / npv ** 2 - min(2 kW, 3 USD/kg)", "10 % * (1e3 km)^-1", "12/year", "500 km <= altitude <= 900 km",
    "a == 4 t +- 1 %",
    "probability(npv / capex > 0.2)", "1,234,567", "-5 degC", "p10 roi", "log(exp(x)) + sqrt(y)",
]  # fmt: skip


def read_expression(data: bytes) -> None:
    """Read a text as an expression, as a criterion and as a quantity."""
    text = atheris.FuzzedDataProvider(data).ConsumeUnicodeNoSurrogates(2000)
    for read in (split_comparisons, lambda text: parse(text, "kW", "it")):
        with suppress(UserError):
            read(text)
    try:
        tree = parse_expression(text)
    except UserError:
        return
    try:
        again = parse_expression(str(tree))
    except UserError as error:
        if "characters" in str(error) or "parts" in str(error):  # it grew
            return
        raise AssertionError(f"{text!r} is shown as {tree}, which is refused: {error}") from None
    # No quantity has the name of a unit, but for those that are one, such as year.
    values = {name: unit(name).factor if is_unit(name) else 1.5 + i for i, name in enumerate(names_in(tree))}
    try:
        found, twice = float(evaluate(tree, values)), float(evaluate(again, values))
    except (OverflowError, ZeroDivisionError, TypeError):  # of Python's numbers; numpy's give inf
        return
    if found == found and abs(found - twice) > 1e-9 * abs(found):
        raise AssertionError(f"{text!r} is {found}, but {tree} is {twice}")


def read_yaml(data: bytes) -> None:
    """Read bytes as a study file."""
    path = FOLDER / "it.yaml"
    path.write_bytes(data)
    try:
        found = read_yaml_file(path).data
    except UserError:
        return
    path.write_text(json.dumps(found), "utf-8")
    try:
        again = read_yaml_file(path).data
    except UserError as error:
        if "characters" in str(error) or "MB" in str(error):  # it grew
            return
        raise AssertionError(f"what was read cannot be read again: {error}") from None
    if with_text(found) != again:
        raise AssertionError(f"{data!r} is {found}, but read again {again}")


def with_text(data: Any) -> Any:
    """Data with what is empty as the text that JSON writes for it."""
    if isinstance(data, dict):
        return {key: with_text(value) for key, value in data.items()}
    return [with_text(item) for item in data] if isinstance(data, list) else "null" if data is None else data


def main() -> None:
    kind, arguments = sys.argv[1], sys.argv[2:]
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    texts = EXPRESSIONS if kind == "expressions" else []
    for i, text in enumerate(texts):
        (corpus / str(i)).write_text(text, "utf-8")
    for name in shipped.names("studies") if kind == "yaml" else []:
        (corpus / name).write_bytes(shipped.file("studies", name).read_bytes())
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], {"expressions": read_expression, "yaml": read_yaml}[kind])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
