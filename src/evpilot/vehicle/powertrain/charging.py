"""Charging at a fast charger: the power that a car takes over its state of charge, and the time that this lasts."""

import numpy as np

from evpilot.files import EvpilotError
from evpilot.types import Platform
from evpilot.vehicle.powertrain.estimates import powertrain_of

STEPS = 400  # of the state of charge, over which the power is averaged


def charging_power(platform: Platform, charge: float, most: float = np.inf) -> float:
    """Power [W] into the battery at a state of charge 0..1, from a charger that gives at most `most` [W]."""
    curve = powertrain_of(platform).charge_curve
    return float(min(np.interp(charge, [at for at, _ in curve], [power for _, power in curve]), most))


def charging_seconds(platform: Platform, start: float, end: float, most: float = np.inf) -> float:
    """Time [s] from one state of charge to another, at a charger that gives at most `most` [W].

    Raises EvpilotError when they are not ascending within 0..1, or the battery takes nothing on the way.
    """
    if not 0.0 <= start <= end <= 1.0:
        raise EvpilotError(f"charge from {start:g} to {end:g}, allowed ascending within 0 to 1")
    if start == end:
        return 0.0
    edges = np.linspace(start, end, STEPS + 1)
    middles = 0.5 * (edges[1:] + edges[:-1])
    powers = np.array([charging_power(platform, float(charge), most) for charge in middles])
    if powers.min() <= 0.0:
        raise EvpilotError(f"takes no power at charge {middles[powers.argmin()]:.2f}", place="charge_curve")
    return float(np.sum(platform.battery_energy * (end - start) / STEPS / powers))
