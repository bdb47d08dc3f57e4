"""What the judge says of a drive."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evpilot.types import MetricResult, ObjectKind
from evpilot.types.state import Bools

Plain = float | int | bool | str | None


class Contact(StrEnum):
    """How a collision came about, by nuPlan's classes (nuplan-devkit, collision_utils)."""

    STOPPED_EGO = "stopped_ego"
    STOPPED_TRACK = "stopped_track"
    FRONT = "front"
    REAR = "rear"
    LATERAL = "lateral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """The first touch of one object: when [ns since the log's epoch], whom, how, and whose fault.

    relative_speed [m/s] is the length of the difference of both velocities. at_start marks an overlap that the drive
    began with: it is nobody's fault and counts nowhere. avoidable tells whether a careful driver in the car's place
    would have avoided it.
    """

    t_ns: int
    object_id: int
    kind: ObjectKind
    contact: Contact
    at_fault: bool
    relative_speed: float
    at_start: bool = False
    avoidable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One weighted part of the score, value in 0..1."""

    name: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """The judgement of a drive: metrics by name, nuPlan's closed-loop score as product of gates times the weighted mean
    of parts, the collisions, and whether the goal was reached (None when there was none)."""

    scenario: str
    problem_id: int
    seed: int
    pilot: str
    traffic: str
    outcome: str
    duration: float
    distance: float
    metrics: tuple[MetricResult, ...]
    gates: dict[str, float]
    parts: tuple[Part, ...]
    goal_reached: bool | None
    survival: bool
    collisions: tuple[Collision, ...]
    offroad: bool
    offroad_at_start: bool
    faults: int
    plan_ms_p50: float
    plan_ms_p99: float
    shortfalls: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        """Goal reached, no collision at fault, no rule broken, comfortable except in an emergency, not idle."""
        return not self.shortfalls

    @property
    def score(self) -> float:
        """nuPlan's closed-loop score in 0..1."""
        weight = sum(part.weight for part in self.parts)
        return math.prod(self.gates.values()) * sum(part.value * part.weight for part in self.parts) / weight

    @property
    def counted(self) -> tuple[Collision, ...]:
        """The collisions that count: all but those that the drive began with."""
        return tuple(collision for collision in self.collisions if not collision.at_start)

    @property
    def at_fault(self) -> tuple[Collision, ...]:
        """The collisions that the car is to blame for."""
        return tuple(collision for collision in self.counted if collision.at_fault)

    def metric(self, name: str) -> MetricResult:
        """The metric of a name; KeyError names those there are."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(f"{name}; there are {', '.join(metric.name for metric in self.metrics)}")

    def _head(self) -> dict[str, Plain]:
        """What a file and a table of drives both begin with."""
        return {
            "scenario": self.scenario,
            "problem_id": self.problem_id,
            "seed": self.seed,
            "pilot": self.pilot,
            "traffic": self.traffic,
            "outcome": self.outcome,
            "duration_s": _plain(self.duration),
            "distance_m": _plain(self.distance),
            "score": _plain(self.score),
        }

    def as_json(self) -> dict[str, object]:
        """Plain JSON values for metrics.json; a value that is not finite is None. Of each series its worst value."""
        return {
            **self._head(),
            "gates": {name: _plain(value) for name, value in self.gates.items()},
            "parts": [{"name": p.name, "value": _plain(p.value), "weight": p.weight} for p in self.parts],
            "success": self.success,
            "shortfalls": list(self.shortfalls),
            "goal_reached": self.goal_reached,
            "survival_goal": self.survival,
            "collisions": [_collision_json(collision) for collision in self.collisions],
            "offroad": self.offroad,
            "offroad_at_start": self.offroad_at_start,
            "faults": self.faults,
            "metrics": [_metric_json(metric) for metric in self.metrics],
        }

    def row(self) -> dict[str, Plain]:
        """One flat row for a table of drives; its keys are the same for every drive."""
        row = self._head() | {f"gate_{name}": _plain(value) for name, value in self.gates.items()}
        row |= {f"part_{part.name}": _plain(part.value) for part in self.parts}
        row |= {
            "success": self.success,
            "shortfalls": "+".join(self.shortfalls),
            "goal_reached": self.goal_reached,
            "survival_goal": self.survival,
            "collisions": len(self.counted),
            "collisions_at_fault": len(self.at_fault),
            "collisions_avoidable": sum(1 for one in self.at_fault if one.avoidable),
            "collisions_at_start": len(self.collisions) - len(self.counted),
            "offroad": self.offroad,
            "offroad_at_start": self.offroad_at_start,
            "faults": self.faults,
            "plan_ms_p50": _plain(self.plan_ms_p50),
            "plan_ms_p99": _plain(self.plan_ms_p99),
        }
        for metric in self.metrics:
            row[metric.name] = worst(metric)[0]
            row[f"{metric.name}_passed"] = metric.passed
        return row


def worst(metric: MetricResult) -> tuple[float | None, int | None]:
    """The worst valid value of a metric, the lowest where its limit is a least one, and its row; None when no value is
    valid and finite."""
    usable: Bools = metric.valid & np.isfinite(metric.value)
    rows = np.flatnonzero(usable)
    if not len(rows):
        return None, None
    values = metric.value[rows]
    if metric.at_least:
        row = int(rows[np.argmin(values)])
    else:
        row = int(rows[np.argmax(np.abs(values))])
    return float(metric.value[row]), row


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _collision_json(collision: Collision) -> dict[str, Plain]:
    return {
        "t_ns": collision.t_ns,
        "object_id": collision.object_id,
        "kind": collision.kind.name.lower(),
        "contact": str(collision.contact),
        "at_fault": collision.at_fault,
        "relative_speed": _plain(collision.relative_speed),
        "at_start": collision.at_start,
        "avoidable": collision.avoidable,
    }


def _metric_json(metric: MetricResult) -> dict[str, Plain]:
    value, row = worst(metric)
    cause = metric.cause_id
    return {
        "name": metric.name,
        "clause": metric.clause,
        "unit": metric.unit,
        "limit": None if metric.limit is None else _plain(metric.limit),
        "at_least": metric.at_least,
        "passed": metric.passed,
        "score": None if metric.score is None else _plain(metric.score),
        "worst": value,
        "worst_t_ns": None if row is None else int(metric.t_ns[row]),
        "worst_object_id": None if row is None or cause is None or cause[row] < 0 else int(cause[row]),
    }
