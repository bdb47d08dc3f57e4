"""Ray gives the table that local processes give, on two nodes, and a case that dies or hangs costs no other."""

import sys
from pathlib import Path

import pytest

from evpilot.sweep.engine import Runner, run

sys.path.insert(0, str(Path(__file__).parent))
import trivial
from trivial import Trivial, jobs

cluster_utils = pytest.importorskip("ray.cluster_utils", reason='needs Ray: pip install "evpilot[ray]"')


@pytest.fixture(scope="module")
def address():
    import os

    import ray

    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


@pytest.mark.slow
def test_two_nodes_give_the_table_of_one_process(address, tmp_path):
    cases = [*jobs(120), Trivial("deadly"), Trivial("raises"), *[Trivial(f"after-{k}", k) for k in range(5)]]
    here = run(cases, trivial.made, tmp_path / "here", {}, Runner())
    there = run(cases, trivial.made, tmp_path / "there", {}, Runner(workers=2, ray=address))
    said = {row["key"]: row["error"] for row in there.to_pylist() if row["error"]}
    assert said["deadly"].startswith("ChildProcessError: the process that drove it")
    assert said["raises"] == "ZeroDivisionError: one by nothing"
    assert there.drop_columns(["error"]).equals(here.drop_columns(["error"]))


@pytest.mark.slow
def test_a_case_that_hangs_is_ended(address, tmp_path):
    cases = [*jobs(2), Trivial("hangs")]
    table = run(cases, trivial.made, tmp_path, {}, Runner(workers=1, ray=address, budget=3.0))
    assert [row["error"] for row in table.to_pylist()] == ["", "", "took longer than 3 s"]
