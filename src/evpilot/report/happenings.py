"""The moments of a drive that are worth a mark on its time axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evpilot.report.sampling import Clock
from evpilot.report.thinking import Span
from evpilot.runlog import Ego, RunLog
from evpilot.types import LaneGraph, LightState
from evpilot.types.state import Array, Bools, Ints

HARD_BRAKE = -3.0  # [m/s2] nuPlan's comfort bound is -4.05; people notice from about -3
LOW_TTC = 4.0  # [s] the mark's threshold, not a limit
LIGHT_NEAR = 70.0  # [m]
YIELDS = ("yield", "let ", "give way", "wait for")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Event:
    """One mark: t [s], kind (brake, ttc, lane, yield, light, fault, guard, contact or goal) and a phrase."""

    t: float
    kind: str
    text: str


def events(
    run: RunLog, clock: Clock, lanes: Ints, spans: Sequence[Span], ttc: Array, contacts: Sequence[Event]
) -> list[Event]:
    """All marks in order of time. lanes (F,) by `lanes_driven`, spans the decision band, ttc (ticks,) [s] with NaN
    where nothing closes in, contacts what the judge found."""
    found = [*contacts, *_brakes(run, clock), *_closings(ttc, clock), *_lane_changes(run, clock, lanes)]
    found += [*_lights(run, clock, lanes), *_spans(spans, clock)]
    if run.outcome == "goal":
        found.append(Event(t=clock.duration, kind="goal", text="goal reached"))
    return sorted(found)


def _stretches(flags: Bools) -> list[tuple[int, int]]:
    edge = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edge[::2], edge[1::2], strict=True)]


def _brakes(run: RunLog, clock: Clock) -> list[Event]:
    accel = run.ego[clock.rows, Ego.ACCEL]
    lowest = [a + int(np.argmin(accel[a:b])) for a, b in _stretches(accel < HARD_BRAKE)]
    return [Event(t=k * clock.fast_dt, kind="brake", text=f"hard brake \u2212{-accel[k]:.1f} m/s²") for k in lowest]


def _closings(ttc: Array, clock: Clock) -> list[Event]:
    low = np.nan_to_num(ttc, nan=np.inf)
    lowest = [a + int(np.argmin(low[a:b])) for a, b in _stretches(low < LOW_TTC)]
    return [Event(t=k * clock.dt, kind="ttc", text=f"lowest TTC {low[k]:.1f} s") for k in lowest]


def _lane_changes(run: RunLog, clock: Clock, lanes: Ints) -> list[Event]:
    graph, out = run.briefing.graph, list[Event]()
    for i in range(1, len(lanes)):
        side = _side(graph, int(lanes[i - 1]), int(lanes[i]))
        if side:
            out.append(Event(t=float(clock.tick[i] * clock.dt), kind="lane", text=f"changes to the {side} lane"))
    return out


def _side(graph: LaneGraph, old: int, new: int) -> str:
    """left or right where new is beside old or beside what old leads to; "" where it is the same way on."""
    if old < 0 or new < 0 or old == new or new in graph.successors(old):
        return ""
    for lane in (old, *(int(after) for after in graph.successors(old))):
        if graph.left_neighbour[lane] == new:
            return "left" if graph.left_same[lane] else "oncoming"
        if graph.right_neighbour[lane] == new:
            return "right"
    return ""


def _lights(run: RunLog, clock: Clock, lanes: Ints) -> list[Event]:
    """Changes of the lights that rule the car's lane or the next, near by."""
    graph, out = run.briefing.graph, list[Event]()
    before: dict[int, int] = {}
    for frame, tick, lane in zip(run.frames, clock.tick, lanes, strict=True):
        shown = frame.truth.lights
        ahead = [] if lane < 0 else [int(lane), *(int(after) for after in graph.successors(int(lane)))]
        words: dict[str, None] = {}
        for index, state in zip(shown.index, shown.state, strict=True):
            light = int(index)
            rules = graph.light_lane[graph.light_lane_start[light] : graph.light_lane_start[light + 1]]
            near = np.hypot(*(graph.light_pose[light, :2] - frame.truth.ego.pose[:2])) < LIGHT_NEAR
            if near and before.get(light, int(state)) != int(state) and np.isin(rules, ahead).any():
                words[LightState(int(state)).name.lower().replace("_", " and ")] = None
            before[light] = int(state)
        out += [Event(t=float(tick * clock.dt), kind="light", text=f"light turns {word}") for word in words]
    return out


def _spans(spans: Sequence[Span], clock: Clock) -> list[Event]:
    out: list[Event] = []
    for span in spans:
        if span.tone == "fault":
            out.append(Event(t=span.k0 * clock.dt, kind="fault", text=span.text))
        elif span.text.startswith(YIELDS):
            out.append(Event(t=span.k0 * clock.dt, kind="yield", text=span.text))
    return out
