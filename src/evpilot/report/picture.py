"""A still picture of a moment of a drive: SVG in the colours of the replay page, for a README or a report."""

import argparse
import html
import math
from pathlib import Path

import numpy as np

from evpilot import runlog
from evpilot.files import EvpilotError
from evpilot.files.writing import write_text
from evpilot.report.palette import palette
from evpilot.report.still.captions import captions
from evpilot.report.still.ground import lights, roads, walls
from evpilot.report.still.road_users import numbers, road_users
from evpilot.report.still.thoughts import thoughts
from evpilot.report.still.view import View, cause, centre, phrase
from evpilot.runlog import Ego, Frame, RunLog

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"

NEAR, SUBJECT, FAST = 45.0, 12.0, 8.0  # [m], [others], [m/s]: what makes a moment worth a picture


def write(
    run: RunLog,
    t: float,
    path: str | Path,
    *,
    dark: bool = False,
    width: int = 1280,
    height: int = 540,
    span: float = 120.0,
    turn: float | None = None,
    words: bool = True,
) -> None:
    """Write the picture of a drive at t [s] since its start.

    span: how many metres it is wide; turn: the world's turn [rad], by default so that the car drives to the right;
    words: whether it carries the reason, the speed and the ramp. Raises EvpilotError when the drive has no tick
    at t or path cannot be written.
    """
    write_text(path, picture(run, t, dark, width, height, span, turn, words))


def picture(
    run: RunLog, t: float, dark: bool, width: int, height: int, span: float, turn: float | None, words: bool
) -> str:
    """The SVG of `write`."""
    frame = _frame(run, t)
    place = centre(run, frame)
    yaw = _heading(run, frame) if turn is None else -turn
    ahead = np.array([math.cos(frame.truth.ego.pose[3]), math.sin(frame.truth.ego.pose[3])])
    view = View(
        width=width,
        height=height,
        scale=width / span,
        centre=place + 0.24 * span * ahead * (1.0 if turn is None else 0.6),
        turn=-yaw,
        dark=dark,
    )
    colours = palette(dark)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{FONT}" role="img" aria-label="{html.escape(phrase(frame) or run.header.scenario)}">',
        f"<style>.shadow{{fill:{colours['shadow']};transform:translate(0.12px,-0.2px)}}</style>",
        f'<clipPath id="frame"><rect width="{width}" height="{height}" rx="12"/></clipPath><g clip-path="url(#frame)">',
        f'<rect width="{width}" height="{height}" fill="{colours["ground"]}"/>',
        *roads(run, view),
        *thoughts(run, frame, view),
        *walls(frame, view),
        *road_users(run, frame, view),
        *lights(run, frame, view),
        *numbers(frame, view),
        *(captions(run, frame, view) if words else ()),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _frame(run: RunLog, t: float) -> Frame:
    """The planning tick that holds at t."""
    t_ns = int(run.t_ns[0]) + round(t * 1e9)
    earlier = [frame for frame in run.frames if frame.t_ns <= t_ns]
    if not earlier or t_ns > run.t_ns[-1]:
        raise EvpilotError(f"{t:g} s, allowed 0 to {(run.t_ns[-1] - run.t_ns[0]) * 1e-9:g} s", place="t")
    return earlier[-1]


def _heading(run: RunLog, frame: Frame) -> float:
    """The mean heading [rad] over three seconds around the moment."""
    near = np.abs(run.t_ns - frame.t_ns) < 1_500_000_000
    yaw = run.ego[near, Ego.YAW]
    return math.atan2(float(np.sin(yaw).mean()), float(np.cos(yaw).mean()))


def striking_moment(run: RunLog) -> float:
    """When [s] there is most to see: others near a moving car, and a reason that is about one of them."""
    best, moment = -1.0, 0.0
    for frame in run.frames:
        near = np.hypot(*(frame.truth.objects.state[:, :2] - frame.truth.ego.pose[:2]).T) < NEAR
        worth = float(near.sum()) + (SUBJECT if cause(frame) >= 0 else 0.0) + min(frame.truth.ego.speed, FAST)
        if frame.decision is not None and worth > best:
            best, moment = worth, (frame.t_ns - int(run.t_ns[0])) * 1e-9
    return moment


def main() -> None:
    """Draw a recorded run: `python -m evpilot.report.picture RUN OUT.svg [--at SECONDS] [--dark] [--span METRES]`."""
    parser = argparse.ArgumentParser(prog="python -m evpilot.report.picture", description="Draw a moment of a drive.")
    parser.add_argument("run", type=Path, help="a run's folder, or its run.mcap")
    parser.add_argument("out", type=Path, help="the picture, an .svg")
    parser.add_argument("--at", type=float, help="seconds since the start; by default where there is most to see")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--span", type=float, default=120.0, help="how many metres it is wide")
    asked = parser.parse_args()
    try:
        if asked.out.suffix != ".svg":
            raise EvpilotError("pictures are written as .svg", file=asked.out)
        run = runlog.read(asked.run / "run.mcap" if asked.run.is_dir() else asked.run)
        at = striking_moment(run) if asked.at is None else asked.at
        write(run, at, asked.out, dark=asked.dark, span=asked.span)
    except EvpilotError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
