"""The JavaScript of a tape, run by node, gives what numpy gives."""

import shutil
import subprocess

import numpy as np
import pytest
from library.test_extremes import GIVEN, MODEL
from tape.hosts import chromium, node
from tape.reference import Case, case
from tape.test_recording import FORMULAS, FOUND, ROOTS, A, B, quantity, root_tape

from sunfront.data import shipped
from sunfront.equation import SIGNED, equation
from sunfront.library.model import Model
from sunfront.root import root
from sunfront.tape.javascript import runtime, to_javascript
from sunfront.tape.recording import record

pytestmark = pytest.mark.browser

_MAIN = """
function main(bytes) {
  const x = new Float64Array(bytes.buffer), rows = [];
  for (let i = 0; i < x.length; i += WIDTH) rows.push(...model(x.subarray(i, i + WIDTH)));
  return new Uint8Array(Float64Array.from(rows).buffer);
}
"""


def run(tape, inputs, host):
    """Outputs by name for an array (designs, inputs)."""
    script = runtime() + to_javascript(tape, "model") + _MAIN.replace("WIDTH", str(len(tape.inputs)))
    found = np.frombuffer(host(script, np.ascontiguousarray(inputs, "<f8").tobytes()), "<f8")
    return dict(zip(tape.outputs, found.reshape(len(inputs), -1).T, strict=True))


@pytest.fixture
def host(tmp_path):
    return node(tmp_path)


def hold(known, host):
    worst = known.errors(run(known.tape, known.inputs(), host))
    assert max(worst.values()) <= 1e-12, sorted(worst.items(), key=lambda item: -item[1])[:5]


def test_every_quantity_of_a_study(host):
    hold(Case("space_vs_ground_grid", 100, 10), host)


@pytest.mark.long
@pytest.mark.parametrize("name", shipped.names("studies"))
def test_every_quantity_of_every_study(name, host):
    known = case(name)
    for each in (host, chromium()):
        hold(known, each)


def test_every_helper(host):
    names = {f"f{i}": formula for i, formula in enumerate(FORMULAS.values())}
    tape = record(Model([quantity(f, name) for name, f in names.items()]), {}, ["a", "b"], names)
    found = run(tape, np.stack([A, B], axis=1), host)
    for name, formula in names.items():
        with np.errstate(all="ignore"):
            plain = formula(A, B)
        np.testing.assert_allclose(found[name], plain, rtol=1e-13, err_msg=str(formula))


def test_roots(host):
    _, tape = root_tape()
    found = run(tape, np.stack([ROOTS["a"], ROOTS["b"]], axis=1), host)
    np.testing.assert_allclose(found["balanced_rate"], FOUND, rtol=1e-14)


def test_extremes(host):
    tape = record(MODEL, {"date": 0.0}, ["a", "pace"], ["summit", "least_slope"])
    found = run(tape, np.stack([GIVEN["a"], np.full(4, 2.0)], axis=1), host)
    plain = MODEL.evaluate(GIVEN)
    for name in ("summit", "least_slope"):
        np.testing.assert_allclose(found[name], plain[name], rtol=1e-14)


@root("1", of="wave", over="rate", between=("0", "10"), falls=False)
def crossing():
    """Where the wave rises through zero."""


@equation("1", within=SIGNED)
def wave(rate, a):
    return (rate - 2) ** 2 * (rate - 6) - a


#: Through zero once at 6; at 7; never, as it is positive everywhere; never; three times; and twice between two values
#: tried, where it only touches zero.
WAVES = np.array([0.0, 25.0, -500.0, 5e3, -5.0, -1e-9])


def test_roots_follow_the_rules_of_numpy(host):
    model = Model([crossing, wave])
    plain = model.evaluate({"rate": 0.0, "a": WAVES})["crossing"]
    found = run(record(model, {"rate": 0.0}, ["a"], ["crossing"]), WAVES[:, None], host)["crossing"]
    assert np.isinf(plain).any()
    assert np.isnan(plain).any()
    np.testing.assert_allclose(found, plain, rtol=1e-7)


def test_numbers_are_written_exactly(host):
    numbers = [0.1 + 0.2, 1e300, 5e-324, -0.0, 123456789.0, 1e22, -3.0, float("inf"), float("nan")]
    names = {f"f{i}": lambda a, b, n=number: a + n for i, number in enumerate(numbers)}
    tape = record(Model([quantity(f, name) for name, f in names.items()]), {"b": 0.0}, ["a"], names)
    found = run(tape, np.array([[0.0]]), host)
    np.testing.assert_array_equal([found[name][0] for name in names], numbers)


def test_it_needs_no_eval(tmp_path):
    text = runtime() + to_javascript(Case("quickstart", 10, 1).tape, "model")
    (tmp_path / "model.js").write_text("'use strict';\n" + text + "process.exit(model.length - 1);")
    options = ["--disallow-code-generation-from-strings"]
    subprocess.run([shutil.which("node"), *options, tmp_path / "model.js"], check=True, timeout=60)
