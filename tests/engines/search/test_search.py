"""Searches: samplers, stop rules, warm starts, duplicates, resumption, storages."""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import moocore
import numpy as np
import optuna
import pytest
from common import BOTH, rewrite_record, write_small
from sqlalchemy.exc import IntegrityError, OperationalError

from sunfront import engines
from sunfront.engines.archive import Archive
from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.context import Context
from sunfront.engines.search import evolve, storage
from sunfront.engines.search import optuna as optuna_engine
from sunfront.engines.search.convergence import HypervolumeTracker, reference_point
from sunfront.engines.search.ranking import _crowding_distance, survivors
from sunfront.engines.search.state import Evaluations, Search
from sunfront.engines.search.unit_cube import UnitCube, fingerprint
from sunfront.errors import StudyError, SunfrontWarning, UserError
from sunfront.problem.criteria import Constraint
from sunfront.problem.front import hypervolume
from sunfront.problem.variables import Variable
from sunfront.problem.verification import verified
from sunfront.runs import runner
from sunfront.runs.runner import former_designs
from sunfront.study.study import Study

#: The engine silences these warnings; these tests call parts of it.
experimental = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def scores_of(study, answer):
    return study.problem.scores(verified(study.problem, answer))


def answer(study, seed=0, **how):
    return engines.run(study.problem, study.engine, Context(seed, former=former_designs(study.engine), **how))


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3", "tpe", "random", "qmc"])
@pytest.mark.parametrize("objectives", ["minimize compute_cost", f"{BOTH}, minimize node_mass"])
def test_every_sampler_takes_constraints_and_objectives(sampler, objectives, small):
    study = small(objectives, engine=f"optuna, sampler: {sampler}, trials: 80, population: 20, refine: 20 %")
    found, again = answer(study, 5), answer(study, 5)
    assert found.evaluated == 80
    assert len(scores_of(study, found)) == found.feasible > 0
    for name in found.designs:
        np.testing.assert_array_equal(found.designs[name], again.designs[name])


def test_gp_without_torch_names_the_extra(small, monkeypatch):
    monkeypatch.setattr("sunfront.engines.settings.find_spec", lambda name: None)
    with pytest.raises(StudyError) as error:
        small(BOTH, engine="optuna, sampler: gp")
    assert (Path(error.value.file).name, error.value.line) == ("small.yaml", 11)
    assert error.value.key == "engine.sampler"
    assert "sunfront[gp]" in error.value.reason


def test_sampler_that_cannot_take_the_study_is_refused(small, tmp_path):
    with pytest.raises(StudyError) as error:
        small(BOTH, engine="optuna, sampler: cmaes")
    assert error.value.key == "engine.sampler"
    assert "several objectives" in error.value.reason
    assert "nsga2, nsga3, tpe" in error.value.reason
    penalized = small("maximize roi", engine="optuna, sampler: cmaes, evaluations: 20")
    with pytest.raises(UserError) as error:
        runner.run(penalized, output=tmp_path / "out", storage=str(tmp_path / "trials.journal"))
    assert error.value.path == ("engine", "sampler")
    assert "--storage" in error.value.message


@pytest.mark.parametrize("constrained", [True, False])
def test_cmaes_learns(constrained, small):
    """Better than as many designs at random, also among those that meet every constraint."""
    study = small("maximize roi", engine="optuna, sampler: random, evaluations: 400, refine: 0")
    problem = study.problem if constrained else replace(study.problem, constraints=())
    settings = study.engine.model_copy(update={"sampler": "cmaes", "evaluations": 400})
    settings.check(problem)
    cma, blind = (engines.run(problem, s, Context(1)) for s in (settings, study.engine))
    best = [problem.scores(problem.evaluate(a.designs)).max() for a in (cma, blind)]
    assert best[0] > best[1]


@pytest.mark.long
@pytest.mark.parametrize(
    "engine", ["optuna, evaluations: 4000, population: 20, refine: 0", "evolve, evaluations: 100000"]
)
def test_search_stops_when_the_hypervolume_stands_still(engine, small):
    found = answer(small(BOTH, engine=f"{engine}, stall: 300"))
    history = list(zip(found.convergence.evaluations, found.convergence.hypervolume, strict=True))
    assert "raised the hypervolume by less than 0.01" in found.notes[0]
    assert found.status == "best found"
    assert history[-1][0] == found.evaluated < 30_000
    before = [volume for at, volume in history if at <= found.evaluated - 300]
    assert history[-1][1] <= before[-1] * 1.0001


@pytest.mark.parametrize("engine", ["optuna, evaluations: 100000", "evolve, evaluations: 100000000"])
def test_time_limit(engine, small):
    found = answer(small(BOTH, engine=f"{engine}, time_limit: 0.5 s"))
    assert "time limit" in found.notes[0]
    assert found.feasible > 0


@pytest.mark.parametrize("engine", ["optuna, evaluations: 300", "evolve, evaluations: 3000"])
def test_convergence_ends_with_the_hypervolume_of_the_answer(engine, small):
    study = small(BOTH, engine=engine)
    found = answer(study)
    ref = np.array(found.convergence.reference)
    history = np.array([found.convergence.evaluations, found.convergence.hypervolume]).T
    assert (np.diff(history, axis=0) >= 0).all()
    volume = moocore.hypervolume(scores_of(study, found), ref=ref, maximise=True)
    assert history[-1, 1] == pytest.approx(volume, rel=1e-12)
    np.testing.assert_array_equal(ref, reference_point(study.problem))


def test_reference_does_not_depend_on_a_few_designs(small):
    """If almost no design of the sample is feasible, the worst of all designs lies below every front."""
    problem = small(BOTH).problem
    mass = problem.evaluate(problem.random_designs(4096), ["node_mass"])["node_mass"]
    point = {}
    for count in (1, 99, 150):
        limit = Constraint("node_mass", "<=", float(np.sort(mass)[count - 1]), "kg")
        point[count] = reference_point(replace(problem, constraints=(limit,)))
    np.testing.assert_array_equal(point[1], reference_point(replace(problem, constraints=())))
    np.testing.assert_array_equal(point[1], point[99])
    assert (point[150] >= point[1]).all()
    assert (point[150] > point[1]).any()


def test_hypervolume_of_a_staircase():
    scores = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0], [0.5, 0.5]])
    assert hypervolume(scores, np.zeros(2)) == 6.0
    assert hypervolume(scores[:, :1], np.array([1.0])) == 2.0


def eight(study, **changes):
    """The study with two variables left, 4 altitudes and 2 cadences."""
    return study.with_changes(
        variables={n: v for n, v in study.variables.items() if n in ("altitude", "launch_cadence")},
        parameters={
            "node_accelerators": "85",
            "node_array_area": "850 m^2",
            "node_radiator_area": "260 m^2",
            "nodes_per_launch": "15",
        },
        **{"constraints": [], **changes},
    )


@pytest.mark.parametrize("constraints", [[], ["node_mass <= 1 kg"]])
def test_evolution_ends_where_no_design_is_left(constraints, small, five_seconds):
    """All 8 designs are parents; a stall cannot end the search, since nothing is evaluated any more."""
    study = eight(small("maximize roi", engine="evolve, evaluations: 500, population: 8"), constraints=constraints)
    found = answer(study)
    assert found.evaluated == 8
    assert (found.status, found.feasible > 0) == (("none found", False) if constraints else ("best found", True))
    assert found.notes[0] == evolve.EXHAUSTED


def test_duplicates_are_not_evaluated_again(small):
    """A space of 8 designs: each is evaluated once, and a note says why the search ended."""
    study = eight(small("maximize roi", engine="optuna, evaluations: 500, population: 8, refine: 0"))
    found = answer(study)
    assert found.evaluated == 8
    assert found.notes == (optuna_engine.EXHAUSTED,)
    values = [v.values for v in study.problem.variables]
    every = np.array(list(itertools.product(*values)))
    columns = {v.name: every[:, i] for i, v in enumerate(study.problem.variables)}
    met = study.problem.feasible(study.problem.evaluate(columns))
    assert found.feasible == met.sum() > 0


@experimental
def test_designs_of_local_steps_are_known_by_their_trials(small):
    """A conversion to display units and back changes the last bits of a point; it is still the same design."""
    study = small(BOTH, engine="optuna, evaluations: 200, population: 20")
    search = optuna_engine.OptunaSearch(study.problem, study.engine, Context(0))
    search.answer()
    finished = search.memory.finished()
    assert {fingerprint(point) for point in search.converter.points([t.params for t in finished])} <= search.seen


def test_points_become_designs_and_points_again():
    variables = (
        Variable("a", "m", -3.0, 7.0),
        Variable("b", "1", 8, 400, step=1.0),
        Variable("c", "1/year", 12, 208, choices=(12.0, 26.0, 104.0, 208.0)),
        Variable("d", "km", 4e5, 1.2e6, step=1e4),
    )
    cube = UnitCube(variables)
    points = cube.snap(np.random.default_rng(0).random((5000, 4)))
    designs = cube.designs(points)
    np.testing.assert_allclose(cube.points(designs), points, rtol=0, atol=1e-15)
    assert set(designs["c"]) == {12.0, 26.0, 104.0, 208.0}
    assert set(designs["b"]) == set(range(8, 401))
    edges = cube.designs(cube.snap(np.array([[0.0] * 4, [1.0] * 4])))
    assert [column[1] for column in edges.values()] == [7.0, 400, 208.0, 1.2e6]


def test_survivors_follow_constrained_dominance():
    """Deb's three rules, pair by pair."""
    rng = np.random.default_rng(3)
    violations = rng.normal(-0.5, 1.0, (60, 2))
    batch = Evaluations(
        rng.random((60, 1)), rng.integers(0, 5, (60, 2)).astype(float), violations, (violations <= 0).all(1)
    )
    place = np.argsort(survivors(batch, 60))
    for i, j in itertools.permutations(range(60), 2):
        better = (
            (batch.scores[i] >= batch.scores[j]).all() and (batch.scores[i] > batch.scores[j]).any()
            if batch.feasible[i] and batch.feasible[j]
            else batch.feasible[i] or (not batch.feasible[j] and batch.total_violation[i] < batch.total_violation[j])
        )
        if better:
            assert place[i] < place[j]


def test_survivors_of_one_rank_are_those_far_apart():
    """Distances between neighbors relative to the range, by hand; ends count as infinitely far apart."""
    scores = np.array([[0.0, 10.0], [1.0, 9.0], [2.0, 8.0], [6.0, 4.0], [10.0, 0.0]])
    apart = [np.inf, 0.2 + 0.2, 0.5 + 0.5, 0.8 + 0.8, np.inf]
    batch = Evaluations(scores, scores, np.zeros((5, 0)), np.ones(5, bool))
    np.testing.assert_allclose(_crowding_distance(scores, np.ones(5)), apart)
    assert survivors(batch, 5).tolist() == [0, 4, 3, 2, 1]


def test_children_of_equal_parents_differ_by_mutation_alone():
    """One variable mutates on average, on grids as on ranges."""
    variables = [Variable(name, "1", 0.0, 1.0) for name in "ab"] + [Variable("c", "1", 0, 9, step=1.0)]
    cube = UnitCube(variables)
    parent = cube.snap(np.full((1, 3), 0.5))
    children = evolve._breed(cube, parent, 3000, np.random.default_rng(0))
    assert (np.abs(children - parent) > 1e-9).sum(axis=1).mean() == pytest.approx(1.0, abs=0.05)


@experimental
def test_samplers_work_in_batches_of_the_population(small):
    problem = replace(small("maximize roi", engine="optuna").problem, constraints=())
    settings = small("maximize roi", engine="optuna, population: 37").engine
    for sampler, size in (("cmaes", "_popsize"), ("nsga2", "population_size"), ("nsga3", "population_size")):
        made = optuna_engine.OptunaSearch(
            problem, settings.model_copy(update={"sampler": sampler}), Context()
        ).memory.sampler(None)
        assert getattr(made, size) == 37


@experimental
def test_samplers_learn_from_local_steps(small):
    """The study has trials that no sampler proposed, all feasible, with the generation of their batch."""
    study = small(BOTH, engine="optuna, evaluations: 200, population: 20")
    search = optuna_engine.OptunaSearch(study.problem, study.engine, Context(0))
    proposed = []
    search.memory.propose = lambda *args, propose=search.memory.propose: proposed.append(propose(*args)) or proposed[-1]
    search.answer()
    known = {json.dumps(proposal.params) for batch in proposed for proposal in batch}
    added = [t for t in search.memory.finished() if json.dumps(t.params) not in known]
    assert 20 < len(added) <= search.search.local
    assert all(max(t.constraints.values()) <= 0 for t in added)
    assert all("NSGAIISampler:generation" in t.system_attrs for t in added)


def test_thinning_commutes_with_merging():
    rng = np.random.default_rng(0)
    whole = Archive(rng.random((900, 3)), rng.random((900, 2)), rng.random(900), np.arange(900))
    parts = [whole.select((whole.number >= a) & (whole.number < a + 100)).thin(20) for a in range(0, 900, 100)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part).thin(20)
    np.testing.assert_array_equal(merged.number, whole.thin(20).number)


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    """A run that no test may change."""
    folder = tmp_path_factory.mktemp("swept")
    study = Study.load(write_small(folder, BOTH, engine="sweep, evaluations: 65536", name="swept"))
    return runner.run(study, output=folder / "out")


class TestWarmStart:
    @pytest.mark.parametrize("engine", ["optuna, evaluations: 200", "evolve, evaluations: 400"])
    def test_begins_where_the_run_ended(self, engine, swept, small):
        study = small(BOTH, engine=f"{engine}, warm_start: {swept.folder}")
        found = answer(study)
        point = np.array(found.convergence.reference)
        former = study.problem.scores({n: swept.designs[n].to_numpy() for n in study.problem.criterion_names})
        first = (found.convergence.evaluations[0], found.convergence.hypervolume[0])
        assert first[1] == pytest.approx(hypervolume(former, point), rel=1e-12)
        assert first[0] == len(swept.designs)
        assert found.evaluated == len(swept.designs) + (200 if "optuna" in engine else 400)
        assert found.convergence.hypervolume[-1] > first[1]

    @pytest.mark.parametrize("engine", ["optuna, evaluations: 200", "evolve, evaluations: 200, population: 20"])
    def test_local_steps_take_their_fraction_of_the_budget_alone(self, engine, swept, small, monkeypatch):
        """The designs of the warm start do not add to it; the last steps, from three designs, may exceed it."""
        searches = []
        finish = Search.finish_batch
        monkeypatch.setattr(
            Search, "finish_batch", lambda search, found: searches.append(search) or finish(search, found)
        )
        answer(small(BOTH, engine=f"{engine}, refine: 10 %, warm_start: {swept.folder}"))
        search = searches[-1]
        assert search.free == len(swept.designs) > 900
        assert 20 <= search.local <= 20 + 3 * (6 + 9)

    def test_designs_that_do_not_fit_are_refused_by_variable(self, swept, small, tmp_path):
        study = small(BOTH, engine=f"optuna, warm_start: {swept.folder}")
        spec = study.variables["node_array_area"].model_copy(update={"high": "700 m^2"})
        narrowed = study.with_changes(variables={**study.variables, "node_array_area": spec})
        for changed, variable, others in (
            (study.with_overrides(["altitude=600 km"]), "altitude", "node_array_area"),
            (narrowed, "node_array_area", "altitude"),
        ):
            with pytest.raises(UserError) as error:
                runner.run(changed, output=tmp_path / "out")
            assert error.value.path == ("engine", "warm_start")
            assert variable in error.value.message
            assert others not in error.value.message
        assert "400 m² to 700 m²" in error.value.message

    def test_run_that_is_not_there(self, small, tmp_path):
        with pytest.raises(UserError) as error:
            runner.run(small(BOTH, engine="evolve, warm_start: nowhere"), output=tmp_path / "out")
        assert error.value.message.startswith("warm_start: no finished run 'nowhere' in ")

    def test_other_designs_make_another_run(self, swept, small, tmp_path):
        copy = shutil.copytree(swept.folder, tmp_path / "copy")
        study = small(BOTH, engine=f"evolve, evaluations: 100, warm_start: {copy}")
        first = runner.run(study, output=tmp_path / "out")
        other = runner.run(small(BOTH, engine="sweep, evaluations: 8192"), output=tmp_path / "b")
        (copy / "designs.parquet").write_bytes((other.folder / "designs.parquet").read_bytes())
        rewrite_record(copy, lambda record: None)
        assert runner.run(study, output=tmp_path / "out").folder != first.folder


RESUMED = {
    "nsga2": "optuna, evaluations: 400, population: 20",
    "nsga3": "optuna, sampler: nsga3, evaluations: 160, population: 20, refine: 0",
    "tpe": "optuna, sampler: tpe, evaluations: 80, population: 10, refine: 10 %",
    "qmc": "optuna, sampler: qmc, evaluations: 80, population: 10, refine: 0",
    "evolve": "evolve, evaluations: 1000, population: 40",
    "sobol": "sweep, evaluations: 20000, keep: 50",
    "grid": "sweep, method: grid, points: 6, keep: 50",
}


@pytest.mark.parametrize("engine", RESUMED)
def test_interrupted_run_ends_as_if_it_had_not_been(engine, small, tmp_path, monkeypatch):
    """Interrupted at several batches, and continued each time."""
    monkeypatch.setattr("sunfront.engines.search.evolve.CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr("sunfront.engines.sweep.engine.CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr("sunfront.engines.sweep.engine.BLOCK_SIZE", 1024)
    monkeypatch.setattr("sunfront.engines.checkpoint.LONG", 20_000)  # it is rewritten now and then
    monkeypatch.setattr("sunfront.engines.search.sampler_memory.LEARNED", 10)
    study = small(BOTH, engine=RESUMED[engine])
    whole = answer(study, 2)
    status, times = "stopped", 0
    while status == "stopped":
        calls = itertools.count(1)

        def interrupt(done, total, text, calls=calls):
            if next(calls) == 3:
                raise KeyboardInterrupt

        with Checkpoint(tmp_path / "run") as checkpoint:
            resumed = answer(study, 2, progress=interrupt, checkpoint=checkpoint)
        status, times = resumed.status, times + 1
    assert times >= 3
    assert status == "best found"
    assert (resumed.evaluated, resumed.feasible) == (whole.evaluated, whole.feasible)
    assert resumed.convergence == whole.convergence
    assert resumed.summary == whole.summary
    assert resumed.infeasibility == whole.infeasibility
    for name in whole.designs:
        np.testing.assert_array_equal(resumed.designs[name], whole.designs[name])


class TestStorage:
    @pytest.fixture(params=["sqlite:///{}/trials.db", "{}/trials.journal"])
    def url(self, request, tmp_path):
        return request.param.format(tmp_path)

    @staticmethod
    def open(url):
        (summary,) = optuna.get_all_study_summaries(storage.open_storage(url))
        return optuna.load_study(study_name=summary.study_name, storage=storage.open_storage(url))

    def test_run_on_a_storage_and_join_it(self, url, small, tmp_path):
        first = runner.run(
            small(BOTH, engine="optuna, evaluations: 40, population: 20, refine: 0"), output=tmp_path / "a", storage=url
        )
        study = self.open(url)
        assert sum(t.state == optuna.trial.TrialState.COMPLETE for t in study.trials) == 40
        assert study.metric_names == ["roi [%]", "fleet_it_power [MW]"]
        again = runner.run(
            small(BOTH, engine="optuna, evaluations: 40, population: 20, refine: 0"), output=tmp_path / "b", storage=url
        )
        assert len(self.open(url).trials) == 40  # the second found the budget spent, and the same designs
        np.testing.assert_array_equal(again.front, first.front)

    def test_own_designs_are_not_evaluated_again(self, small, tmp_path, monkeypatch):
        """Designs of local steps come back from display units with other last bits."""
        learned = []
        exchange = optuna_engine.OptunaSearch._exchange

        def counted(run, *args):
            before = run.search.evaluated
            exchange(run, *args)
            learned.append(run.search.evaluated - before)

        monkeypatch.setattr(optuna_engine.OptunaSearch, "_exchange", counted)
        study = small(BOTH, engine="optuna, evaluations: 120, population: 20")
        runner.run(study, output=tmp_path / "a", storage=f"{tmp_path}/trials.journal")
        assert learned == [0] * len(learned) != []

    def test_export_equals_the_run(self, url, small, tmp_path):
        from sunfront.runs.optuna_export import to_storage

        results = runner.run(small(BOTH, engine="sweep, evaluations: 4096, keep: 10"), output=tmp_path / "out")
        name = to_storage(results.folder, url, lambda *_: None)
        study = self.open(url)
        assert study.study_name == name
        assert [d.name for d in study.directions] == ["MAXIMIZE", "MAXIMIZE"]
        read = results.readable(results.designs)
        for trial, (_, row) in zip(study.trials, read.iterrows(), strict=True):
            assert trial.params["node_array_area"] == pytest.approx(row["node_array_area"])
            assert trial.params["node_accelerators"] == row["node_accelerators"]
            assert trial.values == pytest.approx([row["roi"], row["fleet_it_power"]])
            assert max(trial.constraints.values()) <= 0
        assert {t.number for t in study.best_trials} == set(np.flatnonzero(results.on_front))
        with pytest.raises(UserError) as error:
            to_storage(results.folder, url, lambda *_: None)
        assert name in error.value.message
        assert url in error.value.message

    def test_database_whose_tables_another_process_makes_is_opened_again(self, tmp_path, monkeypatch):
        """SQLite raises these errors in the second of two processes that create the same table or row."""
        errors = [IntegrityError("", {}, Exception("UNIQUE")), OperationalError("", {}, Exception("table exists"))]
        real = optuna.storages.RDBStorage
        monkeypatch.setattr("time.sleep", lambda _: None)

        def late(url):
            if errors:
                raise errors.pop()
            return real(url)

        monkeypatch.setattr(optuna.storages, "RDBStorage", late)
        assert storage.open_storage(f"sqlite:///{tmp_path}/new.db").get_all_studies() == []
        assert not errors

    def test_only_optuna_works_on_a_storage(self, url, small, tmp_path):
        with pytest.raises(UserError) as error:
            runner.run(small(BOTH, engine="evolve"), output=tmp_path / "out", storage=url)
        assert "--storage" in error.value.message
        assert "evolve" in error.value.message
        assert not (tmp_path / "out").exists()

    def test_the_lock_of_a_killed_process_is_lifted(self, small, tmp_path, monkeypatch):
        """Of a journal given by a relative path, as people type it."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sunfront.engines.search.storage.LOCK_GRACE", 3)
        study = small(BOTH, engine="optuna, evaluations: 20, population: 20, refine: 0")
        Path("held").mkdir()
        runner.run(study, output=tmp_path / "a", storage="held/trials.journal")
        storage.open_storage("held/trials.journal")._backend._lock.acquire()  # by a process that is then killed
        runner.run(study, output=tmp_path / "b", storage="held/trials.journal")
        assert len(self.open("held/trials.journal").trials) == 20

    def test_storage_that_cannot_be_opened(self, small, tmp_path):
        with pytest.raises(UserError) as error:
            runner.run(small(BOTH, engine="optuna"), output=tmp_path / "out", storage="nosql://nowhere")
        assert error.value.message.startswith("--storage: ")
        assert "nosql" in error.value.message

    def test_a_journal_that_ends_in_half_a_line_is_recovered_and_said(self, small, tmp_path):
        path = tmp_path / "trials.journal"
        study = small(BOTH, engine="optuna, evaluations: 20, population: 20, refine: 0")
        first = runner.run(study, output=tmp_path / "a", storage=str(path))
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"op_code": 4, "wor')
        with pytest.warns(SunfrontWarning, match=r"damaged after [\d,]+ lines"):
            again = runner.run(study, output=tmp_path / "b", storage=str(path))
        assert path.read_bytes().startswith(whole)
        assert path.with_name("trials.journal.damaged").read_bytes().endswith(b'"wor')
        np.testing.assert_array_equal(again.front, first.front)

    def test_what_is_no_journal_is_left_alone(self, tmp_path):
        path = tmp_path / "study.yaml"
        path.write_text("architecture: starlink_bus\n")
        with pytest.raises(UserError, match="is no Optuna journal"):
            storage.open_storage(str(path))
        assert path.read_text() == "architecture: starlink_bus\n"

    def test_a_damaged_database_says_what_saves_it(self, tmp_path):
        url = f"sqlite:///{tmp_path}/trials.db"
        storage.open_storage(url)
        (tmp_path / "trials.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
        with pytest.raises(UserError, match=r"--storage: cannot open .*trials\.db: "):
            storage.open_storage(url)

    def test_a_storage_that_fails_later_costs_nothing(self, small, tmp_path, monkeypatch):
        study = small(BOTH, engine="optuna, evaluations: 100, population: 20, refine: 0")
        real, calls = optuna.Study.add_trials, []

        def fail(self, trials):
            calls.append(trials)
            if len(calls) == 5:
                raise OperationalError("", {}, Exception("disk I/O error"))
            real(self, trials)

        monkeypatch.setattr(optuna.Study, "add_trials", fail)
        found = runner.run(study, output=tmp_path / "out", storage=f"{tmp_path}/trials.journal")
        assert found.status == "stopped"
        assert "disk I/O error" in found.record.notes[0]
        assert found.record.designs.evaluated > 0

    def test_a_secret_is_neither_shown_nor_stored(self, small, tmp_path, monkeypatch):
        with pytest.raises(UserError) as error:
            storage.open_storage("user:hunter2@host/db")
        assert "hunter2" not in error.value.message
        assert "postgresql://" in error.value.message
        for url in (
            "postgresql+nothing://user:hunter2@host/db",
            "mysql://host/db?user=u&password=hunter2",
            "sqlite://:hunter2@host/db",
            "postgresql://user:ter@hunter2/x@host/db",
            "host=localhost password=hunter2",
        ):
            with pytest.raises(UserError) as error:
                storage.open_storage(url)
            assert "hunter2" not in error.value.message
            assert "hunter2" not in storage.public_name(url)

    @pytest.mark.parametrize(
        "url", ["postgresql://u:pw@localhost:1/db?application_name=a@b", "postgresql://localhost:1/db?user=me@x"]
    )
    def test_a_query_may_hold_an_at_sign(self, url):
        with pytest.raises(UserError) as error:
            storage.open_storage(url)
        assert "of a password" not in error.value.message

    def test_a_password_comes_from_the_environment_or_a_file(self, tmp_path, monkeypatch):
        url = "postgresql://user@host/db"
        monkeypatch.setenv(storage.PASSWORD, "p@ss")
        assert storage._with_password(url) == ("postgresql://user:p%40ss@host/db", "p@ss")
        assert storage._with_password("postgresql://user:own@host/db")[1] == "own"
        (tmp_path / "secret").write_text("other\n")
        monkeypatch.setenv(f"{storage.PASSWORD}_FILE", str(tmp_path / "secret"))
        assert storage._with_password(url)[1] == "other"

    def test_the_storage_is_part_of_the_identity(self, small, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        study = small(BOTH, engine="optuna, evaluations: 20, population: 20, refine: 0")
        one, other = (runner.run(study, output=tmp_path / "out", storage=f"{name}.journal") for name in "ab")
        assert one.folder != other.folder
        assert not other.loaded
        assert other.record.storage == str(tmp_path / "b.journal")
        same = ("postgresql://user:one@host/db", "postgresql://user:two@host/db", "postgresql://user@host/db")
        assert len({runner.identity(study, storage=url)["run_id"] for url in same}) == 1


def test_record_holds_convergence(small, tmp_path):
    results = runner.run(small(BOTH, engine="optuna, evaluations: 200"), output=tmp_path / "out")
    record = json.loads((results.folder / "run.json").read_text())
    assert record["convergence"]["evaluations"][-1] == 200
    assert len(record["convergence"]["reference"]) == 2


def test_convergence_counts_from_the_first_growth(small):
    convergence = HypervolumeTracker(small(BOTH).problem)
    convergence.add(np.empty((0, 2)), 100)
    convergence.add(np.empty((0, 2)), 900)
    assert not convergence.has_stalled(500)
    convergence.add(convergence.reference[None] + [1.0, 1.0], 1000)
    assert not convergence.has_stalled(50)
    convergence.add(np.empty((0, 2)), 1500)
    assert convergence.has_stalled(500)
    assert not convergence.has_stalled(501)


@pytest.mark.parametrize("engine", ["optuna", "evolve"])
def test_a_study_without_variables_is_answered_by_its_base_design(engine, tmp_path):
    path = tmp_path / "fixed.yaml"
    path.write_text(
        f"architecture: starlink_bus\nobjectives: [maximize roi, minimize node_mass]\nengine: {{name: {engine}}}\n"
    )
    study = Study.load(path)
    answer = engines.run(study.problem, study.engine, Context())
    assert (answer.status, answer.evaluated) == ("best found", 1)
