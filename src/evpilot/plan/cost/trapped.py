"""Not getting out of a lane that is blocked: coming too near to what stands there, and staying in it."""

import math

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Corridor, Cost, Prop, Roll
from evpilot.plan.way import STEEPEST
from evpilot.types.state import Array

OVER, BESIDE = 0.8, 3.0  # [m] from a free lane's middle: as good as in it, and as good as in the next
NEARER, MOST = 1.5, 60.0  # for each metre: more than going on by one is worth; at most
STAYING, SOON = 20.0, 60.0  # what it costs not to be over, the more the less is left of so many metres
CORRIDOR, RULE, LANE = int(Prop.CORRIDOR), int(Cost.RULE), int(Cost.LANE)
C_S, C_D = int(Corridor.S), int(Corridor.D)
R_S, R_D = int(Roll.S), int(Roll.D)


@kernel("UniTuple(f8, 2)(f8, f8, f8[:, ::1], i8, f8[::1])")
def missing_room(run: float, d: float, corridors: Array, c: int, room: Array) -> tuple[float, float]:
    """How much room [m] is missing to get over to the nearest free corridor, for a car that has gone on by `run` [m]
    and is d [m] beside corridor c, and what staying where it is costs; corridors (C, 10), room (C,) as in
    `blocked.room_before`."""
    least, stays = math.inf, math.inf
    for f in range(room.shape[0]):
        if room[f] < math.inf:
            over, left = abs(d + corridors[f, C_D] - corridors[c, C_D]), room[f] - run
            share = min(max((over - OVER) / (BESIDE - OVER), 0.0), 1.0)
            least = min(least, max(STEEPEST * (over - OVER) - left, 0.0) if over > OVER else 0.0)
            stays = min(stays, STAYING * share * min(max(1.0 - left / SOON, 0.0), 1.0))
    return least, stays


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[::1], f8[:, ::1])")
def trapped_cost(props: Array, rolls: Array, corridors: Array, room: Array, costs: Array) -> None:
    """Add to costs (R, 13) what ends nearer to what blocks the lanes than leaves room to get out, and nearer than the
    car is already; and what does not lead out of them. room (C,) as in `blocked.room_before`."""
    last, now = rolls.shape[1] - 1, missing_room(0.0, corridors[0, C_D], corridors, 0, room)[0]
    for r in range(props.shape[0]):
        c = int(props[r, CORRIDOR])
        run, d = rolls[r, last, R_S] - corridors[c, C_S], rolls[r, last, R_D]
        missing, stays = missing_room(run, d, corridors, c, room)
        costs[r, RULE] += min(NEARER * max(missing - now, 0.0), MOST)
        costs[r, LANE] += stays
