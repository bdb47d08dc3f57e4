"""What the pilot meant, expected and weighed, as columns for the page."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evpilot.report.columns import Columns
from evpilot.report.motion import ANGLE, CM
from evpilot.report.sampling import Clock
from evpilot.runlog import Frame, RunLog
from evpilot.types import Decision, PlanTrace, Trajectory
from evpilot.types.state import Array

PLAN_STEP = 0.25  # [s]
PLAN_POINTS = 25
FAN_TIME = np.arange(0.0, 4.01, 0.5)  # [s] design.md: the fan fades over 4 s
FAN_NEAR = 100.0  # [m]
FAN_LEAST = 0.05  # modes less likely are not drawn
NUMBERS_MAX = 600_000  # of predictions, and of proposals, on one page; longer drives show them at a lower rate
PROPOSAL_POINTS = 16
LOST = 1.0  # [rad]
SAME = 3.0  # [m]
SLOWER = 0.6  # [m/s] a plan that is slower by this in 2 s holds the car back
SHORT = 0.4  # [s] a reason that lasts less does not cut the decision band


def plans(run: RunLog, clock: Clock, columns: Columns) -> dict[str, Any]:
    """The chosen trajectory of each tick as box centres every 0.25 s, and where its verified stop ends."""
    empty = np.zeros((0, 4))
    back, nose = run.briefing.platform.rear_to_center, run.briefing.platform.length / 2.0
    points, stop = [empty] * clock.ticks, np.full((clock.ticks, 3), np.nan)
    for frame, tick in zip(run.frames, clock.tick, strict=True):
        decision = frame.decision
        if decision is not None and decision.trajectory is not None:
            points[tick] = sampled(decision.trajectory, back)
        if decision is not None and decision.tail is not None:
            x, y, yaw = decision.tail.pose[-1, [0, 1, 3]]
            stop[tick] = x + (back + nose) * np.cos(yaw), y + (back + nose) * np.sin(yaw), yaw
    rows = np.concatenate([*points, empty])
    return {
        "dt": PLAN_STEP,
        "start": columns.add(np.cumsum([0, *map(len, points)])),
        "x": columns.add(rows[:, 0] - clock.origin[0], CM),
        "y": columns.add(rows[:, 1] - clock.origin[1], CM),
        "yaw": columns.add(rows[:, 2], ANGLE * 10),
        "v": columns.add(rows[:, 3], CM),
        "stopX": columns.add(stop[:, 0] - clock.origin[0], CM),
        "stopY": columns.add(stop[:, 1] - clock.origin[1], CM),
        "stopYaw": columns.add(stop[:, 2], ANGLE * 10),
    }


def sampled(plan: Trajectory, back: float) -> Array:
    """x, y, yaw, speed of the box centre every 0.25 s, (<= 25, 4)."""
    time = np.arange(PLAN_POINTS) * PLAN_STEP
    time = time[time <= plan.time[-1] + 1e-9]
    yaw = np.interp(time, plan.time, np.unwrap(plan.pose[:, 3]))
    x = np.interp(time, plan.time, plan.pose[:, 0]) + back * np.cos(yaw)
    y = np.interp(time, plan.time, plan.pose[:, 1]) + back * np.sin(yaw)
    return np.stack([x, y, yaw, np.interp(time, plan.time, plan.speed)], axis=1)


def predictions(run: RunLog, clock: Clock, columns: Columns) -> dict[str, Any]:
    """Fans at 5 Hz (less on long drives) of the agents within 100 m: 9 points over 4 s, with their lateral spread."""
    made = [(tick, frame) for frame, tick in zip(run.frames, clock.tick, strict=True) if _predicted(frame)]
    numbers = sum(_predicted(frame) for _, frame in made) * len(FAN_TIME) * 3
    stride = max(1, round(0.2 / clock.dt), -(-numbers // NUMBERS_MAX))
    groups: list[list[tuple[int, float, Array]]] = [[] for _ in range(0, clock.ticks, stride)]
    for tick, frame in made:
        if tick % stride == 0 and frame.decision is not None:
            groups[tick // stride] = fans(frame, frame.decision)
    shown = [fan for group in groups for fan in group]
    points = np.array([fan[2] for fan in shown]).reshape(-1, 3)
    return {
        "stride": stride,
        "points": len(FAN_TIME),
        "start": columns.add(np.cumsum([0, *map(len, groups)])),
        "id": columns.add([fan[0] for fan in shown]),
        "p": columns.add([fan[1] for fan in shown], 0.01),
        "x": columns.add(points[:, 0] - clock.origin[0], 5 * CM),
        "y": columns.add(points[:, 1] - clock.origin[1], 5 * CM),
        "spread": columns.add(points[:, 2], 5 * CM),
    }


def _predicted(frame: Frame) -> int:
    """How many modes a frame predicts."""
    decision = frame.decision
    return 0 if decision is None or decision.predictions is None else int(decision.predictions.prob.size)


def fans(frame: Frame, decision: Decision) -> list[tuple[int, float, Array]]:
    """(true object's id or -1, probability, (9, 3) x, y, lateral deviation) of each mode worth drawing."""
    all_ = decision.predictions
    if all_ is None:
        return []
    near = np.hypot(*(all_.pose[:, 0, 0, :2] - frame.truth.ego.pose[:2]).T) < FAN_NEAR
    agent, mode = np.nonzero((all_.prob >= FAN_LEAST) & near[:, None])
    time = FAN_TIME[: np.searchsorted(FAN_TIME, all_.time[-1] + 1e-9)]
    time = np.concatenate([time, np.full(len(FAN_TIME) - len(time), all_.time[-1])])
    knot = np.clip(np.searchsorted(all_.time, time, side="right") - 1, 0, max(len(all_.time) - 2, 0))
    after = np.minimum(knot + 1, len(all_.time) - 1)
    share = np.clip((time - all_.time[knot]) / np.maximum(all_.time[after] - all_.time[knot], 1e-9), 0.0, 1.0)
    pose, cov = all_.pose[agent, mode], all_.pos_cov[agent, mode]
    place = pose[:, knot, :2] * (1 - share)[:, None] + pose[:, after, :2] * share[:, None]
    sine, cosine = np.sin(pose[:, knot, 3]), np.cos(pose[:, knot, 3])
    at = cov[:, knot]
    lateral = at[..., 0, 0] * sine**2 - 2 * at[..., 0, 1] * sine * cosine + at[..., 1, 1] * cosine**2
    rows = np.concatenate([place, np.sqrt(np.maximum(lateral, 0.0))[..., None]], axis=2)
    true = known(frame)
    return [
        (true.get(int(all_.track_id[a]), -1), float(all_.prob[a, m]), row)
        for a, m, row in zip(agent, mode, rows, strict=True)
    ]


def known(frame: Frame) -> dict[int, int]:
    """Which true object each predicted track is: the same number, or with a noisy sensor, where the pilot counts for
    itself, the object nearest to where the prediction begins, within 3 m."""
    all_, objects = None if frame.decision is None else frame.decision.predictions, frame.truth.objects
    if all_ is None or not len(objects):
        return {}
    if frame.observation.tracks is not None:
        return {int(one): int(one) for one in all_.track_id}
    likely = all_.pose[np.arange(len(all_.track_id)), all_.prob.argmax(axis=1), 0, :2]
    away = np.hypot(*(likely[:, None] - objects.state[None, :, :2]).transpose(2, 0, 1))
    nearest = away.argmin(axis=1)
    return {
        int(one): int(objects.id[row])
        for one, row, distance in zip(all_.track_id, nearest, away.min(axis=1, initial=np.inf), strict=True)
        if distance < SAME
    }


def proposals(run: RunLog, clock: Clock, columns: Columns) -> dict[str, Any]:
    """The recorded proposals at 2 Hz (less on long drives), and the counts of all in each tick."""
    traces = [(int(tick), _trace(frame)) for frame, tick in zip(run.frames, clock.tick, strict=True)]
    numbers = sum(len(trace.cost) for _, trace in traces if trace is not None) * PROPOSAL_POINTS * 2
    stride = max(1, round(0.5 / clock.dt), -(-numbers // NUMBERS_MAX))
    shown: list[PlanTrace | None] = [None] * len(range(0, clock.ticks, stride))
    counts = np.full((clock.ticks, 6), np.nan)
    for tick, trace in traces:
        if trace is not None:
            counts[tick] = trace.counts if trace.counts.any() else np.bincount(trace.rejection, minlength=6)[:6]
            if tick % stride == 0:
                shown[tick // stride] = trace
    some = [trace for trace in shown if trace is not None]
    points = min(PROPOSAL_POINTS, max((trace.xy.shape[1] for trace in some), default=2))
    xy = [_fewer(trace.xy, points) for trace in some]
    place = np.concatenate([*xy, np.zeros((0, points, 2))]).reshape(-1, 2)
    return {
        "stride": stride,
        "points": points,
        "start": columns.add(np.cumsum([0, *(0 if trace is None else len(trace.cost) for trace in shown)])),
        "why": columns.add(np.concatenate([*(trace.rejection for trace in some), np.zeros(0)])),
        "cost": columns.add(np.concatenate([*(trace.cost for trace in some), np.zeros(0)]), 0.001),
        "x": columns.add(place[:, 0] - clock.origin[0], 5 * CM),
        "y": columns.add(place[:, 1] - clock.origin[1], 5 * CM),
        "counts": [columns.add(counts[:, why]) for why in range(6)],
    }


def _trace(frame: Frame) -> PlanTrace | None:
    return None if frame.decision is None else frame.decision.trace


def steady(xy: Array) -> Array:
    """Proposals (R, K, 2) up to where they turn by more than a radian from knot to knot, their last place repeated.

    There the car that was rolled out has lost its path; what follows was never meant, and the log keeps it.
    """
    if xy.shape[1] < 3:
        return xy
    step = np.diff(xy, axis=1)
    turn = np.diff(np.arctan2(step[..., 1], step[..., 0]), axis=1)
    lost = (np.abs(np.mod(turn + np.pi, 2 * np.pi) - np.pi) > LOST) & (np.hypot(step[:, 1:, 0], step[:, 1:, 1]) > 1.0)
    first = np.where(lost.any(axis=1), lost.argmax(axis=1) + 1, xy.shape[1] - 1)
    row = np.minimum(np.arange(xy.shape[1]), first[:, None])
    return np.take_along_axis(xy, row[..., None], axis=1)


def _fewer(xy: Array, points: int) -> Array:
    """Proposals (R, K, 2) at a number of points, evenly chosen along K."""
    return steady(xy)[:, np.round(np.linspace(0, xy.shape[1] - 1, points)).astype(np.int64)]


def walls(run: RunLog, clock: Clock, columns: Columns) -> dict[str, Any]:
    """The virtual walls of each tick, each with its reason."""
    names: dict[str, int] = {}
    rows, why = [np.zeros((0, 3))] * clock.ticks, list[int]()
    for frame, tick in zip(run.frames, clock.tick, strict=True):
        trace = _trace(frame)
        if trace is not None:
            rows[tick] = trace.walls
            why += [names.setdefault(reason, len(names)) for reason in trace.wall_reason]
    place = np.concatenate([*rows, np.zeros((0, 3))])
    return {
        "start": columns.add(np.cumsum([0, *map(len, rows)])),
        "x": columns.add(place[:, 0] - clock.origin[0], CM),
        "y": columns.add(place[:, 1] - clock.origin[1], CM),
        "yaw": columns.add(place[:, 2], ANGLE * 10),
        "why": columns.add(why),
        "reasons": list(names),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of ticks k0..k1 - 1 with one reason: its phrase, its cause (a true object's id or -1) and the number
    that the phrase gives it, its tone (yield where the plan holds the car back, fault where the pilot failed, else "").
    """

    k0: int
    k1: int
    text: str
    cause: int
    name: int
    tone: str


def reasons(run: RunLog, clock: Clock) -> list[Span]:
    """The reason of each frame, a span for each, in order."""
    edge = np.append(clock.tick[1:], clock.ticks)
    return [
        Span(k0=int(k0), k1=int(k1), text=text, cause=true_id(frame, cause), name=cause, tone=tone)
        for frame, k0, k1 in zip(run.frames, clock.tick, edge, strict=True)
        for text, cause, tone in [reason(frame)]
    ]


def true_id(frame: Frame, cause: int) -> int:
    """The true object that the pilot's number means, or -1."""
    return cause if frame.observation.tracks is not None else known(frame).get(cause, -1)


def reason(frame: Frame) -> tuple[str, int, str]:
    """A frame's phrase, cause and tone, as in `Span`."""
    if frame.decision is None:  # the last frame of a drive asks for no decision
        return (f"the pilot failed: {frame.fault}", -1, "fault") if frame.fault else ("", -1, "")
    trace, plan = frame.decision.trace, frame.decision.trajectory
    if plan is None:
        soon = 0.0 if frame.decision.command is None else frame.truth.ego.speed + 2 * frame.decision.command.accel
    else:
        soon = float(np.interp(2.0, plan.time, plan.speed))
    held = soon < frame.truth.ego.speed - SLOWER or (soon < SLOWER and frame.truth.ego.speed < SLOWER)
    tone = "yield" if held else ""
    return ("", -1, tone) if trace is None else (trace.reason, trace.cause_id, tone)


def band(spans: list[Span], dt: float) -> list[Span]:
    """Spans of the decision band: what differs only in its figures is one, and a flicker does not cut."""
    out: list[Span] = []
    for span in spans:
        if out and _alike(out[-1], span):
            out[-1] = _grown(out[-1], span)
        elif len(out) > 1 and (out[-1].k1 - out[-1].k0) * dt < SHORT and out[-1].tone != "fault":
            flicker = out.pop()
            if _alike(out[-1], span):
                out[-1] = _grown(out[-1], span)
            else:
                out[-1] = _grown(out[-1], flicker)
                out.append(span)
        else:
            out.append(span)
    return out


def _grown(span: Span, more: Span) -> Span:
    return replace(span, k1=more.k1)


def _alike(a: Span, b: Span) -> bool:
    return a.name == b.name and a.tone == b.tone and _bare(a.text) == _bare(b.text)


def _bare(text: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "#", text)
