"""Run folders mutated at random: every command ends with an answer or with a message that names the file."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from common import BOTH, write_small

from sunfront.runs import runner
from sunfront.runs.files import LIBRARIES, SETTINGS, STUDY, TABLE
from sunfront.runs.record import FILE
from sunfront.study.study import Study

#: Files that are read back; damage to the others is repaired or does not matter.
READ = (TABLE, STUDY, SETTINGS, FILE, f"{LIBRARIES}/own/presets/own.yaml")

COMMANDS = ("show", "export", "compare", "plot", "report", "open", "run")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A study with a library, its run, and another run of it to swap files with."""
    place = tmp_path_factory.mktemp("mutated")
    (place / "own" / "presets").mkdir(parents=True)
    (place / "own" / "presets" / "own.yaml").write_text(
        "title: Own\nsource: test\nvalues: {discount_rate: 9 %/year}\n", "utf-8"
    )
    more = "library: ./own\npresets: [own]\n"
    path = write_small(place, BOTH, engine="sweep, evaluations: 2048, keep: 20", name="it", more=more)
    study = Study.load(path)
    folders = [runner.run(each, output=place / "out").folder for each in (study, study.with_changes(seed=1))]
    for folder in folders:
        (folder / "report.html").write_text("<html></html>", "utf-8")
    return path, *folders


def mutate(rng: random.Random, folder: Path, other: Path) -> tuple[str, str]:
    """Damage one file of a run folder; return its name and how."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    name = rng.choice([*READ, *names])
    path, content = folder / name, (folder / name).read_bytes()
    how = rng.choice(["missing", "empty", "cut", "flipped", "longer", "swapped", "folder", "binary", "newer", "value"])
    at = rng.randrange(len(content))
    if how in ("missing", "folder"):
        path.unlink()
        if how == "folder":
            path.mkdir()
    elif how == "swapped":
        path.write_bytes((other / name).read_bytes())
    elif how in ("newer", "value") and name == FILE:
        record = json.loads(content)
        key = "format" if how == "newer" else rng.choice(sorted(record))
        record[key] = 99 if how == "newer" else rng.choice([None, [], {}, -1, "", "stopped", 1e999])
        path.write_text(json.dumps(record), "utf-8")
    else:
        flipped = content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        path.write_bytes(
            {"empty": b"", "cut": content[:at], "longer": content + b"\n- x", "binary": rng.randbytes(200)}.get(
                how, flipped
            )
        )
    return name, how


def check_mutants(seeds: range, runs, command, tmp_path: Path, monkeypatch) -> None:
    path, good, other = runs
    # What is drawn does not matter here, and takes most of the time.
    monkeypatch.setattr("sunfront.report.figures.write", lambda run: None)
    monkeypatch.setattr("sunfront.report.page.render", lambda run: "<html></html>")
    monkeypatch.setattr("webbrowser.open", lambda page: True)
    monkeypatch.chdir(tmp_path)
    wrong = []
    for seed in seeds:
        rng = random.Random(seed)
        output = tmp_path / str(seed)
        folder = Path(shutil.copytree(good, output / "it" / good.name))
        name, how = mutate(rng, folder, other)
        if (folder / name).is_file() and (folder / name).read_bytes() == (good / name).read_bytes():
            continue
        for verb in rng.sample(COMMANDS, 3):
            calls = {
                "export": ["export", folder, "--storage", output / "trials.journal"],
                "compare": ["compare", good, folder, "--to", output / "page.html"],
                "plot": ["plot", folder, "front", "--to", output / "front.svg"],
                "run": ["run", path, "--output", output],
            }
            try:
                done = command(*calls.get(verb, [verb, folder]))
            except BaseException as error:
                wrong.append(f"{seed}: {verb} after {name} {how}: {type(error).__name__}: {error}")
                continue
            # A folder without a record is no run, and is computed again; a page is none of what is read.
            may_pass = name not in READ or verb == "open" or (verb == "run" and name == FILE)
            # Where a file to be written is a folder, the command says so and ends with 1.
            if done.returncode not in ((0, 2, how == "folder") if may_pass else (2,)) or "Traceback" in done.stderr:
                wrong.append(f"{seed}: {verb} after {name} {how}: exit {done.returncode}: {done.stderr}")
            if done.returncode == 2 and Path(name).name not in done.stderr and "newer version" not in done.stderr:
                wrong.append(f"{seed}: {verb} after {name} {how} does not name the file: {done.stderr}")
            if verb == "run" and done.returncode == 0:
                break  # it repaired the folder
        shutil.rmtree(output)
    assert not wrong, "\n".join(wrong)


@pytest.mark.filterwarnings("ignore::sunfront.errors.SunfrontWarning")
def test_mutated_folders(runs, command, tmp_path, monkeypatch):
    check_mutants(range(8), runs, command, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::sunfront.errors.SunfrontWarning")
def test_many_mutated_folders(runs, command, tmp_path, monkeypatch):
    check_mutants(range(8, 120), runs, command, tmp_path, monkeypatch)
