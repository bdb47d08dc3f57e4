"""The road users of a still picture, with their numbers."""

import math

from evpilot.report import thinking
from evpilot.report.palette import palette
from evpilot.report.still import silhouettes
from evpilot.report.still.view import View, cause, centre, held
from evpilot.runlog import Frame, RunLog
from evpilot.types import ObjectKind, Signal
from evpilot.types.state import Array


def road_users(run: RunLog, frame: Frame, view: View) -> list[str]:
    """The others and the car, by silhouette."""
    colours, objects = palette(view.dark), frame.truth.objects
    warned = cause(frame) if held(frame) else -1
    out: list[str] = []
    for i in range(len(objects)):
        kind = ObjectKind(int(objects.kind[i]))
        fill = colours["obj2" if kind in silhouettes.HEAVY else "building" if kind == ObjectKind.BUILDING else "obj"]
        if objects.id[i] == warned:
            fill = colours["warn"]
        length, width = (float(value) for value in objects.size[i])
        drawn = silhouettes.vehicle(
            kind, length, width, fill, colours["glass"], colours["objline"], int(objects.signals[i]), view.dark
        )
        out.append(_placed(drawn, objects.state[i, :2], float(objects.state[i, 3]), view))
    car, ego = run.briefing.platform, frame.truth.ego
    brake = Signal.BRAKE if ego.accel[0] < -0.9 else Signal.NONE
    body = silhouettes.vehicle(
        ObjectKind.CAR, car.length, car.width, colours["ego"], colours["egoglass"], colours["objline"], brake, view.dark
    )
    return [*out, _placed(body, centre(run, frame), float(ego.pose[3]), view)]


def _placed(drawn: str, place: Array, yaw: float, view: View) -> str:
    x, y = view.screen(place)[0]
    margin = 25 * view.scale
    if not (-margin < x < view.width + margin and -margin < y < view.height + margin):
        return ""
    turn, k = -math.degrees(yaw + view.turn), view.scale
    return f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.2f}) scale({k:.3f} {-k:.3f})">{drawn}</g>'


def numbers(frame: Frame, view: View) -> list[str]:
    """Each moving object's number; the cause's on a plate, with a ring."""
    colours, objects = palette(view.dark), frame.truth.objects
    about, out = cause(frame), list[str]()
    for i in range(len(objects)):
        if not silhouettes.numbered(ObjectKind(int(objects.kind[i]))):
            continue
        (x, y), turn = view.screen(objects.state[i, :2])[0], float(objects.state[i, 3]) + view.turn
        length, width = objects.size[i] * view.scale
        reach = max((abs(math.sin(turn)) * length + abs(math.cos(turn)) * width) / 2, 5.0)
        if objects.id[i] == about:
            out.append(_ringed(x, y, turn, length, width, reach, thinking.reason(frame)[1], held(frame), view))
            continue
        halo = f'stroke="{colours["road"]}" stroke-width="3" paint-order="stroke"'
        out.append(
            f'<text x="{x:.1f}" y="{y - reach - 6:.1f}" text-anchor="middle" font-size="11" font-weight="500" '
            f'fill="{colours["ink2"]}" {halo}>{objects.id[i]}</text>'
        )
    return out


def _ringed(
    x: float, y: float, turn: float, length: float, width: float, reach: float, name: int, held: bool, view: View
) -> str:
    colours = palette(view.dark)
    colour = colours["warn" if held else "ink2"]
    long, wide = max(length, 10.0) + 10, max(width, 10.0) + 10
    plate, top = 10 + 7.6 * len(str(name)), y - reach - 27.5
    placed = f"translate({x:.1f} {y:.1f}) rotate({-math.degrees(turn):.2f})"
    return (
        f'<rect x="{-long / 2:.1f}" y="{-wide / 2:.1f}" width="{long:.1f}" height="{wide:.1f}" '
        f'rx="{min(wide / 2, 9):.1f}" fill="none" stroke="{colour}" stroke-width="1.8" transform="{placed}"/>'
        f'<rect x="{x - plate / 2:.1f}" y="{top:.1f}" width="{plate:.1f}" height="19" rx="5" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{top + 14:.1f}" text-anchor="middle" font-size="12" font-weight="650" '
        f'fill="{colours["surface"]}">{name}</text>'
    )
