"""Fast roads on which something suddenly is in the way: braking, cut out, wrong way, standing, fallen, running."""

import math
from dataclasses import dataclass, replace

import numpy as np

from evpilot.scenarios.library.families.motorways import someone
from evpilot.scenarios.library.roads.carriageways import MAIN
from evpilot.scenarios.library.roads.lines import trace
from evpilot.scenarios.library.roads.network import KMH, Network, Road, Section
from evpilot.scenarios.library.scripts import lane_path, script, time_to_stop
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.traffic import STRAIGHT_ON, Mix, fill, flow, put, route
from evpilot.scenarios.scenario import Scenario
from evpilot.types import LaneKind, ObjectKind, Signal

CAR = (4.5, 1.85, 1.5)
TRUCK = (13.5, 2.5, 3.8)
GAP_AT = 45.0  # [s] nobody comes after this: who had to stop gets by in the end
DEER = (1.5, 0.5, 1.4)
TYRE = (0.8, 0.7, 0.35)
RURAL_ROAD = Section(width=3.5, limit=80.0 * KMH, kind=LaneKind.COUNTRY)
LEFT = Mix(vans=0.1, low=0.3, pace=(0.95, 1.08), distracted=0.1, speeding=0.2)
RIGHT = Mix(trucks=0.3, vans=0.12, pace=(0.78, 0.92), truck_pace=0.72, distracted=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stage on a one-way road with several lanes: the road, its lanes from the left, and the ego's lane."""

    stage: Stage
    road: Road
    lane: int

    @property
    def lanes(self) -> tuple[int, ...]:
        """From the left."""
        return self.road.forward


def stretch(
    name: str,
    seed: int,
    difficulty: float,
    *,
    lanes: int,
    limit: float,
    ego: int,
    s: float,
    speed: float,
    seconds: float,
    length: float = 1500.0,
) -> Stretch:
    """A motorway of some lanes, bent a little; the ego in lane `ego` from the left, at s [m] with a speed [m/s]."""
    rng = stream(name, seed, "line")
    net = Network()
    bend = rng.uniform(-1.0, 1.0) / 2500.0
    half = 0.5 * length
    line = trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(half, 0.0, bend), (half, bend, 0.0)])
    road = net.road(line, replace(MAIN, forward=lanes, limit=limit))
    lane = road.forward[ego]
    stage = staged(name, seed, difficulty, net.build(), lane, s=s, speed=speed, seconds=seconds)
    return Stretch(stage=stage, road=road, lane=lane)


def follow_on(place: Stretch, lane: int, s: float, speed: float, character: float, factor: float, **odd: float) -> None:
    """A reactive car at s [m] on a lane that goes straight on; odd: fields of `Driver`."""
    who = replace(someone(character, factor), **odd)
    way = route(place.stage.graph, lane, place.stage.stream(f"way {lane} {s:.0f}"), STRAIGHT_ON)
    put(place.stage, who, lane, s, speed, way, headway=0.3)


def hard_braking(seed: int, difficulty: float) -> Scenario:
    """The car ahead brakes at up to 0.9 g to a stand, waits, and drives on.

    Mix: left lane 10 % distracted, 20 % too fast; who follows us is up to 0.9 s late at difficulty 1; the leader looks
    at nobody. Harder: 5 to 8.8 m/s2, a time gap of 2.2 to 1.4 s at first."""
    name = "hard_braking"
    rng = stream(name, seed, "road")
    speed = 25.0
    place = stretch(
        name, seed, difficulty, lanes=2, limit=100.0 * KMH, ego=1, s=120.0, speed=speed, seconds=75.0, length=1300.0
    )
    ahead = 120.0 + CAR[0] + speed * (2.2 - 0.8 * difficulty)
    begin, brake = float(rng.uniform(4.0, 8.0)), 5.0 + 3.83 * difficulty
    stands = begin + speed / brake + float(rng.uniform(2.0, 5.0))
    path = lane_path(place.stage, (place.lane,), ahead, [(0.0, 0.0)])
    knots = [(0.0, speed), (begin, speed), (begin + speed / brake, 0.0), (stands, 0.0), (stands + 12.0, 24.0)]
    script(place.stage, ObjectKind.CAR, CAR, path, knots, yields=False)
    follow_on(place, place.lane, 78.0, 24.0, 0.7, 1.0, reaction=round(0.9 * difficulty, 2))
    gap = (2.4 - 0.8 * difficulty, 6.0 - 2.5 * difficulty)
    fill(place.stage, (place.lanes[0],), gap, mix=LEFT, turns=STRAIGHT_ON)
    flow(place.stage, place.lanes[0], gap, mix=LEFT, turns=STRAIGHT_ON, speed_share=1.0)
    return place.stage.scenario(
        (goal_on(place.stage.graph, place.lanes, 950.0, 1100.0),),
        "The car ahead brakes at up to 0.9 g.",
        ("motorway", "emergency braking"),
    )


def cut_out(seed: int, difficulty: float) -> Scenario:
    """A truck ahead leaves our lane late, before a broken-down car that it has hidden.

    Mix: left lane 10 % distracted, 20 % too fast; the truck looks at nobody. Harder: the truck leaves 4.8 to 3.0 s
    before the car, the left lane is dense, our gap at the start is 2.2 to 1.5 s."""
    name = "cut_out"
    rng = stream(name, seed, "road")
    speed = 23.0
    place = stretch(
        name, seed, difficulty, lanes=3, limit=100.0 * KMH, ego=1, s=110.0, speed=speed, seconds=70.0, length=1400.0
    )
    ahead = 110.0 + 0.5 * TRUCK[0] + 2.5 + speed * (2.2 - 0.7 * difficulty)
    obstacle = ahead + speed * float(rng.uniform(6.0, 10.0)) + 60.0
    place.stage.stand(ObjectKind.CAR, CAR, place.stage.pose(place.lane, obstacle, 0.0), Signal.HAZARD)
    leaves = obstacle - ahead - 0.5 * TRUCK[0] - speed * (4.8 - 1.8 * difficulty)
    knots = [(0.0, 0.0), (leaves, 0.0), (leaves + 2.9 * speed, -MAIN.width)]
    path = lane_path(place.stage, (place.lane,), ahead, knots)
    script(place.stage, ObjectKind.TRUCK, TRUCK, path, [(0.0, speed), (60.0, speed)], yields=False)
    gap = (2.8 - 1.2 * difficulty, 7.0 - 3.5 * difficulty)
    fill(place.stage, (place.lanes[0],), gap, mix=LEFT, turns=STRAIGHT_ON)
    flow(place.stage, place.lanes[0], gap, mix=LEFT, turns=STRAIGHT_ON, speed_share=1.0)
    follow_on(place, place.lane, 60.0, 22.5, 0.5, 0.88)
    follow_on(place, place.lanes[2], 50.0, 21.0, 0.3, 0.8)
    return place.stage.scenario(
        (goal_on(place.stage.graph, place.lanes, 950.0, 1150.0),),
        "A truck ahead leaves our lane late, before a car that has broken down.",
        ("motorway", "cut-out", "obstacle"),
    )


def tailgater(seed: int, difficulty: float) -> Scenario:
    """Somebody sits on our bumper, and ahead a lost load lies in our lane.

    Mix: the tailgater is assertive, wants a fifth more than the limit and is up to 0.5 s late; left lane 10 %
    distracted, 20 % too fast. Harder: its time gap 0.9 to 0.4 s at first, a denser left lane, the load seen later."""
    name = "tailgater"
    rng = stream(name, seed, "road")
    speed = 26.0
    place = stretch(
        name, seed, difficulty, lanes=2, limit=100.0 * KMH, ego=1, s=150.0, speed=speed, seconds=75.0, length=1500.0
    )
    behind = 150.0 - 5.0 - speed * (0.9 - 0.5 * difficulty)
    follow_on(place, place.lane, behind, speed, 1.0, 1.2, reaction=round(0.5 * difficulty, 2))
    load = 150.0 + float(rng.uniform(260.0, 380.0))
    pose = place.stage.pose(place.lane, load, float(rng.uniform(-0.4, 0.4)))
    place.stage.stand(ObjectKind.UNKNOWN, (2.4, 1.6, 1.1), pose)
    gap = (3.4 - 1.2 * difficulty, 9.0 - 4.5 * difficulty)
    fill(place.stage, (place.lanes[0],), gap, mix=LEFT, turns=STRAIGHT_ON)
    flow(place.stage, place.lanes[0], gap, mix=LEFT, turns=STRAIGHT_ON, speed_share=1.0)
    return place.stage.scenario(
        (goal_on(place.stage.graph, place.lanes, 1050.0, 1250.0),),
        "A tailgater behind, and a lost load ahead in our lane.",
        ("motorway", "tailgater", "obstacle"),
        sight=260.0 - 110.0 * difficulty,
    )


def wrong_way(seed: int, difficulty: float) -> Scenario:
    """A car comes the wrong way in the left lane, where we are overtaking.

    Mix: right lane 10 % distracted (0.9 s late); the wrong-way driver looks at nobody. Harder: it is faster (15 to
    28 m/s), it is seen from 420 to 260 m, and there is less room between those in the right lane."""
    name = "wrong_way"
    rng = stream(name, seed, "road")
    place = stretch(
        name, seed, difficulty, lanes=2, limit=120.0 * KMH, ego=0, s=150.0, speed=29.0, seconds=85.0, length=1900.0
    )
    stage, left = place.stage, place.lanes[0]
    pace = 15.0 + 13.0 * difficulty
    first = float(rng.uniform(1150.0, 1500.0))
    path = lane_path(stage, (left,), 0.0, [(0.0, float(rng.uniform(-0.3, 0.3)))])[: int(first)][::-1]
    script(stage, ObjectKind.CAR, CAR, np.ascontiguousarray(path), [(0.0, pace), (85.0, pace)], yields=False)
    s = 190.0
    while s < 1100.0:
        late = 0.9 if rng.random() < 0.1 else 0.0
        follow_on(place, place.lanes[1], s, 23.0, float(rng.uniform(0.2, 0.6)), 0.7, reaction=late)
        s += 40.0 + 25.0 * float(rng.uniform(1.0, 3.2 - 1.4 * difficulty))
    return stage.scenario(
        (goal_on(stage.graph, place.lanes, 1450.0, 1650.0),),
        "A car comes the wrong way in our lane.",
        ("motorway", "wrong way"),
        sight=420.0 - 160.0 * difficulty,
    )


def debris(seed: int, difficulty: float) -> Scenario:
    """A tyre lies in our lane on the motorway: brake or swerve.

    Mix: other lane 10 % distracted, right 30 % trucks, left 20 % too fast. Harder: seen from 240 to 130 m at 32 m/s,
    the other lane is denser, somebody follows us 1.6 s behind and is up to 0.8 s late."""
    name = "debris"
    rng = stream(name, seed, "road")
    ego = int(rng.integers(0, 2))
    place = stretch(
        name, seed, difficulty, lanes=2, limit=120.0 * KMH, ego=ego, s=150.0, speed=32.0, seconds=100.0, length=1700.0
    )
    spot = 150.0 + float(rng.uniform(330.0, 480.0))
    place.stage.stand(ObjectKind.UNKNOWN, TYRE, place.stage.pose(place.lane, spot, float(rng.uniform(-0.5, 0.5))))
    other, mix = place.lanes[1 - ego], (RIGHT, LEFT)[ego]
    gap = (3.6 - 1.6 * difficulty, 10.0 - 5.0 * difficulty)
    fill(place.stage, (other,), gap, mix=mix, turns=STRAIGHT_ON)
    flow(place.stage, other, gap, mix=mix, turns=STRAIGHT_ON, speed_share=1.0, until=GAP_AT)
    follow_on(place, place.lane, 92.0, 31.0, 0.6, 0.98, reaction=round(0.8 * difficulty, 2))
    return place.stage.scenario(
        (goal_on(place.stage.graph, place.lanes, 1200.0, 1400.0),),
        "A tyre lies in our lane on the motorway.",
        ("motorway", "obstacle"),
        sight=240.0 - 110.0 * difficulty,
    )


def animal(seed: int, difficulty: float) -> Scenario:
    """A deer runs onto a country road, stands in the light, and runs on.

    Mix: oncoming cars 10 % distracted, 20 % too fast; the deer sees nobody. Harder: less time (1.7 to 1.1 times what a
    careful driver needs at the limit), a second deer from 0.6 on."""
    name = "animal"
    rng = stream(name, seed, "road")
    net = Network()
    bend = rng.uniform(-1.0, 1.0) / 500.0
    line = trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(350.0, 0.0, bend), (350.0, bend, 0.0)])
    road = net.road(line, RURAL_ROAD)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=20.0, speed=20.0, seconds=75.0)
    s, side = float(rng.uniform(230.0, 330.0)), -1.0 if rng.random() < 0.5 else 1.0
    for k in range(1 + (difficulty > 0.6)):
        start = 5.5 if side < 0.0 else 9.0
        path = np.array([stage.pose(lane, s + 3.0 * k, side * d)[:3] for d in (start, -0.3, -9.0)])
        out = (start + 0.3) / 5.0
        seconds = (start - 1.9) / 5.0 + 0.4 + time_to_stop(RURAL_ROAD.limit, 1.7 - 0.6 * difficulty)
        later = 0.9 * k
        knots = [(0.0, 0.0), (later, 0.0), (later + 0.4, 5.0), (later + out, 5.0), (later + out + 0.4, 0.0)]
        stands = later + out + float(rng.uniform(1.8, 3.0)) + 1.4 * (1.0 - difficulty)
        knots += [(stands, 0.0), (stands + 0.5, 6.0), (stands + 20.0, 6.0)]
        script(
            stage,
            ObjectKind.ANIMAL,
            DEER,
            path,
            knots if k else [knots[0], *knots[2:]],
            trigger=stage.arrival(lane, s, seconds),
            yields=False,
        )
    fill(stage, road.backward, (5.0, 14.0), mix=LEFT, speed_share=0.85)
    flow(stage, road.backward[0], (7.0, 16.0), mix=LEFT, speed_share=0.85)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -90.0, -40.0),),
        "A deer runs onto a country road and stands in the light.",
        ("country", "animal"),
    )


def crashed_cars(seed: int, difficulty: float) -> Scenario:
    """Two cars have crashed and stand across two of three lanes; one is free.

    Mix: in the free lane 10 % distracted, right 30 % trucks, left 20 % too fast; who follows us is up to 0.6 s late.
    Harder: seen from 300 to 140 m, more traffic. Our own lane is always one of the two."""
    name = "crashed_cars"
    rng = stream(name, seed, "road")
    free = int(rng.choice([0, 2]))
    ego = 1 if rng.random() < 0.5 else 2 - free
    place = stretch(
        name, seed, difficulty, lanes=3, limit=100.0 * KMH, ego=ego, s=150.0, speed=26.0, seconds=100.0, length=1500.0
    )
    stage, spot = place.stage, 150.0 + float(rng.uniform(300.0, 420.0))
    blocked = [k for k in range(3) if k != free]
    for k, lane in enumerate(blocked):
        pose = stage.pose(place.lanes[lane], spot + 7.0 * k, float(rng.uniform(-0.2, 0.2)))
        pose[3] += float(rng.uniform(0.5, 1.1)) * (1.0 if rng.random() < 0.5 else -1.0)
        stage.stand(ObjectKind.CAR, CAR, pose, Signal.HAZARD)
    gap = (4.5 - 2.0 * difficulty, 11.0 - 5.0 * difficulty)
    mix = LEFT if free == 0 else RIGHT
    fill(stage, (place.lanes[free],), gap, mix=mix, turns=STRAIGHT_ON)
    flow(stage, place.lanes[free], gap, mix=mix, turns=STRAIGHT_ON, speed_share=1.0, until=GAP_AT)
    follow_on(place, place.lane, 88.0, 25.0, 0.5, 0.95, reaction=round(0.6 * difficulty, 2))
    return stage.scenario(
        (goal_on(stage.graph, place.lanes, 950.0, 1150.0),),
        "Crashed cars stand across two of three lanes.",
        ("motorway", "obstacle", "lane change"),
        sight=300.0 - 160.0 * difficulty,
    )
