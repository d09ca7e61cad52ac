"""A real dask cluster on the loopback: a scheduler and workers, each a process that can be killed."""

import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from unittest.mock import MagicMock

import pytest
from common import BOTH, write_roomy, write_small

from sunfront.engines.cluster import ClusterPool, cluster_at, cluster_pool
from sunfront.errors import UserError

pytest.importorskip("distributed")

SWEEP = "sweep, evaluations: 3000000, keep: 20"

#: A sweep over samples, and Sobol indices of a design.
SAMPLED, SOBOL = "sweep, evaluations: 20000, keep: 20", "sensitivity, method: sobol, samples: 32768"
SAMPLES = "uncertain: [compute_price, launch_markup]\nuncertainty: {samples: 1024}\n"
VALUES = ("altitude=600 km", "launch_cadence=12/year", "node_accelerators=85", "node_array_area=850 m^2")
VALUES += ("node_radiator_area=260 m^2", "nodes_per_launch=15")
DESIGN = [each for value in VALUES for each in ("--set", value)]

#: Engines that take ten seconds or more on a cluster of two workers, with objectives and uncertain parameters.
LASTING = {
    "sweep, evaluations: 100000000, keep: 20": (BOTH, ""),
    "pyomo, gap: 0.001 %, shells: 60": (BOTH, ""),
    "evolve, evaluations: 200000, population: 3000": (BOTH, ""),
    "sweep, evaluations: 100000, keep: 20": ("maximize p10 roi", SAMPLES),
    SOBOL: ("maximize roi", SAMPLES),
}


class Cluster:
    """A scheduler and two workers."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address, self.folder = f"tcp://127.0.0.1:{self.port}", folder
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(2)]

    def _start(self, *args):
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + args[0], *args[1:]],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start_scheduler(self):
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")

    def start_worker(self):
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def kill_worker(self):
        """Kill one, and start another in its place."""
        number = random.randrange(len(self.workers))
        self.workers[number].kill()
        self.workers[number].wait()
        self.workers[number] = self.start_worker()

    def restart(self):
        """Kill the scheduler, which takes the workers with it, and start all anew."""
        self.end()
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(2)]

    def end(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    found = Cluster(tmp_path)
    yield found
    found.end()


@contextmanager
def running(study, output, *options):
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from sunfront.cli import main; main()",
            "run",
            str(study),
            "--output",
            str(output),
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answer(study, output, *options):
    """What a command stores, see ``stored``."""
    with running(study, output, *options) as process:
        printed, _ = process.communicate(timeout=900)
    assert process.returncode == 0, printed
    return stored(output)


def stored(output):
    """The bytes of the tables of the only run, and what its record holds of a sensitivity."""
    (folder,) = output.glob("*/*")
    tables = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    return tables, json.loads((folder / "run.json").read_text())["sensitivity"]


SEARCHES = [
    "evolve, evaluations: 20000, population: 3000",
    "optuna, evaluations: 300, population: 20",
    "optuna, sampler: tpe, evaluations: 90, population: 30",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    [SWEEP, *(pytest.param(each, marks=pytest.mark.long) for each in ("pyomo, gap: 5 %", *SEARCHES))],
)
def test_the_front_is_that_of_this_machine(cluster, tmp_path, engine):
    study = write_roomy(tmp_path, engine) if engine in SEARCHES else write_small(tmp_path, BOTH, engine=engine)
    assert answer(study, tmp_path / "there", "--cluster", cluster.address) == answer(study, tmp_path / "here")


@pytest.mark.long
@pytest.mark.parametrize("engine", [SAMPLED, SOBOL])
def test_samples_on_a_cluster_are_those_of_this_machine(cluster, tmp_path, engine):
    """A sweep over samples, and Sobol indices."""
    objectives, options = ("maximize p10 roi", []) if engine == SAMPLED else ("maximize roi", DESIGN)
    study = write_small(tmp_path, objectives, engine=engine, more=SAMPLES)
    there = answer(study, tmp_path / "there", "--cluster", cluster.address, *options)
    assert there == answer(study, tmp_path / "here", *options)


@pytest.fixture
def far_host():
    """The name of a network namespace with the address 10.83.7.2; this machine is 10.83.7.1 there."""
    name = "sunfront-far"

    def ip(*args):
        subprocess.run(["ip", *args], check=True)

    if os.geteuid() or subprocess.run(["ip", "netns", "add", name], stderr=subprocess.DEVNULL).returncode:
        pytest.fail("needs root, iproute2 and the right to make network namespaces")
    try:
        ip("link", "add", "sunfront0", "type", "veth", "peer", "name", "sunfront1", "netns", name)
        ip("addr", "add", "10.83.7.1/24", "dev", "sunfront0")
        ip("link", "set", "sunfront0", "up")
        ip("-n", name, "addr", "add", "10.83.7.2/24", "dev", "sunfront1")
        ip("-n", name, "link", "set", "sunfront1", "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        ip("netns", "del", name)


@pytest.mark.long
def test_a_network_that_is_cut_for_twenty_seconds_costs_nothing(far_host, tmp_path):
    study = write_small(tmp_path, BOTH, engine="sweep, evaluations: 400000000, keep: 20")
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "10.83.7.1", "--port", "8786"]
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "tcp://10.83.7.1:8786"]
    worker += ["--nworkers", "2", "--nthreads", "1", "--no-dashboard"]
    scheduler = subprocess.Popen([*dask, "--no-dashboard"], **quiet)
    there = subprocess.Popen(["ip", "netns", "exec", far_host, *worker], **quiet)
    try:
        with running(study, tmp_path / "there", "--cluster", "tcp://10.83.7.1:8786") as process:
            while "feasible" not in (line := process.stdout.readline()):
                assert line, "ended before it was cut"
            subprocess.run(["ip", "link", "set", "sunfront0", "down"], check=True)
            time.sleep(20)
            assert process.poll() is None
            subprocess.run(["ip", "link", "set", "sunfront0", "up"], check=True)
            printed, _ = process.communicate(timeout=600)
        assert process.returncode == 0, printed
    finally:
        for each in (there, scheduler):
            each.terminate()
            each.wait()
    assert stored(tmp_path / "there") == answer(study, tmp_path / "here")


@pytest.mark.long
@pytest.mark.parametrize("engine", LASTING)
def test_workers_and_schedulers_die_and_nothing_is_lost(cluster, tmp_path, engine):
    objectives, more = LASTING[engine]
    altitude = "{low: 500 km, high: 800 km}"
    study = write_small(tmp_path, objectives, engine=engine, name="it", altitude=altitude, more=more)
    options = DESIGN if engine == SOBOL else []
    here = answer(study, tmp_path / "here", "--workers", "2", *options)
    random.seed(1)
    deaths = 0
    with running(study, tmp_path / "there", "--cluster", cluster.address, *options) as process:
        time.sleep(2)
        while process.poll() is None and deaths < 12:
            cluster.restart() if deaths in (2, 9) else cluster.kill_worker()
            deaths += 1
            time.sleep(random.uniform(0.5, 2))
        printed, _ = process.communicate(timeout=900)
    assert process.returncode == 0, printed
    print(f"{engine}: {deaths} deaths")
    assert deaths > 2
    assert stored(tmp_path / "there") == here


@pytest.mark.long
def test_whole_studies_side_by_side_outlive_a_worker_and_the_scheduler(cluster, tmp_path):
    """A folder of studies, one of which fails: the folders and the list of failures are those of this machine."""
    folder = tmp_path / "studies"
    folder.mkdir()
    for number in range(6):
        write_small(folder, BOTH, engine=f"sweep, evaluations: {3000000 + number}, keep: 20", name=f"s{number}")
    write_small(folder, BOTH, "node_mass <= 1 kg", engine="sweep, evaluations: 64, keep: 5", name="none")
    write_small(folder, "maximize rio", name="wrong")
    told = {}
    for place, options in (("here", ()), ("there", ("--cluster", cluster.address))):
        with running(folder, tmp_path / place, *options) as process:
            if place == "there":
                time.sleep(8)
                cluster.kill_worker()
                time.sleep(4)
                cluster.restart()
            printed, _ = process.communicate(timeout=900)
        assert process.returncode == 2, printed
        told[place] = [line for line in printed.splitlines() if " after " not in line and "report:" not in line]
    assert told["there"] == told["here"], told
    fronts = {
        place: {path.relative_to(tmp_path / place): path.read_bytes() for path in (tmp_path / place).rglob("*.csv")}
        for place in told
    }
    assert fronts["there"] == fronts["here"]
    assert len({path.parts[0] for path in fronts["here"]}) >= 6


@pytest.mark.long
def test_an_interrupted_batch_on_a_cluster_keeps_the_studies_that_have_ended(cluster, tmp_path):
    folder = tmp_path / "studies"
    folder.mkdir()
    write_small(folder, BOTH, engine="sweep, evaluations: 64, keep: 20", name="a")
    for name in ("b", "c"):
        write_small(folder, BOTH, engine="sweep, evaluations: 100000000, keep: 20", name=name)
    with running(folder, tmp_path / "out", "--cluster", cluster.address) as process:
        while not list((tmp_path / "out").glob("a/*/report.html")):
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130, printed
    assert "Traceback" not in printed
    assert "2 not run" in printed
    assert [path.parent.parent.name for path in (tmp_path / "out").glob("*/*/front.csv")] == ["a"]


@pytest.mark.long
def test_an_interrupted_run_on_a_cluster_keeps_what_it_has(cluster, tmp_path):
    study = write_small(tmp_path, BOTH, engine="sweep, evaluations: 100000000, keep: 20", name="it")
    with running(study, tmp_path / "out", "--cluster", cluster.address) as process:
        while "feasible" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1, printed
    assert "Traceback" not in printed
    assert list((tmp_path / "out").glob("*/*/front.csv"))


def test_no_scheduler_is_told(monkeypatch):
    monkeypatch.setattr("sunfront.engines.cluster.FIRST", 0.2)
    with pytest.raises(UserError, match="no dask scheduler answers at"):
        ClusterPool("tcp://127.0.0.1:1", b"")
    with pytest.raises(UserError, match="is no address of a dask scheduler"):
        ClusterPool("nonsense://", b"")


def test_a_scheduler_that_is_lost_while_its_workers_are_counted_is_looked_for_again(monkeypatch):
    class Client:
        def __init__(self, *answers):
            self.answers, self.is_closed = list(answers), False

        def wait_for_workers(self, count, timeout):
            pass

        def nthreads(self):
            if isinstance(answer := self.answers.pop(0), Exception):
                raise answer
            return answer

        def close(self, timeout):
            self.is_closed = True
            raise ConnectionResetError  # as one that was lost

    clients = [Client(ConnectionResetError()), Client(ConnectionResetError()), Client({"one": 1, "two": 1})]
    left = list(clients)
    monkeypatch.setattr("sunfront.engines.cluster._connect", lambda *_: left.pop(0))
    monkeypatch.setattr("time.sleep", lambda _: None)
    pool = ClusterPool("tcp://host:8786", b"")
    assert (pool.count, pool.connection) == (2, 1)
    assert [each.is_closed for each in clients] == [True, True, False]


def test_dask_does_not_log_while_a_pool_is_open(monkeypatch):
    monkeypatch.setattr("sunfront.engines.cluster._connect", lambda *_: MagicMock())
    logger = logging.getLogger("distributed.client")
    assert logger.isEnabledFor(logging.ERROR)
    with cluster_pool("tcp://host:8786", int):
        assert not logger.isEnabledFor(logging.ERROR)
    assert logger.isEnabledFor(logging.ERROR)


def test_an_address_is_taken_as_it_is():
    with cluster_at("tcp://host:8786", 2) as address:
        assert address == "tcp://host:8786"
