"""The verified stop behind every plan: it is driven where no new plan comes."""

import numpy as np

from evpilot.plan.arrays import trajectory
from evpilot.plan.batch import Batch
from evpilot.plan.columns import Cost, Law, Prop, Roll
from evpilot.plan.evaluate import Evaluator
from evpilot.plan.explain import CONTACT_COST
from evpilot.plan.scene import Scene
from evpilot.plan.weather import grip
from evpilot.types import Observation, Trajectory
from evpilot.types.state import Array, Ints

FIRMNESS = (4.0, 6.0, 9.0)  # [m/s2] of the stops that are tried in turn
GRIP_SHARE = 0.95  # of the tyres' grip that a stop may use
CANDIDATES = 5  # the best so many proposals of which one must have a stop
STANDS = 0.1  # [m/s]


def best_with_tail(
    evaluator: Evaluator, batch: Batch, total: Array, order: Ints, scene: Scene, observation: Observation
) -> tuple[int, Trajectory | None]:
    """The best proposal, by the total cost (R,) of each and their order, that has a stopping tail free of contact, with
    it; else the best of all, with none."""
    for candidate in order[:CANDIDATES].tolist():
        if total[candidate] > total[order[0]] + CONTACT_COST:
            break
        tail = stopping_tail(evaluator, batch, candidate, scene, observation)
        if tail is not None:
            return candidate, tail
    return int(order[0]), None


def stopping_tail(
    evaluator: Evaluator, batch: Batch, candidate: int, scene: Scene, observation: Observation
) -> Trajectory | None:
    """The gentlest stop free of contact from one cycle's length along a proposal on; None where there is none."""
    briefing = evaluator.briefing
    most = min(briefing.limits.emergency, GRIP_SHARE * grip(evaluator.friction))
    firmness = [brake for brake in FIRMNESS if brake <= most + 1e-9] or [most]
    rows = np.repeat(batch.props[candidate][None], len(firmness), axis=0)
    rows[:, Prop.LAW] = Law.TAIL
    rows[:, Prop.P0] = batch.rolls[candidate, 0, Roll.ACCEL]
    rows[:, Prop.P1] = firmness
    rows[:, Prop.P2] = briefing.period_ns * 1e-9
    tails = evaluator.each(rows, scene, len(batch))
    for k in range(len(firmness)):
        if tails.costs[k, Cost.COLLISION] < CONTACT_COST and tails.rolls[k, -1, Roll.SPEED] < STANDS:
            return trajectory(tails.rolls[k], observation.ego, observation.t_ns)
    return None
