"""What an object sensor can do, and the named sensors."""

import math
from dataclasses import dataclass

from evpilot.files import EvpilotError
from evpilot.types import checks


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorConfig:
    """What an object sensor can do; the default is perfect.

    range [m] from the car's roof; field_of_view [rad], symmetric about straight ahead; occlusion: whether boxes hide
    what is behind them; identity: whether it gives tracks (exact) or detections. For detections: standard deviations of
    position [m], position_share [of the distance], yaw [rad], velocity [m/s] (has_velocity says whether any is given)
    and size [m]; miss and flip: probability in each frame that an object is not reported, or its box turned by 180
    degrees; false_alarms: mean number in each frame; latency [s], rounded to whole planning ticks.
    """

    name: str = "perfect"
    range: float = math.inf
    field_of_view: float = 2.0 * math.pi
    occlusion: bool = False
    identity: bool = True
    position: float = 0.0
    position_share: float = 0.0
    yaw: float = 0.0
    velocity: float = 0.0
    has_velocity: bool = True
    size: float = 0.0
    miss: float = 0.0
    flip: float = 0.0
    false_alarms: float = 0.0
    latency: float = 0.0

    def validate(self) -> None:
        """Raise EvpilotError when a value is out of any sensor's range."""
        for field, low, high, unit in (
            ("range", 1.0, math.inf, "m"),
            ("field_of_view", 0.01, 2.0 * math.pi, "rad"),
            ("position", 0.0, 10.0, "m"),
            ("position_share", 0.0, 1.0, ""),
            ("yaw", 0.0, math.pi, "rad"),
            ("velocity", 0.0, 20.0, "m/s"),
            ("size", 0.0, 5.0, "m"),
            ("miss", 0.0, 1.0, ""),
            ("flip", 0.0, 1.0, ""),
            ("false_alarms", 0.0, 100.0, ""),
            ("latency", 0.0, 5.0, "s"),
        ):
            checks.within(f"SensorConfig {self.name}", field, float(getattr(self, field)), low, high, unit)


PERFECT = SensorConfig()
OCCLUDED = SensorConfig(name="occluded", range=150.0, occlusion=True)
NOISY = SensorConfig(
    name="noisy",
    range=150.0,
    occlusion=True,
    identity=False,
    position=0.15,
    position_share=0.002,
    yaw=0.03,
    velocity=0.3,
    size=0.15,
    miss=0.05,
    flip=0.01,
    false_alarms=0.1,
)
CONFIGS = {config.name: config for config in (PERFECT, OCCLUDED, NOISY)}


def named(name: str) -> SensorConfig:
    """The sensor of a name; raises EvpilotError when there is none."""
    if name not in CONFIGS:
        raise EvpilotError(f"sensor {name!r}, allowed {', '.join(CONFIGS)}")
    return CONFIGS[name]
