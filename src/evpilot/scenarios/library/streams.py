"""Traffic that comes all at once as the ego does: streams that thin out, platoons from light to light."""

from collections.abc import Mapping, Sequence

import numpy as np

from evpilot.scenarios.library.stage import Stage
from evpilot.scenarios.library.traffic import CITY, RING_EXITS, STRAIGHT_ON, TURNS, Mix, fill, flow
from evpilot.types import LightState, Turn

ROLLING = 1.0  # [s] after green at which a platoon comes to the line
APART = 2.5  # [s] between one stream and the next
CLOSE = (1.2, 2.2)  # [s] between those in a platoon


def rush(
    stage: Stage,
    lanes: Sequence[int],
    *,
    mix: Mix = CITY,
    turns: Mapping[Turn, float] = TURNS,
    exits: Sequence[float] = RING_EXITS,
    calm: float = 9.0,
) -> None:
    """A stream that is there as the ego arrives, with time gaps of 4.5 to 9 s at difficulty 0 and 1.2 to 2.2 s at 1,
    which nobody can use who has to give way; after 10 to 22 s it thins out to gaps from `calm` [s] on."""
    hard = stage.difficulty
    gap = (4.5 - 3.3 * hard, 9.0 - 6.8 * hard)
    until = 10.0 + 12.0 * hard
    fill(stage, lanes, gap, mix=mix, turns=turns, exits=exits)
    for lane in lanes:
        flow(stage, lane, gap, mix=mix, turns=turns, exits=exits, start=1.0, until=until)
        flow(stage, lane, (calm, 1.6 * calm), mix=mix, turns=turns, start=until + APART, purpose="after")


def green_wave(
    stage: Stage,
    lane: int,
    share: float,
    between: tuple[float, float],
    *,
    mix: Mix = CITY,
    fades: float = 1.0,
) -> None:
    """Platoons from the light before, which come to a lane's line at speed as its own light turns green, take a share
    0..1 of that green, and go straight on; the time gaps [s] between two given between them; `fades`: how long each is
    as a share of the one before."""
    program = next(one for one in stage.lights if one.light == stage.graph.lights_of(lane)[0])
    cycle, green = sum(program.durations), program.durations[program.states.index(LightState.GREEN)]
    ahead = float(stage.graph.length[lane] / stage.graph.speed_limit[lane])
    free = 1.0
    for k, begins in enumerate(np.arange(-program.offset % cycle, stage.seconds, cycle).tolist()):
        start = max(begins + ROLLING - ahead, 1.0)
        until = start + share * green * fades**k
        for name, gap, first, last in (("between", between, free, start - APART), ("wave", CLOSE, start, until)):
            flow(stage, lane, gap, mix=mix, turns=STRAIGHT_ON, start=first, until=last, purpose=f"{name} {k}")
        free = until + APART
    flow(stage, lane, between, mix=mix, turns=STRAIGHT_ON, start=free, purpose="after")
