"""Motorways: one direction in sections, with its ramps."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from evpilot.scenarios.library.roads.lines import Line, connect
from evpilot.scenarios.library.roads.network import KMH, Network, Road, Section
from evpilot.types import LaneKind

MAIN = Section(forward=3, backward=0, width=3.75, limit=130.0 * KMH, kind=LaneKind.MOTORWAY, shoulder=2.5)
RAMP = Section(forward=1, backward=0, width=3.75, limit=80.0 * KMH)
MEDIAN = 4.0  # [m] between the carriageways
NEARING = 120.0  # [m] over which a ramp runs close beside the motorway, so that there is no room for a shoulder
TAPER = 60.0  # [m] over which a ramp's lane ends or begins (RAA 2008)
RAMP_AWAY, RAMP_ASIDE, RAMP_BEND = 300.0, 46.0, math.radians(17.0)  # where a ramp's far end is, seen from its mouth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carriageway:
    """One direction of a motorway in sections one after the other, with its ramps; sections end where a ramp's lane
    begins or ends."""

    parts: tuple[Road, ...]
    entry: Road | None
    exit: Road | None

    @property
    def first(self) -> tuple[int, ...]:
        """The lanes at its start, from the left."""
        return self.parts[0].forward

    @property
    def last(self) -> tuple[int, ...]:
        """The lanes at its end, from the left."""
        return self.parts[-1].forward


def carriageway(
    net: Network,
    line: Line,
    section: Section,
    *,
    on_ramp: tuple[float, float] | None = None,
    off_ramp: tuple[float, float] | None = None,
    ramp_rise: float = 0.0,
) -> Carriageway:
    """Build one direction along the left edge of its leftmost lane.

    on_ramp, off_ramp: where on the line the acceleration or deceleration lane begins and how long it is [m];
    ramp_rise: how much higher than the motorway the far ends of the ramps lie [m].
    """
    bare = replace(section, shoulder=0.0)
    cuts: list[tuple[float, Section]] = [(0.0, section)]
    if on_ramp is not None:
        cuts += [
            (on_ramp[0] - NEARING, bare),
            (on_ramp[0], replace(bare, auxiliary=LaneKind.ON_RAMP)),
            (sum(on_ramp), replace(section, flare=(section.width, 0.0))),
            (sum(on_ramp) + TAPER, section),
        ]
    if off_ramp is not None:
        cuts += [
            (off_ramp[0] - TAPER, replace(section, flare=(0.0, section.width))),
            (off_ramp[0], replace(bare, auxiliary=LaneKind.OFF_RAMP)),
            (sum(off_ramp), bare),
            (sum(off_ramp) + NEARING, section),
        ]
    ends = [s for s, _ in cuts[1:]] + [line.length]
    parts = [net.road(line.cut(s, end), kind) for (s, kind), end in zip(cuts, ends, strict=True)]
    for a, b in itertools.pairwise(parts):
        _join(net, a, b, section.forward)
    merging = next((p for p in parts if p.section.auxiliary == LaneKind.ON_RAMP), None)
    leaving = next((p for p in parts if p.section.auxiliary == LaneKind.OFF_RAMP), None)
    entry = None if merging is None else _ramp(net, merging, LaneKind.ON_RAMP, ramp_rise)
    out = None if leaving is None else _ramp(net, leaving, LaneKind.OFF_RAMP, ramp_rise)
    return Carriageway(parts=tuple(parts), entry=entry, exit=out)


def _join(net: Network, a: Road, b: Road, lanes: int) -> None:
    for one, other in zip(a.forward[:lanes], b.forward[:lanes], strict=True):
        net.connect(one, other)


def _ramp(net: Network, beside: Road, kind: LaneKind, rise: float) -> Road:
    """The ramp that leads onto the acceleration lane of a section, or away from its deceleration lane."""
    lane = net.lanes[beside.forward[-1]]
    enters = kind == LaneKind.ON_RAMP
    mouth = (lane.line.start if enters else lane.line.end).copy()
    edge = lane.left[0] if enters else lane.left[-1]
    mouth[:3] = edge
    ahead = -RAMP_AWAY if enters else RAMP_AWAY
    c, s = math.cos(mouth[3]), math.sin(mouth[3])
    far = np.array(
        [
            mouth[0] + c * ahead + s * RAMP_ASIDE,
            mouth[1] + s * ahead - c * RAMP_ASIDE,
            mouth[2] + rise,
            mouth[3] + (RAMP_BEND if enters else -RAMP_BEND),
        ]
    )
    line = connect(far, mouth, 2.0) if enters else connect(mouth, far, 2.0)
    ramp = net.road(line, replace(RAMP, kind=kind))
    if enters:
        net.connect(ramp.forward[0], beside.forward[-1])
    else:
        net.connect(beside.forward[-1], ramp.forward[0])
    return ramp
