"""Every key of a platform file: its unit, its legal values, and whether it may be left out."""

from dataclasses import dataclass

from evpilot.types.platform import BOUNDS as CAR_BOUNDS
from evpilot.types.powertrain import BOUNDS as TRAIN_BOUNDS
from evpilot.types.powertrain import CHEMISTRIES, DRIVEN, INVERTERS, MOTORS

REQUIRED = tuple(key for key in CAR_BOUNDS if key != "drivetrain_efficiency")
"""What no rule can tell, or what was there before the rules were."""

TEXTS: dict[str, tuple[str, ...]] = {
    "driven": DRIVEN,
    "motor_kind": MOTORS,
    "inverter_kind": INVERTERS,
    "chemistry": CHEMISTRIES,
    "range_cycle": ("-", "wltp", "nedc", "cltc", "epa"),
}
"""Keys whose value is one of some words; their unit is "-"."""

CURVE = "charge_curve"
CURVE_UNIT = "W"
CURVE_POINTS = (2, 40)


@dataclass(frozen=True, slots=True)
class Number:
    """A key with a number: its unit, and the least and the largest legal value."""

    unit: str
    low: float
    high: float


NUMBERS = {key: Number(unit, low, high) for key, (low, high, unit) in (CAR_BOUNDS | TRAIN_BOUNDS).items()}
UNITS = {key: number.unit for key, number in NUMBERS.items()}
"""Every key with a number, and the unit that it must be given in."""

LEGAL = (*NUMBERS, *TEXTS, CURVE)
SENSOR_NUMBERS = {"x": "m", "y": "m", "z": "m", "yaw": "rad", "pitch": "rad"}
SENSOR_KINDS = ("camera", "radar", "lidar", "ultrasonic")
SENSORS_MAX = 64
