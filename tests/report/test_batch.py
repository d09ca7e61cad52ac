"""All designs at once: the JavaScript that runs a tape over columns gives what numpy gives, in node and in Chromium."""

import json
from importlib.resources import files

import numpy as np
import pytest
from tape.hosts import chromium, node
from tape.reference import case
from tape.test_recording import FORMULAS, A, B, quantity

from sunfront.data import shipped
from sunfront.library.model import Model
from sunfront.tape.javascript import runtime
from sunfront.tape.listing import to_listing
from sunfront.tape.recording import record

pytestmark = pytest.mark.browser

_MAIN = """
function main(bytes) {
  const { listing, columns, count, moves } = JSON.parse(new TextDecoder().decode(bytes));
  const given = new Map(columns.map(([place, values]) => [place, Float64Array.from(values)]));
  const batch = startBatch(listing, given, count), names = Object.keys(listing.outputs), changed = [];
  const found = new Float64Array(moves.length * names.length * count);
  let end = 0;
  for (const x of moves) {
    changed.push(batch.update(x));
    for (const name of names) {
      const values = batch.values(name);
      for (let i = 0; i < count; i++) found[end++] = values[values.length > 1 ? i : 0];
    }
  }
  const told = new TextEncoder().encode(JSON.stringify(changed)), all = new Uint8Array(found.byteLength + told.length);
  all.set(new Uint8Array(found.buffer));
  all.set(told, found.byteLength);
  return all;
}
"""


def run(host, listing, columns, count, moves):
    """Values, array (moves, outputs, designs), and for each move the names that were computed again."""
    script = files("sunfront.report").joinpath("web", "batch.js").read_text("utf-8")
    data = {"listing": listing, "columns": columns, "count": count, "moves": moves}
    out = host(runtime() + script.replace("export function", "function") + _MAIN, json.dumps(data).encode())
    shape = (len(moves), len(listing["outputs"]), count)
    size = 8 * int(np.prod(shape))
    return np.frombuffer(out[:size], "<f8").reshape(shape), json.loads(out[size:])


QUICK = "quickstart"


@pytest.fixture
def host(tmp_path):
    return node(tmp_path)


def hold(name, hosts):
    """Designs by column, each set of assumptions as one move after the other."""
    known = case(name)
    names = [each for each in known.wanted if each not in known.tape.searched]
    tape = record(known.problem.model, known.problem.values, known.values, names)
    designs = [i for i, each in enumerate(tape.inputs) if each in {v.name for v in known.problem.variables}]
    inputs = np.stack([np.broadcast_to(known.values[each], known.size) for each in tape.inputs], axis=1)
    moved = np.delete(inputs, designs, axis=1)
    starts = [0, *(1 + np.flatnonzero((moved[1:] != moved[:-1]).any(axis=1)))]
    columns = [[i, inputs[:, i].tolist()] for i in designs]
    ends = [*starts[1:], known.size]
    for host in hosts:
        found, _ = run(host, to_listing(tape, tape.inputs), columns, known.size, inputs[starts].tolist())
        ours = dict(known.plain)
        for k, each in enumerate(tape.outputs):
            ours[each] = np.concatenate([found[m, k, a:b] for m, (a, b) in enumerate(zip(starts, ends, strict=True))])
        worst = known.errors(ours)
        assert max(worst.values()) <= 1e-12, sorted(worst.items(), key=lambda item: -item[1])[:5]


def test_every_quantity_of_a_study(host):
    hold(QUICK, [host])


@pytest.mark.long
@pytest.mark.parametrize("name", shipped.names("studies"))
def test_every_quantity_of_every_study(name, host):
    hold(name, [host, chromium()])


def test_every_helper(host):
    """Over columns, as one design at a time; an input that is moved beside one in which the designs differ."""
    names = {f"f{i}": formula for i, formula in enumerate(FORMULAS.values())}
    tape = record(Model([quantity(f, name) for name, f in names.items()]), {}, ["a", "b"], names)
    finite, moves = A[np.isfinite(A)], [[0.0, float(b)] for b in B]
    found, _ = run(host, to_listing(tape, ["a", "b"]), [[0, finite.tolist()]], len(finite), moves)
    for k, name in enumerate(tape.outputs):
        for b, values in zip(B, found[:, k], strict=True):
            with np.errstate(all="ignore"):
                plain = names[name](finite, b)
            np.testing.assert_allclose(values, plain, rtol=1e-13, err_msg=name)


def test_what_does_not_depend_on_a_move_is_kept(host):
    known = case(QUICK)
    names = ["compute_cost", "dry_mass", "orbital_period"]
    inputs = ["accelerator_price", "altitude"]
    design = {name: float(values[0]) for name, values in known.problem.random_designs(1).items()}
    tape = record(known.problem.model, {**known.problem.values, **design}, inputs, names)
    altitudes = np.array([5e5, 6e5, 7e5])
    columns = [[1, altitudes.tolist()]]
    moves = [[3e4, 0.0], [3e4, 0.0], [4e4, 0.0], [3e4, 0.0]]
    found, changed = run(host, to_listing(tape, inputs), columns, 3, moves)
    assert [set(each) for each in changed[1:]] == [set(), {"compute_cost"}, {"compute_cost"}]
    given = {**known.problem.values, **design, "altitude": altitudes}
    for move, values in zip(moves, found, strict=True):
        plain = known.problem.model.evaluate({**given, "accelerator_price": move[0]}, names)
        np.testing.assert_allclose(values, [np.broadcast_to(plain[name], 3) for name in tape.outputs], rtol=1e-12)
