"""Lines: the body stays between the solid ones that bound its lane, and out of the lane of those who come."""

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Corridor, Cost, Prop, Ref, Roll
from evpilot.plan.lookup import sample
from evpilot.types.state import Array

R_S, R_D, R_YAW = int(Roll.S), int(Roll.D), int(Roll.YAW)
RULE, CORRIDOR = int(Cost.RULE), int(Prop.CORRIDOR)
YAW, CURVATURE = int(Ref.YAW), int(Ref.CURVATURE)
LEFT, RIGHT, ONCOMING = int(Ref.LEFT), int(Ref.RIGHT), int(Ref.ONCOMING)
START, COUNT = int(Corridor.START), int(Corridor.COUNT)
ON = 0.1  # [m] a tyre may be on the line
# so much dearer is it where the lane is to be kept whatever happens, as dear as contact; [m] and so much earlier: a
# swerve that is planned again in every cycle ends a little further out than it was planned
KEPT, KEPT_SPARE = 400.0, 0.1
LINE_RATE, LINE_MOST = 25.0, 1.0  # cost of a second a metre over a line; further over costs no more [m]
# of a second a metre in the lane of those who come, where it may be entered: less than staying behind a cyclist costs,
# more than is gained by cutting a bend
ONCOMING_RATE = 6.0
HARDLY = 0.1  # [m] moved in a step: the way says less of how a car stands than its heading


@kernel()
def line_cost(roll: Array, front: float, rear: float, width: float, corridor: Array, table: Array, cost: Array) -> None:
    """Cost of the body's corners beyond the solid lines of a corridor (Vienna Convention on Road Signs 1968, art. 26),
    and less beyond other lines in the lane of those who come (on Road Traffic, art. 10), by how far and how long: who
    is over one returns soon. front, rear [m] from the rear axle to the bumpers; width [m] half of the body's."""
    start, count = int(corridor[START]), int(corridor[COUNT])
    total = wrong = 0.0
    for step in range(2, roll.shape[0], 2):
        s, d = roll[step, R_S], roll[step, R_D]
        row = start + min(int(2.0 * max(s, 0.0)), count - 1)
        left, right, theirs = table[row, LEFT], table[row, RIGHT], table[row, ONCOMING]
        if theirs == 0.0:
            theirs = np.inf  # a way round what stands in our lane is drawn into theirs
        clear = d + 2.0 * width < theirs if theirs > 0.0 else d - 2.0 * width > theirs
        if d + 2.0 * width < left and d - 2.0 * width > right and clear:
            continue
        along = s - roll[step - 1, R_S]
        turned = wrap(roll[step, R_YAW] - table[row, YAW])
        lean = (d - roll[step - 1, R_D]) / along if along > HARDLY else turned
        bend = 0.5 * sample(table, start, count, s, CURVATURE)
        ahead, behind = d + front * (lean - front * bend), d - rear * (lean + rear * bend)
        over = max(max(ahead, behind) + width - left, right - min(ahead, behind) + width)
        if over > ON:
            total += (0.2 if step <= 20 else 0.4) * min(over - ON, LINE_MOST)
        over = max(ahead, behind) + width - theirs if theirs > 0.0 else theirs - min(ahead, behind) + width
        if over > ON:
            wrong += (0.2 if step <= 20 else 0.4) * min(over - ON, LINE_MOST)
    cost[RULE] += LINE_RATE * total + ONCOMING_RATE * wrong


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8, f8, f8, f8[:, ::1])")
def lane_kept_cost(
    props: Array, rolls: Array, corridors: Array, table: Array, front: float, rear: float, width: float, costs: Array
) -> None:
    """Add to costs (R, 13) what it is worth to keep the lane whatever happens: no tyre on a line (UN R157, 5.2.1)."""
    row = np.zeros(costs.shape[1])
    for r in range(props.shape[0]):
        row[RULE] = 0.0
        line_cost(rolls[r], front, rear, width + ON + KEPT_SPARE, corridors[int(props[r, CORRIDOR])], table, row)
        costs[r, RULE] += KEPT * row[RULE]
