"""A drive on the page's two clocks: the car's, some 20 times a second, and the planning tick."""

from dataclasses import dataclass

import numpy as np

from evpilot.maps.index import LaneIndex
from evpilot.runlog import Ego, RunLog
from evpilot.types import User
from evpilot.types.state import Array, Ints

SAMPLES_MAX = 6000  # rows of the car's clock on one page: 20 Hz up to five minutes
RATE = 20.0  # [Hz]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clock:
    """Both clocks of a drive, in seconds since its start.

    rows (n_fast,) of RunLog.ego, one each fast_dt [s]; tick (F,) the row of the page's tick clock (0..ticks - 1, one
    each dt [s]) that each frame belongs to; origin (2,) [m] what the page subtracts from every place; centre
    (n_fast, 2) the box centre [m], map frame.
    """

    start_ns: int
    fast_dt: float
    rows: Ints
    dt: float
    tick: Ints
    ticks: int
    duration: float
    origin: Array
    centre: Array


def clock(run: RunLog) -> Clock:
    """Choose the clocks; a fast clock that is not even is read at even times."""
    start = int(run.t_ns[0])
    duration = float(run.t_ns[-1] - start) * 1e-9
    step = float(np.median(np.diff(run.t_ns))) * 1e-9 if len(run.t_ns) > 1 else 0.1
    fast_dt = max(step, round(max(1.0 / RATE, duration / SAMPLES_MAX) / step) * step)
    times = start + np.round(np.arange(int(duration / fast_dt + 1e-6) + 1) * fast_dt * 1e9).astype(np.int64)
    rows = np.clip(np.searchsorted(run.t_ns, times), 0, len(run.t_ns) - 1)
    dt = run.briefing.period_ns * 1e-9
    tick = np.array([round((frame.t_ns - start) * 1e-9 / dt) for frame in run.frames], np.int64)
    back, yaw = run.briefing.platform.rear_to_center, run.ego[rows, Ego.YAW]
    centre = run.ego[rows, :2] + back * np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
    return Clock(
        start_ns=start,
        fast_dt=fast_dt,
        rows=rows,
        dt=dt,
        tick=tick,
        ticks=int(tick.max(initial=0)) + 1,
        duration=duration,
        origin=np.floor(centre[0]),
        centre=centre,
    )


def lanes_driven(run: RunLog) -> Ints:
    """The lane (F,) for vehicles that the car's centre is on in each frame, -1 where there is none.

    Where lanes overlap it stays on the one it came by, or goes on to one that this leads to: the one that holds it
    longest, and of equals the one that fits its heading.
    """
    graph, back = run.briefing.graph, run.briefing.platform.rear_to_center
    lanes = np.full(len(run.frames), -1, np.int64)
    if not len(graph):
        return lanes
    index, held, fits = LaneIndex(graph), list[list[int]](), list[int]()
    for frame in run.frames:
        x, y, z, yaw = (float(value) for value in frame.truth.ego.pose)
        x, y = x + back * np.cos(yaw), y + back * np.sin(yaw)
        held.append([int(one) for one in index.lanes_at(x, y, z) if graph.users[one] & User.VEHICLE])
        fits.append(int(index.nearest(x, y, z, yaw)[0]))

    def worth(lane: int, since: int) -> tuple[int, bool]:
        stays = next((i for i in range(since, len(held)) if lane not in held[i]), len(held)) - since
        return stays, lane == fits[since]

    lane = -1
    for i, some in enumerate(held):
        if lane not in some:
            after = graph.successors(lane).tolist() if lane >= 0 else []
            some = [one for one in some if one in after] or some
            lane = max(some, key=lambda one: worth(one, i), default=-1)
        lanes[i] = lane
    return lanes
