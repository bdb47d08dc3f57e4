"""What the pilot expects, weighs and chooses, in a still picture."""

import numpy as np

from evpilot.report import thinking
from evpilot.report.palette import palette, ramp
from evpilot.report.still.captions import ramp_ends
from evpilot.report.still.view import View, cause, held, line
from evpilot.runlog import Ego, Frame, RunLog
from evpilot.types import Rejection, Trajectory
from evpilot.types.state import Array


def thoughts(run: RunLog, frame: Frame, view: View) -> list[str]:
    """Proposals, prediction fans, the chosen trajectory and where its stop ends."""
    decision, colours = frame.decision, palette(view.dark)
    if decision is None:
        return []
    out: list[str] = []
    if decision.trace is not None and len(decision.trace.cost):
        rejected = decision.trace.xy[~np.isin(decision.trace.rejection, (Rejection.CHOSEN, Rejection.ROAD))]
        paths = "".join(view.path(xy) for xy in thinking.steady(rejected)[:: max(1, len(rejected) // 90)])
        out.append(line(paths, colours["prop"], 0.9, ' opacity="0.42"') if paths else "")
    warned = cause(frame) if held(frame) else -1
    sizes = dict(zip(frame.truth.objects.id.tolist(), frame.truth.objects.size[:, 1].tolist(), strict=True))
    for who, share, rows in thinking.fans(frame, decision):
        out += _fan(rows, sizes.get(who, 1.8) * 0.42, share, colours["warn" if who == warned else "pred"], view)
    if decision.trajectory is not None:
        out += _ribbon(thinking.sampled(decision.trajectory, run.briefing.platform.rear_to_center), run, view)
    if decision.tail is not None and frame.truth.ego.speed > 1.0:
        out.append(_stop(decision.tail, run, view))
    return out


def _stop(tail: Trajectory, run: RunLog, view: View) -> str:
    """The bar where the car's front stands when the tail has been driven."""
    x, y, yaw = tail.pose[-1, [0, 1, 3]]
    reach = run.briefing.platform.rear_to_center + run.briefing.platform.length / 2
    end = np.array([x + reach * np.cos(yaw), y + reach * np.sin(yaw)])
    across = np.array([-np.sin(yaw), np.cos(yaw)]) * 1.25
    bar = view.path(np.array([end - across, end + across]))
    return line(bar, palette(view.dark)["ink"], max(0.22 * view.scale, 2.0), ' stroke-linecap="round"')


def _sideways(points: Array, half: Array) -> Array:
    """The two edges of a band (N, 2), half (N,) [m] to either side, as a ring."""
    along = np.gradient(points, axis=0)
    long = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / long * half[:, None]
    return np.concatenate([points + across, (points - across)[::-1]])


def _fan(rows: Array, half: float, share: float, colour: str, view: View) -> list[str]:
    width = half + np.minimum(rows[:, 2], 1.6)
    ring = _sideways(rows[:, :2], width)
    n, out = len(rows), list[str]()
    if float(np.hypot(*(rows[-1, :2] - rows[0, :2]))) < 0.5:
        return out
    for i in range(n - 1):
        piece = ring[[i, i + 1, 2 * n - 2 - i, 2 * n - 1 - i]]
        opacity = (0.5 if view.dark else 0.36) * share * (1 - i / (n - 1) * 0.86)
        out.append(f'<path d="{view.path(piece, True)}" fill="{colour}" opacity="{opacity:.3f}"/>')
    dash = ' stroke-dasharray="7 7"' if share < 0.5 else ""
    return [*out, line(view.path(rows[:, :2]), colour, 1.0, f' opacity="{share * 0.75:.2f}"{dash}')]


def _ribbon(plan: Array, run: RunLog, view: View) -> list[str]:
    speeds = run.ego[:, Ego.SPEED]
    low, high = ramp_ends(float(speeds.min()), float(speeds.max()))
    ring, n = _sideways(plan[:, :2], np.full(len(plan), 0.78)), len(plan)
    out: list[str] = []
    for i in range(n - 1):
        piece = ring[[i, i + 1, 2 * n - 2 - i, 2 * n - 1 - i]]
        fade = 0.35 + 0.6 * (n - 1 - i) / 6 if i > n - 7 else 0.95
        colour = ramp((plan[i, 3] * 3.6 - low) / (high - low), view.dark)
        out.append(f'<path d="{view.path(piece, True)}" fill="{colour}" opacity="{fade:.2f}"/>')
    surface = palette(view.dark)["surface"]
    out += [line(view.path(side), surface, 1.3, ' opacity="0.85"') for side in (ring[:n], ring[n:])]
    for x, y in view.screen(plan[4::4, :2][plan[4::4, 3] > 0.4]) if n > 4 else ():
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{max(0.2 * view.scale, 1.5):.1f}" fill="{surface}"/>')
    return out
