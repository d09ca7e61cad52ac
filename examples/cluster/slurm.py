"""Run a study on the nodes of a Slurm cluster: ``python examples/cluster/slurm.py [--print]``.

It runs on a login node, in an environment that all nodes see: ``pip install 'sunfront[cluster]' dask-jobqueue``. With
``--print`` it submits nothing and prints the script that it would submit for each node.
"""

from __future__ import annotations

import sys

from dask_jobqueue import SLURMCluster

import sunfront

NODES, CORES = 8, 64


def main() -> None:
    """Start the workers, run the study, end the workers."""
    with SLURMCluster(
        queue="compute",
        cores=CORES,
        processes=CORES,  # one thread each: a study computes with numpy and solvers of one thread
        memory=f"{2 * CORES} GiB",
        walltime="08:00:00",
    ) as cluster:
        if "--print" in sys.argv:
            print(cluster.job_script())
            return
        cluster.scale(jobs=NODES)
        cluster.wait_for_workers(1)
        print(sunfront.run("fleet_size", cluster=cluster.scheduler_address))


if __name__ == "__main__":
    main()
