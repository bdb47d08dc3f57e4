"""A platform file to begin with: every key with what it means, its unit and its bounds."""

from evpilot.files import EvpilotError
from evpilot.types import Platform
from evpilot.vehicle.platforms.keys import CURVE, NUMBERS, REQUIRED, TEXTS
from evpilot.vehicle.powertrain.estimates import RULES

NAME_MAX = 64

MEANING = {
    "rear_to_center": "from the rear axle forward to the middle of the length",
    "mass": "kerb mass",
    "cg_to_front": "from the centre of gravity to the front axle",
    "cg_to_rear": "from the centre of gravity to the rear axle",
    "cornering_front": "lateral force of both front tyres for each rad of slip",
    "cornering_rear": "the same behind; softer than in front makes a car unstable",
    "friction": "of the tyres on dry asphalt",
    "steering_max": "angle of the road wheels, of a single-track car",
    "steering_lag": "time constant of the steering",
    "accel_max": "from standstill: what motor and driven tyres give",
    "brake_max": "of the friction brakes",
    "accel_lag": "time constant of motor and brakes",
    "drive_power": "peak, at the motor's shaft",
    "drag_area": "cd x frontal area",
    "rolling_resistance": "force over weight of a car that coasts slowly",
    "drivetrain_efficiency": "battery to wheel at 1/4 of the torque and 1/3 of the top speed; scales the losses",
    "regen_power": "the most that the battery takes while driving",
    "auxiliary_power": "always on: pumps, lights, screens",
    "battery_energy": "usable (net)",
    "road_load_f0": "coast-down: f0 + f1 v + f2 v^2 [N] at test_mass; all three or none",
    "test_mass": "at which the car is measured on a cycle",
    "motor_torque": "peak, of all motors",
    "motor_inertia": "of the rotors",
    "continuous_power": "what the motor gives for half an hour",
    "gear_ratio": "motor over wheel",
    "copper_loss": "of the motor at peak torque",
    "excitation_loss": "of a wound rotor at peak torque",
    "iron_loss": "of the motor at its top speed",
    "windage_loss": "of the motor at its top speed",
    "inverter_loss": "at peak torque",
    "inverter_idle": "whenever the car is on",
    "battery_gross": "the whole pack",
    "battery_resistance": "of the pack at 25 degrees Celsius",
    "battery_cooling": "heat to the air for each degree",
    "computer_power": "driving computer, cameras and radars",
    "cabin_conductance": "heat that the cabin loses for each degree",
    "heating_cop": "heat for each joule: 1 a heater, 2 to 3 a heat pump",
    "range": "the maker's, on range_cycle",
}
"""What a key means where its name does not say it all."""
SHOWN = {"driven": "rear"}
"""The value that stands for a choice, where it is not the first: what agrees with the sedan's other values."""


def template(name: str, car: Platform) -> str:
    """A sound platform file: the required values of a car, to be replaced, and all others as comments.

    Raises EvpilotError when the name cannot be a key.
    """
    if not (name.isascii() and name.replace("_", "").isalnum() and len(name) <= NAME_MAX):
        raise EvpilotError(f"platform name {name[:NAME_MAX]!r}, allowed letters, digits and _, at most {NAME_MAX}")
    lines = [
        "# A car of your own. Replace the values by your car's and say where each comes from; then",
        f"#   evpilot platform check {name}.toml",
        f"#   evpilot energy --platform {name}.toml --cycle nedc",
        f"#   evpilot drive --platform {name}.toml",
        "# docs/porting.md goes through it. What is left out below is estimated, and says by which rule.",
        "",
        f'key = "{name}"',
        f'name = "{name}"',
        "",
        "[values]",
        *(_line(key, getattr(car, key)) for key in REQUIRED),
        "",
        "# Left out: estimated as named. Take the # away where you know better.",
        *(f"# {line}" for key in RULES for line in (_line(key, None),)),
        "",
        "# Where the sensors sit, in metres from the rear axle on the ground (x forward, y left, z up) and rad.",
        "# [[sensors]]",
        '# name = "front camera"',
        '# kind = "camera"  # camera, radar, lidar or ultrasonic',
        "# x = 1.8",
        "# z = 1.35",
    ]
    return "\n".join(lines) + "\n"


def _line(key: str, value: float | None) -> str:
    number = NUMBERS.get(key)
    source = "WHERE FROM" if value is None else "as the generic sedan: replace it"
    if number is not None:
        shown = _shown(value) if value is not None else "0.0"
        bounds = f"{number.low:g} to {number.high:g} {number.unit}"
    else:
        shown = "[[0.0, 50_000.0], [1.0, 5_000.0]]" if key == CURVE else f'"{SHOWN.get(key, TEXTS[key][0])}"'
        bounds = "pairs of charge 0 to 1 and power" if key == CURVE else " or ".join(TEXTS[key])
    unit = number.unit if number is not None else "W" if key == CURVE else "-"
    note = MEANING.get(key, "")
    told = [note] if note else []
    told += [bounds] + ([f"else {RULES[key].text}"] if key in RULES else [])
    return f'{key} = {{ value = {shown}, unit = "{unit}", source = "{source}" }}  # {"; ".join(told)}'


def _shown(value: float) -> str:
    return f"{value:_.1f}" if abs(value) >= 1e4 else repr(value)
