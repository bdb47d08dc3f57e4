"""What all proposals of one cycle are judged against."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.maps.drivable import DrivableArea
from evpilot.plan.columns import Corridor, Span, Surprise
from evpilot.plan.cost.edge import EDGE_SPARE, outline_distance
from evpilot.plan.cost.energy import STANDS, Thrift, rolling_on
from evpilot.plan.entries import Entries
from evpilot.plan.leavers import leaving_places
from evpilot.plan.occlusion import hidden_places
from evpilot.plan.spans import in_strip
from evpilot.plan.way import Way
from evpilot.types import Briefing, EgoState, Observation, Tracks
from evpilot.types.state import Array, Ints

BEHIND = 1.5  # [m] who stands
FOLLOWED = 1.0  # [s] behind who goes ahead
AHEAD = 120.0  # [m] who stands further away may be gone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """The corridors with their stacked tables, the others' boxes as such and as seen from each corridor, extents and
    strips as `strips_on` has them, reach as `reach_of`, stays as `whereabouts_of`; what is whose when, the goals, the
    lowest limit on each corridor (C,) [m/s], the car (4,) speed, acceleration, steering, reserved; and how far it is
    off the road [m], what is to go on the best corridor [m], how long what we do counts [s], the speed limit here
    [m/s], the corridor and offset of the last decision, -1 where there is none such; the speed we would like [m/s], and
    where on each corridor (C,) [m] the front will have to stop, None where saving energy is not wished; how much saving
    counts, and `rolling_on`'s square of the speed (N, 1) towards all that is slower ahead, as the stacked table, both
    None where it does not count now; how far ahead [m] (C,) one has to be over on each free corridor, as
    `blocked.room_before` has it, and whether on any; from where on (C,) [m] the front stands at a line, as
    `halting_places` has it; how much near misses count, 1 to 0, after standing for them, and on each corridor (C,)
    being close behind somebody, less than fully on a way round only; and the accelerations [m/s2] felt before, as
    `cost.jolt.Felt` has them."""

    ways: list[Way]
    table: Array
    corridors: Array
    entries: Entries
    spans: Array
    near: Ints
    extents: Array
    strips: Array
    reach: Array
    stays: Array
    zones: Array
    places: Array
    surprises: Array
    goals: Array
    lowest: Array
    ego: Array
    slack: float
    rest: float
    left: float
    limit: float
    last: tuple[int, float] | None
    wanted: float
    halts: Array | None
    thrift: Thrift | None
    freely: Array | None
    room: Array
    tight: bool
    lines: Array
    patience: float
    fears: Array
    felt: Array


def surprises_on(ways: list[Way], observation: Observation, tracks: Tracks, briefing: Briefing) -> Array:
    """Where somebody may come into our way whom nothing forecasts, (K, 8) by `Surprise`; in the official verdict, whose
    traffic is what the file says, nowhere."""
    if briefing.limits.exact:
        return np.zeros((0, len(Surprise)))
    car = briefing.platform
    hidden = hidden_places(ways, tracks, car, observation.friction)
    return np.concatenate([hidden, leaving_places(ways, tracks, car, observation.ego.speed)])


def time_left(briefing: Briefing, t_ns: int) -> float:
    """How long [s] what we do counts: on a road always, in the official verdict to the end of the scenario."""
    return (briefing.end_ns - t_ns) * 1e-9 if briefing.limits.exact else math.inf


def slack_of(area: DrivableArea, ego: EgoState, body: Array) -> float:
    """How far [m] a corner of the car is off the road already; proposals may keep that, not more."""
    x, y, _, yaw = ego.pose.tolist()
    return slack_at(area, x, y, yaw, body)


def slack_at(area: DrivableArea, x: float, y: float, yaw: float, body: Array) -> float:
    """The same where the rear axle is at a place."""
    return max(0.0, EDGE_SPARE + 0.02 - outline_distance(x, y, yaw, body, area.origin, area.table, area.tiles))


def slower_on(corridors: Array, spans: Array, near: Ints, front: float, half: float) -> Array:
    """What the front will have to slow down for on each corridor (C, 3), inf where for nothing: where to stop [m], at a
    wall or behind somebody who stands in our strip of half a width [m]; where somebody who is ahead in it all the time
    will be at the horizon's end [m], and how fast [m/s]. front [m] from the rear axle to the bumper."""
    out = np.full((len(corridors), 3), np.inf)
    out[:, 0] = corridors[:, Corridor.WALL]
    for c, row in enumerate(near):
        rows = row[1 : 1 + row[0]]
        own, now, then = float(corridors[c, Corridor.S]), spans[c, rows, 0], spans[c, rows, -1]
        ahead = (now[:, Span.S_LOW] > own + front) & (now[:, Span.S_LOW] < own + AHEAD) & in_strip(now, half)
        stands = ahead & (now[:, Span.SPEED] < STANDS)
        out[c, 0] = min(out[c, 0], float(np.min(now[stands, Span.S_LOW], initial=np.inf)) - BEHIND)
        leads = then[ahead & ~stands & in_strip(then, half)]
        if len(leads):
            lead = leads[np.argmin(leads[:, Span.S_LOW])]
            pace = max(float(lead[Span.SPEED]), 0.0)
            out[c, 1:] = float(lead[Span.S_LOW]) - BEHIND - FOLLOWED * pace, pace
    return out


def rolled_to(corridors: Array, table: Array, slower: Array, front: float, kept: float) -> Array:
    """As `rolling_on` fills it (N, 1); slower and front as `slower_on` has them, kept as `Thrift` has it."""
    rolls = np.empty((len(table), 1))
    rolling_on(corridors, table, slower - np.array([front, front, 0.0]), kept, rolls)
    return rolls
