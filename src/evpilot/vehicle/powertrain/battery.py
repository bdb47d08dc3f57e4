"""A battery: open-circuit voltage over the state of charge, resistance over temperature, limits, heat.

The equivalent circuit of one source and one resistance (Plett, Battery Management Systems, vol. 1, chapter 2).
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array
from evpilot.vehicle.powertrain.columns import Ev

KNOTS = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
CELL_VOLTAGE = {  # [V] at rest, typical of each chemistry
    "nmc": np.array([3.10, 3.38, 3.47, 3.55, 3.60, 3.64, 3.69, 3.80, 3.91, 4.01, 4.09, 4.18]),
    "lfp": np.array([2.80, 3.10, 3.19, 3.24, 3.27, 3.285, 3.295, 3.305, 3.325, 3.33, 3.335, 3.42]),
}
STEPS = 20  # of the table of voltages
ACTIVATION = 2_400.0  # [K] Arrhenius temperature of the resistance: 4 times as much at -20 as at 25 degrees Celsius
REFERENCE = 298.15  # [K] at which a resistance is given
SAG = 0.75  # of the open-circuit voltage, below which no load may pull it
LOW_CHARGE = 0.08  # of the usable charge: below it the car gives less and less, at 0 nothing
FULL_CHARGE = 0.95  # above it the battery takes less and less, at 1 nothing
COLD_DRIVE, MILD_DRIVE = 243.15, 278.15  # [K] at the first 30 % of the power are left, from the second on all
COLD_CHARGE, MILD_CHARGE = 258.15, 288.15  # [K] below the first nothing is taken, from the second on all
HOT, TOO_HOT = 321.15, 333.15  # [K] above the first less, above the second nothing


def voltage_table(chemistry: str, nominal: float) -> Array:
    """Open-circuit voltage [V] (STEPS + 1,) of a pack at 0, 5, .. 100 % of its charge, whose mean is `nominal`."""
    curve = np.interp(np.linspace(0.0, 1.0, STEPS + 1), KNOTS, CELL_VOLTAGE[chemistry])
    mean = float(np.sum(0.5 * (curve[1:] + curve[:-1]))) / STEPS
    return curve * (nominal / mean)


def stored(charge: float, capacity: float, voltages: Array) -> float:
    """Energy [J] that a battery of a capacity [C] holds above an empty one: the integral of its voltage over charge."""
    at = min(max(charge, 0.0), 1.0) * STEPS
    whole = min(int(at), STEPS - 1)
    areas = 0.5 * (voltages[1:] + voltages[:-1])
    part = at - whole
    mean = voltages[whole] + 0.5 * part * (voltages[whole + 1] - voltages[whole])
    beyond = (charge - min(max(charge, 0.0), 1.0)) * float(voltages[0] if charge < 0.0 else voltages[-1])
    return capacity * ((float(np.sum(areas[:whole])) + part * float(mean)) / STEPS + beyond)


@kernel()
def open_voltage(charge: float, voltages: Array) -> float:
    """Voltage [V] at rest, linear between the table's knots, constant beyond its ends."""
    at = min(1.0, max(0.0, charge)) * (len(voltages) - 1)
    k = min(len(voltages) - 2, int(at))
    return voltages[k] + (at - k) * (voltages[k + 1] - voltages[k])


@kernel()
def inner_resistance(temperature: float, ev: Array) -> float:
    """Resistance [ohm] of the pack at a temperature [K]."""
    return ev[Ev.RESISTANCE] * math.exp(ACTIVATION * (1.0 / temperature - 1.0 / REFERENCE))


@kernel()
def ramp(value: float, low: float, high: float) -> float:
    """0 up to low, 1 from high on, linear between them; low may lie above high."""
    return min(1.0, max(0.0, (value - low) / (high - low)))


@kernel()
def battery_limits(charge: float, temperature: float, ev: Array, voltages: Array) -> tuple[float, float]:
    """The most power [W] that the terminals give and take."""
    usable = (charge - ev[Ev.WINDOW_LOW]) / ev[Ev.WINDOW]
    hot = ramp(temperature, TOO_HOT, HOT)
    cold_out = 0.3 + 0.7 * ramp(temperature, COLD_DRIVE, MILD_DRIVE)
    cold_in = ramp(temperature, COLD_CHARGE, MILD_CHARGE)
    voltage = open_voltage(charge, voltages)
    sag = SAG * (1.0 - SAG) * voltage * voltage / max(inner_resistance(temperature, ev), 1e-9)
    give = min(ev[Ev.DISCHARGE_POWER] * cold_out * hot * ramp(usable, 0.0, LOW_CHARGE), sag)
    take = ev[Ev.CHARGE_POWER] * cold_in * hot * ramp(usable, 1.0, FULL_CHARGE)
    return give, take


@kernel()
def drawn_current(power: float, voltage: float, resistance: float) -> float:
    """Current [A] at which the terminals give a power [W]; where they cannot, the current of the most they can."""
    if resistance <= 0.0:
        return power / voltage
    root = max(voltage * voltage - 4.0 * resistance * power, 0.0)
    return 2.0 * power / (voltage + math.sqrt(root))
