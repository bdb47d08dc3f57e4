"""What a powertrain can give and take, and when it cannot."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import Rig

from evpilot.types import Spent, Store
from evpilot.vehicle import platforms
from evpilot.vehicle.dynamics import Car
from evpilot.vehicle.powertrain.battery import STEPS, drawn_current, open_voltage, stored, voltage_table
from evpilot.vehicle.powertrain.braking import brake_light
from evpilot.vehicle.powertrain.charging import charging_seconds
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.conditions import Conditions
from evpilot.vehicle.powertrain.losses import loss_map, lost_power
from evpilot.vehicle.powertrain.packing import packed

SEDAN, SU7, LEAF = (platforms.load(key) for key in ("sedan", "su7", "leaf40"))
HALF, FULL, EMPTY = (Conditions(charge=charge) for charge in (0.5, 1.0, 0.0))
COLD = Conditions(charge=0.5, temperature=248.0)


@pytest.mark.parametrize("conditions", [FULL, Conditions(charge=0.5, temperature=250.0)])
def test_a_car_without_recuperation_stops_just_the_same(conditions: Conditions) -> None:
    with_it, without = Rig(SEDAN, HALF, 20.0), Rig(SEDAN, conditions, 20.0)
    one, other = with_it.drive(9.0, -2.5), without.drive(9.0, -2.5)
    assert np.array_equal(one[:, : Car.POWER], other[:, : Car.POWER])
    assert with_it.spent[Spent.RECUPERATED] > 0.6 * with_it.spent[Spent.BRAKED]
    # what the auxiliaries take may still come from the motor
    assert without.spent[Spent.RECUPERATED] < 0.1 * without.spent[Spent.BRAKED]
    assert without.spent[Spent.FRICTION] > 0.85 * without.spent[Spent.BRAKED]


def seconds_to(speed: float, rig: Rig) -> float:
    rows = rig.drive(40.0, 10.0)
    fast = np.flatnonzero(rows[:, Car.SPEED] > speed)
    return 0.01 * fast[0] if len(fast) else math.inf


def test_a_cold_or_nearly_empty_battery_gives_less_and_an_empty_one_nothing() -> None:
    mild = seconds_to(27.8, Rig(SU7, HALF))
    assert mild == pytest.approx(5.28, abs=0.5)  # EVKX
    assert seconds_to(27.8, Rig(SU7, COLD)) > 1.3 * mild
    assert seconds_to(27.8, Rig(SU7, Conditions(charge=0.03))) > 1.3 * mild
    rig = Rig(SU7, EMPTY, 20.0)
    rows = rig.drive(5.0, 2.0)
    assert np.all(np.diff(rows[:, Car.SPEED]) < 0.0)


def test_downhill_with_a_full_battery_the_friction_brakes_hold_the_car() -> None:
    rig = Rig(SEDAN, FULL, 15.0)
    rows = rig.drive(10.0, 0.0, 0.0, -0.1)
    assert np.ptp(rows[:, Car.SPEED]) < 0.1
    assert rig.spent[Spent.FRICTION] > 0.9 * rig.spent[Spent.BRAKED] > 1e4
    assert rig.store[Store.CHARGE] <= Rig(SEDAN, FULL).store[Store.CHARGE]


def test_recuperation_ends_before_standstill_and_on_ice() -> None:
    slow = Rig(SEDAN, HALF, 0.45)
    slow.drive(1.0, -2.0)
    assert slow.spent[Spent.RECUPERATED] == 0.0 < slow.spent[Spent.BRAKED]
    ice = Rig(SEDAN, HALF, 15.0, friction=0.1)
    ice.drive(3.0, -5.0)
    assert ice.spent[Spent.RECUPERATED] < 0.1 * ice.spent[Spent.BRAKED]


def test_on_ice_the_driven_axle_alone_limits_the_pull() -> None:
    rows = Rig(LEAF, HALF, friction=0.1).drive(5.0, 5.0)
    grip = 0.1 * 9.81 * LEAF.cg_to_rear / LEAF.wheelbase
    assert 0.7 * grip < rows[200:, Car.ACCEL].max() < grip


def test_a_motor_that_is_too_hot_gives_less_until_it_has_cooled() -> None:
    rig = Rig(LEAF, Conditions(charge=1.0, temperature=310.0), 30.0)
    early = rig.drive(5.0, 5.0, 0.0, 0.12)[-1, Car.SPEED]
    rig.state[Car.SPEED] = 30.0
    rig.store[Store.MOTOR] = 425.0
    assert rig.drive(5.0, 5.0, 0.0, 0.12)[-1, Car.SPEED] < early - 1.0
    rig.state[Car.SPEED] = 0.0
    rig.drive(60.0, -1.0)
    assert rig.store[Store.MOTOR] < 415.0


def test_the_brake_light_follows_the_regulation() -> None:
    # UN R13-H 5.2.22.4: recuperation alone up to 0.7 m/s2 shows none, above 1.3 it must; friction shows from 0.7 on
    assert [brake_light(0.0, slowing, 0.0) for slowing in (0.5, 1.0, 1.31)] == [0.0, 0.0, 1.0]
    assert [brake_light(1.0, slowing, 0.0) for slowing in (1.0, 0.69)] == [1.0, 0.0]
    assert [brake_light(0.0, slowing, 10.0) for slowing in (0.5, 0.71)] == [0.0, 1.0]
    rig = Rig(SEDAN, HALF, 20.0)
    rig.drive(1.0, 0.0)
    assert rig.store[Store.LIGHT] == 0.0
    rig.drive(1.0, -2.0)
    assert rig.store[Store.LIGHT] == 1.0


@pytest.mark.parametrize("key", platforms.names())
def test_motor_and_inverter_are_as_good_as_real_ones(key: str) -> None:
    train = platforms.load(key).powertrain
    assert train is not None
    losses = loss_map(train)
    speed = np.linspace(0.0, train.motor_speed_max, len(losses))[:, None]
    torque = np.linspace(-train.motor_torque, train.motor_torque, losses.shape[1])[None, :]
    power = speed * torque
    usable = (power > 0.0) & (power < platforms.load(key).drive_power)
    efficiency = np.where(usable, power / (power + losses), 0.0)
    assert 0.92 < efficiency.max() < 0.985
    assert np.allclose(losses, losses[:, ::-1], rtol=1e-12)


@settings(deadline=None)
@given(speed=st.floats(0.0, 1.0), torque=st.floats(-1.0, 1.0))
def test_the_maps_kernel_is_bilinear_interpolation(speed: float, torque: float) -> None:
    train = SEDAN.powertrain
    assert train is not None
    losses = loss_map(train)
    found = lost_power(speed * train.motor_speed_max, torque * train.motor_torque, train.motor_speed_max,
                       train.motor_torque, losses)  # fmt: skip
    rows = np.array([np.interp(torque, np.linspace(-1, 1, losses.shape[1]), row) for row in losses])
    assert found == pytest.approx(np.interp(speed, np.linspace(0, 1, len(losses)), rows), rel=1e-9)


@settings(deadline=None)
@given(power=st.floats(-2e5, 2e5), voltage=st.floats(200.0, 800.0), resistance=st.floats(0.0, 0.05))
def test_a_current_gives_its_power(power: float, voltage: float, resistance: float) -> None:
    current = drawn_current(power, voltage, resistance)
    most = math.inf if resistance == 0.0 else voltage**2 / (4.0 * resistance)
    assert current * (voltage - current * resistance) == pytest.approx(min(power, most), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("chemistry", ["nmc", "lfp"])
def test_a_battery_holds_the_integral_of_its_voltage(chemistry: str) -> None:
    voltages = voltage_table(chemistry, 350.0)
    charges = np.linspace(0.0, 1.0, 20 * STEPS + 1)
    curve = np.array([open_voltage(charge, voltages) for charge in charges])
    assert np.all(np.diff(curve) > 0.0)
    whole = np.concatenate([[0.0], np.cumsum(0.5 * (curve[1:] + curve[:-1]) * np.diff(charges))])
    assert [stored(charge, 1.0, voltages) for charge in charges] == pytest.approx(whole.tolist(), rel=1e-9, abs=1e-9)
    assert stored(1.0, 1.0, voltages) == pytest.approx(350.0)


def test_the_gross_battery_holds_more_than_may_be_used() -> None:
    train = packed(LEAF, HALF)
    low, window = train.ev[Ev.WINDOW_LOW], train.ev[Ev.WINDOW]
    usable = train.stored(low + window) - train.stored(low)
    assert usable == pytest.approx(LEAF.battery_energy, rel=0.01)
    old = packed(LEAF, Conditions(health=0.8))
    assert old.ev[Ev.CAPACITY] == pytest.approx(0.8 * train.ev[Ev.CAPACITY])
    assert old.ev[Ev.RESISTANCE] > 1.2 * train.ev[Ev.RESISTANCE]


def test_frost_takes_more() -> None:
    mild, frost = (Rig(SEDAN, Conditions(charge=0.5, temperature=kelvin), 20.0) for kelvin in (293.15, 263.15))
    for rig in (mild, frost):
        rig.drive(20.0, 0.0)
    for column in (Spent.AIR, Spent.ROLLING, Spent.BATTERY, Spent.CLIMATE):
        assert frost.spent[column] > 1.08 * mild.spent[column]


def test_headwind_takes_more_and_a_tail_wind_less() -> None:
    drawn = []
    for wind in ((10.0, 0.0), (0.0, 0.0), (-10.0, 0.0)):
        rig = Rig(SEDAN, Conditions(wind=wind), 25.0)
        rig.drive(5.0, 0.0)
        drawn.append(rig.spent[Spent.AIR])
    assert drawn[0] == pytest.approx(drawn[1] * (15 / 25) ** 2, rel=1e-6)
    assert drawn[2] == pytest.approx(drawn[1] * (35 / 25) ** 2, rel=1e-6)


def test_charging_takes_the_time_of_its_curve() -> None:
    car = platforms.load("ioniq5")
    assert charging_seconds(car, 0.1, 0.8) == pytest.approx(17.0 * 60.0, rel=0.1)  # EVKX: 18 min from 10 to 80 %
    assert charging_seconds(car, 0.8, 1.0) > charging_seconds(car, 0.1, 0.6)
    assert charging_seconds(car, 0.1, 0.8, most=50_000.0) == pytest.approx(
        0.7 * car.battery_energy / 50_000.0, rel=0.01
    )
    assert charging_seconds(car, 0.5, 0.5) == 0.0
