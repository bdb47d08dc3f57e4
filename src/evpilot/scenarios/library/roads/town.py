"""Towns: places where streets meet, and the streets between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from evpilot.scenarios.library.roads.junctions import Arm, Junction, junction, two_phases
from evpilot.scenarios.library.roads.lines import Line, connect, straight
from evpilot.scenarios.library.roads.network import Network, Road, Section
from evpilot.scenarios.library.roads.roundabouts import roundabout
from evpilot.scenarios.scenario import LightProgram
from evpilot.types import Priority
from evpilot.types.state import Array

RING_CLEAR = 11.0  # [m] from the middle of a roundabout's ring to where its arms end


class Rule(Enum):
    """What rules a place."""

    SIGNS = "signs"  # the priority of each arm
    LIGHTS = "lights"
    SIGNED_LIGHTS = "lights and signs"  # which rule when the lights do not
    ALL_WAY_STOP = "all-way stop"
    RIGHT_BEFORE_LEFT = "right before left"
    ROUNDABOUT = "roundabout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where streets meet: its centre [m]; streets end `reach` [m] from it."""

    center: tuple[float, float]
    reach: float
    rule: Rule

    def gate(self, bearing: float) -> Array:
        """The pose (4,) at which a street leaves in a direction [rad]."""
        x, y = self.center
        return np.array([x + self.reach * math.cos(bearing), y + self.reach * math.sin(bearing), 0.0, bearing])


@dataclass(slots=True)
class Town:
    """A network with named places."""

    net: Network = field(default_factory=Network)
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    arms: dict[str, list[Arm]] = field(default_factory=dict[str, list[Arm]])
    junctions: dict[str, Junction] = field(default_factory=dict[str, Junction])

    def place(self, name: str, center: tuple[float, float], reach: float, rule: Rule) -> None:
        """Add a place. For a roundabout, reach is the radius of its ring's centre line."""
        away = reach + RING_CLEAR if rule == Rule.ROUNDABOUT else reach
        self.places[name] = Place(center=center, reach=away, rule=rule)
        self.arms[name] = []

    def street(
        self,
        a: str,
        b: str,
        section: Section,
        bearings: tuple[float, float] | None = None,
        *,
        priority: Priority | tuple[Priority, Priority] = Priority.UNMARKED,
        crosswalks: tuple[bool, bool] = (True, True),
        zebras: Sequence[float] = (),
    ) -> Road:
        """A street from place a to place b, straight, or leaving each in a given direction [degrees].

        priority: of those who arrive at either end; crosswalks: whether there is one at each end; zebras: further ones
        at shares 0..1 of its length.
        """
        one, other = self.places[a], self.places[b]
        dx, dy = other.center[0] - one.center[0], other.center[1] - one.center[1]
        direct = math.atan2(dy, dx)
        leave, arrive = (direct, direct + math.pi) if bearings is None else tuple(math.radians(v) for v in bearings)
        first, last = one.gate(leave), other.gate(arrive)
        line = straight(first[:2], last[:2]) if bearings is None else connect(first, _turned(last), 2.0)
        line = _middle(line, section)
        road = self.net.road(line, section, [share * line.length for share in zebras])
        rank = priority if isinstance(priority, tuple) else (priority, priority)
        self._meet(a, Arm(road=road, at_end=False, crosswalk=crosswalks[0], priority=rank[0]))
        self._meet(b, Arm(road=road, at_end=True, crosswalk=crosswalks[1], priority=rank[1]))
        return road

    def edge(
        self,
        a: str,
        bearing: float,
        length: float,
        section: Section,
        *,
        priority: Priority = Priority.UNMARKED,
        crosswalk: bool = True,
    ) -> Road:
        """A straight street that comes from the edge of the map to a place, which it leaves at a bearing [degrees]."""
        gate = self.places[a].gate(math.radians(bearing))
        far = gate[:2] + length * np.array([math.cos(gate[3]), math.sin(gate[3])])
        road = self.net.road(_middle(straight(far, gate[:2]), section), section)
        self._meet(a, Arm(road=road, at_end=True, crosswalk=crosswalk, priority=priority))
        return road

    def _meet(self, name: str, arm: Arm) -> None:
        forced = {
            Rule.ALL_WAY_STOP: Priority.ALL_WAY_STOP,
            Rule.RIGHT_BEFORE_LEFT: Priority.RIGHT_BEFORE_LEFT,
            Rule.ROUNDABOUT: Priority.YIELD,
            Rule.LIGHTS: Priority.UNMARKED,
        }
        self.arms[name].append(replace(arm, priority=forced.get(self.places[name].rule, arm.priority)))

    def close(self) -> None:
        """Build the junctions of all places."""
        for name, place in self.places.items():
            if place.rule == Rule.ROUNDABOUT:
                found = roundabout(self.net, self.arms[name], place.center, place.reach - RING_CLEAR)
            else:
                found = junction(self.net, self.arms[name], lights=place.rule in (Rule.LIGHTS, Rule.SIGNED_LIGHTS))
            self.junctions[name] = found

    def programs(self, rng: np.random.Generator, green: Sequence[float] = (14.0, 12.0)) -> list[LightProgram]:
        """Light programs of all places with lights, each beginning somewhere in its cycle."""
        programs: list[LightProgram] = []
        for name, place in self.places.items():
            if place.rule == Rule.LIGHTS:
                programs.extend(two_phases(self.junctions[name], green, rng.uniform(0.0, 38.0)))
        return programs


def _turned(pose: Array) -> Array:
    return np.array([*pose[:3], pose[3] + math.pi])


def _middle(line: Line, section: Section) -> Line:
    """The line that puts the middle of the carriageway where the line was."""
    shift = 0.5 * (section.edge(True) - section.edge(False))
    return line.shifted(shift) if shift else line
