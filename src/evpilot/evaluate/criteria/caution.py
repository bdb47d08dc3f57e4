"""Too careful: time lost against a driver alone on the road, and standing where nothing stood in the way."""

import numpy as np

from evpilot.evaluate.criteria.keep_clear import waits_for_room
from evpilot.evaluate.criteria.lines import held_by_red
from evpilot.evaluate.criteria.single import single
from evpilot.evaluate.expert import Progress, time_alone
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.movements import Movement
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.reference.careful import CarefulDriver
from evpilot.types import VEHICLES, MetricResult
from evpilot.types.state import Bools

STANDING = 0.2  # [m/s]
IDLE_MAX = 20.0  # [s] that a car may stand without a cause (a driver behind it loses patience long before)
LOOK_EVERY = 0.5  # [s]
NEAR = 80.0  # [m] others within this set the pace of the traffic, where there are
MANY = 3.0  # of them on average
OUR_WAY = 0.5  # [rad] to our heading


def caution(
    drive: Drive, place: Place, made: Progress, reached: bool, careful: CarefulDriver, ways: list[Movement]
) -> tuple[MetricResult, MetricResult]:
    """The share of the drive's time that was lost (no limit for one drive), and the longest standing without a cause
    [s]; both only where the goal is a place."""
    applies = any(not goal.survival for goal in drive.run.briefing.goals)
    lost = time_lost(drive, place, made, reached) if applies else np.nan
    idle = longest_idle(drive, place, careful, ways) if applies else np.nan
    passed = idle <= IDLE_MAX if applies else None
    return (
        single(drive, "time_lost", "against IDM alone on the road, or the pace of the traffic", "1", lost),
        single(drive, "idle", "standing while a careful driver would go", "s", idle, IDLE_MAX, passed),
    )


def time_lost(drive: Drive, place: Place, made: Progress, reached: bool) -> float:
    """The share 0..1 of the drive's time that was not needed for the way that it made.

    What was needed: the time of a driver alone with the same lights and stop lines, or where others drive our way, that
    of their mean pace, if longer.
    """
    if drive.duration <= 0.0:
        return 0.0
    needed = time_alone(drive, place, made, reached)
    pace = traffic_pace(drive)
    if np.isfinite(pace):
        needed = max(needed, made.car / max(pace, 0.1))
    return max(0.0, 1.0 - needed / drive.duration)


def traffic_pace(drive: Drive) -> float:
    """Mean speed [m/s] of the vehicles near the car that go its way; inf where there are hardly any."""
    others = drive.others
    x, y, yaw = (drive.box[others.tick, k] for k in range(3))
    near = np.hypot(others.box[:, 0] - x, others.box[:, 1] - y) < NEAR
    near &= np.cos(others.box[:, 2] - yaw) > np.cos(OUR_WAY)
    near &= np.isin(others.kind, VEHICLES)
    if np.count_nonzero(near) < MANY * len(drive):
        return np.inf
    return float(np.hypot(others.velocity[near, 0], others.velocity[near, 1]).mean())


def longest_idle(drive: Drive, place: Place, careful: CarefulDriver, ways: list[Movement]) -> float:
    """The longest time [s] on end in which the car stood, no red light held it nor a queue beyond a junction, and a
    careful driver would have set off: whoever starts then and goes on as the car did later touches and hinders
    nobody."""
    idle = (np.abs(drive.speed) < STANDING) & ~held_by_red(drive, place) & ~waits_for_room(drive, ways)
    every = max(round(LOOK_EVERY / drive.step), 1)
    clear = np.zeros(len(drive), np.bool_)
    for tick in np.flatnonzero(idle):
        clear[tick] = careful.could_start(int(tick)) if tick % every == 0 else clear[tick - 1]
    return _longest(idle & clear) * drive.step


def _longest(flags: Bools) -> int:
    """Length of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
