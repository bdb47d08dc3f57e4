"""Contingency: motions that share their first second are one decision; what is known after it chooses between them.

A motion alone is judged as if it were driven to its end whatever the others turn out to do. Where somebody's next move
is open and matters, that is too strict: for a second the car may do what suits both, and then go on or stop (branching
plans: Hardy and Campbell 2013, "Contingency planning over probabilistic obstacle predictions"). The credit goes to
the motion of each family that is the best by itself, so what is driven is fit for every outcome.
"""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.batch import Batch
from evpilot.plan.columns import GRID, Cost, Prop, Roll
from evpilot.plan.cost.contact import contact_cost
from evpilot.plan.cost.horizon import AFTER, steps_until
from evpilot.plan.cost.yielding import zone_cost
from evpilot.plan.scene import Scene
from evpilot.types.state import Array, Bools, Ints

BRANCHES = 48  # of the best motions, these
SHARED = int(np.argmin(np.abs(GRID - 1.0)))  # the step until which a family is one
ALIKE_PLACE, ALIKE_SPEED = 0.4, 0.4  # [m], [m/s] at that step
REVEALED = 0.5  # how surely a second tells which way somebody goes
MATTERS = 5.0  # cost of an open way below which nothing hangs on it
STEPS, COSTS = len(GRID), len(Cost)
CORRIDOR = int(Prop.CORRIDOR)
COLLISION, REAR, RULE = int(Cost.COLLISION), int(Cost.REAR), int(Cost.RULE)


def branch(batch: Batch, scene: Scene, body: Array, alert: bool) -> None:
    """Credit, in the column `Cost.BRANCH`, the families of motions between which the likeliest trouble is left open.

    body (3,): rear axle to centre, half length, half width [m]; alert as in `contact_cost`."""
    rows = _of_one(scene.entries.track)
    if not len(rows):
        return
    total = batch.total()
    picked = np.argsort(total, kind="stable")[:BRANCHES]
    at_stake = batch.costs[picked][:, [COLLISION, REAR, RULE]].sum(axis=1)
    eager = picked[[int(np.argmin(total[picked] - at_stake))]]
    modes = _decisive(rows, _harm(eager, rows, batch, scene, body, alert)[0], scene)
    if not len(modes):
        return
    harm = _harm(picked, modes, batch, scene, body, alert)
    prob = scene.entries.prob[modes]
    expected = harm @ prob
    certain = total[picked] - np.minimum(expected, at_stake)
    outcomes = np.concatenate([certain[:, None] + harm, certain[:, None]], axis=1)
    family = _families(batch.rolls[picked, SHARED])
    weight = np.append(prob, max(1.0 - prob.sum(), 0.0))
    for number in np.unique(family):
        members = np.flatnonzero(family == number)
        kept = outcomes[members].min(axis=0) @ weight
        safest = members[int(np.argmin(total[picked[members]]))]
        saved = max(float(total[picked[safest]] - kept), 0.0)
        batch.costs[picked[safest], Cost.BRANCH] = -REVEALED * saved


def _of_one(track: Ints) -> Ints:
    """The entries whose track has more than one way; entries stand by track."""
    again = track[1:] == track[:-1]
    return np.flatnonzero(np.concatenate([[False], again]) | np.concatenate([again, [False]])) if len(track) else track


def _decisive(rows: Ints, harm: Array, scene: Scene) -> Ints:
    """The ways of the one who may be most in the way of the eager motion, whose ways matter so much each; none where it
    makes no difference which way he takes."""
    track, prob = scene.entries.track[rows], scene.entries.prob[rows]
    worst = rows[int(np.argmax(harm * prob))]
    modes = rows[track == scene.entries.track[worst]]
    own = harm[track == scene.entries.track[worst]]
    return modes if own.max() - own.min() > MATTERS else rows[:0]


def _families(states: Array) -> Ints:
    """A number for each of the states (B, 11) at the end of the shared part; equal for those that are alike to the
    first of their family."""
    place = states[:, [Roll.X, Roll.Y]]
    family = np.full(len(states), -1)
    for k in range(len(states)):
        if family[k] >= 0:
            continue
        away = np.hypot(*(place - place[k]).T)
        alike = (away < ALIKE_PLACE) & (np.abs(states[:, Roll.SPEED] - states[k, Roll.SPEED]) < ALIKE_SPEED)
        family[alike & (family < 0)] = k
    return family


def _harm(picked: Ints, among: Ints, batch: Batch, scene: Scene, body: Array, alert: bool) -> Array:
    """`harm_of` of the proposals picked (B,) and the entries among (K,)."""
    harm = np.empty((len(picked), len(among)))
    entries = scene.entries
    harm_of(
        picked.astype(np.int64), batch.props, batch.rolls, body, entries.box, among.astype(np.int64), entries.half,
        entries.prob, entries.moving, scene.zones, alert, scene.left, batch.firsts, harm,
    )  # fmt: skip
    return harm


@kernel(
    "void(i8[::1], f8[:, ::1], f8[:, :, ::1], f8[::1], f8[:, :, ::1], i8[::1], f8[:, ::1], f8[::1], b1[::1],"
    "f8[:, ::1], b1, f8, f8[:, ::1], f8[:, ::1])"
)
def harm_of(
    picked: Ints, props: Array, rolls: Array, body: Array, entries: Array, among: Ints, half: Array, prob: Array,
    moving: Bools, zones: Array, alert: bool, left: float, firsts: Array, harm: Array,
) -> None:  # fmt: skip
    """Fill harm (B, K): what the rollouts picked (B,) cost if the entries among (K,) surely came as predicted, in
    contact and in being where they have priority. The other arguments are those of `score`."""
    sums, first, only = np.empty(COSTS), np.empty(3), np.empty(1, np.int64)
    window, own = np.array([[0.0], [float(STEPS)]]), np.empty((1, zones.shape[1]))
    front, rear = body[0] + body[1], body[1] - body[0]
    for b in range(picked.shape[0]):
        r = picked[b]
        ahead = rolls[r, : steps_until(min(firsts[r, 3], left) + AFTER)]
        for k in range(among.shape[0]):
            e = among[k]
            sums[:], only[0], first[0] = 0.0, e, np.inf
            contact_cost(ahead, body, entries, only, window, half, prob, moving, alert, first, sums)
            for z in range(zones.shape[0]):
                if int(zones[z, 6]) == e:
                    own[0] = zones[z]
                    zone_cost(ahead, int(props[r, CORRIDOR]), front, rear, own, sums)
            harm[b, k] = (sums[COLLISION] + sums[REAR] + sums[RULE]) / max(prob[e], 1e-9)
