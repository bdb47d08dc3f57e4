"""What drives an electric car: motor and gear, battery, auxiliaries, and what the road asks of them."""

from dataclasses import dataclass
from enum import IntEnum

from evpilot.types import checks

DRIVEN = ("front", "rear", "all")
MOTORS = ("pm", "induction", "wound")
INVERTERS = ("igbt", "sic")
CHEMISTRIES = ("nmc", "lfp")

BOUNDS: dict[str, tuple[float, float, str]] = {
    "road_load_f0": (0.0, 5_000.0, "N"),
    "road_load_f1": (-50.0, 200.0, "N s/m"),
    "road_load_f2": (0.0, 10.0, "N s2/m2"),
    "test_mass": (100.0, 60_000.0, "kg"),
    "wheel_radius": (0.1, 0.8, "m"),
    "wheel_inertia": (0.0, 50.0, "kg m2"),
    "motor_torque": (1.0, 20_000.0, "N m"),
    "motor_speed_max": (50.0, 4_000.0, "rad/s"),
    "motor_inertia": (0.0, 5.0, "kg m2"),
    "continuous_power": (500.0, 2e6, "W"),
    "gear_ratio": (1.0, 30.0, "-"),
    "gear_efficiency": (0.5, 1.0, "-"),
    "copper_loss": (0.0, 5e5, "W"),
    "excitation_loss": (0.0, 5e5, "W"),
    "iron_loss": (0.0, 5e5, "W"),
    "windage_loss": (0.0, 5e5, "W"),
    "inverter_loss": (0.0, 5e5, "W"),
    "inverter_idle": (0.0, 5e4, "W"),
    "battery_gross": (1e6, 4e9, "J"),
    "battery_voltage": (24.0, 1_500.0, "V"),
    "battery_resistance": (0.0, 5.0, "ohm"),
    "battery_power": (1e3, 4e6, "W"),
    "battery_heat_capacity": (1e3, 1e7, "J/K"),
    "battery_cooling": (0.0, 5e3, "W/K"),
    "dc_charge_power": (0.0, 2e6, "W"),
    "ac_charge_power": (0.0, 1e5, "W"),
    "computer_power": (0.0, 1e4, "W"),
    "cabin_conductance": (0.0, 1e3, "W/K"),
    "heating_cop": (0.5, 6.0, "-"),
    "range": (0.0, 3e6, "m"),
}
"""The legal values of each number, ends included, and its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Powertrain:
    """The electric side of a platform; SI units, torques and speeds at the motor's shaft, of all motors together.

    road_load_f0..f2: a coast-down's force f0 + f1 v + f2 v^2 at test_mass, all 0 where only the platform's drag_area
    and rolling_resistance are known. copper_loss, excitation_loss (of a wound rotor) and inverter_loss: at
    motor_torque; iron_loss and windage_loss: at motor_speed_max; inverter_idle: whenever the car is switched on.
    battery_resistance: of the pack at 25 degrees Celsius. battery_gross: the whole pack, of which the platform's
    battery_energy may be used. charge_curve: pairs of state of charge (0 to 1, ascending) and power [W] at a fast
    charger. computer_power: the driving computer and its sensors. cabin_conductance, heating_cop: what climate takes.
    range [m] is the maker's on range_cycle, 0 where none is known.
    """

    driven: str
    motor_kind: str
    inverter_kind: str
    chemistry: str
    range_cycle: str
    charge_curve: tuple[tuple[float, float], ...]
    road_load_f0: float
    road_load_f1: float
    road_load_f2: float
    test_mass: float
    wheel_radius: float
    wheel_inertia: float
    motor_torque: float
    motor_speed_max: float
    motor_inertia: float
    continuous_power: float
    gear_ratio: float
    gear_efficiency: float
    copper_loss: float
    excitation_loss: float
    iron_loss: float
    windage_loss: float
    inverter_loss: float
    inverter_idle: float
    battery_gross: float
    battery_voltage: float
    battery_resistance: float
    battery_power: float
    battery_heat_capacity: float
    battery_cooling: float
    dc_charge_power: float
    ac_charge_power: float
    computer_power: float
    cabin_conductance: float
    heating_cop: float
    range: float

    def validate(self) -> None:
        """Raise EvpilotError when a value is out of any car's range."""
        for field, (low, high, unit) in BOUNDS.items():
            checks.within("Powertrain", field, float(getattr(self, field)), low, high, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Where a sensor sits: kind; position [m] in the ego frame (rear axle, ground); yaw and pitch [rad] of its axis."""

    name: str
    kind: str
    x: float
    y: float
    z: float
    yaw: float
    pitch: float


class Store(IntEnum):
    """A powertrain's state (7,): what it keeps from step to step.

    CHARGE is the state of charge of the whole pack, 0 to 1; temperatures in kelvin; HEIGHT [m] climbed since the start;
    LIGHT is 1 while the brake light shows; DRAG [N] what turning took in the last step; POWER [W] at the battery's
    terminals.
    """

    CHARGE = 0
    BATTERY = 1
    MOTOR = 2
    HEIGHT = 3
    LIGHT = 4
    DRAG = 5
    POWER = 6


class Spent(IntEnum):
    """Where energy went (15,): sums since the start [J].

    DRAWN is what left the battery at its terminals, recuperation counted against it. AIR to CORNERING is work against
    the resistances, GRADE against the slope (negative downhill); the others are heat: SLIP of the tyres, FRICTION of
    the brakes, GEAR, MOTOR with inverter, BATTERY inside. RECUPERATED is what the motor brought back, BRAKED the work
    that brakes and recuperation took from the wheels. DISTANCE [m] is driven, in either direction.
    """

    DRAWN = 0
    AIR = 1
    ROLLING = 2
    GRADE = 3
    CORNERING = 4
    SLIP = 5
    FRICTION = 6
    GEAR = 7
    MOTOR = 8
    BATTERY = 9
    AUXILIARY = 10
    CLIMATE = 11
    RECUPERATED = 12
    BRAKED = 13
    DISTANCE = 14


LOST = (
    Spent.AIR,
    Spent.ROLLING,
    Spent.CORNERING,
    Spent.SLIP,
    Spent.FRICTION,
    Spent.GEAR,
    Spent.MOTOR,
    Spent.BATTERY,
    Spent.AUXILIARY,
    Spent.CLIMATE,
)
"""What is gone for good."""
