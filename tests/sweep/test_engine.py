"""A sweep loses no acknowledged row and doubles none, whatever kills it, and its table does not depend on how it was
run."""

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evpilot.files import EvpilotError
from evpilot.sweep import store as storing
from evpilot.sweep import workers
from evpilot.sweep.engine import Runner, merge, read_results, run
from evpilot.sweep.store import Store, live_parts, read_parts
from evpilot.sweep.table import joined, table_of, table_sha256
from evpilot.vehicle import platforms

sys.path.insert(0, str(Path(__file__).parent))
import trivial
from trivial import Trivial, jobs

PROGRAM = [sys.executable, str(Path(trivial.__file__))]
CONDITIONS: dict[str, object] = {"what": "trivial"}


def swept(folder: Path, count: int = 60, **how: object):
    return run(jobs(count), trivial.made, folder, CONDITIONS, Runner(**how))  # pyright: ignore[reportArgumentType]


def test_the_table_is_the_same_under_one_and_two_workers_and_in_shards(tmp_path: Path) -> None:
    one = swept(tmp_path / "one")
    two = swept(tmp_path / "two", workers=2)
    for index in (1, 2, 3):
        swept(tmp_path / str(index), shard=f"{index}/3")
    whole = merge([tmp_path / "3", tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    assert one["key"].to_pylist() == [job.key for job in jobs(60)]
    assert one["number"].to_pylist() == list(range(60))
    assert one.equals(two) and one.equals(whole.select(one.column_names))
    assert one.equals(pq.read_table(tmp_path / "merged" / "results.parquet").select(one.column_names))
    assert table_sha256(one) == table_sha256(whole)
    assert set(one["threads"].to_pylist()) == {"1"}


def test_shards_that_do_not_make_a_whole_are_refused(tmp_path: Path) -> None:
    for index in (1, 2):
        swept(tmp_path / str(index), shard=f"{index}/3")
    with pytest.raises(EvpilotError, match="20 of 60 cases are in no shard"):
        merge([tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    with pytest.raises(EvpilotError, match="in more than one shard"):
        merge([tmp_path / "1", tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    run(jobs(60), trivial.made, tmp_path / "3", {"what": "other"}, Runner(shard="3/3"))
    with pytest.raises(EvpilotError, match="another sweep"):
        merge([tmp_path / "1", tmp_path / "2", tmp_path / "3"], tmp_path / "merged")


def test_a_case_that_dies_hangs_or_raises_is_a_row_with_its_reason(tmp_path: Path) -> None:
    bad = [Trivial(name) for name in ("deadly", "hangs", "raises", "nan")]
    cases = [*jobs(4), *bad, *[Trivial(f"after-{k}", k) for k in range(4)]]
    table = run(cases, trivial.made, tmp_path, CONDITIONS, Runner(workers=2, budget=2.0))
    said = {row["key"]: row["error"] for row in table.to_pylist() if row["error"]}
    assert said == {
        "deadly": "ChildProcessError: the process that drove it ended with code 9",
        "hangs": "took longer than 2 s",
        "raises": "ZeroDivisionError: one by nothing",
        "nan": "ValueError: value is not a number",
    }
    assert len(table) == len(cases)


def test_a_folder_that_no_sweep_has_written_is_refused_and_kept(tmp_path: Path) -> None:
    foreign = tmp_path / "out" / "parts" / "mine"
    foreign.mkdir(parents=True)
    (foreign / "notes.txt").write_text("kept")
    with pytest.raises(EvpilotError, match="choose another --out"):
        swept(tmp_path / "out")
    assert (foreign / "notes.txt").read_text() == "kept"


def test_work_that_cannot_be_made_ends_the_sweep_in_one_line(tmp_path: Path) -> None:
    make = partial(platforms.load, "no_such_car")
    with pytest.raises(EvpilotError, match="no_such_car"):
        run(jobs(3), make, tmp_path, CONDITIONS, Runner())


@pytest.mark.parametrize("attempt", range(3))
def test_kills_at_random_moments_lose_and_double_nothing(attempt: int, tmp_path: Path) -> None:
    acknowledged = tmp_path / "acknowledged"
    command = [*PROGRAM, str(tmp_path / "swept"), "400", "2", str(acknowledged), "0.005"]
    rng = random.Random(attempt)
    for _ in range(3):
        sweep = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.3, 2.5))
        sweep.send_signal(signal.SIGKILL)
        sweep.wait()
        said = acknowledged.read_text().splitlines() if acknowledged.is_file() else []
        there = read_parts(tmp_path / "swept")
        kept = there["key"].to_pylist() if len(there) else []
        assert set(said) <= set(kept), "an acknowledged row was lost"
        assert len(kept) == len(set(kept))
    subprocess.run(command, check=True, timeout=200)
    assert read_results(tmp_path / "swept").equals(swept(tmp_path / "whole", 400))


def test_a_worker_whose_sweep_was_killed_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    spawned = multiprocessing.get_context("spawn")
    ours, theirs = spawned.Pipe()
    worker = spawned.Process(target=workers._serve, args=(theirs, trivial.made))
    worker.start()
    theirs.close()
    ours.close()
    worker.join(60.0)
    assert worker.exitcode == 0 and capfd.readouterr().err == ""


FULL = """
import resource, sys
sys.path.insert(0, {tests!r})
sys.argv = ["trivial", *{arguments!r}]
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
import trivial
from evpilot.files import EvpilotError
try:
    trivial.main()
except EvpilotError as error:
    print(error)
"""


def test_a_disk_that_takes_no_more_stops_the_sweep_in_one_line_and_it_is_resumed(tmp_path: Path) -> None:
    acknowledged = tmp_path / "acknowledged"
    arguments = [str(tmp_path / "swept"), "4000", "1", str(acknowledged)]
    script = FULL.format(tests=str(Path(__file__).parent), arguments=arguments, limit=6000)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200)
    assert "File too large" in done.stdout and "--resume" in done.stdout, done.stderr
    said = acknowledged.read_text().splitlines() if acknowledged.is_file() else []
    there = read_parts(tmp_path / "swept")
    assert set(said) <= set(there["key"].to_pylist() if len(there) else [])
    subprocess.run([*PROGRAM, *arguments], check=True, timeout=200)
    assert read_results(tmp_path / "swept").equals(swept(tmp_path / "whole", 4000))


def test_many_parts_become_few_and_hold_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "MERGE_AT", 3)
    rows = [{"key": f"k{n}", "number": n, "x": n if n % 2 else None, "s": "a" if n == 7 else n} for n in range(30)]
    with Store(tmp_path, CONDITIONS, 30) as store:
        for row in rows:
            store.add(row)
            assert store.flush() == [row]
        table = store.table()
    assert len(live_parts(tmp_path)) < 8
    assert table.equals(joined([table_of(rows)]))
    assert table["s"].to_pylist()[6:8] == ["6.0", "a"]


def test_a_merged_part_takes_the_place_of_those_in_it_even_where_a_kill_left_them(tmp_path: Path) -> None:
    with Store(tmp_path, CONDITIONS, 4) as store:
        for n in range(4):
            store.add({"key": f"k{n}", "number": n})
            store.flush()
        left = {part.name: (store.parts_folder / part.name).read_bytes() for part in store.parts[:3]}
        storing.MERGE_AT, before = 4, storing.MERGE_AT
        store._merge(0)
        storing.MERGE_AT = before
    for name, data in left.items():
        (tmp_path / "parts" / name).write_bytes(data)
    (tmp_path / "parts" / ".0-0000005-0000005.parquet.half").write_bytes(b"PAR1")
    with Store(tmp_path, CONDITIONS, 4, resume=True) as store:
        assert sorted(store.table()["key"].to_pylist()) == ["k0", "k1", "k2", "k3"]
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["1-0000001-0000004.parquet"]


def test_a_sweep_of_other_conditions_or_in_use_is_not_taken_over(tmp_path: Path) -> None:
    with Store(tmp_path, CONDITIONS, 1) as store:
        store.add({"key": "a", "number": 0})
        store.flush()
        with pytest.raises(EvpilotError, match="another sweep is writing"):
            Store(tmp_path, CONDITIONS, 1, resume=True)
    with pytest.raises(EvpilotError, match="another what"):
        Store(tmp_path, {"what": "else"}, 1, resume=True)
    assert read_parts(tmp_path)["key"].to_pylist() == ["a"]
    with Store(tmp_path, {"what": "else"}, 1) as store:
        assert not store.done


@pytest.mark.parametrize(
    ("how", "told"),
    [({"workers": 0}, "1 or more"), ({"shard": "3/2"}, "1/4"), ({"shard": "x"}, "1/4"), ({"budget": 0.0}, "over 0 s")],
)
def test_bad_values_are_refused(how: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(EvpilotError, match=told):
        swept(tmp_path, **how)


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvpilotError, match="same name"):
        run([*jobs(1), *jobs(1)], partial(trivial.made), tmp_path, CONDITIONS, Runner())
