"""A platform's powertrain as the kernels take it."""

from dataclasses import dataclass

import numpy as np

from evpilot.types import Platform, Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle.powertrain.battery import stored, voltage_table
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.conditions import KELVIN, MILD, Conditions
from evpilot.vehicle.powertrain.estimates import powertrain_of
from evpilot.vehicle.powertrain.losses import loss_map
from evpilot.vehicle.powertrain.step import BURNING, WARM

FADE = (0.5, 2.0)  # [m/s] below the first there is no recuperation, above the second all of it
CABIN = KELVIN + 22.0  # [K] what the climate control keeps
CABIN_SUN = 3.0  # [K] warmer than outside without any heating
COOLING_COP = 2.5  # estimated: automotive compressors at moderate load
RESISTANCE_GROWTH = 2.0  # estimated: at 80 % health an aged pack's resistance is 1.4 times a new one's
MOTOR_TIME = 400.0  # [s] estimated: thermal time constant of a cooled traction motor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packed:
    """A powertrain for the kernels: ev (28,) by `Ev`; losses (SPEEDS, TORQUES) [W]; voltages (STEPS + 1,) [V]."""

    ev: Array
    losses: Array
    voltages: Array

    def start(self, conditions: Conditions) -> tuple[Array, Array]:
        """Store (7,) by `Store` and spent (15,) by `Spent` before the first step."""
        store = np.zeros(len(Store))
        store[Store.CHARGE] = self.ev[Ev.WINDOW_LOW] + self.ev[Ev.WINDOW] * conditions.charge
        store[Store.BATTERY] = conditions.battery_temperature or conditions.temperature
        store[Store.MOTOR] = conditions.temperature
        return store, np.zeros(len(Spent))

    def usable(self, charge: Array) -> Array:
        """The state of charge 0..1 as the driver sees it, of that of the whole pack, at any shape."""
        return (charge - self.ev[Ev.WINDOW_LOW]) / self.ev[Ev.WINDOW]

    def stored(self, charge: float) -> float:
        """Energy [J] in the pack at a state of charge of the whole pack."""
        return stored(charge, float(self.ev[Ev.CAPACITY]), self.voltages)


def packed(platform: Platform, conditions: Conditions = MILD, losses: Array | None = None) -> Packed:
    """A platform's powertrain under some conditions; losses takes the place of the physical model where it is given.

    Raises EvpilotError when a condition or a value is out of range.
    """
    conditions.validate()
    train = powertrain_of(platform)
    train.validate()
    ev = np.zeros(len(Ev))
    ev[Ev.GEAR], ev[Ev.GEAR_EFFICIENCY] = train.gear_ratio, train.gear_efficiency
    ev[Ev.WHEEL_RADIUS], ev[Ev.TORQUE], ev[Ev.SHAFT_POWER] = (
        train.wheel_radius,
        train.motor_torque,
        platform.drive_power,
    )
    ev[Ev.MAP_SPEED] = train.motor_speed_max
    front, rear = platform.cornering_front, platform.cornering_rear
    ev[Ev.SLIP_STIFFNESS] = {"front": front, "rear": rear}.get(train.driven, front + rear)
    ev[Ev.FRONT_SHARE] = platform.cg_to_rear / platform.wheelbase
    ev[Ev.DRIVEN] = ("front", "rear", "all").index(train.driven)
    # only magnets make iron losses without a current
    ev[Ev.DRAG_IRON] = train.iron_loss if train.motor_kind == "pm" else 0.0
    ev[Ev.DRAG_WINDAGE] = train.windage_loss
    ev[Ev.FADE_LOW], ev[Ev.FADE_HIGH] = FADE
    _battery(ev, platform, conditions)
    table = loss_map(train) if losses is None else losses
    _motor_heat(ev, train.continuous_power, table)
    ev[Ev.AUXILIARY] = platform.auxiliary_power + (train.computer_power if conditions.computer else 0.0)
    ev[Ev.CLIMATE] = climate_power(platform, conditions)
    ev[Ev.AIR_TEMPERATURE] = conditions.temperature
    ev[Ev.WIND_X], ev[Ev.WIND_Y] = conditions.wind
    return Packed(ev=ev, losses=table, voltages=voltage_table(train.chemistry, train.battery_voltage))


def climate_power(platform: Platform, conditions: Conditions) -> float:
    """What keeps the cabin at 22 degrees Celsius takes [W]."""
    if not conditions.climate:
        return 0.0
    train = powertrain_of(platform)
    short = CABIN - CABIN_SUN - conditions.temperature
    if short > 0.0:
        return train.cabin_conductance * short / train.heating_cop
    return train.cabin_conductance * max(conditions.temperature - CABIN, 0.0) / COOLING_COP


def _battery(ev: Array, platform: Platform, conditions: Conditions) -> None:
    train = powertrain_of(platform)
    usable = min(platform.battery_energy / train.battery_gross, 1.0)
    ev[Ev.CAPACITY] = conditions.health * train.battery_gross / train.battery_voltage
    ev[Ev.RESISTANCE] = train.battery_resistance * (1.0 + RESISTANCE_GROWTH * (1.0 - conditions.health))
    ev[Ev.WINDOW_LOW], ev[Ev.WINDOW] = 0.5 * (1.0 - usable), usable
    ev[Ev.DISCHARGE_POWER], ev[Ev.CHARGE_POWER] = train.battery_power, platform.regen_power
    ev[Ev.BATTERY_HEAT], ev[Ev.BATTERY_COOLING] = train.battery_heat_capacity, train.battery_cooling


def _motor_heat(ev: Array, continuous: float, losses: Array) -> None:
    """The cooling that holds the motor just below its limit at its continuous power, at a third of its top speed."""
    row, columns = len(losses) // 3, losses.shape[1]
    speed = ev[Ev.MAP_SPEED] * row / (len(losses) - 1)
    load = min(continuous / (speed * ev[Ev.TORQUE]), 1.0)
    lost = float(np.interp(load, np.linspace(-1.0, 1.0, columns), losses[row]))
    ev[Ev.MOTOR_COOLING] = lost / (0.5 * (WARM + BURNING) - CABIN)
    ev[Ev.MOTOR_HEAT] = MOTOR_TIME * ev[Ev.MOTOR_COOLING]
