"""Room beside who is on the road on foot, people and animals: the nearer to them, the slower past."""

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Prop, Roll, Span
from evpilot.plan.cost.contact import certainty
from evpilot.types.state import Array, Ints

ROOM, ROOM_MOST = 0.4, 1.5  # [m] past somebody at a walk, and at speed: StVO section 5 (4) asks for 1.5 m
PER_SPEED = 0.08  # [s] of room more for each m/s
NEAR_COST = 200.0  # with none of the room left, and as it begins to be missing half as dear ...
HARMFUL = 8.0  # [m/s] ... at this speed, less by its square below: at a walk the car gets past everybody
CORRIDOR, RULE = int(Prop.CORRIDOR), int(Cost.RULE)
R_S, R_D, R_V = int(Roll.S), int(Roll.D), int(Roll.SPEED)
LOW, HIGH, RIGHT, LEFT = int(Span.S_LOW), int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)
TIMES = GRID


@kernel()
def nearness(roll: Array, span: Array, front: float, rear: float, half: float) -> float:
    """How much too near for its speed a motion (T, 11) by `Roll` passes somebody, span (T, 5) by `Span`, at worst: by
    the share of the room that is missing, and what it may do; what is foretold for later counts less."""
    worst = 0.0
    for step in range(1, roll.shape[0]):
        s, d, v = roll[step, R_S], roll[step, R_D], roll[step, R_V]
        if s + front < span[step, LOW] or s - rear > span[step, HIGH]:
            continue
        wanted = min(ROOM + PER_SPEED * v, ROOM_MOST)
        free = max(span[step, RIGHT] - d - half, d - half - span[step, LEFT], 0.0)
        share = 1.0 - free / wanted
        if share > 0.0:
            harm = min(v / HARMFUL, 1.0)
            worst = max(worst, share * (0.5 + share) * harm * harm * certainty(TIMES[step]))
    return worst


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, :, :, ::1], i8[::1], f8[::1], f8[::1], f8[:, ::1])")
def afoot_cost(props: Array, rolls: Array, spans: Array, walkers: Ints, prob: Array, body: Array, costs: Array) -> None:
    """Add to costs (R, 13) what passing walkers, entries (K,) of spans (C, E, T, 5), too near for its speed costs a
    motion. body (3,): rear axle to centre, half length, half width [m]."""
    front, rear, half = body[0] + body[1], body[1] - body[0], body[2]
    for r in range(props.shape[0]):
        for e in walkers:
            near = nearness(rolls[r], spans[int(props[r, CORRIDOR]), e], front, rear, half)
            costs[r, RULE] += NEAR_COST * prob[e] * near
