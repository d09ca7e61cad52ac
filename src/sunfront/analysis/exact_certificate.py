"""A certificate that needs no solver: write it into a run folder, and check it in exact arithmetic.

``check_certificate`` checks the claims over the coefficients that are stored. Here the coefficients are compared with
those that the equations give, and that reading of the equations with the numpy model, at random designs.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sunfront.analysis.check_certificate import FILE, MARGIN, SMALL, Wrong, check_run
from sunfront.analysis.second_proof import check_origin, claims_of, discretize_options
from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Amount, Catalogue, build_catalogue
from sunfront.engines.exact.dual_proofs import DualProver
from sunfront.engines.exact.envelopes import tightened
from sunfront.engines.exact.forms import LinearForm
from sunfront.engines.exact.roots import at_first_trial, at_score, has_root_objective
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import Unverified, UserError
from sunfront.problem.certificate import Certificate, Fact, Gap, measure_gap
from sunfront.problem.problem import Problem
from sunfront.problem.verification import confirm
from sunfront.runs.files import STUDY, replacing
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run

#: Called with (done, total, text).
Progress = Callable[[float, float, str], None]

#: Random designs at which the reading of the equations is compared with the numpy model.
DESIGNS = 256

#: What the reading may be off by, relative to the terms of a row: rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class ExactProof:
    """What was checked in exact arithmetic.

    Attributes:
        proofs: Number of proofs, one for each claim and option.
        claims: Number of claims.
        designs: Random designs at which the coefficients agree with the numpy model.
        gap: Of the run, by the bounds proved exactly; None if no design is feasible.
        scope: The designs covered; empty if none is feasible.
        written: Whether the certificate was written now.
    """

    proofs: int
    claims: int
    designs: int
    gap: Gap | None
    scope: str
    written: bool


def prove_exactly(results: Results, time_limit: float, progress: Progress) -> ExactProof:
    """Check the certificate of a run; write it first if the run has none.

    Args:
        results: A finished run of ``pyomo`` with HiGHS, loaded from its folder.
        time_limit: Seconds per claim for finding the proofs.

    Raises:
        UserError: The run has no proof over a catalogue, or study, equations, parameters or a stored value changed.
        Unverified: The certificate does not prove what the run claims, or differs from the equations.
        TimeoutError: The proofs were not found in time.
    """
    run = open_run(results)
    problem, settings, root = _proved_problem(run)
    check_origin(run)
    results.check_csv()
    path, record = run.folder / FILE, results.record
    progress(0, 1, "reading the equations")
    catalogue = build_catalogue(problem, settings.shells, whole=True)
    written = not path.exists()
    if written:
        _write(run, catalogue, root, time_limit, progress)
    progress(1, 1, "checking in exact arithmetic")
    try:
        stored, proofs = check_run(run.folder)
    except Wrong as error:
        raise Unverified(f"{path}: {error}") from None
    for key, value in _coefficients(run, catalogue, root).items():
        if not _are_close(stored.get(key), value):
            raise Unverified(f"{path}: {key} are not what the equations give")
    designs = check_reading(discretize_options(problem, settings.shells), catalogue)
    claims = [claim for claim in stored["claims"] if "denominator" not in claim]
    gap = None if record.certificate is None else _gap(run, claims, root, record.certificate.scope)
    return ExactProof(proofs, len(stored["claims"]), designs, gap, stored["scope"], written)


def _proved_problem(run: Run) -> tuple[Problem, PyomoSettings, float | None]:
    """The problem whose forms are proved; of one objective that is a root, the trial of a score, and that score.

    Raises:
        UserError: The run has no proof over a catalogue, or it is not known how to certify it.
    """
    record, problem = run.results.record, run.study.problem
    settings = record.engine
    if not isinstance(settings, PyomoSettings) or (record.certificate is None and record.status != "infeasible"):
        raise UserError("the run has no proof to verify; run the study with `engine: {name: pyomo}`")
    if not settings.is_over_catalogue:
        raise UserError(
            f"an exact certificate is over a catalogue, but {settings.solver} proved this run; take `solver: highs`, "
            "or `sunfront verify` without --exact"
        )
    if record.certificate is not None and len(problem.objectives) == 1 and has_root_objective(problem):
        score = _with_room(record.certificate.facts[0].bound, 0.0)
        return at_score(problem, score), settings, score
    roots = [o.name for o in problem.objectives if has_root_objective(replace(problem, objectives=(o,)))]
    if unknown := [f"{name}, a root, beside others" for name in roots] + [
        f"{name}, a statistic" for name in problem.statistics
    ]:
        names = " and ".join(unknown)
        raise UserError(f"an exact certificate is not known yet of {names}; take `sunfront verify` without --exact")
    return at_first_trial(problem), settings, None


def _with_room(bound: float, scale: float) -> float:
    """A bound found in floating point, raised so that there is room for an exact proof."""
    return bound + (MARGIN * abs(bound) + SMALL * scale) / 2


def _write(run: Run, catalogue: Catalogue, root: float | None, time_limit: float, progress: Progress) -> None:
    claims = claims_of(run.results.record.certificate)
    data = _coefficients(run, catalogue, root)
    prover = DualProver(catalogue, time.monotonic() + time_limit * (len(claims) + 1))
    found: list[dict[str, Any]] = []
    for i, (_, form) in enumerate(_denominators(catalogue)):
        vectors, proofs = prover.prove_positive(form)
        found.append({"denominator": i, "vectors": vectors, "proofs": proofs})
    for i, claim in enumerate(claims):
        progress(i, len(claims), f"bound {i + 1} of {len(claims)}")
        scale = abs(catalogue.objectives[claim.objective].scale)
        bound = _with_room(claim.bound, scale) if claim.bound > -math.inf else -math.inf
        if root is not None:
            bound = 0.0
        vectors, proofs = prover.prove_score(claim.objective, claim.floors, bound)
        floors = [claim.floors.get(j) for j in range(len(catalogue.objectives))]
        stated = None if bound == -math.inf else bound
        found.append(
            {"objective": claim.objective, "floors": floors, "bound": stated, "vectors": vectors, "proofs": proofs}
        )
    text = json.dumps({**data, "claims": found}, separators=(",", ":"), allow_nan=False)
    with replacing(run.folder / FILE) as path:
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _denominators(catalogue: Catalogue) -> list[tuple[str, LinearForm]]:
    """The forms that must be positive, with the criterion that each belongs to."""
    found = [(o.name, o.denominator) for o in catalogue.objectives if o.denominator is not None]
    return found + [(str(c), form) for c, form in catalogue.denominators.items()]


def _coefficients(run: Run, catalogue: Catalogue, root: float | None) -> dict[str, Any]:
    """What a certificate holds beside its claims.

    Args:
        root: The score of the one objective, a root, above which the trial is positive; None if it is none.
    """
    prover = DualProver(catalogue, 0.0)
    of_row = {name: i for i, (name, _) in enumerate(_denominators(catalogue))}
    names = [str(c) for c in catalogue.rows]
    rows = [
        {
            "name": names[i] if i < len(names) else "",
            "denominator": None if plain else of_row[names[i]],
            **_stored(form),
        }
        for i, (form, plain) in enumerate(zip(prover.forms, prover.plain, strict=True))
    ]
    count = catalogue.count
    certificate = run.results.record.certificate
    return {
        "study": hashlib.sha256((run.folder / STUDY).read_bytes()).hexdigest(),
        "scope": "" if certificate is None else certificate.scope,
        "options": catalogue.size,
        "count": _variable(count) if isinstance(count, Amount) else count.tolist(),
        "amounts": [_variable(amount) for amount in catalogue.amounts],
        "envelopes": prover.envelopes,
        "rows": rows,
        "objectives": [
            {
                "name": o.name,
                "scale": o.scale,
                "numerator": _stored(o.numerator),
                "denominator": None if o.denominator is None else of_row[o.name],
                "root": root,
            }
            for o in catalogue.objectives
        ],
        "denominators": [_stored(form) for _, form in _denominators(catalogue)],
    }


def _variable(amount: Amount) -> dict[str, Any]:
    v = amount.variable
    return {
        "name": v.name,
        "low": float(v.low),
        "high": float(v.high),
        "step": None if v.step is None else float(v.step),
    }


def _stored(form: LinearForm) -> dict[str, Any]:
    """A form as stored: a coefficient that all options share once."""

    def compact(values: Array) -> Any:
        return float(values[0]) if (values == values[0]).all() else values.tolist()

    return {"terms": [compact(c) for c in form.coefficients], "constant": compact(form.constant)}


def _are_close(one: Any, other: Any) -> bool:
    """Whether two parts of certificates differ by rounding only, as between machines."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_are_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_are_close, one, other))
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-12)
    return bool(one == other)


def _gap(run: Run, claims: list[dict[str, Any]], root: float | None, scope: str) -> Gap:
    """The gap of a run by the claims that are proved exactly."""
    problem = run.study.problem
    columns = {name: run.results.designs[name].to_numpy(float) for name in run.results.designs}

    def number(value: float | None) -> float:
        return -math.inf if value is None else value

    facts = tuple(
        Fact(tuple(map(number, claim["floors"][1:])), number(claim["bound"]) if root is None else root)
        for claim in claims
        if not claim["objective"]
    )
    tops = {claim["objective"]: number(claim["bound"]) for claim in claims if claim["objective"]}
    certificate = Certificate(facts, tuple(tops[i] for i in range(1, len(problem.objectives))), scope)
    noise = confirm(problem, columns, certificate)
    return measure_gap(problem.scores(columns), certificate, noise, problem.preference)


def check_reading(problem: Problem, catalogue: Catalogue) -> int:
    """Compare the forms of a catalogue with the numpy model at random designs.

    Args:
        problem: Without continuous options: its designs are designs of the catalogue.

    Returns:
        Number of designs compared.

    Raises:
        Unverified: They differ by more than rounding; names the quantity.
    """
    designs = problem.random_designs(DESIGNS)
    found = problem.evaluate(designs)
    compared = 0
    for row in range(DESIGNS):
        design = {name: float(values[row]) for name, values in designs.items()}
        placed = _place(catalogue, problem, design)
        if placed is None:
            continue
        option, totals = placed
        compared += 1
        for o, objective in zip(problem.objectives, catalogue.objectives, strict=True):
            _compare(o.name, o.sign * float(found[o.name][row]), objective.scale, objective.numerator,
                     objective.denominator, option, totals)  # fmt: skip
        for c, form in catalogue.rows.items():
            if form.is_fixed[option] and form.constant[option] == 0:
                continue  # a constant row, which holds within rounding
            distance = c.sign * (float(found[c.name][row]) - c.limit)
            _compare(str(c), distance, 1.0, form, catalogue.denominators.get(c), option, totals)
    return compared


def _place(catalogue: Catalogue, problem: Problem, design: Mapping[str, float]) -> tuple[int, list[float]] | None:
    """The option of a design, and its totals in the order of a form's coefficients; None if it has none."""
    same = np.ones(catalogue.size, dtype=bool)
    for name, values in catalogue.options.items():
        same &= np.isclose(values, design[name], rtol=1e-9, atol=0)
    if not same.any():
        return None
    option = int(same.argmax())
    if isinstance(catalogue.count, Amount):
        nodes = design[catalogue.count.variable.name]
        totals = [nodes]
    else:
        nodes, totals = float(catalogue.count[option]), []
    totals += [design[a.variable.name] * nodes for a in catalogue.amounts]
    totals += [0.0] * len(catalogue.envelopes)
    if catalogue.sides or catalogue.spared:
        option = catalogue.option_of(option, tightened(catalogue.envelopes, option, totals))
    return option, tightened(catalogue.envelopes, option, totals)


def _compare(
    name: str,
    value: float,
    scale: float,
    numerator: LinearForm,
    denominator: LinearForm | None,
    option: int,
    totals: list[float],
) -> None:
    """Raise Unverified unless ``scale x numerator / denominator`` is a value."""
    if not math.isfinite(value):
        return
    below = 1.0 if denominator is None else denominator.value(option, totals)
    found = scale * numerator.value(option, totals)
    sizes = [abs(float(numerator.constant[option]))]
    sizes += [abs(float(c[option]) * x) for c, x in zip(numerator.coefficients, totals, strict=True)]
    size = scale * max(sizes) + abs(value * below)
    if abs(found - value * below) > ROUNDING * size:
        raise Unverified(
            f"{name}: the coefficients give {found / below:.9g} where the numpy model gives {value:.9g} (SI)", name
        )
