"""Measure how a sweep of studies/fleet_size.yaml grows with workers, and a cluster on this machine against processes.

python benchmarks/scale.py [designs] [repeats]      (default 1e8, 2)

It takes two minutes with the extra `fast`; without it, give 2e7.

The ways take turns, so that other work on the machine slows all of them. What a way takes for a fifth of the designs is
subtracted, so that the start of its processes does not count. CPU seconds are those of all processes.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
import time
from multiprocessing import active_children
from pathlib import Path
from statistics import median

from sunfront import engines
from sunfront.engines.cluster import cluster_at, cluster_pool
from sunfront.engines.context import Context
from sunfront.engines.settings import SweepSettings
from sunfront.engines.sweep.engine import BLOCK_SIZE, Sweep
from sunfront.problem.problem import Problem
from sunfront.study.study import Study

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"


def cpu() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def taken(problem: Problem, designs: int, count: int, cluster: str) -> tuple[float, float]:
    """Seconds of a sweep, and CPU seconds with the start and the end of its processes."""
    before = cpu()
    with cluster_at(cluster, count) as address:
        start = time.perf_counter()
        engines.run(problem, SweepSettings(evaluations=designs), Context(0, count, cluster=address))
        seconds = time.perf_counter() - start
    while active_children():  # a pool lets its processes end by themselves, and their CPU seconds count from then
        time.sleep(0.05)
    return seconds, cpu() - before


def main() -> None:
    problem = Study.load(STUDY).problem
    designs = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    sweep = Sweep(problem, SweepSettings(evaluations=BLOCK_SIZE), 0, BLOCK_SIZE)
    start = time.process_time()
    block = sweep.evaluate_groups(sweep.groups)
    print(
        f"a block of {BLOCK_SIZE:,} designs: {time.process_time() - start:.2f} CPU s; the problem is "
        f"{len(pickle.dumps(problem)) / 1e3:.0f} kB, its answer {len(pickle.dumps(block)) / 1e3:.0f} kB"
    )
    ways = ["1 worker", "2 workers", "4 workers", "cluster of 2"]
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    less = designs // 5
    for _ in range(repeats):
        for way in ways:
            count, cluster = (2, "local") if "cluster" in way else (int(way.split()[0]), "")
            short, long = (taken(problem, each, count, cluster) for each in (less, designs))
            found[way].append((long[0] - short[0], long[1] - short[1]))
    for way in ways:
        wall, work = (median(each) for each in zip(*found[way], strict=True))
        rate = (designs - less) / 1e6
        print(f"{way:12} {rate / wall:6.2f} million designs/s, {rate / work:5.2f} million per CPU s")
    for other in ("1 worker", "2 workers"):
        pairs = [(a[0] / b[0], a[1] / b[1]) for a, b in zip(found[other], found["cluster of 2"], strict=True)]
        wall, work = (median(each) for each in zip(*pairs, strict=True))
        print(f"cluster of 2 against {other}, median of {repeats} pairs: {wall:.2f} by time, {work:.2f} by CPU seconds")
    tasks = 1000
    with cluster_at("local", 2) as address, cluster_pool(address, int) as pool:
        pool.submit(int).result()
        start = time.perf_counter()
        for each in [pool.submit(int) for _ in range(tasks)]:
            each.result()
        print(f"a task that does nothing: {(time.perf_counter() - start) / tasks * 1e3:.2f} ms on the cluster")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
