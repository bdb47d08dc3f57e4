"""A stretch of a drive as an animated picture: one SVG that plays by itself, small enough for a page of documentation.

The map is drawn once in a group that moves under the car; each road user is a silhouette that moves in it (SMIL).
"""

import argparse
import html
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evpilot import runlog
from evpilot.files import EvpilotError
from evpilot.files.writing import write_text
from evpilot.report.palette import palette
from evpilot.report.picture import FONT, striking_moment
from evpilot.report.still import silhouettes
from evpilot.report.still.ground import LAMPS, LIT, roads
from evpilot.report.still.view import View, centre, phrase
from evpilot.runlog import Frame, RunLog
from evpilot.types import LightState, ObjectKind
from evpilot.types.state import Array, Bools

EVERY = 0.4  # [s] between the places that are written down; between them things move evenly
BEFORE = 0.6  # of the time shown lies before the most striking moment
STILL = 0.15  # [px] who moves less stands
NAMED = 0.8  # [s] a reason that holds for less is not shown


def write(
    run: RunLog,
    path: str | Path,
    *,
    begin: float | None = None,
    seconds: float = 12.0,
    width: int = 600,
    height: int = 220,
    span: float = 90.0,
) -> None:
    """Write a drive from begin [s since its start] on, by default around where there is most to see.

    span: how many metres the picture is wide. Raises EvpilotError when the drive has no tick there or path cannot be
    written.
    """
    first, last = 0.0, (int(run.t_ns[-1]) - int(run.t_ns[0])) * 1e-9
    if begin is None:
        begin = min(max(striking_moment(run) - BEFORE * seconds, first), max(last - seconds, first))
    frames = [frame for frame in run.frames if begin - 1e-6 <= _seconds(run, frame) <= begin + seconds]
    if len(frames) < 2:
        raise EvpilotError(f"{begin:g} s, allowed 0 to {last:g} s, two planning ticks at least", place="begin")
    write_text(path, Film(run, frames, width, height, span).svg())


def _seconds(run: RunLog, frame: Frame) -> float:
    return (frame.t_ns - int(run.t_ns[0])) * 1e-9


class Film:
    """The frames of a drive that a picture shows, and how they are written."""

    def __init__(self, run: RunLog, frames: Sequence[Frame], width: int, height: int, span: float) -> None:
        times = np.array([_seconds(run, frame) for frame in frames])
        step = max(round(EVERY / max(float(np.median(np.diff(times))), 1e-3)), 1)
        self._run = run
        self._bodies: dict[str, str] = {}
        self._frames = [*frames[:-1:step], frames[-1]]
        self._time = np.array([_seconds(run, frame) for frame in self._frames])
        self._length = float(self._time[-1] - self._time[0])
        self._place = np.array([centre(run, frame) for frame in self._frames])
        way = self._place[-1] - self._place[0]
        yaw = float(frames[0].truth.ego.pose[3])
        heading = math.atan2(way[1], way[0]) if np.hypot(*way) > 0.2 * span else yaw
        self._view = View(
            width=width, height=height, scale=width / span, centre=self._place[0], turn=-heading, dark=False
        )

    def svg(self) -> str:
        """The whole picture."""
        view, colours = self._view, palette(False)
        size = f'viewBox="0 0 {view.width} {view.height}" width="{view.width}" height="{view.height}"'
        camera = np.array([0.46 * view.width, 0.5 * view.height]) - view.screen(self._place)
        actors = [*self._others(), self._car()]
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" role="img" '
            f'aria-label="{html.escape(self._run.header.scenario)}">',
            "<style>.shadow{display:none}</style>",
            "<defs>" + "".join(f'<g id="{name}">{body}</g>' for body, name in self._bodies.items()) + "</defs>",
            f'<clipPath id="c"><rect width="{view.width}" height="{view.height}" rx="10"/></clipPath>'
            f'<g clip-path="url(#c)"><rect width="{view.width}" height="{view.height}" fill="{colours["ground"]}"/><g>',
            self._moved("translate", camera),
            *roads(self._run, view, self._place, 0.6 * view.width / view.scale),
            *actors,
            *self._lights(),
            "</g>",
            *self._reasons(),
            "</g></svg>",
        ]
        return "\n".join(part for part in parts if part) + "\n"

    def _car(self) -> str:
        colours, car = palette(False), self._run.briefing.platform
        body = silhouettes.vehicle(
            ObjectKind.CAR, car.length, car.width, colours["ego"], colours["egoglass"], colours["objline"], 0, False
        )
        yaw = np.array([frame.truth.ego.pose[3] for frame in self._frames])
        return self._actor(body, self._place, yaw, np.ones(len(yaw), np.bool_))

    def _others(self) -> list[str]:
        out: list[str] = []
        for who in sorted({int(name) for frame in self._frames for name in frame.truth.objects.id}):
            rows = [np.flatnonzero(frame.truth.objects.id == who) for frame in self._frames]
            there = np.array([len(row) > 0 for row in rows])
            state = np.full((len(rows), 4), np.nan)
            for k in np.flatnonzero(there):
                state[k] = self._frames[k].truth.objects.state[rows[k][0], :4]
            if self._comes_near(state[there, :2], self._place[there]):
                first = int(np.argmax(there))
                shown, row = self._frames[first].truth.objects, int(rows[first][0])
                kind, (length, width) = ObjectKind(int(shown.kind[row])), shown.size[row]
                out.append(self._actor(self._body(kind, float(length), float(width)), *_filled(state), there))
        return out

    def _comes_near(self, place: Array, car: Array) -> bool:
        """Whether places (K, 2) [m] are ever in the picture, or just outside it, where the car is at car (K, 2)."""
        far = np.abs(self._view.screen(place) - self._view.screen(car))
        return bool(np.any((far[:, 0] < 0.7 * self._view.width) & (far[:, 1] < 0.8 * self._view.height)))

    def _body(self, kind: ObjectKind, length: float, width: float) -> str:
        colours = palette(False)
        fill = colours["obj2" if kind in silhouettes.HEAVY else "building" if kind == ObjectKind.BUILDING else "obj"]
        return silhouettes.vehicle(kind, length, width, fill, colours["glass"], colours["objline"], 0, False)

    def _actor(self, body: str, place: Array, yaw: Array, there: Bools) -> str:
        """A silhouette that moves, turns, and is seen while it is there."""
        k = self._view.scale
        turn = -np.degrees(np.unwrap(yaw + self._view.turn))
        seen = "" if there.all() else self._switched("visibility", ["visible" if one else "hidden" for one in there])
        name = self._bodies.setdefault(body, f"b{len(self._bodies)}")
        inner = f'<use href="#{name}" transform="scale({k:.2f} {-k:.2f})"/>'
        spun = f"<g>{self._moved('rotate', turn[:, None])}{inner}</g>"
        return f"<g>{seen}{self._moved('translate', self._view.screen(place))}{spun}</g>"

    def _moved(self, kind: str, values: Array) -> str:
        """A transform (K, 1 or 2) through all moments, without those between that change nothing."""
        if np.abs(values - values[0]).max() < STILL:
            value = " ".join(f"{number:.1f}" for number in values[0])
            values, keys = np.stack([values[0], values[0]]), [0, len(self._time) - 1]
            return self._animation(kind, [value, value], keys)
        keys = _bends(np.column_stack([self._time, values]))
        return self._animation(kind, [" ".join(f"{number:.1f}" for number in values[k]) for k in keys], keys)

    def _animation(self, kind: str, values: Sequence[str], keys: Sequence[int]) -> str:
        at = ";".join(_short((self._time[k] - self._time[0]) / self._length) for k in keys)
        return (
            f'<animateTransform attributeName="transform" type="{kind}" dur="{self._length:.1f}s" '
            f'repeatCount="indefinite" keyTimes="{at}" values="{";".join(values)}"/>'
        )

    def _switched(self, name: str, values: Sequence[str]) -> str:
        """An attribute that jumps from value to value."""
        keys = [k for k in range(len(values)) if k == 0 or values[k] != values[k - 1]]
        at = ";".join(_short((self._time[k] - self._time[0]) / self._length) for k in keys)
        return (
            f'<animate attributeName="{name}" calcMode="discrete" dur="{self._length:.1f}s" repeatCount="indefinite" '
            f'keyTimes="{at}" values="{";".join(values[k] for k in keys)}"/>'
        )

    def _lights(self) -> list[str]:
        out: list[str] = []
        pose = self._run.briefing.graph.light_pose
        for light in range(len(pose)):
            states = [self._lit(frame, light) for frame in self._frames]
            x, y = self._view.screen(pose[light, :2])[0]
            if not self._comes_near(np.broadcast_to(pose[light, :2], self._place.shape), self._place):
                continue
            lamps = "".join(
                f'<circle cx="{x:.1f}" cy="{y + 8 * (i - 1):.1f}" r="3" fill="#3A444D">'
                f"{self._switched('fill', [LAMPS[i] if i in lit else '#3A444D' for lit in states])}</circle>"
                for i in range(3)
            )
            out.append(f'<rect x="{x - 5:.1f}" y="{y - 13:.1f}" width="10" height="26" rx="4" fill="#1B232B"/>{lamps}')
        return out

    def _lit(self, frame: Frame, light: int) -> tuple[int, ...]:
        shown = frame.truth.lights
        state = [LightState(int(one)) for one, index in zip(shown.state, shown.index, strict=True) if index == light]
        return LIT.get(state[0], ()) if state else ()

    def _reasons(self) -> list[str]:
        """The plan's reason on a card while it holds."""
        colours, out = palette(False), list[str]()
        said = _steady([phrase(frame) for frame in self._frames], max(round(NAMED / EVERY), 1))
        for reason in dict.fromkeys(one for one in said if one):
            seen = self._switched("visibility", ["visible" if one == reason else "hidden" for one in said])
            wide = 26 + 7.6 * len(reason)
            out.append(
                f'<g>{seen}<rect x="12" y="12" width="{wide:.0f}" height="30" rx="8" fill="{colours["surface"]}" '
                f'opacity="0.94"/><text x="24" y="32" font-size="14" font-weight="600" fill="{colours["ink"]}">'
                f"{html.escape(reason)}</text></g>"
            )
        return out


def _filled(state: Array) -> tuple[Array, Array]:
    """Places (K, 2) and yaws (K,) of states (K, 4: x, y, z, yaw); where they are not known, the nearest that are."""
    known = np.flatnonzero(np.isfinite(state[:, 0]))
    nearest = known[np.argmin(np.abs(known[None, :] - np.arange(len(state))[:, None]), axis=1)]
    return state[nearest][:, :2], state[nearest][:, 3]


def _steady(said: list[str], least: int) -> list[str]:
    """Phrases of which none holds for fewer than `least` moments: a shorter one gives way to the one before."""
    out = list(said)
    first = 0
    for k in range(1, len(said) + 1):
        if k < len(said) and said[k] == said[first]:
            continue
        if k - first < least and first > 0:
            out[first:k] = [out[first - 1]] * (k - first)
        first = k
    return out


def _bends(rows: Array, tolerance: float = 0.35) -> list[int]:
    """The moments (of rows (K, 1 + n): time, values) between which the values run evenly within a tolerance."""
    keep, stack = {0, len(rows) - 1}, [(0, len(rows) - 1)]
    while stack:
        a, b = stack.pop()
        if b - a < 2:
            continue
        share = (rows[a + 1 : b, :1] - rows[a, 0]) / (rows[b, 0] - rows[a, 0])
        away = np.abs(rows[a + 1 : b, 1:] - rows[a, 1:] - share * (rows[b, 1:] - rows[a, 1:])).max(axis=1)
        if away.max() > tolerance:
            middle = a + 1 + int(np.argmax(away))
            keep.add(middle)
            stack += [(a, middle), (middle, b)]
    return sorted(keep)


def _short(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def main() -> None:
    """Animate a recorded run: `python -m evpilot.report.animated RUN OUT.svg [--begin S] [--seconds S] [--span M]`."""
    parser = argparse.ArgumentParser(prog="python -m evpilot.report.animated", description="Animate part of a drive.")
    parser.add_argument("run", type=Path, help="a run's folder, or its run.mcap")
    parser.add_argument("out", type=Path, help="the picture, an .svg")
    parser.add_argument("--begin", type=float, help="seconds since the start; by default around where most happens")
    parser.add_argument("--seconds", type=float, default=12.0, help="how long it plays")
    parser.add_argument("--span", type=float, default=90.0, help="how many metres it is wide")
    asked = parser.parse_args()
    try:
        if asked.out.suffix != ".svg":
            raise EvpilotError("pictures are written as .svg", file=asked.out)
        run = runlog.read(asked.run / "run.mcap" if asked.run.is_dir() else asked.run)
        write(run, asked.out, begin=asked.begin, seconds=asked.seconds, span=asked.span)
    except EvpilotError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
