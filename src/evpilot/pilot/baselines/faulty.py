"""Drivers with one fault each: what the regulations' criteria must fail."""

from collections import deque
from dataclasses import replace
from typing import ClassVar

import numpy as np

from evpilot.maps.reference import ReferencePath, reference_path
from evpilot.maps.route import lane_sequence
from evpilot.pilot.baselines.ahead import RoadAhead
from evpilot.pilot.baselines.idm import HORIZON, IdmPilot, Style
from evpilot.types import VULNERABLE, Briefing, Command, Decision, Observation, Source, no_trace, picked

LATE_NS = 1_500_000_000
ALWAYS = -3.0  # [m/s2]
PATIENCE_NS, PANIC = 10_000_000_000, -7.0  # [ns], [m/s2]
CHANGE_AFTER_NS = 3_500_000_000


class LatePilot(IdmPilot):
    """Sees the others 1.5 s late."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._past: deque[Observation] = deque()

    def step(self, observation: Observation) -> Decision:
        """IDM's decision on the others as they were."""
        self._past.append(observation)
        while len(self._past) > 1 and self._past[1].t_ns <= observation.t_ns - LATE_NS:
            self._past.popleft()
        old = self._past[0]
        return super().step(replace(observation, tracks=old.tracks, detections=old.detections))


class BrakingPilot(IdmPilot):
    """Brakes, whatever happens."""

    def step(self, observation: Observation) -> Decision:
        """A command to brake, until it stands."""
        accel = ALWAYS if observation.ego.speed > 0.0 else 0.0
        command = Command(t_ns=observation.t_ns, accel=accel, steering=0.0)
        return Decision(t_ns=observation.t_ns, command=command, trace=no_trace("braking"))


class CreepingPilot(IdmPilot):
    """Drives a third of what is allowed."""

    style: ClassVar[Style] = Style(speed_factor=0.33)


class TailgatingPilot(IdmPilot):
    """Follows on the bumper and brakes late."""

    style: ClassVar[Style] = Style(headway=0.15, standstill=0.5, accel=2.5, brake=6.0)


class PedestrianBlindPilot(IdmPilot):
    """Sees vehicles, but neither people nor cyclists."""

    def step(self, observation: Observation) -> Decision:
        """IDM's decision without them."""
        tracks = observation.tracks
        if tracks is not None:
            keep = ~np.isin(tracks.kind, [int(kind) for kind in VULNERABLE])
            observation = replace(observation, tracks=picked(tracks, keep))
        return super().step(observation)


class SwervingRoad(RoadAhead):
    """Follows the lane to the left once it is time, free or not."""

    def path(self, observation: Observation, room_beside: bool) -> ReferencePath:
        """The path along the left neighbour of the lane here, or along the lane itself where there is none."""
        own = super().path(observation, room_beside)
        lane = int(own.lanes[0])
        left = int(self.graph.left_neighbour[lane])
        if observation.t_ns < CHANGE_AFTER_NS or left < 0 or not self.graph.left_same[lane]:
            return own
        if self._left is None:
            self._left = reference_path(self.graph, lane_sequence(self.graph, left, 1e4, self._cost))
        return self._left

    _left: ReferencePath | None = None


class HeedlessPilot(IdmPilot):
    """Changes to the left lane without looking."""

    style: ClassVar[Style] = Style(checks_room=False)

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._road = SwervingRoad(briefing, HORIZON)


class DeafPilot(IdmPilot):
    """Ignores that its driver is asked to take over and does not."""


class PanickingPilot(IdmPilot):
    """Brakes with all its might when its driver does not answer."""

    def step(self, observation: Observation) -> Decision:
        """IDM's decision until it is allowed to stop."""
        since = observation.demand_ns
        if since is None or observation.t_ns - since < PATIENCE_NS:
            return super().step(observation)
        motion = super().step(observation)
        accel, source = PANIC if observation.ego.speed > 0.0 else 0.0, Source.MINIMAL_RISK
        command = Command(t_ns=observation.t_ns, accel=accel, steering=0.0, source=source)
        return Decision(t_ns=observation.t_ns, command=command, trace=motion.trace, source=source)
