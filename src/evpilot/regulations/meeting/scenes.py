"""The scenes that track tests share: somebody ahead, somebody who crosses, a crossroads, a turn, head-on.

In all of them the meeting is at x = 0: there the car's front is, or would be at the test speed, at the time `meeting`.
An impact location runs from 0 at the right edge of the car's front to 1 at its left edge, and is where the target's
reference point is met.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evpilot.regulations.meeting.roads import WIDTH, Bend, Track, crossroads, left_turn, straight_road
from evpilot.regulations.meeting.scene import AFTER, Scene, ahead, timing
from evpilot.regulations.meeting.targets import (
    ADULT,
    CAR,
    LARGE_CAR,
    SMALL_CAR,
    Pace,
    Shape,
    braking,
    mover,
    setting_off,
    standing,
    steady,
)
from evpilot.scenarios.scenario import Actor
from evpilot.types import Platform

GAP = 1.0  # [m] between obstruction vehicles and to whom they hide
ROOM = 4.5  # [m] between two standing cars that one passes between
BUMPERS = 0.2  # [m] between the obstruction vehicles at a crossroads
BEFORE_TURN = 0.5  # [s]
TICK = 0.1  # [s]
LEFT, RIGHT = 1, -1  # from which side somebody comes


def offset(location: float, platform: Platform) -> float:
    """How far to the left of the car's middle [m] an impact location is."""
    return (location - 0.5) * platform.width


def _scene(
    track: Track, platform: Platform, speed: float, ttc: float, actors: Sequence[Actor], meeting: float, **more: float
) -> Scene:
    return Scene(
        track=track,
        speed=speed,
        bumper=ahead(track, platform),
        meeting=meeting,
        handover=meeting - ttc,
        actors=tuple(actors),
        **more,
    )


def in_lane(
    platform: Platform, speed: float, pace: float, ttc: float, *, shape: Shape = CAR, location: float = 0.5
) -> Scene:
    """Somebody ahead in our lane at a constant pace [m/s], or standing; met `ttc` [s] after the hand-over."""
    meeting, _ = timing(ttc)
    place = 0.5 * shape.length, offset(location, platform)
    track = straight_road(speed)
    target = (
        mover(1, shape, place, 0.0, steady(pace), meeting, meeting + AFTER + 1.0)
        if pace > 0.0
        else standing(1, shape, place, 0.0)
    )
    return _scene(track, platform, speed, ttc, (target,), meeting)


def braking_ahead(
    platform: Platform,
    speed: float,
    headway: float,
    decel: float,
    *,
    last: float = 0.0,
    location: float = 0.5,
    settled: float = 1.0,
) -> Scene:
    """A car ahead at our speed [m/s] with a gap of headway [m], that brakes [m/s2] down to `last` [m/s] from the
    hand-over plus `settled` [s] on."""
    meeting_after = _catch_up(speed, headway, decel, last)
    meeting, handover = timing(settled + meeting_after)
    begins = handover + settled
    pace = braking(speed, begins, decel, last)
    place = 0.5 * CAR.length, offset(location, platform)
    more = (speed - last) / decel
    target = mover(1, CAR, place, 0.0, pace, meeting, meeting + AFTER + more + 1.0)
    return _scene(
        straight_road(speed),
        platform,
        speed,
        settled + meeting_after,
        (target,),
        meeting,
        after=AFTER + more,
        reveals=begins,
    )


def _catch_up(speed: float, gap: float, decel: float, last: float) -> float:
    """How long it takes [s] to close a gap [m] on who brakes [m/s2] from the same speed down to `last`."""
    brakes = (speed - last) / decel
    closed = 0.5 * decel * brakes**2
    if gap <= closed:
        return math.sqrt(2.0 * gap / decel)
    return brakes + (gap - closed) / (speed - last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosser:
    """Who walks or rides across: the target, its speed [m/s], from which side, and the impact location; from how far
    beside the car's middle it sets off [m] with what run-up [m], or with way None has been moving all the time."""

    shape: Shape
    speed: float
    side: int
    location: float = 0.5
    way: float | None = None
    run_up: float = 1.0


def _crossing(who: Crosser, platform: Platform, meeting: float) -> Actor:
    """The crosser: at the meeting its near side is at x = 0 and its reference point at the impact location."""
    place = 0.5 * who.shape.width, _beside(who, platform)
    yaw = -who.side * 0.5 * math.pi
    return mover(1, who.shape, place, yaw, _pace(who, platform, meeting), meeting, meeting + AFTER + 1.0)


def _beside(who: Crosser, platform: Platform) -> float:
    """How far to the left of the car's middle the crosser's is at the meeting [m]."""
    return offset(who.location, platform) + who.side * who.shape.reference


def _pace(who: Crosser, platform: Platform, meeting: float) -> Pace:
    """Steady, or from a standstill with its middle `way` beside the car's."""
    if who.way is None:
        return steady(who.speed)
    return setting_off(who.speed, meeting, who.way - who.side * _beside(who, platform), who.run_up)


def on_foot(platform: Platform, speed: float, ttc: float, who: Crosser, *, hidden: bool = False) -> Scene:
    """Somebody who crosses a straight road in front of the car; hidden: from behind two cars parked 1 m beside us."""
    meeting, _ = timing(ttc)
    actors = [_crossing(who, platform, meeting)]
    if hidden:
        y = who.side * (GAP + 0.5 * platform.width + 0.5 * LARGE_CAR.width)
        small = -GAP - 0.5 * SMALL_CAR.length
        large = small - 0.5 * SMALL_CAR.length - GAP - 0.5 * LARGE_CAR.length
        actors += [standing(2, SMALL_CAR, (small, y), 0.0), standing(3, LARGE_CAR, (large, y), 0.0)]
    begins = 0.0 if who.way is None else _pace(who, platform, meeting).knots[0][0]
    return _scene(straight_road(speed), platform, speed, ttc, actors, meeting, reveals=begins)


def on_foot_standing(platform: Platform, speed: float, ttc: float, shape: Shape, location: float) -> Scene:
    """Somebody who stands in our way, turned to the side as if crossing."""
    meeting, _ = timing(ttc)
    y = offset(location, platform) - shape.reference
    target = standing(1, shape, (0.5 * shape.width, y), 0.5 * math.pi)
    return _scene(straight_road(speed), platform, speed, ttc, (target,), meeting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Two cars that stand along a cross street and hide a cyclist: their near end is `far` [m] beside the car's middle,
    their sides `beside` [m] this side of the cyclist's."""

    far: float
    beside: float


def at_crossroads(
    platform: Platform, speed: float, ttc: float, who: Crosser, *, inward: float = 0.0, cover: Cover | None = None
) -> Scene:
    """A cyclist who rides over a crossroads on the right lane of the cross street, `inward` [m] to the left of that
    lane's middle."""
    meeting, _ = timing(ttc)
    # the cyclist's line is that far beyond the cross street's middle
    line = -who.side * (0.5 * WIDTH - inward)
    near = 0.5 * who.shape.width
    actors = [_crossing(who, platform, meeting)]
    if cover is not None:
        x = -cover.beside
        yaw = who.side * 0.5 * math.pi
        first = who.side * (cover.far + 0.5 * LARGE_CAR.length)
        second = first + who.side * (0.5 * (LARGE_CAR.length + SMALL_CAR.length) + BUMPERS)
        actors += [
            standing(2, LARGE_CAR, (x - 0.5 * LARGE_CAR.width, first), yaw),
            standing(3, SMALL_CAR, (x - 0.5 * SMALL_CAR.width, second), yaw),
        ]
    return _scene(crossroads(speed, near - line), platform, speed, ttc, actors, meeting)


def crossing_car(platform: Platform, speed: float, pace: float, side: int, ttc: float) -> Scene:
    """A car that crosses from a side at a pace [m/s]: our front's middle meets its side a quarter of its length behind
    its front (Euro NCAP CCCscp). Three parked cars stand on that side of our road."""
    meeting, _ = timing(ttc)
    yaw = -side * 0.5 * math.pi
    place = 0.5 * CAR.width, side * 0.25 * CAR.length
    target = mover(1, CAR, place, yaw, steady(pace), meeting, meeting + AFTER + 1.0)
    middle = 0.5 * CAR.width + side * 0.5 * WIDTH  # of the cross street, whose traffic keeps right
    y = 0.5 * WIDTH + side * (0.5 * WIDTH + 2.0 + 0.5 * LARGE_CAR.width)
    front = middle - side * 0.5 * WIDTH - 22.5 + side * 1.5
    large = front - 0.5 * LARGE_CAR.length
    small = large - 0.5 * (LARGE_CAR.length + SMALL_CAR.length) - GAP
    actors = [
        target,
        standing(2, LARGE_CAR, (large, y), 0.0),
        standing(3, SMALL_CAR, (small, y), 0.0),
        standing(4, SMALL_CAR, (small - SMALL_CAR.length - GAP, y), 0.0),
    ]
    return _scene(crossroads(speed, middle), platform, speed, ttc, actors, meeting)


def turning_across(platform: Platform, speed: float, pace: float, bend: Bend) -> Scene:
    """We turn left, our front axle on Euro NCAP's path, across a car that comes towards us at a pace [m/s]: the middle
    of our front meets its front left corner. The hand-over is on the straight road before the turn."""
    track, _ = left_turn(speed, bend, platform.wheelbase)
    front = platform.rear_to_center + 0.5 * platform.length
    noses = track.way[:, :2] + front * np.column_stack([np.cos(track.way[:, 3]), np.sin(track.way[:, 3])])
    near = WIDTH - 0.5 * CAR.width  # of the oncoming car's side that is nearer to us
    k = int(np.argmax(noses[:, 1] >= near))
    share = (near - noses[k - 1, 1]) / (noses[k, 1] - noses[k - 1, 1])
    bumper = float(track.arc[k - 1] + share * (track.arc[k] - track.arc[k - 1]))
    nose = float(noses[k - 1, 0] + share * (noses[k, 0] - noses[k - 1, 0]))
    entrance = float(track.graph.length[track.lane])
    ttc = TICK * math.ceil((bumper - entrance) / speed / TICK) + BEFORE_TURN
    meeting, _ = timing(ttc)
    target = mover(1, CAR, (nose + 0.5 * CAR.length, WIDTH), math.pi, steady(pace), meeting, meeting + AFTER + 1.0)
    scene = _scene(track, platform, speed, ttc, (target,), meeting)
    return replace(scene, bumper=bumper)


def head_on(platform: Platform, speed: float, pace: float, location: float, ttc: float) -> Scene:
    """A car that comes towards us in our lane at a pace [m/s]; its middle meets the impact location."""
    meeting, _ = timing(ttc)
    place = 0.5 * CAR.length, offset(location, platform)
    target = mover(1, CAR, place, math.pi, steady(pace), meeting, meeting + AFTER + 1.0)
    return _scene(straight_road(speed), platform, speed, ttc, (target,), meeting)


def between_cars(platform: Platform, speed: float, ttc: float) -> Scene:
    """Two standing cars, one on each side, with 4.5 m of room between them for the car to pass (UN R152's false
    reaction test)."""
    meeting, _ = timing(ttc)
    y = 0.5 * (ROOM + CAR.width)
    cars = [standing(n, CAR, (0.5 * CAR.length, side * y), 0.0) for n, side in ((1, RIGHT), (2, LEFT))]
    return _scene(straight_road(speed), platform, speed, ttc, cars, meeting)


def standing_beside(platform: Platform, speed: float, ttc: float) -> Scene:
    """Somebody who stands beside the road, 0.75 m from its edge, and looks across."""
    meeting, _ = timing(ttc)
    y = -(0.5 * WIDTH + 0.75 + 0.5 * ADULT.length)
    person = standing(1, ADULT, (0.5 * ADULT.width, y), 0.5 * math.pi)
    return _scene(straight_road(speed), platform, speed, ttc, (person,), meeting)


def oncoming_beside(platform: Platform, speed: float, ttc: float) -> Scene:
    """A car that comes towards us at our speed on its own lane."""
    meeting, _ = timing(ttc)
    car = mover(1, CAR, (0.5 * CAR.length, WIDTH), math.pi, steady(speed), meeting, meeting + AFTER + 1.0)
    return _scene(straight_road(speed), platform, speed, ttc, (car,), meeting)
