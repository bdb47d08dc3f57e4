"""Past whom, or what, the car is slow because somebody may come out of there."""

from dataclasses import dataclass

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Cost, Prop, Roll, Surprise
from evpilot.types.state import Array

RISK = 0.4  # cost of the square of a m/s too fast: for somebody who may not come

CORRIDOR, RULE = int(Prop.CORRIDOR), int(Cost.RULE)
R_V, R_S, R_D = int(Roll.SPEED), int(Roll.S), int(Roll.D)
WHICH, PLACE, EDGE, GAIN, LOSS, SLOWEST, MOST = (int(column) for column in Surprise)


@dataclass(frozen=True, slots=True)
class Kind:
    """Those of whom one thinks alike: the pace [m/s] at which they come across, the reaction [s] until our brakes bite
    then, the speed [m/s] below which nobody asks us to be for them, and the most that being too fast costs."""

    pace: float
    reaction: float
    slowest: float
    most: float


def row(kind: Kind, c: int, s: float, edge: float, brake: float) -> list[float]:
    """A row by `Surprise`: from d = edge [m] beside a corridor at s [m], where we can brake so hard [m/s2].

    Who sets out when our front is x before that is in our way after the gap to our side at his pace. Slower than
    2 * brake * (that time - reaction) we have passed by then or can stop before, wherever we are when he does."""
    return [float(c), s, edge, 2.0 * brake / kind.pace, 2.0 * brake * kind.reaction, kind.slowest, kind.most]


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8, f8, f8[:, ::1])")
def surprise_cost(props: Array, rolls: Array, places: Array, front: float, half: float, costs: Array) -> None:
    """Add to costs (R, 13) what passing places (K, 7) by `Surprise` too fast for the gap there is worth. front [m] from
    the rear axle to the bumper, half [m] of our width."""
    for r in range(props.shape[0]):
        c, roll = int(props[r, CORRIDOR]), rolls[r]
        worst = 0.0
        step = 0
        for k in range(places.shape[0]):
            if int(places[k, WHICH]) != c:
                continue
            step = 0
            while step < roll.shape[0] and roll[step, R_S] + front < places[k, PLACE]:
                step += 1
            if step == roll.shape[0]:
                continue
            gap = max(abs(places[k, EDGE] - roll[step, R_D]) - half, 0.0)
            over = max(roll[step, R_V] - max(places[k, GAIN] * gap - places[k, LOSS], places[k, SLOWEST]), 0.0)
            worst = max(worst, min(RISK * over * over, places[k, MOST]))
        costs[r, RULE] += worst
