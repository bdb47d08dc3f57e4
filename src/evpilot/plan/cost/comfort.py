"""What whoever is aboard feels, and what the guard would refuse of it."""

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.types.state import Array

R_V, R_A, R_K, R_J = int(Roll.SPEED), int(Roll.ACCEL), int(Roll.CURVATURE), int(Roll.JERK)
COMFORT = int(Cost.COMFORT)
TIMES = GRID
ALARM = 25.0  # for braking beyond what the gate lets pass without an emergency ...
HARSH_BRAKE = 3.85  # [m/s2] ... and harsh from here on: nuPlan calls up to 4.05 comfortable, the car overshoots
HARSH_MOST = 50.0  # what that costs at most
REFUSED_UNTIL = 24  # the step at 2.8 s: what comes later is not looked at by the guard


@kernel()
def comfort_cost(roll: Array, limits: Array, cost: Array) -> None:
    """Acceleration and jerk along and across; hard limits (lateral, braking) dearly; limits (11,) by
    `arrays.comfort_vector`."""
    total = 0.0
    hardest = 0.0
    last = roll[0, R_V] ** 2 * roll[0, R_K]
    for step in range(1, roll.shape[0]):
        dt = 0.1 if step <= 20 else 0.2
        a, v = roll[step, R_A], roll[step, R_V]
        lateral = v * v * roll[step, R_K]
        lateral_jerk = (lateral - last) / dt
        last = lateral
        total += dt * (0.08 * a * a + 0.015 * roll[step, R_J] ** 2 + 0.12 * lateral * lateral)
        total += dt * 0.01 * min(lateral_jerk * lateral_jerk, 100.0)
        hardest = min(hardest, a)
        over = max(0.0, abs(lateral) - limits[2])
        hard = max(0.0, -a - limits[1])
        total += dt * (1.5 * over * over + 0.5 * hard * hard)
        if abs(lateral) > limits[3]:
            total += dt * 40.0
    # an emergency stop frightens who is aboard and who follows, however short it is
    cost[COMFORT] += total + (ALARM if hardest < -limits[6] - 0.3 else 0.0)
    cost[COMFORT] += min(limits[9] * max(-hardest - HARSH_BRAKE, 0.0), HARSH_MOST)


@kernel()
def refused(roll: Array, limits: Array) -> bool:
    """Whether the guard would refuse a motion for what it asks of the tyres: limits[4] the lateral acceleration [m/s2],
    limits[5] its change [m/s3] in half a second, hard braking (limits[6] [m/s2]) apart."""
    last = roll[0, R_V] ** 2 * roll[0, R_K]
    most = max(limits[4], 1.2 * abs(last))
    for step in range(1, min(roll.shape[0], REFUSED_UNTIL)):
        if abs(roll[step, R_V] ** 2 * roll[step, R_K]) > most:
            return True
        later = step + 5 if step <= 15 else step + 3
        if later >= roll.shape[0] or min(roll[step, R_A], roll[later, R_A]) < -limits[6] or roll[later, R_V] < 0.5:
            continue
        change = roll[later, R_V] ** 2 * roll[later, R_K] - roll[step, R_V] ** 2 * roll[step, R_K]
        if abs(change) > limits[5] * (TIMES[later] - TIMES[step]):
            return True
    return False
