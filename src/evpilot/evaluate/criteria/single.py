"""A metric of one value for the whole drive, or of one for each time that something happened."""

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.types import MetricResult


def single(
    drive: Drive,
    name: str,
    clause: str,
    unit: str,
    value: float,
    limit: float | None = None,
    passed: bool | None = None,
    *,
    at_least: bool = False,
) -> MetricResult:
    """The metric, told at the drive's end; a value that is not finite is not valid."""
    return MetricResult(
        name=name,
        clause=clause,
        unit=unit,
        t_ns=drive.fast_t_ns[-1:],
        value=np.array([value]),
        valid=np.array([np.isfinite(value)]),
        limit=limit,
        passed=passed,
        at_least=at_least,
    )


def events(
    name: str, clause: str, unit: str, times: list[int], values: list[float], limit: float, passed: bool | None
) -> MetricResult:
    """The metric of what happened at some times [ns], in their order."""
    order = np.argsort(np.array(times, np.int64), kind="stable")
    return MetricResult(
        name=name,
        clause=clause,
        unit=unit,
        t_ns=np.array(times, np.int64)[order],
        value=np.array(values, np.float64)[order],
        valid=np.ones(len(values), np.bool_),
        limit=limit,
        passed=passed,
    )
