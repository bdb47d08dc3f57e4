"""A drive comes back from its file bit by bit, and a broken file is named."""

import dataclasses
import math
import time

import numpy as np
import pytest

from evpilot import runlog
from evpilot.files import EvpilotError


def same(a, b, place="run"):
    """Every field equal to the bit, NaN included; arrays of one dtype, and writable."""
    assert type(a) is type(b), place
    if dataclasses.is_dataclass(a):
        for field in dataclasses.fields(a):
            same(getattr(a, field.name), getattr(b, field.name), f"{place}.{field.name}")
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), place
        assert a.tobytes() == b.tobytes(), place
        assert b.flags.writeable and b.flags.c_contiguous, place
    elif isinstance(a, tuple):
        assert len(a) == len(b), place
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{place}[{i}]")
    elif isinstance(a, float):
        assert np.float64(a).tobytes() == np.float64(b).tobytes(), place
    else:
        assert a == b, place


def with_frame(run, index, **changes):
    frames = list(run.frames)
    frames[index] = dataclasses.replace(frames[index], **changes)
    return dataclasses.replace(run, frames=tuple(frames))


def test_comes_back_identical(drive, tmp_path):
    path = tmp_path / "run.mcap"
    runlog.write(drive, path)
    again = runlog.read(path)
    same(runlog.canonical(drive), again)
    assert runlog.sha256(again) == runlog.sha256(drive)


def test_odd_values_come_back(drive, tmp_path):
    ego = drive.ego.copy()
    ego[0, 4:8] = math.nan, math.inf, -0.0, 5e-324
    ego[1, 4] = np.array([0x7FF8_0000_0000_BEEF], np.uint64).view(np.float64)[0]
    odd = dataclasses.replace(with_frame(drive, 1, decision=None, fault="raised 'ü\n<b>'"), ego=ego, frames=())
    odd = dataclasses.replace(odd, frames=with_frame(drive, 1, decision=None, fault="ü", plan_ms=math.nan).frames)
    runlog.write(odd, tmp_path / "run.mcap")
    same(runlog.canonical(odd), runlog.read(tmp_path / "run.mcap"))


def test_writing_twice_gives_the_same_bytes(drive, tmp_path):
    for name in ("a.mcap", "b.mcap"):
        runlog.write(drive, tmp_path / name)
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mcap", "b.mcap"]


def test_reduction_keeps_the_nearest_sixteen_and_the_cause(made):
    run = made.made_drive(seconds=0.5, cars=45)
    frame = run.frames[0]
    far = int(frame.decision.predictions.track_id[-1])
    trace = dataclasses.replace(frame.decision.trace, cause_id=far)
    run = with_frame(run, 0, decision=dataclasses.replace(frame.decision, trace=trace))
    kept = runlog.canonical(run)
    ids = kept.frames[0].decision.predictions.track_id
    all_, plan = frame.decision.predictions, frame.decision.trajectory
    ego = [[np.interp(t, plan.time, plan.pose[:, axis]) for axis in (0, 1)] for t in all_.time]
    away = {
        int(i): min(math.dist(p[:2], e) for mode in pose for p, e in zip(mode, ego, strict=True))
        for i, pose in zip(all_.track_id, all_.pose, strict=True)
    }
    nearest = sorted(away, key=lambda i: (away[i], i))
    assert sorted([far, *[i for i in nearest if i != far][:15]]) == list(ids)
    same(kept, runlog.canonical(kept))


def test_proposals_are_thinned_evenly_and_keep_the_chosen(made):
    run = made.made_drive(seconds=0.2, cars=3)
    decision = run.frames[0].decision
    trace = decision.trace
    many = dataclasses.replace(
        trace, xy=np.tile(trace.xy, (9, 1, 1)), cost=np.arange(360.0), rejection=np.tile(trace.rejection, 9)
    )
    run = with_frame(run, 0, decision=dataclasses.replace(decision, trace=many))
    kept = runlog.canonical(run).frames[0].decision.trace
    assert len(kept.cost) == 64
    assert np.count_nonzero(kept.rejection == 0) == np.count_nonzero(many.rejection == 0)
    assert np.diff(kept.cost).max() <= 12.0
    assert np.array_equal(kept.counts, trace.counts)


def test_hash_follows_what_was_done_and_nothing_else(drive):
    number = runlog.sha256(drive)
    header = dataclasses.replace(drive.header, machine={"cpu": "other"}, version="9.9")
    timing = with_frame(drive, 2, plan_ms=99.0)
    assert runlog.sha256(dataclasses.replace(timing, header=header)) == number
    ego = drive.ego.copy()
    ego[7, 3] = np.nextafter(ego[7, 3], 9.0)
    changed = [
        dataclasses.replace(drive, ego=ego),
        dataclasses.replace(drive, header=dataclasses.replace(drive.header, seed=2)),
        dataclasses.replace(drive, header=dataclasses.replace(drive.header, config={"dt": 0.2})),
        dataclasses.replace(drive, header=dataclasses.replace(drive.header, scenario_sha256="0" * 64)),
        with_frame(drive, 3, decision=None),
        dataclasses.replace(drive, frames=drive.frames[:-1]),
        dataclasses.replace(drive, outcome="time"),
    ]
    assert len({number, *map(runlog.sha256, changed)}) == len(changed) + 1


def test_quick_and_small(made, tmp_path):
    run = made.made_drive(seconds=20.0, cars=50)
    took = []
    for _ in range(2):
        start = time.process_time()
        runlog.write(run, tmp_path / "run.mcap")
        took.append(time.process_time() - start)
    assert min(took) < 0.5
    assert (tmp_path / "run.mcap").stat().st_size < 10e6


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_file_is_named(drive, tmp_path, share):
    path = tmp_path / "run.mcap"
    runlog.write(drive, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(EvpilotError, match=r"run\.mcap: .*") as caught:
        runlog.read(path)
    assert "\n" not in str(caught.value)


def test_no_flipped_bit_is_read_as_another_drive(drive, tmp_path):
    path = tmp_path / "run.mcap"
    runlog.write(drive, path)
    data, number = path.read_bytes(), runlog.sha256(drive)
    rng = np.random.default_rng(5)
    for at in rng.integers(0, len(data), 60):
        broken = bytearray(data)
        broken[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        try:
            again = runlog.read(path)
        except EvpilotError as error:
            assert str(error).startswith(str(path))
        else:
            assert runlog.sha256(again) == number


@pytest.mark.parametrize("junk", [b"", b"hello", b"\x89MCAP0\r\n", b"\x89MCAP0\r\n" * 9, b"\0" * 4096])
def test_other_files_are_named(tmp_path, junk):
    path = tmp_path / "other.mcap"
    path.write_bytes(junk)
    with pytest.raises(EvpilotError, match=r"other\.mcap"):
        runlog.read(path)


def test_forged_length_is_refused_before_it_is_read(drive, tmp_path):
    path = tmp_path / "run.mcap"
    runlog.write(drive, path)
    data = bytearray(path.read_bytes())
    data[9:17] = (2**40).to_bytes(8, "little")
    path.write_bytes(data)
    with pytest.raises(EvpilotError, match="limit"):
        runlog.read(path)


def test_missing_file_and_missing_folder(drive, tmp_path):
    with pytest.raises(EvpilotError, match="cannot be read"):
        runlog.read(tmp_path / "none.mcap")
    with pytest.raises(EvpilotError, match="cannot be written"):
        runlog.write(drive, tmp_path / "none" / "run.mcap")


def test_failed_write_leaves_the_old_file(drive, tmp_path):
    path = tmp_path / "run.mcap"
    runlog.write(drive, path)
    old = path.read_bytes()
    broken = dataclasses.replace(drive, ego=np.array([[object()]], dtype=object))
    with pytest.raises(EvpilotError, match="object"):
        runlog.write(broken, path)
    assert path.read_bytes() == old and [p.name for p in tmp_path.iterdir()] == ["run.mcap"]
