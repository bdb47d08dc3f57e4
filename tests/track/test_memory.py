"""The memory of reported tracks: who is missed goes on for a moment, less surely; who left is gone; a perfect report is
the answer itself."""

from dataclasses import replace

import numpy as np
import pytest

from evpilot.track.memory import COAST, Memory, present
from evpilot.types import ObjectKind, Tracks, no_tracks, picked
from evpilot.types.kinds import State

TICK = 100_000_000
SPEED = 20.0


def report(t_ns: int, ids: tuple[int, ...] = (7, 3), brake: float = 0.0) -> Tracks:
    """Cars side by side at 20 m/s, which brake [m/s2]; all start at x = 0."""
    n, t = len(ids), t_ns * 1e-9
    state = np.zeros((n, 7))
    state[:, State.X] = SPEED * t - 0.5 * brake * t * t
    state[:, State.Y] = 4.0 * np.array(ids)
    state[:, State.SPEED], state[:, State.ACCEL] = SPEED - brake * t, -brake
    return Tracks(
        t_ns=t_ns,
        id=np.array(ids, np.int64),
        kind=np.full(n, int(ObjectKind.CAR), np.uint8),
        state=state,
        velocity=np.column_stack([state[:, State.SPEED], np.zeros(n)]),
        cov=np.zeros((n, 6, 6)),
        size=np.tile([4.5, 1.8], (n, 1)),
        age=np.full(n, t),
        signals=np.zeros(n, np.uint8),
        valid=np.ones(n, np.bool_),
    )


def told(ticks: int, drop: set[int], brake: float = 0.0) -> list[Tracks]:
    """What the memory says in each tick when car 3 is not in the reports of `drop`."""
    memory, out = Memory(), []
    for k in range(ticks):
        full = report(k * TICK, brake=brake)
        out.append(memory.update(picked(full, full.id != 3) if k in drop else full, k * TICK))
        out[-1].validate()
    return out


def test_perfect_reports_are_the_answer_itself() -> None:
    memory = Memory()
    for k in range(10):
        full = report(k * TICK)
        assert memory.update(full, k * TICK) is full


def unsaid(t_ns: int, ids: tuple[int, ...] = (7, 3), brake: float = 4.0, kind: ObjectKind = ObjectKind.CAR) -> Tracks:
    """`report` of a sensor that measures no accelerations."""
    full = report(t_ns, ids, brake)
    state = full.state.copy()
    state[:, State.ACCEL] = 0.0
    return replace(full, state=state, kind=np.full(len(ids), int(kind), np.uint8))


def test_who_is_reported_without_an_acceleration_brakes_as_his_speed_says() -> None:
    memory = Memory()
    memory.update(unsaid(0), 0)
    assert memory.update(unsaid(TICK), TICK).state[:, State.ACCEL] == pytest.approx([-4.0, -4.0])
    again = memory.update(unsaid(TICK), 2 * TICK)
    assert again.state[:, State.ACCEL] == pytest.approx([-4.0, -4.0]), "the same report once more"
    assert again.state[:, State.SPEED] == pytest.approx(SPEED - 0.8)
    stuck = replace(unsaid(3 * TICK), t_ns=TICK)
    assert memory.update(stuck, 2 * TICK).state[:, State.SPEED] == pytest.approx(SPEED - 1.2), "a clock that stands"
    memory.update(unsaid(2 * TICK), 2 * TICK)
    more = memory.update(unsaid(3 * TICK, (3, 9)), 3 * TICK)
    assert more.state[more.id == 3, State.ACCEL] == pytest.approx(-4.0)
    assert more.state[more.id == 9, State.ACCEL] == 0.0, "who is new has no earlier speed"


@pytest.mark.parametrize(
    ("kind", "brake"), [(ObjectKind.PEDESTRIAN, 4.0), (ObjectKind.CAR, 0.3), (ObjectKind.CAR, 30.0)]
)
def test_who_walks_or_hardly_changes_speed_or_impossibly_is_believed(kind: ObjectKind, brake: float) -> None:
    memory = Memory()
    for k in range(3):
        said = unsaid(k * TICK, brake=brake, kind=kind)
        assert memory.update(said, k * TICK) is said


def test_who_is_missed_brakes_on_as_he_did() -> None:
    steps = told(20, drop={10, 11, 12}, brake=3.0)
    for k in (10, 11, 12):
        truth = report(k * TICK, brake=3.0)
        assert steps[k].id.tolist() == [7, 3]
        assert steps[k].state[1] == pytest.approx(truth.state[1])
        assert steps[k].velocity[1] == pytest.approx(truth.velocity[1])
        assert steps[k].age[1] == pytest.approx(0.1 * k)


def test_the_longer_missed_the_less_sure_and_sure_again_once_seen() -> None:
    steps = told(20, drop={10, 11, 12})
    spread = [float(step.cov[1, 0, 0]) for step in steps]
    assert spread[9] == 0.0 < spread[10] < spread[11] < spread[12] and spread[13] == 0.0
    assert np.all(np.linalg.eigvalsh(steps[12].cov[1]) > -1e-12)


def test_who_leaves_is_gone_half_a_second_later() -> None:
    steps = told(30, drop=set(range(10, 30)))
    there = [3 in step.id for step in steps]
    assert there == [True] * (10 + round(COAST * 10)) + [False] * (20 - round(COAST * 10))


def test_a_ghost_of_three_frames_never_goes_on() -> None:
    assert 3 not in told(10, drop=set(range(10)) - {2, 3, 4})[5].id


def test_who_is_seen_now_and_then_stays() -> None:
    seen = {0, 4, 9, 13, 18, 22, 27, 31}
    steps = told(32, drop=set(range(32)) - seen)
    assert all(3 in step.id for step in steps[14:])


def test_no_report_at_all_and_one_that_is_repeated() -> None:
    memory = Memory()
    for k in range(6):
        memory.update(report(k * TICK), k * TICK)
    for k in (6, 7):
        assert memory.update(None, k * TICK).id.tolist() == [7, 3]
    memory, stale = Memory(), report(0)
    for k in range(6):  # one report, however often it is repeated, makes nobody sure
        assert memory.update(stale, k * TICK).state[0, State.X] == pytest.approx(SPEED * 0.1 * k)
    assert len(memory.update(no_tracks(6 * TICK), 6 * TICK)) == 0


def test_a_clock_that_goes_back_leaves_no_ghosts_of_the_future() -> None:
    memory = Memory()
    for k in range(6):
        memory.update(report(k * TICK), (50 + k) * TICK)
    for k in range(6):
        memory.update(replace(report(0), t_ns=(90 + k) * TICK), (90 + k) * TICK)
    assert len(memory.update(no_tracks(10 * TICK), 10 * TICK)) == 0


def test_an_old_report_is_brought_to_now() -> None:
    now = present(report(0, brake=3.0), 500_000_000)
    assert now.state[0] == pytest.approx(report(500_000_000, brake=3.0).state[0])
    assert present(report(0, brake=30.0), 2_000_000_000).state[0, State.SPEED] == 0.0


def test_all_go_on_as_plain_numpy_says() -> None:
    rng = np.random.default_rng(4)
    ids = tuple(range(60))
    old = replace(report(0, ids), state=rng.normal(0.0, 3.0, (60, 7)), velocity=rng.normal(0.0, 5.0, (60, 2)))
    old.state[::7, State.SPEED] = 0.0
    now = present(old, 400_000_000)
    speed = old.state[:, State.SPEED]
    after = speed + 0.4 * old.state[:, State.ACCEL]
    after[speed * after < 0.0] = 0.0
    share = np.divide(after, speed, out=np.ones(60), where=speed != 0.0)
    place = old.state[:, :2] + 0.2 * (1.0 + share[:, None]) * old.velocity
    turned = old.state[:, State.YAW] + 0.4 * old.state[:, State.YAW_RATE]
    yaw = np.arctan2(np.sin(turned), np.cos(turned))
    np.testing.assert_allclose(now.velocity, old.velocity * share[:, None], atol=1e-12)
    wanted = np.column_stack([place, old.state[:, 2], yaw, after, old.state[:, 5:]])
    np.testing.assert_allclose(now.state, wanted, atol=1e-12)
