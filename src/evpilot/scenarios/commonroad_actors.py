"""The obstacles of a CommonRoad file: what stands and what moves, as it was recorded."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from xml.etree.ElementTree import Element

import numpy as np

from evpilot.files.markup import Document
from evpilot.scenarios import commonroad_codes as codes
from evpilot.scenarios import commonroad_values as values
from evpilot.scenarios.commonroad_boxes import OrientedBox, box_along, cover
from evpilot.scenarios.commonroad_ground import Ground
from evpilot.scenarios.commonroad_map import by_id
from evpilot.scenarios.scenario import Actor, Behaviour, Motion
from evpilot.types import ObjectKind, Signal
from evpilot.types.state import SPEED_MAX, Array, Bytes

OBSTACLES_MAX = 5_000
ROWS_MAX = 5_000_000  # steps of all obstacles together
ACCEL_MAX = 1e4  # [m/s2] recordings differentiate noisy positions


@dataclass(frozen=True, slots=True)
class _Row:
    """One state as recorded; speed and accel are NaN where it has none. reach (2,) [m]: how far along and across the
    body its place is uncertain."""

    step: int
    x: float
    y: float
    yaw: float
    speed: float
    accel: float
    reach: tuple[float, float]


class ActorReader:
    """Reads the obstacles of one document; `actors` are in the order of the file, parts of one obstacle together."""

    def __init__(self, document: Document, dt: float, ground: Ground) -> None:
        self._document = document
        self._dt = dt
        self._ground = ground
        self._rows = 0
        tags = ("obstacle", "staticObstacle", "dynamicObstacle", "environmentObstacle", "phantomObstacle")
        elements = [element for element in document.root if element.tag in tags]
        if len(elements) > OBSTACLES_MAX:
            raise document.error(document.root, f"{len(elements)} obstacles, allowed at most {OBSTACLES_MAX}")
        obstacles = by_id(document, elements)
        self._fresh = count(max([0, *obstacles]) + 1)
        self.actors = tuple(actor for identity, element in obstacles.items() for actor in self._read(identity, element))

    def _read(self, identity: int, element: Element) -> Iterator[Actor]:
        kind = ObjectKind.UNKNOWN
        if element.tag != "phantomObstacle":
            kind = codes.OBSTACLES[self._document.choice(self._document.only(element, "type"), codes.OBSTACLES)]
        ids = self._ids(identity)
        if element.tag == "environmentObstacle":
            yield from self._standing(ids, kind, self._shapes(element), 0.0, 0.0, 0.0)
        elif self._static(element):
            row = self._state(self._document.only(element, "initialState"))
            yield from self._standing(ids, kind, self._shapes(element), row.x, row.y, row.yaw)
        elif element.find("occupancySet") is not None:
            yield from self._occupying(ids, kind, element)
        else:
            yield from self._moving(ids, kind, element)

    def _ids(self, identity: int) -> Iterator[int]:
        """The obstacle's own id first, then ids that the file does not use."""
        yield identity
        while True:
            yield next(self._fresh)

    def _static(self, element: Element) -> bool:
        if element.tag != "obstacle":
            return element.tag == "staticObstacle"
        return self._document.choice(self._document.only(element, "role"), ("static", "dynamic")) == "static"

    def _shapes(self, element: Element) -> list[Array]:
        shape = self._document.only(element, "shape")
        found = values.shapes(self._document, shape, values.SIZE_MAX)
        if not found:
            raise self._document.error(shape, "holds no <rectangle>, <circle> or <polygon>")
        return found

    def _actor(
        self,
        identity: int,
        kind: ObjectKind,
        box: OrientedBox,
        first_step: int,
        motion: Array,
        behaviour: Behaviour = Behaviour.REPLAY,
    ) -> Actor:
        if not self._ground.flat:
            for row in motion:
                row[Motion.Z] = self._ground.height(row[Motion.X], row[Motion.Y], row[Motion.YAW])
        return Actor(
            id=identity,
            kind=kind,
            length=box[3],
            width=box[4],
            height=codes.HEIGHTS.get(kind, 1.5),
            first_step=first_step,
            motion=motion,
            signals=np.zeros(len(motion), np.uint8),
            behaviour=behaviour,
        )

    def _standing(
        self, ids: Iterator[int], kind: ObjectKind, shapes: list[Array], x: float, y: float, yaw: float
    ) -> Iterator[Actor]:
        for polygon in shapes:
            for box in cover(polygon):
                pose = _placed(box, x, y, yaw)
                motion = np.array([[pose[0], pose[1], 0.0, pose[2], 0.0, 0.0]])
                yield self._actor(next(ids), kind, box, 0, motion, Behaviour.STATIC)

    def _moving(self, ids: Iterator[int], kind: ObjectKind, element: Element) -> Iterator[Actor]:
        rows = self._recorded(element)
        first = rows[0].step
        body = self._body_motion(rows)
        signals = self._signals(element, first, len(body))
        along, across = np.max([row.reach for row in rows], axis=0).tolist()
        for polygon in self._shapes(element):
            # boxes keep the body's direction, so that their yaw is a heading
            for x, y, yaw, length, width in cover(polygon, 0.0):
                # a box that covers every place where an uncertain one may be
                box = (x, y, yaw, length + 2.0 * along, width + 2.0 * across)
                motion = body.copy()
                c, s = np.cos(body[:, Motion.YAW]), np.sin(body[:, Motion.YAW])
                motion[:, Motion.X] += c * box[0] - s * box[1]
                motion[:, Motion.Y] += s * box[0] + c * box[1]
                yield replace(self._actor(next(ids), kind, box, first, motion), signals=signals)

    def _recorded(self, element: Element) -> list[_Row]:
        """The initial state and the trajectory in order of time; a trajectory may repeat the initial step."""
        document = self._document
        rows = [self._state(document.only(element, "initialState"))]
        start = rows[0].step
        for trajectory in element.findall("trajectory"):
            for state in trajectory.findall("state"):
                row = self._state(state)
                if row.step == start and len(rows) == 1:
                    continue
                if row.step <= rows[-1].step:
                    raise document.error(state, f"time step {row.step} does not come after {rows[-1].step}")
                rows.append(row)
        self._rows += rows[-1].step - start + 1
        if self._rows > ROWS_MAX:
            raise document.error(element, f"more than {ROWS_MAX} recorded steps in all, which is not allowed")
        return rows

    def _state(self, state: Element) -> _Row:
        document = self._document
        x = y = yaw = position = None
        step = -1
        speed = accel = math.nan
        for part in state:
            tag = part.tag
            if tag == "position":
                x, y = values.place(document, part)
                position = part
            elif tag == "orientation":
                yaw = values.value(document, part, -values.ANGLE_MAX, values.ANGLE_MAX, "rad")
            elif tag == "time":
                step = values.step(document, part)
            elif tag == "velocity":
                speed = values.value(document, part, -SPEED_MAX, SPEED_MAX, "m/s")
            elif tag == "acceleration":
                accel = values.value(document, part, -ACCEL_MAX, ACCEL_MAX, "m/s2")
        for name, missing in (("position", x is None), ("orientation", yaw is None), ("time", step < 0)):
            if missing:
                raise document.error(state, f"has no <{name}>, which is required")
        assert x is not None and y is not None and yaw is not None and position is not None
        return _Row(step, x, y, yaw, speed, accel, self._reach(position, yaw))

    def _reach(self, position: Element, yaw: float) -> tuple[float, float]:
        """How far a position given as a shape extends along and across a direction [m], to either side."""
        if position[0].tag == "point":
            return 0.0, 0.0
        boxes = [box_along(one, yaw) for one in values.shapes(self._document, position, values.REGION_MAX)]
        return 0.5 * max(box[3] for box in boxes), 0.5 * max(box[4] for box in boxes)

    def _body_motion(self, rows: list[_Row]) -> Array:
        """Rows (T, 6) by `Motion`, one for each step; steps left out are interpolated."""
        step = np.array([row.step for row in rows])
        raw = np.array([(row.x, row.y, row.yaw, row.speed, row.accel) for row in rows])
        raw[:, 2] = np.unwrap(raw[:, 2])
        every = np.arange(step[0], step[-1] + 1)
        motion = np.zeros((len(every), len(Motion)))
        for source, target in enumerate((Motion.X, Motion.Y, Motion.YAW)):
            motion[:, target] = np.interp(every, step, raw[:, source])
        motion[:, Motion.SPEED] = self._filled(every, step, raw[:, 3], self._speed_by_place(motion))
        motion[:, Motion.ACCEL] = self._filled(every, step, raw[:, 4], _gradient(motion[:, Motion.SPEED], self._dt))
        motion[:, Motion.YAW] = math.pi - np.mod(math.pi - motion[:, Motion.YAW], 2.0 * math.pi)
        return motion

    def _speed_by_place(self, motion: Array) -> Array:
        """Speed along the heading [m/s] by differences of the position."""
        vx, vy = (_gradient(motion[:, axis], self._dt) for axis in (Motion.X, Motion.Y))
        along = vx * np.cos(motion[:, Motion.YAW]) + vy * np.sin(motion[:, Motion.YAW])
        return np.clip(along, -SPEED_MAX, SPEED_MAX)

    @staticmethod
    def _filled(every: Array, step: Array, recorded: Array, otherwise: Array) -> Array:
        """The recorded values at every step, or others where the recording has none."""
        known = np.isfinite(recorded)
        if not np.any(known):
            return otherwise
        filled = np.interp(every, step[known], recorded[known])
        missing = np.isin(every, step[~known])
        return np.where(missing, otherwise, filled)

    def _signals(self, element: Element, first: int, steps: int) -> Bytes:
        """Signal flags of each step; a state holds until the next."""
        document = self._document
        flags = np.zeros(steps, np.uint8)
        states = [*element.findall("initialSignalState"), *element.findall("signalSeries/signalState")]
        for state in states:
            at = values.step(document, document.child(state, "time"))
            shown = Signal.NONE
            for tag, signal in codes.SIGNALS.items():
                lamp = state.find(tag)
                if lamp is not None and document.choice(lamp, ("true", "false", "1", "0")) in ("true", "1"):
                    shown |= signal
            flags[max(0, at - first) :] = shown
        return flags

    def _occupying(self, ids: Iterator[int], kind: ObjectKind, element: Element) -> Iterator[Actor]:
        """A set-based prediction: in each of its time windows, boxes that cover what may be occupied.

        Each box is an actor of its own that is there in its window only; its speed is that of the set's middle.
        """
        document = self._document
        free = 0
        yaw = 0.0
        before: tuple[int, Array] | None = None
        initial = element.find("initialState")
        if initial is not None:
            row = self._state(initial)
            free, yaw = row.step + 1, row.yaw
            for polygon in self._shapes(element):
                box = cover(polygon, 0.0)[0]
                x, y, heading = _placed(box, row.x, row.y, row.yaw)
                motion = np.array([[x, y, 0.0, heading, 0.0 if math.isnan(row.speed) else row.speed, 0.0]])
                yield self._actor(next(ids), kind, box, row.step, motion)
            before = row.step, np.array([row.x, row.y])
        for occupancy in element.findall("occupancySet/occupancy"):
            begin, end = values.steps(document, document.only(occupancy, "time"))
            begin = max(begin, free)
            if end < begin:
                continue
            free = end + 1
            polygons = self._shapes(occupancy)
            middle = np.mean([polygon.mean(axis=0) for polygon in polygons], axis=0)
            velocity = np.zeros(2)
            if before is not None and begin > before[0]:
                velocity = (middle - before[1]) / ((begin - before[0]) * self._dt)
            before = begin, middle
            for polygon in polygons:
                for box in cover(polygon):
                    heading = box[2] + (math.pi if math.cos(box[2] - yaw) < 0.0 else 0.0)
                    along = velocity @ np.array([math.cos(heading), math.sin(heading)])
                    row = [
                        box[0],
                        box[1],
                        0.0,
                        math.remainder(heading, 2.0 * math.pi),
                        float(np.clip(along, -SPEED_MAX, SPEED_MAX)),
                        0.0,
                    ]
                    yield self._actor(next(ids), kind, box, begin, np.tile(row, (end - begin + 1, 1)))


def _placed(box: OrientedBox, x: float, y: float, yaw: float) -> tuple[float, float, float]:
    """Centre and yaw of a box of the body frame whose body is at x, y [m], yaw [rad]."""
    c, s = math.cos(yaw), math.sin(yaw)
    return x + c * box[0] - s * box[1], y + s * box[0] + c * box[1], math.remainder(yaw + box[2], 2.0 * math.pi)


def _gradient(column: Array, dt: float) -> Array:
    return np.gradient(column, dt) if len(column) > 1 else np.zeros(len(column))
