"""The car's parameters, and the limits that a drive keeps."""

from dataclasses import dataclass, replace

from evpilot.types import checks
from evpilot.types.powertrain import Powertrain, Sensor

BOUNDS: dict[str, tuple[float, float, str]] = {
    "length": (1.0, 25.0, "m"),
    "width": (0.5, 4.0, "m"),
    "height": (0.5, 5.0, "m"),
    "wheelbase": (0.5, 12.0, "m"),
    "rear_to_center": (0.0, 12.0, "m"),
    "mass": (100.0, 60_000.0, "kg"),
    "yaw_inertia": (1.0, 1e6, "kg m2"),
    "cg_to_front": (0.1, 12.0, "m"),
    "cg_to_rear": (0.1, 12.0, "m"),
    "cg_height": (0.05, 3.0, "m"),
    "cornering_front": (1e3, 1e7, "N/rad"),
    "cornering_rear": (1e3, 1e7, "N/rad"),
    "friction": (0.05, 2.0, "-"),
    "steering_max": (0.1, 1.57, "rad"),
    "steering_rate_max": (0.05, 10.0, "rad/s"),
    "steering_lag": (0.0, 2.0, "s"),
    "accel_max": (0.5, 20.0, "m/s2"),
    "brake_max": (0.5, 20.0, "m/s2"),
    "accel_lag": (0.0, 2.0, "s"),
    "accel_jerk": (0.5, 500.0, "m/s3"),
    "brake_jerk": (0.5, 500.0, "m/s3"),
    "speed_max": (1.0, 120.0, "m/s"),
    "reverse_speed_max": (0.1, 50.0, "m/s"),
    "drive_power": (1e3, 2e6, "W"),
    "drag_area": (0.0, 10.0, "m2"),
    "rolling_resistance": (0.0, 0.1, "-"),
    "drivetrain_efficiency": (0.3, 1.0, "-"),
    "regen_power": (0.0, 2e6, "W"),
    "auxiliary_power": (0.0, 2e4, "W"),
    "battery_energy": (1e6, 4e9, "J"),
}
"""The legal values of each number, ends included, and its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One car. Lengths in m, masses in kg, powers in W; sources names where each value comes from.

    rear_to_center: from the rear axle forward to the box centre. cornering_front, cornering_rear: axle cornering
    stiffness [N/rad]. accel_max is what tyres and motor give at low speed, drive_power [W] caps it above.
    accel_lag, steering_lag [s] are first-order actuator lags, brake_jerk and accel_jerk [m/s3] their rates.
    drivetrain_efficiency: battery to wheel at a quarter of the torque and a third of the top speed; drive_power at the
    shaft, regen_power at the battery. powertrain is None where all of it is to be estimated.
    """

    key: str
    name: str
    length: float
    width: float
    height: float
    wheelbase: float
    rear_to_center: float
    mass: float
    yaw_inertia: float
    cg_to_front: float
    cg_to_rear: float
    cg_height: float
    cornering_front: float
    cornering_rear: float
    friction: float
    steering_max: float
    steering_rate_max: float
    steering_lag: float
    accel_max: float
    brake_max: float
    accel_lag: float
    accel_jerk: float
    brake_jerk: float
    speed_max: float
    reverse_speed_max: float
    drive_power: float
    drag_area: float
    rolling_resistance: float
    drivetrain_efficiency: float
    regen_power: float
    auxiliary_power: float
    battery_energy: float
    sources: dict[str, str]
    powertrain: Powertrain | None = None
    sensors: tuple[Sensor, ...] = ()

    def validate(self) -> None:
        """Raise EvpilotError when a value is out of any car's range."""
        for field, (low, high, unit) in BOUNDS.items():
            checks.within(f"Platform {self.key}", field, float(getattr(self, field)), low, high, unit)
        if self.powertrain is not None:
            self.powertrain.validate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan and a command may ask of the car: plan value first, then the gate's (reference/safety.md).

    accel, brake (service), emergency [m/s2, all positive]; lateral acceleration [m/s2]; jerk along and across [m/s3];
    steering_rate [rad/s]; exact is True where the car is the exact kinematic model with inputs constant over a step.
    What a regulation asks of a pilot, 0 where none does: headway [s] to who is ahead at standstill, its rise with our
    speed [s2/m] and its most [s]; lane_kept, whether the lane is kept whatever happens; change_lateral [m/s2] of a lane
    change. And who comes from behind on the other lane keeps rear_headway [s] after it has reacted in rear_reaction [s]
    and braked with rear_brake [m/s2]: on any road so much that nobody is made to brake hard, but where all are as slow
    as rear_slow [m/s], where one lets another in.
    """

    name: str
    accel: float
    brake: float
    lateral: float
    jerk: float
    lateral_jerk: float
    gate_accel: float
    gate_brake: float
    gate_lateral: float
    gate_jerk: float
    gate_lateral_jerk: float
    emergency: float
    steering_rate: float
    exact: bool = False
    headway: float = 0.0
    headway_rise: float = 0.0
    headway_most: float = 0.0
    lane_kept: bool = False
    change_lateral: float = 0.0
    rear_reaction: float = 0.0
    rear_brake: float = 0.0
    rear_headway: float = 0.0
    rear_slow: float = 0.0

    def headway_at(self, speed: float) -> float:
        """The time gap [s] that is asked for at a speed [m/s]."""
        return min(self.headway + self.headway_rise * max(speed, 0.0), self.headway_most)


ROAD = Limits(
    name="road",
    accel=1.5,
    brake=2.5,
    lateral=2.0,
    jerk=1.5,
    lateral_jerk=3.0,
    gate_accel=2.0,
    gate_brake=3.5,
    gate_lateral=3.6,
    gate_jerk=5.0,
    gate_lateral_jerk=3.6,
    emergency=9.0,
    steering_rate=0.5,
    # the braking is UN R79 5.6.4.7's, the rest estimated: less than it asks of a car that changes by itself
    rear_reaction=0.5,
    rear_brake=3.0,
    rear_headway=0.3,
    rear_slow=8.0,
)
VERDICT = Limits(
    name="verdict",
    accel=1.5,
    brake=2.5,
    lateral=2.0,
    jerk=1.5,
    lateral_jerk=3.0,
    gate_accel=11.5,
    gate_brake=11.5,
    gate_lateral=11.5,
    gate_jerk=1e3,
    gate_lateral_jerk=1e3,
    emergency=11.5,
    steering_rate=0.4,
    exact=True,
)
"""CommonRoad's vehicle model limits (reference/commonroad.md, quirk 6); the planner keeps its comfort while it can."""
UN_R157 = replace(ROAD, name="un-r157", headway=1.0, headway_rise=0.036, headway_most=1.6, lane_kept=True)
"""UN R157: following distances by the table of 5.2.3.3, 1.1 s at 10 km/h and 0.1 s more for every 10 km/h; the car
stays in its lane (5.2.1)."""
UN_R79 = replace(
    ROAD, name="un-r79", change_lateral=1.0, rear_reaction=0.4, rear_brake=3.0, rear_headway=1.0, rear_slow=0.0
)
"""UN R79 5.6.4, lane changes of category C."""
