"""A made-up drive on a curved road with a crossing: every record filled as the real loop fills it."""

import math

import numpy as np

from evpilot.runlog import Frame, Header, RunLog
from evpilot.types import (
    ROAD,
    Briefing,
    Decision,
    EgoState,
    Goal,
    LaneGraph,
    LaneKind,
    Lights,
    LightState,
    Marking,
    ObjectKind,
    Observation,
    PlanTrace,
    Platform,
    Predictions,
    Signal,
    StopKind,
    Tracks,
    Trajectory,
    Truth,
    User,
    no_trace,
)

WIDTH = 3.5
BLOCK = 80.0
BLOCKS = 14
OFFSETS = (0.0, WIDTH, 2 * WIDTH, 3 * WIDTH, 4 * WIDTH)  # three lanes ahead, two back
CROSSING = 330.0
KINDS = (ObjectKind.CAR, ObjectKind.CAR, ObjectKind.TRUCK, ObjectKind.CAR, ObjectKind.BUS, ObjectKind.MOTORCYCLE)
SIZES = {
    ObjectKind.CAR: (4.6, 1.86),
    ObjectKind.TRUCK: (15.0, 2.5),
    ObjectKind.BUS: (12.0, 2.55),
    ObjectKind.MOTORCYCLE: (2.2, 0.85),
    ObjectKind.PEDESTRIAN: (0.5, 0.6),
    ObjectKind.BICYCLE: (1.8, 0.7),
}

PLATFORM = Platform(
    key="made", name="Made car", length=4.7, width=1.9, height=1.5, wheelbase=2.9, rear_to_center=1.4, mass=1900.0,
    yaw_inertia=3000.0, cg_to_front=1.4, cg_to_rear=1.5, cg_height=0.55, cornering_front=1.2e5, cornering_rear=1.3e5,
    friction=1.0, steering_max=0.6, steering_rate_max=0.6, steering_lag=0.1, accel_max=4.0, brake_max=9.0,
    accel_lag=0.15, accel_jerk=10.0, brake_jerk=30.0, speed_max=50.0, reverse_speed_max=5.0, drive_power=1.5e5,
    drag_area=0.56, rolling_resistance=0.009, drivetrain_efficiency=0.9, regen_power=6e4, auxiliary_power=700.0,
    battery_energy=2.5e8, sources={"mass": "made up"},
)  # fmt: skip


class Road:
    """A gentle S from a point: station and offset (positive to the left) to x, y, yaw."""

    def __init__(self, x: float, y: float) -> None:
        step = np.arange(0.0, BLOCK * BLOCKS + 1.0)
        yaw = 0.1 - 0.35 * np.sin(step / 210.0)
        self.s, self.yaw = step, yaw
        self.x = x + np.concatenate([[0.0], np.cumsum(np.cos(yaw[:-1]))])
        self.y = y + np.concatenate([[0.0], np.cumsum(np.sin(yaw[:-1]))])

    def at(self, s, d):
        yaw = np.interp(s, self.s, self.yaw)
        x, y = np.interp(s, self.s, self.x), np.interp(s, self.s, self.y)
        return x - np.sin(yaw) * d, y + np.cos(yaw) * d, yaw


def graph(road: Road) -> LaneGraph:
    center, left, right, arc, start = [], [], [], [], [0]
    rows = [(block, lane) for block in range(BLOCKS) for lane in range(5)]
    for block, lane in rows:
        s = np.linspace(block * BLOCK, (block + 1) * BLOCK, 21)
        s = s if lane < 3 else s[::-1]
        side = WIDTH / 2 if lane < 3 else -WIDTH / 2
        for out, d in ((center, 0.0), (left, side), (right, -side)):
            x, y, _ = road.at(s, OFFSETS[lane] + d)
            out.append(np.stack([x, y, np.zeros_like(x)], axis=1))
        arc.append(np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(center[-1][:, :2], axis=0).T))]))
        start.append(start[-1] + len(s))
    n = len(rows)
    lane = np.array([row[1] for row in rows])
    index = np.arange(n)
    ahead = lane < 3
    nxt = np.where(ahead, index + 5, index - 5)
    follows = [[int(i)] if 0 <= i < n else [] for i in nxt]
    back = np.where(ahead, index - 5, index + 5)
    leads = [[int(i)] if 0 <= i < n else [] for i in back]
    sx, sy, _ = road.at(np.array([CROSSING - 8] * 2), np.array([-WIDTH / 2, 2.5 * WIDTH]))
    zx, zy, _ = road.at(
        np.array([CROSSING - 2, CROSSING - 2, CROSSING + 2, CROSSING + 2]),
        np.array([-WIDTH / 2, 4.5 * WIDTH, 4.5 * WIDTH, -WIDTH / 2]),
    )
    lx, ly, lyaw = road.at(CROSSING - 7, -WIDTH)
    stop_lane = int(CROSSING - 8) // int(BLOCK) * 5
    ints = lambda values: np.array(values, np.int64)  # noqa: E731
    csr = lambda lists: ints(np.concatenate([[0], np.cumsum([len(each) for each in lists])]))  # noqa: E731
    flat = lambda lists: ints([i for each in lists for i in each])  # noqa: E731
    return LaneGraph(
        lane_id=index + 100, point_start=ints(start), center=np.concatenate(center), left=np.concatenate(left),
        right=np.concatenate(right), arc=np.concatenate(arc), length=np.array([a[-1] for a in arc]),
        kind=np.full(n, LaneKind.MOTORWAY, np.uint8), users=np.full(n, int(User.VEHICLE)),
        users_against=np.zeros(n, np.int64),
        speed_limit=np.full(n, 100 / 3.6),
        left_marking=np.where((lane == 2) | (lane == 3), Marking.SOLID, Marking.DASHED).astype(np.uint8),
        right_marking=np.where((lane == 0) | (lane == 4), Marking.SOLID, Marking.DASHED).astype(np.uint8),
        successor_start=csr(follows), successor=flat(follows), predecessor_start=csr(leads), predecessor=flat(leads),
        left_neighbour=np.choose(lane, [index + 1, index + 1, index + 1, index - 1, index - 1]),
        right_neighbour=np.choose(lane, [np.full(n, -1), index - 1, index - 1, index + 1, np.full(n, -1)]),
        left_same=(lane != 2) & (lane != 3), right_same=(lane != 0) & (lane != 4), left_told=np.ones(len(lane), bool),
        junction=np.full(n, -1), turn=np.zeros(n, np.uint8), priority=np.zeros(n, np.uint8),
        conflict_start=np.zeros(n + 1, np.int64), conflict=ints([]), conflict_span=np.zeros((0, 4)),
        conflict_yields=np.zeros(0, np.bool_), stop_line=np.stack([sx, sy, 0 * sx], axis=1)[None],
        stop_lane=ints([stop_lane]), stop_s=np.array([2.0]), stop_kind=np.array([StopKind.LIGHT], np.uint8),
        light_id=ints([9]), light_pose=np.array([[lx, ly, 4.0, math.remainder(lyaw + math.pi, 2 * math.pi)]]),
        light_arrow=np.zeros(1, np.uint8), light_lane_start=ints([0, 3]),
        light_lane=ints([stop_lane, stop_lane + 1, stop_lane + 2]),
        sign_code=(), sign_value=(), sign_pose=np.zeros((0, 4)), sign_lane_start=ints([0]), sign_lane=ints([]),
        crosswalk_start=ints([0, 4]), crosswalk=np.stack([zx, zy, 0 * zx], axis=1), crosswalk_lane_start=ints([0, 0]),
        crosswalk_lane=ints([]), crosswalk_span=np.zeros((0, 2)),
    )  # fmt: skip


class Cast:
    """The others: each keeps its lane and speed, but number 2 cuts in, 7 walks over the crossing."""

    def __init__(self, road: Road, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.road = road
        self.id = np.arange(2, 2 + count)
        self.lane = np.arange(count) % 5
        self.s = 20.0 + 40.0 * (np.arange(count) // 5) + rng.uniform(0, 22, count)
        self.v = np.where(self.lane < 3, 19.0 + 3.0 * self.lane, -24.0) + rng.uniform(-1, 1, count)
        self.kind = np.array([KINDS[i % len(KINDS)] for i in range(count)], np.uint8)
        if count > 5:
            self.lane[0], self.s[0], self.v[0], self.kind[0] = 1, 78.0, 18.5, ObjectKind.CAR
            self.kind[5], self.s[5] = ObjectKind.PEDESTRIAN, CROSSING
        self.size = np.array([SIZES[ObjectKind(int(k))] for k in self.kind]).reshape(count, 2)

    def state(self, t):
        """(N, 7) and (N,) signals at a time [s]."""
        s, d = self.s + self.v * t, np.array(OFFSETS)[self.lane]
        signals = np.zeros(len(s), np.uint8)
        if len(s) > 5:
            share = np.clip((t - 5.0) / 3.5, 0.0, 1.0)
            d[0] = WIDTH * (1 - share * share * (3 - 2 * share))
            signals[0] = Signal.RIGHT if 3.5 < t < 8.5 else 0
            s[5], d[5] = CROSSING, -4.0 + 1.3 * max(0.0, t - 10.0)
        x, y, yaw = self.road.at(s, d)
        yaw = np.where(self.v < 0, yaw + np.pi, yaw)
        yaw = np.arctan2(np.sin(yaw), np.cos(yaw))
        zero = np.zeros_like(x)
        return np.stack([x, y, zero, yaw, np.abs(self.v), zero, zero], axis=1), signals

    def tracks(self, t, t_ns) -> Tracks:
        state, signals = self.state(t)
        here = np.abs(np.interp(0, [0], [0]) + (self.s + self.v * t) - BLOCK * BLOCKS / 2) < BLOCK * BLOCKS / 2
        n = int(here.sum())
        speed, yaw = state[here, 4], state[here, 3]
        return Tracks(
            t_ns=t_ns, id=self.id[here].astype(np.int64), kind=self.kind[here], state=state[here],
            velocity=np.stack([speed * np.cos(yaw), speed * np.sin(yaw)], axis=1), cov=np.zeros((n, 6, 6)),
            size=self.size[here], age=np.full(n, t), signals=signals[here], valid=np.ones(n, np.bool_),
        )  # fmt: skip


def profile():
    """Speed, acceleration and station of the car each 10 ms for ten minutes; the road ends before."""
    grid = np.arange(0.0, 601.0, 0.01)
    accel = np.where((grid > 5.4) & (grid < 7.0), -3.4, np.where((grid > 8) & (grid < 14), 0.9, 0.0))
    speed = 24.0 + np.cumsum(accel) * 0.01
    station = 30.0 + np.cumsum(speed) * 0.01
    return speed, accel, np.minimum(station, BLOCK * BLOCKS - 60.0)


PROFILE = profile()


def ego_profile(t):
    return tuple(float(column[round(t * 100)]) for column in PROFILE)


def poses(road, s, d):
    x, y, yaw = road.at(s, d)
    return np.stack([x, y, np.zeros_like(x), np.arctan2(np.sin(yaw), np.cos(yaw))], axis=1)


def plan(road, t_ns, s, v, a, horizon=6.0, n=61) -> Trajectory:
    time = np.linspace(0.0, horizon, n)
    speed = np.maximum(v + a * np.minimum(time, 2.0), 0.0)
    station = s + np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(time))])
    return Trajectory(
        t_ns=t_ns, time=time, pose=poses(road, station, np.zeros(n)), speed=speed,
        accel=np.gradient(speed, time), curvature=np.zeros(n),
    )  # fmt: skip


def predictions(tracks: Tracks, modes=3) -> Predictions:
    time = np.linspace(0.0, 8.0, 12)
    n = len(tracks)
    turn = np.array([0.0, 0.012, -0.012])[:modes]
    yaw = tracks.state[:, 3][:, None, None] + turn[None, :, None] * time
    pose = np.zeros((n, modes, 12, 4))
    pose[..., 0] = tracks.state[:, 0][:, None, None] + tracks.state[:, 4][:, None, None] * np.cos(yaw) * time
    pose[..., 1] = tracks.state[:, 1][:, None, None] + tracks.state[:, 4][:, None, None] * np.sin(yaw) * time
    pose[..., 3] = np.arctan2(np.sin(yaw), np.cos(yaw))
    cov = np.zeros((n, modes, 12, 2, 2))
    cov[..., 0, 0] = cov[..., 1, 1] = 0.05 + 0.02 * time
    prob = np.tile(np.array([0.7, 0.2, 0.1])[:modes] / sum((0.7, 0.2, 0.1)[:modes]), (n, 1))
    return Predictions(t_ns=tracks.t_ns, track_id=tracks.id, time=time, pose=pose, pos_cov=cov, prob=prob)


def trace(road, s, v, t, chosen) -> PlanTrace:
    reason, cause = (
        ("keep the lane, the road is free", -1) if t < 5 else
        ("brake: 2 cuts in, 36 m ahead", 2) if t < 7.2 else
        ("rebuild 1.5 s behind 2", 2) if t < 10 else ("let 7 cross", 7)
    )  # fmt: skip
    xy = []
    for lateral in np.linspace(-WIDTH, 2 * WIDTH, 10):
        for target in (-6.0, -3.0, 0.0, 3.0):
            u = np.linspace(0, 1, 15)
            xy.append(poses(road, s + (v + target / 2) * 4.5 * u, lateral * u**3 * (10 + u * (6 * u - 15)))[:, :2])
    rejection = (np.arange(len(xy)) % 4 + 1).astype(np.uint8)
    rejection[12] = 0
    counts = np.bincount(rejection, minlength=6).astype(np.int64) * 8
    counts[0] = 1
    wall = poses(road, np.array([CROSSING - 9]), np.zeros(1))[:, [0, 1, 3]]
    return PlanTrace(
        reason=reason, cause_id=cause, xy=np.array(xy), cost=np.linspace(0.3, 2.0, len(xy)), rejection=rejection,
        walls=wall if t > 10 else np.zeros((0, 3)), wall_reason=("red light",) if t > 10 else (), counts=counts,
    )  # fmt: skip


def fast_clock(road, seconds):
    ticks = round(seconds * 100) + 1
    rows = np.zeros((ticks, 10))
    for k in range(ticks):
        v, a, s = ego_profile(k * 0.01)
        x, y, yaw = road.at(s, 0.0)
        power = 1900 * v * a + 8000 if a > 0 else max(1900 * v * a * 0.8, -58_000) + 8000
        rows[k] = x, y, 0.0, yaw, v, a, 0.1, 0.01, 0.002, power
    return np.arange(ticks, dtype=np.int64) * 10_000_000, rows


def made_drive(seconds=20.0, cars=50, seed=1, origin=(0.0, 0.0), traced=True, period=0.1) -> RunLog:
    road = Road(*origin)
    lanes, cast = graph(road), Cast(road, cars, seed)
    t_ns, ego = fast_clock(road, seconds)
    frames = []
    for k in range(int(seconds / period)):
        t = k * period
        now = round(t * 1e9)
        row = ego[round(t * 100)]
        car = EgoState(
            t_ns=now, pose=row[:4].copy(), velocity=np.array([row[4], 0.0]), accel=np.array([row[5], 0.0]),
            yaw_rate=float(row[7]), steering=float(row[8]), cov=np.zeros((6, 6)),
        )  # fmt: skip
        tracks = cast.tracks(t, now)
        state = LightState.GREEN if t < 9 else LightState.AMBER if t < 10 else LightState.RED
        lights = Lights(t_ns=now, index=np.array([0]), state=np.array([state], np.uint8), arrow=np.zeros(1, np.uint8))
        v, a, s = ego_profile(t)
        chosen = plan(road, now, s, v, a)
        decision = Decision(
            t_ns=now, trajectory=chosen, tail=plan(road, now, s, v, -v / 5, horizon=5.0),
            predictions=predictions(tracks) if traced else None, trace=trace(road, s, v, t, chosen) if traced else None,
        )  # fmt: skip
        observed = Observation(
            t_ns=now, ego=car, tracks=tracks, detections=None, lights=lights, visible_range=np.full(72, 200.0),
            friction=1.0, sight=1e4,
        )  # fmt: skip
        truth = Truth(t_ns=now, ego=car, objects=tracks, lights=lights, friction=1.0, sight=1e4)
        failed = traced and k == 150
        frames.append(
            Frame(
                t_ns=now, truth=truth, observation=observed, decision=None if failed else decision,
                fault="took longer than 5 s" if failed else "", plan_ms=4.0 + k % 3,
            )
        )  # fmt: skip
    x, y, _ = road.at(np.array([600.0, 640.0, 640.0, 600.0]), np.array([-1.7, -1.7, 1.7, 1.7]))
    header = Header(
        version="0.1.0", scenario="made/cut_in", scenario_sha256="ab" * 32, problem_id=0, seed=seed,
        pilot="evpilot.pilot:EvPilot", traffic="replay", config={"dt": 0.1, "name": "<b>"}, machine={"cpu": "any"},
    )  # fmt: skip
    briefing = Briefing(
        graph=lanes, goals=(Goal(regions=(np.stack([x, y], axis=1),)),), platform=PLATFORM, limits=ROAD,
        period_ns=round(period * 1e9), start_ns=0, end_ns=round(seconds * 1e9), seed=seed,
    )  # fmt: skip
    command = np.zeros((len(t_ns), 3))
    command[:, 0] = ego[:, 5]
    return RunLog(
        header=header, briefing=briefing, frames=tuple(frames), t_ns=t_ns, ego=ego, command=command, outcome="goal"
    )


__all__ = ["made_drive", "no_trace"]
