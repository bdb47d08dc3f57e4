"""What of a drive is recorded: everything but the predictions of far agents and the mass of the proposals."""

from dataclasses import replace

import numpy as np

from evpilot.runlog.record import Frame, RunLog
from evpilot.types import Decision, PlanTrace, Predictions
from evpilot.types.state import Array, Ints

AGENTS_MAX = 16
PROPOSALS_MAX = 64


def canonical(run: RunLog) -> RunLog:
    """The run as it is recorded, hashed and read back; canonical of a canonical run is the same run.

    In each frame the predictions keep the 16 agents that come nearest to the planned trajectory (the trace's cause
    always among them), and the trace keeps its chosen proposals and an even spread of the others, 64 in all.
    """
    return replace(run, frames=tuple(reduced(frame) for frame in run.frames))


def reduced(frame: Frame) -> Frame:
    """One frame as `canonical` keeps it: what a long drive holds in memory."""
    decision = frame.decision
    if decision is None:
        return frame
    predictions, trace = decision.predictions, decision.trace
    if predictions is not None and len(predictions.track_id) > AGENTS_MAX:
        cause = -1 if trace is None else trace.cause_id
        predictions = _agents(predictions, _relevant(predictions, _ego_at(frame, decision, predictions.time), cause))
    if trace is not None and len(trace.cost) > PROPOSALS_MAX:
        trace = _proposals(trace)
    if predictions is decision.predictions and trace is decision.trace:
        return frame
    return replace(frame, decision=replace(decision, predictions=predictions, trace=trace))


def _ego_at(frame: Frame, decision: Decision, time: Array) -> Array:
    """Where the car means to be at times [s], (T, 2); it stays where it is without a trajectory."""
    plan = decision.trajectory
    if plan is None:
        return np.repeat(frame.truth.ego.pose[None, :2], len(time), axis=0)
    return np.stack([np.interp(time, plan.time, plan.pose[:, axis]) for axis in (0, 1)], axis=1)


def _relevant(predictions: Predictions, ego: Array, cause: int) -> Ints:
    """Rows of the 16 agents that come nearest, in their order; equal distances go by id."""
    away = np.hypot(predictions.pose[..., 0] - ego[:, 0], predictions.pose[..., 1] - ego[:, 1])
    away = np.where(predictions.prob[..., None] > 0.0, away, np.inf)
    nearest = away.min(axis=(1, 2), initial=np.inf)
    nearest[predictions.track_id == cause] = -1.0
    return np.sort(np.lexsort((predictions.track_id, nearest))[:AGENTS_MAX])


def _agents(predictions: Predictions, rows: Ints) -> Predictions:
    return replace(
        predictions,
        track_id=predictions.track_id[rows],
        pose=predictions.pose[rows],
        pos_cov=predictions.pos_cov[rows],
        prob=predictions.prob[rows],
    )


def _proposals(trace: PlanTrace) -> PlanTrace:
    chosen = np.flatnonzero(trace.rejection == 0)[:PROPOSALS_MAX]
    others = np.setdiff1d(np.arange(len(trace.cost)), chosen)
    room = PROPOSALS_MAX - len(chosen)
    rows = np.sort(np.concatenate([chosen, others[np.arange(room) * len(others) // max(room, 1)]]))
    return replace(trace, xy=trace.xy[rows], cost=trace.cost[rows], rejection=trace.rejection[rows])
