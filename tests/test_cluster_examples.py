"""The examples of clusters are what dask's own deployers accept: pip install dask-kubernetes dask-jobqueue."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from common import ROOT

EXAMPLES = ROOT / "examples" / "cluster"

pytestmark = pytest.mark.long


def documents():
    return {part["kind"]: part for part in yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text("utf-8"))}


def operator_schema():
    """The operator's schema of a cluster. What it takes from Kubernetes, pods and services, is checked below."""
    operator = pytest.importorskip("dask_kubernetes.operator")
    path = Path(operator.__file__).parent / "customresources" / "templates.yaml"
    text = path.read_text("utf-8").replace("python://dask_kubernetes/operator/customresources/templates.yaml#", "#")
    definitions = yaml.safe_load(text)["definitions"]

    def closed(schema):
        if isinstance(schema, list):
            return [closed(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if str(schema.get("$ref", "")).startswith("python:"):
            return {}
        own = {"additionalProperties": False} if "properties" in schema else {}
        return {key: closed(value) for key, value in schema.items()} | own

    cluster = closed(definitions["dask.k8s.api.v1.DaskCluster"])
    cluster["properties"] |= {"apiVersion": {"const": "kubernetes.dask.org/v1"}, "kind": {}, "metadata": {}}
    return cluster | {"definitions": closed(definitions)}


def test_the_operator_accepts_the_cluster():
    schema, cluster = operator_schema(), documents()["DaskCluster"]
    jsonschema.validate(cluster, schema)
    cluster["spec"]["worker"]["replica"] = 64
    with pytest.raises(jsonschema.ValidationError, match="replica"):
        jsonschema.validate(cluster, schema)


@pytest.mark.parametrize(
    ("kind", "keys", "model"),
    [
        ("Job", (), "V1Job"),
        ("PersistentVolumeClaim", (), "V1PersistentVolumeClaim"),
        ("DaskCluster", ("spec", "worker", "spec"), "V1PodSpec"),
        ("DaskCluster", ("spec", "scheduler", "spec"), "V1PodSpec"),
        ("DaskCluster", ("spec", "scheduler", "service"), "V1ServiceSpec"),
    ],
)
def test_kubernetes_knows_every_key(kind, keys, model):
    """Its client drops what it does not know, and refuses what lacks a required key."""
    client = pytest.importorskip("kubernetes.client")
    part = documents()[kind]
    for key in keys:
        part = part[key]
    api = client.ApiClient()
    known = api.deserialize(json.dumps(part), model, "application/json")
    assert api.sanitize_for_serialization(known) == part


def test_slurm_gets_a_script_with_a_worker_for_each_core(monkeypatch, capsys):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setattr(sys, "argv", ["slurm.py", "--print"])
    runpy.run_path(str(EXAMPLES / "slurm.py"), run_name="__main__")
    script = capsys.readouterr().out
    for line in ("#SBATCH -p compute", "#SBATCH --cpus-per-task=64", "#SBATCH --mem=128G", "#SBATCH -t 08:00:00"):
        assert line in script
    assert "--nthreads 1 " in script
    assert "--nworkers 64 " in script
