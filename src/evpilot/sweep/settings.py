"""What a drive is made of besides its scenario and its seed, as plain values that a file or a process can carry."""

from dataclasses import asdict, dataclass

from evpilot.files import EvpilotError
from evpilot.sweep.pilots import DEFAULT_PILOT, check_pilot
from evpilot.types import ROAD, VERDICT, Limits

LIMITS = {limits.name: limits for limits in (ROAD, VERDICT)}
TRAFFIC = ("replay", "reactive", "mixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The conditions of a drive: pilot `module:Class` or `file.py:Class`; platform and planner_platform (the car as the
    planner believes it, empty for the same) a built-in key or a TOML file; traffic replay, reactive or mixed, empty for
    what the scenario is made for; limits road or verdict; sensor the name of an object sensor."""

    pilot: str = DEFAULT_PILOT
    platform: str = "sedan"
    planner_platform: str = ""
    traffic: str = ""
    limits: str = ROAD.name
    sensor: str = "perfect"

    def check(self) -> None:
        """Raise EvpilotError when a name means nothing: before the first drive, not in its middle."""
        from evpilot.sense.config import named
        from evpilot.vehicle import platforms

        if self.traffic:
            one_of("traffic", self.traffic, TRAFFIC)
        named_limits(self.limits)
        named(self.sensor)
        platforms.load(self.platform)
        if self.planner_platform:
            platforms.load(self.planner_platform)
        check_pilot(self.pilot)

    def as_json(self) -> dict[str, object]:
        """Plain values for a journal or a summary."""
        return asdict(self)


def named_limits(name: str) -> Limits:
    """The limits of a name; raises EvpilotError when there are none."""
    one_of("limits", name, tuple(LIMITS))
    return LIMITS[name]


def one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise EvpilotError unless the value is allowed."""
    if value not in allowed:
        raise EvpilotError(f"{what} {value!r}, allowed {', '.join(allowed)}")
