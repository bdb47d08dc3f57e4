"""What a drive is made of besides its scenario and its seed, as plain values that a file or a process can carry."""

from dataclasses import asdict, dataclass

from evpilot.files import EvpilotError
from evpilot.sweep.pilots import DEFAULT_PILOT, SHORT, check_pilot
from evpilot.types import ROAD, UN_R79, UN_R157, VERDICT, Limits
from evpilot.vehicle.powertrain.conditions import KELVIN, Conditions

LIMITS = {limits.name: limits for limits in (ROAD, VERDICT, UN_R157, UN_R79)}
ECO, CHARGE, TEMPERATURE = (0.0, 1.0, ""), (0.0, 100.0, "%"), (-50.0, 60.0, "degrees Celsius")
TRAFFIC = ("replay", "reactive", "mixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The conditions of a drive: pilot `module:Class` or `file.py:Class`; platform and planner_platform (the car as the
    planner believes it, empty for the same) a built-in key or a TOML file; traffic replay, reactive or mixed, empty for
    what the scenario is made for; limits road, verdict, un-r157 or un-r79; sensor the name of an object sensor; eco
    0..1 how much saving energy counts; charge [%] at the start, temperature [degrees Celsius] of air and battery;
    arrive_with [%] of charge at least at the goal, None where none is asked for."""

    pilot: str = DEFAULT_PILOT
    platform: str = "sedan"
    planner_platform: str = ""
    traffic: str = ""
    limits: str = ROAD.name
    sensor: str = "perfect"
    eco: float = 0.0
    charge: float = 80.0
    temperature: float = 20.0
    arrive_with: float | None = None

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
        for option, value, (low, high, unit) in (
            ("--eco", self.eco, ECO),
            ("--charge", self.charge, CHARGE),
            ("--temperature", self.temperature, TEMPERATURE),
            ("--arrive-with", self.arrive_with or 0.0, CHARGE),
        ):
            if not low <= value <= high:
                raise EvpilotError(f"{value:g} {unit}, allowed {low:g} to {high:g} {unit}".strip(), place=option)
        if (self.eco or self.arrive_with is not None) and SHORT.get(self.pilot, self.pilot) != DEFAULT_PILOT:
            raise EvpilotError(f"only evpilot's own pilot saves energy, not {self.pilot}", place="--eco")

    @property
    def conditions(self) -> Conditions:
        """Weather and charge as the powertrain takes them."""
        return Conditions(charge=0.01 * self.charge, temperature=KELVIN + self.temperature)

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
