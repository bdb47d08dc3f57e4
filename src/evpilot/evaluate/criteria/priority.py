"""Those who go first and are not to be hindered: at junctions, at a bus stop, with blue light."""

import numpy as np

from evpilot.evaluate.criteria.lines import ARROWS, red
from evpilot.evaluate.criteria.single import events, single
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.movements import Movement
from evpilot.evaluate.facts.others import Around, Track, tracks
from evpilot.evaluate.reference.careful import EMERGENCY, REACTION
from evpilot.types import VEHICLES, Arrow, MetricResult, ObjectKind, Priority, Signal, Turn
from evpilot.types.state import Array, Bools, Bytes, Ints

COMMITTED = 3.0  # [m/s2] who would have to brake harder to wait has begun to go
LOOK = 6.0  # [s] after that, in which somebody may have to brake for us
PET_MIN = 1.0  # [s] behind us: what comes closer is a serious conflict (Allen, Shin and Cooper 1978)
NEAR = 120.0  # [m]
MOVING = 1.0  # [m/s] who is slower loses nothing
SAME_WAY, STRIP = 0.5, 1.2  # [rad], [m] a cyclist goes as we came, and through our way
ON_LANE = 1.2, 0.8  # [m], [rad] beside the middle and heading of a lane that one comes along
BESIDE = 0.3  # [m] beside its width that somebody needs
DEMAND_MAX = 12.0  # [m/s2] in place of what nothing would have helped
HELD_UP_MAX = 10.0  # [s] that a blue light may be behind us: time to find a gap
HELD_UP = 30.0  # [m] behind us
AT_STOP, ROLLING = 4.0, 0.3  # [m], [m/s] a bus that leaves its stop: within this of our lane's middle, faster than this
LEAVING_MAX = 6.0  # [m/s] a faster one has left


def right_of_way(drive: Drive, ways: list[Movement]) -> MetricResult:
    """One value for each way through a junction on which somebody with priority came: how hard [m/s2] it would have had
    to brake for us, a careful driver's reaction after we could no longer wait; at most `EMERGENCY`."""
    times: list[int] = []
    values: list[float] = []
    logged = tracks(drive)
    for way in ways:
        begun, worst = way.first, None
        for tick, demand in _demands(drive, way, logged):
            if worst is None or demand > worst:
                begun, worst = tick, demand
        if worst is not None:
            times.append(int(drive.t_ns[begun]))
            values.append(worst)
    clause = "Vienna Convention on Road Traffic 1968, art. 18; UN R157 Annex 3's reaction"
    passed = max(values) <= EMERGENCY if values else None
    return events("right_of_way", clause, "m/s2", times, values, EMERGENCY, passed)


def _demands(drive: Drive, way: Movement, logged: dict[int, Track]) -> list[tuple[int, float]]:
    """(tick, braking) of everyone who had priority and came after us."""
    graph = drive.graph
    found = _beside(drive, way, logged)
    rows = [
        (other, low)
        for row, other, low, _ in way.conflicts(graph)
        if graph.conflict_yields[row] and graph.priority[other] != Priority.ALL_WAY_STOP
    ]
    at = way.places(drive.box[:, :2])[:, 0]
    front = at + 0.5 * drive.platform.length
    for other, low in rows:
        tick = _begun(drive, front, low, way)
        if tick < 0 or _held_by_light(drive, other, tick):
            continue
        coming = (
            track
            for track in logged.values()
            if _comes_along(drive, track, other, tick) and not _follows(drive, track, tick)
        )
        found.extend((tick, demand(drive, track, tick)) for track in coming)
    return found


def _beside(drive: Drive, way: Movement, logged: dict[int, Track]) -> list[tuple[int, float]]:
    """(tick, braking) of every cyclist who rides along beside us and straight on where we turn (StVO section 9 (3))."""
    if not any(drive.graph.turn[lane] in (Turn.RIGHT, Turn.LEFT) for lane in way.lanes):
        return []
    inside = way.line[way.arc >= way.begin[0]]
    at = way.places(drive.box[:, :2])[:, 0]
    front = at + 0.5 * drive.platform.length
    approach = float(drive.box[max(way.first - 1, 0), 2])
    found: list[tuple[int, float]] = []
    for track in logged.values():
        if track.kind != ObjectKind.BICYCLE or track.tick[-1] < way.first:
            continue
        away = np.hypot(inside[:, None, 0] - track.box[None, :, 0], inside[:, None, 1] - track.box[None, :, 1])
        near, row = np.unravel_index(int(np.argmin(away)), away.shape)
        same_way = np.cos(track.box[row, 2] - approach) > np.cos(SAME_WAY)
        if away[near, row] > STRIP or not same_way:
            continue
        low = float(way.arc[len(way.arc) - len(inside) + near]) - STRIP
        tick = _begun(drive, front, low, way)
        k = track.row_at(tick) if tick >= 0 else -1
        if k >= 0 and track.speed[k] >= MOVING and k < row:
            found.append((tick, demand(drive, track, tick)))
    return found


def _begun(drive: Drive, front: Array, low: float, way: Movement) -> int:
    """The tick from which on we could no longer wait before a place [m] on our way, or entered it from a stand; -1 when
    the front never got there."""
    entered = np.flatnonzero(front[way.first : way.last + 1] >= low)
    if not len(entered):
        return -1
    tick = way.first + int(entered[0])
    while tick > 0:
        room = low - front[tick - 1]
        if room > 0.0 and drive.speed[tick - 1] ** 2 <= 2.0 * COMMITTED * room:
            break
        tick -= 1
    return tick


def _held_by_light(drive: Drive, lane: int, tick: int) -> bool:
    """Whether those who come along a junction's lane have red."""
    graph = drive.graph
    movement = ARROWS.get(Turn(graph.turn[lane]), Arrow.STRAIGHT)
    before = [int(one) for one in graph.predecessors(lane) if len(graph.lights_of(int(one)))]
    return bool(before) and all(red(drive, one, movement)[tick] for one in before)


def _follows(drive: Drive, track: Track, tick: int) -> bool:
    """Whether somebody drives behind the car on its own way in a tick: wherever he goes then, he goes after it."""
    x, y, yaw = drive.box[tick, :3]
    there = track.box[track.row_at(tick)]
    dx, dy = there[0] - x, there[1] - y
    along, across = np.cos(yaw) * dx + np.sin(yaw) * dy, np.cos(yaw) * dy - np.sin(yaw) * dx
    return bool(along < 0.0 and abs(across) < ON_LANE[0] and np.cos(there[2] - yaw) > np.cos(SAME_WAY))


def _comes_along(drive: Drive, track: Track, lane: int, tick: int) -> bool:
    """Whether somebody who moves near us in a tick later comes along a lane."""
    k = track.row_at(tick)
    if k < 0 or track.kind not in (*VEHICLES, ObjectKind.BICYCLE) or track.speed[k] < MOVING:
        return False
    if np.hypot(*(track.box[k, :2] - drive.box[tick, :2])) > NEAR:
        return False
    ahead = track.box[k + 1 :]
    rows = drive.graph.points(lane)
    centre = drive.graph.center[rows, :2]
    away = np.hypot(ahead[:, None, 0] - centre[None, :, 0], ahead[:, None, 1] - centre[None, :, 1])
    if not away.size or away.min() > 4.0:
        return False
    near, at = np.unravel_index(int(np.argmin(away)), away.shape)
    chord = centre[min(at + 1, len(centre) - 1)] - centre[max(at - 1, 0)]
    along = chord / max(float(np.hypot(*chord)), 1e-9)
    to = ahead[near, :2] - centre[at]
    aside = abs(along[0] * to[1] - along[1] * to[0])
    turned = np.cos(ahead[near, 2] - np.arctan2(along[1], along[0]))
    return bool(aside < ON_LANE[0] and turned > np.cos(ON_LANE[1]))


def demand(drive: Drive, track: Track, tick: int, apart: float = PET_MIN) -> float:
    """How hard [m/s2] somebody at its speed in a tick has to brake after `REACTION` so as not to run into the car on
    its own logged way, nor to come within a time [s] of it; 0 for who goes first, or has no need."""
    k = track.row_at(tick)
    last = min(k + round(LOOK / drive.step), len(track.tick) - 1)
    line = Around.along(track.box[k:])
    speed, worst = float(track.speed[k]), 0.0
    half_length, half_width = 0.5 * float(track.box[k, 3]), 0.5 * float(track.box[k, 4])
    for row in range(k + 1, last + 1):
        now = int(track.tick[row])
        span = line.span(drive.box[now], half_width + BESIDE)
        if span is None:
            continue
        if line.arc_of(row - k) + half_length > 0.5 * (span[0] + span[1]):
            break  # it goes first
        t = (now - tick) * drive.step
        gap = span[0] - half_length - apart * speed
        worst = max(worst, braking(speed, gap, t))
    return worst


def braking(speed: float, gap: float, t: float) -> float:
    """The constant braking [m/s2] after `REACTION` by which who drives at a speed [m/s] has come no further than a gap
    [m] at a time t [s]; at most `DEMAND_MAX`."""
    if speed * t <= gap:
        return 0.0
    left = t - REACTION
    if left <= 0.0 or gap <= speed * REACTION:
        return DEMAND_MAX
    steady = 2.0 * (speed * t - gap) / left**2
    if steady * left > speed:  # it stands before that time
        steady = speed * speed / (2.0 * (gap - speed * REACTION))
    return min(steady, DEMAND_MAX)


def make_way(drive: Drive) -> MetricResult:
    """The longest time [s] for which a vehicle with blue light had to follow us."""
    signals = _signals(drive)
    blue = (signals & Signal.BLUE) != 0
    others = drive.others
    held = np.zeros(len(drive), np.bool_)
    if np.any(blue):
        rows = np.flatnonzero(blue)
        ticks = others.tick[rows]
        along, across, turned = _relative(drive, rows)
        gap = -along - 0.5 * (others.box[rows, 3] + drive.platform.length)
        room = 0.5 * (others.box[rows, 4] + drive.platform.width) + BESIDE
        follows = (along < 0.0) & (gap < HELD_UP) & (np.abs(across) < room) & (turned > 0.7)
        held[ticks[follows]] = True
    longest = _longest(held) * drive.step
    passed = longest <= HELD_UP_MAX if np.any(blue) else None
    clause = "StVO section 38 (1): free way at once for blue light"
    return single(drive, "make_way", clause, "s", longest if np.any(blue) else np.nan, HELD_UP_MAX, passed)


def bus_leaves(drive: Drive) -> MetricResult:
    """One value for each bus that pulls out of its stop beside us with its indicator on: 1 when we passed it although
    we could have stopped in comfort when it set off, 0 when we let it go."""
    signals = _signals(drive)
    times: list[int] = []
    values: list[float] = []
    for track in tracks(drive).values():
        if track.kind != ObjectKind.BUS:
            continue
        tick = _pulls_out(drive, track, signals)
        if tick is None:
            continue
        before = _room_behind(drive, track, tick)
        if before is None or before < drive.speed[tick] * REACTION + drive.speed[tick] ** 2 / (2.0 * EMERGENCY):
            continue
        times.append(int(drive.t_ns[tick]))
        values.append(float(_passed(drive, track, tick)))
    return events("bus", "StVO section 20 (5)", "1", times, values, 0.0, not any(values) if values else None)


def _pulls_out(drive: Drive, track: Track, signals: Bytes) -> int | None:
    """The tick in which a bus with its left indicator on first moves."""
    lit = (signals[track.row] & Signal.LEFT) != 0
    moves = (track.speed > ROLLING) & (track.speed < LEAVING_MAX)
    stood = np.cumsum(track.speed <= ROLLING) > 0
    begins = np.flatnonzero(lit & moves & stood)
    return int(track.tick[begins[0]]) if len(begins) else None


def _room_behind(drive: Drive, track: Track, tick: int) -> float | None:
    """From our front to the bus's rear [m] in a tick; None when we are not behind it on the road beside its stop."""
    k = track.row_at(tick)
    x, y, yaw, length, _ = track.box[k]
    dx, dy = drive.box[tick, 0] - x, drive.box[tick, 1] - y
    along, across = np.cos(yaw) * dx + np.sin(yaw) * dy, np.cos(yaw) * dy - np.sin(yaw) * dx
    room = float(-along - 0.5 * (length + drive.platform.length))
    ours = 0.0 < across < 2.0 * AT_STOP and np.cos(drive.box[tick, 2] - yaw) > 0.7
    return room if ours and room > 0.0 else None


def _passed(drive: Drive, track: Track, tick: int) -> bool:
    """Whether our middle is ahead of the bus's front within `LOOK` after a tick."""
    for now in range(tick, min(tick + round(LOOK / drive.step), len(drive))):
        k = track.row_at(now)
        if k < 0:
            return False
        x, y, yaw, length, _ = track.box[k]
        along = np.cos(yaw) * (drive.box[now, 0] - x) + np.sin(yaw) * (drive.box[now, 1] - y)
        if along > 0.5 * length:
            return True
    return False


def _signals(drive: Drive) -> Bytes:
    """The lamps of every row of the others (R,)."""
    parts = [frame.truth.objects.signals[frame.truth.objects.valid] for frame in drive.run.frames]
    return np.concatenate(parts) if parts else np.zeros(0, np.uint8)


def _relative(drive: Drive, rows: Ints) -> tuple[Array, Array, Array]:
    """Along and across [m] of rows of the others, in the car's frame, and the cosine between the headings."""
    others = drive.others
    x, y, yaw = (drive.box[others.tick[rows], k] for k in range(3))
    dx, dy = others.box[rows, 0] - x, others.box[rows, 1] - y
    return np.cos(yaw) * dx + np.sin(yaw) * dy, np.cos(yaw) * dy - np.sin(yaw) * dx, np.cos(others.box[rows, 2] - yaw)


def _longest(flags: Bools) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
