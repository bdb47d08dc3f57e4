"""How the cases of all groups are driven: in shadow until the hand-over, then as a lane keeping system."""

from collections.abc import Callable

import numpy as np

from evpilot.evaluate.reference.grids import HALF, LENGTH, WIDTH
from evpilot.regulations.r157.ending import whole
from evpilot.regulations.r157.road import APPROACH_NS, APPROACH_ROWS, KMH, scenario, scripted
from evpilot.regulations.r157.sensing import SENSOR
from evpilot.regulations.suite import Case, Stage
from evpilot.scenarios import Actor
from evpilot.simulate.staging import Approach
from evpilot.types import UN_R157, EgoState, Observation, Platform, Truth


def staged(
    case: Case,
    car: Platform,
    speed_kmh: float,
    rows: int,
    actors: tuple[Actor, ...],
    *,
    start_x: float | None = None,
    barriers: bool = True,
    unseen: tuple[tuple[int, int], ...] = (),
    told: Callable[[Observation], Observation] | None = None,
    decided: Callable[[EgoState, Truth], bool] | None = None,
) -> Stage:
    """The stage of a case at a set speed [km/h] for `rows` rows of 0.1 s. The car's box centre starts at start_x [m],
    by default so that it is at x = 0 at the hand-over. decided ends the drive early, but for the cases that are driven
    whole."""
    start = -APPROACH_ROWS * speed_kmh / KMH / 10.0 if start_x is None else start_x
    return Stage(
        scenario=scenario(case.id, speed_kmh, start, rows, actors, barriers=barriers),
        sensor=SENSOR,
        limits=UN_R157,
        platform=car,
        approach=Approach(until_ns=APPROACH_NS, speed=speed_kmh / KMH),
        unseen=unseen,
        told=told,
        decided=None if whole(case) else decided,
    )


def leader(car: Platform, speed: float, gap: float, rows: int) -> Actor:
    """Who drives ahead at a constant speed [m/s], with a gap [m] between the bumpers at the hand-over."""
    time = 0.1 * np.arange(-APPROACH_ROWS, rows - APPROACH_ROWS + 1, dtype=np.float64)
    x = gap + 0.5 * car.length + HALF + speed * time
    return scripted(1, x, np.zeros_like(x), np.tile((speed, 0.0), (len(x), 1)), (LENGTH, WIDTH))
