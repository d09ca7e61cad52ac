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
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sunfront.analysis.check_certificate import FILE, FORMAT, MARGIN, Wrong, check_run
from sunfront.analysis.exact_boxes import compare_boxes, prove_boxes
from sunfront.analysis.second_proof import Claim, check_origin, claims_of, discretize_options
from sunfront.analysis.stored_forms import are_close, stored_forms, stored_positive, stored_score
from sunfront.engines.exact.blocks import option_blocks
from sunfront.engines.exact.catalogue import Amount, Catalogue, build_catalogue
from sunfront.engines.exact.dual_proofs import DualProver
from sunfront.engines.exact.envelopes import tightened
from sunfront.engines.exact.forms import LinearForm
from sunfront.engines.exact.roots import sizes_of_roots, with_trials
from sunfront.engines.exact.sampled import Tail, build_sampled
from sunfront.engines.exact.tails import TailSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import Unverified, UserError
from sunfront.problem.certificate import Certificate, Fact, Gap, measure_gap
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import TailMean
from sunfront.problem.verification import bounded_problem, confirm, largest_score
from sunfront.runs.files import STUDY, replacing
from sunfront.runs.record import RunRecord
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
        all_values: The gap over all values of continuous variables; None if the run claims nothing about them.
    """

    proofs: int
    claims: int
    designs: int
    gap: Gap | None
    scope: str
    written: bool
    all_values: Gap | None = None


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
    settings = _settings(run)
    check_origin(run)
    results.check_csv()
    path, record, problem = run.folder / FILE, results.record, run.study.problem
    progress(0, 1, "reading the equations")
    written = not path.exists()
    if written:
        claims = claims_of(record.certificate)
        deadline = time.monotonic() + time_limit * (len(claims) + 1)
        places = _find_places(problem, settings, claims, deadline)
        _write(run, _read(run, places), deadline, time_limit, progress)
    progress(1, 1, "checking in exact arithmetic")
    try:
        stored, proofs = check_run(run.folder)
    except Wrong as error:
        raise Unverified(f"{path}: {error}") from None
    try:
        read = _read(run, stored["places"])
    except (LookupError, TypeError, ValueError) as error:
        raise Unverified(f"{path}: the places of its lines are damaged: {error}") from None
    catalogue, *parts = stored["parts"]
    for given, again in ((stored, _head(run, read)), (catalogue, _forms(run, read))):
        for key, value in again.items():
            if not are_close(given.get(key), value):
                raise Unverified(f"{path}: {key} are not what the equations give")
    designs = check_reading(discretize_options(read.problem, settings.shells), read.catalogue, read.tails)
    count = sum(len(part["claims"]) for part in stored["parts"])
    gap = None if record.certificate is None else _gap(problem, run, catalogue["claims"])
    if (refined := all_values_of(record)) is None:
        return ExactProof(proofs, count, designs, gap, stored["scope"], written)
    decided = bounded_problem(problem, refined)
    try:
        said = list(map(with_room, claims_of(refined)))
        compare_boxes(decided, settings.shells, said, parts)
    except Unverified as error:
        raise Unverified(f"{path}: {error}") from None
    over_all = _gap(decided, run, [stored_score(*claim, len(decided.objectives)) for claim in said])
    return ExactProof(proofs, count, designs, gap, stored["scope"], written, over_all)


def _settings(run: Run) -> PyomoSettings:
    """Return the settings of a run with a proof over a catalogue; raise UserError if it has none."""
    settings, record = run.results.record.engine, run.results.record
    if not isinstance(settings, PyomoSettings) or (record.certificate is None and record.status != "infeasible"):
        raise UserError("the run has no proof to verify; run the study with `engine: {name: pyomo}`")
    if not settings.is_over_catalogue:
        raise UserError(
            f"an exact certificate is over a catalogue, but {settings.solver} proved this run; take `solver: highs`, "
            "or `sunfront verify` without --exact"
        )
    return settings


#: Totals of amounts at which means of worst cases have lines.
Places = list[list[float]]


@dataclass(frozen=True)
class _Read:
    """A run, read for its certificate.

    Attributes:
        problem: The objectives of the run, then the trials of those that are roots.
        catalogue: With every option.
        claims: With room for a proof.
        objectives: Number of those of the run.
        trials: Number of the trial at a score, by number of the objective that is a root and the score.
        tails: Means of worst cases.
        places: Of their lines.
    """

    problem: Problem
    catalogue: Catalogue
    claims: tuple[Claim, ...]
    objectives: int
    trials: Mapping[tuple[int, float], int]
    tails: Mapping[str, Tail]
    places: Places

    def prover(self, deadline: float = 0.0) -> DualProver:
        """Return what finds the proofs of the claims."""
        return DualProver(self.catalogue, deadline, self.objectives, self.trials)


def _find_places(problem: Problem, settings: PyomoSettings, claims: list[Claim], deadline: float) -> Places:
    """Find where lines of the means of worst cases are needed for claims: where their solves add some."""
    if not any(isinstance(statistic, TailMean) for _, statistic in problem.statistics.values()):
        return []
    sampled = build_sampled(problem, settings.shells)
    if not sampled.catalogue.size:
        return []
    solver = TailSolver(sampled, problem, MARGIN / 10)
    for claim in claims:
        solver.maximize(claim.objective, claim.floors, deadline)
    return sorted({tuple(place): place for place in solver.places}.values())


def _read(run: Run, places: Places) -> _Read:
    problem, settings = run.study.problem, _settings(run)
    claims, roots = claims_of(run.results.record.certificate), sizes_of_roots(problem)
    claims = list(map(with_room, claims))
    scores = [(c.objective, c.bound) for c in claims if c.bound > -math.inf]
    scores = [score for score in [*scores, *(floor for c in claims for floor in c.floors.items())] if score[0] in roots]
    tails: dict[str, Tail] = {}
    if problem.statistics:
        whole = build_sampled(problem, settings.shells, whole=True)
        tails = {tail.name: tail for tail in whole.tails}
        catalogue = whole.with_lines_at(places)
    else:
        blocks = option_blocks(problem, settings.shells)
        problem = with_trials(problem, scores)
        given = None if blocks is None else blocks.whole()
        catalogue = build_catalogue(problem, settings.shells, whole=True, given=given)
    count = len(run.study.problem.objectives)
    trials = {score: count + k for k, score in enumerate(scores)}
    return _Read(problem, catalogue, tuple(claims), count, trials, tails, places)


def with_room(claim: Claim) -> Claim:
    """A claim of a run, whose bound was found in floating point, with room for an exact proof."""
    if claim.bound == -math.inf:
        return claim
    return claim._replace(bound=claim.bound + MARGIN / 2 * abs(claim.bound))


def all_values_of(record: RunRecord) -> Certificate | None:
    """What a run claims over all values of continuous variables."""
    return None if record.refinement is None else record.refinement.certificate


def _write(run: Run, read: _Read, deadline: float, time_limit: float, progress: Progress) -> None:
    prover, forms = read.prover(deadline), _forms(run, read)
    found = stored_positive(forms, [_whole(*prover.prove_positive(form)) for form in prover.denominators])
    for i, claim in enumerate(read.claims):
        progress(i, len(read.claims), f"bound {i + 1} of {len(read.claims)}")
        vectors, proofs = _whole(*prover.prove_score(*claim))
        found.append({**stored_score(*claim, read.objectives), "vectors": vectors, "proofs": proofs})
    problem, refined = run.study.problem, all_values_of(run.results.record)
    parts = [{**forms, "claims": found}]
    if refined is not None:
        progress(1, 1, "proving bounds over all values")
        decided = bounded_problem(problem, refined)
        claims = list(map(with_room, claims_of(refined)))
        parts += prove_boxes(decided, _settings(run).shells, claims, time.monotonic() + time_limit * (len(claims) + 1))
    text = json.dumps({**_head(run, read), "parts": parts}, separators=(",", ":"), allow_nan=False)
    with replacing(run.folder / FILE) as path:
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _whole(vectors: list[Any], proofs: list[Any]) -> tuple[list[Any], list[Any]]:
    """The proofs of a claim.

    Raises:
        Unverified: An option has none.
    """
    if None in proofs:
        raise Unverified(f"no proof was found for option {proofs.index(None)}")
    return vectors, proofs


def _head(run: Run, read: _Read) -> dict[str, Any]:
    """What a certificate holds beside its parts."""
    certificate = run.results.record.certificate
    return {
        "format": FORMAT,
        "study": hashlib.sha256((run.folder / STUDY).read_bytes()).hexdigest(),
        "scope": "" if certificate is None else certificate.scope,
        "places": read.places,
    }


def _forms(run: Run, read: _Read) -> dict[str, Any]:
    """What the part of the catalogue holds beside its claims."""
    problem = run.study.problem
    trials = {i: {at: k for (own, at), k in read.trials.items() if own == i} for i in sizes_of_roots(problem)}
    forms = stored_forms(read.prover(), [o.name for o in problem.objectives], trials)
    return {**forms, "first": [{}], "boxes": [[None, None, [], []]]}


def _gap(problem: Problem, run: Run, stored: list[dict[str, Any]]) -> Gap:
    """The gap of a run by the claims that are proved exactly.

    Args:
        problem: With the objectives of the claims.
    """
    claims = [claim for claim in stored if "positive" not in claim]
    columns = {name: run.results.designs[name].to_numpy(float) for name in run.results.designs}

    def number(value: float | None) -> float:
        return -math.inf if value is None else value

    def bound(claim: dict[str, Any]) -> float:
        return min(number(claim["bound"]), largest_score(problem, problem.objectives[claim["objective"]]))

    facts = tuple(
        Fact(tuple(map(number, claim["floors"][1:])), bound(claim))
        for claim in claims
        if not claim["objective"] and claim["floors"][0] is None
    )
    tops = {
        claim["objective"]: bound(claim)
        for claim in claims
        if claim["objective"] and all(floor is None for floor in claim["floors"])
    }
    certificate = Certificate(facts, tuple(tops[i] for i in range(1, len(problem.objectives))), "")
    noise = confirm(problem, columns, certificate)
    return measure_gap(problem.scores(columns), certificate, noise, problem.preference)


def check_reading(problem: Problem, catalogue: Catalogue, tails: Mapping[str, Tail] = MappingProxyType({})) -> int:
    """Compare the forms of a catalogue with the numpy model at random designs.

    Args:
        problem: Without continuous options: its designs are designs of the catalogue.
        tails: Means of worst cases; some of their lines give less than they are.

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
        for name, tail in tails.items():
            _compare_tail(name, float(found[name][row]), tail, option, totals)
        for o, objective in zip(problem.objectives, catalogue.objectives, strict=True):
            if o.name in tails:
                continue
            _compare(o.name, o.sign * float(found[o.name][row]), objective.scale, objective.numerator,
                     objective.denominator, option, totals)  # fmt: skip
        for c, form in catalogue.rows.items():
            if c.name in tails or (form.is_fixed[option] and form.constant[option] == 0):
                continue  # a constant row holds within rounding
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
        raise _differs(name, found / below, value)


def _compare_tail(name: str, value: float, tail: Tail, option: int, totals: list[float]) -> None:
    """Raise Unverified unless a mean of worst cases is a value."""
    size = float(np.abs(tail.terms[:, :, option] * np.append(totals, 1.0)).max())
    below = 1.0 if tail.denominator is None else tail.denominator.value(option, totals)
    found = tail.value(totals, option)
    if abs(found - value) * below > ROUNDING * size:
        raise Unverified(
            f"{name}: the coefficients give {found:.9g} where the numpy model gives {value:.9g} (SI)", name
        )


def _differs(name: str, found: float, value: float) -> Unverified:
    return Unverified(f"{name}: the coefficients give {found:.9g} where the numpy model gives {value:.9g} (SI)", name)
