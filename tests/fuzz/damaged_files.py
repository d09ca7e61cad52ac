"""Damaged run folders, checkpoints and storages: refused with their name, or what is shown is true."""

from __future__ import annotations

import io
import json
import random
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import BOTH, rewrite_record, write_small
from trial import Refused, Trials, Wrong, damaged_bytes, refusals

from sunfront.engines.search import evolve
from sunfront.engines.search.sharing import NOT_STORED
from sunfront.engines.sweep import engine as sweep
from sunfront.runs import runner
from sunfront.runs.files import SETTINGS, STUDY, TABLE
from sunfront.runs.record import FILE
from sunfront.runs.results import Results
from sunfront.runs.run import open_run
from sunfront.study.study import Study

SWEEP = "sweep, evaluations: 4096, keep: 20"
RANGE = "{low: 500 km, high: 800 km}"


class FolderTrials(Trials):
    """Folders of six kinds of runs, of which a file is damaged, or edited with its hash; all are read as a study is."""

    name = "run folders"
    share = 800

    @cached_property
    def runs(self) -> list[list[Path]]:
        """For each kind of run two folders, of two seeds."""
        (self.place / "own" / "presets").mkdir(parents=True)
        own = "title: Own\nsource: test\nvalues: {discount_rate: 9 %/year}\n"
        (self.place / "own" / "presets" / "own.yaml").write_text(own, "utf-8")
        library = "library: ./own\npresets: [own]\n"
        uncertain = "uncertain: [compute_price]\nuncertainty: {samples: 512}\n"
        paths = [
            write_small(self.place, BOTH, engine=SWEEP, name="swept", more=library),
            write_small(self.place, engine="pyomo, gap: 1 %, shells: 4", name="proved"),
            write_small(self.place, "maximize p10 roi", engine=SWEEP, name="sampled", more=uncertain),
            write_small(self.place, BOTH, engine="evolve, evaluations: 400", name="evolved", altitude=RANGE),
            write_small(self.place, "maximize roi", "fleet_it_power >= 1 TW", engine="pyomo", name="infeasible"),
            self.place / "ranked.yaml",
        ]
        paths[-1].write_text(
            "architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sensitivity}\n", "utf-8"
        )
        studies = [Study.load(path) for path in paths]
        found = [
            [runner.run(s.with_changes(seed=n), output=self.place / "out").folder for n in (0, 1)] for s in studies
        ]
        for folder in (folder for pair in found for folder in pair):
            (folder / "report.html").write_text("<html></html>", "utf-8")
        return found

    def attempt(self, rng: random.Random) -> None:
        good, other = rng.choice(self.runs)
        folder = self.place / "damaged" / good.parent.name / good.name
        shutil.rmtree(self.place / "damaged", ignore_errors=True)
        shutil.copytree(good, folder)
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        if rng.random() < 0.35:
            name, how = self.forge(rng, folder)
        else:
            name = rng.choice([*names, FILE, TABLE, STUDY, SETTINGS])
            how = self.damage(rng, folder / name, other / name)
        self.last = f"{folder.parent.name}: {name} {how}"
        given = rng.choice([str(folder), folder.parent.name, folder.name[:6], str(folder / FILE)])
        try:
            with refusals():
                run = open_run(given, self.place / "damaged")
        except Refused as refused:
            message = str(refused)
            if not any(each in message for each in (Path(name).name, folder.name, folder.parent.name, repr(given))):
                raise Wrong(f"{self.last}: does not name the file: {message}") from None
            raise
        whole = Results.load(good)
        if not run.results.designs.equals(whole.designs):
            raise Wrong(f"{self.last}: shows other designs")
        if "status" not in how and run.results.record.model_dump(exclude={"files"}) != whole.record.model_dump(
            exclude={"files"}
        ):
            raise Wrong(f"{self.last}: shows another record")

    def damage(self, rng: random.Random, path: Path, other: Path) -> str:
        how = rng.choice(["missing", "folder", "bytes", "bytes", "bytes", "bytes"])
        if how == "bytes":
            how, content = damaged_bytes(rng, path.read_bytes(), other.read_bytes() if other.exists() else b"{}")
            path.write_bytes(content)
            return how
        path.unlink()
        if how == "folder":
            path.mkdir()
        return how

    def forge(self, rng: random.Random, folder: Path) -> tuple[str, str]:
        """Change what can be computed again, with hashes and seal to fit."""
        record = json.loads((folder / FILE).read_text("utf-8"))
        table = pd.read_parquet(folder / TABLE)
        hows = [
            "study",
            *(["value"] * 3 if len(table) else []),
            *(["bound", "gap"] * 2 if record["certificate"] else []),
        ]
        how = rng.choice(hows)
        factor = rng.choice([1 + 1e-6, 0.99, 1.5, -1.0])
        changed: Any = None
        if how == "value":
            column = rng.choice([c for c in table.columns if float(np.abs(table[c]).max()) > 0])
            row = int(np.abs(table[column]).to_numpy().argmax())
            table.loc[row, column] = type(table[column].iloc[0])(table[column].iloc[row] * factor)
            if table[column].iloc[row] == pd.read_parquet(folder / TABLE)[column].iloc[row]:
                raise Refused("the same value")
            Results(table, Results.load(folder).record).write_table(folder)
            rewrite_record(folder, lambda stored: None)
            return TABLE, f"{column} of row {row} times {factor}"
        if how == "study":
            text = (folder / STUDY).read_text("utf-8")
            digits = [i for i, c in enumerate(text) if c in "123456789"]
            at = rng.choice(digits)
            (folder / STUDY).write_text(f"{text[:at]}{int(text[at]) % 9 + 1}{text[at + 1 :]}", "utf-8")
            rewrite_record(folder, lambda stored: None)
            return STUDY, f"digit at {at}"
        if how == "bound":
            fact = rng.randrange(len(record["certificate"]["facts"]))

            def changed(stored: Any) -> None:
                stored["certificate"]["facts"][fact][1] *= factor

        else:

            def changed(stored: Any) -> None:
                stored["gap"]["relative"] = stored["gap"]["relative"] * factor + 1e-3

        rewrite_record(folder, changed)
        return FILE, f"{how} of the certificate times {factor}"


class WorkTrials(Trials):
    """Damaged checkpoints of interrupted runs: refused, or the run gives what an undisturbed one gives."""

    name = "checkpoints"
    share = 250

    @cached_property
    def cases(self) -> list[tuple[Study, bytes, bytes, pd.DataFrame]]:
        """Study, checkpoint of it, checkpoint of another seed, and the designs of an undisturbed run."""
        sweep.CHECKPOINT_INTERVAL = evolve.CHECKPOINT_INTERVAL = 0.0
        sweep.BLOCK_SIZE = 4096
        found = []
        for name, settings in {
            "swept": "sweep, evaluations: 65536, keep: 20",
            "evolved": "evolve, evaluations: 1500",
        }.items():
            study = Study.load(write_small(self.place, BOTH, engine=settings, name=name, altitude=RANGE))
            contents = [self.interrupted(study.with_changes(seed=seed)) for seed in (0, 1)]
            found.append((study, *contents, runner.run(study, output=self.place / "whole").designs))
        return found

    def interrupted(self, study: Study) -> bytes:
        def stop(done: float, total: float, text: str) -> None:
            if done > 0.4 * total:
                raise KeyboardInterrupt

        output = self.place / f"stopped{study.seed}"
        results = runner.run(study, output=output, progress=stop)
        assert results.status == "stopped"
        work = results.folder.with_name(f"{results.folder.name}.partial")
        return (work / "checkpoint").read_bytes()

    def attempt(self, rng: random.Random) -> None:
        study, content, other, designs = rng.choice(self.cases)
        how, damaged = damaged_bytes(rng, content, other)
        if how == "longer":
            damaged = content + rng.randbytes(rng.randrange(1, 40))
        self.last = f"{study.name}: checkpoint {how}"
        output = self.place / "again"
        shutil.rmtree(output, ignore_errors=True)
        run_id = runner.identity(study, output)["run_id"]
        work = output / study.name / f"{run_id}.partial"
        work.mkdir(parents=True)
        (work / "checkpoint").write_bytes(damaged)
        with refusals():
            results = runner.run(study, output=output)
        if not results.designs.equals(designs):
            raise Wrong(f"{self.last}: other designs than undisturbed")


class StorageTrials(Trials):
    """Damaged journals and databases, and odd storages: what is found is computed again, and no secret is told."""

    name = "storages"
    share = 250
    SECRET = "hunter2"

    @cached_property
    def contents(self) -> dict[str, list[bytes]]:
        """Contents of a journal and of a database, of two seeds."""
        found: dict[str, list[bytes]] = {"journal": [], "db": []}
        for kind, contents in found.items():
            for seed in (0, 1):
                path = self.place / f"whole{seed}.{kind}"
                self.run(self.study.with_changes(seed=seed), path, kind)
                contents.append(path.read_bytes())
        return found

    @cached_property
    def study(self) -> Study:
        settings = "optuna, evaluations: 60, keep: 100, refine: 0"
        return Study.load(write_small(self.place, BOTH, engine=settings, name="searched", altitude=RANGE))

    def run(self, study: Study, path: Path, kind: str) -> Results:
        shutil.rmtree(self.place / "out", ignore_errors=True)
        storage = str(path) if kind == "journal" else f"sqlite:///{path}"
        return runner.run(study, output=self.place / "out", storage=storage)

    def attempt(self, rng: random.Random) -> None:
        if rng.random() < 0.4:
            self.odd_storage(rng)
            return
        kind = rng.choice(["journal", "db"])
        path = self.place / f"it.{kind}"
        for old in self.place.glob("it.*"):
            old.unlink()
        content, other = self.contents[kind]
        how, damaged = damaged_bytes(rng, content, other)
        path.write_bytes(damaged)
        self.last = f"{kind} {how}"
        with refusals():
            results = self.run(self.study, path, kind)
        columns = {v.name: results.designs[v.name].to_numpy(float) for v in self.study.problem.variables}
        again = self.study.problem.evaluate(columns) if len(results.designs) else {}
        for name, values in again.items():
            if not np.allclose(values, results.designs[name], rtol=1e-9, atol=0):
                raise Wrong(f"{self.last}: {name} is another than that of the design")
        is_told = results.status == "stopped" or any(NOT_STORED in note for note in results.record.notes)
        if not is_told and (results.record.designs.evaluated or 0) < 60:
            raise Wrong(
                f"{self.last}: {results.record.designs.evaluated} of 60 designs evaluated, status {results.status}"
            )

    def odd_storage(self, rng: random.Random) -> None:
        secret = self.SECRET
        scheme = rng.choice(
            ["postgresql", "mysql", "mysql+pymysql", "redis", "sqlite", "http", "", "mongodb+srv", "POSTGRESQL", "x y"]
        )
        place = rng.choice(
            ["localhost:1/db", "127.0.0.1:99999/db", "[::1/db", "", "/", "host..bad/db", "\u00e9/db", "h/db?sslmode=x"]
        )
        form = rng.choice([
            f"{scheme}://user:{secret}@{place}", f"{scheme}://:{secret}@{place}", f"user:{secret}@{place}",
            f"{scheme}:user:{secret}@{place}", f"{scheme}:/user:{secret}@{place}", f"{scheme}://{place}?password={secret}",
            f"{scheme}://user:{secret}@@{place}", f"{scheme}://us er:{secret}@{place}", f"{scheme}://user:{secret}%@{place}",
            f" {scheme}://user:{secret}@{place}", f"{scheme}://user:{secret}@{place}\n",
            f"host={place} password={secret}",
        ])  # fmt: skip
        self.last = repr(form)
        shutil.rmtree(self.place / "out", ignore_errors=True)
        errors = io.StringIO()
        with refusals(secret):
            results = runner.run(self.study, output=self.place / "out", storage=form)
        told = [
            path for path in (self.place / "out").rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
        ]
        if told or secret in results.record.storage or secret in errors.getvalue():
            raise Wrong(f"the secret is in {told or 'the record'}")
