"""Faults amid runs: signals to the parent and to workers, full and read-only disks; then the same command once more.

By hand: ``python tests/fuzz/faults.py --kills 100 --disks 40 --seed 1``, or one signal to one engine:
``--engine scip --signals "kill -9" --kills 20 --disks 0``. A fault is wrong if the command shows a
traceback or hangs, leaves a process, leaves a run folder that is neither complete nor absent, or if the same command
does not then give the very tables of an undisturbed run, and remove what the fault left behind.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import BOTH, write_small
from plans import load_small

PROGRAM = Path(__file__).with_name("program.py")

#: Seconds after which a command counts as hanging, also on a busy machine.
PATIENCE = 600.0

#: Engines with their settings, and the number of workers; each solves for about two seconds, MAiNGO for ten.
ENGINES = {
    "sweep": ("sweep, evaluations: 2097152, keep: 20", 1),
    "sweep, two workers": ("sweep, evaluations: 2097152, keep: 20", 2),
    "evolve": ("evolve, evaluations: 20000", 1),
    "optuna": ("optuna, sampler: random, evaluations: 600", 1),
    "highs": ("pyomo, gap: 1 %, shells: 6", 1),
    "highs, two workers": ("pyomo, gap: 1 %, shells: 6", 2),
    "highs, one objective": ("pyomo, gap: 0.01 %, shells: 40", 1),
    "highs, a root": ("pyomo, gap: 1 %, shells: 6", 1),
    "scip": ("pyomo, solver: scip, gap: 10 %", 1),
    "scip, one objective": ("pyomo, solver: scip, gap: 1 %", 1),
    "maingo": ("pyomo, solver: maingo, gap: 1 %", 1),
    "sensitivity": ("sensitivity, reoptimize: {name: sweep, evaluations: 20000, keep: 10}", 1),
    "plan": ("plan", 1),
}

SIGNALS = {
    "kill -9": [signal.SIGKILL],
    "INT": [signal.SIGINT],
    "INT twice": [signal.SIGINT, signal.SIGINT],
    "TERM": [signal.SIGTERM],
    "HUP": [signal.SIGHUP],
}


@dataclass
class Reference:
    """An undisturbed run: its study, its tables, and the CPU time that it took."""

    study: Path
    workers: int
    tables: dict[str, bytes]
    seconds: float


@dataclass
class Campaign:
    """Counts of what was tried, and a line for each fault that was answered wrongly."""

    place: Path
    rng: random.Random
    signals: list[str] = field(default_factory=lambda: sorted(SIGNALS))
    references: dict[str, Reference] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    in_time: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def reference(self, engine: str) -> Reference:
        """Run an engine undisturbed, once."""
        if engine not in self.references:
            settings, workers = ENGINES[engine]
            altitude = "{choices: [600, 690], unit: km}" if "scip" in engine else "{low: 500 km, high: 800 km}"
            one = "one objective" in engine or engine == "maingo"
            objectives = "maximize roi" if one else "maximize irr" if engine == "highs, a root" else BOTH
            study = write_small(self.place, objectives, engine=settings, name="it", altitude=altitude)
            if engine == "plan":
                load_small(self.place, "maximize npv, minimize peak_funding")
                study = (self.place / "small.yaml").rename(study)
            if engine == "sensitivity":
                text = "architecture: starlink_bus\nobjectives: [maximize roi]\n"
                text += f"variables: {{altitude: {{low: 500 km, high: 800 km}}}}\nengine: {{name: {settings}}}\n"
                study.write_text(text, "utf-8")
            study = study.rename(self.place / f"{engine.replace(', ', '_').replace(' ', '_')}.yaml")
            output, start = self.place / f"{study.stem}.reference", ended_seconds()
            done = subprocess.run(command(study, output, workers), capture_output=True, text=True, timeout=PATIENCE)
            assert done.returncode == 0, f"{engine}: {done.returncode}: {done.stdout} {done.stderr}"
            self.references[engine] = Reference(study, workers, tables(output), ended_seconds() - start)
        return self.references[engine]

    def kill(self, engine: str) -> None:
        """Send signals to a run, or to a worker of it, at a random moment."""
        reference = self.reference(engine)
        name = self.rng.choice(self.signals)
        to_worker = reference.workers > 1 and self.rng.random() < 0.5
        kind = f"{name} to {'a worker' if to_worker else 'the parent'}"
        moment = self.rng.uniform(0.05, 1.1) * reference.seconds

        def disturb(process: subprocess.Popen[str]) -> None:
            while process.poll() is None and used_seconds(process.pid) < moment:
                time.sleep(0.05)
            self.in_time[kind] += process.poll() is None
            for number in SIGNALS[name]:
                targets = children(process.pid) if to_worker else [process.pid]
                if process.poll() is None and targets:
                    os.kill(self.rng.choice(targets), number)
                with_timeout(process, 0.2)

        self.check(kind, engine, f"after {moment:.2f} CPU s", disturb)

    def fill_disk(self, engine: str) -> None:
        """Let writing fail from a random moment on."""
        kind = self.rng.choice(["ENOSPC", "EROFS", "bytes"])
        number = int(10 ** self.rng.uniform(0, 6)) if kind == "bytes" else self.rng.randrange(1, 60)
        options = ["--bytes", str(number)] if kind == "bytes" else ["--error", kind, "--moment", str(number)]
        self.check({"bytes": "file size"}.get(kind, kind), engine, f"at {number}", lambda process: None, options)

    def check(
        self,
        kind: str,
        engine: str,
        when: str,
        disturb: Callable[[subprocess.Popen[str]], None],
        options: list[str] | None = None,
    ) -> None:
        reference, fault = self.reference(engine), f"{engine}: {kind} {when}"
        self.tried[kind] += 1
        output = Path(tempfile.mkdtemp(dir=self.place))
        mark = f"SUNFRONT_TRIAL={output.name}"
        call = command(reference.study, output, reference.workers)
        environment = os.environ | dict([mark.split("=")])
        process = subprocess.Popen(
            [*call, *(options or [])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
            start_new_session=True,
        )  # fmt: skip
        try:
            disturb(process)
            _, messages = process.communicate(timeout=PATIENCE)
            if "Traceback" in messages:
                self.wrong.append(f"{fault}: traceback: {messages[-1500:]}")
            if left := leftover_processes(mark):
                self.wrong.append(f"{fault}: processes left: {left}")
            self.wrong += [f"{fault}: {problem}" for problem in damage(output / reference.study.stem)]
            again = subprocess.run(call, capture_output=True, text=True, timeout=PATIENCE, env=environment)
            if again.returncode != 0:
                self.wrong.append(f"{fault}: then exit {again.returncode}: {again.stderr[-500:]}; before: {messages}")
            elif tables(output) != reference.tables:
                self.wrong.append(f"{fault}: other tables than undisturbed")
            if left := [path.name for path in (output / reference.study.stem).glob("*.*")]:
                self.wrong.append(f"{fault}: files left: {left}")
        except subprocess.TimeoutExpired:
            self.wrong.append(f"{fault}: hangs")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        shutil.rmtree(output)


def command(study: Path, output: Path, workers: int) -> list[str]:
    return [sys.executable, str(PROGRAM), str(study), str(output), "--workers", str(workers)]


def with_timeout(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait for a process, but not longer."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def ended_seconds() -> float:
    """CPU time of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def used_seconds(pid: int) -> float:
    """CPU time of a process and its workers so far; unlike time, it says how far a run has come on a busy machine."""
    ticks = 0
    for number in [pid, *children(pid)]:
        with suppress(OSError):
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # user and system, of the process and of those it waited for
    return ticks / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Worker processes of a process; its resource tracker is none."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (path.parent / "cmdline").read_bytes():
                found.append(int(path.parent.name))
        except (OSError, IndexError):
            continue
    return found


def leftover_processes(mark: str) -> list[str]:
    """Processes with a variable in their environment, after a moment in which they may end."""
    for _ in range(50):
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in path.read_bytes():
                    found.append((path.parent / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        if not found:
            return []
        time.sleep(0.1)
    return found


def tables(output: Path) -> dict[str, bytes]:
    """The tables of the one run in an output folder."""
    return {path.name: path.read_bytes() for path in output.glob("*/*/*.csv")}


def damage(runs: Path) -> list[str]:
    """What is wrong with the run folders after a fault."""
    from sunfront.errors import SunfrontError
    from sunfront.runs.plan_record import PLAN_FILE
    from sunfront.runs.plans import load_plan_run
    from sunfront.runs.results import Results

    problems = []
    for folder in runs.glob("*"):
        if ".partial" in folder.name or not folder.is_dir():
            continue
        try:
            (load_plan_run if (folder / PLAN_FILE).exists() else Results.load)(folder)
        except SunfrontError as error:
            problems.append(f"{folder.name} is not complete: {error}")
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--disks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=list(ENGINES), help="only this one")
    parser.add_argument("--signals", choices=list(SIGNALS), nargs="+", default=sorted(SIGNALS), help="only these")
    options = parser.parse_args()
    # A shell that starts this in the background lets it, and what it starts, ignore signals.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    names = [options.engine] if options.engine else list(ENGINES)
    with tempfile.TemporaryDirectory() as place, suppress(KeyboardInterrupt):
        campaign = Campaign(Path(place), random.Random(options.seed), options.signals)
        for number, attack in [*[(i, campaign.kill) for i in range(options.kills)],
                               *[(i, campaign.fill_disk) for i in range(options.disks)]]:  # fmt: skip
            before = len(campaign.wrong)
            attack(names[number % len(names)])
            for line in campaign.wrong[before:]:
                print(line, flush=True)
            print(f"{sum(campaign.tried.values())} tried, {len(campaign.wrong)} wrong", file=sys.stderr, flush=True)
    for engine, reference in campaign.references.items():
        print(f"{engine}: {reference.seconds:.1f} CPU s undisturbed")
    for kind, count in sorted(campaign.tried.items()):
        print(f"{kind}: {count}" + (f", {campaign.in_time[kind]} before the end" if kind in campaign.in_time else ""))
    print(f"{sum(campaign.tried.values())} faults, {len(campaign.wrong)} wrong")
    raise SystemExit(bool(campaign.wrong))


if __name__ == "__main__":
    main()
