"""A metric of one value for the whole drive."""

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
