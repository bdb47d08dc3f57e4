"""The other road users of a drive: what every kind of traffic has in common, and making one by its name."""

from typing import Protocol, Self

from evpilot.files import EvpilotError
from evpilot.scenarios import Scenario
from evpilot.simulate.traffic.cast import drawn, recorded_ids, unrecorded
from evpilot.simulate.traffic.reactive import ReactiveTraffic
from evpilot.simulate.traffic.replay import ReplayTraffic
from evpilot.types import EgoState, Lights, Tracks

__all__ = ["KINDS", "Traffic", "make", "unrecorded"]

KINDS = ("replay", "reactive", "mixed")


class Traffic(Protocol):
    """Whatever moves the others: asked once in every planning tick, with increasing time."""

    def step(self, t_ns: int, ego: EgoState, ego_size: tuple[float, float], lights: Lights) -> Tracks:
        """Every object present at t_ns [ns], exact (all valid, cov zero), sorted by id, map frame, box centre.

        The first call is the start. ego is the car at t_ns, ego_size its length and width [m], lights all lights of
        the map as they show at t_ns.
        """
        ...

    def fork(self) -> Self:
        """The same traffic as it is now, to be stepped on apart: what it would do if the car did this or that."""
        ...


def make(kind: str, scenario: Scenario, seed: int, ego_length: float, ego_width: float) -> Traffic:
    """The traffic of a scenario: "replay" as recorded, "reactive" driver models, "mixed" half of each by seed.

    An actor without a recording reacts in all of them. ego_length and ego_width [m] keep others
    from appearing inside the car. Raises EvpilotError on another kind.
    """
    if kind == "replay":
        if not unrecorded(scenario):
            return ReplayTraffic(scenario)
        return ReactiveTraffic(scenario, seed, frozenset(recorded_ids(scenario)))
    if kind == "reactive":
        return ReactiveTraffic(scenario, seed)
    if kind == "mixed":
        return ReactiveTraffic(scenario, seed, drawn(scenario, seed), yielding=True)
    raise EvpilotError(f"traffic {kind!r}, allowed {', '.join(KINDS)}")
