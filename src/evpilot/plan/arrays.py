"""The briefing and the corridors as the plain arrays that the kernels read."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Corridor, Ref, Roll
from evpilot.plan.walls import Wall
from evpilot.plan.way import Way, course_now, to_go
from evpilot.plan.weather import GRAVITY
from evpilot.types import Briefing, EgoState, Limits, Platform, Trajectory
from evpilot.types.state import Array, Ints
from evpilot.vehicle.powertrain.conditions import MILD
from evpilot.vehicle.powertrain.road import road_load, turning_mass

START, WALL = int(Corridor.START), int(Corridor.WALL)
X, Y, YAW = int(Roll.X), int(Roll.Y), int(Roll.YAW)
SPEED, ACCEL, CURVATURE = int(Roll.SPEED), int(Roll.ACCEL), int(Roll.CURVATURE)
FAR = 1e6  # [s] a window that never closes
FIRM_SHARE = 0.7  # of the gate's jerk, for firm braking: nuPlan calls up to 4.13 m/s3 comfortable
STRIP_MARGIN = 0.35  # [m] beside our width in which somebody ahead is followed
HARD_JERK = 15.0  # [m/s3] of the car in an emergency, behind its actuators' lag
GUARD_SLACK = 1.2  # the guard takes a plan for a forecast; a little less than its own, which looks at other knots
NEAR_MISS = 15.0  # about what 25 m of the way are worth: to nuPlan one is as bad as no progress at all
# a regulation's cases ask for safety alone: there these cost nothing
HARSH = 80.0  # of braking harder than comfortable, for each m/s2
JOLT = 60.0  # of more jerk than is comfortable, for each m/s3
EDGE_BLUR = 0.25  # [m] of a corner; nuPlan's drivable-area compliance grants 0.3
POWER = 13  # column of `car_vector`: what the motor gives at 1 m/s by its power
ACROSS_JERK, NEAR_PRICE, JOLT_PRICE = 5, 8, 10  # columns of `comfort_vector`
LAST, WIDE = 0.2, 0.6  # [s]
TIGHT = 0.05  # [m/s, rad] inside a goal's windows, for the difference between plan and drive


def car_vector(briefing: Briefing) -> Array:
    """The car as `rollout.roll_out` wants it (19,): nothing that the gate would cut, except in an emergency, nor
    that the motor cannot give; the official verdict's car knows no power and no slope."""
    platform, limits = briefing.platform, briefing.limits
    hardest = min(limits.emergency, platform.brake_max)
    return np.array(
        [
            platform.wheelbase,
            platform.steering_max,
            min(limits.steering_rate, platform.steering_rate_max),
            platform.rear_to_center + 0.5 * platform.length,
            0.5 * platform.width + STRIP_MARGIN,
            limits.accel,
            hardest,
            limits.jerk,
            limits.gate_accel if not limits.exact else 4.5,
            min(hardest, limits.gate_brake),
            4.0 * limits.jerk if limits.exact else min(platform.brake_jerk, HARD_JERK),
            2.0 * limits.jerk if limits.exact else FIRM_SHARE * limits.gate_jerk,
            *(_motor(platform) if not limits.exact else (math.inf, math.inf, 0.0, 0.0)),
            limits.gate_lateral,
            limits.gate_lateral_jerk,
            platform.mass / (platform.mass + turning_mass(platform)) if not limits.exact else 0.0,
        ]
    )


def _motor(platform: Platform) -> tuple[float, float, float, float]:
    """What a motor gives on level ground [m/s2]: at most, at 1 m/s by its power, less rolling resistance and less the
    air's at 1 m/s."""
    air, rolling, _ = road_load(platform, MILD)
    mass = platform.mass + turning_mass(platform)
    weight = platform.mass * GRAVITY
    return platform.accel_max * platform.mass / mass, platform.drive_power / mass, weight * rolling / mass, air / mass


def comfort_vector(limits: Limits) -> Array:
    """What `score` holds against a motion (11,): comfortable acceleration, braking, lateral acceleration and its
    bound [m/s2]; what the guard refuses: lateral acceleration [m/s2], lateral jerk [m/s3], and the braking [m/s2] that
    is exempt; how far [m] beyond the road's edge the full cost is reached: at once in the official verdict;
    what a near miss costs: nothing there; and what each m/s2 of harsh braking and each m/s3 of a jolt do."""
    return np.array(
        [
            limits.accel,
            limits.brake,
            limits.lateral,
            min(limits.gate_lateral, 7.0),
            GUARD_SLACK * limits.gate_lateral,
            1.5 * GUARD_SLACK * limits.gate_lateral_jerk,
            limits.gate_brake,
            0.0 if limits.exact else EDGE_BLUR,
            0.0 if limits.exact else NEAR_MISS,
            *((0.0, 0.0) if limits.exact or limits.lane_kept else (HARSH, JOLT)),
        ]
    )


class Tables:
    """The reference tables of the corridors in one, made anew only where they are others than in the last cycle."""

    def __init__(self) -> None:
        self._parts: list[Array] = []
        self._speed_max = math.inf
        self._all = np.zeros((0, len(Ref)))

    def stack(self, ways: list[Way], speed_max: float = math.inf) -> Array:
        """All tables (sum P, 14), nowhere faster than speed_max [m/s]; not to be written to."""
        parts = [way.table for way in ways]
        same = len(parts) == len(self._parts) and all(
            one is other for one, other in zip(parts, self._parts, strict=True)
        )
        if not same or speed_max != self._speed_max:
            self._parts, self._speed_max, self._all = parts, speed_max, np.concatenate(parts)
            for column in (Ref.LIMIT, Ref.CAP) if speed_max < math.inf else ():
                np.minimum(self._all[:, column], speed_max, out=self._all[:, column])
        return self._all


def stack_scalars(ways: list[Way], walls: list[Wall]) -> tuple[Array, float]:
    """The corridors' scalars (C, 10) with their walls, and what is to go [m] from here on the best corridor."""
    corridors = np.array([way.scalars for way in ways])
    corridors[0, START] = 0.0
    for c in range(1, len(ways)):
        corridors[c, START] = corridors[c - 1, START] + len(ways[c - 1].table)
    for wall in walls:
        corridors[wall.corridor, WALL] = min(corridors[wall.corridor, WALL], wall.s)
    return corridors, min(to_go(way) for way in ways)


def goal_polygons(briefing: Briefing) -> tuple[Ints, Ints, Array]:
    """The goals' areas: owned (G + 1,) into starts, starts (K + 1,) into points (Q, 2); goal lanes as their outline."""
    owned, starts, points = [0], [0], [np.zeros((0, 2))]
    graph = briefing.graph
    for goal in briefing.goals:
        outlines = list(goal.regions)
        for lane in goal.lanes:
            rows = graph.points(lane)
            outlines.append(np.vstack([graph.left[rows, :2], graph.right[rows, :2][::-1]]))
        for outline in outlines:
            points.append(np.asarray(outline)[:, :2])
            starts.append(starts[-1] + len(outline))
        owned.append(owned[-1] + len(outlines))
    return np.array(owned, np.int64), np.array(starts, np.int64), np.ascontiguousarray(np.concatenate(points))


def goal_windows(briefing: Briefing, seconds: float) -> Array:
    """The goals' windows (G, 6): time from and to [s from now], speed, yaw; a little tighter than asked."""
    rows: list[tuple[float, ...]] = []
    for goal in briefing.goals:
        low, high = goal.time if goal.time is not None else (0.0, FAR)
        slow, fast = goal.speed if goal.speed is not None else (-FAR, FAR)
        right, left = goal.yaw if goal.yaw is not None else (0.0, 2.0 * math.pi)
        if goal.speed is not None and fast - slow > 4.0 * TIGHT:
            slow, fast = slow + TIGHT, fast - TIGHT
        if goal.yaw is not None and left - right > 0.1:
            right, left = right + 0.3 * TIGHT, left - 0.3 * TIGHT
        if goal.survival:
            low, high = FAR, FAR
        elif high - low > WIDE and high - LAST > seconds:
            # not in the last moment, where the smallest difference between plan and drive misses it
            high -= LAST
        rows.append((low - seconds, high - seconds, slow, fast, right, left))
    return np.array(rows).reshape(-1, 6)


def goal_places(ways: list[Way], briefing: Briefing, seconds: float) -> Array:
    """Where and when goals lie on the corridors (K, 7): see `cost.goal.schedule_cost`."""
    rows: list[tuple[float, ...]] = []
    for c, way in enumerate(ways):
        for g, low, high, d, _ in way.goals:
            goal = briefing.goals[int(g)]
            begin, end = goal.time if goal.time is not None else (0.0, FAR)
            pace = -1.0 if goal.speed is None else max(0.0, 0.5 * (goal.speed[0] + goal.speed[1]))
            rows.append((c, low, high, d, begin - seconds, end - seconds, pace))
    return np.array(rows).reshape(-1, 7)


def trajectory(roll: Array, ego: EgoState, t_ns: int) -> Trajectory:
    """A rollout (51, 9) as a record, starting exactly where the car is; its yaw is the course, without the slip of the
    tyres that turns the body further into a bend."""
    pose, rest = np.empty((len(roll), 4)), np.empty((3, len(roll)))
    x, y, z, _ = ego.pose.tolist()
    fill_motion(roll, x, y, z, course_now(ego), pose, rest)
    return Trajectory(t_ns=t_ns, time=GRID.copy(), pose=pose, speed=rest[0], accel=rest[1], curvature=rest[2])


@kernel("void(f8[:, ::1], f8, f8, f8, f8, f8[:, ::1], f8[:, ::1])")
def fill_motion(roll: Array, x: float, y: float, z: float, course: float, pose: Array, rest: Array) -> None:
    """Fill pose (51, 4) and rest (3, 51), speed, acceleration, curvature, with a rollout (51, 11) from a place [m] with
    a course [rad] on."""
    # the whole motion is moved by what the look-up on the path was off at the start: no jump, no kink
    dx, dy, turn = x - roll[0, X], y - roll[0, Y], course - roll[0, YAW]
    for k in range(roll.shape[0]):
        pose[k, 0], pose[k, 1], pose[k, 2] = roll[k, X] + dx, roll[k, Y] + dy, z
        pose[k, 3] = math.pi - (math.pi - (roll[k, YAW] + turn)) % (2.0 * math.pi)
        rest[0, k], rest[1, k], rest[2, k] = roll[k, SPEED], roll[k, ACCEL], roll[k, CURVATURE]
