"""The death of a worker process costs the case that killed it, and no other."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, os
from evpilot.sweep.case import Case
from evpilot.sweep.settings import Settings
from evpilot.sweep.workers import run_all

def work(case, settings):
    if case.name == "deadly":
        os._exit(9)
    if case.name == "broken":
        raise ZeroDivisionError("one by nothing")
    return {"case": case.name, "error": "", "threads": os.environ["OMP_NUM_THREADS"]}

if __name__ == "__main__":
    names = ["a", "deadly", "b", "broken", "c", "d"]
    cases = [Case(name=name, scenario=name, sha256="", seed=0) for name in names]
    print(json.dumps(list(run_all(cases, Settings(), 2, work))))
"""


def test_only_the_case_that_kills_its_process_is_lost(tmp_path: Path) -> None:
    script = tmp_path / "sweep.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=400)
    rows = {row["case"]: row for row in json.loads(done.stdout)}
    assert {name: row["error"] for name, row in rows.items()} == {
        "a": "",
        "b": "",
        "c": "",
        "d": "",
        "deadly": "ChildProcessError: the process that drove it died",
        "broken": "ZeroDivisionError: one by nothing",
    }
    assert rows["a"]["threads"] == "1"
