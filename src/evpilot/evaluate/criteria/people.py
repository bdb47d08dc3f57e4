"""People on foot and on bicycles: on a crosswalk they go first, beside a cyclist there is room."""

import numpy as np

from evpilot.evaluate.criteria.single import events
from evpilot.evaluate.facts.area import for_vehicles, lane_area
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.others import Track, outline, tracks
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.reference.careful import EMERGENCY, REACTION
from evpilot.geometry.polygon import holds
from evpilot.types import MetricResult, ObjectKind
from evpilot.types.state import Array

WALKERS = (ObjectKind.PEDESTRIAN, ObjectKind.BICYCLE)
KERB = 1.0  # [m] beyond the crosswalk
CLOSE = 0.7  # [m] beside the car: who stands there is in its way
SOON = 1.5  # [s] in which somebody who walks on would be in the car's way
DRIVES = 0.5  # [m/s]
ROOM_TOWN, ROOM_COUNTRY = 1.5, 2.0  # [m] StVO section 5 (4)
COUNTRY = 60.0 / 3.6  # [m/s] a higher limit is out of town
FASTER = 1.0  # [m/s] than the cyclist: passing, not riding along
BESIDE_MAX = 4.0  # [m] further away it is another road


def crosswalks(drive: Drive) -> MetricResult:
    """One value for each time that the car drove onto a crosswalk with somebody on it: 1 when that one was in its way
    or about to be, and could have been let pass in comfort, else 0."""
    graph = drive.graph
    times: list[int] = []
    values: list[float] = []
    walkers = [track for track in tracks(drive).values() if track.kind in WALKERS]
    for mark in range(len(graph.crosswalk_start) - 1) if walkers else ():
        polygon = graph.crosswalk[graph.crosswalk_start[mark] : graph.crosswalk_start[mark + 1], :2]
        for tick in _driven_onto(drive, polygon):
            on_it = [one for one in walkers if _is_on(one, polygon, tick)]
            if on_it:
                times.append(int(drive.t_ns[tick]))
                values.append(float(any(_hindered(drive, one, polygon, tick) for one in on_it)))
    clause = "Vienna Convention on Road Traffic 1968, art. 21 (2); StVO section 26 (1)"
    return events("crosswalk", clause, "1", times, values, 0.0, not any(values) if values else None)


def _driven_onto(drive: Drive, polygon: Array) -> list[int]:
    """The ticks in which the car's body comes onto a crosswalk."""
    low, high = polygon.min(axis=0) - 4.0, polygon.max(axis=0) + 4.0
    near = np.flatnonzero(np.all((drive.box[:, :2] >= low) & (drive.box[:, :2] <= high), axis=1))
    on_it = np.zeros(len(drive), np.bool_)
    for tick in near.tolist():
        on_it[tick] = bool(np.any(holds(polygon, outline(drive.box[tick]))))
    begins = np.flatnonzero(on_it & ~np.concatenate([[False], on_it[:-1]]))
    return [int(tick) for tick in begins if tick > 0]


def _is_on(track: Track, polygon: Array, tick: int) -> bool:
    k = track.row_at(tick)
    return k >= 0 and bool(holds(polygon, track.box[k : k + 1, :2])[0])


def _hindered(drive: Drive, track: Track, polygon: Array, tick: int) -> bool:
    """Whether somebody on a crosswalk is in the way of the car that drives onto it, and could have been waited for."""
    k = track.row_at(tick)
    if not _in_way(drive, track, k, tick):
        return False
    wide = _grown(polygon)
    first = k
    while first > 0 and holds(wide, track.box[first - 1 : first, :2])[0]:
        first -= 1
    return _could_wait(drive, int(track.tick[first]), tick)


def _grown(polygon: Array) -> Array:
    """A crosswalk with the kerbs at its ends, where one who wants to cross waits."""
    middle = polygon.mean(axis=0)
    away = polygon - middle
    length = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
    return polygon + KERB * away / length


def _in_way(drive: Drive, track: Track, k: int, tick: int) -> bool:
    """Whether somebody is beside the car's strip, or soon is if it walks on."""
    x, y, yaw = drive.box[tick, :3]
    dx, dy = track.box[k, 0] - x, track.box[k, 1] - y
    across = np.cos(yaw) * dy - np.sin(yaw) * dx
    before = track.box[max(k - 3, 0)]
    moved = np.cos(yaw) * (track.box[k, 1] - before[1]) - np.sin(yaw) * (track.box[k, 0] - before[0])
    pace = moved / max((min(k, 3)) * drive.step, drive.step)
    room = abs(across) - 0.5 * drive.platform.width - CLOSE
    return bool(room < 0.0 or (across * pace < 0.0 and room < SOON * abs(pace)))


def _could_wait(drive: Drive, begun: int, tick: int) -> bool:
    """Whether the car could have stopped before where it is in a tick, when it knew from another on: after a careful
    driver's reaction, in comfort."""
    way = float(np.hypot(*np.diff(drive.box[begun : tick + 1, :2], axis=0).T).sum())
    speed = max(float(drive.speed[begun]), 0.0)
    return way > speed * REACTION + speed * speed / (2.0 * EMERGENCY)


def cyclist_room(drive: Drive, place: Place) -> MetricResult:
    """One value for each cyclist on the road whom the car passed: how much of the room [m] that the law wants beside a
    cyclist was missing."""
    times: list[int] = []
    values: list[float] = []
    riders = [track for track in tracks(drive).values() if track.kind == ObjectKind.BICYCLE]
    if riders:
        road = lane_area(drive.graph, for_vehicles(drive.graph), drive.box[:, :2])
        for track in riders:
            for begin, end in _passes(drive, track):
                rows = np.arange(begin, end + 1)
                height = drive.z[track.tick[rows]]
                on_road = road.holds(np.column_stack([track.box[rows, :2], height])).any(axis=1)
                if not on_road.all():
                    continue
                tick = int(track.tick[begin])
                wanted = ROOM_COUNTRY if COUNTRY < place.limit[tick] < np.inf else ROOM_TOWN
                room = min(_aside(drive, track, int(k)) for k in rows)
                times.append(int(drive.t_ns[tick]))
                values.append(max(0.0, wanted - room))
    passed = max(values) <= SLACK if values else None
    return events("cyclist_room", "StVO section 5 (4)", "m", times, values, SLACK, passed)


SLACK = 0.1  # [m] nobody measures better at speed


def _passes(drive: Drive, track: Track) -> list[tuple[int, int]]:
    """From which to which of its rows the car is beside somebody, having come from behind, faster, and going ahead."""
    along = np.array([_offset(drive, track, k)[0] for k in range(len(track.tick))])
    reach = 0.5 * (track.box[:, 3] + drive.platform.length)
    same = np.cos(track.box[:, 2] - drive.box[track.tick, 2]) > 0.7
    faster = drive.speed[track.tick] > track.speed + FASTER
    beside = (np.abs(along) < reach) & same & faster
    beside &= np.array([_aside(drive, track, k) < BESIDE_MAX for k in range(len(track.tick))])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], beside, [False]])))
    spans = [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
    # it is ahead of us at first and behind us in the end
    return [(a, b) for a, b in spans if along[a] > 0.0 > along[b]]


def _offset(drive: Drive, track: Track, k: int) -> tuple[float, float]:
    x, y, yaw = drive.box[track.tick[k], :3]
    dx, dy = track.box[k, 0] - x, track.box[k, 1] - y
    return float(np.cos(yaw) * dx + np.sin(yaw) * dy), float(np.cos(yaw) * dy - np.sin(yaw) * dx)


def _aside(drive: Drive, track: Track, k: int) -> float:
    """The room [m] between the bodies, sideways."""
    return abs(_offset(drive, track, k)[1]) - 0.5 * (drive.platform.width + float(track.box[k, 4]))
