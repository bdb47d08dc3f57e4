"""The conditions of a drive that a powertrain feels: weather, charge, age, what is switched on."""

from dataclasses import dataclass

from evpilot.types import checks

KELVIN = 273.15  # [K] of 0 degrees Celsius
COLDEST, HOTTEST = KELVIN - 50.0, KELVIN + 60.0  # [K] of the air on any road


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Weather and state at the start; SI units, temperature in kelvin, wind in the map frame (where it blows to).

    charge: state of charge 0..1 of what may be used. health: capacity left of a new battery's, 0.5..1; its resistance
    grows as it falls. battery_temperature: None is the air's. climate: the cabin is kept at 22 degrees Celsius.
    computer: the driving computer runs.
    """

    charge: float = 0.8
    temperature: float = KELVIN + 20.0
    battery_temperature: float | None = None
    pressure: float = 101_325.0
    wind: tuple[float, float] = (0.0, 0.0)
    health: float = 1.0
    climate: bool = True
    computer: bool = True

    def validate(self) -> None:
        """Raise EvpilotError when a value is out of range."""
        name = "Conditions"
        checks.within(name, "charge", self.charge, 0.0, 1.0, "")
        checks.within(name, "temperature", self.temperature, COLDEST, HOTTEST, "K")
        if self.battery_temperature is not None:
            checks.within(name, "battery_temperature", self.battery_temperature, COLDEST, 343.15, "K")
        checks.within(name, "pressure", self.pressure, 50_000.0, 110_000.0, "Pa")
        for value in self.wind:
            checks.within(name, "wind", value, -50.0, 50.0, "m/s")
        checks.within(name, "health", self.health, 0.5, 1.0, "")


MILD = Conditions()
CERTIFIED = Conditions(charge=0.9, climate=False, computer=False)
"""How cars are measured: a nearly full battery, climate off, nothing that drives by itself."""
