"""Past whom, or what, the car is slow because somebody may come out of there."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Cost, Prop, Roll, Surprise
from evpilot.types.state import Array

RISK = 0.4  # cost of the square of a m/s too fast: for somebody who may not come

CORRIDOR, RULE = int(Prop.CORRIDOR), int(Cost.RULE)
R_V, R_S, R_D = int(Roll.SPEED), int(Roll.S), int(Roll.D)
WHICH, PLACE, EDGE, GAIN, LOSS, SLOWEST, MOST, WHO = (int(column) for column in Surprise)


@kernel()
def arrival(roll: Array, place: Array, front: float) -> int:
    """The step at which a motion's front (T, 11) is at a place (8,), the number of steps where it does not come."""
    step = 0
    while step < roll.shape[0] and roll[step, R_S] + front < place[PLACE]:
        step += 1
    return step


@kernel()
def safe_speed(roll: Array, step: int, place: Array, half: float) -> float:
    """How fast [m/s] a place (8,) may be passed at the gap that a motion (T, 11) leaves there."""
    gap = max(abs(place[EDGE] - roll[step, R_D]) - half, 0.0)
    return max(place[GAIN] * gap - place[LOSS], place[SLOWEST])


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8, f8, f8[:, ::1])")
def surprise_cost(props: Array, rolls: Array, places: Array, front: float, half: float, costs: Array) -> None:
    """Add to costs (R, 13) what passing places (K, 8) by `Surprise` too fast for the gap there is worth. front [m] from
    the rear axle to the bumper, half [m] of our width."""
    for r in range(props.shape[0]):
        c, roll = int(props[r, CORRIDOR]), rolls[r]
        worst = 0.0
        for k in range(places.shape[0]):
            step = arrival(roll, places[k], front) if int(places[k, WHICH]) == c else roll.shape[0]
            if step < roll.shape[0]:
                over = max(roll[step, R_V] - safe_speed(roll, step, places[k], half), 0.0)
                worst = max(worst, min(RISK * over * over, places[k, MOST]))
        costs[r, RULE] += worst


def slowed_for(roll: Array, c: int, places: Array, front: float, half: float) -> Array | None:
    """The first of the places (K, 8) on a corridor that a motion (T, 11) comes to and that would be passed too fast at
    the speed that it has now; None where there is none."""
    here = places[places[:, WHICH] == c]
    for place in here[np.argsort(here[:, PLACE])]:
        step = int(arrival(roll, place, front))
        if 0 < step < len(roll) and safe_speed(roll, step, place, half) < roll[0, R_V]:
            return place
    return None
