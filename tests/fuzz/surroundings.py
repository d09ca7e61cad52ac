"""Names of studies and folders, and what a command finds around it: encodings, streams, folders, variables."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

from common import BOTH, write_small
from trial import Refused, Trials, Wrong, refusals

from sunfront import report
from sunfront.cli import main
from sunfront.runs import runner
from sunfront.runs.index import find
from sunfront.runs.results import Results
from sunfront.study.study import Study

PARTS = [
    "..", "/", "\\", ".", "a", "ab c", "é", "研究", "\u202e", "\x00", "\n", "\x1b[31m", "CON", "*", "?", "[a]", "~",
    "$HOME", "%s", "-", "--output", "a" * 250, "a" * 5000, "'", '"', ";", "|", "`id`", "\udce9", "\ud800", " ", "..",
    "/etc", "/tmp", ":", "{}", "it", "run.json", ".yaml", ".partial", "\u00a0", "😀",
]  # fmt: skip


class NameTrials(Trials):
    """Odd names of studies, runs, outputs and values: refused, or nothing is written but in the output folder."""

    name = "names"
    share = 600

    @cached_property
    def study(self) -> Study:
        (self.place / "guard" / "out").mkdir(parents=True)
        (self.place / "guard" / "other").write_text("kept", "utf-8")
        return Study.load(write_small(self.place, engine="sweep, evaluations: 256, keep: 20", name="it"))

    def attempt(self, rng: random.Random) -> None:
        study, name = self.study, "".join(rng.choices(PARTS, k=rng.randint(1, 4)))
        guard = self.place / "guard"
        os.chdir(guard)
        self.last = repr(name)
        before = sorted(self.place.rglob("*"))
        try:
            with refusals():
                self.use(rng, study, name, guard)
        finally:
            shutil.rmtree(guard / "out")
            (guard / "out").mkdir()
            changed = [path for path in sorted(self.place.rglob("*")) if path not in before]
            for path in changed:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            if changed or (guard / "other").read_text("utf-8") != "kept":
                raise Wrong(f"{name!r} wrote {changed}")

    def use(self, rng: random.Random, study: Study, name: str, guard: Path) -> None:
        match rng.randrange(7):
            case 0:
                results = runner.run(study.with_changes(name=name), output=guard / "out")
                if guard / "out" not in results.folder.resolve().parents:
                    raise Wrong(f"{name!r} is stored in {results.folder}")
                if not Results.load(results.folder).designs.equals(results.designs):
                    raise Wrong(f"{name!r}: read again, the designs are others")
            case 1:
                path = guard / "out" / f"{name}.yaml"
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    if guard / "out" not in path.resolve().parents:
                        raise Refused("outside")
                    path.write_text((self.place / "it.yaml").read_text("utf-8"), "utf-8")
                except (OSError, ValueError):
                    raise Refused("the system does not take it") from None
                runner.run(Study.load(path), output=guard / "out")
            case 2:
                find(name, guard / "out")
            case 3:
                Study.load(name)
            case 4:
                study.with_overrides([f"{name}=5 km"]) if rng.random() < 0.5 else study.with_overrides([name])
            case 5:
                study.with_changes(presets=[name])
            case 6:
                key = rng.choice(["quantities", "variables", "parameters", "uncertain", "design"])
                value: Any = {"quantities": "roi", "variables": {"low": "1", "high": "2"}, "uncertain": "default"}.get(
                    key, "1"
                )
                study.with_changes(**{key: {name: value}}).check()


#: Encodings of terminals and pipes.
ENCODINGS = ["ascii", "cp932", "cp1252", "latin-1", "cp437", "utf-8", "utf-16", "gb18030", "big5", "koi8-r", "utf-7"]

COMMANDS = [
    ["run", "{study}", "--output", "{out}"],
    ["run", "{study}", "--output", "{out}", "--force"],
    ["run", "{study}", "{bad}", "--output", "{out}"],
    ["show", "--output", "{done}"],
    ["show", "it", "--output", "{done}"],
    ["report", "it", "--output", "{done}"],
    ["compare", "it", "it", "--output", "{done}", "--to", "{out}/page.html"],
    ["export", "it", "--output", "{done}", "--storage", "{out}/trials.journal"],
    ["validate", "{study}", "{bad}"],
    ["evaluate", "{study}"],
    ["evaluate", "{study}", "--json"],
    ["explain", "roi", "--study", "{study}", "--depth", "2"],
    ["list", "presets"],
    ["list", "equations"],
    ["breakeven", "{study}", "compute_price"],
    ["schema"],
    ["new", "{out}/mine"],
    ["--help"],
    ["nonsense", "é\udce9"],
]

VARIABLES = {
    "LC_ALL": ["C", "POSIX", "xx_XX.UTF-8", "de_DE.UTF-8", "ja_JP.SJIS"],
    "LANG": ["C", ""],
    "PYTHONIOENCODING": ["cp932", "ascii", "latin-1:strict"],
    "PYTHONUTF8": ["0", "1"],
    "PYTHONCOERCECLOCALE": ["0"],
    "PYTHONOPTIMIZE": ["2"],
    "PYTHONWARNINGS": ["error", "default"],
    "PYTHONDEVMODE": [""],
    "COLUMNS": ["1", "0", "-5", "abc", "100000"],
    "TERM": ["", "dumb", "nonsense"],
    "NO_COLOR": ["1"],
    "FORCE_COLOR": ["1"],
    "HOME": ["/nonexistent", ""],
    "XDG_STATE_HOME": ["/dev/null", "relative", "/proc"],
    "XDG_CACHE_HOME": ["/dev/null"],
    "MPLCONFIGDIR": ["/dev/null"],
    "MPLBACKEND": ["nonsense", "TkAgg"],
    "TMPDIR": ["/nonexistent"],
    "TZ": ["nonsense", "Asia/Kathmandu"],
    "OMP_NUM_THREADS": ["1"],
    "SOURCE_DATE_EPOCH": ["0"],
}


class _Full(io.RawIOBase):
    """A stream on a full disk."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise OSError(28, "No space left on device")


class EnvironmentTrials(Trials):
    """Commands with odd encodings, streams and variables: no traceback, and the tables of an undisturbed run."""

    name = "environments"
    share = 300

    @cached_property
    def paths(self) -> dict[str, str]:
        study = write_small(self.place, BOTH, engine="sweep, evaluations: 2048, keep: 20", name="it",
                            more="question: Wie groß? 研究 ½ m²\n")  # fmt: skip
        bad = self.place / "bad.yaml"
        bad.write_text("architecture: starlink_büs\nobjectives: [maximize roi]\n", "utf-8")
        runner.run(Study.load(study), output=self.place / "done", draw=report.write)
        return {"study": str(study), "bad": str(bad), "done": str(self.place / "done"), "out": str(self.place / "out")}

    @cached_property
    def tables(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in Path(self.paths["done"]).glob("*/*/*.csv")}

    def attempt(self, rng: random.Random) -> None:
        paths = self.paths
        shutil.rmtree(paths["out"], ignore_errors=True)
        Path(paths["out"]).mkdir()
        arguments = [part.format(**paths) for part in rng.choice(COMMANDS)]
        variables = {
            name: rng.choice(values) for name, values in rng.sample(sorted(VARIABLES.items()), rng.randint(0, 3))
        }
        tables = self.tables
        if rng.random() < 0.15:
            code, messages, is_full = self.process(rng, arguments, variables)
        else:
            code, messages, is_full = self.call(rng, arguments, variables)
        if "Traceback (most recent" in messages:
            raise Wrong(f"{self.last}: {messages[-1500:]}")
        if code not in (0, 1, 2):
            raise Wrong(f"{self.last}: exit code {code}: {messages[-800:]}")
        folders = [path.parent for path in Path(paths["out"]).glob("*/*/run.json")]
        if arguments[0] == "run" and "bad.yaml" not in " ".join(arguments):
            if not is_full and code != 0:
                raise Wrong(f"{self.last}: exit code {code}: {messages[-800:]}")
            found = {path.name: path.read_bytes() for folder in folders for path in folder.glob("*.csv")}
            if found != tables:
                raise Wrong(f"{self.last}: other tables, or none: {messages[-800:]}")
        if code:
            raise Refused(messages)

    def call(self, rng: random.Random, arguments: list[str], variables: dict[str, str]) -> tuple[int, str, bool]:
        """The command in this process, with streams of its own; exit code, messages, and whether its output failed."""
        encoding, kind = rng.choice(ENCODINGS), rng.choice(["file", "file", "file", "file", "full", "none", "text"])
        self.last = f"{arguments} with {variables}, {encoding}, output {kind}"
        raw: Any = _Full() if kind == "full" else io.BytesIO()
        out: Any = {"none": None, "text": io.StringIO()}.get(kind, io.TextIOWrapper(raw, encoding=encoding))
        error = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        kept = sys.stdout, sys.stderr, sys.argv, dict(os.environ)
        sys.stdout, sys.stderr, sys.argv = out, error, ["sunfront", *arguments]
        os.environ.update(variables)
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        finally:
            sys.stdout, sys.stderr, sys.argv, environment = kept
            os.environ.clear()
            os.environ.update(environment)
        error.flush()
        messages = error.buffer.getvalue().decode(encoding, "replace")  # type: ignore[attr-defined]
        return code, messages, kind == "full"

    def process(self, rng: random.Random, arguments: list[str], variables: dict[str, str]) -> tuple[int, str, bool]:
        """The command in a process of its own."""
        kind = rng.choice(["pipe", "pipe", "full", "closed"])
        arguments = [part.encode("utf-8", "backslashreplace").decode() for part in arguments]
        self.last = f"process {arguments} with {variables}, output {kind}"
        call = [sys.executable, "-m", "sunfront.cli", *arguments]
        if kind == "closed":
            call = ["sh", "-c", 'exec "$@" >&-', "sh", *call]
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            done = subprocess.run(
                call, stdout=full if kind == "full" else subprocess.PIPE, stderr=subprocess.PIPE,
                env=os.environ | variables, stdin=subprocess.DEVNULL, timeout=120, check=False,
            )  # fmt: skip
        return done.returncode, done.stderr.decode("utf-8", "replace"), kind in ("full", "closed")
