"""Fronts proved a second time, by another solver."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
from common import BOTH, rewrite_record, write_small

from sunfront.analysis import second_proof
from sunfront.analysis.second_proof import claims_of, discretize_options, prove_again, prove_all_values
from sunfront.errors import UnknownName, Unverified, UserError
from sunfront.problem.certificate import Fact
from sunfront.problem.verification import gap_of
from sunfront.report.figures.front import bound_corners
from sunfront.runs import runner
from sunfront.runs.files import STUDY
from sunfront.runs.identity import study_hashes
from sunfront.runs.results import Results
from sunfront.runs.run import open_run
from sunfront.study.study import Study

#: Altitudes of a catalogue.
STEPS = "{low: 500 km, high: 800 km, step: 150 km}"


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    engine = "pyomo, gap: 2 %, shells: 3"
    path = write_small(folder, BOTH, engine=engine, altitude="{low: 500 km, high: 800 km}")
    return runner.run(Study.load(path), output=folder / "out")


@pytest.fixture(scope="module")
def stepped(tmp_path_factory):
    """A front over the same catalogue, and over no other values."""
    path = write_small(tmp_path_factory.mktemp("stepped"), BOTH, engine="pyomo, gap: 2 %", altitude=STEPS)
    return runner.run(Study.load(path), output=path.parent / "out")


def prove(results, solver="scip"):
    return prove_again(results, solver, 1e-3, 60, lambda *_: None)


@pytest.fixture(scope="module")
def proof(front):
    return prove(front)


def tampered(front, folder, change):
    """A copy of the run whose record is changed, with hashes and seal to fit."""
    shutil.copytree(front.folder, folder)
    rewrite_record(folder, change)
    return Results.load(folder)


def with_gap_of_facts(folder):
    """The record of a run folder with the gap that its facts give."""
    results = Results.load(folder)
    gap = gap_of(Study.load(folder / STUDY).problem, results.table.columns, results.record.certificate)
    rewrite_record(folder, lambda record: record["gap"].update(asdict(gap)))
    return Results.load(folder)


def test_second_solver_confirms_every_bound_of_a_front(front, proof):
    certificate = front.record.certificate
    assert proof.confirmed
    assert 1 < len(proof.claims) <= len(certificate.facts) + len(certificate.ceilings)
    assert {claim.objective for claim in proof.claims} == {"roi", "fleet_it_power"}
    for claim in proof.claims:
        assert claim.excess <= 1e-3
    assert proof.gap.relative == pytest.approx(front.record.gap.relative, abs=5e-3)


def test_bounds_over_all_values_are_proved_again(front, proof, tmp_path):
    """That of one objective is lowered, with all else to fit: a design between the catalogue's values is beyond it."""
    refined = front.record.refinement.certificate
    assert refined == front.record.certificate
    assert min(fact.bound for fact in refined.facts) == -np.inf
    assert np.isfinite(bound_corners(front)).all()  # the picture ends where no design is
    assert len(proof.all_values) == len(proof.claims)
    assert all(proof.all_values)
    path = write_small(tmp_path, engine="pyomo, gap: 2 %, shells: 3", altitude="{low: 500 km, high: 800 km}")
    single = runner.run(Study.load(path), output=tmp_path / "out")
    refinement = single.record.refinement

    def lower(record):
        found = record["refinement"]["certificate"]
        (whole,) = found["facts"]
        whole[1] = (refinement.catalogue + refinement.refined) / 2
        changed = replace(refinement.certificate, facts=(Fact((), whole[1]),))
        gap = gap_of(Study.load(single.folder / STUDY).problem, single.table.columns, changed)
        record["refinement"]["gap"].update(asdict(gap))
        with pytest.raises(UserError, match="beyond its bounds"):
            open_run(tampered(single, tmp_path / "half", lambda half: half.update(refinement=record["refinement"])))
        best = single.designs.loc[single.designs["roi"].idxmax(), list(single.record.variables)]
        record["refinement"] |= {"refined": refinement.catalogue, "gain": 0.0, "design": best.to_dict()}

    run = open_run(tampered(single, tmp_path / "run", lower))
    assert prove_all_values(run, run.results.record.engine, 60, lambda *_: None) == (False,)


def test_verify_prints_every_bound(front, proof, command, monkeypatch):
    monkeypatch.setattr("sunfront.analysis.second_proof.prove_again", lambda *_: proof)
    done = command("verify", front.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("confirmed") == len(proof.claims) + 1
    assert f"{len(proof.all_values)} of {len(proof.all_values)} bounds over all values confirmed" in done.stdout
    assert "not confirmed" not in done.stdout
    for text in ("ROI (%)", "(MW) at least", "missing at most"):
        assert text in done.stdout


def test_some_bounds_are_proved_again(front, monkeypatch):
    """Those of the ends; what they leave missing of the front is not told."""
    every = claims_of(front.record.certificate)
    monkeypatch.setattr(second_proof, "_prove", lambda *args: (args[3], args[3].bound))
    monkeypatch.setattr(second_proof, "prove_all_values", lambda *_: ())
    found = prove_again(front, "scip", 1e-3, 60, lambda *_: None, 2)
    assert len(every) > 2
    assert found.claims == (every[0], every[-1])
    assert (found.total, found.gap) == (len(every), None)


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_gap_over_all_values_is_told_if_intervals_confirm_every_bound(front, monkeypatch, confirmed):
    """Over the catalogue the second solver has lower bounds; those of the run count."""
    monkeypatch.setattr(second_proof, "_prove", lambda *args: (args[3], args[3].bound - 0.01 * abs(args[3].bound)))
    monkeypatch.setattr(second_proof, "prove_all_values", lambda *_: (True, confirmed))
    found = prove_again(front, "scip", 1e-3, 60, lambda *_: None)
    assert found.gap == (front.record.gap if confirmed else None)


def test_bounds_without_time_are_not_confirmed(stepped, command):
    done = command("verify", stepped.folder, "--time-limit", 1e-9, "--bounds", 2)
    assert done.returncode == 1
    assert done.stdout.count("not confirmed") == 2
    assert f"2 bounds of {len(claims_of(stepped.record.certificate))} proved again" in done.stdout
    assert "unknown by scip" in done.stdout


def forged_front(front, folder, kept, facts):
    """A copy of the run with other designs and facts, and everything else made to fit."""
    shutil.copytree(front.folder, folder)
    Results(kept, front.record).write_table(folder)
    study = folder / STUDY
    study.write_text(study.read_text("utf-8").replace("gap: 0.02", "gap: 0.9"), "utf-8")
    hashes = study_hashes(Study.load(study, name=front.record.study))

    def change(record):
        record["certificate"]["facts"] = facts
        record["designs"]["kept"] = len(kept)
        record["engine"]["gap"] = 0.9
        record["hashes"].update(hashes)
        record["refinement"] = None

    rewrite_record(folder, change)
    forged = with_gap_of_facts(folder)
    forged.write_csv(folder)
    return forged


def test_a_bound_that_is_too_low_is_detected(stepped, tmp_path):
    """The best design is deleted, and the bounds are lowered just above the next one."""
    roi = stepped.designs["roi"]
    kept = stepped.designs[roi < roi.max()]
    bound = float(kept["roi"].max() + 1e-4 * roi.abs().max())
    facts = [[[None if f == -np.inf else f for f in floors], min(b, bound)]
             for floors, b in stepped.record.certificate.facts if b > -np.inf]  # fmt: skip
    with pytest.raises(Unverified, match=r"scip finds a design with roi = .*none such"):
        prove(forged_front(stepped, tmp_path / "run", kept, facts))


def test_an_invented_fact_is_detected(stepped, tmp_path):
    """The design with most power is deleted; an invented fact calls what is beyond the next one empty."""
    power = stepped.designs["fleet_it_power"]
    kept = stepped.designs[power < power.max()]
    floor = float(kept["fleet_it_power"].max() * (1 + 1e-4))
    assert floor < power.max()
    facts = [[[None], stepped.record.certificate.facts[0].bound], [[floor], None]]
    with pytest.raises(Unverified, match=r"scip finds a design with .*none such"):
        prove(forged_front(stepped, tmp_path / "run", kept, facts))


def test_deleted_facts_leave_a_larger_gap(front, tmp_path):
    def delete(record):
        record["certificate"]["facts"] = record["certificate"]["facts"][:1]

    with pytest.raises(UserError, match="another gap"):
        prove(tampered(front, tmp_path / "run", delete))
    with pytest.raises(UserError, match="larger than the study asks"):
        prove(with_gap_of_facts(tmp_path / "run"))


@pytest.mark.parametrize("what", ["equations", "parameters"])
def test_a_run_of_other_equations_is_refused(front, tmp_path, what):
    with pytest.raises(UserError, match=what):
        prove(tampered(front, tmp_path / "run", lambda record: record["hashes"].update({what: "x"})))


def test_a_certificate_is_bound_to_its_study(front, tmp_path, command):
    """A wider limit, with every hash of a file to fit."""
    shutil.copytree(front.folder, tmp_path / "run")
    study = tmp_path / "run" / STUDY
    study.write_text(study.read_text("utf-8").replace("4000 kg", "9000 kg").replace("4000.0 kg", "9000 kg"), "utf-8")
    rewrite_record(tmp_path / "run", lambda record: None)
    for words in (("show",), ("report",), ("verify",), ("export", "--storage", f"sqlite:///{tmp_path}/trials.db")):
        done = command(words[0], tmp_path / "run", *words[1:])
        assert done.returncode == 2, words
        assert "another study" in done.stderr


def test_another_scope_is_refused(front, tmp_path):
    def widen(record):
        record["certificate"]["scope"] = "all values of altitude"

    with pytest.raises(UserError, match="claims a proof over all values of altitude"):
        prove(tampered(front, tmp_path / "run", widen))


def test_a_table_for_reading_that_was_changed_is_refused(front, tmp_path):
    forged = tampered(front, tmp_path / "run", lambda record: None)
    path = forged.folder / "front.csv"
    path.write_text(path.read_text("utf-8").replace("1", "2", 1), "utf-8")
    with pytest.raises(UserError, match=r"front\.csv was changed"):
        prove(forged)


@pytest.fixture(scope="module")
def infeasible(tmp_path_factory):
    folder = tmp_path_factory.mktemp("infeasible")
    limits = "node_mass <= 3000 kg, fleet_it_power >= 900 MW"
    path = write_small(folder, "maximize roi", limits, altitude="{choices: [500, 600], unit: km}")
    return runner.run(Study.load(path), output=folder / "out")


def test_an_infeasible_run_is_verified(infeasible):
    assert infeasible.status == "infeasible"
    proof = prove(infeasible)
    assert proof.confirmed
    assert [(claim.bound, claim.second) for claim in proof.claims] == [(None, None)]


def test_values_of_an_infeasible_run_are_computed_again(infeasible, tmp_path):
    shutil.copytree(infeasible.folder, tmp_path / "run")

    def change(record):
        violation = record["infeasibility"]["violations"][0]
        violation["value"] *= 1.1
        sign = 1 if violation["constraint"]["sense"] == "<=" else -1
        violation["shortfall"] = sign * (violation["value"] - violation["constraint"]["limit"])

    rewrite_record(tmp_path / "run", change)
    with pytest.raises(UserError, match="states another"):
        prove(Results.load(tmp_path / "run"))


def test_a_run_that_is_falsely_infeasible_is_detected(small, infeasible, tmp_path):
    study = small("maximize roi", altitude="{choices: [500, 600], unit: km}")
    found = runner.run(study, output=tmp_path / "out")
    Results(found.designs.iloc[:0], found.record).write_table(found.folder)

    def deny(record):
        record.update(status="infeasible", gap=None, certificate=None, shadow_prices=[], levers=[])
        record["designs"]["kept"] = 0

    rewrite_record(found.folder, deny)
    forged = Results.load(found.folder)
    forged.write_csv(forged.folder)
    with pytest.raises(Unverified, match="none such"):
        prove(forged)


@pytest.mark.parametrize(("solver", "error"), [("highs", UserError), ("scib", UnknownName)])
def test_the_second_solver_is_another_known_one(front, solver, error):
    with pytest.raises(error, match=solver) as raised:
        prove(front, solver)
    assert type(raised.value) is error


def test_a_run_without_a_proof_is_refused(small, tmp_path):
    swept = runner.run(small("maximize roi", engine="sweep, evaluations: 1024"), output=tmp_path / "out")
    with pytest.raises(UserError, match="pyomo"):
        prove(swept)


def test_continuous_options_take_the_values_of_the_catalogue(front):
    problem = discretize_options(Study.load(front.folder / "study.yaml").problem, 5)
    variables = {v.name: v for v in problem.variables}
    assert variables["altitude"].values == pytest.approx(np.linspace(500e3, 800e3, 5))
    assert variables["node_array_area"].values is None
    before = Study.load(front.folder / "study.yaml").problem
    on_log = tuple(replace(v, log=True) if v.name == "altitude" else v for v in before.variables)
    (on_scale,) = (v for v in discretize_options(replace(before, variables=on_log), 5).variables if v.log)
    assert on_scale.values == pytest.approx(np.geomspace(500e3, 800e3, 5))
