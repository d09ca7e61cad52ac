"""Measure how a sweep of studies/fleet_size.yaml grows with workers, and a cluster on this machine against processes.

python benchmarks/scale.py [designs] [repeats]      (default 2e7, 3)

The ways take turns, so that other work on the machine slows all of them. CPU seconds are those of all processes.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
import time
from pathlib import Path

from sunfront import engines
from sunfront.engines.cluster import cluster_at, cluster_pool
from sunfront.engines.context import Context
from sunfront.engines.settings import SweepSettings
from sunfront.engines.sweep.engine import BLOCK_SIZE, Sweep
from sunfront.study.study import Study

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"


def cpu() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def nothing(*_: object) -> None:
    """A task."""


def main() -> None:
    problem = Study.load(STUDY).problem
    designs = int(float(sys.argv[1])) if len(sys.argv) > 1 else 20_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    settings = SweepSettings(evaluations=designs)
    sweep = Sweep(problem, SweepSettings(evaluations=BLOCK_SIZE), 0, BLOCK_SIZE)
    start = time.process_time()
    block = sweep.evaluate_group(sweep.blocks)
    print(
        f"a block of {BLOCK_SIZE:,} designs: {time.process_time() - start:.2f} CPU s; the problem is "
        f"{len(pickle.dumps(problem)) / 1e3:.0f} kB, its answer {len(pickle.dumps(block)) / 1e3:.0f} kB"
    )
    ways = ["1 worker", "2 workers", "4 workers", "cluster of 2"]
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    work: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            count = int(way.split()[0]) if way[0].isdigit() else 2
            before = cpu()
            with cluster_at("local" if "cluster" in way else "", count) as address:
                start = time.perf_counter()
                engines.run(problem, settings, Context(0, count, cluster=address))
                seconds[way].append(time.perf_counter() - start)
            work[way].append(cpu() - before)
    for way in ways:
        least, used = min(seconds[way]), min(work[way])
        print(
            f"{way:12} {designs / least / 1e6:6.2f} million designs/s, {designs / used / 1e6:5.2f} million per CPU s; "
            f"{min(seconds['1 worker']) / least:.2f} times one worker"
        )
    print(f"cluster of 2 against 2 workers: {min(seconds['2 workers']) / min(seconds['cluster of 2']):.2f}")
    tasks = 1000
    with cluster_at("local", 2) as address, cluster_pool(address, nothing) as pool:
        pool.submit(nothing).result()
        start = time.perf_counter()
        for each in [pool.submit(nothing) for _ in range(tasks)]:
            each.result()
        print(f"a task that does nothing: {(time.perf_counter() - start) / tasks * 1e3:.2f} ms on the cluster")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
