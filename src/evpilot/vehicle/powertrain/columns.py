"""The columns of the powertrain's parameters."""

from enum import IntEnum


class Ev(IntEnum):
    """A powertrain's parameters (28,), as `packing.powertrain` lays them out; SI units, temperatures in kelvin.

    DRAG_IRON and DRAG_WINDAGE [W]: what of the rolling resistance is the coasting motor, at its top speed.
    """

    GEAR = 0
    GEAR_EFFICIENCY = 1
    WHEEL_RADIUS = 2
    TORQUE = 3
    SHAFT_POWER = 4
    MAP_SPEED = 5
    SLIP_STIFFNESS = 6
    FRONT_SHARE = 7
    DRIVEN = 8
    DRAG_IRON = 9
    DRAG_WINDAGE = 10
    FADE_LOW = 11
    FADE_HIGH = 12
    CAPACITY = 13
    RESISTANCE = 14
    WINDOW_LOW = 15
    WINDOW = 16
    DISCHARGE_POWER = 17
    CHARGE_POWER = 18
    BATTERY_HEAT = 19
    BATTERY_COOLING = 20
    MOTOR_HEAT = 21
    MOTOR_COOLING = 22
    AUXILIARY = 23
    CLIMATE = 24
    AIR_TEMPERATURE = 25
    WIND_X = 26
    WIND_Y = 27
