"""The ground of a still picture: roads, walls, lights."""

import math

import numpy as np

from evpilot.report import road
from evpilot.report.palette import palette
from evpilot.report.still.view import View, line
from evpilot.runlog import Frame, RunLog
from evpilot.types import LightState
from evpilot.types.state import Array

LIT = {
    LightState.RED: (0,),
    LightState.RED_AMBER: (0, 1),
    LightState.AMBER: (1,),
    LightState.GREEN: (2,),
    LightState.FLASHING_AMBER: (1,),
    LightState.FLASHING_RED: (0,),
}
STROKES: tuple[tuple[str, float, tuple[float, ...]], ...] = (
    ("edge", 0.15, ()),
    ("solid", 0.15, ()),
    ("broad", 0.28, ()),
    ("dash", 0.15, (3.0, 4.5)),
    ("broad_dash", 0.28, (1.0, 1.0)),
    ("kerb", 0.2, ()),
)
"""Class of line, its width [m], its dashes [m]."""
LAMPS = ("#FF5A3C", "#FFC24A", "#35D6A8")


def roads(run: RunLog, view: View, around: Array | None = None, margin: float = 0.0) -> list[str]:
    """Areas and lines of the map: a picture's width around its centre, or a margin [m] around places (N, 2) [m]."""
    colours, scale = palette(view.dark), view.scale
    if around is None:
        around, margin = view.centre[None, :], view.width / scale
    drawing = road.draw(run.briefing.graph, around, margin)
    order = ("walk", "shoulder", "cycle", "road")
    areas = {name: "".join(view.path(ring, True) for ring in drawing.areas.get(name, ())) for name in order}
    lines = {name: "".join(view.path(line) for line in some) for name, some in drawing.lines.items()}
    edge = f'fill="none" stroke="{colours["kerb"]}" stroke-width="{max(0.5 * scale, 2.2):.1f}"'
    out = [f'<path d="{areas[name]}" {edge}/>' for name in order if areas[name]]
    out += [
        f'<path d="{areas[name]}" fill="{colours[name]}" stroke="{colours[name]}"/>' for name in order if areas[name]
    ]
    bars = "".join(view.path(bar, True) for bar in drawing.zebras)
    out.append(f'<path d="{bars}" fill="{colours["mark"]}"/>' if bars else "")
    for name, line_width, dash in STROKES:
        if name in lines:
            pattern = f' stroke-dasharray="{" ".join(f"{scale * d:.1f}" for d in dash)}"' if dash else ""
            colour = colours["kerb" if name == "kerb" else "mark"]
            out.append(line(lines[name], colour, max(line_width * scale, 1.0), pattern))
    stops = "".join(view.path(line) for line in (*drawing.stops, *drawing.yields))
    return [*out, line(stops, colours["mark"], 0.5 * scale) if stops else ""]


def walls(frame: Frame, view: View) -> list[str]:
    """The virtual walls as hatched bars."""
    trace = None if frame.decision is None else frame.decision.trace
    if trace is None:
        return []
    warn, out = palette(view.dark)["warn"], list[str]()
    for x, y, yaw in trace.walls:
        along, across = np.array([math.cos(yaw), math.sin(yaw)]), np.array([-math.sin(yaw), math.cos(yaw)])
        middle = np.array([x, y])
        out.append(
            line(
                view.path(np.array([middle - 1.9 * across, middle + 1.9 * across])),
                warn,
                max(0.34 * view.scale, 2.4),
                ' stroke-linecap="round"',
            )
        )
        teeth = [middle + across * 1.9 * j / 3 for j in range(-3, 4)]
        hatch = "".join(view.path(np.array([p, p + 0.75 * along + 0.4 * across])) for p in teeth)
        out.append(line(hatch, warn, max(0.12 * view.scale, 1.0), ' stroke-linecap="round"'))
    return out


def lights(run: RunLog, frame: Frame, view: View) -> list[str]:
    """The traffic lights with what they show."""
    out: list[str] = []
    shown = frame.truth.lights
    for index, state in zip(shown.index, shown.state, strict=True):
        x, y = view.screen(run.briefing.graph.light_pose[index, :2])[0]
        lit = LIT.get(LightState(int(state)), ())
        lamps = "".join(
            f'<circle cx="{x:.1f}" cy="{y + 10 * (i - 1):.1f}" r="{4 if i in lit else 3.2}" '
            f'fill="{LAMPS[i] if i in lit else "#3A444D"}"/>'
            for i in range(3)
        )
        housing = "#05080B" if view.dark else "#1B232B"
        out.append(f'<rect x="{x - 7:.1f}" y="{y - 17:.1f}" width="14" height="34" rx="5" fill="{housing}"/>{lamps}')
    return out
