"""What no car can be: values that are legal one by one and contradict each other."""

import itertools
import math
from collections.abc import Iterator

from evpilot.files import EvpilotError
from evpilot.types import Platform, Powertrain
from evpilot.vehicle.powertrain.estimates import powertrain_of

GRAVITY = 9.81  # [m/s2]
WHEELBASE_SLACK = 2e-3  # [m] makers round axle distances to the millimetre
OVER_GRIP = 1.15  # rolling and air slow a car down beside the tyres; measured figures lie above the nominal friction
CRUISE = 60.0 / 3.6  # [m/s] the speed of a cautious range
CRUISE_EFFICIENCY = 0.85
WH = 3.6e3  # [J]

Violation = tuple[str, str]  # key, what is wrong with it


def check(platform: Platform, file: str) -> None:
    """Raise EvpilotError at the first contradiction: key, value, unit and bound."""
    train = powertrain_of(platform)
    for rules in (_body, _axles, _tyres, _power, _battery, _charging, _range):
        for key, what in rules(platform, train):
            raise EvpilotError(what, file=file, place=f"values.{key}")


def _outside(key: str, text: str, value: float, low: float, high: float, unit: str) -> Iterator[Violation]:
    if not low <= value <= high:
        yield key, f"{text} {value:.4g} {unit}, allowed {low:.4g} to {high:.4g} {unit}"


def _body(p: Platform, t: Powertrain) -> Iterator[Violation]:
    rear = 0.5 * p.length - p.rear_to_center
    yield from _outside("wheelbase", "is", p.wheelbase, 0.4 * p.length, 0.95 * p.length, "m")
    yield from _outside("rear_to_center", "leaves a rear overhang of", rear, 0.0, p.length - p.wheelbase, "m")
    yield from _outside("width", "is", p.width, 0.2 * p.length, p.length, "m")
    yield from _outside("cg_height", "is", p.cg_height, 0.2 * p.height, 0.6 * p.height, "m")
    yield from _outside("drag_area", "is", p.drag_area, 0.0, p.width * p.height, "m2")
    yield from _outside("wheel_radius", "is", t.wheel_radius, 0.12 * p.height, 0.35 * p.height, "m")
    yield from _outside("test_mass", "is", t.test_mass, 0.95 * p.mass, 1.6 * p.mass, "kg")


def _axles(p: Platform, t: Powertrain) -> Iterator[Violation]:
    axles = p.cg_to_front + p.cg_to_rear
    if abs(axles - p.wheelbase) > WHEELBASE_SLACK:
        yield (
            "cg_to_front",
            f"cg_to_front + cg_to_rear is {axles:g} m, but wheelbase is {p.wheelbase:g} m; they must be equal",
        )
    yield from _outside(
        "cg_to_front", "puts on the front axle", 100.0 * p.cg_to_rear / p.wheelbase, 30.0, 70.0, "% of the weight"
    )
    index = p.yaw_inertia / (p.mass * p.cg_to_front * p.cg_to_rear)
    yield from _outside("yaw_inertia", "over mass x cg_to_front x cg_to_rear is", index, 0.5, 1.6, "")


def _tyres(p: Platform, t: Powertrain) -> Iterator[Violation]:
    share = {"front": p.cg_to_rear / p.wheelbase, "rear": p.cg_to_front / p.wheelbase, "all": 1.0}[t.driven]
    for key, stiffness, arm in (
        ("cornering_front", p.cornering_front, p.cg_to_rear),
        ("cornering_rear", p.cornering_rear, p.cg_to_front),
    ):
        load = p.mass * GRAVITY * arm / p.wheelbase
        yield from _outside(key, "for each newton of axle load is", stiffness / load, 3.0, 60.0, "1/rad")
    understeer = p.mass / p.wheelbase * (p.cg_to_rear / p.cornering_front - p.cg_to_front / p.cornering_rear)
    critical = math.sqrt(p.wheelbase / -understeer) if understeer < 0.0 else math.inf
    if critical < p.speed_max:
        yield (
            "cornering_rear",
            f"makes the car unstable above {critical:.4g} m/s, allowed at least speed_max, {p.speed_max:.4g} m/s",
        )
    grip = OVER_GRIP * p.friction * GRAVITY
    yield from _outside("brake_max", "is", p.brake_max, 0.0, grip, "m/s2 (1.15 x friction x g)")
    moved = min(p.accel_max, grip) * p.cg_height / (p.wheelbase * GRAVITY)
    loaded = {"front": share - moved, "rear": share + moved, "all": 1.0}[t.driven]
    text = f"m/s2 (1.15 x friction x g x {max(loaded, 0.0):.2f} of the weight on the driven axle)"
    yield from _outside("accel_max", "is", p.accel_max, 0.0, grip * loaded, text)


def _power(p: Platform, t: Powertrain) -> Iterator[Violation]:
    force = t.motor_torque * t.gear_ratio * t.gear_efficiency / t.wheel_radius
    yield from _outside(
        "motor_torque", "gives at the wheels", force / p.mass, 0.7 * p.accel_max, 3.0 * p.accel_max, "m/s2"
    )
    shaft = p.speed_max * t.gear_ratio / t.wheel_radius
    yield from _outside(
        "motor_speed_max", "is", t.motor_speed_max, shaft, 4.0 * shaft, "rad/s (at speed_max and above)"
    )
    most = t.motor_torque * t.motor_speed_max
    yield from _outside("drive_power", "is", p.drive_power, 0.05 * most, most, "W (motor_torque x motor_speed_max)")
    needed = _resistance(p, t, p.speed_max) * p.speed_max / t.gear_efficiency
    if p.drive_power < needed:
        yield (
            "drive_power",
            f"{p.drive_power:.4g} W, allowed at least {needed:.4g} W: what air and rolling take at speed_max",
        )
    yield from _outside("continuous_power", "is", t.continuous_power, 0.05 * p.drive_power, p.drive_power, "W")
    yield from _outside("regen_power", "is", p.regen_power, 0.0, 1.2 * p.drive_power, "W")
    lost = t.copper_loss + t.excitation_loss + t.iron_loss + t.windage_loss + t.inverter_loss + t.inverter_idle
    yield from _outside("copper_loss", "and all other losses are", lost, 0.0, p.drive_power, "W")


def _battery(p: Platform, t: Powertrain) -> Iterator[Violation]:
    yield from _outside("battery_energy", "is", p.battery_energy, 0.5 * t.battery_gross, t.battery_gross, "J (gross)")
    yield from _outside("battery_power", "is", t.battery_power, 0.8 * p.drive_power, 10.0 * p.drive_power, "W")
    if t.battery_resistance > 0.0:
        most = t.battery_voltage**2 / (4.0 * t.battery_resistance)
        yield from _outside(
            "battery_resistance", "leaves a power of at most", most, t.battery_power, math.inf, "W (voltage^2 / 4 R)"
        )
    rate = t.battery_power / (t.battery_gross / 3_600.0)
    yield from _outside("battery_gross", "is emptied at", rate, 0.1, 20.0, "times its energy an hour")


def _charging(p: Platform, t: Powertrain) -> Iterator[Violation]:
    charges = [point[0] for point in t.charge_curve]
    if not all(0.0 <= charge <= 1.0 for charge in charges) or any(
        after <= before for before, after in itertools.pairwise(charges)
    ):
        yield "charge_curve", f"has charges {charges}, allowed 0 to 1 in ascending order"
    for charge, power in t.charge_curve:
        yield from _outside(
            "charge_curve", f"at charge {charge:g} is", power, 0.0, 1.1 * max(t.dc_charge_power, 1e3), "W"
        )
    rate = t.dc_charge_power / (t.battery_gross / 3_600.0)
    yield from _outside("dc_charge_power", "fills", rate, 0.0, 10.0, "times the battery an hour")


def _range(p: Platform, t: Powertrain) -> Iterator[Violation]:
    if t.range > 0.0:
        cruise = _resistance(p, t, CRUISE) / CRUISE_EFFICIENCY + p.auxiliary_power / CRUISE
        used = p.battery_energy / t.range
        per_km = 1e3 / WH
        text = f"{t.range:.4g} m takes from battery_energy"
        yield from _outside("range", text, used * per_km, 0.85 * cruise * per_km, 3.0 * cruise * per_km, "Wh/km")


def _resistance(p: Platform, t: Powertrain, speed: float) -> float:
    """Rolling resistance and air [N] at a speed, on a windless level."""
    if t.road_load_f0 > 0.0:
        return t.road_load_f0 + t.road_load_f1 * speed + t.road_load_f2 * speed**2
    return p.mass * GRAVITY * p.rolling_resistance + 0.5 * 1.2 * p.drag_area * speed**2
