"""Asking a pilot, and never believing it: whatever is wrong with an answer becomes one line, and the loop drives on."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evpilot.files import EvpilotError
from evpilot.types import Briefing, Decision, EgoState, Observation, Pilot, Trajectory

GIVE_UP_NS = 500_000_000  # without a decision for so long the stop is final (reference/safety.md: 0.5 s -> MRM)
DEGRADED_MISSES = 3  # in a row: from then on the car is slower (reference/safety.md: 3 misses -> DEGRADED)
DEGRADED_SPEED = 60.0 / 3.6  # [m/s] what UN R157 allowed automated lane keeping at first
START_SLACK = 3.0  # [m] how far from the car a trajectory may start: further off it is of another place or time
Maker = Callable[[Briefing], Pilot]


class PilotLost(Exception):
    """Raised by a pilot's stand-in when it can never answer again, such as a child process that was killed."""


class PilotRaised(Exception):
    """Raised by a pilot's stand-in with the line that says what the pilot itself raised."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What came of asking: a sound decision, or None and the fault in one line; plan_ms is the pilot's CPU time."""

    decision: Decision | None
    fault: str
    plan_ms: float


Gauges = tuple[float, float]
"""What a car shows of its powertrain: the battery's usable charge, 0..1, and the most power [W] at the wheels."""


def tell(pilot: Any, gauges: Gauges | None) -> None:
    """Tell a pilot that has the methods `charged` and `powered` what the car's gauges show, where they are known."""
    if gauges is None:
        return
    for method, value in zip(("charged", "powered"), gauges, strict=True):
        told = getattr(pilot, method, None)
        if callable(told):
            told(value)


class Custody:
    """A pilot that the loop asks through. After DEGRADED_MISSES without a sound decision `degraded` is True for good;
    after a lost pilot, or GIVE_UP_NS, `given_up` is, and the pilot is not asked any more."""

    def __init__(self, maker: Maker, briefing: Briefing) -> None:
        self.degraded = False
        self.given_up = False
        self._misses = 0
        self._last_good_ns: int | None = None
        self._pilot: Pilot | None = None
        self._broken = ""
        try:
            self._pilot = maker(briefing)
        except EvpilotError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  a pilot may fail in any way; the drive must go on
            self._broken = f"could not be made: {_line(error)}"
            self.given_up = True

    def ask(self, observation: Observation, ego: EgoState | None = None, gauges: Gauges | None = None) -> Answer:
        """The pilot's decision on an observation, checked against where and when the car really is, which the loop
        knows: ego, what is observed by default. gauges are told to a pilot that asks for them."""
        ego = ego or observation.ego
        if self._pilot is None or self.given_up:
            return Answer(decision=None, fault=self._broken, plan_ms=0.0)
        if self._last_good_ns is None:
            self._last_good_ns = ego.t_ns
        began = time.thread_time_ns()
        decision: object = None
        try:
            tell(self._pilot, gauges)
            decision = self._pilot.step(observation)
            fault = flaw(decision, ego)
        except PilotLost as error:
            fault, self.given_up = str(error), True
        except (Exception, SystemExit) as error:  # noqa: BLE001  a pilot may fail in any way; the drive must go on
            fault = f"raised {_line(error)}"
        spent = getattr(self._pilot, "cpu_ms", None)
        plan_ms = float(spent) if isinstance(spent, float) else (time.thread_time_ns() - began) * 1e-6
        if not fault and isinstance(decision, Decision):
            self._last_good_ns, self._misses = ego.t_ns, 0
            return Answer(decision=decision, fault="", plan_ms=plan_ms)
        self._misses += 1
        if self._misses == DEGRADED_MISSES and not self.degraded:
            self.degraded = True
            fault += f"; degraded, at most {DEGRADED_SPEED * 3.6:.0f} km/h from here on"
        if ego.t_ns - self._last_good_ns >= GIVE_UP_NS:
            self.given_up = True
        if self.given_up:
            self._broken = f"given up after: {fault}"
        return Answer(decision=None, fault=fault, plan_ms=plan_ms)

    def close(self) -> None:
        """End a pilot that holds a process or files, where it says how."""
        close = getattr(self._pilot, "close", None)
        if callable(close):
            close()


def flaw(decision: object, ego: EgoState) -> str:
    """What is wrong with a pilot's answer in one line, or nothing; fields of a wrong type raise what they raise."""
    if not isinstance(decision, Decision):
        return f"answered {type(decision).__name__}, must be a Decision"
    try:
        decision.validate()
    except EvpilotError as error:
        return str(error)
    for part in (decision, decision.trajectory, decision.tail, decision.command):
        if part is not None and part.t_ns != ego.t_ns:
            return f"{type(part).__name__} is of {part.t_ns} ns, but the observation is of {ego.t_ns} ns"
    for part in (decision.trajectory, decision.tail):
        if part is not None and (off := _away(part, ego)) > START_SLACK:
            return f"Trajectory starts {off:.1f} m from the car, allowed {START_SLACK:g} m"
    return ""


def _away(trajectory: Trajectory, ego: EgoState) -> float:
    (x, y), (ego_x, ego_y) = trajectory.pose[0, :2].tolist(), ego.pose[:2].tolist()
    return math.hypot(x - ego_x, y - ego_y)


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    if isinstance(error, PilotRaised):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
