"""What the road asks of a car: air, rolling, and the inertia of what turns; from a coast-down or from its shape.

Rolling resistance is what a coasting car feels: tyres, bearings, gears and the motor that turns along.
A coast-down's force f0 + f1 v + f2 v^2 is taken as rolling (f0, f1) and air (f2), and so corrected for the weather:
rolling resistance falls with the temperature and air with its density (UN GTR 15, annex 4, 4.5.2 and 4.5.3).
"""

from evpilot.types import Platform
from evpilot.vehicle.powertrain.conditions import KELVIN, Conditions
from evpilot.vehicle.powertrain.estimates import powertrain_of

GRAVITY = 9.81  # [m/s2]
AIR_GAS = 287.05  # [J/(kg K)] of dry air
REFERENCE_TEMPERATURE = KELVIN + 20.0  # [K] of coast-downs and of the tyres' figures
REFERENCE_PRESSURE = 100_000.0  # [Pa] UN GTR 15: of a coast-down's f2
ROLLING_FALL = 8.6e-3  # [1/K] UN GTR 15, annex 4, 4.5.2.1.1: correction factor for rolling resistance
WHEELS = 4


def air_density(conditions: Conditions) -> float:
    """Density [kg/m3] of dry air."""
    return conditions.pressure / (AIR_GAS * conditions.temperature)


def road_load(platform: Platform, conditions: Conditions) -> tuple[float, float, float]:
    """The air's force over speed squared [N s2/m2], rolling resistance over weight, and its rise with speed [s/m]."""
    train, density = powertrain_of(platform), air_density(conditions)
    warm = max(1.0 + ROLLING_FALL * (REFERENCE_TEMPERATURE - conditions.temperature), 0.5)
    if train.road_load_f0 <= 0.0:
        return 0.5 * density * platform.drag_area, warm * platform.rolling_resistance, 0.0
    weight = train.test_mass * GRAVITY
    thin = density * AIR_GAS * REFERENCE_TEMPERATURE / REFERENCE_PRESSURE
    return thin * train.road_load_f2, warm * train.road_load_f0 / weight, warm * train.road_load_f1 / weight


def turning_mass(platform: Platform) -> float:
    """Inertia of wheels and motor as a mass [kg] at the tread."""
    train = powertrain_of(platform)
    shaft = train.motor_inertia * train.gear_ratio**2
    return (WHEELS * train.wheel_inertia + shaft) / train.wheel_radius**2
