"""The scenes are right: a car that holds its speed meets its target where, when and as fast as each case says."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evpilot.pilot.baselines.guard_only import SteadyPilot
from evpilot.regulations import Case, Suite, euroncap, fmvss127, r152, suite
from evpilot.regulations.euroncap import BENDS
from evpilot.regulations.meeting.contact import first_touch, gaps, meetings
from evpilot.regulations.meeting.physics import search
from evpilot.regulations.meeting.roads import FINE, Bend, left_turn
from evpilot.regulations.meeting.scene import Scene
from evpilot.regulations.meeting.scenes import in_lane
from evpilot.regulations.meeting.targets import ADULT, CAR, CHILD, CYCLIST, KMH, STEP, Pace, setting_off
from evpilot.simulate.loop import simulate
from evpilot.types import ROAD, Platform
from evpilot.types.state import Array
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
FREE = ("false", "between-cars", "steel-plate")  # groups in which nobody is met
PLACES: dict[str, Callable[[Case, Platform], Scene]] = {
    "r152": r152.scene,
    "fmvss127": fmvss127.scene,
    "euroncap": euroncap.scene,
}
REFERENCES = {
    "pedestrian": ADULT,
    "bicycle": CYCLIST,
    "from-right": ADULT,
    "from-left": ADULT,
    "hidden": CHILD,
    "standing": ADULT,
    "cpna": ADULT,
    "cpfa": ADULT,
    "cpnco": CHILD,
    "cbna": CYCLIST,
    "cbnao": CYCLIST,
    "cbfa": CYCLIST,
}


def location(case: Case) -> float:
    """The impact location that a case demands: 0 at the right edge of the car's front, 1 at the left."""
    named = dict(case.parameters)
    if case.group in ("standing", "along"):
        return 0.25
    return 0.01 * named.get("location_pct", named.get("overlap_pct", 50.0))


def driven(scene: Scene, platform: Platform, time: Array) -> Array:
    """The boxes x, y, yaw (T, 3) of a car that is exactly on the scene's way at exactly its speed."""
    s = scene.start + scene.speed * time
    x, y, yaw = (np.interp(s, scene.track.arc, scene.track.way[:, k]) for k in (0, 1, 3))
    ahead = platform.rear_to_center
    return np.column_stack([x + ahead * np.cos(yaw), y + ahead * np.sin(yaw), yaw])


def others(scene: Scene) -> Array:
    rows = round(scene.end / STEP) + 2
    found = [a.motion[np.minimum(np.arange(rows), len(a.motion) - 1)][:, [0, 1, 3]] for a in scene.actors]
    return np.ascontiguousarray(np.stack(found, axis=1))


def contact(scene: Scene, platform: Platform) -> tuple[float, int]:
    """When [s] the exact car first touches somebody, and whom, to a tenth of a millisecond."""
    size = np.array([[a.length, a.width] for a in scene.actors])
    begin, end, whom = 0.0, scene.meeting + 1.0, -1
    for step in (1e-3, 1e-5):
        time = np.arange(begin, end, step)
        out = np.empty((len(time), len(size)))
        tick = (time / STEP).astype(np.int64)
        half, wide = 0.5 * platform.length, 0.5 * platform.width
        gaps(driven(scene, platform, time), others(scene), tick, time / STEP - tick, size, half, wide, out)
        hit = np.flatnonzero((out <= 0.0).any(axis=1))
        assert len(hit), "nobody is met"
        whom = int(np.argmin(out[hit[0]]))
        begin, end = float(time[hit[0]]) - 2e-3, float(time[hit[0]]) + 2e-3
    return begin + 2e-3, scene.actors[whom].id


def met_at(scene: Scene, platform: Platform, time: float, ahead: float, aside: float = 0.0) -> float:
    """Where on the car's front a point of the target's box, ahead and to the left of its middle [m], is at a time."""
    k = time / STEP
    row = others(scene)[int(k), 0] + (k - int(k)) * (others(scene)[int(k) + 1, 0] - others(scene)[int(k), 0])
    c, s = math.cos(row[2]), math.sin(row[2])
    px, py = row[0] + ahead * c - aside * s, row[1] + ahead * s + aside * c
    x, y, yaw = driven(scene, platform, np.array([time]))[0].tolist()
    return float((py - y) * math.cos(yaw) - (px - x) * math.sin(yaw)) / platform.width + 0.5


@pytest.mark.parametrize("platform", [SEDAN, platforms.load("su7")], ids=["sedan", "su7"])
@pytest.mark.parametrize("key", PLACES)
def test_every_case_meets_its_target_where_and_when_it_says(key: str, platform: Platform) -> None:
    made: Suite = suite(key)
    cases = [case for case in made.cases(platform) if case.group not in FREE and case.seed <= 1]
    assert len(cases) > 30
    for case in cases:
        scene = PLACES[key](case, platform)
        time, whom = contact(scene, platform)
        assert whom == 1, case.id
        assert abs(time - scene.meeting) * scene.speed < 0.02, case.id
        if case.group == "ccftap":
            there = met_at(scene, platform, time, 0.5 * CAR.length, 0.5 * CAR.width)
        elif case.group == "cccscp":
            there = met_at(scene, platform, time, 0.25 * CAR.length)
        else:
            reference = REFERENCES.get(case.group)
            there = met_at(scene, platform, time, reference.reference if reference else 0.0)
        assert there == pytest.approx(location(case), abs=0.02), case.id
        assert scene.speed == pytest.approx(case["ego_kmh"] * KMH)


DRIVEN = (
    ("r152", "moving/ego_kmh=60"),
    ("fmvss127", "from-left/ego_kmh=60"),
    ("fmvss127", "braking/ego_kmh=80,gap_m=12,brake_g=0.5"),
    ("euroncap", "ccrm/ego_kmh=130,location_pct=0"),
    ("euroncap", "cccscp/ego_kmh=20,target_kmh=60,side=1"),
    ("euroncap", "cbnao/ego_kmh=40,location_pct=75"),
    ("euroncap", "ccftap/ego_kmh=20,target_kmh=60"),
    ("euroncap", "ccfhos/ego_kmh=80,location_pct=25"),
)


@pytest.mark.parametrize(("key", "name"), DRIVEN)
def test_the_simulated_car_meets_it_too(key: str, name: str) -> None:
    """The loop, its car and a driver who holds the speed add nothing to the geometry."""
    made = suite(key)
    case = made.case(name)
    stage, scene = made.stage(case, SEDAN), PLACES[key](case, SEDAN)
    run = simulate(stage.scenario, SteadyPilot, platform=SEDAN, sensor=stage.sensor)
    touch = first_touch(meetings(run, SEDAN), SEDAN, 0.25 * CAR.length if case.group == "cccscp" else 0.0)
    assert touch is not None
    assert touch.id == 1
    # the contact is told at the first of the 10 ms steps at which it is there
    late = touch.seconds - scene.meeting
    assert -0.02 < late * scene.speed < 0.01 * scene.speed + 0.05
    assert touch.speed == pytest.approx(scene.speed, rel=0.005)
    verdict = made.judge(case, run, SEDAN)
    assert verdict.contact


def test_a_turn_keeps_the_front_axle_on_the_path() -> None:
    for bend in BENDS.values():
        track, path = left_turn(5.0, bend, SEDAN.wheelbase)
        yaw = track.way[:, 3]
        front = track.way[:, :2] + SEDAN.wheelbase * np.column_stack([np.cos(yaw), np.sin(yaw)])
        near = front[(front[:, 0] > path[0, 0] + 0.1) & (front[:, 1] < path[-1, 1] - 6.0)]
        away = [np.hypot(*(path[:, :2] - point).T).min() for point in near[:: max(len(near) // 200, 1)]]
        assert max(away) < 0.02


def test_a_bend_turns_through_its_angles_with_its_radius() -> None:
    bend = Bend(1500.0, 9.0, 20.62, 48.76)
    path = bend.path()
    assert path[-1, 2] == pytest.approx(0.5 * math.pi)
    turning = np.diff(path[:, 2]) / FINE
    assert turning.max() == pytest.approx(1.0 / 9.0, rel=2e-3)
    assert math.degrees(turning[turning > turning.max() - 1e-6].sum() * FINE) == pytest.approx(48.76, abs=0.6)


def test_a_pace_covers_its_way_exactly() -> None:
    pace = setting_off(1.4, meeting=5.0, way=4.0, run_up=1.0)
    time = np.linspace(0.0, 12.0, 120_001)
    speed = pace.speed(time)
    summed = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(time))])
    np.testing.assert_allclose(pace.way(time) - pace.way(time[:1]), summed, atol=1e-6)
    assert pace.way(np.array([5.0]))[0] == pytest.approx(4.0)
    assert pace.way(np.array([pace.knots[1][0]]))[0] == pytest.approx(1.0)


def test_a_jump_in_pace_is_no_distance() -> None:
    pace = Pace(((1.0, 0.0), (1.0, 2.0)))
    np.testing.assert_allclose(pace.way(np.array([0.0, 1.0, 2.5])), [0.0, 0.0, 3.0])


def test_the_search_knows_what_brakes_can_do() -> None:
    """From 60 km/h the car stands after about 17.5 m: with more room a profile avoids the contact, with less none does,
    and the least speed that is left is that of braking at once."""
    scene = in_lane(SEDAN, 60.0 * KMH, 0.0, 4.0)
    far, near = (search(scene, SEDAN, ROAD, scene.meeting - ttc) for ttc in (1.4, 0.9))
    assert far.avoids
    assert not near.avoids
    assert near.wait == 0.0
    assert near.decel == pytest.approx(9.0)
    room = 60.0 * KMH * 0.9
    held = 60.0 * KMH * 0.25  # lag and rise of the brake
    assert near.relative == pytest.approx(math.sqrt((60.0 * KMH) ** 2 - 18.0 * (room - held)), rel=0.1)
    assert not search(replace(scene, friction=0.3), SEDAN, ROAD, scene.meeting - 1.4).avoids
