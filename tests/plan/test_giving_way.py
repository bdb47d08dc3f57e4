"""Nose to nose beside parked cars the car backs to where the other gets by, waits until he has, and goes on."""

import math
from dataclasses import replace

import numpy as np
import pytest
from driving_scenes import CAR
from planning_parts import briefing, ego_at, seen
from test_backing import after
from test_detour import street

from evpilot.guard.validator import Validator
from evpilot.maps.index import LaneIndex
from evpilot.plan.giving_way import Retreat
from evpilot.plan.planner import Planner
from evpilot.plan.reverse import Reverse
from evpilot.predict.predictor import Predictor
from evpilot.types import ROAD, EgoState, ObjectKind, Tracks

PERIOD = 0.5  # [s]
ROW = tuple(60.0 + 6.0 * k for k in range(4))  # [m] where parked cars stand in our lane
FRONT = CAR.rear_to_center + 0.5 * CAR.length
OTHER, SIZE = 3.1, (4.5, 1.8)  # [m] how far left he comes, and his box


def world(x: float, speed: float, t_ns: int, behind: float | None) -> Tracks:
    """The parked row, id 0.., who comes at x with a speed, id 10, and one who stands behind us, id 11."""
    places = [(place, -0.6, 0.0, 0.0) for place in ROW] + [(x, OTHER, math.pi, speed)]
    places += [(behind, 0.3, 0.0, 0.0)] if behind is not None else []
    n, row = len(places), len(ROW)
    state = np.array([[px, py, 0.0, yaw, v, 0.0, 0.0] for px, py, yaw, v in places])
    kind = np.array([ObjectKind.PARKED] * row + [ObjectKind.CAR] * (n - row), np.uint8)
    velocity = state[:, 4:5] * np.column_stack([np.cos(state[:, 3]), np.sin(state[:, 3])])
    return Tracks(
        t_ns=t_ns, id=np.array([*range(row), 10, 11][:n]), kind=kind, state=state, velocity=velocity,
        cov=np.zeros((n, 6, 6)), size=np.full((n, 2), SIZE), age=np.full(n, 9.0), signals=np.zeros(n, np.uint8),
        valid=np.ones(n, np.bool_),
    )  # fmt: skip


def lets_pass(ego: EgoState, x: float) -> bool:
    """Whether who comes at x gets past our car."""
    px, py, _, yaw = ego.pose.tolist()
    corners = [py + along * math.sin(yaw) + 0.5 * CAR.width * math.cos(yaw) for along in (FRONT, FRONT - CAR.length)]
    return max(corners) < OTHER - 0.5 * SIZE[1] - 0.15 or px + FRONT < x - 20.0


def drive(seconds: float, behind: float | None = None) -> tuple[list[EgoState], list[float], list[str], list[str]]:
    """Our car beside the second of the row, followed exactly from a stand, and where the other is, who drives on when
    we let him pass; what the guard says, and the reasons of the plans."""
    told = replace(briefing(street()), period_ns=round(PERIOD * 1e9))
    index = LaneIndex(told.graph)
    planner, foresee = Planner(told, index), Predictor(told.graph, index, PERIOD, CAR)
    guard = Validator(CAR, ROAD, PERIOD, told.graph)
    egos, x, speed = [ego_at(62.0, 1.7, 0.0, 0.0)], [62.0 + FRONT + 2.5 + 0.5 * SIZE[0]], 0.0
    faults: list[str] = []
    reasons: list[str] = []
    for k in range(round(seconds / PERIOD)):
        ego = egos[-1]
        tracks = world(x[-1], speed, ego.t_ns, behind)
        observation = seen(ego, tracks=tracks)
        plan = planner.plan(observation, tracks, foresee.predict(tracks, observation.lights, ego))
        for motion in (plan.trajectory, plan.tail):
            fault = motion and guard.check_trajectory(motion, observation, hard=motion is plan.tail)
            faults += [fault] if fault else []
        reasons.append(plan.trace.reason)
        egos.append(after(ego, plan.trajectory, (k + 1) * PERIOD))
        speed = 4.0 if lets_pass(ego, x[-1]) else 0.0
        x.append(x[-1] - speed * PERIOD)
    return egos, x, faults, reasons


def test_nose_to_nose_it_backs_to_where_the_other_gets_by_and_goes_on_when_he_has():
    egos, x, faults, reasons = drive(60.0)
    assert not faults
    back = min(range(len(egos)), key=lambda k: egos[k].pose[0])
    assert 40.0 < egos[back].pose[0] < 56.0, "no further than to the row's beginning"
    assert abs(egos[back].pose[1]) < 0.6 and abs(egos[back].pose[3]) < 0.05
    assert -1.6 < min(ego.speed for ego in egos) < -1.0, "at walking pace"
    assert "back to let 10 pass" in reasons and "let 10 pass" in reasons
    assert x[-1] < 0.0 and egos[-1].pose[0] > ROW[-1] + 10.0, "both are past each other"


def test_nobody_backs_into_who_stands_behind():
    egos, _, _, _ = drive(15.0, behind=62.0 - (CAR.length - FRONT) - 2.0 - 0.5 * SIZE[0])
    assert min(ego.pose[0] for ego in egos) > 61.7


@pytest.mark.parametrize(("d", "lean", "offset", "length"), [(1.5, 0.0, 0.0, 10.0), (0.3, -0.1, -1.0, 8.0)])
def test_a_retreat_begins_where_the_car_is_ends_straight_at_its_offset_and_turns_as_it_says(
    d: float, lean: float, offset: float, length: float
):
    x = np.arange(0.0, 100.0, 0.5)
    table = np.column_stack([x, *np.zeros((13, len(x)))])
    retreat = Retreat(table, 60.0, d, math.tan(lean), offset, length)
    run = np.linspace(0.0, length, 400)
    places = retreat.places(run)
    np.testing.assert_allclose(places[0, :3], [60.0, d, lean], atol=1e-9)
    np.testing.assert_allclose(places[-1, :3], [60.0 - length, offset, 0.0], atol=1e-9)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(places[:, :2], axis=0).T))])
    np.testing.assert_allclose(np.gradient(places[:, 2], -arc)[2:-2], places[2:-2, 3], atol=2e-3)
    assert retreat.gone(ego_at(60.0 - 3.0, 0.7)) == pytest.approx(3.0)


def test_a_motion_back_gains_speed_and_stops_at_its_end():
    ego = ego_at(60.0, 0.0, 0.0, 0.0)
    drives = Reverse(briefing(street()), 1.5)
    table = np.column_stack([np.arange(0.0, 100.0, 0.5), *np.zeros((13, 200))])
    motion, tail = drives.drive(Retreat(table, 60.0, 0.0, 0.0, 0.0, 8.0).places, 8.0, ego, 0)
    assert motion.pose[-1, 0] == pytest.approx(52.0, abs=0.15) and motion.speed[-1] == 0.0
    assert motion.speed.min() == pytest.approx(-1.5)
    assert tail.pose[-1, 0] == pytest.approx(60.0)
