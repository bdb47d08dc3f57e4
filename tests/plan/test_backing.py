"""A car that stands askew at the road's edge goes back a little and on; one that waits does not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from driving_scenes import CAR, two_lanes
from planning_parts import briefing, ego_at, seen

from evpilot.guard.validator import Validator
from evpilot.maps.index import LaneIndex
from evpilot.plan.cost.edge import outline_distance
from evpilot.plan.planner import Planner
from evpilot.predict.predictor import Predictor
from evpilot.types import ROAD, EgoState, ObjectKind, Tracks, Trajectory

PERIOD = 0.5  # [s]
BODY = np.array([CAR.rear_to_center, 0.5 * CAR.length, 0.5 * CAR.width])


def standing(
    *places: tuple[float, float], kind: ObjectKind = ObjectKind.CAR, size: tuple[float, float] = (4.5, 1.8)
) -> Tracks:
    n = len(places)
    state = np.array([[x, y, 0.0, 0.0, 0.0, 0.0, 0.0] for x, y in places]).reshape(-1, 7)
    return Tracks(
        t_ns=0, id=np.arange(n), kind=np.full(n, kind, np.uint8), state=state, velocity=np.zeros((n, 2)),
        cov=np.zeros((n, 6, 6)), size=np.full((n, 2), size), age=np.full(n, 9.0),
        signals=np.zeros(n, np.uint8), valid=np.ones(n, np.bool_),
    )  # fmt: skip


def after(ego: EgoState, motion: Trajectory, t: float) -> EgoState:
    """The car that followed a motion exactly for a period."""
    at = [float(np.interp(PERIOD, motion.time, column)) for column in (*motion.pose[:, :2].T, motion.speed)]
    yaw = float(np.interp(PERIOD, motion.time, np.unwrap(motion.pose[:, 3])))
    bend = float(np.interp(PERIOD, motion.time, motion.curvature))
    return ego_at(at[0], at[1], yaw, at[2], steering=math.atan(bend * CAR.wheelbase), t=t)


def drive(start: EgoState, seconds: float, tracks: Tracks | None = None) -> tuple[list[EgoState], list[str], Planner]:
    """The planner followed exactly from a start; every motion must pass the guard."""
    graph = two_lanes()
    told = replace(briefing(graph), period_ns=round(PERIOD * 1e9))
    index = LaneIndex(graph)
    planner, foresee = Planner(told, index), Predictor(graph, index, PERIOD, CAR)
    guard = Validator(CAR, ROAD, PERIOD, graph)
    egos, faults = [start], []
    for k in range(round(seconds / PERIOD)):
        observation = seen(egos[-1], tracks=tracks and replace(tracks, t_ns=egos[-1].t_ns))
        predictions = foresee.predict(observation.tracks, observation.lights, observation.ego)
        plan = planner.plan(observation, observation.tracks, predictions)
        fault = guard.check_trajectory(plan.trajectory, observation)
        faults += [fault] if fault else []
        egos.append(after(egos[-1], plan.trajectory, (k + 1) * PERIOD))
    return egos, faults, planner


def askew(degrees: float, over: float) -> EgoState:
    """A car that stands at the right edge of lane 0, turned to the right, its front corner so far [m] over."""
    yaw = -math.radians(degrees)
    front = CAR.rear_to_center + 0.5 * CAR.length
    corner = front * math.sin(yaw) - 0.5 * CAR.width * math.cos(yaw)
    return ego_at(60.0, -1.75 - over - corner, yaw, 0.0)


def test_a_car_that_stands_askew_over_the_edge_gets_back_on_its_way():
    start = askew(40.0, 0.2)
    egos, faults, planner = drive(start, 17.0)
    area = planner.road.area

    def edge(ego: EgoState) -> float:
        return outline_distance(*ego.pose[[0, 1, 3]].tolist(), BODY, area.origin, area.table, area.tiles)

    assert not faults
    assert egos[-1].pose[0] > 65.0 and abs(egos[-1].pose[3]) < 0.3, "it drives on along the road"
    assert min(edge(ego) for ego in egos) > min(edge(start), 0.05) - 0.3, "and hardly further over the edge than it was"
    assert min(ego.speed for ego in egos) >= -1.0, "at walking pace"


def test_nobody_goes_back_where_somebody_is_close_behind():
    start = askew(40.0, 0.2)
    back = start.pose[:2] - 4.0 * np.array([math.cos(start.pose[3]), math.sin(start.pose[3])])
    egos, _, _ = drive(start, 9.0, standing((float(back[0]), float(back[1]))))
    assert min(ego.pose[0] for ego in egos) > start.pose[0] - 0.3


def test_who_waits_in_a_queue_does_not_go_back():
    egos, _, _ = drive(ego_at(60.0, 0.0, 0.0, 0.0), 9.0, standing((68.5, 0.0), (68.5, 3.5), (75.0, 0.0), (75.0, 3.5)))
    assert min(ego.speed for ego in egos) > -0.01


@pytest.mark.parametrize(("room", "back"), [(1.8, True), (4.8, False)])
def test_who_stands_close_behind_a_wreck_gets_out_onto_the_free_lane_if_need_be_by_going_back(room: float, back: bool):
    wreck = 60.0 + CAR.rear_to_center + 0.5 * CAR.length + room + 2.25
    egos, faults, _ = drive(ego_at(60.0, 0.0, 0.0, 0.0), 20.0, standing((wreck, 0.0), kind=ObjectKind.PARKED))
    assert not faults
    assert (min(ego.pose[0] for ego in egos) < 59.0) == back
    assert egos[-1].pose[0] > 75.0 and egos[-1].pose[1] > 2.0


@pytest.mark.parametrize("kind", [ObjectKind.UNKNOWN, ObjectKind.CAR, ObjectKind.EMERGENCY])
def test_what_stands_for_no_reason_is_passed_however_short_it_is(kind: ObjectKind):
    tyre = 60.0 + CAR.rear_to_center + 0.5 * CAR.length + 3.0
    egos, faults, _ = drive(ego_at(60.0, 0.0, 0.0, 0.0), 25.0, standing((tyre + 0.4, 0.0), kind=kind, size=(0.8, 0.7)))
    assert not faults
    assert egos[-1].pose[0] > 75.0


def test_who_stands_close_before_something_beside_the_edge_goes_back_as_far_as_it_takes():
    """With no room to swing the front out to either side, the way back is straight, and longer."""
    front = 60.0 + CAR.rear_to_center + 0.5 * CAR.length
    lost = standing((front + 1.1, 3.05), kind=ObjectKind.UNKNOWN, size=(1.0, 0.7))
    egos, faults, _ = drive(ego_at(60.0, 3.9, 0.0, 0.0), 30.0, lost)
    assert not faults
    assert egos[-1].pose[0] > 75.0
