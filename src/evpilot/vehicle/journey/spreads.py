"""What nobody knows before a journey, and by how much: one standard deviation each, with its source."""

import math
from dataclasses import dataclass

WIND_AT_CAR = 0.42  # of the forecast wind at 10 m: logarithmic profile to 0.7 m over farmland of roughness 0.1 m


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One uncertain quantity: its standard deviation, the unit, where that is from, and after how long a way [m] only
    1/e of an error is left: what is wrong here says less and less of what is wrong further on."""

    sd: float
    unit: str
    source: str
    memory: float = math.inf


SPREADS: dict[str, Spread] = {
    "wind": Spread(
        sd=1.3,
        unit="m/s",
        source="estimated: error of a day's forecast of the 10 m wind along the road, which turns; and errors differ "
        "from place to place",
        memory=40e3,
    ),
    "temperature": Spread(sd=1.5, unit="K", source="estimated: error of a day's forecast at 2 m"),
    "rolling": Spread(sd=0.045, unit="1", source="estimated: tyre pressure 0.2 bar off, tread and surface"),
    "air": Spread(sd=0.018, unit="1", source="estimated: mirrors, roof, ride height; UN GTR 15 allows 5 % in a family"),
    "mass": Spread(sd=55.0, unit="kg", source="estimated: a passenger more or less"),
    "pace": Spread(sd=0.02, unit="1", source="estimated: mean speed in free traffic against the limit"),
    "lights": Spread(sd=0.12, unit="1", source="estimated: share of red lights by hour and direction"),
    "vigour": Spread(sd=0.25, unit="1", source="estimated: how hard traffic sets off and brakes"),
    "auxiliaries": Spread(sd=0.12, unit="1", source="estimated: pumps, lamps, computer"),
    "climate": Spread(sd=0.15, unit="1", source="estimated: sun, how many are aboard, and how warm they like it"),
    "drive": Spread(
        sd=0.08, unit="1", source="losses of motor and inverter; benchmarks/energy.py: within 3.9 % of FASTSim in all"
    ),
}
"""What without a memory's end stays the same along a journey, and moves the whole of it one way."""

LASTING = tuple(name for name, spread in SPREADS.items() if math.isinf(spread.memory))
WANDERING = tuple(name for name, spread in SPREADS.items() if not math.isinf(spread.memory))
STRIKING = ("traffic", "each light")
"""What strikes each stretch for itself."""

SHARE_PER_KM = 0.03  # estimated: what a kilometre takes by chance more or less, each for itself: gusts, who is ahead
