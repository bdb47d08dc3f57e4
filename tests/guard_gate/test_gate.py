"""The last gate: nothing out of bounds passes, whatever 64 bits come in."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.geometry.jit import kernel
from evpilot.guard.gate import FIRM, bounds, gate, gate_accel, gate_steering
from evpilot.types import ROAD, VERDICT, Limits, Source
from evpilot.types.state import Array

L, K, DT = 2.9, 0.0017, 0.01
NAN, INF = math.nan, math.inf


def passed(
    accel: float,
    steering: float,
    *,
    last: tuple[float, float] = (0.0, 0.0),
    spare: tuple[float, float] = (-2.0, 0.01),
    speed: float = 10.0,
    reverse: bool = False,
    source: Source = Source.NOMINAL,
    limits: Limits = ROAD,
    understeer: float = 0.0,
) -> tuple[float, float, int]:
    return gate(accel, steering, *spare, *last, speed, reverse, source, L, understeer, bounds(limits), DT)


def test_an_ordinary_command_passes_untouched() -> None:
    assert passed(0.5, 0.01, last=(0.48, 0.0099)) == (0.5, 0.01, Source.NOMINAL)


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_what_is_not_a_number_becomes_the_tails_command(bad: float) -> None:
    for command in ((bad, 0.01), (0.5, bad), (bad, bad)):
        accel, steering, source = passed(*command, last=(-1.9, 0.0099))
        assert (accel, steering, source) == (-2.0, 0.01, Source.TAIL)


def test_without_a_tail_it_is_a_firm_stop_with_the_wheels_held() -> None:
    assert passed(NAN, 0.0, spare=(NAN, NAN), last=(1.0, 0.2), speed=2.0) == (-FIRM, 0.2, Source.TAIL)
    assert passed(NAN, 0.0, spare=(NAN, NAN), last=(1.0, 0.2), speed=-2.0, reverse=True)[0] == FIRM


def test_an_unknown_speed_holds_the_wheels_and_stops() -> None:
    assert passed(1.0, 0.3, last=(0.0, 0.1), speed=NAN) == (-FIRM, 0.1, Source.TAIL)


def test_acceleration_and_jerk_are_limited() -> None:
    assert passed(9.0, 0.0, last=(2.0, 0.0))[0] == ROAD.gate_accel
    assert passed(-9.0, 0.0, last=(-3.5, 0.0))[0] == -ROAD.gate_brake
    assert passed(2.0, 0.0, last=(0.0, 0.0))[0] == pytest.approx(ROAD.gate_jerk * DT)
    assert passed(-3.0, 0.0, last=(0.0, 0.0))[0] == pytest.approx(-ROAD.gate_jerk * DT)


@pytest.mark.parametrize("source", [Source.TAIL, Source.GUARD, Source.MINIMAL_RISK])
def test_emergency_braking_is_exempt_from_jerk_and_from_the_service_limit(source: Source) -> None:
    assert passed(-8.0, 0.0, last=(1.0, 0.0), source=source)[0] == -8.0
    assert passed(-20.0, 0.0, source=source)[0] == -ROAD.emergency
    assert passed(5.0, 0.0, last=(2.0, 0.0), source=source)[0] == ROAD.gate_accel


def test_after_an_emergency_the_ordinary_limits_hold_at_once() -> None:
    assert passed(0.0, 0.0, last=(-8.0, 0.0))[0] == pytest.approx(-3.5 + ROAD.gate_jerk * DT)


def test_an_emergencys_braking_is_let_go_fast_down_to_the_ordinary_limit() -> None:
    assert passed(0.0, 0.0, last=(-8.0, 0.0), source=Source.GUARD)[0] == pytest.approx(-8.0 + 20.0 * DT)
    eased = passed(0.0, 0.0, last=(-ROAD.gate_brake, 0.0), source=Source.GUARD)[0]
    assert eased == pytest.approx(-ROAD.gate_brake + ROAD.gate_jerk * DT)


def test_a_standing_cars_brake_is_let_go_at_once() -> None:
    assert passed(1.0, 0.0, last=(-3.0, 0.0), speed=0.0)[0] == pytest.approx(ROAD.gate_jerk * DT)
    assert passed(1.0, 0.0, last=(-3.0, 0.0), speed=1.0)[0] == pytest.approx(-3.0 + ROAD.gate_jerk * DT)


def degraded(accel: float, speed: float, reverse: bool = False, last: float | None = None) -> float:
    before = accel if last is None else last
    return gate(accel, 0.0, -2.0, 0.0, before, 0.0, speed, reverse, 0, L, 0.0, bounds(ROAD, speed=16.0), DT)[0]


def test_a_speed_bound_is_kept_and_come_down_to_gently() -> None:
    assert degraded(1.0, 10.0) == 1.0
    assert degraded(1.0, 15.9, last=0.1) == pytest.approx(0.1)
    assert degraded(-3.0, 20.0) == -3.0, "who brakes harder may"
    assert degraded(1.0, 25.0) == pytest.approx(1.0 - ROAD.gate_jerk * DT)
    assert degraded(-1.0, 25.0) == -1.0
    assert degraded(1.0, -25.0, reverse=True) == 1.0


def test_in_reverse_braking_is_forwards() -> None:
    assert passed(8.0, 0.0, speed=-3.0, reverse=True, source=Source.GUARD)[0] == 8.0
    assert passed(-8.0, 0.0, last=(-2.0, 0.0), speed=-3.0, reverse=True)[0] == -ROAD.gate_accel


def test_steering_rate_lateral_jerk_and_lateral_acceleration_are_limited() -> None:
    assert passed(0.0, 0.5, speed=0.5)[1] == pytest.approx(ROAD.steering_rate * DT)
    step = passed(0.0, 0.5, speed=20.0)[1]
    assert 20.0**2 * math.tan(step) / L / DT == pytest.approx(ROAD.gate_lateral_jerk, rel=1e-3)
    angle = math.atan(ROAD.gate_lateral * L / 400.0)
    assert passed(0.0, 0.5, last=(0.0, angle), speed=20.0)[1] == pytest.approx(angle)


def test_an_understeering_car_may_steer_more_for_the_same_acceleration() -> None:
    step = passed(0.0, 0.5, speed=30.0, understeer=K)[1]
    assert 900.0 * math.tan(step) / (L + K * 900.0) / DT == pytest.approx(ROAD.gate_lateral_jerk, rel=1e-3)
    assert passed(0.0, 0.5, speed=30.0, understeer=-K) == passed(0.0, 0.5, speed=30.0)


def test_unwinding_outranks_jerk() -> None:
    fast = passed(0.0, 0.2, last=(0.0, 0.2), speed=20.0)[1]
    assert fast == pytest.approx(0.2 - ROAD.steering_rate * DT)


def test_the_exact_cars_limits_are_the_verdicts() -> None:
    accel, steering, _ = gate(-11.5, 0.04, 0, 0, 0, 0, 10.0, False, 0, 2.5789, 0.0, bounds(VERDICT), 0.1)
    assert (accel, steering) == (-11.5, 0.04)


def out_of_bounds(
    accel: float, steering: float, last: tuple[float, float], speed: float, reverse: bool, source: int, x: Limits
) -> str:
    """The twin in plain Python: which bound a passed command breaks, or nothing."""
    along = -accel if reverse else accel
    slack = 1e-9
    if not (math.isfinite(accel) and math.isfinite(steering)):
        return "finite"
    brake = x.emergency if source else x.gate_brake
    if not -brake - slack <= along <= x.gate_accel + slack:
        return "acceleration"
    before = min(x.gate_accel, max(-brake, -last[0] if reverse else last[0]))
    felt = max(before, 0.0) if abs(speed) < 0.02 else before
    rise = 20.0 if felt < -x.gate_brake else x.gate_jerk
    if along - felt > rise * DT + 1e-6 or (not source and along - before < -x.gate_jerk * DT - 1e-6):
        return "jerk"
    if abs(steering - last[1]) > x.steering_rate * DT * (1 + slack):
        return "steering rate"
    if not math.isfinite(speed):
        return "" if steering == last[1] else "steering"
    reach = L + K * speed * speed
    limit = math.atan(x.gate_lateral * reach / max(speed * speed, 1e-6))
    if abs(steering) > max(limit, abs(last[1]) - x.steering_rate * DT) + slack:
        return "lateral acceleration"
    return ""


DOUBLE = st.binary(min_size=8, max_size=8).map(lambda raw: struct.unpack("<d", raw)[0])
SMALL = st.floats(-1.6, 1.6)


@settings(max_examples=1000, deadline=None)
@given(
    command=st.tuples(DOUBLE, DOUBLE) | st.tuples(st.floats(-30, 30), SMALL),
    spare=st.tuples(DOUBLE, DOUBLE) | st.tuples(st.floats(-9, 2), SMALL),
    last=st.tuples(st.floats(-12, 12), SMALL),
    speed=DOUBLE | st.floats(-10, 60),
    reverse=st.booleans(),
    source=st.sampled_from(list(Source)),
)
def test_nothing_out_of_bounds_passes(command, spare, last, speed, reverse, source) -> None:
    accel, steering, by = gate(*command, *spare, *last, speed, reverse, source, L, K, bounds(ROAD), DT)
    assert out_of_bounds(accel, steering, last, speed, reverse, by, ROAD) == ""
    replaced = not all(map(math.isfinite, (*command, speed)))
    assert by == (Source.TAIL if replaced else source)


@kernel("i8(i8[:, ::1], f8[::1])")
def flood(patterns: Array, bound: Array) -> int:
    """How many of N rows of ten random 64-bit patterns make the gate pass something out of bounds."""
    values = patterns.view(np.float64)
    bad = 0
    for k in range(patterns.shape[0]):
        v = values[k]
        source = patterns[k, 8] & 3
        reverse = (patterns[k, 9] & 1) == 1
        accel, steering, by = gate(v[0], v[1], v[2], v[3], v[4], v[5], v[6], reverse, source, L, K, bound, DT)
        along = -accel if reverse else accel
        low = -bound[1] if by == 0 else -bound[5]
        before = v[5] if math.isfinite(v[5]) else 0.0
        good = (
            along >= low and along <= bound[0] and abs(steering - before) <= 0.005 * (1.0 + 1e-9) + 1e-9 * abs(before)
        )
        bad += not good
    return bad


def test_a_million_random_bit_patterns() -> None:
    random = np.random.Generator(np.random.Philox(11))
    for _ in range(10):
        raw = random.integers(-(2**63), 2**63 - 1, size=(100_000, 10), dtype=np.int64)
        assert flood(raw, bounds(ROAD)) == 0


def test_parts_agree_with_the_whole() -> None:
    bound = bounds(ROAD)
    assert gate_accel(1.0, 0.98, False, bound, DT, False) == passed(1.0, 0.0, last=(0.98, 0.0))[0]
    assert gate_steering(0.1, 0.0, 10.0, False, L, bound, DT) == passed(0.0, 0.1)[1]
