"""What a data sheet leaves out, by a rule that is named with the value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evpilot.types import Platform, Powertrain

Values = Mapping[str, Any]

GROWTH_FROM = 1e5  # [W]
# estimated, at the scale of an 80 to 100 kW machine with magnets, and held against no measured map: shares of the peak
# power, copper at peak torque, the others at top speed
COPPER, IRON, WINDAGE = 0.05, 0.015, 0.004
EXCITATION = 0.012  # of peak power at peak torque: a wound rotor's copper
INVERTER = {"igbt": 0.025, "sic": 0.012}  # of peak power at peak torque; silicon carbide halves it and more
IDLE = 0.0015
REFERENCE_LOAD, REFERENCE_SPEED = 0.25, 0.35  # of torque and top speed: where drivetrain_efficiency holds


@dataclass(frozen=True, slots=True)
class Rule:
    """How a value follows from others: in words, and as a function of all values known so far."""

    text: str
    value: Callable[[Values], Any]


def _grown(v: Values) -> float:
    """Peak power [W] of a car, as the growth law of electrical machines counts it.

    At equal induction and current density a machine's power grows with the fourth power of its size and its losses with
    the third (Vidmar, Die Wachstumsgesetze der elektrischen Maschinen): losses go with power to 3/4, from a motor of
    100 kW on.
    """
    motors = 2.0 if v["driven"] == "all" else 1.0
    return motors * GROWTH_FROM * (v["drive_power"] / (motors * GROWTH_FROM)) ** 0.75


def _losses_scale(v: Values) -> float:
    """How many times the usual losses give the platform's drivetrain_efficiency at the reference point, 1 without."""
    wanted = v.get("drivetrain_efficiency")
    if not wanted:
        return 1.0
    load, turning = REFERENCE_LOAD, REFERENCE_SPEED
    power = load * v["motor_torque"] * turning * v["motor_speed_max"]
    machine = COPPER * load**2 + IRON * turning**1.5 + WINDAGE * turning**3
    inverter = INVERTER[v["inverter_kind"]] * (0.6 * load + 0.4 * load**2) + IDLE
    lost = machine * _grown(v) + inverter * v["drive_power"]
    return min(max(power * (v["gear_efficiency"] / wanted - 1.0) / lost, 0.3), 4.0)


def _machine(share: float, induction: float = 1.0, wound: float = 1.0) -> Callable[[Values], float]:
    factor = {"pm": 1.0, "induction": induction, "wound": wound}
    return lambda v: share * factor[v["motor_kind"]] * _grown(v) * _losses_scale(v)


RULES: dict[str, Rule] = {
    "driven": Rule("as most electric cars", lambda _: "rear"),
    "motor_kind": Rule("as most electric cars", lambda _: "pm"),
    "inverter_kind": Rule("as most electric cars", lambda _: "igbt"),
    "chemistry": Rule("as most electric cars", lambda _: "nmc"),
    "range_cycle": Rule("no range known", lambda _: "-"),
    "road_load_f0": Rule("no coast-down known", lambda _: 0.0),
    "road_load_f1": Rule("no coast-down known", lambda _: 0.0),
    "road_load_f2": Rule("no coast-down known", lambda _: 0.0),
    "test_mass": Rule(
        "mass + 136 kg (40 CFR 86.129: loaded vehicle weight is curb weight + 300 lb)", lambda v: v["mass"] + 136.0
    ),
    "wheel_radius": Rule("0.115 x wheelbase (0.108 to 0.121 in ten cars)", lambda v: 0.115 * v["wheelbase"]),
    "wheel_inertia": Rule("0.815 kg m2 (FASTSim, all its cars)", lambda _: 0.815),
    "gear_efficiency": Rule("0.97: two helical stages at 98.5 %", lambda _: 0.97),
    "gear_ratio": Rule("12000 rpm at top speed", lambda v: 1_257.0 * v["wheel_radius"] / v["speed_max"]),
    "motor_torque": Rule(
        "accel_max x mass at the wheel",
        lambda v: v["accel_max"] * v["mass"] * v["wheel_radius"] / v["gear_ratio"] / v["gear_efficiency"],
    ),
    "motor_speed_max": Rule(
        "1.05 x shaft speed at top speed", lambda v: 1.05 * v["speed_max"] * v["gear_ratio"] / v["wheel_radius"]
    ),
    "motor_inertia": Rule("4e-4 kg m2 for each kW", lambda v: 4e-7 * v["drive_power"]),
    "continuous_power": Rule("0.45 x peak", lambda v: 0.45 * v["drive_power"]),
    "copper_loss": Rule(
        "5 % of peak power at peak torque at 100 kW, growing with power^0.75 (x 1.5 induction)",
        _machine(COPPER, 1.5),
    ),
    "excitation_loss": Rule(
        "wound rotors: 1.2 % of peak power at peak torque at 100 kW, growing with power^0.75; others none",
        lambda v: _machine(EXCITATION)(v) if v["motor_kind"] == "wound" else 0.0,
    ),
    "iron_loss": Rule(
        "1.5 % of peak power at top speed at 100 kW, growing with power^0.75 (x 0.7 without magnets)",
        _machine(IRON, 0.7, 0.7),
    ),
    "windage_loss": Rule("0.4 % of peak power at top speed at 100 kW, growing with power^0.75", _machine(WINDAGE)),
    "inverter_loss": Rule(
        "2.5 % of peak power at peak torque with IGBTs, 1.2 % with silicon carbide",
        lambda v: INVERTER[v["inverter_kind"]] * v["drive_power"] * _losses_scale(v),
    ),
    "inverter_idle": Rule("0.15 % of peak power", lambda v: IDLE * v["drive_power"] * _losses_scale(v)),
    "battery_gross": Rule("net / 0.95", lambda v: v["battery_energy"] / 0.95),
    "battery_voltage": Rule("350 V: 96 cells in series", lambda _: 350.0),
    "battery_resistance": Rule(
        "2.2 % of the voltage at a one-hour current (FASTSim's Bolt, 1C at 23 degrees)",
        lambda v: 0.022 * v["battery_voltage"] ** 2 * 3_600.0 / v["battery_gross"],
    ),
    "battery_power": Rule("1.1 x motor peak", lambda v: 1.1 * v["drive_power"]),
    "battery_heat_capacity": Rule(
        "160 Wh/kg and 1000 J/(kg K)", lambda v: v["battery_gross"] / 3_600.0 / 160.0 * 1_000.0
    ),
    "battery_cooling": Rule("10 W/K", lambda _: 10.0),
    "dc_charge_power": Rule("1.5C of the net capacity", lambda v: 1.5 * v["battery_energy"] / 3_600.0),
    "ac_charge_power": Rule("11 kW", lambda _: 11_000.0),
    "charge_curve": Rule(
        "full power to half charge, then falling to 60 % at 80 % and 5 % at full",
        lambda v: tuple(
            (at, share * v["dc_charge_power"])
            for at, share in ((0.0, 0.6), (0.1, 1.0), (0.5, 1.0), (0.8, 0.6), (1.0, 0.05))
        ),
    ),
    "computer_power": Rule("250 W: automotive driving computer, cameras and radars", lambda _: 250.0),
    "cabin_conductance": Rule("60 W/K: body and fresh air of a saloon", lambda _: 60.0),
    "heating_cop": Rule("1.0: a resistance heater", lambda _: 1.0),
    "range": Rule("no range known", lambda _: 0.0),
}
"""In the order in which they may use each other."""


def estimated(known: Values) -> tuple[dict[str, Any], dict[str, str]]:
    """Every value of a powertrain that `known` lacks, and its source; known holds a platform's values by key."""
    values = dict(known)
    sources: dict[str, str] = {}
    for key, rule in RULES.items():
        if key not in values:
            values[key] = rule.value(values)
            sources[key] = f"estimated: {rule.text}"
    return {key: values[key] for key in RULES}, sources


def powertrain_of(platform: Platform) -> Powertrain:
    """A platform's powertrain, estimated where it has none of its own."""
    if platform.powertrain is not None:
        return platform.powertrain
    p = platform
    known = {
        "mass": p.mass,
        "wheelbase": p.wheelbase,
        "speed_max": p.speed_max,
        "accel_max": p.accel_max,
        "drive_power": p.drive_power,
        "battery_energy": p.battery_energy,
        "drivetrain_efficiency": p.drivetrain_efficiency,
    }
    return Powertrain(**estimated(known)[0])
