"""The lanes, signs, lights and intersections of a CommonRoad file."""

import math
from collections.abc import Collection
from xml.etree.ElementTree import Element

import numpy as np

from evpilot.files.markup import Document
from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios import commonroad_codes as codes
from evpilot.scenarios.commonroad_links import links_of
from evpilot.scenarios.commonroad_values import point
from evpilot.types import LaneGraph, LaneKind, LightState, Marking, Priority, StopKind, User
from evpilot.types.state import Array

Cycle = tuple[list[tuple[LightState, int]], int]
"""The phases of a light (colour, steps), and the step at which the first begins."""

LANES_MAX = 20_000
LENGTH_MAX = 50_000.0  # [m] of one lane
WIDTH_MAX = 200.0  # [m] between two points that face each other
SPEED_LIMIT_MAX = 120.0  # [m/s]


class MapReader:
    """Reads the map of one document: `graph` is the lane graph, `lanes` maps lanelet ids to lanes, `cycles` holds each
    light's phases (colour, steps) with their offset in steps, `remarks` what was not taken as the file says it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._builder = GraphBuilder()
        root = document.root
        elements = root.findall("lanelet")
        if len(elements) > LANES_MAX:
            raise document.error(root, f"{len(elements)} lanelets, allowed at most {LANES_MAX}")
        self.elements = by_id(document, elements)
        self.lanes = {identity: number for number, identity in enumerate(self.elements)}
        self._signs = by_id(document, root.findall("trafficSign"))
        self._lights = by_id(document, root.findall("trafficLight"))
        self._bounds: list[tuple[Array, Array]] = []
        for identity, element in self.elements.items():
            self._add_lane(identity, element)
        self.remarks = self._connect()
        for element in self.elements.values():
            self._set_beside(element)
        self._builder.mirror_neighbours()
        self._add_signs()
        ruled = self._ruled_by("trafficLightRef")
        self.cycles = [self._add_light(identity, one, ruled[identity]) for identity, one in self._lights.items()]
        self._add_stops()
        for number, element in enumerate(by_id(document, root.findall("intersection")).values()):
            self._add_intersection(number, element)
        self.graph: LaneGraph = self._builder.build(find_neighbours=True)

    def lane_of(self, element: Element) -> int:
        """The lane to which an element's ref attribute points."""
        return self.lanes[self._reference(element, self.lanes, "lanelet")]

    def _reference(self, element: Element, known: Collection[int], what: str) -> int:
        identity = self._document.identity(element, "ref")
        if identity not in known:
            raise self._document.error(element, f"ref {identity} is no {what} of this file")
        return identity

    def _bound(self, lanelet: Element, tag: str) -> tuple[Array, Marking]:
        document = self._document
        bound = document.only(lanelet, tag)
        points = np.array([point(document, one) for one in bound.findall("point")]).reshape(-1, 3)
        if len(points) < 2:
            raise document.error(bound, f"{len(points)} points, a bound needs at least 2")
        marking = bound.find("lineMarking")
        if marking is None:
            return points, Marking.UNKNOWN
        return points, codes.MARKINGS[document.choice(marking, codes.MARKINGS)]

    def _add_lane(self, identity: int, element: Element) -> None:
        document = self._document
        left, left_marking = self._bound(element, "leftBound")
        right, right_marking = self._bound(element, "rightBound")
        if len(left) != len(right):
            raise document.error(
                element, f"{len(left)} points left and {len(right)} right; both bounds must have the same number"
            )
        length = float(np.sum(np.hypot(*np.diff(0.5 * (left + right)[:, :2], axis=0).T)))
        if not 1e-3 < length <= LENGTH_MAX:
            raise document.error(element, f"is {length:g} m long, allowed 0.001 to {LENGTH_MAX:g} m")
        width = float(np.max(np.hypot(*(left - right)[:, :2].T)))
        if width > WIDTH_MAX:
            raise document.error(element, f"is {width:g} m wide, allowed at most {WIDTH_MAX:g} m")
        kind = self._kind(element)
        users, against = self._users(element, kind)
        self._builder.lane(
            left,
            right,
            lane_id=identity,
            kind=kind,
            users=users,
            users_against=against,
            speed_limit=self._speed_limit(element),
            left_marking=left_marking,
            right_marking=right_marking,
            priority=self._priority(element),
        )
        self._bounds.append((left, right))

    def _kind(self, element: Element) -> LaneKind:
        names = {self._document.choice(one, codes.LANE_KINDS) for one in element.findall("laneletType") if one.text}
        return next((kind for name, kind in codes.LANE_KINDS.items() if name in names), LaneKind.UNKNOWN)

    def _users(self, element: Element, kind: LaneKind) -> tuple[User, User]:
        found = {
            tag: [codes.USERS[self._document.choice(one, codes.USERS)] for one in element.findall(tag)]
            for tag in ("userOneWay", "userBidirectional")
        }
        against = _any_of(found["userBidirectional"])
        along = _any_of(found["userOneWay"]) | against
        return (along, against) if along else (codes.LANE_USERS.get(kind, User.VEHICLE), User(0))

    def _signs_of(self, element: Element) -> list[tuple[str, Element]]:
        """Code and <trafficSignElement> of all signs to which a lanelet or its stop line refers."""
        found: list[tuple[str, Element]] = []
        for reference in (*element.findall("trafficSignRef"), *element.findall("stopLine/trafficSignRef")):
            sign = self._signs[self._reference(reference, self._signs, "traffic sign")]
            found.extend((self._code(one), one) for one in sign.findall("trafficSignElement"))
        return found

    def _code(self, sign_element: Element) -> str:
        return self._document.text(self._document.child(sign_element, "trafficSignID"))

    def _speed_limit(self, element: Element) -> float:
        """The lowest limit [m/s] by element (2018b) or sign (2020a), inf when there is none."""
        values = element.findall("speedLimit")
        for code, sign in self._signs_of(element):
            if code in codes.SPEED_LIMIT_SIGNS:
                values.extend(sign.findall("additionalValue"))
        return min(
            (self._document.number(one, 0.1, SPEED_LIMIT_MAX, "m/s") for one in values),
            default=math.inf,
        )

    def _priority(self, element: Element) -> Priority:
        known = [codes.PRIORITY_SIGNS[code] for code, _ in self._signs_of(element) if code in codes.PRIORITY_SIGNS]
        return max(known, default=Priority.UNMARKED)

    def _connect(self) -> tuple[str, ...]:
        """Let lanes go on in others, as far as the file says what its bounds bear out; answers the remarks."""
        said: list[tuple[int, int]] = []
        for identity, element in self.elements.items():
            lane = self.lanes[identity]
            said.extend((lane, other) for other in self._around(element, "successor"))
            said.extend((other, lane) for other in self._around(element, "predecessor"))
        links = links_of(said, self._bounds, tuple(self.elements))
        for lane, after in links.pairs:
            self._builder.connect(lane, after)
        return links.remarks

    def _set_beside(self, element: Element) -> None:
        lane = self.lanes[self._document.identity(element)]
        for tag in ("adjacentLeft", "adjacentRight"):
            for other, reference in zip(self._around(element, tag), element.findall(tag), strict=True):
                same = self._same_direction(reference)
                left, right = (other, -1) if tag == "adjacentLeft" else (-1, other)
                self._builder.beside(lane, left=left, right=right, same=same)

    def _around(self, element: Element, tag: str) -> list[int]:
        """The lanes to which a lanelet's children of one kind refer."""
        lane = self.lanes[self._document.identity(element)]
        found: list[int] = []
        for reference in element.findall(tag):
            other = self.lane_of(reference)
            if other == lane:
                raise self._document.error(reference, "a lanelet refers to itself")
            found.append(other)
        return found

    def _same_direction(self, reference: Element) -> bool:
        direction = self._document.attribute(reference, "drivingDir")
        if direction not in ("same", "opposite"):
            raise self._document.error(reference, f"drivingDir {direction[:40]!r}, allowed same and opposite")
        return direction == "same"

    def _end(self, lane: int) -> tuple[Array, float]:
        """The right end point (3,) of a lane and its direction [rad] there."""
        left, right = self._bounds[lane]
        ahead = (left + right)[-1] - (left + right)[-2]
        return right[-1], math.atan2(ahead[1], ahead[0])

    def _post(self, element: Element, lanes: list[int]) -> Array:
        """Where a sign or light stands (4,), facing the traffic of its first lane; at that lane's end by default."""
        end, ahead = self._end(lanes[0]) if lanes else (np.zeros(3), 0.0)
        position = element.find("position/point")
        where = end if position is None else np.array(point(self._document, position))
        return np.array([*where, math.remainder(ahead + math.pi, 2.0 * math.pi)])

    def _ruled_by(self, tag: str) -> dict[int, list[int]]:
        """Lanes by the id of the sign or light to which they refer."""
        known = self._signs if tag == "trafficSignRef" else self._lights
        ruled: dict[int, list[int]] = {identity: [] for identity in known}
        for identity, element in self.elements.items():
            for reference in (*element.findall(tag), *element.findall(f"stopLine/{tag}")):
                lanes = ruled[self._reference(reference, known, "traffic sign or light")]
                if self.lanes[identity] not in lanes:
                    lanes.append(self.lanes[identity])
        return ruled

    def _add_signs(self) -> None:
        ruled = self._ruled_by("trafficSignRef")
        for identity, sign in self._signs.items():
            pose = self._post(sign, ruled[identity])
            parts = sign.findall("trafficSignElement")
            if not parts:
                raise self._document.error(sign, "has no <trafficSignElement>, which is required")
            for part in parts:
                extra = ", ".join(self._document.text(one) for one in part.findall("additionalValue"))
                self._builder.sign(self._code(part), extra, pose, ruled[identity])

    def _add_light(self, identity: int, element: Element, lanes: list[int]) -> Cycle:
        document = self._document
        direction = element.find("direction")
        arrow = codes.ARROWS["all" if direction is None else document.choice(direction, codes.ARROWS)]
        self._builder.light(lanes, self._post(element, lanes), arrow, identity)
        active = element.find("active")
        if active is not None and document.choice(active, ("true", "false", "1", "0")) in ("false", "0"):
            return [(LightState.DARK, 1)], 0
        cycle = document.child(element, "cycle")
        phases = [
            (
                codes.COLORS[document.choice(document.child(one, "color"), codes.COLORS)],
                document.integer(document.child(one, "duration"), 1, 1_000_000, "steps"),
            )
            for one in cycle.findall("cycleElement")
        ]
        if not phases:
            raise document.error(cycle, "has no <cycleElement>, which is required")
        offset = cycle.find("timeOffset")
        return phases, 0 if offset is None else document.integer(offset, -1_000_000, 1_000_000, "steps")

    def _add_stops(self) -> None:
        for identity, element in self.elements.items():
            lane = self.lanes[identity]
            for line in element.findall("stopLine"):
                points = np.array([point(self._document, one) for one in line.findall("point")]).reshape(-1, 3)
                if len(points) not in (0, 2):
                    raise self._document.error(line, f"{len(points)} points, a stop line has 2 or none")
                kind = StopKind.LINE
                if line.find("trafficLightRef") is not None:
                    kind = StopKind.LIGHT
                signs = [codes.PRIORITY_SIGNS.get(code) for code, _ in self._signs_of(element)]
                if Priority.STOP in signs or Priority.ALL_WAY_STOP in signs:
                    kind = StopKind.STOP_SIGN
                elif Priority.YIELD in signs:
                    kind = StopKind.YIELD_SIGN
                self._builder.stop_line(lane, self._along(lane, points), kind, points if len(points) else None)

    def _along(self, lane: int, points: Array) -> float:
        """Where on a lane [m] the middle of a stop line lies; its end when the line has no points."""
        left, right = self._bounds[lane]
        center = 0.5 * (left + right)[:, :2]
        step = np.diff(center, axis=0)
        arc = np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
        if not len(points):
            return float(arc[-1])
        middle = points[:, :2].mean(axis=0) - center[:-1]
        share = np.clip(np.sum(middle * step, axis=1) / np.maximum(np.sum(step**2, axis=1), 1e-12), 0.0, 1.0)
        away = np.hypot(*(middle - share[:, None] * step).T)
        k = int(np.argmin(away))
        return float(arc[k] + share[k] * (arc[k + 1] - arc[k]))

    def _add_intersection(self, number: int, element: Element) -> None:
        # isLeftOf is not read: right before left follows from the geometry, and recorded files often name it wrongly
        for incoming in by_id(self._document, element.findall("incoming")).values():
            for reference in incoming.findall("incomingLanelet"):
                self.lane_of(reference)
            for tag, turn in codes.TURNS.items():
                for reference in incoming.findall(tag):
                    self._builder.mark(self.lane_of(reference), junction=number, turn=turn)
        for reference in element.findall("crossing/crossingLanelet"):
            left, right = self._bounds[self.lane_of(reference)]
            self._builder.crosswalk(np.concatenate([left, right[::-1]]))


def by_id(document: Document, elements: list[Element]) -> dict[int, Element]:
    """Elements by their id; an error when an id comes twice."""
    found: dict[int, Element] = {}
    for element in elements:
        identity = document.identity(element)
        if identity in found:
            raise document.error(element, f"id {identity} is already taken by another <{element.tag}>")
        found[identity] = element
    return found


def _any_of(users: list[User]) -> User:
    total = User(0)
    for one in users:
        total |= one
    return total
