"""Did the drive succeed: goal, nobody hurt, no rule broken, and comfortable except in an emergency."""

import numpy as np

from evpilot.evaluate.criteria.comfort import LIMITS, WINDOW
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.verdict import Collision
from evpilot.types import MetricResult
from evpilot.types.state import Array

RULES = (
    "off_road",
    "over_speed",
    "red_light",
    "stop_sign",
    "wrong_way",
    "solid_line",
    "right_of_way",
    "cut_in",
    "keep_clear",
    "crosswalk",
    "cyclist_room",
    "bus",
    "make_way",
)


def shortfalls(
    drive: Drive,
    reached: bool | None,
    found: tuple[Collision, ...],
    metrics: tuple[MetricResult, ...],
    emergencies: Array,
) -> tuple[str, ...]:
    """What keeps a drive from being a success, by name: "goal", "collision" (at fault), each broken rule, "comfort",
    "idle"; empty for a success. emergencies (E, 2) [s since the first tick] excuse hard braking and steering."""
    found_short = ["goal"] if reached is False else []
    if any(one.at_fault for one in found):
        found_short.append("collision")
    by_name = {metric.name: metric for metric in metrics}
    found_short += [name for name in RULES if by_name[name].passed is False]
    if any(_beyond(drive, by_name[name], emergencies) for name in LIMITS):
        found_short.append("comfort")
    if by_name["idle"].passed is False:
        found_short.append("idle")
    return tuple(found_short)


def _beyond(drive: Drive, metric: MetricResult, emergencies: Array) -> bool:
    """Whether a comfort limit is passed outside the emergencies.

    The smoothing spreads what is done in a moment over half its window to either side; within half a window of the
    drive's ends it has no whole window, and what it says there is extrapolated: those rows count only in a drive that
    has no others.
    """
    assert metric.limit is not None
    half = 0.5 * WINDOW[metric.name]
    seconds = (metric.t_ns - drive.t_ns[0]).astype(np.float64) * 1e-9
    whole = (seconds >= seconds[0] + half) & (seconds <= seconds[-1] - half)
    excused = np.zeros(len(seconds), np.bool_)
    for begin, end in emergencies:
        excused |= (seconds >= begin - half) & (seconds <= end)
    counted = metric.valid & ~excused & (whole | ~np.any(whole))
    return bool(np.any(np.abs(metric.value[counted]) >= metric.limit))
