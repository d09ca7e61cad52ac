"""Certificates that are checked in exact arithmetic, without a solver and without sunfront."""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from common import BOTH, ROOT, UNCERTAIN, rewrite_record, write_small

from sunfront import engines
from sunfront.analysis.check_certificate import FILE, MARGIN, Wrong, check, check_run
from sunfront.analysis.exact_certificate import prove_exactly
from sunfront.analysis.second_proof import prove_again
from sunfront.engines.context import Context
from sunfront.errors import SunfrontError, Unverified, UserError
from sunfront.runs import runner
from sunfront.runs.files import STUDY, TABLE
from sunfront.runs.results import Results
from sunfront.runs.run import open_run
from sunfront.study.study import Study

CHECKER = ROOT / "tools" / "check_certificate.py"

WIDE = "{low: 500 km, high: 800 km}"


def prove(results, time_limit=60):
    return prove_exactly(results, time_limit, lambda *_: None)


def run(folder, *args, **changes):
    return runner.run(Study.load(write_small(folder, *args, **changes)), output=folder / "out")


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    found = run(tmp_path_factory.mktemp("front"), BOTH, engine="pyomo, gap: 2 %, shells: 3", altitude=WIDE)
    prove(found)
    return found


def read(folder):
    return json.loads(gzip.decompress((folder / FILE).read_bytes()))


def scores_of(data):
    """The claims over the catalogue about scores."""
    return [claim for claim in data["parts"][0]["claims"] if "positive" not in claim]


def write(folder, data):
    (folder / FILE).write_bytes(gzip.compress(json.dumps(data).encode()))


@pytest.mark.parametrize(
    ("objectives", "changes"),
    [
        ("maximize roi", {}),  # a quotient
        ("maximize fleet_it_power", {}),
        pytest.param("minimize compute_cost", {"altitude": WIDE, "engine": "pyomo, shells: 3"}, marks=pytest.mark.long),
        pytest.param("maximize roi", {"constraints": "irr <= 50 %/year"}, marks=pytest.mark.long),  # a limit on a root
        ("maximize roi", {"more": "presets: [rideshare]\n"}),  # the larger of two amounts
    ],
)
def test_a_single_optimum_is_proved_exactly(tmp_path, objectives, changes):
    found = run(tmp_path, objectives, **changes)
    assert found.status == "proved"
    proof = prove(found)
    assert proof.written
    assert proof.gap.relative == pytest.approx(found.record.gap.relative, abs=2 * MARGIN)
    assert not prove(found).written


def test_a_front_is_proved_exactly(front):
    proof = prove(front)
    assert proof.gap.relative == pytest.approx(front.record.gap.relative, abs=1e-3)
    assert proof.designs > 100
    data = read(front.folder)
    catalogue, part = data["parts"]
    assert proof.claims == len(catalogue["claims"]) + len(part["claims"])
    used = sum(each is not None for claim in part["claims"] for each in claim["proofs"])
    assert proof.proofs == len(catalogue["claims"]) * catalogue["options"] + used
    assert len(scores_of(data)) > 2


def test_the_file_is_the_same_each_time(front, tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(front.folder, folder)
    before = (folder / FILE).read_bytes()
    (folder / FILE).unlink()
    prove(Results.load(folder))
    assert (folder / FILE).read_bytes() == before


def test_infeasibility_is_proved_exactly(tmp_path):
    found = run(tmp_path, "maximize roi", "node_mass <= 3000 kg, fleet_it_power >= 900 MW")
    assert found.status == "infeasible"
    assert prove(found).gap is None
    assert [claim["bound"] for claim in scores_of(read(found.folder))] == [None]


#: Limits of random studies: the better side and the unit of a quantity.
LIMITED = {
    "node_mass": ("<=", "kg"),
    "capex": ("<=", "USD"),
    "node_it_power": (">=", "W"),
    "fleet_it_power": (">=", "W"),
    "specific_power": (">=", "W/kg"),
    "roi": (">=", "1"),
    "irr": (">=", "1/s"),
}


@pytest.mark.long
def test_thirty_random_infeasibilities_are_proved_exactly_and_what_suffices_does(tmp_path):
    """Limits among the best values of random designs; those of an infeasible study are moved to what it says."""
    base = Study.load(write_small(tmp_path)).problem
    designs = base.random_designs(256)
    seen = {
        name: values[np.isfinite(values)] for name, values in base.evaluate(designs, LIMITED, may_lack=LIMITED).items()
    }
    checked = feasible = 0
    for seed in range(1000):
        random = np.random.default_rng(seed)
        limits = []
        for name in random.choice(list(LIMITED), int(random.integers(1, 4)), replace=False).tolist():
            sense, unit = LIMITED[name]
            share = random.uniform(0.0, 1.0)
            limit = np.nanquantile(seen[name], share if sense == ">=" else 1 - share)
            limits.append(f"{name} {sense} {float(limit)!r} {unit}")
        folder = tmp_path / str(seed)
        folder.mkdir()
        altitude = "{choices: [600, 690], unit: km}"
        found = run(folder, "maximize roi", ", ".join(limits), "pyomo, gap: 90 %", altitude=altitude)
        if found.status != "infeasible":
            feasible += 1
            continue
        assert prove(found).gap is None
        problem = open_run(found).study.problem
        told = found.record.infeasibility
        assert told is not None
        missed = {v.constraint: v.value for v in told.violations}
        moved = [
            replace(c, limit=missed[c] - c.sign * 1e-6 * abs(missed[c])) if c in missed else c
            for c in problem.constraints
        ]
        answer = engines.run(replace(problem, constraints=tuple(moved)), found.record.engine, Context())
        assert answer.status == "proved", limits
        checked += 1
        if checked == 30:
            break
    assert checked == 30
    assert feasible


def test_a_bound_below_a_design_has_no_proof(front, tmp_path):
    """Nor is one found for a lower bound than the optimum, whatever the record says."""
    shutil.copytree(front.folder, tmp_path / "run")
    (tmp_path / "run" / FILE).unlink()

    def lower(record):
        record["certificate"]["facts"][0][1] -= 1e-3 * abs(record["certificate"]["facts"][0][1])

    rewrite_record(tmp_path / "run", lower)
    with pytest.raises(SunfrontError):
        prove(Results.load(tmp_path / "run"))


def test_the_stand_alone_file_needs_no_sunfront(front):
    def call(folder):
        return subprocess.run(
            [sys.executable, "-I", "-S", CHECKER, folder], capture_output=True, text=True, check=False, timeout=60
        )

    done = call(front.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("proved: ")
    assert call(ROOT).returncode == 1
    assert "sunfront" not in [line.split()[1] for line in CHECKER.read_text("utf-8").splitlines() if "import " in line]


def test_verify_says_what_was_proved(front, command):
    done = command("verify", "--exact", front.folder)
    assert done.returncode == 0, done.stderr
    for words in ("proved in exact arithmetic", "all values of node_array_area", "random designs", "missing at most"):
        assert words in done.stdout


@pytest.mark.long
def test_runs_without_such_a_certificate_are_refused(tmp_path):
    with pytest.raises(UserError, match="no proof"):
        prove(run(tmp_path, engine="sweep, evaluations: 1024"))
    with pytest.raises(UserError, match="scip proved this run"):
        prove(run(tmp_path, engine="pyomo, solver: scip, gap: 20 %"))
    over_samples = run(tmp_path, "maximize p10 npv", engine="pyomo, gap: 20 %", more=UNCERTAIN)
    with pytest.raises(UserError, match="whose bounds nothing else checks"):
        prove(over_samples)
    with pytest.raises(UserError, match="whose bounds nothing else checks"):
        prove_again(over_samples, "scip", 0.01, 10.0, lambda *_: None)


#: Proofs of ``x <= bound`` or ``n <= bound``, where 1 <= n <= 3 is whole, x <= 2 n, x <= 4 and n <= 2.5.
X, N, WHOLE = [0, 1, 0], [1, 0, 0], [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("score", "bound", "vectors", "proof", "is_proved"),
    [
        (X, 4.01, [[1, 0, 1.0]], 0, True),
        (X, 3.99, [[1, 0, 1.0]], 0, False),
        (X, 5.01, [[1, 1, 2.0]], 0, True),  # 2 n is at most 5
        (X, 4.01, [[1]], 0, False),
        (X, 4.01, [[1, 0, 1.5, 1, -0.1]], 0, False),
        (X, 4.01, [[1, 0, 1.0], [1, 1, 2.0]], 1, False),
        (N, 2.51, [[1, 1, 1.0]], 0, True),
        (N, 2.01, [[1, 1, 1.0]], 0, False),
        (N, 2.01, [[1], [0, 1, 1.0]], WHOLE, True),
        (N, 2.01, [[1], [0, 1, 1.0]], [0, 0, 0, 1], False),  # n = 2 is in the right part
        (N, 1.99, [[1], [0, 1, 1.0]], WHOLE, False),
        (X, 2.01, [[1], [0, 1, 1.0]], [1, 1, 0, 1], False),  # x / n does not move in steps
        ([0, 1, -6 + 1e-12], 0, [[1]], 0, True),  # rounding
        ([0, 1, -6 + 1e-8], 0, [[1]], 0, False),
        ([0, 1e-13, 0], 0, [[1]], 0, False),
        ([0, 0, 0], 0, [[1]], 0, True),
        ([0, 0, 0], -1e-30, [[1]], 0, False),
        (N, None, [[0, 1, 1.0]], 0, False),
    ],
)
def test_a_proof_by_hand(score, bound, vectors, proof, is_proved):
    claim = {"objective": 0, "floors": [None], "bound": bound, "vectors": vectors, "proofs": [proof]}
    part = {
        "options": 1,
        "variables": [{"low": 1, "high": 3, "step": 1}, {"low": 0, "high": 2, "step": None}],
        "envelopes": [],
        "forms": [{"terms": terms} for terms in ([0, -1, 4], [-1, 0, 2.5], score)],
        "plain": 2,
        "rows": 2,
        "denominators": [],
        "objectives": [{"numerator": 2, "denominators": []}],
        "first": [{}],
        "boxes": [[[0], None, [], []]],
        "claims": [claim],
    }
    if is_proved:
        assert check(part) == 1
        return
    with pytest.raises(Wrong):
        check(part)


def test_a_bound_of_zero_is_proved_exactly(tmp_path):
    goal = "fleet_it_power >= 30 MW"
    found = run(tmp_path, goal, "", altitude="{choices: [600], unit: km}", more="combine: goals\n")
    assert found.record.certificate.facts[0].bound == 0
    assert prove(found).gap.relative == 0


def test_a_certificate_of_another_format_is_refused(front, tmp_path):
    shutil.copytree(front.folder, tmp_path / "run")
    write(tmp_path / "run", {"study": read(front.folder)["study"], "claims": []})  # as of format 1
    with pytest.raises(Unverified, match="not of format 3: remove the file"):
        prove(Results.load(tmp_path / "run"))


@pytest.mark.parametrize(
    "objective",
    [
        pytest.param("maximize irr", marks=pytest.mark.long),
        pytest.param("minimize payback_time", marks=pytest.mark.long),
    ],
)
def test_a_root_is_proved_exactly_by_what_it_looks_for(tmp_path, objective):
    """No design has a positive net present value at the claimed rate; with a lower rate there is no proof."""
    found = run(tmp_path, objective, altitude="{choices: [600, 690], unit: km}")
    assert found.status == "proved"
    proof = prove(found)
    assert proof.gap.relative == pytest.approx(found.record.gap.relative, abs=2 * MARGIN)
    (part,) = read(found.folder)["parts"]
    ((_, bound),) = found.record.certificate.facts
    ((at, _),) = part["objectives"][0]["trials"]
    assert at == pytest.approx(bound, rel=MARGIN)
    check_run(found.folder)

    def better(record):
        record["certificate"]["facts"][0][1] -= 1e-3 * abs(bound)

    rewrite_record(found.folder, better)
    with pytest.raises(Wrong, match="a bound that is not proved"):
        check_run(found.folder)


@pytest.mark.long
@pytest.mark.parametrize(
    "objectives",
    [
        "maximize irr, maximize fleet_it_power",
        "minimize compute_cost, maximize irr",
        "minimize payback_time, maximize irr",
    ],
)
def test_a_front_with_roots_is_proved_by_trials_at_each_bound_and_floor(tmp_path, objectives):
    found = run(tmp_path, objectives, engine="pyomo, gap: 5 %", altitude="{choices: [600, 690], unit: km}")
    assert found.status == "proved"
    proof = prove(found)
    assert proof.gap.relative == pytest.approx(found.record.gap.relative, abs=1e-4)
    data = read(found.folder)
    (part,) = data["parts"]
    roots = [i for i, o in enumerate(part["objectives"]) if "trials" in o]
    ends = {(c["objective"], c["bound"]) for c in scores_of(data)}
    ends |= {(i, c["floors"][i]) for c in scores_of(data) for i in roots}
    stored = {(i, at) for i in roots for at, _ in part["objectives"][i]["trials"]}
    assert {(i, at) for i, at in ends if i in roots and at is not None} == stored

    part["forms"][part["objectives"][roots[0]]["trials"][0][1]]["terms"][-1] = -1e30  # as if no design had a root
    write(found.folder, data)
    with pytest.raises(Unverified, match="forms are not what the equations give"):
        prove(found)


@pytest.mark.parametrize(
    ("objectives", "limit"),
    [
        ("maximize mean npv", "cvar10 npv >= -100 GUSD"),
        pytest.param("maximize mean npv, maximize cvar10 npv", "mean roi >= -100 %", marks=pytest.mark.long),
        pytest.param("maximize cvar20 roi", "mean npv >= -100 GUSD", marks=pytest.mark.long),
        pytest.param("maximize mean npv", "cvar10 npv >= 90 GUSD", marks=pytest.mark.long),
    ],
)
def test_samples_are_proved_exactly(tmp_path, objectives, limit):
    found = run(tmp_path, objectives, limit, altitude="{choices: [600, 690], unit: km}", more=UNCERTAIN)
    assert found.status == ("infeasible" if "90" in limit else "proved")
    proof = prove(found)
    assert proof.designs == 256
    if proof.gap is not None:
        assert proof.gap.relative == pytest.approx(found.record.gap.relative, abs=1e-4)
    check_run(found.folder)

    data = read(found.folder)
    (part,) = data["parts"]
    line = part["forms"][part["plain"] - 1]  # of the mean of worst cases
    line["terms"][0] = (np.array(line["terms"][0]) * 1.01).tolist()
    write(found.folder, data)
    with pytest.raises(Unverified, match=r"are not what the equations give|a sum that must be"):
        prove(found)


def vectors(part):
    """Each vector with weights, as (claim, number)."""
    return [
        (c, v) for c, claim in enumerate(part["claims"]) for v, each in enumerate(claim["vectors"]) if len(each) > 1
    ]


@pytest.mark.parametrize("change", [lambda weight: 0.0, lambda weight: -weight])
def test_mutated_duals_fail(front, change):
    """All weights of one vector; a vector whose rows are not needed remains a proof without them."""
    part = read(front.folder)["parts"][0]
    found, failed, claims = vectors(part), 0, part["claims"]
    for c, v in found:
        claim = copy.deepcopy(claims[c])
        vector = claim["vectors"][v]
        vector[2::2] = [change(weight) for weight in vector[2::2]]
        others = [other for i, other in enumerate(claims) if i != c and "positive" in other]
        try:
            check(part | {"claims": [claim, *others]})
        except Wrong:
            failed += 1
    assert failed >= 0.9 * len(found)


def tamper_with_boxes(rng, how, data):
    """Change the proof over all values."""
    part = data["parts"][1]
    split = [box for box in part["boxes"] if box[3]]
    if how == "cut":
        cuts = rng.choice(split)[2]
        cuts[rng.randrange(len(cuts))] *= 1 + 1e-9
    elif how == "order":
        cuts = rng.choice(split)[2]
        cuts[0], cuts[1] = cuts[1], cuts[0]
    elif how == "first":
        rng.choice(list(rng.choice(part["first"]).values()))[rng.randrange(2)] *= 1 + 1e-9
    elif how == "piece":
        box = rng.choice(split)
        box[3].pop(rng.randrange(8))
        box[2].pop()
    elif how == "pieces":  # of which each is needed, and another one counts for it
        pieces = rng.choice(split)[3]
        pieces[rng.randrange(8)] = rng.choice([piece for box in split for piece in box[3]])
    elif how == "root":  # the last box between values of the catalogue is left out, and whatever it is split into
        part["first"].pop()
    else:
        data["parts"].pop()


def tamper(rng, folder):
    """Change one thing that matters, with hashes and seal to fit; return what."""
    data, record = read(folder), json.loads((folder / "run.json").read_text("utf-8"))
    claims, part = scores_of(data), data["parts"][0]
    how = rng.choice(["coefficient", "claim", "bound", "floor", "weight", "proof", "range", "scope", "study", "table",
                      "csv", "fact", "ceiling", "gap", "objective", "scale", "option", "options", "cut",
                      "order", "first", "piece", "pieces", "root", "part", "bound over all", "gap over all",
                      "denominator", "rows"])  # fmt: skip
    factor = rng.choice([0.5, 0.9, 1.1, 2.0])
    if how == "coefficient":
        terms = rng.choice(part["forms"])["terms"]
        at = rng.choice([i for i, term in enumerate(terms) if np.any(term)])
        terms[at] = (np.array(terms[at]) * factor).tolist()
    elif how == "claim":
        part["claims"].remove(rng.choice([c for c in part["claims"] if not any(c.get("floors", []))]))
    elif how == "bound":
        claim = rng.choice([claim for claim in claims if claim["bound"] is not None])
        claim["bound"] -= 0.01 * abs(claim["bound"])
    elif how == "floor":
        for claim in claims:
            claim["floors"] = [None if f is None else f + 0.01 * abs(f) for f in claim["floors"]]
    elif how == "weight":
        claim, number = rng.choice(vectors(part))
        part["claims"][claim]["vectors"][number][2] *= -1
    elif how == "proof":
        rng.choice(part["claims"])["proofs"].pop()
    elif how == "range":
        rng.choice(part["variables"])["high"] *= 0.9
    elif how == "scope":
        data["scope"] = "all values"
    elif how == "scale":
        terms = part["forms"][rng.choice(part["objectives"])["numerator"]]["terms"]
        terms[:] = [(np.array(term) * factor).tolist() for term in terms]
    elif how == "option":
        part["options"] -= 1
        for claim in part["claims"]:
            claim["proofs"].pop()
    elif how == "options":
        left_out = rng.randrange(part["options"])
        part["boxes"][0][0] = [option for option in range(part["options"]) if option != left_out]
    elif how == "denominator":  # is one that nobody claims to be positive
        part["denominators"][0] = rng.randrange(part["rows"])
    elif how == "rows":
        part[rng.choice(["plain", "rows"])] += 1
    elif how in ("cut", "order", "first", "piece", "pieces", "root", "part"):
        tamper_with_boxes(rng, how, data)
    elif how == "study":
        path = folder / STUDY
        path.write_text(path.read_text("utf-8").replace("4000 kg", "4100 kg"), "utf-8")
        data["study"] = hashlib.sha256(path.read_bytes()).hexdigest()
    elif how == "table":
        table = pd.read_parquet(folder / TABLE)
        column = rng.choice([c for c in table.columns if float(np.abs(table[c]).max()) > 0])
        table[column] *= factor
        Results(table, Results.load(folder).record).write_table(folder)
    elif how == "csv":
        path = folder / "front.csv"
        text = path.read_text("utf-8")
        at = rng.choice([i for i, c in enumerate(text) if c.isdigit()])
        path.write_text(f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}", "utf-8")
    write(folder, data)

    def change(stored):
        found = stored["certificate"]
        if how in ("fact", "bound over all"):
            facts = (found if how == "fact" else stored["refinement"]["certificate"])["facts"]
            fact = rng.choice([fact for fact in facts if fact[1] is not None])
            fact[1] -= 0.01 * abs(fact[1])
        elif how == "ceiling":
            found["ceilings"][0] *= 1.01
        elif how == "gap":
            stored["gap"]["relative"] *= factor
        elif how == "gap over all":
            stored["refinement"]["gap"]["relative"] *= factor
        elif how == "objective":
            stored["objectives"][0]["sense"] = "minimize"

    assert record["certificate"] is not None
    rewrite_record(folder, change)
    return how


def is_refused(folder):
    try:
        prove(Results.load(folder))
    except SunfrontError:
        return True
    return False


def check_tampering(front, tmp_path, seeds):
    believed = []
    for seed in seeds:
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(front.folder, folder)
        how = tamper(random.Random(seed), folder)
        if not is_refused(folder):
            believed.append((seed, how))
    assert not believed


def test_tampering_is_found(front, tmp_path):
    assert not is_refused(front.folder)
    check_tampering(front, tmp_path, range(6))


#: Proved by hand, as they take longest.
OTHERS = ("moon_or_orbit", "power_bound_ground", "published_satellites", "thousand_launches")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["gigasat", "mars_surface", *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)],
)
def test_shipped_studies_are_proved_exactly(name, tmp_path):
    found = runner.run(Study.load(ROOT / "studies" / f"{name}.yaml"), output=tmp_path)
    assert found.status == "proved"
    assert prove(found).gap.relative == pytest.approx(found.record.gap.relative, abs=1e-4)


@pytest.mark.long
def test_a_hundred_tamperings_are_found(front, tmp_path):
    check_tampering(front, tmp_path, range(100))


def test_a_forged_study_is_found_by_the_stand_alone_file(front, tmp_path):
    shutil.copytree(front.folder, tmp_path / "run")
    path = tmp_path / "run" / STUDY
    path.write_text(path.read_text("utf-8").replace("4000 kg", "9000 kg"), "utf-8")
    with pytest.raises(Wrong, match="another study"):
        check_run(tmp_path / "run")


def floor_row(part):
    """The number of the row that is the floor of the first objective."""
    return part["rows"]


def test_what_is_claimed_of_no_design_narrows_no_gap(front, tmp_path):
    """Of designs whose first objective is at least its bound, any bound is true, for there are none."""
    folder = tmp_path / "forged"
    shutil.copytree(front.folder, folder)
    before = prove(Results.load(folder)).gap
    data = read(folder)
    part = data["parts"][0]
    row = floor_row(part)
    (top,) = [c for c in scores_of(data) if c["objective"] == 0 and not any(f is not None for f in c["floors"])]
    vectors = [[0, row, 1.0, *v[1:]] if v[0] else v for v in top["vectors"]]
    scores = front.scores[np.argsort(-front.scores[:, 0])]
    for point, following in pairwise(scores):
        floors = [top["bound"], point[1] + 1e-5 * abs(point[1])]
        bound = following[0] + 1e-5 * abs(following[0])
        part["claims"].append(top | {"floors": floors, "bound": bound, "vectors": vectors})
    write(folder, data)
    assert prove(Results.load(folder)).gap == before


def test_no_floor_proves_that_a_denominator_is_positive(front, tmp_path):
    folder = tmp_path / "forged"
    shutil.copytree(front.folder, folder)
    data = read(folder)
    part = data["parts"][0]
    claim = next(c for c in part["claims"] if "positive" in c)
    claim |= {"floors": [1e30, None], "vectors": [[0, floor_row(part), 1.0]], "proofs": [0] * part["options"]}
    write(folder, data)
    with pytest.raises(Wrong, match="IndexError"):
        check_run(folder)


def test_a_step_that_does_not_reach_the_end_is_proved_exactly(tmp_path):
    study = write_small(tmp_path)
    study.write_text(study.read_text("utf-8").replace("high: 19, integer: true", "high: 19, step: 2"), "utf-8")
    found = runner.run(Study.load(study), output=tmp_path / "out")
    assert prove(found).gap.relative < 0.01


def test_a_floor_too_many_is_refused(front, tmp_path):
    """Of a claim on which no bound of the record depends."""
    shutil.copytree(front.folder, tmp_path / "run")
    data = read(tmp_path / "run")
    spare = scores_of(data)[0]
    data["parts"][0]["claims"].append(spare | {"floors": [*spare["floors"], None]})
    write(tmp_path / "run", data)
    with pytest.raises(Unverified, match="IndexError"):
        prove(Results.load(tmp_path / "run"))


def test_coefficients_of_other_equations_are_refused(front, tmp_path):
    """A certificate that is consistent, but of easier rows."""
    shutil.copytree(front.folder, tmp_path / "run")
    data = read(tmp_path / "run")
    data["parts"][0]["variables"][1]["high"] -= 1.0
    write(tmp_path / "run", data)
    check_run(tmp_path / "run")  # a smaller range is still proved
    with pytest.raises(Unverified, match="variables are not what the equations give"):
        prove(Results.load(tmp_path / "run"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("objectives", "more"),
    [
        ('"maximize roi, tolerance 5 % relative", maximize fleet_it_power', "combine: lexicographic\n"),
        (BOTH, "prefer: fleet_it_power >= 150 MW\n"),
    ],
)
def test_an_order_and_a_region_are_proved_exactly(tmp_path, objectives, more):
    found = run(tmp_path, objectives, engine="pyomo, gap: 2 %", more=more)
    assert found.status == "proved"
    proof = prove(found)
    assert proof.gap.relative <= found.record.gap.relative + 1e-4
    check_run(found.folder)
