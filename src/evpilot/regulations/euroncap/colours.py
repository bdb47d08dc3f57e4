"""Euro NCAP's colours, points and knock-outs for frontal crash avoidance, as the official calculator forms them.

Bands are half open: a value on a boundary has the colour above it, but green is only no impact at all (Euro NCAP Rating
Calculator 2026, 5.4.9). Every cell of the standard range is measured here, so nothing is predicted and no tolerance is
applied; the extended range and the robustness layers are not driven and get no points.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evpilot.files import EvpilotError


class Colour(StrEnum):
    """A cell's colour, from the best to the worst."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    BROWN = "brown"
    RED = "red"

    @property
    def worth(self) -> float:
        """The share of a cell's points."""
        return WORTH[self]


WORTH = {Colour.GREEN: 1.0, Colour.YELLOW: 0.75, Colour.ORANGE: 0.5, Colour.BROWN: 0.25, Colour.RED: 0.0}
RANK = tuple(Colour)


class Criterion(StrEnum):
    """What colours a cell: the relative impact speed, contact or none, or by how much the car slowed down."""

    IMPACT_SPEED = "relative impact speed"
    AVOIDANCE = "avoidance"
    REDUCTION = "speed reduction"


IMPACT_BANDS: Mapping[int, tuple[tuple[float, Colour], ...]] = {
    10: (),
    20: (),
    30: ((10.0, Colour.BROWN),),
    40: ((10.0, Colour.ORANGE), (20.0, Colour.BROWN)),
    50: ((10.0, Colour.YELLOW), (20.0, Colour.ORANGE), (30.0, Colour.BROWN)),
}
"""By test speed [km/h], 50 for all above it too: colours below an impact speed [km/h]; red from the last on."""

REDUCTION_BANDS = ((10.0, Colour.RED), (20.0, Colour.ORANGE), (30.0, Colour.GREEN))
"""Colours up to a reduction [km/h]. Above the last the official calculator says red again, which no text that was read
explains: unconfirmed."""


def impact_colour(test_speed: float, impact: float) -> Colour:
    """The colour of a relative impact speed [km/h] at a test speed [km/h]; raises EvpilotError when a test speed has no
    bands."""
    if impact <= 0.0:
        return Colour.GREEN
    key = 50 if test_speed >= 50.0 else round(test_speed)
    if key not in IMPACT_BANDS or (test_speed < 50.0 and abs(test_speed - key) > 1e-6):
        raise EvpilotError(f"test speed {test_speed:g} km/h has no colours, allowed 10, 20, 30, 40, or 50 and more")
    return next((colour for upper, colour in IMPACT_BANDS[key] if impact < upper), Colour.RED)


def avoidance_colour(contact: bool) -> Colour:
    """Green without contact."""
    return Colour.RED if contact else Colour.GREEN


def reduction_colour(reduction: float) -> Colour:
    """The colour of a reduction [km/h] of the car's speed until the impact."""
    return next((colour for upper, colour in REDUCTION_BANDS if reduction <= upper), Colour.RED)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A scenario of the rating: its points for the standard range, day and night together, and its criterion."""

    points: float
    criterion: Criterion


SHEETS: Mapping[str, Sheet] = {
    "ccrs": Sheet(1.2, Criterion.IMPACT_SPEED),
    "ccrm": Sheet(2.4, Criterion.IMPACT_SPEED),
    "ccrb": Sheet(1.6, Criterion.IMPACT_SPEED),
    "ccfhos": Sheet(2.0, Criterion.REDUCTION),
    "ccftap": Sheet(4.0, Criterion.AVOIDANCE),
    "cccscp": Sheet(6.0, Criterion.AVOIDANCE),
    "cpna": Sheet(1.0, Criterion.IMPACT_SPEED),
    "cpfa": Sheet(1.0, Criterion.IMPACT_SPEED),
    "cpnco": Sheet(2.0, Criterion.IMPACT_SPEED),
    "cpla": Sheet(2.0, Criterion.IMPACT_SPEED),
    "cbna": Sheet(1.0, Criterion.IMPACT_SPEED),
    "cbnao": Sheet(2.0, Criterion.IMPACT_SPEED),
    "cbfa": Sheet(1.0, Criterion.IMPACT_SPEED),
    "cbla": Sheet(2.0, Criterion.IMPACT_SPEED),
}


def worst(colours: Sequence[Colour]) -> Colour:
    """The worst of some colours; raises EvpilotError when there are none."""
    if not colours:
        raise EvpilotError("no colours, allowed one or more")
    return max(colours, key=RANK.index)


def points(sheet: str, cells: Sequence[Colour]) -> float:
    """The points of a scenario with these cells of its standard range."""
    return SHEETS[sheet].points * math.fsum(colour.worth for colour in cells) / len(cells) if cells else 0.0
