"""Contingency: motions that share their first second are one decision; what is known after it chooses between them.

A motion alone is judged as if it were driven to its end whatever the others turn out to do. Where somebody's next move
is open and matters, that is too strict: for a second the car may do what suits both, and then go on or stop (branching
plans: Hardy and Campbell 2013, "Contingency planning over probabilistic obstacle predictions"). The credit goes to
the motion of each family that is the best by itself, so what is driven is fit for every outcome.
"""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row, least
from evpilot.plan.batch import Batch
from evpilot.plan.columns import GRID, Cost, Prop, Roll
from evpilot.plan.cost.contact import contact_cost
from evpilot.plan.cost.horizon import AFTER, steps_until
from evpilot.plan.cost.yielding import zone_cost
from evpilot.plan.scene import Scene
from evpilot.types.state import Array, Bools, Ints

BRANCHES = 24  # motions: so many of the best, and of those that would be without the others
SHARED = int(np.argmin(np.abs(GRID - 1.0)))  # the step until which a family is one
ALIKE_PLACE, ALIKE_SPEED = 0.4, 0.4  # [m], [m/s] at that step
REVEALED = 0.5  # how surely a second tells which way somebody goes
MATTERS = 1.0  # cost below which nothing hangs on somebody
STEPS, COSTS = len(GRID), len(Cost)
CORRIDOR = int(Prop.CORRIDOR)
COLLISION, REAR, RULE = int(Cost.COLLISION), int(Cost.REAR), int(Cost.RULE)


def branch(batch: Batch, scene: Scene, body: Array, alert: bool) -> None:
    """Credit, in the column `Cost.BRANCH`, the families of motions between which one road user's next move decides.

    body (3,): rear axle to centre, half length, half width [m]; alert as in `contact_cost`."""
    if not _open(scene):
        return
    total = batch.total()
    at_stake = batch.costs[:, [COLLISION, REAR, RULE]].sum(axis=1)
    safe, eager = (least(cost, BRANCHES) for cost in (total, total - at_stake))
    suspects = _suspects(batch.firsts[eager, 1].astype(np.int64), scene)
    if not len(suspects):
        return
    modes = _decisive(
        suspects, _harm(eager, suspects, batch, scene, body, alert), total[eager], float(total.min()), scene
    )
    if not len(modes):
        return
    picked = np.union1d(safe, eager)
    harm = _harm(picked, modes, batch, scene, body, alert)
    prob = scene.entries.prob[modes]
    certain = total[picked] - np.minimum(harm @ prob, at_stake[picked])
    # whatever else he does leaves us alone
    outcomes = np.concatenate([certain[:, None] + harm, certain[:, None]], axis=1)
    weight = np.append(prob, max(1.0 - prob.sum(), 0.0))
    family = _families(batch.rolls[picked, SHARED])
    for number in np.unique(family):
        members = np.flatnonzero(family == number)
        kept = float(outcomes[members].min(axis=0) @ weight)
        safest = picked[members[int(np.argmin(total[picked[members]]))]]
        batch.costs[safest, Cost.BRANCH] = -REVEALED * max(float(total[safest]) - kept, 0.0)


def _open(scene: Scene) -> bool:
    """Whether anybody has more than one way; the entries of a track stand together."""
    track = scene.entries.track
    return bool((track[1:] == track[:-1]).any())


def _suspects(met: Ints, scene: Scene) -> Ints:
    """The entries that eager motions meet or that have priority over them, of tracks with more than one way, with all
    of these ways."""
    track = scene.entries.track
    ways = np.bincount(track)
    asked = np.zeros(len(ways), np.bool_)
    asked[track[met[met >= 0]]] = asked[track[scene.zones[:, 6].astype(np.int64)]] = True
    return np.flatnonzero((asked & (ways > 1))[track])


def _decisive(rows: Ints, harm: Array, eager: Array, best: float, scene: Scene) -> Ints:
    """The ways of the one without whom an eager motion would be the furthest below the best cost of all; none where
    nobody is, or where it makes no difference which way he takes. harm (B, K) of eager motions, their costs (B,)."""
    track, prob = scene.entries.track[rows], scene.entries.prob[rows]
    most, modes = MATTERS, rows[:0]
    for one in np.unique(track):
        own = track == one
        saved = best - (eager - harm[:, own] @ prob[own])
        spread = harm[:, own].max(axis=1) - harm[:, own].min(axis=1)
        gain = float(np.minimum(saved, spread).max())
        if gain > most:
            most, modes = gain, rows[own]
    return modes


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
    window, own = np.zeros((2, 1)), np.empty((1, zones.shape[1]))
    window[1, 0] = STEPS
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
                    copy_row(zones[z], own[0])
                    zone_cost(ahead, int(props[r, CORRIDOR]), front, rear, own, sums)
            harm[b, k] = (sums[COLLISION] + sums[REAR] + sums[RULE]) / max(prob[e], 1e-9)
