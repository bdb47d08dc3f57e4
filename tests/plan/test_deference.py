"""Who must let us pass is expected to, where that is easy; who has priority is not."""

import math

import numpy as np
import pytest
from driving_scenes import CAR, actor, drive, scene
from planning_parts import box, briefing, crossing, ego_at

from evpilot.maps.index import LaneIndex
from evpilot.plan.arrays import Tables, stack_scalars
from evpilot.plan.columns import GRID, Entry
from evpilot.plan.deference import Deference, braking_before, owed_on, owes, stop_before
from evpilot.plan.entries import Entries
from evpilot.plan.road import Road
from evpilot.plan.spans import spans_on
from evpilot.types import LaneGraph, ObjectKind, Predictions, Priority, Tracks
from evpilot.types.state import Array

OURS = crossing(Priority.PRIORITY, Priority.YIELD)
NORTH = 0.5 * math.pi


def expected(
    graph: LaneGraph, other: Array, kind: ObjectKind = ObjectKind.CAR, prob: float = 1.0
) -> tuple[Array, list[int], float]:
    """The predicted box of one who comes, so probably, as deference leaves it, the entries whose box it changed, and
    how probable the box is then."""
    ego, half = ego_at(60.0, speed=10.0), 0.5 * CAR.width
    ways = Road(briefing(graph), LaneIndex(graph)).ways(ego)
    state = np.array([[*other[0, :2], 0.0, NORTH, other[0, Entry.SPEED], 0.0, 0.0]])
    tracks = Tracks(
        t_ns=0, id=np.array([1]), kind=np.array([kind], np.uint8), state=state,
        velocity=np.array([[0.0, other[0, Entry.SPEED]]]), cov=np.zeros((1, 6, 6)), size=np.array([[4.5, 1.8]]),
        age=np.ones(1), signals=np.zeros(1, np.uint8), valid=np.ones(1, np.bool_),
    )  # fmt: skip
    knots = np.linspace(0.0, 8.0, 11)
    pose = np.zeros((1, 1, 11, 4))
    pose[0, 0, :, 0], pose[0, 0, :, 1] = (np.interp(knots, GRID, other[:, k]) for k in (0, 1))
    pose[0, 0, :, 3] = NORTH
    told = Predictions(
        t_ns=0, track_id=tracks.id, time=knots, pose=pose, pos_cov=np.zeros((1, 1, 11, 2, 2)),
        prob=np.full((1, 1), prob),
    )  # fmt: skip
    entries = Entries(tracks, told, ego, np.ones(1, np.bool_))
    table, (corridors, _) = Tables().stack(ways), stack_scalars(ways, [])
    spans, near = np.empty((len(ways), 1, len(GRID), 5)), np.empty((len(ways), 2), np.int64)
    spans_on(entries.box, entries.half, entries.level, corridors, table, spans, near)
    drives = np.array([kind == ObjectKind.CAR])
    found = Deference(graph).expect(ways[0], spans[0], entries, drives, half)
    return entries.box[0], found.tolist(), float(entries.prob[0])


def coming(y: float, speed: float = 10.0) -> Array:
    return box(100.0, y, 0.0, speed, yaw=NORTH)


def test_who_must_let_us_pass_stops_before_our_way() -> None:
    other, changed, _ = expected(OURS, coming(-40.0))
    assert changed == [0]
    assert other[-1, Entry.Y] + 2.25 < -0.5 * CAR.width
    assert other[-1, Entry.SPEED] == 0.0
    assert other[10, Entry.Y] == pytest.approx(-30.0)  # and comes as predicted until then


@pytest.mark.parametrize(
    ("graph", "other", "kind"),
    [
        (crossing(), coming(-40.0), ObjectKind.CAR),  # we must let it pass
        (crossing(Priority.ALL_WAY_STOP, Priority.ALL_WAY_STOP), coming(-40.0), ObjectKind.CAR),  # who is first goes
        (OURS, coming(-16.0), ObjectKind.CAR),  # it would have to brake hard by now
        (OURS, coming(-5.0, 3.0), ObjectKind.CAR),  # it is as good as in our way
        (OURS, coming(-40.0), ObjectKind.BICYCLE),
    ],
)
def test_all_others_are_expected_as_predicted(graph: LaneGraph, other: Array, kind: ObjectKind) -> None:
    after, changed, prob = expected(graph, other, kind)
    assert changed == [] and prob == 1.0
    np.testing.assert_allclose(after[:, Entry.Y], other[:, Entry.Y], atol=1e-6)


def test_where_both_must_let_pass_nobody_owes_it() -> None:
    graph = crossing(Priority.ALL_WAY_STOP, Priority.ALL_WAY_STOP)
    way = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(60.0))[0]
    assert not len(owed_on(graph, way))
    assert len(owed_on(OURS, Road(briefing(OURS), LaneIndex(OURS)).ways(ego_at(60.0))[0]))


def test_who_may_be_on_a_way_with_priority_is_not_expected_to_wait() -> None:
    there, owed, goes_first = coming(-40.0)[24], [90.0, 110.0, NORTH, 1.0], [92.0, 108.0, NORTH + 0.3, 0.0]
    span = np.array([99.0, 101.0, -1.0, 1.0, 0.0])
    assert owes(np.array([owed]), span, there)
    assert not owes(np.array([owed, goes_first]), span, there)
    assert owes(np.array([owed, [92.0, 108.0, NORTH + 2.0, 0.0]]), span, there)
    assert not owes(np.array([owed]), span + 30.0, there)


def test_trust_in_who_must_brake_firmly_fades_and_is_not_lost_all_at_once() -> None:
    shares = [expected(OURS, coming(-y))[2] for y in (28.0, 24.0, 20.0, 16.0)]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert 0.0 < shares[1] < 0.6 and max(np.diff(shares)) < 0.5


def test_who_does_not_brake_for_us_and_may_go_elsewhere_mostly_does() -> None:
    """With one chance in four that he comes our way, the car braked at 9 m/s2 for who went straight on."""
    after = [expected(OURS, coming(-16.0), prob=prob)[2] for prob in (0.25, 0.5, 0.9, 1.0)]
    assert after[0] < 0.1 and after[1] < 0.25  # as if one in four of those who must let us pass did not
    assert 0.6 < after[2] < 0.8 and after[3] == 1.0


def test_a_box_stops_before_our_way() -> None:
    far = coming(-40.0)
    assert braking_before(far, 24) == pytest.approx(100.0 / (2.0 * 24.0), rel=0.1)
    stop_before(far, 24)
    assert far[-1, Entry.Y] == pytest.approx(-15.0, abs=1.1) and far[-1, Entry.SPEED] == 0.0
    assert braking_before(far, 1) == math.inf
    far[:, Entry.SPEED] = 0.0
    assert braking_before(far, 1) == 0.0


def test_nobody_slows_down_for_who_waits_for_him() -> None:
    waits = actor(1, (100.0, -11.0), (0.0, 5.0), wait=30.0)
    run = drive(scene(OURS, waits, speed=12.0, seconds=9.0))
    speeds = [frame.truth.ego.speed for frame in run.frames]
    assert min(speeds) > 11.0


def test_who_set_off_before_us_where_all_must_stop_is_not_expected_to_let_us_pass() -> None:
    # from our left: among those who stopped together it is for him to wait
    graph = crossing(Priority.ALL_WAY_STOP, Priority.ALL_WAY_STOP, southwards=True)
    at_line = np.array([91.3 - 0.5 * CAR.length, 0.0, 0.0, 0.0])
    run = drive(scene(graph, actor(3, (100.0, 9.5), (0.0, -1.5)), speed=0.0, start=at_line, seconds=10.0))
    accel = [frame.truth.ego.accel[0] for frame in run.frames]
    assert min(accel) > -2.5
    assert max(frame.truth.ego.speed for frame in run.frames) > 3.0  # and behind him it goes on
